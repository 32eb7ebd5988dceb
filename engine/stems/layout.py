"""How samples lie in a file: channels, rate, length and encoding; and samples to those bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.source import Source

Encoding = Literal["pcm16", "pcm24", "pcm32", "float32", "float64"]
BITS: dict[Encoding, int] = {"pcm16": 16, "pcm24": 24, "pcm32": 32, "float32": 32, "float64": 64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a file's header says of its samples."""

    channels: int
    sample_rate_hz: int
    length_samples: int
    encoding: Encoding = "pcm24"
    channel_mask: int = 0

    @classmethod
    def of(cls, source: Source, encoding: Encoding = "pcm24", channel_mask: int = 0) -> Layout:
        """For a sound as it is."""
        return cls(
            channels=source.channels,
            sample_rate_hz=source.sample_rate_hz,
            length_samples=source.length_samples,
            encoding=encoding,
            channel_mask=channel_mask,
        )

    @property
    def bits(self) -> int:
        """Of one sample."""
        return BITS[self.encoding]

    @property
    def is_float(self) -> bool:
        """Full scale is no limit then."""
        return self.encoding.startswith("float")

    @property
    def frame_bytes(self) -> int:
        """Of one sample of every channel."""
        return self.channels * self.bits // 8

    @property
    def data_bytes(self) -> int:
        """Of all samples."""
        return self.length_samples * self.frame_bytes


def encoded(frames: NDArray[Any], encoding: Encoding) -> bytes:
    """Frames, ``(samples, channels)``, to interleaved little-endian bytes.

    Integers are 32 bits, left-justified, and keep every bit that the encoding has; floats are ±1 and, in an integer
    encoding, rounded and clipped at full scale. Either has full scale at ±1 in an encoding of floats.
    """
    if encoding in ("float32", "float64"):
        frames = frames * 2.0**-31 if frames.dtype.kind == "i" else frames
        return np.ascontiguousarray(frames, dtype="<f4" if encoding == "float32" else "<f8").tobytes()
    bits = BITS[encoding]
    if frames.dtype.kind == "f":
        top = 2.0 ** (bits - 1)
        whole = np.rint(np.clip(frames.astype(np.float64) * top, -top, top - 1)).astype("<i4")
    else:
        whole = (frames >> (32 - bits)).astype("<i4")
    if bits == 24:
        return np.ascontiguousarray(whole).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return np.ascontiguousarray(whole, dtype=f"<i{bits // 8}").tobytes()
