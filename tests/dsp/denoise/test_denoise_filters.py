"""What holds of every denoiser: lengths, silence, blocks, bad profiles; and that noise goes and sound stays."""

from __future__ import annotations

import numpy as np
import pytest
from denoise_cases import FILTERS, RATE_HZ, hiss, knocks, run, si_sdr_db, source
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import Samples
from engine.errors import BadArgument
from engine.source import Source

every = pytest.mark.parametrize("name", FILTERS)


@every
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 3, 8])
def test_length_and_channels_stay(name: str, rate_hz: int, channels: int) -> None:
    noise = hiss(0.2, 1, channels, rate_hz)
    for length in (1, 2, 511, noise.shape[1]):
        made = run(name, noise[:, :length], noise, rate_hz)
        assert made.shape == (channels, length)
        assert np.isfinite(made).all()


@every
@settings(deadline=None, max_examples=8)
@given(length=st.integers(1, 60_000))
def test_any_length_is_kept_blind(name: str, length: int) -> None:
    assert run(name, hiss(4, 2)[:, :length]).shape == (1, length)


@every
def test_nothing_at_all_gives_nothing(name: str) -> None:
    assert run(name, np.zeros((2, 0))).shape == (2, 0)


@every
@pytest.mark.parametrize("profile", [None, hiss(1, 3)])
def test_silence_stays_silence(name: str, profile: np.ndarray | None) -> None:
    assert not run(name, np.zeros((1, 3 * RATE_HZ)), profile).any()


@every
def test_hiss_goes_as_far_down_as_was_asked(name: str) -> None:
    noise = hiss(6, 4)
    made = run(name, noise, hiss(3, 5))
    inner = made[:, RATE_HZ:-RATE_HZ]
    assert 20 * np.log10(inner.std() / noise.std()) < -12


@every
@pytest.mark.parametrize("blind", [False, True])
def test_noise_goes_and_knocks_stay(name: str, blind: bool) -> None:
    clean, noise = knocks(12), 0.3 * hiss(12, 6)
    made = run(name, clean + noise, None if blind else 0.3 * hiss(2, 7))
    assert si_sdr_db(clean, made) > si_sdr_db(clean, clean + noise) + 4


@every
def test_clean_sound_is_left_alone(name: str) -> None:
    clean = knocks(6)
    assert si_sdr_db(clean, run(name, clean)) > 60


@every
def test_noise_far_below_the_sound_costs_nothing(name: str) -> None:
    clean, noise = knocks(6), 0.01 * hiss(6, 8)
    assert si_sdr_db(clean, run(name, clean + noise, 0.01 * hiss(2, 9))) > si_sdr_db(clean, clean + noise) - 0.5


@every
def test_a_short_sound_without_a_profile_is_left_as_it_is(name: str) -> None:
    noise = hiss(0.05, 10)
    np.testing.assert_allclose(run(name, noise), noise, atol=1e-6)


@every
@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_the_result_does_not_hang_on_how_it_is_read(name: str, rate_hz: int) -> None:
    """Pulling one block and then the rest is what pulling all is; and what is read is not written to."""
    sound = knocks(9, rate_hz) + hiss(9, 11, 1, rate_hz)
    read = source(sound, rate_hz)
    blocks = FILTERS[name](read)
    parts = [next(blocks).copy()]
    parts += [block.copy() for block in blocks]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), run(name, sound, rate_hz=rate_hz))
    np.testing.assert_array_equal(read.read(0, sound.shape[1]), sound.astype(np.float32))


@every
def test_a_change_is_not_felt_long_before_or_after(name: str) -> None:
    """Beginning later changes nothing in the middle: blocks are not seen in the result."""
    noise = hiss(30, 12)
    profile = hiss(2, 13)
    whole = run(name, noise, profile)
    later = run(name, noise[:, 4_096:], profile)
    inside = slice(3 * RATE_HZ, -3 * RATE_HZ)
    difference = whole[:, 4_096:][:, inside] - later[:, inside]
    assert difference.std() < 0.2 * whole.std()


@every
def test_every_channel_has_its_own(name: str) -> None:
    """A silent channel stays silent beside a loud one."""
    sound = np.concatenate([knocks(3) + hiss(3, 14), np.zeros((1, 3 * RATE_HZ))])
    made = run(name, sound, np.concatenate([hiss(2, 15), np.zeros((1, 2 * RATE_HZ))]))
    assert np.abs(made[1]).max() < 1e-6 < np.abs(made[0]).max()


@every
def test_a_profile_of_another_rate_is_refused(name: str) -> None:
    with pytest.raises(BadArgument, match="44100") as caught:
        list(FILTERS[name](source(hiss(1, 1)), noise=source(hiss(1, 1), 44_100)))
    assert caught.value.field == "noise"


@every
@pytest.mark.parametrize(
    ("profile", "says"), [(np.zeros((1, 9_000)), "silent"), (hiss(0.005, 1), "short"), (np.zeros((1, 0)), "short")]
)
def test_a_profile_that_holds_nothing_is_refused(name: str, profile: np.ndarray, says: str) -> None:
    with pytest.raises(BadArgument, match=says) as caught:
        run(name, hiss(1, 1), profile)
    assert caught.value.field == "noise"


@every
def test_a_mono_profile_serves_a_stereo_sound(name: str) -> None:
    noise = hiss(4, 16, 2)
    assert run(name, noise, hiss(2, 17)).std() < 0.4 * noise.std()


class Broken:
    """A source with a NaN in one sample."""

    def __init__(self, source: Source, place: int) -> None:
        self._source, self._place = source, place
        self.sample_rate_hz, self.channels = source.sample_rate_hz, source.channels
        self.length_samples = source.length_samples

    def read(self, start: int, end: int) -> Samples:
        samples = self._source.read(start, end).copy()
        if start <= self._place < end:
            samples[:, self._place - start] = np.nan
        return samples


@every
@pytest.mark.parametrize("channels", [1, 2])
def test_nan_is_refused_wherever_it_is(name: str, channels: int) -> None:
    sound = source(hiss(3, 18, channels))
    for place in (0, sound.length_samples // 2, sound.length_samples - 1):
        with pytest.raises(BadArgument, match="NaN"):
            list(FILTERS[name](Broken(sound, place), noise=sound))
    with pytest.raises(BadArgument, match="profile") as caught:
        list(FILTERS[name](sound, noise=Broken(sound, 9_000)))
    assert caught.value.field == "noise"


@every
def test_a_long_sound_is_read_in_pieces(name: str) -> None:
    """No read is longer than a minute or so, however long the sound."""

    class Watched:
        sample_rate_hz, channels, length_samples = 8_000, 1, 8_000 * 1_200
        longest = 0

        def read(self, start: int, end: int) -> Samples:
            self.longest = max(self.longest, end - start)
            return np.full((1, end - start), 0.01, np.float32)

    watched = Watched()
    next(iter(FILTERS[name](watched, noise=source(hiss(1, 19), 8_000))))
    assert 0 < watched.longest < 120 * 8_000
