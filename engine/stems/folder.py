"""Where files may go, and how a file becomes visible: whole or not at all.

Everything is written under a temporary name, ``.<job>.<random>.part``, in the folder where it will be, flushed to the
disk and renamed. What a killed process leaves behind has such a name, and :func:`clean_partials` finds it by its job.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import CuewrightError, DiskFull, FolderNotWritable, PathNotAllowed

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def check_folder(folder: str | Path, roots: Iterable[Path]) -> Path:
    """The real path of a folder that may be written to; the folder need not exist.

    Links and ``..`` are resolved first and compared afterwards, so neither leads out.

    Raises
    ------
    PathNotAllowed
        Naming the allowed roots.
    """
    allowed = [Path(os.path.realpath(Path(root).expanduser())) for root in roots]
    text = str(folder)
    path = Path(text).expanduser()
    if not path.is_absolute() or "\0" in text:
        raise PathNotAllowed(f"{text!r} is not a full path: send one that begins at the root.", field="folder")
    real = Path(os.path.realpath(path))
    if not any(real == root or root in real.parents for root in allowed):
        names = ", ".join(map(str, allowed))
        raise PathNotAllowed(
            f"{real} is outside the allowed folders ({names}): choose a folder inside, or start the engine with --root.",
            field="folder",
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
        probe = folder / f".cuewright-{secrets.token_hex(4)}.part"
        try:
            probe.write_bytes(b"")
        finally:
            probe.unlink(missing_ok=True)
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


def publish(target: Path, job_id: str, write: Callable[[BinaryIO], None]) -> Path:
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


def _settle(temporary: Path, target: Path) -> Path:
    number = 1
    while True:
        final = target if number == 1 else target.with_name(_numbered(target.name, number))
        try:
            os.link(temporary, final)  # unlike a rename, a link never replaces what is there
        except FileExistsError:
            if filecmp.cmp(temporary, final, shallow=False):
                temporary.unlink()
                return final
            number += 1
            continue
        except OSError:  # a file system without hard links
            if final.exists():
                if filecmp.cmp(temporary, final, shallow=False):
                    temporary.unlink()
                    return final
                number += 1
                continue
            temporary.rename(final)
            return final
        temporary.unlink()
        return final


def _numbered(name: str, number: int) -> str:
    stem, dot, suffix = name.partition(".") if name.endswith(".cuewright.json") else name.rpartition(".")
    return f"{stem}-{number}{dot}{suffix}"


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # Windows cannot open folders, some network drives cannot sync them
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def clean_partials(folder: Path, job_id: str) -> int:
    """Remove what a killed worker left of a job; returns how many files."""
    removed = 0
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name.startswith(f".{job_id}.") and path.name.endswith(".part"):
                with contextlib.suppress(OSError):
                    path.unlink()
                    removed += 1
    return removed
