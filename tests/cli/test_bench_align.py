"""``bench align`` with the aligner of the product, on a pair that it renders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import bench_align, run


def test_delays_of_a_rendered_pair_are_measured_timed_and_drawn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_align, "_COUNTS", (1,))
    drawn = tmp_path / "curves.svg"
    assert run(["bench", "align", "--quick", "--kind", "delay", "--plot", str(drawn), "--scaling", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    first, second = report["outcomes"]
    assert {one["kind"] for one in (first, second)} == {"delay"}
    assert all(abs(one["lag_apart_ms"]) < 1.0 for one in (first, second))
    worst = [max(abs(late) for late in one["after_ms"]) for one in (first, second)]
    assert max(worst) < 40.0  # a frame; how often it is 20 ms, no single pair can tell
    assert [(row["pairs"], row["calls_a_pair"]) for row in report["scaling"]] == [(1, 0.0)]
    assert "<svg" in drawn.read_text(encoding="utf-8")


def test_a_folder_without_clips_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["bench", "align", str(tmp_path), "--quick"]) == 2
    assert "manifest.csv" in capsys.readouterr().err
