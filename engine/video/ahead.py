"""Reads ahead in a second thread, so that decoding and measuring share two cores."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item], count: int = 16) -> Generator[Item]:
    """The same items in the same order, at most ``count`` of them made before they are asked for.

    An error of ``items`` is raised here, after the items before it. When this iterator is closed, so is ``items``, and
    its thread has ended.

    >>> list(ahead(iter(range(3))))
    [0, 1, 2]
    """
    waiting: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(count)
    left = threading.Event()

    def put(what: tuple[Item] | BaseException | None) -> None:
        while not left.is_set():
            with suppress(queue.Full):
                waiting.put(what, timeout=0.1)
                return

    def read() -> None:
        try:
            for item in items:
                put((item,))
                if left.is_set():
                    return
            put(None)
        except BaseException as error:  # whatever it is, it belongs to whoever reads
            put(error)
        finally:
            close = getattr(items, "close", None)
            if close:
                close()

    thread = threading.Thread(target=read, name="reading ahead", daemon=True)
    thread.start()
    try:
        while (got := waiting.get()) is not None:
            if isinstance(got, BaseException):
                raise got
            yield got[0]
    finally:
        left.set()
        thread.join()
