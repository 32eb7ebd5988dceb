"""A spot replaced: by what sounds around it, by a new sound upon that, or by a model that hears what lies around.

The bed goes on from the one side to the other; a new sound lies on it, as loud as what was there and well above the
bed. Which backend makes the new sound, and whether it hears, is not known here.
"""

from __future__ import annotations

import numpy as np

from engine.action import Fill
from engine.audio import Audio, Samples
from engine.dsp import loudness
from engine.dsp.decibels import amplitude
from engine.dsp.gaps import context_samples, fill_gap, fill_gap_blocks
from engine.editing.kit import Kit
from engine.errors import BadArgument
from engine.source import Blocks, Part, Source

LONGEST_SECONDS = 60.0
QUIETEST_LUFS = -40.0
"""A new sound is at least so loud: there may be silence around it."""
ABOVE_BED_LU = 10.0
HIGHEST_PEAK = 0.9


def filled(action: Fill, source: Source, start: int, end: int, kit: Kit) -> Blocks:
    """What comes in place of samples ``start`` to ``end``.

    Raises
    ------
    BadArgument
        When the spot is longer than :data:`LONGEST_SECONDS`, or without words when nothing lies around it.
    PromptNotMatched, BackendFailed
        When there are words and nothing makes their sound.
    """
    rate = source.sample_rate_hz
    if end - start > LONGEST_SECONDS * rate:
        raise BadArgument(f"A spot is at most {LONGEST_SECONDS:g} s long.", field="selection_length")
    if end - start == source.length_samples and not action.text:
        raise BadArgument("Nothing lies around the spot to fill it from: select less.", field="selection_length")
    reach = context_samples(end - start, rate)
    before = source.read(max(0, start - reach), start)
    after = source.read(end, min(source.length_samples, end + reach))
    chance = np.random.default_rng(kit.seed)
    if not action.text:
        for block in fill_gap_blocks(before, after, end - start, rate, chance):
            kit.handle.check()
            yield block
        return
    if (anew := kit.change_sound(action.text, source, start, end, kit.handle)) is not None:
        yield anew
        return
    bed = fill_gap(before, after, end - start, rate, chance)
    under = _level(Audio(samples=bed, sample_rate_hz=rate)) + ABOVE_BED_LU
    yield bed + _new(action.text, Part(source, start, end), under, kit)


def _level(sound: Audio | Source) -> float:
    measured = loudness.measure(sound).momentary_max_lufs
    return QUIETEST_LUFS if measured is None else max(QUIETEST_LUFS, measured)


def _new(text: str, old: Source, least_lufs: float, kit: Kit) -> Samples:
    """The new sound, as loud as what it replaces, or louder."""
    made = kit.make_sound(text, kit.handle)
    gain_db = max(_level(old), least_lufs) - _level(made)
    gain = min(amplitude(gain_db), HIGHEST_PEAK / max(made.peak, 1e-9))
    return _fitted(made, old) * np.float32(gain)


def _fitted(sound: Audio, like: Source) -> Samples:
    """With the length and the channels of another; a stereo sound in anything else becomes one for all channels."""
    samples = sound.samples[:, : like.length_samples]
    if samples.shape[0] != like.channels:
        samples = np.repeat(samples.mean(axis=0, keepdims=True), like.channels, axis=0)
    return np.pad(samples, ((0, 0), (0, like.length_samples - samples.shape[1])))
