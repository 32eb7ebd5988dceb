"""FoleyCrafter: a scene's sound through Auffusion, on the cues and from what is seen.

Two published adapters lie over Auffusion's U-Net. One follows a mask of when something happens; the mask is made of
the scene's cues, so nothing else has to find them. The other follows what the frames are of. Without cues or without
a picture, the one or the other rests.

Source: FoleyCrafter (arXiv 2407.01494).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from engine.audio import Samples
from engine.backends.auffusion import OPTIONS, TEXT_TOKENS, AuffusionModel, OverAuffusionBackend, opened_auffusion
from engine.backends.neural import mel
from engine.backends.neural.device import Device
from engine.backends.neural.loading import load_state_dict
from engine.backends.neural.model import DiffusionModel, OnStep, Option, Wanted
from engine.backends.neural.pipelines import (
    beside,
    check_texts,
    generators,
    on_step_end,
    one_embedding_each,
    part,
    quiet,
)
from engine.backends.neural.video_tokens.config import LookConfig
from engine.backends.neural.video_tokens.look import Features, Looker
from engine.backends.neural.vocoder import vocoder
from engine.backends.weights import Installed, Store
from engine.errors import BackendFailed, FileUnreadable
from engine.handle import Handle
from engine.picture import Picture

if TYPE_CHECKING:
    import torch

TEMPORAL, SEMANTIC = "temporal_adapter.ckpt", "semantic/semantic_adapter.bin"
EYE = "clip_h"
"""Of whose features the semantic adapter was trained."""
FRAMES_A_SECOND = 15.0
ONSET_SECONDS = 1.0 / FRAMES_A_SECOND
"""How long the mask says that something happens: a frame, as in training."""
HAPPENS, RESTS = 1.0, -1.0
_LOOKED = 0.2
"""Of a sound's time, for its picture."""


class FoleyCrafterBackend(OverAuffusionBackend):
    """See :class:`engine.backends.neural.backend.NeuralBackend`."""

    name = "foleycrafter"
    options: ClassVar = {
        "steps": OPTIONS["steps"],
        "guidance": OPTIONS["guidance"],
        "cue_scale": Option(default=0.2, low=0.0, high=2.0, description="How strictly it keeps to the cues; 0: not."),
        "picture_scale": Option(
            default=1.0, low=0.0, high=3.0, description="How strongly what is seen is heard; 0 is words alone."
        ),
    }
    watches = True

    def load(self, installed: Installed, device: Device) -> DiffusionModel:
        """See :meth:`engine.backends.neural.backend.NeuralBackend.load`."""
        pipeline = opened_auffusion(self.drawing, device)
        # Before the semantic adapter: its U-Net would no longer be one that the other can be made of.
        control = _temporal(pipeline.unet, installed, device)
        _attach_semantic(pipeline, installed)
        return FoleyCrafterModel(pipeline, vocoder(self.drawing.folder / "vocoder"), device, control, self._eye)

    def _eye(self) -> Looker:
        folder = Store(self._settings).for_backend(EYE).folder
        return Looker(folder, LookConfig(frame_rate_hz=FRAMES_A_SECOND, framing="crop", grid=0), self.device.name)


