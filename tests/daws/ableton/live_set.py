"""A Live set that behaves as far as a script can see, behind the published API: all else is an error.

Every change is recorded with the undo step it was made in, so that a test can tell what one undo takes back. What a
test does as the user goes past the API, by the methods whose names end in ``_by_user`` and the plain ``state``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import live_api
import soundfile

LAST_BEAT = 1_576_800.0
PICTURES = (".mp4", ".mov")
_pointers = itertools.count(1)


class Document:
    """The set's history, and what this Live lacks or does by itself."""

    def __init__(self) -> None:
        self.missing: set[str] = set()  # "Track.create_take_lane": members that an older Live does not have
        self.lanes_among_clips = False  # whether a track's clips are also those of its lanes
        self.auto_warp = 1.0  # how much longer a new clip is while Live believes in a tempo of its own
        self.refuse_after: int | None = None  # so many clips are taken, then no more
        self.steps: list[list[Callable[[], None]]] = []
        self.loose: list[str] = []  # changes that were made outside of any step
        self.opened = 0
        self.depth = 0
        self.clips_made = 0

    def changed(self, what: str, undo: Callable[[], None]) -> None:
        if self.depth:
            self.steps[-1].append(undo)
        else:
            self.loose.append(what)
            self.steps.append([undo])

    @contextmanager
    def step(self) -> Iterator[None]:
        self.begin()
        yield
        self.end()

    def begin(self) -> None:
        assert self.depth == 0, "undo steps do not nest"
        self.depth = 1
        self.opened += 1
        self.steps.append([])

    def end(self) -> None:
        assert self.depth == 1, "no undo step is open"
        self.depth = 0
        if not self.steps[-1]:
            self.steps.pop()

    def undo(self) -> None:
        assert self.depth == 0, "undo within an undo step"
        for take_back in reversed(self.steps.pop() if self.steps else []):
            take_back()


class LiveObject:
    """Reads, sets and calls only what the published class has; ``state`` holds what it has been given."""

    api = ""

    def __init__(self, document: Document, **state: Any) -> None:
        self.__dict__.update(document=document, state=state)
        state["_live_ptr"] = next(_pointers)

    def __getattr__(self, name: str) -> Any:
        api = type(self).api
        if f"{api}.{name}" in self.document.missing:
            raise AttributeError(f"this Live has no {api}.{name}")
        if (method := live_api.method(api, name)) is not None:
            return self._checked(name, method)
        if live_api.settable(api, name) is None:
            raise AttributeError(f"Live's {api} has no {name}")
        if hasattr(type(self), f"get_{name}"):
            return getattr(type(self), f"get_{name}")(self)
        return self.state[name]  # a KeyError is a member that this fake does not know yet

    def __setattr__(self, name: str, value: Any) -> None:
        api = type(self).api
        settable = live_api.settable(api, name)
        if settable is None:
            raise AttributeError(f"Live's {api} has no {name}")
        if not settable:
            raise AttributeError(f"Live's {api}.{name} can only be read")
        before = self.state[name]
        if type(before) is not type(value):
            raise TypeError(f"Live's {api}.{name} is a {type(before).__name__}, not {value!r}")
        self.state[name] = value
        self.document.changed(f"{api}.{name}", lambda: self.state.update({name: before}))

    def _checked(self, name: str, method: live_api.Method) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if named:
                raise TypeError(f"{type(self).api}.{name} takes no keywords")
            if not method.least <= len(arguments) <= method.most:
                raise TypeError(f"{type(self).api}.{name} takes {method.least} to {method.most} arguments")
            return getattr(type(self), f"do_{name}")(self, *arguments)

        return call

    def _added(self, members: list[Any], thing: Any) -> Any:
        members.append(thing)
        self.document.changed(f"{type(self).api} got {type(thing).api}", lambda: members.remove(thing))
        return thing


class Parameter(LiveObject):
    api = "DeviceParameter"


class Mixer(LiveObject):
    api = "MixerDevice"


class Cue(LiveObject):
    api = "CuePoint"


class Scene(LiveObject):
    api = "Scene"


