"""Asking a language model for a value of ours.

The answer is plain JSON in the message, validated by the value's own model and asked for again with the error's text
when it is wrong: servers differ in what they take beside messages (``transformers serve`` refuses ``response_format``),
and every one of them takes this. Pictures and sounds go with the words. Knows nothing of plans.
"""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from engine.config import Settings
from engine.errors import BadArgument, DependencyMissing, PlannerFailed
from engine.llm.message import Image, Message, Part, Sound, said
from engine.model import Model

if TYPE_CHECKING:
    from openai import OpenAI

ATTEMPTS = 3
MAX_STARTS = 20
"""Braces in an answer at which JSON is tried; each costs a pass over the rest."""
MAX_ANSWER_TOKENS = 4_096
MAX_ANSWER_BYTES = 1_000_000
_LEAST_WAIT_SECONDS = 0.1
"""Even a server that says "at once" is not asked faster than this."""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer.

    Parameters
    ----------
    tokens
        Taken and given for it; 0 where nobody tells.
    """

    text: str
    tokens: int


Answering = Callable[[Sequence[Message]], Reply]


class Asker(ABC):
    """Whatever answers messages with text; that it is asked again is here.

    Parameters
    ----------
    name
        What people know it by.
    """

    hears: bool = True
    """Whether it takes sounds."""
    sees: bool = True
    """Whether it takes pictures."""

    def __init__(self, name: str) -> None:
        self._model = name
        self._lock = threading.Lock()
        self._calls = self._tokens = 0

    @property
    def name(self) -> str:
        """What people know it by."""
        return self._model

    @property
    def usage(self) -> tuple[int, int]:
        """How often it was asked, and tokens it took and gave, as far as it tells."""
        with self._lock:
            return self._calls, self._tokens

    def _spent(self, *, calls: int = 0, tokens: int = 0) -> None:
        with self._lock:
            self._calls += calls
            self._tokens += tokens

    @abstractmethod
    def answering(self) -> AbstractContextManager[Answering]:
        """From messages to an answer, for as long as it is open.

        Raises
        ------
        PlannerFailed
            When it cannot be asked; what it gives raises the same when an answer fails.
        """

    def ask(self, wanted: type[M], system: str, user: str | Sequence[Part]) -> M:
        """A validated answer; several threads may ask at once.

        Raises
        ------
        PlannerFailed
            When nothing answers, or not once in three tries with what was asked for.
        """
        messages = [said("system", system), said("user", user)]
        problem = ""
        with self.answering() as answering:
            for _ in range(ATTEMPTS):
                self._spent(calls=1)
                reply = answering(messages)
                self._spent(tokens=reply.tokens)
                answer = reply.text
                try:
                    return wanted.read(_json(answer))
                except BadArgument as error:
                    problem = error.sentence
                messages += [
                    said("assistant", answer[:8_000]),
                    said("user", f"That was not right: {problem} Answer again with the JSON only."),
                ]
        raise PlannerFailed(f"{self._model} gave no usable answer in {ATTEMPTS} tries; the last problem: {problem}")


class Metered(Asker):
    """Another, with what is spent through here counted by itself.

    Parameters
    ----------
    asker
        Who answers; others may ask it too.
    """

    def __init__(self, asker: Asker) -> None:
        super().__init__(asker.name)
        self._asker = asker
        self.hears, self.sees = asker.hears, asker.sees

    def answering(self) -> AbstractContextManager[Answering]:
        """See :meth:`Asker.answering`."""
        return self._asker.answering()


class LlmClient(Asker):
    """A chat model at an OpenAI-compatible server.

    Parameters
    ----------
    settings
        ``llm_base_url``, ``llm_model``, ``llm_api_key``, ``llm_timeout_seconds`` of each answer, ``llm_concurrent``:
        so many questions are at a server at once, whoever asks.

    Raises
    ------
    PlannerFailed
        When no model is configured.
    """

    def __init__(self, settings: Settings) -> None:
        if not settings.llm_model:
            raise PlannerFailed("No language model is configured: set llm_model, and llm_base_url for a local one.")
        super().__init__(settings.llm_model)
        self._settings = settings

    @contextmanager
    def answering(self) -> Iterator[Answering]:
        """See :meth:`Asker.answering`."""
        with self._connected() as client:
            yield partial(self._answer, client)

    def _connected(self) -> OpenAI:
        try:
            from openai import OpenAI, OpenAIError
        except ImportError as error:
            raise DependencyMissing(f"The openai package is missing: {error}.") from None
        key = self._settings.llm_api_key
        try:
            return OpenAI(
                base_url=self._settings.llm_base_url,
                # A local server needs no key, but the client insists on one.
                api_key=key.get_secret_value() if key else ("local" if self._settings.llm_base_url else None),
                timeout=self._settings.llm_timeout_seconds,
                max_retries=0,
            )
        except OpenAIError as error:
            raise PlannerFailed(f"The language model cannot be asked: {error}") from None

    def _answer(self, client: OpenAI, messages: Sequence[Message]) -> Reply:
        from openai import OpenAIError

        where = self._settings.llm_base_url or "OpenAI"
        try:
            with _turns(where, self._settings.llm_concurrent):
                body = self._replied(client, [_written(message) for message in messages])
            reply = json.loads(body)
            content = reply["choices"][0]["message"]["content"]
        except OpenAIError as error:
            raise PlannerFailed(f"{self._model} at {where} failed: {_reason(error)}") from None
        except (KeyError, IndexError, TypeError, ValueError, RecursionError):
            raise PlannerFailed(f"{where} answered with something that is no chat completion.") from None
        return Reply(text=str(content or ""), tokens=_tokens(reply.get("usage")))

    def _replied(self, client: OpenAI, messages: list[dict[str, Any]]) -> bytes:
        """One reply: asked for in the newer way where a server refuses the older, and again where it says when."""
        from openai import BadRequestError, RateLimitError

        deadline = time.monotonic() + self._settings.llm_timeout_seconds
        limits: dict[str, float] = {"max_tokens": MAX_ANSWER_TOKENS, "temperature": 0.0}
        while True:
            try:
                return self._body(client, messages, deadline, limits)
            except BadRequestError as error:
                if "max_tokens" not in limits or not any(name in str(error) for name in limits):
                    raise
                limits = {"max_completion_tokens": MAX_ANSWER_TOKENS}
            except RateLimitError as error:
                wait = _asked_to_wait(error.response.headers.get("retry-after"))
                if wait is None or time.monotonic() + wait >= deadline:
                    raise
                time.sleep(wait)

    def _body(self, client: OpenAI, messages: list[dict[str, Any]], deadline: float, limits: dict[str, float]) -> bytes:
        """The raw reply, read in pieces: a server that drips for ever, or floods, is left at the bound."""
        body = b""
        with client.chat.completions.with_streaming_response.create(
            model=self._model,
            messages=messages,  # type: ignore[arg-type]  # plain dictionaries here
            timeout=max(0.01, deadline - time.monotonic()),
            extra_body=limits,
        ) as reply:
            for piece in reply.iter_bytes():
                body += piece
                if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                    seconds = self._settings.llm_timeout_seconds
                    raise PlannerFailed(f"{self._model} did not end its answer within {seconds:g} s.")
        return body


@lru_cache(maxsize=64)
def _turns(where: str, concurrent: int) -> threading.BoundedSemaphore:
    """What everybody in this process who asks there waits at."""
    return threading.BoundedSemaphore(concurrent)


def _written(message: Message) -> dict[str, Any]:
    """As OpenAI's chat form has it; words alone are no list, which every server takes."""
    if all(isinstance(part, str) for part in message.parts):
        return {"role": message.role, "content": message.text}
    return {"role": message.role, "content": [_part(part) for part in message.parts]}


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Image):
        url = f"data:image/jpeg;base64,{b64encode(part.jpeg).decode()}"
        return {"type": "image_url", "image_url": {"url": url}}
    if isinstance(part, Sound):
        return {"type": "input_audio", "input_audio": {"data": b64encode(part.wav).decode(), "format": "wav"}}
    return {"type": "text", "text": part}


