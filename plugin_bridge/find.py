"""Which file a chain means: by a plugin's path, or by its file's name in the folders where plugins are installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.config import Settings
from engine.errors import FileUnreadable, PluginMissing
from plugin_bridge.builtin import EFFECTS
from plugin_bridge.files import real_file
from plugin_bridge.parameters import nearest
from plugin_bridge.scanned import named, scanned_names, see_that_it_is_well

SUFFIXES = (".vst3", ".component")


def plugin_folders(settings: Settings) -> tuple[Path, ...]:
    """Where plugins are installed: the user's own folders, and the system's, whether or not they exist."""
    return (*settings.plugin_folders, *_of_the_system())


def _of_the_system() -> tuple[Path, ...]:
    home = Path.home()
    if sys.platform == "win32":
        return (Path(os.environ.get("COMMONPROGRAMFILES", "C:/Program Files/Common Files")) / "VST3",)
    if sys.platform == "darwin":
        kinds = ("VST3", "Components")
        return tuple(root / "Library/Audio/Plug-Ins" / kind for root in (home, Path("/")) for kind in kinds)
    return (home / ".vst3", Path("/usr/lib/vst3"), Path("/usr/local/lib/vst3"))


def plugin_files(settings: Settings) -> tuple[Path, ...]:
    """Every plugin's file or bundle there, the user's first; nothing is loaded."""
    return tuple(
        path
        for folder in plugin_folders(settings)
        for pattern in ("*", "*/*")  # some makers have a folder of their own
        for suffix in SUFFIXES
        for path in sorted(folder.glob(pattern + suffix))
    )


def installed_plugins(settings: Settings) -> dict[str, Path]:
    """Plugins by the names of their files, without case; the first of a name counts."""
    found: dict[str, Path] = {}
    for path in plugin_files(settings):
        found.setdefault(path.stem.casefold(), path)
    return found


def find_plugin(text: str, settings: Settings, *, field: str) -> tuple[Path, str]:
    """A plugin's file, and its name in a file of several (empty where there is one).

    Raises
    ------
    PluginMissing
        When it is not there, or no plugin is called that, or several are.
    PluginFailed
        When it is in quarantine: it crashed or hung when it was scanned.
    PathNotAllowed
        For a path outside the allowed roots and the folders where plugins are installed.
    """
    if text.endswith(SUFFIXES) or "/" in text or os.sep in text:
        try:
            path = real_file(text, (*settings.roots, *plugin_folders(settings)), field=field)
        except FileUnreadable:
            raise PluginMissing(f"The plugin {text} is not there: install it, or skip it.", field=field) from None
        if path.suffix not in SUFFIXES:
            kinds = "VST3 or Audio Unit" if sys.platform == "darwin" else "VST3"
            raise PluginMissing(f"{path.name} is no {kinds} plugin: name one that ends in {SUFFIXES[0]}.", field=field)
        see_that_it_is_well(path, settings, field=field)
        return path, ""
    if (scanned := named(text, settings, field=field)) is not None:
        return Path(scanned.path), scanned.one_of_several
    installed = installed_plugins(settings)
    if found := installed.get(text.casefold()):
        return found, ""
    near = nearest(text, [*EFFECTS, *(path.stem for path in installed.values()), *scanned_names(settings)])
    raise PluginMissing(f"No built-in effect and no plugin here is called {text[:80]!r}; {near}", field=field)
