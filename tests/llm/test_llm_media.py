"""Models of this machine that see and hear: real classes of transformers on tiny checkpoints, through the store."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from chat_models import knows
from media_models import as_published, does_both, hears, sees

from engine.alignment.base import Brief, Pair
from engine.alignment.models.choose import parts
from engine.audio import Audio
from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import PlannerFailed
from engine.handle import Handle
from engine.llm.client import Asker
from engine.llm.local import LocalModel
from engine.llm.local_media import LocalMediaModel, local_model
from engine.llm.message import Image, Part, Sound
from engine.model import Model
from engine.picture import Picture
from engine.planning.asking import language_model
from engine.source import Held
from engine.trace import Description, Heard, Moment, Score, Seen

Write = Callable[..., Path]


class Colour(Model):
    name: str


TEAL = {"name": "teal"}


def image(height: int = 56, width: int = 84, seed: int = 0) -> Image:
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)
    return Image(jpeg=cv2.imencode(".jpg", pixels)[1].tobytes())


def sound(seconds: float = 1.0) -> Sound:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(np.random.default_rng(0).normal(0, 3_000, round(16_000 * seconds)).astype("<i2").tobytes())
    return Sound(wav=file.getvalue())


def watched(folder: Path, asked: list[Part]) -> tuple[Asker, dict[str, Any]]:
    """A model that was asked once, and what its class was given."""
    model = local_model(folder, Settings())
    with model.answering():
        loaded = model._held[1]  # type: ignore[index]  # it is loaded now
    given: dict[str, Any] = {}
    real = loaded.generate

    def generate(**keys: Any) -> Any:
        given.update(keys)
        return real(**keys)

    loaded.generate = generate
    assert model.ask(Colour, "You name colours.", asked) == Colour(name="teal")
    return model, given


def test_pictures_are_given_to_one_that_sees(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = sees(tmp_path / "m", TEAL)
    capfd.readouterr()
    _, given = watched(folder, ["first", image(56, 84), "then", image(84, 84, seed=1)])
    assert capfd.readouterr() == ("", ""), "it prints nothing"
    assert given["image_grid_thw"].tolist() == [[1, 4, 6], [1, 6, 6]]
    assert given["pixel_values"].shape[0] == 24 + 36
    places = (given["input_ids"][0] == 4).int()
    assert places.sum() == 24 // 4 + 36 // 4
    assert given["mm_token_type_ids"].tolist() == [places.tolist()]
    assert given["pixel_values"][:24].std() > 0.5


def test_sounds_are_given_to_one_that_hears(tmp_path: Path) -> None:
    _, given = watched(hears(tmp_path / "m", TEAL), ["first", sound(1.0), "then", sound(0.5)])
    assert given["feature_attention_mask"].sum(-1).tolist() == [100, 50]
    assert (given["input_ids"][0] == 5).sum() == 25 + 12
    assert "pixel_values" not in given


def test_both_are_given_to_one_that_does_both(tmp_path: Path) -> None:
    model, given = watched(does_both(tmp_path / "m", TEAL), [image(), sound(1.0), "and", image(), sound(0.5)])
    assert (model.sees, model.hears) == (True, True)
    assert (given["input_ids"][0] == 4).sum() == 12
    assert (given["input_ids"][0] == 5).sum() == 25 + 12


def test_omni_is_read_as_it_is_published(tmp_path: Path) -> None:
    folder = as_published(does_both(tmp_path / "m", TEAL))
    _, given = watched(folder, [image(), sound()])
    assert {"pixel_values", "input_features"} <= set(given)
    assert Store(Settings(models_folder=tmp_path / "models")).add(folder, handle=Handle()).name == "m"


@pytest.mark.parametrize("write", [sees, hears, does_both])
def test_words_alone_are_enough(write: Write, tmp_path: Path) -> None:
    model = local_model(write(tmp_path / "m", TEAL), Settings())
    assert model.ask(Colour, "s", "u").name == "teal"
    assert model.usage == (1, 10), "seven for the question, three for the answer"


@pytest.mark.parametrize(
    ("write", "part", "told"), [(sees, sound(), "m cannot hear"), (hears, image(), "m cannot see")]
)
def test_what_it_cannot_take_is_told(write: Write, part: Part, told: str, tmp_path: Path) -> None:
    with pytest.raises(PlannerFailed, match=told):
        local_model(write(tmp_path / "m", TEAL), Settings()).ask(Colour, "s", ["what?", part])


@pytest.mark.parametrize(("write", "part"), [(sees, image()), (hears, sound()), (does_both, sound())])
def test_one_that_babbles_gives_up_with_the_reason(write: Write, part: Part, tmp_path: Path) -> None:
    model = local_model(write(tmp_path / "m", "I would rather talk."), Settings())
    with pytest.raises(PlannerFailed, match=r"no usable answer in 3 tries.*no JSON"):
        model.ask(Colour, "s", [part])
    assert model.usage[0] == 3


@pytest.mark.parametrize(("write", "part"), [(sees, image()), (hears, sound())])
def test_one_that_never_ends_is_left_in_time(write: Write, part: Part, tmp_path: Path) -> None:
    model = local_model(write(tmp_path / "m", TEAL, ends=False), Settings(llm_timeout_seconds=0.3))
    with pytest.raises(PlannerFailed, match=r"did not end its answer within 0\.3 s"):
        model.ask(Colour, "s", [part])


def test_a_template_that_forgets_the_pictures_is_told(tmp_path: Path) -> None:
    template = "{% for m in messages %}<turn>{{ m.role }}{% endfor %}<say>"
    with pytest.raises(PlannerFailed, match="has 0 places for 1 images or sounds"):
        local_model(sees(tmp_path / "m", TEAL, template=template), Settings()).ask(Colour, "s", [image()])


def without_preprocessor(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()


def without_a_weight(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    held = load_file(folder / "model.safetensors")
    held.pop(next(name for name in held if "visual" in name))
    save_file(held, folder / "model.safetensors", {"format": "pt"})


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def with_another_template(folder: Path) -> None:
    (folder / "chat_template.json").write_text("{}")


@pytest.mark.parametrize("spoil", [without_preprocessor, without_a_weight, without_weights, with_another_template])
def test_a_folder_that_is_not_whole(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    folder = sees(tmp_path / "m", TEAL)
    spoil(folder)
    with pytest.raises(PlannerFailed, match=r"m cannot be loaded from \S+"):
        local_model(folder, Settings()).ask(Colour, "s", [image()])


def test_the_configuration_says_which_it_is(tmp_path: Path) -> None:
    assert type(local_model(knows(tmp_path / "words", TEAL), Settings())) is LocalModel
    for text in ("[]", "no JSON", json.dumps({"model_type": ["qwen2_audio"]})):
        (tmp_path / "config.json").write_text(text)
        assert type(local_model(tmp_path, Settings())) is LocalModel


def test_they_are_chosen_from_the_store_by_what_they_can(tmp_path: Path) -> None:
    using = {"models_folder": tmp_path / "models", "models_device": "cpu"}
    store = Store(Settings(**using))
    for write, name in ((sees, "looker"), (hears, "listener"), (does_both, "omni")):
        assert store.add(write(tmp_path / name, TEAL), handle=Handle()).name == name
    told: list[str] = []

    def kinds(**named: str) -> tuple[str, str]:
        told.clear()
        made = parts(Settings(**using, **named), warn=told.append)
        return type(made.describer).__name__, type(made.judge).__name__

    assert kinds(vlm_model="local:looker", alm_model="local:listener") == ("ModelDescriber", "ModelJudge")
    assert not told
    assert kinds(vlm_model="local:omni", alm_model="local:omni") == ("ModelDescriber", "ModelJudge")
    assert not told
    assert kinds(vlm_model="local:listener") == ("MeasuredDescriber", "MeasuredJudge")
    assert told == ["local:listener is not used: it cannot see: name another in vlm_model."]
    assert kinds(alm_model="local:looker") == ("MeasuredDescriber", "MeasuredJudge")
    assert told == ["local:looker is not used: it cannot hear: name another in alm_model."]
    assert isinstance(language_model(Settings(**using, llm_model="local:looker")), LocalMediaModel), "it may plan too"


def test_loops_at_once_share_a_model_and_have_their_own_usage(tmp_path: Path) -> None:
    using = Settings(models_folder=tmp_path / "models", models_device="cpu", llm_model="local:m")
    plan = {"actions": [], "reason": "It fits."}
    Store(using).add(hears(tmp_path / "m", plan), handle=Handle())
    loops = [parts(using, warn=pytest.fail) for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda k: loops[k % 3].planner.plan(brief()).reason, range(6)))
    assert said == ["It fits."] * 6
    each = loops[0].usage()
    assert each[0] == 2
    assert [loop.usage() for loop in loops] == [each] * 3
    assert language_model(using) is language_model(using)


def brief() -> Brief:
    moment = Moment(time_seconds=0.2, strength=1, confidence=1)
    pair = Pair(
        sound=Held(Audio(samples=np.zeros((1, 8_000), np.float32), sample_rate_hz=8_000)),
        picture=Picture(path="/reel.mov"),
        heard=Heard(length_seconds=1, peak_dbtp=-6, onsets=(moment,)),
        seen=Seen(length_seconds=1, moments=(moment,)),
        fit=None,
    )
    return Brief(
        pair=pair,
        description=Description(heard="a thump", seen="a ball"),
        original=Score(alignment=0.5, synchronisation=0.5),
    )
