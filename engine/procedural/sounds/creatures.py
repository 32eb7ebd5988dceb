"""Farm and field: cow, sheep, crow, owl, frog, duck, bee, horse.

Throats as in :mod:`engine.procedural.sounds.animals`; a frog's call is trains of pulses that ring its vocal sac, hooves
are hollow shells on hard ground. Pitches and lengths follow measured calls: cow: M. Padilla de la Torre et al.,
"Acoustic analysis of cattle mother-offspring contact calls", Appl. Anim. Behav. Sci. 163, 2015; crow: E. A. Mates et
al., "Acoustic profiling in a complexly social species, the American crow", Bioacoustics 24, 2015; owl: P. Delgado, V.
Penteriani, "Vocal behaviour and neighbour spatial arrangement in eagle owls", J. Zool. 271, 2007; frog: H. C. Gerhardt,
F. Huber, *Acoustic Communication in Insects and Anurans*, 2002; gaits: M. Hildebrand, Science 150, 1965.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import Chunk, Instrument, bed, even, repeating
from engine.procedural.draws import Draws, draws_of
from engine.procedural.envelope import add, arch, attack_decay, decay, steady, through, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import bandpass, formants, highpass, lowpass, saturate
from engine.procedural.modal import ring
from engine.procedural.noise import Curve, Rng, coloured, samples, times, white
from engine.procedural.pulses import Turning, harmonics
from engine.procedural.voice import breathy, glottal, roughen


def _voiced(rng: Rng, p: Draws, f0: Signal, hz: tuple[float, ...]) -> Signal:
    """A throat of four resonances at a moving pitch; RMS 1."""
    source = glottal(rng, f0, jitter=p("jitter", 0.005, 0.07), open_share=p("open_share", 0.25, 0.7))
    source = breathy(rng, source, p("breath", 0.02, 1.2, logarithmic=True))
    source = roughen(rng, source, f0, p("subharmonic", 0.0, 0.6), p("tremor", 0.0, 0.6), p("tremor_hz", 30, 150))
    width = p("bandwidth_share", 0.06, 0.35)
    gains = (1.0, p("gain_2", 0.2, 1.2), p("gain_3", 0.05, 0.9), p("gain_4", 0.02, 0.5))
    voice = formants(source, hz, tuple(f * width + 50 for f in hz), gains)
    return steady(voice + p("direct", 0.0, 0.15) * source)


def _mouth(p: Draws, size: float, *bands: tuple[float, float]) -> tuple[float, ...]:
    return tuple(p(f"f{k}_hz", *band, logarithmic=True) / size**0.35 for k, band in enumerate(bands, start=1))


def cow(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A moo: hummed, then the mouth opens; the pitch climbs and sinks."""
    p = draws_of(rng, "cow")
    pitch, usual = p("pitch_hz", 75, 260, logarithmic=True) / knobs.size**0.5, p("seconds", 0.9, 2.2)
    hz = _mouth(p, knobs.size, (250, 800), (600, 1_500), (1_500, 2_700), (2_700, 4_000))
    climb, sink, opening = p("climb", 0.0, 0.9), p("sink", 0.0, 0.4), p("opening", 0.05, 0.6)
    hum, drive = p("hum", 0.2, 1.5), p("drive", 0.5, 3.0) * (0.6 + 0.7 * knobs.intensity)

    def moo(index: int) -> Signal:
        n = samples(usual * rng.uniform(0.8, 1.2))
        contour = through(n, (0, 0.35, 0.7, 1), (1.0, 1 + 0.7 * climb, 1 + climb, 1 + climb - sink))
        f0 = pitch * contour * rng.uniform(0.94, 1.06)
        voice = _voiced(rng, p, f0, hz)
        wide = through(n, (0, opening, min(1.0, opening + 0.15), 1), (0.0, 0.1, 1.0, 0.85))
        out = voice * wide + hum * steady(lowpass(voice, 300)) * (1 - wide)
        return saturate(0.5 * steady(out) * arch(n, 0.12, 0.2), drive)

    return moo


