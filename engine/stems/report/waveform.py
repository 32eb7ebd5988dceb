"""Peaks of a sound file: the lowest and the highest sample of every column that a waveform is drawn of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import FileUnreadable

FINEST_HZ = 400
"""Columns a second; a screen shows no more of them unless it shows less than three seconds."""
MOST_COLUMNS = 16_384
_BLOCK_SAMPLES = 2**20


def columns_that_fit(lengths_seconds: Sequence[float], total: int) -> list[int]:
    """How many columns each file gets so that all of them together stay within ``total``; the longest give way.

    >>> columns_that_fit([0.5, 100.0], 1000)
    [200, 512]
    """
    most = MOST_COLUMNS
    while True:
        columns = [max(1, min(most, round(length * FINEST_HZ))) for length in lengths_seconds]
        if sum(columns) <= total or most == 1:
            return columns
        most //= 2


def peaks(path: Path, columns: int) -> NDArray[np.int8]:
    """Lowest and highest sample of every column, over all channels, in 127ths of full scale.

    Rounded outwards: whatever is not digital silence shows. The file is read in pieces, so its length is no matter.

    Returns
    -------
    ``(columns, 2)``; fewer columns where the file has fewer samples.

    Raises
    ------
    FileUnreadable
        When it is missing, or no sound.
    """
    try:
        with soundfile.SoundFile(path) as file:
            hop = max(1, -(-file.frames // columns))
            pieces = [
                _peaks(block.reshape(len(block), -1), hop)
                for block in file.blocks(blocksize=hop * max(1, _BLOCK_SAMPLES // hop), dtype="float32")
            ]
    except (OSError, soundfile.SoundFileError) as error:
        raise FileUnreadable(f"{path} cannot be read back: {error}.") from None
    return np.concatenate(pieces) if pieces else np.zeros((0, 2), np.int8)


def _peaks(block: NDArray[np.float32], hop: int) -> NDArray[np.int8]:
    starts = np.arange(0, len(block), hop)
    low = np.minimum.reduceat(block.min(axis=1), starts)
    high = np.maximum.reduceat(block.max(axis=1), starts)
    columns: NDArray[np.float32] = np.stack([np.floor(127 * low), np.ceil(127 * high)], axis=1)
    return columns.clip(-127, 127).astype(np.int8)
