"""A rule of the words: what it makes of a clause, and the words that it reads there.

Knows the words that mean nothing to any rule; what a rule makes is in :mod:`engine.planning.instruct_time` and
:mod:`engine.planning.instruct_sound`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.action import Action
from engine.planning.instruct_clauses import Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What makes actions of a clause, and the words and numbers that it reads in it.

    Parameters
    ----------
    amount
        Units of the number that it reads, and where it reads more than one, how many.
    """

    make: Callable[[Clause], list[Action]]
    words: str
    amount: str = ""
    numbers: int = 1

    def unexplained(self, clause: Clause) -> str:
        """What stands in the clause and has no part in the actions."""
        rest = clause.text
        if self.amount:
            rest = re.sub(rf"(?<![\w.])[-+]? ?{N} ?(?:{self.amount})(?![\w%.])", " ", rest, count=self.numbers)
        rest = re.sub(rf"(?<![\w.])(?:{self.words}|{PLAIN})(?![\w%'])", " ", rest)
        return " ".join(re.findall(r"[\w.%'/-]+", rest)).strip("-/.' ")


PLAIN = (
    r"it|its|it's|the|an?|this|that|these|is|be|by|to|with|of|for|so|i|i'd|me|we|my|us|like|just|make|made|set|get|give|"
    r"have|do|can|could|would|want|need|you|let's|sounds?|sounding|audio|clip|file|recording|region|track|take|"
    r"selection|whole|entire|thing|all|everything|here|there|some|any|more|as|and|now|again|nicely|cleanly|carefully|"
    r"smooth|smoothly|\W+"
)
WHOSE = (
    r"(?:(?:from|in|on|of) )?(?:the |this |my )?(?:dialog(?:ue)?s?|voices?|voice ?over|speech|vocals?|interview|atmo|"
    r"atmosphere|ambience|music|foley|background|room ?tone)"
)
"""Whose noise it is makes no difference; whose loudness does."""
N = r"\d+(?:\.\d+)?"
