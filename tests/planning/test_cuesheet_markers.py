"""Markers written in a line."""

from __future__ import annotations

import pytest
from cuesheet_cases import NTSC, bad, labels, starts
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import CueSheetUnreadable
from engine.planning.cuesheet import read_markers
from engine.session import Session

HOUR = Session(frame_rate="25", start_timecode="01:00:00:00")


def test_seconds_count_from_the_request_and_timecode_is_the_sessions() -> None:
    sheet = read_markers("1.25; 2.5 door slam; 01:00:04:12 glass breaks", session=HOUR, position_samples=48_000)
    assert starts(sheet) == [60_000, 120_000, 215_040 - 48_000]
    assert labels(sheet) == ["", "door slam", "glass breaks"]
    assert [(cue.id, cue.row, cue.origin) for cue in sheet.cues] == [
        *(("r1", 1, "marker"), ("r2", 2, "marker"), ("r3", 3, "marker"))
    ]
    assert sheet.warnings == ()


def test_seconds_past_the_sessions_start_still_count_from_the_request() -> None:
    assert starts(read_markers("3700; 100000", session=HOUR, position_samples=0)) == [3_700 * 48_000, 100_000 * 48_000]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1,25", [1.25]),
        ("1.25, 2.5, 4", [1.25, 2.5, 4]),
        ("1 2 3", [1, 2, 3]),
        ("1\n2\r\n3;;4;", [1, 2, 3, 4]),
        ("0:01.5 door; 1:02.5: rain", [1.5, 62.5]),
        ("350 ms door; 2 s slam", [0.35, 2]),
        ("4; 12", [4, 12]),
        ("10;20;30;40", [10, 20, 30, 40]),
        ("1.5\N{FULLWIDTH SEMICOLON} 2.5", [1.5, 2.5]),
    ],
)
def test_many_ways_to_write_them(text: str, seconds: list[float]) -> None:
    assert [s / 48_000 for s in starts(read_markers(text, session=HOUR, position_samples=0))] == seconds


def test_words_lose_the_mark_between_them_and_the_time() -> None:
    sheet = read_markers("1: door; 2 - slam; 350 ms rain", session=HOUR, position_samples=0)
    assert labels(sheet) == ["door", "slam", "rain"]


def test_the_semicolon_of_drop_frame_does_not_separate() -> None:
    sheet = read_markers("01:00:04;12 glass;01:00:05;13;6", session=NTSC, position_samples=0)
    rate = NTSC.frames
    assert starts(sheet) == [
        rate.timecode_to_samples("01:00:04;12", 48_000) - NTSC.start_samples,
        rate.timecode_to_samples("01:00:05;13", 48_000) - NTSC.start_samples,
        288_000,
    ]


def test_bad_markers_are_listed_and_the_rest_go_on() -> None:
    sheet = read_markers("1; soon door; -2; 00:59:00:00", session=HOUR, position_samples=0)
    assert starts(sheet) == [48_000]
    assert list(bad(sheet)) == [2, 3, 4]
    assert "before the request begins" in bad(sheet)[4]


@pytest.mark.parametrize("text", ["", " ; ;", "door", "\0"])
def test_not_one_marker_is_an_error(text: str) -> None:
    with pytest.raises(CueSheetUnreadable) as caught:
        read_markers(text, session=HOUR, position_samples=0)
    assert caught.value.field == "markers"


@given(st.text(alphabet="0123456789:;., +-\n\0abs|é", max_size=80))
def test_any_text_is_markers_or_an_error(text: str) -> None:
    try:
        sheet = read_markers(text, session=HOUR, position_samples=0)
    except CueSheetUnreadable:
        return
    assert sheet.cues
    assert len({cue.id for cue in sheet.cues}) == len(sheet.cues)
