"""The written files as other programs' libraries read them, brought to one form."""

from __future__ import annotations

import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse
from xml.etree.ElementTree import Element, fromstring

import rpp
from handover_cases import Placed

from engine.timebase import round_late


def exact(seconds: str, rate: int) -> int:
    """The sample that a decimal number of seconds means; it must leave no doubt."""
    place = Fraction(seconds) * rate
    sample = round_late(place)
    assert abs(place - sample) < Fraction(1, 100), seconds
    return sample


def of_rpp(path: Path, rate: int) -> set[Placed]:
    """Every take of every item, where it would lie if it were played from its file's start."""
    found = set()
    for track in rpp.loads(path.read_text(encoding="utf-8")).findall("TRACK"):
        (name,) = _argument(track.children, "NAME")
        for item in track.findall("ITEM"):
            begin = exact(_argument(item.children, "POSITION")[0], rate)
            end = begin + exact(_argument(item.children, "LENGTH")[0], rate)
            takes: list[list[Any]] = [[]]
            for child in item.children:
                if child in ("TAKE", ["TAKE"]):
                    takes.append([])
                takes[-1].append(child)
            for take in takes:
                offset = exact(_argument(take, "SOFFS")[0], rate)
                (source,) = (c for c in take if isinstance(c, rpp.Element))
                (file,) = _argument(source.children, "FILE")
                found.add(Placed(name, Path(file).name, begin - offset, 0, end - begin + offset))
    return found


def _argument(lines: Any, name: str) -> list[str]:
    (line,) = (c for c in lines if isinstance(c, list) and c[0] == name)
    return list(line[1:])


def of_otio(path: Path, rate: int, *, enabled: bool) -> set[Placed]:
    import opentimelineio as otio

    found = set()
    for track in otio.adapters.read_from_file(str(path)).audio_tracks():
        if track.enabled != enabled:
            continue
        for clip in track.find_clips():
            placed = clip.range_in_parent()
            media, source = clip.media_reference, clip.source_range
            assert {placed.start_time.rate, source.start_time.rate, media.available_range.start_time.rate} == {rate}
            offset = source.start_time - media.available_range.start_time
            assert source.duration <= media.available_range.duration
            file = Path(unquote(urlparse(media.target_url).path)).name
            times = (placed.start_time, offset, placed.duration)
            assert all(time.value == int(time.value) for time in times)
            found.add(Placed(track.name, file, *(int(time.value) for time in times)))
    return found


def of_aaf(path: Path, rate: int) -> set[Placed]:
    """Each clip, followed through its master mob to its file; the sides of a stereo file are one, checked to be so."""
    import aaf2

    found: dict[tuple[Placed, int], str] = {}
    with aaf2.open(str(path)) as file:
        (composition,) = file.content.toplevel()
        for slot in composition.slots:
            if slot.media_kind != "Sound":
                continue
            assert slot.edit_rate == rate
            segment = slot.segment
            if type(segment).__name__ == "OperationGroup":
                assert segment.length == segment.segments.value[0].length
                segment = segment.segments.value[0]
            reached = 0
            for part in segment.components:
                if type(part).__name__ == "SourceClip":
                    media = _media_of(part)
                    track, channel = slot.name.removesuffix(".L").removesuffix(".R"), part.slot_id
                    found[Placed(track, media[0], reached, media[1], part.length), channel] = slot.name
                reached += part.length
            assert reached == segment.length
    for (placed, channel), name in found.items():
        sides = [side for other, side in found if other == placed]
        assert sides in ([1], [1, 2])
        assert name.endswith((".L", ".R")[channel - 1]) == (len(sides) == 2)
    return {placed for placed, _ in found}


def _media_of(clip: Any) -> tuple[str, int]:
    """(name of the file, samples into it)."""
    master, offset = clip.mob, clip.start
    assert type(master).__name__ == "MasterMob"
    leading = master.slot_at(clip.slot_id).segment
    source = leading.mob
    offset += leading.start + source.slot_at(leading.slot_id).segment.start
    if "Locator" in source.descriptor:
        url = next(iter(source.descriptor["Locator"].value))["URLString"].value
        return Path(unquote(urlparse(url).path)).name, offset
    return source.name.removesuffix(" 1").removesuffix(" 2"), offset


def of_dawproject(path: Path, rate: int, *, muted: bool) -> set[Placed]:
    root = project_of(path)
    tracks = {track.get("id"): track for track in root.iter("Track")}
    found = set()
    for lanes in root.iterfind("Arrangement/Lanes/Lanes"):
        track = tracks[lanes.attrib["track"]]
        if (track.find("Channel/Mute").get("value") == "true") != muted:
            continue
        for clip in lanes.iterfind("Clips/Clip"):
            audio = clip.find("Audio")
            assert audio.get("sampleRate") == str(rate)
            length = exact(clip.attrib["duration"], rate)
            offset = exact(clip.attrib["playStart"], rate)
            assert offset + length <= exact(audio.attrib["duration"], rate)
            file = Path(audio.find("File").attrib["path"]).name
            found.add(Placed(track.attrib["name"], file, exact(clip.attrib["time"], rate), offset, length))
    return found


def project_of(path: Path) -> Element:
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        return fromstring(package.read("project.xml"))
