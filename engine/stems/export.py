"""A finished job as a REAPER project: every stem on its track, at its sample.

Written as text after REAPER's own files; what REAPER does not need is left out, and REAPER fills it in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.cue import Cue
from engine.picture import Picture
from engine.plan import Plan
from engine.results import StemFile
from engine.session import Session
from engine.stems.folder import publish_text
from engine.stems.naming import beside_name
from engine.timebase import FrameRate

_TIMECODE_MODE = 5  # ruler in hours:minutes:seconds:frames
_MONO_CENTRE = math.sqrt(0.5)


def _frame_kind(frames: FrameRate) -> int:
    """REAPER writes whole frames, and beside them what is meant: 0 just that, 1 drop-frame, 2 the 1000/1001 of it."""
    if frames.drop_frame:
        return 1
    return 0 if frames.rate.denominator == 1 else 2


def write_rpp(stems: Iterable[StemFile], mix: StemFile | None, plan: Plan, folder: Path, job_id: str) -> Path:
    """Write ``<job>.rpp`` into ``folder``; stems are referred to by name, so the folder can move.

    The plan's cues are its markers (spans are regions), and its picture lies at its place, read where it is.
    """
    pans = {event.id: event.pan for event in plan.events}
    extras = [*_markers(plan.cues, plan), *(_picture(plan.picture, plan) if plan.picture else [])]
    return publish_text(
        folder / beside_name(job_id, ".rpp"), job_id, project(stems, mix, plan.session, pans, extras=extras)
    )


def project(
    stems: Iterable[StemFile],
    mix: StemFile | None,
    session: Session,
    pans: dict[str, float],
    *,
    extras: Iterable[str] = (),
) -> str:
    """The project's text. Takes of one event are takes of one item; the mix lies on a muted track at the end.

    Parameters
    ----------
    pans
        Event id to pan, -1 to 1.
    extras
        Lines before the first track.
    """
    frames = session.frames
    start = session.start_samples / session.sample_rate
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        f"  SAMPLERATE {session.sample_rate} 1 0",
        f"  PROJOFFS {_seconds(start)} 0 0",
        f"  TIMEMODE 1 {_TIMECODE_MODE} -1 {frames.nominal} {_frame_kind(frames)} 0 -1",
        "  TIMELOCKMODE 0",  # items keep their time, not their beat, when the tempo changes
        "  PANLAW 1",
        *extras,
    ]
    tracks: dict[str, dict[str, list[StemFile]]] = {}
    for stem in sorted(stems, key=lambda s: (s.index, s.take)):
        tracks.setdefault(stem.track, {}).setdefault(stem.event, []).append(stem)
    for name, items in tracks.items():
        lines += _track(name, [_item(takes, pans.get(event, 0.0)) for event, takes in items.items()], muted=False)
    if mix is not None:
        lines += _track("Mix", [_item([mix], 0.0)], muted=True)
    return "\n".join([*lines, ">", ""])


def _markers(cues: Iterable[Cue], plan: Plan) -> Iterator[str]:
    rate = plan.session.sample_rate
    for number, cue in enumerate(cues, start=1):
        start = plan.position_samples + cue.start_samples
        is_region = int(cue.length_samples > 0)
        yield f"  MARKER {number} {_seconds(start / rate)} {quoted(cue.label or cue.kind)} {is_region}"
        if is_region:
            yield f'  MARKER {number} {_seconds((start + cue.length_samples) / rate)} "" 1'


def _picture(picture: Picture, plan: Plan) -> list[str]:
    if not picture.path.isprintable():  # a line break in it would write lines of its own
        return _track("Picture left out: its path holds a line break", [], muted=True)
    rate = plan.session.sample_rate
    item = [
        "<ITEM",
        f"  POSITION {_seconds(plan.position_samples / rate)}",
        f"  LENGTH {_seconds(plan.length_samples / rate)}",
        "  LOOP 0",
        f"  NAME {quoted(Path(picture.path).name)}",
        f"  SOFFS {_seconds(picture.offset_seconds)}",
        f"  PLAYRATE {picture.play_rate:.12g} 0 0 -1",
        "  <SOURCE VIDEO",
        f"    FILE {_in_quotes(picture.path)}",  # as it is: two spaces in a path are two
        "  >",
        ">",
    ]
    return _track("Picture", [item], muted=True)


def _track(name: str, items: list[list[str]], *, muted: bool) -> list[str]:
    return [
        "  <TRACK",
        f"    NAME {quoted(name)}",
        f"    MUTESOLO {int(muted)} 0 0",
        *(f"    {line}" for item in items for line in item),
        "  >",
    ]


def _item(takes: list[StemFile], pan: float) -> list[str]:
    """Takes lead in by different lengths; the item begins with the latest, so that every offset is inside its file."""
    rate = takes[0].sample_rate_hz
    begin = max(take.position_samples for take in takes)
    end = max(take.position_samples + take.length_samples for take in takes)
    lines = [
        "<ITEM",
        f"  POSITION {_seconds(begin / rate)}",
        f"  LENGTH {_seconds((end - begin) / rate)}",
        "  LOOP 0",
        "  FADEIN 1 0 0 1 0 0 0",
        "  FADEOUT 1 0 0 1 0 0 0",
    ]
    for number, take in enumerate(takes):
        # Mono lies 3 dB lower in the centre, stereo is balanced: as in the mix.
        law = _MONO_CENTRE if take.channels == 1 else 1.0
        volume = f"{pan:.6f} 1 {law:.14f}"
        if number:
            lines.append("  TAKE")
        lines += [
            f"  NAME {quoted(take.label if len(takes) == 1 else f'{take.label} {take.take}')}",
            f"  TAKEVOLPAN {volume}" if number else f"  VOLPAN 1 {volume}",
            f"  SOFFS {_seconds((begin - take.position_samples) / rate)}",
            "  <SOURCE WAVE",
            f"    FILE {quoted(Path(take.path).name)}",
            "  >",
        ]
    return [*lines, ">"]


def _seconds(value: float) -> str:
    """With digits enough that the nearest sample is the right one, also after 24 hours at 192 kHz."""
    return f"{value:.12f}".rstrip("0").rstrip(".") or "0"


def quoted(text: str) -> str:
    """A string as REAPER quotes it, on one line: with whichever quote it does not hold, else backticks."""
    return _in_quotes(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


def _in_quotes(clean: str) -> str:
    for quote in ('"', "'", "`"):
        if quote not in clean:
            return f"{quote}{clean}{quote}"
    return "`" + clean.replace("`", "'") + "`"
