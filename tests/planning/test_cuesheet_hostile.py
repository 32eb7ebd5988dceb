"""Whatever a file holds: a sheet or an error of ours, in bounded time and memory."""

from __future__ import annotations

import io
import itertools
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from cuesheet_cases import FILM, NTSC, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cue import Cue
from engine.errors import CuewrightError
from engine.planning.cuesheet import Sheet, SheetFormat, write_sheet

MEGABYTE = 2**20
CELLS = st.one_of(
    st.sampled_from(
        [
            *("", "In", "Out", "Start", "#", "Cue", "Description", "Length", "Samples", "Track", "Level", "x", "Kind"),
            *(
                "01:00:04:12",
                "01:00:04;12",
                "00:00:02",
                "1:02.5",
                "12,5",
                "48000",
                "123+08",
                "144.2.00",
                "-1",
                "99:99:99:99",
            ),
            *("door slam", '"', '""', "=A1", "1e400", "\u0663", "9" * 30, "0.5%", "TITLE:", "M A R K E R S", "{", "[]"),
        ]
    ),
    st.text(max_size=12),
)
FORMATS: tuple[SheetFormat, ...] = get_args(SheetFormat)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(folder: Path, content: str | bytes) -> Sheet | None:
    """The sheet, or None for an error of ours; anything else fails the test."""
    try:
        return read(folder, content, session=NTSC if len(content) % 2 else FILM, position_samples=len(content) % 7)
    except CuewrightError as error:
        assert error.sentence and error.field == "cue_sheet"  # noqa: PT017, PT018  # it is the outcome that is checked
        return None


def sound(sheet: Sheet | None) -> bool:
    """Whether every promise of a sheet holds."""
    return sheet is None or (
        len(sheet.cues) > 0
        and len({cue.id for cue in sheet.cues}) == len(sheet.cues)
        and all(cue.row is not None for cue in sheet.cues)
        and all(bad.reason for bad in sheet.bad_rows)
    )


@FUZZ
@given(st.binary(max_size=2_000))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    assert sound(outcome(tmp_path, data))


@FUZZ
@given(
    rows=st.lists(st.lists(CELLS, max_size=8), max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_table(tmp_path: Path, rows: list[list[str]], delimiter: str, newline: str) -> None:
    text = newline.join(delimiter.join(row) for row in rows)
    assert sound(outcome(tmp_path, text.encode("utf-8", errors="replace")))


@pytest.mark.parametrize("form", FORMATS)
def test_any_damage_to_any_format(tmp_path: Path, form: SheetFormat) -> None:
    draw = random.Random(form)
    cues = [Cue(id=f"q{n}", start_samples=n * 48_000, length_samples=4_800 * (n % 2), label="door") for n in range(9)]
    whole = write_sheet(cues, form, session=NTSC, position_samples=0)
    read_after_all = 0
    for _ in range(120):
        data = bytearray(whole)
        for _ in range(draw.randrange(1, 6)):
            at = draw.randrange(len(data))
            match draw.randrange(3):
                case 0:
                    data[at] = draw.randrange(256)
                case 1:
                    del data[at : at + draw.randrange(1, 40)]
                case _:
                    data[at:at] = draw.choice((b'"', b"\n", b"\t", b",", b"{", b"\0", b"\xff", b";"))
            if not data:
                break
        sheet = outcome(tmp_path, bytes(data))
        assert sound(sheet)
        read_after_all += sheet is not None
    if form not in ("xlsx", "json"):  # of which seldom anything is read when damaged
        assert read_after_all > 30


@pytest.mark.parametrize(
    "make",
    [
        lambda n: b"\n" * n,
        lambda n: b"1\n" * (n // 8),
        lambda n: b'"' * n,
        lambda n: b'"\n' * (n // 16),
        lambda n: b',"' * (n // 2),
        lambda n: b',""' * (n // 3),
        lambda n: (b'"' + b"x" * 3_000 + b"\n") * (n // 3_002),
        lambda n: b"In\n" + b"9" * n,
        lambda n: b"In\tOut\t" * (n // 7),
        lambda n: b"[" * (n - 1) + b"]",
        lambda n: b"TITLE: x\n" + (b"001 AX V C" + b" " * 900 + b"01:00:00:00\n") * (n // 922),
        lambda n: b"TITLE: x\n001 AX V C 00:00:00:00\n" + b"* x\n" * (n // 4),
        lambda n: b"SESSION NAME:\tx\n" + b"A A A A A A A!\t" * (n // 15),
        lambda n: b"<REAPER_PROJECT\n" + b"MARKER 1 1.0 \"x'`" * (n // 17),
        lambda n: random.Random(1).randbytes(n),
    ],
)
def test_memory_is_bounded_whatever_fills_the_file(tmp_path: Path, make: Callable[[int], bytes]) -> None:
    data = make(MEGABYTE // 4)
    tracemalloc.start()
    try:
        assert sound(outcome(tmp_path, data))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 * MEGABYTE


def patched(change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A workbook of one cue, its parts changed."""
    whole = write_sheet([Cue(id="q", start_samples=48_000)], "xlsx", session=FILM, position_samples=0)
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (part := change(name, old.read(name))) is not None:
                new.writestr(name, part)
    return data.getvalue()


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    bomb = patched(lambda name, part: part + b" " * (20 * MEGABYTE) if "sheet1" in name else part)
    with pytest.raises(CuewrightError, match="unpacks to 20 MB; at most 16"):
        read(tmp_path, bomb)


def test_a_workbook_that_claims_to_reach_far_is_read_where_it_is(tmp_path: Path) -> None:
    claim = b'<dimension ref="A1:XFD1048576"/><sheetData>'
    sheet = read(
        tmp_path, patched(lambda name, part: part.replace(b"<sheetData>", claim) if "sheet1" in name else part)
    )
    assert [cue.start_samples for cue in sheet.cues] == [48_000]
    far = patched(lambda name, part: part.replace(b'r="2"', b'r="1048576"') if "sheet1" in name else part)
    assert outcome(tmp_path, far) is None


def test_a_workbook_without_its_sheet_or_with_entities_that_grow(tmp_path: Path) -> None:
    assert outcome(tmp_path, patched(lambda name, part: None if "sheet1" in name else part)) is None
    names = "abcdefghij"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 50}">' for a, b in itertools.pairwise(names))
    head = f'<!DOCTYPE x [<!ENTITY a "{"x" * 999}">{entities}]>'.encode()
    tracemalloc.start()
    try:
        grown = patched(
            lambda name, part: (
                head + part.split(b"?>", 1)[-1].replace(b"<t>1", b"<t>&j;1") if "sheet1" in name else part
            )
        )
        assert sound(outcome(tmp_path, grown))
        assert tracemalloc.get_traced_memory()[1] < 120 * MEGABYTE
    finally:
        tracemalloc.stop()
