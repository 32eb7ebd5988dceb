"""What may happen around an action while it is under way: other tabs, locks, items that go, windows of any size."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from reaper_rig import Rig, lua

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "video"))
from footage import write_video
from strikes import Hammer

RATE = 48_000
SECONDS = 2.0


def write_tone(path: Path, seconds: float = SECONDS) -> Path:
    soundfile.write(path, 0.1 * np.sin(np.arange(round(seconds * RATE)) / 20), RATE, subtype="PCM_24")
    return path


@pytest.fixture
def mine(reaper: Rig) -> Rig:
    """A REAPER in which an item of the user's is selected."""
    put(reaper)
    return reaper


def put(reaper: Rig, **given: Any) -> None:
    path = write_tone(reaper.media / "mine.wav")
    reaper.run(f"put('Mine', {lua(path)}, {lua({'item': {'B_UISEL': 1}, **given})})")


def other_tab(reaper: Rig) -> None:
    """To another project and, the second time, back again."""
    reaper.run("front = front or fake.object('ReaProject', {}) fake.active, front = front, fake.active")


@pytest.mark.parametrize("imgui", [False, True], ids=["gfx", "ReaImGui"])
def test_go_in_another_project_than_that_of_the_window_does_nothing(reaper: Rig, imgui: bool) -> None:
    if imgui:
        reaper.run("imgui.install()")
    reaper.act("Generate")
    other_tab(reaper)

    def go() -> None:
        if imgui:
            reaper.run("imgui.typed['What should be heard'], imgui.enter = 'glass breaks', true step(2)")
        else:
            reaper.type("glass breaks" if "glass" not in reaper.window else "")
            reaper.press("enter")
            reaper.drain()

    def shown() -> str:
        return " ".join(reaper.get("list(imgui.shown)")) if imgui else reaper.window.replace("\n", " ")

    go()
    assert "Another project is in front" in shown()
    assert reaper.project["tracks"] == []
    other_tab(reaper)
    go()
    reaper.finish()
    assert len(reaper.undo_names) == 1


def test_go_when_the_project_of_the_window_is_closed(reaper: Rig) -> None:
    reaper.act("Generate")
    reaper.type("glass breaks")
    reaper.set(closed=True)
    reaper.press("enter")
    reaper.drain()
    assert "is closed: close this window" in reaper.window.replace("\n", " ")


@pytest.mark.parametrize("action", ["Edit", "Align"])
def test_a_locked_item_is_left_alone(reaper: Rig, action: str) -> None:
    put(reaper, item={"B_UISEL": 1, "C_LOCK": 1.0})
    before = reaper.project
    reaper.act(action)
    assert "is locked: unlock it" in reaper.boxes[0]
    assert reaper.project == before


def test_more_takes_leave_a_locked_item_alone(reaper: Rig) -> None:
    reaper.option(takes=1)
    reaper.do("Generate", "glass breaks")
    reaper.run("local item = fake.items()[1] item.v.B_UISEL, item.v.C_LOCK = 1, 1.0")
    reaper.act("More takes")
    assert "is locked: unlock it" in reaper.boxes[0]


def test_an_item_that_is_removed_while_the_window_is_open(mine: Rig) -> None:
    mine.act("Edit")
    mine.type("volume gain_db=-6")
    mine.run("fake.project.tracks[1].items = {}")
    mine.press("enter")
    mine.drain()
    mine.finish()
    assert "was removed" in mine.window
    assert mine.undo_names == []


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        ("fake.project.tracks[1].items = {}", "was changed or removed while it was read"),
        ("fake.closed = true", "The project was closed"),
        ("reaper.SetExtState('Cuewright', 'cancel', '1e12', false)", "Cancelled."),
    ],
)
def test_what_happens_while_an_item_is_read(reaper: Rig, happens: str, told: str) -> None:
    """Read a block a cycle, since it is stretched; nothing is left open, no half of a file either."""
    put(reaper, stretch=2)
    reaper.ask("Edit", "volume gain_db=-6")
    reaper.until(lambda: "Reading" in reaper.window)
    reaper.run(happens)
    reaper.finish()
    assert told in reaper.window.replace("\n", " ")
    assert (reaper.get("fake.accessors"), reaper.undo_names) == (0, [])
    assert list(reaper.media.glob("Cuewright/*")) == []


