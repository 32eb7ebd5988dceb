"""Auffusion's backend: words, sounds varied, spots and other words, each through diffusers' own pipeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from conformance_checks import best, spec_of
from tiny import write

from engine.audio import Audio, Samples
from engine.backends.auffusion import AuffusionBackend, AuffusionModel, columns
from engine.backends.base import WordEdit
from engine.backends.neural import mel
from engine.backends.neural.device import Device
from engine.backends.neural.model import Wanted
from engine.backends.registry import Backends
from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import BackendFailed, BadArgument, Cancelled, FileUnreadable, PromptTooLong
from engine.handle import Handle
from engine.planning.presets import Presets
from engine.planning.sounds import Sounds

CPU = Device(name="cpu")
LENGTH = 40_960
OPTIONS = {"steps": 3.0, "guidance": 7.5, "strength": 0.7}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    torch.set_num_threads(1)
    made = Settings(models_folder=tmp_path_factory.mktemp("models"), models_device="cpu")
    Store(made).add(write("auffusion", tmp_path_factory.mktemp("weights") / "auffusion"), handle=Handle())
    return made


@pytest.fixture(scope="module")
def backend(settings: Settings) -> AuffusionBackend:
    return AuffusionBackend(settings)


@pytest.fixture(scope="module")
def model(backend: AuffusionBackend) -> AuffusionModel:
    made = backend.load(backend.installed, CPU)
    assert isinstance(made, AuffusionModel)
    return made


def noise(seed: int = 0) -> Samples:
    made: Samples = (0.1 * np.random.default_rng(seed).standard_normal((1, LENGTH))).astype(np.float32)
    return made


def wanted(text: str = "a dog barks", seed: int = 1, **keys: object) -> Wanted:
    told: dict[str, object] = {"text": text, "seed": seed, "length_samples": LENGTH, "options": OPTIONS, **keys}
    return Wanted(**told)  # type: ignore[arg-type]


def ignore(share: float) -> None:
    """Progress that nobody watches."""


def test_three_pipelines_share_one_set_of_weights(model: AuffusionModel) -> None:
    for part in ("unet", "vae", "text_encoder"):
        assert getattr(model._vary, part) is getattr(model.pipeline, part)
        assert getattr(model._parts, part) is getattr(model.pipeline, part)
    for pipeline in (model.pipeline, model._vary, model._parts):
        assert pipeline.safety_checker is None
        assert type(pipeline.scheduler).__name__ == "DPMSolverMultistepScheduler"


@pytest.mark.parametrize("task", ["text", "vary", "parts"])
def test_each_task_tells_every_step_and_stops_within_one(model: AuffusionModel, task: str) -> None:
    keys: dict[str, object] = {} if task == "text" else {"start": noise()}
    if task == "parts":
        keys["spans"] = ((8_000, 16_000),)
    told: list[float] = []
    (sound,) = model([wanted(**keys)], told.append)
    assert sound.shape == (1, LENGTH)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    steps = 2 if task == "vary" else 3  # of three steps 0.7
    assert told == pytest.approx([(step + 1) / steps for step in range(steps)])
    calls = 0

    def stop(share: float) -> None:
        nonlocal calls
        calls += 1
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        model([wanted(**keys)], stop)
    assert calls == 1
    (again,) = model([wanted(**keys)], ignore)
    assert np.array_equal(again, sound), "a cancel leaves nothing behind"


@pytest.mark.parametrize("keys", [{}, {"start": True}, {"start": True, "spans": ((8_000, 16_000),)}])
def test_a_batch_gives_what_each_alone_gives(model: AuffusionModel, keys: dict[str, object]) -> None:
    batch = [
        wanted(text, seed, **(keys | ({"start": noise(seed)} if "start" in keys else {})))
        for seed, text in enumerate(("a dog barks", "rain", "heavy rain on glass"))
    ]
    together = model(batch, ignore)
    for each, beside in zip(batch, together, strict=True):
        (alone,) = model([each], ignore)
        assert np.abs(alone - beside).max() <= 1e-3 * np.abs(alone).max()


def test_a_spot_is_drawn_anew_and_the_rest_stays_up_to_the_vae(
    model: AuffusionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Latents outside of the mask are those of the old sound exactly; the spot follows words and seed."""
    latents: list[torch.Tensor] = []
    decode = model.pipeline.vae.decode

    def kept(drawn: torch.Tensor, *arguments: object, **keys: object) -> object:
        latents.append(drawn * model.pipeline.vae.config.scaling_factor)
        return decode(drawn, *arguments, **keys)

    monkeypatch.setattr(model.pipeline.vae, "decode", kept)
    start = noise()
    for seed in (1, 2):
        model([wanted(seed=seed, start=start, spans=((12_000, 13_000),))], ignore)
    one, two = latents
    assert one.shape == (1, 4, 32, 32)
    changed = (one - two).abs().amax(dim=(0, 1, 2)) > 1e-2
    inside = torch.zeros(32, dtype=torch.bool)
    inside[12_000 // 1_280 : -(-13_000 // 1_280)] = True
    assert changed[inside].all()
    with torch.no_grad():
        seen = model.pipeline.vae.encode(2 * model._looked_at([wanted(start=start)]) - 1).latent_dist
    far = (one / model.pipeline.vae.config.scaling_factor - seen.mean).abs() / seen.std
    assert float(far[..., ~inside].max()) < 6.0, "a sample of what the VAE makes of the old sound"
    assert float(far[..., inside].max()) > 6.0


def test_the_mask_is_of_whole_latents() -> None:
    """However short a span is, the latents that hold it are drawn anew."""
    spans = ((0, 1), (13 * 160, 16 * 160 + 1), (LENGTH - 1, LENGTH))
    mask = columns([wanted(start=noise(), spans=spans)], CPU)
    assert mask.shape == (1, 1, 256, 256)
    drawn = mask[0, 0, 0].nonzero()[:, 0].tolist()
    assert drawn == [*range(8), *range(8, 24), *range(248, 256)]


@pytest.mark.parametrize(
    ("steps", "strength", "run"), [(25, 0.01, 1), (49, 0.01, 1), (1, 0.5, 1), (25, 0.5, 12), (4, 1.0, 4)]
)
def test_a_sound_is_varied_in_one_step_at_least(model: AuffusionModel, steps: int, strength: float, run: int) -> None:
    told: list[float] = []
    options = {"steps": float(steps), "guidance": 1.0, "strength": strength}
    model([wanted(start=noise(), options=options)], told.append)
    assert len(told) == run
    assert told[-1] == 1.0


def test_a_sound_is_looked_at_from_one_level(model: AuffusionModel) -> None:
    start = noise()
    seen = model._looked_at([wanted(start=start), wanted(start=0.01 * start)])
    full = torch.from_numpy(0.95 * start / np.abs(start).max())
    assert float((seen - mel.picture(mel.log_mel(full))).abs().max()) < 1e-5
    assert torch.isfinite(model._looked_at([wanted(start=0 * start)])).all()


def test_less_strength_stays_nearer(model: AuffusionModel) -> None:
    start = noise()

    def drawn(strength: float) -> torch.Tensor:
        (sound,) = model([wanted(start=start, options=OPTIONS | {"steps": 10.0, "strength": strength})], ignore)
        return mel.log_mel(torch.from_numpy(sound))

    whole, some, little = drawn(1.0), drawn(0.5), drawn(0.1)
    assert float((little - whole).abs().mean()) > float((some - whole).abs().mean()) > 0


def test_more_words_than_are_read_are_refused(model: AuffusionModel) -> None:
    with pytest.raises(PromptTooLong, match="reads 77 tokens"):
        model([wanted("barks " * 76)], ignore)


class TestWords:
    """Other words through the backend."""

    EDIT = WordEdit(source="a dog barks", target="a door barks")

    def test_no_edit_gives_the_take_of_the_plain_words(self, backend: AuffusionBackend) -> None:
        spec = spec_of(backend, "a dog barks", params={"steps": 2.0})
        (plain,) = backend.render([spec], Handle())
        same = backend.render_words(spec, WordEdit(source=spec.text, target=spec.text), Handle())
        assert np.abs(same.audio.samples - plain.audio.samples).max() <= 1e-3 * plain.audio.peak
        assert same.licence == plain.licence

    def test_swapped_words_make_another_take_of_that_length(self, backend: AuffusionBackend) -> None:
        spec = spec_of(backend, "heavy rain", length=4 * 48_000, params={"steps": 2.0})
        edit = WordEdit(source="heavy rain", target="heavy glass")
        (plain,) = backend.render([spec], Handle())
        shares: list[float] = []
        take = backend.render_words(spec, edit, Handle(on_progress=lambda share, stage: shares.append(share)))
        assert take.audio.samples.shape == plain.audio.samples.shape
        assert not np.allclose(take.audio.samples, plain.audio.samples, atol=1e-3)
        assert shares == sorted(shares)
        with pytest.raises(Cancelled):
            backend.render_words(spec, edit, Handle(is_cancelled=lambda: len(shares) > 0))

    def test_a_sound_that_is_there_is_varied_by_words(self, backend: AuffusionBackend) -> None:
        audio = Audio(samples=np.repeat(noise()[:, :30_000], 2, axis=0), sample_rate_hz=44_100)
        spec = spec_of(backend, "a dog barks", params={"steps": 3.0})
        made = backend.change_words(audio, self.EDIT, spec, Handle())
        assert (made.samples.shape, made.sample_rate_hz) == (audio.samples.shape, 44_100)
        plain = backend.change(audio, (), spec, Handle())
        assert not np.allclose(made.samples, plain.samples, atol=1e-3)
        same = backend.change_words(audio, WordEdit(source=spec.text, target=spec.text), spec, Handle())
        assert np.abs(same.samples - plain.samples).max() <= 2e-3 * float(np.abs(plain.samples).max())

    def test_a_wrong_weight_is_told(self, backend: AuffusionBackend) -> None:
        spec = spec_of(backend, "a dog barks", params={"steps": 2.0})
        with pytest.raises(BadArgument, match="'cat' is no word"):
            backend.render_words(spec, self.EDIT.model_copy(update={"weights": {"cat": 2.0}}), Handle())


def test_a_safe_delivery_refuses_it_by_name(settings: Settings) -> None:
    sounds = Sounds(Backends(settings), Presets([]), backend="auffusion", commercial=True)
    with pytest.raises(BadArgument, match=r"auffusion \(CC-BY-NC-SA-4\.0\) forbids commercial use") as caught:
        sounds.find("heavy rain")
    assert caught.value.field == "delivery_safe"


def test_every_take_says_that_it_earns_no_money(backend: AuffusionBackend) -> None:
    (take,) = backend.render([spec_of(backend, "rain", params={"steps": 1.0})], Handle())
    assert take.licence == backend.capabilities.licence
    assert not take.licence.commercial
    assert best(backend, "rain").accepts.keys() == {"steps", "guidance", "strength"}


def broken(folder: Path, tmp_path: Path) -> AuffusionBackend:
    settings = Settings(models_folder=tmp_path / "models", models_device="cpu")
    Store(settings).add(folder, handle=Handle())
    return AuffusionBackend(settings)


def test_a_vocoder_of_another_kind_is_told(tmp_path: Path) -> None:
    folder = write("auffusion", tmp_path / "weights")
    (folder / "vocoder" / "vocoder.pt").write_bytes(b"no weights")
    backend = broken(folder, tmp_path)
    with pytest.raises(FileUnreadable, match=r"vocoder\.pt"):
        list(backend.render([spec_of(backend, "rain")], Handle()))


def test_a_unet_of_another_kind_is_told(tmp_path: Path) -> None:
    folder = write("auffusion", tmp_path / "weights")
    (folder / "unet" / "config.json").write_text('{"_class_name": "UNet2DConditionModel", "in_channels": 9}')
    backend = broken(folder, tmp_path)
    with pytest.raises(BackendFailed, match="auffusion"):
        list(backend.render([spec_of(backend, "rain")], Handle()))
