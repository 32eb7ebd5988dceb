"""What anybody could do without an aligner: nothing, or the delay at which loudness follows motion best."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from engine.action import Shift
from engine.audio import Audio
from engine.evaluation.align_bench import Aligner, Result
from engine.evaluation.align_degrade import Delay, Tools
from engine.evaluation.spotting_baselines import Grays

Real = NDArray[np.float64]
_CURVE_HZ = 200.0
_MOST_SECONDS = 0.6


def read(path: Path) -> Audio:
    """A sound file, whole."""
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return Audio(samples=np.ascontiguousarray(samples.T), sample_rate_hz=rate)


def do_nothing(audio: Path, video: Path) -> Result:
    """The sound as it is."""
    return Result(actions=(), audio=read(audio), stopped="nothing")


def by_correlation(grays: Callable[[Path], Grays], tools: Tools) -> Aligner:
    """Shift by the delay at which the rise of loudness correlates best with how much of the picture changes."""

    @lru_cache(maxsize=8)
    def changes(video: Path) -> tuple[Real, Real]:
        times, sizes, last = [], [], None
        for seconds, gray in grays(video):
            now = gray.astype(np.float32)
            if last is not None:
                times.append(seconds)
                sizes.append(float(np.abs(now - last).mean()))
            last = now
        return np.array(times), np.array(sizes)

    def align(audio: Path, video: Path) -> Result:
        sound = read(audio)
        times, sizes = changes(video)
        if times.size < 2:
            return Result(actions=(), audio=sound, stopped="no picture")
        frame = round(sound.sample_rate_hz / _CURVE_HZ)
        mono = sound.samples.mean(axis=0)[: sound.length_samples // frame * frame].reshape(-1, frame)
        loud = 10 * np.log10(np.square(mono, dtype=np.float64).mean(axis=1) + 1e-8)
        rises = np.maximum(0.0, np.diff(loud, prepend=loud[0]))
        seen = np.interp(np.arange(rises.size) / _CURVE_HZ, times, sizes)
        together = signal.correlate(rises - rises.mean(), seen - seen.mean(), "full", "fft")
        lags = signal.correlation_lags(rises.size, seen.size, "full") / _CURVE_HZ
        within = np.abs(lags) <= _MOST_SECONDS
        late = float(lags[within][np.argmax(together[within])])
        moved = Delay(amount=-1000 * late).done(sound, np.random.default_rng(0), tools)
        return Result(actions=(Shift(seconds=-late),), audio=moved, stopped="correlated")

    return align
