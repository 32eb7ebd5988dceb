"""What a card does, on the processor: numbers of 16 bits, and parts that come when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from conformance_checks import HAPPENS, spec_of
from tiny import BACKENDS, OWN_SUITE, add, audio_agent

from engine.audio import Audio
from engine.backends import registry
from engine.backends.auffusion import AuffusionBackend
from engine.backends.base import WordEdit
from engine.backends.neural.backend import NeuralBackend
from engine.backends.neural.device import Device
from engine.backends.neural.residency import RESIDENCE
from engine.backends.weights import Store
from engine.config import Settings
from engine.handle import Handle

TOLERANCE = 0.05
"""Of the peak, in bfloat16: eight bits of mantissa round 65,536 times coarser than 24, and a sampler carries it on."""
FEW = {"steps": 2.0}


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], NeuralBackend]:
    torch.set_num_threads(1)
    settings = Settings(models_folder=tmp_path_factory.mktemp("models"), models_device="cpu", models_keep_seconds=0)
    known: set[str] = set()

    def made(name: str) -> NeuralBackend:
        if name not in known:
            folder = tmp_path_factory.mktemp(name)
            if name in OWN_SUITE:
                add("auffusion", folder, settings)
                audio_agent.build(folder / "own")
                Store(settings).add(folder / "own", handle=Handle())
            else:
                add(name, folder, settings)
            known.add(name)
        backend = registry.load(name, settings)
        assert isinstance(backend, NeuralBackend)
        return backend

    return made


@pytest.fixture
def _card(monkeypatch: pytest.MonkeyPatch) -> None:
    RESIDENCE.leave(Device(name="cpu"))
    monkeypatch.setattr(Device, "dtype", property(lambda self: torch.bfloat16))


def watched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pipelines that are settled."""
    pipelines: list[Any] = []
    settle = Device.settle

    def seen(self: Device, pipeline: Any) -> Any:
        pipelines.append(pipeline)
        return settle(self, pipeline)

    monkeypatch.setattr(Device, "settle", seen)
    return pipelines


def heard(samples: np.ndarray) -> bool:
    return bool(np.isfinite(samples).all() and np.abs(samples).max() > 1e-4)


@pytest.mark.usefixtures("_card")
@pytest.mark.parametrize(("name", "small"), [("stable_audio", False), *((n, True) for n in (*BACKENDS, *OWN_SUITE))])
def test_everything_works_there(
    name: str, small: bool, backends: Callable[[str], NeuralBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "free_bytes", lambda self: 1_000 if small else None)
    backend, pipelines = backends(name), watched(monkeypatch)
    specs = [spec_of(backend, HAPPENS, seed=seed, channels=2, params=FEW) for seed in (1, 2)]
    both = [take.audio.samples for take in backend.render(specs, Handle())]
    (alone,) = (take.audio.samples for take in backend.render(specs[1:], Handle()))
    assert all(map(heard, both))
    assert np.abs(both[1][:, : alone.shape[1]] - alone[:, : both[1].shape[1]]).max() <= TOLERANCE * np.abs(alone).max()
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 24_000)).astype(np.float32)
    sound = Audio(samples=noise, sample_rate_hz=48_000)
    if "vary" in backend.changes:
        assert heard(backend.change(sound, (), specs[0], Handle()).samples)
    if "parts" in backend.changes:
        assert heard(backend.change(sound, [(4_800, 9_600)], specs[0], Handle()).samples)
    if isinstance(backend, AuffusionBackend) and "words" in backend.changes:
        edit = WordEdit(source=HAPPENS, target="knocking on a heavy door")
        assert heard(backend.render_words(specs[0], edit, Handle()).audio.samples)
    (pipeline, *_) = pipelines
    drawing = pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer
    assert {value.dtype for value in drawing.parameters()} == {torch.bfloat16}
    sounding = pipeline.vocoder if hasattr(pipeline, "vocoder") else pipeline.vae
    if not isinstance(backend, AuffusionBackend):  # its pictures are heard by a vocoder of their own
        assert {value.dtype for value in sounding.parameters()} == {torch.float32}, "what it rounds is heard"
    assert hasattr(drawing, "_hf_hook") is small, "accelerate's, that brings a part and takes it back"


def test_a_card_of_before_2020_computes_in_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert Device(name="cuda").dtype == torch.float32
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True)
    assert Device(name="cuda").dtype == torch.bfloat16
    assert Device(name="mps").dtype == Device(name="cpu").dtype == torch.float32
