"""What goes wrong around REAPER: said in a sentence, nothing of the user's changed, no half-made undo step."""

from __future__ import annotations

import os
import signal
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from reaper_rig import Rig, lua

from engine.cli.process import EngineProcess, running_engine

LONG = "night forest ambience"


def write_tone(path: Path) -> Path:
    soundfile.write(path, 0.1 * np.ones(48_000), 48_000, subtype="PCM_24")
    return path


def put(reaper: Rig, path: Path, **given: Any) -> None:
    reaper.run(f"put('Mine', {lua(path)}, {lua({'item': {'B_UISEL': 1}, **given})})")


@contextmanager
def unchanged(reaper: Rig) -> Iterator[None]:
    """Nothing of the project changes, and no undo step is left."""
    before = reaper.project
    yield
    assert reaper.project == before
    assert reaper.undo_names == []


def said(reaper: Rig, text: str) -> None:
    shown = [*reaper.boxes, reaper.window]  # a window breaks lines, also within a long path
    assert any("".join(text.split()) in "".join(one.split()) for one in shown), shown


@pytest.mark.parametrize("action", ["Edit", "More takes", "Audition"])
def test_no_selection(reaper: Rig, action: str) -> None:
    with unchanged(reaper):
        reaper.act(action)
        said(reaper, "No item is selected")


def test_more_takes_of_what_is_not_ours(reaper: Rig) -> None:
    put(reaper, write_tone(reaper.media / "mine.wav"))
    with unchanged(reaper):
        reaper.act("More takes")
        said(reaper, "was not made by Cuewright")


@pytest.mark.parametrize(("action", "text"), [("Spot", "no video under"), ("Compose", "nothing to compose to")])
def test_no_video_under_the_selection(reaper: Rig, action: str, text: str) -> None:
    put(reaper, write_tone(reaper.media / "mine.wav"))
    with unchanged(reaper):
        reaper.act(action)
        said(reaper, text)
        reaper.set(selection=[0.0, 1.0])
        reaper.act(action)
        said(reaper, "no video under")


def test_a_selection_beside_the_item(reaper: Rig) -> None:
    put(reaper, write_tone(reaper.media / "mine.wav"))
    reaper.set(selection=[20.0, 21.0])
    with unchanged(reaper):
        reaper.act("Edit")
        said(reaper, "beside")


@pytest.mark.parametrize("action", ["Edit", "Audition"])
def test_offline_media(reaper: Rig, action: str) -> None:
    path = write_tone(reaper.media / "mine.wav")
    put(reaper, path)
    reaper.run(f"fake.offline[{lua(path)}] = true")
    with unchanged(reaper):
        reaper.act(action)
        said(reaper, "offline or missing")


def test_no_report_and_nothing_to_cancel(reaper: Rig) -> None:
    reaper.act("Open report")
    reaper.act("Cancel")
    assert [box.split(".")[0] for box in reaper.boxes] == [
        'There is no report yet: "Compose to picture" writes one',
        "Nothing is under way",
    ]


@pytest.mark.parametrize("answer", [1, 2])
def test_an_unsaved_project(new_reaper: Callable[..., Rig], running: EngineProcess, answer: int) -> None:
    """OK takes REAPER's own media folder, Cancel leaves everything as it is."""
    rig = new_reaper(saved=False)
    rig.set(answers=[answer], no_sockets=True)
    rig.act("Generate")
    said(rig, "not saved yet")
    assert str(rig.media) in rig.boxes[0]
    if answer == 2:
        assert rig.window == ""
        assert rig.project["tracks"] == []
        return
    rig.type("glass breaks")
    rig.press("enter")
    rig.drain()
    rig.finish()
    assert list(rig.media.glob("Cuewright/*.wav"))
    assert len(rig.undo_names) == 1


def test_a_project_folder_that_cannot_be_written(reaper: Rig) -> None:
    (reaper.media / "Cuewright").write_text("a file where the folder should be")
    with unchanged(reaper):
        reaper.do("Generate", "glass breaks")
        said(reaper, "Cuewright")
        assert "Close" in reaper.window


def test_a_folder_beyond_the_engines_roots(reaper: Rig, tmp_path: Path) -> None:
    reaper.set(folder=tmp_path)
    with unchanged(reaper):
        reaper.do("Generate", "glass breaks")
        said(reaper, str(tmp_path))


