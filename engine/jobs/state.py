"""The life of a job as pure functions: states, events, one table of legal transitions.

It knows nothing of databases, processes or clocks; the journal stores a :class:`Standing` and applies :func:`advance`
inside a transaction, so that the rules here are the only ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import InternalError

MAX_ATTEMPTS = 2
"""A job whose worker died is tried once more; a second death ends it."""


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    PLANNING = "planning"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to a job."""

    CLAIMED = "claimed"
    PLANNED = "planned"
    STEM = "stem"
    FINISHED = "finished"
    FAILED = "failed"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED = "cancelled"
    WORKER_DIED = "worker_died"
    ENGINE_RESTARTED = "engine_restarted"


TERMINAL = frozenset({State.DONE, State.FAILED, State.CANCELLED})
RUNNING = frozenset({State.PLANNING, State.RENDERING})

TRANSITIONS: dict[State, dict[Event, State]] = {
    State.QUEUED: {
        Event.CLAIMED: State.PLANNING,
        Event.CANCEL_REQUESTED: State.CANCELLED,
    },
    State.PLANNING: {
        Event.PLANNED: State.RENDERING,
        Event.STEM: State.RENDERING,
        Event.FINISHED: State.DONE,
        Event.FAILED: State.FAILED,
        Event.CANCEL_REQUESTED: State.PLANNING,  # the worker is told; it answers, or is killed
        Event.CANCELLED: State.CANCELLED,
        Event.WORKER_DIED: State.QUEUED,
        Event.ENGINE_RESTARTED: State.QUEUED,
    },
    State.RENDERING: {
        Event.PLANNED: State.RENDERING,
        Event.STEM: State.RENDERING,
        Event.FINISHED: State.DONE,
        Event.FAILED: State.FAILED,
        Event.CANCEL_REQUESTED: State.RENDERING,
        Event.CANCELLED: State.CANCELLED,
        Event.WORKER_DIED: State.QUEUED,
        Event.ENGINE_RESTARTED: State.QUEUED,
    },
    State.DONE: {},
    State.FAILED: {},
    State.CANCELLED: {},
}
"""All that is legal. Two rules of :func:`advance` bend an arrow: a death too many ends in ``failed``, and a job whose
cancel was requested ends in ``cancelled`` wherever it would otherwise wait again or fail."""


class IllegalTransition(InternalError):
    """An event met a job in a state that does not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that the rules need to know of a job.

    Parameters
    ----------
    attempts
        Times it was started and not interrupted by the engine's own end.
    engine_restarts
        Times the engine ended under it; they never use up the retry.
    """

    state: State = State.QUEUED
    attempts: int = 0
    engine_restarts: int = 0
    cancel_requested: bool = False


def advance(standing: Standing, event: Event, *, max_attempts: int = MAX_ATTEMPTS) -> Standing:
    """The standing after an event.

    Raises
    ------
    IllegalTransition
        When the table has no arrow for it; a job that ended stays ended.

    Examples
    --------
    >>> advance(Standing(), Event.CLAIMED).state
    <State.PLANNING: 'planning'>
    """
    target = TRANSITIONS[standing.state].get(event)
    if target is None:
        raise IllegalTransition(f"A job that is {standing.state} cannot be {event}.")
    if event is Event.WORKER_DIED and standing.attempts >= max_attempts:
        target = State.FAILED
    wanted_gone = standing.cancel_requested and target in (State.QUEUED, State.FAILED)
    return Standing(
        state=State.CANCELLED if wanted_gone else target,
        attempts=standing.attempts + (event is Event.CLAIMED) - (event is Event.ENGINE_RESTARTED),
        engine_restarts=standing.engine_restarts + (event is Event.ENGINE_RESTARTED),
        cancel_requested=standing.cancel_requested or event is Event.CANCEL_REQUESTED,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queued job's place in the order.

    Parameters
    ----------
    priority
        Larger goes first.
    arrival
        Number given when it was accepted; smaller goes first among equals, and a retried job keeps its own.
    """

    job_id: str
    priority: int
    arrival: int

    @property
    def order(self) -> tuple[int, int]:
        """Sort key: priority falling, then arrival."""
        return (-self.priority, self.arrival)


def first(waiting: Iterable[Waiting]) -> Waiting | None:
    """The job to start next; the journal's index has the same order."""
    return min(waiting, key=lambda w: w.order, default=None)
