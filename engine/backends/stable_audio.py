"""Stable Audio 3: text to 44.1 kHz stereo in eight steps, sounds varied, and spots made anew.

The checkpoint lies in the layout of diffusers (``model_index.json`` names ``StableAudio3Pipeline``); its own script
converts the published one. Three pipelines share one set of weights.

Source: Stable Audio 3 as implemented by diffusers 0.42.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from engine.audio import Samples
from engine.backends.neural.backend import NeuralBackend
from engine.backends.neural.device import Device
from engine.backends.neural.loading import opened
from engine.backends.neural.model import DiffusionModel, OnStep, Option, Wanted
from engine.backends.neural.pipelines import (
    arrays,
    beside,
    check_texts,
    decoding_in_32_bits,
    generators,
    on_step_end,
    quiet,
    starts_of,
)
from engine.backends.neural.takes import Shape
from engine.backends.weights import Installed

SAMPLE_RATE_HZ = 44_100
TEXT_TOKENS = 256


class StableAudioBackend(NeuralBackend):
    """See :class:`engine.backends.neural.backend.NeuralBackend`."""

    name = "stable_audio"
    shape = Shape(sample_rate_hz=SAMPLE_RATE_HZ, channels=2, lengths_seconds=(2.5, 5.0, 10.0, 20.0, 30.0))
    options: ClassVar = {
        "steps": Option(default=8, low=1, high=200, whole=True, description="The published model is made for 8."),
        "guidance": Option(default=1.0, low=1.0, high=15.0, description="How closely words are followed; 1 is none."),
        "strength": Option(
            default=0.5, low=0.01, high=1.0, description="How far a varied sound goes from the old one."
        ),
    }
    changes = frozenset({"parts", "vary"})

    def load(self, installed: Installed, device: Device) -> DiffusionModel:
        """See :meth:`engine.backends.neural.backend.NeuralBackend.load`."""
        pipeline = opened("StableAudio3Pipeline", installed, device)
        prepared(pipeline, compiled=self._settings.models_compile)
        return StableAudioModel(pipeline, device)


def prepared(pipeline: Any, *, compiled: bool) -> None:
    """What makes steps quicker, before the first."""
    if compiled:
        pipeline.transformer.compile_repeated_blocks()


class StableAudioModel:
    """The three pipelines on one set of weights."""

    sample_rate_hz = SAMPLE_RATE_HZ
    channels = 2

    def __init__(self, pipeline: Any, device: Device) -> None:
        self._device = device
        self._text = pipeline
        decoding_in_32_bits(pipeline.vae)
        self._vary = beside("StableAudio3AudioToAudioPipeline", pipeline)
        self._parts = beside("StableAudio3InpaintPipeline", pipeline)

    def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        """See :meth:`engine.backends.neural.model.DiffusionModel.__call__`."""
        check_texts(self._text.tokenizer, wanted, TEXT_TOKENS, "Stable Audio 3")
        first = wanted[0]
        steps = round(first.options["steps"])
        keys: dict[str, Any] = {
            "prompt": [each.text for each in wanted],
            # A hair more than asked for: the pipeline cuts to whole samples after its own rounding.
            "duration": (first.length_samples + 0.5) / SAMPLE_RATE_HZ,
            "num_inference_steps": steps,
            "generator": generators(wanted),
            "callback_on_step_end": on_step_end(on_step, steps),
        }
        with quiet():
            if first.start is None:
                made = self._text(guidance_scale=first.options["guidance"], **keys)
            elif not first.spans:
                level = first.options["strength"]
                made = self._vary(audio=starts_of(wanted, self._device), init_noise_level=level, **keys)
            else:
                made = self._parts(audio=starts_of(wanted, self._device), mask=self._kept(wanted), **keys)
        return arrays(made.audios, first.length_samples)

    def _kept(self, wanted: Sequence[Wanted]) -> Any:
        """1 where a latent frame stays, 0 where any of its samples is made anew: ``(batch, 1, frames)``."""
        import torch

        frame = self._text.vae.downsampling_ratio
        kept = torch.ones(len(wanted), 1, -(-wanted[0].length_samples // frame))
        for row, each in zip(kept, wanted, strict=True):
            for start, end in each.spans:
                row[:, start // frame : -(-end // frame)] = 0.0
        return kept
