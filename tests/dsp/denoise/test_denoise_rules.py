"""The rules by themselves: from power over noise to gains."""

from __future__ import annotations

import numpy as np
import pytest
from denoise_cases import RATE_HZ, hiss, knocks, run, si_sdr_db

from engine.dsp.denoise.decision_directed import DecisionDirected
from engine.dsp.denoise.gate import Gate
from engine.dsp.denoise.spectral import Rule
from engine.dsp.denoise.subtraction import Subtraction

RULES: list[Rule] = [
    DecisionDirected(weight=0.96, memory_frames=16),
    DecisionDirected(weight=0.96, memory_frames=3),
    Gate(threshold=6.0, hold=2.5),
    Subtraction(over_subtraction=4.0),
]


def snr(rule: Rule, values: np.ndarray) -> np.ndarray:
    """One bin's course over time, with its context, in 2 channels of 9 bins."""
    wide = np.pad(values, rule.context_frames, mode="edge")
    return np.broadcast_to(wide[:, None, None], (wide.size, 2, 9)).astype(np.float32)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 50])
def test_a_gain_for_every_frame_between_0_and_1(rule: Rule, count: int) -> None:
    over = np.random.default_rng(count).exponential(4, (count + 2 * rule.context_frames, 2, 9)).astype(np.float32)
    given = over.copy()
    gains = rule(over)
    assert gains.shape == (count, 2, 9)
    assert (gains >= 0).all()
    assert (gains <= 1 + 1e-6).all()
    np.testing.assert_array_equal(over, given)


@pytest.mark.parametrize("rule", RULES)
def test_much_is_kept_and_noise_is_not(rule: Rule) -> None:
    assert rule(snr(rule, np.full(20, 1e6))).min() > 0.999
    assert rule(snr(rule, np.full(20, 1.0))).max() < 0.12


def test_the_steady_gain_is_the_fixed_point_of_the_recursion() -> None:
    rule, over = DecisionDirected(weight=0.96, memory_frames=200), 10.0
    gain = 0.5
    for _ in range(1_000):
        prior = 0.96 * gain**2 * over + 0.04 * (over - 1)
        gain = prior / (1 + prior)
    pilot = gain**2 * over
    np.testing.assert_allclose(rule(snr(rule, np.full(5, over))), pilot / (1 + pilot), rtol=1e-4)


def test_attack_and_end_are_treated_alike() -> None:
    rule = DecisionDirected(weight=0.96, memory_frames=16)
    over = np.where((np.arange(60) > 20) & (np.arange(60) < 40), 100.0, 1.0)
    gains = rule(snr(rule, over))
    np.testing.assert_allclose(gains[::-1], rule(snr(rule, over[::-1])), atol=1e-5)
    assert gains[22:38].min() > 0.95


def test_subtraction_takes_power_off() -> None:
    rule = Subtraction(over_subtraction=1.0)
    np.testing.assert_allclose(rule(snr(rule, np.full(4, 5.0))), np.sqrt(1 - 1 / 5), rtol=1e-5)


def test_the_gate_holds_open_before_and_after_and_no_longer() -> None:
    rule = Gate(threshold=6.0, hold=2.5)
    over = np.full(60, 4.0)
    over[30:33] = 10.0
    assert (rule(snr(rule, over))[2:-2] == 1).all()
    over[40:44] = 0.1
    gains = rule(snr(rule, over))
    assert (gains[2:38] == 1).all()
    assert not gains[42:].any()
    assert not rule(snr(rule, np.full(60, 4.0))).any()


@pytest.mark.parametrize(
    ("name", "parameter", "less", "more"),
    [
        ("denoise", "reduction_db", 6, 40),
        ("wiener", "floor_db", -6, -40),
        ("spectral_subtraction", "floor_db", -6, -40),
        ("spectral_subtraction", "over_subtraction", 1, 6),
        ("spectral_gate", "reduction_db", 6, 40),
        ("spectral_gate", "threshold_db", 1, 9),
        ("wavelet", "strength", 0.3, 1.5),
    ],
)
def test_parameters_do_what_they_say(name: str, parameter: str, less: float, more: float) -> None:
    noise, profile = hiss(4, 1), hiss(2, 2)
    little, much = (run(name, noise, profile, **{parameter: value}).std() for value in (less, more))
    assert much < 0.7 * little


@pytest.mark.parametrize(("name", "parameter"), [("denoise", "reduction_db"), ("spectral_gate", "reduction_db")])
def test_no_reduction_is_no_change(name: str, parameter: str) -> None:
    noise = hiss(3, 3, 2)
    np.testing.assert_allclose(run(name, noise, hiss(1, 4, 2), **{parameter: 0.0}), noise, atol=1e-6)


def test_no_strength_is_no_change() -> None:
    noise = hiss(20, 5, 2)
    np.testing.assert_allclose(run("wavelet", noise, hiss(1, 6, 2), strength=0.0), noise, atol=1e-6)


def test_a_floor_is_where_hiss_ends_up() -> None:
    noise = hiss(4, 7)
    made = run("spectral_gate", noise, hiss(2, 8), reduction_db=20.0, threshold_db=12.0)
    inside = slice(RATE_HZ // 2, -RATE_HZ // 2)
    assert 20 * np.log10(made[:, inside].std() / noise[:, inside].std()) == pytest.approx(-20, abs=0.5)


def test_wavelets_take_a_shift_for_a_shift() -> None:
    sound, profile, shift = knocks(4) + hiss(4, 9), hiss(2, 10), 37
    later = np.concatenate([np.zeros((1, shift)), sound], axis=1)
    whole, moved = run("wavelet", sound, profile), run("wavelet", later, profile)
    inside = slice(RATE_HZ, -RATE_HZ)
    apart = moved[:, shift:][:, inside] - whole[:, inside]
    assert np.abs(apart).max() < 0.15 * np.abs(whole).max()


def test_two_resolutions_are_better_than_one() -> None:
    """Ticks and then a tone: each wants frames of its own length."""
    time = np.arange(4 * RATE_HZ) / RATE_HZ
    since = time % 0.3
    ticks = 0.5 * np.exp(-since / 0.003) * np.sin(2 * np.pi * 1_500 * since)
    clean = np.concatenate([ticks, 0.04 * np.sin(2 * np.pi * 900 * time)])[None]
    noisy, profile = clean + hiss(8, 11), hiss(2, 12)
    assert si_sdr_db(clean, run("denoise", noisy, profile)) > si_sdr_db(clean, run("wiener", noisy, profile)) + 0.5
