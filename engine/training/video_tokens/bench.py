"""The whole chain on a set made on the spot: does it learn? Tiny models at random, real classes, the production path.

Clips are rendered with known contacts and sounds that follow from them; units are clustered, tokens are trained, and
held-out clips, which no stage has seen, are scored: what the model speaks by itself is read for onsets, and these are
compared with the contacts. CLIP, HuBERT and Gemma2 know nothing at the start, so what is learnt is learnt here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.evaluation.physics_clips import SCENES, Scene
from engine.evaluation.token_scores import TokenRow
from engine.handle import Handle
from engine.model import Model
from engine.training.video_tokens.settings import TrainConfig
from engine.training.video_tokens.synthetic import make_set, tiny_models
from engine.training.video_tokens.tokens import train_tokens
from engine.training.video_tokens.units import UnitsRow, train_units

_MADE, _CLUSTERED = 0.3, 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is made and how long it is trained."""

    clips: int = 256
    scenes: Sequence[Scene] = SCENES
    seconds: float = 2.4
    epochs: int = 24
    batch: int = 8
    learning_rate: float = 3e-3
    warmup_share: float = 0.3
    held_out_share: float = 0.15
    score_every: int = 4


class VideoTokensReport(Model):
    """What ``bench video-tokens`` measures.

    Parameters
    ----------
    rows
        Chance, untrained, trained, and the units of the sound itself.
    losses
        Training loss of each epoch that was scored.
    """

    rows: tuple[TokenRow, ...]
    units: UnitsRow
    losses: tuple[float, ...]
    train_clips: int
    seed: int
    seconds_making: float
    seconds_training: float


def measure(
    folder: Path,
    size: Size = Size(),
    *,
    seed: int = 0,
    workers: int = 2,
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> VideoTokensReport:
    """Make, cluster, train and score, all under ``folder``."""
    import torch

    began = time.perf_counter()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # of models this small, threads wait for each other more than they work
    try:
        return _measured(folder, size, seed, workers, handle, began)
    finally:
        torch.set_num_threads(threads)


def _measured(folder: Path, size: Size, seed: int, workers: int, handle: Handle, began: float) -> VideoTokensReport:
    handle.progress(0.0, "rendering clips")
    clips, out = folder / "clips", folder / "model"
    clips.mkdir(parents=True)
    made = make_set(clips, size.clips, seed=seed, seconds=size.seconds, scenes=size.scenes, workers=workers)
    known = {clip.path: clip.onsets_seconds for clip in made}
    trained = time.perf_counter()
    config = tiny_models(folder / "models", seed=seed)
    units = train_units(
        clips, config, out, held_out_share=size.held_out_share, seed=seed, handle=handle.part(_MADE, _CLUSTERED)
    )
    done = train_tokens(
        clips,
        TrainConfig(
            epochs=size.epochs,
            batch=size.batch,
            learning_rate=size.learning_rate,
            warmup_share=size.warmup_share,
            held_out_share=size.held_out_share,
            score_every=size.score_every,
            seed=seed,
            device="cpu",
        ),
        out,
        truth=lambda video, sound: known[video.path],
        handle=handle.part(_CLUSTERED, 1.0),
    )
    untrained, last = (TokenRow.read(done.epochs[k].held_out) for k in (0, -1))
    return VideoTokensReport(
        rows=(
            done.chance,
            untrained.model_copy(update={"name": "untrained"}),
            last.model_copy(update={"name": "trained"}),
            done.oracle,
        ),
        units=units.row,
        losses=tuple(epoch.loss for epoch in done.epochs[1:]),
        train_clips=units.row.videos - units.row.held_out,
        seed=seed,
        seconds_making=trained - began,
        seconds_training=time.perf_counter() - trained,
    )
