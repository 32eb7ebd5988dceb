"""Stable Audio Open: text to 44.1 kHz stereo, up to 47 seconds.

The model always draws its whole length; what is asked for is told to it and cut from the start. Its published sampler
draws new noise in every step from a library of its own (torchsde); the one here is the same solver without, so that a
seed decides everything and fewer steps do.

Source: Stable Audio Open (arXiv 2407.14358); DPM-Solver++ (arXiv 2211.01095) and the cosine schedule as in diffusers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from engine.audio import Samples
from engine.backends.neural.backend import NeuralBackend
from engine.backends.neural.device import Device
from engine.backends.neural.loading import opened
from engine.backends.neural.model import DiffusionModel, OnStep, Option, Wanted
from engine.backends.neural.pipelines import (
    arrays,
    check_texts,
    decoding_in_32_bits,
    generators,
    on_old_step,
    quiet,
)
from engine.backends.neural.takes import Shape
from engine.backends.weights import Installed

if TYPE_CHECKING:
    import torch

SAMPLE_RATE_HZ = 44_100
TEXT_TOKENS = 128


class StableAudioOpenBackend(NeuralBackend):
    """See :class:`engine.backends.neural.backend.NeuralBackend`."""

    name = "stable_audio_open"
    shape = Shape(sample_rate_hz=SAMPLE_RATE_HZ, channels=2, lengths_seconds=(5.0, 10.0, 20.0, 47.0))
    options: ClassVar = {
        "steps": Option(default=50, low=2, high=300, whole=True, description="More are finer, and slower."),
        "guidance": Option(default=7.0, low=1.0, high=20.0, description="How closely the words are followed."),
    }

    def load(self, installed: Installed, device: Device) -> DiffusionModel:
        """See :meth:`engine.backends.neural.backend.NeuralBackend.load`."""
        pipeline = opened("StableAudioPipeline", installed, device, scheduler=None)  # not even made: it needs torchsde
        pipeline.scheduler = _solver(installed.folder)
        return _Model(pipeline)


def _solver(folder: Path) -> Any:
    """DPM-Solver++ over the published noise levels, each told to the model as it was in training."""
    from diffusers import EDMDPMSolverMultistepScheduler

    kind: Any = EDMDPMSolverMultistepScheduler  # it says nothing of its types

    class Solver(kind):  # type: ignore[misc, unused-ignore]
        def precondition_noise(self, sigma: torch.Tensor) -> torch.Tensor:
            """As a share of a quarter turn, ``2 atan(sigma) / pi``; the base class has a logarithm."""
            return sigma.atan() * (2.0 / math.pi)

    with quiet():
        return Solver.from_pretrained(str(folder), subfolder="scheduler", local_files_only=True)


class _Model:
    sample_rate_hz = SAMPLE_RATE_HZ
    channels = 2

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        decoding_in_32_bits(pipeline.vae)

    def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        """See :meth:`engine.backends.neural.model.DiffusionModel.__call__`."""
        check_texts(self._pipeline.tokenizer, wanted, TEXT_TOKENS, "Stable Audio Open")
        first = wanted[0]
        steps = round(first.options["steps"])
        with quiet():
            made = self._pipeline(
                prompt=[each.text for each in wanted],
                audio_end_in_s=first.length_samples / SAMPLE_RATE_HZ,
                num_inference_steps=steps,
                guidance_scale=first.options["guidance"],
                generator=generators(wanted),
                callback=on_old_step(on_step, steps),
                callback_steps=1,
            )
        return arrays(made.audios, first.length_samples)
