"""Vehicles on the way: a car that passes, a train and its horn, an airplane.

What moves is heard late and shifted: its sound is read from where it was when it left (Doppler, by a delay that
changes), and weaker with distance. Sources: tyres: U. Sandberg, J. Ejsmont, *Tyre/Road Noise Reference Book*, 2002;
wheels on rails: D. Thompson, *Railway Noise and Vibration*, 2009; propellers: M. V. Lowson, "Theoretical
analysis of compressor noise", JASA 47, 1970.
"""

from __future__ import annotations

import numpy as np

from engine.procedural.builders import Chunk, bed, one_shot
from engine.procedural.draws import draws_of
from engine.procedural.envelope import add, arch, decay, fade_edges, steady
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, formants, lowpass, saturate, soften
from engine.procedural.noise import Curve, Rng, bump, coloured, painted, samples, tilt, times, white
from engine.procedural.pulses import Turning, cylinder_strengths, firing, harmonics
from engine.procedural.room import SPEED_OF_SOUND_M_S


def car_pass(rng: Rng, knobs: Knobs) -> Signal:
    """Tyres and a motor that come, pass at their nearest and go."""
    p = draws_of(rng, "car_pass")
    speed = p("speed_m_s", 8, 38, logarithmic=True) * knobs.pace
    nearest = p("nearest_m", 2.0, 12.0, logarithmic=True) * (knobs.distance_m / 4.0) ** 0.5
    reach = p("reach_seconds", 1.8, 3.5)
    length = samples(2 * reach)
    t = times(length) - reach
    metres = np.hypot(nearest, speed * t)
    late = metres / SPEED_OF_SOUND_M_S
    total = length + samples(float(late.max())) + 2
    low, high = p("tyre_low_hz", 200, 900, logarithmic=True), p("tyre_high_hz", 1_200, 5_000, logarithmic=True)
    tyres = coloured(rng, total, -p("tyre_slope", 0.0, 1.2), low_hz=low, high_hz=high)[0]
    rate = p("firings_hz", 30, 160, logarithmic=True) / knobs.size**0.4
    strengths = cylinder_strengths(rng, 4, int(rate * total / SAMPLE_RATE_HZ) + 2, 0.1)
    pulses = firing(rate * times(total), strengths, p("width", 0.2, 0.4))
    hz = (p("hz_0", 60, 140), p("hz_1", 140, 320), p("hz_2", 320, 800))
    exhaust = formants(pulses - pulses.mean(), hz, tuple(f / 2.5 for f in hz), (1.0, p("gain_1", 0.3, 1.2), 0.6))
    rumble = coloured(rng, total, -1.6, low_hz=35, high_hz=200)[0]
    source = tyres + p("motor", 0.05, 1.5, logarithmic=True) * (0.5 + knobs.intensity) * steady(exhaust)
    source += p("rumble", 0.05, 0.8) * rumble
    where = np.arange(length) + samples(float(late.max())) - late * SAMPLE_RATE_HZ
    near, far = (np.interp(where, np.arange(total), x) for x in (source, soften(source, p("air_hz", 600, 3_000))))
    close = (nearest / metres) ** p("fall", 0.7, 1.4)
    road = p("road", 0.002, 0.03, logarithmic=True) * coloured(rng, length, -1.0, low_hz=60, high_hz=3_000)[0]
    whole: Signal = (close * (close * near + (1 - close) * far) + road) * arch(length, 0.1, 0.15)
    return whole


