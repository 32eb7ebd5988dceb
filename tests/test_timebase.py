"""Exact time: the field's known vectors, and round trips."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadArgument
from engine.timebase import FrameRate, round_late, seconds_to_samples

RATES = ["23.976", "24", "25", "29.97", "29.97df", "30", "47.952", "50", "59.94", "59.94df", "60"]


@pytest.mark.parametrize(
    ("rate", "timecode", "samples"),
    [
        ("24", "01:00:00:00", 172_800_000),
        ("25", "01:00:00:00", 172_800_000),
        ("30", "01:00:00:00", 172_800_000),
        ("23.976", "01:00:00:00", 172_972_800),
        ("29.97", "01:00:00:00", 172_972_800),
        ("29.97df", "01:00:00;00", 172_799_827),  # 172 799 827.2, rounded once
        ("23.976", "01:02:10:12", 179_243_064),
    ],
)
def test_known_timecodes_at_48k(rate: str, timecode: str, samples: int) -> None:
    assert FrameRate.parse(rate).timecode_to_samples(timecode, 48_000) == samples


@pytest.mark.parametrize(
    ("rate", "samples"), [("23.976", 2002), ("24", 2000), ("25", 1920), ("29.97", 1602), ("30", 1600)]
)
def test_one_frame_at_48k(rate: str, samples: int) -> None:
    assert FrameRate.parse(rate).frames_to_samples(1, 48_000) == samples


def test_frames_never_accumulate_rounding() -> None:
    assert FrameRate.parse("29.97").frames_to_samples(5, 48_000) == 8008  # 5 x 1601.6, not 5 x 1602


@given(st.sampled_from(RATES), st.integers(0, 24 * 3600 * 23))
def test_timecode_round_trip(rate: str, frames: int) -> None:
    frame_rate = FrameRate.parse(rate)
    assert frame_rate.timecode_to_frames(frame_rate.frames_to_timecode(frames)) == frames


@pytest.mark.parametrize("rate", RATES)
def test_rate_round_trip(rate: str) -> None:
    assert FrameRate.parse(str(FrameRate.parse(rate))) == FrameRate.parse(rate)


@pytest.mark.parametrize(
    ("timecode", "next_timecode"), [("00:00:59;29", "00:01:00;02"), ("00:09:59;29", "00:10:00;00")]
)
def test_drop_frame_skips_numbers_but_not_each_tenth_minute(timecode: str, next_timecode: str) -> None:
    rate = FrameRate.parse("29.97df")
    assert rate.frames_to_timecode(rate.timecode_to_frames(timecode) + 1) == next_timecode


@pytest.mark.parametrize(
    "timecode", ["00:01:00;00", "1:2", "00:60:00:00", "00:00:00:30", "24:00:00:00", "", "-1:00:00:00"]
)
def test_bad_timecodes_are_refused(timecode: str) -> None:
    with pytest.raises(BadArgument) as caught:
        FrameRate.parse("29.97df").timecode_to_frames(timecode)
    assert caught.value.field == "timecode"


@pytest.mark.parametrize("rate", ["", "0", "-25", "fast", "25/0", "1001", "24df", "nan", "inf"])
def test_bad_rates_are_refused(rate: str) -> None:
    with pytest.raises(BadArgument) as caught:
        FrameRate.parse(rate)
    assert caught.value.field == "frame_rate"


def test_a_tie_goes_late() -> None:
    assert [round_late(Fraction(n, 2)) for n in (-3, -1, 1, 3)] == [-1, 0, 1, 2]


@given(st.integers(0, 10**6), st.sampled_from([44_100, 48_000, 96_000]))
def test_decimal_seconds_are_taken_as_typed(milliseconds: int, rate: int) -> None:
    exact = round_late(Fraction(milliseconds, 1000) * rate)
    assert seconds_to_samples(float(f"{milliseconds / 1000:.3f}"), rate) == exact