class Clip(LiveObject):
    """A clip of a file; ``stretch`` is how much slower than its file Live plays it while it is warped."""

    api = "Clip"

    def get_length(self) -> float:
        return float(self.state["loop_end"] - self.state["loop_start"])

    def get_end_time(self) -> float:
        return float(self.state["start_time"] + self.beats())

    def beats(self) -> float:
        tempo = self.state["song"].state["tempo"]
        cents = self.state["pitch_coarse"] * 100 + self.state["pitch_fine"]
        if self.state["warping"]:
            return float(self.get_length())
        return float(self.get_length() * tempo / 60 / 2 ** (cents / 1200))

    def __setattr__(self, name: str, value: Any) -> None:
        was = self.state.get("warping")
        super().__setattr__(name, value)
        if name == "warping" and was and not value:  # its markers are in seconds from now on
            before = dict(self.state)
            seconds = self.state["sample_length"] / self.state["sample_rate"]
            self.state.update(loop_start=0.0, loop_end=seconds)
            self.document.changed("Clip markers", lambda: self.state.update(before))

    def do_beat_to_sample_time(self, beat: float) -> float:
        if not self.state["warping"]:
            raise RuntimeError("The sample is not warped")
        return float(beat * 60 / self.state["song"].state["tempo"] / self.state["stretch"] * self.state["sample_rate"])

    def shown(self) -> tuple[Any, ...]:
        names = ("file_path", "name", "color", "muted", "warping", "gain", "pitch_coarse", "pitch_fine", "start_time")
        return (*(self.state[name] for name in names), self.get_end_time())


class Lane(LiveObject):
    """Where clips lie in the arrangement: a take lane, and what a track shares with it."""

    api = "TakeLane"

    def get_arrangement_clips(self) -> tuple[Clip, ...]:
        return tuple(self.state["clips"])

    def do_create_audio_clip(self, path: str, beat: float) -> Clip:
        assert isinstance(beat, float)
        track = self if isinstance(self, Track) else self.state["canonical_parent"]
        clip = new_clip(track, path, start_time=beat, arranged=True, parent=self)
        if not 0 <= beat <= LAST_BEAT:
            raise RuntimeError("the time is outside of the arrangement")
        for other in list(self.state["clips"]):  # Live covers what lies there
            if other.state["start_time"] < clip.get_end_time() and other.get_end_time() > beat:
                self.state["clips"].remove(other)
                self.document.changed("a clip was covered", lambda other=other: self.state["clips"].append(other))
        return self._added(self.state["clips"], clip)


class Track(Lane):
    api = "Track"

    def get_arrangement_clips(self) -> tuple[Clip, ...]:
        lanes = self.state["lanes"] if self.document.lanes_among_clips else []
        return (*self.state["clips"], *(clip for lane in lanes for clip in lane.state["clips"]))

    def get_clip_slots(self) -> tuple[Slot, ...]:
        slots = self.state["slots"]
        while len(slots) < len(self.state["song"].state["scenes"]):
            slots.append(Slot(self.document, canonical_parent=self, clip=None))
        return tuple(slots[: len(self.state["song"].state["scenes"])])

    def get_take_lanes(self) -> tuple[Lane, ...]:
        return tuple(self.state["lanes"])

    def do_create_take_lane(self) -> Lane:
        lane = Lane(self.document, canonical_parent=self, clips=[], name="Lane")
        return self._added(self.state["lanes"], lane)


class Slot(LiveObject):
    api = "ClipSlot"

    def get_has_clip(self) -> bool:
        return self.state["clip"] is not None

    def do_create_audio_clip(self, path: str) -> Clip:
        if self.state["clip"] is not None:
            raise RuntimeError("the slot is not empty")
        clip = new_clip(self.state["canonical_parent"], path, start_time=0.0, arranged=False, parent=self)
        self.state["clip"] = clip
        self.document.changed("a slot got a clip", lambda: self.state.update(clip=None))
        return clip


class SongView(LiveObject):
    api = "Song.View"


class Song(LiveObject):
    api = "Song"

    def get_tracks(self) -> tuple[Track, ...]:
        return tuple(self.state["tracks"])

    def get_cue_points(self) -> tuple[Cue, ...]:
        return tuple(self.state["cue_points"])

    def get_scenes(self) -> tuple[Scene, ...]:
        return tuple(self.state["scenes"])

    def do_begin_undo_step(self) -> None:
        self.document.begin()

    def do_end_undo_step(self) -> None:
        self.document.end()

    def do_undo(self) -> str:
        self.document.undo()
        return ""

    def do_create_audio_track(self, index: int | None = None) -> Track:
        assert index == -1
        return self._added(self.state["tracks"], new_track(self, f"{len(self.state['tracks']) + 1}-Audio"))

    def do_create_scene(self, index: int) -> Scene:
        assert index == -1
        return self._added(self.state["scenes"], Scene(self.document))


