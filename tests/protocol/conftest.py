"""Fixtures: a real server, a socket to speak to it, foreign programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from protocol_harness import RunningServer, UdpPeer, serving, udp_peer

settings.register_profile("no-deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no-deadline")


@pytest.fixture
def running() -> Iterator[RunningServer]:
    """A server whose handler does nothing."""
    with serving() as server:
        yield server


@pytest.fixture
def peer(running: RunningServer) -> Iterator[UdpPeer]:
    with udp_peer(running.port) as plain:
        yield plain


@pytest.fixture
def foreign() -> Callable[[str], str]:
    """The path of a third-party program; without it the test is skipped, or in CI fails."""

    def find(program: str) -> str:
        if path := shutil.which(program):
            return path
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing, and CI must have it")
        pytest.skip(f"{program} is not installed")

    return find


@pytest.fixture
def root() -> Path:
    """The project's root."""
    return Path(__file__).resolve().parents[2]
