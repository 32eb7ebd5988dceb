"""Auffusion and Stable Audio 3 in their published shapes, or tiny, with random weights: to measure, not to hear."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.backends.neural.bench import Size
from engine.backends.neural.device import Device
from engine.backends.neural.model import DiffusionModel
from engine.backends.neural.pipelines import quiet, sampler


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomModel:
    """A model to measure, and its parts that every step reads."""

    model: DiffusionModel
    modules: Sequence[Any]


def auffusion(size: Size, device: Device, *, compiled: bool) -> RandomModel:
    """A Stable Diffusion 1.x U-Net (860 million weights), its autoencoder and text encoder, and the vocoder."""
    from engine.backends.auffusion import AuffusionModel, prepared

    d: Any = importlib.import_module("diffusers")
    t: Any = importlib.import_module("transformers")
    tiny = size == "tiny"
    width = 32 if tiny else 768
    with quiet():
        pieces = [
            "<|startoftext|>",
            "<|endoftext|>",
            *(f"{chr(code)}{end}" for code in range(33, 127) for end in ("", "</w>")),
        ]
        tokenizer = t.CLIPTokenizer(vocab={p: n for n, p in enumerate(pieces)}, merges=[], model_max_length=77)
        text = t.CLIPTextConfig(
            vocab_size=49_408,
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=1 if tiny else 12,
            num_attention_heads=2 if tiny else 12,
            bos_token_id=0,
            eos_token_id=1,
        )
        blocks = (8, 8, 8, 8) if tiny else (320, 640, 1_280, 1_280)
        groups = 4 if tiny else 32
        pipeline = d.StableDiffusionPipeline(
            vae=d.AutoencoderKL(
                block_out_channels=(8, 8, 8, 8) if tiny else (128, 256, 512, 512),
                layers_per_block=1 if tiny else 2,
                down_block_types=["DownEncoderBlock2D"] * 4,
                up_block_types=["UpDecoderBlock2D"] * 4,
                latent_channels=4,
                norm_num_groups=groups,
            ),
            text_encoder=t.CLIPTextModel(text),
            tokenizer=tokenizer,
            unet=d.UNet2DConditionModel(
                sample_size=64,
                block_out_channels=blocks,
                layers_per_block=1 if tiny else 2,
                cross_attention_dim=width,
                attention_head_dim=2 if tiny else 8,
                norm_num_groups=groups,
            ),
            scheduler=d.DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        pipeline.scheduler = sampler("DPMSolverMultistepScheduler", pipeline)
        pipeline = device.settle(pipeline.to(device.dtype))
        hear = t.SpeechT5HifiGan(
            t.SpeechT5HifiGanConfig(
                model_in_dim=256,
                sampling_rate=16_000,
                upsample_initial_channel=32 if tiny else 512,
                upsample_rates=[5, 4, 4, 2],
                upsample_kernel_sizes=[11, 8, 8, 4],
                normalize_before=False,
            )
        ).eval()
        prepared(pipeline, device, compiled=compiled)
    return RandomModel(model=AuffusionModel(pipeline, hear, device), modules=[pipeline.unet])


def stable_audio(size: Size, device: Device, *, compiled: bool) -> RandomModel:
    """The classes' own defaults, which are those of the medium model, behind a text encoder of 12 layers."""
    from engine.backends.stable_audio import StableAudioModel, prepared

    d: Any = importlib.import_module("diffusers")
    t: Any = importlib.import_module("transformers")
    tiny = size == "tiny"
    width = 16 if tiny else 768
    with quiet():
        pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *(chr(code) for code in range(33, 127))]
        tokenizer = t.GemmaTokenizer(vocab={p: n for n, p in enumerate(pieces)}, merges=[], model_max_length=256)
        module = importlib.import_module("transformers.models.t5gemma.configuration_t5gemma").T5GemmaModuleConfig(
            vocab_size=256_000 if not tiny else len(pieces),
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=1 if tiny else 12,
            num_attention_heads=2 if tiny else 12,
            num_key_value_heads=2 if tiny else 12,
            head_dim=width // (2 if tiny else 12),
        )
        config = t.T5GemmaConfig(encoder=module, decoder=module, is_encoder_decoder=False)
        small: dict[str, Any] = {"encoder_channels": 8, "encoder_c_mults": [2], "encoder_transformer_depths": [1]}
        drawing: dict[str, Any] = {"embed_dim": 16, "depth": 1, "num_heads": 2, "num_memory_tokens": 2}
        pipeline = d.StableAudio3Pipeline(
            vae=d.AutoencoderSAME(**(small | {"dim_heads": 8} if tiny else {})),
            text_encoder=t.T5GemmaEncoderModel(config),
            tokenizer=tokenizer,
            duration_embedder=d.StableAudio3DurationEmbedder(output_dim=width),
            transformer=d.StableAudio3DiTModel(
                cond_token_dim=width, global_cond_dim=width, **(drawing if tiny else {})
            ),
            scheduler=d.FlowMatchEulerDiscreteScheduler(stochastic_sampling=True),
        )
        pipeline = device.settle(pipeline.to(device.dtype))
        prepared(pipeline, compiled=compiled)
    return RandomModel(model=StableAudioModel(pipeline, device), modules=[pipeline.transformer])
