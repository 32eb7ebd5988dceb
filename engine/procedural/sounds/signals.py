"""Made to be noticed: sirens, alarms, beeps, a telephone, a car horn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from engine.procedural.builders import Chunk, bed, one_shot, repeating
from engine.procedural.draws import draws_of
from engine.procedural.envelope import fade_edges, unit
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, lowpass, saturate
from engine.procedural.modal import ring
from engine.procedural.noise import Curve, Rng, coloured, pick, samples, times
from engine.procedural.pulses import Turning, harmonics


def siren(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Wail, yelp or two tones, through a horn."""
    kind = rng.choice(["wail", "yelp", "two_tone"])
    low, high = pick(rng, 560, 720), pick(rng, 1_250, 1_600)
    period = {"wail": rng.uniform(2.2, 4.5), "yelp": rng.uniform(0.28, 0.4), "two_tone": rng.uniform(0.9, 1.2)}[
        kind
    ] / knobs.pace
    drift = Curve(rng, length / SAMPLE_RATE_HZ + 1, 0.4)

    def pitch(t: Signal) -> Signal:
        u = (t / period) % 1.0
        if kind == "wail":
            shape = 0.5 - 0.5 * np.cos(2 * np.pi * u)
        elif kind == "yelp":
            shape = np.minimum(u / 0.06, (1 - u) / 0.94) ** 0.7
        else:
            shape = 0.35 * np.clip(np.sin(2 * np.pi * u) * 12, -0.5, 0.5)
        moved: Signal = (
            (low + (high - low) * np.maximum(shape, -0.2)) * (1 + 0.012 * (drift(t) - 0.5)) / knobs.size**0.3
        )
        return moved

    turning = Turning(pitch, length)
    gains = np.arange(1, 12.0) ** -0.9
    swell = Curve(rng, length / SAMPLE_RATE_HZ + 1, 0.6)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        tone = saturate(0.5 * harmonics(turning.samples(start, size), gains), 1.5)
        horn = 1.2 * bandpass(tone, 1_000, 2.0) + 0.8 * bandpass(tone, 2_400, 2.5) + 0.25 * tone
        horn *= 0.6 + 0.4 * swell.samples(start, size)
        street = coloured(rng, size, -1.2, high_hz=4_000, channels=channels)
        whole: Signal = horn + 0.012 * street
        return whole

    return chunk


def _gate(on: NDArray[np.bool_]) -> Signal:
    """An on-off curve without clicks."""
    return lowpass(on.astype(np.float64), 220.0, 0.6)


