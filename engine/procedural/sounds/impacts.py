"""Things that are struck: wood, metal, glass, plastic, stone, and soft bodies.

A struck body is a set of modes (ratios and damping tell the material, pitch the size), the noise of the contact
itself, and for heavy ones the thud of what it stands on. Damping grows with frequency as internal friction does.
Source: R. P. Wildes, W. A. Richards, "Recovering material properties from sound", 1988.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.procedural.builders import Recipe, one_shot
from engine.procedural.envelope import attack_decay, decay, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, highpass, lowpass
from engine.procedural.modal import contact, ring
from engine.procedural.noise import Rng, pick, samples, white


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
    slope
        Gain of a mode goes as ``ratio**-slope``.
    click, click_hz
        Loudness of the contact against the ring, and where its noise lies.
    length_seconds
        Longest it is rung.
    """

    hz: tuple[float, float]
    ratios: tuple[float, ...]
    spread: float
    decay_per_second: float
    friction_per_khz: float
    slope: float
    click: float
    click_hz: float
    length_seconds: float


_PLATE = (1.0, 1.59, 2.14, 2.3, 2.65, 2.92, 3.5, 3.6, 4.06, 4.15, 4.61, 5.2, 5.9, 6.7, 7.8, 9.1, 10.6, 12.4, 14.2)
WOOD = Material(
    hz=(150, 420),
    ratios=(1.0, 1.58, 2.24, 2.92, 3.7, 4.6, 5.9, 8.2),
    spread=0.05,
    decay_per_second=42,
    friction_per_khz=48,
    slope=0.7,
    click=1.1,
    click_hz=1_800,
    length_seconds=0.5,
)
METAL = Material(
    hz=(260, 900),
    ratios=_PLATE,
    spread=0.04,
    decay_per_second=1.6,
    friction_per_khz=0.9,
    slope=0.25,
    click=0.5,
    click_hz=4_500,
    length_seconds=3.0,
)
GLASS = Material(
    hz=(1_100, 2_600),
    ratios=(1.0, 2.32, 4.25, 6.63, 9.38),
    spread=0.04,
    decay_per_second=7,
    friction_per_khz=2.2,
    slope=0.5,
    click=0.5,
    click_hz=6_500,
    length_seconds=0.9,
)
PLASTIC = Material(
    hz=(320, 800),
    ratios=(1.0, 1.7, 2.6, 3.4, 4.9, 6.5),
    spread=0.1,
    decay_per_second=110,
    friction_per_khz=60,
    slope=0.5,
    click=1.4,
    click_hz=2_600,
    length_seconds=0.3,
)
STONE = Material(
    hz=(500, 1_300),
    ratios=(1.0, 1.42, 2.1, 2.9, 3.9, 5.3),
    spread=0.08,
    decay_per_second=170,
    friction_per_khz=60,
    slope=0.4,
    click=2.4,
    click_hz=1_700,
    length_seconds=0.35,
)


def strike(rng: Rng, knobs: Knobs, material: Material) -> Signal:
    """One blow on a body of this material."""
    f0 = pick(rng, *material.hz) / knobs.size
    ratios = np.array(material.ratios)
    hz = f0 * ratios * rng.uniform(1 - material.spread, 1 + material.spread, ratios.size)
    loss = (material.decay_per_second / knobs.size**0.5 + material.friction_per_khz * hz / 1000) * pick(rng, 0.75, 1.35)
    gain = ratios**-material.slope * rng.uniform(0.35, 1.0, ratios.size) * contact(hz, knobs.hardness, knobs.size)
    length = samples(min(material.length_seconds, 7.5 / loss.min()))
    body = unit(ring(hz, loss, gain, length))
    n = min(length, samples(0.03))
    force = 0.4 + 0.6 * knobs.intensity
    noise = white(rng, n) * decay(n, 0.0012 * knobs.size**0.5 * (2 - knobs.hardness))
    click = bandpass(noise, material.click_hz * (0.4 + 1.2 * knobs.hardness), 0.6)
    body[:n] += material.click * force * (0.3 + knobs.hardness) * unit(click)
    thud = samples(0.14 * knobs.size**0.5)
    low = ring((85 / knobs.size**0.6) * pick(rng, 0.8, 1.25), 38 / knobs.size**0.5, 0.5 * force, min(thud, length))
    body[: low.size] += low * min(1.0, 0.35 * knobs.size)
    return body


def _struck(material: Material) -> Recipe:
    return lambda rng, knobs: strike(rng, knobs, material)


def thud(rng: Rng, knobs: Knobs) -> Signal:
    """A punch or a fall: flesh and cloth, no modes to speak of."""
    length = samples(0.35 * knobs.size**0.4)
    drop = ring(pick(rng, 65, 120) / knobs.size**0.5, 26, 1.0, length) * attack_decay(length, 0.003, 0.08)
    flesh = lowpass(
        white(rng, length) * attack_decay(length, 0.001, pick(rng, 0.014, 0.03)), 500 + 900 * knobs.hardness
    )
    slap = highpass(white(rng, length) * decay(length, pick(rng, 0.003, 0.007)), 900)
    cloth = bandpass(white(rng, length) * attack_decay(length, 0.02, 0.05), 2_200, 0.6)
    force = 0.25 + 0.75 * knobs.intensity
    whole: Signal = unit(drop) + 1.1 * unit(flesh) + 0.7 * force * knobs.hardness * unit(slap) + 0.06 * unit(cloth)
    return whole


def _family(name: str, label: str, category: str, words: tuple[str, ...], recipe: Recipe, length: float) -> Family:
    return Family(
        name=name,
        label=label,
        category=category,
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
        _struck(WOOD),
        1.0,
    ),
    _family(
        "metal_impact",
        "Metal Impact",
        "METLImpt",
        ("metal impact", "metal hit", "clang", "metallic clank", "hammer", "anvil", "pipe", "steel", "iron", "sword"),
        _struck(METAL),
        2.5,
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
        _struck(GLASS),
        1.2,
    ),
    _family(
        "plastic_impact",
        "Plastic Impact",
        "PLASImpt",
        ("plastic impact", "plastic hit", "plastic drop", "plastic knock", "plastic cup"),
        _struck(PLASTIC),
        0.8,
    ),
    _family(
        "stone_impact",
        "Stone Impact",
        "ROCKImpt",
        ("stone impact", "rock hit", "stone drop", "rock", "brick", "boulder", "pebble"),
        _struck(STONE),
        0.8,
    ),
    _family(
        "body_impact",
        "Body Impact",
        "FGHTImpt",
        ("punch", "body impact", "body fall", "thud", "thump", "kick", "slap", "soft impact", "flesh hit"),
        thud,
        0.8,
    ),
)
