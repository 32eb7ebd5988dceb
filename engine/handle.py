"""The one progress-and-cancel handle, passed to everything that can take long.

It knows nothing of jobs, processes or OSC: whoever starts the work decides what a report does and what a cancel is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.errors import Cancelled


def _ignore(fraction: float, stage: str) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Handle:
    """Reports progress upwards and carries a cancel downwards.

    Parameters
    ----------
    on_progress
        Called with the fraction done (0 to 1, never falling) and the stage's name.
    is_cancelled
        Polled by :meth:`check`; cheap.
    """

    on_progress: Callable[[float, str], None] = field(default=_ignore)
    is_cancelled: Callable[[], bool] = field(default=_never)

    def check(self) -> None:
        """Raise :class:`~engine.errors.Cancelled` when the user cancelled."""
        if self.is_cancelled():
            raise Cancelled("The job was cancelled.")

    def progress(self, fraction: float, stage: str) -> None:
        """Report, and stop here when cancelled."""
        self.check()
        self.on_progress(min(1.0, max(0.0, fraction)), stage)

    def part(self, start: float, end: float) -> Handle:
        """A handle whose 0 to 1 is ``start`` to ``end`` of this one."""
        return Handle(
            on_progress=lambda fraction, stage: self.on_progress(start + (end - start) * fraction, stage),
            is_cancelled=self.is_cancelled,
        )
