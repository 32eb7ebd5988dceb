"""Editing words read by a language model, with the rules behind it."""

from __future__ import annotations

from llm_server import llm_server, refuses, says

from engine.config import Settings
from engine.planning.instruct import Instructed, instructed

WORDS = "take the edge off and bring it closer to the end"


def read(base_url: str, words: str = WORDS, *, selected: bool = False) -> Instructed:
    using = Settings(llm_base_url=base_url, llm_model="scripted", llm_timeout_seconds=20)
    return instructed(words, using, planner="auto", length_seconds=8.0, selected=selected)


def test_the_models_actions_are_taken() -> None:
    with llm_server(says({"actions": ["denoise reduction_db=12", "volume envelope=0:0,8:6"]})) as server:
        made = read(server.base_url)
    assert [str(action) for action in made.actions] == ["denoise reduction_db=12", "volume envelope=0:0,8:6"]
    assert (made.planner, made.warnings) == ("llm/scripted", ())
    system, user = (message["content"] for message in server.asked[0]["messages"])
    assert "- volume:" in system
    assert "a whole sound of 8 seconds" in system
    assert user == WORDS


def test_a_wrong_action_is_asked_for_again_with_what_is_wrong() -> None:
    with llm_server(says({"actions": ["volume gain=6"]}), says({"actions": ["volume gain_db=6"]})) as server:
        made = read(server.base_url, selected=True)
    assert [str(action) for action in made.actions] == ["volume gain_db=6"]
    assert "gain_db=" in server.asked[1]["messages"][-1]["content"]
    assert "a selection inside" in server.asked[0]["messages"][0]["content"]


def test_where_it_fails_rules_read_the_words_and_say_so() -> None:
    with llm_server(refuses(500, "no")) as server:
        made = read(server.base_url, "reverse it")
    assert ([str(action) for action in made.actions], made.planner) == (["reverse"], "rules/1")
    assert "HTTP 500" in made.warnings[0]
