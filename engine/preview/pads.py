"""Sounds that are struck: each key's takes in turn, any number at once, each from its first sample.

Knows no MIDI and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.audio import Samples
from engine.preview.candidate import Candidate
from engine.preview.colour import line

MOST_VOICES = 32
_STEAL_SAMPLES = 256


@dataclass(slots=True)
class _Voice:
    samples: Samples
    gain: float
    at: int
    """Of its next sample; below 0 it begins later in the block."""
    fading: bool = False


@dataclass(slots=True)
class _Pad:
    takes: list[Candidate] = field(default_factory=list)
    struck: int = 0


class Pads:
    """Keys and the sounds they strike."""

    def __init__(self) -> None:
        self._pads: dict[int, _Pad] = {}
        self._voices: list[_Voice] = []

    @property
    def sounds(self) -> bool:
        """Whether any of it is heard."""
        return bool(self._voices)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all sounds that keys strike."""
        return tuple(take.name for pad in self._pads.values() for take in pad.takes)

    def put(self, key: int, one: Candidate) -> None:
        """Another take for a key, or a new one of that name."""
        self.remove(one.name)
        self._pads.setdefault(key, _Pad()).takes.append(one)

    def remove(self, name: str) -> bool:
        """Take a sound from its key; whether there was one. What sounds of it rings out."""
        there = name in self.names
        for key, pad in list(self._pads.items()):
            pad.takes = [take for take in pad.takes if take.name != name]
            if not pad.takes:
                del self._pads[key]
        return there

    def strike(self, key: int, velocity: float, offset: int = 0) -> str:
        """Begin a take, never the one before again where there are two; returns its name, or nothing for a mute key.

        Parameters
        ----------
        velocity
            Up to 1; the level falls by 12 dB with each half, as of DLS instruments (MMA DLS Level 1, concave).
        offset
            Sample of the next block that it begins at.
        """
        pad = self._pads.get(key)
        if pad is None or velocity <= 0:
            return ""
        take = pad.takes[pad.struck % len(pad.takes)]
        pad.struck += 1
        samples = take.sound.read(0, take.sound.length_samples)
        living = [voice for voice in self._voices if not voice.fading]
        if len(living) >= MOST_VOICES:
            living[0].fading = True
        self._voices.append(_Voice(samples, min(1.0, velocity) ** 2, -offset))
        return take.name

    def block(self, length: int) -> Samples | None:
        """The next ``(2, length)``; None where nothing sounds."""
        if not self._voices:
            return None
        out = np.zeros((2, length), np.float32)
        for voice in self._voices:
            skipped = max(0, -voice.at)
            part = voice.samples[:, max(0, voice.at) : voice.at + length]
            if voice.fading:
                part = part * line(1.0, 0.0, length)[: part.shape[1]]
            out[:, skipped : skipped + part.shape[1]] += voice.gain * part
            voice.at += length
        self._voices = [v for v in self._voices if v.at < v.samples.shape[1] and not v.fading]
        return out
