"""Every way of writing a time, against numbers worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from cuesheet_cases import FILM, NTSC, bad, read, starts
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadArgument
from engine.planning.cuesheet.times import Ruler, recognise
from engine.session import Session
from engine.timebase import FrameRate

RULER = Ruler(rate=FrameRate.parse("25"), sample_rate_hz=48_000, zero_seconds=Fraction(0))
HOUR = Session(frame_rate="25", start_timecode="01:00:00:00")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:04:12", "4.48"),
        ("00:00:04;12", "4.48"),
        ("0:0:4:12", "4.48"),
        ("00;00;04;12", "4.48"),
        ("00.00.04.12", "4.48"),
        ("00:00:04:12.50", "4.50"),  # half a frame on: Pro Tools' subframes
        ("00:01:02.500", "62.5"),
        ("00:01:02,500", "62.5"),
        ("1:02.5", "62.5"),
        ("1:02", "62"),
        ("75:00.25", "4500.25"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        (".5", "0.5"),
        ("12", "12"),
        ("12.5s", "12.5"),
        ("350 ms", "0.35"),
        ("96000 samples", "2"),
        ("50 frames", "2"),
        ("123+08", "79.04"),  # (123 * 16 + 8) / 25
        ("\uff11\uff12.5", "12.5"),  # full-width digits
        (" '12.5\u00a0", "12.5"),
        ("1,234,567", "1234567"),
    ],
)
def test_a_time_is_read_exactly(text: str, seconds: str) -> None:
    assert RULER.position_seconds(text) == Fraction(seconds)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("00:00:04:25", "out of range at 25"),
        ("00:00:75:00", "out of range at 25"),
        ("24:00:00:00", "out of range at 25"),
        ("00:75:00.5", "minutes and seconds end at 59"),
        ("1:75.5", "minutes and seconds end at 59"),
        ("123+16", "16 frames"),
        ("144.2.00", "bars and beats"),
        ("13|3| 000", "bars and beats"),
        ("-1.5", "before zero"),
        ("door", "not a time"),
        ("", "not a time"),
        ("9" * 40, "not a time"),
        ("1:2:3:4:5", "not a time"),
        ("12 parsecs", "not a time"),
        ("\u0661\u0662", "not a time"),  # digits, but none that a sheet of ours is written in
    ],
)
def test_what_is_no_time_says_why(text: str, reason: str) -> None:
    with pytest.raises(BadArgument, match=reason):
        RULER.position_seconds(text)


def test_numbers_that_drop_frame_leaves_out_do_not_exist() -> None:
    ruler = Ruler(rate=FrameRate.parse("29.97df"), sample_rate_hz=48_000, zero_seconds=Fraction(0))
    with pytest.raises(BadArgument, match="its number is dropped"):
        ruler.position_seconds("01:01:00:00")
    assert ruler.position_seconds("01:00:00:00") == Fraction(107_892 * 1001, 30_000)


@given(st.text(max_size=60))
def test_any_text_is_a_time_or_is_refused(text: str) -> None:
    try:
        seconds = RULER.position_seconds(text)
    except BadArgument:
        seconds = None
    assert seconds is None or (seconds >= 0 and recognise(text) is not None)


@given(st.integers(0, 25 * 86_400 - 1))
def test_timecode_and_back(frame: int) -> None:
    assert RULER.position_seconds(RULER.rate.frames_to_timecode(frame)) == Fraction(frame, 25)


@pytest.mark.parametrize(
    ("times", "first_seconds", "said"),
    [
        (["00:01:02", "00:02:55"], 62, "hours:minutes:seconds: their last number goes past 24"),
        (["45:01:02", "46:02:03"], 2701.08, "minutes:seconds:frames: their first number goes past 23"),
        (["00:01:02", "00:00:04:12"], 62, "hours:minutes:seconds: other times of the sheet begin with hours"),
        (["00:01:02", "00:02:03"], 62, "hours:minutes:seconds: nothing in the sheet says otherwise"),
        ([f"00:01:{n:02d}" for n in (2, 5, 9, 13, 17, 21)], 1.08, "minutes:seconds:frames: their last number never"),
    ],
)
def test_the_other_rows_decide_what_three_numbers_mean(
    tmp_path: Path, times: list[str], first_seconds: float, said: str
) -> None:
    sheet = read(tmp_path, "\n".join(["Time,Text", *(f"{time},a" for time in times)]))
    assert sheet.cues[0].start_samples == round(first_seconds * 48_000)
    assert [warning for warning in sheet.warnings if said in warning]


@pytest.mark.parametrize(
    ("second", "first_seconds", "said"), [("00:00:09.24", 4.48, "frames"), ("00:00:09.60", 4.12, "hundredths")]
)
def test_the_other_rows_decide_what_two_digits_after_a_dot_mean(
    tmp_path: Path, second: str, first_seconds: float, said: str
) -> None:
    sheet = read(tmp_path, f"Time\n00:00:04.12\n{second}\n")
    assert sheet.cues[0].start_samples == round(first_seconds * 48_000)
    assert said in sheet.warnings[0]


@pytest.mark.parametrize(
    ("time", "samples", "said"),
    [
        ("1:00:02.500", 120_000, "from midnight"),
        ("3602.5", 120_000, "from midnight"),
        ("0:02.500", 120_000, "beginning of the timeline"),
        ("2.5", 120_000, "beginning of the timeline"),
        ("01:00:02:12", 119_040, ""),
    ],
)
def test_times_count_from_midnight_or_from_the_timeline(tmp_path: Path, time: str, samples: int, said: str) -> None:
    sheet = read(tmp_path, f"Time\n{time}\n", session=HOUR)
    assert starts(sheet) == [samples]
    assert said in " ".join(sheet.warnings)
    assert bool(said) == bool(sheet.warnings)


def test_large_whole_numbers_are_samples(tmp_path: Path) -> None:
    sheet = read(tmp_path, "Start,Name\n50000,a\n7760000,b\n")
    assert starts(sheet) == [50_000, 7_760_000]
    assert "samples" in sheet.warnings[0]


@pytest.mark.parametrize(("header", "samples"), [("Start (s)", 96_000), ("Start (ms)", 96), ("Start [frames]", 3_840)])
def test_the_header_names_the_unit(tmp_path: Path, header: str, samples: int) -> None:
    assert starts(read(tmp_path, f"{header},Name\n2,a\n")) == [samples]


def test_a_semicolon_is_the_sign_of_drop_frame_at_a_rate_that_has_it(tmp_path: Path) -> None:
    text = "In\n00:10:00;00\n"
    non_drop = Session(frame_rate="29.97")
    dropped = FrameRate.parse("29.97df").timecode_to_samples("00:10:00;00", 48_000)
    kept = FrameRate.parse("29.97").timecode_to_samples("00:10:00:00", 48_000)
    sheet = read(tmp_path, text, session=non_drop)
    assert starts(sheet) == [dropped]
    assert "29.97df" in sheet.warnings[0]
    assert starts(read(tmp_path, text, session=non_drop, frame_rate="29.97")) == [kept]
    assert starts(read(tmp_path, text.replace(";", ":"), session=non_drop)) == [kept]
    assert starts(read(tmp_path, text, session=FILM)) == [600 * 48_000]
    assert starts(read(tmp_path, "In\n01:10:00:00\n", session=NTSC)) == [
        FrameRate.parse("29.97df").timecode_to_samples("01:10:00;00", 48_000) - NTSC.start_samples
    ]


def test_time_is_rounded_once_and_a_tie_goes_late(tmp_path: Path) -> None:
    sheet = read(tmp_path, "Seconds\n0.000015625\n0.000046875\n0.0000468\n", session=Session(sample_rate=32_000))
    assert starts(sheet) == [1, 2, 1]  # half a sample, one and a half, and just less


def test_a_cue_before_the_request_is_a_bad_row(tmp_path: Path) -> None:
    sheet = read(tmp_path, "In\n01:00:01:23\n01:00:02:00\n", session=HOUR, position_samples=96_000)
    assert starts(sheet) == [0]
    assert bad(sheet) == {2: "It lies before the request begins, at 01:00:02:00."}


def test_the_day_ends_and_the_timeline_goes_on(tmp_path: Path) -> None:
    late = Session(frame_rate="25", start_timecode="23:59:00:00")
    sheet = read(tmp_path, "In,Out\n23:59:59:00,00:00:01:00\n00:00:30:00,\n", session=late)
    assert [(cue.start_samples, cue.length_samples) for cue in sheet.cues] == [(59 * 48_000, 96_000), (90 * 48_000, 0)]
