"""A spec becomes wishes of a model, and the model's sound becomes the spec's take.

Wishes are a little longer than the take, so that silence before the onset may be left out. The take has the session's
rate and channels, begins on its onset, has no DC, and lies well below full scale: levels are the mixer's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.audio import Audio, Samples
from engine.backends.finishing import FADE_SECONDS, finish, on_grid, resample, to_channels
from engine.backends.neural.model import Wanted
from engine.backends.neural.windows import joined, starts
from engine.dsp.decibels import amplitude
from engine.dsp.fades import faded
from engine.dsp.onset import happenings
from engine.errors import BackendFailed
from engine.handle import Handle
from engine.picture import Picture
from engine.plan import TakeSpec
from engine.results import Licence, Take

MARGIN_SECONDS = 0.5
"""So much silence may come before the sound."""
ATTACK_SECONDS = 0.0005
"""Faded in at the onset, where a model's sound begins at once."""
DYING_SECONDS = 0.5
"""What a happening that the model cut off takes to fade."""
PEAK = 0.5
SILENT = 1e-7
HEARD_DB = -40.0
"""Below the peak: where a lasting sound begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a model makes in one go.

    Parameters
    ----------
    lengths_seconds
        Rising; a sound takes the shortest that holds it, so that sounds of about one length share a batch.
    """

    sample_rate_hz: int
    channels: int
    lengths_seconds: tuple[float, ...]

    def window_samples(self, seconds: float) -> int:
        """Length of the shortest window that holds so many seconds, or of the longest."""
        fits = [length for length in self.lengths_seconds if length >= seconds]
        return round((fits or self.lengths_seconds[-1:])[0] * self.sample_rate_hz)


def wishes(
    spec: TakeSpec,
    shape: Shape,
    options: Mapping[str, float],
    *,
    lasts: bool,
    warn: Callable[[str], object] = lambda sentence: None,
) -> tuple[Wanted, ...]:
    """One window, or for a lasting sound as many as cover it, each with what is told of its part of the scene."""
    needed_seconds = _needed_seconds(spec)
    window = shape.window_samples(needed_seconds)
    needed = round(needed_seconds * shape.sample_rate_hz) if lasts else window
    return tuple(
        Wanted(
            text=spec.text,
            seed=seed_of(spec, number),
            length_samples=window,
            options=options,
            onsets_seconds=_onsets_within(spec, begin / shape.sample_rate_hz, window / shape.sample_rate_hz),
            picture=_seen_within(spec, begin / shape.sample_rate_hz, window / shape.sample_rate_hz),
            warn=warn,
        )
        for number, begin in enumerate(starts(needed, window, shape.sample_rate_hz))
    )


def _needed_seconds(spec: TakeSpec) -> float:
    """What a model makes for a take; to a scene it begins at once, for its times are told."""
    return spec.length_samples / spec.sample_rate_hz + (0.0 if of_scene(spec) else MARGIN_SECONDS)


def of_scene(spec: TakeSpec) -> bool:
    """Whether the take is the sound of a whole scene, which has times of its own."""
    return spec.picture is not None or bool(spec.onsets_samples)


def _onsets_within(spec: TakeSpec, begin_seconds: float, length_seconds: float) -> tuple[float, ...]:
    times = (at / spec.sample_rate_hz - begin_seconds for at in spec.onsets_samples)
    return tuple(at for at in times if 0.0 <= at < length_seconds)


def _seen_within(spec: TakeSpec, begin_seconds: float, length_seconds: float) -> Picture | None:
    picture = spec.picture
    if picture is None:
        return None
    left = length_seconds if picture.length_seconds is None else picture.length_seconds - begin_seconds
    return picture.model_copy(
        update={
            "offset_seconds": picture.offset_seconds + begin_seconds * picture.play_rate,
            "length_seconds": max(0.001, min(length_seconds, left)),
        }
    )


def seed_of(spec: TakeSpec, number: int = 0) -> int:
    """Of one window of a take."""
    state = np.random.SeedSequence([spec.seed, spec.variation, number]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def take_of(
    windows: Sequence[Samples],
    spec: TakeSpec,
    shape: Shape,
    licence: Licence,
    handle: Handle,
    *,
    lasts: bool,
    warnings: Sequence[str] = (),
) -> Take:
    """What the model made for :func:`wishes`, as the take that was asked for.

    Raises
    ------
    BackendFailed
        When the model made silence, or no numbers.
    """
    size = windows[0].shape[1]
    needed = round(_needed_seconds(spec) * shape.sample_rate_hz)
    sound = sounding(
        joined(windows, starts(needed if lasts else size, size, shape.sample_rate_hz), shape.sample_rate_hz)
    )
    sound = resample(to_channels(sound, spec.channels), shape.sample_rate_hz, spec.sample_rate_hz, handle)
    if of_scene(spec):
        begin = 0
    else:
        begin = _first_heard(sound, spec) if lasts else happenings(sound, spec.sample_rate_hz)[0].onset
    sound = sound[:, begin : begin + spec.length_samples]
    sound = sound - sound.mean(axis=1, keepdims=True)  # before it fades, or it would stay in the tail
    if lasts:
        sound = np.pad(sound, ((0, 0), (0, spec.length_samples - sound.shape[1])))
    elif sound.shape[1] < spec.length_samples:  # the model's longest: let it die away
        dying = min(round(DYING_SECONDS * spec.sample_rate_hz), sound.shape[1] // 4)
        sound = faded(faded(sound, 0, dying), 0, dying)
    fade_in = round((FADE_SECONDS if lasts else ATTACK_SECONDS) * spec.sample_rate_hz)
    sound = finish(sound, 0, min(fade_in, sound.shape[1] // 4), spec.sample_rate_hz)
    peak = float(np.abs(sound).max())
    if peak < SILENT:
        raise _nothing_heard()
    sound = on_grid(sound * np.float32(PEAK / peak))
    audio = Audio(samples=sound, sample_rate_hz=spec.sample_rate_hz)
    return Take(audio=audio, onset_samples=0, licence=licence, warnings=tuple(warnings))


def sounding(sound: Samples) -> Samples:
    """A model's sound, found to be one.

    Raises
    ------
    BackendFailed
        When it is silent, or no numbers.
    """
    if not np.isfinite(sound).all():
        raise BackendFailed(
            "The model made no numbers of this: try another seed or fewer steps; if it stays so, set models_device "
            "to 'cpu', which computes more exactly.",
            field="seed",
        )
    if float(np.abs(sound).max(initial=0.0)) < SILENT:
        raise _nothing_heard()
    return sound


def _nothing_heard() -> BackendFailed:
    return BackendFailed("The model made silence of this: say it in other words, or try another seed.", field="prompt")


def _first_heard(sound: Samples, spec: TakeSpec) -> int:
    """Where a lasting sound begins: not before it is heard, and so that its length is left."""
    envelope = np.abs(sound).max(axis=0)
    heard = int(np.argmax(envelope >= envelope.max() * amplitude(HEARD_DB)))
    return max(0, min(heard, int(sound.shape[1]) - spec.length_samples))
