"""The script's own codec against the vectors of the protocol, and its jobs against an engine that falls silent."""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import live_rig
import pytest
from Cuewright import replies, timing
from Cuewright.asking import Asked
from Cuewright.jobs import ASK_SECONDS, GIVE_UP_SECONDS, GONE_SECONDS, LOST_SECONDS, RESEND_SECONDS, Job, Jobs
from Cuewright.osc import MAX_PACKET_BYTES, Malformed, Message, bundle, decode, encode
from Cuewright.placing import Place
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol import codec
from engine.protocol.messages import ErrorReply
from engine.protocol.schema import parse

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def vectors(name: str) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return read


def labels(row: dict[str, Any]) -> str:
    return str(row.get("name") or row["address"])


@pytest.mark.parametrize("row", vectors("accept"), ids=labels)
def test_requests_are_read_as_the_engine_reads_them(row: dict[str, Any]) -> None:
    packet = bytes.fromhex(row["packet"])
    assert [(m.address, m.arguments) for m in decode(packet)] == [
        (m.address, m.arguments) for m in codec.decode(packet)
    ]


@pytest.mark.parametrize("row", vectors("accept"), ids=labels)
def test_requests_that_we_write_are_accepted(row: dict[str, Any]) -> None:
    messages = decode(bytes.fromhex(row["packet"]))
    again = codec.decode(bundle([encode(message) for message in messages]))
    assert [parse(message).command.model_dump(mode="json") for message in again] == [
        request["command"] for request in row["requests"]
    ]


