"""The index of the user's own sounds: one SQLite file with full-text search.

Files are read in place and never changed. Readers work while a folder is being added (write-ahead log); what was read
before a cancel is kept. A file is known by its path, size and time of change, so adding a folder again reads only what
is new. Knows nothing of rendering.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from engine import ucs
from engine.backends.library.ranking import confidence, query_words, weights
from engine.backends.library.reader import SUFFIXES, Entry, UnreadableError, read_entry
from engine.errors import Cancelled, DiskFull, FileUnreadable, FolderNotWritable
from engine.handle import Handle
from engine.model import Model

SCHEMA_VERSION = 1
_SCHEMA = (
    """CREATE TABLE item (
        id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, changed_ns INTEGER NOT NULL,
        missing INTEGER NOT NULL DEFAULT 0, content TEXT NOT NULL, frames INTEGER NOT NULL, channels INTEGER NOT NULL,
        sample_rate_hz INTEGER NOT NULL, category TEXT NOT NULL, label TEXT NOT NULL)""",
    "CREATE INDEX item_content ON item(content)",
    """CREATE VIRTUAL TABLE words USING fts5(name, category, synonyms, description, folders,
        tokenize='porter unicode61 remove_diacritics 2')""",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
_WEIGHTS = "10.0, 5.0, 2.0, 3.0, 1.0"  # of the columns of words, in their order
_BATCH = 256
_POOL = 200  # candidates that bm25 hands to the confidence
_RANK_SHARE = 0.08  # how far bm25 may move a score below its confidence
_CATEGORY_SHARE = 0.04  # so much of a score is kept for files of a category that the words name


class AddReport(Model):
    """What adding a folder did."""

    added: int
    updated: int
    unchanged: int
    removed: int = Field(description="Known files that are no longer there; they are not offered any more.")
    failed: tuple[tuple[str, str], ...] = Field(description="Files and folders left out, each with the reason.")


class LibraryItem(Model):
    """One sound found by words."""

    id: str = Field(description="Content id: the same for copies of a file.")
    path: str = Field(description="Where it lies, for people; bytes that are no text are written as \\xNN.")
    label: str
    category: str = Field(description="UCS CatID, or empty when neither name nor metadata says.")
    length_seconds: float
    channels: int
    sample_rate_hz: int
    score: float = Field(ge=0, le=1, description="How much of the words it accounts for.")


class Recording(NamedTuple):
    """Where the sound of a content id lies, and as what it was indexed."""

    path: Path
    size: int
    changed_ns: int


class _Known(NamedTuple):
    size: int
    changed_ns: int
    missing: bool


class Library:
    """An index on disk; made by the first :meth:`add`.

    Parameters
    ----------
    path
        The SQLite file. Where there is none, nothing is found.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, folder: Path, handle: Handle) -> AddReport:
        """Index a folder and all below it, or bring its index up to date.

        Raises
        ------
        FileUnreadable
            When the folder is none, or the index is damaged.
        FolderNotWritable, DiskFull
            When the index cannot be written.
        Cancelled
            What was read so far stays in the index.
        """
        root = folder.expanduser().resolve()
        if not root.is_dir():
            raise FileUnreadable(f"There is no folder {shown(root)}.", field="folder")
        failed: list[tuple[str, str]] = []
        files = list(_walk(root, failed, handle))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderNotWritable(
                f"The library's index cannot be made at {self._path}: {error.strerror}.", field="data_folder"
            ) from None
        with self._open() as connection:
            _prepare(connection)
            return _update(connection, root, files, failed, handle)

    def search(self, text: str, limit: int) -> tuple[LibraryItem, ...]:
        """Sounds that the words fit, best first; copies once, and none whose file is gone.

        A word is found by its stem in the file's name, category, description and folders, and in the synonyms of its
        category. No character of ``text`` has a special meaning.
        """
        words = query_words(text)
        if not words or limit < 1 or not self._path.exists():
            return ()
        query = " OR ".join(f'"{word}"' for word in words)
        with self._open() as connection:
            rows = connection.execute(
                f"""SELECT i.content, i.path, i.label, i.category, CAST(i.frames AS REAL) / i.sample_rate_hz,
                i.channels, i.sample_rate_hz, bm25(words, {_WEIGHTS}) AS rank,
                w.name, w.category, w.synonyms, w.description, w.folders
                FROM words w JOIN item i ON i.id = w.rowid
                WHERE words MATCH ? AND NOT i.missing ORDER BY rank LIMIT ?""",
                (query, max(_POOL, 2 * limit)),
            ).fetchall()
        wanted = weights(words)
        named = {found.cat_id for found in ucs.search(" ".join(words), 5)}
        found: list[tuple[LibraryItem, bytes]] = []
        for content, path, label, category, length, channels, rate, rank, *texts in rows:
            name, kind, synonyms, description, folders = texts
            columns = {"name": name, "category": kind, "description": description, "folders": folders}
            lost = _RANK_SHARE * (1 - rank / rows[0][7]) + (0 if category in named else _CATEGORY_SHARE)
            item = LibraryItem(
                id=content,
                path=shown(path),
                label=label,
                category=category,
                length_seconds=length,
                channels=channels,
                sample_rate_hz=rate,
                score=confidence(wanted, columns, synonyms) * (1 - lost),
            )
            found.append((item, path))
        found.sort(key=lambda pair: (-pair[0].score, pair[0].path))
        offered: dict[str, LibraryItem] = {}
        for item, path in found:
            if len(offered) == limit:
                break
            if item.id not in offered and os.path.isfile(path):  # noqa: PTH113 - bytes
                offered[item.id] = item
        return tuple(offered.values())

    def locate(self, content: str) -> tuple[Recording, ...]:
        """Where the sound of a content id lies: one recording a copy, those still there first."""
        if not self._path.exists():
            return ()
        with self._open() as connection:
            rows = connection.execute(
                "SELECT path, size, changed_ns FROM item WHERE content = ? ORDER BY missing, path", (content,)
            ).fetchall()
        return tuple(Recording(Path(os.fsdecode(path)), size, changed) for path, size, changed in rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = None
        try:
            connection = sqlite3.connect(self._path, timeout=30.0, isolation_level=None)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, SCHEMA_VERSION):
                raise FileUnreadable(
                    f"The library's index {self._path} is of another version of Cuewright: move it away and add "
                    "your folders again; your sounds are untouched.",
                    field="data_folder",
                )
            yield connection
        except sqlite3.Error as error:
            raise _explained(error, self._path) from None
        finally:
            if connection is not None:
                connection.close()


