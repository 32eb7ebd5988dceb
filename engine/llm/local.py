"""A chat model on this machine, through transformers, from a folder of weights: one that reads.

It lies in memory for as long as its :class:`LocalModel` lives, and on the card only while it is asked: that room is
wanted by the models that sound. Nothing leaves the machine, and code that lies beside the weights is not run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.config import Settings
from engine.errors import DependencyMissing, PlannerFailed
from engine.llm.client import MAX_ANSWER_TOKENS, Answering, Asker, Reply
from engine.llm.message import Message

PREFIX = "local:"
"""What ``llm_model`` begins with to mean a model of this machine."""
LEAST_ANSWER_TOKENS = 64
"""A model that has room for fewer after the question is not asked."""


class LocalModel(Asker):
    """A causal language model with a chat template.

    Parameters
    ----------
    folder
        As published: ``config.json``, tokenizer, safetensors.
    settings
        ``llm_timeout_seconds`` for each answer, ``models_device``.
    """

    hears = sees = False

    def __init__(self, folder: Path, settings: Settings) -> None:
        super().__init__(settings.llm_model or folder.name)
        self._folder = folder
        self._settings = settings
        self._turn = threading.Lock()
        self._held: tuple[Any, Any] | None = None
        self._asking = 0

    @contextmanager
    def answering(self) -> Iterator[Answering]:
        """See :meth:`engine.llm.client.Asker.answering`."""
        for package in ("torch", "transformers"):
            if find_spec(package) is None:
                raise DependencyMissing(f"{self._model} needs the package {package}: pip install 'cuewright[models]'.")
        with self._turn:
            self._held = self._held or self._loaded()
            self._held[1].to(_device(self._settings))
            self._asking += 1
        try:
            yield self._answer
        finally:
            with self._turn:
                self._asking -= 1
                if not self._asking:
                    self._held[1].to("cpu")

    def _loaded(self) -> tuple[Any, Any]:
        """What writes questions as tokens, and the model."""
        from transformers.utils import logging as library

        logging: Any = library
        before = logging.get_verbosity()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            reader, kind = self._classes()
            model, about = kind.from_pretrained(
                str(self._folder), local_files_only=True, use_safetensors=True, dtype="auto", output_loading_info=True
            )
            if missing := sorted(about["missing_keys"]):
                raise ValueError(f"it lacks {len(missing)} weights, {missing[0]} among them")
            model = model.eval()
        except Exception as error:  # libraries raise what they like over files that are not what they should be
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise PlannerFailed(f"{self._model} cannot be loaded from {self._folder}: {first}") from None
        finally:
            logging.set_verbosity(before)
        if not reader.chat_template:
            raise PlannerFailed(f"{self._model} has no chat template, so it is no chat model: choose an instruct one.")
        return reader, model

    def _classes(self) -> tuple[Any, Any]:
        """What writes questions as tokens, opened, and the class of the model."""
        from transformers import AutoModelForCausalLM, AutoTokenizer

        tokens: Any = AutoTokenizer.from_pretrained(str(self._folder), local_files_only=True)
        return tokens, AutoModelForCausalLM

    def _answer(self, messages: Sequence[Message]) -> Reply:
        """One at a time: two would want twice the room."""
        with self._turn:
            return self._said(messages)

    def _said(self, messages: Sequence[Message]) -> Reply:
        import torch

        assert self._held is not None  # answering() loaded it
        reader, model = self._held
        tokens = getattr(reader, "tokenizer", reader)
        asked = self._asked(reader, messages).to(model.device)
        length = int(asked["input_ids"].shape[1])
        room = int(getattr(model.config.get_text_config(), "max_position_embeddings", 0) or 2**20) - length
        if room < LEAST_ANSWER_TOKENS:
            raise PlannerFailed(f"{self._model} cannot read {length} tokens and answer them: it holds {room + length}.")
        deadline = time.monotonic() + self._settings.llm_timeout_seconds
        late: list[bool] = []

        def too_late(ids: torch.Tensor, scores: Any, **keys: Any) -> torch.Tensor:
            if time.monotonic() > deadline:
                late.append(True)
            return torch.full((ids.shape[0],), bool(late), device=ids.device)

        try:
            with torch.inference_mode():
                said = model.generate(
                    **asked,
                    max_new_tokens=min(MAX_ANSWER_TOKENS, room),
                    do_sample=False,
                    **{"temperature": None, "top_p": None, "top_k": None},  # of the folder's own sampling
                    pad_token_id=tokens.pad_token_id if tokens.pad_token_id is not None else tokens.eos_token_id,
                    stopping_criteria=[too_late],
                )
        except (RuntimeError, ValueError, IndexError) as error:  # out of memory is a RuntimeError
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise PlannerFailed(f"{self._model} failed: {first}") from None
        if late:
            seconds = self._settings.llm_timeout_seconds
            raise PlannerFailed(
                f"{self._model} did not end its answer within {seconds:g} s: take a smaller model, or raise "
                "llm_timeout_seconds."
            )
        text = str(tokens.decode(said[0, length:], skip_special_tokens=True))
        return Reply(text=text, tokens=int(said.shape[1]))

    def _asked(self, reader: Any, messages: Sequence[Message]) -> Any:
        """The conversation as the model's own template writes it."""
        from jinja2 import TemplateError

        try:
            return self._written(reader, messages)
        except TemplateError:  # Gemma's knows no system: what it would say goes before the first question
            system, first, *others = messages
            joined = Message(role="user", parts=(f"{system.text}\n\n", *first.parts))
        try:
            return self._written(reader, [joined, *others])
        except TemplateError as error:
            raise PlannerFailed(f"The chat template of {self._model} cannot be used: {error}") from None

    def _written(self, reader: Any, messages: Sequence[Message]) -> Any:
        return reader.apply_chat_template(
            [{"role": message.role, "content": message.text} for message in messages],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
            truncation=False,
        )


def _device(settings: Settings) -> str:
    import torch

    if settings.models_device != "auto":
        return settings.models_device
    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
