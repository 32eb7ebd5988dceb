"""CSV, TSV and XLSX as people and spreadsheets write them: headers, encodings, bad rows by number."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from cuesheet_cases import FILM, NTSC, bad, labels, read, starts

from engine.cue import MAX_CUES
from engine.errors import CueSheetUnreadable, FileUnreadable
from engine.planning.cuesheet import read_sheet
from engine.planning.cuesheet.read import MAX_BYTES
from engine.planning.cuesheet.sheet import MAX_ROWS

FORTY = ["Cue number,TC In,TC Out,Description,Stem,Notes"] + [
    f"{n},01:{n // 10:02d}:{n % 60:02d}:{12 + n % 10:02d},,oak door slam {n},FX_{n % 4},loud" for n in range(1, 41)
]


def workbook(*sheets: Sequence[Sequence[object]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_forty_rows_at_2997_drop_lie_on_their_frames(tmp_path: Path) -> None:
    sheet = read(tmp_path, "\r\n".join(FORTY), session=NTSC)
    frames = [NTSC.frames.timecode_to_frames(row.split(",")[1]) for row in FORTY[1:]]
    assert starts(sheet) == [NTSC.frames.frames_to_samples(f, 48_000) - NTSC.start_samples for f in frames]
    assert [cue.id for cue in sheet.cues] == [str(n) for n in range(1, 41)]
    assert [cue.row for cue in sheet.cues] == list(range(2, 42))
    assert {cue.track for cue in sheet.cues} == {"FX_0", "FX_1", "FX_2", "FX_3"}
    assert labels(sheet)[0] == "oak door slam 1"
    assert (sheet.bad_rows, sheet.warnings) == ((), ())


def test_bad_rows_are_listed_by_number_and_the_rest_go_on(tmp_path: Path) -> None:
    rows = list(FORTY)
    rows[3] = "3,01:01:00:00,,dropped number,FX,"
    rows[7] = "7,soon,,no time," + "x" * 200
    rows[9] = "9,01:00:10:00,01:00:09:00,backwards,FX,"
    rows[11] = "11,,,forgotten,FX,"
    rows[13] = "13,00:59:00:02,,too early,FX,"
    rows.insert(20, ",,,,,")
    rows.insert(21, "# act two,,,,,")
    sheet = read(tmp_path, "\n".join(rows), session=NTSC)
    reasons = bad(sheet)
    assert list(reasons) == [4, 8, 10, 12, 14]
    assert "its number is dropped" in reasons[4]
    assert "'soon' is not a time" in reasons[8]
    assert "ends at 01:00:09:00, before it begins" in reasons[10]
    assert "has no time" in reasons[12]
    assert "before the request begins, at 01:00:00;00" in reasons[14]
    assert len(sheet.cues) == 35
    assert sheet.cues[-1].row == 43
    text = next(row.text for row in sheet.bad_rows if row.row == 8)
    assert text.startswith("7, soon, no time, xxx")
    assert len(text) == 80


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_whatever_a_spreadsheet_writes(tmp_path: Path, delimiter: str, encoding: str, newline: str) -> None:
    rows = [("In", "Beschreibung"), ("00:00:01:00", "Tür"), ("00:00:02:00", '"a, b; c"'), ("00:00:03:00", "Öl")]
    text = newline.join(delimiter.join(row) for row in rows)
    sheet = read(tmp_path, text, encoding=encoding)
    assert starts(sheet) == [48_000, 96_000, 144_000]
    assert labels(sheet) == ["Tür", "a, b; c", "Öl"]


def test_decimal_commas_between_semicolons(tmp_path: Path) -> None:
    sheet = read(tmp_path, "Start;Dauer;Beschreibung\n12,5;1,5;Tür\n13,75;;Schritte\n", encoding="cp1252")
    assert [(cue.start_samples, cue.length_samples) for cue in sheet.cues] == [(600_000, 72_000), (660_000, 0)]


def test_a_comma_separates_last(tmp_path: Path) -> None:
    sheet = read(tmp_path, "12,5;door\n13,5;cup\n")
    assert starts(sheet) == [600_000, 648_000]
    assert labels(sheet) == ["door", "cup"]


def test_drop_frame_semicolons_do_not_separate(tmp_path: Path) -> None:
    sheet = read(tmp_path, "01:00:04;12,door\n01:00:05;13,glass; breaks\n", session=NTSC)
    assert labels(sheet) == ["door", "glass; breaks"]


def test_rows_count_as_lines_also_after_a_cell_of_many_lines(tmp_path: Path) -> None:
    sheet = read(tmp_path, 'In,Text\n00:00:01:00,"one\ntwo\nthree"\nsoon,x\n00:00:02:00,y\n')
    assert [cue.row for cue in sheet.cues] == [2, 6]
    assert list(bad(sheet)) == [5]
    assert labels(sheet) == ["one two three", "y"]


def test_a_quote_that_is_never_closed_takes_no_other_row_with_it(tmp_path: Path) -> None:
    sheet = read(tmp_path, 'In,Text\n00:00:01:00,door 12" wide\n00:00:02:00,"open\n00:00:03:00,next\n')
    assert labels(sheet) == ['door 12" wide', '"open', "next"]


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        ("Cue,IN,OUT,EFFECT", ["id", "start", "end", "label"]),
        ("#,Name,Start,End,Length", ["id", "name", "start", "end", "length"]),
        ("  tc_IN , Tc-Out,Sound  Description", ["start", "end", "label"]),
        ("Anfang,Ende,Dauer,Geräusch,Bemerkung", ["start", "end", "length", "label", "note"]),
        ("Début,Durée,Bruitage", ["start", "length", "label"]),
        ("Inicio,Fin,Descripción", ["start", "end", "label"]),
        ("Event start time,Event end time,SFX description", ["start", "end", "label"]),
        ("Time (hh:mm:ss:ff),Level,Character", ["start", "strength", "track"]),
        ("In,Durée totale", ["start", "length"]),
        ("Sounds,Reel,Timecode", ["label", "", "start"]),
    ],
)
def test_headers_by_many_names(tmp_path: Path, header: str, roles: list[str]) -> None:
    cells = {"start": "00:00:01:00", "end": "00:00:02:00", "length": "00:00:01:00", "id": "7", "strength": "0.5"}
    rows = [header, ",".join(cells.get(role, "word") for role in roles)]
    sheet = read(tmp_path, "\n".join(rows))
    assert [column.role for column in sheet.columns] == roles
    assert starts(sheet) == [48_000]


def test_a_column_called_cue_is_its_number_or_its_words(tmp_path: Path) -> None:
    numbered = read(tmp_path, "Cue,In\nFX-01,1\nFX-02,2\n")
    assert [(cue.id, cue.label) for cue in numbered.cues] == [("FX-01", ""), ("FX-02", "")]
    assert labels(read(tmp_path, "Cue,In\ndoor slam,1\nglass breaks,2\n")) == ["door slam", "glass breaks"]


def test_a_column_that_only_sounds_like_a_time_is_passed_over(tmp_path: Path) -> None:
    sheet = read(tmp_path, "Name,Location,TC\ndoor,kitchen,00:00:01:00\nstep,hall,00:00:02:00\n")
    assert starts(sheet) == [48_000, 96_000]
    assert labels(sheet) == ["door", "step"]


def test_titles_above_the_header(tmp_path: Path) -> None:
    sheet = read(tmp_path, "Spotting notes,,\nReel 1,of 5,\n,,\nIn,Out,Effect\n00:00:01:00,00:00:02:00,door\n")
    assert [(cue.row, cue.length_samples) for cue in sheet.cues] == [(5, 48_000)]


def test_without_a_header_the_content_decides(tmp_path: Path) -> None:
    sheet = read(tmp_path, "1,00:00:01:00,00:00:02:00,door slam,FX\n2,00:00:03:00,00:00:04:00,glass breaks,FX\n")
    assert [column.role for column in sheet.columns] == ["id", "start", "end", "label"]
    assert starts(read(tmp_path, "1.5\n2.5\n4\n")) == [72_000, 120_000, 192_000]


def test_words_come_from_the_description_else_the_name_else_the_note(tmp_path: Path) -> None:
    sheet = read(tmp_path, "In,Description,Name,Notes\n1,a,b,c\n2,,b,c\n3,,,c\n")
    assert labels(sheet) == ["a", "b", "c"]


def test_ids_are_the_cue_numbers_that_are_unique(tmp_path: Path) -> None:
    sheet = read(tmp_path, "No,In\n1A,1\n2/b,2\nsame,3\nsame,4\nr5,5\n,6\nü,7\nr8,8\n")
    ids = [cue.id for cue in sheet.cues]
    assert ids == ["1A", "2-b", "r4", "r5.2", "r5", "r7", "r8.2", "r8"]
    assert len(set(ids)) == len(ids)


def test_two_sounds_at_one_time_are_two_cues(tmp_path: Path) -> None:
    assert starts(read(tmp_path, "In,Text\n1,a\n1,a\n")) == [48_000, 48_000]


def test_strength_and_kind(tmp_path: Path) -> None:
    sheet = read(tmp_path, "In,Level,Type\n1,0.5,impact\n2,80%,footstep\n3,40,zap\n4,soft,Swell\n5,banana,\n6,,\n")
    assert [(cue.strength, cue.kind) for cue in sheet.cues] == [
        *((0.5, "impact"), (0.8, "step"), (0.4, "mark"), (0.3, "swell"), (1.0, "mark"), (1.0, "mark"))
    ]
    assert sheet.warnings == ("A strength that is not a share from 0 to 1 was passed over (row 6).",)


def test_what_is_too_long_is_cut_and_said(tmp_path: Path) -> None:
    sheet = read(tmp_path, f"In,Text,Track\n1,{'a' * 500},{'b' * 130}\n")
    assert (len(sheet.cues[0].label), len(sheet.cues[0].track)) == (400, 120)
    assert sheet.warnings == (
        "Labels were cut to 400 characters (row 2).",
        "Track names were cut to 120 characters (row 2).",
    )


def test_names_lose_their_control_characters(tmp_path: Path) -> None:
    assert read(tmp_path, "In,Track\n1,FX\x07\x1b DOOR\n").cues[0].track == "FX DOOR"


def test_a_cue_at_the_end_of_time_is_a_bad_row(tmp_path: Path) -> None:
    sheet = read(tmp_path, "In,Duration\n1 s,2 s\n99999999999 s,\n1 s,999999999 s\n")
    assert starts(sheet) == [48_000]
    assert all("too long or too far" in reason for reason in bad(sheet).values())
    assert list(bad(sheet)) == [3, 4]


def test_more_cues_than_a_request_may_have(tmp_path: Path) -> None:
    sheet = read(tmp_path, "In\n" + "".join(f"{n}\n" for n in range(MAX_ROWS + 500)))
    assert len(sheet.cues) == MAX_CUES
    assert sheet.bad_rows[0].row == MAX_CUES + 2
    assert "at most 4,096 cues" in sheet.bad_rows[0].reason
    assert sheet.bad_rows[-1].row == MAX_ROWS + 2
    assert "all after it are left out" in sheet.bad_rows[-1].reason
    assert len(sheet.bad_rows) == MAX_ROWS - MAX_CUES + 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Nothing in the cue sheet"),
        ("hello\nworld\n", "Nothing in the cue sheet"),
        ("In,Text\nfoo,a\nbar,b\n", "Row 2: 'foo' is not a time"),
        ("In\n00:00:00:26\n", "Row 2: Timecode 00:00:00:26 is out of range at 25"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04garbage", "damaged"),
    ],
)
def test_not_one_good_row_is_an_error_with_the_reasons(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(CueSheetUnreadable, match=said) as caught:
        read(tmp_path, content)
    assert caught.value.field == "cue_sheet"


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="no cue sheet at"):
        read_sheet(tmp_path / "none.csv", session=FILM, position_samples=0)
    with pytest.raises(FileUnreadable, match="no cue sheet at"):
        read_sheet(tmp_path, session=FILM, position_samples=0)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(CueSheetUnreadable, match="at most 50"):
        read_sheet(large, session=FILM, position_samples=0)


def test_the_first_sheet_of_a_workbook_that_has_times(tmp_path: Path) -> None:
    notes = [["Notes"], ["call the director"]]
    reel = [
        *(["Reel 1"], [None], ["#", "In", "Out", "What"], ["1", "00:00:04:12", "00:00:05:00", "door"]),
        *([None, None], ["2", "00:00:99:00", None, "x"], ["3", "00:00:07:00", None, "glass"]),
    ]
    sheet = read(tmp_path, workbook(notes, reel))
    assert [(cue.id, cue.row, cue.start_samples, cue.length_samples) for cue in sheet.cues] == [
        ("1", 4, 215_040, 24_960),
        ("3", 7, 336_000, 0),
    ]
    assert list(bad(sheet)) == [6]


def test_times_numbers_and_durations_of_a_workbook(tmp_path: Path) -> None:
    cells = [
        datetime.time(0, 0, 4, 500_000),
        datetime.timedelta(seconds=66.25),
        datetime.timedelta(hours=25),
        datetime.datetime(1900, 1, 1, 0, 0, 7),
        12.5,
        13,
    ]
    sheet = read(tmp_path, workbook([["Time", "What"], *([cell, "x"] for cell in cells)]))
    assert [samples / 48_000 for samples in starts(sheet)] == [4.5, 66.25, 90_000, 7, 12.5, 13]


def test_what_a_merged_cell_leaves_blank_is_blank(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for row in (["In", "What"], ["00:00:01:00", "a"], ["SCENE 2", None], ["00:00:02:00", "b"]):
        sheet.append(row)
    sheet.merge_cells("A3:B3")
    data = io.BytesIO()
    book.save(data)
    found = read(tmp_path, data.getvalue())
    assert labels(found) == ["a", "b"]
    assert list(bad(found)) == [3]
