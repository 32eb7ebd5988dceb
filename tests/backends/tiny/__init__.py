"""Checkpoints of the published classes and layouts, a few thousand random weights each, written to disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.backends.neural.pipelines import quiet

from . import audioldm2, auffusion, stable_audio, stable_audio_open

_BUILDERS: Mapping[str, Callable[[Path], None]] = {
    "audioldm2": audioldm2.build,
    "auffusion": auffusion.build,
    "stable_audio": stable_audio.build,
    "stable_audio_open": stable_audio_open.build,
}
BACKENDS = tuple(sorted(_BUILDERS))
"""Those that have a tiny checkpoint."""


def write(backend: str, folder: Path) -> Path:
    """A folder that a backend loads."""
    with quiet():
        _BUILDERS[backend](folder)
    return folder
