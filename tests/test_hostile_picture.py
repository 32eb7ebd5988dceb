"""What a hostile or unlucky user sends with a picture: a clear error, whole files or none, and the next job goes on."""

from __future__ import annotations

import contextlib
import math
import os
import random
import socket
import subprocess
import sys
import tracemalloc
import uuid
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import psutil
import pytest

from engine.cli import run
from engine.cli.process import EngineProcess
from engine.config import Settings
from engine.cue import MAX_CUES
from engine.errors import BadArgument, CuewrightError, NothingMoves, PictureUnreadable, PromptEmpty, RequestError
from engine.handle import Handle
from engine.protocol.client import Client
from engine.protocol.messages import CancelledReply, CueReply, DoneReply, FailedReply, JobReply, ProgressReply
from engine.render import Studio
from engine.render.scene import gather
from engine.request import ComposeRequest, Job, SpotRequest
from engine.session import Session

sys.path.insert(0, str(Path(__file__).parent / "video"))
from footage import clicks, numbered, write_video

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@pytest.fixture(scope="module")
def clip(engine_home: Path) -> Path:
    sound = clicks(0.2, 0.7, seconds=1.0)
    return write_video(engine_home / "clip.mp4", numbered(size=(64, 48)), seconds=1.0, sound=sound)


@pytest.fixture(scope="module")
def long_clip(engine_home: Path) -> Path:
    """Long enough to be disturbed while it is looked at."""
    return write_video(
        engine_home / "long.mp4", numbered(size=(128, 96)), seconds=25.0, options={"preset": "ultrafast"}
    )


def new_id() -> str:
    return f"p-{uuid.uuid4().hex[:12]}"


def end_of(client: Client, verb: Literal["spot", "compose", "generate"], job_id: str = "", **keys: Any) -> Any:
    """The last reply of a job, or the error that it was refused with."""
    try:
        return list(getattr(client, verb)(job_id or new_id(), **keys))[-1]
    except CuewrightError as error:
        return error


def job_of(request: SpotRequest | ComposeRequest) -> Job:
    verb: Literal["spot", "compose"] = "spot" if isinstance(request, SpotRequest) else "compose"
    return Job(id="p-1", verb=verb, request=request, created="2026-01-01T00:00:00Z")


def partials(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.part")]


# Files


def is_text(path: Path, clip: Path) -> None:
    path.write_text("no picture at all\n" * 500)


def is_cut_off(path: Path, clip: Path) -> None:
    path.write_bytes(clip.read_bytes()[:200])


def is_a_socket(path: Path, clip: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def is_sound(path: Path, clip: Path) -> None:
    import av

    with av.open(str(path), "w", format="mp4") as out:
        stream: Any = out.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode())


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path, clip: None, "file_unreadable"),
        (lambda path, clip: path.mkdir(), "file_unreadable"),
        (lambda path, clip: path.touch(), "file_unreadable"),
        pytest.param(lambda path, clip: os.mkfifo(path), "file_unreadable", marks=needs_pipes),
        pytest.param(is_a_socket, "file_unreadable", marks=needs_pipes),
        (lambda path, clip: path.symlink_to(path), "file_unreadable"),
        (lambda path, clip: path.symlink_to("/etc/hosts"), "path_not_allowed"),
        (lambda path, clip: path.symlink_to("/dev/zero"), "path_not_allowed"),
        (is_text, "picture_unreadable"),
        (is_cut_off, "picture_unreadable"),
        (is_sound, "picture_unreadable"),
    ],
)
@pytest.mark.parametrize("verb", ["spot", "compose"])
def test_what_is_no_picture(
    client: Client,
    tmp_path: Path,
    engine_home: Path,
    clip: Path,
    verb: Literal["spot", "compose"],
    make: Any,
    code: str,
) -> None:
    path = engine_home / f"{uuid.uuid4().hex[:8]}.mp4"
    make(path, clip)
    keys = {"prompt": "rain"} if verb == "compose" else {}
    ended = end_of(client, verb, video=str(path), folder=str(engine_home / "no picture"), **keys)
    assert isinstance(ended, (FailedReply, CuewrightError)), ended
    assert (ended.code, ended.field) == (code, "video")
    assert ended.sentence.endswith(".")
    assert client.ping()


