"""A session of somebody's, open in the fake Pro Tools; after every test the user's part of it is as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_protools import serving
from protools_rig import Studio, somebodys_session

from engine.protools.link import Link


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    folder = tmp_path / "Reel 2"
    fake = somebodys_session(folder)
    session, atmo = fake.open, folder / "Audio Files" / "atmo.wav"
    tracks, sound = copy.deepcopy(session.tracks), atmo.read_bytes()
    with serving(fake) as address:
        yield Studio(fake, address, folder)
    users = [replace(track, selected=False) for track in session.tracks if track.id.startswith("user")]
    assert users == tracks
    assert session.file.read_bytes() == b"the session"
    assert not atmo.exists() or atmo.read_bytes() == sound
    assert not fake.in_batch


@pytest.fixture
def link(studio: Studio) -> Iterator[Link]:
    with Link(studio.address) as connected:
        yield connected
