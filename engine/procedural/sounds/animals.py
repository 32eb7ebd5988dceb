"""Dog, cat and rooster: source-filter voices with the pitch and mouth of each.

Ranges follow measured calls: T. Riede, W. T. Fitch, "Vocal tract length and acoustics of vocalization in the domestic
dog", J. Exp. Biol. 202, 1999; S. Schötz, "A phonetic pilot study of vocalisations in three cats", 2012.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import repeating
from engine.procedural.envelope import arch, steady, through, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, formants, saturate, sliding_formant
from engine.procedural.noise import Rng, pick, samples, times, white
from engine.procedural.voice import breathy, glottal, roughen


def dog(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One dog: a terrier at size 0.4, a mastiff at 2."""
    throat = knobs.size**0.35
    pitch = pick(rng, 280, 420) / knobs.size**0.6
    hz = tuple(
        pick(rng, low, high) / throat for low, high in ((700, 840), (1_500, 1_750), (2_650, 3_100), (4_100, 4_500))
    )
    width = rng.uniform(0.26, 0.34)
    bandwidths = tuple(f * width + 60 for f in hz)
    rise, usual, noise = rng.uniform(0.65, 1.05), rng.uniform(0.15, 0.22) * knobs.size**0.2, rng.uniform(0.5, 1.1)
    sub, opened, drive = (
        rng.uniform(0.18, 0.4),
        rng.uniform(0.44, 0.58),
        rng.uniform(1.3, 2.4) * (0.6 + 0.7 * knobs.intensity),
    )
    direct, fall = rng.uniform(0.05, 0.1), rng.uniform(1.2, 1.5)

    def bark(index: int) -> Signal:
        length = samples(usual * rng.uniform(0.85, 1.15))
        u = np.arange(length) / length
        f0 = pitch * rng.uniform(0.92, 1.08) * (1 + rise * np.sin(np.pi * u**0.65)) * (1 - 0.25 * u)
        source = glottal(rng, f0, jitter=0.05, open_share=opened)
        source += noise * white(rng, length) * (0.6 + 0.8 * np.exp(-12 * u))
        source = roughen(rng, source, f0, sub, 0.0, 100.0)
        out = formants(source, hz, bandwidths, (1.0, 0.9, 0.5, 0.25)) + direct * source
        shape = np.minimum(1.0, u / 0.05) * (1 - u) ** fall * (1 + 0.6 * np.exp(-20 * u))
        return saturate(0.6 * steady(out * shape) * 0.8, drive)

    return bark


def cat(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One cat; a kitten at size 0.5."""
    throat = knobs.size**0.35
    pitch = pick(rng, 560, 670) / knobs.size**0.5
    vibrato, opened, breath = rng.uniform(0.014, 0.024), rng.uniform(0.3, 0.38), rng.uniform(0.08, 0.28)
    closed, wide = pick(rng, 620, 700) / throat, pick(rng, 1_450, 1_700) / throat
    middle, end = pick(rng, 1_800, 2_450) / throat, pick(rng, 1_000, 1_200) / throat
    gains = (rng.uniform(0.5, 0.75), rng.uniform(0.12, 0.4), rng.uniform(0.3, 0.4))

    def meow(index: int) -> Signal:
        length = samples(rng.uniform(0.7, 1.1))
        contour = through(
            length,
            (0, 0.2, 0.5, 0.8, 1),
            (rng.uniform(0.78, 0.86), 1.05, rng.uniform(1.05, 1.14), 1.0, rng.uniform(0.74, 0.85)),
        )
        f0 = pitch * rng.uniform(0.95, 1.05) * contour * (1 + vibrato * np.sin(2 * np.pi * 7 * times(length)))
        source = breathy(rng, glottal(rng, f0, jitter=0.025, open_share=opened), breath)
        first = through(length, (0, 0.15, 0.45, 0.8, 1), (closed, 1.6 * closed, wide, 1.5 * closed, closed))
        second = through(length, (0, 0.15, 0.5, 1), (2_500 / throat, 2_200 / throat, middle, end))
        out = sliding_formant(source, first, 4.0) + gains[0] * sliding_formant(source, second, 5.5)
        out += gains[1] * bandpass(source, 3_600 / throat, 6.0) + gains[2] * bandpass(source, 5_500 / throat, 6.0)
        return unit(out * arch(length, 0.12, 0.3))

    return meow


def rooster(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Cock-a-doodle-doo: three short calls and a long one that falls."""
    pitch = rng.uniform(0.93, 1.07) / knobs.size**0.4
    hz = (pick(rng, 1_300, 1_420), pick(rng, 1_760, 1_980), pick(rng, 3_100, 3_320), 4_800.0)
    width = rng.uniform(145, 200)
    gains = (1.0, rng.uniform(0.6, 0.8), rng.uniform(0.58, 0.84), 0.3)

    def crow(index: int) -> Signal:
        parts: list[Signal] = []
        gap = samples(rng.uniform(0.03, 0.07))
        last = (rng.uniform(0.75, 1.1), rng.uniform(870, 950), rng.uniform(470, 530))
        for seconds, first, end in ((0.16, 500.0, 640.0), (0.13, 660.0, 740.0), (0.22, 800.0, 860.0), last):
            length = samples(seconds * rng.uniform(0.92, 1.08))
            u = np.arange(length) / length
            f0 = pitch * (first + (end - first) * u ** (1.0 if seconds < 0.5 else rng.uniform(1.9, 2.9)))
            source = breathy(
                rng, glottal(rng, f0, jitter=0.06, open_share=rng.uniform(0.37, 0.48)), rng.uniform(0.38, 0.5)
            )
            source = roughen(rng, source, f0, 0.0, rng.uniform(0.5, 0.7), rng.uniform(95, 135))
            voice = formants(source, hz, (width, width, width, 600.0), gains)
            parts += [steady(voice) * arch(length, 0.08, 0.2), np.zeros(gap)]
        return np.concatenate(parts)

    return crow


FAMILIES = (
    Family(
        name="dog_bark",
        label="Dog Bark",
        category="ANMLDog",
        words=("dog bark", "dog", "bark", "woof", "puppy", "hound", "barking dog", "terrier"),
        params=params(pace=1.0, count=1, wetness=0.45),
        sustained=False,
        length_seconds=0.8,
        interval_seconds=0.55,
        render=repeating(dog, interval_seconds=0.55, rhythm=lambda rng, n, gap: gap * rng.uniform(0.75, 1.35, n)),
    ),
    Family(
        name="cat_meow",
        label="Cat Meow",
        category="ANMLCat",
        words=("cat meow", "cat", "meow", "kitten", "miaow", "mew", "kitty"),
        params=params(pace=1.0, count=1, wetness=0.2),
        sustained=False,
        length_seconds=1.4,
        interval_seconds=1.5,
        render=repeating(
            cat, interval_seconds=1.5, rhythm=lambda rng, n, gap: gap * rng.uniform(0.8, 1.4, n), variants=8
        ),
    ),
    Family(
        name="rooster",
        label="Rooster Crow",
        category="BIRDFowl",
        words=("rooster crow", "rooster", "cockerel", "cock crow", "cock a doodle doo", "rooster call"),
        params=params(pace=1.0, count=1, wetness=0.4),
        sustained=False,
        length_seconds=2.2,
        interval_seconds=3.5,
        render=repeating(rooster, interval_seconds=3.5, variants=6),
    ),
)
