"""Open question 2: planner against planner, on captions of real clips; knows no planner and no sound.

No caption comes with a true plan, so what is scored is what can be told from the words: whether there is a plan at all,
whether its steps say what the caption says and nothing else, and whether what is told as one after the other comes in
that order.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from engine.errors import CuewrightError
from engine.handle import Handle
from engine.model import Model
from engine.plan import Outline, Step

Planning = Callable[[str], Outline]
_THEN = re.compile(r",?\s*\b(?:followed by|and then|then|before)\b\s*", re.IGNORECASE)
_NOT_SO_PLAIN = re.compile(r"\b(?:while|as|during|after|with|over|again|repeatedly)\b", re.IGNORECASE)
"""Captions with these also tell of things that sound together: their order is not plain from the words."""
_WORD = re.compile(r"[a-z]+")
_SMALL = frozenset(
    _WORD.findall(
        "a an and are as at be been before being by can during followed for from has have in into is it its of off on"
        " or out over something some someone that the their then there they this to up very while with repeatedly"
        " background foreground nearby distance distant several multiple times time occurs occurring sound sounds heard"
    )
)
"""Words that tell of no sound, or that a planner turns into numbers."""


class PlannerRow(Model):
    """One planner, over all captions.

    Parameters
    ----------
    failed
        Captions without a plan.
    steps
        Mean number of steps.
    covered
        Share of a caption's telling words that some step says, the mean; a failed caption covers nothing.
    invented
        Share of the steps' telling words that the caption does not have.
    in_order, ordered
        Of pairs told as one after the other, how many begin in that order, and how many there are.
    playable
        Share of the steps that some sound here answers.
    milliseconds
        Of one caption, the mean.
    """

    planner: str
    captions: int
    failed: int
    steps: float
    covered: float
    invented: float
    in_order: int
    ordered: int
    playable: float
    milliseconds: float


class PlannersReport(Model):
    """All planners on the same captions."""

    source: str
    rows: tuple[PlannerRow, ...]


def measure_planners(
    planners: Mapping[str, Planning],
    captions: Sequence[str],
    plays: Callable[[str], bool],
    *,
    source: str,
    handle: Handle,
) -> PlannersReport:
    """Every planner on every caption.

    Parameters
    ----------
    plays
        Whether some sound answers a step's words.
    """
    rows = []
    for number, (name, planning) in enumerate(planners.items()):
        part = handle.part(number / len(planners), (number + 1) / len(planners))
        rows.append(_row(name, planning, captions, plays, part))
    return PlannersReport(source=source, rows=tuple(rows))


def _row(
    name: str, planning: Planning, captions: Sequence[str], plays: Callable[[str], bool], handle: Handle
) -> PlannerRow:
    outlines: list[tuple[str, Outline | None]] = []
    began = time.perf_counter()
    for number, caption in enumerate(captions):
        handle.progress(number / len(captions), name)
        try:
            outlines.append((caption, planning(caption)))
        except CuewrightError:
            outlines.append((caption, None))
    seconds = time.perf_counter() - began
    steps = [step for _, outline in outlines if outline for step in outline.steps]
    pairs = [in_order(caption, outline) for caption, outline in outlines]
    return PlannerRow(
        planner=name,
        captions=len(captions),
        failed=sum(outline is None for _, outline in outlines),
        steps=len(steps) / max(1, sum(outline is not None for _, outline in outlines)),
        covered=sum(covered(caption, outline) for caption, outline in outlines) / max(1, len(captions)),
        invented=sum(invented(caption, outline) for caption, outline in outlines) / max(1, len(captions)),
        in_order=sum(sum(each) for each in pairs),
        ordered=sum(len(each) for each in pairs),
        playable=sum(plays(step.text) for step in steps) / max(1, len(steps)),
        milliseconds=1_000 * seconds / max(1, len(captions)),
    )


def covered(caption: str, outline: Outline | None) -> float:
    """Share of the caption's telling words that a step says."""
    told = telling(caption)
    said = set().union(*(telling(step.text) for step in outline.steps)) if outline else set()
    return len(told & said) / len(told) if told else 1.0


def invented(caption: str, outline: Outline | None) -> float:
    """Share of the steps' telling words that the caption does not have."""
    said = set().union(*(telling(step.text) for step in outline.steps)) if outline else set()
    return len(said - telling(caption)) / len(said) if said else 0.0


def in_order(caption: str, outline: Outline | None) -> list[bool]:
    """For each pair of neighbours that the caption tells as one after the other, whether the plan has them so.

    What is told is found in the steps that share most of its words; without one, or where one step says both, the pair
    is not in order. Captions that tell of more than a plain sequence have no pairs.
    """
    if _NOT_SO_PLAIN.search(caption):
        return []
    parts = [part for part in _THEN.split(caption) if telling(part)]
    starts = [_start(part, outline.steps if outline else ()) for part in parts]
    return [a is not None and b is not None and a < b for a, b in pairwise(starts)]


def _start(part: str, steps: Sequence[Step]) -> float | None:
    """When the steps that say most of a part begin."""
    shared = [(len(telling(part) & telling(step.text)), step.start_seconds) for step in steps]
    most = max((count for count, _ in shared), default=0)
    return min(start for count, start in shared if count == most) if most else None


def telling(text: str) -> set[str]:
    """Its words less those that say nothing of a sound, without plural and participle endings.

    >>> sorted(telling("A dog barks, followed by knocking"))
    ['bark', 'dog', 'knock']
    """
    return {_stem(word) for word in _WORD.findall(text.lower()) if word not in _SMALL}


def _stem(word: str) -> str:
    for ending in ("ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > 3 and (word[-1] == "e" or word[-1] == word[-2]) else word
