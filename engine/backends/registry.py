"""Names to backends, imported on first use.

The built-in table and the entry points of group ``cuewright.backends`` are read the same way; each value names a
callable that takes the settings and returns a :class:`~engine.backends.base.Backend`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points

from engine.backends.base import Backend
from engine.config import Settings
from engine.errors import BackendFailed, DependencyMissing, UnknownBackend

GROUP = "cuewright.backends"
BUILT_IN: Mapping[str, str] = {
    "audio_agent": "engine.backends.audio_agent:AudioAgentBackend",
    "procedural": "engine.backends.procedural:ProceduralBackend",
    "sample_library": "engine.backends.sample_library:SampleLibraryBackend",
    "audioldm2": "engine.backends.audioldm2:AudioLdm2Backend",
    "auffusion": "engine.backends.auffusion:AuffusionBackend",
    "foleycrafter": "engine.backends.foleycrafter:FoleyCrafterBackend",
    "stable_audio_open": "engine.backends.stable_audio_open:StableAudioOpenBackend",
    "stable_audio": "engine.backends.stable_audio:StableAudioBackend",
}


def table() -> dict[str, str]:
    """Every known backend, name to ``module:object``; a third party cannot replace a built-in one."""
    return {e.name: e.value for e in entry_points(group=GROUP)} | dict(BUILT_IN)


def load(name: str, settings: Settings) -> Backend:
    """Import and make one backend.

    Raises
    ------
    UnknownBackend
        Naming those that exist.
    DependencyMissing
        When the backend's own packages are not installed.
    BackendFailed
        When its module or object is not a backend.
    """
    known = table()
    name = name if name in known else name.replace("-", "_")
    if name not in known:
        raise UnknownBackend(f"No backend {name!r}; there are {', '.join(sorted(known))}.", field="backend")
    module_name, _, attribute = known[name].partition(":")
    try:
        backend = getattr(importlib.import_module(module_name), attribute)(settings)
    except ImportError as error:
        raise DependencyMissing(
            f"Backend {name!r} needs a package that is missing: {error}.", field="backend"
        ) from None
    except AttributeError as error:
        raise BackendFailed(f"Backend {name!r} is not at {known[name]}: {error}.", field="backend") from None
    if not isinstance(backend, Backend):
        raise BackendFailed(f"Backend {name!r} lacks a part of the Protocol.", field="backend")
    return backend


class Backends:
    """The backends of one process, each made once, when first asked for.

    Parameters
    ----------
    settings
        Passed to every factory.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[str, Backend] = {}

    def get(self, name: str) -> Backend:
        """The backend of that name; errors as :func:`load`."""
        if name not in self._made:
            self._made[name] = load(name, self._settings)
        return self._made[name]

    def preferred(self) -> list[Backend]:
        """Those asked in turn when a request names none, in the settings' order."""
        return [self.get(name) for name in self._settings.backends]
