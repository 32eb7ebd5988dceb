"""A timeline as AAF: the sounds linked where they lie, or embedded; positions in samples.

A stereo file is two mono tracks, panned hard left and right: every reader knows those, while few agree on how one clip
holds two channels. Lanes that are not to be heard are left out, since AAF has no mute that readers share. Ids follow
from the files' hashes, so that one sound is the same media in every AAF it is in.

Sources: AMWA AAF Object Specification 1.1, and AAF Edit Protocol for how mobs refer to each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import engine
from engine.results import StemFile
from engine.stems.interchange.aaf_media import Media, mob_id
from engine.stems.interchange.timeline import Lane, Timeline, end_of

_COMPANY = "Cuewright"
_PRODUCT_ID = "6b6b1f0a-5e0b-5c0e-9a57-4d3f8f3c2b11"
_LONG_AGO = datetime(1980, 1, 1)
_MARKERS_SLOT = 1000
_PAN_OPERATION = "9d2ea893-0968-11d3-8a38-0050040ef7d2"  # OperationDef_MonoAudioPan
_PAN_PARAMETER = "e4962322-2267-11d3-8a4c-0050040ef7d2"  # ParameterDef_Pan: 0 left, 1/2 centre, 1 right
_HOLD = "5b6c85a5-0ede-11d3-80a9-006008143e6f"  # InterpolationDef_Constant
_SIDES = {1: ("",), 2: (".L", ".R")}


def write(timeline: Timeline, path: Path, *, embed: bool) -> None:
    """Write the file at ``path``, which is overwritten.

    Parameters
    ----------
    embed
        Put the sound into the file, one mono essence a channel.
    """
    import aaf2

    with aaf2.open(str(path), "w") as file:
        media = Media(file, timeline, embed=embed)
        composition = file.create.CompositionMob(timeline.title)
        composition.mob_id = mob_id(f"{timeline.job_id} {timeline.created}")
        composition.usage = "Usage_TopLevel"
        file.content.mobs.append(composition)
        _timecode(file, timeline, composition)
        pan = _PanDefinition(file)
        number = 0
        for lane in timeline.lanes():
            if not lane.audible:
                continue
            for channel, side in enumerate(_SIDES.get(lane.channels) or _numbered(lane.channels)):
                number += 1
                slot = composition.create_timeline_slot(timeline.sample_rate_hz)
                slot.name = f"{lane.name}{side}"
                slot["PhysicalTrackNumber"].value = number
                sequence = _sequence(file, lane, channel, media)
                slot.segment = pan.around(sequence, _pans(lane, channel))
        if timeline.markers:
            composition.slots.append(_markers(file, timeline))
        _sign(file, timeline, embed=embed)


def _numbered(channels: int) -> tuple[str, ...]:
    return tuple(f".{number}" for number in range(1, channels + 1))


def _sign(file: Any, timeline: Timeline, *, embed: bool) -> None:
    """Say who wrote it and when: the job's own time, so that the same job gives the same file."""
    from aaf2.auid import AUID

    try:
        created = datetime.fromisoformat(timeline.created).replace(tzinfo=None)
    except ValueError:  # a manifest that somebody wrote by hand
        created = _LONG_AGO
    who = file.header["IdentificationList"].value[0]
    who["CompanyName"].value = _COMPANY
    who["ProductName"].value = _COMPANY
    who["ProductVersionString"].value = engine.__version__
    who["ProductID"].value = AUID(_PRODUCT_ID)
    who["Date"].value = created
    who["GenerationAUID"].value = AUID(str(uuid.uuid5(uuid.UUID(_PRODUCT_ID), f"{timeline.job_id} {embed}")))
    file.header["LastModified"].value = created
    for mob in file.content.mobs:
        mob["CreationTime"].value = mob["LastModified"].value = created


