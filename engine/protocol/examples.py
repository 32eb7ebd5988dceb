"""Examples of every message, right and wrong: what documentation shows and what every implementation is tested with."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from engine.cue import Cue
from engine.protocol import codec
from engine.protocol.codec import Message
from engine.protocol.messages import (
    AcceptedReply,
    CancelledReply,
    CueReply,
    DoneReply,
    ErrorReply,
    FailedReply,
    ListedReply,
    PongReply,
    ProgressReply,
    Reply,
    SessionReply,
    StatusReply,
    StemReply,
    WarningReply,
)
from engine.protocol.preview_messages import (
    PreviewCommittedReply,
    PreviewLoadedReply,
    PreviewMidiInputReply,
    PreviewOutputReply,
    PreviewRecordedReply,
    PreviewStateReply,
)
from engine.protocol.schema import request_message
from engine.results import Licence, StemFile
from engine.session import Session


@dataclass(frozen=True, slots=True)
class Example:
    """A packet and what it is about."""

    name: str
    packet: bytes


REQUESTS: tuple[Message, ...] = (
    request_message("/cuewright/ping"),
    request_message("/cuewright/status"),
    request_message(
        "/cuewright/session", "reel-2", sample_rate=48_000, frame_rate="23.976", start_timecode="01:00:00:00"
    ),
    request_message(
        "/cuewright/generate",
        "job-1",
        prompt="a heavy oak door slams, then footsteps on gravel",
        folder="/home/me/stems",
        duration=6.5,
        takes=2,
        session="reel-2",
        reply_port=57_191,
    ),
    request_message(
        "/cuewright/spot", "job-2", video="/home/me/reel-2.mov", video_offset=12.5, duration=20.0, session="reel-2"
    ),
    request_message(
        "/cuewright/compose",
        "job-3",
        prompt="leather shoes on marble; a cup put down at the end; room tone",
        folder="/home/me/stems",
        video="/home/me/reel-2.mov",
        video_offset=12.5,
        duration=20.0,
        session="reel-2",
        position_timecode="01:02:10:12",
    ),
    request_message(
        "/cuewright/edit",
        "job-4",
        audio="/home/me/reel-2/atmo.wav",
        do="remove the bird",
        selection_start=3.2,
        selection_length=0.6,
        position_timecode="01:02:10:12",
        session="reel-2",
    ),
    request_message(
        "/cuewright/align",
        "job-5",
        audio="/home/me/reel-2/foley.wav",
        video="/home/me/reel-2.mov",
        video_offset=12.5,
        duration=20.0,
        position_timecode="01:02:10:12",
        session="reel-2",
    ),
    request_message("/cuewright/cancel", "job-1"),
    request_message("/cuewright/job", "job-1", reply_port=57_191),
    request_message("/cuewright/jobs", 10),
    request_message("/cuewright/preview/load", "A", path="/home/me/stems/rain.wav", position_samples=480_000),
    request_message("/cuewright/preview/unload", "A"),
    request_message("/cuewright/preview/select", "B"),
    request_message("/cuewright/preview/play"),
    request_message("/cuewright/preview/stop"),
    request_message("/cuewright/preview/locate", 2.5),
    request_message("/cuewright/preview/loop", 0.5, 4.0),
    request_message("/cuewright/preview/param", "distance_m", 8.0),
    request_message("/cuewright/preview/chain", "phone"),
    request_message("/cuewright/preview/commit", "/home/me/stems/rain far.wav", what="pass"),
    request_message("/cuewright/preview/device", "Headphones"),
    request_message("/cuewright/preview/devices"),
    request_message("/cuewright/preview/state", reply_port=57_191),
    request_message("/cuewright/preview/follow", True),
    request_message("/cuewright/preview/transport", True, 523_200, tempo=120.0, session="reel-2"),
    request_message("/cuewright/preview/strike", 36, 0.75),
    request_message("/cuewright/preview/midi_inputs"),
    request_message("/cuewright/preview/midi", "nanoKONTROL"),
    request_message("/cuewright/preview/bind", "cc7", "distance_m"),
    request_message("/cuewright/preview/unbind", "distance_m"),
    request_message("/cuewright/preview/learn", "wetness"),
    request_message("/cuewright/preview/record", False, path="/home/me/steps.csv", session="reel-2"),
)
"""One a request, for the documentation; they are among the accepted vectors too."""

REPLIES: tuple[Reply, ...] = (
    PongReply(version="0.1.0"),
    StatusReply(
        version="0.1.0", uptime_seconds=12.5, queued=2, running=1, done=40, failed=1, cancelled=0, worker="ready"
    ),
    SessionReply(session_id="reel-2", session=Session(frame_rate="23.976", start_timecode="01:00:00:00")),
    AcceptedReply(job_id="job-1", state="queued"),
    ProgressReply(job_id="job-1", sequence=7, fraction=0.25, stage="rendering"),
    StemReply(
        job_id="job-1",
        stem=StemFile(
            path="/home/me/stems/DOORWood_Oak Door Slam_CUEWRIGHT_T1.wav",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            event="s1",
            index=1,
            track="Oak Door Slam",
            label="Oak Door Slam",
            category="DOORWood",
            position_samples=4_320_000_000,
            onset_samples=240,
            length_samples=96_000,
            sample_rate_hz=48_000,
            channels=1,
            peak_dbtp=-3.5,
            licence=Licence(name="CC0-1.0", commercial=True),
            pan=-0.25,
        ),
    ),
    CueReply(
        job_id="job-2",
        index=1,
        sample_rate_hz=48_000,
        cue=Cue(
            id="c1", start_samples=31_680, kind="impact", strength=0.75, confidence=0.5, x=0.25, y=0.75, size=0.125
        ),
    ),
    DoneReply(
        job_id="job-1",
        manifest="/home/me/stems/job-1.cuewright.json",
        project="/home/me/stems/job-1.rpp",
        mix_path="/home/me/stems/job-1 Mix.wav",
        stems_count=4,
    ),
    FailedReply(job_id="job-1", code="disk_full", sentence="There is no room left in /home/me/stems.", field="folder"),
    CancelledReply(job_id="job-1"),
    WarningReply(job_id="job-1", sentence="The language model did not answer; the rules made the plan."),
    ListedReply(count=10, total=43),
    PreviewStateReply(
        playing=True,
        candidate="A",
        seconds=1.25,
        length_seconds=8.0,
        waiting=False,
        following=False,
        device="Headphones",
        latency_seconds=0.0625,
        dropouts=0,
        candidates='["A", "B"]',
        knobs='{"gain_db": 0.0, "distance_m": 8.0}',
    ),
    PreviewLoadedReply(candidate="A", length_seconds=8.0, is_whole=True, loudness_lufs=-23.5),
    PreviewCommittedReply(
        path="/home/me/stems/rain far.wav",
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        position_samples=480_000,
        length_samples=384_000,
        sample_rate_hz=48_000,
    ),
    PreviewOutputReply(number=3, name="Headphones", host_api="ALSA", is_default=True),
    PreviewMidiInputReply(number=0, name="nanoKONTROL"),
    PreviewRecordedReply(path="/home/me/steps.csv", cues_count=12),
    ErrorReply(
        about="/cuewright/generate",
        code="bad_argument",
        sentence="'takes' is a whole number from 1 to 16; got 'two'.",
        field="takes",
        expected="a whole number from 1 to 16",
        job_id="job-1",
    ),
)


def _generate(*pairs: codec.Value) -> bytes:
    return codec.encode(Message("/cuewright/generate", ("job-1", "prompt", "rain", "folder", "/stems", *pairs)))


def _request(address: str, *arguments: codec.Value) -> bytes:
    return codec.encode(Message(address, arguments))


_PING = _request("/cuewright/ping")


def _nested(depth: int) -> bytes:
    packet = _PING
    for _ in range(depth):
        packet = codec.encode_bundle([packet])
    return packet


ACCEPTED: tuple[Example, ...] = (
    *(Example(f"example of {m.address}", codec.encode(m)) for m in REQUESTS),
    Example("no type tags at all", b"/cuewright/ping\0"),
    Example("a token and a reply port", _request("/cuewright/ping", "token", "secret", "reply_port", 9_000)),
    Example("the optional argument left out", _request("/cuewright/jobs")),
    Example("the optional argument left out before a key", _request("/cuewright/jobs", "reply_port", 9_000)),
    Example("the optional argument before a key", _request("/cuewright/jobs", 3, "reply_port", 9_000)),
    Example("a whole float where an integer is expected", _generate("takes", 3.0)),
    Example("an integer where a number is expected", _generate("duration", 4)),
    Example("a 32-bit float is the decimal that was typed", _generate("duration", codec.float32(0.02))),
    Example("a 64-bit float", _generate("duration", 1.0000000001)),
    Example("a 64-bit integer", _generate("position_samples", 2**40)),
    Example("true as T", _generate("delivery_safe", True)),
    Example("true as 1", _generate("delivery_safe", 1)),
    Example("false as 0.0", _generate("mix", 0.0)),
    Example("nil leaves a key out", _generate("seed", None)),
    Example("text beyond ASCII", _generate("track", "Türen – Öffnen 門")),
    Example("keys in any order", _request("/cuewright/generate", "j", "folder", "/s", "takes", 2, "prompt", "wind")),
    Example("a bundle of two", codec.encode_bundle([_PING, _request("/cuewright/cancel", "job-1")])),
    Example("bundles nested four deep", _nested(codec.MAX_NESTING)),
    Example(
        "a parameter of effects that is a word", _request("/cuewright/preview/param", "chain.1.mode", "choice", "x")
    ),
    Example("a place before the timeline's zero", _request("/cuewright/preview/transport", 0, -480)),
    Example("the bounds themselves", _generate("takes", 16, "duration", 3_600.0, "seed", 0)),
)

REJECTED: tuple[Example, ...] = (
    Example("nothing", b""),
    Example("not a multiple of four", b"/cuewright/ping"),
    Example("text that is not OSC", b"GET / HTTP/1.1\r\n\r\n"),
    Example("an address without an end", b"/cuewright/pingX"),
    Example("an address without a slash", b"cuewright\0\0\0,\0\0\0"),
    Example("type tags without a comma", b"/cuewright/ping\0s\0\0\0"),
    Example("a type tag that we do not take", b"/cuewright/ping\0,m\0\0\0\0\0\0"),
    Example("an integer cut short", b"/cuewright/jobs\0,ii\0\0\0\0\1"),
    Example("bytes after the last argument", b"/cuewright/ping\0,\0\0\0\0\0\0\0"),
    Example("a blob longer than the packet", b"/cuewright/ping\0,b\0\0\0\0\1\0"),
    Example("text that is not UTF-8", b"/cuewright/job\0\0,s\0\0\xff\xfe\0\0"),
    Example("a bundle without its timetag", b"#bundle\0"),
    Example("a bundle's element of -4 bytes", b"#bundle\0" + bytes(8) + struct.pack(">i", -4)),
    Example("a bundle's element of 0 bytes", b"#bundle\0" + bytes(8) + bytes(4)),
    Example("a bundle's element longer than it", b"#bundle\0" + bytes(8) + struct.pack(">i", 64) + _PING),
    Example("bundles nested five deep", _nested(codec.MAX_NESTING + 1)),
    Example("more messages than a packet may hold", codec.encode_bundle([_PING] * (codec.MAX_MESSAGES + 1))),
    Example("more arguments than a message may have", b"/cuewright/ping\0," + b"T" * 257 + b"\0\0"),
    Example("an address that does not exist", _request("/cuewright/sing")),
    Example("a pattern is no address", _request("/cuewright/*")),
    Example("no job id", _request("/cuewright/generate")),
    Example("a job id that is a number", _request("/cuewright/cancel", 7)),
    Example("a job id with a slash", _request("/cuewright/cancel", "../job")),
    Example("a key without a value", _generate("takes")),
    Example("a key that does not exist", _generate("takse", 2)),
    Example("a key that is a number", _generate(5, 2)),
    Example("a key given twice", _generate("takes", 2, "takes", 2)),
    Example("text where an integer is expected", _generate("takes", "2")),
    Example("a fraction where an integer is expected", _generate("takes", 2.5)),
    Example("true where an integer is expected", _generate("takes", True)),
    Example("an integer beyond its bound", _generate("takes", 17)),
    Example("a number below its bound", _generate("duration", -1.0)),
    Example("ten hours", _generate("duration", 36_000)),
    Example("not a number", _generate("duration", float("nan"))),
    Example("infinity", _generate("duration", float("inf"))),
    Example("a number where text is expected", _generate("track", 4)),
    Example("a blob where text is expected", _generate("track", b"abc")),
    Example("text where true or false is expected", _generate("mix", "yes")),
    Example("a whole number that is neither 0 nor 1", _generate("mix", 2)),
    Example("nil where a value is needed", _generate("mix", None)),
    Example("a choice that does not exist", _generate("planner", "magic")),
    Example("a reply port out of range", _request("/cuewright/ping", "reply_port", 70_000)),
    Example("no folder", _request("/cuewright/generate", "job-1", "prompt", "rain")),
    Example("no picture to spot", _request("/cuewright/spot", "job-1")),
    Example("a play rate of 0", _request("/cuewright/spot", "job-1", "video", "/a.mov", "video_rate", 0)),
    Example("a picture and no words", _request("/cuewright/compose", "job-1", "video", "/a.mov", "folder", "/stems")),
    Example("nothing to compose to", _request("/cuewright/compose", "job-1", "prompt", "rain", "folder", "/stems")),
    Example("a picture with no sound to fit to it", _request("/cuewright/align", "job-1", "video", "/reel 3.mov")),
    Example("an edit of nothing", _request("/cuewright/edit", "job-1", "do", "louder")),
    Example("an edit that does nothing", _request("/cuewright/edit", "job-1", "audio", "/a.wav", "do", " ")),
    Example(
        "noise without a length",
        _request("/cuewright/edit", "job-1", "audio", "/a.wav", "do", "denoise", "noise_audio", "/b.wav"),
    ),
    Example("an empty prompt", _request("/cuewright/generate", "job-1", "prompt", " ", "folder", "/stems")),
    Example("a prompt too long", _request("/cuewright/generate", "job-1", "prompt", "a " * 1_001, "folder", "/stems")),
    Example("a preview without a name", _request("/cuewright/preview/load", "path", "/a.wav", "seed")),
    Example("a place before the sound's start", _request("/cuewright/preview/locate", -0.5)),
    Example("a transport that only runs", _request("/cuewright/preview/transport", True)),
    Example("a parameter that goes to infinity", _request("/cuewright/preview/param", "gain_db", float("inf"))),
    Example("a tempo below 0", _request("/cuewright/preview/transport", True, 0, "tempo", -1)),
    Example("a frame rate that is none", _request("/cuewright/session", "s", "frame_rate", "fast")),
    Example(
        "a frame rate that would take hours to read", _request("/cuewright/session", "s", "frame_rate", "1e999999999")
    ),
    Example("a timecode that does not exist", _request("/cuewright/session", "s", "start_timecode", "00:61:00:00")),
)
