"""Written and read again, a cue lies on the same sample: every format, frame rate and sample rate."""

from __future__ import annotations

import random
import warnings
from pathlib import Path
from typing import get_args

import pytest
from cuesheet_cases import read, starts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cue import Cue
from engine.errors import BadArgument
from engine.planning.cuesheet import SheetFormat, write_sheet
from engine.session import Session
from engine.timebase import FrameRate

FORMATS: tuple[SheetFormat, ...] = get_args(SheetFormat)
RATES = ("23.976", "24", "25", "29.97df", "29.97", "30", "50", "59.94", "59.94df")
LABELS = ("oak door slam", 'a 12" pan; "hit"', "=SUM(A1)", "Tür, knallt", "x")
EVERY_SAMPLE: tuple[SheetFormat, ...] = ("csv", "tsv", "xlsx", "protools", "reaper", "json")


def on_frames(session: Session, position_samples: int, seed: int) -> list[Cue]:
    """Cues whose starts and ends lie on frames, all over the hours after the position."""
    draw = random.Random(seed)
    rate, first = session.frames, session.start_samples + position_samples
    frame = rate.timecode_to_frames(session.start_timecode) + 1_000
    cues = []
    for number in range(24):
        begin = frame + draw.randrange(300_000)
        start, end = (rate.frames_to_samples(f, session.sample_rate) for f in (begin, begin + draw.choice((0, 2, 50))))
        cues.append(
            Cue(
                id=f"q{number}",
                start_samples=start - first,
                length_samples=end - start,
                label=LABELS[number % len(LABELS)],
                track="FX_DOOR",
                kind="step",
                strength=0.25,
                x=0.125,
                size=0.5,
                shot=3,
                origin="sheet",
            )
        )
    return cues


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("sample_rate", [48_000, 44_100])
@pytest.mark.parametrize("rate", RATES)
def test_a_cue_on_a_frame_comes_back_on_its_sample(
    tmp_path: Path, rate: str, sample_rate: int, form: SheetFormat
) -> None:
    for start in ("00:00:00:00", "01:00:00:00", "23:30:00:00"):  # the last one passes midnight
        session = Session(sample_rate=sample_rate, frame_rate=rate, start_timecode=start)
        position = (
            session.frames.frames_to_samples(session.frames.timecode_to_frames(start) + 700, sample_rate)
            - session.start_samples
        )
        cues = on_frames(session, position, seed=7)
        data = write_sheet(cues, form, session=session, position_samples=position)
        sheet = read(tmp_path, data, session=session, position_samples=position)
        assert starts(sheet) == [cue.start_samples for cue in cues]
        assert sheet.bad_rows == ()
        assert [cue.label for cue in sheet.cues] == [cue.label for cue in cues]
        if form != "protools":  # its markers have no length
            assert [cue.length_samples for cue in sheet.cues] == [cue.length_samples for cue in cues]


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx", "json"])
def test_a_table_keeps_every_field(tmp_path: Path, form: SheetFormat) -> None:
    session = Session(frame_rate="24")
    cues = on_frames(session, 0, seed=1)
    sheet = read(tmp_path, write_sheet(cues, form, session=session, position_samples=0), session=session)
    assert [cue.model_copy(update={"row": None}) for cue in sheet.cues] == cues