@pytest.mark.parametrize(
    "name", ['new\nline "q\'u" <script>alert(1)<', "ünï 東京 🎬 %d %03d \x1b[31m", "x" * 251, "-o "]
)
def test_a_name_of_any_kind(engine_home: Path, client: Client, clip: Path, name: str) -> None:
    video = engine_home / f"{name}.mp4"
    video.write_bytes(clip.read_bytes())
    done = end_of(client, "spot", video=str(video), folder=str(engine_home / f"out {name[:200]}"))
    assert isinstance(done, DoneReply), done
    assert "<script>alert" not in Path(done.report).read_text()


def test_words_of_any_kind_stay_words(tmp_path: Path, clip: Path) -> None:
    evil = "\n  RIPPLE 1\n>\"'`</script><script>alert(1)</script>"
    keys = {"video": str(clip), "markers": f"0.5 door slam{evil.replace(chr(10), ' ')}", "track": f"T{evil}"}
    request = ComposeRequest.read({**keys, "prompt": f"rain{evil}, rain", "folder": str(tmp_path), "report": True})
    result = Studio(Settings.load()).run(job_of(request))
    assert "<script>alert" not in Path(result.report).read_text()
    project = Path(result.project).read_text().splitlines()
    assert "alert(1)" in "".join(project)
    assert not [line for line in project if line.strip() == "RIPPLE 1"]


# Damage


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
def test_damage_anywhere_is_a_result_or_a_clear_error(tmp_path: Path, suffix: str) -> None:
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    sound = clicks(0.2, seconds=0.4)
    keys = {"sound_codec": "mp2"} if suffix == ".avi" else {"sound_codec": "aac"}
    whole = write_video(
        tmp_path / f"whole{suffix}", numbered(size=(64, 48)), seconds=0.4, codec=codec, sound=sound, **keys
    ).read_bytes()
    studio, chance = Studio(Settings.load()), random.Random(suffix)
    video, out = tmp_path / f"damaged{suffix}", tmp_path / "out"
    request = SpotRequest(video=str(video), folder=str(out), source="both")
    ended = []
    for number in range(16):
        damaged = bytearray(whole[: chance.randrange(1, len(whole))] if number % 3 == 0 else whole)
        for _ in range(chance.choice([0, 1, 5, 50])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        video.write_bytes(damaged)
        try:
            studio.run(job_of(request))
            ended.append("done")
        except RequestError as error:
            ended.append(error.code)
        assert not out.exists() or not partials(out)
    assert {"done"} < set(ended) <= {"done", "picture_unreadable", "file_unreadable"}


PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{pipe}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile {pipe}\n",
    "list.mp4": "ffconcat version 1.0\nfile {pipe}\n",
}


@needs_pipes
@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_opens_nothing_that_it_names(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe.ts")  # whoever opened it would wait forever
    (tmp_path / name).write_text(PLAYLISTS[name].format(pipe="pipe.ts"))
    code = "import sys; from engine.video.reader import probe; probe(sys.argv[1])"
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / name)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "PictureUnreadable" in ended.stderr


def spotted_times(video: Path, folder: Path, **keys: Any) -> list[float]:
    request = SpotRequest.read({"video": str(video), "folder": str(folder), **keys})
    result = Studio(Settings.load()).run(job_of(request))
    return [cue.start_samples / result.sample_rate_hz for cue in result.cues]


def test_an_hour_between_two_frames_is_not_measured(tmp_path: Path) -> None:
    times = [0, 0.04, 0.08, 0.12, 0.16, 28, 28.04, 28.08, 3600]
    video = write_video(tmp_path / "hour.mkv", numbered(size=(64, 48)), times=times)
    tracemalloc.start()
    try:
        spotted_times(video, tmp_path / "out")
        assert tracemalloc.get_traced_memory()[1] < 200e6
    finally:
        tracemalloc.stop()


def test_a_slide_every_forty_seconds(tmp_path: Path) -> None:
    video = write_video(tmp_path / "slides.mkv", numbered(size=(64, 48)), times=[0, 40, 80])
    with contextlib.suppress(RequestError):
        assert all(0 <= time < 81 for time in spotted_times(video, tmp_path / "out"))


