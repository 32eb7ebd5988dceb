"""The control surface that Live knows: it gives the desk of its set a tick every tenth of a second, and no more."""

from __future__ import annotations

import logging
import time

import Live
from ableton.v2.control_surface import ControlSurface  # type: ignore[import-not-found] # inside Live only

from .desk import Desk

MOST_DEFECTS = 20
"""In a row; then it stops, so that a defect does not fill the log."""

logger = logging.getLogger(__name__)


class Cuewright(ControlSurface):  # type: ignore[misc] # a class of Live's
    """One for each set; Live makes it and disconnects it."""

    def __init__(self, c_instance: object) -> None:
        super().__init__(c_instance)
        self._desk: Desk | None = Desk(Live.Application.get_application(), self.show_message)
        self._defects = 0
        self.schedule_message(1, self._tick)

    def disconnect(self) -> None:
        """Called by Live when the set is closed or another control surface chosen."""
        if self._desk is not None:
            self._desk.close()
            self._desk = None
        super().disconnect()

    def _tick(self) -> None:
        if self._desk is None:
            return
        try:
            self._desk.work(time.monotonic())
            self._defects = 0
        except Exception:
            self._defects += 1
            logger.exception("Cuewright met a defect of its own")
            self.show_message("Cuewright: something went wrong inside; Live's Log.txt has it. Please report it.")
        if self._defects < MOST_DEFECTS:
            self.schedule_message(1, self._tick)
