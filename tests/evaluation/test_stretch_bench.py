from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from engine.audio import Samples
from engine.evaluation import stretch_bench, stretch_scores, stretch_sounds
from engine.source import Blocks, Source

RATE = stretch_sounds.RATE_HZ


def test_a_late_strike_is_late_by_as_much() -> None:
    sound, at = stretch_sounds.strikes(4.0, np.random.default_rng(1))
    late = np.roll(sound, 144, axis=1)
    assert np.abs(stretch_scores.onset_errors_ms(sound, sound, at, 1.0)).max() == 0
    assert stretch_scores.onset_errors_ms(sound, late, at, 1.0) == pytest.approx(3.0, abs=0.3)


def test_a_strike_that_is_gone_is_not_found() -> None:
    sound, at = stretch_sounds.strikes(4.0, np.random.default_rng(1))
    assert np.isnan(stretch_scores.onset_errors_ms(sound, np.zeros_like(sound), at, 1.0)).all()


def test_an_echo_ahead_is_heard() -> None:
    sound, at = stretch_sounds.strikes(4.0, np.random.default_rng(1))
    assert stretch_scores.pre_echo_db(sound, sound, at, 1.0) == 0
    assert stretch_scores.pre_echo_db(sound, sound + 0.03 * np.roll(sound, -960, axis=1), at, 1.0) > 20


def test_a_tone_out_of_tune_is_told_in_cents() -> None:
    sharp = stretch_sounds.chord((440 * 2 ** (5 / 1200), 660.0), 3.0)
    assert stretch_scores.worst_cents(sharp, (440.0, 660.0)) == pytest.approx(5.0, abs=0.01)


def test_distances_are_nothing_for_the_same_sound_and_something_for_another() -> None:
    sound = stretch_sounds.textures(2.0, np.random.default_rng(2))["white noise"]
    scores = (
        stretch_scores.level_db,
        stretch_scores.spectrum_db,
        stretch_scores.modulation_db,
        stretch_scores.coherence_error,
        stretch_scores.moment_db,
    )
    assert [score(sound, sound) for score in scores] == [0.0] * 5
    assert stretch_scores.level_db(sound, sound / 2) == pytest.approx(-6.02, abs=0.01)
    assert stretch_scores.spectrum_db(sound, sound / 2) == pytest.approx(6.02, abs=0.01)
    assert stretch_scores.modulation_db(sound, sound / 2) == pytest.approx(0, abs=1e-3)
    pulsing = sound * (1 + np.sin(2 * np.pi * 8 * np.arange(sound.shape[1]) / RATE)).astype(np.float32)
    assert stretch_scores.modulation_db(sound, pulsing) > 3
    assert stretch_scores.coherence_error(sound, sound[[0, 0]]) > 0.3


def _tape(source: Source, *, length_samples: int) -> Blocks:
    """Stretches, and spoils the pitch."""
    sound = source.read(0, source.length_samples)
    places = np.linspace(0, source.length_samples - 1, length_samples)
    yield np.stack([np.interp(places, np.arange(side.size), side) for side in sound]).astype(np.float32)


def _unmoved(source: Source, *, semitones: float) -> Blocks:
    yield np.array(source.read(0, source.length_samples))


def _unwarped(source: Source, *, anchors: Sequence[tuple[int, int]], length_samples: int) -> Blocks:
    yield np.array(source.read(0, length_samples))


def test_the_report_tells_what_a_bad_tool_does_and_reads_as_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    def rain(seconds: float, rng: np.random.Generator) -> dict[str, Samples]:
        return {"rain": stretch_sounds.rain(2.5, rng)}

    monkeypatch.setattr(stretch_bench, "peers", lambda: iter(()))
    monkeypatch.setattr(stretch_sounds, "textures", rain)
    report = stretch_bench.measure_stretch(stretch=_tape, shift_pitch=_unmoved, warp=_unwarped, seed=1, quick=True)
    by_name = {row.what: row for row in report.strikes}
    assert set(by_name) == {f"{what}, {name}" for what in ("stretch", "pitch") for name in ("bare", "over noise")}
    assert by_name["pitch, bare"].onset_p95_ms == 0
    assert by_name["stretch, bare"].length_error_samples == 0
    assert all(row.single_cents > 50 for row in report.tones)
    assert report.warp[0].missed == 0
    assert report.warp[0].anchor_max_ms is not None
    assert report.warp[0].anchor_max_ms > 20
    assert all(row.stretch_realtime_factor > 0 for row in report.speeds)
    tables = list(report.tables())
    assert len(tables) == 5
    assert all(len(columns) == len(row) for _, columns, rows in tables for row in rows)


def test_strikes_that_are_gone_are_missed_and_have_no_error() -> None:
    sound, at = stretch_sounds.strikes(4.0, np.random.default_rng(1))

    def mute(source: Source, *, anchors: Sequence[tuple[int, int]], length_samples: int) -> Blocks:
        yield np.zeros((2, length_samples), np.float32)

    row = stretch_bench._warp_row(mute, sound, at, np.random.default_rng(0))
    assert (row.missed, row.anchor_median_ms, row.anchor_max_ms) == (1.0, None, None)
