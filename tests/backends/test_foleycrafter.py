"""FoleyCrafter's adapters: cues are the mask, the picture is heard, and each rests where it has nothing to go by."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from conformance_checks import spec_of
from tiny import add, auffusion, foleycrafter

from engine.audio import Samples
from engine.backends.auffusion import AuffusionModel
from engine.backends.foleycrafter import FoleyCrafterBackend, FoleyCrafterModel, onset_mask
from engine.backends.neural.backend import NeuralBackend
from engine.backends.neural.device import Device
from engine.backends.neural.model import Wanted
from engine.backends.neural.vocoder import vocoder
from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import BackendFailed, BadArgument, Cancelled, FileUnreadable, WeightsMissing
from engine.handle import Handle
from engine.picture import Picture

CPU = Device(name="cpu")
LENGTH = 40_960
OPTIONS = {"steps": 2.0, "guidance": 7.5, "cue_scale": 1.0, "picture_scale": 1.0}


def settings_in(folder: Path) -> Settings:
    return Settings(models_folder=folder / "models", models_device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    made = tmp_path_factory.mktemp("foley")
    add("foleycrafter", made / "weights", settings_in(made))
    eye = foleycrafter.build_eye(made / "eye")
    Store(settings_in(made)).add(eye, name="clip-vit-h-14", handle=Handle())
    return made


@pytest.fixture(scope="module")
def backend(folder: Path) -> FoleyCrafterBackend:
    return FoleyCrafterBackend(settings_in(folder))


@pytest.fixture(scope="module")
def model(backend: FoleyCrafterBackend) -> FoleyCrafterModel:
    made = backend.load(backend.installed, CPU)
    assert isinstance(made, FoleyCrafterModel)
    return made


@pytest.fixture(scope="module")
def picture(folder: Path) -> Picture:
    """Dark, then bright."""
    path = folder / "scene.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(15))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(30):
            image = np.full((48, 64, 3), 20 if k < 15 else 220, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return Picture(path=str(path), length_seconds=2.0)


def ignore(share: float) -> None:
    """Progress that nobody watches."""


def wanted(seed: int = 1, **keys: Any) -> Wanted:
    told = {"text": "a dog barks", "length_samples": LENGTH, "options": OPTIONS, **keys}
    return Wanted(seed=seed, **told)


def made(model: FoleyCrafterModel, **keys: Any) -> Samples:
    (sound,) = model([wanted(**keys)], ignore)
    return sound


def test_the_mask_is_one_where_something_happens() -> None:
    mask = onset_mask([wanted(onsets_seconds=(0.0, 1.0, 2.55)), wanted()])
    assert mask.shape == (2, 1, 256, 256)
    assert set(mask.unique().tolist()) == {-1.0, 1.0}
    happens = (mask[0, 0] == 1.0).all(dim=0).nonzero()[:, 0].tolist()
    assert happens == [*range(7), *range(100, 107), 255]
    assert bool((mask[1] == -1.0).all())


def test_without_cues_and_picture_it_is_auffusion(backend: FoleyCrafterBackend, model: FoleyCrafterModel) -> None:
    hear = vocoder(backend.drawing.folder / "vocoder")
    plain = AuffusionModel(auffusion_alone(backend), hear, CPU)
    (expected,) = plain([wanted()], ignore)
    assert np.abs(made(model) - expected).max() <= 1e-4 * np.abs(expected).max()


def auffusion_alone(backend: FoleyCrafterBackend) -> Any:
    from engine.backends.auffusion import opened_auffusion

    return opened_auffusion(backend.drawing, CPU)


def test_cues_are_followed_as_strictly_as_asked_for(model: FoleyCrafterModel) -> None:
    none, early, late = made(model), made(model, onsets_seconds=(0.5,)), made(model, onsets_seconds=(2.0,))
    assert not np.allclose(none, early, atol=1e-3)
    assert not np.allclose(early, late, atol=1e-3)
    off = made(model, onsets_seconds=(0.5,), options=OPTIONS | {"cue_scale": 0.0})
    assert np.abs(off - none).max() <= 1e-4 * np.abs(none).max()
    assert np.array_equal(made(model, onsets_seconds=(0.5,)), early)


def test_the_control_is_told_the_cues_as_they_are(model: FoleyCrafterModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both halves of a guided batch: neither scaled nor clipped to colours."""
    told: list[torch.Tensor] = []
    control = model._controlled.controlnet
    looks = control.controlnet_cond_embedding.forward

    def watched(mask: torch.Tensor) -> torch.Tensor:
        told.append(mask)
        seen: torch.Tensor = looks(mask)
        return seen

    monkeypatch.setattr(control.controlnet_cond_embedding, "forward", watched)
    batch = [wanted(onsets_seconds=(0.5,)), wanted(onsets_seconds=(1.5,))]
    model(batch, ignore)
    assert len(told) == 2
    assert torch.equal(told[0], torch.cat([onset_mask(batch)] * 2))


