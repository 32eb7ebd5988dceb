"""AudioLDM 2 in little."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AudioLDM2Pipeline,
    AudioLDM2ProjectionModel,
    AudioLDM2UNet2DConditionModel,
    AutoencoderKL,
    DDIMScheduler,
)
from transformers import (
    ClapAudioConfig,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    ClapTextConfig,
    GPT2Config,
    GPT2Model,
    RobertaTokenizer,
    SpeechT5HifiGan,
    SpeechT5HifiGanConfig,
)

from . import t5
from .tokenizers import words
from .weights import loud

WIDTH = 16


def clap() -> ClapModel:
    """Both branches."""
    text = ClapTextConfig(
        vocab_size=len(words()) + 8,
        hidden_size=8,
        intermediate_size=37,
        num_attention_heads=1,
        num_hidden_layers=1,
        pad_token_id=1,
        projection_dim=WIDTH,
    )
    audio = ClapAudioConfig(
        spec_size=8,
        window_size=4,
        num_mel_bins=8,
        intermediate_size=37,
        depths=[1, 1],
        num_attention_heads=[1, 1],
        num_hidden_layers=1,
        hidden_size=192,
        patch_size=2,
        patch_stride=2,
        patch_embed_input_channels=4,
        projection_dim=WIDTH,
    )
    return ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=WIDTH))


def roberta() -> RobertaTokenizer:
    """Letters, as a byte-pair tokenizer holds them."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *(chr(code) for code in range(33, 127)), "Ġ"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return RobertaTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def build(folder: Path) -> None:
    """Write the pipeline."""
    torch.manual_seed(0)
    AudioLDM2Pipeline(
        vae=AutoencoderKL(
            in_channels=1,
            out_channels=1,
            block_out_channels=[4, 4, 4],
            down_block_types=["DownEncoderBlock2D"] * 3,
            up_block_types=["UpDecoderBlock2D"] * 3,
            latent_channels=4,
            norm_num_groups=4,
        ),
        text_encoder=clap(),
        text_encoder_2=t5.encoder(),
        projection_model=AudioLDM2ProjectionModel(
            text_encoder_dim=WIDTH, text_encoder_1_dim=t5.WIDTH, langauge_model_dim=WIDTH
        ),
        language_model=GPT2Model(
            GPT2Config(n_embd=WIDTH, n_head=1, n_layer=1, vocab_size=99, n_ctx=99, n_positions=700)
        ),
        tokenizer=roberta(),
        tokenizer_2=t5.tokenizer(512),
        feature_extractor=ClapFeatureExtractor(
            feature_size=8, hop_length=480, sampling_rate=48_000, truncation="rand_trunc"
        ),
        unet=AudioLDM2UNet2DConditionModel(
            sample_size=32,
            block_out_channels=(8, 8),
            layers_per_block=1,
            norm_num_groups=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=((None, WIDTH, t5.WIDTH), (None, WIDTH, t5.WIDTH)),
            attention_head_dim=2,
        ),
        scheduler=DDIMScheduler(beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear"),
        vocoder=loud(
            SpeechT5HifiGan(
                SpeechT5HifiGanConfig(
                    model_in_dim=64,
                    sampling_rate=16_000,
                    upsample_initial_channel=16,
                    upsample_rates=[5, 4, 4, 2],
                    upsample_kernel_sizes=[11, 8, 8, 4],
                    resblock_kernel_sizes=[3],
                    resblock_dilation_sizes=[[1, 3, 5]],
                    normalize_before=False,
                )
            )
        ),
    ).save_pretrained(folder, safe_serialization=True)
