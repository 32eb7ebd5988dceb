"""The Universal Category System, v8.2: the field's names for kinds of sound.

Source: universalcategorysystem.com (open standard), kept as data beside this module. It knows categories and words, not
files or backends.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FOLEY_PREFIX = "FOLY"
"""Categories for foley performed to picture; a wild sound has another (FEETHmn, not FOLYFeet)."""
_WORD = re.compile(r"[a-z0-9]+")
_GRAMMAR = "a an and are as at be by for from in into is it of on or some the then to with general misc"
_STOP = frozenset(_GRAMMAR.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One row: ``cat_id`` is what file names begin with."""

    cat_id: str
    category: str
    subcategory: str
    short: str
    synonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A category and how much of the words it accounts for, 0 to 1."""

    category: Category
    score: float

    @property
    def cat_id(self) -> str:
        """The category's CatID."""
        return self.category.cat_id


def stem(word: str) -> str:
    """A word without its common endings, so that 'slams', 'slammed' and 'slamming' meet.

    >>> [stem(w) for w in ("slams", "slammed", "slamming", "dogs", "glass", "bells", "footsteps", "dishes")]
    ['slam', 'slam', 'slam', 'dog', 'glass', 'bell', 'footstep', 'dish']
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) > 2 and re.search("[aeiouy]", base):
            if base[-1] == base[-2] and base[-1] not in "lsz":
                return base[:-1]
            return base
    if len(word) > 4 and word.endswith(("shes", "ches", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def words(text: str) -> list[str]:
    """The stems of a text's content words, in order."""
    return [stem(w) for w in _WORD.findall(text.lower().replace("'", "")) if w not in _STOP]


@cache
def categories() -> Mapping[str, Category]:
    """Every category by its CatID."""
    text = files("engine").joinpath("data", "ucs-v8.2.csv").read_text(encoding="utf-8")
    return {
        row["cat_id"]: Category(
            cat_id=row["cat_id"],
            category=row["category"],
            subcategory=row["subcategory"],
            short=row["cat_short"],
            synonyms=tuple(s.strip() for s in row["synonyms"].split(",") if s.strip()),
        )
        for row in csv.DictReader(text.splitlines())
    }


@cache
def _index() -> Mapping[str, tuple[tuple[str, float], ...]]:
    """Stem to (CatID, weight): subcategory and category names weigh more than synonyms."""
    weights: dict[str, dict[str, float]] = {}
    for row in categories().values():
        for text, weight in (
            (row.subcategory, 1.0),
            (row.category, 0.9),
            *((synonym, 0.7 if len(words(synonym)) == 1 else 0.5) for synonym in row.synonyms),
        ):
            for word in words(text):
                entry = weights.setdefault(word, {})
                entry[row.cat_id] = max(weight, entry.get(row.cat_id, 0.0))
    return {word: tuple(entry.items()) for word, entry in weights.items()}


def is_cat_id(text: str) -> bool:
    """Whether it is a CatID, to the letter.

    >>> is_cat_id("DOORWood"), is_cat_id("doorwood")
    (True, False)
    """
    return text in categories()


def search(text: str, limit: int = 5) -> tuple[Found, ...]:
    """The categories that account best for the words, best first.

    >>> [found.category.cat_id for found in search("wooden door slam", 1)]
    ['DOORWood']
    """
    asked = words(text)
    if not asked:
        return ()
    foley = "foley" in asked
    scores: dict[str, float] = {}
    for word in dict.fromkeys(asked):
        # 'wooden' is WOOD.
        for cat_id, weight in _index().get(word, _index().get(word.removesuffix("en"), ())):
            if foley or not cat_id.startswith(FOLEY_PREFIX):
                scores[cat_id] = scores.get(cat_id, 0.0) + weight
    count = len(set(asked))
    found = [Found(category=categories()[cat_id], score=min(1.0, score / count)) for cat_id, score in scores.items()]
    return tuple(sorted(found, key=lambda f: (-f.score, f.category.cat_id))[:limit])
