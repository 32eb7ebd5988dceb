"""Where a sound goes: its onset on the cue, to the sample.

Integers only, so the error is 0 samples; nobody has to hear that 45 ms early or 125 ms late is noticed (ITU-R BT.1359).
Knows one event and one take; nothing of files or other events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.audio import Audio, Samples
from engine.dsp.decibels import amplitude
from engine.dsp.fades import faded
from engine.errors import BackendFailed
from engine.mixing.levels import gain_db
from engine.plan import Event, Plan
from engine.results import Take

FADE_IN_SECONDS = 0.005
CLICK_FADE_SECONDS = 0.0005
NEAR_ZERO = 0.01
"""Of the peak: a first sample so small begins without a click."""
FADE_OUT_SECONDS = 0.010


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTake:
    """A take at its level and its place.

    Parameters
    ----------
    audio
        With gain and fades applied; pan is applied by the bus only, so a mono stem stays mono.
    onset_samples
        Of the sound's onset, from the first sample of ``audio``.
    position_samples
        Of the first sample of ``audio``, on the session's timeline; position + onset is the event's start.
    pan
        Where the bus puts it, -1 left to 1 right.
    gain_db
        What was applied.
    """

    audio: Audio
    onset_samples: int
    position_samples: int
    pan: float
    gain_db: float


def place(plan: Plan, event: Event, take: Take) -> PlacedTake:
    """Level, fade and place a take.

    The fade-in uses the lead-in before the onset only, so the attack stays as it is; a take without any that begins
    away from zero gets half a millisecond against the click, and less where its peak comes sooner: the first sample of
    an impulse is the sound. A lead-in that would begin before the timeline is cut by the samples that do not fit.

    Raises
    ------
    BackendFailed
        When the take has another sample rate than the session: as it is, it would play at another speed.
    """
    rate = take.audio.sample_rate_hz
    if rate != plan.session.sample_rate:
        raise BackendFailed(f"{event.label!r} was made at {rate} Hz; the session runs at {plan.session.sample_rate}.")
    start = plan.position_samples + event.start_samples
    onset = min(take.onset_samples, start)
    samples = take.audio.samples[:, take.onset_samples - onset :]
    fade_in = min(onset, round(FADE_IN_SECONDS * rate)) if onset else _bare_fade(samples, rate)
    sounding = samples.shape[1] - onset
    fade_out = min(round(FADE_OUT_SECONDS * rate), sounding // 4)  # a sound of a few samples is all attack
    gain = gain_db(event, take)
    return PlacedTake(
        audio=Audio(samples=faded(samples, fade_in, fade_out) * np.float32(amplitude(gain)), sample_rate_hz=rate),
        onset_samples=onset,
        position_samples=start - onset,
        pan=event.pan,
        gain_db=gain,
    )


def _bare_fade(samples: Samples, sample_rate_hz: int) -> int:
    """Samples to fade in where the sound begins with its onset."""
    level = np.abs(samples).max(axis=0)
    peak = int(level.argmax())
    if level[0] <= NEAR_ZERO * level[peak]:
        return 0
    return min(peak, round(CLICK_FADE_SECONDS * sample_rate_hz))
