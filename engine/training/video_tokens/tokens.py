"""``train tokens``: the temporal connectors and LoRA on the language model, from features of frames to units of sound.

Each epoch ends with a line of a table over the held-out videos: how many units the model finds likeliest given those
before (token accuracy), and how well onsets read from the tokens that it speaks by itself agree with the true ones,
beside chance. How onsets are read of tokens is told in :mod:`engine.training.video_tokens.onsets`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.backends.neural.video_tokens.config import VideoTokensConfig
from engine.backends.neural.video_tokens.hear import Centres
from engine.backends.neural.video_tokens.speak import Clip, Speaker
from engine.backends.neural.video_tokens.tokens import failure
from engine.evaluation.token_scores import Heard, TokenRow, chance_row, row
from engine.handle import Handle
from engine.training.video_tokens.dataset import Unread, read_all, videos
from engine.training.video_tokens.examples import WORK, Example, Examples, Truth, heard_onsets
from engine.training.video_tokens.licence import keep_licence
from engine.training.video_tokens.loop import EpochRow, train
from engine.training.video_tokens.onsets import Known, OnsetReader, learn
from engine.training.video_tokens.settings import TrainConfig

MOST_SCORED = 64
"""Held-out clips whose tokens are spoken each epoch; speaking takes longer than learning."""
AT_ONCE = 16
"""Clips that are spoken together."""
_LOOKED = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensDone:
    """What came of it.

    Parameters
    ----------
    epochs
        The table, the untrained model first.
    chance, oracle
        Lines beside it: onsets at random, and onsets read from the units of the held-out sound itself.
    """

    epochs: tuple[EpochRow, ...]
    chance: TokenRow
    oracle: TokenRow
    unread: tuple[Unread, ...]


class TokensTask:
    """What :func:`engine.training.video_tokens.loop.train` trains."""

    name = "tokens"

    def __init__(
        self, speaker: Speaker, examples: Sequence[Example], held: Sequence[Example], reader: OnsetReader, out: Path
    ) -> None:
        self.speaker, self.reader, self._out = speaker, reader, out
        self.module = _learner(speaker)
        self.examples: Sequence[Clip] = [example.clip for example in examples]
        self.held = tuple(held[:MOST_SCORED])

    def trained(self) -> dict[str, Any]:
        """See :class:`~engine.training.video_tokens.loop.Task`."""
        return {name: value for name, value in self.module.named_parameters() if value.requires_grad}

    def held_out(self, handle: Handle) -> TokenRow:
        """Token accuracy teacher-forced, onsets of what it speaks by itself."""
        return spoken_row("tokens", self.speaker, self.held, self.reader, handle)

    def save(self, folder: Path) -> None:
        """The adapters, the connectors and the licence; the configuration is there since the units."""
        self.speaker.save(folder)
        keep_licence(folder, self.speaker.config)


def spoken_row(name: str, speaker: Speaker, held: Sequence[Example], reader: OnsetReader, handle: Handle) -> TokenRow:
    """Score a speaker on held-out examples; tokens that fail in a way that is noticed count as no onset."""
    import torch

    speaker.train(False)
    right, failed, heard = [], 0, []
    with torch.no_grad():
        for k in range(0, len(held), AT_ONCE):
            clips = [example.clip for example in held[k : k + AT_ONCE]]
            handle.check()
            right += [float(speaker.loss([clip])[1]) for clip in clips]
            spoken = speaker.speak(clips, handle=Handle(is_cancelled=handle.is_cancelled))
            for example, said in zip(held[k : k + AT_ONCE], spoken, strict=True):
                wanted = speaker.tokens_of(len(example.clip.features))
                failed += failure(said, wanted, speaker.rate_hz) is not None
                heard.append(reader.read(said.units[:wanted], example.onsets_seconds, example.duration_seconds))
    speaker.train(True)
    return row(name, heard, token_accuracy=float(np.mean(right)), failed=failed)


def oracle_row(held: Sequence[Example], reader: OnsetReader) -> TokenRow:
    """Onsets read from the units of the sound itself: as good as these tokens can be."""
    return row("units of the sound", [_read(example, reader) for example in held], token_accuracy=1.0)


def _read(example: Example, reader: OnsetReader) -> Heard:
    return reader.read(example.clip.units, example.onsets_seconds, example.duration_seconds)


def reader_of(examples: Sequence[Example], centres: Centres) -> OnsetReader:
    """Onsets of units, learnt on training examples."""
    known = [Known(units=each.clip.units, onsets_seconds=each.onsets_seconds) for each in examples]
    return learn(known, len(centres.vectors), centres.rate_hz)


def train_tokens(
    folder: Path,
    config: TrainConfig,
    out: Path,
    *,
    truth: Truth = heard_onsets,
    device: str = "cpu",
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> TokensDone:
    """Train on the videos of a folder; ``out`` is where ``train units`` wrote its own.

    Raises
    ------
    FileUnreadable
        When the folder, the units or the models cannot be read.
    BadArgument, BackendFailed
        See :func:`engine.training.video_tokens.loop.train`.
    """
    models, centres = VideoTokensConfig.of(out), Centres.of(out)
    listed = videos(folder, held_out_share=config.held_out_share)
    made = Examples(models, centres, out / WORK, truth=truth, device=device)
    read = read_all(listed, made.of, handle.part(0, _LOOKED), "looking and listening")
    examples = [example for video, each in read.made if not video.held_out for example in each]
    held = [example for video, each in read.made if video.held_out for example in each]
    speaker = new_speaker(models, examples[0].clip, centres.rate_hz, config, device)
    task = TokensTask(speaker, examples, held, reader_of(examples, centres), out)
    rows = train(task, config, out, handle.part(_LOOKED, 1))
    scored = [_read(example, task.reader) for example in task.held]
    return TokensDone(
        epochs=rows, chance=chance_row(scored), oracle=oracle_row(task.held, task.reader), unread=read.unread
    )


def new_speaker(models: VideoTokensConfig, clip: Clip, rate_hz: float, config: TrainConfig, device: str) -> Speaker:
    """An untrained one; its weights follow from the seed."""
    import torch

    torch.manual_seed(config.seed)
    speaker = Speaker(models, features=clip.features.shape[1], rate_hz=rate_hz, device=device, trains=True)
    if config.gradient_checkpointing:
        speaker.save_memory()
    return speaker


def _learner(speaker: Speaker) -> Any:
    from torch import nn

    class Learner(nn.Module):  # type: ignore[misc, unused-ignore]
        """The speaker as one module, whose call is the loss."""

        def __init__(self) -> None:
            super().__init__()
            self.language, self.connectors = speaker.language, speaker.connectors

        def forward(self, clips: Sequence[Clip]) -> Any:
            return speaker.loss(clips)[0]

    return Learner()
