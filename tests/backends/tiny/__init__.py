"""Checkpoints of the published classes and layouts, a few thousand random weights each, written to disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.backends.neural.pipelines import quiet
from engine.backends.weights import Store
from engine.config import Settings
from engine.handle import Handle

from . import audioldm2, auffusion, foleycrafter, stable_audio, stable_audio_open

_BUILDERS: Mapping[str, Callable[[Path], None]] = {
    "audioldm2": audioldm2.build,
    "auffusion": auffusion.build,
    "foleycrafter": foleycrafter.build,
    "stable_audio": stable_audio.build,
    "stable_audio_open": stable_audio_open.build,
}
BACKENDS = tuple(sorted(_BUILDERS))
"""Those that have a tiny checkpoint."""
OWN_SUITE = ("audio_agent",)
"""Two models in one: its own tests run the suite."""
_OVER: Mapping[str, tuple[str, ...]] = {"foleycrafter": ("auffusion",)}
"""Whose parts lie over another one's."""


def write(backend: str, folder: Path) -> Path:
    """A folder that a backend loads."""
    with quiet():
        _BUILDERS[backend](folder)
    return folder


def add(backend: str, folder: Path, settings: Settings) -> None:
    """Write it and what it stands on under a folder, and make them known."""
    for name in (*_OVER.get(backend, ()), backend):
        Store(settings).add(write(name, folder / name), handle=Handle())
