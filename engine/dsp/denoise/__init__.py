"""Noise taken away: five filters with one face, see each one's own words; ``denoise`` is the best of them."""

from engine.dsp.denoise.decision_directed import wiener
from engine.dsp.denoise.gate import spectral_gate
from engine.dsp.denoise.multires import denoise
from engine.dsp.denoise.subtraction import spectral_subtraction
from engine.dsp.denoise.wavelets import wavelet

__all__ = ["denoise", "spectral_gate", "spectral_subtraction", "wavelet", "wiener"]
