"""The words the rules know: links between sounds, places, levels, backgrounds. Tables only; how they are read stands in
:mod:`engine.planning.clauses`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeVar

Phrase = tuple[str, ...]
T = TypeVar("T")


class Link(Enum):
    """How what follows a word relates to what stands before it."""

    THEN = "then"
    TOGETHER = "together"
    AND = "and"
    WITH = "with"
    UNDER = "under"
    """What follows may be weather or a place that lies under what stands before: 'in the rain'."""
    AFTER = "after"
    BEFORE = "before"
    COMMA = "comma"
    STOP = "stop"
    NONE = "none"
    """No link at all: 'next to' is not 'next'."""


def phrases(text: str) -> list[Phrase]:
    """Phrases written with commas between them, each as its words."""
    return [tuple(phrase.split()) for phrase in text.split(",")]


def word_set(text: str) -> frozenset[str]:
    """Words written with spaces between them."""
    return frozenset(text.split())


def table(rows: Iterable[tuple[T, str]]) -> dict[Phrase, T]:
    """Each phrase of each row, to the row's value."""
    return {phrase: value for value, text in rows for phrase in phrases(text)}


def longest(known: Mapping[Phrase, T], words: list[str], start: int) -> tuple[int, T] | None:
    """How many words from ``start`` make the longest known phrase, and what it means."""
    for size in range(min(6, len(words) - start), 0, -1):
        phrase = tuple(words[start : start + size])
        if phrase in known:
            return size, known[phrase]
    return None


LINKS = table(
    (
        (Link.STOP, ".,;,!,?"),
        (
            Link.THEN,
            "then,and then,but then,followed by,and followed by,is followed by,are followed by,and is followed by",
        ),
        (Link.THEN, "which is followed by,and are followed by,proceeded by,after that,after which,and after that"),
        (Link.THEN, "afterwards,afterward,and afterwards,finally,and finally,lastly,and lastly,next,and next,later"),
        (Link.THEN, "eventually,and eventually,subsequently,until,ending with,ends with,and ends with,ending in"),
        (Link.THEN, "leading to,leads to,later on,soon after,shortly after,shortly afterwards,immediately after that"),
        (
            Link.TOGETHER,
            "while,whilst,meanwhile,as,when,during,amid,amidst,alongside,along with,together with,plus,&,+",
        ),
        (Link.TOGETHER, "and meanwhile,accompanied by,at the same time,at the same time as,and at the same time"),
        (
            Link.TOGETHER,
            "simultaneously,simultaneously with,as well as,combined with,mixed with,layered with,all while",
        ),
        (Link.AND, "and"),
        (Link.WITH, "with"),
        (
            Link.UNDER,
            "over,under,in,through,against,beneath,above,behind,within,into,across,amongst,among,by,near,on,inside",
        ),
        (Link.AFTER, "after,right after,just after,immediately after,preceded by,is preceded by"),
        (Link.BEFORE, "before,just before,right before,shortly before"),
        (Link.NONE, "next to,as if,as though,such as,as a whole,by itself,in and out,on and off,over and over,and on"),
        (
            Link.NONE,
            "and a half,back and forth,up and down,again and again,from time to time,in quick succession,on top",
        ),
    )
)
LINKS[(",",)] = Link.COMMA

AMBIENCE = word_set("""
    rain raining rains rainfall drizzle downpour storm thunderstorm snowstorm blizzard wind winds windy
    breeze gale forest woods jungle rainforest meadow countryside night crowd crowds chatter murmur walla
    traffic city street market marketplace station airport office cafe restaurant bar pub kitchen beach
    seaside shore ocean sea waves surf river stream brook creek waterfall crickets cicadas insects birds
    birdsong ambience ambiance ambient atmosphere roomtone playground park farm swamp fireplace campfire
    """)
"""Weather, places and beds: joined to something that happens, they lie under it."""

ARTICLES = word_set("a an the some another this that these those his her its their my your one's")
MANNER = word_set("bit little lot touch hint sense slightly very too rather quite dry wet long short")
"""After an article these begin no new sound: 'a door slam, a bit dry'."""

FILLER = phrases(
    "there is,there are,there was,there 's,there,i hear,we hear,you hear,we can hear,one hears,i want to hear,"
    "i want,i need,i would like,i 'd like,please,create,generate,make,make me,make a sound of,give me,produce,"
    "play,let us hear,the sound of,the sounds of,sound of,sounds of,a sound of,sound effect of,"
    "sound effects of,a recording of,recording of,the noise of,noise of,noises of,can you make,could you make,"
    "it is,it 's,it,also,and,but,so,of,start with,starting with,starts with,begins with,begin with,"
    "beginning with,first,at first,first of all,suddenly,now,again,just,hear,scene of,immediately,"
    "immediately afterwards"
)
"""Said before a sound without being part of it."""

