"""Stable Audio Open in little; its sampler is named as it is published, of a class that needs another library."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderOobleck,
    EDMDPMSolverMultistepScheduler,
    StableAudioDiTModel,
    StableAudioPipeline,
    StableAudioProjectionModel,
)

from . import t5
from .weights import stirred


def build(folder: Path) -> None:
    """Write the pipeline."""
    torch.manual_seed(0)
    StableAudioPipeline(
        vae=AutoencoderOobleck(
            encoder_hidden_size=4,
            downsampling_ratios=[16, 16, 16],
            channel_multiples=[1, 1, 1],
            decoder_channels=1,
            decoder_input_channels=4,
        ),
        text_encoder=t5.encoder(),
        projection_model=StableAudioProjectionModel(
            text_encoder_dim=t5.WIDTH, conditioning_dim=t5.WIDTH, min_value=0, max_value=512
        ),
        tokenizer=t5.tokenizer(128),
        transformer=stirred(
            StableAudioDiTModel(
                sample_size=512,
                in_channels=4,
                num_layers=1,
                attention_head_dim=4,
                num_attention_heads=2,
                num_key_value_attention_heads=2,
                out_channels=4,
                cross_attention_dim=8,
                time_proj_dim=8,
                global_states_input_dim=2 * t5.WIDTH,
                cross_attention_input_dim=t5.WIDTH,
            )
        ),
        scheduler=EDMDPMSolverMultistepScheduler(
            sigma_min=0.3,
            sigma_max=500.0,
            sigma_data=1.0,
            sigma_schedule="exponential",
            prediction_type="v_prediction",
            solver_order=2,
        ),
    ).save_pretrained(folder, safe_serialization=True)
    for path in (folder / "model_index.json", folder / "scheduler" / "scheduler_config.json"):
        told = path.read_text().replace("EDMDPMSolverMultistepScheduler", "CosineDPMSolverMultistepScheduler")
        path.write_text(told)
