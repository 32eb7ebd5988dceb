"""What was in a gap, from what lies around it; :mod:`engine.dsp.dropouts` finds the gaps that a recording has.

Up to :data:`MODELLED_SECONDS` an autoregressive model of both sides fills it: what it expects, and as much chance as is
missing from the level around. Longer ones are filled with texture (:mod:`engine.dsp.texture`), which the sound
before leaves for, and the sound after arrives from, as the model of each says. Nothing outside a gap is changed.

It does not know what was meant to happen in the gap: a word or a step that was in it is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples
from engine.dsp import autoregressive as ar
from engine.dsp.texture import SHORTEST_SIDE_SAMPLES, texture
from engine.errors import BadArgument
from engine.source import BLOCK_SAMPLES, Blocks, Source

MODELLED_SECONDS = 0.2
TEXTURE_CONTEXT_SECONDS = (1.5, 5.0)
"""At least and at most; between them twice the gap."""
MODEL_CONTEXT_SECONDS = 0.3
_ORDER_SECONDS = 0.0213
_MOST_ORDER = 2_048
_MODEL_CONTEXT_SAMPLES = 40_000
"""At most: at high rates a model of 0.3 s would take minutes, and what it would gain lies above hearing."""
_MOST_SOLVED_SAMPLES = 12_000
"""Of a gap: the effort of an exact solution goes with the square, half a second here and six at four times that."""
_SEAM_SECONDS = 0.03
_TONAL_SEAM_SECONDS = 0.15
_NOISE_ORDER = 128
_TONAL_SHARE = 0.3
"""Of the level before, still expected after the longer seam: then it is a tone that goes on."""
_QUIETEST = 1e-9
"""Of a level, -180 dB."""
_HEARD_MISSING = (0.1, 0.3)
"""Share of the energy that the expected sound lacks: below the first no chance is added, above the second all of it."""


def context_samples(length_samples: int, sample_rate_hz: int) -> int:
    """How much sound on each side of a gap of this length is listened to."""
    if length_samples <= MODELLED_SECONDS * sample_rate_hz:
        return min(round(MODEL_CONTEXT_SECONDS * sample_rate_hz), _MODEL_CONTEXT_SAMPLES)
    least, most = TEXTURE_CONTEXT_SECONDS
    return round(min(max(least * sample_rate_hz, 2.0 * length_samples), most * sample_rate_hz))


def fill_gap(
    before: Samples, after: Samples, length_samples: int, sample_rate_hz: int, rng: np.random.Generator
) -> Samples:
    """What goes between two sounds, float32 ``(channels, length_samples)``.

    Parameters
    ----------
    before, after
        ``(channels, n)``; :func:`context_samples` says how much is of use, and there may be less or none.

    Raises
    ------
    BadArgument
        When the sides differ in channels, or the length is negative.
    """
    empty = np.zeros((before.shape[0], 0), np.float32)
    return np.concatenate([empty, *fill_gap_blocks(before, after, length_samples, sample_rate_hz, rng)], axis=1)


def fill_gap_blocks(
    before: Samples, after: Samples, length_samples: int, sample_rate_hz: int, rng: np.random.Generator
) -> Blocks:
    """As :func:`fill_gap`, piece by piece."""
    if before.ndim != 2 or after.ndim != 2 or before.shape[0] != after.shape[0]:
        raise BadArgument("What lies before a gap and after it must have the same channels.", field="selection")
    if length_samples < 0:
        raise BadArgument("A gap cannot be shorter than nothing.", field="selection_length")
    context = context_samples(length_samples, sample_rate_hz)
    before, after = before[:, max(0, before.shape[1] - context) :], after[:, :context]
    return _filled(before, after, length_samples, sample_rate_hz, rng)


def _filled(before: Samples, after: Samples, length: int, rate: int, rng: np.random.Generator) -> Blocks:
    # Fewer make no model either, but for the value that the filling joins.
    there = [side.shape[1] >= SHORTEST_SIDE_SAMPLES for side in (before, after)]
    if not length:
        return
    if not (before.any() or after.any()):
        for start in range(0, length, BLOCK_SAMPLES):
            yield np.zeros((before.shape[0], min(BLOCK_SAMPLES, length - start)), np.float32)
    elif not any(there):
        yield _joined(np.zeros((before.shape[0], length), np.float32), before, after, rate)
    elif length > MODELLED_SECONDS * rate:
        yield from _textured(before, after, length, rate, rng)
    elif all(there):
        yield _modelled(before, after, length, rate, rng)
    elif there[0]:
        yield _joined(_continued(before, length, rate, rng), before[:, :0], after, rate)
    else:
        yield _joined(_continued(after[:, ::-1], length, rate, rng)[:, ::-1], before, after[:, :0], rate)


def _modelled(before: Samples, after: Samples, length: int, rate: int, rng: np.random.Generator) -> Samples:
    """Both sides under one model: what it expects, and chance where that is not enough."""
    order = min(_order(rate), before.shape[1] // 3, after.shape[1] // 3)
    sides = list(zip(before.astype(np.float64), after.astype(np.float64), strict=True))
    guesses = [ar.between(left, right, length, order) for left, right in sides]
    models = [
        ar.levinson(np.concatenate([left, guess, right]), order)
        for (left, right), guess in zip(sides, guesses, strict=True)
    ]
    chance = _new(before, after, models, length + order, rng)
    filled = np.empty((before.shape[0], length), np.float32)
    for channel, ((left, right), guess, model) in enumerate(zip(sides, guesses, models, strict=True)):
        new = chance[channel, : length + model.size - 1]
        if length <= _MOST_SOLVED_SAMPLES:
            expected, deviation = ar.refined(left, guess, right, model, new)
        else:
            expected, deviation = guess, ar.wandering(model, new[:length])
        filled[channel] = expected + _missing(expected, deviation) * deviation
    return filled


def _missing(expected: ar.Real, deviation: ar.Real) -> float:
    """How much chance to add: none to what is expected almost for certain, which it could only make worse."""
    likely, open_ = float(np.vdot(expected, expected)), float(np.vdot(deviation, deviation))
    least, most = _HEARD_MISSING
    return float(np.clip((open_ / (likely + open_ + 1e-20) - least) / (most - least), 0.0, 1.0))


def _continued(
    before: Samples, length: int, rate: int, rng: np.random.Generator, *, order: int | None = None
) -> Samples:
    """How a sound goes on, chance in it and all."""
    order = min(order or _order(rate), before.shape[1] // 3)
    models = [ar.burg(channel, order) for channel in before.astype(np.float64)]
    chance = _new(before, before[:, :0], models, length, rng)
    made = [
        ar.extrapolated(channel, model, length, new)
        for channel, model, new in zip(before.astype(np.float64), models, chance, strict=True)
    ]
    return np.asarray(made, np.float32)


def _new(
    before: Samples, after: Samples, models: Sequence[ar.Real], length: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """What is new in each sample, at random: as loud as on both sides, and as alike between the channels."""
    sides = [
        [ar.residual(channel, model) for channel, model in zip(side.astype(np.float64), models, strict=True)]
        for side in (before, after)
        if side.shape[1]
    ]
    levels = np.array([[max(ar.scale_of(new), _QUIETEST) for new in side] for side in sides])
    shortest = min(new.size for new in sides[0])
    together = np.array([new[-shortest:] for new in sides[0]])
    together /= np.maximum(np.sqrt(np.mean(np.square(together), axis=1, keepdims=True)), _QUIETEST)
    alike = together @ together.T / max(1, shortest)
    strengths, directions = np.linalg.eigh(alike)
    white = directions * np.sqrt(np.maximum(strengths, 0.0)) @ rng.standard_normal((len(models), length))
    along = np.linspace(0.0, 1.0, length)
    return np.asarray(white * levels[0][:, None] ** (1 - along) * levels[-1][:, None] ** along)


def _textured(before: Samples, after: Samples, length: int, rate: int, rng: np.random.Generator) -> Blocks:
    """Texture, with what each side goes on as at its ends."""
    head, tail = _seam(before, length, rate, rng), _seam(after[:, ::-1], length, rate, rng)[:, ::-1]
    at = 0
    for made in texture(before, after, length, rate, rng):
        block, end = made.copy(), at + made.shape[1]
        if at < head.shape[1]:
            _crossfade(block[:, : head.shape[1] - at], head[:, at:end], (np.arange(at, end) + 0.5) / head.shape[1])
        if end > (first := length - tail.shape[1]):
            place = max(at, first)
            along = (length - np.arange(place, end) - 0.5) / tail.shape[1]
            _crossfade(block[:, place - at :], tail[:, place - first : end - first], along)
        yield block
        at = end


def _crossfade(block: Samples, seam: Samples, along: NDArray[np.float64]) -> None:
    """In place, from the seam (0) to the block (1), keeping the power of unlike sounds."""
    share = np.asarray(np.pi / 2 * along[: seam.shape[1]], np.float32)
    block[:] = np.cos(share) * seam + np.sin(share) * block


def _seam(before: Samples, length: int, rate: int, rng: np.random.Generator) -> Samples:
    """How a side goes on into a long gap: for longer where that is a tone."""
    if before.shape[1] < SHORTEST_SIDE_SAMPLES:
        return before[:, :0]
    context = before[:, -context_samples(1, rate) :]
    seam = min(round(_TONAL_SEAM_SECONDS * rate), length // 2)
    loudest = context[int(np.argmax(np.square(context).sum(axis=1)))].astype(np.float64)
    expected = ar.extrapolated(loudest, ar.burg(loudest, min(_order(rate), loudest.size // 3)), seam)
    if np.std(expected[seam // 2 :]) > _TONAL_SHARE * np.std(loudest[-seam:]):
        return _continued(context, seam, rate, rng)
    return _continued(context, min(round(_SEAM_SECONDS * rate), seam), rate, rng, order=_NOISE_ORDER)


def _joined(made: Samples, before: Samples, after: Samples, rate: int) -> Samples:
    """Without a step to the few samples on a side that no model could be made of."""
    length = made.shape[1]
    ramp = np.maximum(0.0, 1.0 - (np.arange(length) + 1.0) / (min(length, round(_SEAM_SECONDS * rate)) + 1.0))
    joined = made.astype(np.float64)
    if before.shape[1]:
        joined += (before[:, -1:] - made[:, :1]) * ramp
    if after.shape[1]:
        joined += (after[:, :1] - made[:, -1:]) * ramp[::-1]
    return joined.astype(np.float32)


def _order(rate: int) -> int:
    return min(round(_ORDER_SECONDS * rate), _MOST_ORDER)


def fill_gaps(source: Source, gaps: Sequence[tuple[int, int]], rng: np.random.Generator) -> Blocks:
    """The source with its gaps filled, and not one sample changed outside them.

    Parameters
    ----------
    gaps
        First samples, and samples after the last; in any order.

    Raises
    ------
    BadArgument
        When one is empty or reaches beyond the sound.
    """
    for start, end in gaps:
        if not 0 <= start < end <= source.length_samples:
            told = f"{start} to {end}, in {source.length_samples} samples"
            raise BadArgument(f"A gap lies within the sound and holds at least one sample: {told}.", field="selection")
    return _with_filled(source, _merged(gaps), rng)


def _merged(gaps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(gaps):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _with_filled(source: Source, gaps: list[tuple[int, int]], rng: np.random.Generator) -> Blocks:
    rate, at = source.sample_rate_hz, 0
    listened = max((context_samples(end - start, rate) for start, end in gaps), default=0)
    recent = np.zeros((source.channels, 0), np.float32)
    """The last of what was given out, so that a gap's filling is heard by the next one."""
    for (start, end), (following, _) in pairwise([*gaps, (source.length_samples, 0)]):
        yield from _untouched(source, at, start)
        known = source.read(max(at, start - listened), start)
        recent = np.concatenate([recent, known], axis=1)[:, -listened:]
        after = source.read(end, min(following, end + context_samples(end - start, rate)))
        for block in fill_gap_blocks(recent, after, end - start, rate, rng):
            recent = np.concatenate([recent, block], axis=1)[:, -listened:]
            yield block
        at = end
    yield from _untouched(source, at, source.length_samples)


def _untouched(source: Source, start: int, end: int) -> Blocks:
    for place in range(start, end, BLOCK_SAMPLES):
        yield source.read(place, min(end, place + BLOCK_SAMPLES))
