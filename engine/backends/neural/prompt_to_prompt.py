"""A sound drawn again with other words, everything else kept: attention control in a Stable Diffusion U-Net.

Source and target are drawn side by side from one noise. While the larger traits form, the target looks where the source
looks: a swapped word takes over the places of the one before it, words that stay keep theirs, and a word can be made
weaker or stronger. Pictures of sounds are not square; nothing here knows or needs their shape.

Source: Hertz et al., Prompt-to-Prompt (arXiv 2208.01626).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from engine.backends.base import WordEdit
from engine.errors import BadArgument

if TYPE_CHECKING:
    import torch

SELF_POSITIONS = 1_024
"""Self-attention over more places is left free, as in the paper: it holds detail, not arrangement."""

_PUNCTUATION = ".,;:!?\"'()"
StepEnd = Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Which of the source's attention maps each token of the target takes.

    Parameters
    ----------
    mapping
        ``(source tokens, target tokens)``: shares of the source's maps; a column of zeros is a token with none.
    taken
        ``(target tokens,)``: 1 where the source's maps are taken, 0 where the target keeps its own.
    strength
        ``(target tokens,)``: factor of each map.
    """

    mapping: torch.Tensor
    taken: torch.Tensor
    strength: torch.Tensor

    def to(self, like: torch.Tensor) -> Alignment:
        """On the device of a tensor and in its numbers."""
        return Alignment(mapping=self.mapping.to(like), taken=self.taken.to(like), strength=self.strength.to(like))


def aligned(edit: WordEdit, tokenizer: Any) -> Alignment:
    """Words to tokens, and the target's to the source's: those that stay, and those swapped one for one.

    Words added, and those that replace another number of words, keep maps of their own.

    Raises
    ------
    BadArgument
        When a weight names no word of the target, or is below 0.
    """
    import torch

    size = int(tokenizer.model_max_length)
    before, after = (_Words(text, tokenizer) for text in (edit.source, edit.target))
    mapping, taken = torch.zeros(size, size), torch.zeros(size)
    pairs = [(range(1), range(1))]  # the token that begins every text
    for _, a, b, c, d in SequenceMatcher(None, before.words, after.words, autojunk=False).get_opcodes():
        if b - a == d - c:
            pairs += zip(before.spans[a:b], after.spans[c:d], strict=True)
    # Then the token that ends the text, and those that fill it.
    ends = zip(range(before.end, size), range(after.end, size), strict=False)
    pairs += [(range(old, old + 1), range(new, new + 1)) for old, new in ends]
    for old, new in pairs:
        for place, token in enumerate(new):
            taken[token] = 1.0
            if len(old) == len(new):
                mapping[old[place], token] = 1.0
            else:
                mapping[old.start : old.stop, token] = 1.0 / len(new)
    return Alignment(mapping=mapping, taken=taken, strength=_strengths(edit, after, size))


class _Words:
    """A text's words, and the tokens that each has among the text's."""

    def __init__(self, text: str, tokenizer: Any) -> None:
        self.words = [word.strip(_PUNCTUATION).lower() or word for word in text.split()]
        self.spans: list[range] = []
        self.end = 1
        for word in text.split():
            count = len(tokenizer(word, add_special_tokens=False)["input_ids"])
            self.spans.append(range(self.end, self.end + count))
            self.end += count


def _strengths(edit: WordEdit, after: _Words, size: int) -> torch.Tensor:
    import torch

    strength = torch.ones(size)
    for said, factor in edit.weights.items():
        word = said.strip(_PUNCTUATION).lower()
        if word not in after.words:
            raise BadArgument(f"{said!r} is no word of {edit.target!r}, so it has no weight.", field="weights")
        if not 0.0 <= factor < float("inf"):
            raise BadArgument(f"The weight of {said!r} is {factor:g}: give 0 or more.", field="weights")
        for other, span in zip(after.words, after.spans, strict=True):
            if other == word:
                strength[span.start : span.stop] = factor
    return strength


def edited_maps(source: torch.Tensor, own: torch.Tensor, alignment: Alignment) -> torch.Tensor:
    """The target's attention to its tokens, ``(heads, places, tokens)``, of the source's and of its own.

    ``A*_j = c_j (t_j sum_i A_i M_ij + (1 - t_j) A'_j)``, equations 4 to 6 of the paper as one.
    """
    taken = alignment.taken
    return (source @ alignment.mapping * taken + own * (1.0 - taken)) * alignment.strength


class _Control:
    """Stands in every attention of a U-Net while a pair is drawn; the last two of a batch are source and target."""

    def __init__(self, edit: WordEdit, alignment: Alignment) -> None:
        self._edit, self._alignment = edit, alignment
        self.done = 0.0
        """Share of the steps."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        temb: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """As diffusers calls the processor of an attention, ``(batch, places, width)``."""
        import torch

        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            each.unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for each in (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context))
        )
        crosses = encoder_hidden_states is not None
        if not crosses and self.done < self._edit.self_replace_share and query.shape[2] <= SELF_POSITIONS:
            # The source's map on the target's values is attention with the source's queries and keys.
            query, key = (torch.cat([each[:-1], each[-2:-1]]) for each in (query, key))
        heard = torch.nn.functional.scaled_dot_product_attention(query, key, value, scale=attn.scale)
        if crosses and self.done < self._edit.cross_replace_share:
            maps = torch.softmax(query[-2:].float() @ key[-2:].float().transpose(-1, -2) * attn.scale, dim=-1)
            edited = edited_maps(maps[0], maps[1], self._alignment.to(maps))
            heard = torch.cat([heard[:-1], (edited.to(value.dtype) @ value[-1])[None]])
        made: torch.Tensor = attn.to_out[1](attn.to_out[0](heard.transpose(1, 2).flatten(2)))
        return made


def edited_by_words(
    pipeline: Any, edit: WordEdit, *, seed: int, steps: int, on_step_end: StepEnd, **keys: Any
) -> torch.Tensor:
    """Two pictures from one noise, ``(2, 3, height, width)`` of 0 to 1: the source, and the target made of it.

    Parameters
    ----------
    pipeline
        Of Stable Diffusion's kind, from words or from a picture; it is as before when this returns.
    steps
        That will be run: fewer than ``num_inference_steps`` where a picture is varied.
    on_step_end
        Told after each step as diffusers tells it.
    keys
        What else the pipeline takes: ``num_inference_steps``, ``guidance_scale``, ``height`` and ``width``, or for a
        picture ``image`` and ``strength``.

    Raises
    ------
    BadArgument
        As :func:`aligned`.
    """
    import torch

    control = _Control(edit, aligned(edit, pipeline.tokenizer))

    def told(pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        control.done = (step + 1) / steps
        return on_step_end(pipe, step, timestep, tensors)

    before = dict(pipeline.unet.attn_processors)
    pipeline.unet.set_attn_processor(control)
    try:
        drawn: torch.Tensor = pipeline(
            prompt=[edit.source, edit.target],
            generator=[torch.Generator("cpu").manual_seed(seed) for _ in range(2)],
            callback_on_step_end=told,
            output_type="pt",
            **keys,
        ).images
    finally:
        pipeline.unet.set_attn_processor(before)
    return drawn
