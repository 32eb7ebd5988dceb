"""Asking a language model for a value of ours.

The answer is plain JSON in the message, validated by the value's own model and asked for again with the error's text
when it is wrong: servers differ in what they take beside messages (``transformers serve`` refuses ``response_format``),
and every one of them takes this. Knows nothing of plans.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from engine.config import Settings
from engine.errors import BadArgument, DependencyMissing, PlannerFailed
from engine.model import Model

if TYPE_CHECKING:
    from openai import OpenAI

ATTEMPTS = 3
MAX_STARTS = 20
"""Braces in an answer at which JSON is tried; each costs a pass over the rest."""
MAX_ANSWER_TOKENS = 4_096
MAX_ANSWER_BYTES = 1_000_000

M = TypeVar("M", bound=Model)
Messages = list[dict[str, str]]
"""``role`` and ``content`` of each."""
Answering = Callable[[Messages], str]


class Asker(ABC):
    """Whatever answers messages with text; that it is asked again is here.

    Parameters
    ----------
    name
        What people know it by.
    """

    def __init__(self, name: str) -> None:
        self._model = name

    @abstractmethod
    def answering(self) -> AbstractContextManager[Answering]:
        """From messages to the text of an answer, for as long as it is open.

        Raises
        ------
        PlannerFailed
            When it cannot be asked; what it gives raises the same when an answer fails.
        """

    def ask(self, wanted: type[M], system: str, user: str) -> M:
        """A validated answer.

        Raises
        ------
        PlannerFailed
            When nothing answers, or not once in three tries with what was asked for.
        """
        messages: Messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        problem = ""
        with self.answering() as answering:
            for _ in range(ATTEMPTS):
                answer = answering(messages)
                try:
                    return wanted.read(_json(answer))
                except BadArgument as error:
                    problem = error.sentence
                messages += [
                    {"role": "assistant", "content": answer[:8_000]},
                    {"role": "user", "content": f"That was not right: {problem} Answer again with the JSON only."},
                ]
        raise PlannerFailed(f"{self._model} gave no usable answer in {ATTEMPTS} tries; the last problem: {problem}")


class LlmClient(Asker):
    """A chat model at an OpenAI-compatible server.

    Parameters
    ----------
    settings
        ``llm_base_url``, ``llm_model``, ``llm_api_key``, ``llm_timeout_seconds``.

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

    def _answer(self, client: OpenAI, messages: Messages) -> str:
        """The text of one reply, asked for in the newer way where a server refuses the older one."""
        from openai import BadRequestError, OpenAIError

        where = self._settings.llm_base_url or "OpenAI"
        deadline = time.monotonic() + self._settings.llm_timeout_seconds
        try:
            try:
                body = self._body(client, messages, deadline, {"max_tokens": MAX_ANSWER_TOKENS, "temperature": 0.0})
            except BadRequestError as error:
                if not any(name in str(error) for name in ("max_tokens", "temperature")):
                    raise
                body = self._body(client, messages, deadline, {"max_completion_tokens": MAX_ANSWER_TOKENS})
            content = json.loads(body)["choices"][0]["message"]["content"]
        except OpenAIError as error:
            raise PlannerFailed(f"{self._model} at {where} failed: {_reason(error)}") from None
        except (KeyError, IndexError, TypeError, ValueError, RecursionError):
            raise PlannerFailed(f"{where} answered with something that is no chat completion.") from None
        return str(content or "")

    def _body(self, client: OpenAI, messages: Messages, deadline: float, limits: dict[str, float]) -> bytes:
        """The raw reply, read in pieces: a server that drips for ever, or floods, is left at the bound."""
        body = b""
        with client.chat.completions.with_streaming_response.create(
            model=self._model,
            messages=messages,  # type: ignore[arg-type]  # roles are plain strings here
            timeout=max(0.01, deadline - time.monotonic()),
            extra_body=limits,
        ) as reply:
            for piece in reply.iter_bytes():
                body += piece
                if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                    seconds = self._settings.llm_timeout_seconds
                    raise PlannerFailed(f"{self._model} did not end its answer within {seconds:g} s.")
        return body


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
