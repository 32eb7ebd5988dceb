"""What an editor does in a day, through a running engine: steps to picture, and a cue sheet left alone overnight."""

from __future__ import annotations

import csv
import signal
import sys
import uuid
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wavinfo import WavInfoReader

from engine.cli.process import running_engine
from engine.planning.cuesheet import read_sheet
from engine.protocol.client import Client
from engine.protocol.messages import CueReply, DoneReply, JobReply, StemReply, WarningReply
from engine.results import StemFile
from engine.session import Session
from engine.stems.manifest import read_manifest

sys.path.insert(0, str(Path(__file__).parent / "video"))
from footage import write_video

STEPS = [1.08 + 1.04 * k for k in range(18)]
"""Seconds at which a foot meets the floor, each on a frame of 25 fps."""
CLEAR = -40.0
"""Decibels under a stem's peak at which its sound has begun."""


def a_walk(seconds: float) -> np.ndarray:  # type: ignore[type-arg]
    """A textured foot over a textured floor: lifted, swung to the side, and put down ever faster until it stops."""
    height = 0.0
    for step in STEPS:
        ahead = step - seconds
        if 0.0 < ahead < 0.6:  # up within 0.2 s, down within 0.4 s
            height = (
                60.0 * (1.0 - ((0.4 - ahead) / 0.4) ** 2) if ahead < 0.4 else 60.0 * np.sin(np.pi / 0.4 * (0.6 - ahead))
            )
    frame = FLOOR.copy()
    top, left = round(118 - float(height)), 120
    frame[top : top + 30, left : left + 70] = FOOT
    return frame


_chance = np.random.default_rng(5)
FLOOR = np.repeat(_chance.integers(60, 120, (180, 320, 1), np.uint8), 3, axis=2)
FOOT = np.repeat(np.kron(_chance.integers(130, 255, (6, 14, 1), np.uint8), np.ones((5, 5, 1), np.uint8)), 3, axis=2)


@pytest.fixture(scope="module")
def walk(engine_home: Path) -> Path:
    return write_video(engine_home / "walk.mp4", a_walk, seconds=20.0)


def new_id() -> str:
    return f"story-{uuid.uuid4().hex[:10]}"


def stems_of(replies: list[JobReply]) -> list[StemFile]:
    return [reply.stem for reply in replies if isinstance(reply, StemReply) and reply.stem.kind == "stem"]


def begins(stem: StemFile) -> tuple[int, int]:
    """On the session's timeline, from the file alone: where its onset is told, and where it first sounds."""
    samples = np.abs(soundfile.read(stem.path, always_2d=True)[0]).max(axis=1)
    start = WavInfoReader(stem.path).bext.time_reference
    sounding = int(np.argmax(samples > samples.max() * 10 ** (CLEAR / 20)))
    return start + stem.onset_samples, start + sounding


@pytest.mark.parametrize("prompt", ["leather on marble", "leather shoes on marble"])
def test_story_2_footsteps_to_picture(client: Client, engine_home: Path, walk: Path, prompt: str) -> None:
    client.set_session("walk", sample_rate=48_000, frame_rate="25", start_timecode="10:00:00:00")
    spotted = list(client.spot(new_id(), video=str(walk), duration=20.0, session="walk"))
    cues = [reply.cue for reply in spotted if isinstance(reply, CueReply)]
    assert isinstance(spotted[-1], DoneReply)
    assert spotted[-1].cues_count == len(cues)
    found = np.array([cue.start_samples / 48_000 for cue in cues if cue.kind in ("step", "impact")])
    hits = [step for step in STEPS if np.abs(found - step).min() <= 0.05]
    assert len(hits) >= 16
    assert len(found) <= 22
    # The editor moves the markers to where they should be, and asks for the sounds.
    markers = "; ".join(f"{step:.3f}" for step in STEPS)
    folder = engine_home / new_id()
    replies = list(
        client.compose(
            new_id(),
            prompt=prompt,
            video=str(walk),
            duration=20.0,
            markers=markers,
            folder=str(folder),
            track="FOLEY_FEET",
            session="walk",
            position_timecode="10:00:05:00",
            report=True,
        )
    )
    done = replies[-1]
    assert isinstance(done, DoneReply), done
    stems = stems_of(replies)
    assert len(stems) == len(STEPS)
    assert {stem.track for stem in stems} == {"FOLEY_FEET"}
    assert {stem.category for stem in stems} == {"FOLYFeet"}
    expected = [(10 * 3_600 + 5) * 48_000 + round(step * 48_000) for step in STEPS]
    measured = [begins(stem) for stem in stems]
    assert [told for told, _ in measured] == expected
    assert max(abs(heard - told) for told, heard in measured) <= 48, "heard within a millisecond of its cue"
    sounds = [soundfile.read(stem.path)[0] for stem in stems]
    for one, other in pairwise(sounds):
        length = min(len(one), len(other))
        assert np.corrcoef(one[:length], other[:length])[0, 1] < 0.98, "neighbours are alike"
    assert soundfile.info(done.mix_path).frames == 20 * 48_000
    assert Path(done.report).stat().st_size > 10_000
    assert Path(done.cue_sheet).is_file()


