"""Videos to examples: what is seen, what is heard as units, and when something begins to sound; looked at once.

CLIP and HuBERT are frozen, so their part is done once a video and kept in the work folder, under a name that follows
from the file and from all that decides the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.backends.neural.video_tokens.config import VideoTokensConfig
from engine.backends.neural.video_tokens.hear import RATE_HZ, Centres, Listener, Sound, Units
from engine.backends.neural.video_tokens.look import Features, Looker
from engine.backends.neural.video_tokens.speak import Clip
from engine.dsp.onsets import find_onsets
from engine.picture import Picture
from engine.training.video_tokens.dataset import Video
from engine.training.video_tokens.files import remembered
from engine.training.video_tokens.sound import sound_of

WORK = ".work"
"""Folder in the output that may be deleted at any time, and is made again when it is needed."""

Truth = Callable[[Video, Sound], Sequence[float]]
"""When something begins to sound in a video, seconds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """A video, or as much of it as a clip holds.

    Parameters
    ----------
    clip
        What the speaker learns from.
    onsets_seconds
        When something begins to sound, from the example's start.
    """

    clip: Clip
    onsets_seconds: tuple[float, ...]
    duration_seconds: float


def heard_onsets(video: Video, sound: Sound) -> Sequence[float]:
    """The truth where nobody knows better: the onsets of the video's own sound."""
    del video
    return [onset.time_seconds for onset in find_onsets(sound, RATE_HZ)]


class Examples:
    """Makes examples of videos.

    Parameters
    ----------
    work
        Where what is slow to make is kept.
    truth
        Says when something begins to sound.
    """

    def __init__(
        self,
        config: VideoTokensConfig,
        centres: Centres,
        work: Path,
        *,
        truth: Truth = heard_onsets,
        device: str = "cpu",
    ) -> None:
        self._config, self._centres, self._work, self._truth = config, centres, work, truth
        self._look = Looker(config.clip, config.look, device)
        self._listen = Listener(config.hubert, centres.layer, device)

    def of(self, video: Video) -> list[Example]:
        """One, or for a long video as many as cover it, without what is left over.

        Raises
        ------
        FileUnreadable, PictureUnreadable
            When the picture or the sound cannot be read.
        """
        sound = sound_of(str(video.path))
        config = self._config
        seen = remembered(
            self._work / f"{key_of(video.path, config.clip, config.look.model_dump_json())}.seen.safetensors",
            lambda: {"features": self._look.features(Picture(path=str(video.path))).astype(np.float16)},
        )["features"].astype(np.float32)
        units = self._centres.nearest(self._listen.states(sound))
        onsets = self._truth(video, sound)
        size = min(len(seen), max(1, round(config.longest_seconds * config.look.frame_rate_hz)))
        return [self._cut(seen[k : k + size], k, units, onsets, video) for k in range(0, len(seen) - size + 1, size)]

    def _cut(self, seen: Features, first: int, units: Units, onsets: Sequence[float], video: Video) -> Example:
        begin = first / self._config.look.frame_rate_hz
        seconds = len(seen) / self._config.look.frame_rate_hz
        at, count = round(begin * self._centres.rate_hz), max(1, round(seconds * self._centres.rate_hz))
        own = units[at : at + count]
        own = np.pad(own, (0, count - len(own)), mode="edge") if len(own) else np.zeros(count, np.int64)
        return Example(
            clip=Clip(features=seen, caption=video.caption, units=own),
            onsets_seconds=tuple(float(onset - begin) for onset in onsets if 0 <= onset - begin < seconds),
            duration_seconds=seconds,
        )


def key_of(path: Path, *decides: str) -> str:
    """A name for what is made of a file: other when the file or what decides changes."""
    stat = path.stat()
    told = "\n".join((str(path.resolve()), str(stat.st_size), str(stat.st_mtime_ns), *decides))
    return hashlib.sha256(told.encode()).hexdigest()[:24]
