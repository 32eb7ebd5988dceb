"""Fetching models, from a server that plays the hub; nothing here leaves the machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hub_server import REVISION, Hub, hub_server
from safetensors.numpy import save

from engine.backends.known_models import KNOWN
from engine.backends.pulling import chosen, pull
from engine.backends.weights import RECORD, Installed, Store
from engine.config import Settings
from engine.errors import (
    BadArgument,
    Cancelled,
    CuewrightError,
    DiskFull,
    FolderNotWritable,
    LicenceNotAccepted,
    WeightsMissing,
)
from engine.handle import Handle

NAME = "hubert-base-ls960"
WEIGHTS = save({"weight": np.arange(6_000_000, dtype=np.float32)})
"""24 MB: the hub's library writes 10 MB at a time."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    files = {
        "config.json": json.dumps({"architectures": ["HubertModel"]}).encode(),
        "preprocessor_config.json": b"{}",
        "model.safetensors": WEIGHTS,
        "model.fp16.safetensors": b"half",
        "pytorch_model.bin": b"a pickle",
        "notes.md": b"not fetched",
        ".gitattributes": b"",
    }
    with hub_server(KNOWN[NAME].repository, files) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models_folder=tmp_path / "models")


def fetched(settings: Settings, name: str = NAME, handle: Handle | None = None) -> Installed:
    return pull(settings, name, accepted=True, handle=handle or Handle())


