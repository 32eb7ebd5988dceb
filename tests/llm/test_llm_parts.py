"""Pictures and sounds go to a server with the words; what it costs is counted; a busy server is waited for."""

from __future__ import annotations

import io
import json
import threading
import wave
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import cv2
import numpy as np
import pytest
from llm_server import Turn, hangs, llm_server, raw, refuses, says

from engine.config import Settings
from engine.errors import PlannerFailed
from engine.llm import client as asking
from engine.llm.client import LlmClient
from engine.llm.message import Image, Sound
from engine.model import Model


class Colour(Model):
    name: str


GOOD = {"name": "teal"}


def client(base_url: str, **settings: object) -> LlmClient:
    return LlmClient(Settings(llm_base_url=base_url, llm_model="scripted", **settings))


def picture() -> bytes:
    return cv2.imencode(".jpg", np.full((8, 16, 3), 200, np.uint8))[1].tobytes()


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(np.arange(100, dtype="<i2").tobytes())
    return file.getvalue()


def test_pictures_and_sounds_arrive_whole_and_in_order() -> None:
    with llm_server(says(GOOD)) as server:
        client(server.base_url).ask(Colour, "s", ["At 0 s:", Image(jpeg=picture()), "heard:", Sound(wav=sound())])
    system, user = server.asked[0]["messages"]
    assert system == {"role": "system", "content": "s"}
    first, still, second, heard = user["content"]
    assert (first, second) == ({"type": "text", "text": "At 0 s:"}, {"type": "text", "text": "heard:"})
    assert still["type"] == "image_url"
    head, _, data = still["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert cv2.imdecode(np.frombuffer(b64decode(data, validate=True), np.uint8), cv2.IMREAD_COLOR).shape == (8, 16, 3)
    assert heard["type"] == "input_audio"
    assert heard["input_audio"]["format"] == "wav"
    with wave.open(io.BytesIO(b64decode(heard["input_audio"]["data"], validate=True))) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, 16_000)
        assert np.array_equal(np.frombuffer(file.readframes(100), "<i2"), np.arange(100))


def counted(content: object, usage: object) -> Turn:
    """A completion that tells what it cost."""
    message = {"role": "assistant", "content": json.dumps(content)}
    return raw(json.dumps({"choices": [{"message": message}], "usage": usage}).encode())


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 120, "completion_tokens": 7, "total_tokens": 127}, 127),
        ({"prompt_tokens": 120}, 120),
        ({"prompt_tokens": "many", "completion_tokens": None}, 0),
        ({"prompt_tokens": -5, "completion_tokens": 3}, 3),
        ("free", 0),
        (None, 0),
    ],
)
def test_tokens_are_counted_where_they_are_told(usage: object, tokens: int) -> None:
    with llm_server(counted(GOOD, usage)) as server:
        asker = client(server.base_url)
        asker.ask(Colour, "s", "u")
    assert asker.usage == (1, tokens)


def test_every_question_counts_those_answered_badly_too() -> None:
    bad, good = (counted(what, {"prompt_tokens": 10, "completion_tokens": 1}) for what in ({}, GOOD))
    with llm_server(bad, good) as server:
        asker = client(server.base_url)
        asker.ask(Colour, "s", "u")
        asker.ask(Colour, "s", "u")
    assert asker.usage == (3, 33)


def test_many_threads_are_counted_and_no_more_are_at_the_server_than_it_takes() -> None:
    lock, at_once, there, met = threading.Lock(), [0], [0], threading.Event()

    def turn(handler: BaseHTTPRequestHandler) -> None:
        with lock:
            there[0] += 1
            at_once[0] = max(at_once[0], there[0])
            if there[0] == 3:
                met.set()
        met.wait(10)  # the first stay until three are there; a fourth would be counted
        with lock:
            there[0] -= 1
        counted(GOOD, {"prompt_tokens": 1, "completion_tokens": 1})(handler)

    with llm_server(turn) as server:
        askers = [client(server.base_url, llm_concurrent=3) for _ in range(2)]
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda k: askers[k % 2].ask(Colour, "s", "u"), range(24)))
    assert [asker.usage for asker in askers] == [(12, 24)] * 2
    assert at_once[0] == 3


def busy(retry_after: str | None) -> Turn:
    def turn(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(429)
        if retry_after is not None:
            handler.send_header("Retry-After", retry_after)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return turn


def test_a_busy_server_is_asked_again_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(asking.time, "sleep", waited.append)
    with llm_server(busy("2"), busy("0"), says(GOOD)) as server:
        assert client(server.base_url).ask(Colour, "s", "u").name == "teal"
    assert len(server.asked) == 3
    assert waited == [2.0, 0.1], "and not faster than ten times a second"


@pytest.mark.parametrize("retry_after", [None, "3600", "Wed, 21 Oct 2037 07:28:00 GMT"])
def test_a_server_that_is_busy_for_longer_is_left(retry_after: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.time, "sleep", lambda seconds: pytest.fail(f"it slept {seconds} s"))
    with llm_server(busy(retry_after)) as server:
        with pytest.raises(PlannerFailed, match="HTTP 429"):
            client(server.base_url).ask(Colour, "s", "u")
        assert len(server.asked) == 1


def test_one_that_hangs_leaves_the_turn_to_the_next() -> None:
    over = threading.Event()
    with llm_server(hangs(over), says(GOOD)) as server:
        asker = client(server.base_url, llm_concurrent=1, llm_timeout_seconds=0.5)
        with pytest.raises(PlannerFailed, match="no answer in time"):
            asker.ask(Colour, "s", "u")
        assert asker.ask(Colour, "s", "u").name == "teal"
        over.set()


def test_a_server_that_takes_no_sound_is_told() -> None:
    with llm_server(refuses(400, "input_audio is not supported")) as server:
        with pytest.raises(PlannerFailed, match="HTTP 400"):
            client(server.base_url).ask(Colour, "s", ["heard:", Sound(wav=sound())])
        assert len(server.asked) == 1