def train(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Wheels roll, and clack in pairs over every joint."""
    p = draws_of(rng, "train")
    seconds = length / SAMPLE_RATE_HZ + 1
    joint = p("joint_seconds", 0.3, 1.1) / knobs.pace
    slope, top = p("roll_slope", 0.4, 1.8), p("roll_hz", 800, 8_000, logarithmic=True)
    sway, depth = Curve(rng, seconds, p("sway_hz", 2, 14)), p("sway", 0.0, 0.6)
    apart, second = p("axle_share", 0.12, 0.3) * joint, p("second_axle", 0.4, 1.0)
    fall, dull = p("clack_seconds", 0.003, 0.03, logarithmic=True), p("clack_hz", 600, 5_000, logarithmic=True)
    thump, rail = p("thump", 0.0, 2.0), p("rail", 0.0, 0.6)
    clacks = []
    for _ in range(10):
        n = samples(0.2)
        blow = white(rng, n)
        clack = lowpass(blow * decay(n, fall), dull) + thump * lowpass(blow * decay(n, 0.04), 300)
        short = blow * decay(n, 0.003)
        clacks.append(clack + rail * formants(short, (900.0, 1_700.0, 2_900.0), (75.0, 140.0, 240.0), (1.0, 1.0, 1.0)))
    beats = np.cumsum(joint * rng.uniform(0.98, 1.02, int(seconds / joint) + 3)) - joint * rng.random()
    starts = np.rint(np.sort(np.concatenate([beats, beats + apart])) * SAMPLE_RATE_HZ).astype(np.int64)
    loud = rng.uniform(0.8, 1.0, starts.size) * np.where(np.arange(starts.size) % 2, second, 1.0)
    which = rng.integers(0, len(clacks), starts.size)
    roll, strike = p("roll", 0.2, 1.5), p("clack", 0.1, 1.5, logarithmic=True) * (0.5 + knobs.intensity)
    hums, hum = (p("hum_1_hz", 60, 140), p("hum_2_hz", 150, 320)), p("hum", 0.0, 0.4)
    beat, engine = p("engine_hz", 8, 60, logarithmic=True) * knobs.pace, p("engine", 0.0, 1.5)
    turning = Turning(lambda t: np.full_like(t, beat), length + samples(0.3))
    strengths, top_hz = cylinder_strengths(rng, 8, turning.total, 0.15), p("engine_top_hz", 150, 900, logarithmic=True)
    squeal_hz, squeal, curve = p("squeal_hz", 1_500, 4_500), p("squeal", 0.0, 0.4), Curve(rng, seconds, 1.2)
    warm = samples(0.3)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        total = size + warm
        rails = np.zeros(total)
        first, last = np.searchsorted(starts, (start - warm, start + size))
        for at, kind, gain in zip(starts[first:last], which[first:last], loud[first:last], strict=True):
            add(rails, gain * clacks[kind], int(at) - start + warm)
        t = (start + np.arange(size)) / SAMPLE_RATE_HZ
        tones = sum(np.sin(2 * np.pi * f * t) for f in hums)
        sharp = bandpass(white(rng, total), squeal_hz, 80.0)[warm:]
        bends = np.clip(2 * curve.samples(start, size) - 1, 0, 1)
        rolling = coloured(rng, size, -slope, low_hz=50, high_hz=top, channels=channels)
        pulses = firing(turning.samples(start, total), strengths, 0.4)
        diesel = steady(lowpass((pulses - 0.2) * (1 + 0.6 * white(rng, total)), top_hz))[warm:]
        out = engine * diesel + roll * rolling * (1 - depth * sway.samples(start, size)) + strike * 5 * rails[warm:]
        whole: Signal = out + hum * tones + squeal * steady(sharp) * bends
        return whole

    return chunk


def train_horn(rng: Rng, knobs: Knobs) -> Signal:
    """A chord of air horns: long, long."""
    p = draws_of(rng, "train_horn")
    root = p("pitch_hz", 220, 420, logarithmic=True) / knobs.size**0.4
    chord = np.array((1.0, 1.19, 1.335, 1.587, 1.89))[: int(p("horns", 2.0, 5.99))]
    gains = np.arange(1, 16.0) ** -p("tilt", 0.3, 1.3)
    mouth_hz, mouth, drive = p("mouth_hz", 500, 1_600), p("mouth", 0.2, 2.5), p("drive", 0.3, 2.0)
    breath, pause = p("breath", 0.002, 0.08, logarithmic=True), p("pause_seconds", 0.15, 0.6)
    parts: list[Signal] = []
    for seconds in (p("first_seconds", 0.5, 2.0), p("second_seconds", 0.6, 2.2)):
        n = samples(seconds)
        rise = 1 - 0.03 * np.exp(-times(n) / 0.05)
        tone = np.zeros(n)
        for ratio in chord:
            detuned = root * ratio * rng.uniform(0.995, 1.005)
            tone += harmonics(np.cumsum(detuned * rise) / SAMPLE_RATE_HZ, gains)
        tone = steady(tone) + breath * white(rng, n)
        blast = saturate(0.4 * (tone + mouth * bandpass(tone, mouth_hz, 1.3)), drive)
        fade_edges(blast, 0.06, 0.15)
        parts += [blast, np.zeros(samples(pause))]
    return np.concatenate(parts[:-1])


def airplane(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Overhead: the roar of a jet, the harmonics of propellers, or both; it swells and sinks with the air between."""
    p = draws_of(rng, "airplane")
    seconds = length / SAMPLE_RATE_HZ + 1
    swell, gusts = Curve(rng, seconds, p("swell_hz", 0.1, 0.6)), Curve(rng, seconds, 3.0)
    depth, shake = p("depth", 0.1, 0.8), p("shake", 0.0, 0.4)
    low, high, slope = p("low_hz", 50, 250), p("high_hz", 400, 5_000, logarithmic=True), p("slope", 0.6, 2.2)
    centre, roar = p("roar_hz", 150, 1_500, logarithmic=True) / knobs.size**0.3, p("roar", 0.0, 2.0)
    blades = p("blades_hz", 55, 180, logarithmic=True) * knobs.pace / knobs.size**0.4
    blade, beat = p("blades", 0.003, 1.5, logarithmic=True), p("beat", 0.0, 0.02)
    gains = np.arange(1, 21.0) ** -p("blade_slope", 0.4, 1.8)
    whine_hz, whine = p("whine_hz", 700, 3_500, logarithmic=True), p("whine", 0.001, 0.1, logarithmic=True)
    slide = p("slide", 0.0, 0.15)
    rates = [blades, blades * (1 + beat)]
    props = [Turning(lambda t, r=r: r * (1 - slide * t / seconds), length) for r in rates]  # type: ignore[misc]
    whistle = Turning(lambda t: whine_hz * (1 - slide * t / seconds), length)

    def air(t: Signal, hz: Signal) -> Signal:
        level = (1 - depth + depth * swell(t)) * (1 - shake * gusts(t))
        shape: Signal = level * (tilt(hz, low, high, -slope) + roar * 0.3 * bump(hz, centre, 0.8))
        return shape

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        out = painted(rng, size, air, start=start, channels=channels, hop=1024) * 4
        level = 1 - depth + depth * swell.samples(start, size)
        tones = sum(harmonics(turning.samples(start, size), gains) for turning in props)
        high_tone = np.sin(2 * np.pi * whistle.samples(start, size))
        whole: Signal = out + level * (0.3 * blade * tones + whine * high_tone)
        return whole

    return chunk


FAMILIES = (
    Family(
        name="car_pass",
        label="Car Passing",
        category="VEHCar",
        heard_as=("Car passing by", "Car", "Vehicle", "Traffic noise, roadway noise"),
        words=("car drives by", "drive by", "traffic", "car driving", "vehicle driving", "car speeding", "highway"),
        params=params(pace=1.0, distance_m=4.0, wetness=0.05),
        sustained=False,
        length_seconds=6.0,
        interval_seconds=5.0,
        render=one_shot(car_pass),
    ),
    Family(
        name="train",
        label="Train",
        category="TRNClak",
        heard_as=("Train", "Rail transport", "Clickety-clack"),
        words=("train", "train tracks", "railway", "railroad", "locomotive", "passing train", "tram", "subway train"),
        params=params(pace=1.0, distance_m=6.0, wetness=0.2),
        sustained=True,
        length_seconds=8.0,
        interval_seconds=8.0,
        render=bed(train),
    ),
    Family(
        name="train_horn",
        label="Train Horn",
        category="TRNHorn",
        heard_as=("Train horn", "Train whistle", "Air horn, truck horn"),
        words=("train horn", "train whistle", "locomotive horn", "train honking"),
        params=params(distance_m=20.0, wetness=0.4),
        sustained=False,
        length_seconds=4.0,
        interval_seconds=4.0,
        render=one_shot(train_horn),
    ),
    Family(
        name="airplane",
        label="Airplane",
        category="AEROMisc",
        heard_as=("Fixed-wing aircraft, airplane", "Aircraft"),
        words=(
            "airplane",
            "plane",
            "aeroplane",
            "aircraft",
            "jet",
            "jet flies",
            "plane flies",
            "airplane flies",
            "jet engine",
        ),
        params=params(pace=1.0, distance_m=30.0, wetness=0.15),
        sustained=True,
        length_seconds=8.0,
        interval_seconds=8.0,
        render=bed(airplane),
    ),
)
