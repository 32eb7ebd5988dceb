"""What bodies do without words: a heartbeat, breath, a cough, a sneeze.

Air is noise through the cavities it passes. Sources: cough: J. Korpáš et al., "Analysis of the cough sound", Pulm.
Pharmacol. 9, 1996 (a burst, a steady flow, a voiced end); breath: N. Gavriely et al., J. Appl. Physiol. 50, 1981.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import Instrument, even, repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, attack_decay, steady, through, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, formants, highpass
from engine.procedural.modal import ring
from engine.procedural.noise import Curve, Rng, samples, white
from engine.procedural.sounds.voices import held_vowel
from engine.procedural.voice import glottal, roughen


def heart(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Two valves: lub, and a little later and higher, dub."""
    lub, dub = rng.uniform(42, 52) / knobs.size**0.3, rng.uniform(54, 68) / knobs.size**0.3
    apart = 0.29 / knobs.pace**0.5

    def beat(index: int) -> Signal:
        out = np.zeros(samples(apart + 0.3))
        for at, f, gain, loss in ((0.0, lub, 1.0, 18.0), (apart, dub, 0.7, 24.0)):
            n = samples(0.25)
            x = ring(
                (f, 1.7 * f, 2.6 * f), (loss, 1.5 * loss, 2.2 * loss), (1.0, 0.5, 0.25 * (0.5 + knobs.intensity)), n
            )
            add(
                out,
                gain * rng.uniform(0.9, 1.0) * x * np.minimum(1.0, np.arange(n) / samples(0.01)),
                round(at * SAMPLE_RATE_HZ),
            )
        return out

    return beat


def _throat_air(rng: Rng, n: int, hz: tuple[float, ...], q: float, tilt: float) -> Signal:
    """Turbulence through the cavities of throat, mouth and nose: a vowel without voice; RMS 1."""
    gains = tuple(float(k**-tilt) for k in range(1, len(hz) + 1))
    return steady(formants(white(rng, n), hz, tuple(f / q for f in hz), gains))


