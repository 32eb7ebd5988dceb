"""Runners that worker processes import: they write small files as the engine would, and misbehave on request.

What a runner does is said by the job's prompt: words separated by blanks, each ``name`` or ``name=number``.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.config import Settings
from engine.errors import BackendFailed, Cancelled
from engine.handle import Handle
from engine.request import Job
from engine.results import JobResult, Licence, StemFile

FREE = Licence(name="CC0-1.0", commercial=True)


def content(job_id: str, event: str) -> bytes:
    """What a complete file holds: 32 KiB that follow from its name."""
    return hashlib.sha256(f"{job_id}/{event}".encode()).digest() * 1024


def write_stem(folder: Path, job_id: str, index: int, *, pause_seconds: float = 0.0) -> StemFile:
    """A stem, atomically: in two halves under a temporary name, so that a kill finds something to break."""
    event = f"e{index}"
    body = content(job_id, event)
    path = folder / f"{job_id}_{event}.wav"
    part = folder / f".{path.name}.{os.getpid()}.part"
    with part.open("wb") as file:
        file.write(body[: len(body) // 2])
        file.flush()
        time.sleep(pause_seconds)
        file.write(body[len(body) // 2 :])
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return StemFile(
        path=str(path),
        sha256=hashlib.sha256(body).hexdigest(),
        event=event,
        index=index,
        track="Track",
        label="Label",
        category="DOORWood",
        position_samples=0,
        onset_samples=0,
        length_samples=480,
        sample_rate_hz=48_000,
        channels=1,
        peak_dbtp=-6.0,
        licence=FREE,
    )


def clean_partials(folder: Path, job_id: str) -> int:
    """What the engine's own writer does after a worker died."""
    parts = list(folder.glob(f".{job_id}_*.part"))
    for part in parts:
        part.unlink(missing_ok=True)
    return len(parts)


class Obedient:
    """Does what the prompt says."""

    def __init__(self, settings: Settings) -> None:
        self.jobs_done = 0

    def run(self, job: Job, handle: Handle, on_stem: Callable[[StemFile], None]) -> JobResult:
        """The prompt's words in order, then ``stems`` files."""
        orders = dict(word.partition("=")[::2] for word in job.request.prompt.split())
        folder = Path(job.request.folder)
        folder.mkdir(parents=True, exist_ok=True)
        handle.progress(0.0, "planning")
        died = folder / f"{job.id}.died"
        if "print" in orders:
            print("a library that talks", flush=True)
            os.write(1, b"and a native one\n")
        if "die" in orders or ("die-once" in orders and not died.exists()):
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if "exit" in orders:
            os._exit(int(orders["exit"]))
        if "defect" in orders:
            raise ValueError("two and two are five")
        if "fail" in orders:
            raise BackendFailed("The bell cracked.", field="prompt")
        if "memory" in orders:
            raise MemoryError
        if "chatter" in orders:
            for step in range(int(orders["chatter"])):
                handle.progress(step / int(orders["chatter"]), f"step {step}")
        if "wait-for" in orders:  # until a file appears; polite
            handle.progress(0.1, "waiting")
            (folder / f"{job.id}.waiting").touch()
            while not (folder / orders["wait-for"]).exists():
                try:
                    handle.check()
                except Cancelled:
                    (folder / f"{job.id}.stopped").touch()
                    raise
                time.sleep(0.005)
        if "deaf" in orders:  # until killed
            handle.progress(0.1, "deaf")
            while True:
                time.sleep(1.0)
        count = int(orders.get("stems", 1))
        stems = []
        for index in range(1, count + 1):
            handle.progress((index - 1) / count, "rendering")
            stems.append(write_stem(folder, job.id, index, pause_seconds=float(orders.get("pause", 0.0))))
            on_stem(stems[-1])
        self.jobs_done += 1
        return JobResult(
            job_id=job.id,
            stems=tuple(stems),
            manifest=str(folder / f"{job.id}.json"),
            project="",
            warnings=(f"{os.getpid()}", f"{self.jobs_done}"),
        )


class Unbuildable:
    """Cannot be made, as when weights are missing."""

    def __init__(self, settings: Settings) -> None:
        raise BackendFailed("The weights are missing.")


def settings_seen(settings: Settings) -> SettingsTeller:
    """A runner that tells the settings it was given."""
    return SettingsTeller(settings)


class SettingsTeller:
    """Puts what it was made with into the result."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, job: Job, handle: Handle, on_stem: Callable[[StemFile], None]) -> JobResult:
        """No files, only words."""
        secret = self._settings.token.get_secret_value() if self._settings.token else ""
        return JobResult(job_id=job.id, stems=(), manifest=secret, project=self._settings.model_dump_json())


if sys.platform == "win32":  # the tests kill with signals
    raise ImportError("These runners need POSIX signals.")