@pytest.mark.parametrize("row", [r for r in vectors("reject") if r["code"] == "malformed_packet"], ids=labels)
def test_malformed_packets_are_refused(row: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        decode(bytes.fromhex(row["packet"]))


def test_a_packet_too_long_is_refused() -> None:
    with pytest.raises(Malformed):
        decode(b"/a\0\0,s\0\0" + b"x" * MAX_PACKET_BYTES + b"\0\0\0\0")


@pytest.mark.parametrize("row", [r for r in vectors("replies") if r["address"][11:] in replies.KINDS], ids=labels)
def test_replies_are_read_by_name(row: dict[str, Any]) -> None:
    (message,) = decode(bytes.fromhex(row["packet"]))
    reply = replies.read(message)
    assert reply is not None
    names = [field.name for field in fields(reply)]
    assert names == list(row["arguments"])[: len(names)]
    assert {name: getattr(reply, name) for name in names} == {name: row["arguments"][name] for name in names}
    assert replies.read(Message(message.address, (*message.arguments, "of a later engine"))) == reply
    assert replies.read(Message(message.address, message.arguments[: len(names) - 2])) is None


def test_every_reply_about_a_job_is_known() -> None:
    known = {f"/cuewright/{kind}" for kind in replies.KINDS}
    about_jobs = {row["address"] for row in vectors("replies") if "job_id" in row["arguments"]}
    assert about_jobs == known
    assert ErrorReply.address in known


def test_a_reply_of_other_kinds_is_none() -> None:
    assert replies.read(Message("/cuewright/progress", ("j", "7", 0.5, "x"))) is None
    assert replies.read(Message("/cuewright/progress", ("j", True, 0.5, "x"))) is None
    assert replies.read(Message("/cuewright/stem", ("j",))) is None
    assert replies.read(Message("/other/progress", ("j", 7, 0.5, "x"))) is None


@given(st.binary(max_size=80))
def test_no_bytes_do_harm(data: bytes) -> None:
    for packet in (data, b"#bundle\0" + data, b"/cuewright/live\0,ssb\0\0\0\0" + data):
        try:
            ours: object = [(m.address, repr(m.arguments)) for m in decode(packet)]
        except Malformed:
            ours = None
        try:
            theirs: object = [(m.address, repr(m.arguments)) for m in codec.decode(packet)]
        except codec.MalformedPacket:
            theirs = None
        assert ours == theirs


def test_what_cannot_travel_is_refused() -> None:
    for value in (2**64, "null\0byte", object()):
        with pytest.raises(Malformed):
            encode(Message("/a", (value,)))  # type: ignore[arg-type] # on purpose


@pytest.mark.parametrize("tempo", [120.0, 119.99, 61.7, 333.3, 20.0, 999.0])
@pytest.mark.parametrize("sample", [0, 1, 47_999, 48_001, 172_800_000, 4_147_200_000])
def test_a_sample_and_its_beat_are_the_same_place(tempo: float, sample: int) -> None:
    """Over a day: 24 hours at 48 kHz."""
    assert timing.samples(timing.beats(sample, 48_000, tempo), tempo, 48_000) == sample
    assert timing.beats(sample, 48_000, tempo, after_beats=4.0) == pytest.approx(
        timing.beats(sample, 48_000, tempo) + 4.0, abs=1e-9
    )


class Wire:
    """What was sent, and a clock."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.jobs: Jobs[str] = Jobs(self.sent.append)
        self.now = 100.0
        self.job: Job[str] = self.jobs.submit("j", b"request", "about", self.now)

    def passes(self, seconds: float) -> list[Job[str]]:
        """In ticks."""
        changed = []
        end = self.now + seconds
        while self.now < end:
            self.now += 0.1
            changed += self.jobs.tick(self.now)
        return changed

    def hears(self, address: str, *arguments: Any) -> Job[str] | None:
        reply = replies.read(Message(f"/cuewright/{address}", arguments))
        assert reply is not None
        return self.jobs.receive(reply, self.now)

    def stem(self, path: str, kind: str = "stem") -> None:
        counts = (0, 0, 10, 48_000, 1)
        self.hears("stem", "j", 1, path, "T", *counts, kind, "C", "L", 1, "00", "e", None, -3.0, "CC0", True, "", 0.0)

    def done(self, stems: int, cues: int = 0) -> None:
        self.hears("done", "j", "m", "p", "", stems, cues, "", "", "")


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_a_request_without_an_answer_is_sent_again_and_then_lost(wire: Wire) -> None:
    assert wire.passes(LOST_SECONDS - 0.2) == []
    assert wire.sent == [b"request"] * (1 + int((LOST_SECONDS - 0.2) / RESEND_SECONDS))
    assert wire.passes(1.0) == [wire.job]
    assert wire.job.state == "lost"
    assert wire.passes(5.0) == [], "it is said once"
    wire.hears("accepted", "j", "queued")
    assert wire.job.state == "accepted"


def test_a_silent_job_is_asked_for_and_then_lost(wire: Wire) -> None:
    wire.hears("accepted", "j", "queued")
    wire.hears("progress", "j", 1, 0.5, "rendering")
    assert wire.passes(ASK_SECONDS + 0.2) == []
    assert wire.sent == [b"request"] * 2
    assert wire.passes(GONE_SECONDS - ASK_SECONDS) == [wire.job]


def test_an_engine_that_stays_away_is_given_up(wire: Wire) -> None:
    wire.passes(LOST_SECONDS + 1)
    wire.now += GIVE_UP_SECONDS
    assert wire.passes(0.2) == [wire.job]
    assert (wire.job.state, wire.jobs.open) == ("failed", ())
    assert "given up" in wire.job.problem


def test_done_with_stems_missing_asks_until_they_are_there(wire: Wire) -> None:
    wire.stem("/a.wav")
    wire.stem("/mix.wav", kind="mix")
    wire.done(stems=2)
    assert not wire.job.ended
    wire.passes(RESEND_SECONDS + 0.2)
    assert wire.sent == [b"request"] * 2
    wire.stem("/a.wav")
    wire.stem("/b.wav")
    wire.done(stems=2)
    assert (wire.job.state, list(wire.job.stems)) == ("done", ["/a.wav", "/mix.wav", "/b.wav"])


def test_done_with_cues_missing_asks_too(wire: Wire) -> None:
    wire.done(stems=0, cues=1)
    assert not wire.job.ended
    wire.hears("cue", "j", 1)
    wire.done(stems=0, cues=1)
    assert wire.job.state == "done"


def test_late_and_repeated_replies_change_nothing(wire: Wire) -> None:
    wire.hears("progress", "j", 5, 0.5, "rendering")
    wire.hears("progress", "j", 4, 0.25, "planning")
    assert (wire.job.fraction, wire.job.stage) == (0.5, "rendering")
    for _ in range(2):
        wire.hears("warning", "j", "so so")
    assert wire.job.warnings == ["so so"]
    wire.done(stems=0)
    assert wire.hears("failed", "j", "internal", "x", "") is None
    assert wire.job.state == "done"
    assert wire.hears("accepted", "another", "queued") is None


def test_a_cancel_is_repeated_and_ends_also_without_an_engine(wire: Wire) -> None:
    wire.hears("accepted", "j", "queued")
    wire.jobs.cancel(wire.job, wire.now)
    wire.passes(RESEND_SECONDS + 0.2)
    assert [decode(packet)[0] for packet in wire.sent[1:]] == [Message("/cuewright/cancel", ("j",))] * 2
    assert wire.passes(GONE_SECONDS) == [wire.job]
    assert wire.job.state == "cancelled"


@pytest.mark.parametrize("answer", ["cancelled", "failed", "done"])
def test_whatever_answers_a_cancel_places_nothing(wire: Wire, answer: str) -> None:
    wire.jobs.cancel(wire.job, wire.now)
    if answer == "cancelled":
        wire.hears("cancelled", "j")
    elif answer == "failed":
        wire.hears("failed", "j", "unknown_job", "There is no job of that id.", "")
    else:
        wire.done(stems=0)
    assert wire.job.state == "cancelled"


def test_a_mix_is_not_placed(wire: Wire) -> None:
    wire.stem("/a.wav")
    wire.stem("/mix.wav", kind="mix")
    (event,) = Asked(verb="generate", keys=(), place=Place(start_beats=0.0)).events(wire.job.stems.values())
    assert [sound.path for sound in event.takes] == ["/a.wav"]


def test_a_busy_engine_is_asked_again_and_a_refusal_ends(wire: Wire) -> None:
    wire.hears("error", "/cuewright/generate", "queue_full", "Too many.", "", "", "j")
    assert not wire.job.ended
    wire.hears("error", "/cuewright/generate", "bad_argument", "No.", "takes", "", "j")
    assert (wire.job.state, wire.job.problem) == ("failed", "No.")


SOURCES = sorted((live_rig.SCRIPTS / "Cuewright").glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_script_needs_nothing_but_live_and_python(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            modules = [str(node.module)]
        for module in modules:
            head = module.partition(".")[0]
            assert head in sys.stdlib_module_names or head == "Live" or module == "ableton.v2.control_surface"


def test_an_older_live_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    import Cuewright

    ast.parse(SOURCES[0].read_text(encoding="utf-8"), feature_version=(3, 7))
    assert SOURCES[0].name == "__init__.py"
    monkeypatch.setattr(Cuewright, "NEEDED_PYTHON", (99, 0))
    host = live_rig.Host()
    Cuewright.create_instance(host)
    (callback,) = host.scheduled
    callback()
    assert host.messages == [Cuewright.TOO_OLD]
