"""The client, against a real server: good answers, and every way of not giving one."""

from __future__ import annotations

import socket
import threading

import pytest
from llm_server import Turn, endless, hangs, llm_server, raw, refuses, says

from engine.config import Settings
from engine.errors import PlannerFailed
from engine.llm.client import ATTEMPTS, LlmClient
from engine.model import Model


class Colour(Model):
    name: str
    red: int


GOOD = {"name": "teal", "red": 0}


def client(base_url: str, timeout_seconds: float = 20.0) -> LlmClient:
    return LlmClient(Settings(llm_base_url=base_url, llm_model="scripted", llm_timeout_seconds=timeout_seconds))


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        '```json\n{"name": "teal", "red": 0}\n```',
        'Gladly! Here you are:\n{"name": "teal", "red": 0}\nAnything else?',
        'With {curly} words first: {"name": "teal", "red": 0}',
    ],
    ids=["plain", "fenced", "with prose around", "with braces before"],
)
def test_an_answer_is_read_from_what_stands_around_it(answer: object) -> None:
    with llm_server(says(answer)) as server:
        assert client(server.base_url).ask(Colour, "You name colours.", "Like the sea.") == Colour(name="teal", red=0)
    (asked,) = server.asked
    assert [m["role"] for m in asked["messages"]] == ["system", "user"]
    assert asked["model"] == "scripted"
    assert asked["max_tokens"] > 0
    assert "response_format" not in asked


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("The sea is teal.", "no JSON"),
        ({"name": "teal"}, "red"),
        ({**GOOD, "blue": 1}, "blue"),
        ('{"name": "te', "JSON"),
    ],
    ids=["prose", "a key missing", "a key too many", "cut off"],
)
def test_a_bad_answer_is_asked_for_again_with_what_was_wrong(bad: object, told: str) -> None:
    with llm_server(says(bad), says(GOOD)) as server:
        assert client(server.base_url).ask(Colour, "s", "u").name == "teal"
    assert len(server.asked) == 2
    assert told in server.asked[1]["messages"][-1]["content"]
    assert [m["role"] for m in server.asked[1]["messages"]] == ["system", "user", "assistant", "user"]


def test_prose_again_and_again_gives_up_with_the_reason() -> None:
    with llm_server(says("I would rather talk.")) as server:
        with pytest.raises(PlannerFailed, match=r"no usable answer in 3 tries.*no JSON"):
            client(server.base_url).ask(Colour, "s", "u")
        assert len(server.asked) == ATTEMPTS


def test_a_server_that_knows_only_the_newer_limit_is_asked_that_way() -> None:
    old = refuses(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    with llm_server(old, says(GOOD)) as server:
        assert client(server.base_url).ask(Colour, "s", "u").name == "teal"
    assert "max_tokens" not in server.asked[1]
    assert server.asked[1]["max_completion_tokens"] > 0


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        (refuses(500, "out of memory"), "HTTP 500"),
        (refuses(400, "no such model"), "HTTP 400"),
        (refuses(401, "bad key"), "HTTP 401"),
        (raw(b"<html>busy</html>"), "no chat completion"),
        (raw(b"[]"), "no chat completion"),
        (raw(b'{"choices": []}'), "no chat completion"),
        (raw(b'{"choices": [{"message": null}]}'), "no chat completion"),
    ],
    ids=["500", "400", "401", "html", "a list", "no choices", "no message"],
)
def test_a_server_that_fails_is_named_at_once(turn: Turn, reason: str) -> None:
    with llm_server(turn) as server:
        with pytest.raises(PlannerFailed, match=reason):
            client(server.base_url).ask(Colour, "s", "u")
        assert len(server.asked) == 1


def test_a_silent_server_is_left_after_the_timeout() -> None:
    over = threading.Event()
    with llm_server(hangs(over)) as server:
        with pytest.raises(PlannerFailed, match="no answer in time"):
            client(server.base_url, timeout_seconds=0.3).ask(Colour, "s", "u")
        over.set()


@pytest.mark.parametrize(("piece", "pause"), [(b" ", 0.02), (b" " * 100_000, 0.0)], ids=["drips", "floods"])
def test_an_endless_answer_is_left(piece: bytes, pause: float) -> None:
    over = threading.Event()
    with llm_server(endless(piece, over, pause)) as server:
        with pytest.raises(PlannerFailed, match=r"did not end its answer|no answer in time"):
            client(server.base_url, timeout_seconds=0.5 if pause else 20.0).ask(Colour, "s", "u")
        over.set()


def test_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PlannerFailed, match="nothing answers there"):
        client(f"http://127.0.0.1:{port}/v1").ask(Colour, "s", "u")


def test_without_a_model_nothing_is_asked() -> None:
    with pytest.raises(PlannerFailed, match="llm_model"):
        LlmClient(Settings())


def test_the_service_itself_wants_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(PlannerFailed, match="cannot be asked"):
        LlmClient(Settings(llm_model="any")).ask(Colour, "s", "u")
