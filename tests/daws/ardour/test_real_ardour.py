"""Prompt to exported audio in the real Ardour: its dialogs, its tracks, its undo, its export.

One Ardour serves the whole file, and the tests go on from one another as a session does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from engine.cli.daws.ardour import ACTIONS, HOOK, bundle
from engine.cli.daws.scripts import SOURCE
from engine.cli.process import EngineProcess, running_engine
from engine.evaluation.physics_clips import PhysicsClip, clips

sys.path.insert(0, str(Path(__file__).parent))

import real

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]

CURSOR_SAMPLES = 6_270_264
"""01:02:10:12 at 23.976 in a session that starts at 01:00:00:00, at 48 kHz."""
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

    def generate(self, prompt: str, *, takes: int = 1, track: str = "") -> None:
        title = self.open("Generate")
        for number, text in enumerate((prompt, str(takes), track)):
            if number:
                self.ardour.keys("key", "Tab")
            self.ardour.write(text) if text else self.ardour.keys("key", "ctrl+a", "Delete")
        self.ardour.confirm(title)

    def onset_samples(self, region: Region) -> int:
        """On the timeline: what the manifest beside the file says, held against the file itself."""
        told: int = next(
            stem["onset_samples"]
            for manifest in region.path.parent.glob("*.cuewright.json")
            for stem in json.loads(manifest.read_bytes())["stems"]
            if Path(stem["path"]).name == region.path.name
        )
        return region.position_samples + told - region.offset_samples


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, foreign: Callable[[str], str]) -> Iterator[Studio]:
    for program in ("ardour", "ardour7-lua", "Xvfb", "xdotool"):
        foreign(program)
    folder = tmp_path_factory.mktemp("a")
    home = folder / "home"
    spool = (folder / "data" / "spool").as_posix()
    texts = bundle(SOURCE, f'return {{ spool = "{spool}", engine = {{}}, opener = "true" }}\n')
    with running_engine(folder / "data", folder) as engine, real.display() as shown:
        environment = real.environment_of(home, shown)
        actions = {f"Cuewright: {action.name}": texts[action.file] for action in ACTIONS}
        real.configure(home, actions, {"asked": real.asking_hook(folder), "Cuewright": texts[HOOK]})
        session = real.make_session(folder, "reel", environment)
        with real.running(session, folder, environment) as ardour:
            clip = next(iter(clips(1, folder, 3)))
            yield Studio(folder=folder, ardour=ardour, engine=engine, clip=clip)


def sections(path: Path) -> dict[str, str]:
    """Of a saved session, what is on the timeline and the tracks."""
    root = ElementTree.parse(path).getroot()
    return {
        name: ElementTree.tostring(found).decode()
        for name in ("Locations", "Routes", "Playlists", "TempoMap")
        if (found := root.find(name)) is not None
    }


def saved(studio: Studio, name: str) -> dict[str, str]:
    studio.ardour.ask(f'Session:save_state("{name}", false, false, false)')
    return sections(studio.folder / "reel" / f"{name}.ardour")


def test_story_1_four_takes_with_their_onset_at_the_cursor(studio: Studio) -> None:
    studio.ardour.ask(
        "local config = Session:cfg() config:set_timecode_format(Timecode.TimecodeFormat.TC23976) "
        "config:set_timecode_offset_negative(false) config:set_timecode_offset(172972800)"
    )
    studio.locate(CURSOR_SAMPLES)
    before = saved(studio, "before")
    studio.generate("heavy oak door slam, dry", takes=4, track="FX_DOOR")
    regions = studio.when("four takes", lambda now: len(now) == 4)
    assert {region.track for region in regions} == {"FX_DOOR"}
    assert sorted(region.muted for region in regions) == [False, True, True, True]
    assert all(region.path.name.startswith("DOORWood_") for region in regions)
    assert all(region.path.is_relative_to(studio.folder / "reel") for region in regions)
    for region in regions:
        assert studio.onset_samples(region) == CURSOR_SAMPLES
        sound, rate = soundfile.read(region.path, always_2d=True)
        heard = int(np.argmax(np.abs(sound).max(1) > 0.02 * np.abs(sound).max()))
        assert abs(region.position_samples + heard - CURSOR_SAMPLES) <= rate // 1000
    studio.ardour.act("Editor/undo")
    studio.when("undo", lambda now: now == [])
    assert saved(studio, "after") == before
    studio.ardour.act("Editor/redo")
    assert sorted(map(str, studio.when("redo", lambda now: len(now) == 4))) == sorted(map(str, regions))


def test_a_picture_is_spotted_as_markers_and_composed_to(studio: Studio) -> None:
    title = studio.open("Spot picture")
    studio.ardour.choose(studio.clip.path)
    studio.ardour.keys("key", "Tab", "space")  # the picture begins at the position
    studio.ardour.confirm(title)
    lines = real.wait_for("markers", lambda: studio.ardour.ask(MARKERS).splitlines() or None)
    at = [int(line.split("\t")[1]) - CURSOR_SAMPLES for line in lines]
    assert len(at) == len(studio.clip.onsets_seconds)
    assert np.abs(np.array(at) / 48_000 - studio.clip.onsets_seconds).max() < 0.05
    assert {line.split("\t")[0] for line in lines} == {"impact"}

    title = studio.open("Compose to picture")  # which it remembers
    studio.ardour.keys("key", "Tab")
    studio.ardour.write("wooden knocks")
    studio.ardour.keys("key", "Tab", "space")
    studio.ardour.confirm(title)
    regions = studio.when("a knock on each", lambda now: len(now) == 4 + len(at))
    knocks = [region for region in regions if region.track != "FX_DOOR"]
    assert sorted(studio.onset_samples(knock) - CURSOR_SAMPLES for knock in knocks) == at
    studio.ardour.act("Editor/undo")
    studio.when("undo", lambda now: len(now) == 4)
    studio.ardour.act("Editor/redo")
    studio.when("redo", lambda now: len(now) == 4 + len(at))


def test_a_selected_region_is_edited_beside_itself(studio: Studio) -> None:
    before = studio.regions()
    loudest = next(region for region in before if region.track == "FX_DOOR" and not region.muted)
    original = loudest.path.read_bytes()
    studio.ardour.ask(
        "local list = ArdourUI.SelectionList() "
        'for region in Session:route_by_name("FX_DOOR"):to_track():playlist():region_list():iter() do '
        "if not region:muted() then list:push_back(Editor:regionview_from_region(region)) end end "
        "Editor:set_selection(list, ArdourUI.SelectionOp.Set)"
    )
    title = studio.open("Edit selected regions")
    studio.ardour.write("6 dB quieter")
    studio.ardour.confirm(title)
    after = studio.when("the edits", lambda now: len(now) == len(before) + 1)
    made = next(region for region in after if region.track == f"{loudest.name} edited")
    assert made.position_samples == loudest.position_samples
    assert made.length_samples == loudest.length_samples
    was, now = (soundfile.read(path, always_2d=True)[0] for path in (loudest.path, made.path))
    assert np.allclose(now, was * 10 ** (-6 / 20), atol=1e-6)
    assert loudest.path.read_bytes() == original
    assert [region for region in after if region in before] == before


def test_what_cannot_be_done_is_said_and_changes_nothing(studio: Studio) -> None:
    before = studio.regions()
    studio.ardour.act("Editor/select-none")
    studio.ardour.act(NUMBERS["Edit selected regions"])
    studio.ardour.close("Cuewright: nothing is selected")
    studio.ardour.act(NUMBERS["Open report"])
    studio.ardour.close("Cuewright: there is no report")

    studio.generate("zzqx vvkw")
    studio.ardour.close("Cuewright: it could not be done")
    assert studio.regions() == before


def test_a_file_that_goes_away_before_it_is_placed_is_said(studio: Studio) -> None:
    before = studio.regions()
    stems = studio.folder / "reel" / "cuewright"
    # Asked in one breath: while the message about the first is open, nothing of the second is placed.
    asked = "".join(
        f'{{id="{name}",verb="generate",keys={{prompt="{prompt}",folder="{stems}",mix=false}},'
        f'about={{words="{prompt}",session="x",folder="{stems}"}}}}\n'
        for name, prompt in (("goes-1", "zzqx vvkw"), ("goes-2", "rain for 120 seconds"))
    )
    (left,) = (studio.folder / "data" / "spool").glob("ardour-*.last")
    left.with_suffix(".part").write_text(asked, encoding="utf-8")
    left.with_suffix(".part").rename(left.with_suffix(".orders"))
    studio.ardour.window("Cuewright: it could not be done")
    real.wait_for("the rain", lambda: next(stems.glob("goes-2*.json"), None))
    for rain in stems.glob("RAIN*"):
        rain.unlink()
    studio.ardour.close("Cuewright: it could not be done")
    studio.ardour.close("Cuewright: the result could not be placed")
    assert studio.regions() == before


def test_an_engine_that_dies_is_waited_for(studio: Studio) -> None:
    before = studio.regions()
    studio.engine.process.kill()
    studio.engine.process.wait(20)
    studio.generate("three knocks on wood", track="Knocks")
    studio.ardour.close("Cuewright: the engine does not answer")
    with running_engine(studio.folder / "data", studio.folder):
        studio.when("the knocks", lambda now: len([one for one in now if one.track == "Knocks"]) == 3)
    assert len(studio.regions()) == len(before) + 3


def test_the_session_is_saved_and_its_export_has_every_onset(studio: Studio) -> None:
    regions = studio.regions()
    studio.ardour.ask('Session:save_state("")')
    studio.ardour.act("Common/Quit")
    studio.ardour.process.wait(60)
    printed = real.run_headless(
        f"""
        assert(load_session("{studio.folder / "reel"}", "reel"))
        for route in Session:get_tracks():iter() do
          for region in route:to_track():playlist():region_list():iter() do
            local row = {{ "REGION", route:name(), region:position():samples(), tostring(region:muted()) }}
            print(table.concat(row, "\\t"))
          end
        end
        Session:cfg():set_timecode_offset(0)  -- Ardour 7.3 exports twice as much again as it is
        local export = Session:simple_export()
        export:set_folder("{studio.folder}") export:set_name("mix")
        export:set_range({CURSOR_SAMPLES - 48_000}, {CURSOR_SAMPLES + 240_000})
        export:set_preset("75969a1c-3133-4694-864b-a1fa50e43348")
        export:run_export()
        close_session()
        """,
        studio.folder,
        studio.ardour.environment,
    )
    read = [line.split("\t")[1:] for line in printed.splitlines() if line.startswith("REGION")]
    wanted = [[region.track, str(region.position_samples), str(region.muted).lower()] for region in regions]
    assert sorted(read) == sorted(wanted)
    mix, rate = soundfile.read(studio.folder / "mix.wav", always_2d=True)
    assert rate == 48_000
    for region in (one for one in regions if not one.muted and one.track in ("FX_DOOR", "Door Knock")):
        sound = soundfile.read(region.path, always_2d=True)[0].sum(1)[:9_600]
        begin = region.position_samples - (CURSOR_SAMPLES - 48_000)
        around = mix.sum(1)[begin - 2_400 : begin + 9_600 + 2_400]
        assert int(np.argmax(np.correlate(around, sound, "valid"))) == 2_400, region