def test_what_is_needed_is_fetched_and_recorded(hub: Hub, settings: Settings) -> None:
    told: list[float] = []
    found = fetched(settings, handle=Handle(on_progress=lambda fraction, _: told.append(fraction)))
    assert sorted(found.files) == ["config.json", "model.safetensors", "preprocessor_config.json"]
    assert (found.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (found.revision, found.backend, found.licence.name) == (REVISION, "hubert", "Apache-2.0")
    record = json.loads((found.folder / RECORD).read_text())
    assert record["accepted"].endswith("+00:00")
    assert record["repository"] == "facebook/hubert-base-ls960"
    assert told == sorted(told)
    assert any(0.1 < fraction < 0.9 for fraction in told)
    assert Store(settings).find(NAME) == found
    assert not list((settings.models_path / ".partial").iterdir())


def test_a_killed_download_goes_on_where_it_stopped(hub: Hub, settings: Settings) -> None:
    hub.stall_after = 21_500_000
    environment = {**os.environ, "CUEWRIGHT_MODELS_FOLDER": str(settings.models_path)}
    command = [sys.executable, "-m", "engine", "models", "pull", NAME, "--accept-licence"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert hub.stalled.wait(60), "it never got that far"
        part = settings.models_path / ".partial" / f"{NAME}-{REVISION[:12]}" / "model.safetensors"
        wait_until(lambda: part.stat().st_size >= 20_000_000)
        process.kill()
        process.communicate()
    with pytest.raises(WeightsMissing):
        Store(settings).find(NAME)
    hub.stall_after = None
    hub.asked.clear()
    found = fetched(settings)
    assert hub.asked == [("model.safetensors", f"bytes={2 * 10 * 2**20}-"), ("preprocessor_config.json", "")]
    assert (found.folder / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("knows_ranges", [True, False], ids=["goes on", "begins anew"])
def test_a_line_that_breaks_is_taken_up_again(hub: Hub, settings: Settings, knows_ranges: bool) -> None:
    hub.drop_after, hub.knows_ranges = 11_000_000, knows_ranges
    found = fetched(settings)
    assert [name for name, _ in hub.asked].count("model.safetensors") == 2
    assert hub.asked[-2][1].startswith("bytes=1048")
    assert (found.folder / "model.safetensors").read_bytes() == WEIGHTS


def wait_until(true: Callable[[], bool]) -> None:
    import time

    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_cancel_leaves_within_a_piece_and_keeps_it(hub: Hub, settings: Settings) -> None:
    seen: list[float] = []
    handle = Handle(
        on_progress=lambda fraction, _: seen.append(fraction), is_cancelled=lambda: max(seen, default=0) > 0.3
    )
    with pytest.raises(Cancelled):
        fetched(settings, handle=handle)
    (part,) = (settings.models_path / ".partial").glob("*/model.safetensors")
    assert 0 < part.stat().st_size < len(WEIGHTS)
    assert fetched(settings).size_bytes > len(WEIGHTS)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"], ids=["by SHA-256", "by git's hash"])
def test_a_damaged_file_is_thrown_away_and_fetched_again(hub: Hub, settings: Settings, name: str) -> None:
    hub.damaged = {name}
    with pytest.raises(WeightsMissing, match=rf"{name} of {NAME} came damaged .* pull {NAME} again"):
        fetched(settings)
    hub.damaged = set()
    assert (fetched(settings).folder / name).read_bytes() == hub.files[name]


def test_a_file_that_is_too_long_is_begun_anew(hub: Hub, settings: Settings) -> None:
    part = settings.models_path / ".partial" / f"{NAME}-{REVISION[:12]}"
    part.mkdir(parents=True)
    (part / "config.json").write_bytes(b"x" * 999)
    (part.parent / f"{NAME}-{'0' * 12}").mkdir()
    assert (fetched(settings).folder / "config.json").read_bytes() == hub.files["config.json"]
    assert not list(part.parent.iterdir()), "what was begun of another revision is gone"


def test_a_model_is_replaced_whole(hub: Hub, settings: Settings) -> None:
    first = fetched(settings)
    (first.folder / "config.json").write_bytes(b"")
    (first.folder / "stray.txt").write_bytes(b"")
    with pytest.raises(WeightsMissing, match=rf"config.json .* has 0 bytes .*cuewright models pull {NAME}"):
        Store(settings).find(NAME)
    second = fetched(settings)
    assert (second.folder / "config.json").read_bytes() == hub.files["config.json"]
    assert not (second.folder / "stray.txt").exists()


def test_no_room_is_told_before_anything_is_fetched(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage: Any = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(path)._replace(free=2**30))
    with pytest.raises(DiskFull, match=r"needs 1\.1 GB and .* has 1\.1 GB free"):
        fetched(settings)
    assert hub.asked == []


def test_a_disk_that_fills_on_the_way(hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="what came of"):
        fetched(settings)


@pytest.mark.parametrize(
    ("status", "header", "error", "told"),
    [
        (
            403,
            "GatedRepo",
            LicenceNotAccepted,
            r"accept them at https://huggingface.co/\S+, log in with 'hf auth login'",
        ),
        (401, "GatedRepo", LicenceNotAccepted, "HF_TOKEN"),
        (403, "", LicenceNotAccepted, "hf auth login"),
        (401, "", LicenceNotAccepted, "HF_TOKEN"),
        (404, "RepoNotFound", WeightsMissing, "shows no facebook/"),
        (500, "", WeightsMissing, "HTTP 500"),
    ],
)
def test_a_hub_that_refuses(
    hub: Hub, settings: Settings, status: int, header: str, error: type[CuewrightError], told: str
) -> None:
    hub.refuse, hub.refuse_header = status, header
    with pytest.raises(error, match=told):
        fetched(settings)


def test_a_hub_that_is_not_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the port that discards
    with pytest.raises(WeightsMissing, match="cannot be reached"):
        fetched(settings)


def test_another_layout_is_told_before_anything_is_fetched(hub: Hub, settings: Settings) -> None:
    del hub.files["preprocessor_config.json"]
    with pytest.raises(WeightsMissing, match=r"no preprocessor_config.json\): get it elsewhere"):
        fetched(settings)
    hub.repository = "stabilityai/stable-audio-3-medium"
    with pytest.raises(WeightsMissing, match=f"--checkpoint_path {hub.repository} .* --name stable-audio-3-medium"):
        fetched(settings, "stable-audio-3-medium")
    assert hub.asked == []


def test_nothing_is_asked_without_a_licence_or_offline(hub: Hub, settings: Settings) -> None:
    hub.refuse = 500
    with pytest.raises(LicenceNotAccepted, match=r"Apache-2.0.*--accept-licence"):
        pull(settings, NAME, accepted=False, handle=Handle())
    with pytest.raises(WeightsMissing, match="'offline' is on"):
        fetched(settings.model_copy(update={"offline": True}))
    with pytest.raises(WeightsMissing, match="models add"):
        fetched(settings, "audio-agent")
    with pytest.raises(BadArgument, match="auffusion"):
        fetched(settings, "nothing-like-it")


def test_safetensors_are_preferred_folder_by_folder() -> None:
    names = ["a/m.safetensors", "a/m.bin", "b/m.bin", "c/m.fp16.safetensors", "c/m.bin", "../x.bin", "/y.bin", "v/g.pt"]
    patterns = ("*.safetensors", "*.bin", "v/g.pt")
    assert chosen([*names, "v/m.safetensors"], patterns) == [
        *("a/m.safetensors", "b/m.bin", "c/m.bin", "v/g.pt", "v/m.safetensors")
    ]


def test_two_pulls_of_one_model_fetch_it_once(hub: Hub, settings: Settings) -> None:
    hub.stall_after = 21_500_000
    told: list[str] = []
    waiting = threading.Event()

    def second(fraction: float, stage: str) -> None:
        told.append(stage)
        if stage == "waiting for another pull of it":
            waiting.set()

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(fetched, settings)
        assert hub.stalled.wait(60)
        other = pool.submit(fetched, settings, NAME, Handle(on_progress=second))
        assert waiting.wait(60), "it waits while the first is at it"
        hub.stall_after = None
        hub.done.set()
        assert one.result(60) == other.result(60)
    assert sorted({name for name, _ in hub.asked}) == ["config.json", "model.safetensors", "preprocessor_config.json"]
    assert len([name for name, span in hub.asked if not span]) == 3, "each was begun once"


def test_a_pull_that_waits_can_be_cancelled(hub: Hub, settings: Settings) -> None:
    stages: list[str] = []
    handle = Handle(
        on_progress=lambda _, stage: stages.append(stage),
        is_cancelled=lambda: any("another" in each for each in stages),
    )
    (settings.models_path / ".locks").mkdir(parents=True)
    with FileLock(settings.models_path / ".locks" / f"{NAME}.lock"), pytest.raises(Cancelled):
        fetched(settings, handle=handle)
    assert hub.asked == []


def test_what_is_whole_is_not_fetched_again(hub: Hub, settings: Settings) -> None:
    first = fetched(settings)
    hub.asked.clear()
    assert fetched(settings) == first
    assert hub.asked == []
    content = bytearray(WEIGHTS)
    content[-1] ^= 1
    (first.folder / "model.safetensors").write_bytes(content)
    assert (fetched(settings).folder / "model.safetensors").read_bytes() == WEIGHTS
    assert [name for name, _ in hub.asked] == ["model.safetensors"]


def test_a_model_that_cannot_be_put_in_place_is_not_lost(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fetched(settings)
    rename = Path.rename

    def busy(self: Path, target: Path) -> Path:
        if self.parent.name == ".partial" and REVISION[:12] in self.name:
            raise PermissionError(13, "in use", str(self))
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", busy)
        with pytest.raises(FolderNotWritable):
            fetched(settings)
    assert Store(settings).find(NAME) == before


def test_a_network_that_wants_a_login_is_told(hub: Hub, settings: Settings) -> None:
    hub.page = b"<html>Welcome to the hotel</html>"
    with pytest.raises(WeightsMissing, match="does not answer as the hub does"):
        fetched(settings)


def test_a_disk_that_takes_no_large_files(hub: Hub, settings: Settings) -> None:
    """Of more than 15 MB, in that process."""
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (15_000_000, 15_000_000));"
        "from engine.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    environment = {**os.environ, "CUEWRIGHT_MODELS_FOLDER": str(settings.models_path)}
    command = [sys.executable, "-c", program, "models", "pull", NAME, "--accept-licence", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)["error"]
    assert (told["code"], told["field"]) == ("folder_not_writable", "models_folder")
    assert "another disk" in told["sentence"]
    assert fetched(settings).size_bytes > len(WEIGHTS), "what came is kept, and goes on"
    assert hub.asked[-2][1].startswith("bytes=")
