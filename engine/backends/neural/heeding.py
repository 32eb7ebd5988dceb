"""Whether a drawing heeds what it is told: the noise that a U-Net sees with a condition, and without it.

A model that was trained too little, or too long on too few things, makes the same sound whatever it is shown or told.
That is seen in one step of its drawing, for two calls of the U-Net; the sound itself has to be made only once.

Source: "audio that ignores one of its two conditions" is a failure that Audio-Agent (arXiv 2410.03335) has to notice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

IGNORED = 1e-4
"""Of the noise: a condition that changes less is not heard, nor told from how a batch rounds."""

OnStepEnd = Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]
TENSORS = ["latents", "prompt_embeds"]
"""What a pipeline has to tell at the end of a step."""


@dataclass(slots=True, kw_only=True)
class Heeding:
    """Looks once at a drawing by a Stable Diffusion pipeline with a visual adapter.

    Parameters
    ----------
    seen
        The adapter's condition of each sound, ``(batch, 1, tokens, width)``.
    mask
        Where it is followed, as the pipeline gets it.
    scale
        Of the adapter.
    step
        After which it looks.
    guided
        Whether the pipeline compares with no words, and has their states.
    """

    seen: torch.Tensor
    mask: Sequence[torch.Tensor]
    scale: float
    step: int
    guided: bool
    picture: Sequence[float] = ()
    """Of each sound: how much of the noise the picture changes; nothing where it was not looked."""
    words: Sequence[float] = ()
    """The same of the words."""

    def around(self, told: OnStepEnd) -> OnStepEnd:
        """A callback that looks, and then does what another does."""

        def looking(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            if step == self.step:
                self._look(pipeline, timestep, tensors["latents"], tensors["prompt_embeds"])
            return told(pipeline, step, timestep, tensors)

        return looking

    def _look(self, pipeline: Any, timestep: Any, latents: torch.Tensor, states: torch.Tensor) -> None:
        count = len(latents)
        noisy = pipeline.scheduler.scale_model_input(latents, timestep)

        def noise(words: torch.Tensor, scale: float) -> torch.Tensor:
            pipeline.set_ip_adapter_scale(scale)
            found: torch.Tensor = pipeline.unet(
                noisy,
                timestep,
                encoder_hidden_states=words,
                added_cond_kwargs={"image_embeds": [self.seen]},
                cross_attention_kwargs={"ip_adapter_masks": list(self.mask)},
            ).sample
            return found.float().flatten(1)

        try:
            both = noise(states[-count:], self.scale)
            self.picture = _changed(both, noise(states[-count:], 0.0))
            self.words = _changed(both, noise(states[:count], self.scale)) if self.guided else ()
        finally:
            pipeline.set_ip_adapter_scale(self.scale)


def _changed(with_it: torch.Tensor, without: torch.Tensor) -> Sequence[float]:
    share: list[float] = ((with_it - without).norm(dim=1) / with_it.norm(dim=1).clamp(min=1e-12)).tolist()
    return share
