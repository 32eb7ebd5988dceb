"""Broadcast Wave: RIFF, ``bext`` and ``iXML`` around 24-bit samples.

Sources: EBU Tech 3285 (version 2) for bext, the iXML specification 3.0 and ASWG-G006 for iXML, and Microsoft's RIFF for
the rest. Bytes only; files and names are elsewhere.

Samples are rounded to 24 bits without dither. Dither would hide a rounding error of -144 dBFS, which lies under every
converter's noise anyway, and would cost what matters here: silence stays digital silence, a 24-bit file that is read
and written again keeps its bytes, and an edit is bit-identical outside its selection.
"""

from __future__ import annotations

import struct
import unicodedata
from typing import BinaryIO
from xml.etree import ElementTree

import numpy as np
from pydantic import Field

from engine.audio import Audio
from engine.errors import BadArgument
from engine.model import Model
from engine.session import Session

BYTES_PER_SAMPLE = 3
LARGEST_BYTES = 2**32 - 2**20
_CHUNK_SAMPLES = 2**18
_UNSET = 0x7FFF  # Tech 3285 v2: a loudness field that is not used


class Description(Model):
    """What the metadata of one file says."""

    description: str = Field(description="bext Description: the words it was made from.")
    reference: str = Field(description="bext OriginatorReference, unique to the file.")
    created: str = Field(description="ISO 8601, UTC; of the job, so that a rebuilt file has the same bytes.")
    position_samples: int = Field(description="Of the file's first sample, on the session's timeline.")
    session: Session
    track: str
    take: int
    category: str
    label: str
    licence: str
    loudness_lufs: float | None = None
    momentary_lufs: float | None = None
    short_term_lufs: float | None = None
    peak_dbtp: float | None = None
    version: str


def write(file: BinaryIO, audio: Audio, about: Description) -> None:
    """Write a whole WAV file, 24-bit PCM.

    Raises
    ------
    BadArgument
        When it would be larger than a WAV file can be (4 GB).
    """
    frame_bytes = audio.channels * BYTES_PER_SAMPLE
    data_bytes = audio.length_samples * frame_bytes
    chunks = [
        (b"fmt ", _format(audio)),
        (b"bext", _bext(audio, about)),
        (b"iXML", _ixml(audio, about)),
    ]
    head = b"".join(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in chunks)
    total = 4 + len(head) + 8 + data_bytes + data_bytes % 2
    if total > LARGEST_BYTES:
        raise BadArgument("A WAV file holds at most 4 GB: ask for a shorter sound.", field="duration")
    file.write(b"RIFF" + struct.pack("<I", total) + b"WAVE" + head + b"data" + struct.pack("<I", data_bytes))
    for start in range(0, audio.length_samples, _CHUNK_SAMPLES):
        file.write(pcm24(audio.samples[:, start : start + _CHUNK_SAMPLES]))
    file.write(b"\0" * (data_bytes % 2))


def pcm24(samples: np.ndarray) -> bytes:
    """``(channels, samples)`` of ±1 to interleaved little-endian 24-bit; beyond full scale is clipped."""
    scaled = np.rint(np.clip(samples.T.astype(np.float64) * 2**23, -(2**23), 2**23 - 1)).astype("<i4")
    return np.ascontiguousarray(scaled).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _format(audio: Audio) -> bytes:
    frame_bytes = audio.channels * BYTES_PER_SAMPLE
    rate = audio.sample_rate_hz
    return struct.pack("<HHIIHH", 1, audio.channels, rate, rate * frame_bytes, frame_bytes, 8 * BYTES_PER_SAMPLE)


def time_reference(about: Description) -> int:
    """Samples since midnight of the file's first sample."""
    return max(0, about.session.start_samples + about.position_samples)


def _ascii(text: str, length: int) -> bytes:
    """bext holds ASCII only: accents go, other scripts become question marks; iXML has the words as they are."""
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in letters if not unicodedata.combining(c)).encode("ascii", "replace")
    return plain[:length].ljust(length, b"\0")


def _hundredths(value: float | None) -> int:
    """Tech 3285 v2, 2.4: hundredths, and what lies beyond ±99.99 counts as not measured."""
    return _UNSET if value is None or abs(value) >= 99.995 else round(100 * value)


def _bext(audio: Audio, about: Description) -> bytes:
    date, _, clock = about.created.partition("T")
    mode = {1: "mono", 2: "stereo"}.get(audio.channels, f"{audio.channels} channels")
    history = f"A=PCM,F={audio.sample_rate_hz},W=24,M={mode},T=Cuewright {about.version}\r\n".encode("ascii", "replace")
    return (
        _ascii(about.description, 256)
        + _ascii("Cuewright", 32)
        + _ascii(about.reference, 32)
        + _ascii(date, 10)
        + _ascii(clock[:8], 8)
        + struct.pack("<QH", time_reference(about), 2)
        + bytes(64)  # UMID: not used
        + struct.pack(
            "<hhhhh",
            _hundredths(about.loudness_lufs),
            _UNSET,  # loudness range: Tech 3342 wants a programme, not an element
            _hundredths(about.peak_dbtp),
            _hundredths(about.momentary_lufs),
            _hundredths(about.short_term_lufs),
        )
        + bytes(180)
        + history
    )


def _ixml(audio: Audio, about: Description) -> bytes:
    frames = about.session.frames
    reference = time_reference(about)
    root = ElementTree.Element("BWFXML")

    def add(parent: ElementTree.Element, **values: object) -> None:
        for name, value in values.items():
            ElementTree.SubElement(parent, name).text = _xml_text(str(value))

    add(root, IXML_VERSION="3.0", PROJECT=about.session.project, SCENE=about.session.scene, TAKE=about.take)
    add(root, NOTE=about.description, CIRCLED="FALSE", FILE_UID=about.reference)
    add(
        ElementTree.SubElement(root, "SPEED"),
        MASTER_SPEED=f"{frames.rate.numerator}/{frames.rate.denominator}",
        TIMECODE_RATE=f"{frames.rate.numerator}/{frames.rate.denominator}",
        TIMECODE_FLAG="DF" if frames.drop_frame else "NDF",
        FILE_SAMPLE_RATE=audio.sample_rate_hz,
        AUDIO_BIT_DEPTH=24,
        DIGITIZER_SAMPLE_RATE=audio.sample_rate_hz,
        TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI=reference >> 32,
        TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO=reference & 0xFFFF_FFFF,
        TIMESTAMP_SAMPLE_RATE=audio.sample_rate_hz,
    )
    tracks = ElementTree.SubElement(root, "TRACK_LIST")
    add(tracks, TRACK_COUNT=audio.channels)
    for channel in range(audio.channels):
        name = about.track if audio.channels == 1 else f"{about.track} {'LR'[channel] if channel < 2 else channel + 1}"
        add(ElementTree.SubElement(tracks, "TRACK"), CHANNEL_INDEX=channel + 1, INTERLEAVE_INDEX=channel + 1, NAME=name)
    # What sound libraries search by: the ASWG extension carries the UCS fields and the terms of use.
    add(
        ElementTree.SubElement(root, "ASWG"),
        catId=about.category,
        fxName=about.label,
        project=about.session.project,
        originator="Cuewright",
        usageRights=about.licence,
    )
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _xml_text(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or 0x20 <= ord(c) <= 0xD7FF or 0xE000 <= ord(c) <= 0x10FFFF)
