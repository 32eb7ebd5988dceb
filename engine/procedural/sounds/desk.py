"""Small switches under the fingers: a keyboard, a mouse, a light switch.

Each is a spring that snaps over and parts that knock together within milliseconds, heard through a plastic shell.
Source for strokes and their parts: A. Nagurka, R. Marklin, "Measurement of stiffness and damping characteristics of
computer keyboard keys", J. Dyn. Syst. Meas. Control 127, 2005.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.procedural.builders import repeating
from engine.procedural.draws import Draws, draws_of
from engine.procedural.envelope import add, decay, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, lowpass
from engine.procedural.noise import Rng, samples, white

SHELL_HZ = ((300, 900), (900, 1_900), (1_900, 3_500), (3_500, 6_000), (6_000, 11_000))
"""Where the resonances of small plastic boxes lie."""


def _shell(p: Draws, size: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Resonances and their gains."""
    hz = tuple(p(f"hz_{k}", *span, logarithmic=True) / size**0.4 for k, span in enumerate(SHELL_HZ))
    return hz, tuple(p(f"gain_{k}", 0.1, 1.0) for k in range(len(SHELL_HZ)))


def _knocks(
    rng: Rng,
    hits: Sequence[tuple[float, float]],
    hz: Sequence[float],
    gains: Sequence[float],
    *,
    touch: float,
    q: float,
    direct: float,
) -> Signal:
    """Parts that knock together: ``(seconds, gain)`` of each, through one shell."""
    n = samples(0.04)
    out = np.zeros(samples(max(at for at, _ in hits)) + 2 * n)
    fall = decay(n, touch)
    for at, loud in hits:
        blow = white(rng, n) * fall
        x = direct * blow
        for f, g in zip(hz, gains, strict=True):
            x += g * rng.uniform(0.7, 1.2) * bandpass(blow, f, q)
        add(out, loud * x, round(at * SAMPLE_RATE_HZ))
    return out


def keyboard(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One keyboard: each stroke a finger, the key's bottom, and its way up."""
    p = draws_of(rng, "typing")
    hz, gains = _shell(p, knobs.size)
    touch, q, direct = p("touch_seconds", 0.0003, 0.004, logarithmic=True), p("q", 1.5, 10, logarithmic=True), 0.1
    finger, down = p("finger", 0.0, 0.7), p("down_seconds", 0.004, 0.03)
    lift, up = p("lift", 0.1, 0.8), p("up_seconds", 0.05, 0.14)
    softest, desk = p("softest", 0.2, 0.9), p("desk", 0.05, 0.4) * (0.5 + knobs.intensity)

    def stroke(index: int) -> Signal:
        pitch = rng.uniform(0.9, 1.12)
        hits = ((0.0, finger), (down * rng.uniform(0.9, 1.1), 1.0), (up * rng.uniform(0.9, 1.1), lift))
        out = _knocks(rng, hits, [f * pitch for f in hz], gains, touch=touch, q=q, direct=direct)
        n = samples(0.03)
        add(out, desk * lowpass(white(rng, n) * decay(n, 0.006), 500), samples(down))
        return unit(out) * rng.uniform(softest, 1.0)

    return stroke


def typing_rhythm(rng: Rng, count: int, interval: float) -> Signal:
    """Bursts of strokes, and a pause now and then."""
    pause = rng.random(count) > 0.88
    gaps: Signal = interval * np.where(pause, rng.uniform(2.2, 4.5, count), rng.uniform(0.6, 1.5, count))
    return gaps


def _switch(family: str, apart: tuple[float, float]) -> Callable[[Rng, Knobs], Callable[[int], Signal]]:
    """A spring that snaps over, twice: on the way down and on the way up, or in a rocker's box."""

    def instrument(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
        p = draws_of(rng, family)
        hz, gains = _shell(p, knobs.size)
        touch, q = p("touch_seconds", 0.0001, 0.003, logarithmic=True), p("q", 1.5, 12, logarithmic=True)
        direct, between = p("direct", 0.0, 0.5), p("apart_seconds", *apart, logarithmic=True)
        creep, before = p("creep_seconds", 0.002, 0.03, logarithmic=True), p("before", 0.0, 0.7)
        second, rattle = p("second", 0.1, 1.0), p("rattle", 0.0, 0.5)

        def click(index: int) -> Signal:
            back = between * rng.uniform(0.9, 1.1)
            hits = (
                *((0.0, before), (creep, 1.0), (1.6 * creep, rattle)),
                *((creep + back, 0.5 * second), (1.7 * creep + back, second)),
            )
            return unit(_knocks(rng, hits, hz, gains, touch=touch, q=q, direct=direct))

        return click

    return instrument


FAMILIES = (
    Family(
        name="typing",
        label="Typing",
        category="CMPTKey",
        heard_as=(
            "Typing",
            "Computer keyboard",
        ),
        words=(
            "typing",
            "keyboard",
            "computer keyboard",
            "type on keyboard",
            "keystroke",
            "laptop keyboard",
        ),
        params=params(pace=1.0, count=0, wetness=0.2),
        sustained=True,
        length_seconds=5.0,
        interval_seconds=0.13,
        render=repeating(keyboard, interval_seconds=0.13, rhythm=typing_rhythm, variants=16),
    ),
    Family(
        name="mouse_click",
        label="Mouse Click",
        category="CMPTKey",
        heard_as=("Clicking", "Tick"),
        words=("mouse click", "click", "computer mouse", "button click", "button press"),
        params=params(pace=1.0, count=1, wetness=0.12),
        sustained=False,
        length_seconds=0.3,
        interval_seconds=0.5,
        render=repeating(_switch("mouse_click", (0.06, 0.2)), interval_seconds=0.5, rhythm=typing_rhythm, variants=8),
    ),
    Family(
        name="light_switch",
        label="Light Switch",
        category="OBJHsehld",
        heard_as=(
            "Clicking",
            "Tick",
        ),
        words=("light switch", "switch", "switch click", "toggle switch", "lever"),
        params=params(pace=1.0, count=1, wetness=0.18),
        sustained=False,
        length_seconds=0.4,
        interval_seconds=0.8,
        render=repeating(_switch("light_switch", (0.01, 0.3)), interval_seconds=0.8, variants=6),
    ),
)
