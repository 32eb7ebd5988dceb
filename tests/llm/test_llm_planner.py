"""Planning by a language model, with the rules behind it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from llm_server import llm_server, refuses, says

from engine.backends.registry import Backends
from engine.config import Settings
from engine.errors import PlannerFailed
from engine.plan import Outline, Plan, Step
from engine.planning.llm_planner import LlmPlanner
from engine.planning.planner import make_plan
from engine.planning.presets import load_presets
from engine.request import GenerateRequest, Job

STEPS = [
    {"id": "s1", "text": "heavy wooden door slams", "start_seconds": 0.0},
    {"id": "s2", "text": "rain", "start_seconds": 0.5, "length_seconds": 6.0, "layer": "background"},
]


def settings(base_url: str, tmp_path: Path) -> Settings:
    return Settings(
        llm_base_url=base_url,
        llm_model="scripted",
        backends=("procedural",),
        data_folder=tmp_path,
        llm_timeout_seconds=20,
    )


def plan(using: Settings, prompt: str, previous: Plan | None = None, **keys: object) -> Plan:
    job = Job(
        id="job-1",
        request=GenerateRequest.read({"prompt": prompt, "folder": "/out", **keys}),
        created="2030-01-01T00:00:00Z",
    )
    return make_plan(job, using, Backends(using), load_presets(using), previous)


def test_the_models_steps_are_planned(tmp_path: Path) -> None:
    with llm_server(says({"steps": STEPS, "length_seconds": 7})) as server:
        made = plan(settings(server.base_url, tmp_path), "a door slams in the rain")
    assert made.outline.planner == "llm/scripted"
    assert [(e.id, e.takes[0].source, e.start_samples) for e in made.events] == [
        ("s1", "door_slam", 0),
        ("s2", "rain", 24_000),
    ]
    assert made.length_samples == 7 * 48_000
    assert made.warnings == ()


def test_the_prompt_says_the_length_and_the_form(tmp_path: Path) -> None:
    with llm_server(says({"steps": STEPS})) as server:
        made = plan(settings(server.base_url, tmp_path), "a door slams in the rain", duration=5)
    system, user = (message["content"] for message in server.asked[0]["messages"])
    assert "start_seconds" in system
    assert "5 seconds" in user
    assert made.length_samples == 5 * 48_000


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": []},
        {"steps": [{**STEPS[0], "end_seconds": 2}]},
        {"steps": [STEPS[0], STEPS[0]]},
        {"steps": [{**STEPS[0], "start_seconds": -1}]},
    ],
    ids=["no steps", "an unknown key", "one id twice", "before the start"],
)
def test_a_bad_plan_is_asked_for_again(bad: object, tmp_path: Path) -> None:
    with llm_server(says(bad), says({"steps": STEPS})) as server:
        made = plan(settings(server.base_url, tmp_path), "a door slams in the rain")
    assert len(server.asked) == 2
    assert made.outline.planner == "llm/scripted"


@pytest.mark.parametrize("planner", ["auto", "llm"])
@pytest.mark.parametrize(
    ("turn", "reason"),
    [(says("I only talk."), "no usable answer"), (refuses(503, "loading"), "HTTP 503")],
    ids=["prose", "503"],
)
def test_rules_stand_in_and_the_warning_says_why(turn: object, reason: str, planner: str, tmp_path: Path) -> None:
    with llm_server(turn) as server:  # type: ignore[arg-type]
        made = plan(settings(server.base_url, tmp_path), "a door slams, then a dog barks", planner=planner)
    assert made.outline.planner.startswith("rules/")
    assert [e.takes[0].source for e in made.events] == ["door_slam", "dog_bark"]
    assert any("language model" in warning and reason in warning for warning in made.warnings)


def test_rules_stand_in_where_no_model_is_set(tmp_path: Path) -> None:
    made = plan(Settings(backends=("procedural",), data_folder=tmp_path), "a dog barks", planner="llm")
    assert made.outline.planner.startswith("rules/")
    assert any("llm_model" in warning for warning in made.warnings)


def test_asking_for_rules_asks_no_model(tmp_path: Path) -> None:
    with llm_server(says({"steps": STEPS})) as server:
        made = plan(settings(server.base_url, tmp_path), "a dog barks", planner="rules")
    assert server.asked == []
    assert made.warnings == ()


def test_a_follow_up_shows_the_model_the_plan_and_keeps_ids(tmp_path: Path) -> None:
    changed = [{**STEPS[0], "count": 2}, STEPS[1]]
    with llm_server(says({"steps": STEPS}), says({"steps": changed})) as server:
        using = settings(server.base_url, tmp_path)
        first = plan(using, "a door slams in the rain")
        second = plan(using, "make the door slam twice", first)
    shown = server.asked[1]["messages"][1]["content"]
    assert "heavy wooden door slams" in shown
    assert '"s2"' in shown
    assert json.loads(shown[shown.index("{") : shown.rindex("}") + 1])["steps"][1]["text"] == "rain"
    rain = [event.takes[0].key for made in (first, second) for event in made.events if event.id == "s2"]
    assert rain[0] == rain[1]
    assert [event.id for event in second.events] == ["s1", "s1.2", "s2"]


def test_a_preset_the_model_makes_up_is_dropped_and_the_users_is_kept(tmp_path: Path) -> None:
    previous = Outline(steps=(Step(id="s1", text="door", start_seconds=0.0, preset="oak-door-slam"),))
    answer = [{"id": "s1", "text": "door", "start_seconds": 0.0}, {**STEPS[1], "preset": "nothing-like-it"}]
    with llm_server(says({"steps": answer})) as server:
        made = LlmPlanner(settings(server.base_url, tmp_path)).outline("add rain", None, previous)
    assert [step.preset for step in made.steps] == ["oak-door-slam", ""]


def test_the_planner_needs_a_model() -> None:
    with pytest.raises(PlannerFailed):
        LlmPlanner(Settings())
