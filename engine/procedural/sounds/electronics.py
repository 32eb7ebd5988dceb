"""Electronic: a laser gun, a science-fiction sweep, blips of an interface.

Frequency modulation gives metallic tones from two sines. Source: J. M. Chowning, "The synthesis of complex audio
spectra by means of frequency modulation", J. Audio Eng. Soc. 21, 1973.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import even, one_shot, repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import arch, attack_decay, fade_edges, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import sliding_formant
from engine.procedural.noise import Curve, Rng, samples, times, white

INTERVALS = (3, 4, 5, 7, 12)
"""Semitones between the notes of a blip: those that sound agreeable."""


def _modulated(hz: Signal, ratio: float, index: Signal) -> Signal:
    """A sine whose phase another swings."""
    turns = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ
    tone: Signal = np.sin(turns + index * np.sin(ratio * turns))
    return tone


def laser(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A shot: a tone that falls through octaves in a moment."""
    p = draws_of(rng, "laser")
    top, octaves = p("top_hz", 1_500, 7_000, logarithmic=True) / knobs.size**0.6, p("octaves", 1.5, 5.0)
    seconds, curve = p("seconds", 0.12, 0.5), p("curve", 0.4, 1.5)
    ratio, index, fall = p("ratio", 0.4, 2.1), p("index", 0.0, 4.0) * (0.4 + knobs.intensity), p("fall", 2.0, 6.0)
    zap = p("zap", 0.0, 0.4)

    def shot(index_: int) -> Signal:
        n = samples(seconds * rng.uniform(0.95, 1.05))
        u = np.arange(n) / n
        hz = top * rng.uniform(0.97, 1.03) * 2 ** (-octaves * u**curve)
        out = _modulated(hz, ratio, index * (1 - u)) * np.exp(-fall * u)
        out += zap * white(rng, n) * np.exp(-30 * u)
        fade_edges(out, 0.001, 0.02)
        return unit(out)

    return shot


def sweep(rng: Rng, knobs: Knobs) -> Signal:
    """Energy that rises or sinks: detuned tones and a band of noise that move together."""
    p = draws_of(rng, "scifi_sweep")
    n = samples(p("seconds", 0.8, 2.6) * knobs.size**0.3)
    u = np.arange(n) / n
    way = (1.0 if p("direction", -1.0, 1.0) >= 0 else -1.0) * p("octaves", 1.0, 4.0)
    wobble_hz, wobble = p("wobble_hz", 3, 14), p("wobble", 0.0, 0.12)
    centre = p("centre_hz", 250, 1_200, logarithmic=True) / knobs.size**0.6
    hz = centre * 2 ** (way * (u - 0.5)) * (1 + wobble * np.sin(2 * np.pi * wobble_hz * times(n)))
    ratio, index = p("ratio", 0.5, 3.0), p("index", 0.5, 6.0) * (0.4 + knobs.intensity)
    swell = Curve(rng, n / SAMPLE_RATE_HZ, 3.0).samples(0, n)
    out: Signal = np.zeros(n)
    for detuned in (0.993, 1.0, 1.008):
        out += _modulated(hz * detuned, ratio, index * swell)
    out += p("air", 0.3, 4.0) * sliding_formant(white(rng, n), np.minimum(3 * hz, 15_000.0), 5.0)
    return out * arch(n, 0.25, 0.35)


def blip(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One to three short notes: up says yes, down says no."""
    p = draws_of(rng, "interface_blip")
    base, notes = p("pitch_hz", 500, 1_800, logarithmic=True) / knobs.size**0.6, int(p("notes", 1.0, 3.99))
    seconds, fall = p("note_seconds", 0.04, 0.14) / knobs.pace, p("fall_seconds", 0.02, 0.15)
    ratio, index = round(p("ratio", 1.0, 4.0)), p("index", 0.0, 1.5) * (0.4 + knobs.intensity)
    step = (1 if p("direction", -1.0, 1.0) >= -0.3 else -1) * INTERVALS[int(p("interval", 0.0, 4.99))]

    def sound(index_: int) -> Signal:
        out = np.zeros(samples(seconds * notes + 0.25))
        for k in range(notes):
            n = samples(0.25)
            hz = np.full(n, base * 2 ** (step * k / 12))
            shape = attack_decay(n, 0.003, fall)
            start = samples(k * seconds) if k else 0
            note = _modulated(hz, ratio, index * shape) * shape
            fade_edges(note, 0.002, 0.03)
            out[start : start + n] += note[: out.size - start]
        return unit(out)

    return sound


FAMILIES = (
    Family(
        name="laser",
        label="Laser Gun",
        category="LASRGun",
        words=("laser", "laser gun", "blaster", "ray gun", "phaser", "laser shot", "zap"),
        params=params(pace=1.0, count=1, wetness=0.15),
        sustained=False,
        length_seconds=0.7,
        interval_seconds=0.3,
        render=repeating(laser, interval_seconds=0.3, rhythm=even(0.15), variants=6),
    ),
    Family(
        name="scifi_sweep",
        label="Science Fiction Sweep",
        category="SCIEnrg",
        words=(
            "science fiction sweep",
            "scifi",
            "sweep",
            "energy sweep",
            "power up",
            "teleport",
            "spaceship",
            "synth riser",
        ),
        params=params(wetness=0.3),
        sustained=False,
        length_seconds=3.0,
        interval_seconds=2.5,
        render=one_shot(sweep),
    ),
    Family(
        name="interface_blip",
        label="Interface Blip",
        category="UIBeep",
        words=("interface blip", "blip", "interface", "menu select", "confirm sound", "ui confirm", "ui error"),
        params=params(pace=1.0, count=1, wetness=0.05),
        sustained=False,
        length_seconds=0.7,
        interval_seconds=0.5,
        render=repeating(blip, interval_seconds=0.5, variants=1),
    ),
)
