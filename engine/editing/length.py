"""Shorter, backwards, and round and round: no sample is made up."""

from __future__ import annotations

import numpy as np

from engine.dsp.fades import fade_gains
from engine.errors import BadArgument
from engine.source import BLOCK_SAMPLES, Blocks, Part, Source, blocks

SHIFT_FADE_SECONDS = 0.002


def trimmed(source: Source, start_seconds: float, length_seconds: float | None) -> Blocks:
    """The part that begins at ``start_seconds``; what lies beyond the end is not made up.

    Raises
    ------
    BadArgument
        When nothing is left.
    """
    rate = source.sample_rate_hz
    start = round(start_seconds * rate)
    end = source.length_samples
    if length_seconds is not None:
        end = min(end, start + max(1, round(length_seconds * rate)))
    if start >= end:
        told = f"Trim begins at {start_seconds:g} s and the sound ends at {source.length_samples / rate:g} s."
        raise BadArgument(told, field="do")
    return blocks(Part(source, start, end))


def shifted(source: Source, seconds: float, length_seconds: float | None) -> Blocks:
    """Later by ``seconds``, or earlier; silence comes in.

    What was there within :data:`SHIFT_FADE_SECONDS` of a new edge is faded: an end that rings on would click.

    Raises
    ------
    BadArgument
        When nothing of the sound is left.
    """
    rate, length = source.sample_rate_hz, source.length_samples
    by = round(seconds * rate)
    wanted = length if length_seconds is None else max(1, round(length_seconds * rate))
    first, last = max(0, by), min(wanted, by + length)
    if first >= last:
        raise BadArgument(f"Moved by {seconds:g} s, nothing of its {length / rate:.3g} s is left.", field="do")
    fade = min(round(SHIFT_FADE_SECONDS * rate), (last - first) // 2)
    for start in range(0, wanted, BLOCK_SAMPLES):
        end = min(start + BLOCK_SAMPLES, wanted)
        block = source.read(start - by, end - by)
        at = np.arange(start, end)
        gain = np.ones(at.size, np.float32)
        for moved, place in ((first > 0, at - first), (last < wanted, last - 1 - at)):
            inside = (place >= 0) & (place < fade)
            if moved and inside.any():
                gain[inside] *= fade_gains(place[inside] + 1, fade + 2)
        yield block * gain if (gain != 1).any() else block


def backwards(source: Source) -> Blocks:
    """From the last sample to the first."""
    for end in range(source.length_samples, 0, -BLOCK_SAMPLES):
        yield source.read(max(0, end - BLOCK_SAMPLES), end)[:, ::-1]


def seamless(source: Source, crossfade_seconds: float) -> Blocks:
    """A loop: its end, crossfaded into its beginning and cut off, so that the last sample leads to the first.

    The result is shorter by the crossfade, which is at most half of the sound.
    """
    length = source.length_samples
    fade = min(length // 2, max(1, round(crossfade_seconds * source.sample_rate_hz)))
    for start in range(0, length - fade, BLOCK_SAMPLES):
        end = min(start + BLOCK_SAMPLES, length - fade)
        block = source.read(start, end)
        if start < fade:
            inside = min(end, fade) - start
            place = np.arange(start, start + inside)
            rise, fall = fade_gains(place + 1, fade + 2), fade_gains(fade - place, fade + 2)
            tail = source.read(length - fade + start, length - fade + start + inside)
            block = np.array(block)
            block[:, :inside] = block[:, :inside] * rise + tail * fall
        yield block