def test_a_request_that_is_refused(reaper: Rig) -> None:
    with unchanged(reaper):
        reaper.do("Generate", "qwertz uiop asdf")
        assert "Close" in reaper.window
        assert len(reaper.window) > 20


@pytest.mark.parametrize(
    ("keys", "text"), [(["enter"], "no words yet"), (["a", "tab", "x", "enter"], "Takes is a whole")]
)
def test_a_form_that_is_not_right_stays_open(reaper: Rig, keys: list[str], text: str) -> None:
    with unchanged(reaper):
        reaper.act("Generate")
        for key in keys:
            reaper.press(key) if len(key) > 1 else reaper.type(key)
        reaper.drain()
        said(reaper, text)
        reaper.press("escape")
        reaper.drain()
        assert reaper.get("#fake.deferred") == 0


def test_a_stem_that_is_deleted_before_it_is_placed(reaper: Rig) -> None:
    with unchanged(reaper):
        reaper.run("front = fake.object('ReaProject', {})")
        reaper.ask("Generate", "glass breaks")
        reaper.run("fake.active, front = front, fake.active")
        reaper.until(lambda: "Go back" in reaper.window)
        for path in reaper.media.glob("Cuewright/*.wav"):
            path.unlink()
        reaper.run("fake.active, front = front, fake.active")
        reaper.finish()
        said(reaper, "gone or cannot be read")


def test_a_project_in_front_that_did_not_ask_is_left_alone(reaper: Rig) -> None:
    reaper.run("front = fake.object('ReaProject', {})")
    reaper.ask("Generate", "glass breaks")
    reaper.run("fake.active, front = front, fake.active")
    with unchanged(reaper):
        reaper.until(lambda: "Go back" in reaper.window)
    reaper.run("fake.active, front = front, fake.active")
    reaper.finish()
    assert len(reaper.project["tracks"]) == 2
    reaper.ask("Generate", "glass breaks")
    reaper.run("fake.active, front, fake.closed = front, fake.active, true")
    reaper.finish()
    said(reaper, "The project was closed")


def test_a_track_name_that_is_taken(reaper: Rig) -> None:
    reaper.option(takes=1)
    reaper.do("Generate", "heavy oak door slam")
    name = reaper.project["tracks"][1]["name"]
    reaper.undo()
    reaper.run(f"add_track({lua(name)})")
    reaper.do("Generate", "heavy oak door slam")
    said(reaper, "A track of yours is named")
    assert reaper.track(name)["items"] == []
    assert len(reaper.track(f"{name} (2)")["items"]) == 1
    reaper.press("escape")
    reaper.drain()
    reaper.do("Generate", "heavy oak door slam")
    assert len(reaper.track(f"{name} (2)")["items"]) == 2, "ours is found again"


def test_a_step_that_reaper_refuses_is_taken_back_whole(reaper: Rig) -> None:
    with unchanged(reaper):
        reaper.set(refuses="D_FADEOUTLEN")
        reaper.do("Generate", "glass breaks")
        said(reaper, "REAPER refuses")


def test_an_item_that_is_gone_when_its_edit_comes(reaper: Rig) -> None:
    put(reaper, write_tone(reaper.media / "mine.wav"))
    reaper.ask("Edit", "volume gain_db=-6")
    reaper.run("fake.project.tracks[1].items = {}")
    reaper.finish()
    said(reaper, "The item is gone")
    assert len(reaper.undo_names) == 1


def test_cancel_from_its_own_action_and_from_the_window(reaper: Rig) -> None:
    for how in ("action", "window"):
        with unchanged(reaper):
            reaper.option(takes=16)
            reaper.set(selection=[0.0, 240.0])
            reaper.ask("Generate", LONG)
            reaper.until(lambda: "%" in reaper.window)
            reaper.act("Cancel") if how == "action" else reaper.press("escape")
            reaper.finish()
            said(reaper, "Cancelled.")
            reaper.press("escape")
            reaper.drain()


def nobody() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        return int(silent.getsockname()[1])


