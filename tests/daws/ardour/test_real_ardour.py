"""Prompt to exported audio in the real Ardour: its dialogs, its tracks, its undo, its export.

One Ardour serves the whole file, and the tests go on from one another as a session does.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.protocol.client import Client

sys.path.insert(0, str(Path(__file__).parent))

import real
from ardour_studio import CURSOR_SAMPLES, NUMBERS, TOKEN, Studio

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]


def test_what_cannot_be_begun_is_said_and_changes_nothing(studio: Studio) -> None:
    before = studio.saved("untouched")
    title = studio.open("Spot picture")
    studio.ardour.confirm(title)  # with no picture chosen
    studio.ardour.close("Cuewright: there is no picture")
    studio.ardour.act(NUMBERS["Edit selected regions"])
    studio.ardour.close("Cuewright: nothing is selected")
    for action, words in (("More takes", "nothing to take again"), ("Open report", "there is no report")):
        studio.ardour.act(NUMBERS[action])
        studio.ardour.close(f"Cuewright: .*{words}")
    folder = studio.folder / "reel" / "cuewright"  # root may write into any folder, but not into a file
    folder.write_text("a file where the folder should be")
    studio.generate("glass breaks")
    studio.ardour.close("Cuewright: it could not be done")
    folder.unlink()
    assert studio.saved("after") == before


def test_story_1_four_takes_with_their_onset_at_the_cursor(studio: Studio) -> None:
    studio.ardour.ask(
        "local config = Session:cfg() config:set_timecode_format(Timecode.TimecodeFormat.TC23976) "
        "config:set_timecode_offset_negative(false) config:set_timecode_offset(172972800)"
    )
    studio.locate(CURSOR_SAMPLES)
    before = studio.saved("before")
    asked = studio.generate("heavy oak door slam, dry", takes=4, track="FX_DOOR")
    regions = studio.when("four takes", lambda now: len(now) == 4)
    print(f"story 1: four takes on the track {time.monotonic() - asked:.2f} s after OK")
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
    assert studio.saved("after") == before
    studio.ardour.act("Editor/redo")
    assert sorted(map(str, studio.when("redo", lambda now: len(now) == 4))) == sorted(map(str, regions))


def test_a_picture_is_spotted_as_markers(studio: Studio) -> None:
    asks = "ArdourUI.config():{}_name_new_markers({})"  # each new one in a dialog
    studio.ardour.ask(asks.format("set", "true"))
    title = studio.open("Spot picture")
    studio.ardour.choose(studio.clip.path)
    studio.ardour.keys("key", "Tab", "space")  # the picture begins at the position
    studio.ardour.confirm(title)
    lines = real.wait_for("markers", lambda: studio.markers() or None)
    at = [int(line.split("\t")[1]) - CURSOR_SAMPLES for line in lines]
    assert len(at) == len(studio.clip.onsets_seconds)
    assert np.abs(np.array(at) / 48_000 - studio.clip.onsets_seconds).max() < 0.05
    assert {line.split("\t")[0] for line in lines} == {"impact"}
    assert studio.ardour.ask(f"return tostring({asks.format('get', '')})") == "true"
    studio.ardour.ask(asks.format("set", "false"))

    # Ardour keeps a step for every marker, and no more than the newest so many of all steps.
    studio.undo(len(lines))
    assert studio.markers() == []
    studio.redo(len(lines))
    real.wait_for("their names", lambda: studio.markers() == lines or None)
    spot(studio)
    studio.ardour.close("Cuewright: nothing came of it")  # a marker is there already
    assert studio.markers() == lines
    studio.undo(len(lines))
    studio.ardour.ask("ARDOUR.config():set_history_depth(1)")
    spot(studio)
    studio.ardour.close("Cuewright: many markers")
    studio.ardour.ask("ARDOUR.config():set_history_depth(20)")
    assert studio.markers() == []


def spot(studio: Studio) -> None:
    title = studio.open("Spot picture")  # the picture is remembered
    studio.ardour.keys("key", "Tab", "space")
    studio.ardour.confirm(title)


def test_a_picture_is_composed_to(studio: Studio) -> None:
    title = studio.open("Compose to picture")  # which it remembers
    studio.ardour.keys("key", "Tab")
    studio.ardour.write("wooden knocks")
    studio.ardour.keys("key", "Tab", "space")
    studio.ardour.confirm(title)
    count = len(studio.clip.onsets_seconds)
    regions = studio.when("a knock on each", lambda now: len(now) == 4 + count)
    knocks = [region for region in regions if region.track != "FX_DOOR"]
    at = sorted(studio.onset_samples(knock) - CURSOR_SAMPLES for knock in knocks)
    assert np.abs(np.array(at) / 48_000 - studio.clip.onsets_seconds).max() < 0.05
    studio.ardour.act("Editor/undo")
    studio.when("undo", lambda now: len(now) == 4)
    studio.ardour.act("Editor/redo")
    studio.when("redo", lambda now: len(now) == 4 + count)


def select(studio: Studio, wanted: str = "true") -> None:
    """The regions for which a Lua expression holds, of a region and its track."""
    studio.ardour.ask(
        "local list = ArdourUI.SelectionList() "
        "for track in Session:get_tracks():iter() do "
        "for region in track:to_track():playlist():region_list():iter() do "
        f"if {wanted} then list:push_back(Editor:regionview_from_region(region)) end end end "
        "Editor:set_selection(list, ArdourUI.SelectionOp.Set)"
    )


DOOR = 'track:name() == "FX_DOOR" and not region:muted()'


def test_selected_regions_are_edited_beside_themselves_in_one_step(studio: Studio) -> None:
    before = studio.regions()
    chosen = [region for region in before if not region.muted]
    assert len(chosen) > 2
    originals = [region.path.read_bytes() for region in chosen]
    select(studio, "not region:muted()")
    title = studio.open("Edit selected regions")
    studio.ardour.write("6 dB quieter")
    studio.ardour.confirm(title)
    after = studio.when("the edits", lambda now: len(now) == len(before) + len(chosen))
    made = {(region.track, region.position_samples): region for region in after if region not in before}
    for region, original in zip(chosen, originals, strict=True):
        edited = made[f"{region.name} edited", region.position_samples]
        assert edited.length_samples == region.length_samples
        was, now = (soundfile.read(path, always_2d=True)[0] for path in (region.path, edited.path))
        assert np.allclose(now, was * 10 ** (-6 / 20), atol=1e-6)
        assert region.path.read_bytes() == original
    assert [region for region in after if region in before] == before
    studio.undo()
    assert studio.regions() == before
    studio.redo()
    assert sorted(map(str, studio.regions())) == sorted(map(str, after))
    studio.undo()


def test_a_late_region_is_aligned_to_the_picture(studio: Studio) -> None:
    """Strikes 200 ms after what the picture shows."""
    clip, rate = studio.clip, 48_000
    sound = np.zeros(round(clip.duration_seconds * rate))
    strike = 0.4 * np.exp(-np.arange(rate // 4) / 1_500) * np.sin(2 * np.pi * 900 * np.arange(rate // 4) / rate)
    for at in clip.onsets_seconds:
        begin = round((at + 0.2) * rate)
        part = sound[begin : begin + strike.size]
        part += strike[: part.size]
    before = studio.regions()
    late = before[0].path.parent / "late.wav"
    soundfile.write(late, sound, rate, subtype="PCM_24")
    studio.ardour.ask(
        f"local files = C.StringVector() files:push_back('{late}') Editor:do_embed(files, "
        "Editing.ImportDistinctFiles, Editing.ImportAsRegion, Temporal.timepos_t(0), ARDOUR.PluginInfo(), "
        "ARDOUR.Track()) "
        "for _, region in ARDOUR.RegionFactory.regions():iter() do if region:name() == 'late' then "
        "Session:route_by_name('FX_DOOR'):to_track():playlist():add_region("
        "ARDOUR.RegionFactory.clone_region(region, false, false), "
        f"Temporal.timepos_t({CURSOR_SAMPLES + 20 * rate}), 1, false, 0, 0, false) return end end"
    )
    given = studio.when("the late region", lambda now: len(now) == len(before) + 1)
    (region,) = [one for one in given if one not in before]
    select(studio, f'region:name() == "{region.name}"')
    title = studio.open("Align to picture")  # the picture is remembered
    studio.ardour.keys("key", "Tab", "space")  # it begins with the region
    studio.ardour.confirm(title)
    studio.ardour.close("Cuewright: done")  # its scores
    (take,) = [one for one in studio.regions() if one not in given]
    assert take.track == f"{region.name} aligned"
    assert (take.position_samples, take.length_samples) == (region.position_samples, region.length_samples)
    made = soundfile.read(take.path)[0]
    for at in clip.onsets_seconds:
        begin = max(0, round((at - 0.05) * rate))
        onset = begin + int(np.argmax(np.abs(made[begin : begin + rate // 5]) > 0.05))
        assert onset / rate == pytest.approx(at, abs=0.03)
    studio.undo()
    assert studio.regions() == given
    studio.ardour.ask(
        "for track in Session:get_tracks():iter() do local playlist = track:to_track():playlist() "
        f'for region in playlist:region_list():iter() do if region:name() == "{region.name}" then '
        "playlist:remove_region(region) end end end"
    )
    studio.when("the session as it was", lambda now: now == before)


def test_an_offline_file_is_said_and_changes_nothing(studio: Studio) -> None:
    before = studio.regions()
    select(studio, DOOR)
    path = next(region.path for region in before if region.track == "FX_DOOR" and not region.muted)
    path.rename(path.with_suffix(".away"))
    studio.ardour.act(NUMBERS["Edit selected regions"])
    studio.ardour.close("Cuewright: a file is missing")
    path.with_suffix(".away").rename(path)
    studio.ardour.act("Editor/select-none")
    assert studio.regions() == before


def test_the_report_opens(studio: Studio) -> None:
    studio.ardour.act(NUMBERS["Open report"])
    opened = studio.folder / "opened"
    real.wait_for("the report", lambda: opened.exists() or None)
    assert Path(opened.read_text()).is_file()


def test_more_takes_lie_where_the_first_ones_lie(studio: Studio) -> None:
    before = studio.regions()
    elsewhere = CURSOR_SAMPLES + 480_000  # not into the export at the end
    studio.locate(elsewhere)
    studio.generate("glass breaks", track="GLASS")
    (first,) = (one for one in studio.when("the glass", lambda now: len(now) > len(before)) if one.track == "GLASS")
    studio.ardour.act(NUMBERS["More takes"])
    after = studio.when("another take", lambda now: len(now) == len(before) + 2)
    (other,) = (one for one in after if one.track == "GLASS" and one != first)
    assert studio.onset_samples(other) == studio.onset_samples(first) == elsewhere
    assert other.path.read_bytes() != first.path.read_bytes()
    studio.ardour.act("Editor/undo")
    studio.when("undo", lambda now: len(now) == len(before) + 1)


def test_names_that_are_taken_are_left_alone(studio: Studio) -> None:
    """A bus, and a mono track that would play one side of a stereo sound alone."""
    before = studio.regions()
    studio.ardour.ask(
        'Session:new_audio_route(1, 2, nil, 1, "BUS", ARDOUR.PresentationInfo.Flag.AudioBus, '
        "ARDOUR.PresentationInfo.max_order)"
    )
    for count, (prompt, name) in enumerate((("steady rain for 2 seconds", "FX_DOOR"), ("glass breaks", "BUS")), 1):
        studio.generate(prompt, track=name)
        studio.ardour.close("Cuewright: done")
        now = studio.when(f"a track beside {name}", lambda now, count=count: len(now) == len(before) + count)
        assert f"{name} 2" in {one.track for one in now}
    assert [one for one in studio.regions() if one in before] == before


def test_a_range_in_a_drop_frame_session(studio: Studio) -> None:
    start, end = 480_000, 720_000
    setting = "local config = Session:cfg() config:set_timecode_format(Timecode.TimecodeFormat.{}) "
    studio.ardour.ask(setting.format("TC2997DF") + "config:set_timecode_offset(172799827)")
    studio.ardour.ask(f'Editor:set_loop_range(Temporal.timepos_t({start}), Temporal.timepos_t({end}), "loop")')
    studio.ardour.act("Editor/select-loop-range")
    studio.generate("steady rain", track="RANGE")
    (rain,) = (one for one in studio.when("the rain", lambda now: now[-1].track == "RANGE") if one.track == "RANGE")
    assert (rain.position_samples, rain.length_samples) == (start, end - start)
    session = studio.manifest(rain)["plan"]["session"]
    assert (session["frame_rate"], session["start_timecode"]) == ("29.97df", "01:00:00:00")
    studio.ardour.ask(setting.format("TC23976") + "config:set_timecode_offset(172972800)")
    studio.ardour.act("Editor/select-none")


def test_cancel_ends_a_job_and_places_nothing(studio: Studio) -> None:
    before = studio.regions()
    studio.generate("night forest ambience for 240 seconds", takes=16)
    studio.rendering()
    studio.ardour.act(NUMBERS["Cancel"])
    with Client(studio.engine.host, studio.engine.port, token=TOKEN) as client:
        real.wait_for("the cancelling", lambda: client.status().cancelled or None)
    real.wait_for("the window to go", lambda: studio.ardour.gone("Cuewright") or None)
    assert studio.regions() == before


def test_what_is_not_understood_is_said(studio: Studio) -> None:
    before = studio.regions()
    studio.generate("zzqx vvkw")
    studio.ardour.close("Cuewright: it could not be done")
    assert studio.regions() == before


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
    heard, begin = mix.sum(1), CURSOR_SAMPLES - 48_000
    audible = [one for one in regions if not one.muted and 0 <= one.position_samples - begin < len(heard)]
    assert {one.track for one in audible} == {"FX_DOOR", "Door Knock"}
    sounds = np.zeros((len(heard), len(audible)))
    for column, region in zip(sounds.T, audible, strict=True):
        sound = soundfile.read(region.path, always_2d=True)[0].sum(1)
        at = region.position_samples - begin
        column[at : at + len(sound)] = sound[: len(heard) - at]
    gains = np.linalg.lstsq(sounds, heard)[0]
    assert (gains > 0.5).all()
    # One of them a single sample away would leave most of itself behind.
    assert np.abs(heard - sounds @ gains).max() < 1e-3 * np.abs(sounds * gains).max(0).min()
