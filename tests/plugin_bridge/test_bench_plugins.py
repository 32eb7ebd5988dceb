"""``bench plugins`` measures what it says it does, with a real crasher too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import run


def test_the_bench_measures_and_counts(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crasher, gain = plugins / "TestCrash.vst3", plugins / "TestGain.vst3"
    arguments = [
        "bench",
        "plugins",
        "--seconds",
        "1",
        "--cycles",
        "2",
        "--plugin",
        str(gain),
        "--crasher",
        str(crasher),
    ]
    assert run([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["chain"][:5] for row in report["overheads"]] == ["voice", "bus: ", "TestG"]
    assert all(row["ratio"] > 0 and row["here_seconds"] > 0 for row in report["overheads"])
    assert all(row["realtime_factor"] > 1 for row in report["speeds"])
    assert report["crashes"] | {"resident_kilobytes_more": 0, "cycle_seconds": 0} == {
        **{"cycles": 2, "cycle_seconds": 0, "descriptors_more": 0, "processes_more": 0, "shared_files_more": 0},
        "resident_kilobytes_more": 0,
    }


def test_a_plugin_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "plugins", "--plugin", str(tmp_path / "none.vst3")]) == 2
    assert "There is no plugin" in capsys.readouterr().err