def alarm(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A digital alarm clock: bursts of three to five short beeps."""
    hz, beeps = pick(rng, 1_900, 3_200) / knobs.size**0.5, int(rng.integers(3, 6))
    step = rng.uniform(0.1, 0.14) / knobs.pace
    harsh = rng.uniform(1.5, 4.0)

    def burst(index: int) -> Signal:
        t = times(samples(step * beeps + 0.02))
        on = ((t / step) % 1.0 < 0.55) & (t < step * beeps)
        out: Signal = saturate(np.sin(2 * np.pi * hz * t), harsh) * _gate(on)
        fade_edges(out, 0.0005, 0.002)
        return out

    return burst


def beep(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One plain tone."""
    p = draws_of(rng, "beep")
    hz, seconds = p("pitch_hz", 500, 3_500, logarithmic=True) / knobs.size**0.5, p("seconds", 0.06, 0.32)
    second = p("second", 0.0, 0.5)

    def tone(index: int) -> Signal:
        t = times(samples(seconds))
        out = (
            np.sin(2 * np.pi * hz * t) + second * np.sin(4 * np.pi * hz * t) + 0.3 * second * np.sin(6 * np.pi * hz * t)
        )
        fade_edges(out, 0.002, 0.008)
        whole: Signal = out
        return whole

    return tone


def telephone(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A bell telephone: a clapper between two gongs; one ring is a burst of strokes."""
    rate, f0 = rng.uniform(19, 24), pick(rng, 1_100, 1_450) / knobs.size**0.5
    ratios, loss = np.array((1.0, 2.31, 3.9, 5.6)) * rng.uniform(0.98, 1.02, 4), np.array((8.0, 12.0, 19.0, 29.0))
    gain = np.array((1.0, 0.6, 0.4, 0.25))
    interval = rng.uniform(1.16, 1.22)

    def ringing(index: int) -> Signal:
        strokes = round(rate * rng.uniform(0.95, 1.1) * 1.4)
        gap = samples(1 / rate)
        length = gap * strokes + samples(0.6)
        hits = np.zeros((2, length))
        at = np.arange(strokes) * gap + rng.integers(0, max(1, gap // 12), strokes)
        at[0] = 0
        hits[np.arange(strokes) % 2, at] = rng.uniform(0.75, 1.0, strokes)
        gongs = [ring(f0 * k * ratios, loss, gain, samples(0.55)) for k in (1.0, interval)]
        out = sum(fftconvolve(h, g)[:length] for h, g in zip(hits, gongs, strict=True))
        fade_edges(out, 0.0, 0.05)
        return unit(out)

    return ringing


def car_horn(rng: Rng, knobs: Knobs) -> Signal:
    """Two reeds a third apart."""
    f0 = pick(rng, 370, 440) / knobs.size**0.5
    length = samples(rng.uniform(0.35, 0.9))
    t = times(length)
    gains = np.arange(1, 20.0) ** -0.55
    out: Signal = harmonics(f0 * t, gains) + harmonics(f0 * rng.uniform(1.18, 1.27) * t, gains)
    out = bandpass(out, 1_300, 2.2) + 0.7 * bandpass(out, 2_600, 2.9) + 0.2 * out
    out = saturate(0.5 * unit(out), 0.8 + 1.5 * knobs.intensity)
    fade_edges(out, 0.012, 0.04)
    return out


FAMILIES = (
    Family(
        name="siren",
        label="Siren",
        category="ALRMSirn",
        heard_as=(
            "Siren",
            "Emergency vehicle",
        ),
        words=(
            "siren",
            "police siren",
            "ambulance",
            "fire engine siren",
            "emergency siren",
            "police car",
            "air raid siren",
            "fire truck",
        ),
        params=params(pace=1.0, distance_m=15.0, wetness=0.3),
        sustained=True,
        length_seconds=8.0,
        interval_seconds=8.0,
        render=bed(siren, join_seconds=0.02, coherent=True),
    ),
    Family(
        name="alarm",
        label="Alarm",
        category="ALRMElec",
        heard_as=("Alarm",),
        words=(
            "alarm",
            "alarm clock",
            "smoke alarm",
            "smoke detector",
            "digital alarm",
            "burglar alarm",
            "buzzer",
            "fire alarm",
        ),
        params=params(pace=1.0, count=0, wetness=0.15),
        sustained=True,
        length_seconds=4.0,
        interval_seconds=1.0,
        render=repeating(alarm, interval_seconds=1.0, rhythm=lambda rng, n, gap: np.full(n, gap), variants=1),
    ),
    Family(
        name="beep",
        label="Beep",
        category="BEEP",
        heard_as=("Beep, bleep",),
        words=(
            "beep",
            "electronic beep",
            "bleep",
            "tone beep",
            "computer beep",
            "checkout beep",
            "microwave beep",
            "notification",
        ),
        params=params(pace=1.0, count=1, wetness=0.08),
        sustained=False,
        length_seconds=0.4,
        interval_seconds=0.6,
        render=repeating(beep, interval_seconds=0.6, rhythm=lambda rng, n, gap: np.full(n, gap), variants=1),
    ),
    Family(
        name="telephone",
        label="Telephone Ring",
        category="COMTelph",
        heard_as=("Telephone",),
        words=(
            "telephone ring",
            "telephone",
            "phone ring",
            "phone",
            "old phone",
            "ringing phone",
            "rotary phone",
            "ringing telephone",
            "telephone bell",
        ),
        params=params(pace=1.0, count=1, wetness=0.2),
        sustained=False,
        length_seconds=2.2,
        interval_seconds=3.0,
        render=repeating(telephone, interval_seconds=3.0, rhythm=lambda rng, n, gap: np.full(n, gap), variants=4),
    ),
    Family(
        name="car_horn",
        label="Car Horn",
        category="VEHHorn",
        heard_as=("Vehicle horn, car horn, honking",),
        words=("car horn", "horn", "honk", "car honk", "beeping car", "honking", "truck horn", "hooter", "tooting"),
        params=params(distance_m=8.0, wetness=0.3),
        sustained=False,
        length_seconds=1.2,
        interval_seconds=0.9,
        render=one_shot(car_horn),
    ),
)