@pytest.mark.parametrize("guidance", [1.0, 7.5])
def test_the_picture_is_heard_as_strongly_as_asked_for(
    model: FoleyCrafterModel, picture: Picture, guidance: float
) -> None:
    options = OPTIONS | {"guidance": guidance}
    none = made(model, options=options)
    seen, weaker, off = (
        made(model, picture=picture, options=options | {"picture_scale": scale}) for scale in (1.0, 0.3, 0.0)
    )
    assert not np.allclose(seen, none, atol=1e-3)
    assert not np.allclose(seen, weaker, atol=1e-3)
    assert np.abs(off - none).max() <= 1e-4 * np.abs(none).max()


def test_what_is_seen_is_the_average_of_the_frames(model: FoleyCrafterModel, picture: Picture) -> None:
    dark, bright = (picture.model_copy(update={"offset_seconds": at, "length_seconds": 1.0}) for at in (0.0, 1.0))
    first, second, whole = model._seen([wanted(picture=each) for each in (dark, bright, picture)], True, ignore)
    assert not torch.allclose(first, second, atol=1e-3)
    assert torch.allclose(whole, (first + second) / 2, atol=1e-4)


def test_a_batch_gives_what_each_alone_gives(model: FoleyCrafterModel, picture: Picture) -> None:
    later = picture.model_copy(update={"offset_seconds": 1.0, "length_seconds": 1.0})
    batch = [
        wanted(1, onsets_seconds=(0.5,), picture=picture),
        wanted(2, onsets_seconds=(1.0, 2.0), picture=later, text="rain"),
    ]
    for each, beside in zip(batch, model(batch, ignore), strict=True):
        (alone,) = model([each], ignore)
        assert np.abs(alone - beside).max() <= 1e-3 * np.abs(alone).max()


def test_progress_rises_and_a_cancel_is_heard_while_it_looks(model: FoleyCrafterModel, picture: Picture) -> None:
    told: list[float] = []
    model([wanted(picture=picture), wanted(2, picture=picture)], told.append)
    assert told == sorted(told)
    assert told[0] < 0.2
    assert told[-2:] == pytest.approx([0.6, 1.0])

    def stop(share: float) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        model([wanted(picture=picture)], stop)


def test_a_scene_comes_from_the_backend_with_its_cues(backend: FoleyCrafterBackend) -> None:
    spec = spec_of(backend, "a dog barks", length=2 * 48_000, params={"steps": 2.0, "cue_scale": 1.0})
    scene = spec.model_copy(update={"onsets_samples": (24_000, 60_000)})
    (take,) = backend.render([scene], Handle())
    assert take.audio.length_samples == 2 * 48_000
    assert take.onset_samples == 0
    (other,) = backend.render([spec.model_copy(update={"onsets_samples": (12_000,)})], Handle())
    assert not np.allclose(take.audio.samples, other.audio.samples, atol=1e-3)


def test_the_terms_of_both_models_hold(backend: FoleyCrafterBackend) -> None:
    licence = backend.capabilities.licence
    assert backend.capabilities.watches
    assert not licence.commercial
    assert "CC-BY-NC-SA-4.0" in licence.name
    assert "Apache-2.0" in licence.name
    assert isinstance(backend, NeuralBackend)


