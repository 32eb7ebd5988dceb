"""Words to steps: one row a prompt.

Sounds that happen last 1 s and repeat every 0.5 s here, beds 8 s; see ``fake_sounds``.
"""

from __future__ import annotations

import doctest
import itertools
from types import ModuleType

import pytest
from fake_sounds import natural
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import PromptEmpty
from engine.plan import Outline, Step
from engine.planning import changes, clauses, lexicon, numbers, rules

BED = {"layer": "background"}


def outline(prompt: str, duration: float | None = None) -> Outline:
    return rules.outline(prompt, duration, natural)


def said(step: Step) -> dict[str, object]:
    """What a step says beyond its id, text and start."""
    left_out = {"id", "text", "start_seconds", "params"}
    return step.model_dump(exclude_defaults=True, exclude=left_out)


Expected = tuple[str, float, dict[str, object]]
ROWS: list[tuple[str, list[Expected]]] = [
    # one sound
    ("a heavy oak door slams", [("heavy oak door slams", 0, {})]),
    ("Please create the sound of a distant bell.", [("distant bell", 0, {})]),
    ("a heavy, slow door slam, a bit dry", [("heavy, slow door slam, a bit dry", 0, {})]),
    ("a door opens and closes", [("door opens and closes", 0, {})]),
    ("thunder and lightning", [("thunder and lightning", 0, {})]),
    ("hitting a nail with a hammer", [("hitting a nail with a hammer", 0, {})]),
    ("In a cathedral, a bell rings", [("bell rings in a cathedral", 0, {})]),
    ("a 4 cylinder engine idling", [("4 cylinder engine idling", 0, {})]),
    ("a two-tone siren", [("two-tone siren", 0, {})]),
    ("footsteps next to a wall", [("footsteps next to a wall", 0, {})]),
    # one after another
    ("a dog barks then a cat meows", [("dog barks", 0, {}), ("cat meows", 1, {})]),
    ("A dog barks, and then a cat meows.", [("dog barks", 0, {}), ("cat meows", 1, {})]),
    ("a knock followed by footsteps", [("knock", 0, {}), ("footsteps", 1, {})]),
    (
        "a door creaks, after that footsteps, and finally a gunshot",
        [("door creaks", 0, {}), ("footsteps", 1, {}), ("gunshot", 2, {})],
    ),
    ("a knock, a door creak and footsteps", [("knock", 0, {}), ("door creak", 1, {}), ("footsteps", 2, {})]),
    ("a dog barks. A bell rings.", [("dog barks", 0, {}), ("bell rings", 1, {})]),
    ("a dog barks before a bell rings", [("dog barks", 0, {}), ("bell rings", 1, {})]),
    ("Before the bell rings, a dog barks", [("dog barks", 0, {}), ("bell rings", 1, {})]),
    ("a dog barks after a door slams", [("door slams", 0, {}), ("dog barks", 1, {})]),
    ("After a door slams, a dog barks", [("door slams", 0, {}), ("dog barks", 1, {})]),
    ("a dog barks preceded by a bell", [("bell", 0, {}), ("dog barks", 1, {})]),
    ("three knocks then a bell", [("knocks", 0, {"count": 3}), ("bell", 2, {})]),
    ("rain then thunder", [("rain", 0, {"length_seconds": 8}), ("thunder", 8, {})]),
    # at told times
    ("a dog barks, then after 3 s a cat meows", [("dog barks", 0, {}), ("cat meows", 3, {})]),
    ("a dog barks. 3 seconds later a cat meows", [("dog barks", 0, {}), ("cat meows", 3, {})]),
    ("a dog barks and after 2 s a cat meows", [("dog barks", 0, {}), ("cat meows", 2, {})]),
    ("rain for 4 s, 3 seconds later thunder", [("rain", 0, {"length_seconds": 4}), ("thunder", 7, {})]),
    ("three knocks, 3 seconds later a bell", [("knocks", 0, {"count": 3}), ("bell", 5, {})]),
    ("glass breaks, 0.5 s of silence, then an explosion", [("glass breaks", 0, {}), ("explosion", 1.5, {})]),
    ("a dog barks, a long pause, a cat meows", [("dog barks", 0, {}), ("cat meows", 4, {})]),
    ("wait 2 seconds, then a dog barks", [("dog barks", 2, {})]),
    ("a dog barks at 2.5 s and a bell rings at 00:04", [("dog barks", 2.5, {}), ("bell rings", 4, {})]),
    ("at 1 s, a dog barks, at 1:02.5, a bell", [("dog barks", 1, {}), ("bell", 62.5, {})]),
    ("a dog barks from 2 s to 5 s", [("dog barks", 2, {"length_seconds": 3})]),
    # at once
    ("a dog barks while a cat meows", [("dog barks", 0, {}), ("cat meows", 0, {})]),
    ("a dog barks as a cat meows", [("dog barks", 0, {}), ("cat meows", 0, {})]),
    ("a dog barks and a cat meows", [("dog barks", 0, {}), ("cat meows", 0, {})]),
    ("a dog barks, at the same time a bell rings", [("dog barks", 0, {}), ("bell rings", 0, {})]),
    ("a knock then a dog barks while a cat meows", [("knock", 0, {}), ("dog barks", 1, {}), ("cat meows", 1, {})]),
    # over and under
    ("a dog barks while rain falls", [("dog barks", 0, {}), ("rain falls", 0, BED)]),
    ("While it rains, a dog barks twice", [("rains", 0, BED), ("dog barks", 0, {"count": 2})]),
    ("footsteps in the rain", [("footsteps", 0, {}), ("rain", 0, BED)]),
    ("thunder over heavy rain", [("thunder", 0, {}), ("heavy rain", 0, BED)]),
    ("a dog barking with birds in the background", [("dog barking", 0, {}), ("birds", 0, BED)]),
    ("a knock, footsteps, rain", [("knock", 0, {}), ("footsteps", 1, {}), ("rain", 0, BED)]),
    ("a knock then a dog barks while it rains", [("knock", 0, {}), ("dog barks", 1, {}), ("rains", 0, BED)]),
    ("rain, wind and a stream", [("rain", 0, BED), ("wind", 0, BED), ("stream", 0, BED)]),
    ("rain falls. A dog barks. Thunder.", [("rain falls", 0, BED), ("dog barks", 0, {}), ("thunder", 1, {})]),
    ("birds in the foreground with wind", [("birds", 0, {}), ("wind", 0, BED)]),
    ("room tone", [("room tone", 0, BED)]),
    # how often, how long
    ("a man knocks twice", [("man knocks", 0, {"count": 2})]),
    ("a couple of gunshots", [("gunshots", 0, {"count": 2})]),
    ("a few gunshots", [("gunshots", 0, {"count": 3})]),
    ("several explosions in the distance", [("explosions in the distance", 0, {"count": 4})]),
    ("a burst of three gunshots", [("gunshots", 0, {"count": 3})]),
    ("two birds", [("birds", 0, BED)]),
    ("rain for 10 seconds", [("rain", 0, {"length_seconds": 10} | BED)]),
    ("a 4 s helicopter", [("helicopter", 0, {"length_seconds": 4})]),
    ("a 10-second-long siren", [("siren", 0, {"length_seconds": 10})]),
    ("a ten-second helicopter", [("helicopter", 0, {"length_seconds": 10})]),
    ("half a minute of rain", [("rain", 0, {"length_seconds": 30} | BED)]),
    ("knocks every 2 seconds for 10 seconds", [("knocks", 0, {"count": 5, "interval_seconds": 2})]),
    ("a bell every 3 seconds", [("bell", 0, {"count": 4, "interval_seconds": 3})]),
    ("three bells 2 seconds apart", [("bells", 0, {"count": 3, "interval_seconds": 2})]),
    ("a dog barks for 2 seconds", [("dog barks", 0, {"count": 4})]),
    # where, how loud
    (
        "a dog barks from the left, then a cat on the right",
        [("dog barks", 0, {"pan": -0.6}), ("cat", 1, {"pan": 0.6})],
    ),
    (
        "three footsteps from left to right",
        [("footsteps", 0, {"pan": -0.8}), ("footsteps", 0.5, {}), ("footsteps", 1, {"pan": 0.8})],
    ),
    (
        "a quiet bell and a deafening explosion",
        [("bell", 0, {"gain_db": -9}), ("explosion", 0, {"gain_db": 9})],
    ),
    ("faint thunder", [("thunder", 0, {"gain_db": -12})]),
    ("a soft knock", [("soft knock", 0, {})]),
    # what is not wanted
    ("rain, no music", [("rain", 0, BED)]),
    ("night forest without birds or wind, but an owl hoots", [("night forest", 0, BED), ("owl hoots", 0, {})]),
    ("rain but no thunder", [("rain", 0, BED)]),
    ("no birds, just rain", [("rain", 0, BED)]),
    # what nothing makes stays, so that it can be told
    ("a spaceship warps and a dog barks", [("spaceship warps", 0, {}), ("dog barks", 0, {})]),
    ("a dog barks, a spaceship warps past", [("dog barks", 0, {}), ("spaceship warps past", 1, {})]),
    # captions of AudioCaps (Kim et al., 2019)
    (
        "Ocean waves crashing as birds chirp followed by a gunshot",
        [("ocean waves crashing", 0, BED), ("birds chirp", 0, BED), ("gunshot", 0, {})],
    ),
    (
        "Digital beeps repeating then a person speaks",
        [("digital beeps repeating", 0, {}), ("person speaks", 1, {})],
    ),
    (
        "A motor is humming and a loud horn is honked",
        [("motor is humming", 0, {}), ("horn is honked", 0, {"gain_db": 4})],
    ),
    (
        "Footsteps shuffling followed by a cat meowing and then a toilet flushing",
        [("footsteps shuffling", 0, {}), ("cat meowing", 1, {}), ("toilet flushing", 2, {})],
    ),
    (
        "A man speaks as rain falls and distant thunder roars",
        [("man speaks", 0, {}), ("rain falls", 0, BED), ("distant thunder roars", 0, {})],
    ),
    (
        "A truck engine running followed by a truck horn honking",
        [("truck engine running", 0, {"length_seconds": 8}), ("truck horn honking", 8, {})],
    ),
]


