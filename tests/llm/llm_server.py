"""An OpenAI-compatible server on loopback that says what a test told it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Turn = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class LlmServer:
    """What it was asked, and what it will answer: one turn a request, the last one again and again.

    A model with turns of its own is answered with those.
    """

    turns: list[Turn]
    by_model: dict[str, list[Turn]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    base_url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, model: str) -> list[dict[str, Any]]:
        """What one model was asked."""
        return [asked for asked in self.asked if asked["model"] == model]

    def turn(self, asked: dict[str, Any]) -> Turn:
        """Of one more request."""
        with self.lock:
            self.asked.append(asked)
            own = self.by_model.get(asked["model"])
            turns, number = (own, len(self.of(asked["model"]))) if own else (self.turns, len(self.asked))
            return turns[min(number, len(turns)) - 1]


def says(content: object) -> Turn:
    """A well-formed chat completion with this text, or this value as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    body = {
        "id": "c1",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
    }
    return raw(json.dumps(body).encode())


def raw(body: bytes, status: int = 200) -> Turn:
    def turn(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return turn


def costs(content: object, taken: int, given: int) -> Turn:
    """A completion that tells what it cost."""
    message = {"role": "assistant", "content": json.dumps(content)}
    usage = {"prompt_tokens": taken, "completion_tokens": given}
    return raw(json.dumps({"choices": [{"message": message}], "usage": usage}).encode())


def refuses(status: int, message: str) -> Turn:
    return raw(json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode(), status)


def hangs(server_done: threading.Event) -> Turn:
    """Takes the request and never answers, until the test is over."""

    def turn(handler: BaseHTTPRequestHandler) -> None:
        del handler
        server_done.wait(30)

    return turn


def endless(piece: bytes, server_done: threading.Event, pause_seconds: float) -> Turn:
    """Begins an answer and goes on for ever."""

    def turn(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        try:
            while not server_done.wait(pause_seconds):
                handler.wfile.write(piece)
                handler.wfile.flush()
        except OSError:
            pass  # the client left, as it should

    return turn


@contextmanager
def llm_server(*turns: Turn, **by_model: list[Turn]) -> Iterator[LlmServer]:
    state = LlmServer(list(turns), by_model)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.turn(asked)(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        state.done.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
