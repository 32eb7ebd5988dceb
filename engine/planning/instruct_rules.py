"""Words to actions, by rules: what sound people say about a sound that is there.

The first rule that knows a clause makes its actions. What no rule knows is an error that names the clause: nothing that
was asked for is left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine import action as do
from engine.action import Action, parse_actions
from engine.errors import BadArgument, PromptEmpty, PromptNotMatched
from engine.planning.instruct_clauses import CUT, NUMBER, REMOVE, SECONDS, Clause, clauses_of, placed

_UP = r"(?:louder|up|more|boost|raise|increase|higher|gain)"
_DOWN = r"(?:quieter|softer|down|less|lower|reduce|decrease|attenuate|duck)"
_NOT = r"not\b|never\b|cannot\b|\w+n't\b|dont\b"
_BOTH_WAYS = (
    *(("louder", "quieter|softer"), ("faster", "slower"), ("higher", "lower|deeper")),
    *(("wider", "narrower|mono"), ("left", "right"), ("longer", "shorter")),
)
_RAMP_SECONDS = 0.05
_MUTED_DB = -120.0
FULL_RIGHT, HALF_RIGHT = 1.0, 0.5


def actions_by_rules(text: str, *, length_seconds: float, selected: bool) -> tuple[Action, ...]:
    """The actions that a text asks for, in its order.

    Raises
    ------
    PromptNotMatched
        Naming the clause that no rule knows.
    BadArgument
        When two clauses contradict each other, or one asks for what cannot be.
    """
    found: list[Action] = []
    length = length_seconds
    clauses = clauses_of(text)
    if not clauses:
        raise PromptEmpty("There is nothing to do: say it in words, or name an action.", field="do")
    for words in clauses:
        clause = placed(Clause(text=words, length_seconds=length, selected=selected))
        made = [parse_actions(str(action))[0] for action in _made(clause)]  # its numbers as they are written
        if clause.place is not None and not all(isinstance(action, do.Volume | do.Fade) for action in made):
            raise BadArgument(
                f"'{clause.said}' is about a part of the sound: select that part and send the other words for it.",
                field="do",
            )
        found += made
        for action in made:
            length = action.length_after(length)
    _see_no_contradiction(found)
    return tuple(found)


def _made(clause: Clause) -> list[Action]:
    if any(clause.has(rf"(?:{one})\b") and clause.has(rf"(?:{other})\b") for one, other in _BOTH_WAYS):
        raise BadArgument(f"'{clause.said}' asks for it both ways: say which one is meant.", field="do")
    if not clause.has(rf"add\b|more (?:noise|hiss|hum)|{_NOT}"):
        try:
            for rule in _RULES:
                if made := rule(clause):
                    return made
        except BadArgument as error:  # the request has no key of an action's
            field = error.field if error.field == "selection_length" else "do"
            raise BadArgument(f"'{clause.said}': {error.sentence}", field=field) from None
    raise PromptNotMatched(
        f"No action is known for '{clause.said}': say it otherwise, or name actions, like 'denoise; volume gain_db=3'.",
        field="do",
    )


# The rules, in the order in which they are tried; each returns nothing for a clause that it does not know.


def _named_filters(c: Clause) -> list[Action]:
    for pattern, kind in (
        (r"spectral(?:ly)? subtract|spectral subtraction", do.SpectralSubtraction),
        (r"wiener", do.Wiener),
        (r"wavelets?", do.Wavelet),
        (r"(?:spectral |noise )gat(?:e|ing)", do.SpectralGate),
    ):
        if c.has(pattern):
            return [kind()]
    return []


def _faults(c: Clause) -> list[Action]:
    if c.has(r"(?:keep|leave)\b"):
        return []
    if c.has(r"de-?hum|hum\b|buzz|mains|ground loop"):
        frequency = c.amount("hz|hertz")
        return [do.Dehum.read({"frequency_hz": frequency})]
    if c.has(r"de-?click|clicks?\b|pops?\b|crackl|ticks?\b"):
        return [do.Declick(sensitivity=min(1.0, 0.35 + 0.15 * c.degree))]
    if c.has(r"drop-?outs?|gaps?\b|holes?\b|blanks?\b"):
        return [do.Fill() if c.selected and not c.has("gaps|dropouts|drop-outs|holes|blanks") else do.FillGaps()]
    if c.has(r"rumble|dc\b|offset"):
        return [do.RemoveDc(cutoff_hz=80.0 if c.has("rumble") else 10.0)]
    if c.has(r"de-?nois|nois[ey]|hiss|static\b|clean(?:er)? ?(?:it )?(?:up)?$|air ?con"):
        told = c.amount("db|decibels?")
        return [
            do.Denoise()
            if told is None and c.degree == 1
            else do.Denoise.read({"reduction_db": 18 * c.degree if told is None else told})
        ]
    return []


def _replacing(c: Clause) -> list[Action]:
    found = c.has(r"(?:replace|swap|exchange)\b.*?\b(?:with|by|for) (?:an? |the |some )?(?P<new>.+)")
    found = found or c.has(r"(?:put|insert|place) (?:an? |the |some )?(?P<new>.+?)(?: (?:here|there|in))?$")
    return [do.Fill.read({"text": found["new"]})] if found else []


def _fading(c: Clause) -> list[Action]:
    if not c.has("fad(?:e|es|ing)") or c.has(r"(?:no|without|remove|delete|get rid of)\b.*\bfad"):
        return []
    seconds = c.amount(SECONDS)
    if seconds is None:
        seconds = min(c.place.end_seconds - c.place.start_seconds if c.place else 1.0, c.length_seconds / 2)
    fade_in = bool(c.has(r"in\b|up\b") or (c.place and c.place.start_seconds == 0 and not c.has(r"out\b")))
    fade_out = bool(c.has(r"out\b|down\b|away\b")) or not fade_in
    return [do.Fade.read({"in_seconds": seconds * fade_in, "out_seconds": seconds * fade_out})]


def _turning(c: Clause) -> list[Action]:
    if c.has(r"revers|backwards?|back to front"):
        return [do.Reverse()]
    if c.has(r"loop|seamless") and c.amount(r"(?:x\b|times)") is None:
        told = c.amount(SECONDS)
        return [do.Loop.read({"crossfade_seconds": min(0.5, c.length_seconds / 4) if told is None else told})]
    rate = c.amount("khz")
    if rate or c.has("resampl"):
        hertz = 1000 * rate if rate else c.amount("hz|hertz|$")
        return [do.Resample.read({"rate_hz": round(hertz)})] if hertz else []
    return []


_INTERVALS = (("octaves?", 12.0), ("semi ?tones?|half ?tones?|half ?steps?|st\\b", 1.0), ("cents?", 0.01))


def _pitching(c: Clause) -> list[Action]:
    sign = -1 if c.has(r"down|lower|deeper|below|flat") else 1
    for unit, semitones in _INTERVALS:
        if (told := c.amount(unit)) is not None:
            return [do.Pitch.read({"semitones": sign * told * semitones})]
    if c.has("pitch|deeper|detune") or (c.has("higher|lower") and not c.has("volume|level|gain|loud|db|speed")):
        return [do.Pitch(semitones=sign * {0.5: 1.0, 1.0: 2.0, 2.0: 5.0}[c.degree])]
    return []


def _speeding(c: Clause) -> list[Action]:
    to_seconds = re.search(rf"\b(?:stretch|squeeze|compress|time|fit)\b.*?{NUMBER} ?{SECONDS}", c.text)
    if to_seconds:
        return [do.Speed.read({"length_seconds": float(to_seconds["number"])})]
    slower = bool(c.has("slow|stretch"))
    if not slower and not c.has(r"fast|quick|speed|hurry|tempo"):
        return []
    if c.has(r"half (?:the |as )?(?:speed|fast|tempo)|0\.5 (?:the )?speed"):
        factor = 0.5
    elif c.has(r"(?:double|twice)"):
        factor = 0.5 if slower else 2.0
    elif (percent := c.amount("%|per ?cent")) is not None:
        relative = c.has("slow|fast|quick|up|down")
        slower = slower or bool(c.has("down"))
        factor = (1 - percent / 100 if slower else 1 + percent / 100) if relative else percent / 100
    elif (times := c.amount(r"(?:x|×|times)")) is not None:
        factor = 1 / times if slower and times > 0 else times
    elif c.has("normal speed"):
        return []
    else:
        step = {0.5: 1.1, 1.0: 1.25, 2.0: 1.6}[c.degree]
        factor = 1 / step if slower or c.has("down") else step
    return [do.Speed.read({"factor": round(factor, 4)})]


def _lengthening(c: Clause) -> list[Action]:
    whole = c.length_seconds
    told = c.amount(SECONDS)
    if c.has(r"(?:keep|only|just|leave)\b.*\bfirst") and told:
        return [_trim(length_seconds=told)]
    if c.has(r"(?:keep|only|just|leave)\b.*\blast") and told:
        return [_trim(start_seconds=max(0.0, whole - told))]
    if c.has(rf"(?:{CUT})\b.*\bfirst") and told:
        return [_trim(start_seconds=told)]
    if c.has(rf"(?:{CUT})\b.*\blast|shorter|shorten by") and told:
        if told >= whole:
            raise BadArgument(f"Nothing would be left of {whole:.3g} s.", field="do")
        return [_trim(length_seconds=whole - told)]
    if not told:
        return [_extend(1.5 * whole)] if c.has(r"(?:longer|extend|lengthen)") else []
    if c.has("longer|lengthen by|extend by"):
        return [_extend(whole + told)]
    if c.has(r"extend|lengthen|trim|crop|shorten|cut|long\b|make it|length"):
        return [_trim(length_seconds=told) if told < whole else _extend(told)]
    return []


def _trim(**values: float) -> do.Trim:
    return do.Trim.read(values)


def _extend(length_seconds: float) -> do.Extend:
    return do.Extend.read({"length_seconds": length_seconds})


def _volume(c: Clause) -> list[Action]:
    if (lufs := re.search(rf"(-?) ?{NUMBER} ?(?:lufs|lkfs)", c.text)) is not None:
        return [do.Volume.read({"loudness_lufs": -float(lufs["number"])})]
    peak = re.search(rf"([-+]?) ?{NUMBER} ?db", c.text)
    level = float(peak["number"]) * (1 if peak[1] == "+" else -1) if peak else -1.0  # 'to 3 dB' is below full scale
    if c.has("limit"):
        return [do.Limit.read({"ceiling_dbtp": level})]
    if c.has(r"normali[sz]e|maximi[sz]e"):
        return [do.Volume.read({"peak_dbtp": level})]
    if c.has(r"mute|silence\b"):
        return [_gain(c, _MUTED_DB)]
    told = c.amount("db|decibels?")
    up, down = c.has(rf"{_UP}\b"), c.has(rf"{_DOWN}\b")
    if told is None and not c.has(r"loud|quiet|soft|volume|level|gain|turn|boost|attenuat|duck"):
        return []
    if not up and not down and told is None:
        return []
    negative = (peak is not None and peak[1] == "-") or (bool(down) and not c.has("boost|louder"))
    amount = told if told is not None else {0.5: 2.0, 1.0: 4.0, 2.0: 8.0}[c.degree]
    return [_gain(c, -amount if negative else amount)]


def _gain(c: Clause, gain_db: float) -> do.Volume:
    """Everywhere, or where it is said, with short ramps; gradually from the place's start to its end."""
    if c.place is None:
        return do.Volume.read({"gain_db": gain_db})
    start, end, whole = c.place.start_seconds, c.place.end_seconds, c.length_seconds
    if c.place.gradually:
        points = [(start, 0.0), (end, gain_db)]
    else:
        ramp = min(_RAMP_SECONDS, (end - start) / 4)
        points = [(0.0, gain_db)] if start == 0 else [(start, 0.0), (start + ramp, gain_db)]
        if end < whole:
            points += [(end - ramp, gain_db), (end, 0.0)]
    return do.Volume.read({"envelope": [(round(time, 4), gain) for time, gain in points]})


