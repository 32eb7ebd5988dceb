"""Footsteps: heel and toe on hard floors, thousands of grains on loose ground.

Each step is a heel and a toe, each a thump of the body's weight, a click of the sole and a scuff; loose ground adds
grains whose density follows the foot's pressure, and between two steps the legs of the trousers rub. Sources: P. R.
Cook, "Modeling Bill's gait", AES 22nd Conf., 2002; rates of grains: L. Turchet, "Footstep sounds synthesis: design,
implementation, and evaluation of foot-floor interactions", Applied Acoustics 107, 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.procedural.builders import Instrument, repeating
from engine.procedural.draws import Draws, draws_of
from engine.procedural.envelope import add, decay, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, highpass
from engine.procedural.grains import RATE_HOP, Cloud, pareto, ticks
from engine.procedural.modal import ring
from engine.procedural.noise import Rng, samples, white

Range = tuple[float, float]
STEP_SECONDS = 0.6
SWING_SECONDS = 0.3
"""The other leg passes, cloth on cloth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """Ground of grains.

    Parameters
    ----------
    rate
        Grains a second at full pressure.
    ms, hz, octaves
        Decay of one, the lowest resonance, and how far above it the highest lies.
    tail_seconds, gain
        How long they go on after the foot came down, and how loud they are.
    """

    rate: Range
    ms: Range
    hz: Range
    octaves: Range = (0.6, 3.0)
    tail_seconds: Range = (0.08, 0.35)
    gain: Range = (0.4, 1.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """What a floor does to heel and toe; all is drawn once a walk."""

    thump: Range
    thump_hz: Range
    thump_ms: Range
    click: Range
    click_hz: Range
    click_ms: Range = (0.5, 5.0)
    scuff: Range = (0.02, 0.5)
    scuff_hz: Range = (400, 2_600)
    loose: Loose | None = None
    modes_hz: tuple[float, ...] = ()
    modes_decay: Range = (25, 120)
    modes_gain: Range = (0.0, 0.6)


CONCRETE = Surface(thump=(0.15, 0.8), thump_hz=(60, 200), thump_ms=(4, 20), click=(0.4, 1.2), click_hz=(600, 2_500))
PLANKS = Surface(
    thump=(0.4, 1.2),
    thump_hz=(70, 200),
    thump_ms=(6, 30),
    click=(0.2, 0.9),
    click_hz=(400, 1_600),
    modes_hz=(125, 205, 330, 520, 810),
    modes_decay=(50, 160),
)
GRATING = Surface(
    thump=(0.15, 0.7),
    thump_hz=(80, 220),
    thump_ms=(4, 16),
    click=(0.4, 1.2),
    click_hz=(900, 3_500),
    modes_hz=(310, 505, 745, 1_060, 1_390, 2_230, 3_120, 4_300),
    modes_decay=(20, 90),
    modes_gain=(0.08, 0.4),
)
GRAVEL = Surface(
    thump=(0.2, 0.9),
    thump_hz=(70, 220),
    thump_ms=(6, 30),
    click=(0.0, 0.6),
    click_hz=(600, 3_000),
    loose=Loose(rate=(250, 1_800), ms=(0.3, 3.0), hz=(600, 2_200), gain=(0.7, 1.5)),
)
SNOW = Surface(
    thump=(0.15, 0.7),
    thump_hz=(55, 160),
    thump_ms=(6, 30),
    click=(0.05, 0.6),
    click_hz=(500, 1_500),
    loose=Loose(rate=(700, 3_500), ms=(0.4, 4.0), hz=(700, 2_600)),
)
LEAVES = Surface(
    thump=(0.2, 0.9),
    thump_hz=(60, 180),
    thump_ms=(4, 20),
    click=(0.1, 0.7),
    click_hz=(500, 1_800),
    loose=Loose(rate=(200, 1_200), ms=(0.4, 4.0), hz=(800, 2_800), tail_seconds=(0.1, 0.4)),
)
GRASS = Surface(
    thump=(0.4, 1.1),
    thump_hz=(55, 150),
    thump_ms=(8, 30),
    click=(0.0, 0.25),
    click_hz=(400, 1_400),
    loose=Loose(rate=(200, 1_500), ms=(0.3, 3.0), hz=(1_000, 3_000), gain=(0.2, 0.9)),
)


def walk_on(surface: Surface, family: str) -> Instrument:
    """A walker with one pair of shoes on one floor."""

    def instrument(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
        p = draws_of(rng, family)
        force = 0.6 + 0.7 * knobs.intensity
        thump_hz = p("thump_hz", *surface.thump_hz, logarithmic=True) / knobs.size**0.4
        thump_s, thump_q = p("thump_ms", *surface.thump_ms, logarithmic=True) / 1000, p("thump_q", 0.7, 3.5)
        click_s = p("click_ms", *surface.click_ms, logarithmic=True) / 1000
        scuff_s = p("scuff_ms", 15, 90, logarithmic=True) / 1000
        click_hz = p("click_hz", *surface.click_hz, logarithmic=True) * (0.6 + 0.8 * knobs.hardness)
        thump = p("thump", *surface.thump) * force * knobs.size**0.3
        click = p("click", *surface.click) * (0.5 + 0.5 * knobs.intensity + 0.6 * (knobs.hardness - 0.5))
        scuff, scuff_hz = p("scuff", *surface.scuff), p("scuff_hz", *surface.scuff_hz, logarithmic=True)
        toe, roll_seconds = p("toe", 0.2, 0.9), p("roll_seconds", 0.06, 0.2) / min(knobs.pace, 2.0)
        grit = _grit(rng, p, surface.loose, toe, roll_seconds) if surface.loose else None
        modes = np.array(surface.modes_hz) * rng.uniform(0.93, 1.07, len(surface.modes_hz)) / knobs.size**0.2
        ringing = (p("modes_decay", *surface.modes_decay), p("modes_gain", *surface.modes_gain)) if modes.size else None
        trousers, legs_hz = p("trousers", 0.003, 0.06, logarithmic=True), p("trousers_hz", 500, 2_500, logarithmic=True)

        def step(index: int) -> Signal:
            length = samples(STEP_SECONDS)
            out = np.zeros(length)
            toe_at = samples(roll_seconds * rng.uniform(0.9, 1.1))
            for at, g in ((0, 1.0), (toe_at, toe * rng.uniform(0.8, 1.15))):
                blow = _burst(rng, thump_s, thump_hz * rng.uniform(0.93, 1.07), thump_q)
                add(out, thump * g * blow, at)
                add(out, click * g * _burst(rng, click_s, click_hz * rng.uniform(0.85, 1.15), 1.2), at)
                n = samples(2 * scuff_s)
                drag = highpass(white(rng, n), scuff_hz) * np.hanning(n)
                add(out, scuff * g * rng.uniform(0.4, 1.2) * unit(drag), at + 144)
                if ringing:
                    loss = ringing[0] * rng.uniform(0.8, 1.3, modes.size) * (modes / modes[0]) ** 0.4
                    n = samples(min(0.55, 6 / ringing[0]))
                    add(out, ringing[1] * g * unit(ring(modes, loss, rng.uniform(0.3, 1.0, modes.size), n)), at)
            if grit:
                out += force * grit(rng)
            n = samples(SWING_SECONDS)
            legs = bandpass(white(rng, n), legs_hz, 0.5) * np.hanning(n) * rng.uniform(0.5, 1.0)
            add(out, trousers * unit(legs), length - n)
            out[-480:] *= np.linspace(1.0, 0.0, 480)
            return out * (1.0 if index % 2 else 0.92)

        return step

    return instrument


def _burst(rng: Rng, seconds: float, hz: float, q: float) -> Signal:
    """A short blow through one resonance; peak 1."""
    n = samples(6 * seconds)
    return unit(bandpass(white(rng, n) * decay(n, seconds), hz, q))


def _grit(rng: Rng, p: Draws, loose: Loose, toe: float, roll_seconds: float) -> Callable[[Rng], Signal]:
    """The grains that one step sets moving."""
    length = samples(STEP_SECONDS)
    low, ms = p("grain_hz", *loose.hz, logarithmic=True), p("grain_ms", *loose.ms, logarithmic=True)
    high = min(14_000.0, low * 2 ** p("grain_octaves", *loose.octaves))
    q = p("grain_q", 0.6, 3.5)
    cloud = Cloud(rng, ticks(rng, 16, ms=(0.5 * ms, 1.5 * ms), hz=(low, high), q=(0.8 * q, 1.2 * q)), length, 1)
    seconds = p("tail_seconds", *loose.tail_seconds, logarithmic=True)
    t = np.arange(-(-length // RATE_HOP)) * RATE_HOP / 48_000
    press = _pressure(t, seconds) + toe * _pressure(t - roll_seconds, seconds)
    rate, gain = p("grains_hz", *loose.rate, logarithmic=True), p("grain_gain", *loose.gain)
    strengths = pareto(p("grain_crackle", 1.3, 4.0), 6.0)
    return lambda rng: gain * unit(cloud.scatter(rng, length, 1.6 * rate * press, strengths)[0])


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
        heard_as=("Walk, footsteps", "Run"),
        words=words,
        params=params(pace=1.0, count=0, hardness=0.5, wetness=0.15),
        sustained=True,
        length_seconds=4.0,
        interval_seconds=0.54,
        render=repeating(walk_on(surface, f"footsteps_{name}"), interval_seconds=0.54),
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
