"""Every denoiser on the same noisy sounds: what it gains, at worst, and how fast; and what it does to clean sound.

Three sounds, four noises and four ratios make 48 conditions, drawn anew from the seed. The denoisers of ours are handed
in; this module knows none of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import signal

from engine.audio import Audio, Samples
from engine.evaluation.denoise_bench.peers import BASELINE, PEERS, Run
from engine.evaluation.denoise_bench.scores import log_spectral_distance_db, pesq_is_here, pesq_mos, si_sdr_db
from engine.evaluation.denoise_bench.signals import NOISES, SOUNDS
from engine.handle import Handle
from engine.model import Model
from engine.source import Blocks, Held, collected

RATE_HZ = 48_000
PROFILE_SECONDS = 3
BARELY_NOISY_DB = 40
ORACLE = "oracle mask"
_TRIES = 3
_SPEED_SECONDS = 30

Filter = Callable[..., Blocks]
"""``filter(source, noise=source or None)``."""


class DenoiseRow(Model):
    """One method, with a noise profile or without, over all conditions.

    ``speed_ratio`` is to noisereduce's defaults given the same, in processor time; ``pesq_gain`` is that of speech.
    """

    method: str
    kind: str
    profile: bool
    conditions: int
    gain_db: float
    gain_at_db: dict[str, float]
    worst_db: float
    worst_at: str
    spectral_distance_db: float
    pesq_gain: float | None
    realtime_factor: float | None
    speed_ratio: float | None


class CleanRow(Model):
    """What a method of ours, not told what the noise is, does where there is little to do.

    ``si_sdr_db`` is of the result for clean sound, at most 99; the other is the gain at 40 dB.
    """

    method: str
    sound: str
    si_sdr_db: float
    gain_at_40_db: float


class DenoiseReport(Model):
    """All of it."""

    rows: tuple[DenoiseRow, ...]
    clean: tuple[CleanRow, ...]

    def tables(self) -> Iterator[tuple[str, Sequence[str], Sequence[Sequence[object]]]]:
        """Title, columns and rows, for people."""
        for profile in (True, False):
            rows = [row for row in self.rows if row.profile is profile]
            yield (
                f"Denoising {'with a noise profile' if profile else 'blind'}: gain in SI-SDR, dB",
                ("method", "kind", "mean", "worst", "at", *rows[0].gain_at_db, "LSD dB", "PESQ", "x real time", "x nr"),
                [_cells(row) for row in sorted(rows, key=lambda row: -row.gain_db)],
            )
        yield (
            "Sound with little noise or none, blind",
            ("method", "sound", "SI-SDR of clean sound", "gain at 40 dB"),
            [(row.method, row.sound, row.si_sdr_db, row.gain_at_40_db) for row in self.clean],
        )


@dataclass(frozen=True, kw_only=True)
class _Condition:
    sound: str
    noise: str
    snr_db: int
    clean: Samples
    noisy: Samples
    profile: Samples

    @cached_property
    def noisy_mos(self) -> float:
        """PESQ before anything is done."""
        return pesq_mos(self.clean, self.noisy, RATE_HZ)

    def __str__(self) -> str:
        return f"{self.sound}, {self.noise}, {self.snr_db} dB"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Method:
    name: str
    kind: str
    run: Run
    takes_profile: bool = True


def measure_denoise(filters: Mapping[str, Filter], *, seed: int, quick: bool, handle: Handle) -> DenoiseReport:
    """Score the filters and every installed peer.

    Parameters
    ----------
    filters
        By the name of their kind.
    seed
        Of the sounds.
    quick
        Shorter sounds, fewer ratios, no slow peers.
    """
    seconds, ratios = (6, (5, 20)) if quick else (15, (0, 5, 10, 20))
    clean, noises = _drawn(seed, seconds)
    methods = [_Method(name=name, kind=name, run=_run_of(filter_)) for name, filter_ in filters.items()]
    methods += [
        _Method(name=peer.name, kind=peer.kind, run=peer.run, takes_profile=peer.takes_profile)
        for peer in PEERS
        if peer.installed and not (quick and peer.slow)
    ]
    conditions = list(_conditions(clean, noises, ratios))
    speeds = _speeds(methods, conditions[0], handle)
    rows, total = [], 2 * len(methods) + 1
    for number, (method, profile) in enumerate((method, profile) for method in methods for profile in (True, False)):
        if profile and not method.takes_profile:
            continue
        rows.append(_row(method, profile, conditions, speeds, handle.part(number / total, (number + 1) / total)))
    rows.append(_oracle(conditions))
    ours = [method for method in methods if method.name in filters]
    return DenoiseReport(rows=tuple(rows), clean=tuple(_on_clean(ours, clean, noises["white"])))


def _drawn(seed: int, seconds: int) -> tuple[dict[str, Samples], dict[str, Samples]]:
    seeds = iter(np.random.SeedSequence(seed).spawn(len(SOUNDS) + len(NOISES)))
    length = seconds * RATE_HZ
    sounds = {name: draw(length, RATE_HZ, np.random.default_rng(next(seeds))) for name, draw in SOUNDS.items()}
    longer = length + PROFILE_SECONDS * RATE_HZ
    noises = {name: draw(longer, RATE_HZ, np.random.default_rng(next(seeds))) for name, draw in NOISES.items()}
    return sounds, noises


def _conditions(
    sounds: Mapping[str, Samples], noises: Mapping[str, Samples], ratios: Iterable[int]
) -> Iterator[_Condition]:
    for sound, clean in sounds.items():
        for name, noise in noises.items():
            for snr_db in ratios:
                scaled = _at(clean, noise, snr_db)
                length = clean.shape[1]
                yield _Condition(
                    sound=sound,
                    noise=name,
                    snr_db=snr_db,
                    clean=clean,
                    noisy=clean + scaled[:, :length],
                    profile=scaled[:, length:],
                )


def _at(clean: Samples, noise: Samples, snr_db: float) -> Samples:
    """The noise at a ratio below the sound, over all channels."""
    part = noise[:, : clean.shape[1]]
    wanted = np.square(clean, dtype=np.float64).sum() / 10 ** (snr_db / 10)
    return noise * np.float32(np.sqrt(wanted / np.square(part, dtype=np.float64).sum()))


def _run_of(filter_: Filter) -> Run:
    def run(sound: Samples, profile: Samples | None, rate_hz: int) -> Samples:
        source, noise = (
            None if samples is None else Held(Audio(samples=samples, sample_rate_hz=rate_hz))
            for samples in (sound, profile)
        )
        assert source is not None
        return collected(source, lambda read: filter_(read, noise=noise)).samples

    return run


def _row(
    method: _Method,
    profile: bool,
    conditions: Sequence[_Condition],
    speeds: Mapping[tuple[str, bool], float],
    handle: Handle,
) -> DenoiseRow:
    gains, distances, pesq_gains = {}, [], []
    for number, condition in enumerate(conditions):
        handle.progress(number / len(conditions), f"denoising: {method.name}")
        made = method.run(condition.noisy, condition.profile if profile else None, RATE_HZ)
        gains[str(condition)] = si_sdr_db(condition.clean, made) - si_sdr_db(condition.clean, condition.noisy)
        distances.append(log_spectral_distance_db(condition.clean, made))
        if condition.sound == "speech" and pesq_is_here():
            pesq_gains.append(pesq_mos(condition.clean, made, RATE_HZ) - condition.noisy_mos)
    speed, of_baseline = (speeds.get((name, profile)) for name in (method.name, BASELINE.name))
    return DenoiseRow(
        method=method.name,
        kind=method.kind,
        profile=profile,
        spectral_distance_db=float(np.mean(distances)),
        pesq_gain=float(np.mean(pesq_gains)) if pesq_gains else None,
        realtime_factor=speed,
        speed_ratio=speed / of_baseline if speed and of_baseline else None,
        **_gains(gains, conditions),
    )


def _gains(gains: Mapping[str, float], conditions: Sequence[_Condition]) -> dict[str, object]:
    worst = min(gains, key=lambda name: gains[name])
    ratios = sorted({condition.snr_db for condition in conditions})
    return {
        "conditions": len(gains),
        "gain_db": float(np.mean(list(gains.values()))),
        "gain_at_db": {
            f"{ratio} dB": float(np.mean([gains[str(c)] for c in conditions if c.snr_db == ratio])) for ratio in ratios
        },
        "worst_db": gains[worst],
        "worst_at": worst,
    }


def _speeds(methods: Sequence[_Method], condition: _Condition, handle: Handle) -> dict[tuple[str, bool], float]:
    """Times real time in processor time, by method and whether with a profile.

    The tries go round, so that all share what else the machine does, and the best of each counts.
    """
    times = -(-_SPEED_SECONDS * RATE_HZ // condition.noisy.shape[1])
    sound = np.tile(condition.noisy, times)
    best: dict[tuple[str, bool], float] = {}
    for _ in range(_TRIES):
        for method in methods:
            for profile in (True, False)[0 if method.takes_profile else 1 :]:
                handle.check()
                began = time.process_time()
                method.run(sound, condition.profile if profile else None, RATE_HZ)
                factor = sound.shape[1] / RATE_HZ / (time.process_time() - began)
                best[method.name, profile] = max(best.get((method.name, profile), 0.0), factor)
    return best


def _oracle(conditions: Sequence[_Condition]) -> DenoiseRow:
    """What a mask could do that knew the sound and the noise in every bin."""
    gains, distances = {}, []
    for condition in conditions:
        spectra = [
            signal.stft(sound, nperseg=2048, noverlap=1536)[2]
            for sound in (condition.clean, condition.noisy, condition.noisy - condition.clean)
        ]
        clean, noisy, noise = spectra
        wanted = np.square(np.abs(clean))
        mask = wanted / (wanted + np.square(np.abs(noise)) + 1e-30)
        made = signal.istft(noisy * mask, nperseg=2048, noverlap=1536)[1][:, : condition.clean.shape[1]]
        made = np.asarray(made, np.float32)
        gains[str(condition)] = si_sdr_db(condition.clean, made) - si_sdr_db(condition.clean, condition.noisy)
        distances.append(log_spectral_distance_db(condition.clean, made))
    return DenoiseRow(
        method=ORACLE,
        kind="bound",
        profile=True,
        spectral_distance_db=float(np.mean(distances)),
        pesq_gain=None,
        realtime_factor=None,
        speed_ratio=None,
        **_gains(gains, conditions),
    )


def _on_clean(methods: Sequence[_Method], sounds: Mapping[str, Samples], white: Samples) -> Iterator[CleanRow]:
    for method in methods:
        for name, clean in sounds.items():
            noisy = clean + _at(clean, white, BARELY_NOISY_DB)[:, : clean.shape[1]]
            yield CleanRow(
                method=method.name,
                sound=name,
                si_sdr_db=min(99.0, si_sdr_db(clean, method.run(clean, None, RATE_HZ))),
                gain_at_40_db=si_sdr_db(clean, method.run(noisy, None, RATE_HZ)) - si_sdr_db(clean, noisy),
            )


def _cells(row: DenoiseRow) -> tuple[object, ...]:
    optional = (row.pesq_gain, row.realtime_factor, row.speed_ratio)
    shown = ("-" if value is None else f"{value:.2f}" for value in optional)
    worst = (row.worst_db, row.worst_at)
    return (row.method, row.kind, row.gain_db, *worst, *row.gain_at_db.values(), row.spectral_distance_db, *shown)
