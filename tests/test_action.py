"""Actions are written and read the same; what is wrong is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.action import ACTIONS, Action, Fill, Pitch, Speed, Volume, Warp
from engine.errors import BadArgument
from engine.planning.action_text import are_actions, parse_actions

EXAMPLES: tuple[Action, ...] = (
    Speed(factor=0.9),
    Speed(length_seconds=5.25),
    Pitch(semitones=-3),
    Volume(gain_db=-120),
    Volume(envelope=((0, 0), (2.5, 3.25))),
    Warp(anchors=((0.5, 0.52), (1.2, 1.1))),
    Fill(text="a dog; barks = 'twice' \"now\""),
    Fill(),
)


@pytest.mark.parametrize("action", EXAMPLES, ids=str)
def test_an_action_is_read_as_it_was_written(action: Action) -> None:
    assert parse_actions(str(action)) == (action,)
    assert are_actions(str(action))


def test_a_list_in_lines_or_semicolons() -> None:
    wanted = (ACTIONS["denoise"](), Speed(factor=0.9))
    assert parse_actions("denoise; speed factor=0.9") == wanted
    assert parse_actions("denoise\n\n speed   factor=0.9 ;;") == wanted
    assert parse_actions(" ; ".join(map(str, wanted))) == wanted


@given(st.text(max_size=80))
def test_any_text_is_actions_or_a_clear_error(text: str) -> None:
    told = ""
    try:
        actions = parse_actions(text)
    except BadArgument as error:
        told = error.sentence
    assert told.endswith((".", "?")) if told else parse_actions("; ".join(map(str, actions))) == actions


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vollume gain_db=3", "did you mean 'volume'"),
        ("volume gain=3", "gain_db="),
        ("volume gain_db=loud", "number"),
        ("volume gain_db=90", "48"),
        ("volume", "one of gain_db"),
        ("fade", "nothing would change"),
        ("trim start_seconds=0", "nothing would change"),
        ("volume gain_db=3 loudness_lufs=-23", "one of"),
        ("volume gain_db=3 gain_db=4", "twice"),
        ("volume envelope=1,2", "pairs"),
        ("volume envelope=1:0,0.5:3", "rise"),
        ("volume envelope=0:500", "120"),
        ("warp anchors=0.5:1,0.7:0.9", "rise"),
        ("warp", "anchors"),
        ("speed factor=9", "4"),
        ("speed", "one of factor"),
        ("pitch semitones=nan", "finite"),
        ('fill text="open', "quote"),
        ("; ;", "nothing to do"),
        ("denoise;" * 65, "64"),
    ],
)
def test_what_is_wrong_is_said(text: str, told: str) -> None:
    with pytest.raises(BadArgument, match=told):
        parse_actions(text)


@pytest.mark.parametrize(
    "text", ["remove the hum", "volume up a bit", "make it purple", "", "denoise it", "3 dB louder"]
)
def test_words_are_no_actions(text: str) -> None:
    assert not are_actions(text)


def test_a_misspelt_name_with_parameters_is_meant_as_an_action() -> None:
    assert are_actions("vollume gain_db=3; denoise")


def test_every_action_says_what_it_does() -> None:
    for name, kind in ACTIONS.items():
        assert kind.__doc__
        assert kind.__doc__.strip().endswith("."), name
        assert all(field.description for field in kind.model_fields.values()), name


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("denoise", 4.0),
        ("speed factor=2", 2.0),
        ("speed length_seconds=5", 5.0),
        ("trim start_seconds=1", 3.0),
        ("trim start_seconds=1 length_seconds=2", 2.0),
        ("trim length_seconds=9", 4.0),
        ("trim start_seconds=5", 0.0),
        ("loop crossfade_seconds=1", 3.0),
        ("loop crossfade_seconds=60", 2.0),
        ("extend length_seconds=60", 60.0),
    ],
)
def test_an_action_tells_how_long_the_sound_becomes(text: str, seconds: float) -> None:
    (action,) = parse_actions(text)
    assert action.length_after(4.0) == pytest.approx(seconds)
