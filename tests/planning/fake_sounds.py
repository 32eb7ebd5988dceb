"""A backend that knows a few words, for tests of what stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine import ucs
from engine.backends.base import Capabilities, Match
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.planning.rules import Nature
from engine.results import Licence, Take

BEDS = {
    "rain": ("rain", "rains", "raining", "rainfall"),
    "wind": ("wind", "winds", "windy"),
    "forest": ("forest", "woods"),
    "crowd": ("crowd", "chatter", "murmur"),
    "stream": ("stream", "river", "brook"),
    "waves": ("waves", "ocean"),
    "birds": ("birds", "birdsong"),
    "fire": ("fire", "campfire"),
    "engine": ("engine", "idling", "car", "truck"),
    "siren": ("siren", "sirens"),
    "traffic": ("traffic",),
    "room tone": ("tone",),
    "crickets": ("crickets",),
    "helicopter": ("helicopter",),
}
HAPPENINGS = {
    "door slam": ("door", "slam", "slams"),
    "door creak": ("creak", "creaks"),
    "knock": ("knock", "knocks", "knocking"),
    "dog": ("dog", "dogs", "bark", "barks", "barking"),
    "cat": ("cat", "cats", "meow", "meows"),
    "bell": ("bell", "bells"),
    "thunder": ("thunder", "lightning"),
    "glass": ("glass",),
    "footsteps": ("footsteps", "steps", "footstep"),
    "gunshot": ("gunshot", "gunshots", "shot", "shots"),
    "explosion": ("explosion", "explosions"),
    "splash": ("splash", "splashes"),
    "owl": ("owl", "owls", "hoots"),
    "horn": ("horn", "honks"),
    "hammer": ("hammer",),
    "beep": ("beep", "beeps"),
}
BED_SECONDS = 8.0
HAPPENING_SECONDS = 1.0
INTERVAL_SECONDS = 0.5
CATEGORIES = {"rain": "RAIN", "wind": "WIND", "door slam": "DOORWood", "dog": "ANMLDog", "cat": "ANMLCat"}


def name_of(text: str) -> tuple[str, bool] | None:
    """The sound whose word stands last in the text, and whether it goes on."""
    said = re.findall(r"[a-z]+", text.lower())
    for word in reversed(said):
        for table, sustained in ((BEDS, True), (HAPPENINGS, False)):
            for name, words in table.items():
                if word in words:
                    return name, sustained
    return None


def natural(text: str) -> Nature | None:
    if (found := name_of(text)) is None:
        return None
    return Nature(
        name=found[0],
        length_seconds=BED_SECONDS if found[1] else HAPPENING_SECONDS,
        interval_seconds=INTERVAL_SECONDS,
        sustained=found[1],
    )


class FakeBackend:
    """Knows the words above; three sources a sound."""

    def __init__(
        self,
        name: str = "fake",
        *,
        words: frozenset[str] | None = None,
        score: float = 0.9,
        commercial: bool = True,
        countable: bool = False,
    ) -> None:
        self.name = name
        self.version = "7"
        self.capabilities = Capabilities(
            max_length_seconds=60.0,
            licence=Licence(name="CC0-1.0" if commercial else "CC-BY-NC-4.0", commercial=commercial),
            deterministic=True,
        )
        self._words = words
        self._score = score
        self._countable = countable

    def match(self, text: str) -> tuple[Match, ...]:
        found = name_of(text)
        if found is not None and self._words is not None and found[0] not in self._words:
            found = None
        if found is None:
            return tuple(self._match(name, False, 0.2) for name in ("door slam", "dog"))
        return (self._match(found[0], found[1], self._score),)

    def _match(self, name: str, sustained: bool, score: float) -> Match:
        nearest = ucs.search(name, 1)
        return Match(
            score=score,
            sources=tuple(f"{name}/{i}" for i in range(3)),
            label=name.title(),
            category=CATEGORIES.get(name) or nearest[0].cat_id,
            params={"size": 1.0},
            accepts={"size": (0.25, 4.0), "intensity": (0.0, 1.0), "distance_m": (0.3, 1000.0)}
            | ({"count": (0.0, 64.0)} if self._countable else {}),
            length_seconds=BED_SECONDS if sustained else HAPPENING_SECONDS,
            interval_seconds=INTERVAL_SECONDS,
            sustained=sustained,
        )

    def render(self, specs: Sequence[TakeSpec], handle: Handle) -> Iterator[Take]:
        raise NotImplementedError("plans only")
