"""Auffusion's published vocoder as the HiFi-GAN that transformers has: other names, weight norm taken in.

Source: HiFi-GAN (arXiv 2010.05646); the names of ``SpeechT5HifiGan`` in transformers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.backends.neural.loading import load_state_dict
from engine.errors import FileUnreadable

if TYPE_CHECKING:
    import torch

CONFIG, WEIGHTS = "config.json", "vocoder.pt"


def vocoder(folder: Path) -> Any:
    """The vocoder of a folder that holds ``config.json`` and ``vocoder.pt``; ``(batch, columns, bands)`` to sound.

    Raises
    ------
    FileUnreadable
        When either is missing or of another kind.
    """
    from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

    model: Any
    try:
        told = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        config = SpeechT5HifiGanConfig(
            model_in_dim=told["num_mels"],
            sampling_rate=told["sampling_rate"],
            upsample_initial_channel=told["upsample_initial_channel"],
            upsample_rates=told["upsample_rates"],
            upsample_kernel_sizes=told["upsample_kernel_sizes"],
            resblock_kernel_sizes=told["resblock_kernel_sizes"],
            resblock_dilation_sizes=told["resblock_dilation_sizes"],
            normalize_before=False,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileUnreadable(f"{folder / CONFIG} is no vocoder's configuration: {error}.", field="backend") from None
    model = SpeechT5HifiGan(config)
    held: Any = load_state_dict(folder / WEIGHTS)
    buffers = {name: tensor for name, tensor in model.state_dict().items() if name in ("mean", "scale")}
    try:
        model.load_state_dict(renamed(held.get("generator", held)) | buffers)
    except (RuntimeError, KeyError, AttributeError) as error:
        told = " ".join(str(error).split())[:200]
        raise FileUnreadable(f"{folder / WEIGHTS} does not fit its configuration: {told}.", field="backend") from None
    model.eval()
    return model


def renamed(published: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The published tensors under the names of transformers, with w = g v / |v| worked out.

    The norm is over all but the first axis, for transposed convolutions too.
    """
    made = {}
    for name, tensor in published.items():
        if name.endswith("weight_g"):
            continue
        if name.endswith("weight_v"):
            base = name.removesuffix("_v")
            axes = tuple(range(1, tensor.ndim))
            made[base] = published[f"{base}_g"] * tensor / tensor.norm(dim=axes, keepdim=True)
        else:
            made[name] = tensor
    return {
        f"upsampler.{name.removeprefix('ups.')}" if name.startswith("ups.") else name: tensor
        for name, tensor in made.items()
    }