def test_an_item_is_read_also_while_another_project_is_in_front(reaper: Rig) -> None:
    put(reaper, stretch=2)
    reaper.ask("Edit", "volume gain_db=-6")
    reaper.until(lambda: "Reading" in reaper.window)
    other_tab(reaper)
    reaper.until(lambda: "Go back" in reaper.window)
    other_tab(reaper)
    reaper.finish()
    assert [len(item["takes"]) for item in reaper.track("Mine")["items"]] == [2]


def test_a_copy_that_cannot_be_written(reaper: Rig) -> None:
    put(reaper, stretch=2)
    (reaper.media / "Cuewright").write_text("a file where the folder should be")
    reaper.do("Edit", "volume gain_db=-6")
    assert "see whether the project's folder may be written" in reaper.window.replace("\n", " ")
    assert reaper.undo_names == []


@pytest.mark.parametrize("field", ["fx", "envelopes"])
def test_effects_and_envelopes_of_a_take_are_told_of(mine: Rig, field: str) -> None:
    mine.run(f"fake.items()[1].takes[1].{field} = 1")
    mine.do("Edit", "volume gain_db=-6")
    assert "effects or envelopes of its own" in mine.window.replace("\n", " ")


def test_more_takes_of_one_that_plays_faster(reaper: Rig) -> None:
    """Heard at the same place: the onset counts at the rate at which it plays."""
    reaper.option(takes=1)
    reaper.do("Generate", "heavy oak door slam")
    reaper.run("local item = fake.items()[1] item.v.B_UISEL = 1 item.takes[1].v.D_PLAYRATE = 2.0")
    reaper.act("More takes")
    reaper.finish()
    (item,) = [item for track in reaper.project["tracks"] for item in track["items"]]

    def onset(take: Any) -> float:
        into = float(take["texts"]["P_EXT:cuewright_onset_seconds"]) - take["values"]["D_STARTOFFS"]
        return into / float(take["values"]["D_PLAYRATE"])

    first, second = item["takes"]
    assert onset(second) == pytest.approx(onset(first), abs=1e-6)


def test_an_undo_after_a_failure_never_takes_back_an_earlier_step(reaper: Rig) -> None:
    """Also where it has the same name, and REAPER kept no step of what failed."""
    reaper.option(takes=1)
    reaper.do("Generate", "glass breaks")
    before = reaper.project
    reaper.run("close = fake.work.Undo_EndBlock2")
    reaper.run("function fake.work.Undo_EndBlock2(project, name) close(project, name, 0) end")
    reaper.set(refuses="InsertTrackAtIndex")
    reaper.run("fake.project.tracks[2].s = { P_NAME = 'another' }")
    before["tracks"][1] |= {"name": "another", "texts": {"P_NAME": "another"}}
    reaper.do("Generate", "glass breaks")
    assert "REAPER refuses" in reaper.window
    assert (reaper.project, len(reaper.undo_names)) == (before, 1)


def test_spot_again_makes_no_marker_twice(reaper: Rig, engine_home: Path) -> None:
    def spot(name: str, hits: list[float]) -> str:
        path = write_video(engine_home / name, Hammer(hits).draw, seconds=2.5)
        reaper.run(f"fake.project.tracks = {{}} fake.lengths[{lua(path)}] = 2.5")
        reaper.run(f"put('Video', {lua(path)}, {lua({'item': {'B_LOOPSRC': 0}})})")
        reaper.act("Spot")
        reaper.finish()
        said = reaper.window.replace("\n", " ")
        reaper.press("escape")
        reaper.drain()
        return said

    assert "No moment was found" in spot("care-still.mp4", [])
    assert "1 markers were made" in spot("care-hit.mp4", [1.2])
    assert "are there already" in spot("care-hit.mp4", [1.2])
    assert reaper.undo_names == ["Cuewright: Spot picture"]
