"""What every diffusers pipeline is asked for in the same way: generators, steps, texts within bounds.

Knows no model by name.
"""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.audio import Samples
from engine.backends.neural.device import Device
from engine.backends.neural.model import OnStep, Wanted
from engine.errors import PromptTooLong

if TYPE_CHECKING:
    import torch


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Libraries say nothing on the way: what matters comes as an error, or not at all."""
    of_diffusers: Any = importlib.import_module("diffusers.utils.logging")
    of_transformers: Any = importlib.import_module("transformers.utils.logging")
    before = of_diffusers.get_verbosity(), of_transformers.get_verbosity()
    of_diffusers.set_verbosity_error()
    of_transformers.set_verbosity_error()
    of_diffusers.disable_progress_bar()
    of_transformers.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        of_diffusers.set_verbosity(before[0])
        of_transformers.set_verbosity(before[1])


def beside(kind: str, pipeline: Any, **more: Any) -> Any:
    """Another pipeline on the parts of one that is loaded, and more: the weights lie in memory once."""
    diffusers: Any = importlib.import_module("diffusers")
    with quiet():
        made = getattr(diffusers, kind)(**pipeline.components, **more)
    made.set_progress_bar_config(disable=True)
    return made


def one_embedding_each(pipeline: Any) -> None:
    """Let a pipeline take ``ip_adapter_image_embeds`` of one for each sound, with those of no condition before them.

    Its own way is one for all: it repeats what it gets for every sound of a batch, and each would follow all of them.
    """

    def given(image: None, embeds: Sequence[torch.Tensor], device: Any, *rest: object) -> list[torch.Tensor]:
        return [each.to(device) for each in embeds]

    pipeline.prepare_ip_adapter_image_embeds = given


def decoding_in_32_bits(autoencoder: Any) -> None:
    """Let what makes samples of latents compute in 32 bits, whatever the rest does: what it rounds is heard."""
    decode = autoencoder.float().decode

    def decoded(latents: torch.Tensor, *more: Any, **keys: Any) -> Any:
        return decode(latents.float(), *more, **keys)

    autoencoder.decode = decoded


def sampler(kind: str, pipeline: Any) -> Any:
    """A diffusers scheduler of that class, with the noise levels that a pipeline was trained with."""
    diffusers: Any = importlib.import_module("diffusers")
    return getattr(diffusers, kind).from_config(pipeline.scheduler.config)


def generators(wanted: Sequence[Wanted]) -> list[torch.Generator]:
    """One for each sound, on the CPU: the same noise on every device."""
    import torch

    return [torch.Generator("cpu").manual_seed(each.seed) for each in wanted]


def part(on_step: OnStep, start: float, end: float) -> OnStep:
    """Told 0 to 1, tells ``start`` to ``end``."""
    return lambda share: on_step(start + (end - start) * share)


def on_step_end(on_step: OnStep, steps: int) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
    """The callback of the newer pipelines: progress, and the cancel that leaves within the step."""

    def told(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step(min(1.0, (step + 1) / steps))
        return tensors

    return told


def on_old_step(on_step: OnStep, steps: int) -> Callable[[int, Any, Any], None]:
    """The same for pipelines with the older callback, which cannot be told to stop: the cancel is raised through."""

    def told(step: int, timestep: Any, latents: Any) -> None:
        on_step(min(1.0, (step + 1) / steps))

    return told


def check_texts(tokenizer: Any, wanted: Sequence[Wanted], most: int, name: str) -> None:
    """Refuse what the model would not read to its end.

    Raises
    ------
    PromptTooLong
        With how much it is.
    """
    for each in wanted:
        count = len(tokenizer(each.text, truncation=False)["input_ids"])
        if count > most:
            raise PromptTooLong(
                f"{name} reads {most} tokens, and {each.text[:60]!r}... has {count}: say it shorter, or as several "
                "sounds.",
                field="prompt",
            )


def arrays(audios: torch.Tensor, length_samples: int) -> list[Samples]:
    """A batch from the device as ``(channels, length_samples)`` each."""
    whole = audios.detach().float().cpu().numpy()
    whole = whole[:, None] if whole.ndim == 2 else whole
    short = length_samples - whole.shape[-1]
    if short > 0:
        whole = np.pad(whole, ((0, 0), (0, 0), (0, short)))
    return [np.ascontiguousarray(each[:, :length_samples], dtype=np.float32) for each in whole]


def starts_of(wanted: Sequence[Wanted], device: Device) -> torch.Tensor:
    """The sounds to begin from, ``(batch, channels, samples)``, in 32 bits as what encodes them."""
    import torch

    begun = [each.start for each in wanted if each.start is not None]
    return torch.from_numpy(np.stack(begun)).to(device.name)
