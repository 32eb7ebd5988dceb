"""``bench spotting`` from the command line: a folder of clips in, one JSON object out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from footage import write_video
from strikes import Hammer

from engine.cli import run

HITS = [0.8, 1.7, 2.4, 3.6]


def test_a_folder_is_spotted_and_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_video(tmp_path / "a.mp4", Hammer(HITS).draw, seconds=4.4)
    (tmp_path / "manifest.csv").write_text("clip,category,tier,source_repo\na,hammer,A,me/clips\n")
    (tmp_path / "gt_dev.json").write_text(json.dumps({"a": {"file": "a.mp4", "duration": 4.4, "onsets": HITS}}))
    assert run(["bench", "spotting", str(tmp_path), "--physics", "1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    ours = next(row for row in report["rows"] if (row["method"], row["clips_of"]) == ("cuewright", "hammer"))
    assert (ours["f50"], ours["hits"], ours["onsets"]) == (1.0, 1.0, 4)
    assert report["clips"]["a"] == [1.0, 1.0, 4, 4]
    assert report["realtime_factor"] > 0
    assert report["physics"]["clips"] == 1


def test_a_folder_without_clips_is_an_error_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "spotting", str(tmp_path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "file_unreadable"
