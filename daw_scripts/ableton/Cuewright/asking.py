"""A command and the set as it is now, to a request for the engine and the place where its sounds will go.

Reads the set and changes nothing. The keys are those of OSC.md; what only the engine can judge is left to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import selection, timing
from .commands import Command
from .osc import Message, Value, bundle, encode
from .placing import Event, Look, Place, Sound
from .refused import Refused
from .replies import ROOT, Stem
from .selection import Region, Span
from .settings import Settings

if TYPE_CHECKING:
    from Live.Clip import Clip
    from Live.Song import Song


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request that can be sent, and sent again as another job; ``taken`` takes of it are in the set already."""

    verb: str
    keys: tuple[tuple[str, Value], ...]
    place: Place
    position_samples: int = 0
    look: Look | None = None
    track: str = ""
    taken: int = 0

    def events(self, stems: Iterable[Stem]) -> list[Event]:
        """The stems as what goes onto the tracks: the takes of an event together, mixes left out."""
        grouped: dict[tuple[str, str], list[Stem]] = {}
        for stem in sorted(stems, key=lambda stem: (stem.index, stem.take)):
            if stem.kind == "stem":
                grouped.setdefault((stem.track, stem.event), []).append(stem)
        return [
            Event(
                id=event,
                label=takes[0].label,
                track=self.track or track,
                takes=tuple(map(self._sound, takes)),
                numbered=len(takes) > 1 or self.place.beside,
            )
            for (track, event), takes in grouped.items()
        ]

    def _sound(self, stem: Stem) -> Sound:
        return Sound(
            path=stem.path,
            take=stem.take + self.taken,
            # An edit answers at its file's rate, and begins where its region does.
            offset_samples=0 if self.verb in ("edit", "align") else stem.position_samples - self.position_samples,
            length_samples=stem.length_samples,
            sample_rate_hz=stem.sample_rate_hz,
            pan=stem.pan,
            look=self.look,
        )

    def placed(self, events: Iterable[Event], homes: tuple[tuple[str, str], ...]) -> Asked:
        """The same, once its sounds are in the set."""
        taken = max((sound.take for event in events for sound in event.takes), default=self.taken)
        return replace(self, taken=taken, place=replace(self.place, homes=self.place.homes + homes))

    def more(self, command: Command) -> Asked:
        """The same with other takes, beside those that lie there."""
        # A seed that is left out follows from the new job's id.
        keys = {key: value for key, value in self.keys if key != "seed"} | dict(command.settings)
        return replace(self, keys=tuple(keys.items()), place=replace(self.place, beside=True))

    def packet(self, job_id: str, session_id: str, project: str, settings: Settings) -> bytes:
        """The session and the request as one packet, the same bytes whenever it is sent."""
        rates = (("sample_rate", settings.sample_rate), ("frame_rate", settings.frame_rate), ("project", project[:120]))
        token = (("token", settings.token),) if settings.token else ()
        told = _request("session", session_id, (*rates, *token))
        return bundle([told, _request(self.verb, job_id, (*self.keys, ("session", session_id), *token))])


def _request(verb: str, first: str, keys: Iterable[tuple[str, Value]]) -> bytes:
    return encode(Message(ROOT + verb, (first, *(part for pair in keys for part in pair))))


