"""Server and workers are killed at random moments: every job ends once, every visible file is whole."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from fake_runners import content
from service_harness import running

from engine.jobs.journal import Journal

HERE = Path(__file__).parent
KILLS = 50
DEADLINE_SECONDS = 60.0

AUDIT = """
create table audit (job_id text, state text);
create trigger audited after update of state on jobs
when new.state in ('done', 'failed', 'cancelled')
begin
    insert into audit values (new.id, new.state);
end;
"""


def prepare(folder: Path) -> None:
    """A journal that counts endings by itself, whatever the engine says."""
    path = folder / "data" / "journal.sqlite3"
    Journal(path, queue_limit=1, history_limit=1).close()
    db = sqlite3.connect(path)
    db.executescript(AUDIT)
    db.close()


def endings(folder: Path) -> dict[str, list[str]]:
    """Job id to its terminal states, from an intact journal."""
    db = sqlite3.connect(folder / "data" / "journal.sqlite3")
    try:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        found: dict[str, list[str]] = {job_id: [] for (job_id,) in db.execute("select id from jobs")}
        for job_id, state in db.execute("select job_id, state from audit"):
            found[job_id].append(state)
        return found
    finally:
        db.close()


def stem_rows(folder: Path, job_id: str) -> list[str]:
    """Events whose files the journal holds for a job."""
    db = sqlite3.connect(folder / "data" / "journal.sqlite3")
    try:
        return [event for (event,) in db.execute("select event from stems where job_id = ?", (job_id,))]
    finally:
        db.close()


def assert_visible_files_are_whole(out: Path) -> None:
    """Every file without a leading dot holds exactly what its name demands."""
    for path in out.glob("*.wav"):
        job_id, event = path.stem.split("_")
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(content(job_id, event)).digest(), path


def has_ended(process: psutil.Process) -> bool:
    """Gone, or a zombie that the system's first process has not looked at yet."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def await_end_of(workers: list[psutil.Process]) -> None:
    """Workers end with their engine, by themselves."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not all(map(has_ended, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "stems"), [(1, 40), (40, 4)], ids=["one job of 40 events", "40 jobs"])
def test_a_server_killed_at_random_moments_forgets_nothing(tmp_path: Path, jobs: int, stems: int) -> None:
    prepare(tmp_path)
    chance = random.Random(jobs)
    command = [sys.executable, str(HERE / "crash_server.py"), str(tmp_path), str(jobs), str(stems)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    finished_early = 0
    for _ in range(KILLS // 2):  # the two shapes together make the whole
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            if chance.random() < 0.75:  # while it works; else wherever it is on its way there
                assert server.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0.0, 0.15))  # the random moment itself
            try:
                workers = psutil.Process(server.pid).children()
            except psutil.NoSuchProcess:
                workers = []
            server.kill()
            finished_early += server.wait() == 0
        assert_visible_files_are_whole(tmp_path / "out")
        await_end_of(workers)
    assert finished_early == 0
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=DEADLINE_SECONDS)

    names = {f"job{n}" for n in range(jobs)}
    assert endings(tmp_path) == {name: ["done"] for name in names}
    told = Counter((tmp_path / "told.txt").read_text(encoding="utf-8").splitlines())
    assert set(told) <= {f"{name} done" for name in names}
    assert max(told.values()) == 1
    assert_visible_files_are_whole(tmp_path / "out")
    expected = {f"{name}_e{index}.wav" for name in names for index in range(1, stems + 1)}
    assert {path.name for path in (tmp_path / "out").iterdir()} == expected
    for name in names:
        assert sorted(stem_rows(tmp_path, name)) == sorted(f"e{index}" for index in range(1, stems + 1))


@pytest.mark.slow
@pytest.mark.parametrize(("stems", "max_attempts"), [(40, 1000), (4, 2)], ids=["one job of 40 events", "short jobs"])
def test_workers_killed_at_random_moments_end_every_job_once(tmp_path: Path, stems: int, max_attempts: int) -> None:
    prepare(tmp_path)
    asyncio.run(kill_workers(tmp_path, stems, max_attempts))
    found = endings(tmp_path)
    assert {len(states) for states in found.values()} == {1}
    expected: set[str] = set()
    for job_id, (state,) in found.items():
        assert state == "done" or max_attempts == 2
        rows = set(stem_rows(tmp_path, job_id))
        if state == "done":
            assert rows == {f"e{index}" for index in range(1, stems + 1)}
        expected |= {f"{job_id}_{event}.wav" for event in rows}
    assert "done" in {state for (state,) in found.values()}
    assert_visible_files_are_whole(tmp_path / "out")
    visible = {path.name for path in (tmp_path / "out").iterdir()}
    assert expected <= visible
    assert not [name for name in visible if name.startswith(".")]


async def kill_workers(folder: Path, stems: int, max_attempts: int) -> None:
    """Keep the queue filled until enough workers were killed, then let all of it end."""
    chance = random.Random(stems)
    orders = f"stems={stems} pause=0.01"
    others = set(psutil.Process().children())  # as the engine that other tests share
    async with running(folder, max_attempts=max_attempts) as bench:
        ids: list[str] = []

        def all_ended() -> bool:
            return all(bench.of(job_id) and bench.of(job_id)[-1].view.ended for job_id in ids)

        kills = 0
        while kills < KILLS:
            if all_ended():
                ids.append(f"job{len(ids)}")
                await bench.submit(ids[-1], orders)
            await bench.until(lambda: bench.service.worker_pids or all_ended())
            await asyncio.sleep(chance.uniform(0.0, 0.1))  # the random moment itself
            victims = [child for child in psutil.Process().children() if child not in others]  # the worker, its spare
            with contextlib.suppress(ProcessLookupError):  # it ended by itself between the look and the kill
                if victims:
                    os.kill(chance.choice(victims).pid, signal.SIGKILL)
                    kills += 1
        for job_id in ids:
            await bench.ended(job_id)
        terminal = Counter(event.job_id for event in bench.events if event.view.ended)
        assert terminal == dict.fromkeys(ids, 1)
