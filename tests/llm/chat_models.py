"""Tiny chat models in the published layout; one of them knows its answer by heart.

Every layer passes its input on unchanged, and the head says after each token the one that follows it in the answer: a
real ``LlamaForCausalLM``, loaded and asked in the real way, of which it is known what it says.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

TEMPLATE = (
    "{% for m in messages %}<turn>{{ m.role }} {{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<say>{% endif %}"
)
NO_SYSTEM = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "<turn>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<say>{% endif %}"
)
SPECIAL = ["<unk>", "<eos>", "<turn>", "<say>"]


def knows(
    folder: Path, answer: object, *, template: str | None = TEMPLATE, ends: bool = True, holds: int = 4_096
) -> Path:
    """A model that answers everything with one value, or that never ends."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    vocabulary = [*SPECIAL, *_pieces(text)]
    size = len(vocabulary)
    model = LlamaForCausalLM(_config(size, holds))
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(size))
        follows = {3: 4} | {k: k + 1 for k in range(4, size - 1)} | {size - 1: 1 if ends else 4}
        model.lm_head.weight.zero_()
        for token, following in follows.items():
            model.lm_head.weight[following, token] = 10.0
    return _written(folder, model, vocabulary, template)


def _pieces(text: str) -> list[str]:
    """A text in pieces, none of them twice: what follows each is then known."""
    pieces: list[str] = []
    while text:
        size = next(size for size in range(8, len(text) + 9) if text[:size] not in pieces)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def babbles(folder: Path) -> Path:
    """Random weights."""
    torch.manual_seed(0)
    vocabulary = [*SPECIAL, *(chr(code) for code in range(33, 93))]
    model = LlamaForCausalLM(_config(len(vocabulary), 4_096))
    model.generation_config.max_length = 64
    return _written(folder, model, vocabulary, TEMPLATE)


def _config(size: int, holds: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=size,
        hidden_size=size,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        head_dim=8,
        max_position_embeddings=holds,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=1,
        tie_word_embeddings=False,
    )


def _written(folder: Path, model: LlamaForCausalLM, vocabulary: list[str], template: str | None) -> Path:
    tokenizer = Tokenizer(WordLevel({piece: k for k, piece in enumerate(vocabulary)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.decoder = Fuse()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<eos>", unk_token="<unk>", extra_special_tokens=["<turn>", "<say>"]
    )
    if template:
        wrapped.chat_template = template
    model.save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return folder
