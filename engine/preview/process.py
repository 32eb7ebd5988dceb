"""The player as a process: started by :mod:`engine.preview.service`, told by a pipe, ended by the pipe's end."""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import sys
import threading
from typing import IO

from pydantic import ValidationError

from engine.config import Settings
from engine.preview import messages
from engine.preview.messages import Command, Reply
from engine.preview.player import Player
from engine.preview.priority import go_first


def main() -> None:
    """Be the player until the pipe ends."""
    pipe, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints cannot disturb the pipe
    go_first()
    gc.disable()  # it stops the world for as long as a block; the player collects when it lets the device go
    sys.setswitchinterval(0.0005)  # a thread that makes something ready gives way at once
    hello = messages.read_message(pipe)
    if not isinstance(hello, messages.Hello):
        return

    def tell(reply: Reply) -> None:
        replies.write(messages.encode(reply))
        replies.flush()

    told: queue.Queue[Command | None] = queue.Queue()
    threading.Thread(target=_listen, args=(pipe, told), daemon=True).start()
    player = Player(Settings.model_validate_json(hello.settings), hello.device, tell)
    try:
        player.run(told)
    except OSError:
        pass  # nobody listens any more
    finally:
        player.close()
        os._exit(0)  # what still makes something ready has nobody to make it for, and effects may have left threads


def _listen(pipe: IO[bytes], told: queue.Queue[Command | None]) -> None:
    with contextlib.suppress(OSError, ValidationError):
        while isinstance(command := messages.read_message(pipe), Command):
            told.put(command)
    told.put(None)
