"""What decides a sound's noise: its own seed, which version of it, which window of it; and nothing else."""

from __future__ import annotations

from engine.backends.neural.takes import seed_of
from engine.plan import TakeSpec


def spec(**keys: object) -> TakeSpec:
    told = {"backend": "b", "backend_version": "1", "source": "m", "text": "rain", "seed": 1}
    return TakeSpec(**(told | {"length_samples": 9, "sample_rate_hz": 48_000, "channels": 1} | keys))


def test_each_of_them_makes_another_sound() -> None:
    seeds = [
        seed_of(spec(seed=seed, variation=take), number) for seed in (1, 2) for take in (0, 1) for number in (0, 1)
    ]
    assert len(set(seeds)) == 8
    assert all(0 <= seed < 2**63 for seed in seeds), "as a generator takes it"


def test_what_is_asked_for_does_not() -> None:
    assert seed_of(spec()) == seed_of(spec(text="wind", length_samples=7, channels=2, backend="other"))
