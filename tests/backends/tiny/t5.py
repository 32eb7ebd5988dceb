"""A text encoder of the T5 kind, in little."""

from __future__ import annotations

from transformers import T5Config, T5EncoderModel, T5Tokenizer

from .tokenizers import words

WIDTH = 32


def tokenizer(longest: int) -> T5Tokenizer:
    """Letters and a few words as a unigram model holds them."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(piece, -1.0) for piece in words() if not piece.startswith("<")]
    return T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=longest)


def encoder() -> T5EncoderModel:
    """One layer."""
    config = T5Config(vocab_size=len(words()) + 8, d_model=WIDTH, d_ff=37, d_kv=8, num_heads=2, num_layers=1)
    return T5EncoderModel(config)
