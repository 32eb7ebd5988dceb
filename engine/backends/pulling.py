"""Fetching a published model from the Hugging Face hub into the store.

Files are gathered in a folder of their own, go on where a broken download stopped, are hashed when whole, and become
visible all at once. Nothing is fetched before the licence is accepted and the room on the disk is known to do.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import io
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

from engine.backends.known_models import KNOWN, KnownModel
from engine.backends.weights import FileRecord, Installed, Record, Store, now, sha256_of, write_record
from engine.config import Settings
from engine.errors import (
    BadArgument,
    CuewrightError,
    DependencyMissing,
    DiskFull,
    FileUnreadable,
    FolderNotWritable,
    LicenceNotAccepted,
    WeightsMissing,
)
from engine.handle import Handle

SPARE_BYTES = 2**30
"""Left on the disk after a download."""
_PICKLES = (".bin", ".pt", ".pth", ".ckpt")
_TIMEOUT_SECONDS = 20.0
_LOCK_SECONDS = 0.5
"""Between two looks at whether the user cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A file on the hub; large ones have a SHA-256 there, small ones the SHA-1 that git gives them."""

    name: str
    size_bytes: int
    sha256: str
    git_sha1: str

    def fits(self, folder: Path) -> bool:
        """Whether a file of its name and size lies there."""
        with contextlib.suppress(OSError):
            return (folder / self.name).stat().st_size == self.size_bytes
        return False

    def is_in(self, path: Path, sha256: str) -> bool:
        """Whether a file is this one."""
        return sha256 == self.sha256 if self.sha256 else self.git_sha1 in ("", _git_sha1(path))


def pull(settings: Settings, name: str, *, accepted: bool, handle: Handle) -> Installed:
    """Fetch a model, or what is missing of it.

    Parameters
    ----------
    settings
        ``models_folder``, ``offline``. The hub's own environment is heeded: ``HF_ENDPOINT``, ``HF_TOKEN``.
    name
        Of the catalogue.
    accepted
        Whether the person accepts the licence; when is recorded.

    Raises
    ------
    BadArgument
        When there is no model of that name.
    LicenceNotAccepted
        When it was not accepted, here or on the hub.
    DiskFull, FolderNotWritable
        When the files cannot be put down.
    WeightsMissing
        When they cannot be had: offline, not published in a layout that is read here, or damaged on the way.
    """
    known = KNOWN.get(name)
    if known is None:
        raise BadArgument(f"There is no model {name!r}; there are {', '.join(KNOWN)}.", field="name")
    if not known.repository:
        raise WeightsMissing(
            f"{name} is published nowhere: train it, then 'cuewright models add FOLDER'.", field="name"
        )
    if not accepted:
        raise LicenceNotAccepted(
            f"{terms(known)} To accept: cuewright models pull {name} --accept-licence.", field="name"
        )
    if settings.offline:
        raise WeightsMissing(f"{name} cannot be fetched: the setting 'offline' is on.", field="offline")
    if find_spec("huggingface_hub") is None:
        raise DependencyMissing("The package huggingface_hub is missing: pip install 'cuewright[models]'.")
    with _told(known), _alone(settings.models_path, name, handle):
        return _pull(settings, known, handle)


def terms(known: KnownModel) -> str:
    """What a person accepts, in a sentence or two."""
    use = "may be used in work that earns money" if known.licence.commercial else "not for work that earns money"
    note = f" ({known.licence.note})" if known.licence.note else ""
    where = f" Its terms in full: https://huggingface.co/{known.repository}." if known.repository else ""
    return f"{known.name} is under {known.licence.name}: {use}{note}.{where}"


@contextlib.contextmanager
def _alone(store: Path, name: str, handle: Handle) -> Iterator[None]:
    """One pull of a model at a time on this machine: a second one waits, and then finds what the first fetched."""
    from filelock import FileLock, Timeout

    (store / ".locks").mkdir(parents=True, exist_ok=True)
    lock = FileLock(store / ".locks" / f"{name}.lock")
    while True:
        handle.progress(0.0, "waiting for the lock")
        try:
            lock.acquire(timeout=_LOCK_SECONDS)
            break
        except Timeout:
            handle.progress(0.0, "waiting for another pull of it")
        except NotImplementedError:  # a file system that has no locks
            break
    try:
        yield
    finally:
        lock.release()


def _pull(settings: Settings, known: KnownModel, handle: Handle) -> Installed:
    handle.progress(0.0, "asking the hub")
    revision, wanted = _listed(known)
    store, folder = settings.models_path, settings.models_path / ".partial" / f"{known.name}-{revision[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.parent.glob(f"{known.name}-{'?' * 12}"):
        if old != folder:
            shutil.rmtree(old)
    place, before = store / known.name, folder.parent / f"{known.name}.before"
    here = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    here += sum(each.size_bytes for each in wanted if not (folder / each.name).exists() and each.fits(place))
    whole = sum(file.size_bytes for file in wanted)
    free = shutil.disk_usage(folder).free
    if whole - here + SPARE_BYTES > free:
        raise DiskFull(
            f"{known.name} needs {(whole - here + SPARE_BYTES) / 1e9:.1f} GB and {store} has {free / 1e9:.1f} GB free: "
            "make room, or set models_folder to another disk.",
            field="models_folder",
        )
    files: dict[str, FileRecord] = {}
    done = 0
    for file in wanted:
        part = handle.part(done / max(1, whole), (done + file.size_bytes) / max(1, whole))
        _keep(file, place, folder, part)
        files[file.name] = _fetched(known, revision, file, folder / file.name, part)
        done += file.size_bytes
    record = Record(
        name=known.name,
        backend=known.backend,
        repository=known.repository,
        revision=revision,
        files=files,
        licence=known.licence,
        accepted=now(),
    )
    write_record(record, folder)
    shutil.rmtree(before, ignore_errors=True)
    if place.exists():
        place.rename(before)
    try:
        folder.rename(place)
    except OSError:
        if before.exists():
            before.rename(place)
        raise
    shutil.rmtree(before, ignore_errors=True)
    return Store(settings).find(known.name)


def _endpoint() -> str:
    """Read now, not when the hub's library was first imported."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _listed(known: KnownModel) -> tuple[str, list[_Wanted]]:
    """Revision of a repository, and what is to be fetched of it."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=_endpoint())
    info = api.model_info(known.repository, files_metadata=True, timeout=_TIMEOUT_SECONDS)
    every = {
        each.rfilename: _Wanted(
            name=each.rfilename,
            size_bytes=each.size or 0,
            sha256=each.lfs.sha256 if each.lfs else "",
            git_sha1=each.blob_id or "",
        )
        for each in info.siblings or ()
    }
    if missing := [need for need in known.needs if need not in every]:
        raise WeightsMissing(
            f"{known.repository} does not hold {known.name} in the layout that is read here (no {', '.join(missing)}): "
            f"{known.converted or 'get it elsewhere'}; then cuewright models add FOLDER --name {known.name}.",
            field="name",
        )
    names = chosen(list(every), (*known.files, *known.needs))
    return info.sha or "main", [every[name] for name in names]


def chosen(names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """What is fetched of a repository: no half-precision copies, and pickles only where a folder has no safetensors.

    Names that would lie outside the model's folder are left out.
    """
    fitting = [
        name
        for name in sorted(names)
        if any(fnmatch(name, pattern) for pattern in patterns)
        and ".." not in PurePosixPath(name).parts
        and not PurePosixPath(name).is_absolute()
        and "\\" not in name
        and not any(part in name for part in (".fp16.", ".non_ema."))
    ]
    safe = {PurePosixPath(name).parent for name in fitting if name.endswith(".safetensors")}
    return [
        name
        for name in fitting
        if name in patterns or not (name.endswith(_PICKLES) and PurePosixPath(name).parent in safe)
    ]


def _keep(wanted: _Wanted, place: Path, folder: Path, handle: Handle) -> None:
    """Take a file that is whole from what is installed; a link costs no room, and the old model stays what it is."""
    path = folder / wanted.name
    if path.exists() or not wanted.fits(place):
        return
    if not wanted.is_in(place / wanted.name, sha256_of(place / wanted.name, handle)):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):  # a file system that has no links: it is fetched
        os.link(place / wanted.name, path)


class _Counted(io.BufferedRandom):
    """A file that tells how far it is written, and stops there when the user cancels."""

    def __init__(self, path: Path, told: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path, "r+" if path.exists() else "w+"))
        self._tell_written = told
        self.seek(0, os.SEEK_END)

    def write(self, data: Any) -> int:
        """As the base; then told."""
        written = super().write(data)
        self._tell_written(self.tell())
        return written


def _fetched(known: KnownModel, revision: str, wanted: _Wanted, path: Path, handle: Handle) -> FileRecord:
    """A file, whole and with the hash that the hub gives it.

    Raises
    ------
    WeightsMissing
        When it came damaged; it is thrown away, so that the next pull fetches it anew.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get

    hub: Any = importlib.import_module("huggingface_hub.utils")
    path.parent.mkdir(parents=True, exist_ok=True)
    size = path.stat().st_size if path.exists() else 0
    if size > wanted.size_bytes:
        path.unlink()
        size = 0
    if size < wanted.size_bytes or not path.exists():
        with _quiet(), _Counted(path, lambda at: handle.progress(at / max(1, wanted.size_bytes), "fetching")) as file:
            # The hub's own loop: it asks for the rest by range, and tries again when the line breaks.
            http_get(
                hf_hub_url(known.repository, wanted.name, revision=revision, endpoint=_endpoint()),
                file,
                resume_size=size,
                headers=hub.build_hf_headers(),
                expected_size=wanted.size_bytes,
            )
            file.flush()
            os.fsync(file.fileno())
    sha256 = sha256_of(path, handle)
    if not wanted.is_in(path, sha256):
        path.unlink()
        raise WeightsMissing(
            f"{wanted.name} of {known.name} came damaged and was thrown away: pull {known.name} again; what came whole "
            "is kept.",
            field="name",
        )
    return FileRecord(size_bytes=wanted.size_bytes, sha256=sha256)


