"""From takes to levels and places: one take at a time (:mod:`levels`, :mod:`place`), then all of them (:mod:`bus`)."""
