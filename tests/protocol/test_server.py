"""The server on real sockets: who is answered where, what is counted, what it refuses, what it outlives."""

from __future__ import annotations

import asyncio
import http.client
import logging
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from protocol_harness import PATIENCE_SECONDS, RunningServer, UdpPeer, serving, udp_peer, wait_until

from engine.errors import BadArgument, DiskFull, FolderNotWritable, PortInUse, UnknownJob
from engine.protocol import codec, tcp
from engine.protocol import server as server_module
from engine.protocol.codec import Message
from engine.protocol.framing import Deframer, frame
from engine.protocol.messages import (
    AcceptedReply,
    Cancel,
    Command,
    ErrorReply,
    FailedReply,
    Generate,
    ListJobs,
    PongReply,
    Reply,
    SessionReply,
    Status,
    StatusReply,
    WarningReply,
)
from engine.protocol.reply_to import ReplyTo
from engine.protocol.schema import RequestRow, parse_reply, reply_message, request_message
from engine.protocol.server import Server
from engine.session import Session

PING = codec.encode(Message("/cuewright/ping"))
CANCEL = request_message("/cuewright/cancel", "job-1")


@contextmanager
def stream_to(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as stream:
        yield stream


def replies_from(stream: socket.socket, count: int, deframer: Deframer | None = None) -> list[Reply]:
    deframer, found = deframer or Deframer(), []
    while len(found) < count:
        data = stream.recv(65_536)
        assert data, "the server closed the connection"
        for packet in deframer.feed(data):
            assert isinstance(packet, bytes)
            found += [parse_reply(message) for message in codec.decode(packet)]
    return found


def accept(running: RunningServer, command: Command, reply_to: ReplyTo) -> None:
    running.server.send(reply_to, AcceptedReply(job_id=getattr(command, "job_id", "?"), state="queued"))


# UDP


def test_ping_is_answered_without_the_handler(running: RunningServer, peer: UdpPeer) -> None:
    assert isinstance(peer.ask(PING), PongReply)
    assert not running.got


def test_replies_go_to_the_reply_port(peer: UdpPeer) -> None:
    with udp_peer(peer.port) as other:
        peer.send(request_message("/cuewright/ping", reply_port=other.own_port))
        assert isinstance(other.receive(), PongReply)
        peer.send(request_message("/cuewright/cancel", reply_port=other.own_port))  # wrong, and still answered there
        assert isinstance(other.receive(), ErrorReply)


def test_the_handler_gets_commands_in_order_and_replies_by_udp() -> None:
    with serving(accept) as running, udp_peer(running.port) as peer:
        for index in range(200):
            peer.send(request_message("/cuewright/cancel", f"job-{index}"))
        assert [peer.receive() for _ in range(200)] == [
            AcceptedReply(job_id=f"job-{index}", state="queued") for index in range(200)
        ]
        assert {reply_to for _, reply_to in running.got} == {ReplyTo.udp("127.0.0.1", peer.own_port)}


def test_a_bundle_is_several_requests(running: RunningServer, peer: UdpPeer) -> None:
    peer.send(codec.encode_bundle([codec.encode(CANCEL), codec.encode(request_message("/cuewright/jobs")), PING]))
    assert isinstance(peer.receive(), PongReply)
    wait_until(lambda: len(running.got) == 2)
    assert [command for command, _ in running.got] == [Cancel(job_id="job-1"), ListJobs()]


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        (Message("/cuewright/sing"), "unknown_address", ""),
        (
            Message("/cuewright/generate", ("job-1", "takes", 99, "prompt", "x", "folder", "/x")),
            "bad_argument",
            "takes",
        ),
        (Message("/cuewright/generate", ("job-1", "prompt", "", "folder", "/x")), "prompt_empty", "prompt"),
    ],
)
def test_what_is_wrong_is_said_and_counted(
    peer: UdpPeer, running: RunningServer, message: Message, code: str, field: str
) -> None:
    reply = peer.ask(message)
    assert isinstance(reply, ErrorReply)
    assert (reply.about, reply.code, reply.field) == (message.address, code, field)
    assert reply.expected
    assert running.counters.unknown_address + running.counters.bad_argument == 1
    assert not running.got


def test_malformed_packets_are_answered_so_many_times_a_second(running: RunningServer, peer: UdpPeer) -> None:
    for _ in range(200):
        peer.send(b"nonsense")
    peer.send(PING)
    codes = []
    while isinstance(reply := peer.receive(), ErrorReply):
        codes.append(reply.code)
    counters = running.counters
    assert (counters.packets, counters.malformed) == (201, 200)
    assert set(codes) == {"malformed_packet"}
    assert len(codes) + counters.errors_withheld == 200
    assert counters.errors_withheld > 0
    with udp_peer(peer.port) as other:
        assert isinstance(other.ask(b"nonsense"), ErrorReply)  # one noisy sender does not silence another


