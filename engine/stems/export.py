"""Writing a finished job for other DAWs: which formats there are, and the files they become.

Every file is new: one that stands there already, with other bytes, keeps its name.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from engine.errors import BadArgument, DependencyMissing
from engine.model import Model
from engine.plan import Plan
from engine.results import StemFile
from engine.stems.folder import make_folder, publish, publish_text, translating
from engine.stems.interchange import timeline as timelines
from engine.stems.interchange.aaf_media import EMBEDDABLE
from engine.stems.interchange.timeline import Timeline
from engine.stems.manifest import read_manifest
from engine.stems.naming import beside_name, block

Format = Literal["rpp", "aaf", "otio", "edl", "dawproject"]
FORMATS: tuple[Format, ...] = get_args(Format)
_NEEDS = {"aaf": "aaf2", "otio": "opentimelineio"}
_WITHOUT_MUTE = ("aaf", "edl")


class Exported(Model):
    """What was written."""

    files: tuple[str, ...] = Field(description="Paths, absolute.")
    notes: tuple[str, ...] = Field((), description="What a format could not carry, for people.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """How to write it.

    Parameters
    ----------
    formats
        Which; each once.
    embed
        The sound goes into the AAF. A DAWproject always holds it.
    session_start
        Timecode at which the session that takes it starts; empty is where the job's own started.
    """

    formats: tuple[Format, ...]
    embed: bool = False
    session_start: str = ""


def write_rpp(stems: Iterable[StemFile], mix: StemFile | None, plan: Plan, folder: Path, job_id: str) -> Path:
    """Write ``<job>.rpp`` into ``folder``, where the stems lie."""
    return _rpp(timelines.of_plan(plan, stems, mix, job_id=job_id), folder)


def export(manifest: Path, folder: Path, how: Handover) -> Exported:
    """Write a finished job, told by its manifest, in other DAWs' formats.

    Raises
    ------
    FileUnreadable
        When the manifest or a stem cannot be read, or is not what was written.
    BadArgument
        When no format is named, or a sound does not fit into the session or the format.
    DependencyMissing
        When a format's library is not installed.
    FolderNotWritable, DiskFull
        And nothing half-written is visible.
    """
    if not how.formats:
        raise BadArgument(f"Which format? One or more of {', '.join(FORMATS)}.", field="format")
    for name in how.formats:
        if name in _NEEDS and find_spec(_NEEDS[name]) is None:
            raise DependencyMissing(
                f"{name.upper()} needs the package {_NEEDS[name]}, which is not installed: install Cuewright again.",
                field="format",
            )
    timeline = timelines.of_manifest(read_manifest(manifest), manifest)
    if how.session_start:
        timeline = timelines.starting_at(timeline, how.session_start)
    timeline = timelines.checked(timeline)
    make_folder(folder, need_bytes=_bytes_needed(timeline, how))
    files: list[Path] = []
    for name in dict.fromkeys(how.formats):
        files += _written(name, timeline, folder, how)
    return Exported(files=tuple(map(str, files)), notes=tuple(_notes(timeline, how)))


def _written(name: Format, timeline: Timeline, folder: Path, how: Handover) -> Sequence[Path]:
    from engine.stems.interchange import aaf, dawproject, edl, otio

    target = folder / beside_name(timeline.job_id, f".{name}")
    match name:
        case "rpp":
            return [_rpp(timeline, folder)]
        case "otio":
            return [publish_text(target, timeline.job_id, otio.document(timeline, folder))]
        case "dawproject":
            return [publish(target, timeline.job_id, lambda file: dawproject.write(timeline, file))]
        case "aaf":
            with translating(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".cuewright-") as scratch:
                made = Path(scratch) / "made.aaf"  # its library wants a file to read and write, by name
                aaf.write(timeline, made, embed=how.embed)
                with made.open("rb") as source:
                    return [publish(target, timeline.job_id, lambda file: shutil.copyfileobj(source, file, 2**20))]
        case "edl":
            lists = [(lane.name, edl.edit_list(timeline, lane)) for lane in edl.lanes(timeline)]
            return [
                publish_text(
                    folder / beside_name(timeline.job_id, f" {number:02d} {block(lane)}".rstrip() + ".edl"),
                    timeline.job_id,
                    text,
                )
                for number, (lane, text) in enumerate(lists, start=1)
            ]


def _rpp(timeline: Timeline, folder: Path) -> Path:
    from engine.stems.interchange import rpp

    return publish_text(folder / beside_name(timeline.job_id, ".rpp"), timeline.job_id, rpp.project(timeline, folder))


def _bytes_needed(timeline: Timeline, how: Handover) -> int:
    """Where the sound goes into the file; twice for an AAF, which is made and then copied."""
    sound = sum(Path(path).stat().st_size for path in timeline.encodings)
    copies = ("dawproject" in how.formats) + 2 * ("aaf" in how.formats and how.embed)
    return copies * sound + 2**20


def _notes(timeline: Timeline, how: Handover) -> list[str]:
    """What each format leaves out, where this job has it."""
    notes = []
    names = {name: name.upper() for name in how.formats}
    if any(not lane.audible for lane in timeline.lanes()):
        left = "The mix and other takes than the first" if timeline.mix else "Other takes than the first"
        for name in _WITHOUT_MUTE:
            if name in names:
                notes.append(f"{left} are not in the {names[name]}, which cannot mute them; their files are there.")
    if timeline.markers and "edl" in names:
        notes.append("An EDL has no markers: the job's cue sheet has the cues.")
    if timeline.picture and set(names) - {"rpp"}:
        notes.append("The picture is in the REAPER project only: import it into the session itself.")
    if "edl" in names:
        half_ms = 500 / float(timeline.session.frames.rate)
        notes.append(f"An EDL counts frames: sounds lie up to {half_ms:.0f} ms off. AAF and OTIO keep the sample.")
    floats = [path for path, encoding in timeline.encodings.items() if encoding not in EMBEDDABLE]
    if "aaf" in names and how.embed and floats:
        notes.append(f"{Path(floats[0]).name} is linked, not embedded: an AAF's PCM cannot hold it as it is.")
    if {"aaf", "edl"} & set(names) and any(s.pan and s.channels > 1 for s in timeline.stems):
        notes.append("The balance of stereo sounds is left out of AAF and EDL.")
    return notes
