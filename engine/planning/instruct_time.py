"""Rules of time and pitch: how long, how fast, how high, which way round.

A rule does not know the other rules; a clause that is none of its own gives nothing.
"""

from __future__ import annotations

import re

from engine import action as do
from engine.action import Action
from engine.errors import BadArgument
from engine.planning.instruct_clauses import CUT, NUMBER, SECONDS, Clause, Place
from engine.planning.instruct_rule import WHOSE, N, Rule


def _reversing(c: Clause) -> list[Action]:
    return [do.Reverse()] if c.has(r"revers|backwards?|back to front") else []


def _looping(c: Clause) -> list[Action]:
    told = c.amount(SECONDS)
    if not c.has(r"loop|seamless") or (told is not None and not c.has("crossfade|cross-fade")):
        return []
    return [do.Loop.read({"crossfade_seconds": min(0.5, c.length_seconds / 4) if told is None else told})]


def _resampling(c: Clause) -> list[Action]:
    if not c.has(r"(?:re|up|down)sampl|convert|sample ?rate") and not (c.amount("khz") and c.has("to|at")):
        return []
    kilo = c.amount(r"khz|k\b")
    hertz = 1000 * kilo if kilo else c.amount("hz|hertz|$")
    return [do.Resample.read({"rate_hz": round(hertz)})] if hertz else []


_TURN_WORDS = (
    rf"{WHOSE}|revers\w*|backwards?|back to front|play|turn|around|loop\w*|seamless\w*|perfect\w*|cross-?fad\w*|"
    r"(?:re|up|down)sampl\w*|convert|change|sample ?rate|at"
)


def _lengthening(c: Clause) -> list[Action]:
    whole = c.length_seconds
    told = c.amount(SECONDS)
    if c.place and not told and c.has(r"(?:keep|only|just|leave|crop)\b"):
        _see_how_much(c)
        return [_trim(start_seconds=c.place.start_seconds, length_seconds=c.place.end_seconds - c.place.start_seconds)]
    if c.place and not c.selected and re.fullmatch(rf"(?:{CUT})(?: out| off| away)?(?: it| all| everything)?", c.text):
        return [_cut(c, c.place)]
    if c.place or c.has(r"\d ?(?:db|%|per ?cent)"):
        return []
    if c.has(r"(?:keep|only|just|leave|to)\b.*\bfirst") and told:
        return [_trim(length_seconds=told)]
    if c.has(r"(?:keep|only|just|leave|to)\b.*\blast") and told:
        return [_trim(start_seconds=max(0.0, whole - told))]
    if c.has(rf"{CUT}\b.*\b(?:first|start|beginning|front|head)") and told:
        return [_trim(start_seconds=told)]
    if c.has(rf"{CUT}\b.*\b(?:last|end|tail)|shorter|shorten by") and told:
        if told >= whole:
            raise BadArgument(f"Nothing would be left of {whole:.3g} s.", field="do")
        return [_trim(length_seconds=whole - told)]
    if not told:
        return [_extend({0.5: 1.2, 1.0: 1.5, 2.0: 2.0}[c.degree] * whole)] if c.has("longer|extend|lengthen") else []
    if c.has(r"longer|(?:lengthen|extend)\b.*\bby\b"):
        return [_extend(whole + told)]
    if c.has(r"(?:extend|lengthen|trim|crop|shorten|cut)\b.*\bto\b|long\b|make it|length\b"):
        return [_trim(length_seconds=told) if told < whole else _extend(told)]
    return []


_LENGTH_WORDS = (
    rf"{WHOSE}|remove|delete|erase|kill|get rid of|cut|chop|trim|crop|drop|skip|lose|take|"
    r"keep|only|leave|first|last|from|off|out|away|at|start|beginning|front|head|end|tail|shorter|shorten|longer|"
    rf"long|length|lengthen|extend|exactly|in length"
)


def _cut(c: Clause, place: Place) -> do.Trim:
    _see_how_much(c)
    if place.start_seconds == 0 and place.end_seconds < c.length_seconds:
        return _trim(start_seconds=place.end_seconds)
    if place.start_seconds and place.end_seconds == c.length_seconds:
        return _trim(length_seconds=place.start_seconds)
    raise BadArgument("nothing is cut out of the middle: 'mute' it, or keep what is before or after.", field="do")


def _see_how_much(c: Clause) -> None:
    if c.said_in_full(r"the (?:very )?(?:end|ending|beginning|start|front|middle)\b"):
        raise BadArgument("say how much, like 'cut the last 2 seconds'.", field="do")


def _trim(**values: float) -> do.Trim:
    return do.Trim.read(values)


def _extend(length_seconds: float) -> do.Extend:
    return do.Extend.read({"length_seconds": length_seconds})


