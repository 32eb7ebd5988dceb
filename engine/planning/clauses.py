"""A prompt cut into clauses: one sound each, what is said about it, and how it joins the one before.

The words are read once from left to right; what says when, how often or from where becomes a mark, what joins two
sounds a link, the rest stays as the sound's words. 'While' and 'then' always part two sounds; 'and', 'with', 'in' and a
comma do so only where a sound that can be made stands on both sides, which is asked of a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from engine.planning import marks
from engine.planning.lexicon import (
    AMBIENCE,
    ARTICLES,
    COUNTS,
    FILLER,
    GROUPS,
    LINKS,
    MANNER,
    MEASURES,
    NEGATION_ENDS,
    NEGATIONS,
    NOT_NEGATIONS,
    SERIES,
    Link,
    longest,
)
from engine.planning.marks import Mark, Said
from engine.planning.numbers import number

Join = Literal["then", "list", "together", "under"]
"""After the one before; after a comma, so after or with it as fits; with it; or lying under it."""

NameOf = Callable[[str], str | None]
"""The name of the sound that some words make, or None where nothing makes it."""

_TOKEN = re.compile(
    r"\d{1,2}(?::\d{2}){1,2}(?:\.\d+)?|(?:1[89]|20)\d\ds?\b|\d+(?:[.,]\d+)?|\.\d+|[^\W\d_]\w*(?:['’-][^\W\d_]\w*)*|['’](?:s|d)\b|\S"
)
_HYPHENS = re.compile(r"-(?=(?:seconds?|secs?|minutes?|mins?|ms|long)\b)")
"""Of 'a ten-second-long siren', which is no word of its own."""
_PRECEDENCE = (
    Link.THEN,
    Link.AFTER,
    Link.BEFORE,
    Link.TOGETHER,
    Link.STOP,
    Link.WITH,
    Link.UNDER,
    Link.AND,
    Link.COMMA,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sound as the words put it."""

    text: str
    join: Join = "then"
    said: Said = field(default_factory=Said)
    single: bool = False
    """Said with 'a' or 'an'."""


@dataclass(slots=True)
class _Part:
    """A clause in the making: its link, the link's own words, and what stands in it."""

    link: Link = Link.THEN
    link_words: tuple[str, ...] = ()
    words: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    led_by_mark: bool = False

    @property
    def text(self) -> str:
        return _text(self.words)

    @property
    def alone(self) -> str:
        """The text without article and count."""
        return _text(counted(self.words)[0])


def tokens(prompt: str) -> list[str]:
    """Words, numbers and marks of punctuation, in small letters.

    >>> tokens("Rain, at 00:03 a 4s 'Bang' (2.5 s)")
    ['rain', ',', 'at', '00:03', 'a', '4', 's', 'bang', '2.5', 's']
    """
    found = _TOKEN.findall(_HYPHENS.sub(" ", prompt.lower()))
    return [word.replace("’", "'") for word in found if word[0].isalnum() or word[0] in ",.;!?&+@-" or len(word) > 1]


