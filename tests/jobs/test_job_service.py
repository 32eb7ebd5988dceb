"""The job service with real worker processes: order, cancel, deaths, restarts."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any

import psutil
import pytest
from service_harness import running

from engine.config import Settings
from engine.errors import BadArgument, DiskFull, JobConflict, QueueFull, ResourceError, UnknownJob
from engine.jobs import service as service_module
from engine.jobs.lock import EngineLock
from engine.jobs.state import State
from engine.session import Session


def on_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an asynchronous test on a loop of its own."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@on_loop
async def test_a_job_is_told_from_beginning_to_end(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        view = await bench.submit("a", "stems=3 pause=0.06 print")
        assert (view.state, view.sequence) == (State.QUEUED, 0)
        db = sqlite3.connect(tmp_path / "data" / "journal.sqlite3")
        assert db.execute("select id from jobs").fetchall() == [("a",)]
        db.close()
        done = await bench.ended("a")
        events = bench.of("a")
        kinds = [e.kind for e in events if e.kind != "progress"]
        assert kinds == ["stem", "stem", "stem", "done"]
        assert [e.stem.index for e in events if e.stem] == [1, 2, 3]
        assert {e.reply_to for e in events} == {"udp 1234"}
        sequences = [e.view.sequence for e in events]
        assert sequences == sorted(set(sequences))
        assert bench.states("a") == ["planning", "rendering", "done"]
        assert done == await bench.service.view("a")
        assert (done.fraction, done.attempts, done.engine_restarts, done.error) == (1.0, 1, 0, None)
        assert done.result is not None
        assert done.stems == done.result.stems
        assert [v.id for v in await bench.service.views()] == ["a"]


@on_loop
async def test_sending_a_running_job_again_tells_how_it_stands_and_moves_its_replies(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("a", "wait-for=go")
        await bench.rendering("a")
        again = await bench.service.submit(bench.job("a", "wait-for=go"), "udp 999")
        assert (again.state, again.stage, again.reply_to) == (State.RENDERING, "waiting", "udp 999")
        with pytest.raises(JobConflict):
            await bench.submit("a", "stems=2")
        (bench.folder / "go").touch()
        await bench.ended("a")
        assert bench.of("a")[-1].reply_to == "udp 999"
        finished = await bench.service.submit(bench.job("a", "wait-for=go"), "udp 999")
        assert finished.state is State.DONE
        assert sum(e.view.ended for e in bench.of("a")) == 1


@on_loop
async def test_asking_for_a_job_moves_its_replies(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("a", "wait-for=go")
        await bench.submit("b")
        await bench.rendering("a")
        assert (await bench.service.view("a")).reply_to == "udp 1234"
        assert (await bench.service.view("a", reply_to="udp 7")).reply_to == "udp 7"
        assert (await bench.service.view("b", reply_to="udp 8")).reply_to == "udp 8"
        counts = await bench.service.counts()
        assert {state.value: n for state, n in counts.items() if n} == {"queued": 1, "rendering": 1}
        (bench.folder / "go").touch()
        assert (await bench.ended("a")).reply_to == "udp 7"
        assert (await bench.ended("b")).reply_to == "udp 8"
        with pytest.raises(UnknownJob):
            await bench.service.view("c", reply_to="udp 9")
        assert set(await bench.service.counts()) == set(State)


@on_loop
async def test_a_preview_overtakes_what_waits(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("first", "wait-for=go", priority="batch")
        await bench.rendering("first")
        for priority in ("batch", "interactive", "preview"):
            for n in (1, 2):
                await bench.submit(f"{priority}-{n}", priority=priority)
        (bench.folder / "go").touch()
        await bench.ended("batch-2")
        order = [e.job_id for e in bench.events if e.kind == "done"]
        assert order == ["first", "preview-1", "preview-2", "interactive-1", "interactive-2", "batch-1", "batch-2"]


@on_loop
async def test_cancelling_hits_the_job_that_was_meant(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("running", "wait-for=go")
        await bench.submit("waiting")
        await bench.rendering("running")
        worker = bench.service.worker_pids
        assert (await bench.service.cancel("waiting")).state is State.CANCELLED
        assert [e.kind for e in bench.of("waiting")] == ["cancelled"]
        assert (await bench.service.cancel("running")).state is State.RENDERING
        assert (await bench.ended("running")).state is State.CANCELLED
        await bench.submit("next")
        assert (await bench.service.cancel("running")).state is State.CANCELLED
        assert (await bench.ended("next")).state is State.DONE
        assert bench.service.worker_pids == worker  # it answered, so it lives
        assert sum(e.view.ended for e in bench.events) == 3
        with pytest.raises(UnknownJob):
            await bench.service.cancel("never sent")


@on_loop
async def test_a_worker_that_does_not_hear_a_cancel_is_killed(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.service.warm()
        await bench.submit("a", "deaf")
        await bench.rendering("a")
        (pid,) = bench.service.worker_pids
        part = bench.folder / ".a_e1.wav.123.part"
        part.touch()
        began = time.monotonic()
        await bench.service.cancel("a")
        assert (await bench.ended("a")).state is State.CANCELLED
        assert time.monotonic() - began < 2.0  # the promise of 0.25 s is for `bench`, on a quiet machine
        assert not psutil.pid_exists(pid)
        assert not part.exists()
        await bench.submit("b")
        assert (await bench.ended("b")).state is State.DONE


@on_loop
async def test_a_job_whose_worker_died_is_done_by_the_spare(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        bench.folder.mkdir()
        part = bench.folder / ".a_e1.wav.123.part"
        part.touch()
        await bench.submit("a", "die-once")
        done = await bench.ended("a")
        assert (done.state, done.attempts, done.error) == (State.DONE, 2, None)
        assert not part.exists()
        assert bench.states("a") == ["planning", "queued", "planning", "rendering", "done"]


@on_loop
async def test_a_job_that_kills_every_worker_fails_once_and_the_next_one_runs(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("killer", "die")
        await bench.submit("exiting", "exit=3")
        await bench.submit("good")
        failed = await bench.ended("killer")
        assert (failed.state, failed.attempts) == (State.FAILED, 2)
        assert failed.error is not None
        assert failed.error.code == "worker_died"
        assert "SIGKILL" in failed.error.sentence
        assert "2 times" in failed.error.sentence
        exited = (await bench.ended("exiting")).error
        assert exited is not None
        assert "exit code 3" in exited.sentence
        assert (await bench.ended("good")).state is State.DONE
        assert sum(e.view.ended for e in bench.events) == 3


@on_loop
async def test_a_known_error_keeps_the_worker_and_a_defect_replaces_it(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("failing", "fail")
        await bench.submit("one")
        await bench.submit("defective", "defect")
        await bench.submit("two")
        error = (await bench.ended("failing")).error
        assert error is not None
        assert (error.code, error.sentence, error.field) == ("backend_failed", "The bell cracked.", "prompt")
        error = (await bench.ended("defective")).error
        assert error is not None
        assert error.code == "internal"
        assert "two and two are five" in error.sentence
        results = [(await bench.ended(job_id)).result for job_id in ("one", "two")]
        pids = [result.warnings[0] for result in results if result]
        assert len(set(pids)) == 2


@on_loop
async def test_a_worker_lost_while_idle_costs_no_attempt(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.service.warm()
        (pid,) = bench.service.worker_pids
        os.kill(pid, signal.SIGKILL)
        await bench.until(lambda: pid not in bench.service.worker_pids)
        await bench.submit("a")
        assert (await bench.ended("a")).attempts == 1


@on_loop
async def test_ctrl_c_is_not_for_workers(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("a", "wait-for=go")
        await bench.rendering("a")
        (pid,) = bench.service.worker_pids
        os.kill(pid, signal.SIGINT)
        (bench.folder / "go").touch()
        done = await bench.ended("a")
        assert (done.state, done.attempts) == (State.DONE, 1)


@on_loop
async def test_a_worker_that_cannot_start_ends_its_jobs_with_the_reason(tmp_path: Path) -> None:
    async with running(tmp_path, runner="fake_runners:Unbuildable") as bench:
        await bench.submit("a")
        await bench.submit("b")
        for job_id in ("a", "b"):
            error = (await bench.ended(job_id)).error
            assert error is not None
            assert error.code == "worker_died"
            assert "The weights are missing." in error.sentence


@on_loop
async def test_what_was_running_is_taken_up_by_the_next_engine(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("done")
        await bench.ended("done")
        await bench.submit("a", "wait-for=go")
        await bench.submit("b")
        await bench.rendering("a")
        last = bench.of("a")[-1].view.sequence
        part = bench.folder / ".a_e1.wav.123.part"
        part.touch()
    async with running(tmp_path) as bench:
        await bench.rendering("a")
        assert bench.of("a")[0].view.sequence > last
        assert not part.exists()
        (bench.folder / "go").touch()
        done = await bench.ended("a")
        assert (done.state, done.attempts, done.engine_restarts) == (State.DONE, 1, 1)
        assert (await bench.ended("b")).engine_restarts == 0
        assert bench.of("done") == []
        assert (await bench.service.view("done")).state is State.DONE


@on_loop
async def test_a_cancel_outlives_the_engine(tmp_path: Path) -> None:
    async with running(tmp_path) as bench:
        await bench.submit("a", "deaf")
        await bench.rendering("a")
        await asyncio.get_running_loop().run_in_executor(
            bench.service._writer, bench.service._journal.request_cancel, "a"
        )
    async with running(tmp_path) as bench:
        assert [e.kind for e in bench.of("a")] == ["cancelled"]


@on_loop
async def test_two_engines_cannot_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "LOCK_WAIT_SECONDS", 0.0)
    async with running(tmp_path) as bench:
        await bench.submit("a", "wait-for=go")
        await bench.rendering("a")
        (worker,) = bench.service.worker_pids
        assert str(tmp_path / "data" / "engine.lock") in {file.path for file in psutil.Process(worker).open_files()}
        with pytest.raises(ResourceError, match="Another engine"):
            async with running(tmp_path):
                pass
        (bench.folder / "go").touch()
        assert (await bench.ended("a")).attempts == 1


def test_the_lock_is_free_only_when_all_who_inherited_it_are_gone(tmp_path: Path) -> None:
    first, second = EngineLock(tmp_path / "engine.lock"), EngineLock(tmp_path / "engine.lock")
    first.acquire(wait_seconds=0.0)
    fd = first.inheritable_fd
    assert fd is not None
    orphan = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(fd,))
    first.release()
    with pytest.raises(ResourceError):
        second.acquire(wait_seconds=0.0)
    orphan.kill()
    orphan.communicate()
    second.acquire(wait_seconds=0.0)
    second.release()


@on_loop
async def test_workers_get_the_settings_secrets_included(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEWRIGHT_QUEUE_LIMIT", "7")
    async with running(tmp_path, runner="fake_runners:settings_seen", token="s3cret", history_limit=5) as bench:
        await bench.submit("a")
        result = (await bench.ended("a")).result
        assert result is not None
        assert result.manifest == "s3cret"
        seen = Settings.model_validate_json(result.project)
        assert seen.model_dump(exclude={"token"}) == bench.service._settings.model_dump(exclude={"token"})
        assert (seen.queue_limit, seen.history_limit) == (7, 5)


@on_loop
async def test_two_workers_work_at_the_same_time(tmp_path: Path) -> None:
    async with running(tmp_path, workers=2) as bench:
        await bench.submit("a", "wait-for=b_e1.wav")
        await bench.submit("b", "wait-for=go")
        await bench.rendering("a")
        await bench.rendering("b")
        assert len(set(bench.service.worker_pids)) == 2
        (bench.folder / "go").touch()
        assert (await bench.ended("a")).state is State.DONE


@on_loop
async def test_refusals_say_why(tmp_path: Path) -> None:
    async with running(tmp_path, queue_limit=1) as bench:
        await bench.submit("a", "wait-for=go")
        await bench.rendering("a")
        await bench.submit("b")
        with pytest.raises(QueueFull, match="1 jobs wait"):
            await bench.submit("c")
        with pytest.raises(UnknownJob):
            await bench.service.view("c")
        with pytest.raises(BadArgument):
            await bench.service.get_session("s")
        await bench.service.set_session("s", Session(sample_rate=44_100))
        assert (await bench.service.get_session("s")).sample_rate == 44_100


@on_loop
async def test_what_a_listener_or_a_cleaner_raises_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*anything: object) -> int:
        raise RuntimeError("not my day")

    async with running(tmp_path, clean=broken) as bench:
        keep, bench._on_event = bench._on_event, broken  # type: ignore[assignment]
        bench.service._on_event = broken
        await bench.submit("a", "die-once")
        await bench.until(lambda: "could not be told" in caplog.text)
        bench.service._on_event = keep
        assert (await bench.ended("a")).state is State.DONE
        assert "partial files of job a could not be removed" in caplog.text


@on_loop
async def test_a_disk_that_is_full_half_way_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service_module, "_RETRY_SECONDS", 0.02)
    async with running(tmp_path) as bench:
        await bench.submit("a", "stems=2")
        journal, refusals = bench.service._journal, 0
        written = journal.finish

        def full(*args: Any, **kwargs: Any) -> Any:
            nonlocal refusals
            refusals += 1
            if refusals < 3:
                raise DiskFull("No room.", field="data_folder")
            return written(*args, **kwargs)

        monkeypatch.setattr(journal, "finish", full)
        assert (await bench.ended("a")).state is State.DONE
        assert refusals == 3
        assert "No room. The engine waits for it." in caplog.text
        assert sum(e.view.ended for e in bench.of("a")) == 1
