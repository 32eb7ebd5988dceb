"""Where files may go, and how a file becomes visible: whole or not at all.

Everything is written under a temporary name, ``.<job>.<random>.part``, in the folder where it will be, flushed to the
disk and renamed. What a killed process leaves behind has such a name, and :func:`clean_partials` finds it by its job.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import itertools
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import CuewrightError, DiskFull, FolderNotWritable, PathNotAllowed

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


MAX_DEPTH = 100


def check_path(path: str | Path, roots: Iterable[Path], *, field: str = "folder") -> Path:
    """The real path of a folder or file that may be used; it need not exist.

    Links and ``..`` are resolved first and compared afterwards, so neither leads out.

    Raises
    ------
    PathNotAllowed
        Naming the allowed roots.
    """
    allowed = [Path(os.path.realpath(Path(root).expanduser())) for root in roots]
    text = str(path)
    try:
        full = Path(text).expanduser()
        real = Path(os.path.realpath(full))
        str(real).encode()
    except (ValueError, RuntimeError) as error:  # null bytes, text no file system can hold, an unknown user's home
        raise PathNotAllowed(f"{text!r} cannot be a path: {error}.", field=field) from None
    if len(real.parts) > MAX_DEPTH:
        raise PathNotAllowed(f"The {field} lies {len(real.parts)} deep, at most {MAX_DEPTH} are made.", field=field)
    if not full.is_absolute():
        raise PathNotAllowed(f"{text!r} is not a full path: send one that begins at the root.", field=field)
    if not any(real == root or root in real.parents for root in allowed):
        names = ", ".join(map(str, allowed))
        raise PathNotAllowed(
            f"{real} is outside the allowed folders ({names}): choose one inside, or start the engine with --root.",
            field=field,
        )
    return real


def make_folder(folder: Path, *, need_bytes: int = 0) -> None:
    """Make a folder, and see that it takes files and has room.

    Raises
    ------
    FolderNotWritable, DiskFull
        Before any sound is rendered.
    """
    with translating(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, prefix=".cuewright-", suffix=".part"):
            pass  # it can be written to; on Linux the file has no name, so not even a kill leaves one
        free = shutil.disk_usage(folder).free
    if free < need_bytes:
        raise DiskFull(
            f"{folder} has {free / 2**20:,.0f} MB free and this job needs {need_bytes / 2**20:,.0f} MB: make room, "
            "or choose another folder.",
            field="folder",
        )


@contextmanager
def translating(folder: Path) -> Iterator[None]:
    """Turn what the system says about a folder into our errors."""
    try:
        yield
    except OSError as error:
        raise _translated(error, folder) from error


def _translated(error: OSError, folder: Path) -> CuewrightError:
    if error.errno in _FULL:
        return DiskFull(f"The disk of {folder} is full: make room, or choose another folder.", field="folder")
    reason = error.strerror or str(error)
    return FolderNotWritable(f"{folder} cannot be written ({reason}): choose another folder.", field="folder")


def publish(target: Path, job_id: str, write: Callable[[BinaryIO], object]) -> Path:
    """Write a file whole and return the name it got.

    A target that holds the same bytes is kept, so a retried job changes nothing; one that holds others is the user's,
    and the new file gets the next free number.

    Raises
    ------
    DiskFull, FolderNotWritable
        And nothing is visible.
    """
    temporary = target.with_name(f".{job_id}.{secrets.token_hex(4)}.part")
    with translating(target.parent):
        try:
            with temporary.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            final = _settle(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    return final


def publish_text(target: Path, job_id: str, text: str) -> Path:
    """:func:`publish` for UTF-8 text; lines end as they do in ``text``, on every system."""
    return publish(target, job_id, lambda file: file.write(text.encode()))


def _settle(temporary: Path, target: Path) -> Path:
    for number in itertools.count(1):
        final = target if number == 1 else target.with_name(_numbered(target.name, number))
        try:
            _rename_without_replacing(temporary, final)
            return final
        except FileExistsError:
            if final.is_file() and filecmp.cmp(temporary, final, shallow=False):
                temporary.unlink()
                return final
    raise AssertionError  # unreachable: the count has no end


def _rename_without_replacing(source: Path, target: Path) -> None:
    """Rename; what stands at ``target`` stays.

    A plain rename replaces on POSIX, a hard link never does. Where there are no hard links (exFAT, some network
    drives) the name is looked at first; the engine is the only writer of such names, so nothing slips in between.
    """
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)
    else:
        source.unlink()


def _numbered(name: str, number: int) -> str:
    suffix = next((s for s in (".cuewright.json",) if name.endswith(s)), Path(name).suffix)
    return f"{name.removesuffix(suffix)}-{number}{suffix}"


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # Windows cannot open folders, some network drives cannot sync them
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def clean_partials(folder: Path, job_id: str) -> int:
    """Remove what a killed worker left of a job; returns how many files."""
    ours = re.compile(rf"\.{re.escape(job_id)}\.[0-9a-f]{{8}}\.part")  # whole: job "a" leaves those of job "a.b"
    removed = 0
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if ours.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    path.unlink()
                    removed += 1
    return removed
