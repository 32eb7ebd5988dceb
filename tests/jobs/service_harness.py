"""A job service in a test: its events kept, its conditions awaited with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from fake_runners import clean_partials

from engine.config import Settings
from engine.jobs.service import JobService
from engine.jobs.view import JobEvent, JobView
from engine.request import GenerateRequest, Job

DEADLINE_SECONDS = 30.0


class Bench:
    """One service and what it told."""

    def __init__(self, folder: Path, *, runner: str = "fake_runners:Obedient", **options: Any) -> None:
        settings = {key: options.pop(key) for key in ("queue_limit", "history_limit", "token") if key in options}
        self.folder = folder / "out"
        self.events: list[JobEvent] = []
        self.service = JobService(
            Settings.load(data_folder=folder / "data", cache_folder=folder / "cache", roots=(folder,), **settings),
            on_event=self._on_event,
            runner=runner,
            **{"clean": clean_partials, **options},
        )

    def _on_event(self, event: JobEvent) -> None:
        self.events.append(event)

    def job(self, job_id: str, orders: str = "stems=1", **changes: Any) -> Job:
        """A job whose prompt orders the fake runner about."""
        request = GenerateRequest.read({"prompt": orders, "folder": str(self.folder), **changes})
        return Job(id=job_id, request=request, created="2026-01-01T00:00:00Z")

    async def submit(self, job_id: str, orders: str = "stems=1", **changes: Any) -> JobView:
        """Submit such a job."""
        return await self.service.submit(self.job(job_id, orders, **changes), "udp 1234")

    def of(self, job_id: str) -> list[JobEvent]:
        """A job's events so far."""
        return [event for event in self.events if event.job_id == job_id]

    def states(self, job_id: str) -> list[str]:
        """The states a job went through."""
        return [state.value for state, _ in groupby(event.view.state for event in self.of(job_id))]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition, at most the deadline."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():
                await asyncio.sleep(0.002)

    async def ended(self, job_id: str) -> JobView:
        """Wait for a job's end; its view then."""
        await self.until(lambda: any(event.view.ended for event in self.of(job_id)))
        return self.of(job_id)[-1].view

    async def rendering(self, job_id: str) -> None:
        """Wait until a worker does the job."""
        await self.until(lambda: any(event.view.stage not in ("queued", "planning") for event in self.of(job_id)))


@asynccontextmanager
async def running(folder: Path, **options: Any) -> AsyncIterator[Bench]:
    """A started service, stopped at the end."""
    bench = Bench(folder, **options)
    await bench.service.start()
    try:
        yield bench
    finally:
        await bench.service.stop()