def breathing(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """In through the nose, out through the mouth; harder with intensity."""
    p = draws_of(rng, "breathing")
    seconds, share = p("seconds", 0.3, 1.6, logarithmic=True) / knobs.pace, p("in_share", 0.6, 1.2)
    throat = p("throat", 0.85, 1.25) / knobs.size**0.3
    q, tilt, air = p("sharp", 1.0, 9.0, logarithmic=True), p("tilt", -0.3, 1.6), p("air", 0.0, 0.8)
    inward = tuple(f * throat for f in (p("in_1_hz", 300, 1_100), p("in_2_hz", 1_000, 2_200), 2_700.0, 4_000.0))
    outward = tuple(f * throat for f in (p("out_1_hz", 350, 1_000), p("out_2_hz", 900, 2_000), 2_500.0, 3_600.0))
    balance, shape, pause = p("balance", 0.3, 1.4), p("shape", 0.5, 2.5), p("pause_seconds", 0.02, 0.3)
    tremble, tremble_hz = p("tremble", 0.0, 0.8), p("tremble_hz", 8, 40)

    def breath(index: int) -> Signal:
        parts = []
        for hz, gain, length, skew in ((inward, balance, share * seconds, 0.9), (outward, 1.0, seconds, 0.45)):
            n = samples(length * rng.uniform(0.85, 1.2))
            moved = tuple(f * rng.uniform(0.95, 1.05) for f in hz)
            blow = _throat_air(rng, n, moved, q, tilt) + air * steady(highpass(white(rng, n), 2_500))
            swell = np.sin(np.pi * (np.arange(n) / n) ** skew) ** shape
            shake = 1 - tremble * Curve(rng, n / SAMPLE_RATE_HZ, tremble_hz).samples(0, n)
            parts += [gain * blow * swell * shake, np.zeros(samples(pause))]
        return unit(np.concatenate(parts[:-1]))

    return breath


def cough(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A burst as the glottis opens, a flow of air, a voiced end; a few in a row."""
    p = draws_of(rng, "cough")
    pitch = p("pitch_hz", 90, 420, logarithmic=True) / knobs.size**0.5
    throat = p("throat", 0.85, 1.3) / knobs.size**0.3
    hz = tuple(f * throat for f in (p("f1_hz", 400, 1_100), p("f2_hz", 1_100, 1_900), 2_600.0, 3_700.0))
    q, tilt, hiss = p("sharp", 1.0, 7.0, logarithmic=True), p("tilt", -0.3, 1.3), p("hiss", 0.0, 0.8)
    burst, plateau, flow = p("burst_seconds", 0.015, 0.08), p("plateau", 0.05, 0.8), p("flow_seconds", 0.08, 0.35)
    voiced, late, rough = p("voiced", 0.0, 1.5), p("voice_late", 0.0, 0.6), p("rough", 0.1, 0.9)
    coughs, apart, weaker = p("coughs", 1.0, 3.5), p("apart_seconds", 0.25, 0.6), p("weaker", 0.5, 1.1)

    def hack(index: int) -> Signal:
        count = max(1, round(coughs * rng.uniform(0.85, 1.15)))
        out = np.zeros(samples(count * apart + flow + 0.3))
        for k in range(count):
            n = samples(flow * rng.uniform(0.8, 1.2) + 3 * burst)
            u = np.arange(n) / n
            shape = (1 - plateau) * attack_decay(n, 0.004, burst) + plateau * np.minimum(1.0, u / 0.05) * (1 - u)
            air = _throat_air(rng, n, hz, q, tilt) + hiss * steady(highpass(white(rng, n), 3_000))
            f0 = pitch * rng.uniform(0.92, 1.08) * through(n, (0, 0.25, 1), (1.25, 1.1, 0.7))
            source = roughen(rng, glottal(rng, f0, jitter=0.07, open_share=0.5), f0, 0.4 * rough, rough, 80.0)
            tone = steady(formants(source, hz, tuple(f / 6 for f in hz), (1.0, 0.7, 0.35, 0.2)))
            sung = np.clip((u - late) / 0.1, 0.0, 1.0) * (1 - u) ** 0.6
            add(
                out, weaker**k * (air * shape + 0.6 * voiced * tone * sung), samples(k * apart * rng.uniform(0.95, 1.1))
            )
        return unit(out)

    return hack


def sneeze(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A gasp, a moment's silence, and the burst through nose and teeth that ends in a vowel."""
    p = draws_of(rng, "sneeze")
    pitch, scale = p("pitch_hz", 130, 450, logarithmic=True) / knobs.size**0.5, p("throat", 0.9, 1.3)
    gasp, hold, voiced = p("gasp", 0.03, 0.6), p("hold_seconds", 0.02, 0.3), p("voiced", 0.1, 2.5)
    teeth_hz, teeth_q, hiss_s = p("teeth_hz", 1_500, 5_500), p("teeth_q", 0.6, 4.0), p("hiss_seconds", 0.04, 0.35)
    vowel_s, late, breath = p("vowel_seconds", 0.08, 0.4), p("vowel_late_seconds", 0.0, 0.12), p("breath", 0.1, 1.0)
    nose, lift = p("nose", 0.0, 1.0), p("lift", 1.0, 2.2)
    vowel = (p("f1_hz", 320, 800), p("f2_hz", 900, 1_900), 2_400.0)

    def burst(index: int) -> Signal:
        n = samples(rng.uniform(0.25, 0.5))
        f0 = pitch * through(n, (0, 1), (0.9, 1.35))
        air = _throat_air(rng, n, (700 * scale, 1_300 * scale, 2_500 * scale), 3.0, 0.3)
        gasped = gasp * (air + 0.5 * voiced * held_vowel(rng, p, f0, (640.0, 1_190.0, 2_390.0), scale, 0.5))
        gasped *= (np.arange(n) / n) ** 1.5
        gasped[-samples(0.01) :] *= np.linspace(1, 0, samples(0.01))
        m = samples(0.65)
        noise = white(rng, m)
        hiss = bandpass(noise, teeth_hz, teeth_q) + 0.4 * highpass(noise, 3_500) + nose * bandpass(noise, 900, 1.2)
        f0 = pitch * through(m, (0, 0.1, 1), (lift, 0.95 * lift, 0.6))
        tone = held_vowel(rng, p, f0, vowel, scale, breath) * attack_decay(m, 0.03, vowel_s)
        out = np.zeros(m + samples(late))
        add(out, steady(hiss) * attack_decay(m, 0.008, hiss_s), 0)
        add(out, voiced * tone, samples(late))
        return unit(np.concatenate([gasped, np.zeros(samples(hold)), out]))

    return burst


def _family(
    name: str,
    label: str,
    category: str,
    words: tuple[str, ...],
    body: Instrument,
    heard_as: tuple[str, ...],
    *,
    every_seconds: float,
    length_seconds: float,
    goes_on: bool = False,
) -> Family:
    return Family(
        name=name,
        label=label,
        category=category,
        heard_as=heard_as,
        words=words,
        params=params(pace=1.0, count=0 if goes_on else 1, wetness=0.2),
        sustained=goes_on,
        length_seconds=length_seconds,
        interval_seconds=every_seconds,
        render=repeating(body, interval_seconds=every_seconds, rhythm=even(0.12), variants=8),
    )


FAMILIES = (
    _family(
        "breathing",
        "Breathing",
        "HMNBrth",
        ("breathing", "breath", "breathe", "heavy breathing", "panting", "gasp", "sigh", "inhale", "exhale"),
        breathing,
        ("Breathing", "Gasp", "Pant", "Sigh"),
        every_seconds=2.8,
        length_seconds=6.0,
        goes_on=True,
    ),
    _family(
        "cough",
        "Cough",
        "HMNCough",
        ("cough", "coughing", "throat clearing", "person coughing", "man coughing"),
        cough,
        ("Cough", "Throat clearing"),
        every_seconds=1.2,
        length_seconds=1.2,
    ),
    _family(
        "sneeze",
        "Sneeze",
        "HMNSneez",
        ("sneeze", "sneezing", "achoo", "person sneezing"),
        sneeze,
        ("Sneeze",),
        every_seconds=2.0,
        length_seconds=1.8,
    ),
    Family(
        name="heartbeat",
        label="Heartbeat",
        category="HMNHart",
        heard_as=("Heart sounds, heartbeat",),
        words=("heartbeat", "heart beat", "beating heart", "pulse", "heart"),
        params=params(pace=1.0, count=0, wetness=0.0),
        sustained=True,
        length_seconds=6.0,
        interval_seconds=0.85,
        render=repeating(heart, interval_seconds=0.85, variants=8),
    ),
)
