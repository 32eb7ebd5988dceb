"""How well denoisers do, on 48 kinds of noisy sound drawn anew, beside every peer that is installed."""

from engine.evaluation.denoise_bench.measure import DenoiseReport, DenoiseRow, measure_denoise

__all__ = ["DenoiseReport", "DenoiseRow", "measure_denoise"]
