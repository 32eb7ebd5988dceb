"""The memory bench: what a process took is its own, whoever started it."""

from __future__ import annotations

import sys

import pytest

from engine.action import ACTIONS
from engine.cli import bench_memory
from engine.cli.bench_memory import peak_megabytes_of
from engine.errors import InternalError
from engine.planning.action_text import parse_actions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")

MEGABYTES = 256


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_memory_of_the_bench_itself_does_not_count() -> None:
    held = bytearray(MEGABYTES * 2**20)
    assert peak_megabytes_of(python("pass")) < MEGABYTES / 2
    assert len(held) == MEGABYTES * 2**20


def test_memory_that_was_given_back_counts() -> None:
    assert peak_megabytes_of(python(f"bytearray({MEGABYTES} * 2**20); print('chatter')")) > MEGABYTES


def test_every_action_but_those_for_a_spot_is_measured() -> None:
    measured = {action.name for text in bench_memory.ACTIONS for action in parse_actions(text.format(longer=9))}
    assert measured == set(ACTIONS) - {"fill", "restyle"}  # a model hears no more than its window


def test_a_command_that_fails_is_told() -> None:
    with pytest.raises(InternalError, match="out of paper"):
        peak_megabytes_of(python("import sys; sys.exit('out of paper')"))
