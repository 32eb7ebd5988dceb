"""Align from end to end: a picture whose contacts are known, a sound that is out of time with it, and the take."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from engine.audio import Samples
from engine.cli import app
from engine.config import Settings
from engine.dsp.onsets import find_onsets
from engine.errors import BadArgument, FileUnreadable, PictureUnreadable
from engine.evaluation.physics_clips import PhysicsClip, render_clip
from engine.handle import Handle
from engine.protocol.client import Client
from engine.protocol.schema import DoneReply, StemReply
from engine.render import Studio
from engine.request import AlignRequest, Job
from engine.results import JobResult

RATE = 48_000


@dataclass(frozen=True)
class Scene:
    """A clip and the sound that its contacts make."""

    clip: PhysicsClip
    sound: Samples


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    clip = render_clip(7, tmp_path_factory.mktemp("scene") / "fall é.mp4", "hammer", 6.0)
    assert len(clip.onsets_seconds) >= 3
    rng = np.random.default_rng(5)
    sound = np.zeros(round(clip.duration_seconds * RATE))
    time = np.arange(RATE // 4) / RATE
    for at in clip.onsets_seconds:
        strike = np.exp(-time / 0.03) * np.sin(2 * np.pi * 700 * time) + np.exp(-time / 0.004) * rng.normal(
            size=time.size
        )
        begin = round(at * RATE)
        part = sound[begin : begin + time.size]
        part += 0.3 * strike[: part.size]
    return Scene(clip, sound.astype(np.float32)[None])


def moved(sound: Samples, seconds: float) -> Samples:
    by = round(seconds * RATE)
    return np.pad(sound, ((0, 0), (max(0, by), max(0, -by))))[:, max(0, -by) : max(0, -by) + sound.shape[1]]


def written(sound: Samples, path: Path) -> Path:
    soundfile.write(path, sound.T, RATE, subtype="PCM_24")
    return path


def run(audio: Path, video: Path, folder: Path, **keys: object) -> JobResult:
    request = AlignRequest.read({"audio": str(audio), "video": str(video), "folder": str(folder), **keys})
    job = Job(id="align-1", verb="align", request=request, created="2026-01-01T00:00:00Z")
    return Studio(Settings.load()).run(job, Handle())


def onsets(path: str) -> list[float]:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return [onset.time_seconds for onset in find_onsets(samples[:, 0], rate)]


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("late", [-0.31, 0.24])
def test_a_sound_out_of_time_is_brought_into_it(scene: Scene, tmp_path: Path, late: float) -> None:
    noise = np.random.default_rng(0).normal(0, 0.002, scene.sound.shape).astype(np.float32)
    audio = written(moved(scene.sound, late) + noise, tmp_path / "foley.wav")
    before = hash_of(audio)
    result = run(audio, scene.clip.path, tmp_path / "out")
    (take,) = result.stems
    inside = [at for at in scene.clip.onsets_seconds if 0.05 < at + late < scene.clip.duration_seconds - 0.05]
    heard = onsets(take.path)
    assert [min(abs(at - one) for one in heard) for at in inside] == pytest.approx([0] * len(inside), abs=0.02)
    assert take.length_samples == scene.sound.shape[1]
    assert "denoise" in result.actions
    assert "shift" in result.actions
    assert result.verdict.startswith("Synchronisation 0.0")
    assert hash_of(audio) == before
    trace = json.loads(Path(result.manifest).read_text())["trace"]
    assert trace["stopped"] == "threshold"
    assert trace["fit"]["delay_seconds"] == pytest.approx(late, abs=0.02)
    assert trace["cycles"][trace["best"] - 1]["score"]["synchronisation"] > 0.88


def test_a_sound_in_time_is_left_alone(scene: Scene, tmp_path: Path) -> None:
    result = run(written(scene.sound, tmp_path / "foley.wav"), scene.clip.path, tmp_path / "out")
    assert (result.stems, result.manifest) == ((), "")
    assert result.verdict == "The original is kept: it fits as it is."
    assert list((tmp_path / "out").iterdir()) == []


def test_a_take_is_rebuilt_to_the_same_bytes(scene: Scene, tmp_path: Path) -> None:
    result = run(written(moved(scene.sound, 0.2), tmp_path / "foley.wav"), scene.clip.path, tmp_path / "out")
    again = CliRunner().invoke(app, ["rebuild", result.manifest, "--out", str(tmp_path / "again")])
    assert again.exit_code == 0, again.output
    assert hash_of(tmp_path / "again" / Path(result.stems[0].path).name) == result.stems[0].sha256


def test_a_region_in_its_file_meets_a_slice_of_the_picture(scene: Scene, tmp_path: Path) -> None:
    """The region begins 2 s into the file and lies 1 s into the picture, which begins at 1 s of the video."""
    file = np.pad(moved(scene.sound, 0.2)[:, RATE:], ((0, 0), (2 * RATE, RATE)))
    audio = written(file, tmp_path / "long.wav")
    length = scene.clip.duration_seconds - 1
    result = run(audio, scene.clip.path, tmp_path / "out", offset=2.0, duration=length, video_offset=1.0)
    (take,) = result.stems
    inside = [at - 1 for at in scene.clip.onsets_seconds if 1.1 < at < scene.clip.duration_seconds - 0.3]
    heard = onsets(take.path)
    assert [min(abs(at - one) for one in heard) for at in inside] == pytest.approx([0] * len(inside), abs=0.02)


def test_a_file_played_faster_meets_the_picture_as_it_plays(scene: Scene, tmp_path: Path) -> None:
    """At twice the speed the file's seconds are half of the timeline's."""
    slow = np.zeros((1, 2 * scene.sound.shape[1]), np.float32)
    slow[:, ::2] = moved(scene.sound, 0.2)  # every onset at twice its time
    audio = written(slow, tmp_path / "slow.wav")
    result = run(audio, scene.clip.path, tmp_path / "out", play_rate=2.0)
    (take,) = result.stems
    assert take.length_samples == slow.shape[1]
    inside = [2 * at for at in scene.clip.onsets_seconds if at < scene.clip.duration_seconds - 0.3]
    heard = onsets(take.path)
    assert [min(abs(at - one) for one in heard) for at in inside] == pytest.approx([0] * len(inside), abs=0.04)


def test_silence_comes_back_with_the_reason(scene: Scene, tmp_path: Path) -> None:
    result = run(written(np.zeros((1, 2 * RATE), np.float32), tmp_path / "a.wav"), scene.clip.path, tmp_path / "out")
    assert (result.stems, result.verdict) == ((), "The original is kept: it is silent.")


def test_sound_that_is_no_numbers_is_told_as_that(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full((2 * RATE, 1), np.nan, np.float32), RATE, subtype="FLOAT")
    result = run(path, scene.clip.path, tmp_path / "out")
    assert result.stems == ()
    assert any("no numbers" in warning for warning in result.warnings)


def test_a_region_of_a_moment_is_told_as_that(scene: Scene, tmp_path: Path) -> None:
    audio = written(scene.sound, tmp_path / "a.wav")
    with pytest.raises(BadArgument, match="shorter than") as caught:
        run(audio, scene.clip.path, tmp_path / "out", duration=1e-9)
    assert caught.value.field == "duration"


def test_a_still_picture_comes_back_with_the_reason(scene: Scene, tmp_path: Path, still: Path) -> None:
    result = run(written(moved(scene.sound, 0.2), tmp_path / "a.wav"), still, tmp_path / "out")
    assert (result.stems, result.manifest) == ((), "")
    assert "nothing that is heard could be found in the picture" in result.verdict
    assert any("Nothing moves" in warning for warning in result.warnings)


@pytest.fixture
def still(tmp_path: Path) -> Path:
    import av

    path = tmp_path / "still.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 90, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_files_that_cannot_be_read_are_named_and_nothing_is_written(scene: Scene, tmp_path: Path) -> None:
    audio = written(scene.sound, tmp_path / "a.wav")
    with pytest.raises(FileUnreadable) as missing:
        run(tmp_path / "none.wav", scene.clip.path, tmp_path / "out")
    assert (missing.value.field, "none.wav" in missing.value.sentence) == ("audio", True)
    with pytest.raises((PictureUnreadable, FileUnreadable)) as unreadable:
        run(audio, audio, tmp_path / "out")
    assert unreadable.value.field == "video"
    assert list((tmp_path / "out").iterdir()) == []


def test_over_osc_the_take_comes_with_its_verdict(scene: Scene, client: Client, engine_home: Path) -> None:
    audio = written(moved(scene.sound, 0.24), engine_home / "osc foley.wav")
    video = engine_home / "osc picture.mp4"
    video.write_bytes(scene.clip.path.read_bytes())
    replies = list(client.align("align-osc", audio=str(audio), video=str(video)))
    takes = [reply for reply in replies if isinstance(reply, StemReply)]
    done = replies[-1]
    assert isinstance(done, DoneReply)
    assert len(takes) == 1
    assert Path(takes[0].stem.path).parent == engine_home
    assert done.verdict.startswith("Synchronisation 0.0")
    assert done.actions.startswith("shift seconds=-0.2")


def test_the_command_says_what_came_of_it(scene: Scene, tmp_path: Path) -> None:
    audio = written(moved(scene.sound, 0.24), tmp_path / "foley.wav")
    ended = CliRunner().invoke(app, ["align", str(audio), str(scene.clip.path), "-o", str(tmp_path / "out")])
    assert ended.exit_code == 0, ended.output
    assert "Synchronisation 0.0" in ended.output
    assert "foley edit.wav" in ended.output
    as_json = CliRunner().invoke(app, ["align", str(audio), str(scene.clip.path), "--json", "-o", str(tmp_path)])
    assert json.loads(as_json.stdout)["verdict"].startswith("Synchronisation")
