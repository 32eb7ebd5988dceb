"""The terms of what was trained, kept beside the weights: those of what it was trained on top of, and of the videos."""

from __future__ import annotations

from pathlib import Path

from engine.backends.neural.video_tokens.config import VideoTokensConfig
from engine.backends.weights import LICENCE
from engine.results import Licence


def keep_licence(folder: Path, config: VideoTokensConfig, *, diffusion: str = "") -> None:
    """Write the licence; unless somebody says otherwise there, it is not for commercial use, as Auffusion is not."""
    bases = ", ".join(base for base in (config.clip, config.hubert, config.language, diffusion) if base)
    licence = Licence(
        name="LicenseRef-trained-here",
        commercial=False,
        note=f"Trained here, on top of {bases}: their terms hold, and those of the videos it was trained on.",
    )
    (folder / LICENCE).write_text(licence.model_dump_json(indent=1) + "\n", encoding="utf-8")
