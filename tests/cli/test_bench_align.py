"""``bench align`` with the aligner of the product, on a pair that it renders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import bench_align, run
from engine.evaluation.physics_clips import render_clip


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


def test_a_clip_that_is_broken_or_silent_is_left_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [f"{name},{name}.mp4,hit,A,someone/clips" for name in ("broken", "silent", "missing")]
    (tmp_path / "manifest.csv").write_text("\n".join(["clip,file,category,tier,source_repo", *rows]))
    truth = {
        n: {"file": f"{n}.mp4", "duration": 1.0, "onsets": [0.1, 0.4, 0.7]} for n in ("broken", "silent", "missing")
    }
    (tmp_path / "gt_dev.json").write_text(json.dumps(truth))
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    render_clip(0, tmp_path / "silent.mp4", "drop", 0.5)
    assert run(["bench", "align", str(tmp_path), "--pairs", "0"]) == 0
    out, err = capsys.readouterr()
    assert "broken.mp4 is left out" in err
    assert "missing.mp4 is left out" in err
    assert "silent.mp4" not in err
    assert "Recorded" not in out
