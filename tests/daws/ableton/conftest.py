"""A Live with the script in it, for tests with the running engine and without any."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import live_rig
import pytest

from engine.cli.process import EngineProcess

live_rig.install()

NewRig = Callable[..., live_rig.Rig]


@pytest.fixture
def new_rig(engine_home: Path) -> Iterator[NewRig]:
    """Makes Lives; at the end each must have closed every undo step and changed nothing outside of one."""
    made: list[live_rig.Rig] = []

    def make(**options: Any) -> live_rig.Rig:
        made.append(live_rig.Rig(engine_home / f"live-{uuid.uuid4().hex[:8]}", **options))
        return made[-1]

    yield make
    for rig in made:
        if hasattr(rig, "surface"):
            rig.stop()
        assert rig.document.depth == 0
        assert rig.document.loose == []
        assert not [message for message in rig.messages if "something went wrong" in message]


@pytest.fixture
def live(new_rig: NewRig, running: EngineProcess) -> live_rig.Rig:
    """A Live beside the running engine."""
    return new_rig(engine_port=running.port).start()


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port on which no engine answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        yield int(silent.getsockname()[1])
