"""A finished job with real files, for the tests of what is handed to other DAWs; and what lies where in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.audio import Audio
from engine.cue import Cue
from engine.plan import Event, Outline, Plan, Step, TakeSpec
from engine.request import GenerateRequest, Job
from engine.results import Licence, StemFile
from engine.session import Session
from engine.stems import bwf
from engine.stems.manifest import Manifest, Versions, write_manifest
from engine.stems.metadata import Description

POSITION = 4_801
"""Of the plan on the session's timeline, in samples."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A stem to be written."""

    event: str
    start: int
    length: int
    track: str = "Door"
    label: str = "Slam"
    take: int = 1
    channels: int = 1
    pan: float = 0.0
    kind: Any = "stem"

    @property
    def name(self) -> str:
        return f"{self.event or 'mix'}-t{self.take}.wav"


SOUNDS = (
    Sound(event="s1", start=0, length=1_001, pan=-0.5),
    Sound(event="s1", start=7, length=990, take=2, pan=-0.5),
    Sound(event="s2", start=500, length=733),  # over the first: another lane
    Sound(event="s3", start=1_001, length=64, pan=0.25),  # follows the first without a gap
    Sound(event="s4", start=12 * 3_600 * 44_100 + 17, length=1_503, track="Rain", label="Rain", channels=2),
)
MIX = Sound(event="", start=0, length=2_000, track="Mix", label="All", channels=2, kind="mix")
CUES = (
    Cue(id="c1", start_samples=803, kind="impact", label='cup "down" 😀'),
    Cue(id="c2", start_samples=48_001, length_samples=24_003, kind="movement"),
)


def finished_job(
    folder: Path,
    *,
    session: Session = Session(),  # noqa: B008  (frozen)
    sounds: tuple[Sound, ...] = SOUNDS,
    mix: Sound | None = MIX,
    cues: tuple[Cue, ...] = CUES,
    **changes: Any,
) -> Path:
    """Write the files and the manifest; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    rate = session.sample_rate
    stems = tuple(_stem(folder, sound, number, session) for number, sound in enumerate(sounds, start=1))
    spec = TakeSpec(
        backend="t",
        backend_version="1",
        source="x",
        text="slam",
        seed=1,
        length_samples=9,
        channels=1,
        sample_rate_hz=rate,
    )
    pans = {sound.event: sound for sound in sounds}
    events = tuple(
        Event(
            id=event,
            text="slam",
            start_samples=sound.start,
            length_samples=sound.length,
            layer="foreground",
            category="DOORWood",
            label="Slam",
            track="Door",
            pan=sound.pan,
            takes=(spec,),
        )
        for event, sound in pans.items()
    ) or (Event(**_ONE, takes=(spec,)),)
    manifest = Manifest(
        job=Job(id="job-1", request=GenerateRequest(prompt="slam", folder=str(folder)), created="2026-11-22T21:33:28Z"),
        plan=Plan(
            prompt="a door slams",
            session=session,
            position_samples=POSITION,
            length_samples=100_000,
            seed=1,
            outline=Outline(steps=(Step(id="s1", text="slam", start_seconds=0),)),
            events=events,
            cues=cues,
        ),
        versions=Versions.here({"t": "1"}),
        stems=stems,
        mix=_stem(folder, mix, len(stems) + 1, session) if mix else None,
        project="job-1.rpp",
    )
    return write_manifest(manifest.model_copy(update=changes), folder)


_ONE: dict[str, Any] = {
    "id": "s1",
    "text": "slam",
    "start_samples": 0,
    "length_samples": 9,
    "layer": "foreground",
    "category": "DOORWood",
    "label": "Slam",
    "track": "Door",
}


def _stem(folder: Path, sound: Sound, index: int, session: Session) -> StemFile:
    rate = session.sample_rate
    noise = np.random.default_rng(index).uniform(-0.5, 0.5, (sound.channels, sound.length)).astype(np.float32)
    about = Description(
        description=sound.label,
        reference="x",
        created="2026-11-22T21:33:28Z",
        position_samples=POSITION + sound.start,
        session=session,
        track="x",
        take=sound.take,
        category="DOORWood",
        label="x",
        licence="CC0-1.0",
        loudness_lufs=None,
        momentary_lufs=None,
        short_term_lufs=None,
        peak_dbtp=-6.0,
        version="1",
    )
    path = folder / sound.name
    with path.open("wb") as file:
        bwf.write(file, Audio(samples=noise, sample_rate_hz=rate), about)
    return StemFile(
        kind=sound.kind,
        path=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        event=sound.event,
        take=sound.take,
        index=index,
        track=sound.track,
        label=sound.label,
        category="DOORWood",
        position_samples=POSITION + sound.start,
        onset_samples=0,
        length_samples=sound.length,
        sample_rate_hz=rate,
        channels=sound.channels,
        peak_dbtp=-6.0,
        licence=Licence(name="CC0-1.0", commercial=True),
        pan=sound.pan,
    )


@dataclass(frozen=True, order=True)
class Placed:
    """A clip as a reader of the format finds it, everything in samples."""

    track: str
    file: str
    position: int
    offset: int
    length: int


HEARD = {
    Placed("Door", "s1-t1.wav", POSITION, 0, 1_001),
    Placed("Door", "s3-t1.wav", POSITION + 1_001, 0, 64),
    Placed("Door 2", "s2-t1.wav", POSITION + 500, 0, 733),
    Placed("Rain", "s4-t1.wav", POSITION + SOUNDS[-1].start, 0, 1_503),
}
MUTED = {
    Placed("Door take 2", "s1-t2.wav", POSITION + 7, 0, 990),
    Placed("Mix", "mix-t1.wav", POSITION, 0, 2_000),
}
