"""A Pro Tools that answers over real gRPC, built from py-ptsl's own messages, and strict.

A command that it does not know, a field that the messages do not have, a field that is needed and missing, a command
without registration, a clip over another clip, a wrong width, a file that is not there: each is an error, as PTSL's
error types name it. It knows no more of the engine than the wire.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import soundfile
from google.protobuf import json_format
from ptsl import PTSL_pb2 as pt
from ptsl.PTSL_pb2_grpc import PTSLServicer, add_PTSLServicer_to_server

NEEDED: dict[str, tuple[str, ...]] = {
    "HostReadyCheck": (),
    "RegisterConnection": ("company_name", "application_name"),
    "GetPTSLVersion": (),
    "GetSessionName": (),
    "GetSessionPath": (),
    "GetSessionSampleRate": (),
    "GetSessionTimeCodeRate": (),
    "GetSessionStartTime": (),
    "GetTimelineSelection": ("location_type",),
    "GetMainCounterFormat": (),
    "GetMemoryLocations": ("pagination_request.limit",),
    "GetTimeAsType": ("location.location", "location.time_type", "time_type"),
    "GetTrackList": ("pagination_request.limit",),
    "GetTrackPlaylists": ("track_id", "pagination_request.limit"),
    "GetPlaylistElements": ("playlist_id", "start_time.location", "end_time.location", "time_format"),
    "GetClipList": ("pagination_request.limit",),
    "GetFileLocation": ("file_filters", "pagination_request.limit"),
    "CreateBatchJob": ("job.name", "job.timeout"),
    "CompleteBatchJob": ("id",),
    "CancelBatchJob": ("id",),
    "ImportAudioToClipList": ("file_list", "audio_operations"),
    "CreateNewTracks": ("number_of_tracks", "track_name", "track_format", "track_type", "track_timebase"),
    "SpotClipsByID": (
        "src_clips",
        "dst_track_id",
        "dst_location_data.location_type",
        "dst_location_data.location.location",
        "dst_location_data.location.time_type",
    ),
    "SetTrackMuteState": ("track_names", "enabled"),
    "DeleteTracks": ("track_ids",),
}
CHANGING = {"ImportAudioToClipList", "CreateNewTracks", "SpotClipsByID", "SetTrackMuteState", "DeleteTracks"}


class Refusal(Exception):
    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message


@dataclass
class Clip:
    file: Path
    file_id: str
    start: int
    length: int


@dataclass
class Track:
    id: str
    name: str
    channels: int = 1
    muted: bool = False
    selected: bool = False
    placed: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    """(sample, ids of its clips, one a channel)"""


@dataclass
class Session:
    file: Path
    name: str = "Reel 2"
    sample_rate: int = 48_000
    rate: str = "STCRate_Fps25"
    start: str = "01:00:00:00"
    selection: tuple[int, int] = (0, 0)
    counter: str = "TLType_Samples"
    markers: list[tuple[str, int]] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    clips: dict[str, Clip] = field(default_factory=dict)


class FakeProTools(PTSLServicer):
    """Its session is public: tests look there for what was done."""

    def __init__(self, session: Session | None) -> None:
        self.session = session
        self.version = (2025, 10)
        self.log: list[str] = []
        self.copied: list[str] = []
        self.misnamed: dict[str, dict[str, str]] = {}
        """By command: fields that it calls otherwise than its messages do."""
        self.garbled = ""
        """Given as every answer, where it is not empty."""
        self.before: dict[str, Callable[[], None]] = {}
        """Done before a command of that name; may raise a Refusal."""
        self._registered = ""
        self._batch = ""
        self._ids = (f"{{id-{number}}}" for number in itertools.count(1))

    def SendGrpcRequest(self, request: Any, context: Any) -> Any:  # noqa: N802
        header = pt.ResponseHeader(command=request.header.command, status=pt.TStatus_Completed)
        try:
            answer = self._answer(request)
        except Refusal as refusal:
            header.status = pt.TStatus_Failed
            error = {"command_error_type": f"CEType_{refusal.kind}", "command_error_message": refusal.message}
            return pt.Response(header=header, response_error_json=json.dumps({"errors": [error]}))
        return pt.Response(header=header, response_body_json=self.garbled or (json.dumps(answer) if answer else ""))

    def _answer(self, request: Any) -> dict[str, Any]:
        name = pt.CommandId.Name(request.header.command).removeprefix("CId_")
        if name not in NEEDED:
            raise Refusal("PT_UnsupportedCommand", name)
        self.log.append(name)
        body: dict[str, Any] = {}
        kind = getattr(pt, f"{name}RequestBody", None)
        if kind is None:
            assert not request.request_body_json, name
        else:
            read = json_format.Parse(request.request_body_json, kind())  # a field it does not have: an error
            body = json_format.MessageToDict(read, preserving_proto_field_name=True, use_integers_for_enums=True)
        for path in NEEDED[name]:
            value: Any = body
            for part in path.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            if value in (None, "", [], 0):
                raise Refusal("PT_InvalidParameter", f"{name} needs {path}")
        if name not in ("HostReadyCheck", "RegisterConnection"):
            if not self._registered or request.header.session_id != self._registered:
                raise Refusal("PT_Forbidden", "register first")
            if name != "GetPTSLVersion" and self.session is None:
                raise Refusal("PT_NoOpenedSession")
        if name in CHANGING:
            told = json.loads(request.header.versioned_request_header_json or "{}")
            if told.get("batch_job_header", {}).get("id") != self._batch or not self._batch:
                raise Refusal("PT_CannotBeDone", "outside of the batch job")
        self.before.get(name, lambda: None)()
        answer: dict[str, Any] = getattr(self, f"do_{name}")(body)
        json_format.ParseDict(answer, getattr(pt, f"{name}ResponseBody", pt.EmptyMessage)())  # it is PTSL itself
        for told, name_in_messages in self.misnamed.get(name, {}).items():
            answer[told] = answer.pop(name_in_messages)
        return answer

    @property
    def open(self) -> Session:
        assert self.session is not None
        return self.session

    @property
    def steps(self) -> list[str]:
        """What was asked for that changes something."""
        return [name for name in self.log if name in CHANGING]

    @property
    def in_batch(self) -> bool:
        return bool(self._batch)

    def do_HostReadyCheck(self, body: Any) -> Any:  # noqa: N802
        return {}

    def do_RegisterConnection(self, body: Any) -> Any:  # noqa: N802
        self._registered = "session-1"
        return {"session_id": self._registered}

    def do_GetPTSLVersion(self, body: Any) -> Any:  # noqa: N802
        return {"version": self.version[0], "version_minor": self.version[1], "version_revision": 0}

    def do_GetSessionName(self, body: Any) -> Any:  # noqa: N802
        return {"session_name": self.open.name}

    def do_GetSessionPath(self, body: Any) -> Any:  # noqa: N802
        return {"session_path": {"path": str(self.open.file), "info": {"is_online": True}}}

    def do_GetSessionSampleRate(self, body: Any) -> Any:  # noqa: N802
        return {"sample_rate": f"SRate_{self.open.sample_rate}"}

    def do_GetSessionTimeCodeRate(self, body: Any) -> Any:  # noqa: N802
        return {"current_setting": self.open.rate}

    def do_GetSessionStartTime(self, body: Any) -> Any:  # noqa: N802
        return {"session_start_time": self.open.start}

    def do_GetTimelineSelection(self, body: Any) -> Any:  # noqa: N802
        assert body["location_type"] == pt.TLType_Samples
        start, end = self.open.selection
        return {"play_start_marker_time": str(start), "in_time": str(start), "out_time": str(end)}

    def do_GetMainCounterFormat(self, body: Any) -> Any:  # noqa: N802
        return {"current_type": self.open.counter}

    def do_GetMemoryLocations(self, body: Any) -> Any:  # noqa: N802
        shown = [
            {"number": k, "name": name, "start_time": self._shown(at), "time_properties": "TProperties_Marker"}
            for k, (name, at) in enumerate(self.open.markers, start=1)
        ]
        shown.append({"number": 99, "name": "a zoom", "start_time": "5", "time_properties": "TProperties_None"})
        return _page("memory_locations", shown, body)

    def _shown(self, samples: int) -> str:
        if self.open.counter == "TLType_Samples":
            return str(samples)
        assert self.open.counter == "TLType_MinSecs"
        return f"{samples // self.open.sample_rate // 60}:{samples / self.open.sample_rate % 60:09.6f}"

    def do_GetTimeAsType(self, body: Any) -> Any:  # noqa: N802
        assert body["time_type"] == pt.TLType_Samples
        assert body["location"]["time_type"] == pt.TimelineLocationType.Value(self.open.counter)
        text = body["location"]["location"]
        minutes, _, seconds = text.rpartition(":")
        samples = round((60 * int(minutes) + float(seconds)) * self.open.sample_rate) if minutes else int(text)
        return {"converted_location": {"location": str(samples), "time_type": "TLType_Samples"}}

    def do_GetTrackList(self, body: Any) -> Any:  # noqa: N802
        filters = [entry["filter"] for entry in body.get("track_filter_list", [])]
        assert filters in ([], [pt.TLFilter_HasEditSelection])
        shown = [t for t in self.open.tracks if t.selected or not filters]
        return _page("track_list", [{"name": t.name, "id": t.id, "type": "TType_Audio"} for t in shown], body)

    def do_GetTrackPlaylists(self, body: Any) -> Any:  # noqa: N802
        track = self._track(body["track_id"])
        lists = [
            {"playlist_id": f"alt {track.id}", "playlist_name": "x", "playlist_type": "PType_Alternate"},
            {"playlist_id": f"main {track.id}", "playlist_name": track.name, "playlist_type": "PType_Main"},
        ]
        return _page("playlists", lists, body)

    def do_GetPlaylistElements(self, body: Any) -> Any:  # noqa: N802
        track = self._track(body["playlist_id"].removeprefix("main "))
        first, last = int(body["start_time"]["location"]), int(body["end_time"]["location"])
        found = []
        for at, ids in sorted(track.placed):
            end = at + self.open.clips[ids[0]].length
            if at < last and end > first:
                times = {
                    name: {"location": str(value), "time_type": "TLType_Samples"}
                    for name, value in (("start_time", at), ("end_time", end))
                }
                found.append({**times, "channel_clips": [{"clip_id": clip} for clip in ids]})
        return _page("elements_list", found, body)

    def do_GetClipList(self, body: Any) -> Any:  # noqa: N802
        clips = [
            {
                "clip_id": clip_id,
                "file_id": clip.file_id,
                "clip_type": "ClipType_Audio",
                "src_start_point": {"position": str(clip.start), "time_type": "BTType_Samples"},
            }
            for clip_id, clip in self.open.clips.items()
        ]
        return _page("clips", clips, body)

    def do_GetFileLocation(self, body: Any) -> Any:  # noqa: N802
        assert body["file_filters"] == [pt.FLTFilter_AllFiles]
        files = {clip.file_id: clip.file for clip in self.open.clips.values()}
        shown = [{"path": str(path), "file_id": file_id} for file_id, path in files.items() if path.exists()]
        return _page("file_locations", shown, body)

    def do_CreateBatchJob(self, body: Any) -> Any:  # noqa: N802
        if self._batch:
            raise Refusal("PT_CannotBeDone", "there is a batch job")
        self._batch = next(self._ids)
        return {"id": self._batch}

    def do_CompleteBatchJob(self, body: Any) -> Any:  # noqa: N802
        if body["id"] != self._batch:
            raise Refusal("PT_InvalidParameter")
        self._batch = ""
        return {}

    do_CancelBatchJob = do_CompleteBatchJob  # noqa: N815

    def do_ImportAudioToClipList(self, body: Any) -> Any:  # noqa: N802
        entries = []
        for name in body["file_list"]:
            path = Path(name)
            if not path.is_file():
                raise Refusal("PT_FileNotFound", f"{path.name} is not there")
            info = soundfile.info(path)
            if info.samplerate != self.open.sample_rate:
                raise Refusal("PT_SampleRateMismatch")
            if body["audio_operations"] == pt.AOperations_CopyAudio:
                self.copied.append(name)
            else:
                assert body["audio_operations"] == pt.AOperations_AddAudio
            ids = [self.add_clip(path, 0, info.frames) for _ in range(info.channels)]
            file = {"file_id": self.open.clips[ids[0]].file_id, "file_path": name, "clip_id_list": ids}
            entries.append({"original_input_path": name, "destination_file_list": [file]})
        return {"file_list": entries}

    def add_clip(self, path: Path, start: int, length: int) -> str:
        clip_id = next(self._ids)
        self.open.clips[clip_id] = Clip(path, f"file {path}", start, length)
        return clip_id

    def do_CreateNewTracks(self, body: Any) -> Any:  # noqa: N802
        assert (body["track_type"], body["track_timebase"]) == (pt.TType_Audio, pt.TTimebase_Samples)
        assert body["number_of_tracks"] == 1
        name = body["track_name"]
        if name.casefold() in {track.name.casefold() for track in self.open.tracks}:
            raise Refusal("OS_DuplicateName", name)
        track = Track(next(self._ids), name, {pt.TFormat_Mono: 1, pt.TFormat_Stereo: 2}[body["track_format"]])
        self.open.tracks.append(track)
        return {"number_of_tracks": 1, "created_track_names": [name], "created_track_ids": [track.id]}

    def do_SpotClipsByID(self, body: Any) -> Any:  # noqa: N802
        track = self._track(body["dst_track_id"])
        where = body["dst_location_data"]
        assert (where["location_type"], where["location"]["time_type"]) == (pt.SLType_Start, pt.TLType_Samples)
        at, ids = int(where["location"]["location"]), tuple(body["src_clips"])
        if len(ids) != track.channels or at < 0:
            raise Refusal("PT_InvalidParameter", f"{len(ids)} clips for {track.channels} channels at {at}")
        end = at + self.open.clips[ids[0]].length
        for other, others in track.placed:
            if other < end and at < other + self.open.clips[others[0]].length:
                raise Refusal("PT_CannotBeDone", "a clip lies there")
        track.placed.append((at, ids))
        return {}

    def do_SetTrackMuteState(self, body: Any) -> Any:  # noqa: N802
        for name in body["track_names"]:
            (track,) = (t for t in self.open.tracks if t.name == name)
            track.muted = body["enabled"]
        return {}

    def do_DeleteTracks(self, body: Any) -> Any:  # noqa: N802
        gone = [self._track(track_id) for track_id in body["track_ids"]]
        self.open.tracks = [track for track in self.open.tracks if track not in gone]
        return {"success_count": len(gone)}

    def _track(self, track_id: str) -> Track:
        for track in self.open.tracks:
            if track.id == track_id:
                return track
        raise Refusal("PT_NoTrackFound", track_id)


def _page(name: str, items: list[Any], body: dict[str, Any]) -> dict[str, Any]:
    """Never more than three at a time, as a host may: who does not ask on misses the rest."""
    asked = body["pagination_request"]
    limit, offset = min(3, asked["limit"]), asked.get("offset", 0)
    pagination = {"total": len(items), "limit": limit, "offset": offset}
    return {name: items[offset : offset + limit], "pagination_response": pagination}


@contextmanager
def serving(fake: FakeProTools) -> Iterator[str]:
    """Serve it on a free port of this computer; gives the address."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    add_PTSLServicer_to_server(fake, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
