"""A session of somebody's, open in the fake Pro Tools; after every test the user's part of it is as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_protools import FakeProTools, Session, Track, serving

from engine.protools.link import Link

RATE = 48_000
ATMO_AT, ATMO_FROM, ATMO_LENGTH = 10 * RATE + 3, 1_001, 4 * RATE
"""Where the user's clip lies, where in its file it begins, and how long it is, in samples."""


@dataclass
class Studio:
    """The fake, its address, and the user's files."""

    fake: FakeProTools
    address: str
    folder: Path

    @property
    def added(self) -> dict[str, list[tuple[int, Path]]]:
        """The new tracks: of each clip its sample and its file."""
        session = self.fake.open
        return {
            track.name: [(at, session.clips[ids[0]].file) for at, ids in track.placed]
            for track in session.tracks
            if not track.id.startswith("user")
        }


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    folder = tmp_path / "Reel 2"
    (folder / "Audio Files").mkdir(parents=True)
    session = Session(file=folder / "Reel 2.ptx")
    session.file.write_bytes(b"the session")
    atmo = folder / "Audio Files" / "atmo.wav"
    noise = np.random.default_rng(2).normal(0, 0.02, (8 * RATE, 2))
    soundfile.write(atmo, noise, RATE, subtype="PCM_24")
    session.tracks = [Track(f"user {k}", name) for k, name in enumerate(("Boom", "Door Slam", "Atmo", "Wild", "Foley"))]
    session.tracks[2].channels = 2
    fake = FakeProTools(session)
    ids = tuple(fake.add_clip(atmo, ATMO_FROM, ATMO_LENGTH) for _ in range(2))
    session.tracks[2].placed.append((ATMO_AT, ids))
    before = copy.deepcopy(session.tracks)
    sound = atmo.read_bytes()
    with serving(fake) as address:
        yield Studio(fake, address, folder)
    users = [replace(track, selected=False) for track in session.tracks if track.id.startswith("user")]
    assert users == before
    assert session.file.read_bytes() == b"the session"
    assert not atmo.exists() or atmo.read_bytes() == sound
    assert not fake.in_batch


@pytest.fixture
def link(studio: Studio) -> Iterator[Link]:
    with Link(studio.address) as connected:
        yield connected
