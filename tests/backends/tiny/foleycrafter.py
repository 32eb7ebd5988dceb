"""FoleyCrafter's adapters in little, in the files and under the names of the published ones, over a tiny Auffusion."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import ControlNetModel
from transformers import CLIPConfig, CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from engine.backends.neural.pipelines import quiet

from . import auffusion
from .weights import loud

SEEN = 24
"""Width of what is seen."""
TOKENS = 4


def build(folder: Path) -> None:
    """Write both adapters."""
    torch.manual_seed(0)
    unet = auffusion.pipeline().unet
    torch.manual_seed(1)
    control = loud(ControlNetModel.from_unet(unet, conditioning_channels=1))
    folder.mkdir(parents=True)
    held = {f"module.{name}": tensor for name, tensor in control.state_dict().items()}
    torch.save({"state_dict": held}, folder / "temporal_adapter.ckpt")
    layers = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    adapter = {
        f"{2 * number + 1}.to_{part}_ip.weight": torch.randn(unet.config.block_out_channels[2], auffusion.WIDTH)
        for number, _ in enumerate(layers)
        for part in ("k", "v")
    }
    projection = {
        "proj.weight": torch.randn(TOKENS * auffusion.WIDTH, SEEN),
        "proj.bias": torch.randn(TOKENS * auffusion.WIDTH),
        "norm.weight": torch.ones(auffusion.WIDTH),
        "norm.bias": torch.zeros(auffusion.WIDTH),
    }
    (folder / "semantic").mkdir()
    torch.save({"image_proj": projection, "ip_adapter": adapter}, folder / "semantic" / "semantic_adapter.bin")


def build_eye(folder: Path, *, seen: int = SEEN) -> Path:
    """CLIP, which looks at the picture, in its own folder."""
    torch.manual_seed(0)
    layer = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={**layer, "vocab_size": 99},
        vision_config={**layer, "image_size": 32, "patch_size": 8, "projection_dim": seen},
        projection_dim=seen,
    )
    with quiet():
        CLIPModel(config).save_pretrained(folder)
        side = {"height": 32, "width": 32}
        CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=side).save_pretrained(folder)
    return folder
