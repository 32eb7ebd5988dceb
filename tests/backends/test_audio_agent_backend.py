"""Audio-Agent's backend: the picture is followed, as strongly and as long as asked for."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from conformance_checks import CHECKS, spec_of
from tiny import audio_agent, write

from engine.backends.audio_agent import AudioAgentBackend, AudioAgentModel, followed
from engine.backends.neural.model import Wanted
from engine.backends.neural.residency import RESIDENCE
from engine.backends.neural.video_tokens import visual_adapter
from engine.backends.neural.video_tokens.hear import Centres
from engine.backends.neural.video_tokens.tokens import VideoTokens, VisualTokens
from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import Cancelled, WeightsMissing
from engine.handle import Handle
from engine.picture import Picture
from engine.plan import TakeSpec

SECONDS = 1.2


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    torch.set_num_threads(1)
    weights = tmp_path_factory.mktemp("weights")
    made = Settings(models_folder=tmp_path_factory.mktemp("models"), models_device="cpu")
    Store(made).add(write("auffusion", weights / "auffusion"), handle=Handle())
    audio_agent.build(weights / "own")
    Store(made).add(weights / "own", handle=Handle())
    return made


class Quick(AudioAgentBackend):
    """The same, with a default of two steps: what is tested here is the same after 2 as after 25."""

    options: ClassVar = AudioAgentBackend.options | {
        "steps": AudioAgentBackend.options["steps"].model_copy(update={"default": 2.0})
    }


@pytest.fixture(scope="module")
def backend(settings: Settings) -> AudioAgentBackend:
    return Quick(settings)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import av

    path = tmp_path_factory.mktemp("video") / "ball.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options={"crf": "30"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for k in range(round(25 * SECONDS)):
            image = np.full((64, 96, 3), 90, np.uint8)
            image[2 * k % 50 : 2 * k % 50 + 12, 40:52] = 230
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(backend: AudioAgentBackend, check: Callable[[AudioAgentBackend], None]) -> None:
    check(backend)


def scene(backend: AudioAgentBackend, video: Path, **params: float) -> TakeSpec:
    picture = Picture(path=str(video), length_seconds=SECONDS)
    spec = spec_of(backend, "a wooden door slams", length=round(SECONDS * 48_000), params={"steps": 2.0, **params})
    return spec.model_copy(update={"picture": picture})


def sound(backend: AudioAgentBackend, spec: TakeSpec) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    (take,) = backend.render([spec], Handle())
    return take.audio.samples


def test_a_picture_is_followed_as_strongly_as_asked_for(backend: AudioAgentBackend, video: Path) -> None:
    whole, same, weaker, none = (
        sound(backend, scene(backend, video, picture_scale=scale)) for scale in (1.0, 1.0, 0.3, 0.0)
    )
    assert whole.shape[1] == round(SECONDS * 48_000)
    assert np.array_equal(whole, same)
    far, near = (float(np.abs(each - none).mean()) for each in (whole, weaker))
    assert far > 1e-4
    assert near > 1e-4
    assert near != pytest.approx(far, rel=0.01)
    words = scene(backend, video, picture_scale=0.0)
    assert np.array_equal(none, sound(backend, words.model_copy(update={"seed": words.seed})))


def test_words_and_picture_are_conditions_together(backend: AudioAgentBackend, video: Path) -> None:
    spec = scene(backend, video)
    other = spec.model_copy(update={"text": "heavy rain on a dog"})
    assert not np.allclose(sound(backend, spec), sound(backend, other), atol=1e-3)


def wanted(**options: float) -> Wanted:
    picture = Picture(path="x.mp4", offset_seconds=10.0, length_seconds=5.12, play_rate=2.0)
    asked = {"picture_from": 0.0, "picture_to": 1000.0, **options}
    return Wanted(text="x", seed=0, length_samples=81_920, options=asked, picture=picture)


def test_a_span_is_told_in_seconds_of_the_video() -> None:
    assert followed(wanted()) == (0, 512)
    assert followed(wanted(picture_from=12.0)) == (100, 512)  # played twice as fast
    assert followed(wanted(picture_from=12.0, picture_to=14.0)) == (100, 200)
    assert followed(wanted(picture_to=9.0)) == (0, 0)
    assert followed(Wanted(text="x", seed=0, length_samples=81_920, options={})) == (0, 0)


def test_outside_of_the_span_nothing_is_followed(backend: AudioAgentBackend, video: Path) -> None:
    after = sound(backend, scene(backend, video, picture_from=100.0))
    none = sound(backend, scene(backend, video, picture_scale=0.0))
    half = sound(backend, scene(backend, video, picture_to=SECONDS / 2))
    assert np.allclose(after, none, atol=1e-4)
    assert not np.allclose(half, none, atol=1e-3)
    assert not np.allclose(half, sound(backend, scene(backend, video)), atol=1e-3)


def test_it_stops_while_it_looks(backend: AudioAgentBackend, video: Path) -> None:
    asked = iter(range(1_000_000))
    with pytest.raises(Cancelled):
        list(backend.render([scene(backend, video)], Handle(is_cancelled=lambda: next(asked) > 6)))


def test_the_terms_of_both_models_hold(backend: AudioAgentBackend, video: Path) -> None:
    licence = backend.capabilities.licence
    assert not licence.commercial
    assert "CC-BY-NC-SA-4.0" in licence.name
    (take,) = backend.render([scene(backend, video)], Handle())
    assert take.licence == licence


def test_without_auffusion_the_command_is_told(settings: Settings, tmp_path: Path) -> None:
    alone = Settings(models_folder=tmp_path, models_device="cpu")
    own = Store(settings).for_backend("audio_agent")
    Store(alone).add(own.folder, handle=Handle())
    with pytest.raises(WeightsMissing, match="cuewright models pull auffusion"):
        AudioAgentBackend(alone).match("rain")


def test_a_warning_of_the_tokens_goes_with_the_take(
    backend: AudioAgentBackend, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = VisualTokens(units=np.zeros(40, np.int64), rate_hz=50.0, warnings=("too short",))
    monkeypatch.setattr(VideoTokens, "visual_tokens", lambda *arguments, **keys: made)
    unseen = scene(backend, video).model_copy(update={"picture": None})
    first, second = backend.render([unseen, scene(backend, video)], Handle())
    assert first.warnings == ()
    assert second.warnings == ("too short",)


def test_a_condition_that_is_not_heeded_is_told(
    backend: AudioAgentBackend, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = scene(backend, video)
    (heeds,) = backend.render([spec], Handle())
    assert heeds.warnings == ()
    (unasked,) = backend.render([scene(backend, video, picture_scale=0.0)], Handle())
    assert unasked.warnings == ()
    (strict,) = backend.render([scene(backend, video, picture_scale=3.0, guidance=1.0)], Handle())
    assert strict.warnings == ()
    attach = visual_adapter.attach
    deaf_or_blind: dict[str, Callable[[Any], bool]] = {
        "does not heed the picture": lambda attention: hasattr(attention.processor, "to_v_ip"),
        "does not heed the words": lambda attention: attention.is_cross_attention,
    }
    for told, kind in deaf_or_blind.items():

        def broken(pipeline: Any, folder: Path, kind: Callable[[Any], bool] = kind, told: str = told) -> None:
            attach(pipeline, folder)
            for module in pipeline.unet.modules():
                if hasattr(module, "is_cross_attention") and kind(module):
                    values = module.processor.to_v_ip if "picture" in told else [module.to_v]
                    for value in values:
                        value.weight.data.zero_()

        with monkeypatch.context() as patch:
            RESIDENCE.leave(backend.device)
            patch.setattr(visual_adapter, "attach", broken)
            (take,) = backend.render([spec], Handle())
        (warning,) = take.warnings
        assert told in warning
    RESIDENCE.leave(backend.device)


def test_each_of_a_batch_follows_its_own_picture(backend: AudioAgentBackend, video: Path) -> None:
    whole = scene(backend, video)
    part = whole.model_copy(update={"picture": Picture(path=str(video), length_seconds=SECONDS / 3)})
    for spec, beside in zip((whole, part), backend.render([whole, part], Handle()), strict=True):
        alone = sound(backend, spec)
        assert np.abs(alone - beside.audio.samples).max() <= backend.capabilities.tolerance * np.abs(alone).max()


@pytest.mark.parametrize("spoken", [(), (3, 0, 3)], ids=["no picture", "a short one"])
def test_where_nothing_is_seen_the_quietest_unit_stands(spoken: tuple[int, ...]) -> None:
    levels = np.array([-20, -30, -80, -10], np.float32)
    centres = Centres(vectors=np.zeros((4, 2), np.float32), level_db=levels, layer=1, rate_hz=50.0)
    told = VisualTokens(units=np.array(spoken, np.int64), rate_hz=50.0)
    model = object.__new__(AudioAgentModel)
    model._tokens = SimpleNamespace(centres=centres, visual_tokens=lambda *given, **keys: told)  # type: ignore[assignment]
    picture = Picture(path="a.mp4") if spoken else None
    wanted = Wanted(text="a", seed=0, length_samples=1_600, options={}, picture=picture)
    assert model._units(wanted, lambda share: None).tolist() == [*spoken, *[2] * (5 - len(spoken))]
