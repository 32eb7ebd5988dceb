"""Glass that breaks: the blow, the sheet cracking, then shards that ring as they fall."""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import one_shot
from engine.procedural.envelope import decay, unit
from engine.procedural.family import Family, Index, Knobs, Signal, params
from engine.procedural.filters import highpass, lowpass
from engine.procedural.grains import Cloud
from engine.procedural.modal import ring
from engine.procedural.noise import Rng, pick, samples, white


def shatter(rng: Rng, knobs: Knobs) -> Signal:
    """A pane, a bottle or a window, by size."""
    length = samples(1.3 * knobs.size**0.5 + 0.3)
    blow = samples(0.25)
    crack = highpass(white(rng, blow) * decay(blow, pick(rng, 0.015, 0.035)), 1_500)
    thump = lowpass(white(rng, blow) * decay(blow, 0.014), 900)
    shards = []
    for _ in range(14):
        modes = int(rng.integers(3, 6))
        base = pick(rng, 1_800, 8_000) / knobs.size**0.35
        loss = pick(rng, 18, 70) * rng.uniform(0.8, 2.0, modes)
        shards.append(
            unit(
                ring(
                    base * np.sort(rng.uniform(1, 3.2, modes)),
                    loss,
                    rng.random(modes) + 0.2,
                    samples(pick(rng, 0.08, 0.3)),
                )
            )
        )
    cloud = Cloud(rng, shards, length, 1)
    count = round(pick(rng, 70, 150) * (0.5 + knobs.intensity) * knobs.size**0.4)
    early = rng.gamma(1.0, 0.1, count // 2)
    late = 0.12 + rng.gamma(1.6, rng.uniform(0.16, 0.26) * knobs.size**0.4, count - early.size)
    when = np.concatenate([early, late])
    strength = np.minimum(rng.pareto(1.8, when.size) + 0.1, 4.0) * np.exp(-1.4 * when)
    where = samples_of(when)
    inside = where < length
    out = 0.35 * cloud.at(where[inside], rng.integers(0, 14, int(inside.sum())), strength[inside])[0][:length]
    grit = highpass(white(rng, length), 4_000) * decay(length, 0.22)
    out[:blow] += (0.6 + 0.6 * knobs.intensity) * crack + 0.4 * thump
    whole: Signal = out + 0.03 * grit
    return whole


def samples_of(seconds: Signal) -> Index:
    """Nearest samples of many times."""
    nearest: Index = np.rint(seconds * 48_000).astype(np.int64)
    return nearest


FAMILIES = (
    Family(
        name="glass_break",
        label="Glass Break",
        category="GLASBrk",
        heard_as=(
            "Glass",
            "Shatter",
            "Breaking",
            "Smash, crash",
        ),
        words=(
            "glass break",
            "glass shatter",
            "glass smash",
            "window break",
            "window smash",
            "shatter",
            "bottle break",
            "shattering window",
            "glass crash",
            "plate smash",
            "vase break",
        ),
        params=params(wetness=0.18),
        sustained=False,
        length_seconds=2.0,
        interval_seconds=1.5,
        render=one_shot(shatter),
    ),
)
