"""Auffusion: a picture of the sound drawn by a Stable Diffusion U-Net, heard through a vocoder.

The published folder is an ordinary Stable Diffusion one with a vocoder in it, so diffusers' own pipelines draw: from
words, from a sound, or parts of a sound. Its weights may not be used in work that earns money, which every stem says.

Source: Auffusion (arXiv 2401.01044), the backbone of Audio-Agent (arXiv 2410.03335).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from engine.audio import Samples
from engine.backends.neural import mel
from engine.backends.neural.backend import NeuralBackend
from engine.backends.neural.device import Device
from engine.backends.neural.model import DiffusionModel, OnStep, Option, Wanted
from engine.backends.neural.pipelines import (
    arrays,
    beside,
    check_texts,
    generators,
    on_step_end,
    opened,
    quiet,
    sampler,
    starts_of,
)
from engine.backends.neural.takes import Shape
from engine.backends.neural.vocoder import vocoder
from engine.backends.weights import Installed

if TYPE_CHECKING:
    import torch

TEXT_TOKENS = 77
OPTIONS = {
    "steps": Option(default=25, low=1, high=200, whole=True, description="More are finer, and slower."),
    "guidance": Option(default=7.5, low=1.0, high=20.0, description="How closely the words are followed."),
    "strength": Option(default=0.5, low=0.01, high=1.0, description="How far a varied sound goes from the old one."),
}


class AuffusionBackend(NeuralBackend):
    """See :class:`engine.backends.neural.backend.NeuralBackend`."""

    name = "auffusion"
    shape = Shape(sample_rate_hz=mel.SAMPLE_RATE_HZ, channels=1, lengths_seconds=(2.56, 5.12, 10.24))
    options: ClassVar = OPTIONS
    changes = frozenset({"parts", "vary"})

    def load(self, installed: Installed, device: Device) -> DiffusionModel:
        """See :meth:`engine.backends.neural.backend.NeuralBackend.load`."""
        pipeline = opened_auffusion(installed, device)
        if self._settings.models_compile:
            pipeline.unet.compile_repeated_blocks()
        return AuffusionModel(pipeline, vocoder(installed.folder / "vocoder"), device)


def opened_auffusion(installed: Installed, device: Device) -> Any:
    """The text pipeline, with the sampler that draws well in 25 steps (DPM-Solver++, arXiv 2211.01095)."""
    pipeline = opened("StableDiffusionPipeline", installed, device, safety_checker=None, requires_safety_checker=False)
    with quiet():
        pipeline.scheduler = sampler("DPMSolverMultistepScheduler", pipeline)
    return pipeline


class AuffusionModel:
    """The three pipelines on one set of weights, and the vocoder behind them."""

    sample_rate_hz = mel.SAMPLE_RATE_HZ
    channels = 1

    def __init__(self, pipeline: Any, hear: Any, device: Device) -> None:
        self.pipeline = pipeline
        self._device = device
        # 32 bits: a vocoder is small, and what it rounds is heard.
        self._hear = hear.to(device.name)
        self._vary = beside("StableDiffusionImg2ImgPipeline", pipeline)
        self._parts = beside("StableDiffusionInpaintPipeline", pipeline)

    def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        """See :meth:`engine.backends.neural.model.DiffusionModel.__call__`."""
        check_texts(self.pipeline.tokenizer, wanted, TEXT_TOKENS, "Auffusion")
        first = wanted[0]
        steps = round(first.options["steps"])
        keys: dict[str, Any] = {
            "prompt": [each.text for each in wanted],
            "num_inference_steps": steps,
            "guidance_scale": first.options["guidance"],
            "generator": generators(wanted),
            "output_type": "pt",
        }
        size = {"height": mel.BANDS, "width": first.length_samples // mel.HOP}
        with quiet():
            if first.start is None:
                drawn = self.drawn(keys | size, on_step, steps)
            elif not first.spans:
                strength = first.options["strength"]
                told = on_step_end(on_step, max(1, int(steps * strength)))
                drawn = self._vary(image=self._looked_at(wanted), strength=strength, callback_on_step_end=told, **keys)
            else:
                told = on_step_end(on_step, steps)
                keys |= size | {"image": self._looked_at(wanted), "mask_image": columns(wanted, self._device)}
                drawn = self._parts(strength=1.0, callback_on_step_end=told, **keys)
            return self._heard(drawn.images, first.length_samples)

    def drawn(self, keys: dict[str, Any], on_step: OnStep, steps: int) -> Any:
        """Pictures from words."""
        return self.pipeline(callback_on_step_end=on_step_end(on_step, steps), **keys)

    def _looked_at(self, wanted: Sequence[Wanted]) -> torch.Tensor:
        """Sounds to begin from, as pictures of 0 to 1."""
        sound = starts_of(wanted, self._device)[:, 0].float()
        peak = sound.abs().amax(dim=1, keepdim=True).clamp(min=1e-6)
        drawn: torch.Tensor = mel.picture(mel.log_mel(sound / peak * mel.PEAK)).to(self._device.dtype)
        return drawn

    def _heard(self, drawn: torch.Tensor, length_samples: int) -> list[Samples]:
        """Pictures as sound."""
        import torch

        with torch.no_grad():
            sound = self._hear(mel.spectrogram(drawn.float()).transpose(1, 2))
        return arrays(sound[:, None] if sound.ndim == 2 else sound[None, None], length_samples)


def columns(wanted: Sequence[Wanted], device: Device) -> torch.Tensor:
    """1 where a column of the picture is drawn anew: ``(batch, 1, bands, columns)``."""
    import torch

    mask = torch.zeros(len(wanted), 1, mel.BANDS, wanted[0].length_samples // mel.HOP)
    for row, each in zip(mask, wanted, strict=True):
        for start, end in each.spans:
            row[:, :, start // mel.HOP : -(-end // mel.HOP)] = 1.0
    return mask.to(device.name, device.dtype)
