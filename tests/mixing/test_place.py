"""The onset is on the cue, to the sample, and is left as it was made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixing_cases import event, noise, plan, take

from engine.errors import BackendFailed
from engine.mixing.place import place


@given(
    rate=st.sampled_from([8_000, 22_050, 44_100, 48_000, 96_000, 192_000]),
    position=st.one_of(st.integers(0, 500), st.integers(0, 2**47)),
    start=st.one_of(st.integers(0, 500), st.integers(0, 2**31)),
    onset=st.integers(0, 900),
)
def test_the_onset_is_on_the_event_to_the_sample(rate: int, position: int, start: int, onset: int) -> None:
    samples = np.zeros(1_000)
    samples[onset] = 1.0
    knock = event(start=start, rate=rate)
    placed = place(plan(knock, position=position, rate=rate), knock, take(samples, onset=onset, rate=rate))
    heard = placed.position_samples + int(np.argmax(np.abs(placed.audio.samples[0])))
    assert placed.position_samples + placed.onset_samples == position + start
    assert heard == position + start
    assert placed.position_samples >= 0


def test_a_lead_in_before_the_timeline_is_cut_by_what_is_missing() -> None:
    knock = event(start=100)
    placed = place(plan(knock), knock, take(noise(1, length=9_600), onset=4_800))
    assert (placed.position_samples, placed.onset_samples, placed.audio.length_samples) == (0, 100, 9_600 - 4_700)


def test_from_the_onset_on_only_the_gain_is_applied() -> None:
    made = take(noise(2), onset=480)
    placed = place(plan(event()), event(start=10_000), made)
    gain = np.float32(10 ** (placed.gain_db / 20))
    kept = slice(480, 48_000 - 480)
    assert np.array_equal(placed.audio.samples[:, kept], made.audio.samples[:, kept] * gain)
    assert placed.audio.samples[0, 0] == 0.0
    assert placed.audio.samples[0, -1] == 0.0
    assert np.abs(placed.audio.samples[0, :240]).max() < np.abs(made.audio.samples[0, :240] * gain).max()


def test_without_a_lead_in_only_a_sound_that_begins_hard_is_faded_for_half_a_millisecond() -> None:
    soft, hard = noise(3), noise(3)
    soft[:, 0], hard[:, 0] = 0.0, 0.15
    placed_soft, placed_hard = (place(plan(event()), event(), take(s)) for s in (soft, hard))
    gain = np.float32(10 ** (placed_soft.gain_db / 20))
    assert np.array_equal(placed_soft.audio.samples[:, :1_000], soft[:, :1_000].astype(np.float32) * gain)
    gain = np.float32(10 ** (placed_hard.gain_db / 20))
    assert placed_hard.audio.samples[0, 0] == 0.0
    assert np.array_equal(placed_hard.audio.samples[:, 24:1_000], hard[:, 24:1_000].astype(np.float32) * gain)


def test_stems_keep_their_channels_and_are_not_panned() -> None:
    left = event(pan=-1.0)
    assert place(plan(left), left, take(noise(4))).audio.channels == 1
    stereo = np.repeat(noise(4), 2, axis=0)
    samples = place(plan(left), left, take(stereo)).audio.samples
    assert np.array_equal(samples[0], samples[1])


@pytest.mark.parametrize("length", [1, 2, 50])
def test_a_sound_of_a_few_samples_survives(length: int) -> None:
    samples = np.zeros(length)
    samples[-1] = 0.5
    placed = place(plan(event()), event(start=length), take(samples, onset=length - 1))
    assert placed.audio.length_samples == length
    assert placed.audio.samples[0, -1] == placed.audio.peak > 0


def test_a_take_at_another_rate_is_refused() -> None:
    with pytest.raises(BackendFailed, match=r"44100 Hz; the session runs at 48000"):
        place(plan(event()), event(), take(noise(5), rate=44_100))
