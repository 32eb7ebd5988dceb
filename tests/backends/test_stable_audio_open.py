"""Stable Audio Open's sampler: it opens without the library of the published one, and tells the model its noise."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import add

from engine.backends.neural.device import Device
from engine.backends.neural.model import Wanted
from engine.backends.stable_audio_open import SAMPLE_RATE_HZ, StableAudioOpenBackend
from engine.backends.weights import Store
from engine.config import Settings

STEPS, HIGHEST, LOWEST = 6, 500.0, 0.3
"""As it is published."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    torch.set_num_threads(1)
    settings = Settings(models_folder=tmp_path_factory.mktemp("models"), models_device="cpu")
    add("stable_audio_open", tmp_path_factory.mktemp("weights"), settings)
    installed = Store(settings).for_backend("stable_audio_open")
    index = (installed.folder / "model_index.json").read_text()
    assert "CosineDPMSolverMultistepScheduler" in index, "as it is published"
    return StableAudioOpenBackend(settings).load(installed, Device(name="cpu"))


def levels() -> list[float]:
    """Noise levels, equal steps apart in their logarithm."""
    return np.geomspace(HIGHEST, LOWEST, STEPS).tolist()


def test_the_model_is_told_its_noise_as_in_training(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    transformer = model._pipeline.transformer
    forward = transformer.forward

    def seen(hidden_states: torch.Tensor, timestep: torch.Tensor, *more: Any, **keys: Any) -> Any:
        told.append(float(timestep[0]))
        return forward(hidden_states, timestep, *more, **keys)

    monkeypatch.setattr(transformer, "forward", seen)
    options = {"steps": float(STEPS), "guidance": 1.0}
    wanted = Wanted(text="a door slams", seed=1, length_samples=SAMPLE_RATE_HZ // 4, options=options)
    model([wanted], lambda share: None)
    assert told == pytest.approx([2 / math.pi * math.atan(level) for level in levels()], abs=1e-5)


@pytest.mark.parametrize(("steps", "away"), [(25, 0.1), (100, 0.05)])
def test_a_model_of_plain_noise_is_sampled_to_its_end(model: Any, steps: int, away: float) -> None:
    """Of data of unit variance the best guess is x / (1 + level^2), a prediction of 0; it leaves x as loud as data."""
    solver = model._pipeline.scheduler
    solver.set_timesteps(steps)
    sample = torch.full((1, 4, 8), 3.0) * solver.init_noise_sigma
    for time in solver.timesteps:
        solver.scale_model_input(sample, time)
        sample = solver.step(torch.zeros_like(sample), time, sample).prev_sample
    assert sample.flatten().tolist() == pytest.approx([3.0] * 32, rel=away)


def test_where_the_sampler_comes_from(model: Any) -> None:
    config = model._pipeline.scheduler.config
    assert (config.sigma_max, config.sigma_min, config.sigma_data) == (HIGHEST, LOWEST, 1.0)
    assert (config.sigma_schedule, config.prediction_type) == ("exponential", "v_prediction")
    assert Path(model._pipeline.config._name_or_path).is_dir()
