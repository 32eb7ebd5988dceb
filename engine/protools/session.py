"""What is open and selected in Pro Tools, in the engine's own words.

Positions are samples from the session's start, which is what Pro Tools' sample counter shows. What has no unit of its
own there (markers stand in the main counter's format) is converted by Pro Tools itself. Only reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import BadArgument, DawNotReady, DawRefused
from engine.protools.link import Link
from engine.session import Session

_SAMPLES = "TLType_Samples"
_FRAME_RATES = {
    **{"Fps23976": "23.976", "Fps24": "24", "Fps25": "25", "Fps2997": "29.97", "Fps2997Drop": "29.97df"},
    **{"Fps30": "30", "Fps47952": "47.952", "Fps48": "48", "Fps50": "50", "Fps5994": "59.94"},
    **{"Fps5994Drop": "59.94df", "Fps60": "60", "Fps100": "100", "Fps11988": "119.88", "Fps120": "120"},
}
LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """The session that is open.

    Parameters
    ----------
    file
        Where it is saved, on the computer that Pro Tools runs on.
    """

    session: Session
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """From the session's start; a cursor has no length."""

    start_samples: int
    length_samples: int

    @property
    def end_samples(self) -> int:
        """One past its last sample."""
        return self.start_samples + self.length_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedAudio:
    """The part of a file that lies under the selection."""

    file: Path
    offset_samples: int
    track: str


def open_session(link: Link) -> OpenSession:
    """The rates, start and name of the open session.

    Raises
    ------
    DawNotReady
        When none is open, or it counts in a way that the engine does not know.
    """
    name = link.ask("GetSessionName").session_name
    path = link.ask("GetSessionPath").session_path.path
    rate = link.ask("GetSessionSampleRate").sample_rate
    told = link.ask("GetSessionTimeCodeRate").current_setting
    start = link.ask("GetSessionStartTime").session_start_time
    frames = _FRAME_RATES.get(_rate_name(told))
    if frames is None:
        raise DawNotReady(
            "The session's timecode rate is one that Cuewright does not count in (30 and 60 drop, 119.88 and 120 "
            "drop): choose another in Pro Tools' Session Setup.",
            field="session",
        )
    try:
        session = Session.read(
            {"sample_rate": rate, "frame_rate": frames, "start_timecode": start.strip(), "project": name[:120]}
        )
    except BadArgument as error:
        raise DawNotReady(f"The session's setup cannot be used: {error.sentence}", field="session") from None
    return OpenSession(session=session, file=Path(path))


def _rate_name(value: int) -> str:
    from ptsl import PTSL_pb2 as messages

    return str(messages.SessionTimeCodeRate.Name(value)).rpartition("_")[2]


def selection(link: Link, *, needed: bool) -> Selection:
    """The timeline selection.

    Parameters
    ----------
    needed
        A cursor is not enough.

    Raises
    ------
    BadArgument
        When it has no length and needs one.
    """
    told = link.ask("GetTimelineSelection", {"location_type": _SAMPLES})
    start, end = _samples(told.in_time), _samples(told.out_time)
    if needed and end <= start:
        raise BadArgument("Nothing is selected in Pro Tools: select the span on the timeline.", field="selection")
    return Selection(start_samples=start, length_samples=max(0, end - start))


def _samples(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise DawRefused(f"Pro Tools told {text!r} where samples were asked for.", field="selection") from None


def track_names(link: Link) -> set[str]:
    """The names of all tracks in the session."""
    return {track.name for track in link.pages("GetTrackList", "track_list")}


def markers(link: Link, within: Selection, sample_rate_hz: int) -> str:
    """The markers in the selection, as a request takes them: seconds from its start, then the name."""
    shown = link.ask("GetMainCounterFormat").current_type
    found = []
    for location in link.pages("GetMemoryLocations", "memory_locations"):
        if not _is_marker(location):
            continue
        at = _converted(link, location.start_time, shown)
        if within.start_samples <= at < within.end_samples:
            seconds = (at - within.start_samples) / sample_rate_hz
            found.append((seconds, " ".join(location.name.replace(";", ",").split())[:LONGEST_LABEL]))
    return "; ".join(f"{seconds:.9f} {name}".strip() for seconds, name in sorted(found))


def _is_marker(location: Any) -> bool:
    from ptsl import PTSL_pb2 as messages

    return bool(location.time_properties == messages.TProperties_Marker)


def _converted(link: Link, text: str, kind: int) -> int:
    """A location in samples."""
    from ptsl import PTSL_pb2 as messages

    told = {"location": text, "time_type": messages.TimelineLocationType.Name(kind)}
    answer = link.ask("GetTimeAsType", {"location": told, "time_type": _SAMPLES})
    return _samples(answer.converted_location.location)


def selected_audio(link: Link, within: Selection) -> SelectedAudio:
    """The file under the selection, on the one track that has it.

    Raises
    ------
    BadArgument
        When not exactly one audio clip fills the selection.
    """
    tracks = list(
        link.pages("GetTrackList", "track_list", {"track_filter_list": [{"filter": "TLFilter_HasEditSelection"}]})
    )
    if len(tracks) != 1:
        raise BadArgument(
            f"The selection is on {len(tracks)} tracks in Pro Tools: select on one track.", field="selection"
        )
    track = tracks[0]
    element = _element_under(link, track.id, within)
    ids = {clip.clip_id for clip in element.channel_clips if not clip.is_null}
    clips = [clip for clip in link.pages("GetClipList", "clips") if clip.clip_id in ids]
    files = {clip.file_id: clip for clip in clips}
    if len(files) != 1:
        raise BadArgument(
            "The clip under the selection is no single audio file: consolidate it, in a session with interleaved "
            "files, and select it again.",
            field="selection",
        )
    (file_id,) = files
    wanted = {"page_limit": 0, "file_filters": ["FLTFilter_AllFiles"]}
    paths = [f.path for f in link.pages("GetFileLocation", "file_locations", wanted) if f.file_id == file_id]
    if not paths:
        raise BadArgument("The file of the selected clip is offline in Pro Tools: relink it.", field="selection")
    inside = within.start_samples - _samples(element.start_time.location)
    return SelectedAudio(
        file=Path(paths[0]), offset_samples=files[file_id].src_start_point.position + inside, track=track.name
    )


def _element_under(link: Link, track_id: str, within: Selection) -> Any:
    """What lies on the track's main playlist under the whole selection."""
    from ptsl import PTSL_pb2 as messages

    playlists = link.pages("GetTrackPlaylists", "playlists", {"track_id": track_id})
    main = next((p for p in playlists if p.playlist_type == messages.PType_Main), None)
    if main is None:
        raise BadArgument("The selected track has no audio: select a clip on an audio track.", field="selection")
    span = {
        "playlist_id": main.playlist_id,
        "start_time": {"location": str(within.start_samples), "time_type": _SAMPLES},
        "end_time": {"location": str(within.end_samples), "time_type": _SAMPLES},
        "time_format": _SAMPLES,
    }
    return _only(link.pages("GetPlaylistElements", "elements_list", span), within)


def _only(elements: Iterable[Any], within: Selection) -> Any:
    sounding = [e for e in elements if any(not clip.is_null for clip in e.channel_clips)]
    if len(sounding) == 1:
        start, end = _samples(sounding[0].start_time.location), _samples(sounding[0].end_time.location)
        if start <= within.start_samples and within.end_samples <= end:
            return sounding[0]
    raise BadArgument(
        "One clip must fill the selection in Pro Tools: select inside one clip, or consolidate first.",
        field="selection",
    )