def sheep(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Baa: a voice that trembles as a whole several times a second."""
    p = draws_of(rng, "sheep")
    pitch, usual = p("pitch_hz", 140, 480, logarithmic=True) / knobs.size**0.5, p("seconds", 0.4, 1.4)
    hz = _mouth(p, knobs.size, (500, 1_100), (1_200, 2_200), (2_200, 3_400), (3_400, 4_800))
    shake_hz, shake, waver = p("shake_hz", 5, 14), p("shake", 0.1, 0.9), p("waver", 0.0, 0.12)
    closing = p("closing", 0.0, 0.5)

    def baa(index: int) -> Signal:
        n = samples(usual * rng.uniform(0.8, 1.2))
        turns = 2 * np.pi * shake_hz * (1 + 0.1 * Curve(rng, n / 48_000, 4).samples(0, n)) * times(n)
        f0 = pitch * rng.uniform(0.94, 1.06) * through(n, (0, 0.1, 0.7, 1), (0.9, 1.0, 0.97, 0.85))
        voice = _voiced(rng, p, f0 * (1 + waver * np.sin(turns)), hz)
        muffled = through(n, (0, 0.12, 1), (closing, 0.0, 0.0))
        voice = voice * (1 - muffled) + muffled * lowpass(voice, 500)
        return unit(voice * (1 - shake * (0.5 - 0.5 * np.sin(turns))) * arch(n, 0.06, 0.25))

    return baa


def crow(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Caw, in twos to fours: hoarse, an arch in pitch."""
    p = draws_of(rng, "crow")
    pitch, usual = p("pitch_hz", 250, 700, logarithmic=True) / knobs.size**0.5, p("seconds", 0.15, 0.5)
    hz = _mouth(p, knobs.size, (900, 1_600), (1_500, 2_400), (2_400, 3_800), (3_800, 6_000))
    arc, pause, most = p("arc", 0.0, 0.5), p("pause_seconds", 0.1, 0.5), p("caws", 1.0, 4.0)
    drive, fall = p("drive", 0.5, 4.0), p("fall", 0.4, 2.0)

    def caws(index: int) -> Signal:
        parts: list[Signal] = []
        for _ in range(max(1, round(most * rng.uniform(0.7, 1.3)))):
            n = samples(usual * rng.uniform(0.85, 1.15))
            u = np.arange(n) / n
            f0 = pitch * rng.uniform(0.95, 1.05) * (1 + arc * np.sin(np.pi * u**0.7)) * (1 - 0.1 * u)
            shape = np.minimum(1.0, u / 0.08) * (1 - u) ** fall
            caw = saturate(0.5 * _voiced(rng, p, f0, hz) * shape, drive)
            parts += [caw, np.zeros(samples(pause * rng.uniform(0.8, 1.2)))]
        return np.concatenate(parts[:-1])

    return caws


def owl(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Hoots: nearly pure tones, soft at both ends, in a rhythm of the owl's own."""
    p = draws_of(rng, "owl")
    pitch = p("pitch_hz", 280, 850, logarithmic=True) / knobs.size**0.6
    hoots, usual, pause = round(p("hoots", 1.0, 6.0)), p("seconds", 0.12, 0.5), p("pause_seconds", 0.08, 0.5)
    overtone, breath, bend = p("overtone", 0.01, 0.3), p("breath", 0.003, 0.1, logarithmic=True), p("bend", -0.1, 0.15)
    last, waver, waver_hz = p("last", 0.8, 2.5), p("waver", 0.0, 0.05), p("waver_hz", 5, 18)
    rhythm = rng.uniform(0.6, 1.4, hoots)

    def call(index: int) -> Signal:
        parts: list[Signal] = []
        for k in range(hoots):
            n = samples(usual * rhythm[k] * (last if k == hoots - 1 else 1.0) * rng.uniform(0.95, 1.05))
            u = np.arange(n) / n
            f0 = pitch * (1 + bend * np.sin(np.pi * u)) * (1 + waver * np.sin(2 * np.pi * waver_hz * times(n)))
            turns = 2 * np.pi * np.cumsum(f0) / 48_000
            air = breath * steady(bandpass(white(rng, n), pitch, 3.0))
            tone = np.sin(turns) + overtone * np.sin(2 * turns) + 0.4 * overtone * np.sin(3 * turns) + air
            parts += [tone * np.sin(np.pi * u) ** 0.8 * rng.uniform(0.8, 1.0), np.zeros(samples(pause * rhythm[k]))]
        return np.concatenate(parts[:-1])

    return call


def frog(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A croak: pulses that ring the sac, faster or slower towards the end."""
    p = draws_of(rng, "frog")
    low, high = p("low_hz", 250, 1_200, logarithmic=True), p("high_hz", 1_200, 3_500, logarithmic=True)
    hz = np.array((low, high, 1.6 * high)) / knobs.size**0.6
    loss, rate = p("decay_per_second", 60, 700, logarithmic=True), p("pulses_hz", 15, 150, logarithmic=True)
    usual, speed = p("seconds", 0.1, 1.0, logarithmic=True), p("speed", -0.5, 0.8)
    share, rough, croaks = p("high_share", 0.1, 2.0), p("unevenness", 0.0, 0.5), p("croaks", 1.0, 4.0)
    pause, rise = p("pause_seconds", 0.08, 0.5), p("rise", -0.2, 0.3)

    def croak(index: int) -> Signal:
        parts: list[Signal] = []
        for _ in range(max(1, round(croaks * rng.uniform(0.8, 1.2)))):
            n = samples(usual * rng.uniform(0.85, 1.15))
            u = np.arange(n) / n
            turns = np.cumsum(rate * (1 + speed * (u - 0.5))) / 48_000
            starts = np.flatnonzero(np.diff(np.floor(turns), prepend=-1.0) > 0)
            out = np.zeros(n + 4_800)
            tail = samples(min(0.1, 6 / loss))
            for at in starts.tolist():
                bent = hz * (1 + rise * at / n) * rng.uniform(0.99, 1.01, 3)
                pulse = ring(bent, loss * np.array((1.0, 1.3, 1.6)), (1.0, share, 0.4 * share), tail)
                add(out, pulse * np.sin(np.pi * (0.1 + 0.85 * at / n)) * (1 - rough * rng.random()), at)
            parts += [unit(out), np.zeros(samples(pause))]
        return np.concatenate(parts[:-1])

    return croak


def duck(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Quacks: nasal, harsh, each weaker than the one before."""
    p = draws_of(rng, "duck")
    pitch, usual = p("pitch_hz", 150, 500, logarithmic=True) / knobs.size**0.5, p("seconds", 0.1, 0.35)
    hz = _mouth(p, knobs.size, (800, 1_500), (1_500, 2_600), (2_600, 4_000), (4_000, 6_500))
    quacks, pause, softer = p("quacks", 2.0, 6.0), p("pause_seconds", 0.05, 0.35), p("softer", 0.75, 1.0)
    drop, drive = p("drop", 0.0, 0.4), p("drive", 0.5, 3.0)

    def call(index: int) -> Signal:
        parts: list[Signal] = []
        for k in range(max(1, round(quacks * rng.uniform(0.8, 1.2)))):
            n = samples(usual * rng.uniform(0.85, 1.15))
            u = np.arange(n) / n
            f0 = pitch * rng.uniform(0.95, 1.05) * (1 + 0.2 * np.sin(np.pi * u) - drop * u)
            shape = np.minimum(1.0, u / 0.1) * (1 - u) ** 0.7
            quack = saturate(0.5 * _voiced(rng, p, f0, hz) * shape, drive)
            parts += [softer**k * quack, np.zeros(samples(pause * rng.uniform(0.8, 1.2)))]
        return np.concatenate(parts[:-1])

    return call


def bee(rng: Rng, knobs: Knobs, length: int, channels: int) -> Chunk:
    """Wings at a hundred to six hundred beats a second, coming near and going: a bumblebee to a mosquito."""
    p = draws_of(rng, "bee")
    seconds = length / 48_000 + 1
    beats = p("wings_hz", 110, 420, logarithmic=True) * knobs.pace / knobs.size**0.6
    path, flutter = Curve(rng, seconds, p("path_hz", 0.4, 2.0)), Curve(rng, seconds, p("flutter_hz", 4, 20))
    bend, shake = p("bend", 0.0, 0.25), p("shake", 0.0, 0.1)
    turning = Turning(lambda t: beats * (1 + bend * (path(t) - 0.5) + shake * (flutter(t) - 0.5)), length)
    gains = np.arange(1, 25.0) ** -p("slope", 0.1, 1.5) * rng.uniform(0.4, 1.0, 24)
    reach, air = p("reach", 0.1, 0.95), p("air", 0.005, 0.3, logarithmic=True)

    def chunk(rng: Rng, start: int, size: int) -> Signal:
        buzz = harmonics(turning.samples(start, size), gains)
        near = (1 - reach) + reach * path.samples(start, size) ** 2
        rough = 1 + air * white(rng, size)
        garden = coloured(rng, size, -1.0, high_hz=6_000, channels=channels)
        whole: Signal = np.broadcast_to(buzz * near * rough, (channels, size)) + 0.02 * garden
        return whole

    return chunk


def horse(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """One stride of four hooves; pace and intensity set the gait; saddle and reins rub."""
    p = draws_of(rng, "horse")
    hollow = np.array([p("hoof_hz", 350, 1_500, logarithmic=True)]) * np.array((1.0, 1.7, 2.9)) / knobs.size**0.4
    q, touch = p("hoof_q", 1.5, 12.0, logarithmic=True), p("touch_seconds", 0.0006, 0.006, logarithmic=True)
    thump_hz, thump = p("thump_hz", 60, 180, logarithmic=True) / knobs.size**0.4, p("thump", 0.0, 1.2)
    shoe, shoe_hz, grit = p("shoe", 0.0, 0.6), p("shoe_hz", 2_000, 6_000), p("grit", 0.0, 0.5)
    stride = p("stride_seconds", 0.45, 1.1) / knobs.pace
    beats = np.array((0.0, p("second", 0.12, 0.3), p("third", 0.42, 0.56), p("fourth", 0.6, 0.8))) * stride
    each = rng.uniform(0.85, 1.15, 4)
    tack, tack_hz = p("tack", 0.002, 0.05, logarithmic=True), p("tack_hz", 400, 2_500, logarithmic=True)

    def hooves(index: int) -> Signal:
        n = samples(stride + 0.15)
        out = tack * steady(bandpass(white(rng, n), tack_hz, 0.6)) * np.hanning(n)
        for at, tone in zip(beats, each, strict=True):
            n = samples(0.12)
            blow = white(rng, n) * decay(n, touch)
            hz = tuple(float(f) for f in hollow * tone * rng.uniform(0.97, 1.03))
            x = unit(formants(blow, hz, tuple(f / q for f in hz), (1.0, 0.6, 0.3)))
            x += thump * (0.5 + knobs.intensity) * ring(thump_hz, 45.0, 1.0, n) + shoe * unit(highpass(blow, shoe_hz))
            x += grit * 0.3 * highpass(white(rng, n), 1_500) * attack_decay(n, 0.01, 0.025)
            add(out, x * rng.uniform(0.75, 1.0), samples(max(0.0, at * rng.uniform(0.97, 1.03))))
        return out

    return hooves


def _family(
    name: str,
    label: str,
    category: str,
    words: tuple[str, ...],
    animal: Instrument,
    heard_as: tuple[str, ...],
    *,
    every_seconds: float,
    length_seconds: float,
    jitter: float = 0.2,
    goes_on: bool = False,
) -> Family:
    return Family(
        name=name,
        label=label,
        category=category,
        heard_as=heard_as,
        words=words,
        params=params(pace=1.0, count=0 if goes_on else 1, wetness=0.25),
        sustained=goes_on,
        length_seconds=length_seconds,
        interval_seconds=every_seconds,
        render=repeating(animal, interval_seconds=every_seconds, rhythm=even(jitter), variants=8),
    )


FAMILIES = (
    _family(
        "cow",
        "Cow",
        "ANMLFarm",
        ("cow", "moo", "cattle", "cow moo", "bull", "calf", "mooing cow", "ox"),
        cow,
        ("Moo", "Cattle, bovinae"),
        every_seconds=3.0,
        length_seconds=2.6,
    ),
    _family(
        "sheep",
        "Sheep",
        "ANMLFarm",
        ("sheep", "baa", "bleat", "lamb", "goat", "sheep bleat", "bleating sheep"),
        sheep,
        ("Sheep", "Bleat", "Goat"),
        every_seconds=2.0,
        length_seconds=1.6,
    ),
    _family(
        "crow",
        "Crow",
        "BIRDCrow",
        ("crow caw", "caw", "raven", "crow call", "crow", "crows", "cawing crow"),
        crow,
        ("Crow", "Caw"),
        every_seconds=2.5,
        length_seconds=2.0,
    ),
    _family(
        "owl",
        "Owl",
        "BIRDPrey",
        ("owl", "hoot", "owl hoot", "hooting owl", "tawny owl"),
        owl,
        ("Owl", "Hoot"),
        every_seconds=4.0,
        length_seconds=3.0,
    ),
    _family(
        "frog",
        "Frog",
        "ANMLAmph",
        ("frog", "croak", "toad", "frog croak", "bullfrog", "croaking frog"),
        frog,
        ("Frog", "Croak"),
        every_seconds=1.3,
        length_seconds=4.0,
        goes_on=True,
    ),
    _family(
        "horse",
        "Horse Hooves",
        "ANMLHors",
        ("horse", "horse gallop", "gallop", "hooves", "hoof", "horse trot", "clip clop", "horse hooves", "pony"),
        horse,
        ("Clip-clop", "Horse"),
        every_seconds=0.75,
        length_seconds=5.0,
        jitter=0.03,
        goes_on=True,
    ),
    _family(
        "duck",
        "Duck",
        "BIRDMisc",
        ("duck", "quack", "ducks quacking", "duck quack", "mallard"),
        duck,
        ("Duck", "Quack", "Fowl"),
        every_seconds=2.0,
        length_seconds=2.0,
    ),
    Family(
        name="bee",
        label="Bee",
        category="ANMLInsc",
        heard_as=("Bee, wasp, etc.", "Fly, housefly", "Mosquito", "Buzz", "Insect"),
        words=("bee", "bees", "bee buzzing", "wasp", "bumblebee", "buzzing insect", "housefly", "mosquito", "hornet"),
        params=params(pace=1.0, distance_m=1.0, wetness=0.05),
        sustained=True,
        length_seconds=6.0,
        interval_seconds=6.0,
        render=bed(bee, join_seconds=0.02, coherent=True),
    ),
)
