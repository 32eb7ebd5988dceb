"""A training set made on the spot: rendered contacts, and sounds that follow from them; and tiny models at random.

What is struck decides what is heard: each scene of :mod:`engine.evaluation.physics_clips` has one built-in sound, put
on every contact. The models are of the same classes and in the same layout as the published ones, and know nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.backends.neural.pipelines import quiet
from engine.backends.neural.video_tokens.config import (
    ConnectorConfig,
    HearConfig,
    LookConfig,
    LoraSettings,
    VideoTokensConfig,
)
from engine.backends.neural.video_tokens.hear import Sound
from engine.evaluation.physics_clips import SCENES, Scene, render_clip
from engine.procedural.families import FAMILIES
from engine.procedural.family import SAMPLE_RATE_HZ

SOUNDS: dict[Scene, tuple[str, str]] = {
    "drop": ("stone_impact", "balls fall on a stone floor"),
    "bounce": ("body_impact", "a ball bounces"),
    "boxes": ("wood_impact", "wooden boxes fall"),
    "hammer": ("metal_impact", "a hammer strikes a block"),
}
"""Of each scene: the built-in sound of its contacts, and what one would say of it."""
_RING_SECONDS = 0.35
_PEAK = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A clip with its sound."""

    path: Path
    caption: str
    onsets_seconds: tuple[float, ...]
    duration_seconds: float


def make_set(
    folder: Path, count: int, *, seed: int = 0, seconds: float = 2.4, scenes: Sequence[Scene] = SCENES, workers: int = 2
) -> tuple[Made, ...]:
    """Render ``count`` clips into a folder, the scenes in turn, each with its caption in a text file beside it."""
    jobs = [(folder, seed * 1_000_003 + number, scenes[number % len(scenes)], seconds) for number in range(count)]
    if workers < 2:
        return tuple(map(_make, jobs))
    with ProcessPoolExecutor(workers) as pool:
        return tuple(pool.map(_make, jobs, chunksize=4))


def _make(job: tuple[Path, int, Scene, float]) -> Made:
    folder, seed, scene, seconds = job
    silent = folder / f".silent-{seed}.mp4"
    clip = render_clip(seed, silent, scene, seconds)
    family, caption = SOUNDS[scene]
    path = folder / f"{scene}-{seed}.mov"
    sound = follow(clip.onsets_seconds, family, clip.duration_seconds, seed)
    _joined(silent, sound, path)
    silent.unlink()
    path.with_suffix(".txt").write_text(caption + "\n", encoding="utf-8")
    return Made(path=path, caption=caption, onsets_seconds=clip.onsets_seconds, duration_seconds=clip.duration_seconds)


def follow(onsets_seconds: Sequence[float], family: str, duration_seconds: float, seed: int) -> Sound:
    """The sound of contacts, and silence between them: ``(samples,)`` at 48 kHz.

    Silence, because a HuBERT of random weights hears as much in noise as in anything.
    """
    out = np.zeros(round(duration_seconds * SAMPLE_RATE_HZ), np.float32)
    kind = FAMILIES[family]
    length = round(_RING_SECONDS * SAMPLE_RATE_HZ)
    fade = np.linspace(1, 0, length) ** 2
    for number, onset in enumerate(onsets_seconds):
        knobs = kind.knobs({"wetness": 0.0, **({"count": 1.0} if "count" in kind.params else {})})
        made, begin = kind.render(np.random.default_rng([seed, number]), knobs, length, 1, lambda: None)
        struck = made[0, begin : begin + length]
        struck = struck * fade[: len(struck)] / max(float(np.abs(struck).max()), 1e-6)
        at = round(onset * SAMPLE_RATE_HZ)
        part = out[at : at + len(struck)]
        part += (_PEAK * struck[: len(part)]).astype(np.float32)
    return out.clip(-1, 1)


def _joined(silent: Path, sound: Sound, path: Path) -> None:
    """The picture as it is coded, with the sound beside it."""
    import av

    with av.open(str(silent)) as source, av.open(str(path), "w") as target:
        seen = source.streams.video[0]
        picture = target.add_stream_from_template(seen)
        heard = target.add_stream("pcm_s16le", rate=SAMPLE_RATE_HZ, layout="mono")
        for packet in source.demux(seen):
            if packet.dts is not None:
                packet.stream = picture
                target.mux(packet)
        whole = np.rint(sound * 32_767).astype(np.int16)
        for begin in range(0, len(whole), 4_800):
            frame = av.AudioFrame.from_ndarray(whole[None, begin : begin + 4_800], format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, begin
            target.mux(heard.encode(frame))
        target.mux(heard.encode(None))


def tiny_models(folder: Path, *, seed: int = 0) -> VideoTokensConfig:
    """CLIP, HuBERT and Gemma2 of tiny sizes, weights at random, on disk; and the configuration that fits them."""
    with quiet():
        return _tiny_models(folder, seed)


def _tiny_models(folder: Path, seed: int) -> VideoTokensConfig:
    import torch
    from transformers import (
        CLIPVisionConfig,
        CLIPVisionModelWithProjection,
        Gemma2Config,
        Gemma2ForCausalLM,
        HubertConfig,
        HubertModel,
    )
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    torch.manual_seed(seed)
    clip, hubert, language = (folder / name for name in ("clip", "hubert", "gemma"))
    seen = CLIPVisionConfig(
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=1,
        num_attention_heads=4,
        image_size=64,
        patch_size=8,
        projection_dim=32,
        initializer_range=0.1,  # at random, larger weights tell pictures apart better
    )
    CLIPVisionModelWithProjection(seen).save_pretrained(clip)
    CLIPImageProcessorPil(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}).save_pretrained(clip)
    heard = HubertConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(32,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    )
    HubertModel(heard).save_pretrained(hubert)
    words = _tokenizer(language)
    spoken = Gemma2Config(
        vocab_size=words,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        sliding_window=64,
        initializer_range=0.1,
    )
    Gemma2ForCausalLM(spoken).save_pretrained(language)
    return VideoTokensConfig(
        clip=str(clip),
        hubert=str(hubert),
        language=str(language),
        longest_seconds=4.0,
        prompt="{caption}",  # a byte a token: the shorter, the quicker
        look=LookConfig(grid=8),
        hear=HearConfig(layer=1, units=32),
        connectors=ConnectorConfig(width=96, layers=1, heads=4, dropout=0.0),
        lora=LoraSettings(rank=16, alpha=32, dropout=0.0),
    )


def _tokenizer(folder: Path) -> int:
    """One token a byte, saved as published tokenizers are; returns how many there are."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    names = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    made = Tokenizer(models.BPE(vocab={name: k for k, name in enumerate(names)}, merges=[], unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    fast_tokenizer: Any = PreTrainedTokenizerFast  # it says nothing of its types
    fast = fast_tokenizer(
        tokenizer_object=made, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<unk>"
    )
    fast.save_pretrained(folder)
    return len(names)
