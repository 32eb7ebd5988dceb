"""The journal's SQLite file: opened, checked, versioned, and its errors told as ours.

A commit is on disk when it returns (WAL, ``synchronous=FULL``). A damaged file is kept under another name and a new one
begun. Which rows mean what is the journal's business.

Source: https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_synchronous, https://sqlite.org/rescode.html
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import CuewrightError, DiskFull, FolderNotWritable, InternalError, ResourceError

VERSION = 1
"""Raised, with a migration, when a table or a stored model changes so that old rows could not be read."""

SCHEMA = """
create table jobs (
    arrival          integer primary key autoincrement,
    id               text not null unique,
    priority         integer not null,
    job              text not null,
    reply_to         text not null,
    state            text not null,
    attempts         integer not null default 0,
    engine_restarts  integer not null default 0,
    cancel_requested integer not null default 0,
    sequence         integer not null default 0,
    result           text,
    error            text,
    ended            integer  -- order of ending; no clock, because clocks are set back
);
create index jobs_in_order on jobs (state, priority desc, arrival);
create index jobs_ended on jobs (ended) where ended is not null;
create table stems (
    job_id text not null,
    event  text not null,
    take   integer not null,
    stem   text not null,
    primary key (job_id, event, take)
) without rowid;
create table sessions (
    told    integer primary key autoincrement,
    id      text not null unique,
    session text not null
);
create trigger ended_jobs_stay_ended before update of state on jobs
when old.state in ('done', 'failed', 'cancelled')
begin
    select raise(abort, 'a job that ended was changed');
end;
"""

_log = logging.getLogger(__name__)


class Database:
    """One connection to the file, each use one transaction.

    Parameters
    ----------
    path
        Made with its folder when missing. A damaged file is renamed ``<name>.damaged-<n>``.

    Attributes
    ----------
    warnings
        What a person should know about the opening.

    Raises
    ------
    ResourceError
        When the file was written by a newer version, or another program holds it.
    FolderNotWritable, DiskFull
        When it cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.warnings: tuple[str, ...] = ()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderNotWritable(
                f"{path.parent} cannot be made ({error.strerror}): choose another data_folder.", field="data_folder"
            ) from None
        with self._translating():
            try:
                self._connection = self._connect()
            except sqlite3.OperationalError:  # locked, unwritable, full: the file itself is not at fault
                raise
            except sqlite3.DatabaseError as error:
                kept = _move_aside(path)
                warning = f"The job journal was damaged ({error}); a new one was begun, the old one is kept as {kept}."
                _log.warning(warning)
                self.warnings = (warning,)
                self._connection = self._connect()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, its errors translated."""
        with self._translating():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction: on disk at the end, or as if nothing happened when anything raised."""
        with self._translating():
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:  # SQLite may have rolled back by itself, on a full disk for one
                    self._connection.execute("rollback")
                raise

    def _connect(self) -> sqlite3.Connection:
        # The owner may open it in one thread and use it in another, never in two at a time.
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=10.0, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            version = connection.execute("pragma user_version").fetchone()[0]
            if version > VERSION:
                raise ResourceError(
                    f"{self._path} was written by a newer Cuewright (journal version {version}, this one reads "
                    f"{VERSION}): update Cuewright, or choose another data_folder.",
                    field="data_folder",
                )
            problem = connection.execute("pragma quick_check(1)").fetchone()[0]
            tables = {row["name"] for row in connection.execute("select name from sqlite_master where type = 'table'")}
            if problem == "ok" and tables and not (version and {"jobs", "stems", "sessions"} <= tables):
                problem = "it is not a job journal"
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute(f"pragma journal_size_limit = {2**24}")
            if not tables:
                connection.executescript(f"begin immediate; {SCHEMA} pragma user_version = {VERSION}; commit;")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error


def _translated(error: sqlite3.Error, path: Path) -> CuewrightError:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:  # the low byte; the rest is detail
        case sqlite3.SQLITE_FULL:
            return DiskFull(f"The disk that holds {path} is full: make room and try again.", field="data_folder")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return FolderNotWritable(f"{path} cannot be written: choose another data_folder.", field="data_folder")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return ResourceError(f"Another program holds {path} locked: close it.", field="data_folder")
        case _:
            return InternalError(f"The job journal {path} failed ({error}): restart the engine.", field="data_folder")


def _move_aside(path: Path) -> Path:
    """Rename the file and its companions; returns the new name."""
    n = 1
    while (kept := path.with_name(f"{path.name}.damaged-{n}")).exists():
        n += 1
    for suffix in ("", "-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.rename(kept.with_name(kept.name + suffix))
    return kept
