"""The bench of repair: right answers get full marks, and doing nothing gets what doing nothing is worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from engine.audio import Samples
from engine.dsp.room_estimate import OCTAVES_HZ, Room
from engine.errors import BadArgument, Cancelled
from engine.evaluation import repair_bench
from engine.evaluation.repair_bench import RepairReport, measure_repair
from engine.evaluation.repair_peers import copied, ffmpeg_adeclick, linear, notch_comb
from engine.handle import Handle
from engine.source import Blocks, Source, blocks


class Idle:
    """Tools that do nothing, and hear half a second in every room."""

    def context_samples(self, length_samples: int, sample_rate_hz: int) -> int:
        return sample_rate_hz

    def fill_gap(
        self, before: Samples, after: Samples, length_samples: int, sample_rate_hz: int, rng: np.random.Generator
    ) -> Samples:
        return np.zeros((before.shape[0], length_samples), np.float32)

    def declick(self, source: Source) -> Blocks:
        return blocks(source)

    def dehum(self, source: Source) -> Blocks:
        return blocks(source)

    def estimate_room(self, reference: Source) -> Room:
        return Room(centre_hz=OCTAVES_HZ, decay_seconds=(0.4,) * 7, late_db=(0.0,) * 7)


@pytest.fixture(scope="module")
def idle() -> RepairReport:
    return measure_repair(Idle(), seed=3, quick=True)


def test_nothing_in_a_gap_is_worth_nothing(idle: RepairReport) -> None:
    assert len(idle.of("gap")) == 15
    assert [row.score for row in idle.of("gap")] == pytest.approx([0.0] * 15, abs=1e-6)


def test_clicks_left_are_as_loud_as_they_were_put_in(idle: RepairReport) -> None:
    scores = {row.damage: row.score for row in idle.of("click")}
    assert scores == {"10 dB": pytest.approx(10.0), "16 dB": pytest.approx(16.0), "none": pytest.approx(120.0)}


def test_hum_left_is_hum_at_0_db(idle: RepairReport) -> None:
    assert {round(row.score, 3) for row in idle.of("hum")} == {0.0}
    assert all(row.score > 0 for row in idle.of("hum", "notch comb") if row.damage.startswith("0 dB"))


def test_rooms_are_wrong_by_per_cents(idle: RepairReport) -> None:
    assert [row.score for row in idle.of("room")][:4] == pytest.approx([100.0, 0.0, 50.0, 75.0])


def test_a_room_that_is_not_heard_is_not_left_out() -> None:
    class Deaf(Idle):
        def estimate_room(self, reference: Source) -> Room:
            raise BadArgument("Nothing dies away.", field="reference")

    rows = list(repair_bench._rooms(Deaf(), np.random.default_rng(0), True))
    assert [row.score for row in rows] == [100.0] * 12


def test_silence_in_a_texture_is_far_from_it_and_another_draw_near(idle: RepairReport) -> None:
    silent, drawn = idle.of("texture"), idle.of("texture", "another draw")
    assert all(far.score > near.score + 4 for far, near in zip(silent, drawn, strict=True))


def test_every_part_is_a_table_of_full_rows(idle: RepairReport) -> None:
    tables = list(idle.tables())
    assert len(tables) == 5
    for title, columns, rows in tables:
        assert title
        assert all(len(row) == len(columns) for row in rows)
        assert all(cell != "" for row in rows[:-1] for cell in row)


def test_it_stops_when_it_is_told_to_in_the_midst_of_a_part() -> None:
    calls: Iterator[bool] = iter([False, False, True])
    reports: list[float] = []
    handle = Handle(is_cancelled=lambda: next(calls), on_progress=lambda fraction, stage: reports.append(fraction))
    with pytest.raises(Cancelled):
        measure_repair(Idle(), seed=0, quick=True, handle=handle)
    assert reports == []


def test_a_line_over_a_gap_is_straight() -> None:
    made = linear(np.zeros((1, 5), np.float32), np.full((1, 5), 1.0, np.float32), 3)
    assert made[0].tolist() == [0.25, 0.5, 0.75]


def test_copying_finds_what_comes_again() -> None:
    loop = np.tile(np.random.default_rng(0).standard_normal((1, 4_000)).astype(np.float32), 8)
    assert np.array_equal(copied(loop[:, :16_000], loop[:, 16_500:], 500), loop[:, 16_000:16_500])


def test_ffmpegs_declicker_takes_a_click_out_and_keeps_the_length() -> None:
    sound = 0.3 * np.sin(2 * np.pi * 200 * np.arange(30_001) / 48_000)[None].astype(np.float32)
    clicked = sound.copy()
    clicked[:, 15_000] += 0.8
    made = ffmpeg_adeclick(clicked, 48_000)
    assert made.shape == sound.shape
    assert np.abs(made - sound).max() < 0.05


def test_a_comb_of_notches_takes_hum_out() -> None:
    hum = np.sin(2 * np.pi * 50 * np.arange(5 * 48_000) / 48_000)[None].astype(np.float32)
    assert np.abs(notch_comb(hum, 48_000, 50.0, harmonics=3)[:, 96_000:-96_000]).max() < 0.01
