"""Stretch, pitch and warp beside the libraries one could take: strikes, tones, textures, speed.

Strikes are drawn from the seed at known times, bare and over a bed of noise; tones and chords have known pitches;
textures and music are compared with what they were. What stretches is handed in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from engine.audio import Audio, Samples
from engine.evaluation import stretch_scores as scores
from engine.evaluation import stretch_sounds as sounds
from engine.evaluation.stretch_peers import Changed, Method, peers
from engine.evaluation.stretch_sounds import RATE_HZ
from engine.handle import Handle
from engine.model import Model
from engine.source import Blocks, Held, Source, collected

RATIOS = (0.5, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0)
"""Length after over length before."""
SEMITONES = (-12.0, -7.0, -3.0, -1.0, 1.0, 3.0, 7.0, 12.0)
TEXTURE_RATIOS = (0.5, 0.8, 1.25, 2.0)
SPEED_RATIO = 1.25
SPEED_SEMITONES = 3.0
OURS = "cuewright"
_TRIES = 3


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


class StrikeRow(Model):
    """Strikes under one method over all ratios, or all intervals; ``missed`` is the share not found near their place.

    Errors are those of the others, None when there are none; ``pre_echo_db`` is the worst ratio's; 0 is none.
    """

    method: str
    what: str
    onset_median_ms: float | None
    onset_p95_ms: float | None
    missed: float
    pre_echo_db: float
    length_error_samples: int


class ToneRow(Model):
    """Largest error of any tone, of single ones and of chords, over all ratios or all intervals."""

    method: str
    what: str
    single_cents: float
    chord_cents: float


class TextureRow(Model):
    """Distances from the original, means over :data:`TEXTURE_RATIOS`; ``moment_db`` only where moments count."""

    method: str
    sound: str
    level_db: float
    spectrum_db: float
    modulation_db: float | None
    coherence_error: float
    moment_db: float | None


class SpeedRow(Model):
    """Seconds of stereo music a second of processor time does, the best of some tries taken in turn."""

    method: str
    stretch_realtime_factor: float
    pitch_realtime_factor: float


class WarpRow(Model):
    """How far strikes lie from their anchors; ``missed`` is the share not found near them."""

    method: str
    anchor_median_ms: float | None
    anchor_max_ms: float | None
    missed: float
    length_error_samples: int


class StretchReport(Model):
    """All that was measured."""

    strikes: tuple[StrikeRow, ...]
    tones: tuple[ToneRow, ...]
    textures: tuple[TextureRow, ...]
    speeds: tuple[SpeedRow, ...]
    warp: tuple[WarpRow, ...]

    def tables(self) -> Iterator[tuple[str, Sequence[str], Sequence[Sequence[object]]]]:
        """Title, columns and rows of each table."""
        told: tuple[tuple[str, tuple[str, ...], Sequence[Model]], ...] = (
            (
                "Strikes: how far from where they belong",
                ("method", "what", "median ms", "95 % ms", "missed", "pre-echo dB", "length"),
                self.strikes,
            ),
            ("Tones: largest error, cents", ("method", "what", "single", "chords"), self.tones),
            (
                "Textures and music: distance from the original",
                ("method", "sound", "level dB", "spectrum dB", "modulation dB", "coherence", "moment dB"),
                self.textures,
            ),
            ("Speed: times real time, stereo, one core", ("method", "stretch", "pitch"), self.speeds),
            ("Warp to sync points", ("method", "median ms", "most ms", "missed", "length"), self.warp),
        )
        for title, columns, rows in told:
            yield title, columns, [[_cell(value) for value in row.model_dump().values()] for row in rows]


def measure_stretch(
    *, stretch: Stretch, shift_pitch: ShiftPitch, warp: Warp, seed: int, quick: bool, handle: Handle | None = None
) -> StretchReport:
    """Measure everything; ``quick`` takes fewer ratios and shorter sounds."""
    handle = handle or Handle()
    rng = np.random.default_rng(seed)
    bare, at = sounds.strikes(6.0 if quick else 20.0, rng)
    beds = {"bare": bare, "over noise": sounds.over_noise(bare, rng)}
    textures = sounds.textures(3.0 if quick else 10.0, rng)
    music = sounds.music(3.0 if quick else 10.0, rng)
    ratios, intervals = (RATIOS[::3], SEMITONES[::3]) if quick else (RATIOS, SEMITONES)
    methods = [_ours(stretch, shift_pitch), *peers()]
    struck: list[StrikeRow] = []
    toned: list[ToneRow] = []
    textured: list[TextureRow] = []
    for number, method in enumerate(methods):
        part = handle.part(number / (len(methods) + 1), (number + 1) / (len(methods) + 1))
        for step, (name, sound) in enumerate(beds.items()):
            part.progress(0.2 * step, method.name)
            struck.append(_strike_row(method.name, f"stretch, {name}", method.stretched, sound, at, ratios, True))
            struck.append(_strike_row(method.name, f"pitch, {name}", method.shifted, sound, at, intervals, False))
        part.progress(0.4, method.name)
        toned += _tone_rows(method, ratios, intervals)
        for step, (name, sound) in enumerate({**textures, "music": music}.items()):
            part.progress(0.6 + 0.4 * step / (len(textures) + 1), method.name)
            textured.append(_texture_row(method, name, sound, moments=name not in textures))
    handle.progress(len(methods) / (len(methods) + 1), "speed")
    return StretchReport(
        strikes=tuple(struck),
        tones=tuple(toned),
        textures=tuple(textured),
        speeds=tuple(_speeds(methods, music)),
        warp=(_warp_row(warp, bare, at, rng),),
    )


def _strike_row(
    method: str, what: str, change: Changed, sound: Samples, at: scores.Real, amounts: Sequence[float], longer: bool
) -> StrikeRow:
    errors, echoes, length = [], [], 0
    for amount in amounts:
        made, ratio = change(sound, amount), amount if longer else 1.0
        wanted = round(sound.shape[1] * ratio)
        length = max(length, abs(made.shape[1] - wanted))
        made = np.pad(made, ((0, 0), (0, max(0, wanted - made.shape[1]))))
        errors.append(scores.onset_errors_ms(sound, made, at, ratio))
        echoes.append(scores.pre_echo_db(sound, made, at, ratio))
    every = np.concatenate(errors)
    return StrikeRow(
        method=method,
        what=what,
        onset_median_ms=_quantile(every, 0.5),
        onset_p95_ms=_quantile(every, 0.95),
        missed=float(np.isnan(every).mean()),
        pre_echo_db=max(echoes),
        length_error_samples=length,
    )


def _quantile(errors: scores.Real, share: float) -> float | None:
    """Of those that were found."""
    found = errors[~np.isnan(errors)]
    return float(np.quantile(found, share)) if found.size else None


def _tone_rows(method: Method, ratios: Sequence[float], intervals: Sequence[float]) -> Iterator[ToneRow]:
    for what, change, amounts in (("stretch", method.stretched, ratios), ("pitch", method.shifted, intervals)):
        worst = {True: 0.0, False: 0.0}
        for pitches in sounds.CHORDS_HZ.values():
            sound = sounds.chord(pitches, 4.0)
            for amount in amounts:
                moved = [hertz * 2 ** (amount / 12) if what == "pitch" else hertz for hertz in pitches]
                cents = scores.worst_cents(change(sound, amount), moved)
                worst[len(pitches) == 1] = max(worst[len(pitches) == 1], cents)
        yield ToneRow(method=method.name, what=what, single_cents=worst[True], chord_cents=worst[False])


def _texture_row(method: Method, name: str, sound: Samples, *, moments: bool) -> TextureRow:
    made = [method.stretched(sound, ratio) for ratio in TEXTURE_RATIOS]

    def mean(score: scores.Score) -> float:
        return float(np.mean([abs(score(sound, one)) for one in made]))

    return TextureRow(
        method=method.name,
        sound=name,
        level_db=float(np.mean([scores.level_db(sound, one) for one in made])),
        spectrum_db=mean(scores.spectrum_db),
        modulation_db=None if moments else mean(scores.modulation_db),
        coherence_error=mean(scores.coherence_error),
        moment_db=mean(scores.moment_db) if moments else None,
    )


def _speeds(methods: Sequence[Method], sound: Samples) -> Iterator[SpeedRow]:
    """In turn, so that what else the machine does meets all alike."""
    best: dict[tuple[str, str], float] = {}
    for _ in range(_TRIES):
        for method in methods:
            for what, change, amount in (
                ("stretch", method.stretched, SPEED_RATIO),
                ("pitch", method.shifted, SPEED_SEMITONES),
            ):
                began = time.process_time()
                change(sound, amount)
                took = time.process_time() - began
                best[method.name, what] = min(took, best.get((method.name, what), took))
    for method in methods:
        stretch, pitch = (sound.shape[1] / RATE_HZ / best[method.name, what] for what in ("stretch", "pitch"))
        yield SpeedRow(method=method.name, stretch_realtime_factor=stretch, pitch_realtime_factor=pitch)


def _warp_row(warp: Warp, sound: Samples, at: scores.Real, rng: np.random.Generator) -> WarpRow:
    """Every third strike is moved by up to 80 ms."""
    there = at[::3]
    here = there + rng.uniform(-0.08, 0.08, there.size)
    anchors = [(round(a * RATE_HZ), round(b * RATE_HZ)) for a, b in zip(there, here, strict=True)]
    made = collected(_held(sound), lambda source: warp(source, anchors=anchors, length_samples=sound.shape[1])).samples
    errors = scores.moved_errors_ms(sound, made, there, here)
    return WarpRow(
        method=OURS,
        anchor_median_ms=_quantile(errors, 0.5),
        anchor_max_ms=_quantile(errors, 1.0),
        missed=float(np.isnan(errors).mean()),
        length_error_samples=abs(made.shape[1] - sound.shape[1]),
    )


def _held(sound: Samples) -> Source:
    return Held(Audio(samples=sound, sample_rate_hz=RATE_HZ))


def _ours(stretch: Stretch, shift_pitch: ShiftPitch) -> Method:
    def stretched(sound: Samples, ratio: float) -> Samples:
        wanted = round(sound.shape[1] * ratio)
        return collected(_held(sound), lambda known: stretch(known, length_samples=wanted)).samples

    def shifted(sound: Samples, semitones: float) -> Samples:
        return collected(_held(sound), lambda known: shift_pitch(known, semitones=semitones)).samples

    return Method(name=OURS, stretched=stretched, shifted=shifted)


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) and value else value
