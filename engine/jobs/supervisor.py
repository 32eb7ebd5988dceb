"""Keeps one worker at work and a warm spare beside it.

It runs one job at a time on the worker, carries a cancel to it, and takes the spare when the worker is lost: importing
the models' libraries takes seconds, a spare takes none. It knows nothing of the journal; whether a job that lost its
worker is tried again is the service's decision.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable
from functools import partial

from engine.config import Settings
from engine.errors import InternalError, WorkerDied
from engine.jobs import messages
from engine.jobs.messages import Ending, Progress, Stem
from engine.jobs.process import Worker
from engine.request import Job

CANCEL_GRACE_SECONDS = 0.15
"""A cancelled worker answers within this, or is killed."""
_DEATH_SECONDS = 0.05

OnNews = Callable[[Progress | Stem], Awaitable[None]]


class Supervisor:
    """One device's worker.

    Parameters
    ----------
    runner
        ``"module:callable"``, see :class:`~engine.jobs.worker.Runner`.
    lock_fd
        What the workers hold open, see :class:`~engine.jobs.lock.EngineLock`.
    """

    def __init__(self, runner: str, settings: Settings, *, lock_fd: int | None = None) -> None:
        self._start = partial(Worker.start, runner, settings, lock_fd=lock_fd)
        self._worker: Worker | None = None
        self._spare: asyncio.Task[Worker] | None = None
        self._taking = asyncio.Lock()
        self._endings: set[asyncio.Task[None]] = set()
        self._runs = itertools.count(1)

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker that runs jobs, if there is one."""
        return self._worker.pid if self._worker is not None and self._worker.alive else None

    async def ready(self) -> None:
        """Wait until a worker is there to run a job.

        Raises
        ------
        WorkerDied
            When none can be started.
        """
        await self._take()

    async def run(self, job: Job, on_news: OnNews, cancel: asyncio.Event) -> Ending:
        """Do a job.

        Parameters
        ----------
        on_news
            Awaited for every progress report and finished file, in order.
        cancel
            Once set, the job ends within 250 ms: by the worker's own answer, or by its death.

        Returns
        -------
        Ending
            What the worker said at last; ``Stopped`` also when it had to be killed.

        Raises
        ------
        WorkerDied
            When the worker ended, though nobody asked it to.
        """
        worker = await self._take()
        number = next(self._runs)
        sound = False
        worker.tell(messages.Run(run=number, job=job))
        listening = asyncio.create_task(_listen(worker, on_news))
        cancelling = asyncio.create_task(cancel.wait())
        try:
            await asyncio.wait({listening, cancelling}, return_when=asyncio.FIRST_COMPLETED)
            if not listening.done():
                worker.tell(messages.Cancel(run=number))
                await asyncio.wait({listening}, timeout=CANCEL_GRACE_SECONDS)
            if not listening.done():
                worker.kill()
                await asyncio.wait({listening}, timeout=_DEATH_SECONDS)
                return messages.Stopped()
            ending = listening.result()
            # After an unforeseen error its memory, or its device's, cannot be trusted.
            sound = not isinstance(ending, messages.Failed) or ending.error.code != InternalError.code
            return ending
        except WorkerDied:
            if cancel.is_set():
                return messages.Stopped()
            raise
        finally:
            listening.cancel()
            cancelling.cancel()
            await asyncio.gather(listening, cancelling, return_exceptions=True)
            if not sound:
                self._worker = None
                self._end(worker)

    async def close(self) -> None:
        """End the worker and the spare, and wait until all are gone."""
        if self._spare is not None:
            self._spare.cancel()
            with contextlib.suppress(asyncio.CancelledError, WorkerDied):
                self._end(await self._spare)
            self._spare = None
        if self._worker is not None:
            self._end(self._worker)
            self._worker = None
        await asyncio.gather(*self._endings)

    async def _take(self) -> Worker:
        async with self._taking:  # two who ask get the same one
            while self._worker is None or not self._worker.alive:
                if self._worker is not None:
                    self._end(self._worker)
                spare, self._spare = self._spare, None
                self._worker = await self._start() if spare is None else await spare
            if self._spare is None:
                self._spare = asyncio.create_task(self._start())
                self._spare.add_done_callback(_look_at_failure)
            return self._worker

    def _end(self, worker: Worker) -> None:
        worker.kill()
        ending = asyncio.create_task(worker.end())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)


async def _listen(worker: Worker, on_news: OnNews) -> Ending:
    while True:
        message = await worker.hear()
        if isinstance(message, Progress | Stem):
            await on_news(message)
        elif isinstance(message, messages.Done | messages.Failed | messages.Stopped):
            return message


def _look_at_failure(spare: asyncio.Task[Worker]) -> None:
    """A spare that could not start says so when it is taken; nobody may ever take it."""
    if not spare.cancelled():
        spare.exception()
