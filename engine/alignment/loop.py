"""AVAgent's loop: describe once; plan, act on the original, judge, and again with the scores, until there is a reason
to stop. The best version wins, the original among them.

Source: AVAgent (arXiv 2410.23230). Where a model fails, the part that measures does its work, which is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.alignment.base import Brief, Pair, Parts, Proposal
from engine.alignment.hearing import hear
from engine.alignment.matching import fit_of
from engine.alignment.measured import MeasuredJudge, believed
from engine.alignment.rules import RulePlanner
from engine.alignment.seeing import see
from engine.alignment.telling import MeasuredDescriber
from engine.editing.apply import edited
from engine.editing.kit import Kit
from engine.errors import BackendFailed, BadArgument, PlannerFailed
from engine.handle import Handle
from engine.picture import Picture
from engine.source import Source
from engine.trace import Cycle, Description, Score, Stop, Trace

THRESHOLD = 0.88
CYCLES = 4
_RISES = 0.01
"""A score that rises by less has not risen."""
_PLATEAU = 2
"""Cycles without a rise, after which it stops."""
_SAME = 0.25
"""A judge that gives one sound two scores further apart contradicts itself."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """What came of it.

    Parameters
    ----------
    versions
        Of every cycle of the trace, in order; None where its actions could not be done.
    """

    trace: Trace
    versions: tuple[Source | None, ...]


def pair_of(sound: Source, picture: Picture, handle: Handle, warn: Callable[[str], object]) -> Pair:
    """A pair, measured.

    Raises
    ------
    FileUnreadable, PictureUnreadable
        With what is wrong with the picture.
    """
    seen, warnings = see(picture, handle.part(0.0, 0.7))
    for warning in warnings:
        warn(warning)
    heard = hear(sound, handle.part(0.7, 1.0))
    return Pair(
        sound=sound,
        picture=picture,
        heard=heard,
        seen=seen,
        fit=fit_of(heard.onsets, seen.moments, seen.length_seconds),
    )


def align(
    pair: Pair, parts: Parts, kit: Kit, *, threshold: float = THRESHOLD, cycles: int = CYCLES, handle: Handle
) -> Aligned:
    """Run the loop.

    Parameters
    ----------
    threshold
        Both scores of a version that reaches it end the loop.
    cycles
        At most so many.

    Raises
    ------
    Cancelled
        Nothing else: what fails is told in the trace.
    """
    return _Loop(pair, parts, kit, threshold, cycles, handle).run()


class _Loop:
    def __init__(self, pair: Pair, parts: Parts, kit: Kit, threshold: float, cycles: int, handle: Handle) -> None:
        self._pair, self._parts, self._kit, self._handle = pair, parts, kit, handle
        self._threshold, self._most = threshold, cycles
        self._cycles: list[Cycle] = []
        self._versions: list[Source | None] = []
        self._original = Score(alignment=0.0, synchronisation=0.0)
        self._warned: dict[str, None] = {}

    def run(self) -> Aligned:
        began = time.monotonic()
        self._handle.progress(0.0, "describing")
        description = self._description()
        self._original = self._judged(self._pair.sound)
        stopped = self._tried(description)
        self._doubt()
        best = self._best()
        calls, tokens = self._parts.usage()
        trace = Trace(
            heard=self._pair.heard,
            seen=self._pair.seen,
            fit=believed(self._pair.fit),
            description=description,
            original=self._original,
            cycles=tuple(self._cycles),
            best=best,
            stopped=stopped,
            verdict=self._verdict(best, stopped),
            calls=calls,
            tokens=tokens,
            seconds=round(time.monotonic() - began, 3),
        )
        return Aligned(trace=trace, versions=tuple(self._versions))

    def _tried(self, description: Description) -> Stop:
        """Cycles, until there is a reason to stop."""
        if self._pair.heard.loudness_lufs is None:
            return "no_common_events"
        if self._original.reaches(self._threshold):
            return "good_enough"
        flat = 0
        while len(self._cycles) < self._most:
            self._handle.progress(len(self._cycles) / self._most, "aligning")
            proposal = self._proposal(description)
            told = tuple(str(action) for action in proposal.actions)
            if not told:
                return "nothing_left" if self._cycles or believed(self._pair.fit) else "no_common_events"
            if told in {cycle.actions for cycle in self._cycles}:
                return "repeated"
            before = self._overall(self._best())
            self._act(proposal, told)
            score = self._cycles[-1].score
            if score and score.reaches(self._threshold):
                return "threshold"
            flat = 0 if score and score.overall > before + _RISES else flat + 1
            if flat >= _PLATEAU:
                return "plateau"
        return "cycles"

    def _act(self, proposal: Proposal, told: tuple[str, ...]) -> None:
        """One cycle, always from the original."""
        share = 1 / self._most
        part = self._handle.part(len(self._cycles) * share, (len(self._cycles) + 1) * share)
        version: Source | None = None
        score, problem = None, ""
        try:
            version = edited(self._pair.sound, proposal.actions, replace(self._kit, handle=part.part(0.0, 0.5)))
            score = self._judged(version)
        except (BadArgument, BackendFailed) as error:
            problem = error.sentence
        self._versions.append(version)
        self._cycles.append(
            Cycle(
                number=len(self._cycles) + 1,
                actions=told,
                reason=proposal.reason,
                planner=proposal.planner,
                score=score,
                problem=problem,
            )
        )

    def _description(self) -> Description:
        def measured() -> Description:
            return MeasuredDescriber().describe(self._pair, self._handle)

        return self._or_measured("describe", lambda: self._parts.describer.describe(self._pair, self._quiet), measured)

    def _proposal(self, description: Description) -> Proposal:
        brief = Brief(pair=self._pair, description=description, original=self._original, history=tuple(self._cycles))
        return self._or_measured("plan", lambda: self._parts.planner.plan(brief), lambda: RulePlanner().plan(brief))

    def _judged(self, version: Source) -> Score:
        """By the judge; one that fails is replaced for good, and what it judged is judged anew."""
        try:
            return self._parts.judge.judge(version, self._pair, self._quiet)
        except PlannerFailed as error:
            self._warn(f"The judge failed, so versions are measured: {error.sentence}")
            self._measure_all()
            return self._parts.judge.judge(version, self._pair, self._quiet)

    def _measure_all(self) -> None:
        self._parts = replace(self._parts, judge=MeasuredJudge())
        self._original = self._parts.judge.judge(self._pair.sound, self._pair, self._quiet)
        for number, version in enumerate(self._versions):
            if version is not None:
                score = self._parts.judge.judge(version, self._pair, self._quiet)
                self._cycles[number] = self._cycles[number].model_copy(update={"score": score})

    def _doubt(self) -> None:
        """A model that judged is asked for the original once more: does it say the same of the same sound?"""
        if isinstance(self._parts.judge, MeasuredJudge) or not self._cycles:
            return
        again = self._judged(self._pair.sound)
        if again.by == self._original.by and abs(again.overall - self._original.overall) > _SAME:
            self._warn(
                f"{again.by} contradicts itself: the original scored {self._original.overall:.2f}, then "
                f"{again.overall:.2f}; versions are measured instead."
            )
            self._measure_all()

    def _or_measured(self, what: str, ask: Callable[[], R], measure: Callable[[], R]) -> R:
        try:
            return ask()
        except PlannerFailed as error:
            self._warn(f"The model that was to {what} failed, so it is measured: {error.sentence}")
            return measure()

    def _warn(self, sentence: str) -> None:
        if sentence not in self._warned:
            self._warned[sentence] = None
            self._kit.warn(sentence)

    @property
    def _quiet(self) -> Handle:
        """Cancels, and reports nothing: the loop reports."""
        return Handle(is_cancelled=self._handle.is_cancelled)

    def _overall(self, number: int) -> float:
        score = self._original if number == 0 else self._cycles[number - 1].score
        return score.overall if score else -1.0

    def _best(self) -> int:
        """Number of the best version; the earliest of equals, so that nothing is done for nothing."""
        return max(range(len(self._cycles) + 1), key=lambda number: (self._overall(number), -number))

    def _verdict(self, best: int, stopped: Stop) -> str:
        why = _WHY[stopped]
        if self._pair.heard.loudness_lufs is None:
            return "The original is kept: it is silent."
        if best == 0:
            return f"The original is kept: {why}"
        before, after = self._original, self._cycles[best - 1].score or self._original
        return (
            f"Synchronisation {before.synchronisation:.2f} → {after.synchronisation:.2f}, alignment "
            f"{before.alignment:.2f} → {after.alignment:.2f}, by {'; '.join(self._cycles[best - 1].actions)}. "
            f"It ended because {why}"
        )


_WHY: dict[Stop, str] = {
    "good_enough": "it fits as it is.",
    "threshold": "it fits now.",
    "cycles": "all cycles were used.",
    "plateau": "nothing that was tried made it better any more.",
    "repeated": "the same was planned again.",
    "nothing_left": "there is nothing else to try.",
    "no_common_events": "nothing that is heard could be found in the picture.",
}
