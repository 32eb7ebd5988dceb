"""Sheets that programs write: Pro Tools, EDLs of several editors, REAPER, and our own JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cuesheet_cases import FILM, NTSC, bad, labels, read, starts

from engine.errors import CueSheetUnreadable
from engine.session import Session
from engine.timebase import FrameRate

HEAD = """SESSION NAME:\tReel 1
SAMPLE RATE:\t48000.000000
BIT DEPTH:\t24-bit
SESSION START TIMECODE:\t00:59:57:00
TIMECODE FORMAT:\t23.976 Frame
# OF AUDIO TRACKS:\t2
# OF AUDIO CLIPS:\t2
# OF AUDIO FILES:\t0


"""
CLIPS = """T R A C K  L I S T I N G
TRACK NAME:\tFX Door (Stereo)
COMMENTS:\tspotted on Monday
USER DELAY:\t0 Samples
STATE: Solo
PLUG-INS: \tEQ3 7-Band
CHANNEL \tEVENT   \tCLIP NAME                     \tSTART TIME    \tEND TIME      \tDURATION      \tSTATE
1       \t1       \toak door slam-01              \t  01:00:10:00\t   01:00:11:12\t   00:00:01:12\tUnmuted
1       \t2       \t(fade out)                    \t  01:00:11:00\t   01:00:11:12\t   00:00:00:12\tUnmuted
1       \t3       \tno such frame                 \t  01:00:12:24\t   01:00:13:12\t   00:00:00:12\tUnmuted
1       \t4       \tnot heard                     \t  01:00:14:00\t   01:00:15:00\t   00:00:01:00\tMuted
2       \t1       \toak door slam-01              \t  01:00:10:00\t   01:00:11:12\t   00:00:01:12\tUnmuted


TRACK NAME:\tFoley
COMMENTS:\t
USER DELAY:\t0 Samples
STATE:
CHANNEL \tEVENT   \tCLIP NAME                     \tSTART TIME    \tEND TIME      \tDURATION      \tTIMESTAMP   \tSTATE
1       \t1       \tsteps.L             \t  01:00:20:00\t   01:00:21:00\t   00:00:01:00\t  01:00:00:00\tUnmuted


"""
MARKERS = """M A R K E R S  L I S T I N G
#   \tLOCATION     \tTIME REFERENCE    \tUNITS    \tNAME                             \tCOMMENTS
1   \t01:00:41:20  \t2154152           \tSamples  \tglass                            \tbreaks
2   \t 13|3        \t2154153           \tSamples  \tin beats                         \t
3   \t 13|3        \t960000            \tTicks    \tin ticks                         \t
"""
NEW_MARKERS = """M A R K E R S  L I S T I N G
#   \tLOCATION     \tTIME REFERENCE    \tUNITS    \tNAME             \tTRACK NAME         \tTRACK TYPE   \tCOMMENTS
1   \t01:00:41:20  \t2154152           \tSamples  \tglass            \tMarkers            \tRuler        \t
2   \t01:00:42:00  \t2158156           \tSamples  \tdoor             \tFX Door            \tTrack        \t
"""
FILM_RATE = FrameRate.parse("23.976")
PULLED = Session(frame_rate="23.976", start_timecode="00:59:57:00")
EDL = """TITLE: REEL 1
FCM: DROP FRAME

001  AX       V     C        00:00:00;00 00:00:01;00 01:00:10;00 01:00:11;00
* FROM CLIP NAME: DOOR SLAM
* SOURCE FILE: a.mov
002  AX       V     C        00:00:00;00 00:00:01;00 01:00:12;00
* FROM CLIP NAME: NO RECORD OUT
003  A001     A2    C        00:00:00:00 00:00:00:00 01:00:13:00 01:00:13:00
003  AX       V     D    010 00:00:00;00 00:00:01;00 01:00:13;00 01:00:14;00
* COMMENT: hello
004  BL       V     C        00:00:00;00 00:00:01;00 01:00:14;00 01:00:15;00
005  DOORS    AA/V  C        00:00:00:00 00:00:01:00 01:01:00:00 01:01:01:00
006  DOORS    AA/V  C        00:00:00:00 00:00:01:00 01:00:10:15 01:00:11:15
* LOC: 01:00:10:20 RED     glass breaks
M2   DOORS          047.9                00:00:00:00
007  001      V     C        01:00:30:00 01:00:30:01 01:00:30:00 01:00:30:01
 |C:ResolveColorBlue |M:Marker seven |D:1
