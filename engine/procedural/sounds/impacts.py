"""Things that are struck: wood, metal, glass, plastic, stone, and soft bodies.

A struck body is a set of modes (ratios and damping tell the material, pitch the size), the noise of the contact
itself, and for heavy ones the thud of what it stands on. Damping grows with frequency as internal friction does.
Source: R. P. Wildes, W. A. Richards, "Recovering material properties from sound", 1988.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.procedural.builders import Recipe, one_shot
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, attack_decay, decay, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, highpass, lowpass
from engine.procedural.modal import contact, ring
from engine.procedural.noise import Rng, samples, white


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What tells one material from another.

    Parameters
    ----------
    hz
        Range of the lowest mode of a body of usual size.
    ratios
        Modes over the lowest.
    spread
        Share by which each mode is drawn off its ratio.
    decay_per_second, friction_per_khz
        Damping of the lowest mode, and what each kHz adds, as rates of decay.
    click_hz
        Where the noise of the contact lies.
    length_seconds
        Longest it is rung.
    """

    hz: tuple[float, float]
    ratios: tuple[float, ...]
    spread: float
    decay_per_second: float
    friction_per_khz: float
    click_hz: tuple[float, float]
    length_seconds: float


_PLATE = (1.0, 1.59, 2.14, 2.3, 2.65, 2.92, 3.5, 3.6, 4.06, 4.15, 4.61, 5.2, 5.9, 6.7, 7.8, 9.1, 10.6, 12.4, 14.2)
WOOD = Material(
    hz=(110, 600),
    ratios=(1.0, 1.58, 2.24, 2.92, 3.7, 4.6, 5.9, 8.2),
    spread=0.05,
    decay_per_second=42,
    friction_per_khz=48,
    click_hz=(600, 3500),
    length_seconds=0.5,
)
METAL = Material(
    hz=(180, 1_200),
    ratios=_PLATE,
    spread=0.04,
    decay_per_second=1.6,
    friction_per_khz=0.9,
    click_hz=(1500, 8000),
    length_seconds=3.0,
)
GLASS = Material(
    hz=(900, 3_000),
    ratios=(1.0, 2.32, 4.25, 6.63, 9.38),
    spread=0.04,
    decay_per_second=7,
    friction_per_khz=2.2,
    click_hz=(3000, 10000),
    length_seconds=0.9,
)
PLASTIC = Material(
    hz=(200, 1_200),
    ratios=(1.0, 1.7, 2.6, 3.4, 4.9, 6.5),
    spread=0.1,
    decay_per_second=110,
    friction_per_khz=60,
    click_hz=(800, 4500),
    length_seconds=0.3,
)
STONE = Material(
    hz=(350, 1_800),
    ratios=(1.0, 1.42, 2.1, 2.9, 3.9, 5.3),
    spread=0.08,
    decay_per_second=170,
    friction_per_khz=60,
    click_hz=(700, 4000),
    length_seconds=0.35,
)


def strike(rng: Rng, knobs: Knobs, material: Material, family: str) -> Signal:
    """One blow on a body of this material, which may rock a few times until it rests."""
    p = draws_of(rng, family)
    f0 = p("pitch_hz", *material.hz, logarithmic=True) / knobs.size
    ratios = np.array(material.ratios)
    hz = f0 * ratios * rng.uniform(1 - material.spread, 1 + material.spread, ratios.size)
    loss = material.decay_per_second / knobs.size**0.5 + material.friction_per_khz * hz / 1000
    loss *= p("damping", 0.5, 6.0, logarithmic=True)
    gain = ratios ** -p("slope", 0.0, 1.5) * rng.uniform(0.35, 1.0, ratios.size)
    gain *= contact(hz, knobs.hardness * p("touch", 0.4, 1.4), knobs.size)
    force = 0.4 + 0.6 * knobs.intensity
    click = p("click", 0.1, 3.0, logarithmic=True) * force * (0.3 + knobs.hardness)
    click_hz = p("click_hz", *material.click_hz, logarithmic=True) * (0.4 + 1.2 * knobs.hardness)
    click_s = p("click_seconds", 0.0006, 0.012, logarithmic=True) * knobs.size**0.5 * (1.5 - knobs.hardness)
    low_hz, low = p("thud_hz", 50, 200, logarithmic=True) / knobs.size**0.6, p("thud", 0.0, 1.5) * force
    low_loss = p("thud_decay", 20, 90, logarithmic=True) / knobs.size**0.5
    rebounds, gap = round(p("rebounds", 0.0, 3.0)), p("rebound_seconds", 0.04, 0.2) * knobs.size**0.3
    restitution = p("restitution", 0.15, 0.6)
    length = samples(min(material.length_seconds, 7.5 / loss.min()))
    out = np.zeros(length + samples(2 * gap))
    at, loud = 0.0, 1.0
    for _ in range(1 + rebounds):
        body = unit(ring(hz, loss, gain * rng.uniform(0.7, 1.0, hz.size), length))
        n = min(length, samples(8 * click_s))
        body[:n] += click * unit(bandpass(white(rng, n) * decay(n, click_s), click_hz, 0.6))
        n = min(length, samples(0.14 * knobs.size**0.5))
        body[:n] += low * min(1.0, 0.5 + 0.3 * knobs.size) * ring(low_hz, low_loss, 1.0, n)
        add(out, loud * body, samples(at))
        at, loud, gap = at + gap * rng.uniform(0.8, 1.2), loud * restitution * rng.uniform(0.7, 1.1), gap * 0.6
    return out


