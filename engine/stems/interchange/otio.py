"""A timeline as OpenTimelineIO: a track a lane, clips and gaps in samples, cues as markers.

Each file's own timecode (its BWF TimeReference) is where its available range begins, as for media from a recorder.
What OTIO has no field for (pan, onset, take, hash) lies in the clips' metadata under ``cuewright``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.results import StemFile
from engine.stems.interchange.timeline import Lane, Marker, Timeline, clip_name, end_of

if TYPE_CHECKING:
    from opentimelineio.opentime import RationalTime, TimeRange
    from opentimelineio.schema import Clip, Track

_KEPT = ("event", "take", "category", "onset_samples", "pan", "loudness_lufs", "peak_dbtp", "sha256")


def document(timeline: Timeline, folder: Path) -> str:
    """The timeline as OTIO's JSON; stems in ``folder`` or below are named from there.

    Lanes that are not to be heard are disabled tracks.
    """
    import opentimelineio as otio

    frames = timeline.session.frames
    made = otio.schema.Timeline(
        name=timeline.title, global_start_time=otio.opentime.RationalTime(timeline.start_frames, float(frames.rate))
    )
    made.metadata["cuewright"] = {
        "job": timeline.job_id,
        "frame_rate": str(frames),
        "drop_frame": frames.drop_frame,
        "start_timecode": timeline.session.start_timecode,
        "sample_rate_hz": timeline.sample_rate_hz,
    }
    made.tracks.extend([_track(timeline, lane, folder) for lane in timeline.lanes()])
    made.tracks.markers.extend([_marker(timeline, marker) for marker in timeline.markers])
    return str(otio.adapters.write_to_string(made, "otio_json"))


def _track(timeline: Timeline, lane: Lane, folder: Path) -> Track:
    import opentimelineio as otio

    track = otio.schema.Track(name=lane.name, kind=otio.schema.TrackKind.Audio)
    track.enabled = lane.audible
    reached = 0
    for stem in lane.clips:
        if stem.position_samples > reached:
            track.append(otio.schema.Gap(source_range=_range(timeline, 0, stem.position_samples - reached)))
        track.append(_clip(timeline, stem, folder))
        reached = end_of(stem)
    return track


def _clip(timeline: Timeline, stem: StemFile, folder: Path) -> Clip:
    import opentimelineio as otio

    path = Path(stem.path)
    inside = path.is_relative_to(folder)
    whole = _range(timeline, timeline.start_samples + stem.position_samples, stem.length_samples)
    media = otio.schema.ExternalReference(
        target_url=_relative_url(path.relative_to(folder)) if inside else path.as_uri(), available_range=whole
    )
    clip = otio.schema.Clip(name=clip_name(stem), media_reference=media, source_range=whole)
    told: dict[str, Any] = stem.model_dump(include=set(_KEPT))
    clip.metadata["cuewright"] = told
    return clip


def _relative_url(path: Path) -> str:
    from urllib.parse import quote

    return quote(path.as_posix())


def _marker(timeline: Timeline, marker: Marker) -> Any:
    import opentimelineio as otio

    return otio.schema.Marker(
        name=marker.name, marked_range=_range(timeline, marker.start_samples, marker.length_samples)
    )


def _time(timeline: Timeline, samples: int) -> RationalTime:
    import opentimelineio as otio

    return otio.opentime.RationalTime(samples, timeline.sample_rate_hz)


def _range(timeline: Timeline, start: int, length: int) -> TimeRange:
    import opentimelineio as otio

    return otio.opentime.TimeRange(_time(timeline, start), _time(timeline, length))
