"""Folders that are not what they should be: refused with a reason, nothing of them run, and the next job goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conformance_checks import HAPPENS, spec_of
from safetensors.torch import load_file, save_file
from tiny import write

from engine.backends import registry
from engine.backends.neural.backend import NeuralBackend
from engine.backends.neural.device import Device
from engine.backends.neural.residency import RESIDENCE
from engine.backends.stable_audio import StableAudioModel
from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import BackendFailed, CuewrightError, FileUnreadable, PromptTooLong, ResourceError, WeightsMissing
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.results import Take

OF_TEXT = ("stable_audio", "auffusion", "audioldm2", "stable_audio_open")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The tiny checkpoint of a backend, written once."""
    torch.set_num_threads(1)
    made: dict[str, Path] = {}

    def of(name: str) -> Path:
        if name not in made:
            made[name] = write(name, tmp_path_factory.mktemp(name) / name)
        return made[name]

    return of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    RESIDENCE.leave(Device(name="cpu"))
    return Settings(models_folder=tmp_path / "models", models_device="cpu", models_keep_seconds=60.0)


def copied(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "own"))


def backend_of(name: str, folder: Path, settings: Settings) -> NeuralBackend:
    Store(settings).add(folder, handle=Handle())
    made = registry.load(name, settings)
    assert isinstance(made, NeuralBackend)
    return made


def wish(backend: NeuralBackend, words: str = HAPPENS, seed: int = 1) -> TakeSpec:
    return spec_of(backend, words, seed=seed, params={"steps": 2.0})


def rendered(backend: NeuralBackend) -> Take:
    (take,) = backend.render([wish(backend)], Handle())
    return take


@pytest.mark.parametrize("name", OF_TEXT)
def test_a_text_encoder_that_lacks_a_weight_is_refused(
    name: str, whole: Callable[[str], Path], settings: Settings, tmp_path: Path
) -> None:
    """Diffusers itself would make one up."""
    folder = copied(whole(name), tmp_path)
    path = folder / "text_encoder" / "model.safetensors"
    weights = load_file(path)
    del weights[max(weights, key=lambda each: weights[each].numel())]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(FileUnreadable, match=r"lacks \d weights"):
        rendered(backend_of(name, folder, settings))


def numbers(folder: Path, file: str, **told: object) -> None:
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | told))


def other_weights(folder: Path) -> None:
    shutil.copy(folder / "vae" / "diffusion_pytorch_model.safetensors", folder / "unet")


SPOILT: dict[str, Callable[[Path], object]] = {
    "negative": lambda folder: numbers(folder, "unet/config.json", cross_attention_dim=-32),
    "huge": lambda folder: numbers(folder, "vocoder/config.json", upsample_initial_channel=10**12),
    "nonsense": lambda folder: numbers(folder, "text_encoder/config.json", hidden_size="many"),
    "no words for a number": lambda folder: numbers(folder, "tokenizer/tokenizer_config.json", model_max_length=-3),
    "another part's weights": other_weights,
    "half a pickle": lambda folder: (folder / "vocoder" / "vocoder.pt").write_bytes(b"PK\x03\x04half"),
    "no scheduler": lambda folder: shutil.rmtree(folder / "scheduler"),
    "code of its own": lambda folder: own_code(folder, ["own_pipeline", "Own"]),
    "code of its own in a part": lambda folder: own_code(folder, "StableDiffusionPipeline", unet=["own_part", "Own"]),
}


def own_code(folder: Path, kind: object, **parts: object) -> None:
    program = f"from pathlib import Path\nPath({str(folder.parent / 'it-ran')!r}).touch()\nclass Own: pass\n"
    for place in (folder / "own_pipeline.py", folder / "unet" / "own_part.py"):
        place.write_text(program)
    numbers(folder, "model_index.json", _class_name=kind, **parts)


@pytest.mark.parametrize("spoil", SPOILT)
def test_what_is_wrong_is_told_and_nothing_of_it_is_run(
    spoil: str, whole: Callable[[str], Path], settings: Settings, tmp_path: Path
) -> None:
    folder = copied(whole("auffusion"), tmp_path)
    SPOILT[spoil](folder)
    with pytest.raises(CuewrightError) as caught:
        rendered(backend_of("auffusion", folder, settings))
    assert caught.value.code in ("backend_failed", "file_unreadable", "resource", "weights_missing")
    assert len(caught.value.sentence) > 30
    assert caught.value.field
    assert not (tmp_path / "it-ran").exists()


