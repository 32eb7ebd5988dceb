"""A sound from further away: less of itself by the inverse of the distance, as much of the room, and duller by the air.

The room's diffuse field is as loud everywhere; at the critical distance the sound itself is as loud as that, and beyond
it recedes into it. A living room or a stage, not a cathedral: for a certain room there is ``reverb_match``.

Source: Kuttruff, Room Acoustics, 5.1 (direct and diffuse field); ISO 9613-1 (air, 20 degrees and half humid, rounded to
one corner frequency).
"""

from __future__ import annotations

import math

import numpy as np
from scipy import signal

from engine.dsp.reverb_match import in_room
from engine.dsp.room_estimate import OCTAVES_HZ, Room
from engine.source import Blocks, Source

CRITICAL_METRES = 6.0
_BASS_DECAY_SECONDS, _TREBLE_DECAY_SECONDS = 0.8, 0.35
_AIR_METRES, _AIR_HZ, _AIR_POWER = 30.0, 8_000.0, 1.7
"""Over so far, so high a tone loses 3 dB; the loss grows with frequency by this power."""


def air_corner_hz(metres: float) -> float:
    """Frequency that has lost 3 dB on its way.

    >>> round(air_corner_hz(30.0))
    8000
    """
    return float(_AIR_HZ * (_AIR_METRES / metres) ** (1.0 / _AIR_POWER))


def distant(source: Source, metres: float) -> Blocks:
    """The source as from so far away, 1 m and up; at 1 m nearly as it was. The length stays, what rings on is cut."""
    decays = np.geomspace(_BASS_DECAY_SECONDS, _TREBLE_DECAY_SECONDS, len(OCTAVES_HZ))
    late_db = 20.0 * math.log10(metres / CRITICAL_METRES)
    room = Room(
        centre_hz=OCTAVES_HZ, decay_seconds=tuple(map(float, decays)), late_db=tuple(late_db for _ in OCTAVES_HZ)
    )
    corner_hz = min(air_corner_hz(metres), 0.45 * source.sample_rate_hz)
    sections = signal.butter(1, corner_hz, "low", fs=source.sample_rate_hz, output="sos")
    state = np.zeros((len(sections), source.channels, 2))
    for block in in_room(source, room):
        through, state = signal.sosfilt(sections, block.astype(np.float64), axis=1, zi=state)
        yield (through / metres).astype(np.float32)
