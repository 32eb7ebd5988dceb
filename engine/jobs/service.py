"""The jobs of an engine: accepted, queued, worked on and answered, from the server's loop.

Joins journal, rules and supervisors. Rendering happens in other processes and every journal call in one thread of its
own: a commit is on disk before the caller hears of it, and a slow disk delays that caller but never the loop. Measured
on two shared cores, UDP pings under 140 jobs a second: p99 0.4 ms (0.8 to 1.0 with the journal on the loop); on a disk
whose commits take 20 ms, p99 0.8 ms (18.5). The hop between the threads costs a submit nothing that shows (0.5 ms).

It knows nothing of OSC: what happened is told to ``on_event``, on the loop, in order, after it was written down.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from engine.config import Settings
from engine.errors import CuewrightError, DiskFull, InternalError, WorkerDied
from engine.jobs import messages
from engine.jobs.journal import Change, Journal, Record
from engine.jobs.lock import EngineLock
from engine.jobs.messages import Progress, Stem
from engine.jobs.state import MAX_ATTEMPTS, Event, State
from engine.jobs.supervisor import Supervisor
from engine.jobs.view import EventKind, JobError, JobEvent, JobView
from engine.request import Job
from engine.results import StemFile
from engine.session import Session

PLANNING_STAGE = "planning"
"""The stage a runner reports while it plans; any other means that it renders."""
LOCK_WAIT_SECONDS = 3.0
"""How long the workers of a killed engine may take to notice."""
_CLEAN_SECONDS = 0.03
_RETRY_SECONDS = 1.0
_STOP_SECONDS = 2.0
_KIND_OF_END: dict[State, EventKind] = {State.DONE: "done", State.FAILED: "failed", State.CANCELLED: "cancelled"}

P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger(__name__)


def _clean_nothing(folder: Path, job_id: str) -> int:
    return 0


class JobService:
    """The engine's jobs. All methods are for the loop it was started on.

    Parameters
    ----------
    on_event
        Called on the loop for all that happens to a job, in order; exactly one terminal event a job in the life of a
        journal, and none again for what an earlier engine wrote down. It must not block; what it raises is logged.
    runner
        ``"module:callable"``, see :class:`~engine.jobs.worker.Runner`; imported by the workers only.
    clean
        Removes a job's partial files from its folder after its worker died; called in a thread.
    workers
        Worker processes, one a device; each has a warm spare.
    max_attempts
        Times a job may be begun before the death of its worker ends it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        on_event: Callable[[JobEvent], None],
        runner: str = "engine.render:Studio",
        clean: Callable[[Path, str], int] = _clean_nothing,
        workers: int = 1,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> None:
        self._settings = settings
        self._on_event = on_event
        self._runner = runner
        self._clean = clean
        self._workers = workers
        self._max_attempts = max_attempts
        self._lock = EngineLock(settings.data_folder / "engine.lock")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._journal: Journal
        self._supervisors: tuple[Supervisor, ...] = ()
        self._driving: set[asyncio.Task[None]] = set()
        self._settling: set[asyncio.Task[None]] = set()
        self._cleanings: dict[str, asyncio.Task[None]] = {}
        self._work = asyncio.Event()
        self._live: dict[str, JobView] = {}
        self._cancels: dict[str, asyncio.Event] = {}
        self.warnings: tuple[str, ...] = ()

    # Life

    async def start(self) -> None:
        """Open the journal, take up what was interrupted, and start the workers without waiting for them.

        Raises
        ------
        ResourceError
            When another engine uses the data folder, or the journal is of a newer version.
        FolderNotWritable, DiskFull
            When the journal cannot be made or written.
        """
        try:
            interrupted = await self._in_writer(self._open)
        except BaseException:
            self._writer.shutdown()
            self._lock.release()
            raise
        self.warnings = self._journal.warnings
        for record in interrupted:
            if record.ended:  # its cancel was asked for, and the engine died before the worker answered
                await self._clean_up(record.job, seconds=_CLEAN_SECONDS)
                self._tell("cancelled", record.view)
        lock_fd = self._lock.inheritable_fd
        self._supervisors = tuple(
            Supervisor(self._runner, self._settings, lock_fd=lock_fd) for _ in range(self._workers)
        )
        for supervisor in self._supervisors:
            self._spawn(self._drive(supervisor), self._driving)

    async def stop(self) -> None:
        """End the workers and close the journal. Jobs that were running are taken up by the next start."""
        await _cancelled(self._driving)
        if self._settling:
            await asyncio.wait(self._settling, timeout=_STOP_SECONDS)
        await _cancelled(self._settling)
        await asyncio.gather(*(supervisor.close() for supervisor in self._supervisors))
        await self._in_writer(self._journal.close)
        self._writer.shutdown()
        self._lock.release()

    async def warm(self) -> None:
        """Wait until every worker is ready.

        Raises
        ------
        WorkerDied
            When one cannot start.
        """
        await asyncio.gather(*(supervisor.ready() for supervisor in self._supervisors))

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the workers that do jobs, without the spares."""
        return tuple(s.worker_pid for s in self._supervisors if s.worker_pid is not None)

    # What clients ask

    async def submit(self, job: Job, reply_to: str = "") -> JobView:
        """Accept a job; it is written down when this returns.

        The same id with the same request and session (``created`` aside) is the same job: its current view is
        returned, and further events go to ``reply_to``.

        Raises
        ------
        JobConflict, QueueFull, DiskFull
            And nothing was accepted.
        """
        record = await self._in_writer(self._journal.put, job, reply_to)
        if record.standing.state is State.QUEUED:
            self._work.set()
        self._readdress(record)
        return self._current(record)

    async def cancel(self, job_id: str) -> JobView:
        """Ask for a job's end: at once when it waits, else within 250 ms as a ``cancelled`` event.

        A job that already ended is returned as it is; one that finishes before the cancel reaches it is ``done``.

        Raises
        ------
        UnknownJob
            When there is no such job.
        """
        self._stop_run(job_id)  # before the commit: nothing is lost if it never comes
        record, ended = await self._in_writer(self._journal.request_cancel, job_id)
        if ended:
            self._tell("cancelled", record.view)
        elif not record.ended:
            # The writer answers in order: whoever claimed the job meanwhile has run since, and can be reached now.
            self._stop_run(job_id)
        return self._current(record)

    async def view(self, job_id: str, *, reply_to: str = "") -> JobView:
        """A job as it stands; its further events go to ``reply_to`` if that is not empty.

        Raises
        ------
        UnknownJob
            When there is no such job, or it ended too long ago.
        """
        if reply_to:
            record = await self._in_writer(self._journal.readdress, job_id, reply_to)
            self._readdress(record)
        else:
            record = await self._in_writer(self._journal.get, job_id)
        return self._current(record)

    async def views(self, limit: int = 100) -> tuple[JobView, ...]:
        """The jobs that came last, newest first."""
        return tuple(map(self._current, await self._in_writer(self._journal.latest, limit)))

    async def counts(self) -> dict[State, int]:
        """How many jobs are in each state."""
        return await self._in_writer(self._journal.counts)

    async def set_session(self, session_id: str, session: Session) -> None:
        """Remember what a DAW told about its timeline; the last telling counts."""
        await self._in_writer(self._journal.put_session, session_id, session)

    async def get_session(self, session_id: str) -> Session:
        """A session told before, by this engine or an earlier one.

        Raises
        ------
        BadArgument
            When none of that id was told.
        """
        return await self._in_writer(self._journal.get_session, session_id)

    # Work

    async def _drive(self, supervisor: Supervisor) -> None:
        """Run job after job on one worker."""
        while True:
            try:
                with contextlib.suppress(WorkerDied):  # whoever needs the worker meets the reason again
                    await supervisor.ready()
                self._work.clear()
                record = await self._commit(self._journal.claim)
                if record is None:
                    await self._work.wait()
                    continue
                self._work.set()  # there may be one more, for another worker
                await self._do(supervisor, record)
            except Exception:  # a defect of ours must not end the queue
                _log.exception("A job could not be driven.")
                await asyncio.sleep(_RETRY_SECONDS)

    async def _do(self, supervisor: Supervisor, record: Record) -> None:
        """Run one job to its end, or back into the queue."""
        job = record.job
        cancel = self._cancels[job.id] = asyncio.Event()
        self._live[job.id] = record.view
        self._tell("progress", record.view)
        try:
            if record.standing.attempts > 1 or record.standing.engine_restarts:
                await self._clean_up(job)
            ending: messages.Ending | CuewrightError = await supervisor.run(job, partial(self._on_news, job.id), cancel)
        except WorkerDied as error:
            ending = error
        except Exception as error:
            _log.exception("Job %s could not be driven.", job.id)
            ending = messages.Failed(
                error=JobError.of(InternalError(f"A defect of the engine ended this job: {error}"))
            )
        # What was decided is written down and told even if the engine is being stopped.
        settling = self._spawn(self._settle(job, ending), self._settling)
        await asyncio.shield(settling)

    async def _on_news(self, job_id: str, news: Progress | Stem) -> None:
        sequence = self._live[job_id].sequence
        if isinstance(news, Stem):
            change = await self._commit(self._journal.add_stem, job_id, news.stem, sequence=sequence)
            if change is not None:
                self._on_stem(job_id, news.stem, change)
            return
        update: dict[str, object] = {"fraction": news.fraction, "stage": news.stage, "sequence": sequence + 1}
        if self._live[job_id].state is State.PLANNING and news.stage != PLANNING_STAGE:
            change = await self._commit(self._journal.apply, job_id, Event.PLANNED, sequence=sequence)
            update |= {"state": change.standing.state, "sequence": change.sequence}
        self._tell("progress", self._update(job_id, update))

    def _on_stem(self, job_id: str, stem: StemFile, change: Change) -> None:
        others = tuple(s for s in self._live[job_id].stems if (s.event, s.take) != (stem.event, stem.take))
        update = {"state": change.standing.state, "sequence": change.sequence, "stems": (*others, stem)}
        self._tell("stem", self._update(job_id, update), stem)

    async def _settle(self, job: Job, ending: messages.Ending | CuewrightError) -> None:
        """Write down how a run ended, then tell."""
        sequence = self._live[job.id].sequence
        if not isinstance(ending, messages.Done):
            await self._clean_up(job, seconds=_CLEAN_SECONDS)
        match ending:
            case messages.Done(result=result):
                change = await self._commit(self._journal.finish, job.id, result, sequence=sequence)
            case messages.Stopped():
                change = await self._commit(self._journal.apply, job.id, Event.CANCELLED, sequence=sequence)
            case messages.Failed(error=error):
                change = await self._commit(
                    self._journal.apply, job.id, Event.FAILED, sequence=sequence, error=error.error()
                )
            case _:
                last = WorkerDied(
                    f"{ending} The job was begun {self._max_attempts} times: ask for less at once, "
                    "or look into the engine's log."
                )
                change = await self._commit(
                    self._journal.apply, job.id, Event.WORKER_DIED, sequence=sequence, error=last
                )
        view = (await self._in_writer(self._journal.get, job.id)).view
        del self._live[job.id], self._cancels[job.id]
        if change.ended:
            self._tell(_KIND_OF_END[view.state], view)
        else:
            self._work.set()
            self._tell("progress", view)

    async def _clean_up(self, job: Job, *, seconds: float | None = None) -> None:
        """Remove a job's partial files; after ``seconds`` go on without waiting longer."""
        cleaning = self._cleanings.get(job.id)
        if cleaning is None:
            cleaning = self._cleanings[job.id] = asyncio.create_task(self._clean_in_thread(job))
        await asyncio.wait({cleaning}, timeout=seconds)

    async def _clean_in_thread(self, job: Job) -> None:
        try:
            if job.request.folder:
                await asyncio.to_thread(self._clean, Path(job.request.folder), job.id)
        except Exception:
            _log.exception("The partial files of job %s could not be removed.", job.id)
        finally:
            del self._cleanings[job.id]

    # Small things

    def _open(self) -> tuple[Record, ...]:
        self._lock.acquire(wait_seconds=LOCK_WAIT_SECONDS)
        self._journal = Journal(
            self._settings.journal_path,
            queue_limit=self._settings.queue_limit,
            history_limit=self._settings.history_limit,
            max_attempts=self._max_attempts,
        )
        return self._journal.take_up()

    async def _in_writer(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(call, *args, **kwargs))

    async def _commit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Write down what has happened already, however long the disk stays full: it cannot be refused any more."""
        while True:
            try:
                return await self._in_writer(call, *args, **kwargs)
            except DiskFull as error:
                _log.warning("%s The engine waits for it.", error)
                await asyncio.sleep(_RETRY_SECONDS)

    def _stop_run(self, job_id: str) -> None:
        if cancel := self._cancels.get(job_id):
            cancel.set()

    def _readdress(self, record: Record) -> None:
        if live := self._live.get(record.job.id):
            self._live[record.job.id] = live.model_copy(update={"reply_to": record.reply_to})

    def _current(self, record: Record) -> JobView:
        return self._live.get(record.job.id) or record.view

    def _update(self, job_id: str, update: dict[str, object]) -> JobView:
        view = self._live[job_id] = self._live[job_id].model_copy(update=update)
        return view

    def _tell(self, kind: EventKind, view: JobView, stem: StemFile | None = None) -> None:
        try:
            self._on_event(JobEvent(kind=kind, view=view, stem=stem))
        except Exception:
            _log.exception("An event of job %s could not be told.", view.id)

    def _spawn(self, work: Coroutine[None, None, None], tasks: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task


async def _cancelled(tasks: set[asyncio.Task[None]]) -> None:
    ending = tuple(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
