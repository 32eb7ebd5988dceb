"""What a scan found: the user's plugins with their parameters, and those that crashed or hung, in a file of JSON.

A file that changes counts as not scanned. Nothing is loaded here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from engine.config import Settings
from engine.errors import BadArgument, FolderNotWritable, PluginFailed, PluginMissing
from engine.model import Model
from plugin_bridge.parameters import Parameter

_VERSION = 1


class FoundPlugin(Model):
    """A plugin that can be loaded."""

    path: str
    one_of_several: str = Field("", description="Its name among those of its file; empty where it is alone.")
    name: str
    maker: str = ""
    version: str = ""
    category: str = ""
    instrument: bool = False
    latency_samples: int = Field(0, description="At 48 kHz, as it is when loaded.")
    parameters: tuple[Parameter, ...] = ()


class ScannedFile(Model):
    """A plugin's file, as it was when it was scanned."""

    path: str
    state: str = Field(description="Changes with the file.")
    plugins: tuple[FoundPlugin, ...] = ()
    problem: str = Field("", description="Why it is in quarantine; empty: it is not.")
    problems: dict[str, str] = Field(
        default_factory=dict, description="Why some of its plugins are, by name, while others of it are well."
    )

    @property
    def quarantined(self) -> dict[str, str]:
        """What of it is in quarantine, the file or plugins by name, and why."""
        return {Path(self.path).name: self.problem} if self.problem else self.problems


class Scanned(Model):
    """All of it."""

    version: int = _VERSION
    files: tuple[ScannedFile, ...] = ()


def read_scanned(settings: Settings) -> Scanned:
    """What was scanned; nothing where that cannot be read."""
    try:
        found = Scanned.read(settings.plugins_path.read_bytes())
    except (OSError, BadArgument):
        return Scanned()
    return found if found.version == _VERSION else Scanned()


def write_scanned(found: Scanned, settings: Settings) -> None:
    """Keep it, whole or not at all.

    Raises
    ------
    FolderNotWritable
        When the data folder cannot be written.
    """
    path = settings.plugins_path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_text(found.model_dump_json(indent=1), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise FolderNotWritable(f"{path} cannot be written: {error.strerror}.", field="data_folder") from None


def state_of(path: Path) -> str:
    """Of a file, or of all files of a bundle: how many, how large, how old."""
    try:
        files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
        told = [one.stat() for one in files]
    except OSError:
        return ""
    return f"{len(told)} {sum(one.st_size for one in told)} {max((one.st_mtime_ns for one in told), default=0)}"


def plugins_of(found: Scanned) -> Iterator[FoundPlugin]:
    """Those whose files are as they were."""
    for file in found.files:
        if file.plugins and file.state == state_of(Path(file.path)):
            yield from file.plugins


def scanned_names(settings: Settings) -> list[str]:
    """What can be asked for by name."""
    return [plugin.name for plugin in plugins_of(read_scanned(settings))]


def named(text: str, settings: Settings, *, field: str) -> FoundPlugin | None:
    """The plugin of that name, or of that "maker: name"; None where none was scanned.

    Raises
    ------
    PluginMissing
        When several are called that.
    PluginFailed
        When only one in quarantine is.
    """
    scanned = read_scanned(settings)
    wanted = text.casefold()
    met = [one for one in plugins_of(scanned) if wanted in (one.name.casefold(), f"{one.maker}: {one.name}".casefold())]
    if len({(one.maker.casefold(), one.name.casefold()) for one in met}) > 1:
        both = " or ".join(repr(f"{one.maker}: {one.name}") for one in met)
        raise PluginMissing(f"Several plugins are called {text!r}: say {both}.", field=field)
    if met:
        return met[0]
    for file in scanned.files:
        if Path(file.path).stem.casefold() == wanted:
            _see_that_it_is_well(file, field)
        for name, problem in file.problems.items():
            if name.casefold() == wanted and file.state == state_of(Path(file.path)):
                raise _in_quarantine(name, problem, field)
    return None


def see_that_it_is_well(path: Path, settings: Settings, *, field: str) -> None:
    """Refuse a file that is in quarantine; one that has changed since, or was not scanned, is not.

    Raises
    ------
    PluginFailed
        With what it did when it was scanned.
    """
    for file in read_scanned(settings).files:
        if Path(file.path).resolve() == path.resolve():
            _see_that_it_is_well(file, field)


def _see_that_it_is_well(file: ScannedFile, field: str) -> None:
    path = Path(file.path)
    if file.problem and file.state == state_of(path):
        raise _in_quarantine(path.stem, file.problem, field)


def _in_quarantine(name: str, problem: str, field: str) -> PluginFailed:
    return PluginFailed(
        f"{name} is in quarantine: {problem} 'cuewright plugins scan --retry' tries it again.", field=field
    )
