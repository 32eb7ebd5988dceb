from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import Audio, Samples
from engine.dsp.stretch import stretch
from engine.errors import BadArgument
from engine.source import Held, collected

RATE = 48_000


def stretched(samples: np.ndarray, factor: float, rate: int = RATE) -> Samples:
    source = Held(Audio(samples=np.atleast_2d(samples), sample_rate_hz=rate))
    length = max(1, round(source.length_samples * factor))
    made = collected(source, lambda known: stretch(known, length_samples=length)).samples
    assert made.shape == (source.channels, length)
    return made


def steps(seconds: float = 3.0) -> tuple[np.ndarray, list[int]]:
    rng = np.random.default_rng(3)
    sound = 0.001 * rng.standard_normal((2, round(seconds * RATE)))
    places = [round(at * RATE) for at in np.arange(0.3, seconds - 0.4, 0.45)]
    for place in places:
        sound[:, place : place + 9_600] += 0.3 * rng.standard_normal((2, 9_600)) * np.exp(-np.arange(9_600) / 900)
    return sound, places


def tone(*pitches_hz: float, seconds: float = 3.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    made = np.sum([np.sin(2 * np.pi * hertz * time + hertz) for hertz in pitches_hz], axis=0) / len(pitches_hz)
    return 0.3 * made * np.minimum(1, 50 * np.minimum(time, time[::-1]))


def cents(made: np.ndarray, hertz: float) -> float:
    middle = made[made.size // 4 : -made.size // 4]
    size = 2**21
    spectrum = np.log(np.abs(np.fft.rfft(middle * np.blackman(middle.size), size)))
    place = round(hertz * size / RATE)
    reach = round(5 * size / RATE)
    peak = place - reach + int(spectrum[place - reach : place + reach].argmax())
    left, top, right = spectrum[peak - 1 : peak + 2]
    return float(1_200 * np.log2((peak + 0.5 * (left - right) / (left - 2 * top + right)) * RATE / size / hertz))


@settings(max_examples=40, deadline=None)
@given(
    length=st.integers(1, 6_000),
    factor=st.floats(0.25, 4.0),
    rate=st.sampled_from([8_000, 44_100, 192_000]),
    channels=st.integers(1, 8),
    strikes=st.integers(0, 3),
)
def test_any_length_becomes_the_length_asked_for(
    length: int, factor: float, rate: int, channels: int, strikes: int
) -> None:
    rng = np.random.default_rng(length)
    sound = 0.01 * rng.standard_normal((channels, length))
    sound[:, rng.integers(0, length, strikes)] = 0.9
    made = stretched(sound, factor, rate)
    assert np.isfinite(made).all()
    assert np.abs(made).max() < 4.0


def test_the_same_length_is_the_same_sound() -> None:
    sound, _ = steps()
    assert np.abs(stretched(sound, 1.0) - sound).max() < 1e-6


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_strikes_are_copied_to_where_they_belong(factor: float) -> None:
    sound, places = steps()
    made = stretched(sound, factor)
    for place in places:
        here = round(place * factor)
        attack = sound[:, place : place + 480]
        assert np.abs(made[:, here : here + 480] - attack).max() < 0.02 * np.abs(attack).max()
        before = made[:, here - 1_200 : here]
        assert np.abs(before).max() < 0.01  # the noise is at 0.001, the strike at 0.3 and more


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.5, 2.0])
@pytest.mark.parametrize("pitches", [(55.0,), (8_000.0,), (110.0, 138.59, 164.81)], ids=["bass", "high", "low triad"])
def test_tones_stay_in_tune(pitches: tuple[float, ...], factor: float) -> None:
    made = stretched(tone(*pitches), factor)[0]
    assert max(abs(cents(made, hertz)) for hertz in pitches) < 0.5


def test_a_tone_goes_on_through_strikes() -> None:
    # What is left beside the tone and the clicks: nothing that a break in the tone would leave.
    clean = tone(330.0)
    clicked = clean.copy()
    clicked[24_000:120_000:19_200] += 0.5
    made = stretched(clicked, 1.5)[0].astype(np.float64)
    around = [round(place * 1.5) for place in range(24_000, 120_000, 19_200)]
    for place in around:
        # Across each strike one sine of one phase fits, but for the click itself.
        time = np.arange(place - 480, place + 480)
        quiet = np.abs(time - place) > 8
        basis = np.stack([np.sin(2 * np.pi * 330 * time / RATE), np.cos(2 * np.pi * 330 * time / RATE)], axis=1)
        fit = np.linalg.lstsq(basis[quiet], made[time][quiet], rcond=None)[0]
        assert np.abs(made[time] - basis @ fit)[quiet].max() < 0.06


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_noise_keeps_its_level(factor: float) -> None:
    noise = 0.1 * np.random.default_rng(4).standard_normal((2, 3 * RATE))
    made = stretched(noise, factor)
    assert abs(20 * np.log10(made.std() / 0.1)) < 0.5


def test_channels_stay_in_phase() -> None:
    sound, _ = steps()
    left = sound[0] + tone(300.0, 1_000.0)
    made = stretched(np.stack([left, -0.5 * left]), 1.3)
    assert np.abs(made[1] + 0.5 * made[0]).max() < 1e-5
    assert made[0].std() > 0.5 * left.std()


def test_silence_and_constants_stay_what_they_are() -> None:
    assert not stretched(np.zeros((2, RATE)), 1.7).any()
    error = np.abs(stretched(np.full(RATE, 0.25), 1.7)[0] - 0.25)
    assert error.max() < 0.02  # at the ends, where frames are half empty
    assert error[RATE // 8 : -RATE // 8].max() < 1e-3


class Watched(Held):
    """Remembers what was read."""

    def __init__(self, audio: Audio) -> None:
        super().__init__(audio)
        self.longest = 0
        self.reached = 0

    def read(self, start: int, end: int) -> Samples:
        self.longest = max(self.longest, end - start)
        self.reached = max(self.reached, end)
        return super().read(start, end)


def test_a_long_sound_is_never_held_whole() -> None:
    rng = np.random.default_rng(5)
    watched = Watched(
        Audio(samples=0.1 * rng.standard_normal((1, 8_000 * 90)).astype(np.float32), sample_rate_hz=8_000)
    )
    made = stretch(watched, length_samples=8_000 * 99)
    next(made)
    watched.reached = 0
    next(made)
    assert watched.reached < 8_000 * 10  # the second pass has only begun
    assert sum(block.shape[1] for block in made) < 8_000 * 99
    assert watched.longest <= 8_000 * 11


@pytest.mark.parametrize("length", [0, -5, 24, 402])
def test_lengths_beyond_the_bounds_are_refused(length: int) -> None:
    source = Held(Audio(samples=np.zeros((1, 100), np.float32), sample_rate_hz=RATE))
    with pytest.raises(BadArgument) as error:
        list(stretch(source, length_samples=length if length != 24 else 23))
    assert error.value.field == "length"
