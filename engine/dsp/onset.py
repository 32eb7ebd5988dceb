"""The isolated sounds of a recording: where each begins, and where it has died away.

Works on the peak envelope in frames of 1 ms and then finds the exact sample inside the frame, so a click or a decay is
found to the sample and a noisy start to about its attack. This module knows nothing of files or of words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples
from engine.dsp.decibels import amplitude

FRAME_SECONDS = 0.001
TRIGGER_DB = -26.0
"""Below the peak: a frame this loud belongs to the sound, whatever came before it."""
FOOT_DB = -40.0
"""Below the peak: an attack is followed back to here, or to the noise floor where that is higher."""
FLOOR_MARGIN_DB = 12.0
"""Above the noise floor: what a sound must reach to be told from the floor."""
ATTACK_FRAMES = 20
"""An attack is looked for so long before the first loud frame; a slower swell begins where it gets loud."""
TAIL_DB = -60.0
"""Below the peak of the recording: a tail is followed down to here, or to a little above the noise floor."""
NOISE_MARGIN_DB = 3.0
GAP_SECONDS = 0.12
"""So long below the foot and a sound has died away: the next one is another happening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One isolated sound within a recording, in samples of it.

    Parameters
    ----------
    onset
        First sample of the attack.
    end
        One past the last sample before it has died away, or before the next onset.
    """

    onset: int
    end: int


def _frames(samples: Samples, frame: int) -> NDArray[np.float32]:
    """Peak of each frame over all channels; the last frame may be short."""
    peaks = np.abs(samples).max(axis=0)
    starts = np.arange(0, peaks.size, frame)
    return np.maximum.reduceat(peaks, starts)


def _levels(envelope: NDArray[np.float32]) -> tuple[float, float]:
    """Trigger and foot for an envelope, both as amplitude.

    The noise floor is the 10th percentile of the envelope. Where the sound fills the recording that percentile is the
    sound itself, so neither level may come so near to the peak that nothing reaches it.
    """
    peak = float(envelope.max())
    floor = float(np.percentile(envelope, 10.0)) * amplitude(FLOOR_MARGIN_DB)
    trigger = max(peak * amplitude(TRIGGER_DB), min(floor, peak * 0.3))
    foot = max(peak * amplitude(FOOT_DB), min(floor * 0.5, peak * 0.15))
    return trigger, foot


def happenings(samples: Samples, sample_rate_hz: int) -> tuple[Happening, ...]:
    """The isolated sounds of a recording, in order; empty when it is silent.

    A happening starts where the envelope, followed back from its first loud frame, rises out of the foot, and ends
    where it has stayed below the foot for :data:`GAP_SECONDS`. Sounds that run into each other are one happening.

    Parameters
    ----------
    samples
        ``(channels, samples)``.
    sample_rate_hz
        Samples per second.
    """
    if samples.shape[1] == 0:
        return ()
    centred = samples - samples.mean(axis=1, keepdims=True)
    frame = max(1, round(FRAME_SECONDS * sample_rate_hz))
    envelope = _frames(centred, frame)
    if not envelope.max() > 0:
        return ()
    trigger, foot = _levels(envelope)
    audible = np.flatnonzero(envelope >= foot)
    gap = max(1, round(GAP_SECONDS * sample_rate_hz / frame))
    groups = np.split(audible, np.flatnonzero(np.diff(audible) > gap) + 1)
    starts = [int(group[0]) for group in groups[1:]] + [envelope.size]
    found = []
    for group, following in zip(groups, starts, strict=True):
        if envelope[group].max() < trigger:
            continue  # a rustle that never becomes the sound
        onset = _attack(centred, envelope, int(group[np.argmax(envelope[group] >= trigger)]), frame, foot)
        found.append(
            Happening(onset=onset, end=min(samples.shape[1], _tail(envelope, int(group[-1]) + 1, following) * frame))
        )
    return tuple(found)


def _tail(envelope: NDArray[np.float32], end: int, following: int) -> int:
    """Frame at which a happening has died away: under -60 dB, or in the recording's own noise."""
    noise = float(np.percentile(envelope, 10.0))
    gone = max(float(envelope.max()) * amplitude(TAIL_DB), noise * amplitude(NOISE_MARGIN_DB))
    below = np.flatnonzero(envelope[end:following] < gone)
    return end + int(below[0]) if below.size else following


def _attack(samples: Samples, envelope: NDArray[np.float32], loud: int, frame: int, foot: float) -> int:
    """Sample at which the attack that reaches frame ``loud`` rises out of what was there before."""
    start = max(0, loud - ATTACK_FRAMES)
    before = float(envelope[max(0, start - 2 * ATTACK_FRAMES) : start].max(initial=0.0))
    level = min(max(foot, 1.5 * before), float(envelope[loud]))
    first = start + int(np.argmax(envelope[start : loud + 1] >= level))
    inside = np.abs(samples[:, first * frame : (first + 1) * frame]).max(axis=0)
    return first * frame + int(np.argmax(inside >= level))
