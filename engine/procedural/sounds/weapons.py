"""Old weapons: an arrow, a whip, a sword.

A bowstring is a plucked string that is damped at once; a whip's tip breaks the sound barrier, so its crack is an N-wave
and its echoes; a blade is a free bar, whose modes stand as the squares of odd numbers. Sources: B. W. Kooi, "On the
mechanics of the bow and arrow", 1983; A. Goriely, T. McMillen, "Shape of a cracking whip", Phys. Rev. Lett. 88, 2002;
N. H. Fletcher, T. D. Rossing, *The Physics of Musical Instruments*, 1998, section 2.15.
"""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import Recipe, one_shot
from engine.procedural.draws import Draws, draws_of
from engine.procedural.envelope import add, attack_decay, decay, steady, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, highpass, lowpass
from engine.procedural.modal import ring
from engine.procedural.noise import Rng, bump, painted, samples, white

FREE_BAR = np.array((3.011, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0, 19.0)) ** 2 / 3.011**2
"""Bending modes over the lowest."""


def _swish(rng: Rng, p: Draws, seconds: float, middle: float) -> Signal:
    """Air past a thin body, fastest at ``middle`` of its way; peak 1."""
    length = samples(seconds)
    low, reach = p("swish_hz", 250, 1_500, logarithmic=True), p("swish_octaves", 0.5, 2.5)
    width, sharp = p("swish_width", 0.08, 0.3), p("swish_band", 0.3, 0.9)

    def air(t: Signal, hz: Signal) -> Signal:
        e = np.exp(-(((t / seconds - middle) / width) ** 2))
        shape: Signal = e * bump(hz, low * 2 ** (reach * e), sharp)
        return shape

    out = painted(rng, length, air, hop=256)[0]
    return unit(out * np.minimum(1.0, 20 * (1 - np.arange(length) / length)))


def arrow(rng: Rng, knobs: Knobs) -> Signal:
    """The string slaps, the shaft flies past, and it sticks in wood, trembling."""
    p = draws_of(rng, "arrow")
    flight = p("flight_seconds", 0.12, 0.6) * (knobs.distance_m / 2.0) ** 0.3
    string_hz, string_loss = p("string_hz", 70, 280) / knobs.size**0.5, p("string_decay", 12, 70, logarithmic=True)
    k = np.arange(1, 9)
    n = samples(0.4)
    twang = ring(string_hz * k, string_loss * k**0.5, k ** -p("string_slope", 0.3, 1.6), n)
    slap = unit(bandpass(white(rng, n) * decay(n, p("slap_seconds", 0.002, 0.015)), p("slap_hz", 400, 2_500), 0.8))
    release = p("twang", 0.0, 1.0) * unit(twang) + p("slap", 0.1, 1.0) * slap
    air = p("air", 0.2, 1.5) * _swish(rng, p, flight + 0.15, p("nearest", 0.3, 0.8))
    hit = samples(0.6)
    wood = np.array((1.0, 1.9, 3.1, 4.7)) * p("wood_hz", 110, 500, logarithmic=True) / knobs.size**0.3
    thunk = unit(ring(wood, p("wood_decay", 25, 110) * np.array((1, 1.4, 1.9, 2.5)), (1.0, 0.8, 0.5, 0.3), hit))
    thunk += p("bite", 0.1, 1.5) * unit(highpass(white(rng, hit) * decay(hit, 0.003), 800))
    shaft_hz = p("shaft_hz", 25, 90)
    shaft = np.abs(np.sin(np.pi * shaft_hz * np.arange(hit) / 48_000)) * decay(hit, p("shaft_seconds", 0.05, 0.25))
    thunk += p("shaft", 0.0, 0.5) * unit(bandpass(white(rng, hit), p("shaft_tone_hz", 200, 900), 4.0) * shaft)
    out = np.zeros(samples(flight + 0.75))
    add(out, release, 0)
    add(out, air, samples(0.01))
    add(out, p("hit", 0.2, 1.2) * (0.5 + knobs.intensity) * thunk, samples(flight))
    return out


