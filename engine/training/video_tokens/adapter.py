"""``train adapter``: the visual cross-attention on a frozen U-Net of Stable Diffusion's kind, here Auffusion's.

What is drawn is the mel spectrogram of a video's own sound, what is told is its caption and the units of that sound;
only the resampler and the visual keys and values learn, by the error of the predicted noise. Either condition is left
out now and then, so that both can be guided by. Each epoch ends with a line over the held-out videos: that error with
their own tokens, with another's, and with none, at the same noise. An adapter that listens is best with its own. Where
the vocoder lies beside the U-Net, a few of them are drawn and heard as well, and the onsets of what is heard are scored
against those of the video's own sound.

The latents of Auffusion's autoencoder and the text's states are made once, for those models are frozen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backends.auffusion import UNUSED
from engine.backends.neural import mel
from engine.backends.neural.loading import pretrained, whole_parts
from engine.backends.neural.pipelines import quiet
from engine.backends.neural.video_tokens import visual_adapter
from engine.backends.neural.video_tokens.config import VideoTokensConfig
from engine.backends.neural.video_tokens.hear import Centres, Listener, Sound
from engine.backends.neural.video_tokens.visual_adapter import AdapterConfig
from engine.backends.neural.vocoder import vocoder
from engine.dsp.onsets import find_onsets
from engine.errors import BadArgument
from engine.evaluation.token_scores import Heard, TokenRow, row
from engine.handle import Handle
from engine.model import Model
from engine.training.video_tokens.dataset import Unread, Video, read_all, videos
from engine.training.video_tokens.examples import WORK, key_of
from engine.training.video_tokens.files import remembered
from engine.training.video_tokens.licence import keep_licence
from engine.training.video_tokens.loop import EpochRow, train
from engine.training.video_tokens.settings import TrainConfig
from engine.training.video_tokens.sound import sound_of

if TYPE_CHECKING:
    import torch

LEFT_OUT = 0.1
"""(open) How often each condition is left out, as in IP-Adapter's own training: 5 to 10 %."""
COLUMNS_AT_ONCE = 8
"""A latent has so many columns of the spectrogram, so a clip is a whole number of them."""
MOST_SCORED = 64
MOST_DRAWN = 8
"""Held-out clips that are drawn and heard: each takes as long as a sound does."""
DRAWING_STEPS, GUIDANCE = 25, 7.5
_LOOKED = 0.2
_AT_ONCE = 8


