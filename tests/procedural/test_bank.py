"""Every family of the bank keeps what the bank promises."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import ucs
from engine.dsp.onset import happenings
from engine.procedural.bench import benchmark
from engine.procedural.builders import CHUNK_SAMPLES, MAX_LEAD_SAMPLES, PEAK
from engine.procedural.families import FAMILIES
from engine.procedural.family import SAMPLE_RATE_HZ as RATE
from engine.procedural.family import VOCABULARY, Family, Signal

ROOT = Path(__file__).resolve().parents[2]
EVERY = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
HAPPENING = [family for family in FAMILIES.values() if not family.sustained or "count" in family.params]
BEDS = ("rain", "wind", "stream", "waves", "fire", "crowd", "applause", "crickets", "birds", "room_tone")
KINDS = {
    "material": ("wood_impact", "metal_impact", "glass_impact", "plastic_impact", "stone_impact", "body_impact"),
    "surface": tuple(f"footsteps_{s}" for s in ("concrete", "wood", "gravel", "snow", "leaves", "grass", "metal")),
}


class Stopped(Exception):
    pass


def render(
    family: Family | str, seconds: float = 2.0, *, seed: int = 1, channels: int = 1, **params: float
) -> tuple[Signal, int]:
    record = FAMILIES[family] if isinstance(family, str) else family
    return record.render(
        np.random.default_rng(seed), record.knobs(params), round(seconds * RATE), channels, lambda: None
    )


def onsets(x: Signal) -> list[int]:
    return [found.onset for found in happenings(x.astype(np.float32), RATE)]


def test_the_bank_is_wide() -> None:
    assert len(FAMILIES) >= 90
    for names in KINDS.values():
        assert set(names) <= FAMILIES.keys()


@EVERY
def test_a_record_is_complete(family: Family) -> None:
    assert ucs.is_cat_id(family.category), family.category
    assert family.words
    assert family.label[0].isupper()
    assert family.length_seconds > 0
    assert family.interval_seconds > 0
    for name, param in family.params.items():
        assert (param.low, param.high) == (VOCABULARY[name].low, VOCABULARY[name].high), "a knob means the same"
        assert param.low <= param.default <= param.high
        assert param.description


@EVERY
@pytest.mark.parametrize("channels", [1, 2])
def test_it_is_sound(family: Family, channels: int) -> None:
    for seed, seconds in ((1, family.length_seconds), (2, 0.3)):
        x, onset = render(family, min(seconds, 4.0), seed=seed, channels=channels)
        assert x.shape[0] == channels
        assert np.isfinite(x).all()
        assert 0 < x.shape[1] - onset <= round(min(seconds, 4.0) * RATE)
        assert np.abs(x).max() == pytest.approx(PEAK, rel=0.1), "the usual level"
        assert np.abs(x.mean(axis=1)).max() < 0.02 * PEAK, "no DC but what a cut leaves, which the backend settles"
        assert np.abs(x[:, 0]).max() < 1e-3, "starts in silence"
        assert np.abs(x[:, -1]).max() < 1e-3, "ends in silence"
        if family.sustained and "count" not in family.params:
            assert (x.shape[1], onset) == (round(min(seconds, 4.0) * RATE), 0)


@pytest.mark.parametrize("family", HAPPENING, ids=[family.name for family in HAPPENING])
def test_its_attack_is_on_the_onset(family: Family) -> None:
    x, onset = render(family, family.length_seconds)
    assert onset <= MAX_LEAD_SAMPLES
    level = np.abs(x).max(axis=0)
    heard = level[onset : onset + RATE // 20].max()
    assert level[:onset].max() <= max(0.03 * heard, 0.016 * PEAK)
    assert level[onset : onset + RATE // 500].max() > 0.01 * heard, "and not before it"


@EVERY
def test_seeds_differ(family: Family) -> None:
    one, two = (render(family, 1.0, seed=seed)[0] for seed in (1, 2))
    n = min(one.shape[1], two.shape[1])
    assert one.shape != two.shape or np.abs(one[:, :n] - two[:, :n]).max() > 0.05


@EVERY
def test_every_knob_at_its_bounds(family: Family) -> None:
    for end in ("low", "high"):
        values = {name: getattr(param, end) for name, param in family.params.items() if name != "count"}
        x, onset = render(family, 1.0, **values)
        assert np.isfinite(x).all()
        assert np.abs(x).max() == pytest.approx(PEAK, rel=0.1)
        assert x.shape[1] > onset


@EVERY
def test_a_cancel_is_noticed(family: Family) -> None:
    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        family.render(np.random.default_rng(0), family.knobs({}), RATE, 1, stop)


@pytest.mark.parametrize("name", [*BEDS, "footsteps_snow", "engine_rev", "clock_tick"])
def test_long_work_can_be_cancelled_at_any_time(name: str) -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1

    FAMILIES[name].render(np.random.default_rng(0), FAMILIES[name].knobs({}), 30 * RATE, 1, check)
    assert calls >= 6, "every five seconds of sound, 100 ms of work at fifty times real time"


def digests(names: tuple[str, ...]) -> dict[str, str]:
    return {
        name: hashlib.sha256(np.asarray(render(name, 0.5, seed=7, channels=2)[0]).tobytes()).hexdigest()
        for name in names
    }


def test_another_process_makes_the_same_bytes() -> None:
    here = str(Path(__file__).parent)
    script = f"import sys; sys.path.insert(0, {here!r}); import test_bank as t; print(t.digests(tuple(t.FAMILIES)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == str(digests(tuple(FAMILIES)))


@pytest.mark.parametrize("name", ["door_knock", "dog_bark", "beep", "typing"])
@pytest.mark.parametrize("count", [1, 3, 5])
def test_as_many_as_asked_for(name: str, count: int) -> None:
    for seed in range(4):
        x, onset = render(name, 16.0, seed=seed, count=count, pace=0.25, wetness=0.0)
        found = onsets(x)
        assert len(found) == count
        assert abs(found[0] - onset) < RATE // 200


def test_all_of_them_come_even_when_they_must_hurry() -> None:
    assert len(onsets(render("beep", 3.0, count=4, pace=0.25, wetness=0.0)[0])) == 4


def test_twice_the_pace_is_half_the_interval() -> None:
    for name in ("door_knock", "beep", "clock_tick"):
        slow, fast = (np.diff(onsets(render(name, 20.0, count=6, pace=pace, wetness=0.0)[0])) for pace in (0.3, 0.6))
        assert np.median(slow) / np.median(fast) == pytest.approx(2.0, rel=0.15), name


def test_without_a_count_the_length_is_filled() -> None:
    for seconds in (2.0, 6.0):
        found = onsets(render("beep", seconds, count=0, pace=1.0, wetness=0.0)[0])
        assert len(found) == pytest.approx(seconds / FAMILIES["beep"].interval_seconds, abs=1)


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_never_repeats_itself(name: str) -> None:
    x = np.asarray(render(name, 3 * CHUNK_SAMPLES / RATE + 1)[0][0], dtype=np.float64)
    sharp = np.diff(x)  # what is common to all pieces lies low; what would betray a loop lies high
    first, rest = sharp[:CHUNK_SAMPLES], sharp[CHUNK_SAMPLES:]
    size = 4 * CHUNK_SAMPLES
    likeness = np.fft.irfft(np.conj(np.fft.rfft(first, size)) * np.fft.rfft(rest, size))
    assert np.abs(likeness).max() < 0.5 * np.sum(first**2)


@pytest.mark.parametrize("name", ["rain", "stream", "room_tone"])
def test_the_joins_of_a_bed_are_level(name: str) -> None:
    x = np.asarray(render(name, 3 * CHUNK_SAMPLES / RATE)[0][0], dtype=np.float64)
    levels = 10 * np.log10(np.mean(x[: x.size // 6_000 * 6_000].reshape(-1, 6_000) ** 2, axis=1))
    join = CHUNK_SAMPLES // 6_000
    for at in (join, 2 * join):
        assert levels[at : at + 2].mean() == pytest.approx(np.median(levels), abs=3.0)


def test_a_stereo_bed_is_wide_and_a_mono_one_is_not() -> None:
    for name in ("rain", "stream", "wind", "applause"):
        left, right = render(name, 3.0, channels=2)[0]
        assert abs(np.corrcoef(left, right)[0, 1]) < 0.7, name


def test_size_lowers_the_pitch() -> None:
    def centre(**params: float) -> float:
        x = render("wood_impact", 1.0, wetness=0.0, **params)[0][0]
        power = np.abs(np.fft.rfft(x)) ** 2
        return float(np.sum(power * np.arange(power.size)) / np.sum(power)) / x.size

    assert centre(size=0.5) > 1.3 * centre(size=2.0)


def test_the_benchmark_times_every_family() -> None:
    rows = benchmark(0.2)
    assert [row.family for row in rows] == list(FAMILIES)
    assert all(row.realtime_factor > 0 for row in rows)