@pytest.mark.parametrize(("prompt", "expected"), ROWS, ids=[prompt for prompt, _ in ROWS])
def test_prompt(prompt: str, expected: list[Expected]) -> None:
    steps = outline(prompt).steps
    assert [(step.text, step.start_seconds, said(step)) for step in steps] == expected
    assert [step.id for step in steps] == [f"s{i + 1}" for i in range(len(steps))]


@pytest.mark.parametrize("prompt", ["no music", "without birds and wind", "no rain, no wind.", "but not a dog"])
def test_a_prompt_that_only_forbids_is_empty(prompt: str) -> None:
    with pytest.raises(PromptEmpty, match="left out"):
        outline(prompt)


@pytest.mark.parametrize("prompt", ["then", "3 seconds", "loudly, from the left", "and with the", "...", "at 2 s"])
def test_a_prompt_without_a_sound_is_empty(prompt: str) -> None:
    with pytest.raises(PromptEmpty):
        outline(prompt)


def test_what_is_left_out_is_told() -> None:
    assert outline("a dog barks, no music or birds").warnings == ("Left out, as asked: music, birds.",)


def test_one_is_one() -> None:
    assert outline("one knock").steps[0].params == {"count": 1.0}
    assert outline("a dog barks once").steps[0].params == {"count": 1.0}
    assert outline("a knock").steps[0].params == {}


