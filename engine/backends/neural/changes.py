"""A sound that is there, changed by a model: parts of it made anew, or all of it varied.

The model hears the sound at its own rate and in a window of its own; what comes back has the old rate, channels and
length, and is as loud as what it replaces. Which samples of it are used is the caller's: outside of the spans they are
only what the model made of the old ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.audio import Audio, Samples
from engine.backends.finishing import resample, to_channels
from engine.backends.neural.model import Wanted
from engine.backends.neural.takes import Shape, seed_of, sounding
from engine.backends.neural.windows import joined, starts
from engine.errors import BadArgument
from engine.handle import Handle
from engine.plan import TakeSpec

LARGEST_GAIN = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be done to a sound.

    Parameters
    ----------
    audio
        All that the model is to hear: with what lies around the spans.
    spans
        First sample and one past the last of each part to make anew; none varies all of it.
    """

    audio: Audio
    spans: tuple[tuple[int, int], ...] = ()

    def wanted(self, spec: TakeSpec, shape: Shape, options: Mapping[str, float]) -> tuple[Wanted, ...]:
        """The wish for a model of that shape; to vary a sound longer than it hears, one for each window of it.

        Raises
        ------
        BadArgument
            When there are spans, and the sound around them is longer than the model takes.
        """
        rate = self.audio.sample_rate_hz
        longest = shape.lengths_seconds[-1]
        if self.spans and self.audio.length_samples > longest * rate:
            raise BadArgument(
                f"This model hears at most {longest:g} s at once, and {self.audio.length_seconds:.1f} s were given: "
                "select less.",
                field="selection_length",
            )
        window = shape.window_samples(self.audio.length_seconds)
        heard = resample(self._for_model(shape), rate, shape.sample_rate_hz, Handle())
        ratio = shape.sample_rate_hz / rate
        return tuple(
            Wanted(
                text=spec.text,
                seed=seed_of(spec, number),
                length_samples=window,
                options=options,
                start=_filled(heard[:, begin : begin + window], window),
                spans=tuple((int(a * ratio), min(window, int(np.ceil(b * ratio)))) for a, b in self.spans),
            )
            for number, begin in enumerate(self._begins(shape))
        )

    def _begins(self, shape: Shape) -> tuple[int, ...]:
        """Of each window, at the model's rate."""
        length = int(self.audio.length_seconds * shape.sample_rate_hz)
        return starts(length, shape.window_samples(self.audio.length_seconds), shape.sample_rate_hz)

    def _for_model(self, shape: Shape) -> Samples:
        samples: Samples = self.audio.samples
        if shape.channels == 1:
            mono: Samples = samples.mean(axis=0, keepdims=True)
            return mono
        return samples[:2] if samples.shape[0] >= 2 else np.repeat(samples, 2, axis=0)

    def result(self, sounds: Sequence[Samples], shape: Shape, handle: Handle) -> Audio:
        """What the model made of it, with the old sound's rate, channels, length and level."""
        rate, channels, length = self.audio.sample_rate_hz, self.audio.channels, self.audio.length_samples
        begins = self._begins(shape)
        if len(sounds) > 1:
            heard = resample(self._for_model(shape), rate, shape.sample_rate_hz, handle)
            sounds = [
                sounding(sound) * np.float32(_gain(heard[:, begin : begin + sound.shape[1]], sound))
                for begin, sound in zip(begins, sounds, strict=True)
            ]
        sound = joined([sounding(each) for each in sounds], begins, shape.sample_rate_hz, alike=True)
        made = _filled(resample(sound, shape.sample_rate_hz, rate, handle)[:, :length], length)
        if made.shape[0] != channels:
            one = to_channels(made, 1) if channels != 2 else made
            made = np.repeat(one, channels // one.shape[0], axis=0)
        stays = np.ones(length, bool)
        for start, end in self.spans:
            stays[start:end] = False
        if not stays.any():
            stays[:] = True
        gain = _gain(self.audio.samples[:, stays], made[:, stays])
        return Audio(samples=made * np.float32(gain), sample_rate_hz=rate)


def _filled(sound: Samples, length: int) -> Samples:
    return np.pad(sound, ((0, 0), (0, length - sound.shape[1])))


def _gain(old: Samples, new: Samples) -> float:
    """That brings the new to the level of the old."""
    before, after = (float(np.sqrt(np.mean(np.square(each)))) for each in (old, new))
    if before == 0.0 or after == 0.0:
        return 1.0
    return min(LARGEST_GAIN, max(1 / LARGEST_GAIN, before / after))
