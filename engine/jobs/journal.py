"""The job journal: what was accepted, what became of it, and every finished file.

Each call is one transaction and returns after its commit is on disk: whoever acknowledges afterwards cannot forget. The
rules of a job's life are those of :mod:`engine.jobs.state`; the file itself refuses the one mistake that must never
happen, leaving a terminal state. Not thread-safe and not asynchronous: the service gives it a thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadArgument, CuewrightError, JobConflict, QueueFull, UnknownJob
from engine.jobs.database import Database
from engine.jobs.state import MAX_ATTEMPTS, RUNNING, TERMINAL, TRANSITIONS, Event, Standing, State, advance
from engine.jobs.view import JobError, JobView
from engine.request import Job
from engine.results import JobResult, StemFile
from engine.session import Session

SEQUENCE_GAP = 1_000_000
"""Added to a job's sequence when the engine ended under it. Progress reports are counted in memory only; at 20 a second
the lost engine would have needed 14 hours without a finished file to use the gap up, and 2**31 holds 2,000 restarts."""

# The order is that of state.first().
_CLAIM = f"""
update jobs set state = '{TRANSITIONS[State.QUEUED][Event.CLAIMED]}', attempts = attempts + 1, sequence = sequence + 1
where arrival = (select arrival from jobs where state = '{State.QUEUED}' order by priority desc, arrival limit 1)
returning *
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a job's row says after an event.

    Parameters
    ----------
    sequence
        Number of the job's last event that was written down.
    """

    standing: Standing
    sequence: int

    @property
    def ended(self) -> bool:
        """The job is in a terminal state."""
        return self.standing.state in TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Change):
    """All that is written down of a job."""

    job: Job
    reply_to: str
    stems: tuple[StemFile, ...]
    result: JobResult | None
    error: JobError | None

    @property
    def view(self) -> JobView:
        """What others see of it, while nothing newer is known from a worker."""
        state = self.standing.state
        return JobView(
            id=self.job.id,
            state=state,
            fraction=1.0 if state is State.DONE else 0.0,
            stage=state.value,
            sequence=self.sequence,
            stems=self.stems,
            result=self.result,
            error=self.error,
            attempts=self.standing.attempts,
            engine_restarts=self.standing.engine_restarts,
            created=self.job.created,
            reply_to=self.reply_to,
        )


class Journal:
    """The open journal.

    Parameters
    ----------
    path
        SQLite file, see :class:`~engine.jobs.database.Database`.
    queue_limit
        Jobs that may wait.
    history_limit
        Ended jobs, and sessions, that are kept; the oldest go first.
    max_attempts
        Times a job may be begun before the death of its worker ends it.

    Attributes
    ----------
    warnings
        What a person should know about the opening.
    """

    def __init__(self, path: Path, *, queue_limit: int, history_limit: int, max_attempts: int = MAX_ATTEMPTS) -> None:
        self._queue_limit = queue_limit
        self._history_limit = history_limit
        self._max_attempts = max_attempts
        self._file = Database(path)
        self.warnings = self._file.warnings

    def close(self) -> None:
        """Close the file; the journal is of no use afterwards."""
        self._file.close()

    def take_up(self) -> tuple[Record, ...]:
        """Queue again what a dead engine left running, and return it; a job whose cancel was asked ends.

        Only for the one engine that owns the journal: a second one would take the first one's jobs.
        """
        with self._file.writing() as db:
            left = db.execute("select * from jobs where state in (?, ?)", tuple(RUNNING)).fetchall()
            for row in left:
                standing = advance(_standing(row), Event.ENGINE_RESTARTED)
                self._store(db, row["id"], standing, sequence=row["sequence"] + SEQUENCE_GAP)
            return tuple(_record(db, _row(db, row["id"])) for row in left)

    def put(self, job: Job, reply_to: str) -> Record:
        """Accept a job, or find it accepted already.

        The same id with the same request and session is the same job: it is answered as it stands, and its replies
        from now on go to ``reply_to`` if that is not empty.

        Raises
        ------
        JobConflict
            When the id is taken by another request.
        QueueFull
            When as many jobs wait as may.
        DiskFull
            When it could not be written down.
        """
        with self._file.writing() as db:
            row = db.execute("select * from jobs where id = ?", (job.id,)).fetchone()
            if row is None:
                waiting = db.execute("select count(*) from jobs where state = ?", (State.QUEUED,)).fetchone()[0]
                if waiting >= self._queue_limit:
                    raise QueueFull(
                        f"{waiting:,} jobs wait and at most {self._queue_limit:,} may (queue_limit): "
                        "let some finish or cancel some, then send this one again."
                    )
                db.execute(
                    "insert into jobs (id, priority, job, reply_to, state) values (?, ?, ?, ?, ?)",
                    (job.id, job.priority, job.model_dump_json(), reply_to, State.QUEUED),
                )
            elif _spec(Job.read(row["job"])) != _spec(job):
                raise JobConflict(
                    f"Job {job.id} is already another request: give this one an id of its own.", field="job_id"
                )
            elif reply_to:
                db.execute("update jobs set reply_to = ? where id = ?", (reply_to, job.id))
            return _record(db, _row(db, job.id))

    def claim(self) -> Record | None:
        """Begin the job that is next, or None when none waits."""
        with self._file.writing() as db:
            row = next(iter(db.execute(_CLAIM).fetchall()), None)
            return None if row is None else _record(db, row)

    def apply(self, job_id: str, event: Event, *, sequence: int = 0, error: CuewrightError | None = None) -> Change:
        """Write down an event.

        Parameters
        ----------
        sequence
            The job's event counter, when it is ahead of the written one.
        error
            Kept if the event ends the job in ``failed``.

        Raises
        ------
        UnknownJob
            When there is no such job.
        IllegalTransition
            When its state does not know the event.
        """
        with self._file.writing() as db:
            return self._step(db, job_id, event, sequence, error=error)

    def request_cancel(self, job_id: str) -> tuple[Record, bool]:
        """Write down that a job is not wanted; also whether that ended it, as it does when it waits."""
        with self._file.writing() as db:
            row = _row(db, job_id)
            if State(row["state"]) in TERMINAL:
                return _record(db, row), False
            change = self._step(db, job_id, Event.CANCEL_REQUESTED, 0)
            return _record(db, _row(db, job_id)), change.ended

    def add_stem(self, job_id: str, stem: StemFile, *, sequence: int = 0) -> Change | None:
        """Write down a finished file; None when it is no news (a retry finishes the same files again)."""
        with self._file.writing() as db:
            key = (job_id, stem.event, stem.take)
            known = db.execute("select stem from stems where (job_id, event, take) = (?, ?, ?)", key).fetchone()
            if known is not None and StemFile.read(known["stem"]) == stem:
                return None
            change = self._step(db, job_id, Event.STEM, sequence)
            _put_stems(db, job_id, (stem,))
            return change

    def finish(self, job_id: str, result: JobResult, *, sequence: int = 0) -> Change:
        """End a job in ``done``; the result decides which files are its stems."""
        with self._file.writing() as db:
            change = self._step(db, job_id, Event.FINISHED, sequence)
            db.execute("update jobs set result = ? where id = ?", (result.model_dump_json(), job_id))
            db.execute("delete from stems where job_id = ?", (job_id,))
            _put_stems(db, job_id, result.stems if result.mix is None else (*result.stems, result.mix))
            return change

    def get(self, job_id: str) -> Record:
        """A job as written down.

        Raises
        ------
        UnknownJob
            When there is no such job, or no longer.
        """
        with self._file.reading() as db:
            return _record(db, _row(db, job_id))

    def readdress(self, job_id: str, reply_to: str) -> Record:
        """Send a job's further replies elsewhere.

        Raises
        ------
        UnknownJob
            When there is no such job.
        """
        with self._file.writing() as db:
            db.execute("update jobs set reply_to = ? where id = ?", (reply_to, job_id))
            return _record(db, _row(db, job_id))

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state; every state is there."""
        with self._file.reading() as db:
            found = dict(db.execute("select state, count(*) from jobs group by state").fetchall())
        return {state: found.get(state, 0) for state in State}

    def latest(self, limit: int) -> tuple[Record, ...]:
        """The jobs that came last, newest first."""
        with self._file.reading() as db:
            rows = db.execute("select * from jobs order by arrival desc limit ?", (limit,)).fetchall()
            return tuple(_record(db, row) for row in rows)

    def put_session(self, session_id: str, session: Session) -> None:
        """Remember what a DAW told; the last telling counts."""
        with self._file.writing() as db:
            row = (session_id, session.model_dump_json())
            db.execute("insert or replace into sessions (id, session) values (?, ?)", row)
            oldest = "select told from sessions order by told desc limit -1 offset ?"
            db.execute(f"delete from sessions where told in ({oldest})", (self._history_limit,))

    def get_session(self, session_id: str) -> Session:
        """A session told before.

        Raises
        ------
        BadArgument
            When none of that id was told.
        """
        with self._file.reading() as db:
            row = db.execute("select session from sessions where id = ?", (session_id,)).fetchone()
        if row is None:
            raise BadArgument(f"No session {session_id!r} was told: send it before the request.", field="session")
        return Session.read(row["session"])

    def _step(
        self,
        db: sqlite3.Connection,
        job_id: str,
        event: Event,
        sequence: int,
        *,
        error: CuewrightError | None = None,
    ) -> Change:
        row = _row(db, job_id)
        standing = advance(_standing(row), event, max_attempts=self._max_attempts)
        sequence = max(sequence, row["sequence"]) + 1
        if error is not None and standing.state is State.FAILED:
            stored = JobError.of(error).model_dump_json()
            db.execute("update jobs set error = ? where id = ?", (stored, job_id))
        self._store(db, job_id, standing, sequence=sequence)
        return Change(standing=standing, sequence=sequence)

    def _store(self, db: sqlite3.Connection, job_id: str, standing: Standing, *, sequence: int) -> None:
        columns = "state, attempts, engine_restarts, cancel_requested, sequence"
        values = (standing.state, standing.attempts, standing.engine_restarts, standing.cancel_requested, sequence)
        db.execute(f"update jobs set ({columns}) = (?, ?, ?, ?, ?) where id = ?", (*values, job_id))
        if standing.state in TERMINAL:
            db.execute("update jobs set ended = (select coalesce(max(ended), 0) + 1 from jobs) where id = ?", (job_id,))
            oldest = "select id from jobs where ended is not null order by ended desc limit -1 offset ?"
            for (old_id,) in db.execute(oldest, (self._history_limit,)).fetchall():
                db.execute("delete from stems where job_id = ?", (old_id,))
                db.execute("delete from jobs where id = ?", (old_id,))


