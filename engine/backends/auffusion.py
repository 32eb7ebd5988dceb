"""Auffusion: a picture of the sound drawn by a Stable Diffusion U-Net, heard through a vocoder.

The published folder is an ordinary Stable Diffusion one with a vocoder in it, so diffusers' own pipelines draw: from
words, from a sound, or parts of a sound. Its weights may not be used in work that earns money, which every stem says.

Source: Auffusion (arXiv 2401.01044), the backbone of Audio-Agent (arXiv 2410.03335).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from engine.audio import Audio, Samples
from engine.backends.base import WordEdit
from engine.backends.neural import mel
from engine.backends.neural.backend import NeuralBackend
from engine.backends.neural.changes import Change
from engine.backends.neural.device import Device
from engine.backends.neural.loading import opened
from engine.backends.neural.model import DiffusionModel, OnStep, Option, Wanted
from engine.backends.neural.pipelines import (
    arrays,
    beside,
    check_texts,
    generators,
    on_step_end,
    part,
    quiet,
    sampler,
)
from engine.backends.neural.prompt_to_prompt import edited_by_words
from engine.backends.neural.takes import Shape, take_of, wishes
from engine.backends.neural.vocoder import vocoder
from engine.backends.weights import Installed
from engine.errors import BadArgument
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.results import Licence, Take

if TYPE_CHECKING:
    import torch

TEXT_TOKENS = 77
LATENT_COLUMNS = 8
"""Of the picture, that the U-Net sees as one."""
UNUSED: dict[str, Any] = {"safety_checker": None, "requires_safety_checker": False, "feature_extractor": None}
"""What a Stable Diffusion folder may name and a sound does not need, and newer libraries may not have."""
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
    changes = frozenset({"parts", "vary", "words"})

    def load(self, installed: Installed, device: Device) -> DiffusionModel:
        """See :meth:`engine.backends.neural.backend.NeuralBackend.load`."""
        pipeline = opened_auffusion(installed, device)
        prepared(pipeline, device, compiled=self._settings.models_compile)
        return AuffusionModel(pipeline, vocoder(installed.folder / "vocoder"), device)

    def render_words(self, spec: TakeSpec, edit: WordEdit, handle: Handle) -> Take:
        """The take that ``edit.source`` and the spec's seed made, as ``edit.target`` says, the rest of it kept.

        Raises
        ------
        BadArgument, BackendFailed, ResourceError
            As :meth:`render`, and where the edit gives a weight to no word of its target.
        """
        self._check_words()
        spec = spec.model_copy(update={"text": edit.target})
        options, lasts = self._checked(spec), self._lasts(spec)
        planned = wishes(spec, self.shape, options, lasts=lasts)
        licence = self.installed.licence
        made = self._run(planned, handle, lambda model: _rewording(model, edit))
        sounds = [sound for _, sound in made]
        return take_of(sounds, spec, self.shape, licence, handle, lasts=lasts)

    def change_words(self, audio: Audio, edit: WordEdit, spec: TakeSpec, handle: Handle) -> Audio:
        """A sound that is there and that ``edit.source`` describes, varied so that it is what ``edit.target`` says.

        Raises
        ------
        BadArgument, BackendFailed, ResourceError
            As :meth:`change`, and where the edit gives a weight to no word of its target.
        """
        self._check_words()
        change = Change(audio=audio)
        spec = spec.model_copy(update={"text": edit.target})
        wanted = change.wanted(spec, self.shape, self._checked(spec))
        made = self._run(wanted, handle, lambda model: _rewording(model, edit))
        return change.result([sound for _, sound in made], self.shape, handle)

    def _check_words(self) -> None:
        if "words" not in self.changes:
            raise BadArgument(f"Backend {self.name!r} cannot swap words: name 'auffusion'.", field="backend")


class OverAuffusionBackend(AuffusionBackend):
    """Parts of its own over Auffusion's weights, under the terms and with the version of both."""

    changes = frozenset()

    def found(self) -> Installed:
        """The parts of its own."""
        own, drawing = super().found(), self.drawing
        return replace(
            own,
            revision=f"{own.revision[:6]}{drawing.revision[:6]}",
            licence=Licence(
                name=f"{drawing.licence.name} AND {own.licence.name}",
                commercial=drawing.licence.commercial and own.licence.commercial,
                note="; ".join(note for note in (drawing.licence.note, own.licence.note) if note),
            ),
        )

    @property
    def drawing(self) -> Installed:
        """Auffusion."""
        return self._store.for_backend(AuffusionBackend.name)


