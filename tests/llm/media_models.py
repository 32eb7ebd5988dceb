"""Tiny models of the classes that see and hear, in the published layout, each with one answer known by heart.

Random weights all through, but for what leads from a token to the next: the decoder's layers pass on what comes in,
every token is a direction of its own, and the head says what follows it. What pictures and sounds become is read by the
encoders for real, and has to fit the places that it is put into.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from chat_models import _pieces
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5OmniThinkerConfig,
    Qwen2_5OmniThinkerForConditionalGeneration,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    WhisperFeatureExtractor,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

SPECIAL = ["<unk>", "<eos>", "<turn>", "<say>", "<image>", "<audio>", "<vision>", "<video>"]
IMAGE, AUDIO, VISION, VIDEO = 4, 5, 6, 7
TEMPLATE = (
    "{% for m in messages %}<turn>{{ m.role }} {% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'image' %}<vision><image>{% elif c.type == 'audio' %}<audio>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endif %}{% endfor %}{% if add_generation_prompt %}<say>{% endif %}"
)
MELS = 16


def sees(folder: Path, answer: object, **keys: Any) -> Path:
    """``Qwen2_5_VLForConditionalGeneration``."""
    vocabulary, width = _vocabulary(answer)
    config = Qwen2_5_VLConfig(
        text_config=_text(len(vocabulary), width),
        vision_config=_vision(width),
        image_token_id=IMAGE,
        video_token_id=VIDEO,
        vision_start_token_id=VISION,
        tie_word_embeddings=False,
    )
    return _written(folder, Qwen2_5_VLForConditionalGeneration(config), vocabulary, images=True, **keys)


def hears(folder: Path, answer: object, **keys: Any) -> Path:
    """``Qwen2AudioForConditionalGeneration``."""
    vocabulary, width = _vocabulary(answer)
    text = {key: value for key, value in _text(len(vocabulary), width).items() if key != "rope_parameters"}
    config = Qwen2AudioConfig(
        audio_config={
            "num_mel_bins": MELS,
            "encoder_layers": 1,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 16,
            "d_model": 16,
            "max_source_positions": 1_500,
        },
        text_config={**text, "model_type": "qwen2"},
        audio_token_index=AUDIO,
    )
    return _written(folder, Qwen2AudioForConditionalGeneration(config), vocabulary, sounds=True, **keys)


def does_both(folder: Path, answer: object, **keys: Any) -> Path:
    """``Qwen2_5OmniThinkerForConditionalGeneration``."""
    vocabulary, width = _vocabulary(answer)
    config = Qwen2_5OmniThinkerConfig(
        audio_config={
            "num_mel_bins": MELS,
            "encoder_layers": 1,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 16,
            "d_model": 16,
            "output_dim": width,
            "n_window": 10,
            "max_source_positions": 1_500,
        },
        vision_config=_vision(width),
        text_config=_text(len(vocabulary), width),
        audio_token_index=AUDIO,
        image_token_index=IMAGE,
        video_token_index=VIDEO,
        vision_start_token_id=VISION,
    )
    model = Qwen2_5OmniThinkerForConditionalGeneration(config)
    return _written(folder, model, vocabulary, images=True, sounds=True, **keys)


def as_published(folder: Path) -> Path:
    """What :func:`does_both` wrote, as a whole Omni is published: with its name before every weight and setting."""
    config = json.loads((folder / "config.json").read_text())
    whole = {"model_type": "qwen2_5_omni", "architectures": ["Qwen2_5OmniModel"], "thinker_config": config}
    (folder / "config.json").write_text(json.dumps(whole))
    weights = load_file(folder / "model.safetensors")
    named = {f"thinker.{name}": weight for name, weight in weights.items()}
    save_file(named, folder / "model.safetensors", {"format": "pt"})
    return folder


def _vocabulary(answer: object) -> tuple[list[str], int]:
    """Its words, and a width with a direction for each of them."""
    torch.manual_seed(0)
    vocabulary = [*SPECIAL, *_pieces(answer if isinstance(answer, str) else json.dumps(answer))]
    return vocabulary, -(-len(vocabulary) // 16) * 16


def _text(size: int, width: int) -> dict[str, Any]:
    return {
        "vocab_size": size,
        "hidden_size": width,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": width // 16,
        "num_key_value_heads": width // 16,
        "max_position_embeddings": 8_192,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]},
        "bos_token_id": None,
        "eos_token_id": 1,
        "pad_token_id": 1,
        "tie_word_embeddings": False,
    }


def _vision(width: int) -> dict[str, Any]:
    return {
        "depth": 1,
        "hidden_size": 16,
        "num_heads": 2,
        "intermediate_size": 16,
        "out_hidden_size": width,
        "patch_size": 14,
        "fullatt_block_indexes": [0],
        "window_size": 112,
    }


def _written(
    folder: Path,
    model: Any,
    vocabulary: list[str],
    *,
    images: bool = False,
    sounds: bool = False,
    template: str = TEMPLATE,
    ends: bool = True,
) -> Path:
    _learn(model, len(vocabulary), ends)
    tokenizer = Tokenizer(WordLevel({piece: k for k, piece in enumerate(vocabulary)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.decoder = Fuse()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<eos>", unk_token="<unk>", extra_special_tokens=SPECIAL[2:]
    )
    model.generation_config.eos_token_id = model.generation_config.pad_token_id = 1
    model.save_pretrained(folder)
    wrapped.save_pretrained(folder)
    about: dict[str, Any] = {}
    if images:
        about |= Qwen2VLImageProcessorPil(min_pixels=28 * 28, max_pixels=112 * 112).to_dict()
        about["image_processor_type"] = "Qwen2VLImageProcessor"
    if sounds:
        about |= WhisperFeatureExtractor(feature_size=MELS).to_dict()
    (folder / "preprocessor_config.json").write_text(json.dumps(about))
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": template}))
    return folder


def _learn(model: Any, size: int, ends: bool) -> None:
    decoder = model.get_decoder()
    head = model.get_output_embeddings()
    with torch.no_grad():
        for layer in decoder.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        embedding = decoder.get_input_embeddings().weight
        embedding.zero_()
        embedding[:size, :size] = torch.eye(size)
        first = len(SPECIAL)
        follows = {3: first} | {k: k + 1 for k in range(first, size - 1)} | {size - 1: 1 if ends else first}
        head.weight.zero_()
        for token, following in follows.items():
            head.weight[following, token] = 10.0
