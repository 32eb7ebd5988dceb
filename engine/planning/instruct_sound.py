"""Rules of noise, faults, level and place, and of what a spot is filled with.

A rule does not know the other rules; a clause that is none of its own gives nothing.
"""

from __future__ import annotations

import re

from engine import action as do
from engine.action import Action
from engine.errors import BadArgument
from engine.planning.instruct_clauses import NUMBER, REMOVE, SECONDS, Clause
from engine.planning.instruct_rule import WHOSE, N, Rule

_UP = r"(?:louder|up|more|boost|raise|increase|higher|hotter|add)"
_DOWN = r"(?:quieter|softer|down|less|lower|reduce|decrease|attenuate|duck|drop|cut|dip|pull|off)"
_RAMP_SECONDS = 0.05
_MUTED_DB = -120.0
_R128_LUFS = -23.0
_QUIETEST_PEAK_DB = -9.0
"""'Normalize to -23' without a unit means no peak."""
FULL_RIGHT, HALF_RIGHT = 1.0, 0.5
_METRES_A_FOOT = 0.3048


def _named_filters(c: Clause) -> list[Action]:
    for pattern, kind in (
        (r"spectral(?:ly)? subtract|spectral subtraction", do.SpectralSubtraction),
        (r"wiener", do.Wiener),
        (r"wavelets?", do.Wavelet),
        (r"spectral (?:noise )?gat(?:e|ing)", do.SpectralGate),
    ):
        if c.has(pattern):
            return [kind()]
    return []


_FILTER_WORDS = r"spectral(?:ly)?|subtract\w*|wiener|wavelets?|gat(?:e|ing)|filter\w*|(?:de-?)?nois\w+|use|apply|remove"


def _hum(c: Clause) -> list[Action]:
    if c.has(r"de-?hum|hum\b|humming|buzz|mains|ground loop"):
        return [do.Dehum.read({"frequency_hz": c.amount("hz|hertz|cycles?")})] if c.amount("khz") is None else []
    kilo, told = c.amount("khz"), c.amount("hz|hertz")
    told = 1000 * kilo if told is None and kilo is not None else told
    return [do.Dehum.read({"frequency_hz": told, "harmonics": 1})] if c.has(_WHINE) and told is not None else []


def _clicks(c: Clause) -> list[Action]:
    if not c.has(r"de-?click|mouth nois|clicks?\b|clicking|pops?\b|(?:de-?)?crackl|ticks?\b"):
        return []
    return [do.Declick(sensitivity=min(1.0, 0.35 + 0.15 * c.degree))]


def _gaps(c: Clause) -> list[Action]:
    if not c.has(r"drop-?outs?|gaps?\b|holes?\b|blanks?\b"):
        return []
    return [do.Fill() if c.selected and not c.has("gaps|dropouts|drop-outs|holes|blanks") else do.FillGaps()]


def _rumble(c: Clause) -> list[Action]:
    if not c.has(rf"(?:de-?)?rumble|dc\b|offset|{_HIGH_PASS}"):
        return []
    return [do.RemoveDc.read({"cutoff_hz": c.amount("hz|hertz") or (10.0 if c.has("dc|offset") else 80.0)})]


def _noise(c: Clause) -> list[Action]:
    if not c.has(r"de-?nois|nois[ey]|hiss|static\b|clean(?:er)?\b|air ?con"):
        return []
    told = c.amount("db|decibels?")
    if told is None and c.degree == 1:
        return [do.Denoise()]
    return [do.Denoise.read({"reduction_db": 18 * c.degree if told is None else told})]