def _git_sha1(path: Path) -> str:
    held = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(held) + held, usedforsecurity=False).hexdigest()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The hub draws no bars and warns of no retries: progress is the handle's."""
    hub: Any = importlib.import_module("huggingface_hub.utils")
    verbosity, disabled = hub.logging.get_verbosity(), hub.are_progress_bars_disabled()
    hub.logging.set_verbosity_error()
    hub.disable_progress_bars()
    try:
        yield
    finally:
        hub.logging.set_verbosity(verbosity)
        if not disabled:
            hub.enable_progress_bars()


@contextlib.contextmanager
def _told(known: KnownModel) -> Iterator[None]:
    """What goes wrong on the net and on the disk, in our words."""
    hub: Any = importlib.import_module("huggingface_hub.errors")
    page = f"https://huggingface.co/{known.repository}"
    refused = LicenceNotAccepted(
        f"The hub gives {known.name} only to people who accepted its terms there: accept them at {page}, log in with "
        f"'hf auth login' (or set HF_TOKEN), then pull {known.name} again.",
        field="name",
    )
    try:
        yield
    except CuewrightError:
        raise
    except hub.GatedRepoError:
        raise refused from None
    except hub.RepositoryNotFoundError:
        raise WeightsMissing(
            f"The hub shows no {known.repository}: it moved, or asks for a login ('hf auth login', or HF_TOKEN).",
            field="name",
        ) from None
    except hub.HfHubHTTPError as error:
        if error.response is not None and error.response.status_code in (401, 403):
            raise refused from None
        status = f"HTTP {error.response.status_code}" if error.response is not None else "an error"
        raise WeightsMissing(f"The hub answered {status} for {known.name}: try again later.", field="name") from None
    except (hub.HTTPError, ConnectionError):
        raise WeightsMissing(
            f"{known.name} cannot be fetched: {_endpoint()} cannot be reached. What came already is kept; pull again "
            "when the line is back.",
            field="name",
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsMissing(
            f"{_endpoint()} does not answer as the hub does ({' '.join(str(error).split())[:200]}): log in to the "
            "network, or mend HF_ENDPOINT; then pull again.",
            field="name",
        ) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk is full; what came of {known.name} is kept.", field="models_folder") from None
        if error.errno == errno.EFBIG:
            raise FolderNotWritable(
                f"The disk takes no files as large as those of {known.name}, as FAT32 does not: set models_folder to "
                "another disk.",
                field="models_folder",
            ) from None
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise FolderNotWritable(f"{error.filename} cannot be written.", field="models_folder") from None
        raise FileUnreadable(f"{known.name} could not be put down: {error}.", field="name") from None
