"""How well sound is repaired, on sounds drawn anew: gaps, clicks and hum beside simple peers, rooms beside the truth.

What repairs is handed in (:class:`Tools`). Where the truth can be met, the score is how far it is missed; a long gap in
noise can only be filled with more of the same, so there it is the distance of spectra, and the floor is another draw of
that very noise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from engine.audio import Audio, Samples
from engine.errors import BadArgument, DependencyMissing
from engine.evaluation import repair_peers as peers
from engine.evaluation.denoise_bench import signals
from engine.evaluation.denoise_bench.scores import log_spectral_distance_db
from engine.handle import Handle
from engine.model import Model
from engine.source import Blocks, Held, Source, collected

Real = NDArray[np.float64]
Fill = Callable[[Samples, Samples, int], Samples]
"""What lies before a gap and after it, and the gap's length, to what goes between."""

RATE_HZ = 48_000
GAP_MS = (5, 20, 50, 100, 200)
LONG_GAP_SECONDS = (0.5, 2.0, 10.0)
CLICKS_TO_SOUND_DB = (10.0, 16.0)
HUM_TO_SOUND_DB = (0.0, 10.0)
DECAYS_SECONDS = (0.2, 0.4, 0.8, 1.6)
OURS = "cuewright"


class Heard(Protocol):
    """What was estimated of a room."""

    @property
    def decay_seconds(self) -> tuple[float, ...]:
        """By octaves."""

    @property
    def late_db(self) -> tuple[float, ...]:
        """By octaves."""


class Tools(Protocol):
    """What is measured."""

    def context_samples(self, length_samples: int, sample_rate_hz: int) -> int:
        """How much is listened to on each side of a gap."""

    def fill_gap(
        self, before: Samples, after: Samples, length_samples: int, sample_rate_hz: int, rng: np.random.Generator
    ) -> Samples:
        """What goes between."""

    def declick(self, source: Source) -> Blocks:
        """Without clicks."""

    def dehum(self, source: Source) -> Blocks:
        """Without hum."""

    def estimate_room(self, reference: Source) -> Heard:
        """What a recording tells of its room."""


class RepairRow(Model):
    """One repair, or the median of some."""

    part: str
    sound: str
    damage: str
    method: str
    score: float
    seconds: float


class RepairReport(Model):
    """All of them; the title of a part tells the unit of its scores."""

    rows: tuple[RepairRow, ...]

    def of(self, part: str, method: str = OURS) -> tuple[RepairRow, ...]:
        """Rows of one part and method."""
        return tuple(row for row in self.rows if (row.part, row.method) == (part, method))

    def tables(self) -> Iterator[tuple[str, Sequence[str], Sequence[Sequence[object]]]]:
        """Title, columns and rows, one table a part; below each the median time that one repair took."""
        for part, title in _TITLES.items():
            rows = [row for row in self.rows if row.part == part]
            if not rows:
                continue
            methods = list(dict.fromkeys(row.method for row in rows))
            scores = {(row.sound, row.damage, row.method): row.score for row in rows}
            lines: list[list[object]] = [
                [sound, damage, *(_number(scores.get((sound, damage, method))) for method in methods)]
                for sound, damage in dict.fromkeys((row.sound, row.damage) for row in rows)
            ]
            costs = [median(row.seconds for row in rows if row.method == method) for method in methods]
            lines.append(["", "ms each", *(f"{1_000 * cost:.1f}" for cost in costs)])
            yield title, ("sound", "damage", *methods), lines


_TITLES = {
    "gap": "Short gaps: signal to error in the gap, dB",
    "texture": "Long gaps in what has no events: distance of spectra, dB (another draw of the same noise is the floor)",
    "click": "Clicks: signal to error afterwards, dB ('none': what is done to a sound without clicks, at most 120)",
    "hum": "Hum: how far what is left lies below it, dB",
    "room": "Rooms heard blind: error of the decay time, per cent, median over the octaves from 500 Hz, 100 unheard",
}