@pytest.mark.parametrize("transport", ["spool", "udp"])
def test_no_engine(new_reaper: Callable[..., Rig], tmp_path: Path, transport: str) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    rig = new_reaper(spool=spool)
    rig.option(transport=transport, port=nobody())
    with unchanged(rig):
        rig.ask("Generate", "glass breaks")
        rig.until(lambda: "Asking the engine" in rig.window)
        rig.set(skew=7)
        rig.finish()
        said(rig, "No engine answers")
        said(rig, "cuewright serve")
    assert list(spool.iterdir()) == [], "what was asked is taken back"


def test_udp_without_luasocket(reaper: Rig) -> None:
    reaper.option(transport="udp")
    with unchanged(reaper):
        reaper.do("Generate", "glass breaks")
        said(reaper, "LuaSocket")


def test_an_engine_that_does_not_start(new_reaper: Callable[..., Rig], tmp_path: Path) -> None:
    rig = new_reaper(spool=tmp_path / "spool")
    rig.option(engine_command="/nowhere/cuewright serve")
    with unchanged(rig):
        rig.ask("Generate", "glass breaks")
        rig.set(skew=3)
        rig.until(lambda: "Starting the engine" in rig.window)
        rig.set(skew=100)
        rig.finish()
        said(rig, "does not start")
    assert rig.get("list(fake.ran)") == ["/nowhere/cuewright serve"]


def test_an_engine_that_is_not_running_is_started(new_reaper: Callable[..., Rig], engine_home: Path) -> None:
    home = engine_home / f"started-{uuid.uuid4().hex[:6]}"
    home.mkdir()
    rig = new_reaper(spool=home / "data" / "spool")
    command = (
        f"env CUEWRIGHT_DATA_FOLDER={home / 'data'} {sys.executable} -m engine serve --port 0 --root {engine_home}"
    )
    pids = home / "pids"
    rig.set(runs=pids, no_sockets=True)
    rig.option(engine_command=command, takes=1)
    try:
        rig.do("Generate", "glass breaks")
        assert rig.get("list(fake.ran)") == [command]
        assert len(rig.undo_names) == 1
    finally:
        for pid in pids.read_text().split():
            os.kill(int(pid), signal.SIGTERM)


def test_cancel_of_a_job_whose_engine_dies(new_reaper: Callable[..., Rig], engine_home: Path) -> None:
    """It hears no cancel, and none answers: the job ends here, and no other engine takes it up."""
    home = engine_home / f"died-{uuid.uuid4().hex[:6]}"
    rig = new_reaper(spool=home / "data" / "spool")
    rig.set(no_sockets=True, selection=[0.0, 240.0])
    with running_engine(home / "data", engine_home) as engine, unchanged(rig):
        rig.ask("Generate", LONG)
        rig.until(lambda: "%" in rig.window)
        assert rig.get("fake.focus") == 1, "keys are REAPER's while it works"
        engine.process.kill()
        engine.process.wait(10)
        rig.press("escape")
        rig.drain()
        assert "Cancelling" in rig.window
        rig.set(skew=13)
        rig.finish()
        said(rig, "Cancelled.")
    assert not [path for path in (home / "data" / "spool").glob("*.osc") if "cancel" not in path.name]


def test_an_engine_that_is_killed_mid_job(new_reaper: Callable[..., Rig], engine_home: Path) -> None:
    home = engine_home / f"killed-{uuid.uuid4().hex[:6]}"
    rig = new_reaper(spool=home / "data" / "spool")
    rig.set(no_sockets=True, selection=[0.0, 30.0])
    rig.option(takes=4)
    with running_engine(home / "data", engine_home) as first:
        rig.ask("Generate", LONG)
        rig.until(lambda: "%" in rig.window)
        first.process.kill()
        first.process.wait(10)
        with unchanged(rig):
            rig.set(skew=13)
            rig.until(lambda: "goes on" in rig.window)
    with running_engine(home / "data", engine_home):
        rig.finish(120)
    (item,) = [item for track in rig.project["tracks"] for item in track["items"]]
    assert len(item["takes"]) == 4
    assert len(rig.undo_names) == 1
    (manifest,) = rig.media.glob("Cuewright/*.cuewright.json")
    assert item["texts"]["P_EXT:cuewright_job"] in manifest.name, "the same job"
