"""Real disks that are full or cannot be written: a small file system of the test's own."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.cli.process import EngineProcess, running_engine
from engine.protocol.client import Client
from engine.protocol.messages import DoneReply, FailedReply, ProgressReply

MEBIBYTE = 2**20


@contextmanager
def file_system(where: Path, options: str) -> Iterator[Path]:
    """A file system in memory; only root on Linux may make one."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(where)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        if os.environ.get("CI") == "true":
            pytest.fail(f"mount: {mounted.stderr}")
        pytest.skip(f"mount: {mounted.stderr}")
    try:
        yield where
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    with running_engine(tmp_path / "data", tmp_path) as running:
        yield running


def test_too_little_room_is_said_before_rendering(engine: EngineProcess, tmp_path: Path) -> None:
    with file_system(tmp_path / "small", f"size={2 * MEBIBYTE}") as small, Client(engine.host, engine.port) as client:
        replies = list(client.generate("j1", prompt="rain", duration=60.0, folder=str(small)))
        last = replies[-1]
        assert isinstance(last, FailedReply)
        assert (last.code, last.field) == ("disk_full", "folder")
        assert list(small.iterdir()) == []


def test_a_disk_that_fills_half_way(engine: EngineProcess, tmp_path: Path) -> None:
    with file_system(tmp_path / "small", f"size={120 * MEBIBYTE}") as small, Client(engine.host, engine.port) as client:
        replies = client.generate("j1", prompt="rain, wind and a stream", duration=90.0, folder=str(small), seed=1)
        for reply in replies:
            if isinstance(reply, ProgressReply) and reply.stage == "rendering":
                break
        with (small / "someone elses.mov").open("wb") as other, contextlib.suppress(OSError):
            while True:
                other.write(bytes(MEBIBYTE))
                other.flush()
        *_, last = replies
        assert isinstance(last, FailedReply)
        assert last.code == "disk_full"
        assert [p.name for p in small.iterdir() if p.suffix != ".mov" and not p.name.endswith(".wav")] == []
        (small / "someone elses.mov").unlink()
        again = list(client.generate("j2", prompt="a door slams", folder=str(small)))
        assert isinstance(again[-1], DoneReply)


def test_a_read_only_folder(engine: EngineProcess, tmp_path: Path) -> None:
    with file_system(tmp_path / "fixed", "ro") as fixed, Client(engine.host, engine.port) as client:
        last = list(client.generate("j1", prompt="a door slams", folder=str(fixed / "stems")))[-1]
        assert isinstance(last, FailedReply)
        assert (last.code, last.field) == ("folder_not_writable", "folder")
        assert client.ping()