def test_replies_sent_to_us_start_no_endless_talk(running: RunningServer, peer: UdpPeer) -> None:
    silent = [PongReply(version="1"), AcceptedReply(job_id="j", state="queued"), WarningReply(job_id="j", sentence="x")]
    for reply in (*silent, ErrorReply(about="", code="bad_argument", sentence="x")):
        peer.send(reply_message(reply))
    assert isinstance(peer.ask(PING), PongReply)
    assert running.counters.ignored == 4
    # Two replies share an address with a request: they are answered once, by an error, which is not answered.
    status = StatusReply(version="1", uptime_seconds=1, queued=0, running=0, done=0, failed=0, cancelled=0)
    for reply in (status, SessionReply(session_id="s", session=Session())):
        assert isinstance(peer.ask(reply_message(reply)), ErrorReply)


def test_a_request_in_our_own_name_is_not_answered_for_ever(running: RunningServer, peer: UdpPeer) -> None:
    peer.send(request_message("/cuewright/sing", reply_port=running.port))
    wait_until(lambda: running.counters.ignored == 1)
    assert isinstance(peer.ask(PING), PongReply)
    assert running.counters.packets == 3


def buffer_bytes(udp: Any) -> int:
    return int(udp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))


def test_the_receive_buffer_is_as_large_as_the_system_allows_and_a_burst_fits(
    running: RunningServer, peer: UdpPeer
) -> None:
    assert running.server._udp is not None
    largest = buffer_bytes(peer.socket)  # which asked for 4 MiB
    assert buffer_bytes(running.server._udp.get_extra_info("socket")) == largest
    count = min(2_000, largest // 1_024)  # the kernel's own share of a small datagram is some 768 bytes
    blocked = threading.Event()
    running.loop.call_soon_threadsafe(blocked.wait, PATIENCE_SECONDS)
    for _ in range(count):
        peer.send(CANCEL)
    blocked.set()
    wait_until(lambda: len(running.got) == count, "every datagram to arrive")


def test_too_many_waiting_commands_are_refused_as_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MAX_WAITING", 4)
    with serving(lambda running, command, reply_to: asyncio.sleep(3_600)) as running, udp_peer(running.port) as peer:
        peer.send(CANCEL)
        wait_until(lambda: running.got)
        for _ in range(5):
            peer.send(CANCEL)
        reply = peer.receive()
        assert isinstance(reply, ErrorReply)
        assert (reply.code, reply.about, reply.job_id) == ("queue_full", "/cuewright/cancel", "job-1")
        assert isinstance(peer.ask(PING), PongReply)  # a stuck handler does not stop the server
        assert running.counters.busy == 1


# What a handler does wrong


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (CANCEL, FailedReply(job_id="job-1", code="unknown_job", sentence="There is none.", field="job_id")),
        (
            request_message("/cuewright/status"),
            ErrorReply(
                about="/cuewright/status",
                code="unknown_job",
                sentence="There is none.",
                field="job_id",
                expected="/cuewright/status [key value ...]",
            ),
        ),
    ],
)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_error_of_the_handler_is_answered(message: Message, expected: Reply, asynchronous: bool) -> None:
    def refuse(running: RunningServer, command: Command, reply_to: ReplyTo) -> Any:
        async def later() -> None:
            raise UnknownJob("There is none.", field="job_id")

        if asynchronous:
            return later()
        raise UnknownJob("There is none.", field="job_id")

    with serving(refuse) as running, udp_peer(running.port) as peer:
        assert peer.ask(message) == expected


def test_a_defect_of_the_handler_is_logged_answered_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    def broken(running: RunningServer, command: Command, reply_to: ReplyTo) -> None:
        raise ZeroDivisionError("oops")

    with caplog.at_level(logging.ERROR), serving(broken) as running, udp_peer(running.port) as peer:
        reply = peer.ask(CANCEL)
        assert isinstance(reply, FailedReply)
        assert (reply.job_id, reply.code) == ("job-1", "internal")
        assert "oops" not in reply.sentence
        assert isinstance(peer.ask(PING), PongReply)
        assert running.counters.internal_errors == 1
    assert "ZeroDivisionError: oops" in caplog.text