class ApplicationView(LiveObject):
    api = "Application.View"


class Application(LiveObject):
    api = "Application"

    def do_get_document(self) -> Song:
        return self.state["song"]

    def do_get_version_string(self) -> str:
        return str(self.state["version"])


def new_track(song: Song, name: str, *, audio: bool = True, frozen: bool = False, group: bool = False) -> Track:
    document = song.document
    mixer = Mixer(document, panning=Parameter(document, value=0.0))
    return Track(
        document,
        song=song,
        name=name,
        color=0,
        has_audio_input=audio,
        is_frozen=frozen,
        is_foldable=group,
        mixer_device=mixer,
        canonical_parent=song,
        clips=[],
        lanes=[],
        slots=[],
    )


def new_clip(track: Track, path: str, *, start_time: float, arranged: bool, parent: LiveObject) -> Clip:
    document, song = track.document, track.state["song"]
    if not track.state["has_audio_input"] or track.state["is_frozen"]:
        raise RuntimeError("not an audio track, or a frozen one")
    if document.refuse_after is not None and document.clips_made >= document.refuse_after:
        raise RuntimeError("the file cannot be read")
    assert isinstance(path, str)
    assert Path(path).is_absolute()
    rate, length = 48_000, 480_000
    if not path.endswith(PICTURES):
        try:
            about = soundfile.info(path)
        except soundfile.LibsndfileError:
            raise RuntimeError("not a valid audio file") from None
        rate, length = about.samplerate, about.frames
    document.clips_made += 1
    return Clip(
        document,
        song=song,
        file_path=path,
        name=Path(path).stem,
        color=0,
        muted=False,
        warping=True,
        stretch=document.auto_warp,
        gain=0.4,
        pitch_coarse=0,
        pitch_fine=0.0,
        looping=False,
        is_recording=False,
        is_audio_clip=True,
        is_arrangement_clip=arranged,
        is_take_lane_clip=arranged and not isinstance(parent, Track),
        canonical_parent=parent,
        sample_rate=float(rate),
        sample_length=length,
        start_time=start_time,
        loop_start=0.0,
        loop_end=length / rate * song.state["tempo"] / 60 * document.auto_warp,
    )


def new_set(path: str, *, tempo: float = 120.0, scenes: int = 4, version: str = "12.3.6") -> Application:
    """A set with two audio tracks, the second selected, the loop off and the insert marker at its beginning."""
    document = Document()
    tempo_parameter = Parameter(document, automation_state=0)
    song = Song(
        document,
        file_path=path,
        name=Path(path).stem,
        tempo=tempo,
        tempo_follower_enabled=False,
        loop=False,
        loop_start=0.0,
        loop_length=4.0,
        current_song_time=0.0,
        tracks=[],
        cue_points=[],
        scenes=[Scene(document) for _ in range(scenes)],
    )
    song.state["master_track"] = Track(document, mixer_device=Mixer(document, song_tempo=tempo_parameter))
    song.state["tracks"] += [new_track(song, "1-Audio"), new_track(song, "2-Audio")]
    song.state["view"] = SongView(
        document,
        detail_clip=None,
        selected_scene=song.state["scenes"][0],
        selected_track=song.state["tracks"][1],
    )
    view = ApplicationView(document, focused_document_view="Arranger")
    return Application(document, song=song, view=view, version=version)


def shown(song: Song) -> list[Any]:
    """All that a set holds, to be compared before and after."""
    scenes = len(song.state["scenes"])
    return [scenes] + [
        (
            track.state["name"],
            track.state["color"],
            track.state["mixer_device"].state["panning"].state["value"],
            sorted(clip.shown() for clip in track.state["clips"]),
            [(lane.state["name"], sorted(c.shown() for c in lane.state["clips"])) for lane in track.state["lanes"]],
            [slot.state["clip"] and slot.state["clip"].shown() for slot in track.get_clip_slots()],
        )
        for track in song.state["tracks"]
    ]
