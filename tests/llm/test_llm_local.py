"""Chat models on this machine: real classes of transformers on tiny checkpoints, through the store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_models import NO_SYSTEM, knows

from engine.backends.registry import Backends
from engine.backends.weights import Store
from engine.cli import run
from engine.config import Settings
from engine.errors import PlannerFailed
from engine.handle import Handle
from engine.llm.keeping import Kept
from engine.llm.local import LocalModel
from engine.model import Model
from engine.planning import asking
from engine.planning.asking import language_model
from engine.planning.instruct import instructed
from engine.planning.llm_planner import LlmPlanner
from engine.planning.planner import make_plan
from engine.planning.presets import load_presets
from engine.request import GenerateRequest, Job


class Colour(Model):
    name: str
    red: int


TEAL = {"name": "teal", "red": 0}
STEPS = {"steps": [{"id": "s1", "text": "dog barks", "start_seconds": 0.5, "count": 2}], "length_seconds": 4.0}


@pytest.fixture
def local(tmp_path: Path) -> Callable[[Path], Settings]:
    """A folder in the store, and settings that plan with it."""

    def added(folder: Path, **settings: object) -> Settings:
        keys = {"models_folder": tmp_path / "models", "models_device": "cpu", "backends": ("procedural",), **settings}
        name = Store(Settings(**keys)).add(folder, handle=Handle()).name
        return Settings(llm_model=f"local:{name}", data_folder=tmp_path, **keys)

    return added


def plan(using: Settings) -> tuple[str, list[str], tuple[str, ...]]:
    request = GenerateRequest.read({"prompt": "a dog barks", "folder": "/out"})
    job = Job(id="job-1", request=request, created="2030-01-01T00:00:00Z")
    made = make_plan(job, using, Backends(using), load_presets(using), None)
    return made.outline.planner, [event.takes[0].source for event in made.events], made.warnings


@pytest.mark.parametrize("template", [None, NO_SYSTEM], ids=["with a system", "without"])
def test_an_answer_is_read(template: str | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = knows(tmp_path / "m", TEAL, **({"template": template} if template else {}))
    capfd.readouterr()
    assert LocalModel(folder, Settings()).ask(Colour, "You name colours.", "Like the sea.") == Colour(
        name="teal", red=0
    )
    assert capfd.readouterr() == ("", ""), "it prints nothing"


def test_it_plans_a_job(local: Callable[..., Settings], tmp_path: Path) -> None:
    assert plan(local(knows(tmp_path / "planner", STEPS))) == ("llm/local:planner", ["dog_bark", "dog_bark"], ())


def test_it_instructs_an_edit(local: Callable[..., Settings], tmp_path: Path) -> None:
    using = local(knows(tmp_path / "planner", {"actions": ["volume gain_db=-3"]}))
    done = instructed("softer please", using, planner="llm", length_seconds=2.0, selected=False)
    assert done.planner == "llm/local:planner"
    assert done.warnings == ()


def test_rules_stand_in_for_a_model_that_talks(local: Callable[..., Settings], tmp_path: Path) -> None:
    planner, sources, (warning,) = plan(local(knows(tmp_path / "talker", "I would rather talk.")))
    assert planner.startswith("rules/")
    assert sources == ["dog_bark"]
    assert "local:talker gave no usable answer in 3 tries" in warning


def test_a_model_that_never_ends_is_left_in_time(tmp_path: Path) -> None:
    model = LocalModel(knows(tmp_path / "m", TEAL, ends=False), Settings(llm_timeout_seconds=0.2))
    with pytest.raises(PlannerFailed, match=r"did not end its answer within 0\.2 s.*llm_timeout_seconds"):
        model.ask(Colour, "s", "u")


def test_words_longer_than_it_holds(tmp_path: Path) -> None:
    model = LocalModel(knows(tmp_path / "m", TEAL, holds=100), Settings())
    with pytest.raises(PlannerFailed, match=r"cannot read \d+ tokens and answer them: it holds 100"):
        model.ask(Colour, "s", "word " * 200)


def test_a_model_without_a_template_is_no_chat_model(tmp_path: Path) -> None:
    with pytest.raises(PlannerFailed, match="no chat template"):
        LocalModel(knows(tmp_path / "m", TEAL, template=None), Settings()).ask(Colour, "s", "u")


def test_a_template_that_fails(tmp_path: Path) -> None:
    with pytest.raises(PlannerFailed, match="chat template of m cannot be used"):
        LocalModel(knows(tmp_path / "m", TEAL, template="{{ raise_exception('no') }}"), Settings()).ask(
            Colour, "s", "u"
        )


def spoilt(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def other_kind(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "nothing-like-it"}))


@pytest.mark.parametrize("spoil", [spoilt, pickled, other_kind])
def test_a_folder_that_holds_no_such_model(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    folder = knows(tmp_path / "m", TEAL)
    spoil(folder)
    with pytest.raises(PlannerFailed, match=r"m cannot be loaded from \S+"):
        LocalModel(folder, Settings()).ask(Colour, "s", "u")


def test_weights_that_are_not_there_are_no_random_numbers(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = knows(tmp_path / "m", TEAL)
    held = load_file(folder / "model.safetensors")
    held.pop("lm_head.weight")
    save_file(held, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(PlannerFailed, match=r"lacks 1 weights, lm_head\.weight"):
        LocalModel(folder, Settings()).ask(Colour, "s", "u")


def test_a_model_that_is_not_here_is_told_and_rules_stand_in(tmp_path: Path) -> None:
    using = Settings(llm_model="local:qwen2.5-1.5b-instruct", models_folder=tmp_path, backends=("procedural",))
    with pytest.raises(PlannerFailed, match=r"cuewright models pull qwen2\.5-1\.5b-instruct"):
        LlmPlanner(using)
    planner, _, (warning,) = plan(using)
    assert planner.startswith("rules/")
    assert "cuewright models pull" in warning
    with pytest.raises(PlannerFailed, match="llm_model"):
        language_model(Settings())


def test_the_doctor_knows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEWRIGHT_LLM_MODEL", "local:planner")

    def finding() -> dict[str, str]:
        run(["doctor", "--json"])
        return next(f for f in json.loads(capsys.readouterr().out)["findings"] if f["check"] == "Language model")

    assert finding()["state"] == "wrong"
    folder = knows(tmp_path / "planner", TEAL)
    capsys.readouterr()
    Store(Settings.load()).add(folder, handle=Handle())
    assert (finding()["state"], finding()["found"]) == ("ok", "planner on this machine, 0.0 GB")


def test_it_stays_between_jobs_and_leaves_when_nobody_asks(
    local: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[LocalModel] = []
    load = LocalModel._loaded
    monkeypatch.setattr(LocalModel, "_loaded", lambda self: [loads.append(self), load(self)][1])
    monkeypatch.setattr(asking, "KEPT", Kept())
    using = local(knows(tmp_path / "m", STEPS), models_keep_seconds=600.0)
    assert [plan(using)[0] for _ in range(2)] == [f"llm/{using.llm_model}"] * 2
    assert len(loads) == 1
    at_once = using.model_copy(update={"models_keep_seconds": 0.0})
    assert language_model(at_once) is not language_model(at_once)


def test_what_is_kept_leaves_after_its_time() -> None:
    timers: list[tuple[float, Callable[[], None]]] = []

    class Timer(threading.Timer):
        def __init__(self, seconds: float, call: Callable[[], None]) -> None:
            super().__init__(seconds, call)
            timers.append((seconds, call))

        def start(self) -> None:
            pass

    kept: Kept[object] = Kept(Timer)
    first = kept.get("a", object, 5.0)
    assert kept.get("b", object, 5.0) is not first
    assert kept.get("a", object, 5.0) is first
    assert [seconds for seconds, _ in timers] == [5.0] * 3
    timers[2][1]()
    assert kept.get("a", object, 5.0) is not first


@pytest.mark.parametrize("value", ["many", -3], ids=["no number", "negative"])
def test_a_configuration_full_of_nonsense_is_told(value: object, tmp_path: Path) -> None:
    folder = knows(tmp_path / "m", TEAL)
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"hidden_size": value}))
    with pytest.raises(PlannerFailed, match="cannot be loaded from"):
        LocalModel(folder, Settings(models_device="cpu")).ask(Colour, "s", "u")