def test_a_defect_in_reading_is_answered_and_survived(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def broken(self: RequestRow, values: object) -> None:
        raise RecursionError("oops")

    with caplog.at_level(logging.ERROR), serving(spool=tmp_path) as running, udp_peer(running.port) as peer:
        monkeypatch.setattr(RequestRow, "read", broken)
        reply = peer.ask(CANCEL)
        assert isinstance(reply, ErrorReply)
        assert (reply.code, running.counters.internal_errors) == ("internal", 1)
        (tmp_path / "a.osc").write_bytes(PING)
        wait_until(lambda: running.counters.internal_errors == 2, "the spool to be read")
        monkeypatch.undo()
        assert isinstance(peer.ask(PING), PongReply)
        (tmp_path / "b.osc").write_bytes(PING)
        wait_until((tmp_path / "b.reply").exists)
    assert "RecursionError: oops" in caplog.text


def test_a_reply_that_cannot_be_written_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    def nul(running: RunningServer, command: Command, reply_to: ReplyTo) -> None:
        raise DiskFull("a \0 byte")

    with caplog.at_level(logging.ERROR), serving(nul) as running, udp_peer(running.port) as peer:
        peer.send(CANCEL)
        assert isinstance(peer.ask(PING), PongReply)
        wait_until(lambda: running.counters.replies_dropped == 1)


# Who may ask


def test_the_token_is_asked_for() -> None:
    with serving(token="sésame") as running, udp_peer(running.port) as peer:
        for message in (
            request_message("/cuewright/ping"),
            request_message("/cuewright/ping", token="wrong"),
            request_message("/cuewright/cancel", "job-1"),
        ):
            reply = peer.ask(message)
            assert isinstance(reply, ErrorReply)
            assert (reply.code, reply.field) == ("not_authorised", "token")
        assert isinstance(peer.ask(request_message("/cuewright/ping", token="sésame")), PongReply)
        assert (running.counters.not_authorised, running.counters.commands) == (3, 1)
        assert not running.got


async def start(**options: Any) -> Server:
    server = Server(lambda command, reply_to: None, **options)
    await server.start()
    return server


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_other_machines_need_a_token(host: str) -> None:
    async def main() -> None:
        with pytest.raises(BadArgument) as caught:
            await start(host=host, port=0)
        assert caught.value.field == "host"
        server = await start(host=host, port=0, token="secret")
        await server.stop()

    asyncio.run(main())


def test_localhost_is_loopback_and_a_host_that_does_not_exist_is_said() -> None:
    async def main() -> None:
        server = await start(host="localhost", port=0)
        assert server.host == "127.0.0.1"
        await server.stop()
        for host in ("no.such.host.invalid", "203.0.113.1", "x" * 300):
            with pytest.raises(BadArgument) as caught:
                await start(host=host, port=0, token="t")
            assert caught.value.field == "host"

    asyncio.run(main())


def test_ipv4_is_chosen_where_a_name_has_both(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [
        (socket.AF_INET6, socket.SOCK_DGRAM, 17, "", ("::1", 0, 0, 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)

    async def main() -> None:
        server = await start(host="localhost", port=0)
        assert server.host == "127.0.0.1"
        await server.stop()

    asyncio.run(main())


def test_ipv6_loopback_works() -> None:
    async def main() -> None:
        server = await start(host="::1", port=0)
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as plain:
            plain.setblocking(False)
            plain.connect(("::1", server.port))
            await loop.sock_sendall(plain, PING)
            assert b"pong" in await asyncio.wait_for(loop.sock_recv(plain, 1_000), PATIENCE_SECONDS)
        await server.stop()

    asyncio.run(main())


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_in_use_is_said(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse) as caught:
            asyncio.run(start(port=port))
    assert caught.value.field == "port"
    assert str(port) in caught.value.sentence
    assert "--port" in caught.value.sentence


def test_two_engines_do_not_share_a_port(running: RunningServer) -> None:
    with pytest.raises(PortInUse):
        asyncio.run(start(port=running.port))


def test_the_port_is_free_again_at_once() -> None:
    with serving(accept) as running, stream_to(running.port) as stream:
        port = running.port
        stream.sendall(frame(codec.encode(CANCEL)))
        replies_from(stream, 1)
    with serving(port=port) as again:
        assert again.port == port


def test_a_spool_folder_that_cannot_be_made_frees_the_port_again(tmp_path: Any) -> None:
    (tmp_path / "file").write_bytes(b"")

    async def main() -> None:
        with pytest.raises(FolderNotWritable):
            await start(port=0, spool=tmp_path / "file" / "spool")

    asyncio.run(main())


def test_replies_reach_udp_after_a_restart_but_not_a_tcp_connection_that_is_gone() -> None:
    with serving() as first, udp_peer(first.port) as peer, stream_to(first.port) as stream:
        peer.send(CANCEL)
        stream.sendall(frame(codec.encode(CANCEL)))
        wait_until(lambda: len(first.got) == 2)
        stored = [str(reply_to) for _, reply_to in first.got]
        with serving() as second:
            for text in stored:
                second.send(ReplyTo.parse(text), AcceptedReply(job_id="job-1", state="done"))
            assert peer.receive() == AcceptedReply(job_id="job-1", state="done")
            wait_until(lambda: second.counters.replies_dropped == 1)
            second.send(ReplyTo("spool", "/nowhere/a.reply"), AcceptedReply(job_id="job-1", state="done"))
            second.send(ReplyTo.udp("127.0.0.1", 0), AcceptedReply(job_id="job-1", state="done"))
            wait_until(lambda: second.counters.replies_dropped == 3)


# TCP


@pytest.mark.parametrize("framing", ["slip", "length"])
def test_tcp_is_answered_in_its_own_framing(framing: Any) -> None:
    with serving(accept) as running, stream_to(running.port) as stream:
        stream.sendall(frame(codec.encode(CANCEL), framing) + frame(PING, framing))
        deframer = Deframer()
        assert replies_from(stream, 2, deframer) == [
            AcceptedReply(job_id="job-1", state="queued"),
            PongReply(version="0.1.0"),
        ]
        assert deframer.framing == framing
        assert running.got[0][1].transport == "tcp"


def test_a_damaged_frame_is_answered_and_the_stream_goes_on(running: RunningServer) -> None:
    with stream_to(running.port) as stream:
        stream.sendall(b"\xc0/a\xdbx\xc0" + frame(b"/bad") + frame(PING))
        first, second, third = replies_from(stream, 3)
    assert [getattr(reply, "code", "") for reply in (first, second, third)] == ["malformed_packet"] * 2 + [""]
    assert running.counters.packets == 3


def test_a_frame_too_long_is_answered_and_ends_the_connection(running: RunningServer) -> None:
    with stream_to(running.port) as stream:
        stream.sendall((2**20).to_bytes(4) + b"/")
        (reply,) = replies_from(stream, 1)
        assert isinstance(reply, ErrorReply)
        assert stream.recv(1) == b""
    counters = running.counters
    assert (counters.oversized, counters.malformed, counters.packets, counters.connections_closed) == (1, 1, 1, 1)


def test_a_browsers_post_does_nothing(running: RunningServer) -> None:
    browser = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE_SECONDS)
    try:
        browser.request("POST", "/", body=frame(codec.encode(CANCEL)) + frame(PING))
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            browser.getresponse()
    finally:
        browser.close()
    wait_until(lambda: running.counters.connections_closed == 1)
    counters = running.counters
    assert (counters.malformed, counters.commands, counters.replies_sent) == (1, 0, 0)
    assert not running.got


def test_connections_beyond_the_limit_are_refused_and_room_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "MAX_CONNECTIONS", 3)
    with serving() as running:
        streams = [socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE_SECONDS) for _ in range(3)]
        try:
            for stream in streams:
                stream.sendall(frame(PING))
                replies_from(stream, 1)
            with stream_to(running.port) as refused, pytest.raises((ConnectionError, AssertionError)):
                replies_from(refused, 1)
            assert running.counters.connections_refused == 1
            streams.pop().close()

            def let_in() -> bool:
                with stream_to(running.port) as stream:
                    stream.sendall(frame(PING))
                    try:
                        return bool(replies_from(stream, 1))
                    except (ConnectionError, AssertionError):
                        return False

            assert wait_until(let_in, "a fourth to be let in")
        finally:
            for stream in streams:
                stream.close()


@pytest.mark.parametrize("begin", [b"", b"\xc0/cuewright", b"\0\0\0\x10/cue"])
def test_silence_in_the_beginning_or_in_a_frame_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr(tcp, "FRAME_SECONDS", 0.05)
    with serving() as running, stream_to(running.port) as stream:
        stream.sendall(begin)
        with pytest.raises((ConnectionError, AssertionError)):
            replies_from(stream, 1)
        counters = running.counters
        assert (counters.connections_closed, counters.malformed) == (1, int(bool(begin)))


def test_a_drip_of_bytes_does_not_hold_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "FRAME_SECONDS", 0.1)
    with serving() as running, stream_to(running.port) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sent = 0

        def ended() -> bool:
            nonlocal sent
            try:
                stream.sendall(b"\xc0/" if sent == 0 else b"a")
            except ConnectionError:
                return True
            sent += 1
            return False

        wait_until(ended, "the connection to be cut")
        assert sent > 1
        assert running.counters.connections_closed == 1