def whip(rng: Rng, knobs: Knobs) -> Signal:
    """The lash gathers speed, then its tip outruns sound."""
    p = draws_of(rng, "whip")
    swing = p("swing_seconds", 0.08, 0.45) * knobs.size**0.3
    out = np.zeros(samples(swing + 0.5))
    add(out, p("swish", 0.02, 0.6, logarithmic=True) * _swish(rng, p, swing, p("nearest", 0.6, 0.95)), 0)
    n = samples(0.4)
    wave = samples(p("wave_seconds", 0.00008, 0.0012, logarithmic=True) * knobs.size**0.5)
    crack = np.zeros(n)
    crack[:wave] = np.linspace(1, -1, wave)
    noise = white(rng, n)
    crack += p("burst", 0.1, 1.5) * unit(highpass(noise * decay(n, p("burst_seconds", 0.0008, 0.01)), 900))
    body = lowpass(noise * decay(n, p("body_seconds", 0.01, 0.06)), p("body_hz", 600, 4_000))
    crack += p("body", 0.0, 0.8) * unit(body)
    for at in rng.gamma(1.5, p("echo_seconds", 0.008, 0.06), 8):
        m = samples(0.01)
        add(
            crack, p("echo", 0.0, 0.5) * np.exp(-12 * at) * lowpass(white(rng, m) * decay(m, 0.002), 4_000), samples(at)
        )
    add(out, (0.5 + knobs.intensity) * crack, samples(swing))
    return out


def sword(rng: Rng, knobs: Knobs) -> Signal:
    """Two blades meet, scrape along each other and ring."""
    p = draws_of(rng, "sword")
    length = samples(1.6 * knobs.size**0.3)
    out = np.zeros(length)
    for blade in range(2):
        lowest = p(f"pitch_{blade}_hz", 250, 1_500, logarithmic=True) / knobs.size
        hz = lowest * FREE_BAR * rng.uniform(0.97, 1.03, FREE_BAR.size)
        hz = np.concatenate([hz, lowest * rng.uniform(2, 14, 6)])  # twisting, and the hilt
        loss = p("decay_per_second", 2.5, 40, logarithmic=True) * (1 + p("treble_decay", 0.02, 0.5) * hz / 1_000)
        gains = rng.uniform(0.3, 1.0, hz.size) * (hz / lowest) ** -p("slope", 0.0, 0.8)
        out += (1.0, p("second", 0.2, 1.0))[blade] * unit(ring(hz, loss, gains, length))
    n = samples(0.05)
    click = highpass(white(rng, n) * decay(n, p("click_seconds", 0.0005, 0.008)), p("click_hz", 800, 4_000))
    out[:n] += p("click", 0.2, 2.5) * unit(click)
    m = min(length, samples(p("scrape_seconds", 0.05, 0.45)))
    grate = bandpass(white(rng, m), p("scrape_hz", 2_500, 8_000), p("scrape_q", 0.6, 3.0))
    rasp = 0.5 + 0.5 * np.sign(np.sin(2 * np.pi * p("rasp_hz", 40, 220) * np.arange(m) / 48_000))
    shape = attack_decay(m, 0.01, m / 48_000 / 3)
    shape[-48:] *= np.linspace(1, 0, 48)
    out[:m] += p("scrape", 0.0, 1.0) * (0.4 + knobs.intensity) * 0.3 * steady(grate) * rasp * shape
    return out


def _family(
    name: str, label: str, category: str, words: tuple[str, ...], recipe: Recipe, heard_as: tuple[str, ...]
) -> Family:
    return Family(
        name=name,
        label=label,
        category=category,
        heard_as=heard_as,
        words=words,
        params=params(wetness=0.15),
        sustained=False,
        length_seconds=1.6,
        interval_seconds=1.2,
        render=one_shot(recipe),
    )


FAMILIES = (
    _family(
        "arrow",
        "Arrow",
        "WEAPArro",
        ("arrow", "bow and arrow", "arrow shot", "bow shot", "archery", "arrow hit", "crossbow"),
        arrow,
        ("Arrow",),
    ),
    _family("whip", "Whip Crack", "WEAPWhip", ("whip", "whip crack", "lash", "bullwhip"), whip, ("Whip",)),
    _family(
        "sword",
        "Sword Clash",
        "WEAPSwrd",
        ("sword", "sword clash", "sword fight", "blades clash", "fencing", "clashing swords"),
        sword,
        ("Clang",),
    ),
)
