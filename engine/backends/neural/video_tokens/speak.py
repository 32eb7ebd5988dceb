"""Features and a caption to tokens: Gemma2 with LoRA adapters, which reads frames and speaks units of sound.

What it reads is: the prompt, one vector a frame, a token that begins the sound; what it speaks is one token a unit and
one that ends it. The units are new rows of its vocabulary, which alone of it are trained. Nothing here knows of files
of sound or of picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.backends.neural.loading import pretrained
from engine.backends.neural.pipelines import quiet
from engine.backends.neural.video_tokens.config import VideoTokensConfig
from engine.backends.neural.video_tokens.connectors import FILE as CONNECTORS
from engine.backends.neural.video_tokens.connectors import connectors
from engine.backends.neural.video_tokens.hear import Units
from engine.errors import BackendFailed, FileUnreadable
from engine.handle import Handle

if TYPE_CHECKING:
    import torch

LORA = "lora"
"""Folder of the adapters, as peft writes it."""
_IGNORED = -100
_OVER = 1.1
_OVER_TOKENS = 8
"""So many more tokens than the picture is long are waited for; then it has no end."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """What it learns from, or is asked about.

    Parameters
    ----------
    features
        ``(frames, width)``.
    caption
        What is to be seen, in words; may be empty.
    units
        ``(tokens,)``; empty where they are asked for.
    """

    features: NDArray[np.float32]
    caption: str
    units: Units


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spoken:
    """What was spoken.

    Parameters
    ----------
    units
        As many as came before the end.
    ended
        Whether it came to an end by itself.
    """

    units: Units
    ended: bool


class Speaker:
    """The language model, its adapters and the connectors.

    Parameters
    ----------
    config
        Sizes, and the language model's folder.
    features
        Width of a frame's features.
    rate_hz
        Units a second.
    folder
        Trained weights; None begins anew.
    device
        As torch names it.
    trains
        Whether the adapters are to be trained.
    half
        Whether the language model computes in bfloat16; None where there is a CUDA device.

    Raises
    ------
    FileUnreadable
        When a folder does not hold what it should.
    """

    def __init__(
        self,
        config: VideoTokensConfig,
        *,
        features: int,
        rate_hz: float,
        folder: Path | None = None,
        device: str = "cpu",
        trains: bool = False,
        half: bool | None = None,
    ) -> None:
        import torch
        from transformers import AutoTokenizer, Gemma2ForCausalLM

        self.config, self.rate_hz, self.device = config, rate_hz, device
        self._words = pretrained(AutoTokenizer, config.language, "a tokenizer")
        self._dtype = torch.bfloat16 if (device.startswith("cuda") if half is None else half) else torch.float32
        # eager: the others leave out the soft cap on the attention that Gemma2 was trained with
        base = pretrained(Gemma2ForCausalLM, config.language, "Gemma2", attn_implementation="eager", dtype=self._dtype)
        self._first = int(base.config.vocab_size)
        self._begin, self._end = self._first + config.hear.units, self._first + config.hear.units + 1
        with quiet():
            base.resize_token_embeddings(self._end + 1, mean_resizing=False)
        scale = float(base.get_input_embeddings()(torch.arange(self._first)).detach().float().std())
        self.language = self._adapted(base, folder, trains).to(device)
        self.connectors = connectors(config.connectors, features, int(base.config.hidden_size), scale).to(device)
        if folder:
            self._load_connectors(folder / CONNECTORS)
        self.train(trains)

    def train(self, trains: bool) -> None:
        """Whether dropout is at work."""
        self.language.train(trains)
        self.connectors.train(trains)

    def save_memory(self) -> None:
        """Keep no activations of the language model: they are computed again on the way back."""
        with quiet():
            self.language.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})

    def _adapted(self, base: Any, folder: Path | None, trains: bool) -> Any:
        from peft import LoraConfig, PeftModel, get_peft_model
        from safetensors import SafetensorError

        if folder:
            try:
                with quiet():
                    return PeftModel.from_pretrained(
                        base, str(folder / LORA), is_trainable=trains, local_files_only=True
                    )
            except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
                first = (str(error).strip() or type(error).__name__).splitlines()[0]
                raise FileUnreadable(f"{folder / LORA} does not fit the language model: {first}") from None
        lora = self.config.lora
        settings = LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,  # type: ignore[arg-type, unused-ignore]
            lora_dropout=lora.dropout,
            target_modules="all-linear",
            trainable_token_indices=list(range(self._first, self._end + 1)),
            task_type="CAUSAL_LM",
        )
        with quiet():
            return get_peft_model(base, settings)

    def _load_connectors(self, path: Path) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            self.connectors.load_state_dict(load_file(path))
        except (OSError, SafetensorError, RuntimeError) as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise FileUnreadable(f"{path} does not fit the configuration beside it: {first}") from None

    def save(self, folder: Path) -> None:
        """Write the adapters and the connectors, as safetensors."""
        from safetensors.torch import save_file

        with quiet():
            self.language.save_pretrained(str(folder / LORA), safe_serialization=True, save_embedding_layers=False)
        save_file(
            {name: value.contiguous() for name, value in self.connectors.state_dict().items()}, folder / CONNECTORS
        )

    def tokens_of(self, frames: int) -> int:
        """How many tokens last as long as so many frames."""
        return max(1, round(frames / self.config.look.frame_rate_hz * self.rate_hz))

    def loss(self, clips: Sequence[Clip]) -> tuple[torch.Tensor, torch.Tensor]:
        """Cross-entropy over the audio tokens, teacher-forced, and the share of units that are the likeliest.

        Clips of unequal length are padded: before where words and frames stand, behind where tokens do.
        """
        import torch

        count = max(len(clip.units) for clip in clips)
        embeds, mask = self._read(clips, [self._first + torch.from_numpy(clip.units) for clip in clips], count)
        target = torch.full((len(clips), count + 1), _IGNORED, device=self.device)
        for row, clip in enumerate(clips):
            target[row, : len(clip.units)] = torch.from_numpy(clip.units)
            target[row, len(clip.units)] = self._end - self._first
        said = self.language(
            inputs_embeds=embeds,
            attention_mask=mask,
            position_ids=_positions(mask),
            logits_to_keep=count + 1,
            use_cache=False,
        )
        logits = said.logits[..., self._first :].float()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=_IGNORED)
        counts = (target != _IGNORED) & (target < self._begin - self._first)
        right = (logits.argmax(2) == target)[counts].float().mean()
        return loss, right.detach()

    def _read(
        self, clips: Sequence[Clip], said: Sequence[torch.Tensor], tokens: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Embeddings ``(batch, length, hidden)`` that end with ``tokens + 1`` places for what is said; and the mask."""
        import torch

        embed = self.language.get_input_embeddings()
        befores, besides = self._connected(clips)
        prompts = [self._prompt(clip.caption) for clip in clips]
        prefixes = [
            torch.cat([embed(prompt.to(self.device)), before]) for prompt, before in zip(prompts, befores, strict=True)
        ]
        longest = max(len(prefix) for prefix in prefixes)
        rows, masks = [], []
        for prefix, beside, own in zip(prefixes, besides, said, strict=True):
            ids = torch.cat([torch.tensor([self._begin]), own.cpu()]).to(self.device)
            sound = embed(ids)
            if beside is not None:  # the place of token n says what is seen at token n + 1, which it has to say
                sound = sound + _reaching(beside, len(ids))
            empty = longest - len(prefix), tokens + 1 - len(ids)
            row = torch.cat([prefix, sound])
            rows.append(torch.nn.functional.pad(row, (0, 0, *empty)))
            masks.append(torch.nn.functional.pad(torch.ones(len(row), dtype=torch.long), empty))
        return torch.stack(rows).to(self._dtype), torch.stack(masks).to(self.device)

    def _connected(self, clips: Sequence[Clip]) -> tuple[list[torch.Tensor], list[torch.Tensor | None]]:
        """What the connectors make of each clip: a vector a frame; a vector a token, and one for after the picture."""
        import torch

        counts = [len(clip.features) for clip in clips]
        features = [torch.from_numpy(clip.features) for clip in clips]
        seen = torch.nn.utils.rnn.pad_sequence(features, batch_first=True).to(self.device)
        there = torch.arange(seen.shape[1])[None] < torch.tensor(counts)[:, None]
        rate = self.config.look.frame_rate_hz
        before, beside = self.connectors(seen, there.to(self.device), rate, self.tokens_of(seen.shape[1]))
        frames = [row[:count] for row, count in zip(before, counts, strict=True)]
        if beside is None:
            return frames, [None] * len(clips)
        return frames, [
            torch.cat([row[: self.tokens_of(count)], row[-1:]]) for row, count in zip(beside, counts, strict=True)
        ]

    def _prompt(self, caption: str) -> torch.Tensor:
        words = self.config.prompt.format(caption=caption).strip()
        return self._words(words, return_tensors="pt").input_ids[0]  # type: ignore[no-any-return]

    def speak(
        self,
        clips: Sequence[Clip],
        *,
        seed: int = 0,
        temperature: float = 0.0,
        handle: Handle = Handle(),  # noqa: B008 - frozen
    ) -> list[Spoken]:
        """The tokens of some clips, together; each stops at its end token, or well after its picture's end.

        Parameters
        ----------
        clips
            Their units are not looked at.
        seed
            Of what chance decides, of each clip by itself.
        temperature
            0 takes the likeliest token each time; 1 draws as the model believes.

        Raises
        ------
        BackendFailed
            When the model makes no numbers.
        Cancelled
            Within one token.
        """
        import torch
        from transformers import DynamicCache

        embed = self.language.get_input_embeddings()
        generators = [torch.Generator().manual_seed(seed) for _ in clips]
        wanted = [self.tokens_of(len(clip.features)) for clip in clips]
        limits = [int(count * _OVER) + _OVER_TOKENS for count in wanted]
        units: list[list[int]] = [[] for _ in clips]
        ended = [False for _ in clips]
        with torch.inference_mode():
            embeds, mask = self._read(clips, [torch.zeros(0, dtype=torch.long)] * len(clips), 0)
            _, beside = self._connected(clips)
            memory = DynamicCache(config=self.language.config)
            places = _positions(mask)
            for step in range(max(limits)):
                logits = self.language(
                    inputs_embeds=embeds,
                    attention_mask=mask,
                    position_ids=places,
                    past_key_values=memory,
                    use_cache=True,
                    logits_to_keep=1,
                ).logits[:, -1, self._first :]
                logits = logits.float().cpu()
                if not logits.isfinite().all():
                    raise BackendFailed(
                        "Token generation failed: the model made no numbers of this picture. Check its weights with "
                        "'cuewright models verify', or use another backend.",
                        field="backend",
                    )
                logits[:, self._begin - self._first] = -torch.inf
                tokens = [_drawn(row, temperature, own) for row, own in zip(logits, generators, strict=True)]
                for k, token in enumerate(tokens):
                    ended[k] = ended[k] or (token + self._first == self._end and len(units[k]) == step)
                    if not ended[k] and step < limits[k]:
                        units[k].append(token)
                if all(end or step + 1 >= limit for end, limit in zip(ended, limits, strict=True)):
                    break
                embeds = embed(self._first + torch.tensor(tokens, device=self.device))[:, None]
                for k, moments in enumerate(beside):
                    if moments is not None:
                        embeds[k] += moments[min(step + 1, len(moments) - 1)].to(self._dtype)
                mask = torch.nn.functional.pad(mask, (0, 1), value=1)
                places = places[:, -1:] + 1
                handle.progress(min(1.0, step / max(wanted)), "listening to the picture")
        return [Spoken(units=np.array(own, np.int64), ended=end) for own, end in zip(units, ended, strict=True)]


def _positions(mask: torch.Tensor) -> torch.Tensor:
    return (mask.cumsum(1) - 1).clamp(min=0)


def _reaching(beside: torch.Tensor, places: int) -> torch.Tensor:
    """So many rows: those that are there, then the last again."""
    import torch

    return torch.cat([beside[:places], beside[-1:].expand(max(0, places - len(beside)), -1)])


def _drawn(logits: torch.Tensor, temperature: float, generator: torch.Generator) -> int:
    import torch

    if temperature <= 0:
        return int(logits.argmax())
    return int(torch.multinomial(torch.softmax(logits / temperature, 0), 1, generator=generator))
