"""The client against a small honest engine, behind a network that loses, repeats and reorders datagrams."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from protocol_harness import RunningServer, serving, wait_until

from engine.errors import BadArgument, EngineNotRunning, NotAuthorised, PromptEmpty
from engine.protocol import client as client_module
from engine.protocol import codec
from engine.protocol.client import Client
from engine.protocol.messages import (
    AcceptedReply,
    AskJob,
    Cancel,
    CancelledReply,
    Command,
    DoneReply,
    FailedReply,
    Generate,
    JobReply,
    ListedReply,
    ListJobs,
    ProgressReply,
    Reply,
    SessionReply,
    SetSession,
    Status,
    StatusReply,
    StemReply,
    WarningReply,
)
from engine.protocol.reply_to import ReplyTo
from engine.results import Licence, StemFile
from engine.session import Session


def stem(job_id: str, index: int) -> StemReply:
    path = f"/x/{job_id}-{index}.wav"
    return StemReply(
        job_id=job_id,
        stem=StemFile(
            path=path,
            sha256="0" * 64,
            index=index,
            track="t",
            label="l",
            category="c",
            position_samples=0,
            onset_samples=0,
            length_samples=1,
            sample_rate_hz=48_000,
            channels=1,
            peak_dbtp=0.0,
            licence=Licence(name="CC0-1.0", commercial=True),
        ),
    )


@dataclass
class TinyEngine:
    """Each job starts once, however often it is asked for, and makes ``stems`` stems; ``hold`` keeps it from ending."""

    stems: int = 3
    hold: bool = False
    begun: dict[str, int] = field(default_factory=dict)
    ended: dict[str, JobReply] = field(default_factory=dict)

    def __call__(self, running: RunningServer, command: Command, reply_to: ReplyTo) -> None:
        for reply in self.replies(command):
            running.server.send(reply_to, reply)

    def replies(self, command: Command) -> list[Reply]:
        match command:
            case Status():
                counts = {"queued": 0, "running": 0, "done": 1, "failed": 0, "cancelled": 0}
                return [StatusReply(version="1", uptime_seconds=1, **counts)]
            case SetSession(session_id=session_id, session=session):
                return [SessionReply(session_id=session_id, session=session)]
            case ListJobs():
                jobs = [AcceptedReply(job_id=job_id, state="done") for job_id in self.begun]
                return [*jobs, ListedReply(count=len(jobs), total=len(jobs))]
            case Cancel(job_id=job_id):
                return [self.ended.setdefault(job_id, CancelledReply(job_id=job_id))]
            case Generate(job_id=job_id):
                self.begun.setdefault(job_id, 0)
                self.begun[job_id] += 1
            case AskJob(job_id=job_id) if job_id not in self.begun:
                return [FailedReply(job_id=job_id, code="unknown_job", sentence="None.", field="job_id")]
            case _:
                assert isinstance(command, AskJob)
        found: list[Reply] = [AcceptedReply(job_id=job_id, state="rendering")]
        found.append(ProgressReply(job_id=job_id, sequence=1, fraction=0.5, stage="rendering"))
        if not self.hold:
            count = self.stems
            found += [stem(job_id, n + 1) for n in range(count)]
            done = DoneReply(job_id=job_id, manifest="m", project="p", stems_count=count)
            found.append(self.ended.setdefault(job_id, done))
        return found


class Lossy:
    """Datagrams between one client and one server, except those that ``drops`` names; it sees bytes and a direction."""

    def __init__(self, server_port: int, drops: Callable[[bytes, bool], bool]) -> None:
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.back.connect(("127.0.0.1", server_port))
        self.port = self.front.getsockname()[1]
        self.drops = drops
        self._client: Any = None
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=run) for run in (self._up, self._down)]
        for thread in self._threads:
            thread.start()

    def _up(self) -> None:
        while True:
            data, sender = self.front.recvfrom(65_536)
            if not data:
                return
            self._client = sender
            with self._lock:
                lost = self.drops(data, True)
            if not lost:
                self.back.send(data)

    def _down(self) -> None:
        while data := self.back.recv(65_536):
            with self._lock:
                lost = self.drops(data, False)
            if not lost and self._client:
                self.front.sendto(data, self._client)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"", ("127.0.0.1", self.port))
        self._threads[0].join()
        self.back.shutdown(socket.SHUT_RDWR)
        self._threads[1].join()
        self.front.close()
        self.back.close()


@contextmanager
def through(server_port: int, drops: Callable[[bytes, bool], bool]) -> Iterator[int]:
    network = Lossy(server_port, drops)
    try:
        yield network.port
    finally:
        network.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter pauses, so that a hundred losses take little time."""
    monkeypatch.setattr(client_module, "RESEND_SECONDS", 0.02)
    monkeypatch.setattr(client_module, "SILENCE_SECONDS", 0.05)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_whole_conversation(transport: Any) -> None:
    engine = TinyEngine()
    with serving(engine) as running, Client(port=running.port, transport=transport) as client:
        assert client.ping().protocol == 1
        assert client.status().done == 1
        assert client.set_session("reel", frame_rate="24").session == Session(frame_rate="24")
        replies = list(client.generate("a", prompt="rain", folder="/x", duration=0.1, seed=None))
        assert [type(reply) for reply in replies] == [AcceptedReply, ProgressReply, *[StemReply] * 3, DoneReply]
        assert list(client.job("a")) == replies
        assert client.jobs() == [AcceptedReply(job_id="a", state="done")]
        assert client.cancel("a") == replies[-1]
        generate = next(command for command, _ in running.got if isinstance(command, Generate))
        assert generate.request.duration == 0.1


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_what_the_engine_refuses_is_raised_at_once(transport: Any) -> None:
    with serving(TinyEngine()) as running, Client(port=running.port, transport=transport) as client:
        with pytest.raises(PromptEmpty):
            client.generate("a", prompt="", folder="/x")
        with pytest.raises(BadArgument) as caught:
            client.generate("a", prompt="rain", folder="/x", takes=99)
        assert caught.value.field == "takes"
        with pytest.raises(BadArgument):
            client.set_session("reel", frame_rate="fast")
        assert list(client.generate("a", prompt="rain", folder="/x"))  # and the client still works
    with serving(token="secret") as running:
        with Client(port=running.port, transport=transport) as client, pytest.raises(NotAuthorised):
            client.ping()
        with Client(port=running.port, transport=transport, token="secret") as client:
            assert client.ping()


