"""The fake is as strict as Live: only what the published API has can be used, and undo takes back what was done."""

from __future__ import annotations

from pathlib import Path

import live_api
import live_set
import pytest
from live_rig import write_tone


@pytest.fixture
def song(tmp_path: Path) -> live_set.Song:
    made: live_set.Song = live_set.new_set(str(tmp_path / "a.als")).do_get_document()
    return made


@pytest.fixture
def tone(tmp_path: Path) -> str:
    return str(write_tone(tmp_path / "tone.wav", 0.5))


def test_the_published_api() -> None:
    assert live_api.method("Track", "create_audio_clip") == live_api.Method(2, 2, positional_only=True)
    assert live_api.method("ClipSlot", "create_audio_clip") == live_api.Method(1, 1, positional_only=True)
    assert live_api.method("Song", "create_audio_track") == live_api.Method(0, 1, positional_only=True)
    assert live_api.settable("Clip", "warping") is True
    assert live_api.settable("Clip", "file_path") is False
    assert live_api.settable("Clip", "pan") is None
    assert live_api.settable("Song", "_live_ptr") is False, "of its base class"


def test_what_is_not_there_cannot_be_used(song: live_set.Song, tone: str) -> None:
    track = song.tracks[0]
    with pytest.raises(AttributeError):
        _ = song.arrangement_selection
    with pytest.raises(AttributeError):
        track.create_arrangement_clip(tone, 1.0)
    with pytest.raises(TypeError, match="takes 2 to 2"):
        track.create_audio_clip(tone)
    with pytest.raises(TypeError, match="no keywords"):
        track.create_audio_clip(file_path=tone, position=1.0)
    song.begin_undo_step()
    clip = track.create_audio_clip(tone, 0.0)
    song.end_undo_step()
    with pytest.raises(AttributeError, match="only be read"):
        clip.start_time = 4.0
    with pytest.raises(AttributeError, match="has no"):
        clip.pan = 0.5
    with pytest.raises(TypeError):
        clip.warping = 0
    song.document.missing.add("Track.create_audio_clip")
    assert not hasattr(track, "create_audio_clip")


@pytest.mark.parametrize("kind", [{"audio": False}, {"frozen": True}])
def test_what_live_refuses(song: live_set.Song, tone: str, tmp_path: Path, kind: dict[str, bool]) -> None:
    track = live_set.new_track(song, "x", **kind)
    (tmp_path / "text.wav").write_text("no sound")
    for refused, path, beat in ((track, tone, 0.0), (song.tracks[0], tone, -1.0), (song.tracks[0], "/no.wav", 0.0)):
        with pytest.raises(RuntimeError):
            refused.create_audio_clip(path, beat)
    with pytest.raises(RuntimeError):
        song.tracks[0].create_audio_clip(str(tmp_path / "text.wav"), 0.0)


def test_a_clip_covers_what_lies_there_and_undo_brings_it_back(song: live_set.Song, tone: str) -> None:
    before = live_set.shown(song)
    song.begin_undo_step()
    first = song.tracks[0].create_audio_clip(tone, 0.0)
    first.warping = False
    second = song.tracks[0].create_audio_clip(tone, 0.5)
    assert song.tracks[0].arrangement_clips == (second,)
    song.create_scene(-1)
    song.tracks[0].create_take_lane().name = "lane"
    song.end_undo_step()
    assert song.document.loose == []
    song.undo()
    assert live_set.shown(song) == before


def test_a_change_outside_of_a_step_is_noticed(song: live_set.Song, tone: str) -> None:
    song.tracks[0].name = "x"
    song.tracks[0].create_audio_clip(tone, 0.0)
    assert song.document.loose == ["Track.name", "Track got Clip"]


def test_steps_are_paired(song: live_set.Song) -> None:
    with pytest.raises(AssertionError):
        song.end_undo_step()
    song.begin_undo_step()
    with pytest.raises(AssertionError):
        song.begin_undo_step()
    with pytest.raises(AssertionError):
        song.undo()
