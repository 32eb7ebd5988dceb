"""Files of ours in a folder of somebody else's: put there, brought up to date, taken away again.

A record beside them says what was installed. A file that is there and is not as it was installed is the user's: it is
set aside under another name before ours takes its place, and left where it is when ours are taken away. What the files
are is not known here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.errors import FolderNotWritable

RECORD = "cuewright-installed.json"
SET_ASIDE = ".before-cuewright"


class Change(StrEnum):
    """What happens to a file."""

    NEW = "new"
    UPDATE = "update"
    SAME = "same"
    SET_ASIDE = "yours set aside"
    REMOVE = "remove"
    KEEP = "yours kept"


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """A folder, and what is to be in it.

    Parameters
    ----------
    folder
        Made where it is missing.
    files
        Texts by their path in the folder, with ``/``.
    """

    folder: Path
    files: Mapping[str, str]

    def changes(self) -> dict[str, Change]:
        """What installing would do to each file; one of an older version that is no longer needed is removed."""
        recorded = self._recorded()
        found = {name: self._change(name, text, recorded.get(name)) for name, text in self.files.items()}
        gone = {name: hash_ for name, hash_ in recorded.items() if name not in self.files}
        return found | {name: Change.REMOVE for name, hash_ in gone.items() if self._hash(name) == hash_}

    def install(self) -> dict[str, Change]:
        """Do it.

        Raises
        ------
        FolderNotWritable
            When a file cannot be written; what was written until then is in the record.
        """
        changes, written = self.changes(), self._recorded()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, change in changes.items():
                path = self.folder / name
                if change is Change.REMOVE:
                    path.unlink(missing_ok=True)
                    written.pop(name)
                    continue
                if change is Change.SET_ASIDE:
                    path.replace(path.with_name(path.name + SET_ASIDE))
                if change is not Change.SAME:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    part = path.with_name(path.name + ".part")
                    part.write_text(self.files[name], encoding="utf-8", newline="\n")
                    part.replace(path)
                written[name] = _hash(self.files[name].encode())
        except OSError as error:
            raise self._not_writable(error) from None
        finally:
            self._record(written)
        return changes

    def removals(self) -> dict[str, Change]:
        """What uninstalling would do to each file that was installed and is still there."""
        recorded = self._recorded()
        there = {name: self._hash(name) for name in recorded}
        return {
            name: Change.REMOVE if there[name] == recorded[name] else Change.KEEP
            for name in recorded
            if there[name] is not None
        }

    def uninstall(self) -> dict[str, Change]:
        """Do it; folders that are empty then go too.

        Raises
        ------
        FolderNotWritable
            When a file cannot be removed.
        """
        removals = self.removals()
        try:
            for name, change in removals.items():
                if change is Change.REMOVE:
                    (self.folder / name).unlink(missing_ok=True)
            (self.folder / RECORD).unlink(missing_ok=True)
            inner = {
                parent for name in removals for parent in (self.folder / name).parents if self.folder in parent.parents
            }
            for folder in sorted(inner, key=lambda path: -len(path.parts)):
                if not any(folder.iterdir()):
                    folder.rmdir()
        except OSError as error:
            raise self._not_writable(error) from None
        return removals

    def _change(self, name: str, text: str, recorded: str | None) -> Change:
        there = self._hash(name)
        if there is None:
            return Change.NEW
        if there == _hash(text.encode()):
            return Change.SAME
        return Change.UPDATE if there == recorded else Change.SET_ASIDE

    def _hash(self, name: str) -> str | None:
        try:
            return _hash((self.folder / name).read_bytes())
        except OSError:
            return None

    def _recorded(self) -> dict[str, str]:
        """Hashes by path; nothing where the record is missing or no longer what we wrote."""
        try:
            read = json.loads((self.folder / RECORD).read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(read, dict):
            return {}
        return {
            name: hash_
            for name, hash_ in read.items()
            if isinstance(hash_, str) and not Path(name).is_absolute() and ".." not in Path(name).parts
        }

    def _record(self, written: Mapping[str, str]) -> None:
        try:
            text = json.dumps(dict(sorted(written.items())), indent=1) + "\n"
            (self.folder / RECORD).write_text(text, encoding="utf-8")
        except OSError as error:
            raise self._not_writable(error) from None

    def _not_writable(self, error: OSError) -> FolderNotWritable:
        return FolderNotWritable(
            f"{error.filename or self.folder} cannot be changed: {error.strerror}. Close the DAW, or see who owns it.",
            field="folder",
        )


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
