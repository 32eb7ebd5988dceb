"""What is measured in a sound, of sounds whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.alignment.hearing import hear, noise_of, tuning_of
from engine.alignment.telling import heard_told
from engine.audio import Audio, Samples
from engine.evaluation.denoise_bench.signals import NOISES
from engine.handle import Handle
from engine.source import Held
from engine.trace import Heard

RATE = 48_000
STRIKES = (0.5, 1.3, 2.9, 3.6, 5.2)
SECONDS = 7


def struck(seed: int = 0) -> Samples:
    """Things that are struck, in silence."""
    rng = np.random.default_rng(seed)
    out = np.zeros(SECONDS * RATE)
    time = np.arange(RATE // 2) / RATE
    modes = rng.uniform(180, 3_000, 8)
    for at in STRIKES:
        ring = sum(np.sin(2 * np.pi * hertz * time) * np.exp(-time / 0.06) for hertz in modes)
        begin = round(at * RATE)
        out[begin : begin + time.size] += ring + 3 * rng.standard_normal(time.size) * np.exp(-time / 0.004)
    return (0.4 * out / np.abs(out).max()).astype(np.float32)[None]


def noisy(sound: Samples, kind: str, snr_db: float) -> Samples:
    noise = NOISES[kind](sound.shape[1], RATE, np.random.default_rng(3)).mean(axis=0, keepdims=True)
    noise = noise * np.sqrt(np.square(sound).sum() / 10 ** (snr_db / 10) / np.square(noise).sum())
    return (sound + noise).astype(np.float32)


def source(sound: Samples, rate: int = RATE) -> Held:
    return Held(Audio(samples=sound, sample_rate_hz=rate))


def heard(sound: Samples) -> Heard:
    return hear(source(sound), Handle())


def test_clean_strikes_are_heard_where_they_are() -> None:
    found = heard(struck())
    assert [onset.time_seconds for onset in found.onsets] == pytest.approx(STRIKES, abs=0.004)
    assert (found.noise, found.snr_db, found.hum_hz, found.gaps, found.tuning_cents) == ("none", None, None, (), None)
    assert found.peak_dbtp == pytest.approx(20 * np.log10(0.4), abs=0.3)
    assert found.length_seconds == SECONDS
    assert len(found.loudness_curve) == 4 * SECONDS


@pytest.mark.parametrize(("kind", "named"), [("white", "white"), ("pink", "pink"), ("babble", "voices")])
@pytest.mark.parametrize("snr_db", [0, 10, 20])
def test_noise_is_told_by_its_colour_and_level(kind: str, named: str, snr_db: float) -> None:
    found = noise_of(source(noisy(struck(), kind, snr_db)))
    assert found.kind == named
    assert found.snr_db == pytest.approx(snr_db, abs=2.0 if kind != "babble" else 6.0)


@pytest.mark.parametrize(("kind", "snr_db"), [("white", -12), ("pink", -9), ("babble", 0), ("hum", -6)])
def test_strikes_are_heard_through_as_much_noise_and_more(kind: str, snr_db: float) -> None:
    found = heard(noisy(struck(), kind, snr_db))
    near = [min(abs(onset.time_seconds - at) for onset in found.onsets) for at in STRIKES]
    assert sum(distance < 0.01 for distance in near) >= 4
    assert len(found.onsets) <= 8


def test_hum_is_told_by_its_frequency() -> None:
    time = np.arange(SECONDS * RATE) / RATE
    hum = sum(np.sin(2 * np.pi * 50.1 * k * time) / k for k in range(1, 12))
    found = heard((struck() + 0.01 * hum[None]).astype(np.float32))
    assert found.hum_hz == pytest.approx(50.1, abs=0.05)
    assert found.tuning_cents is None


def test_dropouts_are_told_in_seconds() -> None:
    sound = noisy(struck(), "pink", 0)
    sound[:, 2 * RATE : 2 * RATE + 2_400] = 0
    (gap,) = heard(sound).gaps
    assert gap == pytest.approx((2.0, 0.05), abs=1e-3)


@pytest.mark.parametrize("cents", [-35.0, 0.0, 22.0])
def test_notes_tell_how_they_are_tuned(cents: float) -> None:
    rng = np.random.default_rng(2)
    time = np.arange(RATE) / RATE
    notes = [
        sum(
            np.sin(2 * np.pi * k * 440 * 2 ** ((note + cents / 100) / 12) * time) / k * np.exp(-2 * time)
            for k in (1, 2, 4)
        )
        for note in rng.permutation([-12, -10, -8, -7, -5, -3, -1, 0, 2, 4])
    ]
    tune = 0.2 * np.concatenate(notes)
    assert tuning_of(source(tune.astype(np.float32)[None])) == pytest.approx(cents, abs=3)


def test_what_is_struck_has_no_tuning() -> None:
    assert [tuning_of(source(struck(seed))) for seed in range(6)] == [None] * 6


def test_silence_and_the_shortest_sounds_are_no_defect() -> None:
    silent = heard(np.zeros((1, RATE), np.float32))
    assert (silent.loudness_lufs, silent.onsets, silent.noise) == (None, (), "none")
    assert list(heard_told(silent)) == ["1.00 s of silence."]
    assert heard(np.full((2, 40), 0.1, np.float32)).length_seconds == 40 / RATE


def test_it_reads_as_sentences() -> None:
    told = " ".join(heard_told(heard(noisy(struck(), "white", 10))))
    assert "White noise at" in told
    assert "5 onsets, at 0.50, 1.30, 2.90, 3.60, 5.20 s." in told
