"""``cuewright protools``: from the selection in Pro Tools to stems on new tracks, each on its sample."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_protools import Refusal
from protools_rig import ATMO_AT, ATMO_FROM, RATE, Studio

from engine.cli import run
from engine.cli.process import EngineProcess
from engine.protocol.client import Client
from engine.protools.placing import free_names
from engine.stems.manifest import EditManifest, Manifest, read_manifest

sys.path.insert(0, str(Path(__file__).parents[2] / "video"))
from footage import write_video

PROMPT = "a heavy oak door slams, then footsteps on gravel"


def protools(studio: Studio, capfd: pytest.CaptureFixture[str], *arguments: str, where: str = "here") -> Any:
    """Run a command; what it printed as JSON."""
    engine = () if arguments[0] == "place" else ("--engine", where)
    code = run(["protools", *arguments, "--protools", studio.address, *engine, "--json"])
    said = json.loads(capfd.readouterr().out)
    assert (code == 0) == ("error" not in said)
    return said


def made_by(said: Any) -> Manifest | EditManifest:
    return read_manifest(Path(said["manifest"]))


def assert_placed(studio: Studio, said: Any) -> None:
    """Every stem of the job lies on a new track, on the sample that the manifest tells, and nothing else does."""
    found = {(path.name, at) for clips in studio.added.values() for at, path in clips}
    assert found == {(stem.path, stem.position_samples) for stem in made_by(said).stems}
    assert set(studio.added) == {track["name"] for track in said["tracks"]}
    for track in studio.fake.open.tracks:
        for _, ids in track.placed:
            assert len(ids) == track.channels
    assert said["undo_steps"] == sum(name in ("CreateNewTracks", "SpotClipsByID") for name in studio.fake.log)
    assert studio.fake.log[-1] == "CompleteBatchJob"


def test_words_at_the_cursor(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    studio.fake.open.selection = (3 * RATE + 7, 3 * RATE + 7)
    said = protools(studio, capfd, "generate", PROMPT, "--seed", "4")
    assert_placed(studio, said)
    manifest = made_by(said)
    assert isinstance(manifest, Manifest)
    assert manifest.plan.position_samples == 3 * RATE + 7
    assert manifest.plan.session.start_timecode == "01:00:00:00"
    first = min(manifest.stems, key=lambda stem: stem.position_samples + stem.onset_samples)
    assert first.position_samples + first.onset_samples == 3 * RATE + 7
    assert manifest.mix is None
    assert Path(said["manifest"]).parent == studio.folder / "Cuewright"
    assert studio.fake.copied == []  # what lies in the session's folder stays there
    assert set(studio.added) == {"Oak Door Slam", "Footsteps Gravel"}


def test_takes_are_muted_tracks_and_the_selection_is_the_length(
    studio: Studio, capfd: pytest.CaptureFixture[str]
) -> None:
    studio.fake.open.selection = (RATE, 4 * RATE)
    said = protools(studio, capfd, "generate", "rain", "--takes", "2", "--track", "Weather")
    assert_placed(studio, said)
    assert {track.name: track.muted for track in studio.fake.open.tracks if "Weather" in track.name} == {
        "Weather": False,
        "Weather take 2": True,
    }
    manifest = made_by(said)
    assert isinstance(manifest, Manifest)
    assert manifest.plan.length_samples == 3 * RATE


def test_a_name_that_is_taken_gets_the_next_free_number(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    assert_placed(studio, protools(studio, capfd, "generate", "door slam"))
    assert set(studio.added) == {"Door Slam 2"}
    protools(studio, capfd, "generate", "door slam")
    assert set(studio.added) == {"Door Slam 2", "Door Slam 3"}


def test_names_are_free_whatever_their_case_and_each_is_given_once() -> None:
    assert free_names(["Door", "door", "Rain"], {"DOOR", "Door 2"}) == ["Door 3", "door 4", "Rain"]


def test_files_outside_of_the_session_are_copied_into_it(
    studio: Studio, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said = protools(studio, capfd, "generate", "door slam", "--out", str(tmp_path / "else"))
    assert_placed(studio, said)
    assert [Path(name).parent for name in studio.fake.copied] == [tmp_path / "else"]


@pytest.mark.parametrize("counter", ["TLType_Samples", "TLType_MinSecs"])
def test_markers_in_the_selection_become_sounds_on_them(
    studio: Studio, capfd: pytest.CaptureFixture[str], counter: str
) -> None:
    session = studio.fake.open
    session.counter = counter
    session.selection = (60 * RATE, 70 * RATE)
    session.markers = [("door slam", 61 * RATE + 24), ("glass breaks", 65 * RATE), ("after", 70 * RATE)]
    said = protools(studio, capfd, "compose")
    assert_placed(studio, said)
    onsets = sorted(stem.position_samples + stem.onset_samples for stem in made_by(said).stems)
    assert onsets == [61 * RATE + 24, 65 * RATE]


def test_the_picture_is_read_from_where_the_selection_begins(
    studio: Studio, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    grey = np.full((48, 64, 3), 90, np.uint8)
    video = write_video(tmp_path / "scene.mp4", lambda seconds: grey, seconds=3.0)
    session = studio.fake.open
    session.selection = (61 * RATE, 62 * RATE)
    session.markers = [("door slam", 61 * RATE + 24_000)]
    said = protools(studio, capfd, "compose", "--video", str(video), "--video-at", "01:01:00:00")
    assert_placed(studio, said)
    manifest = made_by(said)
    assert isinstance(manifest, Manifest)
    assert manifest.plan.picture is not None
    assert (manifest.plan.picture.path, manifest.plan.picture.offset_seconds) == (str(video), 1.0)
    assert manifest.plan.length_samples == RATE
    (stem,) = manifest.stems
    assert stem.position_samples + stem.onset_samples == 61 * RATE + 24_000


def test_an_edit_goes_onto_a_new_track_and_the_clip_stays(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    session = studio.fake.open
    session.tracks[2].selected = True
    session.selection = (ATMO_AT + 700, ATMO_AT + 700 + 2 * RATE)
    said = protools(studio, capfd, "edit", "volume", "gain_db=-6")
    assert_placed(studio, said)
    ((name, ((at, path),)),) = studio.added.items()
    assert (name, at) == ("Atmo edit", ATMO_AT + 700)
    whole, _ = soundfile.read(studio.folder / "Audio Files" / "atmo.wav")
    take, rate = soundfile.read(path)
    assert rate == RATE
    wanted = whole[ATMO_FROM + 700 : ATMO_FROM + 700 + 2 * RATE] * 10 ** (-6 / 20)
    assert take.shape == wanted.shape
    assert np.abs(take - wanted).max() < 2e-6


def test_a_job_of_another_day_is_placed_by_its_timecode(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    out = studio.folder / "earlier"
    arguments = ["door slam", "--out", str(out), "--at", "01:00:10:00", "--start-timecode", "00:59:50:00", "--json"]
    assert run(["generate", *arguments]) == 0
    manifest = json.loads(capfd.readouterr().out)["manifest"]
    moved = studio.folder / "moved"
    out.rename(moved)
    protools(studio, capfd, "place", str(moved / Path(manifest).name))
    (stem,) = read_manifest(moved / Path(manifest).name).stems
    ((at, path),) = next(iter(studio.added.values()))
    assert path == moved / stem.path
    assert at + stem.onset_samples == 10 * RATE  # the session starts at 01:00:00:00


def test_a_running_engine_does_the_job(
    studio: Studio,
    running: EngineProcess,
    engine_home: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUEWRIGHT_PORT", str(running.port))
    out = engine_home / "protools"
    said = protools(studio, capfd, "generate", "door slam", "--out", str(out), where="running")
    assert_placed(studio, said)
    assert Path(said["manifest"]).parent == out
    session = made_by(said).job.session
    assert (session.start_timecode, session.project) == ("01:00:00:00", "Reel 2")
    # What the engine refuses is told as it tells it; nothing is asked of Pro Tools.
    before = list(studio.fake.steps)
    refused = protools(studio, capfd, "generate", "door slam", "--out", str(studio.folder), where="auto")
    assert (refused["error"]["code"], refused["error"]["field"]) == ("path_not_allowed", "folder")
    assert studio.fake.steps == before


def test_ctrl_c_cancels_the_job_in_the_engine(
    studio: Studio, running: EngineProcess, engine_home: Path, client: Client
) -> None:
    known = {job.job_id for job in client.jobs()}
    arguments = ("generate", "heavy rain, thunder and wind", "--takes", "16", "--out", str(engine_home / "long"))
    studio.fake.open.selection = (0, 3_600 * RATE)
    process = subprocess.Popen(
        [sys.executable, "-m", "engine", "protools", *arguments, "--protools", studio.address, "--json"],
        env={**os.environ, "CUEWRIGHT_PORT": str(running.port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (mine := {j.job_id: j.state for j in client.jobs() if j.job_id not in known}):
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert json.loads(said)["error"]["code"] == "cancelled"
    assert process.returncode == 130
    assert {job.job_id: job.state for job in client.jobs() if job.job_id in mine} == dict.fromkeys(mine, "cancelled")
    assert studio.fake.steps == []


def test_no_engine_where_one_was_asked_for(
    studio: Studio, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEWRIGHT_PORT", "9")
    said = protools(studio, capfd, "generate", "door slam", where="running")
    assert said["error"]["code"] == "engine_not_running"
    assert_placed(studio, protools(studio, capfd, "generate", "door slam", where="auto"))


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("compose", "steps"), "bad_argument", "selection"),
        (("edit", "denoise"), "bad_argument", "selection"),
        (("generate", "door slam", "--track", "DOOR slam"), "bad_argument", "track"),
        (("generate", " "), "prompt_empty", "prompt"),
        (("place", "nothing.cuewright.json"), "file_unreadable", "manifest"),
    ],
)
def test_wrong_wishes_change_nothing(
    studio: Studio, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: str, field: str
) -> None:
    error = protools(studio, capfd, *arguments)["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert studio.fake.steps == []


def test_a_selection_without_markers_or_picture(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    studio.fake.open.selection = (RATE, 2 * RATE)
    error = protools(studio, capfd, "compose", "steps")["error"]
    assert (error["code"], error["field"]) == ("bad_argument", "video")
    arguments = ("compose", "steps", "--video", "a.mov", "--video-at", "02:00:00:00")
    assert protools(studio, capfd, *arguments)["error"]["field"] == "video_at"
    assert studio.fake.steps == []


def refuse(kind: str) -> None:
    raise Refusal(kind, "because")


@pytest.mark.parametrize("command", ["ImportAudioToClipList", "CreateNewTracks", "SpotClipsByID", "SetTrackMuteState"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_step_that_fails_takes_the_others_back(
    studio: Studio, capfd: pytest.CaptureFixture[str], command: str, nth: int
) -> None:
    calls: list[str] = []

    def fail() -> None:
        calls.append(command)
        if len(calls) == nth:
            refuse("PT_UnknownError")

    studio.fake.before[command] = fail
    said = protools(studio, capfd, "generate", PROMPT, "--takes", "2")
    if len(calls) < nth:  # one step mutes all
        assert_placed(studio, said)
        return
    assert (said["error"]["code"], said["error"]["field"]) == ("daw_refused", command)
    assert "because" in said["error"]["sentence"]
    assert studio.added == {}
    assert studio.fake.log[-1] == "CancelBatchJob"


def test_a_track_without_an_id_is_told(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    studio.fake.misnamed = {"CreateNewTracks": {"unheard_of": "created_track_names"}}
    error = protools(studio, capfd, "generate", "door slam")["error"]
    assert (error["code"], error["field"]) == ("daw_refused", "CreateNewTracks")
    assert studio.added == {}


def test_what_cannot_be_taken_back_is_told(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    studio.fake.before["SpotClipsByID"] = studio.fake.before["DeleteTracks"] = lambda: refuse("PT_UnknownError")
    error = protools(studio, capfd, "generate", "door slam")["error"]
    assert error["field"] == "DeleteTracks"
    assert "delete the new tracks" in error["sentence"]


def test_a_stem_deleted_before_it_is_imported(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    said = protools(studio, capfd, "generate", "door slam")
    manifest = Path(said["manifest"])
    before = list(studio.fake.steps)
    (stem,) = made_by(said).stems
    (manifest.parent / stem.path).rename(manifest.parent / "kept.wav")
    error = protools(studio, capfd, "place", str(manifest))["error"]
    assert (error["code"], error["field"]) == ("file_unreadable", "stems[0]")
    assert studio.fake.steps == before
    # And where it goes between the look and the import, Pro Tools tells.
    (manifest.parent / "kept.wav").rename(manifest.parent / stem.path)
    studio.fake.before["ImportAudioToClipList"] = (manifest.parent / stem.path).unlink
    error = protools(studio, capfd, "place", str(manifest))["error"]
    assert error["code"] == "file_unreadable"
    assert stem.path in error["sentence"]


def test_another_sample_rate_is_refused_before_anything_is_done(
    studio: Studio, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["door slam", "--out", str(studio.folder), "--sample-rate", "44100", "--start-timecode", "01:00:00:00"]
    assert run(["generate", *arguments, "--json"]) == 0
    manifest = json.loads(capfd.readouterr().out)["manifest"]
    error = protools(studio, capfd, "place", manifest)["error"]
    assert (error["code"], error["field"]) == ("bad_argument", "sample_rate")
    assert studio.fake.steps == []


def test_people_see_the_tracks_and_how_to_take_it_back(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["protools", "generate", "rain", "--protools", studio.address, "--engine", "here"]) == 0
    said = capfd.readouterr().out
    assert "Rain" in said
    assert "undo 2 steps" in said
