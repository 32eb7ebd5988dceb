"""Where each DAW keeps its scripts, on Windows, macOS and Linux.

Only the folders that a DAW makes at its first start are known here; one that was moved has to be named.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ARDOUR_VERSIONS = (9, 8, 7)


class Daw(StrEnum):
    """Those that scripts can be installed into."""

    REAPER = "reaper"
    LIVE = "live"
    ARDOUR = "ardour"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A folder that a DAW made, and where inside it scripts go."""

    daw: Daw
    name: str
    folder: Path

    @property
    def scripts(self) -> Path:
        """Need not exist yet."""
        inside = {Daw.REAPER: "Scripts/Cuewright", Daw.LIVE: "Remote Scripts", Daw.ARDOUR: "scripts"}
        return self.folder / inside[self.daw]


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """What decides where a program keeps its files."""

    platform: str
    home: Path
    environment: Mapping[str, str]

    @classmethod
    def this(cls) -> System:
        """The one that we run on."""
        return cls(platform=sys.platform, home=Path.home(), environment=os.environ)

    def usual(self, daw: Daw) -> Iterator[Place]:
        """Where a DAW's folders would be, the newest version first, whether they are there or not."""
        match daw:
            case Daw.REAPER:
                yield Place(daw=daw, name="REAPER", folder=self._reaper())
            case Daw.LIVE:
                documents = self.home / ("Documents" if self.platform == "win32" else "Music")
                yield Place(daw=daw, name="Ableton Live", folder=documents / "Ableton" / "User Library")
            case Daw.ARDOUR:
                for version in ARDOUR_VERSIONS:
                    yield Place(daw=daw, name=f"Ardour {version}", folder=self._ardour(version))

    def found(self, daw: Daw) -> tuple[Place, ...]:
        """Those that are there."""
        return tuple(place for place in self.usual(daw) if place.folder.is_dir())

    def _reaper(self) -> Path:
        if self.platform == "win32":
            return self._appdata("APPDATA", "Roaming") / "REAPER"
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support" / "REAPER"
        return self._config() / "REAPER"

    def _ardour(self, version: int) -> Path:
        if self.platform == "win32":
            return self._appdata("LOCALAPPDATA", "Local") / f"ardour{version}"
        if self.platform == "darwin":
            return self.home / "Library" / "Preferences" / f"Ardour{version}"
        return self._config() / f"ardour{version}"

    def _config(self) -> Path:
        return Path(self.environment.get("XDG_CONFIG_HOME") or self.home / ".config")

    def _appdata(self, variable: str, folder: str) -> Path:
        return Path(self.environment.get(variable) or self.home / "AppData" / folder)