def test_an_idle_connection_stays_while_replies_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "IDLE_SECONDS", 1.0)
    with serving() as running, stream_to(running.port) as stream:
        stream.sendall(frame(codec.encode(CANCEL)))
        (_, reply_to), *_ = wait_until(lambda: running.got)
        for index in range(6):
            pause = threading.Event()
            running.loop.call_soon_threadsafe(running.loop.call_later, 0.25, pause.set)
            pause.wait(PATIENCE_SECONDS)
            running.send(reply_to, WarningReply(job_id="job-1", sentence=str(index)))
        assert len(replies_from(stream, 6)) == 6
        assert stream.recv(1) == b""  # and then it is closed
        wait_until(lambda: running.counters.connections_closed == 1)


def test_a_client_that_never_reads_costs_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "WRITE_SECONDS", 0.2)
    with serving() as running, stream_to(running.port) as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stream.sendall(frame(codec.encode(CANCEL)))
        (_, reply_to), *_ = wait_until(lambda: running.got)
        long = WarningReply(job_id="job-1", sentence="x" * 60_000)

        def cut() -> bool:
            for _ in range(20):
                running.send(reply_to, long)
            return running.counters.replies_dropped > 0

        wait_until(cut, "the reader to be cut")
        assert running.counters.connections_closed == 1
        assert running.counters.replies_sent < 600  # 36 MB: sockets' buffers and one mebibyte of ours
        with udp_peer(running.port) as peer:
            assert isinstance(peer.ask(PING), PongReply)


