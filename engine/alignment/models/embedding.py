"""A judge without words: whether a sound belongs to a picture, by a model that embeds each beside the same captions.

No model that is at hand embeds sound and picture in one space, so captions are the bridge: what the picture shows, by
CLIP, is looked up among what the sound may be, by CLAP. The captions are the Universal Category System's categories.

The calibration is by rank and knows no scale: of the captions that the picture is nearest to, the mean share of all
others that are further from the sound. 1: none is nearer; 0.5: chance. With that, the alignment that is measured is
multiplied, for an embedding tells neither hiss nor a dropout; nor does it tell time, so synchronisation is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from engine.alignment.base import Pair
from engine.alignment.measured import MeasuredJudge
from engine.alignment.models.senses import Stills, mono, pieces
from engine.evaluation.judges import PictureJudge, SoundJudge, Vectors
from engine.handle import Handle
from engine.llm.local_media import pixels
from engine.llm.message import Image
from engine.picture import Picture
from engine.source import Source
from engine.trace import Score
from engine.ucs import categories

SHOWN = 5
"""Captions that a picture is taken to show."""
_AT_ONCE = 64
_SYNONYMS = 3


def captions() -> tuple[str, ...]:
    """A sentence a category; what is only miscellaneous is none."""
    return tuple(
        f"{each.category}, {each.subcategory}: {', '.join(each.synonyms[:_SYNONYMS])}".lower()
        for each in categories().values()
        if each.subcategory != "MISC"
    )


class EmbeddingJudge:
    """Scores by embeddings and by measuring.

    Parameters
    ----------
    ears, eyes
        Who embeds sounds and pictures, each beside words.
    stills
        What is looked at.
    among
        The captions that are compared.
    """

    def __init__(
        self, ears: SoundJudge, eyes: PictureJudge, stills: Stills, among: Sequence[str] | None = None
    ) -> None:
        self.name = f"{ears.name} with {eyes.name}, measured"
        self._ears, self._eyes, self._stills = ears, eyes, stills
        self._captions = tuple(among or captions())
        self._shown: dict[Picture, tuple[int, ...]] = {}

    def judge(self, version: Source, pair: Pair, handle: Handle) -> Score:
        """See :meth:`engine.alignment.base.Judge.judge`."""
        measured = MeasuredJudge().judge(version, pair, handle)
        shown = self._shows(pair.picture, handle)
        nearness = _nearness(self._embedded(version, handle), self._heard_words)
        belongs = float(np.mean([_rank(nearness, caption) for caption in shown]))
        first = self._captions[shown[0]]
        told = f"What is seen ({first}) lies nearer to it than {100 * belongs:.0f} % of what else might sound."
        return measured.model_copy(
            update={
                "alignment": measured.alignment * belongs,
                "rationale": f"{told} {measured.rationale}",
                "by": self.name,
            }
        )

    def _shows(self, picture: Picture, handle: Handle) -> tuple[int, ...]:
        """Captions nearest to a picture, the nearest first."""
        if picture not in self._shown:
            images = [pixels(part) for part in self._stills.of(picture, handle) if isinstance(part, Image)]
            nearness = _nearness(self._eyes.pictures(images), self._seen_words)
            self._shown[picture] = tuple(int(place) for place in np.argsort(-nearness, kind="stable")[:SHOWN])
        return self._shown[picture]

    def _embedded(self, version: Source, handle: Handle) -> Vectors:
        rows = []
        for start, end in pieces(version, self._ears.longest_seconds):
            handle.check()
            rows.append(self._ears.sounds([mono(version, start, end, self._ears.sample_rate_hz)]))
        return np.concatenate(rows)

    @cached_property
    def _heard_words(self) -> Vectors:
        return self._words(self._ears.words)

    @cached_property
    def _seen_words(self) -> Vectors:
        return self._words(self._eyes.words)

    def _words(self, embed: Callable[[Sequence[str]], Vectors]) -> Vectors:
        parts = [self._captions[start : start + _AT_ONCE] for start in range(0, len(self._captions), _AT_ONCE)]
        return np.concatenate([embed(part) for part in parts])


def _nearness(rows: Vectors, words: Vectors) -> Vectors:
    """Cosine of the mean direction of some rows to each word's."""
    mean = _unit(rows).mean(axis=0)
    return np.asarray(_unit(words) @ (mean / max(float(np.linalg.norm(mean)), 1e-12)), np.float32)


def _unit(rows: Vectors) -> Vectors:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows / lengths, np.float32)


def _rank(nearness: Vectors, caption: int) -> float:
    """Share of the other captions that are further; those as near count half."""
    own = nearness[caption]
    others = np.delete(nearness, caption)
    return float(np.mean(others < own) + np.mean(others == own) / 2)
