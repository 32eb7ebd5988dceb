"""The chunks that say what a sound is: ``bext`` and ``iXML``, made anew or carried over from the file it was made of.

Sources: EBU Tech 3285 (version 2) for bext, the iXML specification 3.0 and ASWG-G006 for iXML. Bytes only; what an
original's chunks hold is taken as a stranger's: bounded, and never trusted to be well-formed.
"""

from __future__ import annotations

import copy
import struct
import unicodedata
from xml.etree import ElementTree

from pydantic import Field

from engine.model import Model
from engine.session import Session
from engine.stems.layout import Layout

_UNSET = 0x7FFF  # Tech 3285 v2: a loudness field that is not used
_HISTORY_BYTES = 2**16
_BEXT_BYTES = 602
"""Up to the coding history."""
_IXML_BYTES = 2**20
_LONGEST_DAY_SAMPLES = 2 * 86_400 * 192_000


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
    done: str = Field("", description="What was done, for the coding history; begins with a space or is empty.")
    original: str = Field("", description="Name of the file that it was made of.")


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


def bext(layout: Layout, about: Description, inherited: Inherited | None = None) -> bytes:
    """The body of a ``bext`` chunk; the coding history goes on where the original's ended."""
    date, _, clock = about.created.partition("T")
    mode = {1: "mono", 2: "stereo"}.get(layout.channels, f"{layout.channels} channels")
    history = f"A=PCM,F={layout.sample_rate_hz},W={layout.bits},M={mode},T=Cuewright {about.version}{about.done}\r\n"
    return (
        _ascii(about.description or (inherited.description if inherited else ""), 256)
        + _ascii("Cuewright", 32)
        + _ascii(about.reference, 32)
        + _ascii(date, 10)
        + _ascii(clock[:8], 8)
        + struct.pack("<QH", time_reference(about), 2)
        + bytes(64)  # UMID: not used; an original's names the original
        + struct.pack(
            "<hhhhh",
            _hundredths(about.loudness_lufs),
            _UNSET,  # loudness range: Tech 3342 wants a programme, not an element
            _hundredths(about.peak_dbtp),
            _hundredths(about.momentary_lufs),
            _hundredths(about.short_term_lufs),
        )
        + bytes(180)
        + (inherited.history if inherited else b"")
        + history.encode("ascii", "replace")
    )


class Inherited:
    """What the file that an edit was made of said of itself.

    Parameters
    ----------
    bext, ixml
        Bodies of its chunks, whatever they hold; empty where there are none.
    """

    def __init__(self, bext: bytes, ixml: bytes) -> None:
        whole = len(bext) >= _BEXT_BYTES
        self.description = bext[:256].partition(b"\0")[0].decode("ascii", "replace") if whole else ""
        self.time_reference: int | None = struct.unpack_from("<Q", bext, 338)[0] if whole else None
        if self.time_reference is not None and self.time_reference >= _LONGEST_DAY_SAMPLES:
            self.time_reference = None  # nobody's clock: some recorders write all ones
        self.history = _lines(bext[_BEXT_BYTES:]) if whole else b""
        self.ixml = _element(ixml)


def _lines(history: bytes) -> bytes:
    """Its complete text, ending with a line's end, without what fills it up."""
    text = history.partition(b"\0")[0][:_HISTORY_BYTES].strip().decode("ascii", "replace")
    return f"{text}\r\n".encode("ascii", "replace") if text else b""


def _element(body: bytes) -> ElementTree.Element | None:
    """The root of an iXML document, or None where it is none; a document type, by which XML can grow, is refused."""
    text = body.partition(b"\0")[0]
    if b"<!DOCTYPE" in text or len(text) > _IXML_BYTES:
        return None
    try:
        root = ElementTree.fromstring(text)
        ElementTree.tostring(root)
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        return None
    return root if root.tag == "BWFXML" else None


def ixml(layout: Layout, about: Description, inherited: Inherited | None = None) -> bytes:
    """The body of an ``iXML`` chunk: the original's with what changed, or a new one."""
    frames = about.session.frames
    reference = time_reference(about)
    old = inherited.ixml if inherited else None
    root = ElementTree.Element("BWFXML") if old is None else copy.deepcopy(old)

    def put(parent: ElementTree.Element, **values: object) -> None:
        for name, value in values.items():
            found = parent.find(name)
            element = ElementTree.SubElement(parent, name) if found is None else found
            element.text = _xml_text(str(value))

    def part(name: str) -> ElementTree.Element:
        found = root.find(name)
        return ElementTree.SubElement(root, name) if found is None else found

    if old is None:
        put(root, IXML_VERSION="3.0", PROJECT=about.session.project, SCENE=about.session.scene, TAKE=about.take)
        put(root, NOTE=about.description, CIRCLED="FALSE", FILE_UID=about.reference)
        put(
            part("SPEED"),
            MASTER_SPEED=f"{frames.rate.numerator}/{frames.rate.denominator}",
            TIMECODE_RATE=f"{frames.rate.numerator}/{frames.rate.denominator}",
            TIMECODE_FLAG="DF" if frames.drop_frame else "NDF",
        )
    else:
        parent_uid = root.findtext("FILE_UID") or ""
        put(part("HISTORY"), ORIGINAL_FILENAME=about.original, PARENT_FILENAME=about.original, PARENT_UID=parent_uid)
        put(root, FILE_UID=about.reference)
    put(
        part("SPEED"),
        FILE_SAMPLE_RATE=layout.sample_rate_hz,
        AUDIO_BIT_DEPTH=layout.bits,
        DIGITIZER_SAMPLE_RATE=layout.sample_rate_hz,
        TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI=reference >> 32,
        TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO=reference & 0xFFFF_FFFF,
        TIMESTAMP_SAMPLE_RATE=layout.sample_rate_hz,
    )
    tracks = part("TRACK_LIST")
    if old is None or len(tracks.findall("TRACK")) != layout.channels:
        tracks.clear()
        put(tracks, TRACK_COUNT=layout.channels)
        for channel in range(layout.channels):
            end = "" if layout.channels == 1 else f" {'LR'[channel] if layout.channels == 2 else channel + 1}"
            track = ElementTree.SubElement(tracks, "TRACK")
            put(track, CHANNEL_INDEX=channel + 1, INTERLEAVE_INDEX=channel + 1, NAME=about.track + end)
    if old is None or about.category:
        # What sound libraries search by: the ASWG extension carries the UCS fields and the terms of use.
        put(
            part("ASWG"),
            catId=about.category,
            fxName=about.label,
            project=about.session.project,
            originator="Cuewright",
            usageRights=about.licence,
        )
    text = bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
    return text + b"\n" * (len(text) % 2)  # a null would not be XML


def _xml_text(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or 0x20 <= ord(c) <= 0xD7FF or 0xE000 <= ord(c) <= 0x10FFFF)
