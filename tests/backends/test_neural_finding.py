"""What a model that takes any words answers: a name, how long, whether it lasts, how sure."""

from __future__ import annotations

import pytest

from engine.backends.base import MATCHED
from engine.backends.neural.finding import BED_SECONDS, LENGTH_SECONDS, matched


def test_a_name_is_of_the_words_that_tell() -> None:
    (found,) = matched("the flurbity of a grmpf in an old wooden house by the sea", "m", {})
    assert found.label == "Flurbity Grmpf Old Wooden"
    (small,) = matched("of the", "m", {})
    assert small.label == "Of The"
    assert matched("... !", "m", {}) == ()


def test_what_it_accepts_and_who_makes_it_is_handed_on() -> None:
    (found,) = matched("a dog barks", "model-1", {"steps": (1.0, 200.0)})
    assert (found.sources, found.accepts) == (("model-1",), {"steps": (1.0, 200.0)})


@pytest.mark.parametrize(
    ("words", "lasts"), [("a dog barks", False), ("heavy rain", True), ("blizzard wind howling", True)]
)
def test_what_lasts(words: str, lasts: bool) -> None:
    (found,) = matched(words, "m", {})
    assert found.sustained is lasts
    assert found.score >= MATCHED


def test_words_that_nobody_knows_are_no_sure_answer() -> None:
    (found,) = matched("qwxzv flurbity", "m", {})
    assert found.score < MATCHED
    assert (found.sustained, found.length_seconds, found.category) == (False, LENGTH_SECONDS, "DSGNMisc")
    assert BED_SECONDS > LENGTH_SECONDS