def _struck(material: Material, family: str) -> Recipe:
    return lambda rng, knobs: strike(rng, knobs, material, family)


def thud(rng: Rng, knobs: Knobs) -> Signal:
    """A punch or a fall: flesh and cloth, no modes to speak of."""
    p = draws_of(rng, "body_impact")
    length = samples(0.35 * knobs.size**0.4)
    drop_s, flesh_s = p("drop_seconds", 0.03, 0.15), p("flesh_seconds", 0.006, 0.05, logarithmic=True)
    drop = ring(p("drop_hz", 50, 160, logarithmic=True) / knobs.size**0.5, 26, 1.0, length)
    drop *= attack_decay(length, 0.003, drop_s)
    dull = p("flesh_hz", 300, 1_200, logarithmic=True) * (0.5 + 1.3 * knobs.hardness)
    flesh = lowpass(white(rng, length) * attack_decay(length, 0.001, flesh_s), dull)
    slap_s, slap_hz = p("slap_seconds", 0.0015, 0.02, logarithmic=True), p("slap_hz", 500, 2_500, logarithmic=True)
    slap = p("slap", 0.2, 2.0, logarithmic=True) * highpass(white(rng, length) * decay(length, slap_s), slap_hz)
    cloth = bandpass(white(rng, length) * attack_decay(length, 0.02, 0.05), 2_200, 0.6)
    force = 0.25 + 0.75 * knobs.intensity
    whole: Signal = p("drop", 0.2, 1.5) * unit(drop) + 1.1 * unit(flesh) + p("cloth", 0.01, 0.2) * unit(cloth)
    whole += 0.7 * force * knobs.hardness * slap / 3
    return whole


def _family(
    name: str,
    label: str,
    category: str,
    words: tuple[str, ...],
    recipe: Recipe,
    length: float,
    heard_as: tuple[str, ...],
) -> Family:
    return Family(
        name=name,
        label=label,
        category=category,
        heard_as=heard_as,
        words=words,
        params=params(hardness=0.6, wetness=0.15),
        sustained=False,
        length_seconds=length,
        interval_seconds=max(0.4, length / 2),
        render=one_shot(recipe),
    )


FAMILIES = (
    _family(
        "wood_impact",
        "Wood Impact",
        "WOODImpt",
        ("wood impact", "wooden thud", "wood hit", "plank", "wood block", "chopping wood", "axe", "crate", "table hit"),
        _struck(WOOD, "wood_impact"),
        1.0,
        ("Wood", "Thump, thud", "Knock"),
    ),
    _family(
        "metal_impact",
        "Metal Impact",
        "METLImpt",
        ("metal impact", "metal hit", "clang", "metallic clank", "hammer", "anvil", "pipe", "steel", "iron"),
        _struck(METAL, "metal_impact"),
        2.5,
        ("Clang", "Clatter", "Ding"),
    ),
    _family(
        "glass_impact",
        "Glass Clink",
        "GLASImpt",
        (
            "glass impact",
            "glass clink",
            "clinking glasses",
            "bottle clink",
            "toast glasses",
            "bottle",
            *("cup", "mug", "teacup", "saucer", "plate", "dish", "bowl", "glass"),
        ),
        _struck(GLASS, "glass_impact"),
        1.2,
        ("Glass", "Chink, clink", "Ding"),
    ),
    _family(
        "plastic_impact",
        "Plastic Impact",
        "PLASImpt",
        ("plastic impact", "plastic hit", "plastic drop", "plastic knock", "plastic cup"),
        _struck(PLASTIC, "plastic_impact"),
        0.8,
        ("Thump, thud", "Knock", "Tap"),
    ),
    _family(
        "stone_impact",
        "Stone Impact",
        "ROCKImpt",
        ("stone impact", "rock hit", "stone drop", "rock", "brick", "boulder", "pebble"),
        _struck(STONE, "stone_impact"),
        0.8,
        ("Thump, thud", "Knock"),
    ),
    _family(
        "body_impact",
        "Body Impact",
        "FGHTImpt",
        ("punch", "body impact", "body fall", "thud", "thump", "kick", "slap", "soft impact", "flesh hit"),
        thud,
        0.8,
        ("Thump, thud", "Slap, smack", "Whack, thwack"),
    ),
)
