"""A visible file is a complete file: what training writes is written under another name first, and then renamed."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, NoReturn

from engine.errors import DiskFull, FileUnreadable, FolderNotWritable


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name to write to; it becomes ``path`` at the end, and nothing is left of it after an error.

    Raises
    ------
    DiskFull, FolderNotWritable
        When it cannot be written.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        yield new
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
    except Exception as error:
        _raise(path, error)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def replacing_all(folder: Path) -> Iterator[Path]:
    """A folder to write to, whose files take the place of those of the same name in ``folder`` at the end."""
    make(folder)
    try:
        new = Path(mkdtemp(prefix=".new-", dir=folder))
    except OSError as error:
        raise cannot_write(folder, error) from None
    try:
        yield new
        for path in sorted(path for path in new.rglob("*") if path.is_file()):
            target = folder / path.relative_to(new)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    except Exception as error:
        _raise(folder, error)
    finally:
        rmtree(new, ignore_errors=True)


def make(folder: Path) -> None:
    """Make a folder.

    Raises
    ------
    FolderNotWritable
        When it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None


def _raise(path: Path, error: Exception) -> NoReturn:
    """What went wrong while something was written: safetensors tells of the disk in words alone."""
    from safetensors import SafetensorError

    if isinstance(error, SafetensorError) and (told := re.search(r"\(os error (\d+)\)", str(error))):
        number = int(told[1])
        error = OSError(number, os.strerror(number))
    if isinstance(error, OSError):
        raise cannot_write(path, error) from None
    raise error


def cannot_write(path: Path, error: OSError) -> DiskFull | FolderNotWritable:
    """What a failed write is to a user."""
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"No room is left for {path}; what was done before is kept, so free some and run it again.")
    return FolderNotWritable(
        f"{path} cannot be written ({error.strerror or error}); choose another folder.", field="out"
    )


def remembered(path: Path, make_it: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Arrays that are slow to make: read from ``path`` where they lie there whole, else made and kept there."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file, save_file

    try:
        return load_file(path)
    except (OSError, SafetensorError):
        made = make_it()
        make(path.parent)
        with replacing(path) as new:
            save_file(made, new)
        return made


def read_checkpoint(path: Path) -> dict[str, Any] | None:
    """What :func:`write_checkpoint` kept; None where there is none.

    Raises
    ------
    FileUnreadable
        When the file is there and is no checkpoint: nothing but tensors and plain values is loaded from it.
    """
    import pickle

    import torch

    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, LookupError, ValueError, AssertionError, pickle.UnpicklingError, EOFError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileUnreadable(f"{path} is no checkpoint ({first}); move it away to begin anew.", field="out") from None
    return state


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Keep everything that a run needs to go on as if it had never stopped."""
    import torch

    held = io.BytesIO()  # torch's own file hides why it could not be written
    torch.save(state, held)
    with replacing(path) as new:
        new.write_bytes(held.getbuffer())
