"""What the page's script is handed: a report in seconds from its position, its waveforms and pictures as base64.

The one place where samples become the float seconds that a browser counts in. Sizes are bounded here: what does not
fit into the page stays in the files beside it. This module knows nothing of HTML.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np

from engine.cue import Cue
from engine.handle import Handle
from engine.model import Model
from engine.results import StemFile
from engine.stems.report.contents import Report, Shown
from engine.stems.report.listening import bytes_expected, listening_copy
from engine.stems.report.waveform import columns_that_fit, peaks

STAGE = "drawing the report"
LISTENING_BYTES = 2_200_000
"""Of all sounds inside the page: some five minutes of sound. As base64 they take a third more."""
STILLS_BYTES = 700_000
COLUMNS = 240_000
MOTION_COLUMNS = 16_384


class FrameCount(Model):
    """How timecode counts."""

    numerator: int
    denominator: int
    drop: bool
    name: str


class PictureData(Model):
    """Where the picture lies, from the page."""

    url: str
    name: str
    offset_seconds: float
    play_rate: float
    length_seconds: float


class StillData(Model):
    """One picture of the filmstrip."""

    time_seconds: float
    jpeg: str


class Playable(Model):
    """What a page needs of a file to draw it and to play it."""

    name: str
    url: str
    mp3: str = ""
    peaks: str
    columns: int
    start_seconds: float = 0.0
    length_seconds: float
    channels: int
    pan: float = 0.0
    loudness_lufs: float | None
    peak_dbtp: float


class SoundData(Playable):
    """One file of a job."""

    take: int
    onset_seconds: float
    licence: str
    commercial: bool


class EventData(Model):
    """One event: its takes lie at the same place."""

    label: str
    category: str
    takes: tuple[SoundData, ...]


class TrackData(Model):
    """One row."""

    name: str
    events: tuple[EventData, ...]


class AxisData(Model):
    """What every page has: the axis, and the picture on it."""

    job_id: str
    sample_rate_hz: int
    midnight_samples: int
    frames: FrameCount
    begin_seconds: float
    end_seconds: float
    picture: PictureData | None
    stills: tuple[StillData, ...]
    shots_seconds: tuple[float, ...]
    motion: str
    motion_rate_hz: float


class PageData(AxisData):
    """All of a job's."""

    cues: tuple[Cue, ...]
    tracks: tuple[TrackData, ...]
    mix: SoundData | None


def page_data(report: Report, folder: Path, job_id: str, handle: Handle) -> PageData:
    """Read the files and put everything on one axis.

    Raises
    ------
    FileUnreadable
        When a stem is not there.
    """
    files = [*((report.mix,) if report.mix else ()), *sorted(report.stems, key=lambda s: (s.take, s.index))]
    columns = columns_that_fit([file.length_samples / file.sample_rate_hz for file in files], COLUMNS)
    sounds: dict[str, SoundData] = {}
    room = LISTENING_BYTES
    for done, (file, count) in enumerate(zip(files, columns, strict=True)):
        handle.progress(done / len(files), STAGE)
        mp3 = b""
        if bytes_expected(file.length_samples / file.sample_rate_hz) <= room:
            mp3 = listening_copy(Path(file.path))
            mp3 = mp3 if len(mp3) <= room else b""
            room -= len(mp3)
        sounds[file.path] = _sound(file, report, folder, count, mp3)
    spans = [(sound.start_seconds, sound.start_seconds + sound.length_seconds) for sound in sounds.values()]
    return PageData(
        **dict(axis_data(report, folder, job_id, spans)),
        cues=report.cues,
        tracks=_tracks(report.stems, sounds),
        mix=sounds[report.mix.path] if report.mix else None,
    )


