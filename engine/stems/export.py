"""A finished job as a REAPER project: every stem on its track, at its sample.

Written as text after REAPER's own files; what REAPER does not need is left out, and REAPER fills it in.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.results import StemFile
from engine.session import Session
from engine.stems.folder import publish

_TIMECODE_MODE = 5  # ruler in hours:minutes:seconds:frames


def write_rpp(
    stems: Iterable[StemFile], mix: StemFile | None, session: Session, pans: dict[str, float], folder: Path, job_id: str
) -> Path:
    """Write ``<job>.rpp`` into ``folder``; stems are referred to by name, so the folder can move.

    Parameters
    ----------
    pans
        Event id to pan, -1 to 1.
    """
    text = project(stems, mix, session, pans)
    return publish(folder / f"{job_id}.rpp", job_id, lambda file: _write(file, text))


def _write(file: object, text: str) -> None:
    file.write(text.encode())  # type: ignore[attr-defined]


def project(stems: Iterable[StemFile], mix: StemFile | None, session: Session, pans: dict[str, float]) -> str:
    """The project's text. Takes of one event are takes of one item; the mix lies on a muted track at the end."""
    frames = session.frames
    start_seconds = session.start_samples / session.sample_rate
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        f"  SAMPLERATE {session.sample_rate} 1 0",
        f"  PROJOFFS {_seconds(start_seconds)} 0 {1 if start_seconds else 0}",
        f"  TIMEMODE 1 {_TIMECODE_MODE} -1 {frames.nominal} {1 if frames.rate.denominator != 1 else 0}"
        f" {1 if frames.drop_frame else 0} -1",
    ]
    tracks: dict[str, dict[str, list[StemFile]]] = {}
    for stem in sorted(stems, key=lambda s: (s.index, s.take)):
        tracks.setdefault(stem.track, {}).setdefault(stem.event, []).append(stem)
    for name, items in tracks.items():
        lines += _track(name, [_item(takes, pans.get(event, 0.0)) for event, takes in items.items()], muted=False)
    if mix is not None:
        lines += _track("Mix", [_item([mix], 0.0)], muted=True)
    return "\n".join([*lines, ">", ""])


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
        if number:
            lines.append("  TAKE")
        lines += [
            f"  NAME {quoted(take.label if len(takes) == 1 else f'{take.label} {take.take}')}",
            f"  VOLPAN 1 {pan:.6f} 1 -1",
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
    """A string as REAPER quotes it: with whichever quote it does not hold, else backticks."""
    clean = " ".join(text.split())
    for quote in ('"', "'", "`"):
        if quote not in clean:
            return f"{quote}{clean}{quote}"
    return "`" + clean.replace("`", "'") + "`"
