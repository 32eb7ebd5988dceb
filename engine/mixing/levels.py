"""How loud each sound is: gain staging by loudness, not by guess.

Every event is brought to its layer's loudness on its own, so ten events are each as loud as one would be; what their sum
needs is done once, to all of them alike, on the bus. A language model that plans says what is louder than what
(``gain_db``), never how loud.

The targets are working levels for elements in a session, not programme loudness: a foreground sound's loudest 400 ms
at -20 LUFS, a background 12 LU under it, so that it carries without covering.
"""

from __future__ import annotations

from engine.dsp import loudness, true_peak
from engine.plan import Event, Layer
from engine.results import Take

FOREGROUND_MOMENTARY_LUFS = -20.0
BACKGROUND_INTEGRATED_LUFS = -32.0
CEILING_DBTP = -3.0
"""A short, sharp sound reaches this before its loudness target, and stops here: a stem leaves headroom."""


def gain_db(event: Event, take: Take) -> float:
    """The gain that brings a take to its event's level.

    ``gain_db`` of the event is added to the target. Silence gets 0 dB.
    """
    measured = loudness.measure(take.audio)
    target, level = _target(event.layer, measured)
    if level is None:
        return 0.0
    gain = target + event.gain_db - level
    headroom = CEILING_DBTP + min(0.0, event.gain_db) - true_peak.measure_dbtp(take.audio)
    return min(gain, headroom)


def _target(layer: Layer, measured: loudness.Loudness) -> tuple[float, float | None]:
    if layer == "background":
        return BACKGROUND_INTEGRATED_LUFS, measured.integrated_lufs
    return FOREGROUND_MOMENTARY_LUFS, measured.momentary_lufs
