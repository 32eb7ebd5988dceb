"""A sound made longer or shorter, the pitch kept: the plainest warp, with anchors at both ends and none between."""

from __future__ import annotations

from engine.dsp.warp import LEAST_FACTOR, MOST_FACTOR, warp
from engine.errors import BadArgument
from engine.source import Blocks, Source


def stretch(source: Source, *, length_samples: int) -> Blocks:
    """All of the sound in ``length_samples`` samples.

    Parameters
    ----------
    source
        Any sound.
    length_samples
        From a quarter to four times as long as the source.

    Raises
    ------
    BadArgument
        When the length is beyond that.
    """
    now = source.length_samples
    if not max(1, LEAST_FACTOR * now - 1) <= length_samples <= MOST_FACTOR * now + 1:
        raise BadArgument(
            f"{now} samples can become {LEAST_FACTOR:g} to {MOST_FACTOR:g} times as many, not {length_samples}.",
            field="length",
        )
    return warp(source, anchors=(), length_samples=length_samples)