def ask(song: Song, session_view: bool, command: Command, at_beats: float | None, settings: Settings) -> Asked:
    """The request that a command is.

    Parameters
    ----------
    song
        The set.
    session_view
        Whether the Session is what the user looks at.
    command
        One of generate, compose, locators, edit, align.
    at_beats
        The locator that carries the command, if one does.
    settings
        Of the script.

    Raises
    ------
    Refused
        When the set has nothing selected that the command could be about.
    """
    folder = selection.media_folder(song, settings.folder)
    keys: dict[str, Value] = {"folder": folder, **dict(command.settings)}
    if command.verb in ("edit", "align"):
        return (_edit if command.verb == "edit" else _align)(song, command, keys, settings)
    keys |= {"prompt": command.words, "mix": False}
    keys.setdefault("takes", settings.takes)
    in_session = command.view == "session" if command.view else session_view and at_beats is None
    if command.verb == "generate":
        if not command.words and "preset" not in keys:
            raise Refused("Say what should be heard: cw a heavy wooden door slams.")
        if in_session:
            return _in_session(song, "generate", keys)
        span = selection.time_selection(song) if at_beats is None else Span(start_beats=at_beats)
    elif command.verb == "locators":
        span, keys["markers"] = selection.locators(song)
    elif "video" in keys or "cue_sheet" in keys:
        # A file is laid where the marker is; a sheet tells times of its own.
        span = selection.time_selection(song) if song.loop or "video" in keys else Span(start_beats=0.0)
    else:
        region = selection.picture(song)
        span = Span(start_beats=region.start_beats)
        keys |= {"video": region.path, "video_offset": region.offset_seconds, "video_rate": region.play_rate}
        keys["duration"] = region.length_seconds
    return _in_arrangement(song, "generate" if command.verb == "generate" else "compose", keys, span, settings)


def _in_session(song: Song, verb: str, keys: dict[str, Value]) -> Asked:
    scene = list(song.scenes).index(song.view.selected_scene)
    return Asked(verb=verb, keys=tuple(keys.items()), place=Place(start_beats=None, scene=scene))


def _in_arrangement(song: Song, verb: str, keys: dict[str, Value], span: Span, settings: Settings) -> Asked:
    tempo = selection.tempo(song)
    if span.length_beats is not None:
        keys.setdefault("duration", float(timing.seconds(span.length_beats, tempo)))
    position = timing.samples(span.start_beats, tempo, settings.sample_rate)
    keys["position_samples"] = position
    place = Place(start_beats=span.start_beats)
    return Asked(verb=verb, keys=tuple(keys.items()), place=place, position_samples=position)


def _edit(song: Song, command: Command, keys: dict[str, Value], settings: Settings) -> Asked:
    if not command.words:
        raise Refused("Say what to do with the clip: cw edit remove the hum.")
    clip, region = selection.detail_region(song)
    keys["do"] = command.words
    spot = selection.spot_within(song, clip)
    if spot is not None and spot.length_beats is not None:
        keys["selection_start"] = float(timing.seconds(spot.start_beats, song.tempo))
        keys["selection_length"] = float(timing.seconds(spot.length_beats, song.tempo))
    return _of_region(song, "edit", keys, clip, region, settings)


def _align(song: Song, command: Command, keys: dict[str, Value], settings: Settings) -> Asked:
    clip, region = selection.detail_region(song)
    if "video" not in keys:
        if not clip.is_arrangement_clip:
            raise Refused("A clip in a Session slot lies under no video: name one with video=, or use the Arrangement.")
        above = selection.picture_above(song, region)
        keys |= {"video": above.path, "video_offset": above.offset_seconds, "video_rate": above.play_rate}
    return _of_region(song, "align", keys, clip, region, settings)


def _of_region(song: Song, verb: str, keys: dict[str, Value], clip: Clip, region: Region, settings: Settings) -> Asked:
    """A request about what a clip plays; its takes go beside it."""
    track = selection.track_of(clip)
    if track.is_frozen:
        raise Refused(f"The track '{track.name}' is frozen and takes no clip: unfreeze it, then ask again.")
    keys |= {
        "audio": region.path,
        "offset": region.offset_seconds,
        "duration": region.length_seconds,
        "play_rate": region.play_rate,
        "track": track.name[:120],
    }
    if clip.is_arrangement_clip:
        keys["position_samples"] = timing.samples(region.start_beats, song.tempo, settings.sample_rate)
    place = Place(start_beats=region.start_beats, beside=True, on=track)
    if not clip.is_arrangement_clip:
        slots = [slot.clip for slot in track.clip_slots]
        place = Place(start_beats=None, scene=slots.index(clip), beside=True, on=track)
    look = Look(gain=clip.gain, pitch_coarse=clip.pitch_coarse, pitch_fine=clip.pitch_fine)
    return Asked(verb=verb, keys=tuple(keys.items()), place=place, look=look, track=track.name)