def shown(path: Path | bytes) -> str:
    """A path for people; bytes that are no text are written as ``\\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _explained(error: sqlite3.Error, path: Path) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"The disk is full; the library's index {path} could not grow.", field="data_folder")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return FolderNotWritable(f"The library's index {path} cannot be written: {error}.", field="data_folder")
    return FileUnreadable(
        f"The library's index {path} cannot be read ({error}): move it away and add your folders again; "
        "your sounds are untouched.",
        field="data_folder",
    )


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    with _transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _SCHEMA:
                connection.execute(statement)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _walk(root: Path, failed: list[tuple[str, str]], handle: Handle) -> Iterator[tuple[Path, int, int]]:
    """Yield (path, size, time of change) of every sound file; each real folder once, hidden names never."""
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        handle.progress(0.0, "looking for sounds")
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            failed.append((shown(folder), (error.strerror or str(error)).lower()))
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    waiting.append(path)
                elif path.suffix.lower() in SUFFIXES:
                    status = entry.stat()
                    if not stat.S_ISREG(status.st_mode):  # reading a pipe would never end
                        failed.append((shown(path), "it is no file"))
                        continue
                    yield path, status.st_size, status.st_mtime_ns
            except OSError as error:
                failed.append((shown(path), (error.strerror or str(error)).lower()))


def _update(
    connection: sqlite3.Connection,
    root: Path,
    files: list[tuple[Path, int, int]],
    failed: list[tuple[str, str]],
    handle: Handle,
) -> AddReport:
    known = _known(connection, root)
    read: list[tuple[Path, int, int, Entry]] = []
    added = updated = unchanged = 0
    here: set[bytes] = set()
    try:
        for number, (path, size, changed) in enumerate(files):
            handle.progress(number / len(files), "reading sounds")
            old = known.get(os.fsencode(path))
            if old == _Known(size, changed, False):
                here.add(os.fsencode(path))
                unchanged += 1
                continue
            try:
                entry = read_entry(path, root, handle)
            except UnreadableError as reason:
                failed.append((shown(path), str(reason)))
                continue
            here.add(os.fsencode(path))
            read.append((path, size, changed, entry))
            added += old is None or old.missing
            updated += old is not None and not old.missing
            if len(read) >= _BATCH:
                _store(connection, read)
                read = []
    except Cancelled:
        _store(connection, read)
        raise
    _store(connection, read)
    gone = [path for path, old in known.items() if not old.missing and path not in here]
    with _transaction(connection):
        connection.executemany("UPDATE item SET missing = 1 WHERE path = ?", ((path,) for path in gone))
    handle.progress(1.0, "done")
    return AddReport(added=added, updated=updated, unchanged=unchanged, removed=len(gone), failed=tuple(failed))


def _known(connection: sqlite3.Connection, root: Path) -> dict[bytes, _Known]:
    """What the index holds below a folder."""
    prefix = os.fsencode(root).rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
    rows = connection.execute(
        "SELECT path, size, changed_ns, missing FROM item WHERE substr(path, 1, ?) = ?", (len(prefix), prefix)
    )
    return {path: _Known(size, changed, bool(missing)) for path, size, changed, missing in rows}


def _store(connection: sqlite3.Connection, read: list[tuple[Path, int, int, Entry]]) -> None:
    categories = ucs.categories()
    with _transaction(connection):
        for path, size, changed, entry in read:
            (row,) = connection.execute(
                """INSERT INTO item(path, size, changed_ns, content, frames, channels, sample_rate_hz, category, label)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(path) DO UPDATE SET size = excluded.size,
                changed_ns = excluded.changed_ns, missing = 0, content = excluded.content, frames = excluded.frames,
                channels = excluded.channels, sample_rate_hz = excluded.sample_rate_hz, category = excluded.category,
                label = excluded.label RETURNING id""",
                (
                    *(os.fsencode(path), size, changed, entry.content, entry.frames, entry.channels),
                    *(entry.sample_rate_hz, entry.category, entry.label),
                ),
            ).fetchone()
            category = categories.get(entry.category)
            connection.execute("DELETE FROM words WHERE rowid = ?", (row,))
            connection.execute(
                "INSERT INTO words(rowid, name, category, synonyms, description, folders) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(row, entry.name_words, f"{category.category} {category.subcategory}" if category else ""),
                    *(", ".join(category.synonyms) if category else "", entry.description, entry.folders),
                ),
            )
