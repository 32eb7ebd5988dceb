"""Audio-Agent's own parts in little, as ``cuewright train`` writes them, over a tiny Auffusion.

The language model has learnt one thing, to say a pattern of tokens until the picture ends.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engine.backends.neural.pipelines import quiet
from engine.backends.neural.video_tokens import visual_adapter
from engine.backends.neural.video_tokens.hear import Centres
from engine.backends.neural.video_tokens.look import Looker
from engine.backends.neural.video_tokens.speak import Clip, Speaker
from engine.training.video_tokens.synthetic import tiny_models

from . import auffusion

RATE_HZ = 50.0
WIDTH = 32
PATTERN = (3, 3, 3, 7, 5, 5)
_STEPS = 60


def build(folder: Path) -> None:
    """Write all of it; the models that it stands on lie in it too."""
    config = tiny_models(folder / "base")
    within = {"clip": "base/clip", "hubert": "base/hubert", "language": "base/gemma"}
    config.model_copy(update=within).write(folder)
    chance = np.random.default_rng(0)
    vectors = chance.standard_normal((config.hear.units, WIDTH)).astype(np.float32)
    levels = np.linspace(-90, -10, config.hear.units, dtype=np.float32)
    Centres(vectors=vectors, level_db=levels, layer=1, rate_hz=RATE_HZ).write(folder)
    torch.manual_seed(0)
    width = Looker(config.clip, config.look).width
    speaker = Speaker(config, features=width, rate_hz=RATE_HZ, trains=True)
    parameters = [p for part in (speaker.language, speaker.connectors) for p in part.parameters() if p.requires_grad]
    descent = torch.optim.Adam(parameters, 3e-3)
    for _ in range(_STEPS):
        clips = [_clip(chance, frames, width) for frames in (25, 40)]
        loss, _ = speaker.loss(clips)
        descent.zero_grad()
        loss.backward()
        descent.step()
    speaker.save(folder)
    with quiet():
        pipeline = auffusion.pipeline()
        visual_adapter.attach_new(pipeline, visual_adapter.AdapterConfig(queries=8, width=64), WIDTH)
    for value in visual_adapter.trained_parts(pipeline.unet).values():
        value.data.add_(0.3 * torch.randn_like(value))
    visual_adapter.save(pipeline.unet, folder)


def _clip(chance: np.random.Generator, frames: int, width: int) -> Clip:
    units = np.resize(np.array(PATTERN), 2 * frames).astype(np.int64)
    return Clip(features=chance.standard_normal((frames, width)).astype(np.float32), caption="", units=units)
