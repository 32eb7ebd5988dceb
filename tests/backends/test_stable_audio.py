"""Stable Audio 3's three pipelines: how far a sound is varied, which frames are made anew, the last sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import add

from engine.audio import Samples
from engine.backends.neural.device import Device
from engine.backends.neural.model import Wanted
from engine.backends.stable_audio import SAMPLE_RATE_HZ, StableAudioBackend, StableAudioModel
from engine.backends.weights import Store
from engine.config import Settings

LENGTH = SAMPLE_RATE_HZ // 4
OPTIONS = {"steps": 2.0, "guidance": 1.0, "strength": 0.5}
OLD = np.random.default_rng(0).normal(0, 0.1, (2, LENGTH)).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> StableAudioModel:
    torch.set_num_threads(1)
    settings = Settings(models_folder=tmp_path_factory.mktemp("models"), models_device="cpu")
    add("stable_audio", tmp_path_factory.mktemp("weights"), settings)
    installed = Store(settings).for_backend("stable_audio")
    made = StableAudioBackend(settings).load(installed, Device(name="cpu"))
    assert isinstance(made, StableAudioModel)
    return made


def made(model: StableAudioModel, **keys: object) -> Samples:
    told = {"text": "a door slams", "seed": 1, "length_samples": LENGTH, "options": OPTIONS}
    (sound,) = model([Wanted(**(told | keys))], lambda share: None)
    return sound


def test_less_strength_stays_nearer_to_what_was_there(model: StableAudioModel) -> None:
    def latent_of(sound: Samples) -> torch.Tensor:
        with torch.no_grad():
            latents: torch.Tensor = model._text.vae.encode(torch.from_numpy(sound)[None]).latents
        return latents

    little, much, all_of_it = (
        made(model, start=OLD, options=OPTIONS | {"strength": strength}) for strength in (0.01, 0.5, 1.0)
    )
    words = made(model)
    assert np.abs(all_of_it - words).max() < 1e-5, "all of it is noise, as without a sound"
    assert np.abs(much - words).max() > 1e-3
    assert np.abs(little - much).max() > 1e-3
    apart = [float((latent_of(sound) - latent_of(words)).norm()) for sound in (little, much)]
    assert apart[0] > apart[1], "the less, the further from what the words alone make"


def test_frames_that_a_span_touches_are_made_anew(model: StableAudioModel, monkeypatch: pytest.MonkeyPatch) -> None:
    masks: list[torch.Tensor] = []
    parts = model._parts

    def seen(**keys: object) -> object:
        mask = keys["mask"]
        assert isinstance(mask, torch.Tensor)
        masks.append(mask)
        return parts(**keys)

    monkeypatch.setattr(model, "_parts", seen)
    frame = model._text.vae.downsampling_ratio
    made(model, start=OLD, spans=((frame, 2 * frame), (3 * frame + 1, 4 * frame + 1)))
    (mask,) = masks
    assert mask.shape == (1, 1, -(-LENGTH // frame))
    assert [place for place, kept in enumerate(mask[0, 0].tolist()) if not kept] == [1, 3, 4]


def test_the_last_sample_is_made_too(model: StableAudioModel) -> None:
    """Seconds are rounded on the way to samples: one less, and silence would stand for it."""
    length = next(n for n in range(LENGTH, 2 * LENGTH) if int(n / SAMPLE_RATE_HZ * SAMPLE_RATE_HZ) < n)
    sound = made(model, length_samples=length)
    assert sound.shape == (2, length)
    assert sound[:, -1].all()
