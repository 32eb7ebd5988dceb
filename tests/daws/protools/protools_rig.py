"""Somebody's session for the fake Pro Tools, and what a test sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from fake_protools import FakeProTools, Session, Track

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


def somebodys_session(folder: Path) -> FakeProTools:
    """Five tracks, on one of them a stereo clip."""
    (folder / "Audio Files").mkdir(parents=True)
    session = Session(file=folder / "Reel 2.ptx")
    session.file.write_bytes(b"the session")
    atmo = folder / "Audio Files" / "atmo.wav"
    soundfile.write(atmo, np.random.default_rng(2).normal(0, 0.02, (8 * RATE, 2)), RATE, subtype="PCM_24")
    session.tracks = [Track(f"user {k}", name) for k, name in enumerate(("Boom", "Door Slam", "Atmo", "Wild", "Foley"))]
    session.tracks[2].channels = 2
    fake = FakeProTools(session)
    ids = tuple(fake.add_clip(atmo, ATMO_FROM, ATMO_LENGTH) for _ in range(2))
    session.tracks[2].placed.append((ATMO_AT, ids))
    return fake
