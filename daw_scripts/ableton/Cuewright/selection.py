"""What the user has selected, read from the set: time, region, picture, locators, folder. It changes nothing.

Live's API has no time selection of the arrangement, so the loop brace is it while the loop is switched on. Whatever
cannot be used is refused with a sentence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import timing
from .commands import in_name
from .refused import Refused

if TYPE_CHECKING:
    from Live.Clip import Clip
    from Live.Song import Song
    from Live.Track import Track

PICTURES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".webm", ".wmv")
FOLDER = ("Samples", "Cuewright")
"""Under the set's folder, where Live keeps a project's sounds."""
STRAIGHT_POINTS = 16
STRAIGHT_SECONDS = 0.0005
"""A warped clip that strays no further from its file than this plays it as it is."""
CENTS_PER_OCTAVE = 1200


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A stretch of the arrangement; no length is a place."""

    start_beats: float
    length_beats: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """What a clip plays of its file, and how long on the timeline."""

    path: str
    offset_seconds: float
    length_seconds: float
    play_rate: float
    start_beats: float


def tempo(song: Song) -> float:
    """Beats per minute, where it is the same all along.

    Raises
    ------
    Refused
        Under automation, because the API tells only the tempo of now.
    """
    if int(song.master_track.mixer_device.song_tempo.automation_state):
        raise Refused(
            "The tempo of this set is automated, so a second cannot be turned into a beat: delete the automation of "
            "Song Tempo on the Main track, or add view=session to put the sounds into Session slots."
        )
    if song.tempo_follower_enabled:
        raise Refused("The Tempo Follower moves the tempo: switch it off, or add view=session.")
    return song.tempo


def time_selection(song: Song) -> Span:
    """The loop brace while the loop is on, else the insert marker or play head."""
    if song.loop:
        return Span(start_beats=song.loop_start, length_beats=song.loop_length)
    return Span(start_beats=song.current_song_time)


def media_folder(song: Song, fallback: str) -> str:
    """Where the sounds of this set go: its own project's samples.

    Raises
    ------
    Refused
        When the set was never saved and no other folder is named.
    """
    path = getattr(song, "file_path", None)
    if path:
        return os.path.join(os.path.dirname(path), *FOLDER)  # noqa: PTH118, PTH120 # as Live writes paths
    if fallback:
        return fallback
    if path is None:
        raise Refused("This Live does not tell where its set lies: name a folder for sounds in the settings file.")
    raise Refused(
        "This set is not saved yet, so there is no project folder for the sounds: save the set and ask again "
        "(or name a folder in the settings file)."
    )


def detail_region(song: Song) -> tuple[Clip, Region]:
    """The audio clip in the Clip View, and what it plays.

    Raises
    ------
    Refused
        When there is none, when its file is missing, or when it does not play its file straight.
    """
    clip = song.view.detail_clip
    if clip is None:
        raise Refused("No clip is selected: click an audio clip, then ask again.")
    if not clip.is_audio_clip:
        raise Refused(f"{_quoted(clip.name)} is a MIDI clip and has no sound of its own: select an audio clip.")
    counted_in_beats = clip.is_arrangement_clip or clip.warping
    return clip, region_of(clip, tempo(song) if counted_in_beats else song.tempo)


def region_of(clip: Clip, tempo_bpm: float) -> Region:
    """What an audio clip plays.

    Raises
    ------
    Refused
        As :func:`detail_region`.
    """
    if not clip.file_path or not os.path.isfile(clip.file_path):  # noqa: PTH113
        raise Refused(f"The file of {_quoted(clip.name)} is missing ({clip.file_path}): bring it back, then ask again.")
    if clip.is_recording:
        raise Refused(f"{_quoted(clip.name)} is being recorded: stop the recording, then ask again.")
    if clip.looping:
        raise Refused(f"{_quoted(clip.name)} is looped: switch its Loop off, or consolidate it, then ask again.")
    length = clip.loop_end - clip.loop_start
    if clip.warping:
        offset = _straight_offset(clip, tempo_bpm, length)
        return Region(
            path=clip.file_path,
            offset_seconds=offset,
            length_seconds=float(timing.seconds(length, tempo_bpm)),
            play_rate=1.0,
            start_beats=clip.start_time if clip.is_arrangement_clip else 0.0,
        )
    rate = 2.0 ** ((clip.pitch_coarse * 100 + clip.pitch_fine) / CENTS_PER_OCTAVE)
    return Region(
        path=clip.file_path,
        offset_seconds=clip.loop_start,
        length_seconds=_arranged_seconds(clip, tempo_bpm) if clip.is_arrangement_clip else length / rate,
        play_rate=rate,
        start_beats=clip.start_time if clip.is_arrangement_clip else 0.0,
    )


def spot_within(song: Song, clip: Clip) -> Span | None:
    """The part of an arrangement clip under the loop brace, in beats from the clip's start; None: all of it.

    Raises
    ------
    Refused
        When the loop is on elsewhere, because the user means some part and it is not this one.
    """
    if not (song.loop and clip.is_arrangement_clip):
        return None
    start = max(song.loop_start, clip.start_time)
    end = min(song.loop_start + song.loop_length, clip.end_time)
    if start >= end:
        raise Refused(
            f"The loop brace lies beside {_quoted(clip.name)}: move it over the part to edit, or switch Loop off to "
            "edit all of it."
        )
    if (start, end) == (clip.start_time, clip.end_time):
        return None
    return Span(start_beats=start - clip.start_time, length_beats=end - start)


