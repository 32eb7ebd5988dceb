"""Which threads go first: those that a device waits for, before all that renders, as far as the system lets them.

What a thread starts inherits its priority, the device's own threads with it, which is meant; whatever takes long gives
way by itself. (Linux's SCHED_RESET_ON_FORK would take it from the device's threads as well.)
"""

from __future__ import annotations

import contextlib
import os

NICENESS = -10
_FIRST, _NEXT = 10, 5


def go_first() -> None:
    """This thread, and those it starts from now on."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    _real_time(_FIRST)


def go_next() -> None:
    """This thread, and the processes it starts from now on: behind those that go first, before all that renders."""
    _real_time(_NEXT)


def _real_time(priority: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))


def give_way() -> None:
    """This thread is as any other."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)
