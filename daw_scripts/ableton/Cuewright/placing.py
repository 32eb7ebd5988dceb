"""Finished sounds into the set: which track, lane or slot each goes to, and the calls that put it there.

Nothing that lies in the set is moved, cut or covered: where a sound would run into a clip it goes to another track.
Takes of one sound go into take lanes of its track (Live 12.2), one lane a take, with the first in the track itself;
an older Live gets a track a take, all but the first deactivated. In the Session they go into slots below each other.

All of a job is placed at once: an undo step that stayed open between two ticks would swallow what the user does there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from . import timing
from .refused import Refused
from .undo import UndoStep

if TYPE_CHECKING:
    from Live.Clip import Clip
    from Live.ClipSlot import ClipSlot
    from Live.Song import Song
    from Live.TakeLane import TakeLane
    from Live.Track import Track

WARP_MARGIN = 4
"""Live may guess a tempo and stretch a new clip until its Warp is off: so many lengths after it must be free."""
NEEDED_VERSION = "12.0.5"
COLOURS = (0xD97A5B, 0xD9A441, 0x9FB54A, 0x56A86C, 0x4AA5A5, 0x5B8FD9, 0x8A7AD9, 0xC06FB5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How a new clip is set so that it sounds as the one it was made from."""

    gain: float
    pitch_coarse: int
    pitch_fine: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """One file; its place is counted from where the request begins, in samples of its rate."""

    path: str
    take: int
    offset_samples: int
    length_samples: int
    sample_rate_hz: int
    pan: float = 0.0
    look: Look | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """The takes of one sound, for one track; ``numbered`` names each clip by its take."""

    id: str
    label: str
    track: str
    takes: tuple[Sound, ...]
    numbered: bool = False

    def span(self, start_beats: float, tempo_bpm: float) -> tuple[float, float]:
        """First and last beat of its takes."""
        begins = [begin_of(sound, start_beats, tempo_bpm) for sound in self.takes]
        ends = [
            timing.beats(
                sound.offset_samples + sound.length_samples, sound.sample_rate_hz, tempo_bpm, after_beats=start_beats
            )
            for sound in self.takes
        ]
        return min(begins), max(ends)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a request's sounds go.

    ``start_beats`` is none in the Session, whose first slots are those from scene ``scene``. ``beside`` keeps the
    track's own lane as it is: the sounds are further takes of what lies there. ``homes`` are the tracks of events by
    their ids, where they were put before; ``on`` is the one track of all, where that is told.
    """

    start_beats: float | None
    tempo_bpm: float = 120.0
    scene: int = 0
    beside: bool = False
    homes: tuple[tuple[str, str], ...] = ()
    on: Track | None = None

    def track(self, event: Event) -> str:
        """Name of the track that an event is bound for."""
        return dict(self.homes).get(event.id, event.track)


def begin_of(sound: Sound, start_beats: float, tempo_bpm: float) -> float:
    """The beat of a file's first sample; never before the arrangement, by not even a part of a sample."""
    return max(0.0, timing.beats(sound.offset_samples, sound.sample_rate_hz, tempo_bpm, after_beats=start_beats))


def colour(name: str) -> int:
    """Red, green and blue of a name: the same in every set."""
    total = 7
    for byte in name.encode():
        total = (total * 31 + byte) & 0x7FFFFFFF
    return COLOURS[total % len(COLOURS)]


def put(song: Song, version: str, events: Sequence[Event], place: Place) -> tuple[tuple[str, str], ...]:
    """Put sounds into the set, all of them in one undo step; returns each event's id and the name of its track.

    Raises
    ------
    Refused
        When it cannot be; the set is then as it was.
    """
    files = [sound.path for event in events for sound in event.takes]
    for path in files:
        if not os.path.isfile(path):  # noqa: PTH113 # said before the step opens, so that there is no half of it
            raise Refused(f"{path} is gone, so nothing was placed: say 'cw again' to make it anew.")
    if not hasattr(song.tracks[0], "create_audio_clip"):
        raise Refused(
            f"Live {version} cannot take sounds from a script; Live {NEEDED_VERSION} or later can. "
            f"They are ready to be dragged in: {', '.join(files)}"
        )
    try:
        with UndoStep(song) as step:
            return _Placer(song, step, place).put(events)
    except Exception as error:  # Live raises what its C++ side says, of many classes
        folder = os.path.dirname(files[0])  # noqa: PTH120
        raise Refused(f"Live did not take the sounds ({error}); the set is as it was. They lie in {folder}.") from error