_WHINE = r"whin(?:e|ing)|whistl(?:e|ing)|notch|tone\b"
_HIGH_PASS = r"high[ -]?pass|low[ -]?cut|hpf|roll(?:ed)? off (?:the )?(?:lows?|low end|bass)"
_FAULT_WORDS = (
    rf"{_HIGH_PASS}|{REMOVE}|remov\w+|reduc\w+|take|clear|fill|patch|cut|bring|off|away|out|up|down|"
    rf"{WHOSE}|from|in|de-?hum|hum|humming|mains|buzz\w*|ground loops?|"
    rf"power ?line|electric\w*|{_WHINE}|cycle|de-?click\w*|click\w*|pop\w*|"
    r"(?:de-?)?crackl\w*|ticks?|ticking|mouth|lip|vinyl|drop-?outs?|gaps?|holes?|blanks?|digital|(?:de-?)?rumble|dc|offset|low|"
    rf"frequency|below|at|under|everything|filter|(?:de-?)?nois\w+|hiss\w*|static|clean(?:er)?|steady|completely|entirely|totally|"
    r"constant|tape|fan|air ?con\w*|conditioning|camera|room|floor"
)


def _replacing(c: Clause) -> list[Action]:
    found = c.said_in_full(r"(?:replace|swap|exchange)\b.*?\b(?:with|by|for) (?:an? |the |some )?(?P<new>.+)")
    found = found or c.said_in_full(r"fill\b.*?\bwith (?:an? |the |some )?(?P<new>(?!what|surround).+)")
    found = found or c.said_in_full(
        r"(?:put|insert|place) (?:an? |the |some )?(?P<new>(?!it\b|this\b|that\b).+?) (?:here|there|in)$"
    )
    if found is None or re.search(r"left|right|channels?|silence", found["new"]):
        return []
    return [do.Fill.read({"text": found["new"]})]


def _fading(c: Clause) -> list[Action]:
    if not c.has("fad(?:e|es|ed|ing)") or c.has(r"(?:no|without|remove|delete|get rid of)\b.*\bfad"):
        return []
    at_both = bool(c.has(r"in/out|2 ends|each end|ends\b"))
    fade_in = at_both or bool(
        c.has(r"in\b|up\b|(?:start|beginning)\b") or (c.place and c.place.start_seconds == 0 and not c.has(r"out\b"))
    )
    fade_out = at_both or bool(c.has(r"out\b|down\b|away\b")) or not fade_in
    if c.place and ((fade_in and c.place.start_seconds) or (fade_out and c.place.end_seconds < c.length_seconds)):
        raise BadArgument("a fade begins at the start or ends at the end.", field="do")
    seconds = c.amount(SECONDS)
    if seconds is None and c.place and not c.said_in_full(r"the (?:very )?(?:end|ending|beginning|start|front)\b"):
        seconds = c.place.end_seconds - c.place.start_seconds
    if seconds is None:
        told = 0.1 if c.has("quick|short|fast|tiny") else 3.0 if c.has("slow|long") else 1.0
        seconds = min(told, c.length_seconds / 2)
    shape = "linear" if c.has("linear") else "equal_power"
    return [do.Fade.read({"in_seconds": seconds * fade_in, "out_seconds": seconds * fade_out, "shape": shape})]


_FADE_WORDS = (
    r"fad(?:e|es|ed|ing)|in/out|in|out|up|down|away|over|during|2 ends|each end|ends|end|start|"
    r"beginning|at|quick\w*|short|fast|tiny|slow(?:ly)?|long|linear|equal power|from|silence|nothing|add|put"
)


def _muting(c: Clause) -> list[Action]:
    return [_gain(c, _MUTED_DB)] if c.has(r"mute|silence\b|silent\b") else []


def _volume(c: Clause) -> list[Action]:
    told = c.amount("db|decibels?")
    up, down = c.has(rf"{_UP}\b"), c.has(rf"{_DOWN}\b")
    signed = None
    if told is None and (signed := re.search(rf"\b(?:gain|volume)\b.*?(?P<sign>[-+]) ?{NUMBER}$", c.text)):
        told = float(signed["number"])
    if told is None and not c.has(r"loud|quiet|soft|volume|level|gain|turn|boost|attenuat|duck"):
        return []
    if not up and not down and told is None:
        return []
    if re.search(rf"\bto [-+]? ?{NUMBER} ?db", c.text):
        raise BadArgument("a level is a peak or a loudness: say 'normalize to -3 dB' or '-16 LUFS'.", field="do")
    minus = re.search(rf"- ?{N} ?db", c.text) or (signed and signed["sign"] == "-")
    negative = bool(minus) or (bool(down) and not c.has("boost|louder"))
    amount = told if told is not None else {0.5: 2.0, 1.0: 4.0, 2.0: 8.0}[c.degree]
    return [_gain(c, -amount if negative else amount)]


