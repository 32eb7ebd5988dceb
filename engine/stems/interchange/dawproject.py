"""A timeline as a DAWproject: one ZIP file with the project as XML and every sound in it.

Times are seconds, because a job knows no tempo; with the digits of a double, which find the sample again anywhere in a
day at 192 kHz. The format has no timecode: sample 0 is the project's start.

Source: DAWproject 1.0, Bitwig and PreSonus, its published XML schema.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import engine
from engine.results import StemFile
from engine.stems.interchange.timeline import Lane, Timeline, clip_name

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Date of every entry, so that the same job gives the same bytes."""


def write(timeline: Timeline, file: BinaryIO) -> None:
    """Write the whole package."""
    with zipfile.ZipFile(file, "w") as package:
        _add(package, "project.xml", project(timeline))
        _add(package, "metadata.xml", _metadata(timeline))
        for stem in {clip.path: clip for lane in timeline.lanes() for clip in lane.clips}.values():
            entry = zipfile.ZipInfo(_name_inside(stem), _LONG_AGO)
            with Path(stem.path).open("rb") as source, package.open(entry, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 2**20)


def _add(package: zipfile.ZipFile, name: str, root: Element) -> None:
    indent(root)
    package.writestr(zipfile.ZipInfo(name, _LONG_AGO), tostring(root, "UTF-8", xml_declaration=True))


def _name_inside(stem: StemFile) -> str:
    return f"audio/{Path(stem.path).name}"


def _metadata(timeline: Timeline) -> Element:
    root = Element("MetaData")
    SubElement(root, "Title").text = timeline.title
    return root


def project(timeline: Timeline) -> Element:
    """``project.xml``: the tracks, then what lies on them, then the markers."""
    lanes = timeline.lanes()
    ids = (f"id{number}" for number in count())
    root = Element("Project", version="1.0")
    SubElement(root, "Application", name="Cuewright", version=engine.__version__)
    transport = SubElement(root, "Transport")
    SubElement(transport, "Tempo", unit="bpm", value="120.0", min="20.0", max="666.0", id=next(ids), name="Tempo")
    SubElement(transport, "TimeSignature", numerator="4", denominator="4", id=next(ids))
    structure = SubElement(root, "Structure")
    master = next(ids)
    tracks = [_track(structure, lane, ids, master) for lane in lanes]
    main = SubElement(structure, "Track", contentType="audio", loaded="true", id=next(ids), name="Master")
    SubElement(main, "Channel", audioChannels="2", role="master", id=master)
    arrangement = SubElement(root, "Arrangement", id=next(ids))
    all_lanes = SubElement(arrangement, "Lanes", timeUnit="seconds", id=next(ids))
    for lane, (track, pan) in zip(lanes, tracks, strict=True):
        _lane(all_lanes, timeline, lane, track, pan, ids)
    if timeline.markers:
        markers = SubElement(arrangement, "Markers", timeUnit="seconds", id=next(ids))
        for marker in timeline.markers:
            SubElement(markers, "Marker", time=_seconds(timeline, marker.start_samples), name=marker.name)
    SubElement(root, "Scenes")
    return root


def _track(structure: Element, lane: Lane, ids: Iterator[str], master: str) -> tuple[str, str]:
    """Add a track; returns the ids of itself and of its pan."""
    track, pan = next(ids), next(ids)
    element = SubElement(structure, "Track", contentType="audio", loaded="true", id=track, name=lane.name)
    channel = SubElement(
        element, "Channel", audioChannels=str(lane.channels), destination=master, role="regular", id=next(ids)
    )
    SubElement(channel, "Mute", value=str(not lane.audible).lower(), id=next(ids), name="Mute")
    first = _pan(lane.clips[0])
    SubElement(channel, "Pan", unit="normalized", min="0.0", max="1.0", value=first, id=pan, name="Pan")
    SubElement(channel, "Volume", unit="linear", min="0.0", max="2.0", value="1.0", id=next(ids), name="Volume")
    return track, pan


def _lane(parent: Element, timeline: Timeline, lane: Lane, track: str, pan: str, ids: Iterator[str]) -> None:
    element = SubElement(parent, "Lanes", track=track, id=next(ids))
    clips = SubElement(element, "Clips", id=next(ids))
    for stem in lane.clips:
        length = _seconds(timeline, stem.length_samples)
        clip = SubElement(
            clips,
            "Clip",
            time=_seconds(timeline, stem.position_samples),
            duration=length,
            contentTimeUnit="seconds",
            playStart="0.0",
            name=clip_name(stem),
        )
        audio = SubElement(
            clip,
            "Audio",
            channels=str(stem.channels),
            sampleRate=str(stem.sample_rate_hz),
            duration=length,
            id=next(ids),
        )
        SubElement(audio, "File", path=_name_inside(stem))
    if len({stem.pan for stem in lane.clips}) > 1:
        points = SubElement(element, "Points", unit="normalized", id=next(ids))
        SubElement(points, "Target", parameter=pan)
        for stem in lane.clips:
            time = _seconds(timeline, stem.position_samples)
            SubElement(points, "RealPoint", time=time, value=_pan(stem), interpolation="hold")


def _pan(stem: StemFile) -> str:
    """0 is left and 1 is right."""
    return repr((stem.pan + 1) / 2)


def _seconds(timeline: Timeline, samples: int) -> str:
    return repr(samples / timeline.sample_rate_hz)
