"""Sound put aside between two actions: in memory while it is short, in an unnamed file when it is long."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import IO

import numpy as np

from engine.audio import Samples
from engine.errors import BadArgument, InternalError
from engine.source import LOUDEST, Blocks, silent_beyond
from engine.stems.folder import translating

IN_MEMORY_BYTES = 2**26


class Spool:
    """A :class:`~engine.source.Source` made of blocks.

    Parameters
    ----------
    blocks
        At least one of them, all with the same channels.
    sample_rate_hz
        Of the blocks.
    folder
        Where the file goes, should it be one: there is room where the result will be. It vanishes with this object,
        and, where the system can, with the process.

    Raises
    ------
    DiskFull, FolderNotWritable
        When the file cannot be written.
    BadArgument
        When the sound is louder than any sound is.
    """

    def __init__(self, blocks: Blocks, *, sample_rate_hz: int, folder: Path) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.channels = 0
        self.length_samples = 0
        self._held: list[Samples] = []
        self._file: IO[bytes] | None = None
        for block in blocks:
            self._check(block)
            with translating(folder):
                self._add(block, folder)
        with translating(folder):
            if self._file is not None:
                self._file.flush()
        if not self.length_samples:
            raise InternalError("An action gave no sound.")
        if self._file is None:
            self._held = [np.concatenate(self._held, axis=1)]

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self._file.close()  # type: ignore[union-attr]

    def _check(self, block: Samples) -> None:
        self.channels = self.channels or block.shape[0]
        if block.shape[0] != self.channels or block.dtype != np.float32:
            raise InternalError(f"An action gave {block.dtype} {block.shape} within {self.channels} channels.")
        peak = float(np.abs(block).max())
        if not math.isfinite(peak):
            raise InternalError("An action gave samples that are no numbers.")
        if peak > LOUDEST:
            raise BadArgument("The sound comes out more than 100 dB over full scale: turn it down.", field="do")

    def _add(self, block: Samples, folder: Path) -> None:
        self.length_samples += block.shape[1]
        if self._file is None and self.length_samples * self.channels * 4 <= IN_MEMORY_BYTES:
            self._held.append(np.array(block))  # a copy: a view may keep much more alive
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=folder, prefix=".cuewright-", suffix=".part")  # noqa: SIM115
            for held in self._held:
                self._file.write(np.ascontiguousarray(held.T).data)
            self._held = []
        self._file.write(np.ascontiguousarray(block.T).data)

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`engine.source.Source.read`."""
        return silent_beyond(self, self._inside, start, end)

    def _inside(self, start: int, end: int) -> Samples:
        if self._file is None:
            return self._held[0][:, start:end]
        frame_bytes = 4 * self.channels
        self._file.seek(start * frame_bytes)
        raw = self._file.read((end - start) * frame_bytes)
        return np.frombuffer(raw, np.float32).reshape(-1, self.channels).T
