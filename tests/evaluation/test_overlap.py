"""Open question 1: the measure on mixes that are known, then our mixer beside the others."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from engine.audio import Audio
from engine.cli import run
from engine.evaluation.overlap import FLOOR_DB, measure_overlap, taken_apart
from engine.handle import Handle

RATE = 48_000


def noise(seed: int) -> Audio:
    return Audio(samples=0.1 * np.random.default_rng(seed).normal(size=(2, 4_800)), sample_rate_hz=RATE)


def test_a_mix_is_taken_apart_into_the_gains_it_was_made_with() -> None:
    events = [noise(seed) for seed in range(3)]
    told = (1.0, 0.5, 0.25)
    mix = Audio(samples=sum(g * e.samples for g, e in zip(told, events, strict=True)), sample_rate_hz=RATE)  # type: ignore[arg-type]
    gains, rest = taken_apart(mix, events)
    assert gains == pytest.approx(told, abs=1e-6)
    assert rest < -100
    added = 0.1 * float(np.sqrt(np.mean(mix.samples**2)))
    spoilt = Audio(samples=mix.samples + added * np.sign(noise(9).samples), sample_rate_hz=RATE)
    gains, rest = taken_apart(spoilt, events)
    assert gains == pytest.approx(told, abs=0.02)
    assert rest == pytest.approx(-20, abs=0.5)


def test_silence_is_no_event() -> None:
    silent = Audio(samples=np.zeros((2, 100), np.float32), sample_rate_hz=RATE)
    assert taken_apart(silent, [silent]) == ((0.0,), FLOOR_DB)


def test_what_each_row_says() -> None:
    def halved(events: Sequence[Audio]) -> Audio:
        """Each at its share, and every later one at half the one before."""
        total = np.sum([event.samples / 2**k for k, event in enumerate(events)], axis=0) / len(events)
        return Audio(samples=np.clip(4 * total, -1, 1), sample_rate_hz=RATE)

    def loudness(audio: Audio) -> float:
        return 20 * float(np.log10(np.sqrt(np.mean(audio.samples**2))))

    def draw(count: int, seed: int) -> list[Audio]:
        rows = [noise(seed + k).samples * (1.0, 0.1)[k] / 10 for k in range(count)]
        return [Audio(samples=row, sample_rate_hz=RATE) for row in rows]

    report = measure_overlap(
        draw,
        {"halved": halved},
        counts=(1, 2),
        rounds=2,
        seed=1,
        loudness=loudness,
        peak_dbtp=loudness,
        handle=Handle(),
    )
    one, two = report.rows
    assert (one.sunk_db, one.spread_db, one.clipped_percent) == pytest.approx((0, 0, 0), abs=1e-5)
    assert (two.sunk_db, two.worst_sunk_db) == pytest.approx((9.03, 12.04), abs=0.01)
    assert two.spread_db == pytest.approx(13.01, abs=0.2), "20 dB and 6 dB apart, half of it from their mean"


def test_our_mixer_sinks_nothing_and_adds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "overlap", "--rounds", "2", "--seed", "3", "--json"]) == 0
    rows = {(row["method"], row["events"]): row for row in json.loads(capsys.readouterr().out)["rows"]}
    for count in (1, 3, 5, 10):
        ours, plain, divided = (rows[name, count] for name in ("our gain staging", "plain sum", "volume / number"))
        assert ours["peak_dbtp"] <= -0.99
        assert ours["clipped_percent"] == 0
        assert ours["distortion_db"] < -40
        assert divided["sunk_db"] == pytest.approx(20 * np.log10(count), abs=0.01)
        if count > 1:
            assert ours["spread_db"] < plain["spread_db"]
            assert ours["worst_sunk_db"] < divided["sunk_db"]
    assert rows["plain sum", 10]["distortion_db"] > -40
    assert rows["plain sum", 10]["clipped_percent"] > 0
