"""A model on this machine that sees, hears or both, through transformers, from a folder as published.

What of a message is no word is put in as the model's own encoders read it: its template leaves one place for each
picture and sound, which is drawn out to as many tokens as the encoder makes of it. transformers' own processors do the
same, and want torchvision for the videos that are not shown here.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config import Settings
from engine.errors import PlannerFailed
from engine.llm.local import LocalModel
from engine.llm.message import SOUND_RATE_HZ, Image, Message, Part, Sound

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A class of transformers, and what it takes."""

    model: str
    sees: bool = False
    hears: bool = False


_OMNI = _Kind(model="Qwen2_5OmniThinkerForConditionalGeneration", sees=True, hears=True)
"""The part of it that answers in words; the part that speaks is not loaded."""
KINDS = {
    "qwen2_5_vl": _Kind(model="Qwen2_5_VLForConditionalGeneration", sees=True),
    "qwen2_audio": _Kind(model="Qwen2AudioForConditionalGeneration", hears=True),
    "qwen2_5_omni": _OMNI,
    "qwen2_5_omni_thinker": _OMNI,
}
"""By the ``model_type`` of ``config.json``."""


def local_model(folder: Path, settings: Settings) -> LocalModel:
    """The model of a folder, by what its ``config.json`` says; one that says nothing known reads words alone."""
    try:
        said = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        said = {}
    kind = KINDS.get(str(said.get("model_type"))) if isinstance(said, dict) else None
    return LocalMediaModel(folder, settings, kind) if kind else LocalModel(folder, settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """What makes tokens, pixels and spectra."""

    tokenizer: Any
    chat_template: str | None
    images: Any
    sounds: Any


class LocalMediaModel(LocalModel):
    """A chat model that takes pictures, sounds or both.

    Parameters
    ----------
    kind
        Of :data:`KINDS`.
    """

    def __init__(self, folder: Path, settings: Settings, kind: _Kind) -> None:
        super().__init__(folder, settings)
        self._kind = kind
        self.sees, self.hears = kind.sees, kind.hears

    def _classes(self) -> tuple[Any, Any]:
        import transformers

        def opened(name: str) -> Any:
            return getattr(transformers, name).from_pretrained(str(self._folder), local_files_only=True)

        tokens = opened("AutoTokenizer")
        reader = _Reader(
            tokenizer=tokens,
            chat_template=self._template() or tokens.chat_template,
            images=opened("AutoImageProcessor") if self.sees else None,
            sounds=opened("AutoFeatureExtractor") if self.hears else None,
        )
        return reader, getattr(transformers, self._kind.model)

    def _template(self) -> str | None:
        """The processor's, which knows of pictures and sounds; a tokenizer's own beside it may not."""
        try:
            said = json.loads((self._folder / "chat_template.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return str(said["chat_template"])

    def _written(self, reader: _Reader, messages: Sequence[Message]) -> Any:
        import torch
        from transformers import BatchFeature

        assert self._held is not None  # answering() loaded it
        config = self._held[1].config
        parts = [part for message in messages for part in message.parts]
        images, sounds = [p for p in parts if isinstance(p, Image)], [p for p in parts if isinstance(p, Sound)]
        if (images and not self.sees) or (sounds and not self.hears):
            raise PlannerFailed(f"{self._model} cannot {'see' if images and not self.sees else 'hear'}.")
        ids = reader.tokenizer.apply_chat_template(
            [{"role": message.role, "content": _content(message)} for message in messages],
            chat_template=reader.chat_template,
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
            truncation=False,
        )["input_ids"][0]
        data: dict[str, Any] = {}
        if images:
            seen = reader.images(images=[pixels(image) for image in images], return_tensors="pt")
            grid = seen["image_grid_thw"]
            data |= {"pixel_values": seen["pixel_values"].to(self._held[1].dtype), "image_grid_thw": grid}
            ids = self._drawn_out(ids, config.image_token_id, grid.prod(-1) // reader.images.merge_size**2)
        if sounds:
            heard = reader.sounds(
                [_samples(sound) for sound in sounds],
                sampling_rate=SOUND_RATE_HZ,
                padding="max_length",
                return_attention_mask=True,
                return_tensors="pt",
            )
            mask = heard["attention_mask"]
            spectra = heard["input_features"].to(self._held[1].dtype)
            data |= {"input_features": spectra, "feature_attention_mask": mask}
            # The encoder halves the frames by its stride, and again by its pooling.
            frames = (mask.sum(-1) - 1) // 2 + 1
            ids = self._drawn_out(ids, config.audio_token_id, (frames - 2) // 2 + 1)
        data |= {"input_ids": ids[None], "attention_mask": torch.ones_like(ids)[None]}
        if images and not self.hears:  # the positions of Qwen2.5-VL follow from this; Omni finds them itself
            data["mm_token_type_ids"] = (ids == config.image_token_id).int()[None]
        return BatchFeature(data)

    def _drawn_out(self, ids: torch.Tensor, place: int, counts: torch.Tensor) -> torch.Tensor:
        """Tokens, with as many in each place of a picture or sound as are told."""
        places = ids == place
        if int(places.sum()) != len(counts):
            raise PlannerFailed(
                f"The chat template of {self._model} has {int(places.sum())} places for {len(counts)} images or sounds."
            )
        times = places.long()
        times[places] = counts.to(times)
        times[~places] = 1
        return ids.repeat_interleave(times)


def _content(message: Message) -> str | list[dict[str, str]]:
    """As the models' templates read it."""
    if all(isinstance(part, str) for part in message.parts):
        return message.text
    return [_part(part) for part in message.parts]


def _part(part: Part) -> dict[str, str]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {"type": "image"} if isinstance(part, Image) else {"type": "audio"}


def pixels(image: Image) -> Any:
    """``(height, width, 3)``, uint8, red first."""
    import cv2
    import numpy as np

    return cv2.imdecode(np.frombuffer(image.jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)


def _samples(sound: Sound) -> Any:
    """``(samples,)``, float32."""
    import soundfile

    return soundfile.read(io.BytesIO(sound.wav), dtype="float32")[0]