def _tokens(usage: Any) -> int:
    """Taken and given; 0 where a server does not tell."""
    told = [usage.get(key) for key in ("prompt_tokens", "completion_tokens")] if isinstance(usage, dict) else []
    return sum(max(0, count) for count in told if isinstance(count, int))


def _asked_to_wait(header: str | None) -> float | None:
    """Seconds, of a ``Retry-After`` that tells seconds; None where there is none, or a date."""
    try:
        return max(_LEAST_WAIT_SECONDS, float(header or ""))
    except ValueError:
        return None


def _reason(error: Exception) -> str:
    """In a few words; a server's page of HTML is not for people."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, APITimeoutError):
        return "no answer in time"
    if isinstance(error, APIConnectionError):
        return "nothing answers there"
    if isinstance(error, APIStatusError):
        return f"HTTP {error.status_code}"
    return type(error).__name__


def _json(answer: str) -> Any:
    """The JSON object in an answer, with or without prose and fences around it.

    Raises
    ------
    BadArgument
        When there is none.
    """
    decoder = json.JSONDecoder()
    start = answer.find("{")
    for _ in range(MAX_STARTS):
        if start < 0:
            break
        try:
            value, _ = decoder.raw_decode(answer, start)
        except json.JSONDecodeError:
            start = answer.find("{", start + 1)
            continue
        except (RecursionError, ValueError):  # too deep, or a number with thousands of digits
            break
        return value
    raise BadArgument("There is no JSON object in the answer.")
