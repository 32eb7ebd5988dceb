"""The whole path through a running engine: a prompt over OSC in, finished stems and replies out."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from engine.cli.process import EngineProcess, running_engine
from engine.errors import CuewrightError
from engine.protocol.client import Client
from engine.protocol.messages import (
    AcceptedReply,
    CancelledReply,
    DoneReply,
    FailedReply,
    JobReply,
    ProgressReply,
    StemReply,
    WarningReply,
)
from engine.stems.manifest import read_manifest


def new_id() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def ask(client: Client, folder: Path, job_id: str = "", **keys: Any) -> list[JobReply]:
    keys = {"prompt": "a heavy wooden door slams", "folder": str(folder)} | keys
    return list(client.generate(job_id or new_id(), **keys))


def refusal(client: Client, folder: Path, **keys: Any) -> CuewrightError:
    """What the engine has against a request, whether it refuses it at once or as a job."""
    try:
        last = ask(client, folder, **keys)[-1]
    except CuewrightError as error:
        return error
    assert isinstance(last, FailedReply)
    return last.error


def stems_of(replies: list[JobReply]) -> list[StemReply]:
    return [reply for reply in replies if isinstance(reply, StemReply) and reply.stem.kind == "stem"]


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_words_in_stems_out(client: Client, engine_home: Path) -> None:
    folder = engine_home / new_id()
    replies = ask(client, folder, prompt="a heavy wooden door slams, then three knocks", takes=2, seed=7)
    assert isinstance(replies[0], (AcceptedReply, ProgressReply))
    assert [type(r) for r in replies if isinstance(r, (DoneReply, FailedReply, CancelledReply))] == [DoneReply]
    done = replies[-1]
    assert isinstance(done, DoneReply)
    stems = stems_of(replies)
    assert len(stems) == done.stems_count == 8
    for reply in stems:
        samples, rate = soundfile.read(reply.stem.path, always_2d=True)
        assert (rate, samples.shape[0]) == (48_000, reply.stem.length_samples)
        assert soundfile.info(reply.stem.path).subtype == "PCM_24"
    manifest = read_manifest(Path(done.manifest))
    assert [event.text for event in manifest.plan.events] == ["heavy wooden door slams", *["knocks"] * 3]
    names = {Path(done.manifest).name, Path(done.project).name, Path(done.mix_path).name}
    assert visible(folder) == sorted(names | {Path(reply.stem.path).name for reply in stems})


def test_progress_never_falls_and_ends(client: Client, engine_home: Path) -> None:
    replies = ask(client, engine_home / new_id(), prompt="rain and wind", duration=20.0)
    fractions = [reply.fraction for reply in replies if isinstance(reply, ProgressReply)]
    sequences = [reply.sequence for reply in replies if isinstance(reply, ProgressReply)]
    assert fractions == sorted(fractions)
    assert sequences == sorted(set(sequences))


def test_the_onset_sits_on_its_sample(client: Client, engine_home: Path) -> None:
    """Placed at a timecode of a 23.976 session, measured back from the file and its TimeReference."""
    client.set_session("reel-1", sample_rate=48_000, frame_rate="23.976", start_timecode="01:00:00:00")
    replies = ask(client, engine_home / new_id(), session="reel-1", position_timecode="01:02:10:12", prompt="a gunshot")
    (reply,) = stems_of(replies)
    stem = reply.stem
    assert stem.position_samples + stem.onset_samples == 179_243_064 - 172_972_800
    content = Path(stem.path).read_bytes()
    at = content.index(b"bext") + 8
    time_reference = int.from_bytes(content[at + 338 : at + 346], "little")
    assert time_reference + stem.onset_samples == 179_243_064
    samples = np.abs(soundfile.read(stem.path, always_2d=True)[0]).max(axis=1)
    loud = int(np.argmax(samples > 0.1 * samples.max()))
    assert abs(loud - stem.onset_samples) <= 48  # the attack itself takes up to a millisecond


def test_the_same_id_is_the_same_job(client: Client, engine_home: Path) -> None:
    folder, job_id = engine_home / new_id(), new_id()
    first = ask(client, folder, job_id)
    before = visible(folder)
    again = ask(client, folder, job_id)
    assert (first[-1], [r.stem.path for r in stems_of(first)]) == (again[-1], [r.stem.path for r in stems_of(again)])
    assert visible(folder) == before


def test_the_same_id_for_another_request_is_refused(client: Client, engine_home: Path) -> None:
    folder, job_id = engine_home / new_id(), new_id()
    ask(client, folder, job_id)
    refused = ask(client, folder, job_id, prompt="rain")[-1]
    assert isinstance(refused, FailedReply)
    assert refused.code == "job_conflict"


@pytest.mark.parametrize(
    ("keys", "code", "field"),
    [
        ({"prompt": ""}, "prompt_empty", "prompt"),
        ({"prompt": "word " * 9_000}, "prompt_too_long", "prompt"),
        ({"prompt": "no rain, no music"}, "prompt_empty", "prompt"),
        ({"prompt": "zorbleflax quux"}, "prompt_not_matched", "prompt"),
        ({"duration": -3.0}, "bad_argument", "duration"),
        ({"duration": 36_000.0}, "bad_argument", "duration"),
        ({"backend": "theremin"}, "unknown_backend", "backend"),
        ({"preset": "no-such-preset"}, "unknown_preset", "preset"),
        ({"folder": "relative/path"}, "path_not_allowed", "folder"),
        ({"folder": "/etc/cuewright"}, "path_not_allowed", "folder"),
        ({"folder": "{home}/../elsewhere"}, "path_not_allowed", "folder"),
        ({"folder": "{home}/link/inside"}, "path_not_allowed", "folder"),
        ({"folder": "{home}/file/inside"}, "folder_not_writable", "folder"),
        ({"session": "never-told"}, "bad_argument", "session"),
        ({"follows": "never-sent"}, "unknown_job", "follows"),
        ({"position_timecode": "25:00:00:00"}, "bad_argument", "position_timecode"),
        ({"takes": 99}, "bad_argument", "takes"),
    ],
)
def test_bad_input_names_code_and_field(
    client: Client, engine_home: Path, keys: dict[str, Any], code: str, field: str
) -> None:
    (engine_home / "file").write_text("in the way")
    if not (engine_home / "link").exists():
        (engine_home / "link").symlink_to("/etc")
    keys = {k: v.replace("{home}", str(engine_home)) if isinstance(v, str) else v for k, v in keys.items()}
    folder = Path(keys.pop("folder", engine_home / new_id()))
    refused = refusal(client, folder, **keys)
    assert (refused.code, refused.field) == (code, field)
    assert refused.sentence.endswith(".")
    assert not list(engine_home.rglob("*.part"))
    assert not folder.is_relative_to(engine_home) or not list(folder.rglob("*.wav"))
    assert client.ping()


def test_an_unmatched_prompt_names_the_nearest(client: Client, engine_home: Path) -> None:
    refused = ask(client, engine_home / new_id(), prompt="a metallic zorbleflax quux")[-1]
    assert isinstance(refused, FailedReply)
    assert "nearest: " in refused.sentence


def test_what_cannot_be_made_is_said_beside_what_can(client: Client, engine_home: Path) -> None:
    replies = ask(client, engine_home / new_id(), prompt="a door slams, then a zorbleflax quux")
    assert isinstance(replies[-1], DoneReply)
    (warning,) = [reply.sentence for reply in replies if isinstance(reply, WarningReply)]
    assert "zorbleflax" in warning


def test_a_follow_up_renders_only_what_changed(client: Client, engine_home: Path) -> None:
    folder, first, second = engine_home / new_id(), new_id(), new_id()
    before = ask(client, folder, first, prompt="a dog barks, then a door slams", seed=3)
    takes = set((engine_home / "data" / "cache" / "takes").glob("*/*.npz"))
    after = ask(client, folder, second, prompt="add rain and make the dog bark twice", follows=first, seed=3)
    assert isinstance(after[-1], DoneReply)
    new = set((engine_home / "data" / "cache" / "takes").glob("*/*.npz")) - takes
    plans = [read_manifest(Path(r[-1].manifest)).plan for r in (before, after) if isinstance(r[-1], DoneReply)]
    assert [step.id for step in plans[1].outline.steps][:2] == [step.id for step in plans[0].outline.steps]
    keys = [{spec.key for event in plan.events for spec in event.takes} for plan in plans]
    assert {path.stem for path in new} == keys[1] - keys[0]
    door = [spec.key for event in plans[0].events if "door" in event.text for spec in event.takes]
    assert set(door) <= keys[1]


def test_cancel_ends_a_running_job(client: Client, engine_home: Path) -> None:
    folder, job_id = engine_home / new_id(), new_id()
    replies = client.generate(job_id, prompt="heavy rain, strong wind", duration=900.0, folder=str(folder))
    next(reply for reply in replies if isinstance(reply, ProgressReply) and reply.stage == "rendering")
    assert isinstance(client.cancel(job_id), CancelledReply)
    assert isinstance(list(replies)[-1], CancelledReply)
    assert not [name for name in visible(folder) if name.endswith(".part")]
    assert isinstance(ask(client, folder)[-1], DoneReply)


def test_a_preview_overtakes_a_batch(running: EngineProcess, engine_home: Path) -> None:
    """While a batch renders, later batches wait and a preview goes first."""
    with Client(running.host, running.port) as client:
        ids = [new_id() for _ in range(4)]
        folder = engine_home / new_id()
        follow = {}
        for index, job_id in enumerate(ids):
            follow[job_id] = client.generate(
                job_id, prompt="rain and wind", duration=60.0, folder=str(folder), priority="batch", seed=index
            )
        preview = new_id()
        ended = [ask(client, folder, preview, priority="preview")[-1].job_id]
        states = {reply.job_id: reply.state for reply in client.jobs(50)}
        assert ended == [preview]
        assert "queued" in {states[job_id] for job_id in ids[2:]}
        for job_id in ids:
            client.cancel(job_id)


def test_over_tcp(running: EngineProcess, engine_home: Path) -> None:
    with Client(running.host, running.port, transport="tcp") as client:
        assert isinstance(ask(client, engine_home / new_id())[-1], DoneReply)


@pytest.mark.foreign
def test_a_person_with_oscsend(
    running: EngineProcess, client: Client, engine_home: Path, foreign: Callable[[str], str]
) -> None:
    folder, job_id = engine_home / new_id(), new_id()
    arguments = ["s" * 5, job_id, "prompt", "a church bell", "folder", str(folder)]
    subprocess.run([foreign("oscsend"), running.host, str(running.port), "/cuewright/generate", *arguments], check=True)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            replies = list(client.job(job_id))
        except CuewrightError:
            continue
        if not isinstance(replies[-1], FailedReply) or replies[-1].code != "unknown_job":
            break
    assert isinstance(replies[-1], DoneReply)
    assert list(folder.glob("*.wav"))


def test_spool(tmp_path: Path) -> None:
    from engine.protocol import codec
    from engine.protocol.framing import Deframer
    from engine.protocol.schema import parse_reply, request_message

    spool, out = tmp_path / "spool", tmp_path / "out"
    with running_engine(tmp_path / "data", tmp_path, flags=("--spool", str(spool))):
        packet = codec.encode(request_message("/cuewright/generate", "j1", prompt="a bell", folder=str(out)))
        (spool / "request.tmp").write_bytes(packet)
        (spool / "request.tmp").rename(spool / "request.osc")
        deadline = time.monotonic() + 30
        seen: list[object] = []
        while time.monotonic() < deadline and not any(isinstance(reply, DoneReply) for reply in seen):
            files = list(spool.glob("*.reply"))
            packets = list(Deframer().feed(files[0].read_bytes())) if files else []
            seen = [parse_reply(codec.decode(packet)[0]) for packet in packets]
            time.sleep(0.02)
    assert any(isinstance(reply, DoneReply) for reply in seen)
    assert list(out.glob("*.wav"))


def test_two_engines_do_not_share_a_journal(tmp_path: Path) -> None:
    with (
        running_engine(tmp_path / "data", tmp_path),
        pytest.raises(CuewrightError) as caught,
        running_engine(tmp_path / "data", tmp_path),
    ):
        pass
    assert caught.value.code == "resource"


def test_a_port_in_use_is_named(running: EngineProcess, tmp_path: Path) -> None:
    with (
        pytest.raises(CuewrightError) as caught,
        running_engine(tmp_path / "data", tmp_path, flags=("--port", str(running.port))),
    ):
        pass
    assert caught.value.code == "port_in_use"
    assert str(running.port) in caught.value.sentence


def test_the_manifest_holds_what_a_rebuild_needs(client: Client, engine_home: Path) -> None:
    done = ask(client, engine_home / new_id(), seed=5)[-1]
    assert isinstance(done, DoneReply)
    written = json.loads(Path(done.manifest).read_text())
    assert {"job", "plan", "versions", "stems", "mix", "project"} <= set(written)
    assert all("/" not in stem["path"] and len(stem["sha256"]) == 64 for stem in written["stems"])
    assert all(stem["licence"]["name"] for stem in written["stems"])


def test_rendering_gives_way_to_what_plays(running: EngineProcess) -> None:
    engine = psutil.Process(running.process.pid)
    assert max(worker.nice() for worker in engine.children()) > engine.nice()