class Program:
    """What a pickle can do to whoever opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("part", ["unet", "text_encoder", "vocoder"])
def test_a_pickle_that_is_a_program_never_runs(
    part: str, whole: Callable[[str], Path], settings: Settings, tmp_path: Path
) -> None:
    folder = copied(whole("auffusion"), tmp_path)
    (old,) = (path for path in (folder / part).iterdir() if path.suffix in (".safetensors", ".pt"))
    name = {"unet": "diffusion_pytorch_model.bin", "vocoder": "vocoder.pt"}
    old.unlink()
    torch.save({"a": Program(tmp_path / "it-ran")}, folder / part / name.get(part, "pytorch_model.bin"))
    with pytest.raises(CuewrightError):
        rendered(backend_of("auffusion", folder, settings))
    assert not (tmp_path / "it-ran").exists()


def test_a_model_that_goes_or_changes_while_the_engine_runs(
    whole: Callable[[str], Path], settings: Settings, tmp_path: Path
) -> None:
    folder = copied(whole("stable_audio"), tmp_path)
    backend = backend_of("stable_audio", folder, settings)
    first, before = rendered(backend), backend.version
    running = backend.render([wish(backend, seed=seed) for seed in range(6)], Handle())
    next(running)
    Store(settings).remove("stable-audio-3-small-sfx")
    assert len(list(running)) == 5, "what is being rendered goes on"
    with pytest.raises(WeightsMissing, match="models pull stable-audio-3-small-sfx"):
        rendered(backend)
    numbers(folder, "scheduler/scheduler_config.json", note="another version")
    Store(settings).add(folder, handle=Handle())
    assert backend.version != before
    assert np.array_equal(rendered(backend).audio.samples, first.audio.samples)
    (folder / "vae" / "config.json").unlink()
    RESIDENCE.leave(Device(name="cpu"))
    with pytest.raises(WeightsMissing, match=r"vae/config\.json of stable-audio-3-small-sfx is missing"):
        rendered(backend)


FAILS = (
    (torch.OutOfMemoryError("CUDA out of memory."), ResourceError, "ask for shorter sounds"),
    (RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"), ResourceError, "ask for shorter sounds"),
    (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), BackendFailed, "may not belong together"),
    (IndexError("index out of range in self"), BackendFailed, "models verify stable-audio-3-small-sfx"),
)


def test_what_fails_within_the_model(
    whole: Callable[[str], Path], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = backend_of("stable_audio", whole("stable_audio"), settings)
    raised: list[Exception] = []

    def fails(*arguments: object) -> None:
        raise raised[-1]

    with monkeypatch.context() as patch:
        patch.setattr(StableAudioModel, "__call__", fails)
        for cause, error, told in FAILS:
            raised.append(cause)
            with pytest.raises(error, match=told) as caught:
                rendered(backend)
            assert caught.value.field in ("duration", "backend")
    assert rendered(backend).audio.peak > 0, "the next job sounds"


def test_a_model_that_makes_no_numbers(whole: Callable[[str], Path], settings: Settings, tmp_path: Path) -> None:
    folder = copied(whole("stable_audio"), tmp_path)
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    save_file({name: each * float("nan") for name, each in load_file(path).items()}, path, metadata={"format": "pt"})
    with pytest.raises(BackendFailed, match="no numbers"):
        rendered(backend_of("stable_audio", folder, settings))


def test_any_words_are_taken_or_told(whole: Callable[[str], Path], settings: Settings) -> None:
    backend = backend_of("auffusion", whole("auffusion"), settings)
    for words in ("гром", "犬が吠える", "🔔 колокол", "e\u0301\u200d door", "line\nline\ttab"):
        (take,) = backend.render([wish(backend, words)], Handle())
        assert take.audio.peak > 0, words
    with pytest.raises(PromptTooLong, match="say it shorter"):
        list(backend.render([wish(backend, "x" * 300)], Handle()))
    assert backend.match("🔔 !? …") == ()
