"""A wrong command line is told as one JSON object where JSON was asked for, with its field."""

from __future__ import annotations

import json

import pytest

from engine.cli import run


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["align", "--offset", "late", "--json"], "offset"),
        (["align", "--json", "--workers", "0"], "workers"),
        (["align", "--json", "--nope"], "nope"),
        (["align", "--json", "--batch"], "batch"),
        (["spot", "--json"], "video"),
        (["alline", "--json"], ""),
        (["align", "--json"], "video"),
        (["align", "a.wav", "b.mp4", "--json", "--offset", "nan"], "offset"),
    ],
)
def test_a_wrong_command_line_is_one_object(
    arguments: list[str], field: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    told, err = capfd.readouterr()
    error = json.loads(told)["error"]
    assert (error["code"], error["field"], bool(error["sentence"]), err) == ("bad_argument", field, True, "")


def test_without_it_people_read_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["align", "--nope"]) == 2
    told, err = capfd.readouterr()
    assert (told, "Usage" in err, "--nope" in err) == ("", True, True)


def test_help_stays_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["align", "--json", "--help"]) == 0
    assert "Usage" in capfd.readouterr().out
