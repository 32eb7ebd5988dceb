"""Sounds that were made, scored against those they stand for, the words they were made of, and the picture.

Every figure names who judged; one that cannot be taken says why and keeps no other from being taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import BadArgument, CuewrightError, DependencyMissing, FileUnreadable
from engine.evaluation.distribution import Gaussian, Vectors, divergence, frechet_distance, similarity
from engine.evaluation.judges import Image, Mono, PictureJudge, Recogniser, SoundJudge
from engine.evaluation.onset import condfoley
from engine.handle import Handle
from engine.model import Model

ONSET_RATE_HZ = 22_050
_NEAR_SECONDS = 0.05
_LEAST_SECONDS = 0.1
"""What is left over behind the last whole window is judged only if it is as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A sound that was made.

    Parameters
    ----------
    path
        Its file.
    reference
        The sound that it stands for.
    words
        What it was made of.
    images
        Gives frames of the picture that it belongs to; asked only when they are looked at.
    """

    path: Path
    reference: Path | None = None
    words: str = ""
    images: Callable[[], Sequence[Image]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """Who judges; None is nobody, and ``absent`` says why, by the field's name."""

    sounds: SoundJudge | None = None
    classes: Recogniser | None = None
    pictures: PictureJudge | None = None
    absent: Mapping[str, str] = field(default_factory=dict)


class Figure(Model):
    """One figure, or why there is none."""

    metric: str
    value: float | None = None
    count: int = 0
    better: Literal["lower", "higher"]
    by: str = ""
    why_not: str = ""


class EvaluationReport(Model):
    """All of them."""

    sounds: int
    figures: tuple[Figure, ...]


def evaluate(made: Sequence[Made], references: Sequence[Path], judges: Judges, handle: Handle) -> EvaluationReport:
    """FAD, KL, CLAP score, CLIP similarity, onset accuracy and average precision.

    Parameters
    ----------
    made
        What to score.
    references
        The set that they are compared with as a whole, for the Fréchet distance.

    Raises
    ------
    FileUnreadable
        When a file is no sound.
    """
    figures = []
    for number, (metric, better, measure) in enumerate(_METRICS):
        handle.progress(number / len(_METRICS), metric)
        try:
            value, count, by = measure(made, references, judges)
        except FileUnreadable:
            raise
        except CuewrightError as error:
            figures.append(Figure(metric=metric, better=better, why_not=error.sentence))
        else:
            figures.append(Figure(metric=metric, value=value, count=count, better=better, by=by))
    return EvaluationReport(sounds=len(made), figures=tuple(figures))


Taken = tuple[float, int, str]
"""A value, of how many it is, and who judged."""


def _fad(made: Sequence[Made], references: Sequence[Path], judges: Judges) -> Taken:
    if judges.sounds is None:
        raise DependencyMissing(judges.absent.get("sounds", "nobody judges sounds."))
    if not references:
        raise BadArgument("there is no reference to compare with: give --reference.")
    own, other = (
        np.concatenate([_windows(path, judges.sounds, judges.sounds.sounds) for path in paths])
        for paths in ([each.path for each in made], references)
    )
    return frechet_distance(Gaussian.of(other), Gaussian.of(own)), len(made), judges.sounds.name


def _kl(made: Sequence[Made], references: Sequence[Path], judges: Judges) -> Taken:
    if judges.classes is None:
        raise DependencyMissing(judges.absent.get("classes", "nobody recognises sounds."))
    pairs = _paired(made)
    rows = [
        np.stack([_windows(path, judges.classes, judges.classes.posteriors).mean(0) for path in paths])
        for paths in zip(*pairs, strict=True)
    ]
    return divergence(rows[1], rows[0]), len(pairs), judges.classes.name


def _clap(made: Sequence[Made], references: Sequence[Path], judges: Judges) -> Taken:
    if judges.sounds is None:
        raise DependencyMissing(judges.absent.get("sounds", "nobody judges sounds."))
    told = [each for each in made if each.words]
    if not told:
        raise BadArgument("no words are known of any sound: give --words.")
    heard = np.stack([_windows(each.path, judges.sounds, judges.sounds.sounds).mean(0) for each in told])
    return similarity(heard, judges.sounds.words([each.words for each in told])), len(told), judges.sounds.name


