"""Pairs of picture and sound that are in time with each other: rendered ones, and recorded ones of the user's.

Rendered: a physics engine says when things met, and every contact sounds. Recorded: clips with known onsets under their
own soundtracks, whose own sync, good or bad, is then the truth. This module spoils nothing and knows no aligner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from engine.audio import Audio
from engine.evaluation.denoise_bench import signals
from engine.evaluation.physics_clips import SCENES, render_clip
from engine.evaluation.spotting_bench import Clip

Real = NDArray[np.float64]

RATE_HZ = 48_000
LEAST_CONTACTS = 3
"""A pair with fewer says nothing of drift, and one contact fits every other: such clips are drawn anew."""
_MOST_DRAWS = 200
_DURATIONS_SECONDS = (6.0, 12.0)
_SCALE = (0, 2, 4, 7, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePair:
    """A picture and a clean sound that begin together.

    Parameters
    ----------
    name
        For tables.
    contacts_seconds
        When things are seen to meet, and when they sound.
    is_rendered
        Whether the contacts are known exactly; of recorded ones they were heard and reviewed.
    is_tuned
        Whether its sounds are notes of equal temperament at 440 Hz.
    """

    name: str
    video: Path
    clean: Audio
    contacts_seconds: tuple[float, ...]
    is_rendered: bool
    is_tuned: bool = False


def rendered_pairs(count: int, folder: Path, seed: int) -> Iterator[TruePair]:
    """Clips of 6 to 12 s, the scenes in turn, with sounds that follow from their contacts; every third rings notes."""
    for number in range(count):
        yield _rendered(number, folder, np.random.default_rng((seed, number)))


def _rendered(number: int, folder: Path, rng: np.random.Generator) -> TruePair:
    scene = SCENES[number % len(SCENES)]
    path = folder / f"pair-{number}.mp4"
    for _ in range(_MOST_DRAWS):
        clip = render_clip(int(rng.integers(2**31)), path, scene, float(rng.uniform(*_DURATIONS_SECONDS)))
        if len(clip.onsets_seconds) >= LEAST_CONTACTS:
            break
    tuned = number % 3 == 2
    clean = sound_of(clip.onsets_seconds, clip.duration_seconds, rng, is_tuned=tuned)
    return TruePair(
        name=f"{scene} {number}",
        video=path,
        clean=clean,
        contacts_seconds=clip.onsets_seconds,
        is_rendered=True,
        is_tuned=tuned,
    )


def recorded_pairs(clips: Sequence[Clip], listen: Callable[[Path], Audio | None]) -> Iterator[TruePair]:
    """The reviewed clips of a folder that have enough onsets and a sound.

    Parameters
    ----------
    listen
        The soundtrack from the picture's first frame on; None where there is none.
    """
    for clip in clips:
        if clip.tier != "A" or len(clip.onsets) < LEAST_CONTACTS:
            continue
        heard = listen(clip.path)
        if heard is not None:
            yield TruePair(
                name=clip.name, video=clip.path, clean=heard, contacts_seconds=clip.onsets, is_rendered=False
            )


def sound_of(
    contacts_seconds: Sequence[float], length_seconds: float, rng: np.random.Generator, *, is_tuned: bool
) -> Audio:
    """Every contact a strike of one thing, now harder, now softer, in a small room with a little air.

    The scenes do not tell how hard a contact was; strikes lie within 12 dB of the hardest.
    """
    dry = np.zeros((2, round(length_seconds * RATE_HZ)))
    modes = _notes(rng) if is_tuned else _thing(rng)
    for at in contacts_seconds:
        strike = 10 ** (-rng.uniform(0, 12) / 20) * _strike(modes, rng, is_tuned=is_tuned)
        start, side = round(at * RATE_HZ), rng.uniform(0.3, 0.7)
        length = min(strike.size, dry.shape[1] - start)
        dry[:, start : start + length] += np.outer((1 - side, side), strike[:length])
    wet = dry + _room(dry, rng)
    wet *= signals.PEAK / np.abs(wet).max()
    air = 10 ** (-rng.uniform(62, 80) / 20) * signals.PEAK * signals.pink(dry.shape[1], RATE_HZ, rng)
    return Audio(samples=np.asarray(wet + air, np.float32), sample_rate_hz=RATE_HZ)


def _thing(rng: np.random.Generator) -> Real:
    """Pitches, decays a second and strengths of a thing's modes, ``(3, modes)``: wood, stone or metal."""
    count = int(rng.integers(6, 14))
    hertz = rng.uniform(90, 400) * np.cumsum(rng.uniform(0.4, 1.6, count))
    decays = rng.choice([60.0, 25.0, 8.0]) * (hertz / hertz[0]) ** 0.7
    return np.array([hertz, decays, rng.uniform(0.3, 1.0, count) / np.sqrt(1 + np.arange(count))])


def _notes(rng: np.random.Generator) -> Real:
    """The same of a bar's first modes; its pitch is set at each strike."""
    return np.array([[1.0, 4.0, 10.0], [4.0, 9.0, 25.0], [1.0, rng.uniform(0.2, 0.4), rng.uniform(0.05, 0.1)]])


def _strike(modes: Real, rng: np.random.Generator, *, is_tuned: bool) -> Real:
    hertz, decays, strengths = modes
    if is_tuned:
        hertz = hertz * 440.0 * 2.0 ** ((-9 + rng.choice(_SCALE) + 12 * rng.integers(-1, 1)) / 12)
    time = np.arange(round(min(1.2, 6.9 / decays.min()) * RATE_HZ)) / RATE_HZ
    shapes = np.exp(-np.outer(decays, time)) * np.sin(2 * np.pi * np.outer(hertz, time))
    rung = (strengths * rng.uniform(0.6, 1.4, strengths.size) * (hertz < 0.45 * RATE_HZ)) @ shapes
    click = 0.8 * rng.standard_normal(time.size) * np.exp(-time / 0.002)
    return np.asarray((rung + click) * np.minimum(1, (time[-1] - time) / 0.01))


def _room(dry: Real, rng: np.random.Generator) -> Real:
    seconds = rng.uniform(0.15, 0.35)
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tail = rng.standard_normal((2, time.size)) * np.exp(-6.9 * time / seconds) * (time > 0.004)
    tail *= rng.uniform(0.05, 0.15) / np.sqrt(np.square(tail).sum(axis=1, keepdims=True))
    return np.asarray(signal.fftconvolve(dry, tail, axes=1)[:, : dry.shape[1]])
