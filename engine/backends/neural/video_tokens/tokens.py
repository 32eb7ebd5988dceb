"""A picture and a caption to tokens: the trained models together, and what of the tokens is not to be used.

Audio-Agent's failure signatures are noticed here: no end, nothing but one token, and another length than the
picture's. The first two are tried once more with chance let in, and then are an error; the last is a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from engine.backends.neural.video_tokens.config import VideoTokensConfig
from engine.backends.neural.video_tokens.hear import Centres, Units
from engine.backends.neural.video_tokens.look import Looker
from engine.backends.neural.video_tokens.speak import Clip, Speaker, Spoken
from engine.errors import BackendFailed
from engine.handle import Handle
from engine.picture import Picture

Failure = Literal["no end", "one token", "other length"]
LEAST_TOKENS = 8
"""So few may well be all the same."""
TOLERANCE_SECONDS = 0.1
"""By which tokens may be shorter or longer than the picture: what the eye forgives."""
_TRIES = 2
_LOOKED = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VisualTokens:
    """What should sound with a picture.

    Parameters
    ----------
    units
        As many as the picture is long.
    rate_hz
        Units a second.
    warnings
        What was wrong with them.
    """

    units: Units
    rate_hz: float
    warnings: tuple[str, ...] = ()


def failure(spoken: Spoken, wanted: int, rate_hz: float) -> Failure | None:
    """What is wrong with some tokens; None where nothing is.

    Parameters
    ----------
    wanted
        As many tokens as the picture is long.
    """
    if not spoken.ended:
        return "no end"
    if wanted >= LEAST_TOKENS and len(np.unique(spoken.units)) <= 1:
        return "one token"
    if abs(len(spoken.units) - wanted) > TOLERANCE_SECONDS * rate_hz:
        return "other length"
    return None


class VideoTokens:
    """The trained models of one folder.

    Parameters
    ----------
    folder
        What ``cuewright train`` wrote.
    config
        Its configuration, with the folders of CLIP and the language model; None reads it there.
    device
        As torch names it.

    Raises
    ------
    FileUnreadable
        When something in a folder is not what it should be.
    """

    def __init__(self, folder: Path, *, config: VideoTokensConfig | None = None, device: str = "cpu") -> None:
        self.config = config or VideoTokensConfig.of(folder)
        self.centres = Centres.of(folder)
        self._look = Looker(self.config.clip, self.config.look, device)
        self._speaker = Speaker(
            self.config, features=self._look.width, rate_hz=self.centres.rate_hz, folder=folder, device=device
        )

    def visual_tokens(
        self,
        picture: Picture,
        caption: str,
        handle: Handle = Handle(),  # noqa: B008 - frozen
        *,
        seed: int = 0,
    ) -> VisualTokens:
        """Tokens for the whole slice, in stretches no longer than the models were trained on.

        Raises
        ------
        FileUnreadable, PictureUnreadable
            As the reader says.
        BackendFailed
            Token generation failed.
        Cancelled
            Within a frame or a token.
        """
        warnings: list[str] = []
        features = self._look.features(picture, warnings.append, handle.part(0, _LOOKED))
        size = max(1, round(self.config.longest_seconds * self.config.look.frame_rate_hz))
        count = -(-len(features) // size)
        stretches = np.array_split(features, count)
        units = []
        for number, stretch in enumerate(stretches):
            part = handle.part(_LOOKED + (1 - _LOOKED) * number / count, _LOOKED + (1 - _LOOKED) * (number + 1) / count)
            clip = Clip(features=stretch, caption=caption, units=np.zeros(0, np.int64))
            units.append(self._spoken(clip, seed, warnings, part))
        return VisualTokens(units=np.concatenate(units), rate_hz=self.centres.rate_hz, warnings=tuple(warnings))

    def _spoken(self, clip: Clip, seed: int, warnings: list[str], handle: Handle) -> Units:
        """Tokens exactly as long as the clip."""
        wanted = self._speaker.tokens_of(len(clip.features))
        wrong: Failure | None = None
        for number in range(_TRIES):
            (spoken,) = self._speaker.speak([clip], seed=seed, temperature=float(number), handle=handle)
            wrong = failure(spoken, wanted, self.centres.rate_hz)
            if wrong in (None, "other length"):
                break
        if wrong == "no end":
            raise BackendFailed(
                "Token generation failed: the tokens go on after the picture's end. Train the tokens longer, or use "
                "another backend.",
                field="backend",
            )
        if wrong == "one token":
            raise BackendFailed(
                "Token generation failed: nothing but one token, as if nothing happened in the picture. Say in the "
                "words what is to be seen, or use another backend.",
                field="backend",
            )
        if wrong:
            seconds = (len(spoken.units) - wanted) / self.centres.rate_hz
            warnings.append(
                f"The tokens are {abs(seconds):.2f} s {'longer' if seconds > 0 else 'shorter'} than the picture, so "
                "sound and picture may be out of step; check it, or spot the cues instead."
            )
        if not len(spoken.units):
            return np.full(wanted, int(self.centres.level_db.argmin()), np.int64)
        quiet = int(self.centres.level_db.argmin())
        units: Units = np.pad(spoken.units[:wanted], (0, max(0, wanted - len(spoken.units))), constant_values=quiet)
        return units
