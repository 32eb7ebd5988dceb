"""Words to clips, through the script in a fake Live and a real engine over UDP."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
import soundfile
from live_rig import Rig, write_tone
from live_set import Clip, new_track

from engine.results import StemFile
from engine.stems.manifest import read_manifest

DOOR = "cw a heavy wooden door slams seed=3"


def stems_of(live: Rig) -> dict[str, StemFile]:
    """What the engine says it made, by the name of the file."""
    manifests = [read_manifest(path) for path in live.media.glob("*.cuewright.json")]
    return {Path(stem.path).name: stem for manifest in manifests for stem in manifest.stems}


def clips_of(live: Rig) -> list[Clip]:
    """All of the arrangement, outside of lanes."""
    return [clip for track in live.song.state["tracks"] for clip in track.state["clips"]]


def sample_of(beat: float, tempo: float, rate: int = 48_000) -> Fraction:
    """Where a beat lies; finer than a float can tell is left out."""
    return round(Fraction(beat) * 60 / Fraction(tempo) * rate, 4)


@pytest.mark.parametrize(("tempo", "start"), [(120.0, 8.0), (93.7, 13.0), (174.03, 100.25)])
def test_words_become_clips_on_their_samples(live: Rig, tempo: float, start: float) -> None:
    live.song.state.update(tempo=tempo, current_song_time=start)
    live.finish("cw a heavy wooden door slams, then three knocks seed=7")
    stems, clips = stems_of(live), clips_of(live)
    assert len(clips) == len(stems) == 4
    assert live.said("4 sounds on Door Slam, Door Knock")
    asked = round(sample_of(start, tempo))
    for clip in clips:
        stem = stems[Path(clip.state["file_path"]).name]
        begins = sample_of(clip.state["start_time"], tempo) - sample_of(start, tempo)
        assert abs(begins - (stem.position_samples - asked)) < Fraction(1, 10_000)
        assert not clip.state["warping"]
        assert round(sample_of(clip.get_end_time() - clip.state["start_time"], tempo)) == stem.length_samples
        assert clip.state["name"] == stem.label
        assert clip.state["color"] != 0
    door = live.track("Door Slam")
    assert door.state["color"] == door.state["clips"][0].state["color"]
    first = min(clips, key=lambda clip: clip.state["start_time"])
    onset = stems[Path(first.state["file_path"]).name].onset_samples
    heard = sample_of(first.state["start_time"], tempo) + onset
    assert abs(heard - sample_of(start, tempo)) < Fraction(1, 10_000), "the onset is on the insert marker itself"


def test_one_undo_takes_all_of_it_back(live: Rig) -> None:
    before = live.shown()
    live.finish("cw a dog barks, then glass breaks takes=2")
    assert live.document.opened == len(live.document.steps) == 1
    assert live.shown() != before
    live.document.undo()
    assert live.shown() == before


def test_the_loop_brace_is_the_time_selection(live: Rig) -> None:
    live.brace(16.0, 6.0)  # 3 s at 120
    live.finish("cw rain on a tin roof")
    (clip,) = clips_of(live)
    assert clip.state["start_time"] == pytest.approx(16.0, abs=0.05)
    assert clip.get_end_time() == pytest.approx(22.0, abs=0.6)


@pytest.mark.parametrize("view", ["Arranger", "Session"])
def test_a_locator_is_the_place(live: Rig, view: str) -> None:
    """Also where the Session has the focus: a locator means the Arrangement."""
    live.look_at(view)
    live.song.state["current_song_time"] = 4.0
    live.locator(32.0, DOOR)
    live.until(lambda: clips_of(live))
    (clip,) = clips_of(live)
    (stem,) = stems_of(live).values()
    assert sample_of(clip.state["start_time"], 120.0) + stem.onset_samples == sample_of(32.0, 120.0)


def test_takes_lie_in_lanes(live: Rig) -> None:
    live.finish(f"{DOOR} takes=3")
    track = live.track("Door Slam")
    lanes = {lane.state["name"]: lane.state["clips"] for lane in track.state["lanes"]}
    assert list(lanes) == ["Cuewright take 1", "Cuewright take 2", "Cuewright take 3"]
    (main,) = track.state["clips"]
    assert main.state["file_path"] == lanes["Cuewright take 1"][0].state["file_path"]
    assert len({clip.state["file_path"] for (clip,) in lanes.values()}) == 3
    stems = stems_of(live)
    onsets = {
        sample_of(c.state["start_time"], 120.0) + stems[Path(c.state["file_path"]).name].onset_samples
        for (c,) in lanes.values()
    }
    assert onsets == {0}


def test_without_lanes_takes_lie_on_tracks_and_the_others_are_silent(live: Rig) -> None:
    live.document.missing |= {"Track.create_take_lane", "Track.take_lanes", "Clip.is_take_lane_clip"}
    live.finish(f"{DOOR} takes=2")
    (first,), (second,) = (live.track(name).state["clips"] for name in ("Door Slam", "Door Slam take 2"))
    assert (first.state["muted"], second.state["muted"]) == (False, True)


def test_more_takes_lie_beside_those_that_are_there(live: Rig) -> None:
    live.finish(DOOR)
    before = live.track("Door Slam").state["clips"].copy()
    live.finish("cw more takes=2")
    track = live.track("Door Slam")
    assert track.state["clips"] == before
    lanes = {lane.state["name"]: lane.state["clips"] for lane in track.state["lanes"]}
    assert list(lanes) == ["Cuewright take 2", "Cuewright take 3"]
    files = [clip.state["file_path"] for clip in (*before, *(clip for (clip,) in lanes.values()))]
    assert len({soundfile.read(file)[0].tobytes() for file in files}) == 3, "they are other sounds"
    live.document.undo()
    assert (track.state["clips"], track.state["lanes"]) == (before, [])


def test_more_takes_of_more_on_an_older_live(live: Rig) -> None:
    live.document.missing |= {"Track.create_take_lane", "Track.take_lanes", "Clip.is_take_lane_clip"}
    live.finish(DOOR)
    for number in (2, 3):
        live.finish(f"cw more {number}")
        (clip,) = live.track(f"Door Slam take {number}").state["clips"]
        assert clip.state["muted"]
        assert clip.state["name"] == f"Door Slam {number}"


def test_the_session_takes_sounds_into_free_slots(live: Rig, tmp_path: Path) -> None:
    """From the selected scene down; where none is free, a scene is added."""
    live.look_at("Session")
    track = new_track(live.song, "Door Slam")
    live.song.state["tracks"].append(track)
    live.song.state["view"].state["selected_scene"] = live.song.state["scenes"][1]
    mine = live.clip_by_user(track, write_tone(tmp_path / "mine.wav"), 0.0)
    track.get_clip_slots()[2].state["clip"] = mine
    before = live.shown()
    live.finish(f"{DOOR} takes=3")
    filled = [slot.state["clip"] for slot in track.get_clip_slots()]
    assert [clip and clip.state["name"] for clip in filled] == [
        *(None, "Door Slam 1", "mine", "Door Slam 2", "Door Slam 3")
    ]
    assert filled[2] is mine
    assert live.document.opened == 1
    live.document.undo()
    assert live.shown() == before


def test_a_tempo_that_moves_is_no_hindrance_in_the_session(live: Rig) -> None:
    live.song.state["master_track"].state["mixer_device"].state["song_tempo"].state["automation_state"] = 1
    live.finish(f"{DOOR} view=session")
    assert live.said("1 sound on Door Slam")


@pytest.mark.parametrize(("beat", "auto_warp"), [(0.5, 1.0), (4.0, 3.0)])
def test_clips_of_the_user_are_never_covered(live: Rig, tmp_path: Path, beat: float, auto_warp: float) -> None:
    """Also not for the moment in which Live believes that a long file has a tempo."""
    live.document.auto_warp = auto_warp
    track = new_track(live.song, "Door Slam")
    live.song.state["tracks"].append(track)
    live.clip_by_user(track, write_tone(tmp_path / "mine.wav", 0.5), beat)
    mine = [clip.shown() for clip in track.state["clips"]]
    live.finish(DOOR)
    assert [clip.shown() for clip in track.state["clips"]] == mine
    (clip,) = live.track("Door Slam 2").state["clips"]
    assert clip.get_end_time() < 4.0


@pytest.mark.parametrize("lanes_among_clips", [False, True])
def test_what_lies_in_a_lane_is_not_in_the_way(live: Rig, tmp_path: Path, lanes_among_clips: bool) -> None:
    live.document.lanes_among_clips = lanes_among_clips
    live.finish(f"{DOOR} takes=2")
    track = live.track("Door Slam")
    track.state["clips"].clear()
    live.finish(DOOR)
    assert len(track.state["clips"]) == 1
    assert len(live.song.state["tracks"]) == 3


@pytest.mark.parametrize("kind", [{"audio": False}, {"frozen": True}, {"group": True}])
def test_a_name_that_is_taken_gets_a_number(live: Rig, kind: dict[str, bool]) -> None:
    live.song.state["tracks"].append(new_track(live.song, "Door Slam", **kind))
    live.finish(DOOR)
    assert live.said("1 sound on Door Slam 2")
    assert len(live.track("Door Slam 2").state["clips"]) == 1


def test_a_track_of_that_name_is_used_and_stays_as_it_is(live: Rig) -> None:
    track = new_track(live.song, "FX DOOR")
    track.state["color"] = 0x123456
    live.song.state["tracks"].append(track)
    live.finish(f'{DOOR} track="FX DOOR"')
    assert len(live.track("FX DOOR").state["clips"]) == 1
    assert track.state["color"] == 0x123456
    assert len(live.song.state["tracks"]) == 3


def test_sounds_of_one_job_do_not_cover_each_other(live: Rig) -> None:
    live.finish("cw five knocks track=FX")
    clips = clips_of(live)
    assert len(clips) == len(stems_of(live)) > 1
    for track in live.song.state["tracks"]:
        spans = sorted((c.state["start_time"], c.get_end_time()) for c in track.state["clips"])
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_a_warning_is_told(live: Rig) -> None:
    live.finish("cw a door slams, then a zorbleflax quux")
    assert "zorbleflax" in live.messages[-1]
    assert "sound on" in live.messages[-1]


def test_nothing_begins_before_the_arrangement(live: Rig) -> None:
    """Half a sample after its start, where the nearest whole one lies before it."""
    live.song.state["current_song_time"] = 0.6 / 48_000 * 2
    live.finish(DOOR)
    (clip,) = clips_of(live)
    assert clip.state["start_time"] == 0.0


def test_lanes_are_used_again_where_they_are_free(live: Rig) -> None:
    live.finish(f"{DOOR} takes=2")
    live.song.state["current_song_time"] = 64.0
    live.finish(f"{DOOR} takes=2 track=x")
    live.finish(f"{DOOR} takes=2")
    lanes = live.track("Door Slam").state["lanes"]
    assert [len(lane.state["clips"]) for lane in lanes] == [2, 2]
    live.finish("cw more")
    assert [lane.state["name"] for lane in lanes] == [f"Cuewright take {number}" for number in (1, 2, 3, 4)]


def test_more_takes_go_where_the_first_ones_went(live: Rig, tmp_path: Path) -> None:
    taken = new_track(live.song, "Door Slam")
    live.song.state["tracks"].append(taken)
    live.clip_by_user(taken, write_tone(tmp_path / "mine.wav"), 0.0)
    live.finish(DOOR)
    live.finish("cw more")
    assert taken.state["lanes"] == []
    assert len(live.track("Door Slam 2").state["lanes"]) == 1


def test_a_track_that_is_made_is_panned_as_its_sound(live: Rig) -> None:
    live.finish("cw a dog barks from the left")
    (track,) = live.song.state["tracks"][2:]
    (stem,) = stems_of(live).values()
    assert track.state["mixer_device"].state["panning"].state["value"] == pytest.approx(stem.pan)
    assert stem.pan < 0


def test_again_does_the_last_command_where_the_user_is_now(live: Rig) -> None:
    live.finish(DOOR)
    live.song.state["current_song_time"] = 40.0
    live.finish("cw again")
    assert sorted(round(clip.state["start_time"]) for clip in clips_of(live)) == [0, 40]
