"""The mix: a null test where nothing is too loud, and bounds where something is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_cases import event, noise, plan, take

from engine.audio import Audio
from engine.dsp.limiter import limit
from engine.dsp.loudness import measure
from engine.dsp.pan import panned
from engine.dsp.true_peak import measure_dbtp
from engine.errors import BackendFailed
from engine.mixing.bus import mix
from engine.mixing.place import PlacedTake, place
from engine.picture import Picture

CEILING = 10 ** (-1 / 20)


def placed(samples: np.ndarray, *, position: int = 0, onset: int = 0, pan: float = 0.0) -> PlacedTake:
    audio = Audio(samples=np.atleast_2d(samples), sample_rate_hz=48_000)
    return PlacedTake(audio=audio, onset_samples=onset, position_samples=position, pan=pan, gain_db=0.0)


@given(position=st.integers(0, 2**47), start=st.integers(0, 60_000), pan=st.sampled_from([-1.0, -0.3, 0.0, 1.0]))
@settings(max_examples=20)
def test_one_quiet_sound_is_in_the_mix_bit_for_bit(position: int, start: int, pan: float) -> None:
    one = placed(noise(1), position=position + start, pan=pan)
    mixed = mix([one], plan(position=position)).samples
    expected = panned(one.audio.samples, pan)
    assert mixed.shape == (2, max(48_000, start + 48_000))
    assert np.array_equal(mixed[:, start : start + 48_000], expected)
    assert not mixed[:, :start].any()


def test_quiet_sounds_add_up_exactly_and_a_stereo_one_in_the_centre_is_untouched() -> None:
    first, second = noise(2, channels=2).astype(np.float32), noise(3, channels=2).astype(np.float32)
    mixed = mix([placed(first), placed(second, position=1_000)], plan()).samples
    expected = np.zeros((2, 49_000), np.float32)
    expected[:, :48_000] += first
    expected[:, 1_000:] += second
    assert np.array_equal(mixed, expected)


@given(pan=st.floats(-1, 1))
@settings(max_examples=20)
def test_pan_keeps_the_power_of_mono(pan: float) -> None:
    stereo = panned(noise(4).astype(np.float32), pan)
    centre = measure(Audio(samples=panned(noise(4).astype(np.float32), 0.0), sample_rate_hz=48_000)).momentary_max_lufs
    assert measure(Audio(samples=stereo, sample_rate_hz=48_000)).momentary_max_lufs == pytest.approx(centre, abs=0.01)


def test_hard_left_and_right_are_silent_on_the_other_side() -> None:
    for pan, silent in ((-1.0, 1), (1.0, 0)):
        for channels in (1, 2):
            stereo = panned(np.ones((channels, 4), np.float32), pan)
            assert np.allclose(stereo[silent], 0.0, atol=1e-7)
            assert np.allclose(stereo[1 - silent], 1.0, atol=1e-7)


def test_the_mix_begins_at_the_plan_and_keeps_tails() -> None:
    early = np.ones(1_000) * 0.1
    mixed = mix([placed(early, position=4_500, onset=600)], plan(position=5_000, length=100)).samples
    assert mixed.shape == (2, 500)
    assert mixed[0, 0] == 0.0  # entered within the lead-in: eased in
    assert np.allclose(mixed[0, 24:], 0.1 * np.sqrt(0.5))


def test_to_a_picture_the_mix_ends_with_it_and_a_tail_is_faded() -> None:
    to_picture = plan().model_copy(update={"picture": Picture(path="/a.mov")})
    mixed = mix([placed(noise(1), position=24_000)], to_picture).samples
    assert mixed.shape == (2, 48_000)
    whole = mix([placed(noise(1), position=24_000)], plan()).samples
    assert np.array_equal(mixed[:, :47_520], whole[:, :47_520])
    assert mixed[0, -1] == 0.0
    quiet = placed(noise(1)[..., :1_000])
    assert np.array_equal(mix([quiet], to_picture).samples, mix([quiet], plan()).samples), "nothing rings on: untouched"


def test_surround_is_refused() -> None:
    with pytest.raises(BackendFailed, match="6 channels"):
        mix([placed(noise(1, channels=6))], plan())


def test_ten_overlapping_events_neither_clip_nor_sink() -> None:
    """The claim in numbers: under the ceiling, and each event's loudness in the mix is its own within 1 dB."""
    takes = [take(noise(seed, length=144_000, decay=3_000 + 400 * seed)) for seed in range(10)]
    own_db = [0.0, -12.0] * 5
    events = [event(start=200 * k, pan=0.04 * k - 0.2, gain_db=db) for k, db in enumerate(own_db)]
    whole = plan(*events, length=144_000)
    all_placed = [place(whole, e, t) for e, t in zip(events, takes, strict=True)]
    mixed = mix(all_placed, whole)
    alone = np.zeros((10, *mixed.samples.shape))
    for k, one in enumerate(all_placed):
        stereo = panned(one.audio.samples, one.pan)
        alone[k, :, one.position_samples : one.position_samples + stereo.shape[1]] = stereo
    total = alone.sum(axis=0)
    assert measure_dbtp(Audio(samples=total, sample_rate_hz=48_000)) > 0.0  # without the bus it would clip
    assert measure_dbtp(mixed) <= -0.9

    # The bus multiplies by one gain curve; where the sum is large enough to divide by, that curve is read back.
    heard = np.abs(total).max(axis=0) > 1e-3
    loudest = np.abs(total).argmax(axis=0)
    columns = np.flatnonzero(heard)
    ratio = mixed.samples[loudest[columns], columns] / total[loudest[columns], columns]
    curve = np.interp(np.arange(total.shape[1]), columns, ratio)
    common_db = 20 * np.log10(ratio.max())
    assert -12.0 < common_db < -0.5
    assert 20 * np.log10(ratio.min()) > common_db - 1.02  # the limiter's whole part
    for k in range(10):
        before = measure(Audio(samples=alone[k], sample_rate_hz=48_000)).momentary_max_lufs
        after = measure(Audio(samples=alone[k] * curve, sample_rate_hz=48_000)).momentary_max_lufs
        assert before is not None
        assert after == pytest.approx(before + common_db, abs=1.0)
        assert before == pytest.approx(measure(all_placed[k].audio).momentary_max_lufs, abs=0.1)
        assert -22.0 + own_db[k] < before < -19.9 + own_db[k]


