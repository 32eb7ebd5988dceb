"""What else stretches sound and shifts its pitch: the libraries one could take, as far as they are installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.audio import Samples
from engine.evaluation.stretch_sounds import RATE_HZ

Changed = Callable[[Samples, float], Samples]
"""Sound ``(channels, samples)`` at :data:`RATE_HZ`, and the ratio of lengths or the semitones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to do both."""

    name: str
    stretched: Changed
    shifted: Changed


def peers() -> Iterator[Method]:
    """Those that are installed."""
    if importlib.util.find_spec("pedalboard"):
        for name, fine in (("Rubber Band R3 (pedalboard)", True), ("Rubber Band R2 (pedalboard)", False)):
            yield Method(
                name=name,
                stretched=lambda sound, ratio, fine=fine: _rubber_band(sound, ratio, 0.0, fine),  # type: ignore[misc]
                shifted=lambda sound, up, fine=fine: _rubber_band(sound, 1.0, up, fine),  # type: ignore[misc]
            )
    if importlib.util.find_spec("python_stretch"):
        yield Method(
            name="signalsmith",
            stretched=lambda sound, ratio: _signalsmith(sound, ratio, 0.0),
            shifted=lambda sound, semitones: _signalsmith(sound, 1.0, semitones),
        )
    if importlib.util.find_spec("librosa"):
        yield Method(name="librosa", stretched=_librosa, shifted=_librosa_pitch)


def _rubber_band(sound: Samples, ratio: float, semitones: float, fine: bool) -> Samples:
    from pedalboard import time_stretch

    made: Any = time_stretch(
        sound, RATE_HZ, stretch_factor=1 / ratio, pitch_shift_in_semitones=semitones, high_quality=fine
    )
    return np.asarray(made, np.float32)


def _signalsmith(sound: Samples, ratio: float, semitones: float) -> Samples:
    from python_stretch import Signalsmith

    tool: Any = Signalsmith.Stretch()
    tool.preset(sound.shape[0], RATE_HZ)
    tool.setTimeFactor(1 / ratio)
    if semitones:
        tool.setTransposeSemitones(semitones)
    return np.asarray(tool.process(np.ascontiguousarray(sound)), np.float32)


def _librosa(sound: Samples, ratio: float) -> Samples:
    from librosa.effects import time_stretch

    return np.asarray(time_stretch(sound, rate=1 / ratio), np.float32)


def _librosa_pitch(sound: Samples, semitones: float) -> Samples:
    from librosa.effects import pitch_shift

    return np.asarray(pitch_shift(sound, sr=RATE_HZ, n_steps=semitones), np.float32)