def test_a_single_sound_does_not_move_and_says_so() -> None:
    assert "stays where it begins" in outline("an explosion from left to right").warnings[0]


def test_beds_of_a_sequence_give_way_to_the_duration() -> None:
    made = outline("rain then thunder", 6)
    assert [(s.start_seconds, s.length_seconds) for s in made.steps] == [(0, 5), (5, None)]
    assert made.length_seconds == 6
    assert made.warnings == ()


def test_what_does_not_fit_comes_faster_and_says_so() -> None:
    made = outline("a dog barks then a cat meows then a bell then thunder", 2)
    assert [s.start_seconds for s in made.steps] == [0, 0.5, 1, 1.5]
    assert "2 s" in made.warnings[0]


def test_told_times_stay_in_a_short_duration() -> None:
    assert [s.start_seconds for s in outline("a dog barks, a bell at 3 s", 2).steps] == [0, 3]


def test_every_fills_the_duration() -> None:
    assert outline("a bell every 3 seconds", 10).steps[0].count == 4
    assert outline("a bell every 3 seconds", 9).steps[0].count == 3


def test_more_steps_than_a_plan_holds_are_cut_and_told() -> None:
    made = outline(" then ".join(["a dog barks", "a bell"] * 40))
    assert len(made.steps) == 64
    assert "64 of 80" in made.warnings[0]


WORDS = sorted(
    {
        *itertools.chain.from_iterable(itertools.chain(lexicon.LINKS, lexicon.FILLER, lexicon.GAIN_DB, lexicon.PANS)),
        *itertools.chain.from_iterable(itertools.chain(lexicon.NEGATIONS, lexicon.PAUSES, lexicon.LAYERS)),
        *lexicon.COUNTS, *lexicon.UNITS, *lexicon.TIMES, *lexicon.GROUPS,
        *("rain", "dog", "barks", "door", "knocks", "spaceship", "bell", "2.5", "00:03", "7", "every", "apart", "-"),
    }
)  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25), st.none() | st.floats(0.02, 3_600))
def test_any_words_make_an_outline_or_are_empty(words: list[str], duration: float | None) -> None:
    try:
        made = outline(" ".join(words), duration)
    except PromptEmpty:
        return
    assert len({step.id for step in made.steps}) == len(made.steps)
    assert all(any(c.isalnum() for c in step.text) for step in made.steps)


@given(st.text(max_size=200))
@example("-;0")  # nothing before the first clause, which is joined to it all the same
def test_any_text_makes_an_outline_or_is_empty(text: str) -> None:
    try:
        made = outline(text)
    except PromptEmpty:
        return
    assert Outline.read(made.model_dump_json()) == made


@pytest.mark.parametrize("module", [changes, clauses, numbers])
def test_the_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