def measure_repair(tools: Tools, *, seed: int, quick: bool = False, handle: Handle | None = None) -> RepairReport:
    """Repair sounds drawn from a seed, beside the peers that are installed.

    Parameters
    ----------
    quick
        Fewer and shorter sounds.
    """
    handle = handle or Handle()
    parts: tuple[Callable[[Tools, np.random.Generator, bool], Iterator[RepairRow]], ...] = (
        *(_gaps, _textures, _clicks, _hums),
        _rooms,
    )
    rows: list[RepairRow] = []
    for number, (part, rng) in enumerate(zip(parts, np.random.default_rng(seed).spawn(len(parts)), strict=True)):
        for row in part(tools, rng, quick):
            rows.append(row)
            handle.check()
        handle.progress((number + 1) / len(parts), "repair")
    return RepairReport(rows=tuple(rows))


def _gaps(tools: Tools, rng: np.random.Generator, quick: bool) -> Iterator[RepairRow]:
    length, tries = (6, 2) if quick else (30, 8)
    methods = {OURS: _ours(tools, rng), "linear": peers.linear, "copy": peers.copied, "silence": peers.silence}
    for name, draw in signals.SOUNDS.items():
        sound = draw(length * RATE_HZ, RATE_HZ, rng)[:1]
        for gap_ms in GAP_MS:
            gap = gap_ms * RATE_HZ // 1_000
            places = _loud_places(sound, gap, tries, rng)
            for method, fill in methods.items():
                scores, seconds = [], []
                for place in places:
                    began = time.perf_counter()
                    made = fill(sound[:, :place], sound[:, place + gap :], gap)
                    seconds.append(time.perf_counter() - began)
                    scores.append(_signal_to_error_db(sound[:, place : place + gap], made))
                yield _row("gap", name, f"{gap_ms} ms", method, median(scores), median(seconds))


def _ours(tools: Tools, rng: np.random.Generator) -> Fill:
    return lambda before, after, gap: tools.fill_gap(before, after, gap, RATE_HZ, rng)


def _loud_places(sound: Samples, gap: int, count: int, rng: np.random.Generator) -> list[int]:
    """Where something is to be lost; two seconds of sound lie on each side."""
    loud = 0.5 * float(np.sqrt(np.mean(np.square(sound))))
    places: list[int] = []
    while len(places) < count:
        place = int(rng.integers(2 * RATE_HZ, sound.shape[1] - 2 * RATE_HZ - gap))
        if np.sqrt(np.mean(np.square(sound[:, place : place + gap]))) > loud:
            places.append(place)
    return places


def _textures(tools: Tools, rng: np.random.Generator, quick: bool) -> Iterator[RepairRow]:
    kinds = {"room tone": signals.pink, "rain": _rain, "crowd": signals.babble}
    methods = {OURS: _ours(tools, rng), "copy": peers.copied, "linear": peers.linear, "silence": peers.silence}
    for name, draw in kinds.items():
        for seconds in LONG_GAP_SECONDS[: 1 if quick else None]:
            gap = round(seconds * RATE_HZ)
            beside = tools.context_samples(gap, RATE_HZ)
            drawn = 0.1 * draw(2 * (gap + beside), RATE_HZ, rng)
            before, truth, after, other = np.split(drawn, np.cumsum([beside, gap, beside]), axis=1)
            for method, fill in methods.items():
                began = time.perf_counter()
                made = fill(before, after, gap)
                took = time.perf_counter() - began
                yield _row("texture", name, f"{seconds:g} s", method, _distance_db(truth, made), took)
            yield _row("texture", name, f"{seconds:g} s", "another draw", _distance_db(truth, other[:, :gap]), 0.0)


def _distance_db(truth: Samples, made: Samples) -> float:
    return log_spectral_distance_db(truth, made, range_db=60.0)