def test_a_time_stamp_of_days_wants_a_duration(tmp_path: Path) -> None:
    video = write_video(tmp_path / "days.mkv", numbered(size=(64, 48)), times=[0, 0.04, 0.08, 259_200, 259_200.04])
    with pytest.raises(PictureUnreadable, match="name a duration") as told:
        spotted_times(video, tmp_path / "out")
    assert told.value.field == "duration"
    with contextlib.suppress(NothingMoves):
        spotted_times(video, tmp_path / "out", duration=1.0)


@pytest.mark.parametrize(("width", "height"), [(4000, 2), (2, 2000), (16, 16), (2, 2)])
def test_a_picture_of_hardly_any_height_or_width(tmp_path: Path, width: int, height: int) -> None:
    chance = np.random.default_rng(0)

    def noise(seconds: float) -> np.ndarray[Any, Any]:
        return chance.integers(0, 255, (height, width, 3)).astype(np.uint8)

    video = write_video(tmp_path / "strip.mkv", noise, seconds=0.4, codec="ffv1", pix_fmt="yuv444p")
    with contextlib.suppress(NothingMoves):
        spotted_times(video, tmp_path / "out")


def test_a_line_break_in_a_path_writes_no_line_of_the_project(tmp_path: Path, clip: Path) -> None:
    video = tmp_path / "a\n  RIPPLE 1\nb.mp4"
    video.write_bytes(clip.read_bytes())
    keys = {"video": str(video), "markers": "0.5 door slam", "prompt": "rain", "folder": str(tmp_path / "out")}
    result = Studio(Settings.load()).run(job_of(ComposeRequest.read(keys)))
    project = Path(result.project).read_text().splitlines()
    assert not [line for line in project if line.strip() == "RIPPLE 1"]
    assert "Picture left out" in "".join(project)


# Sheets


def sheet_at_hour_one(folder: Path) -> Path:
    path = folder / "hour.csv"
    path.write_text("timecode,label\n01:00:01:00,door slam\n01:00:02:00,a bell rings\n")
    return path


@pytest.mark.parametrize("with_picture", [False, True])
def test_a_sheet_that_counts_from_another_start_is_said(tmp_path: Path, clip: Path, with_picture: bool) -> None:
    keys = {"cue_sheet": str(sheet_at_hour_one(tmp_path)), "folder": str(tmp_path)}
    request = ComposeRequest.read({**keys, **({"video": str(clip)} if with_picture else {})})
    with pytest.raises(BadArgument, match="sheet begins at 01:00:01:00 and the timeline at 00:00:00:00") as told:
        gather(job_of(request), Handle())
    assert told.value.field == "cue_sheet"
    started = job_of(request).model_copy(update={"session": Session(start_timecode="01:00:00:00")})
    if not with_picture:
        scene = gather(started, Handle()).scene
        assert scene is not None
        assert [cue.start_samples for cue in scene.cues] == [48_000, 96_000]


def test_markers_of_our_own_project_can_be_given_back(tmp_path: Path, clip: Path) -> None:
    keys = {"video": str(clip), "evenly": 3, "spot": "off", "prompt": "door slam", "folder": str(tmp_path)}
    made = Studio(Settings.load()).run(job_of(ComposeRequest.read(keys)))
    project = Path(made.project)
    project.write_text(project.read_text().replace('"mark"', '"impact"'))
    again = {"cue_sheet": str(project), "prompt": "door slam", "folder": str(tmp_path / "again")}
    scene = gather(job_of(ComposeRequest.read(again)), Handle()).scene
    assert scene is not None
    assert [(cue.kind, cue.label) for cue in scene.cues] == [("impact", "")] * 3


# Keys


NUMBERS = {"video_offset": 0.0, "video_rate": 0.01, "duration": 0.0, "sensitivity": 0.0, "position_samples": 0}


@pytest.mark.parametrize("verb", ["spot", "compose"])
def test_every_number_out_of_bounds_is_named(client: Client, clip: Path, verb: Literal["spot", "compose"]) -> None:
    keys = {
        "video": str(clip),
        "folder": str(clip.parent / "bounds"),
        **({"prompt": "rain"} if verb == "compose" else {}),
    }
    for key, least in NUMBERS.items():
        for value in (least - 1, math.nan, math.inf, 1e300, "1", True, b"1"):
            error = end_of(client, verb, **{**keys, key: value})
            assert isinstance(error, BadArgument), (key, value, error)
            assert error.field == key
    assert not (clip.parent / "bounds").exists()


