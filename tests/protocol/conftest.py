"""Fixtures: a real server, and a socket to speak to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from protocol_harness import RunningServer, UdpPeer, serving, udp_peer


@pytest.fixture
def running() -> Iterator[RunningServer]:
    """A server whose handler does nothing."""
    with serving() as server:
        yield server


@pytest.fixture
def peer(running: RunningServer) -> Iterator[UdpPeer]:
    with udp_peer(running.port) as plain:
        yield plain
