"""Files: where they may go (:mod:`folder`), how they are written whole (:mod:`writer`), their metadata (:mod:`bwf`),
names (:mod:`naming`), what made them (:mod:`manifest`), and other programs' projects (:mod:`export`)."""
