"""The bench of denoisers: its sounds, its scores, and a run of it with denoisers whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.denoise_bench import measure, measure_denoise
from engine.evaluation.denoise_bench.peers import PEERS, _fitted
from engine.evaluation.denoise_bench.scores import log_spectral_distance_db, si_sdr_db
from engine.evaluation.denoise_bench.signals import NOISES, SOUNDS
from engine.handle import Handle
from engine.source import Blocks, Source, blocks


@pytest.mark.parametrize("name", [*SOUNDS, *NOISES])
@pytest.mark.parametrize(("length", "rate"), [(24_000, 48_000), (9_001, 8_000)])
def test_sounds_are_drawn_anew_and_again(name: str, length: int, rate: int) -> None:
    draw = {**SOUNDS, **NOISES}[name]
    first, again, other = (draw(length, rate, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (2, length)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_hum_is_lines_and_pink_falls_3_db_an_octave() -> None:
    tone = NOISES["hum"](48_000, 48_000, np.random.default_rng(0))
    power = np.square(np.abs(np.fft.rfft(tone[0] * np.hanning(48_000))))
    assert np.sort(power)[-150:].sum() > 0.99 * power.sum()
    falling = NOISES["pink"](48_000 * 4, 48_000, np.random.default_rng(0))
    power = np.square(np.abs(np.fft.rfft(falling[0])))
    low, high = (power[4 * hertz : 8 * hertz].mean() for hertz in (500, 4_000))
    assert 10 * np.log10(low / high) == pytest.approx(9.03, abs=0.7)


def test_speech_pauses_and_has_formants() -> None:
    said = SOUNDS["speech"](48_000 * 10, 48_000, np.random.default_rng(3))[0]
    levels = np.square(said.reshape(-1, 480)).mean(axis=1)
    assert (levels < 1e-3 * levels.max()).mean() > 0.1
    power = np.square(np.abs(np.fft.rfft(said)))
    assert power[3_000:40_000].sum() > 10 * power[60_000:].sum()


def test_scores_of_known_errors() -> None:
    rng = np.random.default_rng(0)
    clean = rng.standard_normal((2, 48_000)).astype(np.float32)
    error = rng.standard_normal((2, 48_000)).astype(np.float32)
    assert si_sdr_db(clean, clean + 0.1 * error) == pytest.approx(20, abs=0.1)
    assert si_sdr_db(clean, 7 * (clean + 0.1 * error)) == pytest.approx(20, abs=0.1)
    assert log_spectral_distance_db(clean, clean) == 0
    assert log_spectral_distance_db(clean, 0.5 * clean) == pytest.approx(6.02, abs=0.01)
    assert log_spectral_distance_db(clean, 0.5 * clean, range_db=0.0) < 2


def test_a_peers_delay_is_forgiven() -> None:
    sound = np.random.default_rng(1).standard_normal((2, 4_000)).astype(np.float32)
    late = np.pad(sound, ((0, 0), (300, 0)))[:, :4_000]
    np.testing.assert_array_equal(_fitted(late, sound, 48_000)[:, :3_700], sound[:, :3_700])


def test_peers_are_of_the_four_kinds() -> None:
    assert {peer.kind for peer in PEERS} == {"spectral_gate", "wavelet", "wiener", "spectral_subtraction"}


def test_a_run_tells_what_helps_from_what_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(source: Source, *, noise: Source | None = None) -> Blocks:
        return blocks(source)

    def worse(source: Source, *, noise: Source | None = None) -> Blocks:
        for number, block in enumerate(blocks(source)):
            yield block + 0.1 * np.random.default_rng(number).standard_normal(block.shape).astype(np.float32)

    monkeypatch.setattr(measure, "PEERS", ())
    monkeypatch.setattr(measure, "SOUNDS", {"steps": SOUNDS["steps"]})
    monkeypatch.setattr(measure, "NOISES", {name: NOISES[name] for name in ("white", "hum")})
    monkeypatch.setattr(measure, "pesq_is_here", lambda: False)
    report = measure_denoise({"nothing": nothing, "worse": worse}, seed=1, quick=True, handle=Handle())
    rows = {(row.method, row.profile): row for row in report.rows}
    assert len(rows) == 5
    assert rows["nothing", True].gain_db == pytest.approx(0, abs=1e-4)
    assert rows["nothing", False].conditions == 4
    assert rows["worse", False].gain_db < -3
    assert rows["worse", False].worst_db <= rows["worse", False].gain_db
    assert rows[measure.ORACLE, True].gain_db > 7
    assert rows[measure.ORACLE, True].worst_db > 2
    clean = {(row.method, row.sound): row for row in report.clean}
    assert clean["nothing", "steps"].si_sdr_db == 99
    assert clean["worse", "steps"].si_sdr_db < 20
    assert measure_denoise({"nothing": nothing}, seed=1, quick=True, handle=Handle()).rows[-1] == report.rows[-1]
    for title, columns, cells in report.tables():
        assert title
        assert all(len(row) == len(columns) for row in cells)
