"""AudioLDM 2: text to 16 kHz mono through a language of audio features.

Its weights may not be used in work that earns money, which every stem says. The published 200 steps of DDIM are 25 of
DPM-Solver++ here (arXiv 2211.01095), which reaches the same within what is heard.

Source: AudioLDM 2 (arXiv 2308.05734) as implemented by diffusers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from engine.audio import Samples
from engine.backends.neural.backend import NeuralBackend
from engine.backends.neural.device import Device
from engine.backends.neural.loading import opened, pretrained
from engine.backends.neural.model import DiffusionModel, OnStep, Option, Wanted
from engine.backends.neural.pipelines import arrays, check_texts, generators, on_old_step, quiet, sampler
from engine.backends.neural.takes import Shape
from engine.backends.weights import Installed

SAMPLE_RATE_HZ = 16_000
TEXT_TOKENS = 512
FEATURE_TOKENS = 8
"""That the published models speak; newer versions of transformers no longer read it from their files."""


class AudioLdm2Backend(NeuralBackend):
    """See :class:`engine.backends.neural.backend.NeuralBackend`."""

    name = "audioldm2"
    shape = Shape(sample_rate_hz=SAMPLE_RATE_HZ, channels=1, lengths_seconds=(2.56, 5.12, 10.24))
    options: ClassVar = {
        "steps": Option(default=25, low=2, high=300, whole=True, description="More are finer, and slower."),
        "guidance": Option(default=3.5, low=1.0, high=20.0, description="How closely the words are followed."),
    }

    def load(self, installed: Installed, device: Device) -> DiffusionModel:
        """See :meth:`engine.backends.neural.backend.NeuralBackend.load`."""
        from transformers import GPT2LMHeadModel

        # Published as a GPT2Model, of which transformers no longer generates; the weights are those of this one.
        language = pretrained(GPT2LMHeadModel, installed.folder / "language_model", "GPT-2", dtype=device.dtype)
        pipeline = opened("AudioLDM2Pipeline", installed, device, language_model=language)
        with quiet():
            pipeline.scheduler = sampler("DPMSolverMultistepScheduler", pipeline)
        return _Model(pipeline)


class _Model:
    sample_rate_hz = SAMPLE_RATE_HZ
    channels = 1

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        # 32 bits: a vocoder is small, and what it rounds is heard.
        pipeline.vocoder.float().register_forward_pre_hook(lambda vocoder, given: (given[0].float(),))

    def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        """See :meth:`engine.backends.neural.model.DiffusionModel.__call__`."""
        check_texts(self._pipeline.tokenizer_2, wanted, TEXT_TOKENS, "AudioLDM 2")
        first = wanted[0]
        steps = round(first.options["steps"])
        with quiet():
            made = self._pipeline(
                prompt=[each.text for each in wanted],
                audio_length_in_s=first.length_samples / SAMPLE_RATE_HZ,
                num_inference_steps=steps,
                guidance_scale=first.options["guidance"],
                generator=generators(wanted),
                callback=on_old_step(on_step, steps),
                callback_steps=1,
                max_new_tokens=FEATURE_TOKENS,
                output_type="pt",
            )
        return arrays(made.audios, first.length_samples)