class AdapterRow(Model):
    """Errors of the predicted noise over held-out clips, at the same noise and the same times."""

    clips: int
    own: float
    other: float
    none: float
    heard: TokenRow | None = None
    """Onsets of what was drawn; None where there is no vocoder."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """What the U-Net learns from.

    Parameters
    ----------
    latent
        ``(4, rows, columns)``: the spectrogram, encoded and scaled.
    text
        ``(places, width)``: the caption's states.
    units
        ``(tokens,)`` of the same stretch of sound.
    onsets_seconds
        When something begins in it.
    """

    latent: Any
    text: Any
    units: Any
    onsets_seconds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterDone:
    """What came of it: the table, the new adapter first, and what is left out."""

    epochs: tuple[EpochRow, ...]
    unread: tuple[Unread, ...]


def train_adapter(
    folder: Path,
    diffusion: Path,
    config: TrainConfig,
    out: Path,
    *,
    sizes: AdapterConfig = AdapterConfig(),  # noqa: B008 - frozen
    device: str = "cpu",
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> AdapterDone:
    """Train on the videos of a folder; ``out`` is where ``train units`` wrote its own.

    Parameters
    ----------
    diffusion
        Folder of Auffusion, or of another model in its layout.

    Raises
    ------
    FileUnreadable
        When the folder, the units or the models cannot be read.
    BadArgument, BackendFailed
        See :func:`engine.training.video_tokens.loop.train`.
    """
    import torch

    models, centres = VideoTokensConfig.of(out), Centres.of(out)
    listed = videos(folder, held_out_share=config.held_out_share)
    pipeline = _opened(diffusion, device)
    listen = Listener(models.hubert, centres.layer, device)
    encode = _Encoder(pipeline, listen, centres, models.longest_seconds, out / WORK, str(diffusion))
    read = read_all(listed, encode.of, handle.part(0, _LOOKED), "listening")
    examples = [example for video, each in read.made if not video.held_out for example in each]
    held = [example for video, each in read.made if video.held_out for example in each]
    torch.manual_seed(config.seed)
    with quiet():
        visual_adapter.attach_new(pipeline, sizes, centres.vectors.shape[1])
    if config.gradient_checkpointing:
        pipeline.unet.enable_gradient_checkpointing()
    task = AdapterTask(
        pipeline, examples, held, centres, models, str(diffusion), encode.text(""), _vocoder(diffusion, device)
    )
    rows = train(task, config, out, handle.part(_LOOKED, 1))
    return AdapterDone(epochs=rows, unread=read.unread)


def _opened(diffusion: Path, device: str) -> Any:
    import torch

    with quiet():
        from diffusers import StableDiffusionPipeline
    parts = whole_parts(diffusion, torch.float32) | UNUSED
    pipeline = pretrained(StableDiffusionPipeline, diffusion, "a diffusion model of Auffusion's kind", **parts)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)


def _vocoder(diffusion: Path, device: str) -> Any:
    """What makes sound of a spectrogram; None where there is none."""
    return vocoder(diffusion / "vocoder").to(device) if (diffusion / "vocoder").is_dir() else None


class _Encoder:
    """Videos to latents, captions and units."""

    def __init__(
        self, pipeline: Any, listen: Listener, centres: Centres, seconds: float, work: Path, diffusion: str
    ) -> None:
        self._pipeline, self._listen, self._centres = pipeline, listen, centres
        columns = max(1, round(seconds * mel.SAMPLE_RATE_HZ / mel.HOP / COLUMNS_AT_ONCE)) * COLUMNS_AT_ONCE
        self._samples = columns * mel.HOP
        self._work, self._diffusion = work, diffusion
        self._texts: dict[str, Any] = {}

    def of(self, video: Video) -> list[Drawn]:
        """One for each stretch of its sound; the last one is filled up with silence."""
        sound = sound_of(str(video.path))
        if not len(sound):
            raise BadArgument(f"{video.path.name} has no length.", field="folder")
        count = -(-len(sound) // self._samples)
        sound = np.pad(sound, (0, count * self._samples - len(sound)))
        key = key_of(video.path, self._diffusion, str(self._samples))
        latents = remembered(
            self._work / f"{key}.drawn.safetensors", lambda: {"latents": self._latents(sound.reshape(count, -1))}
        )["latents"]
        if video.caption not in self._texts:
            self._texts[video.caption] = self.text(video.caption)
        return [
            Drawn(
                latent=latent,
                text=self._texts[video.caption],
                units=self._centres.nearest(self._listen.states(part)),
                onsets_seconds=tuple(onset.time_seconds for onset in find_onsets(part, mel.SAMPLE_RATE_HZ)),
            )
            for latent, part in zip(latents, sound.reshape(count, -1), strict=True)
        ]

    def _latents(self, sounds: Sound) -> Any:
        import torch

        vae = self._pipeline.vae
        made = []
        with torch.inference_mode():
            for sound in torch.from_numpy(sounds).to(vae.device):
                loud = sound / sound.abs().max().clamp(min=1e-6) * mel.PEAK
                image = 2 * mel.picture(mel.log_mel(loud[None])) - 1
                made.append(vae.encode(image.to(vae.dtype)).latent_dist.mode() * vae.config.scaling_factor)
        return torch.cat(made).float().cpu().numpy()

    def text(self, caption: str) -> Any:
        """The states of a caption; of no words, what stands where words are left out."""
        import torch

        words = self._pipeline.tokenizer(
            [caption], padding="max_length", truncation=True, max_length=77, return_tensors="pt"
        ).input_ids
        with quiet(), torch.inference_mode():
            states = self._pipeline.text_encoder(words.to(self._pipeline.device))[0][0]
        return states.float().cpu().numpy()


class AdapterTask:
    """What :func:`engine.training.video_tokens.loop.train` trains."""

    name = "adapter"

    def __init__(
        self,
        pipeline: Any,
        examples: Sequence[Drawn],
        held: Sequence[Drawn],
        centres: Centres,
        models: VideoTokensConfig,
        diffusion: str,
        wordless: Any,
        hear: Any = None,
    ) -> None:
        from diffusers import DDPMScheduler

        self._pipeline, self.centres, self._models, self._diffusion = pipeline, centres, models, diffusion
        self._wordless, self._hear = wordless, hear
        self.examples: Sequence[Drawn] = list(examples)
        self.held = list(held[:MOST_SCORED])
        schedules: Any = DDPMScheduler  # it says nothing of its types
        self._schedule = schedules.from_config(pipeline.scheduler.config)
        pipeline.unet.requires_grad_(False)
        for value in self.trained().values():
            value.requires_grad_(True)
        self.module = _learner(self)

    def trained(self) -> dict[str, Any]:
        """See :class:`~engine.training.video_tokens.loop.Task`."""
        return visual_adapter.trained_parts(self._pipeline.unet)

    def error(self, drawn: Sequence[Drawn], units: Sequence[Any], noise: Any, times: Any, keep: Any) -> torch.Tensor:
        """Of the noise that the U-Net sees in noisy latents; ``keep`` ``(batch, 2)``: text and tokens, 0 or 1."""
        import torch

        unet = self._pipeline.unet
        place = next(unet.parameters()).device

        def stacked(parts: Sequence[Any]) -> torch.Tensor:
            return torch.stack([torch.from_numpy(np.asarray(part)) for part in parts]).to(place)

        latents, text = stacked([each.latent for each in drawn]), stacked([each.text for each in drawn])
        seen = torch.stack([visual_adapter.condition(each, self.centres) for each in units]).to(place)
        noise, times, keep = noise.to(place), times.to(place), keep.to(place)
        told = torch.where(keep[:, 0, None, None] > 0, text, torch.from_numpy(self._wordless).to(text))
        condition = {"image_embeds": visual_adapter.image_embeds(seen * keep[:, 1, None, None], guided=False)}
        noisy = self._schedule.add_noise(latents, noise, times)
        predicted = unet(noisy, times, encoder_hidden_states=told, added_cond_kwargs=condition).sample
        aim = noise
        if self._schedule.config.prediction_type == "v_prediction":
            aim = self._schedule.get_velocity(latents, noise, times)
        error: torch.Tensor = (predicted.float() - aim).square().mean((1, 2, 3))
        return error

    def held_out(self, handle: Handle) -> AdapterRow:
        """Errors with a clip's own tokens, with those of the clip behind it, and with none."""
        import torch

        totals = torch.zeros(3)
        steps = self._schedule.config.num_train_timesteps
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for k in range(0, len(self.held), _AT_ONCE):
                handle.check()
                drawn = self.held[k : k + _AT_ONCE]
                others = [self.held[(k + j + 1) % len(self.held)] for j in range(len(drawn))]
                noise = torch.randn(np.stack([each.latent for each in drawn]).shape, generator=generator)
                times = torch.randint(0, steps, (len(drawn),), generator=generator)
                with_all, without = torch.ones(len(drawn), 2), torch.tensor([[1.0, 0.0]] * len(drawn))
                own, other = ([each.units for each in which] for which in (drawn, others))
                for column, (units, keep) in enumerate(((own, with_all), (other, with_all), (own, without))):
                    totals[column] += self.error(drawn, units, noise, times, keep).sum().cpu()
        own_error, other_error, none_error = (totals / max(1, len(self.held))).tolist()
        heard = row("drawn", self._heard(handle)) if self._hear else None
        return AdapterRow(clips=len(self.held), own=own_error, other=other_error, none=none_error, heard=heard)

    def _heard(self, handle: Handle) -> list[Heard]:
        """What is heard of a few clips, drawn from their words and tokens."""
        import torch

        unet = self._pipeline.unet
        place, number = unet.device, unet.dtype
        empty = torch.from_numpy(self._wordless)[None].to(place, number)
        found = []
        for each in self.held[:MOST_DRAWN]:
            handle.check()
            seen = visual_adapter.image_embeds(visual_adapter.condition(each.units, self.centres)[None], guided=True)
            with quiet(), torch.no_grad():
                drawn = self._pipeline(
                    prompt_embeds=torch.from_numpy(each.text)[None].to(place, number),
                    negative_prompt_embeds=empty,
                    ip_adapter_image_embeds=[part.to(place, number) for part in seen],
                    height=mel.BANDS,
                    width=each.latent.shape[-1] * COLUMNS_AT_ONCE,
                    num_inference_steps=DRAWING_STEPS,
                    guidance_scale=GUIDANCE,
                    generator=torch.Generator().manual_seed(0),
                    output_type="pt",
                ).images
                sound = self._hear(mel.spectrogram(drawn.float()).transpose(1, 2)).flatten().cpu().numpy()
            onsets = find_onsets(sound, mel.SAMPLE_RATE_HZ)
            found.append(
                Heard(
                    true=each.onsets_seconds,
                    predicted=tuple(onset.time_seconds for onset in onsets),
                    confidence=tuple(onset.level_db for onset in onsets),
                    duration_seconds=len(sound) / mel.SAMPLE_RATE_HZ,
                )
            )
        return found

    def save(self, folder: Path) -> None:
        """The adapter as ``load_ip_adapter`` reads it, and the licence."""
        visual_adapter.save(self._pipeline.unet, folder)
        keep_licence(folder, self._models, diffusion=self._diffusion)


def _learner(task: AdapterTask) -> Any:
    import torch
    from torch import nn

    class Learner(nn.Module):  # type: ignore[misc, unused-ignore]
        """The U-Net as one module, whose call is the loss."""

        def __init__(self) -> None:
            super().__init__()
            self.unet = task._pipeline.unet

        def forward(self, drawn: Sequence[Drawn]) -> Any:
            steps = task._schedule.config.num_train_timesteps
            noise = torch.randn(np.stack([each.latent for each in drawn]).shape)
            times = torch.randint(0, steps, (len(drawn),))
            keep = (torch.rand(len(drawn), 2) >= LEFT_OUT).float()
            return task.error(drawn, [each.units for each in drawn], noise, times, keep).mean()

    return Learner()
