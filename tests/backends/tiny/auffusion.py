"""Auffusion in little: a Stable Diffusion folder, and a vocoder under its published names."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from .tokenizers import VOCABULARY

WIDTH = 32
VOCODER = {
    "num_mels": 256,
    "sampling_rate": 16_000,
    "upsample_initial_channel": 32,
    "upsample_rates": [5, 4, 4, 2],
    "upsample_kernel_sizes": [11, 8, 8, 4],
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
}


def pipeline() -> StableDiffusionPipeline:
    """The diffusion part, without a safety checker."""
    torch.manual_seed(0)
    tokenizer = clip_tokenizer()
    return StableDiffusionPipeline(
        vae=AutoencoderKL(
            block_out_channels=[4, 4, 4, 4],
            layers_per_block=1,
            down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4,
            latent_channels=4,
            norm_num_groups=4,
        ),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=WIDTH,
                intermediate_size=64,
                num_hidden_layers=1,
                num_attention_heads=2,
                pad_token_id=1,
                bos_token_id=0,
                eos_token_id=1,
            )
        ),
        tokenizer=tokenizer,
        unet=UNet2DConditionModel(
            sample_size=64,
            block_out_channels=(8, 8, 8, 8),
            down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
            layers_per_block=1,
            cross_attention_dim=WIDTH,
            attention_head_dim=2,
            norm_num_groups=4,
        ),
        scheduler=DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def clip_tokenizer() -> CLIPTokenizer:
    """Letters and a few words."""
    letters = [chr(code) for code in range(33, 127)]
    merges = [
        (word[:end], word[end] + ("</w>" if end + 1 == len(word) else ""))
        for word in VOCABULARY
        for end in range(1, len(word))
    ]
    pieces = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    pieces += ["".join(pair) for pair in merges]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    return CLIPTokenizer(vocab=vocabulary, merges=list(dict.fromkeys(merges)), model_max_length=77)


def published_vocoder() -> dict[str, torch.Tensor]:
    """Random tensors under the names and shapes of HiFi-GAN's own checkpoint, weight norm in two parts."""
    generator = torch.Generator().manual_seed(0)
    held: dict[str, torch.Tensor] = {}

    def convolution(name: str, *shape: int, outputs: int) -> None:
        held[f"{name}.weight_v"] = torch.randn(*shape, generator=generator)
        held[f"{name}.weight_g"] = 0.5 + torch.rand(shape[0], 1, 1, generator=generator)
        held[f"{name}.bias"] = 0.01 * torch.randn(outputs, generator=generator)

    channels = VOCODER["upsample_initial_channel"]
    convolution("conv_pre", channels, VOCODER["num_mels"], 7, outputs=channels)
    kernels = VOCODER["resblock_kernel_sizes"]
    for level, kernel in enumerate(VOCODER["upsample_kernel_sizes"]):
        half = channels // 2
        convolution(f"ups.{level}", channels, half, kernel, outputs=half)
        channels = half
        for number, size in enumerate(kernels):
            for part in range(3):
                for group in ("convs1", "convs2"):
                    block = f"resblocks.{level * len(kernels) + number}"
                    convolution(f"{block}.{group}.{part}", channels, channels, size, outputs=channels)
    convolution("conv_post", 1, channels, 7, outputs=1)
    return held


def build(folder: Path) -> None:
    """Write all of it."""
    pipeline().save_pretrained(folder, safe_serialization=True)
    index = json.loads((folder / "model_index.json").read_text())
    # Folders of that time name a class that is gone, of a part that a sound does not need.
    index["feature_extractor"] = ["transformers", "CLIPFeatureExtractor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "feature_extractor").mkdir()
    place = folder / "vocoder"
    place.mkdir()
    (place / "config.json").write_text(json.dumps(VOCODER))
    torch.save({"generator": published_vocoder()}, place / "vocoder.pt")
