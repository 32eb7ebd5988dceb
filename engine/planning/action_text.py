"""Actions from their text, as a script sends it and a person writes it; the text of an action is ``str`` of it."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence

from engine.action import ACTIONS, MAX_ACTIONS, Action
from engine.errors import BadArgument


def parse_actions(text: str) -> tuple[Action, ...]:
    """Actions from their text.

    Raises
    ------
    BadArgument
        With the number and name of the action that is wrong, and what would be right.

    >>> [str(action) for action in parse_actions("denoise; speed factor=0.9; volume envelope=0:0,2.5:3")]
    ['denoise', 'speed factor=0.9', 'volume envelope=0:0,2.5:3']
    """
    pieces = [piece for piece in _pieces(text) if piece]
    if not pieces:
        raise BadArgument("There is nothing to do: name an action, or say what to do in words.", field="do")
    if len(pieces) > MAX_ACTIONS:
        raise BadArgument(f"There are {len(pieces)} actions, at most {MAX_ACTIONS} are taken.", field="do")
    return tuple(_action(piece) for piece in pieces)


def are_actions(text: str) -> bool:
    """Whether a text is meant as actions, right or wrong, and not as words: each piece is a name, with pairs or alone.

    >>> are_actions("volume gain=3"), are_actions("volume up a bit"), are_actions("denoise")
    (True, False, True)
    """
    try:
        pieces = [piece for piece in _pieces(text) if piece]
    except BadArgument:
        return False
    return bool(pieces) and all(
        (piece[0].lower() in ACTIONS or len(piece) > 1) and all("=" in word for word in piece[1:]) for piece in pieces
    )


def _pieces(text: str) -> list[list[str]]:
    """Words of each action; a semicolon or a new line ends one, quotes hold words together."""
    lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=";")
    lexer.whitespace_split, lexer.commenters = True, ""
    pieces: list[list[str]] = [[]]
    try:
        for word in lexer:
            if word.strip(";"):
                pieces[-1].append(word)
            else:
                pieces.append([])
    except ValueError:
        raise BadArgument("A quote is opened and not closed.", field="do") from None
    return pieces


def _action(words: Sequence[str]) -> Action:
    name = words[0].lower()
    kind = ACTIONS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, ACTIONS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(ACTIONS)}."
        raise BadArgument(f"There is no action {words[0][:64]!r}; {hint}", field="do")
    values: dict[str, object] = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals or key not in kind.model_fields:
            keys = ", ".join(f"{key}=..." for key in kind.model_fields) or "none"
            raise BadArgument(f"{name}: {word[:64]!r} is none of its parameters ({keys}).", field="do")
        if key in values:
            raise BadArgument(f"{name}: {key!r} is given twice.", field="do")
        values[key] = _pairs(value) if key in _POINTS else value
    try:
        return kind.read(values)
    except BadArgument as error:
        raise BadArgument(f"{name}: {error.sentence}", field="do") from None


_POINTS = frozenset({"anchors", "envelope", "weights"})


def _pairs(text: str) -> list[list[str]]:
    pairs = [pair.split(":") for pair in text.split(",")]
    if any(len(pair) != 2 for pair in pairs):
        raise BadArgument(f"{text[:64]!r} is not written in pairs, like 0.5:3,2:6.", field="do")
    return pairs