def _spec(job: Job) -> Job:
    """What makes two jobs the same; a request sent twice is stamped twice."""
    return job.model_copy(update={"created": ""})


def _row(db: sqlite3.Connection, job_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("select * from jobs where id = ?", (job_id,)).fetchone()
    if row is None:
        raise UnknownJob(f"No job {job_id!r} is known: it was never sent here, or is too long ago.", field="job_id")
    return row


def _standing(row: sqlite3.Row) -> Standing:
    return Standing(
        state=State(row["state"]),
        attempts=row["attempts"],
        engine_restarts=row["engine_restarts"],
        cancel_requested=bool(row["cancel_requested"]),
    )


def _record(db: sqlite3.Connection, row: sqlite3.Row) -> Record:
    stems = db.execute("select stem from stems where job_id = ?", (row["id"],))
    return Record(
        job=Job.read(row["job"]),
        reply_to=row["reply_to"],
        standing=_standing(row),
        sequence=row["sequence"],
        stems=tuple(sorted((StemFile.read(s["stem"]) for s in stems), key=lambda stem: stem.index)),
        result=None if row["result"] is None else JobResult.read(row["result"]),
        error=None if row["error"] is None else JobError.read(row["error"]),
    )


def _put_stems(db: sqlite3.Connection, job_id: str, stems: Iterable[StemFile]) -> None:
    db.executemany(
        "insert or replace into stems values (?, ?, ?, ?)",
        [(job_id, stem.event, stem.take, stem.model_dump_json()) for stem in stems],
    )
