"""The judge that measures: what is left of the delay, how noisy it still is, and what it has lost.

It measures every version in the same way and knows nothing of what was done to it; that the original is at hand is for
the losses. What belongs to the picture by its kind, a dog or a door, it cannot tell: for that there are models.
"""

from __future__ import annotations

import math

from engine.alignment.base import Pair
from engine.alignment.hearing import hear
from engine.alignment.matching import fit_of
from engine.alignment.telling import fit_told
from engine.handle import Handle
from engine.source import Source
from engine.trace import Fit, Heard, Score, Seen

BELIEVED = 0.8
"""Confidence of a fit, from which it is acted on: of the recorded clips with contacts that reach it, nine in ten are
right to 120 ms, as near as their own sound is in time; without contacts, one in ten reaches it."""
REMOVABLE = ("white", "pink", "voices")
"""Noise that is taken for a fault; every other one may be the place."""
_LEAST_EVENTS = 1
"""Onsets, without which a noise is the sound itself."""
AUDIBLE_NOISE_DB, _UNDER_PEAK_DB = 25.0, 63.0
"""Noise less far under the mean power of the sound is a fault, unless it lies so far under its peak: then it is the air
of a good room, and only the events are rare."""
QUIET_DBTP, LOUD_DBTP = -20.0, 0.0
"""Peaks of what is too soft to be worked with, and of what clips."""
_IN_TIME_SECONDS = 0.06
"""So late or early scores exp(-1): at 20 ms, half a frame, the score is .9."""
_UNKNOWN = 0.5
"""Synchronisation where nothing in common was found."""
_NOISE_COSTS, _HUM_COSTS, _GAPS_COST, _LEVEL_COSTS, _LOSS_COSTS = 0.6, 0.3, 0.3, 0.2, 0.5


class MeasuredJudge:
    """Scores by measuring."""

    name = "measured"

    def judge(self, version: Source, pair: Pair, handle: Handle) -> Score:
        """See :meth:`engine.alignment.base.Judge.judge`."""
        heard = hear(version, handle)
        fit = believed(fit_of(heard.onsets, pair.seen.moments, pair.seen.length_seconds))
        faults = _faults(heard, pair.heard)
        alignment = math.prod(1 - cost for _, cost in faults)
        told = [fault for fault, _ in faults]
        told.insert(0, fit_told(fit) if fit else "Nothing in it lies on what is seen.")
        return Score(
            alignment=alignment,
            synchronisation=in_time(fit, pair.seen) if fit else _UNKNOWN,
            rationale=" ".join(told),
            by=self.name,
            fit=fit,
        )


def believed(fit: Fit | None) -> Fit | None:
    """The fit, if it is more than chance."""
    return fit if fit and fit.confidence >= BELIEVED else None


def in_time(fit: Fit, seen: Seen) -> float:
    """Synchronisation, 1 to 0, from how far the sound is off at the first and the last moment."""
    ends = (seen.moments[0].time_seconds, seen.moments[-1].time_seconds) if seen.moments else (0.0, seen.length_seconds)
    square = sum(fit.offset_seconds(time) ** 2 for time in ends) / len(ends)
    return math.exp(-square / _IN_TIME_SECONDS**2)


def is_noisy(heard: Heard) -> bool:
    """Whether noise lies under it that is a fault."""
    if heard.snr_db is None or heard.noise_dbfs is None:
        return False
    audible = heard.snr_db < AUDIBLE_NOISE_DB and heard.peak_dbtp - heard.noise_dbfs < _UNDER_PEAK_DB
    return audible and heard.noise in REMOVABLE and len(heard.onsets) >= _LEAST_EVENTS


def _faults(heard: Heard, original: Heard) -> list[tuple[str, float]]:
    """What is wrong, in words, and what it costs, 0 to 1."""
    found: list[tuple[str, float]] = []
    if heard.loudness_lufs is None:
        return [("It is silent.", 1.0)]
    if is_noisy(heard) and heard.snr_db is not None:
        share = min(1.0, (AUDIBLE_NOISE_DB - heard.snr_db) / AUDIBLE_NOISE_DB)
        found.append((f"Noise lies {heard.snr_db:.0f} dB under it.", 0.1 + (_NOISE_COSTS - 0.1) * share))
    if heard.hum_hz is not None:
        found.append((f"It hums at {heard.hum_hz:.0f} Hz.", _HUM_COSTS))
    if heard.gaps:
        found.append((f"It drops out {len(heard.gaps)} times.", _GAPS_COST))
    if not QUIET_DBTP <= heard.peak_dbtp <= LOUD_DBTP:
        found.append((f"Its peak is {heard.peak_dbtp:.1f} dBTP.", _LEVEL_COSTS))
    sure = sum(moment.confidence for moment in original.onsets)
    lost = 1 - sum(moment.confidence for moment in heard.onsets) / sure if sure else 0.0
    if lost > 0:
        found.append((f"It has lost {100 * lost:.0f} % of what began in it.", _LOSS_COSTS * lost))
    return found
