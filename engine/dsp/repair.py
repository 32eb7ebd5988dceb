"""All that mends a sound, in one place: gaps, clicks and hum; and what can be heard of a room. No code of its own."""

from engine.dsp.declick import declick
from engine.dsp.dehum import dehum
from engine.dsp.dropouts import find_gaps
from engine.dsp.gaps import context_samples, fill_gap, fill_gaps
from engine.dsp.room_estimate import estimate_room

__all__ = [
    "context_samples",
    "declick",
    "dehum",
    "estimate_room",
    "fill_gap",
    "fill_gaps",
    "find_gaps",
]