SOUNDS = ["a door slams", "glass breaks", "a gunshot", "a heavy metal impact", "a bell", "a dog barks", "a whoosh"]


def night_sheet(path: Path) -> dict[str, tuple[int, str, str]]:
    """40 rows at 29.97 drop and three that are wrong; cue number to (frame, sound, stem)."""
    good: dict[str, tuple[int, str, str]] = {}
    rows = [["Cue", "TC In", "Description", "Stem"]]
    for number in range(40):
        seconds = 2 + 7 * number
        frame = 30 * seconds + 7 * number % 30
        minute = seconds // 60
        frame_count = frame - 2 * (minute - minute // 10)
        code = f"01:{minute:02d}:{seconds % 60:02d};{frame % 30:02d}"
        if code.endswith(("00;00", "00;01")) and minute % 10:
            raise AssertionError("no such timecode")
        sound, stem = SOUNDS[number % len(SOUNDS)], ("FX_A", "FX_B")[number % 2]
        good[f"{number + 1}"] = (frame_count, sound, stem)
        rows.append([f"{number + 1}", code, sound, stem])
    rows.insert(8, ["90", "01:00:61;00", "a door slams", "FX_A"])
    rows.insert(20, ["91", "01:01:00;00", "a door slams", "FX_A"])
    rows.insert(30, ["92", "01:02:10;00", "xqzzy brumph", "FX_A"])
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return good


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_story_3_a_cue_sheet_overnight(tmp_path: Path) -> None:
    """Unattended: 40 items of three takes, on named stems, on their frames; the engine is killed half-way."""
    sheet, folder = tmp_path / "reel 2.csv", tmp_path / "stems"
    good = night_sheet(sheet)
    session = {"sample_rate": 48_000, "frame_rate": "29.97df", "start_timecode": "01:00:00;00"}
    keys = {"cue_sheet": str(sheet), "folder": str(folder), "takes": 3, "session": "reel", "priority": "batch"}
    before: list[StemFile] = []
    with running_engine(tmp_path / "data", tmp_path) as engine, Client(engine.host, engine.port) as client:
        client.set_session("reel", **session)
        for reply in client.compose("night", **keys):
            if isinstance(reply, StemReply):
                before.append(reply.stem)
            if len(before) == 50:
                engine.process.send_signal(signal.SIGKILL)
                break
    with running_engine(tmp_path / "data", tmp_path) as engine, Client(engine.host, engine.port) as client:
        replies = list(client.job("night"))
    done = replies[-1]
    assert isinstance(done, DoneReply), done
    stems = stems_of(replies)
    assert len(stems) == done.stems_count == 3 * 40
    assert {stem.path: stem.sha256 for stem in before if stem.kind == "stem"}.items() <= {
        stem.path: stem.sha256 for stem in stems
    }.items(), "what was finished before stays as it was"
    plan = read_manifest(Path(done.manifest)).plan
    row_of = {event.id: event.cue for event in plan.events}
    assert sorted(row_of.values(), key=int) == sorted(good, key=int)
    for stem in stems:
        frame, _, track = good[row_of[stem.event]]
        assert stem.track == track
        assert begins(stem)[0] == (5 + 2 * (107_892 + frame) * 8_008) // 10, "its frame, since midnight, rounded once"
    told = [reply.sentence for reply in replies if isinstance(reply, WarningReply)]
    for row, reason in ((9, "61"), (21, "dropped"), (31, "xqzzy")):
        assert any(f"{row}" in line and reason in line for line in told), (row, told)
    assert not list(folder.glob(".*")), "nothing partial is left"
    # What the engine says it used can be read again and is the same.
    again = read_sheet(Path(done.cue_sheet), session=Session.read(session), position_samples=plan.position_samples)
    assert [cue.start_samples for cue in again.cues] == [cue.start_samples for cue in plan.cues]
