"""The one model in memory: it stays between jobs, and leaves for another one or when nobody uses it.

A worker process has one device and does one job at a time, so one place is enough; a second model beside the first
would only leave less room for batches.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.backends.neural.batches import Batches
from engine.backends.neural.device import Device
from engine.backends.neural.model import DiffusionModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A loaded model, and what is known of its appetite."""

    model: DiffusionModel
    batches: Batches


class Residence:
    """The place for a model.

    Parameters
    ----------
    timer
        Makes a started-later call of it; for tests.
    """

    def __init__(self, timer: Callable[[float, Callable[[], None]], threading.Timer] = threading.Timer) -> None:
        self._timer = timer
        self._lock = threading.RLock()
        self._key: object = None
        self._resident: Resident | None = None
        self._leaving: threading.Timer | None = None
        self._uses = 0

    @property
    def occupant(self) -> object:
        """Key of the model in memory; None when there is none."""
        return self._key

    @contextmanager
    def keep(
        self, key: object, load: Callable[[], DiffusionModel], device: Device, keep_seconds: float
    ) -> Iterator[Resident]:
        """The model of that key, loaded when it is not here; it stays ``keep_seconds`` beyond its last use."""
        with self._lock:
            if self._leaving is not None:
                self._leaving.cancel()
                self._leaving = None
            if self._resident is None or self._key != key:
                self.leave(device)
                self._resident = Resident(model=load(), batches=Batches(device))
                self._key = key
            try:
                yield self._resident
            finally:
                self._uses += 1
                uses = self._uses
                self._leaving = self._timer(keep_seconds, lambda: self._unused_since(uses, device))
                self._leaving.daemon = True
                self._leaving.start()

    def _unused_since(self, uses: int, device: Device) -> None:
        with self._lock:
            if uses == self._uses:
                self.leave(device)

    def leave(self, device: Device) -> None:
        """Drop the model, and give its memory back."""
        with self._lock:
            self._key, self._resident = None, None
            device.release()


RESIDENCE = Residence()
"""Of this process."""