class FoleyCrafterModel(AuffusionModel):
    """Auffusion's text pipeline with both adapters, and what looks at the picture, loaded when there is one.

    Parameters
    ----------
    eye
        Makes it.
    """

    def __init__(self, pipeline: Any, hear: Any, device: Device, control: Any, eye: Callable[[], Looker]) -> None:
        super().__init__(pipeline, hear, device)
        self._controlled = beside("StableDiffusionControlNetPipeline", pipeline, controlnet=control)
        one_embedding_each(self._controlled)
        self._make_eye = eye
        self._eye: Looker | None = None

    def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        """See :meth:`engine.backends.neural.model.DiffusionModel.__call__`."""
        import torch

        check_texts(self.pipeline.tokenizer, wanted, TEXT_TOKENS, "Auffusion")
        first = wanted[0]
        steps, guidance = round(first.options["steps"]), first.options["guidance"]
        watches = first.picture is not None and first.options["picture_scale"] > 0
        looked = _LOOKED if watches else 0.0
        seen = self._seen(wanted, watches, part(on_step, 0.0, looked))[:, None]
        seen = torch.cat([torch.zeros_like(seen), seen]) if guidance > 1 else seen
        self.pipeline.set_ip_adapter_scale(first.options["picture_scale"] if watches else 0.0)
        with quiet():
            drawn = self._controlled(
                prompt=[each.text for each in wanted],
                image=onset_mask(wanted),
                controlnet_conditioning_scale=first.options["cue_scale"] if first.onsets_seconds else 0.0,
                ip_adapter_image_embeds=[seen.to(self._device.name, self._device.dtype)],
                height=mel.BANDS,
                width=first.length_samples // mel.HOP,
                num_inference_steps=steps,
                guidance_scale=guidance,
                generator=generators(wanted),
                callback_on_step_end=on_step_end(part(on_step, looked, 1.0), steps),
                output_type="pt",
            )
            return self._heard(drawn.images, first.length_samples)

    def _seen(self, wanted: Sequence[Wanted], watches: bool, on_step: OnStep) -> torch.Tensor:
        """What the frames of each are of, on average: ``(batch, width)``; zeros where nothing is looked at."""
        import torch

        width = int(self.pipeline.unet.encoder_hid_proj.image_projection_layers[0].image_embeds.in_features)
        seen = torch.zeros(len(wanted), width)
        for k, each in enumerate(wanted):
            if each.picture is not None and watches:
                told = part(on_step, k / len(wanted), (k + 1) / len(wanted))
                seen[k] = torch.from_numpy(self._looked(each.picture, width, told).mean(axis=0))
        return seen

    def _looked(self, picture: Picture, width: int, on_step: OnStep) -> Features:
        if self._eye is None:
            self._eye = self._make_eye()
        features = self._eye.features(picture, handle=Handle(on_progress=lambda share, stage: on_step(share)))
        if features.shape[1] != width:
            raise BackendFailed(
                f"The semantic adapter takes features of {width} numbers, and this CLIP makes {features.shape[1]}: "
                "cuewright models pull clip-vit-h-14.",
                field="backend",
            )
        return features


def onset_mask(wanted: Sequence[Wanted]) -> torch.Tensor:
    """When something happens, 1 or -1 in every column: ``(batch, 1, bands, columns)``."""
    import torch

    columns = wanted[0].length_samples // mel.HOP
    a_second = mel.SAMPLE_RATE_HZ / mel.HOP
    mask = torch.full((len(wanted), 1, mel.BANDS, columns), RESTS)
    for row, each in zip(mask, wanted, strict=True):
        for onset in each.onsets_seconds:
            row[:, :, round(onset * a_second) : round((onset + ONSET_SECONDS) * a_second)] = HAPPENS
    return mask


def _temporal(unet: Any, installed: Installed, device: Device) -> Any:
    """The adapter that follows the mask: a ControlNet of one channel."""
    from diffusers import ControlNetModel

    with quiet():
        control: Any = ControlNetModel.from_unet(unet, conditioning_channels=1)
    held: Any = load_state_dict(installed.folder / TEMPORAL)
    held = held.get("state_dict", held)
    try:
        missing, _ = control.load_state_dict(
            {name.removeprefix("module."): tensor for name, tensor in held.items()}, strict=False
        )
    except RuntimeError as error:
        raise FileUnreadable(
            f"{TEMPORAL} is of another U-Net: {' '.join(str(error).split())[:200]}.", field="backend"
        ) from None
    if missing:
        raise FileUnreadable(f"{TEMPORAL} lacks {len(missing)} tensors, {missing[0]} the first.", field="backend")
    with quiet():
        return control.to(device.name, device.dtype).eval()


def _attach_semantic(pipeline: Any, installed: Installed) -> None:
    """The adapter that follows what is seen: a second cross-attention beside the words'."""
    held: Any = load_state_dict(installed.folder / SEMANTIC)
    try:
        with quiet():
            pipeline.load_ip_adapter(held, subfolder="", weight_name="", image_encoder_folder=None)
    except (KeyError, ValueError, RuntimeError) as error:
        told = " ".join(str(error).split())[:200]
        raise FileUnreadable(f"{SEMANTIC} does not fit this U-Net: {told}.", field="backend") from None