"""


def at(timecode: str, session: Session) -> int:
    return session.frames.timecode_to_samples(timecode, session.sample_rate) - session.start_samples


def test_pro_tools_clips_and_markers(tmp_path: Path) -> None:
    sheet = read(tmp_path, HEAD + CLIPS + MARKERS, session=PULLED)
    assert [(cue.label, cue.track) for cue in sheet.cues] == [
        ("oak door slam", "FX Door"),
        ("steps", "Foley"),
        ("glass", ""),
        ("in beats", ""),
    ]
    assert starts(sheet) == [at("01:00:10:00", PULLED), at("01:00:20:00", PULLED), 2_154_152, 2_154_153]
    assert sheet.cues[0].length_samples == 36 * 2_002
    assert list(bad(sheet)) == [20, 37]
    assert "out of range at 23.976" in bad(sheet)[20]
    assert "bars and beats" in bad(sheet)[37]
    assert sheet.warnings == (
        "Fades are no cues: 1 left out.",
        "Muted clips are not heard: 1 left out.",
        "Second channels repeat the first: 1 left out.",
    )


def test_pro_tools_own_rate_and_start_win_over_the_sessions(tmp_path: Path) -> None:
    other = Session(frame_rate="25", start_timecode="00:59:00:00")
    absolute = FILM_RATE.timecode_to_samples("00:59:57:00", 48_000) + 2_154_152
    sheet = read(tmp_path, HEAD + MARKERS, session=other)
    assert sheet.cues[0].start_samples == absolute - other.start_samples
    asked = read(tmp_path, HEAD + MARKERS, session=other, frame_rate="24")
    assert "read at 24, as asked" in asked.warnings[0]


def test_pro_tools_samples_are_of_its_own_sample_rate(tmp_path: Path) -> None:
    session = Session(sample_rate=96_000, frame_rate="23.976", start_timecode="00:59:57:00")
    assert starts(read(tmp_path, HEAD + MARKERS, session=session))[0] == 2 * 2_154_152


def test_pro_tools_markers_on_tracks(tmp_path: Path) -> None:
    sheet = read(tmp_path, HEAD + NEW_MARKERS, session=PULLED)
    assert [(cue.id, cue.label, cue.track) for cue in sheet.cues] == [("1", "glass", ""), ("2", "door", "FX Door")]


@pytest.mark.parametrize(
    ("start", "end", "samples", "length"),
    [
        ("480000", "528000", 480_000, 48_000),
        ("0:10.500", "0:11.000", 504_000, 24_000),
        ("4800", "9600", 4_800, 4_800),
        ("75:10.500", "75:11.000", 216_504_000, 24_000),
        ("15+00", "16+08", 480_480, 48_048),
    ],
)
def test_pro_tools_other_time_scales_count_from_its_start(
    tmp_path: Path, start: str, end: str, samples: int, length: int
) -> None:
    text = CLIPS[CLIPS.index("TRACK NAME:\tFoley") :].replace("01:00:20:00", start).replace("01:00:21:00", end)
    cue = read(tmp_path, HEAD + text, session=PULLED).cues[-1]
    assert (cue.start_samples, cue.length_samples) == (samples, length)


@pytest.mark.parametrize(
    ("words", "rate"),
    [
        *(("29.97 Drop Frame", "29.97df"), ("29.97 Frame", "29.97"), ("59.94 Drop Frame", "59.94df")),
        *(("23.976 Frame", "23.976"), ("25 Frame", "25"), ("30 Frame", "30"), ("24 Frame", "24")),
    ],
)
def test_pro_tools_timecode_formats(tmp_path: Path, words: str, rate: str) -> None:
    text = HEAD.replace("23.976 Frame", words).replace("00:59:57:00", "01:00:00:00") + MARKERS[:220].split("\n1 ")[0]
    text += "\n1\t01:10:00:10\t\tSamples\tdoor\t\n"
    sheet = read(tmp_path, text, session=Session(frame_rate="25"))
    assert starts(sheet) == [FrameRate.parse(rate).timecode_to_samples("01:10:00:10", 48_000)]


def test_a_timecode_format_that_is_not_known_is_said(tmp_path: Path) -> None:
    sheet = read(tmp_path, HEAD.replace("23.976 Frame", "30 Drop Frame") + MARKERS, session=PULLED)
    assert "'30 Drop Frame', is not one that is known" in sheet.warnings[0]


def test_an_edl_and_its_bad_events(tmp_path: Path) -> None:
    sheet = read(tmp_path, EDL, session=NTSC)
    assert [(cue.id, cue.label) for cue in sheet.cues] == [
        ("001", "DOOR SLAM"),
        ("003", "hello"),
        ("006", "DOORS"),
        ("r15", "glass breaks"),
        ("007", "Marker seven"),
    ]
    times = ("01:00:10;00", "01:00:13;00", "01:00:10;15", "01:00:10;20", "01:00:30;00")
    assert starts(sheet) == [at(time, NTSC) for time in times]
    assert [cue.length_samples > 0 for cue in sheet.cues] == [True, True, True, False, False]
    assert list(bad(sheet)) == [7, 13]
    assert "ends in four timecodes" in bad(sheet)[7]
    assert "its number is dropped" in bad(sheet)[13]


def test_an_edl_says_whether_it_drops_numbers(tmp_path: Path) -> None:
    event = "001  AX  V  C  00:00:00:00 00:00:01:00 01:10:00:00 01:10:01:00\n"
    for words, rate in (("DROP FRAME", "29.97df"), ("NON-DROP FRAME", "29.97")):
        for session_rate in ("29.97", "29.97df"):
            session = Session(frame_rate=session_rate)
            sheet = read(tmp_path, f"TITLE: x\nFCM: {words}\n{event}", session=session)
            assert starts(sheet) == [FrameRate.parse(rate).timecode_to_samples("01:10:00:00", 48_000)]
            assert bool(sheet.warnings) == (session_rate != rate)
    assert starts(read(tmp_path, f"TITLE: x\nFCM: DROP FRAME\n{event}", session=FILM)) == [4_200 * 48_000]


def test_an_edl_without_a_head(tmp_path: Path) -> None:
    sheet = read(tmp_path, "001  AX  V  C  00:00:00:00 00:00:01:00 00:00:04:00 00:00:05:00\n")
    assert starts(sheet) == [192_000]


def test_lines_between_an_event_and_its_remarks_are_passed_over(tmp_path: Path) -> None:
    event = "001  AX  V  C  00:00:00:00 00:00:01:00 00:00:04:00 00:00:05:00\n"
    sheet = read(tmp_path, f"TITLE: x\n{event}AUD   3\n\n* FROM CLIP NAME: door\n3 knocks at it |C:Blue |M: |D:1\n")
    assert [(cue.label, cue.start_samples) for cue in sheet.cues] == [("door", 192_000)]


def test_a_table_with_numbers_and_a_title_is_no_edl(tmp_path: Path) -> None:
    rows = "1\t00:00:04:00\t00:00:05:00\tDoor slams\n2\t00:00:06:00\t00:00:07:00\tCup\n"
    assert labels(read(tmp_path, rows)) == ["Door slams", "Cup"]
    assert labels(read(tmp_path, f"TITLE: Reel 1\n#\tIn\tOut\tWhat\n{rows}")) == ["Door slams", "Cup"]


def test_reaper_regions_and_markers_as_a_table(tmp_path: Path) -> None:
    head = "#,Name,Start,End,Length,Color\n"
    clock = read(tmp_path, head + "M1,door,0:04.500,,,FF0000\nR2,rain,1:02:03.250,1:02:04.250,0:01.000,\n")
    assert [(c.id, c.label, c.start_samples, c.length_samples) for c in clock.cues] == [
        ("M1", "door", 216_000, 0),
        ("R2", "rain", 178_716_000, 48_000),
    ]
    timecode = read(tmp_path, head + "M1,door,00:00:04:12,,,\nM2,x,7.1.00,,,\n")
    assert starts(timecode) == [215_040]
    assert "bars and beats" in bad(timecode)[3]


def test_a_reaper_project(tmp_path: Path) -> None:
    text = """<REAPER_PROJECT 0.1 "7.0/win64" 1
  TEMPO 130 4 4
  MARKER 1 0.25 "door slam" 0 0 1 R {X} 0
  MARKER 2 12.5 Intro 1 0 1 R {B} 0
  MARKER 2 13.5 "" 1
  MARKER 3 soon `it's "late"` 0
  MARKER 4 1.00001041666666667 'x' 0
  <NOTES
    |MARKER 9 9 "no"
  >