@pytest.mark.parametrize("form", EVERY_SAMPLE)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.integers(0, 2**31), min_size=1, max_size=8),
    rate=st.sampled_from(RATES),
    sample_rate=st.sampled_from([44_100, 48_000, 96_000]),
    start=st.sampled_from(["00:00:00:00", "01:00:00:00", "09:59:59:10"]),
    position=st.integers(0, 10**7),
)
def test_formats_that_count_samples_give_back_every_cue(
    tmp_path: Path, form: SheetFormat, times: list[int], rate: str, sample_rate: int, start: str, position: int
) -> None:
    session = Session(sample_rate=sample_rate, frame_rate=rate, start_timecode=start)
    cues = [Cue(id=f"q{i}", start_samples=time // 4, label="tick") for i, time in enumerate(times)]
    data = write_sheet(cues, form, session=session, position_samples=position)
    sheet = read(tmp_path, data, session=session, position_samples=position)
    assert starts(sheet) == [cue.start_samples for cue in cues]


def test_an_edited_timecode_wins_over_the_count_of_samples(tmp_path: Path) -> None:
    session = Session(frame_rate="25")
    cue = Cue(id="q", start_samples=48_000 + 700, length_samples=9_600)
    text = write_sheet([cue], "csv", session=session, position_samples=0).decode("utf-8-sig")
    assert "00:00:01:00,00:00:01:05" in text
    moved = text.replace("00:00:01:00,00:00:01:05", "00:00:01:01,00:00:01:06")
    assert starts(read(tmp_path, text, session=session)) == [48_700]
    assert [(c.start_samples, c.length_samples) for c in read(tmp_path, moved, session=session).cues] == [
        (49_920, 9_600)
    ]


def test_an_edl_takes_the_nearest_frame_and_a_tie_goes_late(tmp_path: Path) -> None:
    session = Session(frame_rate="25")
    cues = [Cue(id=f"q{i}", start_samples=s) for i, s in enumerate((959, 960, 2_879, 2_880))]
    data = write_sheet(cues, "edl", session=session, position_samples=0)
    assert starts(read(tmp_path, data, session=session)) == [0, 1_920, 1_920, 3_840]


@pytest.mark.parametrize("rate", ["23.976", "24", "25", "29.97df", "29.97", "50"])
def test_another_program_reads_the_same_times_from_the_edl(rate: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import opentimelineio as otio

        session = Session(frame_rate=rate, start_timecode="01:00:00:00")
        frames = (0, 30, 1_799, 1_800, 17_982, 40_000)
        at = [session.frames.timecode_to_frames(session.start_timecode) + frame for frame in frames]
        cues = [
            Cue(
                id=f"q{i}",
                start_samples=session.frames.frames_to_samples(f, 48_000) - session.start_samples,
                label=f"hit {i}",
            )
            for i, f in enumerate(at)
        ]
        text = write_sheet(cues, "edl", session=session, position_samples=0).decode()
        timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(session.frames.rate))
        clips = list(timeline.find_clips())
        assert [clip.name for clip in clips] == [cue.label for cue in cues]
        assert [round(clip.range_in_parent().start_time.value) for clip in clips] == list(frames)
        assert [round(clip.duration().value) for clip in clips] == [1] * len(clips)  # no shorter event exists


def test_a_sheet_at_another_frame_rate_than_the_sessions(tmp_path: Path) -> None:
    session = Session(frame_rate="25", start_timecode="01:00:00:00")
    rate = FrameRate.parse("23.976")
    cues = [Cue(id="q", start_samples=172_800_000)]
    for form in ("csv", "xlsx", "protools", "json"):
        data = write_sheet(cues, form, session=session, position_samples=5, frame_rate=rate)  # type: ignore[arg-type]
        assert starts(read(tmp_path, data, session=session, position_samples=5, frame_rate="23.976")) == [172_800_000]


def test_json_goes_to_another_sample_rate_and_position(tmp_path: Path) -> None:
    session = Session(sample_rate=48_000)
    data = write_sheet([Cue(id="q", start_samples=24_000)], "json", session=session, position_samples=48_000)
    assert starts(read(tmp_path, data, session=Session(sample_rate=96_000), position_samples=96_000)) == [48_000]
    assert starts(read(tmp_path, data, session=session, position_samples=0)) == [72_000]


def test_the_suffix_names_the_format() -> None:
    cues = [Cue(id="q", start_samples=0)]
    session = Session()
    for path, begins in {
        "a.TXT": b"SESSION NAME",
        "a.xlsx": b"PK",
        "a.csv": b"\xef\xbb\xbfCue",
        "a.edl": b"TITLE",
    }.items():
        assert write_sheet(cues, Path(path), session=session, position_samples=0).startswith(begins)
    with pytest.raises(BadArgument, match="not a format of cue sheets"):
        write_sheet(cues, Path("a.doc"), session=session, position_samples=0)
