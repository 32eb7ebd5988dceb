"""The commands of a follow-up, read: which step they mean and what they say about it.

Words only; what they do to an outline stands in :mod:`engine.planning.revise`.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.planning import lexicon, marks
from engine.planning.clauses import counted
from engine.planning.lexicon import longest, phrases
from engine.planning.numbers import length, number

VERBS = lexicon.table(
    (
        ("add", "add,include,insert,put in,bring in,mix in,add in,also add,now add,let there be,have"),
        ("remove", "remove,delete,drop,take out,take away,lose,mute,get rid of,leave out,cut,no,without,no more,kill"),
        ("replace", "replace,swap,exchange,substitute,change"),
        ("change", "make,let,set,turn,keep,move,shift,put,place,pan,start,delay,play,turn up,turn down,bring,have the"),
    )
)
REPLACED_BY = frozenset(("with", "by", "for", "to", "into"))
_POLITE = dict.fromkeys(phrases("please,now,also,can you,could you,and,but,then,ok,okay,just,next"))
ALL = frozenset(
    ("", "it", "this", "that", "them", "all", "everything", "whole thing", "all of it", "mix", "sound", "sounds")
)
_LEVELS_DB = lexicon.table(
    (
        (4.0, "louder,up"),
        (-4.0, "softer,quieter,down,lower,less loud"),
        (2.0, "a bit louder,a little louder,slightly louder,a bit up"),
        (
            -2.0,
            "a bit softer,a bit quieter,a little softer,a little quieter,slightly softer,slightly quieter,a bit down",
        ),
        (8.0, "much louder,a lot louder,way louder"),
        (-8.0, "much softer,much quieter,a lot softer,a lot quieter,way quieter"),
    )
)
_PACES = lexicon.table(
    (
        (1.4, "faster,quicker,more quickly"),
        (1 / 1.4, "slower,more slowly"),
        (1.2, "a bit faster,slightly faster,a little faster"),
        (1 / 1.2, "a bit slower,slightly slower,a little slower"),
        (2.0, "twice as fast,double speed,much faster,two times faster,twice as quick"),
        (0.5, "twice as slow,half as fast,half speed,much slower,at half speed,two times slower"),
        (3.0, "three times as fast,three times faster"),
    )
)
_MANNERS = lexicon.table(
    (
        ("deep", "deeper"),
        ("bright", "brighter"),
        ("dark", "darker"),
        ("hard", "harder"),
        ("long", "longer"),
        ("short", "shorter"),
        ("big", "bigger"),
        ("large", "larger"),
        ("small", "smaller"),
        ("heavy", "heavier"),
        ("light", "lighter"),
        ("close", "closer,nearer"),
        ("distant", "farther,further,farther away,further away,more distant"),
        ("wet", "wetter"),
        ("dry", "drier,dryer"),
        ("muffled", "more muffled"),
        ("violent", "more violent,stronger,more intense"),
        ("gentle", "gentler,more gentle"),
    )
)
ENDS = dict.fromkeys(phrases("at the end,at the very end,in the end"))


@dataclass(slots=True)
class Change:
    """What a command says beside its target."""

    target: list[str]
    gain_db: float = 0.0
    pace: float = 1.0
    manner: str = ""
    shift_seconds: float = 0.0
    sets: dict[str, object] | None = None

    @property
    def empty(self) -> bool:
        """Whether it changes nothing."""
        return not (self.gain_db or self.pace != 1.0 or self.manner or self.shift_seconds or self.sets)


def commands(words: list[str]) -> list[list[str]]:
    """One list of words a change: a new one begins at a verb after a comma, an 'and' or a full stop."""
    found: list[list[str]] = [[]]
    for i, word in enumerate(words):
        after_break = i > 0 and words[i - 1] in (",", ";", ".", "and", "then", "!", "also")
        bare = words[i - 1] != "and" and _bare_change(words, i)  # "bigger and louder" is one change
        if after_break and found[-1] and (bare or longest(VERBS, words, i)):
            while found[-1] and (found[-1][-1] in (",", ";", ".", "!") or (found[-1][-1],) in _POLITE):
                found[-1].pop()
            found.append([])
        found[-1].append(word)
    stripped = [_without(list(words), _POLITE) for words in found]
    return [[word for word in words if word not in (".", "!", "?", ";")] for words in stripped if words]


def _bare_change(words: list[str], at: int) -> bool:
    return bool(longest(_LEVELS_DB, words, at) or longest(_PACES, words, at))


def _without(words: list[str], leading: dict[lexicon.Phrase, None]) -> list[str]:
    while words and (found := longest(leading, words, 0)):
        words = words[found[0] :]
    return words


def read(words: list[str]) -> Change:
    """Take the changes out of the words; what stays names the target."""
    change = Change([])
    i = 0
    while i < len(words):
        if (level := longest(_LEVELS_DB, words, i)) is not None and (i or len(words) == level[0]):
            change.gain_db += level[1]
            i += level[0]
        elif (pace := longest(_PACES, words, i)) is not None:
            change.pace *= pace[1]
            i += pace[0]
        elif (manner := longest(_MANNERS, words, i)) is not None:
            change.manner = manner[1]
            i += manner[0]
        elif exact := _decibels(words, i):
            change.gain_db += exact[1]
            i += exact[0]
        elif shift := _shift(words, i):
            change.shift_seconds += shift[1]
            i += shift[0]
        elif (mark := _mark(words, i)) is not None:
            change.sets = (change.sets or {}) | mark[1].sets
            i += mark[0]
        else:
            change.target.append(words[i])
            i += 1
    while change.target and change.target[-1] in ("and", ","):  # "bigger and louder"
        change.target.pop()
    if not change.sets:
        rest, count = counted(_number_first(change.target))
        if count is not None:
            change.target, change.sets = rest, {"count": count}
    return change


def _number_first(target: list[str]) -> list[str]:
    """'it four knocks' and 'the knocks four' as 'four knocks'."""
    for words in (target[1:] if target[:1] in (["it"], ["them"]) else [], [*target[-1:], *target[:-1]]):
        bare = [word for word in words if word not in lexicon.ARTICLES]
        if len(bare) > 1 and number(bare[0]) is not None:
            return bare
    return target


def _mark(words: list[str], at: int) -> tuple[int, marks.Mark] | None:
    """A mark, also behind 'to' or 'last': 'to 3 s', 'to 00:03', 'last 4 s'."""
    if words[at] == "to" and (moved := marks.read([*words[:at], "at", *words[at + 1 :]], at)):
        return moved if "at_seconds" in moved[1].sets else marks.read(words, at)
    lead = 1 if words[at] in ("last", "be") else 0
    found = marks.read(words, at + lead) if at + lead < len(words) else None
    return (found[0] + lead, found[1]) if found else None


def _decibels(words: list[str], at: int) -> tuple[int, float] | None:
    """'3 db louder', 'by 3 db', 'up 3 db', 'down by 3 db'."""
    sign, i = 1.0, at
    if words[i] in ("up", "down", "by"):
        sign, i = (-1.0 if words[i] == "down" else 1.0), i + 1
        i += 1 if words[i : i + 1] == ["by"] else 0
    value = number(words[i]) if i < len(words) else None
    if value is None or words[i + 1 : i + 2] != ["db"]:
        return None
    after = words[i + 2] if i + 2 < len(words) else ""
    if after in ("softer", "quieter", "down", "lower"):
        sign = -1.0
    return i + 2 - at + (after in ("softer", "quieter", "down", "lower", "louder", "up")), sign * value


def _shift(words: list[str], at: int) -> tuple[int, float] | None:
    lead = 1 if words[at] == "by" else 0
    found = length(words, at + lead)
    after = words[at + lead + found[0] : at + lead + found[0] + 1] if found else []
    if found is None or after not in (["earlier"], ["later"], ["sooner"]):
        return None
    return lead + found[0] + 1, found[1] * (1 if after == ["later"] else -1)


def target_of(words: list[str]) -> str:
    """What a command is about, without articles.

    >>> target_of(["all", "of", "the", "dogs"]), target_of(["everything"])
    ('dogs', 'everything')
    """
    kept = [word for word in words if any(c.isalnum() for c in word)]
    while kept and kept[0] in (lexicon.ARTICLES | {"all", "of", "to"}) and " ".join(kept) not in ALL:
        kept = kept[1:]
    return " ".join(kept)
