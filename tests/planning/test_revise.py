"""Follow-ups: what changes, what stays, what is refused."""

from __future__ import annotations

import pytest
from fake_sounds import natural
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PromptEmpty, PromptNotMatched
from engine.plan import Outline, Step
from engine.planning import rules
from engine.planning.revise import revised

FIRST = "a dog barks, then a cat meows, then a bell rings, with rain in the background"


@pytest.fixture
def plan() -> Outline:
    made = rules.outline(FIRST, None, natural)
    assert [(s.id, s.text, s.start_seconds) for s in made.steps] == [
        ("s1", "dog barks", 0.0),
        ("s2", "cat meows", 1.0),
        ("s3", "bell rings", 2.0),
        ("s4", "rain", 0.0),
    ]
    return made


def follow(plan: Outline, prompt: str, duration: float | None = None) -> Outline:
    return revised(plan, prompt, duration, natural)


def changes(before: Outline, after: Outline) -> dict[str, dict[str, object]]:
    """Id to what differs; a new step whole, without defaults; a removed one as nothing at all."""
    old = {step.id: step for step in before.steps}
    found: dict[str, dict[str, object]] = {}
    for step in after.steps:
        if step.id not in old:
            found[step.id] = step.model_dump(exclude_defaults=True, exclude={"id"})
        elif step != old[step.id]:
            mine, theirs = step.model_dump(), old[step.id].model_dump()
            found[step.id] = {name: value for name, value in mine.items() if value != theirs[name]}
    return found | {gone: {} for gone in old if gone not in {step.id for step in after.steps}}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("remove the cat", {"s2": {}}),
        ("no rain", {"s4": {}}),
        ("delete the dog and the bell", {"s1": {}, "s3": {}}),
        ("make the rain louder", {"s4": {"gain_db": 4.0}}),
        ("the rain a bit softer", {"s4": {"gain_db": -2.0}}),
        ("turn down the bell by 3 dB", {"s3": {"gain_db": -3.0}}),
        ("bell much louder", {"s3": {"gain_db": 8.0}}),
        ("make it four bells", {"s3": {"count": 4}}),
        ("make the bells four", {"s3": {"count": 4}}),
        ("louder", {f"s{i}": {"gain_db": 4.0} for i in (1, 2, 3, 4)}),
        ("make everything softer", {f"s{i}": {"gain_db": -4.0} for i in (1, 2, 3, 4)}),
        (
            "make the dog bark twice",
            {"s1": {"count": 2}, "s2": {"start_seconds": 1.5}, "s3": {"start_seconds": 2.5}},
        ),
        ("make the bell ring 3 times every 2 seconds", {"s3": {"count": 3, "interval_seconds": 2.0}}),
        ("three bells", {"s3": {"count": 3}}),
        ("move the bell to 3 s", {"s3": {"start_seconds": 3.0}}),
        ("move the bell to 00:04", {"s3": {"start_seconds": 4.0}}),
        ("move the cat half a second later", {"s2": {"start_seconds": 1.5}}),
        ("move the cat 5 seconds earlier", {"s2": {"start_seconds": 0.0}}),
        ("pan the dog to the left", {"s1": {"pan": -0.6}}),
        ("put the cat in the background", {"s2": {"layer": "background"}}),
        ("replace the cat with a hammer", {"s2": {"text": "hammer"}}),
        ("change the cat to two gunshots", {"s2": {"text": "gunshots", "count": 2}}),
        ("make the bell bigger", {"s3": {"text": "big bell rings"}}),
        ("make the bell wooden", {"s3": {"text": "wooden bell rings"}}),
        ("make the bell bigger and softer", {"s3": {"text": "big bell rings", "gain_db": -4.0}}),
        ("make the rain last 4 s", {"s4": {"length_seconds": 4.0}}),
        ("make the dog faster", {"s1": {"params": {"pace": 1.4}}}),
        ("add wind", {"s5": {"text": "wind", "start_seconds": 0.0, "layer": "background"}}),
        ("please also add some thunder", {"s5": {"text": "thunder", "start_seconds": 3.0}}),
        ("add thunder at 2 s", {"s5": {"text": "thunder", "start_seconds": 2.0}}),
        ("add thunder after the dog", {"s5": {"text": "thunder", "start_seconds": 1.0}}),
        ("add thunder with the cat", {"s5": {"text": "thunder", "start_seconds": 1.0}}),
        ("add thunder before the bell", {"s5": {"text": "thunder", "start_seconds": 1.0}}),
        ("add thunder at the end", {"s5": {"text": "thunder", "start_seconds": 3.0}}),
        ("make it thunder", {"s5": {"text": "thunder", "start_seconds": 3.0}}),
        ("an owl hoots", {"s5": {"text": "owl hoots", "start_seconds": 3.0}}),
        (
            "add a knock then a splash",
            {"s5": {"text": "knock", "start_seconds": 3.0}, "s6": {"text": "splash", "start_seconds": 4.0}},
        ),
        (
            "add wind, remove the cat and make the rain louder",
            {
                "s2": {},
                "s4": {"gain_db": 4.0},
                "s5": {"text": "wind", "start_seconds": 0.0, "layer": "background"},
            },
        ),
    ],
)
def test_what_changes_and_nothing_else(plan: Outline, prompt: str, expected: dict[str, object]) -> None:
    assert changes(plan, follow(plan, prompt)) == expected


