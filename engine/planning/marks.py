"""What words say *about* a sound: when, how long, how often, from where, how loud.

Each reader looks at the words from one place on; it answers how many of them it understood and what they set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.planning import lexicon
from engine.planning.numbers import clock, length, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said about one sound; None is what the words leave open."""

    at_seconds: float | None = None
    delay_seconds: float | None = None
    pause_seconds: float = 0.0
    length_seconds: float | None = None
    count: int | None = None
    interval_seconds: float | None = None
    pan: float = 0.0
    pan_end: float | None = None
    goes_on: bool = False
    gain_db: float = 0.0
    layer: Literal["foreground", "background"] | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Words that were understood: what they set, on :class:`Said`."""

    sets: dict[str, object] = field(hash=False)

    @property
    def places(self) -> bool:
        """Whether it says when, so that a new sound may begin with it."""
        return not self.sets.keys().isdisjoint({"at_seconds", "delay_seconds", "pause_seconds"})


Words = Sequence[str]
Reading = tuple[int, Mark] | None
Reader = Callable[[Words, int], Reading]


def read(words: Words, start: int) -> Reading:
    """The first reader's answer, or None."""
    for reader in _READERS:
        if (found := reader(words, start)) is not None:
            return found
    return None


def _starts(words: Words, at: int, *options: str) -> int:
    """How many words of the first option that stands here."""
    for option in options:
        phrase = option.split()
        if list(words[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _length_after(words: Words, at: int, *leads: str) -> tuple[int, float] | None:
    """A length behind one of the leads: words in all, and seconds."""
    lead = _starts(words, at, *leads)
    if not lead:
        return None
    lead += _starts(words, at + lead, "about", "around", "another", "approximately", "exactly", "some", "roughly")
    found = length(words, at + lead)
    return (lead + found[0], found[1]) if found else None


def _delay(words: Words, at: int) -> Reading:
    if found := _length_after(words, at, "and after", "after", "wait for", "wait", "in another"):
        used, seconds = found
        silent = _starts(words, at + used, "of silence", "pause", "of nothing", "silence")
        waits = bool(silent) or words[at] == "wait"
        return used + silent, Mark({"pause_seconds" if waits else "delay_seconds": seconds})
    if found := _length_after(words, at, "pause for", "pause of", "a pause of", "silence for", "after a pause of"):
        return found[0], Mark({"pause_seconds": found[1]})
    if found := length(words, at):
        used, seconds = found
        if later := _starts(words, at + used, "later", "after that", "afterwards", "after"):
            return used + later, Mark({"delay_seconds": seconds})
        if silent := _starts(words, at + used, "of silence", "pause", "silence"):
            return used + silent, Mark({"pause_seconds": seconds})
    if named := lexicon.longest(lexicon.PAUSES, list(words), at):
        return named[0], Mark({"pause_seconds": named[1]})
    return None


_AT = (
    "starting at",
    "beginning at",
    "starts at",
    "start at",
    "begins at",
    "starting from",
    "at about",
    "at",
    "@",
    "from",
)


def _at(words: Words, at: int) -> Reading:
    lead = _starts(words, at, *_AT)
    if not lead or _starts(words, at + lead, "intervals", "an interval"):
        return None
    first = _moment(words, at + lead)
    if first is None:
        return None
    used = lead + first[0]
    if "interval" in "".join(words[at + used : at + used + 1]):
        return None
    if (to := _starts(words, at + used, "to", "until", "till")) and (last := _moment(words, at + used + to)):
        return used + to + last[0], Mark({"at_seconds": first[1], "length_seconds": max(0.02, last[1] - first[1])})
    return used, Mark({"at_seconds": first[1]})


def _moment(words: Words, at: int) -> tuple[int, float] | None:
    if at < len(words) and (seconds := clock(words[at])) is not None:
        return 1, seconds
    if _starts(words, at, "the beginning", "the start", "the very beginning"):
        return (3 if words[at + 1] == "very" else 2), 0.0
    if at < len(words) and words[at] in ("0", "zero"):
        return 1 + _starts(words, at + 1, "s", "seconds", "sec"), 0.0
    if (found := _length_after(words, at, "second", "seconds")) is not None:
        return found
    if at + 1 < len(words) and words[at] == "second" and (value := number(words[at + 1])) is not None:
        return 2, value
    return length(words, at)


def _every(words: Words, at: int) -> Reading:
    if _starts(words, at, "every"):
        if (unit := lexicon.UNITS.get(words[at + 1] if at + 1 < len(words) else "")) is not None:
            return 2, Mark({"interval_seconds": unit})
        if found := length(words, at + 1):
            return 1 + found[0], Mark({"interval_seconds": found[1]})
    if once := _starts(words, at, "once a", "once per", "once every"):
        if (unit := lexicon.UNITS.get(words[at + once] if at + once < len(words) else "")) is not None:
            return once + 1, Mark({"interval_seconds": unit})
        if found := length(words, at + once):
            return once + found[0], Mark({"interval_seconds": found[1]})
    if found := _length_after(words, at, "at intervals of", "with intervals of"):
        return found[0], Mark({"interval_seconds": found[1]})
    lead = _starts(words, at, "at", "in", "with")
    if (found := length(words, at + lead)) and (tail := _starts(words, at + lead + found[0], "apart", "intervals")):
        return lead + found[0] + tail, Mark({"interval_seconds": found[1]})
    return None


def _lasting(words: Words, at: int) -> Reading:
    leads = (
        "for",
        "lasting for",
        "lasting",
        "that lasts",
        "which lasts",
        "lasts for",
        "lasts",
        "over",
        "during",
        "going on for",
    )
    found = _length_after(words, at, *leads) or length(words, at)
    if not found:
        return None
    used = found[0] + _starts(words, at + found[0], "- long", "long", "worth of", "of")
    if words[at] in ("for", "lasting", "going", "over", "during"):  # "barks for 10 s" goes on, "a 3 s bark" is long
        return used, Mark({"length_seconds": found[1], "goes_on": True})
    return used, Mark({"length_seconds": found[1]})


def _times(words: Words, at: int) -> Reading:
    if _starts(words, at, "at once", "all at once"):
        return None
    if words[at][:1] == "x" and words[at][1:].isdecimal() and len(words[at]) <= 3:  # "knock x3"
        return 1, Mark({"count": max(1, min(64, int(words[at][1:])))})
    if words[at] in lexicon.TIMES:
        return 1, Mark({"count": lexicon.TIMES[words[at]]})
    lead = _starts(words, at, "a")
    value = number(words[at + lead]) if at + lead < len(words) else None
    used = lead + 1 + _starts(words, at + lead + 1, "of")
    tail = _starts(words, at + used, "times", "time", "x") if value is not None else 0
    if value is None or not tail:
        return None
    return used + tail, Mark({"count": max(1, min(64, int(value)))})


def _side(words: Words, at: int) -> Reading:
    if sweep := lexicon.longest(lexicon.SWEEPS, list(words), at):
        return sweep[0], Mark({"pan": sweep[1][0], "pan_end": sweep[1][1]})
    if (pan := lexicon.longest(lexicon.PANS, list(words), at)) and not _starts(words, at + pan[0], "of"):
        return pan[0], Mark({"pan": pan[1]})
    return None


def _level(words: Words, at: int) -> Reading:
    found = lexicon.longest(lexicon.GAIN_DB, list(words), at)
    return (found[0], Mark({"gain_db": found[1]})) if found else None


def _layer(words: Words, at: int) -> Reading:
    found = lexicon.longest(lexicon.LAYERS, list(words), at)
    return (found[0], Mark({"layer": found[1]})) if found else None


_READERS: tuple[Reader, ...] = (_every, _delay, _at, _lasting, _times, _side, _level, _layer)
