"""A timeline as edit decision lists, CMX3600: one list a lane, because events of one list may not overlap.

A list counts frames only. Record-in is the frame nearest to the file's first sample, and source-in is the timecode that
the file carries itself (its BWF TimeReference), which is the same; what the frame leaves over is written as a remark.
Written here and not by a general library: those write picture, and at most two tracks of sound.

Source: CMX 3600 edit list format, as SMPTE RP 191 and the NLEs have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from engine.errors import BadArgument
from engine.results import StemFile
from engine.stems.interchange.timeline import Lane, Timeline, clip_name, end_of
from engine.timebase import round_late

MAX_EVENTS = 999
_DAY_HOURS = 24


def edit_list(timeline: Timeline, lane: Lane) -> str:
    """The list of one lane.

    Raises
    ------
    BadArgument
        When it has more events than a list may have, or runs past midnight.
    """
    if len(lane.clips) > MAX_EVENTS:
        raise BadArgument(
            f"{lane.name!r} has {len(lane.clips):,} sounds and an EDL takes {MAX_EVENTS}: use AAF or OTIO.",
            field="format",
        )
    frames = timeline.session.frames
    mode = "DROP FRAME" if frames.drop_frame else "NON-DROP FRAME"
    lines = [f"TITLE: {_ascii(f'{lane.name}, {timeline.title}')[:70].strip()}", f"FCM: {mode}", ""]
    for number, stem in enumerate(lane.clips, start=1):
        lines += _event(timeline, number, stem)
    return "\n".join([*lines, ""])


def _event(timeline: Timeline, number: int, stem: StemFile) -> Iterator[str]:
    frames, rate = timeline.session.frames, timeline.sample_rate_hz
    first = frame_of(timeline, stem.position_samples)
    last = max(first + 1, frame_of(timeline, end_of(stem)))
    if Fraction(last) / frames.rate > _DAY_HOURS * 3_600 + 1:
        raise BadArgument(f"{clip_name(stem)!r} ends past 24:00:00:00, which an EDL cannot say.", field="format")
    begin, end = frames.frames_to_timecode(first), frames.frames_to_timecode(last)
    reel = f"CW{stem.sha256[:6].upper()}"
    channels = "AA" if stem.channels > 1 else "A"
    yield f"{number:03d}  {reel:<8} {channels:<5} C        {begin} {end} {begin} {end}"
    yield f"* FROM CLIP NAME: {_ascii(clip_name(stem))}"
    yield f"* SOURCE FILE: {Path(stem.path).name}"
    left = timeline.start_samples + stem.position_samples - frames.frames_to_samples(first, rate)
    if left:
        yield f"* CUEWRIGHT: {left:+d} SAMPLES FROM THIS FRAME"


def frame_of(timeline: Timeline, samples: int) -> int:
    """The frame nearest to a sample of the timeline, from midnight."""
    return round_late((timeline.start_samples + samples) * timeline.session.frames.rate / timeline.sample_rate_hz)


def _ascii(text: str) -> str:
    return "".join(c if " " <= c <= "~" else "_" for c in text)
