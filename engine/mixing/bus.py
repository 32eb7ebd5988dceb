"""All takes into one mix: pan, sum, common gain, limiter.

What keeps ten overlapping events from clipping without any of them sinking: the sum is turned down *as a whole* until
no more than 1 dB of it is over the ceiling of -1 dBTP (EBU R 128), and only that last decibel is the limiter's. So each
event keeps its loudness against all others within 1 dB, whatever else sounds at that moment, and nothing pumps. Where
the sum stays under the ceiling, the mix is the sum, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from engine.audio import Audio, Samples
from engine.dsp import true_peak
from engine.dsp.decibels import amplitude
from engine.dsp.fades import faded
from engine.dsp.limiter import limit
from engine.dsp.pan import panned
from engine.mixing.levels import floor_db
from engine.mixing.place import CLICK_FADE_SECONDS, PlacedTake
from engine.plan import Plan

CEILING_DBTP = -1.0
MAX_LIMITING_DB = 1.0
END_FADE_SECONDS = 0.010
"""What still sounds at the end of the picture is faded within this."""


def _untreated(audio: Audio) -> Audio:
    return audio


def mix(placed: Iterable[PlacedTake], plan: Plan, through: Callable[[Audio], Audio] = _untreated) -> Audio:
    """The sum of the takes, stereo, under -1 dBTP, from the plan's position to its end or the last tail's.

    It begins where the user's selection does; a lead-in before that is in the stems only. To a picture it ends where
    the picture does, to the sample: tails that ring on are whole in the stems and faded in the mix.

    Parameters
    ----------
    through
        Effects that the sum goes through before its level is seen to.

    Raises
    ------
    BackendFailed
        For a take of more than two channels: how surround folds down is not for the mixer to guess.
    """
    takes = list(placed)
    starts = [take.position_samples - plan.position_samples for take in takes]
    ends = [start + take.audio.length_samples for start, take in zip(starts, takes, strict=True)]
    whole = max([plan.length_samples, *ends])
    total = np.zeros((2, whole), dtype=np.float32)
    for take, start, end in zip(takes, starts, ends, strict=True):
        stereo = panned(take.audio.samples, take.pan)
        if start < 0:
            stereo = _from_the_middle(stereo[:, -start:], take.onset_samples + start, plan.session.sample_rate)
        total[:, max(0, start) : end] += stereo
    summed = through(Audio(samples=total, sample_rate_hz=plan.session.sample_rate))
    if plan.picture is not None and plan.length_samples < summed.length_samples:
        fade = min(plan.length_samples // 4, round(END_FADE_SECONDS * plan.session.sample_rate))
        ended = faded(summed.samples[:, : plan.length_samples], 0, fade)
        summed = Audio(samples=ended, sample_rate_hz=plan.session.sample_rate)
    gain_db = floor_db(CEILING_DBTP + MAX_LIMITING_DB - true_peak.measure_dbtp(summed))
    if gain_db < 0:
        summed = Audio(samples=summed.samples * np.float32(amplitude(gain_db)), sample_rate_hz=summed.sample_rate_hz)
    return limit(summed, amplitude(CEILING_DBTP))


def _from_the_middle(samples: Samples, onset_samples: int, sample_rate_hz: int) -> Samples:
    """A sound that the mix enters within its lead-in, without a click and without touching the onset."""
    return faded(samples, min(onset_samples, round(CLICK_FADE_SECONDS * sample_rate_hz)), 0)
