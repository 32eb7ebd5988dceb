"""Language models that stay between jobs: to load one takes longer than to ask it.

One that nobody asks waits in the computer's own memory, see :mod:`engine.llm.local`; the card is for the models that
sound. Knows nothing of settings.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """What was made, until nobody has wanted it for a while.

    Parameters
    ----------
    timer
        Makes a started-later call; for tests.
    """

    def __init__(self, timer: Callable[[float, Callable[[], None]], threading.Timer] = threading.Timer) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._held: dict[Hashable, tuple[T, threading.Timer]] = {}

    def get(self, key: Hashable, make: Callable[[], T], keep_seconds: float) -> T:
        """The one of that key, made when it is not here; it stays ``keep_seconds`` beyond the last time it was got."""
        with self._lock:
            held = self._held.pop(key, None)
            if held is not None:
                held[1].cancel()
            made = make() if held is None else held[0]
            if keep_seconds > 0:
                leaving = self._timer(keep_seconds, lambda: self._leave(key, made))
                leaving.daemon = True
                self._held[key] = made, leaving
                leaving.start()
            return made

    def _leave(self, key: Hashable, made: T) -> None:
        with self._lock:
            if key in self._held and self._held[key][0] is made:
                del self._held[key]
