"""Audio-Agent: the sound of a picture, from what is seen and what is said, through Auffusion.

The picture and the words become tokens that say what sounds and when; the tokens reach Auffusion's U-Net through a
second cross-attention beside the words'. How strongly they are followed (lambda), and in which seconds of the video,
are options. The trained parts are the user's own (``cuewright train``); Auffusion lies beside them, with its licence.

Source: Audio-Agent (arXiv 2410.03335).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from engine.audio import Samples
from engine.backends.auffusion import OPTIONS, TEXT_TOKENS, AuffusionModel, OverAuffusionBackend, opened_auffusion
from engine.backends.neural import mel
from engine.backends.neural.device import Device
from engine.backends.neural.heeding import IGNORED, TENSORS, Heeding
from engine.backends.neural.model import DiffusionModel, OnStep, Option, Wanted
from engine.backends.neural.pipelines import check_texts, generators, on_step_end, one_embedding_each, part, quiet
from engine.backends.neural.video_tokens import visual_adapter
from engine.backends.neural.video_tokens.hear import Units
from engine.backends.neural.video_tokens.tokens import VideoTokens
from engine.backends.neural.vocoder import vocoder
from engine.backends.weights import Installed
from engine.handle import Handle
from engine.picture import Picture

_LOOKED = 0.3
"""Of a sound's time, for its tokens."""
_WHOLE_SECONDS = 864_000.0

Columns = tuple[int, int]
"""First column of a span, and one past the last."""


class AudioAgentBackend(OverAuffusionBackend):
    """See :class:`engine.backends.neural.backend.NeuralBackend`."""

    name = "audio_agent"
    options: ClassVar = {
        "steps": OPTIONS["steps"],
        "guidance": OPTIONS["guidance"],
        "picture_scale": Option(
            default=1.0, low=0.0, high=3.0, description="How strongly the picture is followed; 0 is words alone."
        ),
        "picture_from": Option(
            default=0.0, low=0.0, high=_WHOLE_SECONDS, description="Second of the video from which it is followed."
        ),
        "picture_to": Option(
            default=_WHOLE_SECONDS, low=0.0, high=_WHOLE_SECONDS, description="Second up to which it is followed."
        ),
    }
    watches = True

    def load(self, installed: Installed, device: Device) -> DiffusionModel:
        """See :meth:`engine.backends.neural.backend.NeuralBackend.load`."""
        pipeline = opened_auffusion(self.drawing, device)
        with quiet():
            visual_adapter.attach(pipeline, installed.folder)
            tokens = VideoTokens(installed.folder, device=device.name)
        return AudioAgentModel(pipeline, vocoder(self.drawing.folder / "vocoder"), device, tokens)


class AudioAgentModel(AuffusionModel):
    """Auffusion's text pipeline with the visual cross-attention in it, and the models that make tokens."""

    def __init__(self, pipeline: Any, hear: Any, device: Device, tokens: VideoTokens) -> None:
        super().__init__(pipeline, hear, device)
        one_embedding_each(pipeline)
        self._tokens = tokens

    def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        """See :meth:`engine.backends.neural.model.DiffusionModel.__call__`.

        Those whose pictures are followed in the same columns are drawn together.
        """
        check_texts(self.pipeline.tokenizer, wanted, TEXT_TOKENS, "Auffusion")
        spans = [followed(each) for each in wanted]
        sounds: dict[int, Samples] = {}
        for span in dict.fromkeys(spans):
            chosen = [k for k, own in enumerate(spans) if own == span]
            before, share = len(sounds) / len(wanted), len(chosen) / len(wanted)
            made = self._drawn([wanted[k] for k in chosen], span, part(on_step, before, before + share))
            sounds.update(zip(chosen, made, strict=True))
        return [sounds[k] for k in range(len(wanted))]

    def _drawn(self, wanted: Sequence[Wanted], span: Columns, on_step: OnStep) -> list[Samples]:
        import torch

        first = wanted[0]
        columns, steps = first.length_samples // mel.HOP, round(first.options["steps"])
        looking = part(on_step, 0.0, _LOOKED)
        conditions = [
            visual_adapter.condition(
                self._units(each, part(looking, k / len(wanted), (k + 1) / len(wanted))), self._tokens.centres
            )
            for k, each in enumerate(wanted)
        ]
        guidance = first.options["guidance"]
        seen = visual_adapter.image_embeds(torch.stack(conditions), guided=guidance > 1)
        mask = visual_adapter.time_mask(span, rows=mel.BANDS, columns=columns)
        scale = first.options["picture_scale"]
        self.pipeline.set_ip_adapter_scale(scale)
        told = on_step_end(part(on_step, _LOOKED, 1.0), steps)
        heeding = Heeding(
            seen=seen[0][-len(wanted) :].to(self._device.name, self._device.dtype),
            mask=[each.to(self._device.name) for each in mask],
            scale=scale,
            step=steps // 2,
            guided=guidance > 1,
        )
        with quiet():
            drawn = self.pipeline(
                prompt=[each.text for each in wanted],
                ip_adapter_image_embeds=[each.to(self._device.name, self._device.dtype) for each in seen],
                cross_attention_kwargs={"ip_adapter_masks": [each.to(self._device.name) for each in mask]},
                height=mel.BANDS,
                width=columns,
                num_inference_steps=steps,
                guidance_scale=guidance,
                generator=generators(wanted),
                callback_on_step_end=heeding.around(told) if scale > 0 and span[0] < span[1] else told,
                callback_on_step_end_tensor_inputs=TENSORS,
                output_type="pt",
            )
            _tell(heeding, wanted)
            return self._heard(drawn.images, first.length_samples)

    def _units(self, wanted: Wanted, on_step: OnStep) -> Units:
        """Tokens for the whole sound; where there is no picture, and after its end, those of the quietest unit."""
        centres = self._tokens.centres
        count = max(1, round(wanted.length_samples / self.sample_rate_hz * centres.rate_hz))
        units = np.full(count, int(centres.level_db.argmin()), np.int64)
        if wanted.picture is not None:
            handle = Handle(on_progress=lambda share, stage: on_step(share))
            made = self._tokens.visual_tokens(wanted.picture, wanted.text, handle, seed=wanted.seed)
            for warning in made.warnings:
                wanted.warn(warning)
            units[: len(made.units)] = made.units[:count]
        return units


def _tell(heeding: Heeding, wanted: Sequence[Wanted]) -> None:
    """Warn of each sound that does not heed its picture or its words."""
    for each, changed in zip(wanted, heeding.picture, strict=False):
        if changed < IGNORED:
            each.warn(
                "The sound does not heed the picture: it would be the same without. Raise picture_scale, train the "
                "adapter longer, or spot the cues instead."
            )
    for each, changed in zip(wanted, heeding.words, strict=False):
        if changed < IGNORED:
            each.warn(
                f"The sound does not heed the words {each.text[:60]!r}: it would be the same without. Lower "
                "picture_scale, or raise guidance."
            )


def followed(wanted: Wanted) -> Columns:
    """The columns in which the picture is followed; none where there is no picture."""
    columns = wanted.length_samples // mel.HOP
    picture = wanted.picture
    if picture is None:
        return 0, 0
    first, last = (
        min(columns, max(0, _column(wanted.options[name], picture))) for name in ("picture_from", "picture_to")
    )
    return first, max(first, last)


def _column(source_seconds: float, picture: Picture) -> int:
    """Where a second of the video lies in the sound."""
    return round((source_seconds - picture.offset_seconds) / picture.play_rate * mel.SAMPLE_RATE_HZ / mel.HOP)