def _levels(c: Clause) -> list[Action]:
    """To a loudness, a peak or under a ceiling; nothing where it is about none of them."""
    peak = re.search(rf"([-+]?) ?{NUMBER}(?! ?(?:[\d.]|lufs|lkfs))", re.sub(r"r ?128", "", c.text))
    below = float(peak["number"]) * (1 if peak[1] == "+" else -1) if peak else -1.0  # 'to 3 dB' is below full scale
    below = below or 0.0
    lufs = re.search(rf"-? ?{NUMBER} ?(?:lufs|lkfs)", c.text)
    if len(re.findall(N, re.sub(r"r ?128", "", c.text))) > 1 + bool(lufs):
        return []
    if lufs or c.has(r"(?:ebu )?r ?128"):
        loudness = do.Volume.read({"loudness_lufs": -float(lufs["number"]) if lufs else _R128_LUFS})
        return [loudness, do.Limit.read({"ceiling_dbtp": below})] if peak else [loudness]
    if c.has("limit") or c.has(r"peaks?\b.*\b(?:max|under|below)|max\w* .*peaks?\b"):
        return [do.Limit.read({"ceiling_dbtp": below})]
    if c.has(r"normali[sz]e|maximi[sz]e|peaks? (?:at|to|of|level|-)|.*\d ?db(?:tp|fs)"):
        if c.has("loudness"):
            raise BadArgument("say to which loudness, like '-23 LUFS'.", field="do")
        if below < _QUIETEST_PEAK_DB and not c.has(r".*\d ?db"):
            raise BadArgument("say whether it is a peak in dB or a loudness in LUFS.", field="do")
        return [do.Volume.read({"peak_dbtp": below})]
    return []


_LEVEL_WORDS = (
    r"match|at|and|(?:loudness )?normali[sz]\w+|maximi[sz]\w+|(?:brickwall )?limit\w*|max\w*|true|peaks?|under|below|"
    r"ceiling|ebu|r ?128|integrated|loud\w*|level|volume"
)
_VOLUME_WORDS = (
    rf"(?:gain|volume) [-+] ?{N}$|{_UP}|{_DOWN}|loud\w*|quiet\w*|soft\w*|volume|level|gain|turn|bring|take|"
    rf"push|boost\w*|attenuat\w*|duck\w*|at|over|slowly"
)


def _gain(c: Clause, gain_db: float) -> do.Volume:
    """Everywhere, or where it is said, with short ramps; gradually from the place's start to its end."""
    start, end, whole = 0.0, c.length_seconds, c.length_seconds
    if c.place is not None:
        start, end = c.place.start_seconds, c.place.end_seconds
    elif not c.gradually:
        return do.Volume.read({"gain_db": gain_db})
    if c.gradually:
        points = [(start, 0.0), (end, gain_db)]
    else:
        ramp = min(_RAMP_SECONDS, (end - start) / 4)
        points = [(0.0, gain_db)] if start == 0 else [(start, 0.0), (start + ramp, gain_db)]
        if end < whole:
            points += [(end - ramp, gain_db), (end, 0.0)]
    return do.Volume.read({"envelope": [(round(time, 4), gain) for time, gain in points]})


def _room(c: Clause) -> list[Action]:
    if not c.has(r"worldi[sz]e|same room|that room|(?:match|copy)\b.*(?:room|reverb|acoustic)|like the reference"):
        return []
    return [do.Worldize(amount={0.5: 0.5, 1.0: 1.0, 2.0: 1.0}[c.degree])]


def _width(c: Clause) -> list[Action]:
    percent = c.amount("%|per ?cent")
    if percent is not None:
        change = -1.0 if c.has("narrower") else 1.0 if c.has("wider") else 0.0
        amount = 1 + change * percent / 100 if change else percent / 100
        return [do.Width.read({"amount": amount})] if c.has("narrower|wider|width") else []
    if c.has(r"mono\b|narrow"):
        return [do.Width(amount=0.0 if c.has("mono") else {0.5: 0.7, 1.0: 0.5, 2.0: 0.25}[c.degree])]
    return [do.Width(amount={0.5: 1.3, 1.0: 1.6, 2.0: 2.2}[c.degree])] if c.has("wide") else []