NEGATIONS = table(
    (
        (False, "no,not,not any,never,do not include,don't include,don't add,avoid,excluding,minus,except,except for"),
        (False, "free of,and no,or any,neither"),
        (True, "without,without any,without the,without a"),
    )
)
"""Words that forbid what follows; True where 'and' goes on forbidding ('without birds and wind')."""
NOT_NEGATIONS = table(((None, "no one,no longer,not only,not too,not very,no doubt,not just"),))
NEGATION_ENDS = word_set("while whilst then as but followed with just only before after during when finally")

GAIN_DB = table(
    (
        (-15.0, "barely audible,almost inaudible,barely heard,very faint,very faintly"),
        (-12.0, "faint,faintly,very quiet,very quietly,extremely quiet"),
        (-9.0, "quiet,quietly,hushed"),
        (-5.0, "slightly quiet,fairly quiet,rather quiet"),
        (2.0, "slightly loud,fairly loud,rather loud"),
        (4.0, "loud,loudly"),
        (6.0, "very loud,very loudly,really loud"),
        (9.0, "deafening,deafeningly,ear-splitting,earsplitting,extremely loud,extremely loudly"),
    )
)
"""How loud beside the usual level of its layer; how *hard* something is hit stays in the words, for the backend."""

LAYERS = table(
    (
        (
            "background",
            "in the background,in background,in the far background,as background,as a background,background",
        ),
        ("background", "in the distant background,underneath it all,under it all,throughout,in the back"),
        ("foreground", "in the foreground,in foreground,up front"),
    )
)

_SIDES = (("left", -1.0), ("right", 1.0))
_AT = ("from the", "on the", "to the", "at the", "in the", "from my", "on my", "to my", "panned", "panned to the")


def _pans() -> dict[Phrase, float]:
    found: dict[Phrase, float] = {}
    for side, sign in _SIDES:
        for lead in _AT:
            for tail in ("", " side", " channel", " speaker", " hand side"):
                found[tuple(f"{lead} {side}{tail}".split())] = sign * 0.6
                found[tuple(f"{lead} far {side}{tail}".split())] = sign * 0.9
        found |= dict.fromkeys(phrases(f"hard {side},panned hard {side},all the way {side}"), sign * 1.0)
        found |= dict.fromkeys(phrases(f"far {side},on far {side},from far {side}"), sign * 0.9)
        slight = (
            f"slightly {side},slightly to the {side},slightly on the {side},a little to the {side},a bit to the {side}"
        )
        found |= dict.fromkeys(phrases(slight), sign * 0.3)
    centre = "in the centre,in the center,from the centre,from the center,in the middle,dead centre,dead center"
    return found | dict.fromkeys(phrases(centre), 0.0)


PANS = _pans()
SWEEPS = {
    tuple(f"{lead}{one} to {the}{other}".split()): (sign * 0.8, -sign * 0.8)
    for (one, sign), other in zip(_SIDES, ("right", "left"), strict=True)
    for lead in ("", "from ", "from the ", "across from ", "going ", "moving ", "moving from ", "passing from ")
    for the in ("", "the ")
}
"""From where to where something moves."""

COUNTS = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50},
    **{"single": 1, "pair": 2, "couple": 2, "both": 2, "few": 3, "several": 4, "multiple": 4},
}
"""Words to counts; 'a few', 'several' and 'multiple' are fixed numbers, so that a plan repeats."""
TIMES = {"once": 1, "twice": 2, "thrice": 3, "repeatedly": 4}
GROUPS = word_set("series burst bursts volley set group round sequence run flurry string row")
"""'A burst of three shots' counts three."""
SERIES = word_set("series burst bursts volley sequence flurry string")
"""Without a number, these count several; 'a group of people' counts nothing."""
MEASURES = word_set("""
    mm cm m km kg g hz khz db rpm mph kmh kph inch inches foot feet ft meter meters metre metres mile miles
    gauge caliber calibre cylinder cylinders stroke wheel wheeler year years story storey percent pm am
    o'clock bit way part piece pound pounds gallon ton tons liter litre degrees bar engine speed door legged
    lane
    """)
"""After these a number says how big, not how often: 'a 4 cylinder engine'."""

UNITS = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("hour", "hours"), 3600.0),
}
PAUSES = table(
    (
        (0.5, "a beat,after a beat,a beat later"),
        (
            1.0,
            "a pause,after a pause,after a short pause,a short pause,short pause,pause,a moment later,after a moment",
        ),
        (1.0, "moments later,shortly later,a short while later,after a short while"),
        (2.0, "after a while,a while later,after some time,some time later"),
        (3.0, "a long pause,after a long pause,long pause,after a long while"),
    )
)
"""Waits without a number, in seconds."""
