"""Every event at its layer's loudness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixing_cases import event, noise, plan, take

from engine.dsp.loudness import measure
from engine.dsp.true_peak import measure_dbtp
from engine.mixing.levels import gain_db
from engine.mixing.place import place


@given(level_db=st.floats(-35, 10), decay=st.floats(10_000, 200_000))
def test_a_foreground_event_comes_to_minus_20_at_its_loudest(level_db: float, decay: float) -> None:
    made = take(noise(1, decay=decay) * 10 ** (level_db / 20), onset=0)
    placed = place(plan(event()), event(), made)
    assert measure(placed.audio).momentary_max_lufs == pytest.approx(-20.0, abs=0.1)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_background_comes_to_minus_32_over_its_length(channels: int) -> None:
    bed = event(layer="background")
    placed = place(plan(bed), bed, take(noise(2, length=480_000, channels=channels)))
    assert measure(placed.audio).integrated_lufs == pytest.approx(-32.0, abs=0.05)


@given(event_gain_db=st.floats(-40, 3))
def test_the_events_own_gain_comes_on_top(event_gain_db: float) -> None:
    made = take(noise(3, decay=60_000))
    louder = gain_db(event(gain_db=event_gain_db), made) - gain_db(event(), made)
    assert louder == pytest.approx(event_gain_db, abs=0.011)


def test_a_click_stops_at_the_ceiling_and_a_soft_click_stays_softer() -> None:
    click = np.zeros(24_000)
    click[100:103] = (0.1, -0.3, 0.1)
    made = take(click, onset=100)
    for own, ceiling in ((0.0, -3.0), (12.0, -3.0), (-9.0, -12.0)):
        placed = place(plan(event()), event(start=480, gain_db=own), made)
        assert measure_dbtp(placed.audio) == pytest.approx(ceiling, abs=0.02)
        assert measure_dbtp(placed.audio) <= ceiling


def test_near_silence_is_not_raised_beyond_40_db_and_silence_not_at_all() -> None:
    assert gain_db(event(), take(noise(4) * 0.005)) == 40.0
    assert gain_db(event(), take(noise(4) * 1e-5)) == 0.0
    assert gain_db(event(), take(np.zeros(48_000))) == 0.0


def test_gains_are_hundredths_of_a_decibel() -> None:
    gain = gain_db(event(), take(noise(5)))
    assert round(gain, 2) == gain


def test_a_background_too_short_to_gate_goes_by_its_loudest_moment() -> None:
    bed = event(layer="background")
    placed = place(plan(bed), bed, take(noise(6, length=9_600)))
    assert measure(placed.audio).momentary_max_lufs == pytest.approx(-32.0, abs=0.3)  # the end fade takes a little
