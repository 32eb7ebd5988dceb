"""Composing to a video or to locators, and editing the selected clip: a fake Live and a real engine over UDP."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from live_rig import Rig, write_tone
from live_set import Clip

from engine.stems.manifest import read_manifest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "video"))
from footage import write_video
from strikes import Hammer

HITS = [1.0, 2.2, 3.6]


@pytest.fixture(scope="module")
def hammer(engine_home: Path) -> Path:
    return write_video(engine_home / "hammer.mp4", Hammer(HITS).draw, seconds=5.0)


def onsets(live: Rig) -> list[Fraction]:
    """In samples from the arrangement's start, as they would be heard."""
    (manifest,) = [read_manifest(path) for path in live.media.glob("*.cuewright.json")]
    leads = {Path(stem.path).name: stem.onset_samples for stem in manifest.stems}
    clips = [clip for track in live.song.state["tracks"] for clip in track.state["clips"]]
    tempo = Fraction(live.song.state["tempo"])
    return sorted(
        Fraction(clip.state["start_time"]) * 60 / tempo * 48_000 + leads[name]
        for clip in clips
        if (name := Path(clip.state["file_path"]).name) in leads
    )


def video_clip(live: Rig, path: Path, beat: float) -> None:
    live.clip_by_user(live.users, path, beat, sample_length=240_000, loop_end=5.0)


def test_compose_to_the_video_under_the_brace(live: Rig, hammer: Path) -> None:
    video_clip(live, hammer, 20.0)  # at 10 s
    live.brace(21.0, 6.0)  # 10.5 s to 13.5 s: the first two hits
    before = live.shown()
    live.finish("cw compose hammer hits on metal")
    cues = [HITS[0], HITS[1]]
    assert [float(onset) / 48_000 - 10 for onset in onsets(live)] == pytest.approx(cues, abs=0.045)
    assert all(round(onset, 4).denominator == 1 for onset in onsets(live)), "on samples, as the cues are"
    assert live.document.opened == 1
    live.document.undo()
    assert live.shown() == before


def test_compose_to_the_selected_video_from_end_to_end(live: Rig, hammer: Path) -> None:
    video_clip(live, hammer, 4.0)
    live.song.state["view"].state["detail_clip"] = live.users.state["clips"][0]
    live.finish("cw compose hammer hits on metal")
    assert [float(onset) / 48_000 - 2 for onset in onsets(live)] == pytest.approx(HITS, abs=0.045)


def test_compose_to_a_video_that_is_named(live: Rig, hammer: Path) -> None:
    live.song.state["current_song_time"] = 30.0
    live.finish(f'cw compose hammer hits on metal video="{hammer}"')
    assert [float(onset) / 48_000 - 15 for onset in onsets(live)] == pytest.approx(HITS, abs=0.045)


def test_compose_to_a_cue_sheet(live: Rig) -> None:
    """Its times are those of the arrangement, wherever the insert marker is."""
    sheet = live.folder / "cues.csv"
    sheet.write_text("in,label\n1.5,door slam\n2.25,glass breaks\n", encoding="utf-8")
    live.song.state["current_song_time"] = 10.0
    live.finish(f"cw compose impacts cue_sheet={sheet}")
    assert [float(onset) for onset in onsets(live)] == pytest.approx([1.5 * 48_000, 2.25 * 48_000], abs=1e-3)


def test_compose_from_the_session_lands_in_the_arrangement(live: Rig, hammer: Path) -> None:
    live.look_at("Session")
    video_clip(live, hammer, 20.0)
    live.brace(20.0, 10.0)
    live.finish("cw compose hammer hits on metal")
    assert len(onsets(live)) == 3
    assert live.said("in the Arrangement")


def test_compose_to_locators_is_exact(live: Rig) -> None:
    live.song.state["tempo"] = 97.0
    beats = [17.0, 18.25, 21.5]
    for beat, name in zip(beats, ["door slam", "", "3"], strict=True):
        live.locator(beat, name)
    live.locator(60.0, "glass breaks")  # beyond the brace
    live.brace(16.0, 8.0)
    live.finish("cw locators a wooden knock")
    wanted = [Fraction(beat) * 60 / 97 * 48_000 for beat in beats]
    found = onsets(live)
    assert len(found) == 3
    assert max(abs(one - other) for one, other in zip(found, wanted, strict=True)) < 0.501, "cues are whole samples"
    assert {track.state["name"] for track in live.song.state["tracks"]} >= {"door slam"}, "a locator's words win"


def select(live: Rig, path: Path, *, beat: float = 8.0, **state: Any) -> Clip:
    """A clip of the user's on a track named Dialog, shown in the Clip View."""
    live.users.state["name"] = "Dialog"
    clip = live.clip_by_user(live.users, path, beat, **state)
    live.song.state["view"].state["detail_clip"] = clip
    return clip


def lanes(live: Rig) -> list[Clip]:
    return [clip for lane in live.users.state["lanes"] for clip in lane.state["clips"]]