def test_all_in_half_the_time(plan: Outline) -> None:
    made = follow(plan, "twice as fast")
    assert [step.start_seconds for step in made.steps] == [0.0, 0.5, 1.0, 0.0]


def test_repeats_come_faster_by_their_interval() -> None:
    plan = rules.outline("four knocks", None, natural)
    assert follow(plan, "twice as fast").steps[0].interval_seconds == 0.25
    assert follow(plan, "half as fast").steps[0].interval_seconds == 1.0


def test_the_whole_gets_a_length(plan: Outline) -> None:
    assert follow(plan, "make it 10 seconds").length_seconds == 10
    assert follow(plan, "make it 10 seconds long").steps == plan.steps
    assert follow(plan, "louder", duration=6).length_seconds == 6


def test_the_end_is_where_a_told_length_ends(plan: Outline) -> None:
    made = follow(follow(plan, "make it 10 seconds"), "add thunder at the end")
    assert made.steps[-1].start_seconds == 9.0


def test_levels_stay_within_bounds(plan: Outline) -> None:
    for _ in range(20):
        plan = follow(plan, "much louder")
    assert {step.gain_db for step in plan.steps} == {12.0}
    Outline.read(plan.model_dump_json())


def test_a_step_is_known_by_other_words_for_it(plan: Outline) -> None:
    assert changes(plan, follow(plan, "remove the barking dogs")) == {"s1": {}}


@pytest.mark.parametrize(
    "prompt",
    ["remove the helicopter", "make the helicopter louder", "move the helicopter to 3 s", "replace the owl with a dog"],
)
def test_what_is_not_there_is_refused_with_what_is(plan: Outline, prompt: str) -> None:
    with pytest.raises(PromptNotMatched) as caught:
        follow(plan, prompt)
    assert caught.value.field == "prompt"
    for step in plan.steps:
        assert repr(step.text) in caught.value.sentence


def test_one_sound_is_not_taken_for_another_that_shares_a_word() -> None:
    plan = rules.outline("a car passes", None, natural)
    with pytest.raises(PromptNotMatched, match="car horn"):
        follow(plan, "remove the car horn")


@pytest.mark.parametrize("prompt", ["make it purple", "what is this", "hmm"])
def test_what_changes_nothing_is_refused_with_examples(plan: Outline, prompt: str) -> None:
    with pytest.raises(PromptNotMatched, match="add rain"):
        follow(plan, prompt)


def test_a_plan_is_never_left_empty(plan: Outline) -> None:
    with pytest.raises(PromptNotMatched, match="nothing is left"):
        follow(plan, "remove everything")


def test_an_old_warning_is_not_told_again(plan: Outline) -> None:
    warned = plan.model_copy(update={"warnings": ("old",)})
    assert follow(warned, "louder").warnings == ()


WORDS = (
    "add remove make move replace pan louder softer the dog cat bell rain with to 3 s twice and , left at end as fast"
)


@given(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=12))
def test_any_words_make_a_valid_outline_or_a_clear_refusal(words: list[str]) -> None:
    plan = rules.outline(FIRST, None, natural)
    try:
        made = follow(plan, " ".join(words))
    except (PromptNotMatched, PromptEmpty):
        return
    assert Outline.read(made.model_dump_json()) == made
    assert len({step.id for step in made.steps}) == len(made.steps)
    assert all(isinstance(step, Step) for step in made.steps)