def _space(c: Clause) -> list[Action]:
    if c.has(r"worldi[sz]e|same room|that room|(?:match|copy)\b.*(?:room|reverb|acoustic)|like the reference"):
        return [do.Worldize(amount={0.5: 0.5, 1.0: 1.0, 2.0: 1.0}[c.degree])]
    if c.has(r"mono\b|narrow"):
        return [do.Width(amount=0.0 if c.has("mono") else 0.5)]
    if c.has(r"wide"):
        return [do.Width(amount={0.5: 1.3, 1.0: 1.6, 2.0: 2.2}[c.degree])]
    if side := c.has(r"(?P<side>left|right|cent(?:re|er))\b"):
        if side["side"].startswith("cent"):
            return [do.Pan(position=0.0)]
        share = FULL_RIGHT if c.has("hard|full|all the way|completely") else HALF_RIGHT * min(1.6, c.degree)
        return [do.Pan(position=-share if side["side"] == "left" else share)]
    if c.has(r"away|distan|farther|further|far\b"):
        told = c.amount(r"m\b|met(?:re|er)s?")
        return [do.Distance.read({"metres": {0.5: 5.0, 1.0: 10.0, 2.0: 30.0}[c.degree] if told is None else told})]
    return []


def _removing(c: Clause) -> list[Action]:
    """Whatever it is: in a selection it can be replaced by what lies around."""
    if not c.has(rf"{REMOVE}\b|fill\b|inpaint|patch"):
        return []
    if not c.selected:
        raise BadArgument("select the spot where it is heard, and send it.", field="selection_length")
    return [do.Fill()]


_RULES = (
    *(_named_filters, _faults, _replacing, _fading, _turning),
    *(_lengthening, _speeding, _pitching, _volume, _space, _removing),
)


def _see_no_contradiction(actions: Sequence[Action]) -> None:
    """Louder and softer, faster and slower, left and right: one of the two was not meant."""
    signs: dict[str, float] = {}
    for action in actions:
        match action:
            case do.Speed(factor=float(factor)):
                sign = factor - 1
            case do.Pitch():
                sign = action.semitones
            case do.Volume(gain_db=float(gain)):
                sign = gain
            case do.Width():
                sign = action.amount - 1
            case do.Pan():
                sign = action.position
            case _:
                continue
        if signs.setdefault(action.name, sign) * sign < 0:
            raise BadArgument(f"The words ask for {action.name} both ways: say which one is meant.", field="do")