def picture(song: Song) -> Region:
    """The video clip that is selected, or lies under the loop brace or the insert marker, as far as both go.

    Raises
    ------
    Refused
        When there is none.
    """
    tempo_bpm, span = tempo(song), time_selection(song)
    end = span.start_beats + (span.length_beats or 0.0)
    selected = song.view.detail_clip
    under = (clip for clip in _arranged(song) if clip.start_time <= end and clip.end_time > span.start_beats)
    clip = selected if selected is not None and _is_picture(selected) else next(filter(_is_picture, under), None)
    if clip is None or not clip.is_arrangement_clip:
        raise Refused(
            "There is no video under the loop brace: drag a video into the Arrangement, put the brace over it, and "
            "ask again (or name a file with video=...)."
        )
    region = region_of(clip, tempo_bpm)
    if span.length_beats is None:
        return region
    start, end = max(span.start_beats, clip.start_time), min(end, clip.end_time)
    if start >= end:
        raise Refused(f"The loop brace lies beside the video {_quoted(clip.name)}: move it over the video.")
    skipped = float(timing.seconds(start - clip.start_time, tempo_bpm))
    return Region(
        path=region.path,
        offset_seconds=region.offset_seconds + skipped * region.play_rate,
        length_seconds=float(timing.seconds(end - start, tempo_bpm)),
        play_rate=region.play_rate,
        start_beats=start,
    )


def picture_above(song: Song, sound: Region) -> Region:
    """The video that lies where a sound lies, from where the sound begins.

    Raises
    ------
    Refused
        When there is none, or it begins later than the sound.
    """
    tempo_bpm = tempo(song)
    end = sound.start_beats + sound.length_seconds * tempo_bpm / 60
    under = (clip for clip in _arranged(song) if clip.start_time < end and clip.end_time > sound.start_beats)
    clip = next(filter(_is_picture, under), None)
    if clip is None:
        raise Refused("There is no video above this clip: drag one into the Arrangement at its place, or name video=.")
    if clip.start_time > sound.start_beats:
        raise Refused(f"The clip begins before the video {_quoted(clip.name)}: split it where the video begins.")
    region = region_of(clip, tempo_bpm)
    skipped = float(timing.seconds(sound.start_beats - clip.start_time, tempo_bpm))
    return Region(
        path=region.path,
        offset_seconds=region.offset_seconds + skipped * region.play_rate,
        length_seconds=region.length_seconds - skipped,
        play_rate=region.play_rate,
        start_beats=sound.start_beats,
    )


def locators(song: Song) -> tuple[Span, str]:
    """The locators under the loop brace, all of them while the loop is off, as markers: "1.25; 2.5 door slam".

    Raises
    ------
    Refused
        When there are none.
    """
    tempo_bpm = tempo(song)
    first, last = -1.0, float("inf")
    if song.loop:
        first, last = song.loop_start, song.loop_start + song.loop_length
    found = sorted((cue.time, cue.name) for cue in song.cue_points if first <= cue.time < last)
    found = [(time, name) for time, name in found if in_name(name) is None]
    if not found:
        raise Refused("There are no locators under the loop brace: set some where something should sound.")
    start = song.loop_start if song.loop else found[0][0]
    markers = (f"{float(timing.seconds(time - start, tempo_bpm)):.7f} {_label(name)}".strip() for time, name in found)
    return Span(start_beats=start, length_beats=song.loop_length if song.loop else None), "; ".join(markers)


def track_of(clip: Clip) -> Track:
    """The track a clip lies on, in its lanes or in a slot."""
    parent: Any = clip.canonical_parent  # the track itself, or a slot or a lane of it
    while not hasattr(parent, "mixer_device"):
        parent = parent.canonical_parent
    track: Track = parent
    return track


def _straight_offset(clip: Clip, tempo_bpm: float, length_beats: float) -> float:
    """Where in its file a warped clip begins, if it plays it at its own speed."""
    rate = clip.sample_rate
    begin = clip.beat_to_sample_time(clip.loop_start)
    for point in range(1, STRAIGHT_POINTS + 1):
        beat = length_beats * point / STRAIGHT_POINTS
        there = clip.beat_to_sample_time(clip.loop_start + beat)
        if abs((there - begin) / rate - float(timing.seconds(beat, tempo_bpm))) > STRAIGHT_SECONDS:
            break
    else:
        if not clip.pitch_coarse and not clip.pitch_fine:
            return begin / rate
    raise Refused(
        f"{_quoted(clip.name)} is warped or transposed, so its file is not what you hear: switch Warp off, or "
        "consolidate the clip, then ask again."
    )


def _arranged_seconds(clip: Clip, tempo_bpm: float) -> float:
    return float(timing.seconds(clip.end_time - clip.start_time, tempo_bpm))


def _arranged(song: Song) -> Iterator[Clip]:
    for track in song.tracks:
        if track.has_audio_input:
            yield from track.arrangement_clips


def _is_picture(clip: Clip) -> bool:
    return bool(clip.is_audio_clip and clip.file_path and clip.file_path.lower().endswith(PICTURES))


def _label(name: str) -> str:
    """A locator's words; the number that Live gives it is none."""
    return "" if name.isdigit() else " ".join(name.replace(";", ",").split())


def _quoted(name: str) -> str:
    return f"'{name}'" if name else "The clip"
