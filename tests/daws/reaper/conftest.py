"""A REAPER with the scripts in it, beside the running engine or none."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reaper_rig import Rig

from engine.cli.process import EngineProcess

NewRig = Callable[..., Rig]


@pytest.fixture
def new_reaper(engine_home: Path, foreign: Callable[[str], str]) -> Iterator[NewRig]:
    """Makes REAPERs; at the end each must have closed every undo block and changed nothing outside of one."""
    made: list[Rig] = []

    def make(**options: object) -> Rig:
        options = {"spool": engine_home / "data" / "spool", **options}
        folder = engine_home / f"reaper-{uuid.uuid4().hex[:8]}"
        made.append(Rig(foreign("lua5.4"), folder, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for rig in made:
        rig.close()


@pytest.fixture
def reaper(new_reaper: NewRig, running: EngineProcess) -> Rig:
    """A REAPER beside the running engine, which it asks through the spool folder."""
    rig = new_reaper()
    rig.set(no_sockets=True)
    return rig