>
"""
    sheet = read(tmp_path, text, session=Session(start_timecode="01:00:00:00"))
    assert [(c.id, c.label, c.start_samples, c.length_samples) for c in sheet.cues] == [
        ("M1", "door slam", 12_000, 0),
        ("R2", "Intro", 600_000, 48_000),
        ("M4", "x", 48_001, 0),
    ]
    assert list(bad(sheet)) == [6]


def test_the_answer_of_a_spot_job(tmp_path: Path) -> None:
    cues = [
        {"time_seconds": 1.5, "length_seconds": 0.25, "kind": "step", "strength": 0.12345678901234568, "x": 0.1},
        {"time_seconds": 1e-05, "label": "at once"},
        {"time_seconds": -1},
        "not a cue",
        {"length_seconds": 1},
    ]
    sheet = read(tmp_path, json.dumps({"cues": cues}), session=NTSC, position_samples=48_000)
    assert starts(sheet) == [72_000, 0]
    first = sheet.cues[0]
    assert (first.length_samples, first.kind, first.strength, first.x) == (12_000, "step", 0.12345678901234568, 0.1)
    assert list(bad(sheet)) == [3, 4, 5]


@pytest.mark.parametrize(
    "text", ['{"cues": 5}', "{}", '{"cues": [}', "[" * 100_000 + "]", '["\\ud800"]', "[1e999999999]"]
)
def test_json_that_holds_no_cues(tmp_path: Path, text: str) -> None:
    with pytest.raises(CueSheetUnreadable):
        read(tmp_path, text)


def test_json_longer_than_any_cues_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(CueSheetUnreadable, match="longer than"):
        read(tmp_path, '["' + "x" * 2**23 + '"]')


def test_labels_of_all_formats_are_on_one_line(tmp_path: Path) -> None:
    assert labels(read(tmp_path, '[{"start_samples": 1, "label": "a\\n b\\u0000c"}]')) == ["a b c"]