def test_a_job_that_nobody_knows_fails() -> None:
    with serving(TinyEngine()) as running, Client(port=running.port) as client:
        (reply,) = client.job("never")
        assert isinstance(reply, FailedReply)
        assert reply.code == "unknown_job"


def test_cancel_answers_both_who_cancels_and_who_follows() -> None:
    with serving(TinyEngine(hold=True)) as running, Client(port=running.port) as client:
        replies = client.generate("a", prompt="rain", folder="/x")
        assert isinstance(next(replies), AcceptedReply)
        assert client.cancel("a") == CancelledReply(job_id="a")
        assert isinstance(list(replies)[-1], CancelledReply)


def test_after_a_cancel_that_came_too_late_the_follower_still_gets_its_stems() -> None:
    def late(running: RunningServer, command: Command, reply_to: ReplyTo) -> None:
        done = DoneReply(job_id="a", manifest="m", project="p", stems_count=1)
        answers: list[Reply] = [AcceptedReply(job_id="a", state="rendering")]
        if isinstance(command, Cancel):
            answers = [done]  # and the stem's reply was lost
        elif isinstance(command, AskJob):
            answers = [stem("a", 1), done]
        for reply in answers:
            running.server.send(reply_to, reply)

    with serving(late) as running, Client(port=running.port) as client:
        replies = client.generate("a", prompt="rain", folder="/x")
        assert isinstance(client.cancel("a"), DoneReply)
        assert [type(reply) for reply in replies] == [AcceptedReply, StemReply, DoneReply]


def test_two_jobs_of_one_client_do_not_mix() -> None:
    with serving(TinyEngine()) as running, Client(port=running.port) as client:
        first = client.generate("a", prompt="rain", folder="/x")
        second = client.generate("b", prompt="rain", folder="/x")
        assert {reply.job_id for reply in client.jobs()} == {"a", "b"}
        assert {reply.job_id for reply in second} == {"b"}
        assert {reply.job_id for reply in first} == {"a"}


