"""What goes wrong on the way to the real Ardour's timeline: files, tracks and engines that are not there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from engine.cli.daws.scripts import SOURCE
from engine.cli.process import running_engine
from engine.protocol.client import Client

sys.path.insert(0, str(Path(__file__).parent))

import real
from ardour_studio import NUMBERS, TOKEN, Studio

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]

LAY = """
local loaded = {{}}
local function import(name)
  if loaded[name] then return loaded[name] end
  for _, folder in ipairs({{ "ardour", "lua" }}) do
    local file = io.open("{scripts}/" .. folder .. "/" .. name .. ".lua")
    if file then
      loaded[name] = assert(load(file:read("a")))(import)
      return loaded[name]
    end
  end
end
local api = import("api")
local make_track = api.make_track
function api.make_track(name, channels)
  if name ~= "NONE" then return make_track(name, channels) end -- as Ardour does when it has no more ports
end
local function stem(track, label, channels, path)
  return {{ kind = "stem", path = path or "{path}", event = label, take = 1, index = 1, track = track, label = label,
    position_samples = 0, length_samples = 480, sample_rate_hz = 48000, channels = channels }}
end
return select(2, pcall(import("placing").stems, {{ {{ {stems} }} }}, "half"))
"""
"""What is laid out, with the scripts as they stand: without an engine, for it never tells of such stems."""


@pytest.fixture(scope="module")
def last_step(studio: Studio) -> Studio:
    """A studio whose last step is that a glass broke."""
    studio.generate("glass breaks", track="GLASS")
    studio.when("the glass", lambda now: len(now) == 1)
    return studio


@contextmanager
def nothing_changes(studio: Studio) -> Iterator[None]:
    """What is there before is there afterwards, and the last step that can be undone is the same."""
    regions, saved = studio.regions(), studio.saved("untouched")
    yield
    assert studio.saved("after") == saved
    studio.undo()
    assert studio.regions() == [region for region in regions if region.track != "GLASS"]
    studio.redo()
    assert studio.regions() == regions


@pytest.mark.parametrize(
    ("job", "spoil"),
    [
        ("all-gone", lambda stems: [stem.unlink() for stem in stems]),
        ("third-gone", lambda stems: stems[2].unlink()),
    ],
)
def test_files_that_are_spoilt_before_they_are_placed(
    last_step: Studio, job: str, spoil: Callable[[list[Path]], object]
) -> None:
    studio, folder = last_step, last_step.folder / "reel" / "cuewright"
    known = set(folder.glob("*.wav"))
    with nothing_changes(studio):
        # Asked in one breath: while the message about the first is open, nothing of the second is placed.
        about = f'about={{words="",session="x",folder="{folder}"}}'
        asked = f'{{id="{{}}",verb="generate",keys={{prompt="{{}}",folder="{folder}",mix=false,takes=4}},{about}}}'
        wrong, right = (
            asked.replace("{}", "%s") % words
            for words in ((f"{job}-1", "zzqx vvkw"), (f"{job}-2", "rain for 12 seconds"))
        )
        studio.order(wrong, right)
        studio.ardour.window("Cuewright: it could not be done")
        real.wait_for("the stems", lambda: next(folder.glob(f"{job}-2*.json"), None))
        stems = sorted(set(folder.glob("*.wav")) - known)
        assert len(stems) == 4
        spoil(stems)
        studio.ardour.close("Cuewright: it could not be done")
        studio.ardour.close("Cuewright: the result could not be placed")


def test_what_fails_half_way_is_taken_back(last_step: Studio) -> None:
    studio = last_step
    (glass,) = studio.regions()

    def lay(stems: str) -> str:
        return studio.ardour.ask(LAY.format(scripts=SOURCE, path=glass.path, stems=stems))

    whole = 'stem("FX_DOOR", "a", 1), stem("FX_DOOR", "b", 1), stem("GLASS", "c", 1)'
    with nothing_changes(studio):
        assert "string expected" in lay(f'{whole}, stem("FX_DOOR", {{}}, 1)')  # a name that is none
    assert lay(whole) == "3"
    assert len(studio.regions()) == 4
    studio.undo()
    tracks = studio.tracks()
    for spoilt in (glass.path.read_bytes()[:1000], b"no sound" * 100):
        other = studio.folder / "spoilt.wav"
        other.write_bytes(spoilt)
        with nothing_changes(studio):
            assert "not a whole sound file" in lay(f'stem("NEW", "a", 1), {whole}, stem("NEW", "b", 1, "{other}")')
    with nothing_changes(studio):
        assert "no track" in lay(f'{whole}, stem("NONE", "d", 1)')
    assert studio.tracks() == tracks
    said = lay(f'stem("NEW", "a", 1), {whole}, stem("NONE", "d", 1)')
    assert 'The new track "NEW" is left, empty.' in said  # Ardour 7 takes none away
    assert studio.regions() == [glass]
    assert studio.tracks() == [*tracks, "NEW"]


def test_an_engine_that_is_killed_while_it_renders_is_told_and_a_retry_works(last_step: Studio) -> None:
    studio = last_step
    before = studio.regions()
    with nothing_changes(studio):
        studio.generate("night forest ambience for 240 seconds", takes=16)
        studio.rendering()
        studio.engine.process.kill()
        studio.engine.process.wait(20)
        studio.ardour.close("Cuewright: the engine does not answer")
        studio.ardour.act(NUMBERS["Cancel"])
        spool = studio.folder / "data" / "spool"

        def only_cancelled() -> bool | None:
            return all(path.stem.endswith("-cancel") for path in spool.glob("*.osc")) or None

        real.wait_for("the request to be taken back", only_cancelled)
    with running_engine(studio.folder / "data", studio.folder, environment={"CUEWRIGHT_TOKEN": TOKEN}) as engine:
        with Client(engine.host, engine.port, token=TOKEN) as client:
            real.wait_for("the cancelling", lambda: client.status().cancelled or None)
        studio.generate("three knocks on wood", track="Knocks")
        studio.when("the knocks", lambda now: len(now) == len(before) + 3)
    studio.undo()
    assert studio.regions() == before


def engines(folder: Path) -> list[psutil.Process]:
    """Those that may write under that folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "engine" in (words := process.info["cmdline"] or []) and str(folder) in words
    ]


def test_an_engine_is_started_when_none_runs(studio: Studio) -> None:
    before = studio.regions()
    studio.engine.process.kill()
    studio.engine.process.wait(20)
    assert engines(studio.folder) == []
    (studio.folder / "may-start").touch()
    try:
        studio.generate("dog barks", track="DOG")
        studio.when("the dog", lambda now: len(now) == len(before) + 1)
        # A second one, which a slow machine may be asked for, sees the first and ends.
        (engine,) = real.wait_for("one engine", lambda: found if len(found := engines(studio.folder)) == 1 else None)
        assert engine.parent() is None or engine.parent().pid != studio.ardour.process.pid
        ardour = {one.laddr for one in psutil.Process(studio.ardour.process.pid).net_connections("udp")}
        assert ardour
        assert not ardour & {one.laddr for one in engine.net_connections("udp")}  # none is kept from a later Ardour
    finally:
        for engine in engines(studio.folder):
            with suppress(psutil.NoSuchProcess):
                engine.terminate()
            engine.wait(20)
    assert b"ready" in (studio.folder / "the engine's log").read_bytes()
