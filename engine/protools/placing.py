"""A finished job onto new tracks of the open session, each clip on its sample.

The user's tracks are never written to: every lane of the job gets a track of its own, with the next free number where
its name is taken. Where a step fails, the tracks made so far are deleted by their ids, and the session is as before but
for unused clips in the Clip List. Pro Tools' interface cannot join steps into one undo step; their number is told.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from engine.errors import BadArgument, CuewrightError, DawRefused, FileUnreadable
from engine.model import Model
from engine.protools.link import Link
from engine.protools.session import OpenSession, track_names
from engine.stems.interchange.timeline import Lane, Timeline

_FORMATS = {1: "TFormat_Mono", 2: "TFormat_Stereo"}


class PlacedTrack(Model):
    """A track that was made."""

    name: str
    clips: int
    muted: bool = False


class Placement(Model):
    """What was done to the session."""

    tracks: tuple[PlacedTrack, ...]
    undo_steps: int
    manifest: str = ""


def place(link: Link, opened: OpenSession, timeline: Timeline) -> Placement:
    """Import the files and put each clip where it belongs.

    Parameters
    ----------
    timeline
        Checked: every file is there; and counted from the session's start.

    Raises
    ------
    BadArgument
        When the sounds have another rate than the session, or more channels than a track made here.
    DawRefused, FileUnreadable, DawNotReady
        When a step fails; what was done before it is taken back.
    """
    lanes = timeline.lanes()
    _check(lanes, opened, timeline.sample_rate_hz)
    names = free_names([lane.name for lane in lanes], track_names(link))
    made: list[str] = []
    tracks: list[PlacedTrack] = []
    steps = 0
    with link.batch(f"Placing {sum(len(lane.clips) for lane in lanes)} sounds"):
        try:
            clips = _imported(link, lanes, opened)
            for lane, name in zip(lanes, names, strict=True):
                answer = link.ask("CreateNewTracks", _new_track(lane, name))
                made += answer.created_track_ids
                if len(answer.created_track_ids) != 1 or len(answer.created_track_names) != 1:
                    raise DawRefused(f"Pro Tools did not name the track it made for {name!r}.", field="CreateNewTracks")
                (called,) = answer.created_track_names
                tracks.append(PlacedTrack(name=called, clips=len(lane.clips), muted=not lane.audible))
                for stem in lane.clips:
                    where = {"location": str(stem.position_samples), "time_type": "TLType_Samples"}
                    spot = {
                        "src_clips": clips[_same(stem.path)],
                        "dst_track_id": answer.created_track_ids[0],
                        "dst_location_data": {"location_type": "SLType_Start", "location": where},
                    }
                    link.ask("SpotClipsByID", spot)
                steps += 1 + len(lane.clips)
            if muted := [track.name for track in tracks if track.muted]:
                link.ask("SetTrackMuteState", {"track_names": muted, "enabled": True})
        except BaseException as error:
            _take_back(link, made, error)
            raise
    return Placement(tracks=tuple(tracks), undo_steps=steps)


def _check(lanes: Sequence[Lane], opened: OpenSession, sample_rate_hz: int) -> None:
    if sample_rate_hz != opened.session.sample_rate:
        raise BadArgument(
            f"The sounds are at {sample_rate_hz:,} Hz and the Pro Tools session at {opened.session.sample_rate:,} Hz: "
            "make them at the session's rate, or they would play at another speed.",
            field="sample_rate",
        )
    for lane in lanes:
        if lane.channels not in _FORMATS:
            raise BadArgument(f"{lane.name!r} has {lane.channels} channels; mono and stereo are placed.", field="track")


def free_names(wanted: Sequence[str], taken: set[str]) -> list[str]:
    """Names that no track has, in upper or lower case: with the next free number where they are taken.

    >>> free_names(["Door", "Rain"], {"door", "Door 2"})
    ['Door 3', 'Rain']
    """
    used = {name.casefold() for name in taken}
    found = []
    for name in wanted:
        free, number = name, 1
        while free.casefold() in used:
            number += 1
            free = f"{name} {number}"
        used.add(free.casefold())
        found.append(free)
    return found


def _imported(link: Link, lanes: Sequence[Lane], opened: OpenSession) -> dict[str, list[str]]:
    """Files into the Clip List: by their path the ids of their clips, one a channel.

    A file in the session's folder stays where it is; any other is copied into it.
    """
    home = opened.file.parent
    found: dict[str, list[str]] = {}
    for lane in lanes:
        for stem in lane.clips:
            inside = Path(stem.path).is_relative_to(home)
            answer = link.ask(
                "ImportAudioToClipList",
                {
                    "file_list": [stem.path],
                    "audio_operations": "AOperations_AddAudio" if inside else "AOperations_CopyAudio",
                },
            )
            for failure in answer.failure_list:
                raise FileUnreadable(f"Pro Tools cannot import {stem.path}: {failure.failure_message}.", field="stems")
            ids = [i for entry in answer.file_list for file in entry.destination_file_list for i in file.clip_id_list]
            if not ids:
                raise DawRefused(f"Pro Tools made no clip of {stem.path}.", field="ImportAudioToClipList")
            found[_same(stem.path)] = ids
    return found


def _same(path: str) -> str:
    return os.path.normcase(path)


def _new_track(lane: Lane, name: str) -> dict[str, object]:
    return {
        "number_of_tracks": 1,
        "track_name": name,
        "track_format": _FORMATS[lane.channels],
        "track_type": "TType_Audio",
        "track_timebase": "TTimebase_Samples",
    }


def _take_back(link: Link, made: Sequence[str], error: BaseException) -> None:
    """Delete the tracks that were made; where even that fails, name the reason in the error."""
    if not made:
        return
    try:
        link.ask("DeleteTracks", {"track_ids": list(made)})
    except CuewrightError as failed:
        raise DawRefused(
            f"{error} What was done could not be taken back either ({failed.sentence}): delete the new tracks, or use "
            "Undo in Pro Tools.",
            field="DeleteTracks",
        ) from None