def _speeding(c: Clause) -> list[Action]:
    verb = r"(?:stretch|squeeze|compress|shrink|conform|time|slow|speed)"
    if to_seconds := c.has(rf"(?:{verb}\b.*?\b(?:to|into|to fit)|fit(?: in| into| to)?) {NUMBER} ?{SECONDS}"):
        counted = c.amount("%|per ?cent|x|×|times") is not None
        return [] if counted else [do.Speed.read({"length_seconds": float(to_seconds["number"])})]
    stretch, slower = c.has("(?:time[ -]?)?stretch"), bool(c.has(r"slow(?!ly)|stretch"))
    if not slower and not c.has(r"fast|quick|speed|hurry|tempo"):
        return []
    percent, to_percent = c.amount("%|per ?cent"), re.search(rf"\b(?:to|at) {NUMBER} ?(?:%|per ?cent)", c.text)
    counted = percent is not None or c.amount(r"(?:x|×|times)") is not None
    if counted and c.has(r"half|double|twice|0\.5 (?:the )?speed"):
        return []
    if c.has(r"half (?:the |as )?(?:speed|fast|tempo)|0\.5 (?:the )?speed"):
        factor = 0.5
    elif c.has(r"(?:double|twice)"):
        factor = 0.5 if slower else 2.0
    elif percent is not None:
        down = slower or bool(c.has("down")) or c.sign("%|per ?cent") == "-"
        if stretch:
            told = percent if to_percent or (percent >= 100 and not c.has("by")) else 100 + percent
            factor = 100 / told if told else 0.0
        elif to_percent or not (c.has("slow|fast|quick|up|down") or c.sign("%|per ?cent")):
            factor = percent / 100
        else:
            factor = 1 - percent / 100 if down else 1 + percent / 100
    elif (times := c.amount(r"(?:x|×|times)")) is not None:
        factor = 1 / times if slower and times > 0 else times
    elif c.has("normal|half|original"):
        return []
    else:
        step = {0.5: 1.1, 1.0: 1.25, 2.0: 1.6}[c.degree]
        factor = 1 / step if slower or c.has("down") else step
    if c.gradually and not c.has("slowly"):
        raise BadArgument("only the volume changes gradually.", field="do")
    return [do.Speed.read({"factor": round(factor, 4)})]


_SPEED_WORDS = (
    r"(?:time[ -]?)?stretch\w*|squeeze|compress|shrink|conform|slow\w*|fast\w*|quick\w*|speed\w*|hurry|tempo|down|up|"
    rf"half|0\.5 (?=speed|the speed)|double|twice|out|"
    rf"(?:to|into|fit|in|to fit|fit to) {N} ?{SECONDS}|time|"
    r"without changing (?:the )?pitch|keep(?:ing)? (?:the )?pitch|length|play|played|at|run"
)


_INTERVALS = (
    *(("octaves?", 12.0), ("semi ?tones?|half ?tones?|half ?steps?|st\\b", 1.0), ("cents?", 0.01)),
    *(("(?:perfect )?fifths?", 7.0), ("(?:perfect )?fourths?", 5.0), ("(?:whole )?tones?", 2.0)),
)


def _pitching(c: Clause) -> list[Action]:
    if re.fullmatch(r"(?:lower|raise)(?: (?:it|this|that))?", c.text):
        raise BadArgument(f"say '{c.text} by 3 dB' or '{c.text} by 2 semitones'.", field="do")
    sign = -1 if c.has(r"down|lower|deeper|below|flat|drop") or re.search(r"-\d", c.text) else 1
    for unit, semitones in _INTERVALS:
        if (told := c.amount(unit)) is not None:
            return [do.Pitch.read({"semitones": sign * told * semitones})]
    if c.has("pitch|deeper|detune") or (c.has("higher|lower") and not c.has("volume|level|gain|loud|db|speed")):
        return [do.Pitch(semitones=sign * {0.5: 1.0, 1.0: 2.0, 2.0: 5.0}[c.degree])]
    return []


_PITCH_WORDS = (
    r"pitch\w*|(?:de)?tun(?:e|ed|ing)|transpos\w*|shift\w*|up|down|higher|lower|lowered|deeper|raised?|drop|below|above|"
    r"sharp|flat|play|in|"
    r"without changing (?:the )?(?:length|speed|tempo|duration)|keep(?:ing)? (?:the )?(?:length|speed|tempo|duration)"
)


RULES = (
    Rule(make=_reversing, words=_TURN_WORDS),
    Rule(make=_looping, words=_TURN_WORDS, amount=SECONDS),
    Rule(make=_resampling, words=_TURN_WORDS, amount="khz|k|hz|hertz|(?=$)"),
    Rule(make=_lengthening, words=_LENGTH_WORDS, amount=SECONDS),
    Rule(make=_speeding, words=_SPEED_WORDS, amount="%|per ?cent|x|×|times"),
    Rule(make=_pitching, words=_PITCH_WORDS, amount="|".join(unit for unit, _ in _INTERVALS)),
)
"""In the order in which they are tried."""