def _pan(c: Clause) -> list[Action]:
    side, percent = c.has(r"(?P<side>left|right|cent(?:re|er))\b"), c.amount("%|per ?cent")
    if side is None:
        return []
    if side["side"].startswith("cent"):
        return [do.Pan(position=0.0)] if percent is None else []
    share = FULL_RIGHT if c.has("hard|full|all the way|completely") else HALF_RIGHT * min(1.6, c.degree)
    share = share if percent is None else percent / 100
    return [do.Pan.read({"position": -share if side["side"] == "left" else share})]


def _distance(c: Clause) -> list[Action]:
    if not c.has(r"away|distan|farther|further|far\b|in(?:to)? the background"):
        return []
    told, feet = c.amount(r"m\b|met(?:re|er)s?"), c.amount(r"ft\b|feet|foot")
    told = round(feet * _METRES_A_FOOT, 2) if told is None and feet is not None else told
    return [do.Distance.read({"metres": {0.5: 5.0, 1.0: 10.0, 2.0: 30.0}[c.degree] if told is None else told})]


_SPACE_WORDS = (
    r"worldi[sz]\w*|same|match|copy|room|reverb|acoustics?|reference|in|into|mono|sum|narrow\w*|wide\w*|stereo|image|fold|"
    r"collapse|down|pan\w*|move|place|put|on|left|right|cent(?:re|er)|middle|side|hard|fully?|all the way|completely|"
    r"away|distan\w+|farther|further|far|back|"
    r"(?:the )?background|off|from|width"
)


def removing(c: Clause) -> list[Action]:
    """Whatever it is: in a selection it can be replaced by what lies around."""
    if not c.has(r"(?:remove|delete|erase|kill|get rid of|cut out|take out|no|fix|repair|heal|fill|inpaint|patch)\b"):
        return []
    if c.has(_NO_SPOT) or (c.has(_WHINE) and not c.selected):
        return []
    if not c.selected:
        where = "select the spot where it is heard, and send it."
        if c.place:
            seconds = c.place.end_seconds - c.place.start_seconds
            where = f"select the spot, {seconds:.6g} s from {c.place.start_seconds:.6g} s on, and send it."
        raise BadArgument(where, field="selection_length")
    return [do.Fill()]


_NO_SPOT = (
    r"channels?|bass|treble|highs?\b|lows\b|low end|rever|echo|silences?|pauses?|plosives|sibilan|ess?es\b|wind\b|"
    r"harsh|mud|boom"
)

REPAIRS = (
    Rule(make=_named_filters, words=_FILTER_WORDS),
    Rule(make=_hum, words=_FAULT_WORDS, amount="k?hz|hertz|cycles?"),
    Rule(make=_clicks, words=_FAULT_WORDS),
    Rule(make=_gaps, words=_FAULT_WORDS),
    Rule(make=_rumble, words=_FAULT_WORDS, amount="hz|hertz"),
    Rule(make=_noise, words=_FAULT_WORDS, amount="db|decibels?"),
    Rule(make=_fading, words=_FADE_WORDS, amount=SECONDS),
    Rule(make=_replacing, words=r".+"),
)
LEVELS = (
    Rule(make=_levels, words=_LEVEL_WORDS, amount="db(?:fs|tp)?|decibels?|lufs|lkfs|", numbers=2),
    Rule(make=_muting, words="mut(?:e|ed)|silen(?:t|ce)"),
    Rule(make=_volume, words=_VOLUME_WORDS, amount="db|decibels?"),
    Rule(make=_room, words=_SPACE_WORDS),
    Rule(make=_width, words=_SPACE_WORDS, amount="%|per ?cent"),
    Rule(make=_pan, words=_SPACE_WORDS, amount="%|per ?cent"),
    Rule(make=_distance, words=_SPACE_WORDS, amount="m|met(?:re|er)s?|ft|feet|foot"),
)
"""Both in the order in which they are tried."""
