"""Text in WAV files: read where it is right, left out where it is wrong, never a hang and never an exception."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wavbytes import bext, chunk, fmt, ixml, rf64, riff, tone

from engine.backends.library.wavmeta import MAX_TEXT, WavText, ixml_fields, read_wav_text
from engine.riff import MAX_CHUNKS, chunks

EMPTY = WavText()


def told(tmp_path: Path, content: bytes) -> WavText:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    return read_wav_text(path)


DATA = chunk(b"data", tone())
USER = "<USER><CATID>DOORWood</CATID><FXNAME>Oak Door Slam</FXNAME><DESCRIPTION>Heavy, dry</DESCRIPTION></USER>"


def test_bext_before_the_samples(tmp_path: Path) -> None:
    text = told(tmp_path, riff(bext("Wooden crate dropped", "Jane Doe"), fmt(), DATA))
    assert (text.description, text.originator) == ("Wooden crate dropped", "Jane Doe")


def test_ixml_after_the_samples(tmp_path: Path) -> None:
    text = told(tmp_path, riff(fmt(), DATA, ixml(f"<NOTE>keep this</NOTE><SCENE>12A</SCENE>{USER}")))
    assert (text.category, text.label) == ("DOORWood", "Oak Door Slam")
    assert text.description.split("\n") == ["keep this", "12A", "Oak Door Slam", "Heavy, dry"]


def test_aswg_and_bext_sections_of_ixml(tmp_path: Path) -> None:
    inner = (
        "<ASWG><catId>RAINMetl</catId><notes>shed</notes></ASWG><BEXT><BWF_DESCRIPTION>roof</BWF_DESCRIPTION></BEXT>"
    )
    text = told(tmp_path, riff(fmt(), DATA, ixml(inner)))
    assert (text.category, text.description) == ("RAINMetl", "shed\nroof")


def test_rf64_finds_what_lies_behind_the_samples(tmp_path: Path) -> None:
    text = told(tmp_path, rf64(bext("behind"), samples=tone()))
    assert text.description == "behind"


@pytest.mark.parametrize("form", [b"BW64", b"RF64"])
def test_big_forms_are_known(tmp_path: Path, form: bytes) -> None:
    assert told(tmp_path, riff(bext("big"), fmt(), DATA, form=form)).description == "big"


def test_latin1_and_utf8_text(tmp_path: Path) -> None:
    for encoding in ("utf-8", "latin-1"):
        assert told(tmp_path, riff(bext("Tür, öffnet", encoding=encoding))).description == "Tür, öffnet"


def test_utf16_ixml() -> None:
    body = '<?xml version="1.0" encoding="UTF-16"?><BWFXML><NOTE>Straße</NOTE></BWFXML>'.encode("utf-16")
    assert ixml_fields(body) == [("note", "Straße")]


def test_an_odd_chunk_is_padded(tmp_path: Path) -> None:
    assert told(tmp_path, riff(chunk(b"junk", b"abc"), bext("after"))).description == "after"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\0\0\0\0WAV",
        b"no sound at all, only words",
        riff(),
        riff(chunk(b"bext", b"")),
        riff(chunk(b"iXML", b"")),
        riff(chunk(b"iXML", b"\xff\xfe\x00")),
        riff(chunk(b"iXML", b"<BWFXML><NOTE>unclosed")),
        riff(chunk(b"bext", b"", claim=2**31)),
        riff(chunk(b"junk", b"", claim=0xFFFFFFFF), bext("unreachable")),
        riff(chunk(b"ds64", b"\xff" * 7), chunk(b"data", b"", claim=0xFFFFFFFF)),
        riff(chunk(b"ds64", b"\xff" * 28), chunk(b"data", b"", claim=0xFFFFFFFF), form=b"RF64"),
    ],
)
def test_what_cannot_be_read_is_left_out(tmp_path: Path, content: bytes) -> None:
    assert told(tmp_path, content) == EMPTY


def test_a_chunk_that_claims_two_gigabytes_gives_what_is_there(tmp_path: Path) -> None:
    body = b"short".ljust(256, b"\0")
    assert told(tmp_path, riff(chunk(b"bext", body, claim=2**31 - 2))).description == "short"


def test_every_yielded_chunk_lies_within_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff(fmt(), chunk(b"data", b"1234", claim=2**31)))
    with path.open("rb") as file:
        assert [(name, size) for name, _, size in chunks(file)] == [(b"fmt ", 16), (b"data", 4)]


def test_a_file_of_nothing_but_empty_chunks_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff(chunk(b"junk", b"") * 50_000))
    with path.open("rb") as file:
        assert sum(1 for _ in chunks(file)) == MAX_CHUNKS


def test_a_document_type_is_refused() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><BWFXML><NOTE>&b;</NOTE></BWFXML>'
    assert ixml_fields(laughs.encode()) == []
    assert ixml_fields(laughs.encode("utf-16")) == []


def test_deeply_nested_ixml_is_no_harm() -> None:
    deep = b"<a>" * 100_000 + b"x" + b"</a>" * 100_000
    assert ixml_fields(deep) in ([], [("a", "x")])


def test_text_is_cut_to_a_bound() -> None:
    assert len(ixml_fields(f"<B><NOTE>{'x' * 5_000}</NOTE></B>".encode())[0][1]) == MAX_TEXT


@given(
    content=st.binary(max_size=200),
    sizes=st.lists(st.integers(0, 2**32 - 1), max_size=6),
    cut=st.integers(0, 1_200),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutated_files_never_raise(tmp_path: Path, content: bytes, sizes: list[int], cut: int) -> None:
    parts = [bext("x"), ixml(USER), *(b"abcd" + struct.pack("<I", size) + content for size in sizes)]
    assert isinstance(told(tmp_path, riff(*parts)[:cut] if cut % 2 else riff(*reversed(parts))), WavText)