def without_negations(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """The words without what they forbid, and what that was.

    >>> without_negations("forest , no birds or wind , but a river".split())
    (['forest', ',', ',', 'but', 'a', 'river'], ('birds', 'wind'))
    """
    kept: list[str] = []
    forbidden: list[str] = []
    i = 0
    while i < len(words):
        found = None if longest(NOT_NEGATIONS, words, i) else longest(NEGATIONS, words, i)
        if found is None or i + found[0] >= len(words):
            kept.append(words[i])
            i += 1
            continue
        while kept and kept[-1] in ("with", "but", "and", "just", "only"):
            kept.pop()
        end = _negation_end(words, i + found[0], and_goes_on=found[1])
        forbidden += _listed(words[i + found[0] : end])
        i = end
    return kept, tuple(forbidden)


def _negation_end(words: list[str], start: int, *, and_goes_on: bool) -> int:
    for i in range(start, len(words)):
        word, after = words[i], words[i + 1] if i + 1 < len(words) else ""
        if word in NEGATION_ENDS or (word in ".;!?" and word):
            return i
        if word == "and" and (not and_goes_on or after in ARTICLES or after in COUNTS or after in NEGATION_ENDS):
            return i
        if word == "," and not _list_goes_on(words, i):
            return i
        if i > start and (longest(NEGATIONS, words, i) or marks.read(words, i)):
            return i
    return len(words)


def _list_goes_on(words: list[str], comma: int) -> bool:
    """Whether an 'or' follows before anything else ends the list: 'no birds, insects or wind'."""
    for word in words[comma + 1 : comma + 7]:
        if word in ("or", "nor"):
            return True
        if word in NEGATION_ENDS or word in ".;!?" or word in ARTICLES:
            return False
    return False


def _listed(words: list[str]) -> list[str]:
    names = re.split(r" (?:,|or|nor|and) (?:(?:or|any) )?", f" {' '.join(words)} ")
    stripped = (re.sub(r"^(?:a|an|any|the|or) ", "", name.strip(" ,")) for name in names)
    return [name for name in stripped if name]


def clauses(words: list[str], name_of: NameOf) -> list[Clause]:
    """Cut words that forbid nothing into clauses, in the order in which they sound."""
    parts = _joined(_raw(words), name_of)
    parts = _ordered(parts)
    found: list[Clause] = []
    listing = False
    for i, part in enumerate(parts):
        join, listing = _join(part, listing)
        words_alone, count = counted(part.words)
        sets: dict[str, object] = {} if count is None else {"count": count}
        for mark in part.marks:
            sets |= mark.sets
        text = _text(words_alone)
        if text:
            said = replace(Said(), **sets)  # type: ignore[arg-type]
            single = part.words[0] in ("a", "an")
            found.append(Clause(text=text[:400], join=join if i else "then", said=said, single=single))
    return found


def _raw(words: list[str]) -> list[_Part]:
    """Every link taken for a cut, right or wrong."""
    parts = [_Part()]
    i = 0
    while i < len(words):
        part = parts[-1]
        link = longest(LINKS, words, i)
        mark = marks.read(words, i)
        if mark is not None and (link is None or mark[0] >= link[0]):
            if mark[1].places and part.words and _begins_anew(words, i + mark[0], mark[1]):
                part = _Part(Link.THEN)
                parts.append(part)
            part.led_by_mark |= not part.words and mark[1].places
            part.marks.append(mark[1])
            i += mark[0]
        elif link is not None and link[1] is not Link.NONE:
            phrase = tuple(words[i : i + link[0]])
            if not part.words and not part.marks and len(parts) > 1:  # ", and then": the stronger
                if _PRECEDENCE.index(link[1]) < _PRECEDENCE.index(part.link):
                    part.link, part.link_words = link[1], phrase
            else:
                parts.append(_Part(link[1], phrase))
            i += link[0]
        else:
            size = link[0] if link else 1
            part.words += words[i : i + size]
            i += size
    for part in parts:
        _strip_filler(part)
    return parts


def _begins_anew(words: list[str], at: int, mark: Mark) -> bool:
    """Whether words follow that are no link: 'a door slams 3 seconds later a dog barks'."""
    return "at_seconds" not in mark.sets and at < len(words) and longest(LINKS, words, at) is None


def _strip_filler(part: _Part) -> None:
    known = dict.fromkeys(FILLER)
    while part.words and (found := longest(known, part.words, 0)):
        del part.words[: found[0]]


def _joined(raw: list[_Part], name_of: NameOf) -> list[_Part]:
    """Undo the cuts that part no sounds."""
    kept: list[_Part] = []
    for i, part in enumerate(raw):
        if not kept:
            kept.append(part)
        elif not kept[-1].words:
            _lead(kept[-1], part, first=len(kept) == 1)
            kept[-1] = part
        elif not part.words:  # "at 3 s," leads what comes; "loudly," says more of what was
            if part.led_by_mark and i + 1 < len(raw):
                kept.append(part)
            else:
                kept[-1].words += part.link_words if part.link is Link.UNDER else ()  # "a car drives by"
                kept[-1].marks += part.marks
        elif len(kept) == 1 and _only_sets_the_scene(kept[0], name_of):  # "In a cathedral, a bell rings"
            part.words += [*kept[0].link_words, *kept[0].words]
            part.marks += kept[0].marks
            part.link = Link.THEN
            kept[0] = part
        elif _parts_them(kept[-1], part, name_of):
            kept.append(part)
        else:
            _merge(kept[-1], part)
    return [part for part in kept if part.words]


def _lead(empty: _Part, part: _Part, *, first: bool) -> None:
    """Put what has no words of its own in front of a clause: 'While | it rains', 'then after 3 s, | a dog barks'."""
    if not first:
        part.link, part.link_words = empty.link, empty.link_words
    elif empty.marks and part.link is Link.COMMA:
        part.link = Link.THEN
    part.marks = [*empty.marks, *part.marks]
    part.led_by_mark |= empty.led_by_mark


def _only_sets_the_scene(part: _Part, name_of: NameOf) -> bool:
    return part.link is Link.UNDER and not (_is_ambience(part) and name_of(part.alone))


def _merge(left: _Part, right: _Part) -> None:
    left.words += [*right.link_words, *right.words]
    left.marks += right.marks


def _parts_them(left: _Part, right: _Part, name_of: NameOf) -> bool:
    """Whether a link stands between two sounds, and not within one."""
    if right.link in (Link.THEN, Link.TOGETHER, Link.AFTER, Link.BEFORE, Link.STOP) or right.led_by_mark:
        return True
    here, there = name_of(left.alone), name_of(right.alone)
    both = there is not None and here != there and (here is not None or _whole(left))
    if right.link is Link.AND:
        return both or _introduced(right)
    if right.link is Link.COMMA:
        return (
            both
            or (_introduced(right) and len(right.words) > 2)
            or (there is not None and _whole(left) and here == there)
        )
    if right.link is Link.WITH:
        goes_on = any(word.endswith("ing") for word in right.words) or _is_ambience(right) or _is_ambience(left)
        return both and goes_on
    return both and _is_ambience(right)


def _whole(part: _Part) -> bool:
    """Whether words that nothing makes look like a sound all the same, not like the beginning of one."""
    return len(part.words) > 2 or (len(part.words) == 2 and part.words[-1].endswith(("s", "ing")))


def _introduced(part: _Part) -> bool:
    """Begins like a new thing: 'a spaceship warps', 'two shots'."""
    first, second = part.words[0], part.words[1] if len(part.words) > 1 else ""
    return bool(second) and (first in ARTICLES or counted(part.words)[1] is not None) and second not in MANNER


def _is_ambience(part: _Part) -> bool:
    return is_ambience(part.text) or any(mark.sets.get("layer") == "background" for mark in part.marks)


def is_ambience(text: str) -> bool:
    """Whether the words are of weather, a place or a bed.

    >>> is_ambience("rain, heavy"), is_ambience("a door"), is_ambience("room tone")
    (True, False, True)
    """
    return "room tone" in text or not AMBIENCE.isdisjoint(text.replace(",", " ").split())


def _ordered(parts: list[_Part]) -> list[_Part]:
    """Put what is said in another order than it sounds into the order of sounding."""
    found: list[_Part] = []
    opening = parts[0].link if parts else Link.THEN
    for i, part in enumerate(parts):
        if i == 1 and part.link in (Link.COMMA, Link.STOP) and opening is Link.BEFORE:  # "Before X, Y"
            part.link = found[0].link = Link.THEN
            found.insert(0, part)
        elif i and part.link is Link.AFTER:  # "Y after X"
            part.link, found[-1].link = found[-1].link, Link.THEN
            found.insert(len(found) - 1, part)
        else:
            if (
                i == 1 and part.link in (Link.COMMA, Link.STOP) and opening is not Link.THEN
            ):  # "While X, Y"; "After X, Y"
                part.link = Link.THEN if opening is Link.AFTER else Link.TOGETHER
            if not i and opening is Link.UNDER:  # "In the rain, Y"
                part.marks.insert(0, Mark({"layer": "background"}))
            found.append(part)
    return found


def _join(part: _Part, listing: bool) -> tuple[Join, bool]:
    """The clause's join, and whether a list goes on: 'a knock, a creak and footsteps'."""
    if part.link in (Link.COMMA, Link.STOP) or (part.link is Link.AND and listing):
        return "list", True
    if part.link in (Link.THEN, Link.BEFORE, Link.AFTER):
        return "then", False
    return ("under" if part.link is Link.UNDER else "together"), False


def counted(words: list[str]) -> tuple[list[str], int | None]:
    """The words without their article and count, and the count.

    >>> counted(["a", "burst", "of", "three", "shots"]), counted(["a", "4", "cylinder", "engine"])
    ((['shots'], 3), (['4', 'cylinder', 'engine'], None))
    """
    i = 1 if words and words[0] in ARTICLES else 0
    rest = words[i:]
    if len(rest) > 2 and rest[0] in GROUPS and rest[1] == "of":
        inner, count = counted(rest[2:])
        return (inner, count or COUNTS["several"]) if count or rest[0] in SERIES else (rest, None)
    value = number(rest[0]) if len(rest) > 1 else None
    if value is None or value != int(value) or not 1 <= value <= 64 or rest[1] in MEASURES:
        return rest, None
    used = 2 if rest[1] == "of" else 1
    used += 1 if rest[used : used + 1] == ["the"] else 0
    return (rest[used:], int(value)) if rest[used:] else (rest, None)


def _text(words: list[str]) -> str:
    """With a comma where one parts what sounds from what describes it: 'room tone, small office'."""
    kept = " ".join(word for word in words if any(c.isalnum() for c in word) or word in "&,")
    return kept.replace(" ,", ",").strip(" ,")
