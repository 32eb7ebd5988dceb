"""A voice that says nothing: pulses and breath through moving formants, in syllables, phrases and pauses.

It has what a denoiser meets in speech: harmonics that glide, bursts and hisses, and silence in between. Source of the
method: Klatt, "Software for a cascade/parallel formant synthesizer", JASA 67 (1980); formants of vowels after Peterson
and Barney, JASA 24 (1952).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Real = NDArray[np.float64]

_VOWELS_HZ = np.array(
    [
        (270, 2290, 3010, 3500),
        (390, 1990, 2550, 3500),
        (530, 1840, 2480, 3500),
        (660, 1720, 2410, 3500),
        (730, 1090, 2440, 3500),
        (570, 840, 2410, 3400),
        (440, 1020, 2240, 3400),
        (300, 870, 2240, 3400),
        (640, 1190, 2390, 3400),
        (490, 1350, 1690, 3400),
    ],
    np.float64,
)
_BANDWIDTHS_HZ = np.array([60.0, 90.0, 140.0, 200.0])
_UPDATE_SECONDS = 0.005
"""How often the formants move on."""
_HISSES_HZ = ((2_500, 5_500), (4_500, 9_500), (1_500, 4_000))


def voice(length_samples: int, rate_hz: int, rng: np.random.Generator) -> Real:
    """Somebody talking, ``(samples,)``, float64, of no particular level."""
    pitch_hz = rng.choice([rng.uniform(85, 140), rng.uniform(160, 250)])
    tract = rng.uniform(0.88, 1.18)
    update = max(1, round(_UPDATE_SECONDS * rate_hz))
    ticks = -(-length_samples // update)
    voicing, breath, formants, melody = _score(ticks, rng)
    along = np.arange(length_samples) / update
    steps = np.arange(ticks)
    glottis = _pulses(pitch_hz * np.interp(along, steps, melody), rate_hz, rng) * np.interp(along, steps, voicing)
    glottis += 0.02 * rng.standard_normal(length_samples) * np.interp(along, steps, voicing)
    made = np.zeros(ticks * update)
    made[:length_samples] = glottis
    _resonate(made.reshape(ticks, update), formants * tract, rate_hz)
    spoken = made[:length_samples]
    spoken /= np.abs(spoken).max(initial=0.0) + 1e-12
    for kind, (low_hz, high_hz) in enumerate(_HISSES_HZ):
        top_hz = min(high_hz, 0.45 * rate_hz)
        band = signal.butter(2, [min(low_hz, top_hz / 2), top_hz], "band", fs=rate_hz, output="sos")
        hiss = signal.sosfilt(band, rng.standard_normal(length_samples))
        spoken += 0.12 * hiss * np.interp(along, steps, breath[kind])
    return spoken


def _score(ticks: int, rng: np.random.Generator) -> tuple[Real, Real, Real, Real]:
    """What is said, tick by tick: voicing, the three hisses, formants ``(ticks, 4)`` and the pitch's curve."""
    voicing, breath = np.zeros(ticks), np.zeros((len(_HISSES_HZ), ticks))
    formants, melody = np.empty((ticks, 4)), np.empty(ticks)
    formant = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))]
    at, left = int(rng.integers(10, 60)), int(rng.integers(8, 20))
    formants[:at], melody[:at] = formant, 1.0
    while at < ticks:
        if not left:  # a pause between two phrases
            pause = int(rng.integers(40, 120))
            formants[at : at + pause], melody[at : at + pause] = formant, 1.0
            at, left = at + pause, int(rng.integers(8, 20))
            continue
        consonant, vowel = int(rng.integers(8, 24)), int(rng.integers(14, 40))
        target = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))]
        kind, stressed = rng.integers(5), rng.uniform(0.5, 1.0)
        if kind < 3:  # a hiss; short ones are a stop's burst after its closure
            closed = consonant // 2 if consonant < 14 else 0
            span = slice(at + closed, at + consonant)
            breath[kind, span] = np.hanning(consonant - closed + 2)[1 : 1 + breath[kind, span].size] * rng.uniform(
                0.3, 1
            )
        elif kind == 3:  # a murmur
            voicing[at : at + consonant] = 0.25 * stressed
        end = min(ticks, at + consonant + vowel)
        envelope = np.minimum(1, np.minimum(np.arange(1, vowel + 1) / 4, np.arange(vowel, 0, -1) / 6))
        voicing[at + consonant : end] = (stressed * envelope)[: max(0, end - at - consonant)]
        glide = np.linspace(0, 1, consonant + vowel)[: end - at]
        formants[at:end] = formant + np.minimum(1, 1.6 * glide)[:, None] * (target - formant)
        melody[at:end] = (0.85 + 0.02 * left) * (1 + 0.08 * np.sin(np.pi * glide) * stressed)
        formant, at, left = target, at + consonant + vowel, left - 1
    return voicing, breath, formants, melody


def _pulses(pitch_hz: Real, rate_hz: int, rng: np.random.Generator) -> Real:
    """The flow of the glottis, differentiated: one asymmetric pulse a period, with a little jitter."""
    wander = signal.lfilter([0.02], [1, -0.98], rng.standard_normal(pitch_hz.size))
    phase = np.cumsum(pitch_hz * (1 + 0.05 * wander)) / rate_hz % 1.0
    opening = np.clip(phase / 0.6, 0, 1)
    flow = opening**2 * (3 - 2 * opening) * (phase < 0.6) + np.clip(1 - (phase - 0.6) / 0.1, 0, 1) * (phase >= 0.6)
    return np.asarray(np.diff(flow, prepend=flow[:1]) * rate_hz / pitch_hz)


def _resonate(pieces: Real, formants_hz: Real, rate_hz: int) -> None:
    """Four resonators in a row, in place; their poles move from piece to piece and their state goes on."""
    centres = np.minimum(formants_hz, 0.45 * rate_hz)
    radii = np.exp(-np.pi * _BANDWIDTHS_HZ / rate_hz)
    turns = -2 * radii * np.cos(2 * np.pi * centres / rate_hz)
    state = np.zeros((4, 2))
    sections = np.zeros((4, 6))
    sections[:, 3], sections[:, 5] = 1, radii**2
    for piece, turn in zip(pieces, turns, strict=True):
        sections[:, 4] = turn
        sections[:, 0] = 1 + turn + radii**2
        piece[:], state = signal.sosfilt(sections, piece, zi=state)
