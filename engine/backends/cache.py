"""Takes on disk, addressed by what decides them.

A take that was rendered once is read back instead of rendered again: this is what makes follow-ups ("add rain") cost
only what changed. The cache is safe to delete at any time; a damaged entry is a miss.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from engine.audio import Audio
from engine.plan import TakeSpec
from engine.results import Licence, Take


class TakeCache:
    """A folder of takes, least recently used ones trimmed.

    Parameters
    ----------
    folder
        Made when first written to.
    limit_bytes
        :meth:`trim` brings the folder under this; 0 keeps nothing.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    def _path(self, spec: TakeSpec) -> Path:
        key = spec.key
        return self._folder / key[:2] / f"{key}.npz"

    def get(self, spec: TakeSpec) -> Take | None:
        """The take of exactly this spec, or None; a picture may have changed behind its path, so it is seen again."""
        if spec.picture is not None:
            return None
        path = self._path(spec)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
                audio = Audio(samples=entry["samples"], sample_rate_hz=spec.sample_rate_hz)
                licence = Licence.read(entry["licence"].tobytes())
                warnings = json.loads(entry["warnings"].tobytes()) if "warnings" in entry else ()
                take = Take(
                    audio=audio, onset_samples=int(entry["onset"]), licence=licence, warnings=tuple(map(str, warnings))
                )
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return take

    def put(self, spec: TakeSpec, take: Take) -> None:
        """Keep a take; a cache that cannot be written to is no error."""
        if not self._limit_bytes or spec.picture is not None:
            return
        path = self._path(spec)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(
                        file,
                        samples=take.audio.samples,
                        onset=np.int64(take.onset_samples),
                        licence=np.frombuffer(take.licence.model_dump_json().encode(), dtype=np.uint8),
                        warnings=np.frombuffer(json.dumps(take.warnings).encode(), dtype=np.uint8),
                    )
                Path(temporary).replace(path)
            except OSError:
                Path(temporary).unlink(missing_ok=True)

    def trim(self) -> int:
        """Delete the least recently used entries beyond the limit; returns how many."""
        entries = []
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                entries.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        removed = 0
        for _, size, path in sorted(entries):
            if total <= self._limit_bytes:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size
                removed += 1
        return removed
