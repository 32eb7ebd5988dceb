"""A prompt cut into clauses: what sounds, when, how often, from where. Tables of words and small patterns.

This module reads words; what a sound is and how long it naturally lasts it asks of a function it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Literal

from engine.planning.numbers import COUNTS, LENGTH, NUMBER, UNIT, clock, number, seconds

Join = Literal["sequence", "list", "together"]
"""How a clause follows the one before: after it, after a mere comma, or with it."""
Known = Callable[[str], bool]
"""Whether some words name a sound that can be made."""

_BREAK = re.compile(
    r"\s*(;|\.(?=\s|$)|,?\s*\b(?:and\s+then|then|followed\s+by|after\s+that|afterwards|finally|and\s+finally|next)\b,?|,)\s*",
    re.I,
)
_TOGETHER = re.compile(
    r"\s+(while|whilst|as|with|and|over|during|amid|against|under|in(?=\s+the\s+(?:rain|wind|storm|snowstorm|background))"
    r"|plus|alongside|accompanied\s+by)\s+",
    re.I,
)
_ALWAYS_SPLITS = {"while", "whilst", "during", "amid", "plus", "alongside", "accompanied by"}
_UNDER = {"over", "during", "amid", "against", "in", "under"}
"""What stands after these lies under what stands before."""
_NEGATED = re.compile(
    r"\s*(?:,|;|\band\b|\bbut\b|\bwith\b)?\s*\b(?:no|without(?:\s+any)?|but\s+not|except(?:\s+for)?|minus)\s+"
    r"([^,;.]+?)(?=\s*(?:,|;|\.|$|\b(?:and|but|then|while|followed|with)\b))",
    re.I,
)
_BEFORE = re.compile(r"^(.+?)\s+(?:just\s+)?before\s+(?:an?\s+|the\s+)?(.+)$", re.I)
_LATER = re.compile(
    rf"\b(?:after|wait)\s+(?:another\s+)?{LENGTH}(?:\s*(?:pause|of silence))?,?|\b{LENGTH}\s+later\b,?", re.I
)
_AT = re.compile(rf"\b(?:at|@)\s+(?:(\d{{1,2}}:\d{{2}}(?:\.\d+)?)|({NUMBER})\s*({UNIT}))", re.I)
_FOR = re.compile(rf"\b(?:for|lasting|over)\s+(?:about\s+|another\s+)?{LENGTH}", re.I)
_LONG = re.compile(rf"\b(?:an?\s+)?{LENGTH}(?:\s*-?\s*(?:long|of))?\b(?!\s+later)", re.I)
_EVERY = re.compile(rf"\bevery\s+(?:({NUMBER})\s*)?({UNIT})", re.I)
_TIMES = re.compile(rf"\b(?:(once|twice|thrice)|({NUMBER})\s+times)\b", re.I)
_COUNTED = re.compile(
    rf"^(?:(?:a|the)\s+)?({'|'.join(k for k in COUNTS if k not in ('once', 'twice', 'thrice', 'single'))}|\d{{1,2}})\s+(?:of\s+)?"
    r"(?!(?:mm|cm|m|km|kg|g|hz|khz|inch|inches|foot|feet|meters?|metres?|miles?|wheel|stroke|cylinder|year|years|story|pm|am"
    r"|percent|db|o'clock)\b)(?=[a-z])",
    re.I,
)
_SIDE = re.compile(
    r",?\s*\b(?:far\s+)?(?:from|on|at|to|in)\s+(?:the\s+|my\s+|your\s+)?(?:far\s+)?(left|right|cent(?:re|er)|middle)\b(?:\s+side)?",
    re.I,
)
_ACROSS = re.compile(r",?\s*\b(?:from\s+)?(?:the\s+)?(left|right)\s+to\s+(?:the\s+)?(left|right)\b", re.I)
_BACKGROUND = re.compile(r",?\s*\b(?:in|as)\s+(?:the|a)\s+(?:far\s+)?background\b|\bbackground\b(?=\s+\w)", re.I)
_FOREGROUND = re.compile(r",?\s*\bin\s+the\s+foreground\b", re.I)
_LEADING = re.compile(
    r"^(?:(?:and|but|with|then|there\s+is|there\s+are|i\s+hear|we\s+hear|the\s+sounds?\s+of|sounds?\s+of|of|also)\s+)+",
    re.I,
)
_GAIN_DB = (
    (re.compile(r"\b(?:barely\s+audible|almost\s+inaudible)\b", re.I), -14.0),
    (re.compile(r"\b(?:very|extremely)\s+(?:quiet|soft|faint)(?:ly)?\b", re.I), -12.0),
    (re.compile(r"\bfaint(?:ly)?\b", re.I), -9.0),
    (re.compile(r"\b(?:quiet(?:ly)?|softly)\b", re.I), -6.0),
    (re.compile(r"\b(?:deafening(?:ly)?|(?:very|extremely)\s+loud(?:ly)?)\b", re.I), 6.0),
    (re.compile(r"\bloud(?:ly)?\b", re.I), 3.0),
)


_ADVERBS = re.compile(
    r"\b(?:very|extremely|quiet(?:ly)?|soft(?:ly)?|loud(?:ly)?|faint(?:ly)?|deafening(?:ly)?|barely|almost|audible|inaudible"
    r"|long|and|each|apart)\b",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sounding thing as the words put it; None is what they leave open."""

    text: str
    join: Join = "sequence"
    at_seconds: float | None = None
    pause_seconds: float = 0.0
    length_seconds: float | None = None
    count: int = 1
    interval_seconds: float | None = None
    pan: float = 0.0
    pan_end: float | None = None
    gain_db: float = 0.0
    background: bool = False
    foreground: bool = False


