"""The Universal Category System: every row, and finding one by words."""

from __future__ import annotations

import doctest

import pytest

from engine import ucs


def test_every_category_is_there() -> None:
    rows = ucs.categories()
    assert len(rows) == 753
    assert len({row.category for row in rows.values()}) == 82
    row = rows["DOORWood"]
    assert (row.cat_id, row.category, row.subcategory, row.short) == ("DOORWood", "DOORS", "WOOD", "DOOR")
    assert all(key == row.cat_id and row.category for key, row in rows.items())
    assert all(synonym == synonym.strip() != "" for row in rows.values() for synonym in row.synonyms)


@pytest.mark.parametrize("text", ["doorwood", "DOOR", "", " DOORWood", "FEETHmn.wav"])
def test_an_id_is_an_id_to_the_letter(text: str) -> None:
    assert ucs.is_cat_id("FEETHmn")
    assert not ucs.is_cat_id(text)


@pytest.mark.parametrize(
    ("words", "cat_id"),
    [
        ("wooden door slam", "DOORWood"),
        ("thunder", "THUN"),
        ("helicopter flying over", "AEROHeli"),
        ("a dog barks", "ANMLDog"),
        ("church bells ringing", "BELLLrg"),
        ("glass breaking", "GLASBrk"),
        ("footsteps of a human", "FEETHmn"),
        ("clock ticking", "CLOCKTick"),
        ("applause", "CRWDApls"),
    ],
)
def test_words_find_their_category(words: str, cat_id: str) -> None:
    assert cat_id in [found.cat_id for found in ucs.search(words, 3)]


@pytest.mark.parametrize("words", ["footsteps", "cloth", "prop", "feet walking"])
def test_foley_is_for_those_who_say_so(words: str) -> None:
    plain = [found.cat_id for found in ucs.search(words, 50)]
    assert not any(cat_id.startswith(ucs.FOLEY_PREFIX) for cat_id in plain)
    foley = [found.cat_id for found in ucs.search(f"foley {words}", 50)]
    assert any(cat_id.startswith(ucs.FOLEY_PREFIX) for cat_id in foley)


def test_scores_fall_and_lie_between_nothing_and_all() -> None:
    scores = [found.score for found in ucs.search("heavy wooden door creaks in the wind", 50)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert len(ucs.search("door", 2)) == 2


@pytest.mark.parametrize("words", ["", "   ", "qwxzv", "the of and", "!?"])
def test_nothing_finds_nothing(words: str) -> None:
    assert ucs.search(words) == ()


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(ucs)
    assert result.attempted > 0
    assert result.failed == 0
