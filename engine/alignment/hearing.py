"""What is measured in a sound: how loud, how noisy and how, what begins when, where it drops out, how it is tuned.

The measures are those of :mod:`engine.dsp`. What noise there is, is what the denoiser would find; its colour is told by
how the floor falls with frequency. Nothing is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.alignment.seeing import CURVE_RATE_HZ, period_of
from engine.audio import Samples
from engine.dsp import denoise, loudness, resample, true_peak
from engine.dsp.denoise import floor
from engine.dsp.dropouts import find_gaps
from engine.dsp.hum_pitch import find_hum
from engine.dsp.onsets import Onset, onsets_of_stream
from engine.dsp.stft import Grid
from engine.handle import Handle
from engine.source import Source, blocks
from engine.trace import Heard, Moment, NoiseKind

Real = NDArray[np.float64]

ONSET_RATE_HZ = 24_000
_DOUBLING_DB = 10.0
"""So much more level sounds twice as loud (Stevens 1957)."""
_QUIETEST_DB = 40.0
"""Under the loudest onset: what is quieter is no event."""
_NO_NOISE_DBFS = -90.0
_COLOUR_FRAME = 4096
_COLOUR_FROM_HZ, _COLOUR_TO_HZ = 150.0, 12_000.0
_WHITE, _PINK, _STEEP = (-1.2, 1.2), (2.4, 3.6), 6.0
"""dB an octave, by which the floor falls."""
_VOICES_SPREAD_DB, _VOICES_SHARE, _VOICES_UNREST = 7.5, 0.8, (1.18, 2.3)
"""Middle above low level; share of the power between 200 Hz and 4 kHz; deviation over mean of a bin's power. Of noise
that is 1, and more of what changes."""
_UNDER_SPREAD_DB, _UNDER_SHARE, _UNDER_UNREST = 3.4, 0.86, (1.7, 2.5)
"""The same under events that are seldom still: the lowest fifth of the levels, and more surely voices."""
_MOST_QUIET_FRAMES = 1_000
_NOISY_DB = 30.0
"""Less far above the noise, onsets are looked for in what the denoiser leaves."""
_LEVEL_SECONDS, _QUIET_PERCENT = 0.02, 20
_FRAMES_AT_ONCE = 64
_TUNING_FRAME_SECONDS = 0.35
_TUNING_FROM_HZ, _TUNING_TO_HZ = 80.0, 2_000.0
_TUNING_PEAK, _TUNING_LEAST = 0.05, 1e-5
_MOST_TUNING_FRAMES = 400
_LEAST_PEAKS, _LEAST_NOTES, _OF_VOTES, _IN_TUNE = 60, 6, 0.04, 0.75
"""Peaks that have to vote; notes that have to have a share of the votes; how far all have to point one way."""


def hear(source: Source, handle: Handle) -> Heard:
    """All measures of a sound; it is read from front to back a few times.

    Raises
    ------
    Cancelled
        Between two of them.
    """
    rate = source.sample_rate_hz
    handle.progress(0.0, "listening")
    level = loudness.measure(source)
    handle.progress(0.2, "listening")
    noise = noise_of(source)
    handle.progress(0.4, "listening")
    onsets = moments_of(source, is_noisy=noise.snr_db is not None and noise.snr_db < _NOISY_DB)
    handle.progress(0.7, "listening")
    hum = find_hum(source)
    gaps = find_gaps(source)
    handle.progress(0.9, "listening")
    period = period_of([onset.time_seconds for onset in onsets])
    return Heard(
        length_seconds=source.length_samples / rate,
        loudness_lufs=level.integrated_lufs if level.integrated_lufs is not None else level.momentary_max_lufs,
        peak_dbtp=max(-200.0, true_peak.measure_dbtp(source)),
        noise=noise.kind,
        noise_dbfs=noise.level_dbfs,
        snr_db=noise.snr_db,
        hum_hz=float(np.mean(hum.frequency_hz)) if hum else None,
        gaps=tuple((start / rate, (end - start) / rate) for start, end in gaps),
        onsets=onsets,
        tempo_bpm=60.0 / period if period else None,
        tuning_cents=tuning_of(source),
        loudness_curve=tuple(_curve(source)),
    )


@dataclass(frozen=True, slots=True)
class Noise:
    """What lies under a sound."""

    kind: NoiseKind
    level_dbfs: float | None = None
    snr_db: float | None = None


def noise_of(source: Source) -> Noise:
    """The noise under a sound: its floor's level and colour, or the voices in its quiet moments."""
    grid = Grid(frame_samples=_COLOUR_FRAME)
    found = floor.from_sound(source).level(grid, source.length_samples // 2).astype(np.float64) / grid.hop_samples
    density = found.mean(axis=0)
    level_dbfs = _decibels(float(density.mean()))
    if level_dbfs < _NO_NOISE_DBFS:
        return Noise("none")
    powers = np.concatenate(list(_powers(source, _LEVEL_SECONDS)))
    hertz = np.linspace(0, source.sample_rate_hz / 2, density.size)
    band = (hertz > _COLOUR_FROM_HZ) & (hertz < min(_COLOUR_TO_HZ, 0.45 * source.sample_rate_hz))
    falls = -float(np.polyfit(np.log2(hertz[band]), 10 * np.log10(density[band] + 1e-18), 1, w=hertz[band] ** -0.25)[0])
    kind: NoiseKind = "coloured"
    if falls > _PINK[1] and _are_voices(source, powers):
        kind = "voices"
    elif falls > _STEEP:
        kind = "steep"
    elif _WHITE[0] <= falls <= _WHITE[1]:
        kind = "white"
    elif _PINK[0] <= falls <= _PINK[1]:
        kind = "pink"
    if kind == "voices":
        level_dbfs = max(level_dbfs, _decibels(float(np.percentile(powers, _QUIET_PERCENT))))
    signal = float(powers.mean()) - 10 ** (level_dbfs / 10)
    return Noise(kind, level_dbfs, max(-20.0, _decibels(signal) - level_dbfs))


def _are_voices(source: Source, powers: Real) -> bool:
    """Whether many people talk in the quiet moments: always there, between 200 Hz and 4 kHz, and never quite still."""
    low, fifth, middle = (_decibels(float(np.percentile(powers, share))) for share in (5, 20, 50))
    always, under = middle - low < _VOICES_SPREAD_DB, fifth - low < _UNDER_SPREAD_DB
    if not (always or under):
        return False
    frame = round(_LEVEL_SECONDS * source.sample_rate_hz)
    quiet = np.argsort(powers[: source.length_samples // frame])[: max(8, 3 * powers.size // 10)]
    quiet = quiet[:: -(-quiet.size // _MOST_QUIET_FRAMES)]
    mono, window = Mono(source), np.hanning(frame)
    spectra = np.array([np.abs(np.fft.rfft(mono.read(k * frame, (k + 1) * frame)[0] * window)) ** 2 for k in quiet])
    hertz = np.fft.rfftfreq(frame, 1 / source.sample_rate_hz)
    mean = spectra.mean(axis=0) + 1e-20
    spoken = (hertz >= 200) & (hertz < 4_000)
    share = float(mean[spoken].sum() / mean[1:].sum())
    unrest = float((spectra.std(axis=0) / mean)[spoken].mean())
    return bool(
        (always and share > _VOICES_SHARE and _VOICES_UNREST[0] < unrest < _VOICES_UNREST[1])
        or (under and share > _UNDER_SHARE and _UNDER_UNREST[0] < unrest < _UNDER_UNREST[1])
    )


def moments_of(source: Source, *, is_noisy: bool) -> tuple[Moment, ...]:
    """The onsets of a sound; of a noisy one, those of what the denoiser leaves."""
    heard = Mono(source)
    made = denoise.denoise(heard) if is_noisy else blocks(heard)
    slow = resample.drawn_out(made, 1, ONSET_RATE_HZ / heard.sample_rate_hz, _length_at(ONSET_RATE_HZ, heard))
    found = [onset for _, some in onsets_of_stream((block[0] for block in slow), ONSET_RATE_HZ) for onset in some]
    loudest = max((onset.level_db for onset in found), default=0.0)
    return tuple(_moment(onset, loudest) for onset in found if onset.level_db > loudest - _QUIETEST_DB)


def _moment(onset: Onset, loudest_db: float) -> Moment:
    return Moment(
        time_seconds=max(0.0, onset.time_seconds),
        strength=min(1.0, 2 ** ((onset.level_db - loudest_db) / _DOUBLING_DB)),
        confidence=1 - 2**-onset.margin,
    )


class Mono:
    """The mean of a source's channels, as a source."""

    channels = 1

    def __init__(self, source: Source) -> None:
        self._source = source
        self.sample_rate_hz = source.sample_rate_hz
        self.length_samples = source.length_samples

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`engine.source.Source.read`."""
        return np.asarray(self._source.read(start, end).mean(axis=0, keepdims=True))


def _length_at(rate_hz: int, source: Source) -> int:
    return max(1, round(source.length_samples * rate_hz / source.sample_rate_hz))


def tuning_of(source: Source) -> float | None:
    """How far the notes of a sound lie from equal temperament at 440 Hz, -50 to 50 cents; None where there are none.

    Every peak of long spectra votes for its distance from the nearest note, as a direction on a circle of 100 cents:
    what rings at any frequency, as things that are struck do, votes in all directions.
    """
    frame = 1 << round(math.log2(_TUNING_FRAME_SECONDS * source.sample_rate_hz))
    window, width = np.hanning(frame), source.sample_rate_hz / frame
    first, last = (round(hertz / width) for hertz in (_TUNING_FROM_HZ, _TUNING_TO_HZ))
    total, count = 0j, 0
    votes: dict[int, float] = {}
    mono = Mono(source)
    every = max(frame // 2, source.length_samples // _MOST_TUNING_FRAMES)
    for start in range(0, source.length_samples - frame + 1, every):
        size = np.abs(np.fft.rfft(mono.read(start, start + frame)[0] * window))[first - 1 : last + 2]
        middle = size[1:-1]
        is_peak = (middle > size[:-2]) & (middle > size[2:]) & (middle > _TUNING_PEAK * size.max())
        at = np.flatnonzero(is_peak)
        if not at.size or size.max() < _TUNING_LEAST * frame:
            continue
        low, high, top = (np.log(size[at + k] + 1e-12) for k in (0, 2, 1))
        place = at + first + 0.5 * (low - high) / (low - 2 * top + high - 1e-12)
        notes = 12 * np.log2(place * width / 440.0)
        total += complex((middle[at] * np.exp(2j * np.pi * notes)).sum())
        for note, weight in zip(np.round(notes).astype(int).tolist(), middle[at].tolist(), strict=True):
            votes[note] = votes.get(note, 0.0) + weight
        count += at.size
    weights = sum(votes.values())
    notes_heard = sum(weight >= _OF_VOTES * weights for weight in votes.values())
    if count < _LEAST_PEAKS or notes_heard < _LEAST_NOTES or abs(total) < _IN_TUNE * weights:
        return None
    return float(np.angle(total) / (2 * np.pi) * 100)


def _curve(source: Source) -> Iterator[float]:
    for powers in _powers(source, 1 / CURVE_RATE_HZ):
        yield from (round(_decibels(float(power)), 1) for power in powers)


def _powers(source: Source, seconds: float) -> Iterator[Real]:
    """Mean power of consecutive frames over all channels; the last may be short."""
    frame = max(1, round(seconds * source.sample_rate_hz))
    for block in blocks(source, frame * _FRAMES_AT_ONCE):
        power = np.square(block, dtype=np.float64).mean(axis=0)
        starts = np.arange(0, power.size, frame)
        yield np.add.reduceat(power, starts) / np.diff(starts, append=power.size)


def _decibels(power: float) -> float:
    return 10 * math.log10(max(power, 1e-20))
