"""Words to families: which sound a phrase names, how much of it is understood, and what its adjectives set.

A phrase is answered when the word that sounds is known. Words weigh by their place: most the last one before a
preposition ("a *bark* in the street"), least what says where. What cannot be accounted for lowers the score; the
nearest families are named all the same, for the error that refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, lru_cache

from engine.procedural.families import FAMILIES
from engine.procedural.family import VOCABULARY, Family
from engine.procedural.lexicon import (
    BREAKS,
    ENDS_NEGATION,
    GAITS,
    KNOBS,
    MATERIALS,
    NEGATIONS,
    NUMBERS,
    STOP,
    UNITS,
    UNMADE,
)

NEAREST = 3
MAX_WORDS = 200
HEAD, MAIN, PLACE, MODIFIER, FOREIGN = 2.0, 1.0, 0.5, 0.25, 5.0
"""What words of each kind weigh in the score."""
_IRREGULAR = {
    "feet": "foot", "leaves": "leaf", "leafs": "leaf", "wooden": "wood", "metallic": "metal", "glasses": "glas",
    "glass": "glas", "broken": "break", "broke": "break", "ran": "run", "shut": "shut", "pouring": "pour", "stony":
    "stone", "windy": "wind", "rainy": "rain", "stormy": "storm", "rung": "ring", "rang": "ring", "hi": "high",
    "glassy": "glas", "this": "this", "gas": "gas", "bus": "vehiclebus", "busy": "busy", "lazy": "lazy", "dry": "dry",
    "keys": "key", "hurried": "hurr", "alarm": "alarm", "leaf": "leaf", "wolves": "wolf", "surf": "surf", "sea":
    "sea", "shoe": "shoe", "shoes": "shoe", "clothes": "cloth", "clothing": "cloth", "tiny": "tiny", "shattered":
    "shatter", "string": "string", "spring": "spring", "thing": "thing", "king": "king", "wing": "wing", "sing":
    "sing", "ring": "ring", "swing": "swing", "bring": "bring", "evening": "evening", "morning": "morning",
    "lightning": "lightning", "ceiling": "ceiling", "building": "building",
}  # fmt: skip
_WALKERS = frozenset(
    {"man", "men", "woman", "women", "person", "peopl", "someon", "child", "boy", "girl", "kid", "soldier", "crowd"}
    | {"footstep", "step", "foot", "boot", "shoe", "heel", "sneaker", "barefoot", "leather"}
)
_EVENTS = frozenset({"footstep", "step", "drip", "drop", "droplet", "tick", "keystrok", "beat", "heartbeat"})
_WORD = re.compile(r"[a-z0-9]+|[,;.!?]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A family that could answer some words.

    Parameters
    ----------
    score
        Share of the words accounted for; 1 is everything, 0 nothing.
    params
        The knobs that the words set, within bounds.
    """

    family: Family
    score: float
    params: Mapping[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Happenings asked for; 0 fills the length."""
        default = self.family.params["count"].default if "count" in self.family.params else 1
        return round(self.params.get("count", default))

    @property
    def sustained(self) -> bool:
        """Whether it fills any length."""
        return self.family.sustained and (self.count == 0 or "count" not in self.family.params)

    @property
    def interval_seconds(self) -> float:
        """From one happening to the next, at the pace that the words ask for."""
        return self.family.interval_seconds / self.params.get("pace", 1.0)

    @property
    def length_seconds(self) -> float:
        """A good length for what the words ask for."""
        default = round(self.family.params["count"].default) if "count" in self.family.params else 1
        if self.count == default:
            return self.family.length_seconds
        if self.count == 0:
            return self.family.length_seconds + max(self.interval_seconds, min(3 * self.interval_seconds, 4.0))
        one = 1.0 if default == 0 else self.family.length_seconds
        return one + (self.count - 1) * self.interval_seconds


def stem(word: str) -> str:
    """The part of a word that its plural, its verb forms and its adverb share.

    >>> [stem(w) for w in ("slamming", "slams", "slammed", "creaky", "waves", "heavily")]
    ['slam', 'slam', 'slam', 'creak', 'wav', 'heav']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 5 and word.endswith("ily"):
        word = word[:-3]
    elif len(word) > 4 and word.endswith("ly"):
        word = word[:-2]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    if len(word) > 4 and word.endswith("y"):
        word = word[:-1]
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if word.endswith("ss"):
        word = word[:-1]
    return word


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    raw: str
    stem: str
    weight: float
    modifier: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A text, read: what weighs, how many, and the words in their order."""

    tokens: tuple[_Token, ...]
    count: int | None
    raw: tuple[str, ...]


def answers(text: str) -> tuple[Answer, ...]:
    """The best families for a text, best first; those that understood nothing are only its nearest.

    Returns
    -------
    At most :data:`NEAREST`; empty when the text names nothing at all.
    """
    reading = _read(text)
    if not reading.tokens:
        return ()
    present = frozenset(token.stem for token in reading.tokens)
    ranked: list[tuple[float, int, int, Answer]] = []
    for family in FAMILIES.values():
        covered, rank = _cover(family, present)
        if covered:
            score = _score(reading.tokens, covered)
            main = sum(1 for token in reading.tokens if token.stem in covered)
            ranked.append(
                (score, main, -rank, Answer(family=family, score=score, params=_params(family, reading, covered)))
            )
    ranked.sort(key=lambda r: r[:3], reverse=True)
    best = [answer for *_, answer in ranked[:NEAREST]]
    if len(best) < NEAREST:
        best += _nearest(reading, {answer.family.name for answer in best}, NEAREST - len(best))
    return tuple(sorted(best, key=lambda answer: -answer.score))


def _read(text: str) -> _Reading:
    words = _WORD.findall(text.lower().replace("'s", ""))[:MAX_WORDS]
    words = _wanted(words)
    count = _number(words)
    adjectives = frozenset(root for table in KNOBS.values() for root in table) | MATERIALS
    content: list[tuple[str, str, bool]] = []  # raw, stem, says where
    place = False
    for word in words:
        if word in BREAKS:
            place = bool(content)
            if word != "outside":
                continue
        if word in ",;":  # "room tone, small office": what follows describes
            place = any(root not in adjectives for _, root, _ in content)
        if word in STOP or word in NUMBERS or not word[0].isalpha():
            continue
        root = stem(word)
        if root in STOP or len(root) < 2:
            continue
        content.append((word, root, place))
    heads = [i for i, (_, root, where) in enumerate(content) if root not in adjectives and not where]
    if len(heads) > 1 and content[heads[-1]][1] in GAITS and content[heads[-2]][1] not in _WALKERS:
        heads.pop()  # "a shower running": what runs is the sound
    head = heads[-1] if heads else (len(content) - 1)
    tokens = []
    for i, (raw, root, where) in enumerate(content):
        modifier = root in adjectives and i != head
        weight = MODIFIER if modifier else HEAD if i == head else PLACE if where else MAIN
        if root in UNMADE:
            weight = FOREIGN
        tokens.append(_Token(raw=raw, stem=root, weight=weight, modifier=modifier))
    return _Reading(tokens=tuple(tokens), count=count, raw=tuple(words))


def _wanted(words: Sequence[str]) -> list[str]:
    """The words without those that say what is not wanted."""
    kept: list[str] = []
    unwanted = False
    for word in words:
        if word in NEGATIONS:
            unwanted = True
        elif unwanted and (word in ENDS_NEGATION or word in ",;.!?"):
            unwanted = False
        elif not unwanted:
            kept.append(word)
    return kept


def _number(words: Sequence[str]) -> int | None:
    """How many times, where the text says so."""
    for i, word in enumerate(words):
        after = words[i + 1] if i + 1 < len(words) else ""
        if word.isdigit() and after not in UNITS and 1 <= int(word) <= VOCABULARY["count"].high:
            return int(word)
        if word in NUMBERS and after not in UNITS and not (word == "once" and after == "upon"):
            return NUMBERS[word]
    return None


@cache
def _phrases(name: str) -> tuple[tuple[frozenset[str], int], ...]:
    """Stems of each phrase that names a family, with its rank."""
    found = []
    for rank, phrase in enumerate(FAMILIES[name].words):
        stems = frozenset(stem(w) for w in phrase.split() if w not in STOP and w not in BREAKS)
        found.append((stems, rank))
    return tuple(found)


def _cover(family: Family, present: frozenset[str]) -> tuple[frozenset[str], int]:
    """Stems of the text that this family's phrases name, and the rank of the best phrase; empty when none does."""
    covered: frozenset[str] = frozenset()
    best = 10_000
    for stems, rank in _phrases(family.name):
        if stems and stems <= present:
            covered |= stems
            best = min(best, rank)
    return covered, best


def _score(tokens: Sequence[_Token], covered: frozenset[str]) -> float:
    known = [token for token in tokens if token.stem in covered or token.modifier]
    understood = sum(min(token.weight, HEAD) for token in known)
    unknown = sum(token.weight for token in tokens if token not in known)
    return understood / (understood + unknown)


def _params(family: Family, reading: _Reading, covered: frozenset[str]) -> Mapping[str, float]:
    """What the adjectives that are not part of the family's own name set."""
    found: dict[str, float] = {}
    for knob, table in KNOBS.items():
        if knob in family.params:
            for token in reading.tokens:
                if token.stem in table and token.stem not in covered:
                    found[knob] = table[token.stem]
    if family.category == "FEETHmn":
        for token in reading.tokens:
            if token.stem in GAITS:
                found["pace"] = GAITS[token.stem] * found.get("pace", 1.0)
    if "count" in family.params:
        count = _count(family, reading, covered)
        if count is not None:
            found["count"] = float(count)
    return {name: min(max(value, VOCABULARY[name].low), VOCABULARY[name].high) for name, value in found.items()}


def _count(family: Family, reading: _Reading, covered: frozenset[str]) -> int | None:
    """How many happenings the words ask for: a number, one ("a drip"), or as many as fit ("barking")."""
    if reading.count is not None:
        return reading.count
    named = [token for token in reading.tokens if token.stem in covered]
    if family.params["count"].default == 0:
        single = any(token.raw == token.stem and token.stem in _EVENTS for token in named)
        return 1 if single and reading.raw and reading.raw[0] in ("a", "one") and len(named) == 1 else None
    if any(token.raw.endswith("ing") and token.stem != token.raw for token in named):
        return 0
    first = named[0].raw if named else ""
    plural = first.endswith("s") and stem(first) != first and not first.endswith("ss")
    return 0 if plural and reading.tokens[0].stem in covered | {t.stem for t in reading.tokens if t.modifier} else None


def _nearest(reading: _Reading, taken: set[str], count: int) -> list[Answer]:
    """Families whose names look most like the words, for want of a better."""
    alike = [_likeness(token.stem) for token in reading.tokens]
    ranked = sorted(
        ((max((each[name] for each in alike), default=0.0), family) for name, family in FAMILIES.items()),
        key=lambda r: -r[0],
    )
    free = [(score, family) for score, family in ranked if family.name not in taken]
    return [Answer(family=family, score=round(score, 3)) for score, family in free[:count]]


@lru_cache(maxsize=4096)
def _likeness(root: str) -> Mapping[str, float]:
    """How much a word looks like those of each family's names; never as much as a match."""

    def of(name: str) -> float:
        roots = {other for stems, _ in _phrases(name) for other in stems}
        if root in roots:
            return 0.45
        return 0.4 * max(
            (SequenceMatcher(None, root, other).ratio() for other in roots if other[0] == root[0]), default=0.0
        )

    return {name: of(name) for name in FAMILIES}
