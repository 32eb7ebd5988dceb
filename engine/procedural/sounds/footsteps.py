"""Footsteps: heel and toe on hard floors, thousands of grains on loose ground.

Each step is a heel and a toe, each a thump of the body's weight, a click of the sole and a scuff; loose ground adds
grains whose density follows the foot's pressure. Source: P. R. Cook, "Modeling Bill's gait", AES 22nd Conf., 2002.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.procedural.builders import Instrument, repeating
from engine.procedural.envelope import add, decay, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, highpass
from engine.procedural.grains import RATE_HOP, Cloud, pareto, ticks
from engine.procedural.modal import ring
from engine.procedural.noise import Rng, pick, samples, white

Range = tuple[float, float]
STEP_SECONDS = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """Ground of grains: how many a second at full pressure, their decay and pitch, how long they go on, how loud."""

    rate: Range
    ms: Range
    hz: Range
    tail_seconds: Range
    gain: Range
    crackle: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """What a floor does to heel and toe; ranges are drawn once a walk."""

    thump: Range
    thump_hz: Range
    thump_ms: Range
    click: Range
    click_hz: Range
    click_ms: Range
    scuff: Range
    scuff_hz: Range
    scuff_ms: Range
    toe: Range
    loose: Loose | None = None
    modes_hz: tuple[float, ...] = ()
    modes_decay: float = 40.0
    modes_gain: float = 0.0


CONCRETE = Surface(
    thump=(0.26, 0.5),
    thump_hz=(70, 125),
    thump_ms=(5, 13),
    click=(0.6, 0.85),
    click_hz=(700, 1_100),
    click_ms=(0.9, 1.8),
    scuff=(0.06, 0.24),
    scuff_hz=(1_000, 1_700),
    scuff_ms=(45, 78),
    toe=(0.5, 0.8),
)
PLANKS = Surface(
    thump=(0.5, 0.9),
    thump_hz=(80, 130),
    thump_ms=(8, 18),
    click=(0.4, 0.7),
    click_hz=(600, 1_000),
    click_ms=(1.2, 2.4),
    scuff=(0.04, 0.16),
    scuff_hz=(900, 1_500),
    scuff_ms=(35, 70),
    toe=(0.45, 0.75),
    modes_hz=(125, 205, 330, 520, 810),
    modes_decay=65,
    modes_gain=0.4,
)
GRATING = Surface(
    thump=(0.3, 0.55),
    thump_hz=(90, 160),
    thump_ms=(5, 11),
    click=(0.5, 0.8),
    click_hz=(900, 1_700),
    click_ms=(0.8, 1.6),
    scuff=(0.06, 0.2),
    scuff_hz=(1_800, 2_600),
    scuff_ms=(30, 60),
    toe=(0.5, 0.85),
    modes_hz=(310, 505, 745, 1_060, 1_390, 2_230, 3_120, 4_300),
    modes_decay=26,
    modes_gain=0.16,
)
GRAVEL = Surface(
    thump=(0.42, 0.7),
    thump_hz=(100, 150),
    thump_ms=(11, 21),
    click=(0.1, 0.6),
    click_hz=(1_000, 1_900),
    click_ms=(1.3, 3.2),
    scuff=(0.38, 0.52),
    scuff_hz=(770, 1_470),
    scuff_ms=(22, 39),
    toe=(0.3, 0.45),
    loose=Loose(
        rate=(320, 800), ms=(0.3, 0.9), hz=(820, 3_000), tail_seconds=(0.15, 0.25), gain=(1.0, 1.4), crackle=2.5
    ),
)
SNOW = Surface(
    thump=(0.28, 0.5),
    thump_hz=(62, 90),
    thump_ms=(10, 17),
    click=(0.3, 0.65),
    click_hz=(620, 1_000),
    click_ms=(0.9, 1.5),
    scuff=(0.17, 0.38),
    scuff_hz=(950, 1_300),
    scuff_ms=(28, 72),
    toe=(0.3, 0.52),
    loose=Loose(
        rate=(700, 3_000), ms=(0.15, 0.5), hz=(1_100, 8_000), tail_seconds=(0.15, 0.2), gain=(0.5, 0.8), crackle=2.6
    ),
)
LEAVES = Surface(
    thump=(0.35, 0.9),
    thump_hz=(88, 112),
    thump_ms=(6, 10),
    click=(0.4, 0.7),
    click_hz=(680, 1_050),
    click_ms=(2.0, 3.3),
    scuff=(0.12, 0.26),
    scuff_hz=(450, 1_200),
    scuff_ms=(26, 42),
    toe=(0.28, 0.47),
    loose=Loose(
        rate=(284, 520), ms=(0.12, 0.45), hz=(970, 4_400), tail_seconds=(0.12, 0.22), gain=(0.8, 1.25), crackle=2.6
    ),
)
GRASS = Surface(
    thump=(0.5, 0.85),
    thump_hz=(70, 110),
    thump_ms=(12, 22),
    click=(0.05, 0.2),
    click_hz=(500, 900),
    click_ms=(2.0, 4.0),
    scuff=(0.2, 0.4),
    scuff_hz=(1_500, 2_600),
    scuff_ms=(40, 80),
    toe=(0.35, 0.6),
    loose=Loose(
        rate=(300, 900), ms=(0.15, 0.6), hz=(1_300, 6_000), tail_seconds=(0.1, 0.2), gain=(0.4, 0.7), crackle=3.0
    ),
)


def walk_on(surface: Surface) -> Instrument:
    """A walker with one pair of shoes on one floor."""

    def instrument(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
        def draw(span: Range) -> float:
            return pick(rng, max(span[0], 1e-3), span[1])

        thump_hz = draw(surface.thump_hz) / knobs.size**0.4
        thump_s, click_s, scuff_s = (draw(r) / 1000 for r in (surface.thump_ms, surface.click_ms, surface.scuff_ms))
        click_hz = draw(surface.click_hz) * (0.6 + 0.8 * knobs.hardness)
        thump = draw(surface.thump) * (0.6 + 0.7 * knobs.intensity) * knobs.size**0.3
        click = draw(surface.click) * (0.5 + 0.5 * knobs.intensity + 0.6 * (knobs.hardness - 0.5))
        scuff, scuff_hz, toe = draw(surface.scuff), draw(surface.scuff_hz), draw(surface.toe)
        roll_seconds = rng.uniform(0.09, 0.16) / min(knobs.pace, 2.0)
        loose = surface.loose
        ground = (
            Cloud(rng, ticks(rng, 16, ms=loose.ms, hz=loose.hz, q=(1.2, 3.6)), samples(STEP_SECONDS), 1)
            if loose
            else None
        )
        density = (draw(loose.rate), draw(loose.tail_seconds), draw(loose.gain)) if loose else (0.0, 0.1, 0.0)
        modes = np.array(surface.modes_hz) * rng.uniform(0.93, 1.07, len(surface.modes_hz)) / knobs.size**0.2

        def step(index: int) -> Signal:
            length = samples(STEP_SECONDS)
            out = np.zeros(length)
            toe_at = samples(roll_seconds * rng.uniform(0.9, 1.1))
            for at, g in ((0, 1.0), (toe_at, toe * rng.uniform(0.8, 1.15))):
                n = samples(6 * thump_s)
                add(
                    out,
                    thump
                    * g
                    * unit(bandpass(white(rng, n) * decay(n, thump_s), thump_hz * rng.uniform(0.93, 1.07), 2.5)),
                    at,
                )
                n = samples(6 * click_s)
                add(
                    out,
                    click
                    * g
                    * unit(bandpass(white(rng, n) * decay(n, click_s), click_hz * rng.uniform(0.85, 1.15), 1.2)),
                    at,
                )
                n = samples(2 * scuff_s)
                drag = highpass(white(rng, n), scuff_hz) * np.hanning(n)
                add(out, scuff * g * rng.uniform(0.4, 1.2) * unit(drag), at + 144)
                if modes.size:
                    n = samples(min(0.55, 6 / surface.modes_decay))
                    loss = surface.modes_decay * rng.uniform(0.8, 1.3, modes.size) * (modes / modes[0]) ** 0.4
                    add(out, surface.modes_gain * g * unit(ring(modes, loss, rng.uniform(0.3, 1.0, modes.size), n)), at)
            if ground is not None and loose is not None:
                rate, seconds, gain = density
                t = np.arange(-(-length // RATE_HOP)) * RATE_HOP / 48_000
                press = _pressure(t, seconds) + toe * _pressure(t - roll_seconds, seconds)
                grit = ground.scatter(rng, length, 1.6 * rate * press, pareto(loose.crackle, 6.0))[0]
                out += gain * (0.7 + 0.5 * knobs.intensity) * unit(grit)
            out[-480:] *= np.linspace(1.0, 0.0, 480)
            return out * (1.0 if index % 2 else 0.92)

        return step

    return instrument


def _pressure(t: Signal, seconds: float) -> Signal:
    """How hard a foot presses ``t`` seconds after it touched: a quick rise, then the weight moves on."""
    u = np.maximum(t, 0.0) / seconds
    shape: Signal = (t >= 0) * (0.35 + u**0.6) * np.exp(-2.0 * u)
    return shape


def _family(surface: Surface, name: str, label: str, *words: str) -> Family:
    return Family(
        name=f"footsteps_{name}",
        label=f"Footsteps {label}",
        category="FEETHmn",
        words=words,
        params=params(pace=1.0, count=0, hardness=0.5, wetness=0.15),
        sustained=True,
        length_seconds=4.0,
        interval_seconds=0.54,
        render=repeating(walk_on(surface), interval_seconds=0.54),
    )


_WALK = ("footstep", "walk", "run", "step", "jog", "tread", "stride", "march", "pacing")
_SHOES = ("boot", "shoe", "leather shoe", "high heel", "heel", "sneaker", "trainer", "sandal", "slipper", "loafer")


def _on(*grounds: str) -> tuple[str, ...]:
    """What walks on some grounds; on a ground, leather is a shoe."""
    return tuple(f"{walk} on {ground}" for ground in grounds for walk in (*_WALK, *_SHOES, "leather"))


FAMILIES = (
    _family(
        CONCRETE,
        "concrete",
        "Concrete",
        *_WALK,
        *_SHOES,
        *_on("concrete", "pavement", "tile", "hard floor", "stone floor", "marble", "asphalt", "linoleum", "stairs"),
    ),
    _family(
        PLANKS, "wood", "Wood", *_on("wood", "wooden floor", "floorboard", "plank", "parquet", "deck", "wooden stairs")
    ),
    _family(GRAVEL, "gravel", "Gravel", *_on("gravel", "pebble", "rubble", "sand"), "gravel crunch"),
    _family(SNOW, "snow", "Snow", *_on("snow", "ice"), "snow crunch"),
    _family(LEAVES, "leaves", "Leaves", *_on("leaves", "dry leaves", "forest floor", "undergrowth"), "rustling leaves"),
    _family(GRASS, "grass", "Grass", *_on("grass", "dirt", "earth", "mud", "soil", "lawn", "field", "path")),
    _family(GRATING, "metal", "Metal", *_on("metal", "grating", "metal stairs", "catwalk", "metal floor", "ladder")),
)
