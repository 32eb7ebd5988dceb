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
from engine.stems.interchange.timeline import Lane, Timeline, clip_name, samples_of
from engine.timebase import round_late

MAX_EVENTS = 999
_DAY_HOURS = 24


def lanes(timeline: Timeline) -> tuple[Lane, ...]:
    """The lanes that are heard; what follows without a gap may meet in one frame, and goes to another lane."""
    return tuple(lane for lane in timeline.lanes(lambda stem: _frames_of(timeline, stem)) if lane.audible)


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
    first, last = _frames_of(timeline, stem)
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


def _frames_of(timeline: Timeline, stem: StemFile) -> tuple[int, int]:
    """The frames nearest to its first and last sample, from midnight, and one at least."""
    rate = timeline.session.frames.rate / timeline.sample_rate_hz
    first, last = (round_late((timeline.start_samples + sample) * rate) for sample in samples_of(stem))
    return first, max(first + 1, last)


def _ascii(text: str) -> str:
    return "".join(c if " " <= c <= "~" else "_" for c in text)
