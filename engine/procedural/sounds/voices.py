"""People, one at a time: wordless speech, laughter, a crying baby, whistling and snoring.

A voice is folds, a throat and lips (see :mod:`engine.procedural.voice`); speech is syllables whose vowels glide into
each other under a falling melody, with hiss and bursts between them, and says nothing. Sources: vowels and their scale
for women and children: G. E. Peterson, H. L. Barney, JASA 24, 1952; melody and rate: I. R. Titze, *Principles of Voice
Production*, 1994; laughter: J.-A. Bachorowski et al., JASA 110, 2001; crying: K. Michelsson, O. Michelsson, Int. J.
Pediatr. Otorhinolaryngol. 49, 1999; snoring: D. Pevernagie et al., Sleep Med. Rev. 14, 2010.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.procedural.builders import repeating
from engine.procedural.draws import Draws, draws_of
from engine.procedural.envelope import add, arch, decay, steady, through, unit
from engine.procedural.family import Family, Knobs, Signal, params
from engine.procedural.filters import band, bandpass, formants, highpass, lowpass, sliding_formant, soften
from engine.procedural.noise import Curve, Rng, samples, times, white
from engine.procedural.voice import breathy, glottal, roughen

_VOWELS_HZ = np.array(
    [
        (270, 2_290, 3_010),
        (390, 1_990, 2_550),
        (530, 1_840, 2_480),
        (660, 1_720, 2_410),
        (730, 1_090, 2_440),
        (570, 840, 2_410),
        (440, 1_020, 2_240),
        (300, 870, 2_240),
        (640, 1_190, 2_390),
    ],
    dtype=float,
)
"""Of men; heed, hid, head, had, hod, hawed, hood, who'd, hud."""
_FOURTH_HZ = 3_500.0
_GLIDE_HOP = 480
"""Samples: a mouth moves little in 10 ms."""
Voice = Callable[[Rng, Knobs], Callable[[int], Signal]]