def test_a_client_that_floods_and_does_not_read_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "WRITE_SECONDS", 0.2)
    with serving() as running, stream_to(running.port) as stream:
        stream.setblocking(False)
        pings = frame(PING) * 1_000

        def stuck() -> bool:
            try:
                stream.send(pings)
            except BlockingIOError:
                return running.counters.connections_closed == 1
            except ConnectionError:
                return True
            return False

        wait_until(stuck, "the flood to be cut")
        wait_until(lambda: running.counters.connections_closed == 1)


def test_a_client_that_reads_late_is_waited_for_and_loses_nothing(running: RunningServer) -> None:
    total = 20_000  # answers of some 350 bytes: more than all buffers hold
    wrong = frame(codec.encode(Message("/cuewright/sing")))

    def read_so_far() -> int:
        return running.counters.unknown_address

    with stream_to(running.port) as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        writer = threading.Thread(target=stream.sendall, args=(wrong * total,))
        writer.start()
        before = -1

        def held_back() -> bool:
            nonlocal before
            threading.Event().wait(0.05)
            before, now = read_so_far(), before
            return before == now > 0

        wait_until(held_back, "the server to stop reading")
        assert read_so_far() < total
        assert len(replies_from(stream, total)) == total
        writer.join()
    assert running.counters.replies_dropped == running.counters.connections_closed == 0


def test_a_stream_that_ends_in_a_frame_is_counted(running: RunningServer) -> None:
    with stream_to(running.port) as stream:
        stream.sendall(frame(PING) + b"\xc0/half")
        stream.shutdown(socket.SHUT_WR)
        assert replies_from(stream, 1) == [PongReply(version="0.1.0")]
        assert stream.recv(1) == b""
    assert (running.counters.packets, running.counters.malformed) == (2, 1)


def test_a_client_that_vanishes_is_forgotten(running: RunningServer) -> None:
    with stream_to(running.port) as stream:
        stream.sendall(frame(codec.encode(CANCEL)) + b"\xc0/half")
        (_, reply_to), *_ = wait_until(lambda: running.got)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by a reset

    def dropped() -> bool:
        running.send(reply_to, WarningReply(job_id="job-1", sentence="gone"))
        return running.counters.replies_dropped > 0

    wait_until(dropped, "the connection to be forgotten")


def test_status_and_generate_reach_the_handler_typed(running: RunningServer, peer: UdpPeer) -> None:
    peer.send(request_message("/cuewright/status"))
    peer.send(request_message("/cuewright/generate", "job-1", prompt="rain", folder="/x", duration=4))
    wait_until(lambda: len(running.got) == 2)
    status, generate = (command for command, _ in running.got)
    assert isinstance(status, Status)
    assert isinstance(generate, Generate)
    assert (generate.request.prompt, generate.request.duration) == ("rain", 4.0)
