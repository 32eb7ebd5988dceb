"""What somebody says about a sound, cut into clauses: one thing each, how much, and where.

Knows words of time and degree; what is to be done is for :mod:`engine.planning.instruct_rules` to say. English only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.errors import BadArgument
from engine.planning.lexicon import COUNTS

NUMBER = r"(?P<number>\d+(?:\.\d+)?)"
SECONDS = r"(?:s|secs?|seconds?)\b"
REMOVE = r"(?:remove|delete|erase|kill|cut out|take out|get rid of|clean|reduce|lower|less|no|without|fix|repair|heal)"
CUT = r"(?:remove|delete|erase|kill|get rid of|cut|chop|trim|crop|drop|skip|lose|take (?:.* )?(?:off|out|away))"
"""Of time: in these, 'the last second' says what is cut."""
_SMALL = re.compile(
    r"\b(?:a (?:little |tiny )?bit|a little|a touch|a tad|a hair|a smidge|a notch|somewhat|slight(?:ly)?|"
    r"gentl[ey]|subtl[ey]|mild(?:ly)?|light(?:ly)?)\b"
)
_LARGE = re.compile(
    r"\b(?:much|a lot|(?<!the )way|far|very|really|considerably|extremely|heav(?:y|ily)|strong(?:ly)?)\b"
)
_QUOTED_LETTERS = 80
_END_SHARE = 0.25
"""Of the sound, that 'at the end' means."""
_OPPOSITE = {
    **{"loud": "quieter", "quiet": "louder", "soft": "louder", "fast": "slower", "slow": "faster"},
    **{"high": "lower", "low": "higher", "deep": "higher"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the sound."""

    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing that is said."""

    text: str
    length_seconds: float
    selected: bool
    words: str = ""
    """As they were said, before what says where and how much was taken out."""
    place: Place | None = None
    gradually: bool = False
    degree: float = 1.0
    """1 plainly, 0.5 'a bit', 2 'much'."""

    @property
    def said(self) -> str:
        """Its words, to be quoted: of very many only the first."""
        words = self.words or self.text
        return words if len(words) <= _QUOTED_LETTERS else f"{words[:_QUOTED_LETTERS]}..."

    def has(self, pattern: str) -> re.Match[str] | None:
        """Where it says something."""
        return re.search(rf"\b(?:{pattern})", self.text)

    def said_in_full(self, pattern: str) -> re.Match[str] | None:
        """Where it says something, in all of its words."""
        return re.search(rf"\b(?:{pattern})", self.words or self.text)

    def amount(self, unit: str) -> float | None:
        """The number that stands before a unit."""
        found = re.search(rf"{NUMBER} ?(?:{unit})", self.text)
        return float(found["number"]) if found else None

    def sign(self, unit: str) -> str:
        """The sign of the number that stands before a unit; empty where it has none."""
        found = re.search(rf"([-+]) ?{NUMBER} ?(?:{unit})", self.text)
        return found[1] if found else ""


def clauses_of(text: str) -> list[str]:
    """One thing each; a clause without a verb takes the one before it ('remove hum and noise')."""
    text = re.sub(r"[’‘]", "'", text.lower())
    text = re.sub(r"\b(\d{1,3}),(\d{3})(?= ?(?:hz|hertz))", r"\1\2", text)
    text = re.sub(r"(\d),(\d)", r"\1.\2", text)
    text = re.sub(r"(?<!\d)\.(\d)", r"0.\1", text)
    text = re.sub(r"\d+(?:\.\d+)?e[-+]?\d{1,2}\b", lambda number: f"{float(number[0]):f}".rstrip("0").rstrip("."), text)
    text = _CLOCK.sub(_clock_seconds, text)
    text = re.sub(rf"(\d(?: ?{SECONDS})?) ?[-–] ?(?=\d)", r"\1 to ", text)
    text = re.sub(rf"\bbetween (\S+(?: (?:{_UNIT}|{SECONDS}))?) and (\S+)", r"from \1 to \2", text)
    text = re.sub(r"\bplease\b", " ", text)
    text = re.sub(r"\b(?:(minus)|plus) (?=\d)", lambda sign: "-" if sign[1] else "+", text)
    text = re.sub(r"\bin and out\b", "in/out", text)
    text = re.sub(r"\bfrom the (?:start|beginning) (?=(?:to|until|till) \d)", "from 0 s ", text)
    text = re.sub(rf"\bfrom (\d\S*(?: {SECONDS})?) (?:to|until|till) the end\b", r"after \1", text)
    text = re.sub(r"\bhalf an? (second|minute|octave|semitone|db)", r"0.5 \1", text)
    text = re.sub(r"\btoo (loud|quiet|soft|fast|slow|high|low|deep)\b", lambda said: _OPPOSITE[said[1]], text)
    text = re.sub(r"\b(first|last) second\b", r"\1 1 second", text)
    text = re.sub(rf"\ban? ({_ONE})\b", r"1 \1", text)
    text = re.sub(r"[a-z]+", lambda word: str(COUNTS.get(word[0], word[0])), text)
    text = re.sub(r"\b(\d+) and (?:a half|0\.5)", r"\1.5", text)
    text = re.sub(r"\b(\d+) of (?=db\b|decibel|second)", r"\1 ", text)
    text = re.sub(rf"{NUMBER} ?-?(?P<unit>{_UNIT})\b", _as_seconds, text)
    pieces = re.split(r"[;,\n]|\.(?!\d)|\b(?:and|then|but|also|plus)\b|&", text)
    clauses: list[str] = []
    verb = ""
    for piece in pieces:
        words = re.sub(r"^-(?!\d)|[-!?'\"]+$", "", " ".join(piece.split())).strip(" '\"")
        words = _ORDER.sub("", words)
        if not words:
            continue
        lead = re.match(rf"(?:{REMOVE}|fade|pan|fill|keep|make)\b", words)
        if lead:
            verb = lead[0]
        elif verb and verb != "make" and len(words.split()) <= 4 and not re.search(rf"{NUMBER}|er\b|make|it\b", words):
            words = f"{verb} {words}"
        clauses.append(words)
    return clauses


_ORDER = re.compile(r"^(?:first(?:ly)?(?! \d| half)|finally|lastly|next|after that)\b ?")
_ONE = r"second|minute|octave|semitone|half ?tone|(?:whole )?tone|(?:perfect )?f(?:if|our)th|metre|meter|db|decibel"
_UNIT = r"(?:ms|msecs?|milliseconds?|mins?|minutes?)"
_CLOCK = re.compile(r"(?<![\d:.])(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)(?![\d:])")


def _clock_seconds(found: re.Match[str]) -> str:
    """1:02.5 is 62.5 s; frames are not known here."""
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return f"{3600 * hours + 60 * minutes + seconds:g} s"


def _as_seconds(found: re.Match[str]) -> str:
    share = 0.001 if found["unit"].startswith(("ms", "milli")) else 60.0
    return f"{float(found['number']) * share:.6g} s"


def placed(clause: Clause) -> Clause:
    """With what says where and how much taken out of its words."""
    text, whole = clause.text, clause.length_seconds
    degree = 0.5 if _SMALL.search(text) else 2.0 if _LARGE.search(text) else 1.0
    text = _LARGE.sub(" ", _SMALL.sub(" ", text))
    gradually = re.search(r"\b(?:gradually|slowly|progressively)\b", text)
    text = re.sub(r"\b(?:gradually|progressively)\b", " ", text)
    place: tuple[float, float] | None = None
    cuts = re.search(rf"\b(?:keep|only|leave|{CUT})\b(?!.*\d ?db)", text)
    for pattern, span in _SPANS if cuts and re.search(SECONDS, text) else (*_SPANS, *_ENDS):
        if found := re.search(pattern, text):
            place = span([float(number) for number in found.groups() if number is not None], whole)
            text = text[: found.start()] + " " + text[found.end() :]
            break
    if place and not place[0] < min(place[1], whole):
        raise BadArgument(f"'{clause.said}' lies outside the sound, which is {whole:.3g} s long.", field="do")
    return replace(
        clause,
        text=" ".join(text.split()),
        degree=degree,
        words=clause.text,
        place=place and Place(start_seconds=place[0], end_seconds=min(place[1], whole)),
        gradually=bool(gradually),
    )


_N = r"(\d+(?:\.\d+)?)"
_SPANS: tuple[tuple[str, Callable[[list[float], float], tuple[float, float]]], ...] = (
    (rf"\b(?:from )?{_N} ?(?:{SECONDS})? ?(?:to|until|till) {_N} ?{SECONDS}", lambda n, whole: (n[0], n[1])),
    (rf"\bfrom {_N} (?:to|until|till) {_N}\b(?! ?[a-z%])", lambda n, whole: (n[0], n[1])),
    (rf"\b(?:after|from) {_N} ?{SECONDS}(?: on(?:wards?)?)?", lambda n, whole: (n[0], whole)),
    (rf"\b(?:until|till|before) {_N} ?{SECONDS}", lambda n, whole: (0.0, n[0])),
)


_ENDS: tuple[tuple[str, Callable[[list[float], float], tuple[float, float]]], ...] = (
    (r"\b(?:in|for|during) the (?:1|first) half\b", lambda n, whole: (0.0, whole / 2)),
    (r"\b(?:in|for|during) the (?:2|second) half\b", lambda n, whole: (whole / 2, whole)),
    (
        r"\b(?:(?:at|towards?|near|by|in|to|into) )?the (?:very )?end(?:ing)?\b|\bat end\b",
        lambda n, whole: (whole * (1 - _END_SHARE), whole),
    ),
    (
        r"\b(?:(?:at|in|near|from) )?the (?:very )?(?:beginning|start|front)\b",
        lambda n, whole: (0.0, whole * _END_SHARE),
    ),
    (r"\b(?:in|around) the middle\b", lambda n, whole: (whole / 3, 2 * whole / 3)),
    (rf"\b(?:(?:in|for|during|over) )?the last {_N} ?{SECONDS}", lambda n, whole: (max(0.0, whole - n[0]), whole)),
    (rf"\b(?:(?:in|for|during|over) )?the first {_N} ?{SECONDS}", lambda n, whole: (0.0, n[0])),
)
"""Where a cut of time is asked for, they say what is cut."""