@pytest.mark.usefixtures("quick")
def test_with_three_datagrams_in_ten_lost_each_way_every_job_ends_once() -> None:
    chance = random.Random(7)
    engine = TinyEngine()
    lost = []

    def three_in_ten(data: bytes, up: bool) -> bool:
        lost.append(chance.random() < 0.3)
        return lost[-1]

    with (
        serving(engine) as running,
        through(running.port, three_in_ten) as port,
        Client(port=port, timeout_seconds=20) as client,
    ):
        for index in range(50):
            replies = list(client.generate(f"job-{index}", prompt="rain", folder="/x"))
            assert isinstance(replies[-1], DoneReply)
            paths = [reply.stem.path for reply in replies if isinstance(reply, StemReply)]
            assert sorted(paths) == [f"/x/job-{index}-{n}.wav" for n in (1, 2, 3)]
    assert len(engine.ended) == 50
    assert sum(lost) > 50


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("lost", [b"/cuewright/done", b"/cuewright/stem", b"/cuewright/accepted"])
def test_a_lost_reply_is_asked_for_again(lost: bytes) -> None:
    dropped: list[bytes] = []

    def once(data: bytes, up: bool) -> bool:
        if not up and lost in data and not dropped:
            dropped.append(data)
            return True
        return False

    with serving(TinyEngine()) as running, through(running.port, once) as port, Client(port=port) as client:
        replies = list(client.generate("a", prompt="rain", folder="/x"))
    assert dropped
    assert sum(isinstance(reply, StemReply) for reply in replies) == 3
    assert isinstance(replies[-1], DoneReply)


@pytest.mark.usefixtures("quick")
def test_a_stem_that_never_comes_does_not_keep_the_end_back() -> None:
    def stems(data: bytes, up: bool) -> bool:
        return b"/cuewright/stem" in data

    with serving(TinyEngine()) as running, through(running.port, stems) as port, Client(port=port) as client:
        assert isinstance(list(client.generate("a", prompt="rain", folder="/x"))[-1], DoneReply)


def test_late_and_repeated_replies_are_given_out_once() -> None:
    def noisy(running: RunningServer, command: Command, reply_to: ReplyTo) -> None:
        for sequence in (2, 1, 2, 3):
            running.server.send(reply_to, ProgressReply(job_id="a", sequence=sequence, fraction=0.5, stage="x"))
        for _ in range(2):
            running.server.send(reply_to, WarningReply(job_id="a", sentence="mind"))
            running.server.send(reply_to, stem("a", 1))
        running.server.send(reply_to, DoneReply(job_id="a", manifest="m", project="p", stems_count=1))

    with serving(noisy) as running, Client(port=running.port) as client:
        replies = list(client.generate("a", prompt="rain", folder="/x"))
    assert [reply.sequence for reply in replies if isinstance(reply, ProgressReply)] == [2, 3]
    assert [type(reply) for reply in replies[2:]] == [WarningReply, StemReply, DoneReply]


def test_no_engine_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Client(port=port, timeout_seconds=0.1) as client:
        for ask in (client.ping, lambda: client.generate("a", prompt="x", folder="/x"), lambda: client.cancel("a")):
            with pytest.raises(EngineNotRunning) as caught:
                ask()
            assert str(port) in caught.value.sentence
    with pytest.raises(EngineNotRunning):
        Client(port=port, transport="tcp")
    with pytest.raises(EngineNotRunning):
        Client("no.such.host.invalid")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_engine_that_ends_in_the_middle_is_said(transport: Any) -> None:
    with serving(TinyEngine(hold=True)) as running:
        client = Client(port=running.port, transport=transport, timeout_seconds=0.2)
        replies = client.generate("a", prompt="x", folder="/x")
        next(replies)
    with client, pytest.raises(EngineNotRunning):
        list(replies)


def test_an_engine_that_starts_a_little_later_is_found() -> None:
    with serving() as running:
        port = running.port
    heard: list[object] = []

    def ask() -> None:
        with Client(port=port, timeout_seconds=20) as client:
            asking.set()
            heard.append(client.ping())

    asking = threading.Event()
    thread = threading.Thread(target=ask)
    thread.start()
    asking.wait()
    with serving(port=port):
        wait_until(lambda: heard)
    thread.join()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_request_too_long_says_what_to_do(transport: Literal["udp", "tcp"]) -> None:
    with serving() as running, Client(port=running.port, transport=transport) as client:
        with pytest.raises(BadArgument, match="cue sheet"):
            client.generate("a", prompt="x" * 70_000, folder="/x")
        assert client.ping()


def test_bytes_that_are_no_reply_are_left_aside() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as fake:
        fake.bind(("127.0.0.1", 0))
        fake.settimeout(10)

        def answer() -> None:
            _, sender = fake.recvfrom(1_000)
            for packet in (b"junk", codec.encode(codec.Message("/cuewright/later", (1,)))):
                fake.sendto(packet, sender)
            fake.sendto(codec.encode(codec.Message("/cuewright/pong", ("9", 1))), sender)

        thread = threading.Thread(target=answer)
        thread.start()
        with Client(port=fake.getsockname()[1]) as client:
            assert client.ping().version == "9"
        thread.join()
