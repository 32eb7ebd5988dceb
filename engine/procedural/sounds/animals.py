"""Dog, cat and rooster: source-filter voices with the pitch and mouth of each.

Ranges follow measured calls: T. Riede, W. T. Fitch, "Vocal tract length and acoustics of vocalization in the domestic
dog", J. Exp. Biol. 202, 1999; S. Schötz, "A phonetic pilot study of vocalisations in three cats", 2012.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import arch, steady, through, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, formants, saturate, sliding_formant
from engine.procedural.noise import Rng, samples, times, white
from engine.procedural.voice import breathy, glottal, roughen


def dog(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One dog: a terrier at size 0.4, a mastiff at 2."""
    p = draws_of(rng, "dog_bark")
    throat = knobs.size**0.35
    pitch = p("pitch_hz", 220, 700, logarithmic=True) / knobs.size**0.6
    hz = (p("f1_hz", 500, 1_100), p("f2_hz", 1_100, 2_000), p("f3_hz", 2_200, 3_300), p("f4_hz", 3_500, 4_800))
    hz = tuple(f / throat for f in hz)
    width = p("bandwidth_share", 0.08, 0.4)
    bandwidths = tuple(f * width + 60 for f in hz)
    rise, usual, noise = p("rise", 0.2, 1.2), p("seconds", 0.1, 0.3) * knobs.size**0.2, p("noise", 0.1, 1.5)
    sub, opened = p("subharmonic", 0.0, 0.8), p("open_share", 0.3, 0.75)
    drive = p("drive", 0.8, 4.0) * (0.6 + 0.7 * knobs.intensity)
    direct, fall = p("direct", 0.0, 0.15), p("fall", 0.4, 2.0)

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
    p = draws_of(rng, "cat_meow")
    pitch, usual = p("pitch_hz", 380, 900, logarithmic=True) / knobs.size**0.5, p("seconds", 0.45, 1.3)
    vibrato, opened, breath = p("vibrato", 0.0, 0.03), p("open_share", 0.25, 0.7), p("breath", 0.02, 0.5)
    closed, wide = p("closed_hz", 350, 800) / throat, p("open_hz", 900, 1_700) / throat
    middle, end = p("middle_hz", 1_500, 2_600) / throat, p("end_hz", 900, 1_800) / throat
    gains = (p("gain_2", 0.2, 1.2), p("gain_3", 0.05, 0.8), p("gain_4", 0.0, 0.5))
    first, rise, last = p("first", 0.7, 1.0), p("rise", 0.0, 0.35), p("last", 0.6, 0.95)
    jitter = p("jitter", 0.003, 0.04)

    def meow(index: int) -> Signal:
        length = samples(usual * rng.uniform(0.85, 1.15))
        contour = through(
            length,
            (0, 0.2, 0.5, 0.8, 1),
            (first, 1.05, 1 + rise, 1.0, last),
        )
        f0 = pitch * rng.uniform(0.95, 1.05) * contour * (1 + vibrato * np.sin(2 * np.pi * 7 * times(length)))
        source = breathy(rng, glottal(rng, f0, jitter=jitter, open_share=opened), breath)
        lower = through(length, (0, 0.15, 0.45, 0.8, 1), (closed, 1.6 * closed, wide, 1.5 * closed, closed))
        upper = through(length, (0, 0.15, 0.5, 1), (2_500 / throat, 2_200 / throat, middle, end))
        out = sliding_formant(source, lower, 4.0) + gains[0] * sliding_formant(source, upper, 5.5)
        out += gains[1] * bandpass(source, 3_600 / throat, 6.0) + gains[2] * bandpass(source, 5_500 / throat, 6.0)
        return unit(out * arch(length, 0.12, 0.3))

    return meow


def rooster(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Cock-a-doodle-doo: three short calls and a long one that falls."""
    p = draws_of(rng, "rooster")
    pitch = p("pitch", 0.6, 1.4, logarithmic=True) / knobs.size**0.4
    hz = (p("f1_hz", 800, 1_500), p("f2_hz", 1_600, 2_500), p("f3_hz", 2_600, 3_800), 4_800.0)
    width = p("bandwidth_hz", 120, 500, logarithmic=True)
    gains = (1.0, p("gain_2", 0.4, 1.4), p("gain_3", 0.2, 1.2), p("gain_4", 0.1, 0.6))
    long, curve = p("long_seconds", 0.6, 1.4), p("curve", 1, 4)
    high, low = p("high_hz", 820, 1_100), p("low_hz", 380, 640)
    jitter, opened, breath = p("jitter", 0.01, 0.08), p("open_share", 0.25, 0.65), p("breath", 0.05, 0.6)
    rough, rough_hz, pause = p("rough", 0.0, 0.7), p("rough_hz", 40, 150), p("pause_seconds", 0.01, 0.1)

    def crow(index: int) -> Signal:
        parts: list[Signal] = []
        gap = samples(pause * rng.uniform(0.8, 1.2))
        last = (long * rng.uniform(0.9, 1.1), high, low)
        for seconds, first, end in ((0.16, 500.0, 640.0), (0.13, 660.0, 740.0), (0.22, 800.0, 860.0), last):
            length = samples(seconds * rng.uniform(0.92, 1.08))
            u = np.arange(length) / length
            f0 = pitch * (first + (end - first) * u ** (1.0 if seconds < 0.5 else curve))
            source = breathy(rng, glottal(rng, f0, jitter=jitter, open_share=opened), breath)
            source = roughen(rng, source, f0, 0.0, rough, rough_hz)
            voice = formants(source, hz, (width, width, width, 600.0), gains)
            parts += [steady(voice) * arch(length, 0.08, 0.2), np.zeros(gap)]
        return np.concatenate(parts)

    return crow


FAMILIES = (
    Family(
        name="dog_bark",
        label="Dog Bark",
        category="ANMLDog",
        heard_as=("Dog",),
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
        heard_as=("Cat",),
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
        heard_as=(
            "Chicken, rooster",
            "Fowl",
        ),
        words=("rooster crow", "rooster", "cockerel", "cock crow", "cock a doodle doo", "rooster call"),
        params=params(pace=1.0, count=1, wetness=0.4),
        sustained=False,
        length_seconds=2.2,
        interval_seconds=3.5,
        render=repeating(rooster, interval_seconds=3.5, variants=6),
    ),
)
