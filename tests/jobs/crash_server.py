"""A server reduced to its jobs, to be killed: submits a batch, prints ``ready``, ends when every job has ended.

``crash_server.py FOLDER JOBS STEMS``; terminal events are appended to ``FOLDER/told.txt``, on disk before it goes on.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from fake_runners import clean_partials

from engine.config import Settings
from engine.jobs.service import JobService
from engine.jobs.view import JobEvent
from engine.request import GenerateRequest, Job


async def main(folder: Path, jobs: int, stems: int) -> None:
    """Serve until all is done."""
    ended: set[str] = set()

    def on_event(event: JobEvent) -> None:
        if event.view.ended:
            ended.add(event.job_id)
            with (folder / "told.txt").open("a", encoding="utf-8") as told:
                told.write(f"{event.job_id} {event.kind}\n")
                told.flush()
                os.fsync(told.fileno())

    settings = Settings.load(data_folder=folder / "data", cache_folder=folder / "cache", roots=(folder,))
    service = JobService(settings, on_event=on_event, runner="fake_runners:Obedient", clean=clean_partials)
    await service.start()
    request = GenerateRequest(prompt=f"stems={stems} pause=0.01", folder=str(folder / "out"))
    for n in range(jobs):
        view = await service.submit(Job(id=f"job{n}", request=request, created="now"))
        if view.ended:
            ended.add(view.id)
    await service.warm()
    print("ready", flush=True)
    while len(ended) < jobs:
        await asyncio.sleep(0.01)
    await service.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
