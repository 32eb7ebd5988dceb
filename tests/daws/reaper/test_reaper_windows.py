"""The windows on screens of any kind: nothing is cut, nothing lies on anything else, clicks meet what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
from reaper_rig import Rig, lua
from window_cases import WINDOWS

NewRig = Callable[..., Rig]
SCREENS = {"one": (1, False), "two on a Mac": (2, True), "two elsewhere": (2, False), "one and a half": (1.5, False)}


class Box(NamedTuple):
    """A text in points."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, new_reaper: NewRig, tmp_path: Path) -> Iterator[Rig]:
    """A REAPER without an engine, on one kind of screen."""
    scale, counts_points = SCREENS[request.param]
    rig = new_reaper(spool=tmp_path / "spool")
    rig.set(os="macOS-arm64" if counts_points else "Win64", no_sockets=True)
    rig.run(f"screen.scale, screen.counts_points = {scale}, {lua(counts_points)}")
    return rig


def texts(rig: Rig) -> list[Box]:
    scale = rig.get("screen.scale")
    return [
        Box(
            one["text"],
            one["x"] / scale,
            one["y"] / scale,
            (one["x"] + rig.get(f"gfx.measurestr({lua(one['text'])})")) / scale,
            (one["y"] + one["size"]) / scale,
        )
        for one in rig.get("list(screen.shown)")
        if one.get("text")
    ]


@pytest.mark.parametrize("name", WINDOWS)
def test_all_that_is_said_is_inside_and_nothing_lies_on_another(screen: Rig, name: str) -> None:
    WINDOWS[name](screen)
    scale = screen.get("screen.scale")
    width, height = screen.get("gfx.w") / scale, screen.get("gfx.h") / scale
    assert 400 < width < 700
    shown = texts(screen)
    assert len(shown) >= 2
    for box in shown:
        assert box.left >= 0
        assert box.right <= width, box
        assert box.bottom <= height - 8, box
    for one, other in combinations(shown, 2):
        apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
        assert apart, (one, other)


def test_a_click_meets_what_is_drawn(screen: Rig) -> None:
    screen.act("Generate")
    screen.run("screen.menu = 2")
    screen.click("No preset")
    assert "Anvil Strike" in screen.window
    screen.click("Cancel")
    assert screen.get("#fake.deferred") == 0


def test_letters_are_as_large_on_every_screen(screen: Rig) -> None:
    screen.act("Generate")
    screen.run("step(1)")
    sizes = [one["size"] / screen.get("screen.scale") for one in screen.get("list(screen.shown)") if "text" in one]
    assert sizes == pytest.approx([15] * len(sizes), abs=0.5)


def test_a_window_stays_where_the_user_put_it(screen: Rig) -> None:
    screen.act("Generate")
    screen.run("screen.left, screen.top = 700, 90")
    screen.press("enter")
    screen.drain()
    assert "no words yet" in screen.window
    assert (screen.get("screen.left"), screen.get("screen.top")) == (700, 90)


def test_more_than_a_window_holds_goes_to_the_console(new_reaper: NewRig, tmp_path: Path) -> None:
    rig = new_reaper(spool=tmp_path / "spool")
    rig.option(engine_command=" ".join(["word"] * 900))
    rig.ask("Generate", "glass breaks")
    rig.run("fake.skew = 3 step(2) fake.skew = 200 step(3)")
    assert "all of it is in the console" in rig.window
    assert len(rig.window.split("\n")) < 30
    assert "cuewright doctor" in rig.get("fake.console[1]")
