"""Open question 2: the scores on plans that are known, then the planners on real captions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import run
from engine.errors import PlannerFailed
from engine.evaluation.planner_scores import covered, in_order, invented, measure_planners, telling
from engine.handle import Handle
from engine.plan import Outline, Step

CAPTION = "A dog barks followed by a man laughing and then doors slam"


def outline(*steps: tuple[str, float]) -> Outline:
    made = (Step(id=f"s{k}", text=text, start_seconds=start) for k, (text, start) in enumerate(steps))
    return Outline(steps=tuple(made))


FULL = outline(("dog barking", 0), ("man laughs", 1), ("door slams", 2))


@pytest.mark.parametrize(
    ("plan", "share"),
    [(FULL, 1.0), (outline(("dog barks", 0)), 2 / 6), (None, 0.0)],
    ids=["all", "one of three", "no plan"],
)
def test_words_that_are_said(plan: Outline | None, share: float) -> None:
    assert covered(CAPTION, plan) == pytest.approx(share)


def test_endings_part_no_words() -> None:
    assert telling("Doors closing, a man runs and slammed it") == telling("a door closes; men; man running, slam") - {
        "men"
    }


def test_words_that_are_made_up() -> None:
    assert invented(CAPTION, FULL) == 0
    assert invented(CAPTION, outline(("a dog barks", 0), ("heavy rain", 0))) == pytest.approx(2 / 4)
    assert invented(CAPTION, None) == 0


@pytest.mark.parametrize(
    ("caption", "plan", "found"),
    [
        (CAPTION, FULL, [True, True]),
        (CAPTION, outline(("dog barking", 0), ("man laughs", 0), ("door slams", 2)), [False, True]),
        (CAPTION, outline(("man laughs", 0), ("dog barking", 1), ("door slams", 2)), [False, True]),
        (CAPTION, outline((CAPTION, 0)), [False, False]),
        (CAPTION, outline(("dog barks", 0), ("door slams", 1)), [False, False]),
        (CAPTION, None, [False, False]),
        ("Rain falls while a dog barks, then thunder", FULL, []),
        ("Rain falls", FULL, []),
    ],
    ids=["told", "at once", "swapped", "one step", "one left out", "no plan", "not so plain", "one sound"],
)
def test_what_comes_first(caption: str, plan: Outline | None, found: list[bool]) -> None:
    assert in_order(caption, plan) == found


def test_a_planner_that_fails_is_counted() -> None:
    def half(text: str) -> Outline:
        if "dog" in text:
            return FULL
        raise PlannerFailed("no")

    (row,) = measure_planners(
        {"half": half}, [CAPTION, "Rain"], lambda text: "dog" in text, source="a test", handle=Handle()
    ).rows
    assert (row.captions, row.failed, row.steps, row.covered) == (2, 1, 3.0, 0.5)
    assert (row.in_order, row.ordered) == (2, 2)
    assert row.playable == pytest.approx(1 / 3)


def test_rules_beside_no_planning_on_real_captions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "planners", "--limit", "150", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert "AudioCaps" in report["source"]
    one, rules = report["rows"]
    assert (one["planner"], one["steps"], one["in_order"]) == ("one step", 1.0, 0)
    assert rules["planner"].startswith("rules/")
    assert (rules["captions"], rules["failed"]) == (150, 0)
    assert rules["ordered"] == one["ordered"] > 20
    assert rules["in_order"] > 0.8 * rules["ordered"]
    assert rules["covered"] > 0.9
    assert rules["invented"] < 0.05
    assert rules["playable"] > one["playable"]


@pytest.mark.parametrize("held", ["{", "[]", '{"captions": [1]}'])
def test_captions_that_are_none(held: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.json").write_text(held)
    assert run(["bench", "planners", "--captions", str(tmp_path / "mine.json")]) == 2
    assert "captions" in capsys.readouterr().err
