"""How loud each sound is: gain staging by loudness, not by guess.

Every event is brought to its layer's loudness on its own, so ten events are each as loud as one would be; what their
sum needs is done once, to all of them alike, on the bus. A language model that plans says what is louder than what
(``gain_db``), never how loud. The rule:

1. A *foreground* event is set by its momentary maximum, the loudest 400 ms, to -20 LUFS: what counts of a door slam is
   its loudest moment, not how much silence follows. A *background* is set by its integrated loudness to -32 LUFS,
   12 LU under, so that it carries without covering.
2. The event's own ``gain_db`` is added.
3. The gain is lowered until the true peak is at most -3 dBTP: a click has little energy for its peak and would reach
   its loudness only by clipping. An event's negative ``gain_db`` lowers this ceiling too, or two clicks that both
   meet it would come out alike.
4. Never more than 40 dB up: the noise floor of a whisper would come with it.

These are working levels for elements in a session, matched to one another, not programme loudness. Gains are rounded
to 0.01 dB, so that a last-digit difference between two machines' arithmetic changes no byte of a file.

Source: ITU-R BS.1770-4 and EBU Tech 3341 (the measures), EBU Tech 3343 (working by loudness).
"""

from __future__ import annotations

import math

from engine.dsp import loudness, true_peak
from engine.plan import Event, Layer
from engine.results import Take

FOREGROUND_MOMENTARY_LUFS = -20.0
BACKGROUND_INTEGRATED_LUFS = -32.0
CEILING_DBTP = -3.0
"""Of a stem: it leaves headroom for what a mixer does next."""
MAX_BOOST_DB = 40.0


def gain_db(event: Event, take: Take) -> float:
    """The gain that brings a take to its event's level; sound under -70 LUFS is left as it is."""
    target, level = _target(event.layer, loudness.measure(take.audio))
    if level is None:
        return 0.0
    gain = min(target - level, MAX_BOOST_DB) + event.gain_db
    headroom = CEILING_DBTP + min(0.0, event.gain_db) - true_peak.measure_dbtp(take.audio)
    return floor_db(min(gain, headroom))


def _target(layer: Layer, measured: loudness.Loudness) -> tuple[float, float | None]:
    if layer == "foreground":
        return FOREGROUND_MOMENTARY_LUFS, measured.momentary_max_lufs
    if measured.integrated_lufs is None:  # shorter than one gating block
        return BACKGROUND_INTEGRATED_LUFS, measured.momentary_max_lufs
    return BACKGROUND_INTEGRATED_LUFS, measured.integrated_lufs


def floor_db(value: float) -> float:
    """Rounded down to 0.01 dB: a ceiling stays one."""
    return math.floor(100.0 * value) / 100.0
