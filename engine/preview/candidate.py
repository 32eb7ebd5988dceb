"""What the desk has to choose from, made ready for it, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.audio import Audio, Samples
from engine.dsp import loudness
from engine.preview.grains import Sound
from engine.source import Held


@dataclass(slots=True)
class Candidate:
    """One of the sounds to choose from.

    Parameters
    ----------
    loudness_lufs
        None while it is being made, and where it is silent.
    """

    name: str
    sound: Sound
    loudness_lufs: float | None = None

    def append(self, audio: Audio, sample_rate_hz: int, *, is_last: bool) -> None:
        """More of a sound that is being made."""
        self.sound.append(_wide(audio, sample_rate_hz), is_last=is_last)
        if is_last:
            whole = self.sound.read(0, self.sound.length_samples)
            self.loudness_lufs = _lufs(Audio(samples=whole, sample_rate_hz=sample_rate_hz))


def candidate_of(name: str, audio: Audio, sample_rate_hz: int, *, is_whole: bool) -> Candidate:
    """A sound made ready for a desk of that rate."""
    sound = Sound(_wide(audio, sample_rate_hz), is_whole=is_whole)
    return Candidate(name, sound, _lufs(audio) if is_whole else None)


def _wide(audio: Audio, sample_rate_hz: int) -> Samples:
    """Two channels at the desk's rate; of more than two, the first two."""
    import soxr

    samples = audio.samples[:2] if audio.channels > 1 else np.repeat(audio.samples, 2, axis=0)
    if audio.sample_rate_hz == sample_rate_hz:
        return samples
    made = soxr.resample(samples.T, audio.sample_rate_hz, sample_rate_hz, "VHQ")
    return np.ascontiguousarray(made.T, np.float32)


def _lufs(audio: Audio) -> float | None:
    measured = loudness.measure(Held(audio))
    return measured.integrated_lufs if measured.integrated_lufs is not None else measured.momentary_max_lufs


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    """How it stands."""

    playing: bool
    waiting: bool
    candidate: str
    position_samples: int
    length_samples: int
    loop: tuple[int, int] | None
    knobs: Mapping[str, float]
    candidates: tuple[str, ...]
    heard_samples: int
