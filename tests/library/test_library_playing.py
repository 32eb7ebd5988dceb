"""Takes made of a recording: the right part, rate, channels and length, and nothing that clicks or repeats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import Samples
from engine.backends.finishing import to_channels
from engine.backends.library import playing
from engine.backends.library.playing import (
    GAIN_DB,
    PART,
    PITCH_CENTS,
    REACH_SAMPLES,
    Part,
    Survey,
    _quiet,
    _start,
    play,
    survey,
)
from engine.errors import Cancelled
from engine.handle import Handle

RATE = 48_000


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, samples.T, rate, subtype="FLOAT")
    return path


def surveyed(path: Path) -> Survey:
    found = survey(path, Handle())
    assert found is not None
    return found


def hits(*at: int, length: int) -> Samples:
    t = np.arange(9_600) / RATE
    out = np.zeros((1, length), np.float32)
    for k, start in enumerate(at):
        part = (0.5 * np.cos(2 * np.pi * (300 + 200 * k) * t) * np.exp(-t / 0.02)).astype(np.float32)
        out[0, start : start + 9_600] += part[: length - start]
    return out


def noise(seconds: float, channels: int = 1, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal((channels, round(seconds * RATE)))).astype(np.float32)


def part(length: int, happening: int = 0, channels: int = 1, rate: int = RATE, seed: int = 0, cents: float = 0) -> Part:
    return Part(
        happening=happening,
        length_samples=length,
        channels=channels,
        sample_rate_hz=rate,
        seed=seed,
        pitch_cents=cents,
    )


def pitch_of(samples: Samples, rate: int = RATE) -> float:
    """Frequency of the strongest partial, by zero-padded spectrum."""
    spectrum = np.abs(np.fft.rfft(samples[0], 2**19))
    return float(np.argmax(spectrum)) * rate / 2**19


def test_hits_are_happenings_and_noise_is_sustained(tmp_path: Path) -> None:
    several = surveyed(write(tmp_path / "a.wav", hits(1_000, 30_000, 70_000, length=2 * RATE)))
    assert [h.onset for h in several.happenings] == [1_000, 30_000, 70_000]
    assert not several.sustained
    assert several.interval_seconds == pytest.approx(34_500 / RATE)
    steady = surveyed(write(tmp_path / "b.wav", noise(5)))
    assert steady.sustained
    assert steady.length_seconds == 5


def test_a_long_ringing_hit_is_not_sustained(tmp_path: Path) -> None:
    t = np.arange(10 * RATE) / RATE
    bell = (0.5 * np.sin(2 * np.pi * 500 * t) * np.exp(-t / 1.5)).astype(np.float32)[None]
    assert not surveyed(write(tmp_path / "a.wav", bell)).sustained


@pytest.mark.parametrize(("index", "hz"), [(0, 300), (1, 500), (2, 700)])
def test_the_happening_asked_for_is_played_alone(tmp_path: Path, index: int, hz: int) -> None:
    path = write(tmp_path / "a.wav", hits(1_000, 20_000, 39_000, length=RATE))
    samples, onset = play(path, surveyed(path), part(4_800, index), Handle())
    assert pitch_of(samples) == pytest.approx(hz, rel=0.03)  # the hit's own skirt and 30 cents
    assert samples.shape == (1, onset + 4_800)


def test_a_hit_stops_before_its_neighbour(tmp_path: Path) -> None:
    sound = hits(1_000, 13_000, length=RATE)
    t = np.arange(RATE - 13_000) / RATE
    sound[0, 13_000:] += (0.5 * np.cos(2 * np.pi * 90 * t) * np.exp(-t / 0.1)).astype(np.float32)  # the longest of all
    path = write(tmp_path / "a.wav", sound)
    samples, onset = play(path, surveyed(path), part(20_000), Handle())
    assert 11_000 < samples.shape[1] - onset < 12_000 * 1.02
    assert np.abs(samples[0, -960:]).max() < 0.01


def test_far_more_than_one_hit_long_plays_on_through_the_next(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", hits(1_000, 20_000, 39_000, length=RATE))
    samples, onset = play(path, surveyed(path), part(30_000), Handle())
    assert np.abs(samples[0, onset + 18_000 : onset + 22_000]).max() > 0.3


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_the_onset_stays_on_its_sample_at_any_rate(tmp_path: Path, rate: int) -> None:
    path = write(tmp_path / "a.wav", hits(12_345, length=RATE))
    samples, onset = play(path, surveyed(path), part(rate // 4, rate=rate), Handle())
    loud = np.flatnonzero(np.abs(samples[0]) > 0.5 * np.abs(samples).max())
    assert abs(int(loud[0]) - onset) <= 1


@pytest.mark.parametrize("cents", [-1_200.0, 700.0])
def test_pitch_is_what_was_asked_for_within_the_variation(tmp_path: Path, cents: float) -> None:
    t = np.arange(2 * RATE) / RATE
    tone = (np.sin(2 * np.pi * 1_000 * t) * np.exp(-t / 0.4)).astype(np.float32)[None]
    path = write(tmp_path / "a.wav", tone)
    samples, _ = play(path, surveyed(path), part(RATE // 2, cents=cents), Handle())
    heard = 1_200 * np.log2(pitch_of(samples) / 1_000)
    assert heard == pytest.approx(cents, abs=31)


def test_seeds_vary_within_bounds_and_repeat(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", hits(1_000, length=RATE))
    shape = surveyed(path)
    takes = [play(path, shape, part(9_600, seed=seed), Handle())[0] for seed in range(20)]
    assert len({take.tobytes() for take in takes}) == 20
    levels = 20 * np.log10([np.sqrt(np.square(take).sum() / np.square(hits(0, length=9_600)).sum()) for take in takes])
    assert np.abs(levels).max() <= GAIN_DB + 0.1
    assert np.ptp(levels) > GAIN_DB / 2
    assert np.array_equal(takes[3], play(path, shape, part(9_600, seed=3), Handle())[0])


def test_seeds_vary_the_pitch(tmp_path: Path) -> None:
    t = np.arange(2 * RATE) / RATE
    path = write(tmp_path / "a.wav", (np.sin(2 * np.pi * 1_000 * t) * np.exp(-t / 0.4)).astype(np.float32)[None])
    shape = surveyed(path)
    heard = [1_200 * np.log2(pitch_of(play(path, shape, part(RATE, seed=k), Handle())[0]) / 1_000) for k in range(12)]
    assert max(heard) - min(heard) > PITCH_CENTS / 2
    assert max(np.abs(heard)) <= PITCH_CENTS + 1


def test_the_shortest_takes_are_the_start_of_longer_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", hits(0, length=RATE))
    shape = surveyed(path)
    longer, _ = play(path, shape, part(9_600), Handle())
    for length in (1, 60, 1_000):
        shorter, _ = play(path, shape, part(length), Handle())
        kept = max(1, length * 3 // 4)  # the rest is its fade
        assert np.allclose(shorter[:, :kept], longer[:, :kept], atol=5e-3)


def test_a_recorders_offset_is_removed_without_a_step_before_the_sound(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", hits(10_000, length=RATE) + np.float32(0.2))
    samples, onset = play(path, surveyed(path), part(20_000), Handle())
    assert abs(samples[0, onset:].mean()) < 1e-5
    assert np.abs(samples[0, : onset - 24]).max() < 5e-3  # the resampler's own ringing, not a fortieth of the offset


def test_mono_to_stereo_and_back_is_the_same_sound() -> None:
    mono = noise(0.1)
    stereo = to_channels(mono, 2)
    assert np.square(stereo).sum() == pytest.approx(np.square(mono).sum(), rel=1e-4)
    assert np.allclose(to_channels(stereo, 1), mono, atol=1e-6)


@pytest.mark.parametrize("shape", ["unlike", "alike", "cancelling", "one side"])
def test_stereo_to_mono_keeps_the_energy(shape: str) -> None:
    left, right = noise(1, 2)
    right = {"unlike": right, "alike": left, "cancelling": -left, "one side": 0 * left}[shape]
    stereo = np.stack([left, right])
    kept = float(np.square(to_channels(stereo, 1)).sum() / np.square(stereo).sum())
    assert kept == pytest.approx(0.5 if shape == "cancelling" else 1.0, rel=0.02)


@pytest.mark.parametrize("count", [3, 4, 5, 6, 8])
def test_film_layouts_fold_to_two(count: int) -> None:
    layout = np.zeros((count, 10), np.float32)
    layout[2 if count == 6 else 0] = 1  # the centre of a 5.1
    assert to_channels(layout, 2).shape == (2, 10)
    assert np.abs(to_channels(layout, 2)).max() > 0.7
    assert to_channels(layout, 1).shape == (1, 10)


def test_a_long_bed_is_one_untouched_stretch_of_the_file(tmp_path: Path) -> None:
    recording = noise(20, 2)
    path = write(tmp_path / "a.wav", recording)
    samples, onset = play(path, surveyed(path), part(5 * RATE, channels=2, seed=4), Handle())
    assert onset == 0
    middle = samples[0, RATE : RATE + 2_000]
    at = int(np.argmax(np.correlate(recording[0], middle, "valid")))
    stretch = recording[0, at : at + 2_000]
    assert np.corrcoef(stretch, middle)[0, 1] > 0.9999


@pytest.mark.parametrize("seed", [0, 1])
def test_a_bed_longer_than_its_file_never_plays_a_part_twice_in_a_row(tmp_path: Path, seed: int) -> None:
    recording = noise(10)
    path = write(tmp_path / "a.wav", recording)
    samples, _ = play(path, surveyed(path), part(30 * RATE, seed=seed), Handle())
    assert samples.shape == (1, 30 * RATE)
    step, size = RATE // 4, RATE // 10
    spectrum = np.fft.rfft(recording[0], 2**19)
    places = []  # of each tenth of a second, in the recording
    for at in range(0, 30 * RATE - size, step):
        likeness = np.fft.irfft(spectrum * np.conj(np.fft.rfft(samples[0, at : at + size], 2**19)))
        places.append(int(np.argmax(np.abs(likeness[: 10 * RATE]))))
    assert max(places) - min(places) > 6 * RATE, "most of the file is used"
    one_part = int(PART * 9 * RATE) // step
    for number, place in enumerate(places):
        before = places[max(0, number - one_part) : number]
        assert all(abs(place - other) > size for other in before), f"heard again at {number / 4} s"


def test_a_crossfade_avoids_what_stands_out(tmp_path: Path) -> None:
    recording = noise(2)
    recording[0, 20_000:21_000] *= 20
    path = write(tmp_path / "a.wav", recording)
    assert 21_000 <= _quiet(path, 20_000, 8_000, (0, RATE), Handle()) <= 22_000
    assert 10_000 <= _quiet(path, 13_000, 8_000, (0, RATE), Handle()) <= 12_000


def test_a_bed_takes_the_quiet_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = noise(5)
    path = write(tmp_path / "a.wav", recording)
    monkeypatch.setattr(playing, "_quiet", lambda path, start, *rest: 34_567)
    samples, _ = play(path, surveyed(path), part(10 * RATE), Handle())
    heard, there = samples[0, 1_000:9_000], recording[0, 35_567:43_567]
    assert np.corrcoef(heard, there)[0, 1] > 0.999


def test_crossfades_keep_the_level(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(4))
    samples, _ = play(path, surveyed(path), part(30 * RATE, seed=2), Handle())
    levels = np.sqrt(np.square(samples[0, RATE : 29 * RATE]).reshape(-1, RATE // 10).mean(axis=1))
    assert 20 * np.log10(levels.max() / levels.min()) < 2.0


@given(low=st.integers(0, 1_000), size=st.integers(1, 5_000), spare=st.integers(0, 5_000), data=st.data())
def test_the_next_part_lies_beside_the_two_before(low: int, size: int, spare: int, data: st.DataObject) -> None:
    high = low + 4 * size + spare
    recent = data.draw(st.lists(st.integers(low, high), max_size=2))
    start = _start(low, high, recent, size, np.random.default_rng(data.draw(st.integers(0, 99))))
    assert low <= start <= high
    assert all(abs(start - before) >= size for before in recent)


def test_only_what_is_needed_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.wav", noise(120))
    shape = surveyed(path)
    frames: list[int] = []
    read = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile,
        "read",
        lambda self, n, **k: frames.append(n) or read(self, n, **k),  # type: ignore[func-returns-value]
    )
    play(path, shape, part(RATE), Handle())
    assert sum(frames) <= 1.01 * RATE + REACH_SAMPLES


def test_cancel_stops_at_the_next_check(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(6))
    shape = surveyed(path)
    checks = 0

    def cancelled() -> bool:
        nonlocal checks
        checks += 1
        return checks > 5

    with pytest.raises(Cancelled):
        play(path, shape, part(600 * RATE), Handle(is_cancelled=cancelled))
    assert checks == 6
