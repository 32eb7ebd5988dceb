"""How well a degraded sound was put right: what is left of the offset, of the noise and of other faults.

Offsets follow from what the degradation and the actions do to time, so they are exact whatever the sound is like; where
nothing was stretched, the lag of the result behind the clean sound is measured too, as a check on that sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import signal

from engine.action import Action, Pitch, Reverse, Shift, Speed, Trim, Warp
from engine.audio import Samples
from engine.evaluation.align_degrade import Degradation
from engine.evaluation.denoise_bench.scores import si_sdr_db

MOST_LAG_SECONDS = 1.2
MOST_SI_SDR_DB = 60.0
"""What is left beyond it is under the noise of a 10-bit converter; more counts as no better."""
EDGE_SECONDS = 0.005


def moved_by(actions: Sequence[Action], length_seconds: float) -> Callable[[float], float]:
    """Where actions, done in order to a sound of so many seconds, put a moment.

    Raises
    ------
    ValueError
        For an action that gives moments no one place.
    """
    steps: list[Callable[[float], float]] = []
    for action in actions:
        steps.append(_step(action, length_seconds))
        length_seconds = action.length_after(length_seconds)

    def moved(seconds: float) -> float:
        for step in steps:
            seconds = step(seconds)
        return seconds

    return moved


def _step(action: Action, length_seconds: float) -> Callable[[float], float]:
    match action:
        case Shift(seconds=by):
            return lambda at: at + by
        case Speed():
            times = action.length_after(length_seconds) / length_seconds
            return lambda at: at * times
        case Warp(anchors=anchors):
            ends = ((0.0, 0.0), (length_seconds, length_seconds))
            places = sorted({*anchors, *(end for end in ends if end[0] not in [old for old, _ in anchors])})
            old, new = zip(*places, strict=True)
            return lambda at: float(np.interp(at, old, new)) + min(0.0, at) + max(0.0, at - length_seconds)
        case Trim(start_seconds=start):
            return lambda at: at - start
        case Reverse():
            raise ValueError("What is played backwards has no offset.")
        case _ if action.length_after(length_seconds) != length_seconds:
            raise ValueError(f"What {action.name} does to time is not known here.")
    return lambda at: at


def offsets_seconds(
    degradation: Degradation, actions: Sequence[Action], length_seconds: float, at_seconds: Sequence[float]
) -> tuple[float, ...] | None:
    """How late the result is at true moments; None where the actions leave them no one place."""
    try:
        moved = moved_by(actions, length_seconds)
    except ValueError:
        return None
    return tuple(moved(degradation.moved(at)) - at for at in at_seconds)


def cents_of(actions: Sequence[Action]) -> float:
    """By how much actions raise the pitch."""
    return 100 * sum(action.semitones for action in actions if isinstance(action, Pitch))


def lag_samples(clean: Samples, heard: Samples, most: int) -> int:
    """How late ``heard`` is, by the highest cross-correlation of the channels' means within ``most`` samples."""
    mono = [sound.mean(axis=0, dtype=np.float64) for sound in (clean, heard)]
    together = signal.correlate(mono[1], mono[0], "full", "fft")
    lags = signal.correlation_lags(mono[1].size, mono[0].size, "full")
    within = np.abs(lags) <= most
    return int(lags[within][np.argmax(together[within])])


def si_sdr_in_time_db(
    clean: Samples, heard: Samples, rate_hz: int, kept_seconds: tuple[float, float]
) -> tuple[float, float]:
    """SI-SDR after a constant lag is taken away, at most :data:`MOST_SI_SDR_DB`, and that lag in seconds.

    A sound that is only late would score as noise otherwise: the delay is measured by itself. The lag is whole samples,
    found by cross-correlation within :data:`MOST_LAG_SECONDS`.

    Parameters
    ----------
    kept_seconds
        What of the clean sound was not moved out: nothing else is compared, and not what lies within
        :data:`EDGE_SECONDS` of where it was cut, which may be faded.
    """
    if not heard.any() or heard.shape[0] != clean.shape[0]:
        return -MOST_SI_SDR_DB, 0.0
    length, edge = clean.shape[1], round(EDGE_SECONDS * rate_hz)
    lag = lag_samples(clean, heard, round(MOST_LAG_SECONDS * rate_hz))
    first, last = (round(at * rate_hz) for at in kept_seconds)
    first, last = max(first, -lag), min(last, heard.shape[1] - lag, length)
    first, last = first + (edge if first > 0 else 0), last - (edge if last < length else 0)
    if last <= first:
        return -MOST_SI_SDR_DB, lag / rate_hz
    found = si_sdr_db(clean[:, first:last], heard[:, first + lag : last + lag])
    return float(np.clip(found, -MOST_SI_SDR_DB, MOST_SI_SDR_DB)), lag / rate_hz


def kept_seconds(degradation: Degradation, length_seconds: float, *, later_seconds: float = 0.0) -> tuple[float, float]:
    """From where to where of the clean sound is left, by a constant delay and in a result that lies so much later.

    What a result moves out of the picture is an error of its time and counted there.
    """
    lates = (degradation.moved(0.0), later_seconds, 0.0)
    return max(-late for late in lates), length_seconds - max(lates)


def level_db(clean: Samples, heard: Samples) -> float:
    """How much louder ``heard`` is, by mean power."""
    powers = [float(np.square(sound, dtype=np.float64).mean()) for sound in (clean, heard)]
    return float(10 * np.log10((powers[1] + 1e-20) / (powers[0] + 1e-20)))