def test_without_what_looks_the_command_is_told(tmp_path: Path, picture: Picture) -> None:
    add("foleycrafter", tmp_path / "weights", settings_in(tmp_path))
    backend = FoleyCrafterBackend(settings_in(tmp_path))
    spec = spec_of(backend, "a dog barks", params={"steps": 1.0}).model_copy(update={"picture": picture})
    with pytest.raises(WeightsMissing, match="cuewright models pull clip-vit-h-14"):
        list(backend.render([spec], Handle()))
    assert list(backend.render([spec.model_copy(update={"params": {"steps": 1.0, "picture_scale": 0.0}})], Handle()))
    eye = foleycrafter.build_eye(tmp_path / "eye", seen=16)
    Store(settings_in(tmp_path)).add(eye, name="clip-vit-h-14", handle=Handle())
    with pytest.raises(BackendFailed, match="features of 24 numbers, and this CLIP makes 16"):
        list(FoleyCrafterBackend(settings_in(tmp_path)).render([spec], Handle()))


def test_without_auffusion_the_command_is_told(folder: Path, tmp_path: Path) -> None:
    own = Store(settings_in(folder)).for_backend("foleycrafter")
    Store(settings_in(tmp_path)).add(own.folder, handle=Handle())
    with pytest.raises(WeightsMissing, match="cuewright models pull auffusion"):
        FoleyCrafterBackend(settings_in(tmp_path)).match("rain")


def test_words_are_not_swapped_here(backend: FoleyCrafterBackend) -> None:
    from engine.backends.base import WordEdit

    with pytest.raises(BadArgument, match="cannot swap words"):
        backend.render_words(spec_of(backend, "rain"), WordEdit(source="rain", target="fire"), Handle())


@pytest.mark.parametrize(
    ("file", "key", "told"),
    [
        ("temporal_adapter.ckpt", "module.conv_in.weight", "temporal_adapter.ckpt lacks 1 tensors, conv_in.weight"),
        ("semantic/semantic_adapter.bin", "1.to_k_ip.weight", "semantic_adapter.bin does not fit this U-Net"),
    ],
)
def test_an_adapter_that_lacks_something_is_told(tmp_path: Path, file: str, key: str, told: str) -> None:
    weights = tmp_path / "weights"
    add("foleycrafter", weights, settings_in(tmp_path))
    path = weights / "foleycrafter" / file
    held = torch.load(path, weights_only=True)
    part = held.get("state_dict", held.get("ip_adapter"))
    del part[key]
    torch.save(held, path)
    Store(settings_in(tmp_path)).add(path.parents[file.count("/")], handle=Handle())
    backend = FoleyCrafterBackend(settings_in(tmp_path))
    with pytest.raises(FileUnreadable, match=told):
        list(backend.render([spec_of(backend, "rain")], Handle()))


def test_an_adapter_of_another_size_is_told(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    add("foleycrafter", weights, settings_in(tmp_path))
    path = weights / "foleycrafter" / "temporal_adapter.ckpt"
    held = torch.load(path, weights_only=True)["state_dict"]
    held["module.conv_in.weight"] = torch.zeros(3, 4, 3, 3)
    torch.save(held, path)
    Store(settings_in(tmp_path)).add(path.parent, handle=Handle())
    backend = FoleyCrafterBackend(settings_in(tmp_path))
    with pytest.raises(FileUnreadable, match=r"temporal_adapter\.ckpt is of another U-Net: .*conv_in"):
        list(backend.render([spec_of(backend, "rain")], Handle()))


def test_widths_are_those_of_the_tiny_ones(model: FoleyCrafterModel) -> None:
    (projection,) = model.pipeline.unet.encoder_hid_proj.image_projection_layers
    assert projection.image_embeds.in_features == foleycrafter.SEEN
    assert projection.image_embeds.out_features == foleycrafter.TOKENS * auffusion.WIDTH
    assert model._controlled.unet is model.pipeline.unet
