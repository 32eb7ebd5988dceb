"""``bench preview`` through a real device, captured back: that it measures, not how fast this machine is."""

from __future__ import annotations

import json

import pytest
from preview.player_case import Pulse

from engine.cli import run


def test_it_measures_what_comes_back(pulse: Pulse, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["bench", "preview", "--minutes", "0.05", "--tries", "2", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 0, told
    assert told["device"]
    assert 0 < told["start_ms"] <= told["start_most_ms"]
    assert 0 < told["move_ms"] <= told["move_most_ms"]
    assert told["renders"] >= 1
    assert told["breaks_samples"] is not None  # the print lies in what was captured


def test_an_input_that_is_not_there_is_told(pulse: Pulse, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["bench", "preview", "--capture", "no such input", "--minutes", "0.05", "--json"])
    error = json.loads(capsys.readouterr().out)["error"]
    assert (code, error["code"], error["field"]) == (1, "no_device", "capture")
