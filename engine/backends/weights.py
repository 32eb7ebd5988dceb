"""The models' files: which there are, where they lie, what their licences say, and whether they are whole.

A model is a folder in the published layout with a record beside its files: where it came from, the size and hash of
each file, its licence and when that was accepted. Nothing here opens a model or reaches for the net.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from engine.backends import layouts
from engine.backends.known_models import KNOWN
from engine.config import Settings
from engine.errors import BadArgument, FileUnreadable, FolderNotWritable, LicenceNotAccepted, WeightsMissing
from engine.handle import Handle
from engine.model import Model
from engine.results import Licence

RECORD = "cuewright-model.json"
LICENCE = "licence.json"
"""Beside weights that were trained here; whoever trained them may change what it says."""
_BLOCK_BYTES = 2**22
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


class FileRecord(Model):
    """One file of an installed model."""

    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Record(Model):
    """What is known of an installed model."""

    name: str
    backend: str
    repository: str = ""
    revision: str = Field(description="Of the repository, or a hash over the files' hashes.")
    folder: str = Field("", description="Where the files lie, when it is not beside this record.")
    files: dict[str, FileRecord]
    licence: Licence
    accepted: str = Field("", description="When its licence was accepted, UTC; empty: not.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A model whose files are here."""

    name: str
    backend: str
    folder: Path
    revision: str
    licence: Licence
    files: Mapping[str, FileRecord]

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.size_bytes for file in self.files.values())


class Store:
    """The models on this machine.

    Parameters
    ----------
    settings
        ``models_folder``, ``models_first``.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.models_path
        self._order = [*settings.models_first, *KNOWN]

    def installed(self) -> tuple[Installed, ...]:
        """Every model that has a record: those that come first by the settings, the catalogue's, then by name."""
        found = [_installed(record, path.parent) for path, record in self._records()]
        places = {name: place for place, name in reversed(list(enumerate(self._order)))}
        return tuple(sorted(found, key=lambda each: (places.get(each.name, len(self._order)), each.name)))

    def stamp(self) -> object:
        """Another one when a model came, went or was replaced."""
        stamps = []
        for path in self._folder.glob(f"*/{RECORD}"):
            with contextlib.suppress(OSError):
                stamps.append((path.parent.name, path.stat().st_mtime_ns))
        return sorted(stamps)

    def find(self, name: str) -> Installed:
        """One model, ready to be loaded: accepted, and no file missing or of another size.

        Raises
        ------
        WeightsMissing
            When it, or a part of it, is not here; the sentence gives the command.
        LicenceNotAccepted
            When nobody accepted its terms.
        """
        record = self._record(name)
        if not record.accepted:
            raise LicenceNotAccepted(
                f"The licence of {name} ({record.licence.name}: {record.licence.note}) was not accepted: "
                f"cuewright models pull {name} --accept-licence.",
                field="backend",
            )
        found = _installed(record, self._folder / name)
        for file, known in record.files.items():
            try:
                size = (found.folder / file).stat().st_size
            except OSError:
                size = -1
            if size != known.size_bytes:
                what = "is missing" if size < 0 else f"has {size:,} bytes instead of {known.size_bytes:,}"
                raise WeightsMissing(
                    f"{file} of {name} {what}: get it again with 'cuewright models pull {name}', or add its folder "
                    "again.",
                    field="backend",
                )
        return found

    def for_backend(self, backend: str) -> Installed:
        """The model that a backend loads: the first that is installed.

        Raises
        ------
        WeightsMissing, LicenceNotAccepted
            As :meth:`find`.
        """
        for each in self.installed():
            if each.backend == backend:
                return self.find(each.name)
        raise _missing(next((model.name for model in KNOWN.values() if model.backend == backend), backend))

    def named(self, name: str) -> Installed:
        """One model that has a record, whatever the state of its files.

        Raises
        ------
        WeightsMissing
            When it is not installed.
        """
        return _installed(self._record(name), self._folder / name)

    def add(self, path: Path, *, name: str = "", handle: Handle) -> Installed:
        """Use a folder of weights where it lies: weights are large, and whoever has them has a place for them.

        To add it is to accept its licence: whoever has the files got them somewhere.

        Parameters
        ----------
        name
            What it is called from now on; that of the published model else, or the folder's for a language model.

        Raises
        ------
        FileUnreadable
            When there is no such folder, or it has the layout of no model known here; naming what is missing.
        BadArgument
            When the name cannot be one.
        """
        try:
            folder = path.resolve()
            there = folder.is_dir()
        except (OSError, RuntimeError):  # a link that leads to itself
            there = False
        if not there:
            raise FileUnreadable(f"There is no folder {path}.", field="path")
        if folder.is_relative_to(self._folder.resolve()):
            raise BadArgument(
                f"{folder} lies in the folder of the models that were fetched, and goes with what is removed there: "
                "move it elsewhere first, or pull it again.",
                field="path",
            )
        if name and not _NAME.fullmatch(name):
            raise BadArgument(
                f"A model's name is of small letters, digits, dots and hyphens; got {name!r}.", field="name"
            )
        try:
            known = KNOWN.get(name) or layouts.recognised(folder)
            if missing := layouts.lacking(folder, known):
                raise FileUnreadable(f"{folder} is no {known.name}: it lacks {', '.join(missing)}.", field="path")
            files = hashed(folder, handle)
        except OSError as error:
            raise FileUnreadable(f"{error.filename} cannot be read: {error.strerror}.", field="path") from None
        record = Record(
            name=name or (known.name if known.name in KNOWN else _name_of(folder)),
            backend=known.backend,
            revision=revision_of(files),
            folder=str(folder),
            files=files,
            licence=known.licence if known.repository else _own_licence(folder) or known.licence,
            accepted=now(),
        )
        return self.put(record)

    def put(self, record: Record) -> Installed:
        """Write a record; its files are there.

        Raises
        ------
        FolderNotWritable
            When it cannot be written.
        """
        place = self._folder / record.name
        try:
            write_record(record, place)
        except OSError as error:
            raise FolderNotWritable(f"{place} cannot be written: {error.strerror}.", field="models_folder") from None
        return _installed(record, place)

    def verify(self, name: str, handle: Handle) -> tuple[str, ...]:
        """What is wrong with a model's files, a line each; every byte is read.

        Raises
        ------
        WeightsMissing
            When it is not installed.
        """
        found = self.named(name)
        wrong = []
        for number, (file, known) in enumerate(found.files.items()):
            handle.progress(number / max(1, len(found.files)), "checking")
            try:
                if sha256_of(found.folder / file, handle) != known.sha256:
                    wrong.append(f"{file} is damaged, or another version.")
            except OSError:
                wrong.append(f"{file} is missing.")
        return tuple(wrong)

    def remove(self, name: str) -> bool:
        """Forget a model, and delete its files unless they were added from a folder of the user's own.

        Returns
        -------
        bool
            Whether files were deleted.

        Raises
        ------
        WeightsMissing
            When it is not installed.
        FolderNotWritable
            When it cannot be deleted.
        """
        record = self._record(name)
        place, aside = self._folder / name, self._folder / ".partial" / f"{name}.removed"
        try:
            aside.parent.mkdir(exist_ok=True)
            shutil.rmtree(aside, ignore_errors=True)
            place.rename(aside)  # gone at once, for whoever would load it
            linked = aside.is_symlink()
            if linked:  # the user moved it elsewhere
                aside.unlink()
            else:
                shutil.rmtree(aside)
        except OSError as error:
            raise FolderNotWritable(f"{place} cannot be deleted: {error.strerror}.", field="models_folder") from None
        return not record.folder and not linked

    def _record(self, name: str) -> Record:
        path = self._folder / name / RECORD
        record = _read(path) if _NAME.fullmatch(name) else None
        if record is None:
            raise _missing(name)
        return record

    def _records(self) -> Iterator[tuple[Path, Record]]:
        for path in sorted(self._folder.glob(f"*/{RECORD}")):
            if record := _read(path):
                yield path, record


