"""The spool folder: packets as files, for scripts that have no sockets.

A script writes ``name.osc`` under another name and renames it; inside is one packet, or, when the first byte is END,
any number in SLIP frames. The engine claims it by renaming it to ``name.taken`` and deletes it once it is handled, so
that a request in the folder outlives a crash. Replies are appended to ``name.reply`` as SLIP frames, each whole once
its second END is there. What cannot be read is kept in ``bad/`` beside a text file with the reason.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import FolderNotWritable, MalformedPacket
from engine.protocol.codec import decode
from engine.protocol.dispatch import Dispatcher
from engine.protocol.framing import END, Deframer, FrameTooLong, frame
from engine.protocol.reply_to import ReplyTo

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
MAX_FILE_BYTES = 2**20
MAX_FILES_AT_ONCE = 64
KEEP_REPLIES_SECONDS = 7 * 24 * 3600.0
# A pipe or a link of a reply's name must neither stop the loop nor lead elsewhere.
_REPLY_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
_REPLY_FLAGS |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class _Claimed:
    path: Path
    packets: tuple[bytes | MalformedPacket, ...]


class SpoolTransport:
    """Watches one folder."""

    def __init__(self, dispatcher: Dispatcher, folder: Path) -> None:
        self._dispatcher = dispatcher
        self._folder = folder.absolute()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what an earlier engine had claimed and not finished, then watch.

        Raises
        ------
        FolderNotWritable
            When the folder cannot be made or written.
        """
        try:
            await asyncio.to_thread(self._prepare)
        except OSError as error:
            raise FolderNotWritable(
                f"The spool folder {self._folder} cannot be used: {error.strerror}.", field="spool"
            ) from None
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop watching; what was claimed is finished first."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def send(self, where: str, packet: bytes) -> bool:
        """Whether the reply could be appended."""
        # No fsync: a reply that a power cut takes can be asked for again, and the event loop must not wait for a disk.
        try:
            descriptor = os.open(where, _REPLY_FLAGS, 0o644)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise OSError(errno.EINVAL, "it is no regular file")
                return os.write(descriptor, framed := frame(packet)) == len(framed)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.warning("No reply could be written to %s: %s", where, error)
            return False

    async def _watch(self) -> None:
        while True:
            for claimed in await asyncio.to_thread(self._claim):
                await self._handle(claimed)
            await asyncio.sleep(POLL_SECONDS)

    def _prepare(self) -> None:
        (self._folder / "bad").mkdir(parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            if path.suffix == ".taken":
                path.replace(path.with_suffix(".osc"))
            elif path.suffix == ".reply" and time.time() - path.stat().st_mtime > KEEP_REPLIES_SECONDS:
                path.unlink()

    def _claim(self) -> list[_Claimed]:
        """The next files, in order of their names."""
        try:
            with os.scandir(self._folder) as entries:
                names = sorted(e.name for e in entries if e.name.endswith(".osc") and e.is_file(follow_symlinks=False))
        except OSError:  # the folder is gone, or its disk is: it may come back
            return []
        claimed = []
        for name in names[:MAX_FILES_AT_ONCE]:
            path = (self._folder / name).with_suffix(".taken")
            try:
                (self._folder / name).replace(path)
                with path.open("rb") as file:
                    content = file.read(MAX_FILE_BYTES + 1)
            except OSError:  # still open in the script (Windows), or taken back
                continue
            claimed.append(_Claimed(path, tuple(_packets(content, name))))
        return claimed

    async def _handle(self, claimed: _Claimed) -> None:
        sender = ReplyTo("spool", str(claimed.path.with_suffix(".reply")))
        reasons = []
        for packet in claimed.packets:
            if isinstance(packet, MalformedPacket):
                self._dispatcher.malformed(packet, sender if claimed.path.name.isprintable() else None)
                reasons.append(packet.sentence)
                continue
            for command, reply_to in self._dispatcher.read(packet, sender):
                await self._dispatcher.handle(command, reply_to)
        await asyncio.to_thread(self._finish, claimed.path, reasons)

    def _finish(self, path: Path, reasons: list[str]) -> None:
        try:
            if not reasons:
                path.unlink(missing_ok=True)
                return
            bad = self._folder / "bad" / path.with_suffix(".osc").name
            bad.parent.mkdir(exist_ok=True)
            bad.with_suffix(".txt").write_text("\n".join(reasons) + "\n", encoding="utf-8")
            path.replace(bad)
        except OSError as error:
            log.warning("%s could not be cleared away: %s", path, error)


def _packets(content: bytes, name: str) -> Iterator[bytes | MalformedPacket]:
    """What is in a file: packets that can be read, and errors in the places of others."""
    if not name.isprintable():
        yield MalformedPacket("A spool file's name must be printable text, or its replies have no name.")
        return
    if len(content) > MAX_FILE_BYTES:
        yield FrameTooLong(f"A spool file is at most {MAX_FILE_BYTES:,} bytes.")
        return
    deframer = Deframer()
    for packet in deframer.feed(content) if content.startswith(END) else [content]:
        if isinstance(packet, bytes):
            try:
                decode(packet)  # once more in the dispatcher; here it decides whether the file is kept as bad
            except MalformedPacket as error:
                packet = error
        yield packet
        if isinstance(packet, FrameTooLong):
            return
    if deframer.partial:
        yield MalformedPacket("The file ends in the middle of a frame.")
