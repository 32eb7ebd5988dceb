"""Checkpoints of the published classes and layouts, a few thousand random weights each, written to disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.backends.neural.pipelines import quiet

from . import stable_audio

_BUILDERS: Mapping[str, Callable[[Path], None]] = {
    "stable_audio": stable_audio.build,
}
BACKENDS = tuple(sorted(_BUILDERS))
"""Those that have a tiny checkpoint."""


def write(backend: str, folder: Path) -> Path:
    """A folder that a backend loads."""
    with quiet():
        _BUILDERS[backend](folder)
    return folder