@pytest.mark.parametrize(
    ("keys", "code", "field"),
    [
        ({"markers": "garbage"}, "cue_sheet_unreadable", "markers"),
        ({"markers": ";" * 32_768}, "cue_sheet_unreadable", "markers"),
        ({"markers": "1" * 32_768}, "cue_sheet_unreadable", "markers"),
        ({"markers": "1;" * 16_385}, "bad_argument", "markers"),
        ({"markers": "0.5; 0.7", "prompt": ""}, "prompt_empty", "prompt"),
        ({"sheet_frame_rate": "often"}, "bad_argument", "sheet_frame_rate"),
        ({"sheet_frame_rate": "25/0"}, "bad_argument", "sheet_frame_rate"),
        ({"cue_sheet": "{clip}"}, "cue_sheet_unreadable", "cue_sheet"),
        ({"cue_sheet": "{home}"}, "file_unreadable", "cue_sheet"),
        ({"cue_sheet": "/etc/hosts"}, "path_not_allowed", "cue_sheet"),
        ({"video_offset": 5.0}, "picture_unreadable", "video_offset"),
        ({"position_timecode": "25:00:00:00"}, "bad_argument", "position_timecode"),
    ],
)
def test_bad_cues_name_code_and_field(
    client: Client, engine_home: Path, clip: Path, keys: dict[str, Any], code: str, field: str
) -> None:
    keys = {
        k: v.replace("{home}", str(engine_home)).replace("{clip}", str(clip)) if isinstance(v, str) else v
        for k, v in keys.items()
    }
    folder = engine_home / new_id()
    ended = end_of(client, "compose", **{"prompt": "rain", "video": str(clip), "folder": str(folder), **keys})
    assert isinstance(ended, (FailedReply, CuewrightError)), ended
    assert (ended.code, ended.field) == (code, field)
    assert len(ended.sentence) < 600
    assert not folder.exists() or list(folder.iterdir()) == []


def gathered(tmp_path: Path, **keys: Any) -> Any:
    return gather(job_of(ComposeRequest.read({"folder": str(tmp_path), **keys})), Handle()).scene


