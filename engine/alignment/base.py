"""The four parts of the loop that can be done in more than one way, and what they are handed.

Each has one that measures and needs no model, and one that asks a model; :mod:`engine.alignment.loop` joins them and
knows none of them.

Source: AVAgent (arXiv 2410.23230): describe, plan, act, reflect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from engine.action import Action
from engine.handle import Handle
from engine.picture import Picture
from engine.source import Source
from engine.trace import Cycle, Description, Fit, Heard, Score, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A sound and the picture above it, which begin together.

    Parameters
    ----------
    sound
        The original; every cycle begins with it.
    heard, seen, fit
        What was measured, once.
    """

    sound: Source
    picture: Picture
    heard: Heard
    seen: Seen
    fit: Fit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a planner is handed.

    Parameters
    ----------
    original
        How the original was judged.
    history
        The cycles so far, with their scores or problems.
    """

    pair: Pair
    description: Description
    original: Score
    history: tuple[Cycle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What to do to the original next; no actions: the planner knows nothing more."""

    actions: tuple[Action, ...]
    reason: str
    planner: str


class Describer(Protocol):
    """Puts sound and picture in words, each by itself."""

    def describe(self, pair: Pair, handle: Handle) -> Description:
        """Both descriptions.

        Raises
        ------
        PlannerFailed
            When a model does not answer.
        """


class Planner(Protocol):
    """Chooses actions."""

    def plan(self, brief: Brief) -> Proposal:
        """The next.

        Raises
        ------
        PlannerFailed
            When a model does not answer.
        """


class Judge(Protocol):
    """Says how a version fits; it is never told which version it is, nor what was done."""

    name: str

    def judge(self, version: Source, pair: Pair, handle: Handle) -> Score:
        """The score of a version beside the pair's picture.

        Raises
        ------
        PlannerFailed
            When a model does not answer with a score.
        """


def _no_model() -> tuple[int, int]:
    return 0, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Who does what in a loop.

    Parameters
    ----------
    usage
        Calls of models and tokens so far, for this pair.
    """

    describer: Describer
    planner: Planner
    judge: Judge
    usage: Callable[[], tuple[int, int]] = field(default=_no_model)
