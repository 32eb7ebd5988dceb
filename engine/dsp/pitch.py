"""A sound made higher or lower, its length kept: stretched first, then played back at another speed."""

from __future__ import annotations

from engine.dsp.resample import FINE, drawn_out
from engine.dsp.stretch import stretch
from engine.errors import BadArgument
from engine.source import Blocks, Source

MOST_SEMITONES = 24.0


def shift_pitch(source: Source, *, semitones: float) -> Blocks:
    """The sound ``semitones`` higher, of the same length to the sample; below 0: lower.

    Raises
    ------
    BadArgument
        Beyond :data:`MOST_SEMITONES` either way.
    """
    if not -MOST_SEMITONES <= semitones <= MOST_SEMITONES:
        raise BadArgument(f"Pitch moves by up to {MOST_SEMITONES:g} semitones; got {semitones:g}.", field="semitones")
    factor = 2.0 ** (semitones / 12.0)
    length = max(1, round(source.length_samples * factor))
    longer = stretch(source, length_samples=length)
    return drawn_out(longer, source.channels, 1.0 / factor, source.length_samples, quality=FINE)