def test_cues_of_the_same_name_keep_apart(tmp_path: Path) -> None:
    """A number of a sheet that looks like the name that a double is given."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Cue,In,Description\nr1.3,0.5,door\nr1,1,door\n")
    scene = gathered(tmp_path, cue_sheet=str(sheet), markers="1.5", prompt="rain")
    names = [cue.id for cue in scene.cues]
    assert len(set(names)) == len(names) == 3


def test_more_cues_than_a_plan_holds_are_told(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("In,Description\n" + "".join(f"{k / 10},door\n" for k in range(MAX_CUES)))
    scene = gathered(tmp_path, cue_sheet=str(sheet), markers="0.05; 0.15")
    assert len(scene.cues) == MAX_CUES
    assert any(f"{MAX_CUES + 2:,}" in sentence for sentence in scene.warnings)


@pytest.mark.parametrize("verb", ["spot", "compose"])
def test_progress_never_falls(tmp_path: Path, clip: Path, verb: Literal["spot", "compose"]) -> None:
    """Looking and listening are two passes over one file."""
    keys = {"video": str(clip), "folder": str(tmp_path)}
    request: SpotRequest | ComposeRequest = (
        SpotRequest.read({**keys, "source": "both"})
        if verb == "spot"
        else ComposeRequest.read({**keys, "spot": "both", "prompt": "rain", "report": True})
    )
    told: list[float] = []
    Studio(Settings.load()).run(job_of(request), Handle(on_progress=lambda fraction, stage: told.append(fraction)))
    assert told == sorted(told)
    assert len(told) > 20


def test_markers_without_a_word_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptEmpty) as caught:
        gathered(tmp_path, markers="1; 2")
    assert caught.value.field == "prompt"


# Jobs


def test_a_follow_up_of_cues_is_refused(client: Client, engine_home: Path, clip: Path) -> None:
    job_id = new_id()
    assert isinstance(end_of(client, "spot", job_id, video=str(clip)), DoneReply)
    for verb in ("generate", "compose"):
        keys = {"video": str(clip)} if verb == "compose" else {}
        error = end_of(client, verb, prompt="rain", folder=str(engine_home / job_id), follows=job_id, **keys)
        assert isinstance(error, (FailedReply, BadArgument)), error
        assert (error.code, error.field) == ("bad_argument", "follows")


def test_one_id_is_one_job_whatever_the_verb(client: Client, engine_home: Path, clip: Path) -> None:
    job_id = new_id()
    first = end_of(client, "spot", job_id, video=str(clip))
    refused = end_of(client, "compose", job_id, video=str(clip), prompt="rain", folder=str(engine_home / job_id))
    assert refused.code == "job_conflict"
    assert end_of(client, "spot", job_id, video=str(clip)) == first


def test_cues_can_be_asked_for_again(running: EngineProcess, client: Client, clip: Path) -> None:
    job_id = new_id()
    first = [reply for reply in client.spot(job_id, video=str(clip), source="both") if isinstance(reply, CueReply)]
    with Client(running.host, running.port) as other:
        assert [reply for reply in other.job(job_id) if isinstance(reply, CueReply)] == first
    assert first


@pytest.fixture
def looking(client: Client, engine_home: Path, long_clip: Path) -> Iterator[tuple[str, Path, Iterator[JobReply]]]:
    """A spot job in the middle of its picture."""
    job_id, folder = new_id(), engine_home / new_id()
    replies = client.spot(job_id, video=str(long_clip), folder=str(folder))
    for reply in replies:
        if isinstance(reply, ProgressReply) and reply.stage == "reading the picture":
            break
    yield job_id, folder, replies
    with contextlib.suppress(CuewrightError):
        client.cancel(job_id)


def test_a_cancel_while_looking(client: Client, looking: tuple[str, Path, Iterator[JobReply]]) -> None:
    job_id, folder, replies = looking
    client.cancel(job_id)
    assert [type(r) for r in replies if not isinstance(r, ProgressReply)] == [CancelledReply]
    assert list(folder.iterdir()) == []
    assert client.ping()


def test_a_worker_that_dies_while_looking(
    running: EngineProcess, client: Client, looking: tuple[str, Path, Iterator[JobReply]]
) -> None:
    job_id, folder, replies = looking
    workers = psutil.Process(running.process.pid).children(recursive=True)
    max(workers, key=lambda worker: worker.cpu_times().user).kill()
    ended = [reply for reply in replies if not isinstance(reply, (ProgressReply, CueReply))]
    assert isinstance(ended[-1], DoneReply), ended
    assert sum(isinstance(reply, (DoneReply, FailedReply, CancelledReply)) for reply in ended) == 1
    assert sorted(path.name for path in folder.iterdir()) == [f"{job_id}.cues.csv", f"{job_id}.report.html"]


def test_a_picture_that_shrinks_while_it_is_read(client: Client, engine_home: Path, long_clip: Path) -> None:
    video = engine_home / f"{new_id()}.mp4"
    video.write_bytes(long_clip.read_bytes())
    replies = client.spot(new_id(), video=str(video), folder=str(engine_home / video.stem))
    for reply in replies:
        if isinstance(reply, ProgressReply) and reply.stage == "reading the picture":
            os.truncate(video, 10_000)
            break
    ended = list(replies)[-1]
    assert isinstance(ended, DoneReply) or (isinstance(ended, FailedReply) and ended.code == "picture_unreadable"), (
        ended
    )
    assert not partials(engine_home / video.stem)
    assert client.ping()


# The command line


@pytest.mark.parametrize(
    "arguments", [["spot", "~nobody-of-that-name/a.mp4"], ["compose", "~nobody-of-that-name/a.mp4", "rain"]]
)
def test_a_home_that_is_not_known(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*arguments, "--json"]) == 2
    assert '"file_unreadable"' in capsys.readouterr().out


def test_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    try:
        (tmp_path / "gone").rmdir()
    except OSError:
        pytest.skip("this system keeps a folder that is in use")
    assert run(["spot", "a.mp4", "--json"]) == 2
    assert '"file_unreadable"' in capsys.readouterr().out


@pytest.mark.parametrize("fps", [Fraction(1, 2), 2_000])
def test_a_picture_at_a_rate_that_no_timecode_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fps: Fraction | int
) -> None:
    video = write_video(
        tmp_path / "odd.mkv", numbered(size=(64, 48)), seconds=max(0.02, 4 / fps), fps=fps, time_base=Fraction(1, 2_000)
    )
    assert run(["spot", str(video), "--json"]) == 0, capsys.readouterr().out