def _clip(made: Sequence[Made], references: Sequence[Path], judges: Judges) -> Taken:
    if judges.pictures is None:
        raise DependencyMissing(judges.absent.get("pictures", "nobody looks at pictures."))
    told = [(each.words, each.images) for each in made if each.words and each.images]
    if not told:
        raise BadArgument("no sound has both words and a picture: give --words and --pictures.")
    scores = []
    for words, images in told:
        seen = judges.pictures.pictures(images())
        scores.append(similarity(seen, np.repeat(judges.pictures.words([words]), len(seen), axis=0)))
    return float(np.mean(scores)), len(told), judges.pictures.name


def _onset_accuracy(made: Sequence[Made], references: Sequence[Path], judges: Judges) -> Taken:
    return _onsets(made, "accuracy")


def _onset_precision(made: Sequence[Made], references: Sequence[Path], judges: Judges) -> Taken:
    return _onsets(made, "average_precision")


def _onsets(made: Sequence[Made], figure: str) -> Taken:
    """CondFoleyGen's figures, with its detector; a reference in which nothing begins is left out."""
    scored = []
    for path, reference in _paired(made):
        true, _ = onsets_of(heard(reference, ONSET_RATE_HZ))
        if len(true):
            predicted, sure = onsets_of(heard(path, ONSET_RATE_HZ))
            scored.append(getattr(condfoley(true, predicted, sure), figure))
    if not scored:
        raise BadArgument("in no reference does a sound begin.")
    return float(np.mean(scored)), len(scored), "librosa"


_METRICS: tuple[
    tuple[str, Literal["lower", "higher"], Callable[[Sequence[Made], Sequence[Path], Judges], Taken]], ...
] = (
    ("FAD", "lower", _fad),
    ("KL", "lower", _kl),
    ("CLAP", "higher", _clap),
    ("CLIP", "higher", _clip),
    ("onset Acc", "higher", _onset_accuracy),
    ("onset AP", "higher", _onset_precision),
)


def onsets_of(sound: Mono) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Onsets in seconds, and how sure each is: the loudest sample within 50 ms, over the loudest of all.

    Source: CondFoleyGen (Du et al. 2023): librosa's detector at 22,050 Hz with delta 0.3.
    """
    try:
        from librosa.onset import onset_detect
    except ImportError:
        raise DependencyMissing("librosa, whose onset detector defines this figure: pip install librosa.") from None
    if not np.any(sound):
        return np.zeros(0), np.zeros(0)
    times = np.asarray(onset_detect(y=sound, sr=ONSET_RATE_HZ, units="time", delta=0.3), float)
    near = round(_NEAR_SECONDS * ONSET_RATE_HZ)
    level = np.abs(sound)
    places = np.round(times * ONSET_RATE_HZ).astype(int)
    sure = np.array([level[max(0, at - near) : at + near + 1].max() for at in places], float)
    return times, sure / max(float(level.max()), 1e-12)


def _paired(made: Sequence[Made]) -> list[tuple[Path, Path]]:
    pairs = [(each.path, each.reference) for each in made if each.reference is not None]
    if not pairs:
        raise BadArgument("no sound has a reference of the same name: give --reference.")
    return pairs


def _windows(path: Path, judge: SoundJudge | Recogniser, judged: Callable[[Sequence[Mono]], Vectors]) -> Vectors:
    """A file as its judge hears it: a row for each piece of what it takes at once."""
    sound = heard(path, judge.sample_rate_hz)
    size = round(judge.longest_seconds * judge.sample_rate_hz)
    pieces = [sound[start : start + size] for start in range(0, max(1, len(sound)), size)]
    if len(pieces) > 1 and len(pieces[-1]) < _LEAST_SECONDS * judge.sample_rate_hz:
        pieces.pop()
    return np.concatenate([judged([piece]) for piece in pieces])


def heard(path: Path, sample_rate_hz: int) -> Mono:
    """A sound file, mixed to one channel, at a rate.

    Raises
    ------
    FileUnreadable
        When it is no sound, or an empty one.
    """
    import soundfile
    import soxr

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise FileUnreadable(f"{path} cannot be read as sound: {error}.", field="sounds") from None
    if not len(samples):
        raise FileUnreadable(f"{path} holds no sound.", field="sounds")
    mono: Mono = np.asarray(soxr.resample(samples.mean(1), rate, sample_rate_hz), np.float32)
    return mono