class _Placer:
    """The calls of one placement, inside its undo step."""

    def __init__(self, song: Song, step: UndoStep, place: Place) -> None:
        self._song = song
        self._step = step
        self._place = place

    def put(self, events: Sequence[Event]) -> tuple[tuple[str, str], ...]:
        homes = []
        # In time, so that a clip that Live stretches at first covers nothing of ours.
        for event in sorted(events, key=lambda event: min(sound.offset_samples for sound in event.takes)):
            start = self._place.start_beats
            track = self._into_slots(event) if start is None else self._into_arrangement(event, start)
            homes.append((event.id, track.name))
        return tuple(homes)

    def _into_slots(self, event: Event) -> Track:
        name = self._place.track(event)
        track = self._place.on or self._named(name) or self._create(name, event.takes[0].pan, colour(event.track))
        for sound in event.takes:
            slot = self._free_slot(track)
            self._dress(self._step.made(slot.create_audio_clip(sound.path)), event, sound)
        return track

    def _free_slot(self, track: Track) -> ClipSlot:
        slots: Sequence[ClipSlot] = track.clip_slots
        for index, slot in enumerate(slots):
            if index >= self._place.scene and not slot.has_clip:
                return slot
        self._step.made(self._song.create_scene(-1))
        added: ClipSlot = track.clip_slots[-1]
        return added

    def _into_arrangement(self, event: Event, start_beats: float) -> Track:
        name = self._place.track(event)
        begin, end = event.span(start_beats, self._place.tempo_bpm)
        others: Sequence[Sound] = event.takes
        if self._place.beside:
            track = self._place.on or self._named(name)
        else:
            track = self._free_track(name, event.takes[0].pan, begin, end)
            self._arrange(track, event, event.takes[0])
            others = event.takes[1:]
        if track is not None and _has_lanes(track):
            if others:  # then every take has a lane, so that the first can be had back after another
                self._into_lanes(track, event, begin, end)
            return track
        aside = [self._aside(event, name, sound, begin, end) for sound in others]
        return track or aside[0]

    def _into_lanes(self, track: Track, event: Event, begin: float, end: float) -> None:
        for sound in event.takes:
            name = f"Cuewright take {sound.take}"
            named = (lane for lane in track.take_lanes if lane.name == name)
            lane = next((lane for lane in named if _is_free(lane.arrangement_clips, begin, end)), None)
            if lane is None:
                lane = self._step.made(track.create_take_lane())
                lane.name = name
            self._arrange(lane, event, sound)

    def _aside(self, event: Event, name: str, sound: Sound, begin: float, end: float) -> Track:
        """A take on a track of its own, deactivated: the way of a Live that has no lanes for scripts."""
        track = self._free_track(f"{name} take {sound.take}", sound.pan, begin, end)
        self._arrange(track, event, sound).muted = True
        return track

    def _arrange(self, where: Track | TakeLane, event: Event, sound: Sound) -> Clip:
        assert self._place.start_beats is not None
        begin = begin_of(sound, self._place.start_beats, self._place.tempo_bpm)
        return self._dress(self._step.made(where.create_audio_clip(sound.path, begin)), event, sound)

    def _dress(self, clip: Clip, event: Event, sound: Sound) -> Clip:
        clip.warping = False  # as the file is, to the sample
        clip.name = f"{event.label} {sound.take}" if event.numbered else event.label
        clip.color = colour(event.track)
        if sound.look is not None:
            clip.gain = sound.look.gain
            clip.pitch_coarse = sound.look.pitch_coarse
            clip.pitch_fine = sound.look.pitch_fine
        return clip

    def _free_track(self, wanted: str, pan: float, begin: float, end: float) -> Track:
        """A track of that name, or of that name and a number, with nothing in the way; a new one if need be."""
        for number in count(1):
            name = wanted if number == 1 else f"{wanted} {number}"
            named = [track for track in self._tracks() if track.name == name]
            if not named:
                return self._create(name, pan, colour(wanted))
            for track in filter(_takes_audio, named):
                # What lies in a lane is not in the way, and older versions know of no lanes.
                clips = [clip for clip in track.arrangement_clips if not getattr(clip, "is_take_lane_clip", False)]
                if _is_free(clips, begin, end):
                    return track
        raise AssertionError("counting never ends")

    def _named(self, name: str) -> Track | None:
        return next((track for track in self._tracks() if track.name == name and _takes_audio(track)), None)

    def _tracks(self) -> Sequence[Track]:
        tracks: Sequence[Track] = self._song.tracks
        return tracks

    def _create(self, name: str, pan: float, rgb: int) -> Track:
        track = self._step.made(self._song.create_audio_track(-1))
        track.name = name
        track.color = rgb
        track.mixer_device.panning.value = pan
        return track


def _is_free(clips: Iterable[Clip], begin: float, end: float) -> bool:
    most = begin + WARP_MARGIN * (end - begin)
    return not any(clip.end_time > begin and clip.start_time < most for clip in clips)


def _takes_audio(track: Track) -> bool:
    return track.has_audio_input and not track.is_frozen and not track.is_foldable


def _has_lanes(track: Track) -> bool:
    return hasattr(track, "create_take_lane")
