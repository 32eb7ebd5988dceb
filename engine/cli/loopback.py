"""All that an input of the machine hears, with the time at which each sample came: how a bench hears an output."""

from __future__ import annotations

import threading
import time
from typing import Any, Self

import numpy as np

from engine.audio import Samples
from engine.errors import NoDevice
from engine.preview.output import refresh
from engine.preview.priority import give_way, go_first

RATE_HZ = 48_000
_BLOCK_SAMPLES = 256


class Loopback:
    """Records from an input, stereo, until it is closed.

    Parameters
    ----------
    device
        Number, or part of a name, as sounddevice takes it; empty: the system's input.

    Raises
    ------
    NoDevice
        When there is no such input, or it cannot be opened.
    """

    def __init__(self, device: str) -> None:
        import sounddevice

        self._lock = threading.Lock()
        self._blocks: list[Samples] = []
        self._arrived: list[float] = []
        self._count = 0
        self.overflows = 0
        refresh()
        go_first()  # what measures must not be what drops out
        name: str | int | None = int(device) if device.isdigit() else device or None
        try:
            self._stream = sounddevice.InputStream(
                samplerate=RATE_HZ,
                channels=2,
                dtype="float32",
                device=name,
                blocksize=_BLOCK_SAMPLES,
                latency=0.005,
                callback=self._take,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise NoDevice(
                f"The input {device or 'of the system'!r} cannot be opened: {error}.", field="capture"
            ) from None
        finally:
            give_way()

    def _take(self, block: Any, frames: int, _time: Any, status: Any) -> None:
        now = time.monotonic()
        with self._lock:
            self._blocks.append(np.array(block.T, np.float32))
            self._arrived.append(now)
            self._count += frames
            self.overflows += bool(status.input_overflow)

    @property
    def length_samples(self) -> int:
        """Heard so far."""
        with self._lock:
            return self._count

    def samples(self, start: int = 0) -> Samples:
        """``(2, n)``, from a sample on."""
        with self._lock:
            return np.concatenate(self._blocks, axis=1)[:, start:] if self._blocks else np.zeros((2, 0), np.float32)

    def came_at(self, sample: int) -> float:
        """When a sample came, monotonic; later than it was heard by what the input takes."""
        with self._lock:
            return self._arrived[sample // _BLOCK_SAMPLES]

    def runs_at(self) -> float:
        """When sample 0 was heard, by the blocks that came soonest."""
        with self._lock:
            ends = (np.arange(len(self._arrived)) + 1) * _BLOCK_SAMPLES / RATE_HZ
            return float((np.asarray(self._arrived) - ends).min())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
