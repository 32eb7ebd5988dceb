"""Every action that asks the engine, over both transports, with an engine that wants a token."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from reaper_rig import Rig, lua

from engine.cli.process import EngineProcess, running_engine

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "video"))
from footage import write_video
from strikes import Hammer

TOKEN = "open sesame"
HITS = [1.0, 2.2, 3.6]


@pytest.fixture(scope="module")
def guarded(engine_home: Path) -> Iterator[tuple[EngineProcess, Path]]:
    """An engine that wants the token, and its spool folder."""
    home = engine_home / f"guarded-{uuid.uuid4().hex[:6]}"
    with running_engine(home / "data", engine_home, environment={"CUEWRIGHT_TOKEN": TOKEN}) as engine:
        yield engine, home / "data" / "spool"


@pytest.fixture(params=["spool", "udp"])
def reaper(request: pytest.FixtureRequest, new_reaper: Callable[..., Rig], guarded: tuple[EngineProcess, Path]) -> Rig:
    engine, spool = guarded
    rig = new_reaper(spool=spool)
    rig.set(no_sockets=request.param == "spool")
    rig.option(transport=request.param, port=engine.port, token=TOKEN, takes=1)
    return rig


@pytest.fixture(scope="module")
def hammer(engine_home: Path) -> Path:
    return write_video(engine_home / "guarded-hammer.mp4", Hammer(HITS).draw, seconds=5.0)


def done(rig: Rig, steps: int) -> None:
    """The action came to its end without a word of care, in one step more."""
    assert (rig.boxes, rig.window) == ([], "")
    assert len(rig.undo_names) == steps


def test_words_takes_and_edits(reaper: Rig) -> None:
    reaper.do("Generate", "glass breaks")
    done(reaper, 1)
    reaper.run("fake.items()[1].v.B_UISEL = 1")
    reaper.act("More takes")
    reaper.finish()
    done(reaper, 2)
    reaper.do("Edit", "volume gain_db=-6")
    done(reaper, 3)
    (item,) = [item for track in reaper.project["tracks"] for item in track["items"]]
    assert len({take["path"] for take in item["takes"]}) == 3
    assert TOKEN not in str(reaper.project), "the token is not written into the project"


def test_picture_markers_and_the_report(reaper: Rig, hammer: Path) -> None:
    reaper.run(f"fake.lengths[{lua(hammer)}] = 5.0 put('Video', {lua(hammer)}, {lua({'item': {'B_LOOPSRC': 0}})})")
    reaper.act("Spot")
    reaper.finish()
    assert "3 markers were made" in reaper.window
    reaper.press("escape")
    reaper.drain()
    done(reaper, 1)
    assert len(reaper.project["markers"]) == len(HITS)
    reaper.do("Compose", "wooden knocks")
    done(reaper, 2)
    made = [item for track in reaper.project["tracks"] if track["name"] != "Video" for item in track["items"]]
    assert len(made) == len(HITS)
    reaper.act("Open report")
    done(reaper, 2)
    (opened,) = reaper.get("list(fake.ran)")
    assert Path(opened.split('"')[1]).suffix == ".html"


def test_a_late_sound_is_aligned(reaper: Rig, hammer: Path) -> None:
    time = np.arange(12_000) / 48_000
    sound = np.zeros(5 * 48_000)
    for hit in HITS:
        begin = round((hit + 0.2) * 48_000)
        sound[begin : begin + time.size] += 0.4 * np.exp(-time / 0.03) * np.sin(2 * np.pi * 900 * time)
    late = reaper.media / "late.wav"
    soundfile.write(late, sound, 48_000, subtype="PCM_24")
    for path, selected in ((hammer, 0), (late, 1)):
        given = {"item": {"B_LOOPSRC": 0, "B_UISEL": selected}}
        reaper.run(f"fake.lengths[{lua(path)}] = 5.0 put({lua(path.stem)}, {lua(path)}, {lua(given)})")
    reaper.act("Align")
    reaper.finish()
    assert "Synchronisation 0." in reaper.window
    (item,) = reaper.track("late")["items"]
    assert len(item["takes"]) == 2
    assert len(reaper.undo_names) == 1


def test_cancel(reaper: Rig) -> None:
    before = reaper.project
    reaper.option(takes=16)
    reaper.set(selection=[0.0, 240.0])
    reaper.ask("Generate", "night forest ambience")
    reaper.until(lambda: "%" in reaper.window)
    reaper.act("Cancel")
    reaper.finish()
    assert "Cancelled." in reaper.window
    assert (reaper.project, reaper.undo_names) == (before, [])


def test_without_the_token_nothing_is_done_and_it_is_said(reaper: Rig) -> None:
    path = reaper.media / "mine.wav"
    soundfile.write(path, [0.1] * 4_800, 48_000)
    reaper.run(f"put('Mine', {lua(path)}, {{}})")
    before = reaper.project
    for token in ("", "another"):
        reaper.option(token=token)
        reaper.do("Generate", "glass breaks")
        assert "token" in reaper.window
        reaper.press("escape")
        reaper.drain()
    assert (reaper.project, reaper.undo_names) == (before, [])