def level_db(path: str | Path, start: float, end: float) -> float:
    samples, rate = soundfile.read(path)
    return float(20 * np.log10(np.sqrt(np.mean(samples[round(start * rate) : round(end * rate)] ** 2))))


@pytest.fixture
def tone(live: Rig) -> Path:
    return write_tone(live.folder / "tone.wav", rate=44_100)


def test_an_edit_is_a_take_beside_its_clip(live: Rig, tone: Path) -> None:
    clip = select(live, tone, gain=0.7, loop_start=0.5, loop_end=1.5)
    before = live.shown()
    live.finish("cw edit 6 dB quieter")
    assert live.users.state["clips"] == [clip]
    (take,) = lanes(live)
    assert (take.state["start_time"], take.state["gain"], take.state["warping"]) == (8.0, 0.7, False)
    assert take.get_end_time() == pytest.approx(clip.get_end_time())
    assert level_db(take.state["file_path"], 0.1, 0.9) == pytest.approx(level_db(tone, 0.6, 1.4) - 6, abs=0.05)
    assert live.said("Done: volume")
    assert live.document.opened == 1
    live.document.undo()
    assert live.shown() == before


def test_under_the_brace_only_that_part_is_edited(live: Rig, tone: Path) -> None:
    select(live, tone)  # 4 s to 6 s
    live.brace(9.0, 1.0)  # 4.5 s to 5 s
    live.finish("cw edit 12 dB quieter")
    (take,) = lanes(live)
    new, old = soundfile.read(take.state["file_path"])[0], soundfile.read(tone)[0]
    changed = np.flatnonzero(np.abs(new - old) > 1e-4) / 44_100
    assert len(new) == len(old)
    assert (changed[0], changed[-1]) == (pytest.approx(0.5, abs=0.02), pytest.approx(1.0, abs=0.02))


def test_a_transposed_clip_keeps_its_transposition(live: Rig, tone: Path) -> None:
    clip = select(live, tone, pitch_coarse=12, loop_start=0.5, loop_end=1.5)  # half a second of the arrangement
    live.finish("cw edit 6 dB quieter")
    (take,) = lanes(live)
    assert take.state["pitch_coarse"] == 12
    assert take.state["sample_length"] == 44_100
    assert take.get_end_time() == pytest.approx(clip.get_end_time())


def test_a_clip_that_is_warped_to_its_own_tempo_is_taken_as_it_is(live: Rig, tone: Path) -> None:
    select(live, tone, warping=True, loop_start=1.0, loop_end=3.0)  # 0.5 s to 1.5 s
    live.finish("cw edit 6 dB quieter")
    (take,) = lanes(live)
    assert (take.state["start_time"], take.get_end_time()) == (8.0, pytest.approx(10.0))


def test_a_clip_in_a_lane_is_edited_into_its_track(live: Rig, tone: Path) -> None:
    clip = select(live, tone)
    with live.document.step():
        lane = live.users.do_create_take_lane()
    live.users.state["clips"].clear()
    lane.state["clips"].append(clip)
    clip.state["canonical_parent"] = lane
    live.finish("cw edit 6 dB quieter")
    assert [len(lane.state["clips"]) for lane in live.users.state["lanes"]] == [1, 1]
    assert lane.state["clips"] == [clip]


def test_more_takes_of_an_edit(live: Rig, tone: Path) -> None:
    clip = select(live, tone)
    live.finish("cw edit 6 dB quieter")
    live.finish("cw more")
    assert live.users.state["clips"] == [clip]
    assert [lane.state["name"] for lane in live.users.state["lanes"]] == ["Cuewright take 1", "Cuewright take 2"]


def test_an_edit_on_an_older_live_is_silent_on_a_track_of_its_own(live: Rig, tone: Path) -> None:
    live.document.missing |= {"Track.create_take_lane", "Track.take_lanes", "Clip.is_take_lane_clip"}
    clip = select(live, tone)
    live.finish("cw edit 6 dB quieter")
    assert live.users.state["clips"] == [clip]
    (take,) = live.track("Dialog take 1").state["clips"]
    assert take.state["muted"]


def test_an_edit_in_the_session_lies_below_its_clip(live: Rig, tone: Path) -> None:
    live.look_at("Session")
    slots = live.users.get_clip_slots()
    clip = select(live, tone, pitch_fine=-50.0, loop_start=0.5, loop_end=1.5)
    live.users.state["clips"].clear()
    clip.state.update(is_arrangement_clip=False, canonical_parent=slots[1])
    slots[1].state["clip"] = clip
    live.song.state["master_track"].state["mixer_device"].state["song_tempo"].state["automation_state"] = 1
    live.finish("cw edit 6 dB quieter")
    assert [slot.state["clip"] is not None for slot in slots] == [False, True, True, False]
    assert slots[1].state["clip"] is clip
    assert not slots[2].state["clip"].state["is_arrangement_clip"]
    assert slots[2].state["clip"].state["sample_length"] == 44_100
