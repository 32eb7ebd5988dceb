"""Diffusion backends on tiny checkpoints, from a request to its files: plans in batches, edits, licences, refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio import Samples
from engine.backends.neural.model import OnStep, Wanted
from engine.backends.stable_audio import StableAudioModel
from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import BackendFailed, BadArgument, CuewrightError, WeightsMissing
from engine.handle import Handle
from engine.render.studio import Studio
from engine.request import EditRequest, GenerateRequest, Job
from engine.results import JobResult
from engine.session import Session
from engine.stems.manifest import read_manifest

RATE = 48_000


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory, tiny: Callable[[str, Path], Path]) -> Path:
    """A models folder with two models."""
    folder = tmp_path_factory.mktemp("models")
    store = Store(Settings(models_folder=folder))
    for backend in ("stable_audio", "auffusion"):
        store.add(tiny(backend, tmp_path_factory.mktemp("weights") / backend), handle=Handle())
    return folder


@pytest.fixture
def settings(checkpoints: Path, tmp_path: Path) -> Settings:
    return Settings(
        models_folder=checkpoints,
        models_device="cpu",
        roots=(tmp_path,),
        data_folder=tmp_path / "data",
        cache_folder=tmp_path / "cache",
    )


def run(settings: Settings, request: GenerateRequest | EditRequest, handle: Handle = Handle()) -> JobResult:  # noqa: B008
    verb = "edit" if isinstance(request, EditRequest) else "generate"
    job = Job(id="j1", verb=verb, request=request, session=Session(), created="2026-01-01T00:00:00Z")
    return Studio(settings).run(job, handle)


def test_a_plan_goes_through_the_model_in_batches(settings: Settings, tmp_path: Path) -> None:
    told: list[float] = []
    request = GenerateRequest(
        prompt="a heavy wooden door slams, then glass breaks, then a dog barks",
        folder=str(tmp_path / "out"),
        backend="stable_audio",
        takes=2,
        seed=1,
    )
    result = run(settings, request, Handle(on_progress=lambda fraction, stage: told.append(fraction)))
    assert len(result.stems) == 6
    assert told == sorted(told)
    assert len({round(fraction, 6) for fraction in told if 0.05 < fraction < 0.85}) > 12, "a step at a time"
    for stem in result.stems:
        assert stem.licence.name == "Stability-AI-Community AND Gemma"
        sound, rate = soundfile.read(stem.path)
        assert rate == RATE
        assert np.abs(sound).max() > 0.01
    manifest = read_manifest(Path(result.manifest))
    assert manifest.stems[0].licence.name == "Stability-AI-Community AND Gemma"
    versions = {spec.backend_version for event in manifest.plan.events for spec in event.takes}
    assert versions == {f"1+{Store(settings).for_backend('stable_audio').revision[:12]}"}


def test_what_must_be_safe_to_deliver_refuses_by_name(settings: Settings, tmp_path: Path) -> None:
    request = GenerateRequest(prompt="glass breaks", folder=str(tmp_path), backend="auffusion", delivery_safe=True)
    with pytest.raises(BadArgument, match=r"auffusion .*CC-BY-NC-SA") as caught:
        run(settings, request)
    assert caught.value.field == "delivery_safe"


def test_without_weights_the_command_is_told_and_other_backends_work(settings: Settings, tmp_path: Path) -> None:
    request = GenerateRequest(prompt="glass breaks", folder=str(tmp_path / "out"), backend="audioldm2")
    with pytest.raises(WeightsMissing, match="cuewright models pull audioldm2"):
        run(settings, request)
    assert run(settings, request.model_copy(update={"backend": "procedural"})).stems


def test_a_text_beyond_the_encoder_is_told(settings: Settings, tmp_path: Path) -> None:
    words = "an " + "extraordinarily " * 10 + "heavy door slams"  # letters are tokens to this tokenizer
    with pytest.raises(CuewrightError, match="reads 77 tokens"):
        run(settings, GenerateRequest(prompt=words, folder=str(tmp_path), backend="auffusion"))


def test_what_is_doubtful_about_a_take_reaches_the_user(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = StableAudioModel.__call__

    def warning(self: StableAudioModel, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        for each in wanted:
            each.warn(f"{each.text} may be too long.")
        return make(self, wanted, on_step)

    monkeypatch.setattr(StableAudioModel, "__call__", warning)
    request = GenerateRequest(prompt="glass breaks", folder=str(tmp_path / "out"), backend="stable_audio", takes=2)
    for _ in range(2):  # the second time they come from the cache
        result = run(settings, request)
        assert result.warnings == ("glass breaks may be too long.",)
        assert read_manifest(Path(result.manifest)).warnings == result.warnings


def recorded(tmp_path: Path, channels: int = 2, seconds: int = 2) -> tuple[Path, np.ndarray]:
    sound = 0.1 * np.random.default_rng(0).standard_normal((seconds * RATE, channels))
    path = tmp_path / "a.wav"
    soundfile.write(path, sound, RATE, subtype="PCM_24")
    return path, soundfile.read(path, dtype="int32", always_2d=True)[0]


@pytest.mark.parametrize("backend", ["stable_audio", "auffusion"])
@pytest.mark.parametrize("do", ["fill text='glass breaks'", "restyle text='glass breaks' strength=0.7"])
def test_outside_the_selection_no_bit_changes(settings: Settings, tmp_path: Path, backend: str, do: str) -> None:
    path, old = recorded(tmp_path)
    request = EditRequest(audio=str(path), do=do, selection_start=0.5, selection_length=0.6, backend=backend, seed=3)
    result = run(settings, request)
    (stem,) = result.stems
    new = soundfile.read(stem.path, dtype="int32", always_2d=True)[0]
    start, end = RATE // 2, RATE // 2 + round(0.6 * RATE)
    assert new.shape == old.shape
    assert np.array_equal(new[:start], old[:start])
    assert np.array_equal(new[end:], old[end:])
    inside = (new[start:end] != old[start:end]).any(axis=1)
    assert inside[480:-480].mean() > 0.99
    licence = Store(settings).for_backend(backend).licence
    assert stem.licence.name == f"LicenseRef-original AND {licence.name}"
    assert stem.licence.commercial == licence.commercial


def test_a_sound_goes_on_by_a_model(settings: Settings, tmp_path: Path) -> None:
    path, old = recorded(tmp_path)
    request = EditRequest(audio=str(path), do="extend length_seconds=3 text=rain", backend="stable_audio", seed=3)
    (stem,) = run(settings, request).stems
    new = soundfile.read(stem.path, dtype="int32", always_2d=True)[0]
    assert len(new) == 3 * RATE
    assert np.array_equal(new[: 2 * RATE - RATE // 100], old[: 2 * RATE - RATE // 100])
    assert np.abs(new[2 * RATE :]).max() > 0


def test_a_sound_longer_than_the_model_hears_is_varied_and_its_progress_told(
    settings: Settings, tmp_path: Path
) -> None:
    path, old = recorded(tmp_path, channels=1, seconds=12)
    request = EditRequest(audio=str(path), do="restyle text='glass breaks' strength=0.7", backend="auffusion", seed=3)
    told: list[float] = []
    (stem,) = run(settings, request, Handle(on_progress=lambda fraction, stage: told.append(fraction))).stems
    new = soundfile.read(stem.path, dtype="int32", always_2d=True)[0]
    assert new.shape == old.shape
    assert np.abs(new.reshape(12, -1)).max(axis=1).min() > 0, "it sounds to its end"
    assert told == sorted(told)
    assert len({round(fraction, 6) for fraction in told}) > 12, "a step at a time"


def test_single_words_of_a_sound_are_changed(settings: Settings, tmp_path: Path) -> None:
    path, old = recorded(tmp_path)
    do = "restyle text='heavy metal door' was='heavy wooden door' weights=metal:1.5"
    request = EditRequest(audio=str(path), do=do, backend="auffusion", seed=3)
    (stem,) = run(settings, request).stems
    new = soundfile.read(stem.path, dtype="int32", always_2d=True)[0]
    assert new.shape == old.shape
    assert (new != old).any(axis=1).mean() > 0.99
    with pytest.raises(BadArgument, match="cannot change single words"):
        run(settings, request.model_copy(update={"backend": "stable_audio"}))
    with pytest.raises(BadArgument, match="glass"):
        run(settings, request.model_copy(update={"do": do.replace("metal:1.5", "glass:1.5")}))


def test_damaged_weights_are_told_and_the_next_job_runs(
    settings: Settings, tmp_path: Path, tiny: Callable[[str, Path], Path]
) -> None:
    folder = tiny("stable_audio", tmp_path / "weights")
    own = settings.model_copy(update={"models_folder": tmp_path / "own"})
    Store(own).add(folder, handle=Handle())
    damaged = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    damaged.write_bytes(b"\xff" * damaged.stat().st_size)
    request = GenerateRequest(prompt="glass breaks", folder=str(tmp_path / "out"), backend="stable_audio")
    with pytest.raises(BackendFailed, match="cuewright models verify stable-audio-3-small-sfx"):
        run(own, request)
    assert any("diffusion_pytorch_model" in line for line in Store(own).verify("stable-audio-3-small-sfx", Handle()))
    damaged.write_bytes(b"short")
    with pytest.raises(WeightsMissing, match=r"diffusion_pytorch_model\.safetensors"):
        run(own, request)
    damaged.unlink()
    with pytest.raises(WeightsMissing, match=r"diffusion_pytorch_model\.safetensors"):
        run(own, request)
    assert run(own, request.model_copy(update={"backend": "procedural"})).stems


def test_restyle_without_a_model_says_what_to_name(settings: Settings, tmp_path: Path) -> None:
    path, _ = recorded(tmp_path)
    with pytest.raises(BadArgument, match="name one with backend") as caught:
        run(settings, EditRequest(audio=str(path), do="restyle text='glass breaks'"))
    assert caught.value.field == "backend"
    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix == ".wav") == ["a.wav"]
