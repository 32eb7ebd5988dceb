"""Presets as one file, to hand on: JSON that holds the presets and, as base64, the files that they name.

A plugin itself is never in it: whoever takes the presets has to have it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from engine.chain import Link
from engine.errors import BadArgument, FileUnreadable, FolderNotWritable
from engine.model import Model
from engine.planning.presets import SUFFIXES, Preset, files_of, with_files

MAX_FILE_BYTES = 64 * 2**20
_FILES = "files"
_FILE_NAME = re.compile(r"[\w .()-]{1,128}")


class Bundle(Model):
    """The file."""

    cuewright_presets: int = Field(ge=1, le=1, description="Version of this format.")
    presets: tuple[Preset, ...] = Field(min_length=1, max_length=10_000)
    files: dict[str, str] = Field(default_factory=dict, description="Base64, by the name that presets call them by.")


def export_presets(presets: Sequence[Preset], path: Path) -> None:
    """Write presets, and the files that they name.

    Raises
    ------
    BadArgument
        When there are none, or the file is there.
    FileUnreadable
        When a file that one of them names cannot be read.
    FolderNotWritable
        When it cannot be written there.
    """
    if not presets:
        raise BadArgument("No preset is found by these words.", field="words")
    files: dict[str, str] = {}
    packed = []
    for preset in presets:
        links = []
        for link in preset.links:
            named = {}
            for key, source in files_of(link).items():
                named[key] = _unused(f"{preset.name} {Path(source).name}", files)
                files[named[key]] = base64.b64encode(_read(Path(source), preset.name)).decode()
            links.append(with_files(link, named))
        packed.append(preset.model_copy(update={"links": tuple(links)}))
    bundle = Bundle(cuewright_presets=1, presets=tuple(packed), files=files)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(bundle.model_dump_json(indent=1, exclude_defaults=True))
    except FileExistsError:
        raise BadArgument(f"{path} is there: choose another name.", field="export") from None
    except OSError as error:
        raise FolderNotWritable(f"{path} cannot be written: {error.strerror}.", field="export") from None


def import_presets(path: Path, folder: Path, *, replace: bool = False) -> tuple[str, ...]:
    """Make the presets of such a file the user's own, and give their names; all of them or none.

    Raises
    ------
    FileUnreadable, BadArgument
        When it is no such file, or one of its presets is wrong, or the user has one of the same name.
    FolderNotWritable
        When they cannot be written.
    """
    bundle = _bundle(path)
    mine = {file.stem: file for file in folder.rglob("*") if file.suffix in SUFFIXES}
    if not replace and (there := sorted(mine.keys() & {preset.name for preset in bundle.presets})):
        raise BadArgument(
            f"You have {', '.join(there)}: with --replace the new ones take their places.", field="import"
        )
    contents = _contents(bundle)
    try:
        (folder / _FILES).mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / _FILES / name).write_bytes(content)
        for preset in bundle.presets:
            links = tuple(_beside(link) for link in preset.links)
            text = preset.model_copy(update={"links": links}).model_dump_json(indent=1, exclude_defaults=True)
            (folder / f"{preset.name}.json").write_text(text, encoding="utf-8")
            if (old := mine.get(preset.name)) and old != folder / f"{preset.name}.json":
                old.unlink()
    except OSError as error:
        raise FolderNotWritable(f"{folder} cannot be written: {error.strerror}.", field="presets") from None
    return tuple(preset.name for preset in bundle.presets)


def _bundle(path: Path) -> Bundle:
    try:
        return Bundle.read(path.read_bytes())
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.", field="import") from None
    except BadArgument as error:
        raise FileUnreadable(f"{path.name} is no file of presets: {error.sentence}", field="import") from None


def _contents(bundle: Bundle) -> dict[str, bytes]:
    """The files, every one that is named and no other."""
    named = {name for preset in bundle.presets for link in preset.links for name in files_of(link).values()}
    if missing := sorted(named - bundle.files.keys()):
        raise FileUnreadable(f"The file {missing[0]!r} that a preset names is not in it.", field="import")
    if wrong := sorted(name for name in named if not _FILE_NAME.fullmatch(name) or name.strip(". ") != name):
        raise FileUnreadable(f"{wrong[0]!r} is no name of a file.", field="import")
    try:
        return {name: base64.b64decode(bundle.files[name], validate=True) for name in sorted(named)}
    except (binascii.Error, ValueError):
        raise FileUnreadable("A file in it is not base64.", field="import") from None


def _beside(link: Link) -> Link:
    return with_files(link, {key: f"{_FILES}/{name}" for key, name in files_of(link).items()})


def _read(source: Path, preset: str) -> bytes:
    try:
        if source.stat().st_size > MAX_FILE_BYTES:
            raise BadArgument(f"{source} is larger than {MAX_FILE_BYTES // 2**20} MB.", field=preset)
        return source.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"Preset {preset} names {source}, which cannot be read: {error.strerror}.") from None


def _unused(name: str, taken: dict[str, str]) -> str:
    name = re.sub(r"[^\w .()-]", "_", name)[-120:].strip(". ")
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{number} {name}", number + 1
    return unique