def speaking(family: str, pitch_hz: tuple[float, float], throat: tuple[float, float]) -> Voice:
    """A voice that says nothing in phrases of a few syllables."""

    def speaker(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
        p = draws_of(rng, family)
        pitch = p("pitch_hz", *pitch_hz, logarithmic=True) / knobs.size**0.4
        scale = p("throat", *throat) / knobs.size**0.25
        rate = p("syllables_hz", 3.5, 6.5) * knobs.pace
        melody, fall = p("melody", 0.08, 0.35) * (0.6 + 0.7 * knobs.intensity), p("fall", 0.05, 0.3)
        opened = p("open_share", 0.4, 0.75) * (1.15 - 0.3 * knobs.intensity)
        breath, jitter = p("breath", 0.02, 0.3), p("jitter", 0.005, 0.03)
        second, third = p("second", 0.3, 0.9), p("third", 0.1, 0.5)
        hiss, hiss_hz = p("hiss", 0.05, 0.4), p("hiss_hz", 2_800, 5_500)

        def phrase(index: int) -> Signal:
            count = int(rng.integers(4, 11))
            lengths = [samples(rng.uniform(0.7, 1.45) / rate) for _ in range(count)]
            lengths[-1] = round(1.6 * lengths[-1])
            edges = np.concatenate([[0], np.cumsum(lengths)])
            whole = int(edges[-1])
            middles = np.concatenate([[0], (edges[:-1] + edges[1:]) / 2, [whole]])
            vowels = _VOWELS_HZ[rng.integers(0, len(_VOWELS_HZ), count)] * scale * rng.uniform(0.94, 1.06, (count, 3))
            at = np.arange(whole)
            tracks = [np.interp(at, middles, np.concatenate([[v[0]], v, [v[-1]]])) for v in vowels.T]
            accents = 1 + melody * np.concatenate([[0], rng.uniform(-0.5, 1.0, count), [-0.5]])
            f0 = pitch * np.interp(at, middles, accents) * (1 + fall * (0.5 - at / whole))
            loud, noisy = np.zeros(whole), np.zeros(whole)
            for first, length in zip(edges[:-1].tolist(), lengths, strict=True):
                u = np.arange(length) / length
                onset = rng.random()
                closed = rng.uniform(0.12, 0.35) if onset < 0.65 else 0.0
                opening = np.clip((u - closed) / max(1 - closed, 0.1), 0.0, 1.0)
                loud[first : first + length] = np.sin(np.pi * opening) ** 0.45 * rng.uniform(0.55, 1.0)
                if onset < 0.4:
                    n = max(8, round(closed * length * 1.3))
                    noisy[first : first + n] += np.hanning(n)[: whole - first] * rng.uniform(0.4, 1.0)
                elif onset < 0.65:
                    n = samples(0.012)
                    noisy[first : first + n] += decay(n, 0.004)[: whole - first] * rng.uniform(0.4, 1.0)
            source = breathy(rng, glottal(rng, f0, jitter=jitter, open_share=min(0.9, opened)), breath) * loud
            voice = sliding_formant(source, tracks[0], 5.0, hop=_GLIDE_HOP)
            voice += second * sliding_formant(source, tracks[1], 9.0, hop=_GLIDE_HOP)
            voice += third * sliding_formant(source, tracks[2], 11.0, hop=_GLIDE_HOP) + 0.12 * bandpass(
                source, _FOURTH_HZ * scale, 12
            )
            consonants = band(white(rng, whole), hiss_hz * 0.7, min(hiss_hz * 2.0, 10_000)) * noisy
            return unit(steady(voice) + hiss * consonants)

        return phrase

    return speaker


def held_vowel(
    rng: Rng, p: Draws, f0: Signal, vowel: tuple[float, float, float], scale: float, breath: float
) -> Signal:
    """One vowel held under a moving pitch; RMS 1."""
    source = breathy(
        rng, glottal(rng, f0, jitter=p("jitter", 0.01, 0.06), open_share=p("open_share", 0.35, 0.7)), breath
    )
    hz = (*(f * scale for f in vowel), _FOURTH_HZ * scale)
    return steady(formants(source, hz, (110.0, 140.0, 200.0, 280.0), (1.0, 0.8, 0.4, 0.2)))


def laughter(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Bouts of "ha": breath, then voice, four to six times a second, sinking."""
    p = draws_of(rng, "laughter")
    pitch = p("pitch_hz", 170, 420, logarithmic=True) / knobs.size**0.5
    scale, rate = p("throat", 0.95, 1.25) / knobs.size**0.25, p("bursts_hz", 3.8, 6.5) * knobs.pace
    share, breath, sink = p("voiced_share", 0.35, 0.65), p("breath", 0.1, 0.6), p("sink", 0.1, 0.5)
    lift, huff = p("lift", 1.0, 1.6), p("huff", 0.1, 0.7)

    def bout(index: int) -> Signal:
        count = int(rng.integers(4, 10))
        out = np.zeros(samples((count + 1.5) / rate))
        vowel = tuple(_VOWELS_HZ[[4, 8, 3][int(rng.integers(3))]])
        for k in range(count):
            at, part = k / rate * rng.uniform(0.97, 1.03), k / max(1, count - 1)
            n = samples(share / rate * rng.uniform(0.8, 1.2))
            u = np.arange(n) / n
            f0 = (
                pitch
                * (lift - (lift - 1) * part)
                * (1 - sink * part)
                * (1 + 0.15 * np.sin(np.pi * u))
                * rng.uniform(0.94, 1.06)
            )
            loud = (1 - 0.6 * part) * rng.uniform(0.7, 1.0)
            add(out, loud * held_vowel(rng, p, f0, vowel, scale, breath) * arch(n, 0.15, 0.45), samples(at + 0.04))
            m = samples(0.09)
            add(out, loud * huff * steady(band(white(rng, m), 700, 4_500)) * np.hanning(m), samples(at))
        return unit(out)

    return bout


def baby_cry(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """A wail that rises and falls on one breath, and the breath before the next."""
    p = draws_of(rng, "baby_cry")
    pitch, scale = p("pitch_hz", 350, 560, logarithmic=True) / knobs.size**0.5, p("throat", 1.5, 2.1)
    seconds, rise, fall = p("seconds", 0.6, 1.4), p("rise", 0.05, 0.35), p("fall", 0.1, 0.4)
    rough, breath, gasp = p("rough", 0.0, 0.5), p("breath", 0.05, 0.4), p("gasp", 0.05, 0.3)
    tremble_hz, tremble = p("tremble_hz", 5, 9), p("tremble", 0.0, 0.06)

    def wail(index: int) -> Signal:
        n = samples(seconds * rng.uniform(0.75, 1.25))
        f0 = pitch * rng.uniform(0.93, 1.07) * through(n, (0, 0.15, 0.6, 1), (1 - rise, 1.0, 1 + rise / 2, 1 - fall))
        f0 *= 1 + tremble * np.sin(2 * np.pi * tremble_hz * times(n))
        source = breathy(
            rng, glottal(rng, f0, jitter=p("jitter", 0.01, 0.05), open_share=p("open_share", 0.3, 0.6)), breath
        )
        source = roughen(rng, source, f0, rough * knobs.intensity, 0.3 * rough, 60.0)
        open_hz = through(n, (0, 0.2, 0.7, 1), (500 * scale, 680 * scale, 700 * scale, 450 * scale))
        voice = sliding_formant(source, open_hz, 4.0) + 0.7 * sliding_formant(source, 1.9 * open_hz, 6.0)
        voice += 0.5 * bandpass(source, 2_500 * scale / 1.3, 7.0) + 0.08 * source
        voice = steady(voice) * arch(n, 0.08, 0.25)
        m = samples(rng.uniform(0.2, 0.35))
        air = steady(band(white(rng, m), 900, 5_000)) * np.hanning(m) * gasp
        return np.concatenate([unit(voice), np.zeros(samples(0.05)), 0.5 * air])

    return wail


def scream(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """As loud as a throat can: high, held, and rough at 30 to 150 Hz (L. H. Arnal et al., Current Biology 25, 2015)."""
    p = draws_of(rng, "scream")
    pitch, scale = p("pitch_hz", 350, 1_700, logarithmic=True) / knobs.size**0.6, p("throat", 0.9, 1.4)
    usual, rough, shake = p("seconds", 0.6, 2.0), p("rough", 0.0, 0.7), p("shake_hz", 30, 150)
    hz = tuple(f * scale for f in (p("f1_hz", 700, 1_400), p("f2_hz", 1_300, 2_200), 2_900.0, 4_100.0))
    width, bright = p("bandwidth_hz", 120, 500), p("bright", 0.1, 1.0)
    breath, direct, half = p("breath", 0.02, 1.0, logarithmic=True), p("direct", 0.0, 0.3), p("half", 0.0, 0.4)
    start, end, wander = p("start", 0.5, 1.0), p("end", 0.4, 1.0), p("wander", 0.0, 0.3)

    def cry(index: int) -> Signal:
        n = samples(usual * rng.uniform(0.8, 1.2))
        f0 = pitch * through(n, (0, 0.12, 0.75, 1), (start, 1.0, 1.03, end)) * rng.uniform(0.94, 1.06)
        f0 = f0 * (1 + wander * (Curve(rng, n / 48_000, 6.0).samples(0, n) - 0.5))
        source = glottal(rng, f0, jitter=p("jitter", 0.005, 0.06), open_share=p("open_share", 0.2, 0.6))
        source = roughen(rng, breathy(rng, source, breath), f0, half, rough, shake)
        voice = formants(source, hz, (width, width, 1.4 * width, 1.8 * width), (1.0, 0.9, bright, 0.6 * bright))
        return unit((steady(voice) + direct * source) * arch(n, 0.06, 0.2))

    return cry


def whistling(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """Somebody's tune: lips, a little breath, notes that slide."""
    p = draws_of(rng, "whistling")
    base = p("pitch_hz", 900, 1_800, logarithmic=True) / knobs.size**0.5
    breath, vibrato, glide = p("breath", 0.01, 0.12), p("vibrato", 0.0, 0.012), p("glide_seconds", 0.02, 0.09)
    beat = p("note_seconds", 0.18, 0.45) / knobs.pace
    scale = np.array([0, 2, 4, 7, 9, 12])

    def tune(index: int) -> Signal:
        count = int(rng.integers(4, 9))
        steps = np.clip(np.cumsum(rng.integers(-2, 3, count)) + 2, 0, len(scale) - 1)
        lengths = [samples(beat * rng.choice([1.0, 1.0, 2.0]) * rng.uniform(0.93, 1.07)) for _ in range(count)]
        semitones = np.concatenate(
            [np.full(n, scale[step], float) for n, step in zip(lengths, steps.tolist(), strict=True)]
        )
        f0 = base * 2 ** (soften(semitones - semitones[0], 0.35 / glide) / 12 + semitones[0] / 12)
        t = times(f0.size)
        f0 *= 1 + vibrato * np.sin(2 * np.pi * 5.5 * t)
        loud = np.concatenate([0.35 + 0.65 * np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 0.3 for n in lengths])
        turns = 2 * np.pi * np.cumsum(f0) / 48_000
        tone = np.sin(turns) + 0.03 * np.sin(2 * turns)
        air = sliding_formant(white(rng, f0.size), f0, 6.0)
        return unit(
            (tone + breath * (steady(air) + 0.3 * highpass(white(rng, f0.size), 3_000)))
            * loud
            * arch(f0.size, 0.02, 0.05)
        )

    return tune


def snoring(rng: Rng, knobs: Knobs) -> Callable[[int], Signal]:
    """The palate flutters on the way in; the way out is breath."""
    p = draws_of(rng, "snoring")
    flutter, seconds = p("flutter_hz", 28, 90, logarithmic=True) / knobs.size**0.4, p("seconds", 0.9, 1.8) / knobs.pace
    sharp, noise_share, throat_hz = p("sharp", 1.0, 6.0), p("noise", 0.2, 1.2), p("throat_hz", 180, 600)
    mouth_hz, out_share, drift = p("mouth_hz", 700, 1_800), p("out_share", 0.05, 0.4), p("drift", 0.05, 0.4)

    def snore(index: int) -> Signal:
        n = samples(seconds * rng.uniform(0.85, 1.15))
        rate = (
            flutter
            * (1 + drift * (Curve(rng, n / 48_000, 4.0).samples(0, n) - 0.5))
            * through(n, (0, 0.6, 1), (0.85, 1.05, 1.15))
        )
        phase = np.cumsum(rate) / 48_000
        pulses = (0.5 + 0.5 * np.cos(2 * np.pi * phase)) ** (2 * sharp)
        source = steady(np.diff(pulses, prepend=0.0)) + noise_share * white(rng, n) * pulses
        inward = formants(
            source, (throat_hz, 2.2 * throat_hz, mouth_hz, 2_600.0), (120.0, 160.0, 320.0, 500.0), (1.0, 0.7, 0.6, 0.2)
        )
        swell = np.sin(np.pi * np.linspace(0, 1, n) ** 0.9) ** 0.7
        m = samples(seconds * rng.uniform(0.9, 1.2))
        outward = lowpass(bandpass(white(rng, m), 900, 0.8), 4_000)
        return unit(
            np.concatenate(
                [steady(inward) * swell, np.zeros(samples(0.15)), out_share * steady(outward) * np.hanning(m)]
            )
        )

    return snore


def _family(
    name: str,
    label: str,
    category: str,
    words: tuple[str, ...],
    voice: Voice,
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
        render=repeating(
            voice,
            interval_seconds=every_seconds,
            rhythm=lambda rng, n, gap: gap * rng.uniform(0.85, 1.4, n),
            variants=8,
        ),
    )


def _said(*who: str) -> tuple[str, ...]:
    """What people say of somebody who speaks."""
    return tuple(
        f"{one} {verb}" for one in who for verb in ("speaking", "talking", "speech", "voice", "speaks", "talks")
    )


FAMILIES = (
    _family(
        "speech_man",
        "Man Speaking, Wordless",
        "VOXMale",
        (
            "man speaking",
            *_said("man", "male", "person", "adult male", "guy"),
            "speech",
            "narrator",
            "talking",
            "speaking",
        ),
        speaking("speech_man", (80, 170), (0.95, 1.06)),
        ("Male speech, man speaking", "Speech"),
        every_seconds=2.3,
        length_seconds=5.0,
        goes_on=True,
    ),
    _family(
        "speech_woman",
        "Woman Speaking, Wordless",
        "VOXFem",
        ("woman speaking", *_said("woman", "female", "adult female", "lady")),
        speaking("speech_woman", (155, 265), (1.1, 1.24)),
        ("Female speech, woman speaking", "Speech"),
        every_seconds=2.2,
        length_seconds=5.0,
        goes_on=True,
    ),
    _family(
        "speech_child",
        "Child Speaking, Wordless",
        "VOXChld",
        ("child speaking", *_said("child", "kid", "boy", "girl", "young boy", "young girl", "children")),
        speaking("speech_child", (230, 380), (1.28, 1.5)),
        ("Child speech, kid speaking", "Speech"),
        every_seconds=1.9,
        length_seconds=5.0,
        goes_on=True,
    ),
    _family(
        "laughter",
        "Laughter",
        "VOXLaff",
        ("laughter", "laugh", "laughing", "giggle", "chuckle", "man laughing", "woman laughing", "person laughing"),
        laughter,
        ("Laughter",),
        every_seconds=2.2,
        length_seconds=2.2,
    ),
    _family(
        "baby_cry",
        "Baby Crying",
        "VOXBaby",
        (
            "baby crying",
            "baby cry",
            "infant cry",
            "crying baby",
            "crying",
            "baby",
            "infant",
            "wailing baby",
            "toddler crying",
        ),
        baby_cry,
        ("Baby cry, infant cry", "Crying, sobbing"),
        every_seconds=1.6,
        length_seconds=5.0,
        goes_on=True,
    ),
    _family(
        "scream",
        "Scream",
        "VOXScrm",
        ("scream", "screaming", "shriek", "person screaming", "woman screaming", "man screaming", "screech"),
        scream,
        ("Screaming", "Yell", "Shout"),
        every_seconds=2.0,
        length_seconds=2.0,
    ),
    _family(
        "whistling",
        "Whistling",
        "VOXMisc",
        ("whistling", "person whistling", "man whistling", "whistle a tune", "wolf whistle"),
        whistling,
        ("Whistling", "Whistle"),
        every_seconds=3.0,
        length_seconds=3.0,
    ),
    _family(
        "snoring",
        "Snoring",
        "HMNSnor",
        ("snoring", "snore", "person snoring", "man snoring", "sleeping"),
        snoring,
        ("Snoring",),
        every_seconds=3.6,
        length_seconds=8.0,
        goes_on=True,
    ),
)
