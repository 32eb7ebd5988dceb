"""Where a sound goes: its onset on the cue, to the sample.

Knows one event and one take; nothing of files or other events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.audio import Audio
from engine.dsp.fades import faded
from engine.mixing.levels import gain_db
from engine.plan import Event, Plan
from engine.results import Take

FADE_IN_SECONDS = 0.005
CLICK_FADE_SECONDS = 0.0005
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
    """

    audio: Audio
    onset_samples: int
    position_samples: int
    pan: float
    gain_db: float


def place(plan: Plan, event: Event, take: Take) -> PlacedTake:
    """Level, fade and place a take.

    The fade-in uses the lead-in before the onset only, so the attack stays as it is; a take that begins at full level
    without any gets half a millisecond against the click. A lead-in that would begin before the timeline is cut by the
    samples that do not fit.
    """
    rate = take.audio.sample_rate_hz
    start = plan.position_samples + event.start_samples
    cut = max(0, take.onset_samples - start)
    onset = take.onset_samples - cut
    gain = gain_db(event, take)
    samples = take.audio.samples[:, cut:] * np.float32(10 ** (gain / 20))
    fade_in = min(onset, round(FADE_IN_SECONDS * rate)) or round(CLICK_FADE_SECONDS * rate)
    # A sound of a few samples is all attack: it is left alone.
    fade_out = min(round(FADE_OUT_SECONDS * rate), (samples.shape[1] - onset) // 4)
    return PlacedTake(
        audio=Audio(samples=faded(samples, min(fade_in, samples.shape[1] // 4), fade_out), sample_rate_hz=rate),
        onset_samples=onset,
        position_samples=start - onset,
        pan=event.pan,
        gain_db=gain,
    )
