"""The scripts' windows in every state that is hard to lay out, for a test to measure and a picture to show."""

from __future__ import annotations

from collections.abc import Callable

from reaper_rig import Rig


def _prompt(rig: Rig) -> None:
    rig.run("add_track('FX_DOOR').v.I_SELECTED = 1")
    rig.act("Generate")
    rig.type("heavy oak door slam, dry")
    rig.drain()


def _refused(rig: Rig) -> None:
    rig.act("Generate")
    rig.type("glass breaks")
    rig.press("tab")
    rig.type(" and then some more that is no number at all" * 5)
    rig.press("enter")
    rig.drain()


def _long(rig: Rig) -> None:
    rig.act("Generate")
    rig.type("a long sentence that goes on and on " * 6)
    rig.press("shift left", "shift left", "shift left", "shift left", "shift left", "shift left")
    rig.drain()


def _compose(rig: Rig) -> None:
    rig.run("fake.lengths['/reel 2.mov'] = 60.0 put('Video', '/reel 2.mov', {}) fake.selection = { 1.0, 20.0 }")
    rig.run("table.insert(fake.project.markers, { position = 2.0, name = '', region = false, index = 1 })")
    rig.run(
        "local exists = fake.work.file_exists function fake.work.file_exists(path) "
        "return path == '/reel 2.mov' or exists(path) end"
    )
    rig.act("Compose")
    rig.type("leather shoes on marble")
    rig.drain()


def _under_way(rig: Rig) -> None:
    rig.ask("Generate", "glass breaks")
    rig.run("fake.skew = 3 step(3)")


def _told(rig: Rig) -> None:
    folder = "/Volumes/Reels/A very long name of a project/with_no_spaces_" + "at_all_" * 40
    rig.option(engine_command=f"'{folder}/cuewright' serve")
    rig.ask("Generate", "glass breaks")
    rig.run("fake.skew = 3 step(2) fake.skew = 200 step(3)")


WINDOWS: dict[str, Callable[[Rig], None]] = {
    "prompt": _prompt,
    "refused": _refused,
    "long": _long,
    "compose": _compose,
    "progress": _under_way,
    "told": _told,
}
