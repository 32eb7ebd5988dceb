"""The picture of a sound: against the same worked out with numpy and librosa's filters, and back again."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from engine.backends.neural import mel


def sound(seconds: float = 1.28) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    rng = np.random.default_rng(0)
    t = np.arange(round(seconds * 16_000)) / 16_000
    made = np.sin(2 * np.pi * 440 * t) * np.exp(-3 * t) + 0.01 * rng.standard_normal(t.size)
    made[8_000:12_000] = 0.0
    return 0.95 * made / np.abs(made).max()


def test_it_equals_the_published_definition() -> None:
    """16 kHz, 2048 points, Hann of 1024 in their middle, 160 apart, padded by 944 each side, magnitudes, ln."""
    heard = sound()
    padded = np.pad(heard, 944, mode="reflect")
    window = np.zeros(2_048)
    window[512:1536] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1_024) / 1_024)
    frames = np.stack([padded[k : k + 2_048] for k in range(0, padded.size - 2_047, 160)])
    magnitude = np.sqrt(np.abs(np.fft.rfft(frames * window)) ** 2 + 1e-9)
    bank = librosa.filters.mel(sr=16_000, n_fft=2_048, n_mels=256, fmin=0, fmax=8_000)
    expected = np.log(np.maximum(bank @ magnitude.T, 1e-5))
    assert expected.shape == (256, heard.size // 160)
    made = mel.log_mel(torch.from_numpy(heard.astype(np.float32))[None])[0].numpy()
    assert made.shape == expected.shape
    assert np.abs(made - expected).max() < 1e-3
    assert np.abs(made - expected).mean() < 2e-5


def test_a_picture_and_back() -> None:
    heard = torch.from_numpy(sound().astype(np.float32))[None]
    logs = mel.log_mel(heard)
    drawn = mel.picture(logs)
    assert drawn.shape == (1, 3, 256, 128)
    assert torch.equal(drawn[:, 0], drawn[:, 2])
    assert 0.0 <= float(drawn.min()) < float(drawn.max()) <= 1.0
    assert float((mel.spectrogram(drawn) - logs).abs().max()) < 1e-5


def test_high_is_up_and_time_goes_right() -> None:
    t = torch.arange(16_000) / 16_000
    high = torch.sin(2 * torch.pi * 6_000 * t) * (t > 0.5)
    drawn = mel.picture(mel.log_mel(high[None]))[0, 0]
    loudest = int(drawn[:, 75].argmax())
    assert loudest < 40, "of 256 rows"
    assert float(drawn[loudest, 75]) > 3 * float(drawn[loudest, 25]), "silence is dark"


@pytest.mark.parametrize(("logarithm", "shade"), [(np.log(1e-5), 0.0), (np.log(200.0), 1.0), (np.log(1e4), 1.0)])
def test_the_shades(logarithm: float, shade: float) -> None:
    drawn = mel.picture(torch.full((1, 256, 8), float(logarithm)))
    assert torch.allclose(drawn, torch.full_like(drawn, shade), atol=1e-6)


@pytest.mark.parametrize("at", [1_000, 5_123, 9_999])
def test_a_column_is_where_its_samples_are(at: int) -> None:
    """So that the columns of a span are those of its samples, without an offset."""
    click = torch.zeros(1, 16_000)
    click[0, at] = 0.95
    energy = mel.log_mel(click).exp().sum(dim=(0, 1))
    centre = float((energy * torch.arange(100)).sum() / energy.sum())
    assert centre == pytest.approx((at - 80) / 160, abs=0.5)