def opened_auffusion(installed: Installed, device: Device) -> Any:
    """The text pipeline, with the sampler that draws well in 25 steps (DPM-Solver++, arXiv 2211.01095)."""
    pipeline = opened("StableDiffusionPipeline", installed, device, **UNUSED)
    with quiet():
        pipeline.scheduler = sampler("DPMSolverMultistepScheduler", pipeline)
    return pipeline


def prepared(pipeline: Any, device: Device, *, compiled: bool) -> None:
    """What makes steps quicker, before the first: pictures with their channels side by side suit a GPU's units."""
    import torch

    if device.name == "cuda":
        pipeline.unet.to(memory_format=torch.channels_last)
        pipeline.vae.to(memory_format=torch.channels_last)
    if compiled:
        pipeline.unet.compile_repeated_blocks()


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
                strength, run = _varied(first)
                told = on_step_end(on_step, run)
                drawn = self._vary(image=self._looked_at(wanted), strength=strength, callback_on_step_end=told, **keys)
            else:
                told = on_step_end(on_step, steps)
                keys |= size | {"image": self._looked_at(wanted), "mask_image": columns(wanted, self._device)}
                drawn = self._parts(strength=1.0, callback_on_step_end=told, **keys)
            return self._heard(drawn.images, first.length_samples)

    def reworded(self, wanted: Sequence[Wanted], edit: WordEdit, on_step: OnStep) -> list[Samples]:
        """As a call, with the words of an edit: each sound is drawn beside the one that the old words make."""
        old = [replace(each, text=edit.source) for each in wanted]
        check_texts(self.pipeline.tokenizer, [*old, *wanted], TEXT_TOKENS, "Auffusion")
        made = []
        for number, each in enumerate(wanted):
            steps = run = round(each.options["steps"])
            keys: dict[str, Any] = {"num_inference_steps": steps, "guidance_scale": each.options["guidance"]}
            if each.start is None:
                pipeline = self.pipeline
                keys |= {"height": mel.BANDS, "width": each.length_samples // mel.HOP}
            else:
                pipeline = self._vary
                strength, run = _varied(each)
                keys |= {"image": self._looked_at([each, each]), "strength": strength}
            told = on_step_end(part(on_step, number / len(wanted), (number + 1) / len(wanted)), run)
            with quiet():
                pair = edited_by_words(pipeline, edit, seed=each.seed, steps=run, on_step_end=told, **keys)
                made += self._heard(pair[1:], each.length_samples)
        return made

    def drawn(self, keys: dict[str, Any], on_step: OnStep, steps: int) -> Any:
        """Pictures from words."""
        return self.pipeline(callback_on_step_end=on_step_end(on_step, steps), **keys)

    def _looked_at(self, wanted: Sequence[Wanted]) -> torch.Tensor:
        """Sounds to begin from, as pictures of 0 to 1."""
        import torch

        # 32 bits until it is a picture: the numbers that a card computes in would be heard as noise.
        begun = np.stack([each.start[0] for each in wanted if each.start is not None])
        sound = torch.from_numpy(begun).to(self._device.name)
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
    """1 where a column of the picture is drawn anew, in whole latents: ``(batch, 1, bands, columns)``."""
    import torch

    mask = torch.zeros(len(wanted), 1, mel.BANDS, wanted[0].length_samples // mel.HOP)
    step = mel.HOP * LATENT_COLUMNS
    for row, each in zip(mask, wanted, strict=True):
        for start, end in each.spans:
            row[:, :, start // step * LATENT_COLUMNS : -(-end // step) * LATENT_COLUMNS] = 1.0
    return mask.to(device.name, device.dtype)


def _varied(wanted: Wanted) -> tuple[float, int]:
    """How far a varied sound goes, at least one step, and how many steps that are."""
    steps = round(wanted.options["steps"])
    strength = min(1.0, max(wanted.options["strength"], 1.001 / steps))
    return strength, int(steps * strength)


def _rewording(model: DiffusionModel, edit: WordEdit) -> Callable[[Sequence[Wanted], OnStep], list[Samples]]:
    assert isinstance(model, AuffusionModel)
    return lambda wanted, on_step: model.reworded(wanted, edit, on_step)
