"""What embeds and recognises sounds, words and pictures: the Protocols, and transformers' models behind them.

A judge is given sound at its own rate, mono, in pieces no longer than it hears; any object with these methods will do,
so a published figure can be taken with the embedder of that publication. Folders are handed in: what is installed is
not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import FileUnreadable

Mono = NDArray[np.float32]
"""``(samples,)``."""
Vectors = NDArray[np.float32]
"""``(rows, width)``."""
Image = NDArray[np.uint8]
"""``(height, width, 3)``, red first."""


class SoundJudge(Protocol):
    """Embeds sounds and words in one space."""

    name: str
    sample_rate_hz: int
    longest_seconds: float

    def sounds(self, sounds: Sequence[Mono]) -> Vectors:
        """A row a sound."""

    def words(self, texts: Sequence[str]) -> Vectors:
        """A row a text."""


class Recogniser(Protocol):
    """Says what sounds."""

    name: str
    sample_rate_hz: int
    longest_seconds: float

    def posteriors(self, sounds: Sequence[Mono]) -> Vectors:
        """Likelihood of each class, a row a sound; rows sum to 1."""


class PictureJudge(Protocol):
    """Embeds pictures and words in one space."""

    name: str

    def pictures(self, images: Sequence[Image]) -> Vectors:
        """A row an image."""

    def words(self, texts: Sequence[str]) -> Vectors:
        """A row a text."""


class Clap:
    """transformers' ``ClapModel`` from its folder."""

    def __init__(self, folder: Path, name: str) -> None:
        from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel

        self.name = name
        with _opening(folder, "CLAP model"):
            self._model = _loaded(ClapModel, folder)
            self._tokens: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            self._features: Any = ClapFeatureExtractor.from_pretrained(str(folder), local_files_only=True)
        self.sample_rate_hz = int(self._features.sampling_rate)
        self.longest_seconds = float(self._features.max_length_s)

    def sounds(self, sounds: Sequence[Mono]) -> Vectors:
        """See :class:`SoundJudge`."""
        import torch

        heard = self._features(list(sounds), sampling_rate=self.sample_rate_hz, return_tensors="pt")
        # The extractor calls one short sound at random a long one; none of these is.
        longer = torch.zeros(len(sounds), 1, dtype=torch.bool)
        with torch.inference_mode():
            return _rows(self._model.get_audio_features(input_features=heard["input_features"], is_longer=longer))

    def words(self, texts: Sequence[str]) -> Vectors:
        """See :class:`SoundJudge`."""
        positions = int(self._model.config.text_config.max_position_embeddings)
        return _words(self._model, self._tokens, texts, positions - 2)  # RoBERTa counts positions from 2


class Ast:
    """transformers' ``ASTForAudioClassification``; softmax over its classes, as is usual for this figure."""

    longest_seconds = 10.0

    def __init__(self, folder: Path, name: str) -> None:
        from transformers import ASTFeatureExtractor, ASTForAudioClassification

        self.name = name
        with _opening(folder, "AST model"):
            self._model = _loaded(ASTForAudioClassification, folder)
            self._features: Any = ASTFeatureExtractor.from_pretrained(str(folder), local_files_only=True)
        self.sample_rate_hz = int(self._features.sampling_rate)

    def posteriors(self, sounds: Sequence[Mono]) -> Vectors:
        """See :class:`Recogniser`."""
        import torch

        heard = self._features(list(sounds), sampling_rate=self.sample_rate_hz, return_tensors="pt")
        with torch.inference_mode():
            return _rows(self._model(**heard).logits.softmax(-1))


class Clip:
    """transformers' ``CLIPModel``."""

    def __init__(self, folder: Path, name: str) -> None:
        from transformers import AutoTokenizer, CLIPModel
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

        self.name = name
        with _opening(folder, "CLIP model"):
            self._model = _loaded(CLIPModel, folder)
            self._tokens: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            self._prepare: Any = CLIPImageProcessorPil.from_pretrained(str(folder), local_files_only=True)

    def pictures(self, images: Sequence[Image]) -> Vectors:
        """See :class:`PictureJudge`."""
        import torch

        pixels = self._prepare(images=list(images), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            return _rows(self._model.get_image_features(pixel_values=pixels))

    def words(self, texts: Sequence[str]) -> Vectors:
        """See :class:`PictureJudge`."""
        return _words(self._model, self._tokens, texts, int(self._model.config.text_config.max_position_embeddings))


def _loaded(kind: Any, folder: Path) -> Any:
    """A model with every weight from its folder: what is missing would be random numbers."""
    model, about = kind.from_pretrained(str(folder), local_files_only=True, output_loading_info=True)
    if missing := sorted(about["missing_keys"]):
        raise ValueError(f"it lacks {len(missing)} weights, {missing[0]} among them")
    return model.eval()


def _words(model: Any, tokens: Any, texts: Sequence[str], longest: int) -> Vectors:
    import torch

    read = tokens(list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt")
    with torch.inference_mode():
        return _rows(model.get_text_features(input_ids=read["input_ids"], attention_mask=read["attention_mask"]))


def _rows(made: Any) -> Vectors:
    """A model's answer, which is a tensor or holds one, as an array."""
    rows: Vectors = getattr(made, "pooler_output", made).float().numpy()
    return rows


@contextmanager
def _opening(folder: Path, what: str) -> Iterator[None]:
    """A folder that does not hold it is told, without the library's own advice on the terminal."""
    from transformers.utils import logging as library

    logging: Any = library
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except Exception as error:  # libraries raise what they like over files that are not what they should be
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileUnreadable(f"{folder} does not hold a {what} as published: {first}", field="models") from None
    finally:
        logging.set_verbosity(before)
