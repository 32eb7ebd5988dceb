"""WAV files made byte by byte, so that what is read back was not written by the library that reads it."""

from __future__ import annotations

import struct

import numpy as np


def chunk(name: bytes, body: bytes, claim: int | None = None) -> bytes:
    """A chunk; ``claim`` is the size it says it has."""
    return name + struct.pack("<I", len(body) if claim is None else claim) + body + b"\0" * (len(body) % 2)


def fmt(channels: int = 1, rate: int = 48_000, bits: int = 16) -> bytes:
    block = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", 1, channels, rate, rate * block, block, bits))


def tone(frames: int = 4_800, channels: int = 1) -> bytes:
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(frames) / 48_000)
    return np.repeat((wave * 32_767).astype("<i2")[:, None], channels, axis=1).tobytes()


def bext(description: str = "", originator: str = "", encoding: str = "utf-8") -> bytes:
    head = description.encode(encoding).ljust(256, b"\0")[:256] + originator.encode(encoding).ljust(32, b"\0")[:32]
    return chunk(b"bext", head.ljust(602, b"\0"))


def ixml(inner: str) -> bytes:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML><IXML_VERSION>3.01</IXML_VERSION>{inner}</BWFXML>'
    return chunk(b"iXML", text.encode())


def riff(*chunks: bytes, form: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return form + struct.pack("<I", len(body) if form == b"RIFF" else 0xFFFFFFFF) + body


def rf64(*chunks: bytes, samples: bytes) -> bytes:
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, len(samples), len(samples) // 2, 0))
    return riff(ds64, fmt(), chunk(b"data", samples, claim=0xFFFFFFFF), *chunks, form=b"RF64")
