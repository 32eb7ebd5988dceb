"""Stable Audio 3 in little."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderSAME,
    FlowMatchEulerDiscreteScheduler,
    StableAudio3DiTModel,
    StableAudio3DurationEmbedder,
    StableAudio3Pipeline,
)
from transformers import GemmaTokenizer, T5GemmaConfig, T5GemmaEncoderModel
from transformers.models.t5gemma.configuration_t5gemma import T5GemmaModuleConfig

from .tokenizers import words
from .weights import stirred

WIDTH = 16


def build(folder: Path) -> None:
    """Write the pipeline."""
    torch.manual_seed(0)
    vocabulary = words()
    module = T5GemmaModuleConfig(
        vocab_size=len(vocabulary),
        hidden_size=WIDTH,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
    )
    config = T5GemmaConfig(encoder=module, decoder=module, is_encoder_decoder=False, vocab_size=len(vocabulary))
    StableAudio3Pipeline(
        vae=stirred(
            AutoencoderSAME(
                patch_size=256,
                encoder_channels=8,
                encoder_c_mults=[2],
                encoder_strides=[4],
                encoder_transformer_depths=[1],
                latent_dim=8,
                dim_heads=8,
            )
        ),
        text_encoder=T5GemmaEncoderModel(config),
        tokenizer=GemmaTokenizer(vocab=vocabulary, merges=[], model_max_length=256),
        duration_embedder=StableAudio3DurationEmbedder(output_dim=WIDTH, fourier_dim=16),
        transformer=stirred(
            StableAudio3DiTModel(
                io_channels=8,
                embed_dim=WIDTH,
                depth=1,
                num_heads=2,
                cond_token_dim=WIDTH,
                global_cond_dim=WIDTH,
                local_add_cond_dim=9,
                timestep_features_dim=16,
                num_memory_tokens=2,
            )
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(stochastic_sampling=True),
    ).save_pretrained(folder, safe_serialization=True)
