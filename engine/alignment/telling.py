"""What was measured, as sentences: the description that needs no model, and that models are given beside their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.alignment.base import Pair
from engine.handle import Handle
from engine.trace import Description, Fit, Heard, Moment, Seen

_TOLD = 12
"""Moments that are named one by one."""


class MeasuredDescriber:
    """Writes the measures down; asks nobody."""

    def describe(self, pair: Pair, handle: Handle) -> Description:
        """See :meth:`engine.alignment.base.Describer.describe`."""
        return Description(heard=" ".join(heard_told(pair.heard)), seen=" ".join(seen_told(pair.seen)))


def heard_told(heard: Heard) -> Iterator[str]:
    """The sound, a sentence a measure."""
    if heard.loudness_lufs is None:
        yield f"{heard.length_seconds:.2f} s of silence."
        return
    yield f"{heard.length_seconds:.2f} s at {heard.loudness_lufs:.1f} LUFS, peak {heard.peak_dbtp:.1f} dBTP."
    if heard.noise == "none":
        yield "No noise lies under it."
    else:
        named = {"voices": "Voices in the background", "steep": "The air of a place"}
        what = named.get(heard.noise, f"{heard.noise.capitalize()} noise")
        yield f"{what} at {heard.noise_dbfs:.0f} dBFS, {heard.snr_db:.0f} dB under the sound."
    if heard.hum_hz is not None:
        yield f"Mains hum at {heard.hum_hz:.1f} Hz."
    if heard.gaps:
        yield f"{_counted(len(heard.gaps), 'dropout')}, at {_listed([start for start, _ in heard.gaps])}."
    if not heard.onsets:
        yield "Nothing begins in it."
        return
    yield f"{_counted(len(heard.onsets), 'onset')}, at {_listed(_times(heard.onsets))}."
    if heard.tempo_bpm is not None:
        yield f"They return evenly, at {heard.tempo_bpm:.0f} a minute."
    if heard.tuning_cents is not None:
        yield f"Its notes are tuned {heard.tuning_cents:+.0f} cents from A = 440 Hz."


def seen_told(seen: Seen) -> Iterator[str]:
    """The picture, a sentence a measure."""
    yield f"{seen.length_seconds:.2f} s in {_counted(len(seen.shots_seconds), 'shot')}."
    if not seen.moments:
        yield "Nothing is hit or stops." if any(seen.motion) else "Nothing moves."
        return
    yield f"{_counted(len(seen.moments), 'contact')}, at {_listed(_times(seen.moments))}."
    if seen.period_seconds is not None:
        yield f"They return evenly, every {seen.period_seconds:.2f} s."


def fit_told(fit: Fit) -> str:
    """Delay and drift.

    >>> fit_told(Fit(delay_seconds=0.21, matched=5, error_seconds=0.004, confidence=0.9))
    'The sound is 210 ms late.'
    """
    delay_ms = round(1000 * fit.delay_seconds)
    told = f"{abs(delay_ms)} ms {'late' if delay_ms > 0 else 'early'}" if delay_ms else "in time"
    if fit.rate == 1.0:
        return f"The sound is {told}."
    return f"The sound is {told} at the beginning, and takes {100 * (fit.rate - 1):+.2f} % of the time more."


def _times(moments: Sequence[Moment]) -> list[float]:
    return [moment.time_seconds for moment in moments]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _listed(seconds: Sequence[float]) -> str:
    told = ", ".join(f"{time:.2f}" for time in seconds[:_TOLD])
    return f"{told}{' ...' if len(seconds) > _TOLD else ''} s"
