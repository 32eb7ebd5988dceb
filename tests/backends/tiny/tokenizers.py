"""Tokenizers that know a few words, in the files that the real ones have."""

from __future__ import annotations

VOCABULARY = ("a", "heavy", "wooden", "door", "slams", "knocking", "on", "rain", "glass", "breaks", "dog", "barks")


def words() -> dict[str, int]:
    """Special tokens first, then letters, then words as a byte-pair or unigram tokenizer holds them."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    letters = [chr(code) for code in range(33, 127)] + ["▁"]
    return {piece: number for number, piece in enumerate([*special, *letters, *(f"▁{word}" for word in VOCABULARY)])}
