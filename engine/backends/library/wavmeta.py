"""Words written into WAV files: the bext chunk and iXML.

A chunk is read up to a bound, and what cannot be read is left out; nothing here raises for a malformed file. Samples
are never touched.

Source: EBU Tech 3285 (bext), iXML 3.01, ASWG-G006 (fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from engine.riff import chunks

MAX_CHUNK_BYTES = 2**20
MAX_TEXT = 2_000
_DESCRIBING = """
note notes description bwf_description fxname usercategory keywords category subcategory scene project library
"""
_TOLD = frozenset(_DESCRIBING.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class WavText:
    """What a file says of itself.

    Parameters
    ----------
    category
        UCS CatID as written, unchecked; ``""`` when there is none.
    label
        UCS FXName as written, or ``""``.
    description
        All describing text, one line a field.
    originator
        Who made it.
    """

    category: str = ""
    label: str = ""
    description: str = ""
    originator: str = ""


def read_wav_text(path: Path) -> WavText:
    """The text of a WAV, RF64 or BW64 file; empty for any other file.

    Raises
    ------
    OSError
        When the file itself cannot be read.
    """
    description, originator = "", ""
    fields: list[tuple[str, str]] = []
    with path.open("rb") as file:
        for name, start, size in chunks(file):
            if name not in (b"bext", b"iXML"):
                continue
            file.seek(start)
            body = file.read(min(size, MAX_CHUNK_BYTES))
            if name == b"bext":
                description, originator = _text(body[:256]), _text(body[256:288])
            else:
                fields += ixml_fields(body)
    told = dict(reversed(fields))  # the first of a name counts
    lines = dict.fromkeys([description, *(text for name, text in fields if name in _TOLD)])
    return WavText(
        category=told.get("catid", ""),
        label=told.get("fxname", ""),
        description="\n".join(line for line in lines if line),
        originator=originator,
    )


def ixml_fields(body: bytes) -> list[tuple[str, str]]:
    """(lower-case name, text) of every iXML element that has text, in order; empty when it is not XML.

    A document type is refused: iXML has none, and it is where entities are declared, by which XML grows without bound.
    """
    text = _text(body, keep=MAX_CHUNK_BYTES)
    if "<!DOCTYPE" in text:
        return []
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return []
    found = ((str(element.tag).rpartition("}")[2].lower(), element.text or "") for element in root.iter())
    return [(name, " ".join(value.split())[:MAX_TEXT]) for name, value in found if value.strip()]


def _text(raw: bytes, keep: int = MAX_TEXT) -> str:
    """Text up to its end mark: UTF-16 by its byte order mark, else UTF-8, else Latin-1 (never fails)."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace").partition("\0")[0][:keep].strip()
    raw = raw.partition(b"\0")[0]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text[:keep].strip()
