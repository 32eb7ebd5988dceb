"""The spool folder: taken whole, answered beside it, nothing lost over a restart, nothing bad thrown away."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from protocol_harness import RunningServer, serving, wait_until

from engine.errors import FolderNotWritable
from engine.protocol import codec, spool
from engine.protocol.framing import Deframer, frame
from engine.protocol.messages import (
    AcceptedReply,
    Cancel,
    Command,
    ErrorReply,
    PongReply,
    ProgressReply,
    Reply,
)
from engine.protocol.reply_to import ReplyTo
from engine.protocol.schema import parse_reply, request_message

PING = codec.encode(request_message("/cuewright/ping"))
CANCEL = codec.encode(request_message("/cuewright/cancel", "job-1"))


def drop(folder: Path, name: str, content: bytes) -> None:
    """As a script does it: another name, then a rename."""
    hidden = folder / f"{name}.tmp"
    hidden.write_bytes(content)
    hidden.replace(folder / name)


def answers(path: Path) -> list[Reply]:
    """What a script reads: whole frames only."""
    if not path.exists():
        return []
    packets = Deframer().feed(path.read_bytes())
    return [parse_reply(m) for p in packets if isinstance(p, bytes) for m in codec.decode(p)]


def accept(running: RunningServer, command: Command, reply_to: ReplyTo) -> None:
    running.server.send(reply_to, AcceptedReply(job_id=getattr(command, "job_id", "?"), state="queued"))


def empty(folder: Path, *suffixes: str) -> Callable[[], bool]:
    return lambda: not [path for path in folder.iterdir() if path.suffix in suffixes]


def test_a_file_is_taken_and_answered_beside_it(tmp_path: Path) -> None:
    with serving(accept, spool=tmp_path) as running:
        drop(tmp_path, "one.osc", CANCEL)
        reply = tmp_path / "one.reply"
        wait_until(lambda: answers(reply) == [AcceptedReply(job_id="job-1", state="queued")])
        wait_until(empty(tmp_path, ".osc", ".taken"), "the file to be cleared away")
        assert running.got == [(Cancel(job_id="job-1"), ReplyTo("spool", str(reply)))]
        running.send(ReplyTo("spool", str(reply)), ProgressReply(job_id="job-1", sequence=1, fraction=0.5, stage="x"))
        wait_until(lambda: len(answers(reply)) == 2, "the later reply to be appended")


def test_frames_in_one_file_are_requests_in_order(tmp_path: Path) -> None:
    with serving(spool=tmp_path) as running:
        jobs = [f"job-{n}" for n in range(20)]
        drop(tmp_path, "a.osc", b"".join(frame(codec.encode(request_message("/cuewright/cancel", j))) for j in jobs))
        wait_until(lambda: len(running.got) == 20)
        assert [command for command, _ in running.got] == [Cancel(job_id=job) for job in jobs]


def test_a_packet_that_ends_in_the_byte_of_end_is_one_packet(tmp_path: Path) -> None:
    packet = codec.encode(request_message("/cuewright/jobs", 192))
    assert packet.endswith(b"\xc0")
    with serving(spool=tmp_path) as running:
        drop(tmp_path, "a.osc", packet)
        wait_until(lambda: len(running.got) == 1)
        assert running.counters.malformed == 0


@pytest.mark.parametrize(
    ("content", "reason", "good"),
    [
        (b"", "multiple of 4", 0),
        (b"hello, no OSC!", "multiple of 4", 0),
        (frame(CANCEL) + frame(b"/bad") + frame(CANCEL), "no end", 2),
        (frame(CANCEL) + b"\xc0/cut", "middle of a frame", 1),
        (frame(CANCEL) + b"\xc0/a\xdbx\xc0", "escape", 1),
        (b"\xc0" + b"a" * 70_000, "at most 65,536", 0),
        (b"/" * (spool.MAX_FILE_BYTES + 1), "at most 1,048,576", 0),
    ],
)
def test_what_cannot_be_read_is_kept_with_the_reason(tmp_path: Path, content: bytes, reason: str, good: int) -> None:
    with serving(spool=tmp_path) as running:
        drop(tmp_path, "a.osc", content)
        kept = tmp_path / "bad" / "a.osc"
        wait_until(kept.exists, "the file to be kept")
        assert kept.read_bytes() == content
        assert reason in kept.with_suffix(".txt").read_text(encoding="utf-8")
        assert len(running.got) == good
        (error,) = answers(tmp_path / "a.reply")
        assert isinstance(error, ErrorReply)
        counters = running.counters
        assert (counters.malformed, counters.packets) == (1, good + 1)
        drop(tmp_path, "b.osc", PING)
        wait_until(lambda: answers(tmp_path / "b.reply") == [PongReply(version="0.1.0")])


def test_a_request_that_is_wrong_is_answered_and_not_bad(tmp_path: Path) -> None:
    with serving(spool=tmp_path):
        drop(tmp_path, "a.osc", codec.encode(request_message("/cuewright/sing")))
        (error,) = wait_until(lambda: answers(tmp_path / "a.reply"))
        assert (error.code, error.about) == ("unknown_address", "/cuewright/sing")
        wait_until(empty(tmp_path, ".osc", ".taken"))
        assert not list((tmp_path / "bad").iterdir())


def test_what_was_claimed_before_a_crash_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / "a.taken").write_bytes(CANCEL)
    with serving(spool=tmp_path) as running:
        wait_until(lambda: running.got)
        wait_until(empty(tmp_path, ".osc", ".taken"))
        assert len(running.got) == 1


def test_replies_of_last_week_are_swept_away_at_the_start(tmp_path: Path) -> None:
    for name, age in (("old.reply", spool.KEEP_REPLIES_SECONDS + 60), ("new.reply", 0.0)):
        (tmp_path / name).write_bytes(b"x")
        now = (tmp_path / name).stat().st_mtime
        os.utime(tmp_path / name, (now - age, now - age))
    with serving(spool=tmp_path):
        assert not (tmp_path / "old.reply").exists()
        assert (tmp_path / "new.reply").exists()


def test_other_files_links_and_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(CANCEL)
    folder = tmp_path / "spool"
    (folder / "folder.osc").mkdir(parents=True)
    (folder / "note.txt").write_bytes(CANCEL)
    (folder / "link.osc").symlink_to(tmp_path / "secret")
    with serving(spool=folder) as running:
        drop(folder, "z.osc", PING)
        wait_until(lambda: answers(folder / "z.reply"))
        assert not running.got
        assert sorted(path.name for path in folder.iterdir() if path.suffix != ".taken") == [
            *("bad", "folder.osc", "link.osc", "note.txt", "z.reply")
        ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses such names itself")
def test_a_name_that_is_no_text_is_bad(tmp_path: Path) -> None:
    with serving(spool=tmp_path) as running:
        name = os.fsdecode(b"caf\xe9.osc")
        drop(tmp_path, name, CANCEL)
        wait_until((tmp_path / "bad" / name).exists)
        assert not running.got
        assert not list(tmp_path.glob("*.reply"))


def test_the_token_is_asked_for_here_too(tmp_path: Path) -> None:
    with serving(spool=tmp_path, token="secret") as running:
        drop(tmp_path, "a.osc", CANCEL)
        (error,) = wait_until(lambda: answers(tmp_path / "a.reply"))
        assert error.code == "not_authorised"
        assert not running.got


def test_a_folder_that_goes_away_may_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    with serving(spool=folder):
        folder.rename(tmp_path / "elsewhere")
        drop(tmp_path / "elsewhere", "a.osc", PING)
        (tmp_path / "elsewhere").rename(folder)
        assert wait_until(lambda: answers(folder / "a.reply")) == [PongReply(version="0.1.0")]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FolderNotWritable, match="spool"), serving(spool=tmp_path / "file" / "spool"):
        pass
