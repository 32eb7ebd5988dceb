"""How well tokens of sound tell when something happens, beside chance; it is handed onsets and knows no model.

CondFoleyGen's accuracy counts the true onsets that are hit, and nothing that is predicted beside them: who predicts an
onset everywhere wins. So here each clip's predictions are cut to the surest, as many as there are true onsets, before
accuracy and average precision are taken; the F-measure counts them all. Chance is measured in the same way with
onsets drawn evenly over the clip.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.evaluation.onset import condfoley, match
from engine.model import Model

WINDOW_SECONDS = 0.1
_ROUNDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Onsets of one clip, seconds.

    Parameters
    ----------
    true
        When something happened.
    predicted, confidence
        When the tokens say so, and how surely.
    duration_seconds
        Of the clip.
    """

    true: tuple[float, ...]
    predicted: tuple[float, ...]
    confidence: tuple[float, ...]
    duration_seconds: float

    def surest(self) -> Heard:
        """With no more predictions than there are true onsets."""
        order = sorted(range(len(self.predicted)), key=lambda k: -self.confidence[k])[: len(self.true)]
        kept = sorted(order, key=lambda k: self.predicted[k])
        return replace(
            self,
            predicted=tuple(self.predicted[k] for k in kept),
            confidence=tuple(self.confidence[k] for k in kept),
        )


class TokenRow(Model):
    """One way to tokens, over some clips; accuracy and precision are means over the clips in which something happens.

    Parameters
    ----------
    predicted
        Onsets in all clips together; ``true`` so many there are.
    accuracy, average_precision
        CondFoleyGen's, of the surest predictions, as many as there are true onsets; a clip without predictions, whose
        precision would be 1 by CondFoleyGen's definition, counts 0.
    chance_accuracy
        The same of onsets drawn at random, as many as were scored.
    f100, chance_f100
        F-measure within 100 ms over all clips and all predictions, and of as many at random.
    token_accuracy
        Share of the units that the model finds likeliest, given those before; None where no model is asked.
    failed
        Clips whose tokens were not to be used.
    """

    name: str
    clips: int
    true: int
    predicted: int
    accuracy: float
    chance_accuracy: float
    average_precision: float
    f100: float
    chance_f100: float
    token_accuracy: float | None = None
    failed: int = 0


def row(
    name: str, clips: Sequence[Heard], *, token_accuracy: float | None = None, failed: int = 0, seed: int = 0
) -> TokenRow:
    """Score some clips; zeros where nothing happens in any."""
    chance = np.random.default_rng(seed)
    cut = [clip.surest() for clip in clips if clip.true]
    scored = [condfoley(clip.true, clip.predicted, clip.confidence) for clip in cut]
    drawn = [[at_random(clip, len(clip.predicted), chance) for clip in cut] for _ in range(_ROUNDS)]
    everywhere = [[at_random(clip, len(clip.predicted), chance) for clip in clips] for _ in range(_ROUNDS)]
    return TokenRow(
        name=name,
        clips=len(clips),
        true=sum(len(clip.true) for clip in clips),
        predicted=sum(len(clip.predicted) for clip in clips),
        accuracy=_mean(figure.accuracy for figure in scored),
        chance_accuracy=_mean(
            condfoley(clip.true, clip.predicted, clip.confidence).accuracy for one in drawn for clip in one
        ),
        average_precision=_mean(
            figure.average_precision if clip.predicted else 0.0 for figure, clip in zip(scored, cut, strict=True)
        ),
        f100=pooled_f(clips),
        chance_f100=_mean(map(pooled_f, everywhere)),
        token_accuracy=token_accuracy,
        failed=failed,
    )


def chance_row(clips: Sequence[Heard], *, seed: int = 0) -> TokenRow:
    """Onsets drawn at random, as many as there are: what knows the number and nothing else."""
    chance = np.random.default_rng([seed, 1])
    rows = [
        row("chance", [at_random(clip, len(clip.true), chance) for clip in clips], seed=seed) for _ in range(_ROUNDS)
    ]
    names = ("accuracy", "chance_accuracy", "average_precision", "f100", "chance_f100")
    return rows[0].model_copy(update={name: _mean(getattr(each, name) for each in rows) for name in names})


def at_random(clip: Heard, count: int, chance: np.random.Generator) -> Heard:
    """The clip with so many predictions anywhere in it."""
    times = np.sort(chance.uniform(0, clip.duration_seconds, count))
    return replace(clip, predicted=tuple(times.tolist()), confidence=tuple(chance.random(count).tolist()))


def pooled_f(clips: Sequence[Heard]) -> float:
    """F-measure within 100 ms, all clips together; 0 where nothing is hit."""
    hits = sum(match(clip.true, clip.predicted, WINDOW_SECONDS).hits for clip in clips)
    counted = sum(len(clip.true) + len(clip.predicted) for clip in clips)
    return 2 * hits / counted if counted else 0.0


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return float(np.mean(listed)) if listed else 0.0
