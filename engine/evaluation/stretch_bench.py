"""Stretch, pitch and warp beside the libraries one could take: where strikes land, how true tones stay, how fast.

Strikes are drawn from the seed at known times, bare and over a bed of noise; where they land is told by the same finder
in the original and in the result, so that what the finder itself gets wrong cancels. What stretches is handed in.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio import Audio, Samples
from engine.handle import Handle
from engine.model import Model
from engine.source import Blocks, Held, Source, collected

RATE_HZ = 48_000
RATIOS = (0.5, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0)
"""Length after over length before."""
SEMITONES = (-12.0, -7.0, -3.0, -1.0, 1.0, 3.0, 7.0, 12.0)
TONES_HZ = (55.0, 220.0, 1_000.0, 3_000.0, 8_000.0)
OURS = "cuewright"
_HOP = 12
_WINDOW_HOPS = 40
_REACH_SECONDS = 0.06
_BED_DB = -20.0

Process = Callable[[Samples], Samples]
Real = NDArray[np.float64]


class Stretch(Protocol):
    """See :func:`engine.dsp.stretch.stretch`."""

    def __call__(self, source: Source, *, length_samples: int) -> Blocks:
        """The result, block by block."""


class ShiftPitch(Protocol):
    """See :func:`engine.dsp.pitch.shift_pitch`."""

    def __call__(self, source: Source, *, semitones: float) -> Blocks:
        """The result, block by block."""


class Warp(Protocol):
    """See :func:`engine.dsp.warp.warp`."""

    def __call__(self, source: Source, *, anchors: Sequence[tuple[int, int]], length_samples: int) -> Blocks:
        """The result, block by block."""


class StretchRow(Model):
    """One method over all ratios, or all intervals; ``missed`` is the share of strikes not found near their place."""

    method: str
    what: str
    onset_median_ms: float
    onset_p95_ms: float
    missed: float
    tone_cents: float
    length_error_samples: int
    realtime_factor: float


class WarpRow(Model):
    """How far strikes lie from their anchors."""

    method: str
    anchor_median_ms: float
    anchor_max_ms: float
    length_error_samples: int


class StretchReport(Model):
    """All that was measured."""

    rows: tuple[StretchRow, ...]
    warp: tuple[WarpRow, ...]

    def tables(self) -> Iterable[tuple[str, Sequence[str], Sequence[Sequence[object]]]]:
        """Title, columns and rows of each table."""
        measures = ("method", "what", "onset ms", "95 % ms", "missed", "tone cents", "length", "x real time")
        yield "Stretch and pitch", measures, [tuple(row.model_dump().values()) for row in self.rows]
        moved = ("method", "anchor ms", "most ms", "length")
        yield "Warp to sync points", moved, [tuple(row.model_dump().values()) for row in self.warp]


@dataclass(frozen=True, slots=True)
class _Method:
    name: str
    stretched: Callable[[Samples, float], Samples]
    shifted: Callable[[Samples, float], Samples] | None = None


def measure_stretch(
    *, stretch: Stretch, shift_pitch: ShiftPitch, warp: Warp, seed: int, quick: bool, handle: Handle
) -> StretchReport:
    """Measure everything; ``quick`` takes fewer ratios and shorter sounds."""
    rng = np.random.default_rng(seed)
    bare, at = strikes(6.0 if quick else 20.0, rng)
    bed = bare + 10 ** (_BED_DB / 20) * bare.std() * rng.standard_normal(bare.shape).astype(np.float32)
    tones = _tones(4.0)
    methods = [_ours(stretch, shift_pitch), *_peers()]
    ratios, intervals = (RATIOS[::3], SEMITONES[::3]) if quick else (RATIOS, SEMITONES)
    rows = []
    for number, method in enumerate(methods):
        handle.progress(number / len(methods), method.name)
        for name, sound in (("strikes", bare), ("strikes over noise", bed)):
            rows.append(_stretch_row(method, name, sound, at, tones, ratios))
        if method.shifted is not None:
            rows.append(_pitch_row(method, bare, at, tones, intervals))
    return StretchReport(rows=tuple(rows), warp=(_warp_row(warp, bare, at, rng),))


def strikes(seconds: float, rng: np.random.Generator) -> tuple[Samples, Real]:
    """Steps in stereo, and the seconds at which each begins."""
    out = np.zeros((2, round(seconds * RATE_HZ)), np.float32)
    at = np.cumsum(rng.uniform(0.35, 0.6, round(seconds / 0.475)))
    at = at[at < seconds - 0.5]
    t = np.arange(round(0.3 * RATE_HZ)) / RATE_HZ
    for begin in at:
        sound = rng.standard_normal(t.size) * np.exp(-t / 0.003)
        for low, high, decay in ((70, 110, 0.035), (180, 260, 0.02), (500, 900, 0.01), (1_500, 3_000, 0.006)):
            sound += np.exp(-t / decay) * np.sin(2 * np.pi * rng.uniform(low, high) * t)
        side = rng.uniform(0.2, 0.8)
        place = round(begin * RATE_HZ)
        out[:, place : place + t.size] += (0.2 * np.outer((1 - side, side), sound)).astype(np.float32)
    return out, np.round(at * RATE_HZ) / RATE_HZ


def _tones(seconds: float) -> Samples:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    chord = np.sum([np.sin(2 * np.pi * hertz * t + k) for k, hertz in enumerate(TONES_HZ)], axis=0) / len(TONES_HZ)
    return np.stack([chord, chord]).astype(np.float32)


def _rises(sound: Samples) -> Real:
    """How many dB the level rises at each hop, over 10 ms to both sides."""
    steps = np.diff(sound.mean(axis=0), prepend=0.0)
    hops = steps.size // _HOP
    level = 10 * np.log10(np.square(steps[: hops * _HOP]).reshape(hops, _HOP).mean(axis=1) + 1e-11)
    total = np.concatenate([[0.0], np.cumsum(level)])
    rise = np.zeros(hops)
    inner = np.arange(_WINDOW_HOPS, hops - _WINDOW_HOPS)
    rise[inner] = total[inner + _WINDOW_HOPS] - 2 * total[inner] + total[inner - _WINDOW_HOPS]
    return rise / _WINDOW_HOPS


def _found(sound: Samples, at: Iterable[float]) -> Real:
    """Seconds of the steepest rise near each time; NaN where nothing rises by 6 dB."""
    rise = _rises(sound)
    reach = round(_REACH_SECONDS * RATE_HZ / _HOP)
    found = []
    for time_ in at:
        middle = round(time_ * RATE_HZ / _HOP)
        first = max(0, middle - reach)
        near = rise[first : middle + reach]
        best = int(near.argmax()) if near.size else 0
        found.append((first + best) * _HOP / RATE_HZ if near.size and near[best] > 6 else np.nan)
    return np.array(found)


def _errors_ms(sound: Samples, made: Samples, at: Real, ratio: float) -> Real:
    return np.asarray(1e3 * np.abs(_found(made, at * ratio) - ratio * _found(sound, at)))


def _cents(made: Samples, expected_hz: Iterable[float]) -> float:
    """Largest error of a tone: the phase's advance over a second, around its bin."""
    mono = made[:, made.shape[1] // 4 : -made.shape[1] // 4].mean(axis=0).astype(np.float64)
    window = np.hanning(mono.size)
    padded = 8 * mono.size
    spectrum = np.log(np.abs(np.fft.rfft(mono * window, padded)) + 1e-12)
    worst = 0.0
    for hertz in expected_hz:
        if hertz > 0.45 * RATE_HZ:
            continue
        middle = round(hertz * padded / RATE_HZ)
        reach = max(4, round(0.03 * middle))
        peak = middle - reach + int(spectrum[middle - reach : middle + reach + 1].argmax())
        left, top, right = spectrum[peak - 1 : peak + 2]
        exact = (peak + 0.5 * (left - right) / (left - 2 * top + right)) * RATE_HZ / padded
        worst = max(worst, abs(1_200 * float(np.log2(exact / hertz))))
    return worst


def _stretch_row(
    method: _Method, name: str, sound: Samples, at: Real, tones: Samples, ratios: Sequence[float]
) -> StretchRow:
    errors, cents, length, took = [], 0.0, 0, 0.0
    for ratio in ratios:
        began = time.process_time()
        made = method.stretched(sound, ratio)
        took += time.process_time() - began
        errors.append(_errors_ms(sound, made, at, ratio))
        length = max(length, abs(made.shape[1] - round(sound.shape[1] * ratio)))
        cents = max(cents, _cents(method.stretched(tones, ratio), TONES_HZ))
    seconds = len(ratios) * sound.shape[1] / RATE_HZ
    return _row(method.name, f"stretch, {name}", errors, cents, length, seconds / took)


def _pitch_row(method: _Method, sound: Samples, at: Real, tones: Samples, intervals: Sequence[float]) -> StretchRow:
    assert method.shifted is not None
    errors, cents, length, took = [], 0.0, 0, 0.0
    for semitones in intervals:
        began = time.process_time()
        made = method.shifted(sound, semitones)
        took += time.process_time() - began
        errors.append(_errors_ms(sound, made, at, 1.0))
        length = max(length, abs(made.shape[1] - sound.shape[1]))
        moved = [hertz * 2 ** (semitones / 12) for hertz in TONES_HZ]
        cents = max(cents, _cents(method.shifted(tones, semitones), moved))
    seconds = len(intervals) * sound.shape[1] / RATE_HZ
    return _row(method.name, "pitch, strikes", errors, cents, length, seconds / took)


def _row(method: str, what: str, errors: Sequence[Real], cents: float, length: int, speed: float) -> StretchRow:
    all_ms = np.concatenate(errors)
    heard = all_ms[np.isfinite(all_ms)]
    return StretchRow(
        method=method,
        what=what,
        onset_median_ms=float(np.median(heard)) if heard.size else float("inf"),
        onset_p95_ms=float(np.percentile(heard, 95)) if heard.size else float("inf"),
        missed=1 - heard.size / all_ms.size,
        tone_cents=cents,
        length_error_samples=length,
        realtime_factor=speed,
    )


def _warp_row(warp: Warp, sound: Samples, at: Real, rng: np.random.Generator) -> WarpRow:
    """Every third strike is moved by up to 80 ms."""
    there = at[::3]
    here = there + rng.uniform(-0.08, 0.08, there.size)
    anchors = [(round(a * RATE_HZ), round(b * RATE_HZ)) for a, b in zip(there, here, strict=True)]
    audio = Held(Audio(samples=sound, sample_rate_hz=RATE_HZ))
    made = collected(audio, lambda source: warp(source, anchors=anchors, length_samples=sound.shape[1])).samples
    errors = 1e3 * np.abs((_found(made, here) - here) - (_found(sound, there) - there))
    return WarpRow(
        method=OURS,
        anchor_median_ms=float(np.nanmedian(errors)),
        anchor_max_ms=float(np.nanmax(errors)),
        length_error_samples=abs(made.shape[1] - sound.shape[1]),
    )


def _ours(stretch: Stretch, shift_pitch: ShiftPitch) -> _Method:
    def source(sound: Samples) -> Source:
        return Held(Audio(samples=sound, sample_rate_hz=RATE_HZ))

    def stretched(sound: Samples, ratio: float) -> Samples:
        wanted = round(sound.shape[1] * ratio)
        return collected(source(sound), lambda known: stretch(known, length_samples=wanted)).samples

    def shifted(sound: Samples, semitones: float) -> Samples:
        return collected(source(sound), lambda known: shift_pitch(known, semitones=semitones)).samples

    return _Method(OURS, stretched, shifted)


def _peers() -> Iterator[_Method]:
    """Those that are installed."""
    if importlib.util.find_spec("pedalboard"):
        yield _Method("Rubber Band R3 (pedalboard)", _rubber_band(high_quality=True), _rubber_band_pitch)
        yield _Method("Rubber Band R2 (pedalboard)", _rubber_band(high_quality=False))
    if importlib.util.find_spec("python_stretch"):
        yield _Method(
            "signalsmith", lambda x, ratio: _signalsmith(x, ratio, 0.0), lambda x, st: _signalsmith(x, 1.0, st)
        )
    if importlib.util.find_spec("librosa"):
        yield _Method("librosa", _librosa, _librosa_pitch)


def _rubber_band(*, high_quality: bool) -> Callable[[Samples, float], Samples]:
    def stretched(sound: Samples, ratio: float) -> Samples:
        from pedalboard import time_stretch

        made: Any = time_stretch(sound, RATE_HZ, stretch_factor=1 / ratio, high_quality=high_quality)
        return np.asarray(made, np.float32)

    return stretched


def _rubber_band_pitch(sound: Samples, semitones: float) -> Samples:
    from pedalboard import time_stretch

    made: Any = time_stretch(sound, RATE_HZ, stretch_factor=1.0, pitch_shift_in_semitones=semitones)
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
