"""The judge that embeds: ranks that are known, with embedders made up; and real classes on tiny checkpoints."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_pair import RATE, a_pair

from engine.alignment.base import Pair
from engine.alignment.loop import align
from engine.alignment.measured import MeasuredJudge
from engine.alignment.models.choose import parts
from engine.alignment.models.embedding import EmbeddingJudge, captions
from engine.alignment.models.senses import Stills
from engine.audio import Audio
from engine.backends.weights import Store
from engine.config import Settings
from engine.editing.kit import Kit
from engine.evaluation.judges import Image, Mono, Vectors
from engine.handle import Handle
from engine.source import Held, Source

sys.path.insert(0, str(Path(__file__).parents[1] / "evaluation"))
from test_scoring import clap_folder, clip_folder

HERTZ = tuple(range(500, 7_500, 100))
"""What may sound."""
SEEN = 2_000
"""What any picture shows; the five that it shows are the nearest to it."""


def at(place: float) -> list[float]:
    return [np.cos(place / 5_000), np.sin(place / 5_000)]


class Ears:
    """Embeds a sound by its loudest frequency."""

    name = "ears"
    sample_rate_hz = 16_000
    longest_seconds = 0.5

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def sounds(self, sounds: Sequence[Mono]) -> Vectors:
        self.lengths += [sound.size for sound in sounds]
        loudest = [np.abs(np.fft.rfft(sound)).argmax() / sound.size * 16_000 for sound in sounds]
        return np.array([at(hz) for hz in loudest], np.float32)

    def words(self, texts: Sequence[str]) -> Vectors:
        rows = [np.array(at(float(text))) * float(text) for text in texts]  # lengths mean nothing
        return np.array(rows, np.float32)


class Eyes:
    """Sees the same in everything."""

    name = "eyes"

    def __init__(self) -> None:
        self.images: list[Image] = []

    def pictures(self, images: Sequence[Image]) -> Vectors:
        self.images += images
        return np.array([at(SEEN) for _ in images], np.float32)

    def words(self, texts: Sequence[str]) -> Vectors:
        return np.array([at(float(text)) for text in texts], np.float32)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return a_pair(tmp_path_factory.mktemp("pair"))


def tone(hz: float, seconds: float = 1.2) -> Source:
    wave = 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return Held(Audio(samples=np.tile(wave.astype(np.float32), (2, 1)), sample_rate_hz=RATE))


def belongs(version: Source, pair: Pair, ears: Ears | None = None, eyes: Eyes | None = None) -> float:
    judge = EmbeddingJudge(ears or Ears(), eyes or Eyes(), Stills(), tuple(str(hz) for hz in HERTZ))
    measured = MeasuredJudge().judge(version, pair, Handle())
    score = judge.judge(version, pair, Handle())
    assert score.synchronisation == measured.synchronisation
    assert score.by == "ears with eyes, measured"
    return score.alignment / measured.alignment


def test_what_is_seen_and_heard_ranks_first(pair: Pair) -> None:
    # 1,800 to 2,200 Hz are seen; heard at 2,000, each has none, two or four of the others nearer or as near.
    expected = np.mean([1 - beaten / (len(HERTZ) - 1) for beaten in (0, 1.5, 1.5, 3.5, 3.5)])
    assert belongs(tone(SEEN), pair) == pytest.approx(expected, abs=1e-3)


def test_the_rank_falls_with_the_distance_and_is_next_to_nothing_at_the_other_end(pair: Pair) -> None:
    ranks = [belongs(tone(hz), pair) for hz in (2_000, 3_000, 4_500, 7_400)]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] > 0.95
    # Below 1,800 Hz lie 13 captions, and between the five seen 2 on average.
    assert ranks[-1] == pytest.approx((13 + 2) / (len(HERTZ) - 1), abs=1e-3)


def test_chance_is_a_half(pair: Pair) -> None:
    class Deaf(Ears):
        def words(self, texts: Sequence[str]) -> Vectors:
            return np.ones((len(texts), 2), np.float32)

    assert belongs(tone(SEEN), pair, Deaf()) == pytest.approx(0.5)


def test_it_hears_pieces_as_long_as_it_takes_and_looks_once(pair: Pair) -> None:
    ears, eyes = Ears(), Eyes()
    judge = EmbeddingJudge(ears, eyes, Stills(), ("1000", "2000", "3000"))
    judge.judge(tone(2_000), pair, Handle())
    assert ears.lengths == [8_000, 8_000, 3_200]
    assert len(eyes.images) == 16
    assert eyes.images[0].shape[0] == 288
    judge.judge(tone(3_000), pair, Handle())
    assert len(eyes.images) == 16


def test_the_captions_are_those_of_the_sounds_that_there_are() -> None:
    told = captions()
    assert len(told) == len(set(told)) > 600
    assert not any(", misc:" in each for each in told)
    assert next(each for each in told if each.startswith("air, burst")) == "air, burst: air blast, air poof, chuff"


def chosen(folder: Path, told: list[str], **how: Any) -> str:
    using = Settings(models_folder=folder / "models", models_device="cpu")
    return type(parts(using, warn=told.append, **how).judge).__name__


def test_the_whole_loop_on_tiny_embedders(pair: Pair, tmp_path: Path) -> None:
    told: list[str] = []
    assert chosen(tmp_path, told, judge="model") == "MeasuredJudge"
    assert "cuewright models pull clap-htsat-fused" in told[0]
    using = Settings(models_folder=tmp_path / "models", models_device="cpu")
    store = Store(using)
    store.add(clap_folder(tmp_path / "clap"), handle=Handle())
    store.add(clip_folder(tmp_path / "clip"), handle=Handle())
    told.clear()
    assert chosen(tmp_path, told) == "MeasuredJudge", "by itself it is not chosen"
    made = parts(using, judge="model", warn=told.append)
    trace = align(pair, made, Kit(folder=tmp_path, warn=told.append), handle=Handle(), cycles=1).trace
    assert told == []
    assert trace.original.by.endswith(", measured")
    assert 0 < trace.original.alignment < 1
    assert "lies nearer to it than" in trace.original.rationale
