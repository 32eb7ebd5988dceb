"""What a hostile or unlucky user sends: a clear error, nothing outside the folder, and the next job goes on."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli import run
from engine.cli.process import EngineProcess, running_engine
from engine.config import Settings
from engine.errors import BadArgument, FileUnreadable, PathNotAllowed, RequestError
from engine.plan import Plan
from engine.planning.presets import load_presets
from engine.protocol import codec
from engine.protocol.client import Client
from engine.protocol.messages import DoneReply, FailedReply
from engine.protocol.schema import request_message
from engine.render import Studio
from engine.request import GenerateRequest, Job
from engine.stems.folder import check_path
from engine.stems.manifest import read_manifest

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@pytest.fixture
def plan_of(tmp_path: Path) -> Callable[..., Plan]:
    studio = Studio(Settings.load())

    def plan(prompt: str, **keys: object) -> Plan:
        request = GenerateRequest.read({"prompt": prompt, "folder": str(tmp_path), **keys})
        return studio.plan(Job(id="j1", request=request, created="2026-01-01T00:00:00Z"))

    return plan


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Manifest of a finished job."""
    request = GenerateRequest(prompt="a dog barks", folder=str(tmp_path / "made"))
    return Path(Studio(Settings.load()).run(Job(id="j1", request=request, created="2026-01-01T00:00:00Z")).manifest)


@pytest.mark.parametrize(
    "prompt",
    [
        "a bell rings at 01:30:00",
        "dog at 99:99:99",
        "a bell every 20 minutes",
        "rain for 1 hour, then a dog barks, then a bell rings",
        "a dog barks every 10 minutes 64 times",
    ],
)
def test_more_than_an_hour_is_refused_by_its_words(plan_of: Callable[..., Plan], prompt: str) -> None:
    with pytest.raises(BadArgument) as caught:
        plan_of(prompt)
    assert caught.value.field == "prompt"
    assert "hour" in caught.value.sentence or "minutes" in caught.value.sentence


@pytest.mark.parametrize("count", ["①", "²", "9" * 400, "9" * 4_500, "1e9", "-3", "0"])
def test_odd_numbers_do_not_break_the_planner(plan_of: Callable[..., Plan], count: str) -> None:
    with contextlib.suppress(RequestError):  # anything else is a defect
        assert 1 <= len(plan_of(f"{count} dogs bark").events) <= 64


def test_a_very_short_sound_has_the_shortest_length(plan_of: Callable[..., Plan]) -> None:
    made = plan_of("rain for 0.00001 seconds, then a dog barks")
    assert min(event.length_samples for event in made.events) >= 960


@pytest.mark.parametrize(
    "follow_up", ["move the dog to 1:10:00", "make the dog bark every 20 minutes", ", ".join(["add rain"] * 70)]
)
def test_a_follow_up_never_writes_what_cannot_be_read(made: Path, follow_up: str) -> None:
    request = GenerateRequest(prompt=follow_up, folder=str(made.parent))
    job = Job(id="j2", request=request, created="2026-01-01T00:00:00Z", previous_manifest=str(made))
    with pytest.raises(BadArgument) as caught:
        Studio(Settings.load()).plan(job)
    assert caught.value.field == "prompt"


def edited(manifest: Path, edit: Callable[[dict], None]) -> Path:
    told = json.loads(manifest.read_text())
    edit(told)
    target = manifest.with_name("edited.cuewright.json")
    target.write_text(json.dumps(told))
    return target


@pytest.mark.parametrize(
    "edit",
    [
        lambda told: told["plan"]["events"][0].update(category="../../../evil"),
        lambda told: told["stems"][0].update(path="../evil.wav"),
        lambda told: told["plan"]["events"][0].update(start_samples=10**25),
        lambda told: told["stems"].clear(),
        lambda told: told.update(project="/etc/evil.rpp"),
    ],
)
def test_an_edited_manifest_makes_nothing_elsewhere(
    made: Path, tmp_path: Path, edit: Callable[[dict], None], capsys: pytest.CaptureFixture[str]
) -> None:
    target = edited(made, edit)
    before = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    code = run(["rebuild", str(target), "--out", str(tmp_path / "deep" / "out"), "--json"])
    assert (code, json.loads(capsys.readouterr().out)["error"]["code"]) == (2, "file_unreadable")
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == before


@needs_pipes
def test_a_pipe_is_no_manifest(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.cuewright.json")
    with pytest.raises(FileUnreadable):
        read_manifest(tmp_path / "m.cuewright.json")


@needs_pipes
def test_a_pipe_is_no_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "door.wav")
    assert run(["library", "add", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 0


@needs_pipes
def test_a_pipe_as_spool_reply_does_not_stop_the_engine(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    os.mkfifo(spool / "z.reply")
    with running_engine(tmp_path / "data", tmp_path, flags=("--spool", str(spool))) as engine:
        (spool / "z.tmp").write_bytes(codec.encode(request_message("/cuewright/ping")))
        (spool / "z.tmp").rename(spool / "z.osc")
        with Client(engine.host, engine.port) as client:
            while (spool / "z.osc").exists() or (spool / "z.taken").exists():
                client.ping()
            assert client.ping()


@pytest.mark.parametrize("toml", ["a=" + "[" * 100_000, ".".join("a" * 5_000) + "=1", "size = " + "9" * 5_000])
def test_a_preset_file_of_any_kind_is_only_a_warning(tmp_path: Path, toml: str) -> None:
    (tmp_path / "mine.toml").write_text(toml)
    found = load_presets(Settings.load(presets=tmp_path))
    assert len(found.all) > 30
    assert "mine.toml" in found.warnings[0]


@pytest.mark.parametrize("folder", ["/".join(["", *"a" * 1_300]), "/tmp/\udcff"])
def test_a_folder_that_no_disk_would_take_is_refused(folder: str) -> None:
    with pytest.raises(PathNotAllowed):
        check_path(folder, [Path("/")])


def test_what_no_memory_holds_is_refused_before_rendering(plan_of: Callable[..., Plan], tmp_path: Path) -> None:
    huge = plan_of("rain and wind and a stream and waves and crickets and a crowd", duration=3_600.0, channels=2)
    job = Job(id="j1", request=GenerateRequest(prompt="x", folder=str(tmp_path)), created="2026-01-01T00:00:00Z")
    with pytest.raises(BadArgument) as caught:
        Studio(Settings.load()).render(job, huge, tmp_path / "out", handle=_never())
    assert caught.value.field == "mix"


def _never() -> object:
    class Untouched:
        def __getattr__(self, name: str) -> object:
            raise AssertionError("rendering began")

    return Untouched()


def test_after_all_that_the_next_job_goes_on(running: EngineProcess, client: Client, engine_home: Path) -> None:
    for prompt in ("② dogs at 99:99:99", "9" * 400 + " knocks", "a bell at 01:30:00"):
        name = f"h-{uuid.uuid4().hex[:8]}"
        last = list(client.generate(name, prompt=prompt, folder=str(engine_home / name)))[-1]
        assert not isinstance(last, FailedReply) or last.code != "internal"
    name = f"h-{uuid.uuid4().hex[:8]}"
    assert isinstance(list(client.generate(name, prompt="a bell", folder=str(engine_home / name)))[-1], DoneReply)