def _rain(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Hiss, and thousands of drops."""
    drops = np.zeros((2, length_samples))
    ring = np.arange(round(0.03 * rate_hz)) / rate_hz
    for place in rng.integers(0, max(1, length_samples - ring.size), round(200 * length_samples / rate_hz)):
        drop = np.exp(-ring / 0.004) * np.sin(2 * np.pi * rng.uniform(1_500, 6_000) * ring)
        drops[:, place : place + ring.size] += rng.uniform(0.3, 3.0, (2, 1)) * drop[: length_samples - place]
    return np.asarray(signals.pink(length_samples, rate_hz, rng) + drops, np.float32)


def _clicks(tools: Tools, rng: np.random.Generator, quick: bool) -> Iterator[RepairRow]:
    methods: dict[str, Callable[[Samples], Samples]] = {
        OURS: lambda samples: _processed(samples, tools.declick),
        "ffmpeg adeclick": lambda samples: peers.ffmpeg_adeclick(samples, RATE_HZ),
        "none": lambda samples: samples,
    }
    for name, draw in signals.SOUNDS.items():
        sound = draw((3 if quick else 15) * RATE_HZ, RATE_HZ, rng)[:1]
        damaged = {f"{level:g} dB": _clicked(sound, level, rng) for level in CLICKS_TO_SOUND_DB}
        for damage, given in {**damaged, "none": sound}.items():
            yield from _compared("click", name, damage, given, sound, methods)


def _clicked(sound: Samples, sound_to_clicks_db: float, rng: np.random.Generator) -> Samples:
    """Ten clicks a second, of up to half a millisecond and all sizes."""
    clicks = np.zeros(sound.shape)
    for place in rng.integers(0, sound.shape[1] - 32, 10 * sound.shape[1] // RATE_HZ):
        length = int(rng.integers(1, 24))
        click = rng.standard_normal(length) * np.exp(-3.0 * np.arange(length) / length)
        clicks[:, place : place + length] += rng.uniform(0.3, 1.0) * click / np.abs(click).max()
    return _at_ratio(sound, clicks, sound_to_clicks_db)


def _hums(tools: Tools, rng: np.random.Generator, quick: bool) -> Iterator[RepairRow]:
    for name, draw in signals.SOUNDS.items():
        sound = draw((5 if quick else 30) * RATE_HZ, RATE_HZ, rng)[:1]
        for level in HUM_TO_SOUND_DB:
            for drift in (0.0, 0.02):
                hum, frequency_hz = _hum(sound.shape[1], drift, rng)
                given = _at_ratio(sound, hum, level)
                worst = float(np.sum(np.square(given - sound, dtype=np.float64)))

                def notched(samples: Samples, frequency_hz: float = frequency_hz) -> Samples:
                    return peers.notch_comb(samples, RATE_HZ, frequency_hz)

                methods = {OURS: lambda samples: _processed(samples, tools.dehum), "notch comb": notched}
                kind = f"{level:g} dB, {'drifting' if drift else 'steady'}"
                for row in _compared("hum", name, kind, given, sound, methods):
                    error = float(np.sum(np.square(sound, dtype=np.float64))) / 10 ** (row.score / 10)
                    yield row.model_copy(update={"score": 10 * np.log10(worst / error)})


def _hum(length: int, drift: float, rng: np.random.Generator) -> tuple[Real, float]:
    """24 harmonics near 50 or 60 Hz, ``(1, length)``, and its mean frequency."""
    mean_hz = float(rng.choice([50.0, 60.0]) * rng.uniform(0.999, 1.001))
    time_seconds = np.arange(length) / RATE_HZ
    moving_hz = mean_hz + drift * np.sin(2 * np.pi * time_seconds / 20 + rng.uniform(0, 2 * np.pi))
    phase = 2 * np.pi * np.cumsum(moving_hz) / RATE_HZ
    orders = np.arange(1, 25)
    strengths = np.where(orders < 4, 0.6, 0.8 / orders) * rng.uniform(0.7, 1.3, orders.size)
    made = np.zeros(length)
    for order, strength in zip(orders, strengths, strict=True):
        made += strength * np.sin(order * phase + rng.uniform(0, 2 * np.pi))
    return made[None], mean_hz


def _rooms(tools: Tools, rng: np.random.Generator, quick: bool) -> Iterator[RepairRow]:
    sounds = {"hits": _hits, "steps": signals.steps, "speech": signals.speech}
    for name, draw in sounds.items():
        sound = draw((6 if quick else 30) * RATE_HZ, RATE_HZ, rng)[:1]
        for decay in DECAYS_SECONDS:
            room = _room(decay, -3.0, rng)
            wet = signal.oaconvolve(sound, room, axes=1)[:, : sound.shape[1]]
            given = np.asarray(0.3 * wet / np.abs(wet).max() + 1e-5 * rng.standard_normal(wet.shape), np.float32)
            began = time.perf_counter()
            try:
                heard = tools.estimate_room(Held(Audio(samples=given, sample_rate_hz=RATE_HZ)))
                wrong = median(abs(seconds / decay - 1.0) for seconds in heard.decay_seconds[2:])
            except BadArgument:
                wrong = 1.0  # a room that is not heard rings for no time at all
            yield _row("room", name, f"{decay:g} s", OURS, 100 * wrong, time.perf_counter() - began)


def _hits(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    made = np.zeros((1, length_samples))
    click = np.arange(round(0.03 * rate_hz))
    for place in np.cumsum(rng.uniform(0.8, 1.6, length_samples // rate_hz) * rate_hz).astype(int):
        hit = rng.uniform(0.3, 1.0) * rng.standard_normal(click.size) * np.exp(-click / (0.004 * rate_hz))
        made[:, place : place + click.size] += hit[: max(0, length_samples - place)]
    return made.astype(np.float32)


def _room(decay_seconds: float, late_db: float, rng: np.random.Generator) -> Real:
    time_seconds = np.arange(round(1.3 * decay_seconds * RATE_HZ)) / RATE_HZ
    room = rng.standard_normal((1, time_seconds.size)) * 10.0 ** (-3.0 * time_seconds / decay_seconds)
    room *= np.sqrt(10 ** (late_db / 10) / np.sum(np.square(room)))
    room[:, 0] = 1.0
    return room


def _compared(
    part: str, sound: str, damage: str, given: Samples, truth: Samples, methods: dict[str, Callable[[Samples], Samples]]
) -> Iterator[RepairRow]:
    for method, repair in methods.items():
        began = time.perf_counter()
        try:
            made = repair(given)
        except DependencyMissing:
            continue
        took = time.perf_counter() - began
        yield _row(part, sound, damage, method, _signal_to_error_db(truth, made), took)


def _row(part: str, sound: str, damage: str, method: str, score: float, seconds: float) -> RepairRow:
    return RepairRow(part=part, sound=sound, damage=damage, method=method, score=score, seconds=seconds)


def _processed(samples: Samples, process: Callable[[Source], Blocks]) -> Samples:
    return collected(Held(Audio(samples=samples, sample_rate_hz=RATE_HZ)), process).samples


def _at_ratio(sound: Samples, added: Real, ratio_db: float) -> Samples:
    power = float(np.mean(np.square(sound, dtype=np.float64))) / float(np.mean(np.square(added)))
    return np.asarray(sound + added * np.sqrt(power / 10 ** (ratio_db / 10)), np.float32)


def _signal_to_error_db(truth: Samples, made: Samples) -> float:
    """At most 120."""
    own = float(np.sum(np.square(truth, dtype=np.float64)))
    error = float(np.sum(np.square(made.astype(np.float64) - truth)))
    return float(10 * np.log10(max(own, 1e-12) / max(error, own * 1e-12, 1e-12)))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
