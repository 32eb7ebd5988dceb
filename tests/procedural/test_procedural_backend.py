"""The adapter: bounds, rates, lengths, the grid; what every backend must keep is in the conformance suite."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import Samples
from engine.backends.procedural import MIN_LENGTH_SECONDS, ProceduralBackend
from engine.config import Settings
from engine.errors import BadArgument
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.procedural.families import FAMILIES
from engine.results import Take

BACKEND = ProceduralBackend(Settings())


def spec(source: str = "door_knock", **changes: object) -> TakeSpec:
    values: dict[str, object] = {
        "backend": "procedural",
        "backend_version": BACKEND.version,
        "source": source,
        "text": source,
        "seed": 1,
        "length_samples": 48_000,
        "channels": 1,
        "sample_rate_hz": 48_000,
    }
    return TakeSpec.model_validate(values | changes)


def take(source: str = "door_knock", **changes: object) -> Take:
    return next(iter(BACKEND.render([spec(source, **changes)], Handle())))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source": "theremin"}, "source"),
        ({"params": {"colour": 1.0}}, "params.colour"),
        ({"params": {"size": 99.0}}, "params.size"),
        ({"params": {"wetness": -0.1}}, "params.wetness"),
        ({"params": {"count": 2.5}}, "params.count"),
        ({"channels": 3}, "channels"),
        ({"length_samples": 47}, "length_samples"),
        ({"length_samples": 3_601 * 48_000}, "length_samples"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadArgument) as refused:
        take(**changes)  # type: ignore[arg-type]  # the cases are of many types
    assert refused.value.field == field
    assert len(refused.value.sentence) > 30


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_refused_even_if_the_model_let_it_through(value: float) -> None:
    wrong = spec().model_copy(update={"params": {"size": value}})
    with pytest.raises(BadArgument, match="size"):
        next(iter(BACKEND.render([wrong], Handle())))


def test_the_shortest_length_is_sound() -> None:
    for name in FAMILIES:
        made = take(name, length_samples=round(MIN_LENGTH_SECONDS * 48_000))
        assert made.audio.peak > 0.01, name


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000, 192_000])
def test_any_rate_has_exact_lengths_and_the_same_onset(rate: int) -> None:
    rain = take("rain", sample_rate_hz=rate, length_samples=rate + 7)
    assert (rain.audio.length_samples, rain.onset_samples) == (rate + 7, 0)
    usual, other = take(), take(sample_rate_hz=rate, length_samples=rate)
    assert other.onset_samples / rate == pytest.approx(usual.onset_samples / 48_000, abs=1 / rate)
    assert other.audio.length_samples - other.onset_samples <= rate
    measured = _first_heard(other.audio.samples) / rate
    assert measured == pytest.approx(other.onset_samples / rate, abs=0.002)


def _first_heard(samples: Samples) -> int:
    level = np.abs(samples).max(axis=0)
    return int(np.argmax(level > 0.03 * level.max()))


@given(
    name=st.sampled_from(sorted(FAMILIES)),
    length=st.integers(480, 60_000),
    seed=st.integers(0, 2**63 - 1),
    channels=st.sampled_from([1, 2]),
)
@settings(max_examples=60, deadline=None)
def test_any_take_fits_is_without_dc_and_lies_on_the_grid(name: str, length: int, seed: int, channels: int) -> None:
    made = take(name, length_samples=length, seed=seed, channels=channels)
    heard = made.audio.samples[:, made.onset_samples :]
    assert 0 < heard.shape[1] <= length
    assert made.audio.channels == channels
    assert 0.01 < made.audio.peak < 1.0
    assert np.abs(heard.mean(axis=1, dtype=np.float64)).max() < 1e-3 * made.audio.peak
    steps = made.audio.samples.astype(np.float64) * 2**23
    np.testing.assert_array_equal(steps, np.rint(steps))


def test_a_bed_fills_its_length_and_a_happening_dies_away() -> None:
    assert take("rain", length_samples=100_001).audio.length_samples == 100_001
    assert take("beep", length_samples=480_000).audio.length_samples < 100_000
    assert take("footsteps_wood", length_samples=200_000).audio.length_samples > 200_000


def test_a_match_says_what_may_be_set() -> None:
    match = BACKEND.match("three knocks on a door")[0]
    assert match.sources == ("door_knock",)
    assert match.params == {"count": 3.0}
    assert match.accepts["size"] == (0.25, 4.0)
    assert match.accepts.keys() == FAMILIES["door_knock"].params.keys()


def test_sounds_are_the_users_own() -> None:
    made = take()
    assert made.licence.name == "CC0-1.0"
    assert made.licence.commercial