def _own_licence(folder: Path) -> Licence | None:
    try:
        return Licence.read((folder / LICENCE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, BadArgument) as error:
        raise FileUnreadable(f"{folder / LICENCE} is no licence: {error}.", field="path") from None


def _read(path: Path) -> Record | None:
    try:
        return Record.read(path.read_bytes())
    except (OSError, BadArgument):
        return None


def _installed(record: Record, place: Path) -> Installed:
    return Installed(
        name=record.name,
        backend=record.backend,
        folder=Path(record.folder) if record.folder else place,
        revision=record.revision,
        licence=record.licence,
        files=record.files,
    )


def _missing(name: str) -> WeightsMissing:
    known = KNOWN.get(name)
    if known and not known.repository:
        how = "train it, then add its folder: cuewright models add FOLDER"
    else:
        how = f"cuewright models pull {name}" if known else "cuewright models list shows what there is"
    return WeightsMissing(f"The weights of {name} are not on this machine: {how}.", field="backend")


def _name_of(folder: Path) -> str:
    """A folder's own name, as a model may be called."""
    return re.sub(r"[^a-z0-9.]+", "-", folder.name.lower()).strip("-.")[:64] or "model"


def write_record(record: Record, place: Path) -> None:
    """Put a record beside its files, whole or not at all."""
    place.mkdir(parents=True, exist_ok=True)
    temporary = place / f".{RECORD}.part"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(record.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(place / RECORD)


def hashed(folder: Path, handle: Handle) -> dict[str, FileRecord]:
    """Size and hash of every visible file under a folder."""
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    files = {}
    for number, path in enumerate(paths):
        handle.progress(number / max(1, len(paths)), "hashing")
        name = path.relative_to(folder).as_posix()
        if name != RECORD:
            files[name] = FileRecord(size_bytes=path.stat().st_size, sha256=sha256_of(path, handle))
    return files


def revision_of(files: Mapping[str, FileRecord]) -> str:
    """A hash over the files' hashes: another byte, another revision."""
    listed = "\n".join(f"{name} {files[name].sha256}" for name in sorted(files))
    return hashlib.sha256(listed.encode()).hexdigest()[:40]


def sha256_of(path: Path, handle: Handle) -> str:
    """Of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            handle.check()
            digest.update(block)
    return digest.hexdigest()


def now() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
