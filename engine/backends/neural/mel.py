"""Sound as the picture that Auffusion's diffusion model draws, and back to the spectrogram its vocoder reads.

A mel spectrogram of 256 bands up to 8 kHz, 100 columns a second, in natural logarithms, brought to 0 to 1 and turned
upside down, in three equal channels. It knows no diffusion.

Source: Auffusion (arXiv 2401.01044), whose mel is that of HiFi-GAN (arXiv 2010.05646).
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

SAMPLE_RATE_HZ = 16_000
FFT, WINDOW, HOP, BANDS = 2_048, 1_024, 160, 256
HIGHEST_HZ = 8_000.0
PEAK = 0.95
"""Sound is brought to this peak before it is looked at."""
_LOWEST, _HIGHEST = math.log(1e-5), math.log(200.0)
_SMALL = 1e-9


@cache
def _filters() -> torch.Tensor:
    """``(bands, bins)``: triangles of equal area on Slaney's mel scale."""
    import torch
    from transformers.audio_utils import mel_filter_bank

    bank = mel_filter_bank(FFT // 2 + 1, BANDS, 0.0, HIGHEST_HZ, SAMPLE_RATE_HZ, norm="slaney", mel_scale="slaney")
    return torch.from_numpy(bank.T).float()


def log_mel(sound: torch.Tensor) -> torch.Tensor:
    """Natural logarithms of the mel spectrogram: ``(batch, samples)`` to ``(batch, bands, samples // hop)``."""
    import torch

    reach = (FFT - HOP) // 2
    padded = torch.nn.functional.pad(sound[:, None], (reach, reach), mode="reflect")[:, 0]
    window = torch.hann_window(WINDOW, device=sound.device)
    spectrum = torch.stft(padded, FFT, HOP, WINDOW, window, center=False, return_complex=True)
    magnitude = torch.sqrt(spectrum.real.square() + spectrum.imag.square() + _SMALL)
    return torch.log(torch.clamp(_filters().to(sound.device) @ magnitude, min=1e-5))


def picture(mel: torch.Tensor) -> torch.Tensor:
    """``(batch, bands, columns)`` to ``(batch, 3, bands, columns)`` of 0 to 1, high notes on top."""
    drawn = ((mel - _LOWEST) / (_HIGHEST - _LOWEST)).clamp(0.0, 1.0).flip(1)
    return drawn[:, None].repeat(1, 3, 1, 1)


def spectrogram(drawn: torch.Tensor) -> torch.Tensor:
    """The first channel of a picture as logarithms again: the inverse of :func:`picture`."""
    return drawn[:, 0].flip(1) * (_HIGHEST - _LOWEST) + _LOWEST