def axis_data(shown: Shown, folder: Path, job_id: str, spans: Iterable[tuple[float, float]]) -> AxisData:
    """The axis, long enough for what sounds: ``spans`` are first and last second of each."""
    rate = shown.session.sample_rate
    length = shown.length_samples / rate
    starts, ends = zip((0.0, length), *spans, strict=True)
    frames = shown.session.frames
    motion, motion_rate_hz = _motion(shown.motion, shown.motion_rate_hz)
    return AxisData(
        job_id=job_id,
        sample_rate_hz=rate,
        midnight_samples=shown.session.start_samples + shown.position_samples,
        frames=FrameCount(
            numerator=frames.rate.numerator,
            denominator=frames.rate.denominator,
            drop=frames.drop_frame,
            name=str(frames),
        ),
        begin_seconds=min(starts),
        end_seconds=max(ends),
        picture=_picture(shown, folder, length),
        stills=_stills(shown),
        shots_seconds=tuple(start / rate for start in shown.shots_samples),
        motion=motion,
        motion_rate_hz=motion_rate_hz,
    )


def url_of(path: str | Path, folder: Path) -> str:
    """The address of a file as a page in ``folder`` names it: relative, so that a project can move.

    >>> url_of("/reel/picture #1.mov", Path("/reel/stems"))
    '../picture%20%231.mov'
    """
    try:
        relative = os.path.relpath(path, folder)
    except ValueError:  # another drive
        return Path(path).absolute().as_uri()
    return quote(Path(relative).as_posix())


def _picture(report: Shown, folder: Path, length_seconds: float) -> PictureData | None:
    picture = report.picture
    if picture is None:
        return None
    return PictureData(
        url=url_of(picture.path, folder),
        name=Path(picture.path).name,
        offset_seconds=picture.offset_seconds,
        play_rate=picture.play_rate,
        length_seconds=picture.length_seconds or length_seconds,
    )


def _stills(report: Shown) -> tuple[StillData, ...]:
    """As many as there is room for, evenly left out where there are too many."""
    stills = report.stills
    while sum(len(still.jpeg) for still in stills) > STILLS_BYTES:
        stills = stills[::2] if len(stills) > 1 else ()
    return tuple(StillData(time_seconds=s.time_seconds, jpeg=b64encode(s.jpeg).decode()) for s in stills)


def _sound(file: StemFile, report: Report, folder: Path, columns: int, mp3: bytes) -> SoundData:
    drawn = peaks(Path(file.path), columns)
    return SoundData(
        name=Path(file.path).name,
        url=url_of(file.path, folder),
        mp3=b64encode(mp3).decode(),
        peaks=b64encode(drawn.tobytes()).decode(),
        columns=len(drawn),
        take=file.take,
        start_seconds=(file.position_samples - report.position_samples) / file.sample_rate_hz,
        length_seconds=file.length_samples / file.sample_rate_hz,
        onset_seconds=file.onset_samples / file.sample_rate_hz,
        channels=file.channels,
        pan=report.pans.get(file.event, 0.0),
        loudness_lufs=file.loudness_lufs,
        peak_dbtp=file.peak_dbtp,
        licence=file.licence.name,
        commercial=file.licence.commercial,
    )


def _tracks(stems: Iterable[StemFile], sounds: dict[str, SoundData]) -> tuple[TrackData, ...]:
    """Rows in the order of their first stem; takes of one event together."""
    rows: dict[str, dict[str, list[StemFile]]] = {}
    for stem in sorted(stems, key=lambda s: (s.index, s.take)):
        rows.setdefault(stem.track, {}).setdefault(stem.event, []).append(stem)
    return tuple(
        TrackData(
            name=track,
            events=tuple(
                EventData(
                    label=takes[0].label,
                    category=takes[0].category,
                    takes=tuple(sounds[take.path] for take in takes),
                )
                for takes in events.values()
            ),
        )
        for track, events in rows.items()
    )


def _motion(values: Sequence[float], rate_hz: float) -> tuple[str, float]:
    """The curve in 255 steps of its largest value, the highest of every column where it is long."""
    curve = np.asarray(values, np.float64)
    if not len(curve):
        return "", rate_hz
    hop = -(-len(curve) // MOTION_COLUMNS)
    highest = np.maximum.reduceat(curve, np.arange(0, len(curve), hop)).clip(min=0)
    steps = np.rint(255 * highest / (highest.max() or 1.0)).astype(np.uint8)
    return b64encode(steps.tobytes()).decode(), rate_hz / hop
