"""A timeline as a REAPER project: every stem on its track, at its sample, takes as takes.

Written as text after REAPER's own files; what REAPER does not need is left out, and REAPER fills it in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.results import StemFile
from engine.stems.interchange.timeline import Marker, PlacedPicture, Timeline, plain_name
from engine.timebase import FrameRate

_TIMECODE_MODE = 5  # ruler in hours:minutes:seconds:frames
_MONO_CENTRE = math.sqrt(0.5)


def project(timeline: Timeline, folder: Path) -> str:
    """The project's text. Takes of one event are takes of one item; the mix lies on a muted track at the end.

    Cues are markers (spans are regions), and the picture lies at its place, read where it is. Stems in ``folder`` or
    below are named from there, so that the whole can move.
    """
    rate = timeline.sample_rate_hz
    frames = timeline.session.frames
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        f"  SAMPLERATE {rate} 1 0",
        f"  PROJOFFS {_seconds(timeline.start_samples / rate)} 0 0",
        f"  TIMEMODE 1 {_TIMECODE_MODE} -1 {frames.nominal} {_frame_kind(frames)} 0 -1",
        "  TIMELOCKMODE 0",  # items keep their time, not their beat, when the tempo changes
        "  PANLAW 1",
        *_markers(timeline.markers, rate),
        *(_picture(timeline.picture, rate) if timeline.picture else ()),
    ]
    tracks: dict[str, dict[str, list[StemFile]]] = {}
    for stem in timeline.stems:
        tracks.setdefault(stem.track, {}).setdefault(stem.event, []).append(stem)
    for name, items in tracks.items():
        lines += _track(name, [_item(takes, folder) for takes in items.values()], muted=False)
    if timeline.mix is not None:
        lines += _track("Mix", [_item([timeline.mix], folder)], muted=True)
    return "\n".join([*lines, ">", ""])


def _frame_kind(frames: FrameRate) -> int:
    """REAPER writes whole frames, and beside them what is meant: 0 just that, 1 drop-frame, 2 the 1000/1001 of it."""
    if frames.drop_frame:
        return 1
    return 0 if frames.rate.denominator == 1 else 2


def _markers(markers: Iterable[Marker], rate: int) -> Iterator[str]:
    for number, marker in enumerate(markers, start=1):
        is_region = int(marker.length_samples > 0)
        yield f"  MARKER {number} {_seconds(marker.start_samples / rate)} {quoted(marker.name)} {is_region}"
        if is_region:
            yield f'  MARKER {number} {_seconds((marker.start_samples + marker.length_samples) / rate)} "" 1'


def _picture(placed: PlacedPicture, rate: int) -> list[str]:
    picture = placed.picture
    if not picture.path.isprintable():  # a line break in it would write lines of its own
        return _track("Picture left out: its path holds a line break", [], muted=True)
    item = [
        "<ITEM",
        f"  POSITION {_seconds(placed.start_samples / rate)}",
        f"  LENGTH {_seconds(placed.length_samples / rate)}",
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


def _item(takes: list[StemFile], folder: Path) -> list[str]:
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
        volume = f"{take.pan:.6f} 1 {law:.14f}"
        if number:
            lines.append("  TAKE")
        lines += [
            f"  NAME {quoted(take.label if len(takes) == 1 else f'{take.label} {take.take}')}",
            f"  TAKEVOLPAN {volume}" if number else f"  VOLPAN 1 {volume}",
            f"  SOFFS {_seconds((begin - take.position_samples) / rate)}",
            "  <SOURCE WAVE",
            f"    FILE {_in_quotes(_name_of(Path(take.path), folder))}",
            "  >",
        ]
    return [*lines, ">"]


def _name_of(path: Path, folder: Path) -> str:
    """From the project's folder where it lies there or below."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _seconds(value: float) -> str:
    """With digits enough that the nearest sample is the right one, also after 24 hours at 192 kHz."""
    return f"{value:.12f}".rstrip("0").rstrip(".") or "0"


def quoted(text: str) -> str:
    """A string as REAPER quotes it, on one line: with whichever quote it does not hold, else backticks."""
    return _in_quotes(plain_name(text))


def _in_quotes(clean: str) -> str:
    for quote in ('"', "'", "`"):
        if quote not in clean:
            return f"{quote}{clean}{quote}"
    return "`" + clean.replace("`", "'") + "`"
