"""One engine a data folder, known by the operating system and not by a process id in a file.

The lock belongs to an open file description, and worker processes inherit it: on POSIX it is free only when the engine
*and every worker of it* have ended. A restarted engine that got the lock therefore knows that no orphan still renders
into a job's folder. On Windows descriptors are not inherited that way; there a worker ends when its pipe does.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

from engine.errors import FolderNotWritable, ResourceError

_POLL_SECONDS = 0.02


class EngineLock:
    """An exclusive lock on a file, held until :meth:`release` or the end of all who inherited it.

    Parameters
    ----------
    path
        Made with its folder when missing; never deleted, because a second engine could then lock a new one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def inheritable_fd(self) -> int | None:
        """What a worker must hold open; None where that does not work, or when not locked."""
        return None if sys.platform == "win32" else self._fd

    def acquire(self, *, wait_seconds: float) -> None:
        """Take the lock, waiting for a dying predecessor's workers to end.

        Raises
        ------
        ResourceError
            When another engine still holds it afterwards.
        FolderNotWritable
            When the file cannot be made.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise FolderNotWritable(
                f"{self._path} cannot be written ({error.strerror}): choose another data_folder.", field="data_folder"
            ) from None
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(fd):
            if time.monotonic() >= deadline:
                os.close(fd)
                raise ResourceError(
                    f"Another engine already uses {self._path.parent}: stop it, or choose another data_folder.",
                    field="data_folder",
                )
            time.sleep(_POLL_SECONDS)
        self._fd = fd

    def release(self) -> None:
        """Give the lock back; without effect when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


if sys.platform == "win32":
    import msvcrt

    def _try_lock(fd: int) -> bool:
        with contextlib.suppress(OSError):
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
            return True
        return False

else:
    import fcntl

    def _try_lock(fd: int) -> bool:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