@given(seed=st.integers(0, 1_000), level_db=st.floats(-6, 30), length=st.integers(1, 30_000))
@settings(max_examples=40)
def test_whatever_comes_in_the_true_peak_stays_under_the_ceiling(seed: int, level_db: float, length: int) -> None:
    loud = noise(seed, length=length, channels=2) * 10 ** (level_db / 20)
    mixed = mix([placed(loud), placed(noise(seed + 1, length=length))], plan(length=length))
    assert measure_dbtp(mixed) <= -0.9


@given(seed=st.integers(0, 1_000), peaks=st.lists(st.integers(0, 47_999), min_size=1, max_size=8))
@settings(max_examples=30)
def test_the_limiter_touches_only_what_is_near_a_peak(seed: int, peaks: list[int]) -> None:
    samples = (0.3 * noise(seed)).clip(-0.2, 0.2).astype(np.float32)
    samples[0, peaks] = 0.99
    audio = Audio(samples=samples, sample_rate_hz=48_000)
    limited = limit(audio, CEILING)
    away = np.ones(48_000, bool)
    for peak in peaks:
        away[max(0, peak - 520) : peak + 520] = False  # 10 ms, and the reach of the interpolation
    assert np.array_equal(limited.samples[:, away], audio.samples[:, away])
    assert (np.abs(limited.samples) <= np.abs(audio.samples)).all()
    assert measure_dbtp(limited) <= -0.9
    assert measure_dbtp(limited) >= -1.3  # no more than is needed


def test_below_the_ceiling_the_limiter_returns_the_very_same_sound() -> None:
    audio = Audio(samples=noise(7), sample_rate_hz=48_000)
    assert limit(audio, CEILING) is audio


def test_two_channels_are_limited_as_one() -> None:
    samples = np.full((2, 4_800), 0.25, np.float32) * np.hanning(4_800).astype(np.float32)
    samples[0, 2_400] = 1.0
    limited = limit(Audio(samples=samples, sample_rate_hz=48_000), CEILING).samples
    ratio = limited[:, 2_390:2_410] / samples[:, 2_390:2_410]
    assert np.allclose(ratio[0], ratio[1])
    assert ratio.max() < 1.0
