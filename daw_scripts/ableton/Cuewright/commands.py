"""The command line: ``edit remove the hum takes=2`` to a command. The same words do in a name and by OSC.

Knows the verbs and which settings of a request each takes (the keys of OSC.md); it knows neither Live nor the engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

from .refused import Refused

Verb = Literal["generate", "compose", "locators", "edit", "align", "more", "again", "cancel", "status", "help"]
View = Literal["arrangement", "session"]

HELP = (
    "Name a track or a locator 'cw a heavy door slams'. Also: cw compose WORDS (video), cw locators WORDS, "
    "cw edit remove the hum (selected clip), cw align (it to the video), cw more, cw again, cw cancel, cw status."
)

_MAKING = ("takes", "seed", "backend", "planner", "preset", "channels", "duration", "track", "delivery_safe")
_CUEING = ("spot", "sensitivity", "evenly", "ambience")
KEYS: dict[Verb, tuple[str, ...]] = {
    "generate": _MAKING,
    "compose": (*_MAKING, *_CUEING, "video", "video_offset", "video_rate", "cue_sheet", "sheet_frame_rate"),
    "locators": (*_MAKING, *_CUEING),
    "edit": ("takes", "seed", "backend", "planner"),  # any other 'word=' belongs to an action, such as 'factor=0.9'
    "align": ("threshold", "cycles", "planner", "judge", "seed", "video", "video_offset", "video_rate"),
    "more": ("takes", "seed"),
}
_WHOLE = {"takes", "seed", "channels", "evenly", "cycles"}
_NUMBERS = {"duration", "sensitivity", "threshold", "video_offset", "video_rate"}
_SWITCHES = {"delivery_safe"}
_TRUE, _FALSE = {"yes", "true", "on", "1"}, {"no", "false", "off", "0"}

_NAMED = re.compile(r"\s*(?:cw|cuewright)(?:\s*:\s*|\s+)(?P<line>\S.*)", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile(r"(?<!\S)(?P<key>[a-z_]+)=(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>\S+))")

Setting = str | int | float | bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What the user wants: a verb, words, settings of the request by name, and where it should land."""

    verb: Verb
    words: str = ""
    settings: tuple[tuple[str, Setting], ...] = ()
    view: View | None = None

    def setting(self, key: str) -> Setting | None:
        """The value given for a key, if any."""
        return dict(self.settings).get(key)

    def without(self, *keys: str) -> Command:
        """The same command less some settings."""
        return replace(self, settings=tuple(pair for pair in self.settings if pair[0] not in keys))


def in_name(name: str) -> str | None:
    """The command line in the name of a track or a locator: what follows ``cw``; None in any other name."""
    found = _NAMED.fullmatch(name)
    return found["line"].strip() if found else None


def parse(line: str) -> Command:
    """Read a command line. Words that begin with no verb are what should be heard.

    Raises
    ------
    Refused
        For a setting whose value cannot be what it should.

    Examples
    --------
    >>> parse('rain on a tin roof takes=3')
    Command(verb='generate', words='rain on a tin roof', settings=(('takes', 3),), view=None)
    """
    first, _, rest = line.strip().partition(" ")
    verbs: dict[str, Verb] = {verb: verb for verb in get_args(Verb)}
    verb = verbs.get(first.lower().rstrip(":"))
    words = rest if verb else line
    verb = verb or "generate"
    found: dict[str, Setting] = {}
    view: View | None = None

    def take(pair: re.Match[str]) -> str:
        nonlocal view
        key, text = pair["key"], pair["quoted"] if pair["quoted"] is not None else pair["bare"]
        if key == "view":
            view = _view(text)
        elif key in KEYS.get(verb, ()):
            found[key] = _value(key, text)
        else:
            return pair[0]  # words after all
        return ""

    words = _PAIR.sub(take, words)
    return Command(verb=verb, words=" ".join(words.split()), settings=tuple(found.items()), view=view)


def _view(text: str) -> View:
    for view in get_args(View):
        if text.lower() == view:
            return view  # type: ignore[no-any-return] # get_args forgets that it is one
    raise Refused(f"view={text} is unknown: say view=arrangement or view=session.")


def _value(key: str, text: str) -> Setting:
    try:
        if key in _WHOLE:
            return int(text)
        if key in _NUMBERS:
            return float(text)
    except ValueError:
        kind = "a whole number" if key in _WHOLE else "a number"
        raise Refused(f"{key}={text} cannot be: {key} is {kind}, such as {key}=2.") from None
    if key not in _SWITCHES:
        return text
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise Refused(f"{key}={text} cannot be: say {key}=yes or {key}=no.")