def _timecode(file: Any, timeline: Timeline, composition: Any) -> None:
    frames = timeline.session.frames
    slot = composition.create_timeline_slot(frames.rate)
    slot.name = "TC"
    slot["PhysicalTrackNumber"].value = 1
    length = -(-timeline.end_samples * frames.rate // timeline.sample_rate_hz)
    slot.segment = file.create.Timecode(fps=frames.nominal, drop=frames.drop_frame, length=int(length))
    slot.segment.start = timeline.start_frames


def _sequence(file: Any, lane: Lane, channel: int, media: Media) -> Any:
    sequence = file.create.Sequence("sound")
    reached = 0
    for stem in lane.clips:
        if stem.position_samples > reached:
            sequence.components.append(file.create.Filler("sound", stem.position_samples - reached))
        master = media.master_of(stem)
        sequence.components.append(master.create_source_clip(channel + 1, 0, stem.length_samples, "sound"))
        reached = end_of(stem)
    sequence.length = reached
    return sequence


def _pans(lane: Lane, channel: int) -> list[tuple[StemFile, Fraction]]:
    """Where each clip's channel lies, 0 to 1; stereo has its sides, and no balance beside."""
    if lane.channels == 2:
        return [(stem, Fraction(channel)) for stem in lane.clips]
    return [(stem, (Fraction(stem.pan).limit_denominator(1_000) + 1) / 2) for stem in lane.clips]


class _PanDefinition:
    """Wraps a track in its pan; the definitions are registered once, where anything is panned."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._operation: Any = None

    def around(self, sequence: Any, pans: Sequence[tuple[StemFile, Fraction]]) -> Any:
        """The sequence itself where everything is in the centre."""
        from aaf2.rational import AAFRational

        if all(pan == Fraction(1, 2) for _, pan in pans):
            return sequence
        operation = self._defined()  # before the next line: the library's factory makes one thing at a time
        group = self._file.create.OperationGroup(operation, sequence.length, "sound")
        value = self._file.create.VaryingValue("Pan", "ConstantInterp")
        group.parameters.append(value)
        before: Fraction | None = None
        for stem, pan in pans:
            if pan != before:
                when = Fraction(stem.position_samples if before is not None else 0, sequence.length)
                value.add_keyframe(_rational(when), AAFRational(pan.numerator, pan.denominator))
            before = pan
        group.segments.append(sequence)
        return group

    def _defined(self) -> Any:
        if self._operation is None:
            create, dictionary = self._file.create, self._file.dictionary
            parameter = create.ParameterDef(_PAN_PARAMETER, "Pan", "", dictionary.lookup_typedef("Rational"))
            dictionary.register_def(parameter)
            dictionary.register_def(create.InterpolationDef(_HOLD, "ConstantInterp", "Holds until the next"))
            operation = create.OperationDef(_PAN_OPERATION, "Audio Pan")
            operation.media_kind = "sound"
            operation["NumberInputs"].value = 1
            operation["IsTimeWarp"].value = False
            dictionary.register_def(operation)
            operation.parameters.append(parameter)
            self._operation = operation
        return self._operation


def _rational(value: Fraction) -> Any:
    """In the 32 bits that AAF's rationals have."""
    from aaf2.rational import AAFRational

    near = value.limit_denominator(2**31 - 1)
    return AAFRational(near.numerator, near.denominator)


def _markers(file: Any, timeline: Timeline) -> Any:
    slot = file.create.EventMobSlot(_MARKERS_SLOT, "Cues")
    slot.edit_rate = timeline.sample_rate_hz
    sequence = file.create.Sequence("DescriptiveMetadata")
    for marker in sorted(timeline.markers, key=lambda m: m.start_samples):
        event = file.create.DescriptiveMarker()
        event.media_kind = "DescriptiveMetadata"
        event["Position"].value = marker.start_samples
        event.length = marker.length_samples
        event["Comment"].value = marker.name
        sequence.components.append(event)
    slot.segment = sequence
    return slot