def without_negations(prompt: str) -> tuple[str, tuple[str, ...]]:
    """The prompt without what it forbids, and what that was.

    >>> without_negations("forest at night, no birds and without wind")
    ('forest at night', ('birds', 'wind'))
    """
    forbidden = []

    def take(match: re.Match[str]) -> str:
        forbidden.append(match[1].strip())
        return ""

    before = None
    while before != prompt:
        before, prompt = prompt, _NEGATED.sub(take, prompt, count=1)
    return prompt.strip(" ,;."), tuple(forbidden)


def clauses(prompt: str, known: Known) -> list[Clause]:
    """Cut a prompt, already free of negations, into clauses in the order they are said."""
    prompt = _protected(prompt)
    found: list[Clause] = []
    parts = _BREAK.split(prompt)
    for mark, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        part = part.replace("\0", ".").strip()
        match = _BEFORE.match(part)
        for sentence in (match[1], match[2]) if match and known(match[1]) and known(match[2]) else (part,):
            first, *others = _together(sentence, known)
            if _names_nothing(first):  # "typing, 2 s long, quietly": more about the sound before
                if found:
                    found[-1] = _merged(found[-1], first)
            else:
                found.append(replace(first, join="list") if mark.strip() == "," else first)
            found += [clause for clause in others if not _names_nothing(clause)]
    return found


def _names_nothing(clause: Clause) -> bool:
    return not any(c.isalpha() for c in _ADVERBS.sub("", clause.text))


def _merged(clause: Clause, more: Clause) -> Clause:
    """The clause with what the other says beyond the defaults."""
    said = {f.name: getattr(more, f.name) for f in fields(Clause) if f.name not in ("text", "join")}
    plain = Clause(text="")
    return replace(clause, **{name: value for name, value in said.items() if value != getattr(plain, name)})


def _protected(prompt: str) -> str:
    """Points and commas inside numbers are no breaks."""
    return re.sub(r"(?<=\d)[.,](?=\d)", "\0", prompt)


def _together(sentence: str, known: Known) -> list[Clause]:
    """Things that sound at once: cut at 'while', 'with', 'and' ... where a sound stands on both sides."""
    parts = _TOGETHER.split(sentence)
    texts, joins = [parts[0]], [""]
    for word, text in zip(parts[1::2], parts[2::2], strict=True):
        word = " ".join(word.lower().split())
        bare = _read(text, "sequence").text
        splits = word in _ALWAYS_SPLITS or (known(_read(texts[-1], "sequence").text) and known(bare))
        if word == "in" and "background" in text.lower():
            splits = False
        if splits:
            texts.append(text)
            joins.append(word)
        else:
            texts[-1] += f" {word} {text}"
    found = []
    for text, word in zip(texts, joins, strict=True):
        clause = _read(text, "together" if word else "sequence")
        found.append(replace(clause, background=True) if word in _UNDER and not clause.foreground else clause)
    return found


def _read(text: str, join: Join) -> Clause:
    """Take times, counts, place and level out of a clause; what stays is the sound."""
    clause = Clause(text=text, join=join)
    text = _LEADING.sub("", text.strip())
    if match := _LATER.search(text):
        clause = replace(clause, pause_seconds=seconds(match[1] or match[3], match[2] or match[4]))
        text = _cut(text, match)
    if match := _AT.search(text):
        at = clock(match[1]) if match[1] else seconds(match[2], match[3])
        clause = replace(clause, at_seconds=at)
        text = _cut(text, match)
    if match := _EVERY.search(text):
        clause = replace(clause, interval_seconds=seconds(match[1] or "one", match[2]))
        text = _cut(text, match)
    if match := _FOR.search(text) or _LONG.search(text):
        clause = replace(clause, length_seconds=seconds(match[1], match[2]))
        text = _cut(text, match)
    if match := _TIMES.search(text):
        clause = replace(clause, count=_count(match[1] or match[2]))
        text = _cut(text, match)
    text = _LEADING.sub("", text)
    if match := _COUNTED.match(text):
        clause = replace(clause, count=_count(match[1]))
        text = _cut(text, match)
    if match := _ACROSS.search(text):
        sides = {"left": -0.8, "right": 0.8}
        clause = replace(clause, pan=sides[match[1].lower()], pan_end=sides[match[2].lower()])
        text = _cut(text, match)
    elif match := _SIDE.search(text):
        pan = {"left": -0.6, "right": 0.6}.get(match[1].lower(), 0.0)
        clause = replace(clause, pan=pan * 1.5 if "far " in match[0].lower() else pan)
        text = _cut(text, match)
    if match := _BACKGROUND.search(text):
        clause = replace(clause, background=True)
        text = _cut(text, match)
    if match := _FOREGROUND.search(text):
        clause = replace(clause, foreground=True)
        text = _cut(text, match)
    for pattern, gain_db in _GAIN_DB:
        if pattern.search(text):
            clause = replace(clause, gain_db=gain_db)
            break
    return replace(clause, text=" ".join(text.split()).strip(" ,;."))


def _count(text: str) -> int:
    return max(1, min(64, int(number(text))))


def _cut(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()].rstrip(' ,')} {text[match.end() :].lstrip(' ,')}".strip()
