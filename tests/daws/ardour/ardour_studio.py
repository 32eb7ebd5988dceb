"""What the tests of the real Ardour stand on: its session as a test sees it, and what a user does with it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from engine.cli.daws.ardour import ACTIONS
from engine.cli.process import EngineProcess
from engine.evaluation.physics_clips import PhysicsClip
from engine.protocol.client import Client

sys.path.insert(0, str(Path(__file__).parent))

import real

CURSOR_SAMPLES = 6_270_264
"""01:02:10:12 at 23.976 in a session that starts at 01:00:00:00, at 48 kHz."""
TOKEN = "open sesame"
OPENER = """#!/bin/sh
printf %s "$1" > "{folder}/opened.part" && mv "{folder}/opened.part" "{folder}/opened"
"""
"""In place of a browser."""
NUMBERS = {action.name: f"LuaAction/script-{number}" for number, action in enumerate(ACTIONS, 1)}
REGIONS = """
local lines = {}
for route in Session:get_tracks():iter() do
  for region in route:to_track():playlist():region_list():iter() do
    local path = region:source(0):to_filesource():path()
    lines[#lines + 1] = table.concat({ route:name(), region:name(), region:position():samples(),
      region:start():samples(), region:length():samples(), tostring(region:muted()), path }, "\\t")
  end
end
return table.concat(lines, "\\n")
"""
MARKERS = """
local lines = {}
for mark in Session:locations():list():iter() do
  if mark:is_mark() then lines[#lines + 1] = mark:name() .. "\\t" .. mark:start():samples() end
end
return table.concat(lines, "\\n")
"""


@dataclass(frozen=True, kw_only=True)
class Region:
    """One that lies on a track."""

    track: str
    name: str
    position_samples: int
    offset_samples: int
    length_samples: int
    muted: bool
    path: Path


@dataclass(kw_only=True)
class Studio:
    """Ardour, its session, and the engine it asks."""

    folder: Path
    ardour: real.Ardour
    engine: EngineProcess
    clip: PhysicsClip

    def regions(self) -> list[Region]:
        rows = [line.split("\t") for line in self.ardour.ask(REGIONS).splitlines()]
        return [
            Region(
                track=row[0],
                name=row[1],
                position_samples=int(row[2]),
                offset_samples=int(row[3]),
                length_samples=int(row[4]),
                muted=row[5] == "true",
                path=Path(row[6]),
            )
            for row in rows
        ]

    def when(self, what: str, look: Callable[[list[Region]], bool]) -> list[Region]:
        """The regions, once they are as wanted."""
        (found,) = real.wait_for(what, lambda: (now,) if look(now := self.regions()) else None)
        return found

    def tracks(self) -> list[str]:
        names = "local names = {} for one in Session:get_tracks():iter() do names[#names + 1] = one:name() end "
        return self.ardour.ask(names + 'return table.concat(names, "\\t")').split("\t")

    def markers(self) -> list[str]:
        """Name and sample of each."""
        return self.ardour.ask(MARKERS).splitlines()

    def saved(self, name: str) -> dict[str, str]:
        """What is on the timeline and the tracks, as Ardour saves it under that name beside the session."""
        self.ardour.ask(f'Session:save_state("{name}", false, false, false)')
        root = ElementTree.parse(self.folder / "reel" / f"{name}.ardour").getroot()
        return {
            name: ElementTree.tostring(found).decode()
            for name in ("Locations", "Routes", "Playlists", "TempoMap")
            if (found := root.find(name)) is not None
        }

    def undo(self, times: int = 1) -> None:
        self.ardour.ask(f"Editor:undo({times})")

    def redo(self, times: int = 1) -> None:
        self.ardour.ask(f"Editor:redo({times})")

    def order(self, *jobs: str) -> None:
        """Leave orders for the hook in one breath, as Lua tables."""
        (left,) = (self.folder / "data" / "spool").glob("ardour-*.last")
        left.with_suffix(".part").write_text("".join(f"{job}\n" for job in jobs), encoding="utf-8")
        left.with_suffix(".part").rename(left.with_suffix(".orders"))

    def locate(self, sample: int) -> None:
        self.ardour.ask(
            f"Session:request_locate({sample}, false, ARDOUR.LocateTransportDisposition.MustStop, "
            "ARDOUR.TransportRequestSource.TRS_UI)"
        )
        there = "return tostring(Session:transport_sample())"
        real.wait_for("the playhead", lambda: self.ardour.ask(there) == str(sample) or None)

    def open(self, action: str) -> str:
        """The dialog of an action; its title."""
        self.ardour.act(NUMBERS[action])
        title = f"Cuewright: {action}"
        self.ardour.window(title)
        return title

    def generate(self, prompt: str, *, takes: int = 1, track: str = "") -> float:
        """Ask for sounds; the moment of OK, in seconds of the monotonic clock."""
        title = self.open("Generate")
        for number, text in enumerate((prompt, str(takes), track)):
            if number:
                self.ardour.keys("key", "Tab")
            self.ardour.write(text) if text else self.ardour.keys("key", "ctrl+a", "Delete")
        asked = time.monotonic()
        self.ardour.confirm(title)
        return asked

    def manifest(self, region: Region) -> dict[str, Any]:
        """What was written of the job that made it."""
        read = (json.loads(path.read_bytes()) for path in region.path.parent.glob("*.cuewright.json"))
        names = ((one, {Path(stem["path"]).name for stem in one["stems"]}) for one in read)
        found: dict[str, Any] = next(one for one, files in names if region.path.name in files)
        return found

    def rendering(self) -> None:
        """Wait until the engine is in the middle of a job."""
        with Client(self.engine.host, self.engine.port, token=TOKEN) as client:
            real.wait_for("the rendering", lambda: client.status().running or None)

    def onset_samples(self, region: Region) -> int:
        """On the timeline: what the manifest beside the file says, held against the file itself."""
        told: int = next(
            stem["onset_samples"]
            for stem in self.manifest(region)["stems"]
            if Path(stem["path"]).name == region.path.name
        )
        return region.position_samples + told - region.offset_samples
