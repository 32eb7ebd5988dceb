"""Presets of effects: words that name them, words that only seem to, and what a plan makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.action import Treat
from engine.backends.registry import Backends
from engine.chain import Chain, Link
from engine.config import Settings
from engine.errors import BadArgument, PromptEmpty, PromptNotMatched, UnknownPreset
from engine.plan import Plan
from engine.planning.instruct import instructed
from engine.planning.planner import make_plan
from engine.planning.presets import Presets, load_presets
from engine.planning.sounds import Sounds
from engine.request import GenerateRequest, Job

SETTINGS = Settings(backends=("procedural",))


@pytest.fixture(scope="module")
def presets() -> Presets:
    return load_presets(Settings())


@pytest.fixture(scope="module")
def sounds(presets: Presets) -> Sounds:
    return Sounds(Backends(SETTINGS), presets)


def test_the_backend_is_not_told_of_the_treatment(presets: Presets) -> None:
    (event,) = plan_of(presets, "a dog barks through a wall").events
    assert event.takes[0].text == "dog barks"
    assert event.text == "dog barks through a wall"


def planned(presets: Presets, prompt: str, **keys: str) -> list[tuple[str, Chain]]:
    return [(event.label, event.chain) for event in plan_of(presets, prompt, **keys).events]


def plan_of(presets: Presets, prompt: str, **keys: str) -> Plan:
    request = GenerateRequest(prompt=prompt, folder="/tmp", **keys)  # type: ignore[arg-type]
    job = Job(id="t", request=request, created="2026-01-01T00:00:00Z")
    return make_plan(job, SETTINGS, Backends(SETTINGS), presets, None)


def treatments() -> list[str]:
    return [preset.name for preset in load_presets(Settings()).all if preset.is_treatment]


@pytest.mark.parametrize("name", treatments())
def test_every_treatment_is_called_up_by_each_of_its_phrases_beside_a_sound(name: str, presets: Presets) -> None:
    preset = presets.get(name)
    assert preset.words
    for phrase in preset.words:
        left, found = presets.treatments_in(f"A dog barks {phrase}, then rain")
        assert left == "A dog barks , then rain"
        assert found == (preset,)


@pytest.mark.parametrize(
    "text",
    ["a phone rings", "a brick through a window", "waves on the rocks", "wind through the trees", "runs upstairs"],
)
def test_what_only_seems_to_name_one_names_a_sound(text: str, presets: Presets) -> None:
    assert presets.treatments_in(text) == (text, ())


def test_a_phrase_that_is_all_there_is_names_no_treatment(presets: Presets) -> None:
    assert presets.treatments_in("in a cave") == ("in a cave", ())


def test_articles_and_case_make_no_difference_and_two_are_in_order(presets: Presets) -> None:
    left, found = presets.treatments_in("a man On Phone, heard Behind the closed doors in THE cave")
    assert [preset.name for preset in found] == ["phone", "behind-a-door", "cave"]
    assert left == "a man , heard"


def test_the_sound_goes_through_the_chain_that_its_own_words_name_and_no_other(presets: Presets) -> None:
    (dog, through_wall), (_, nothing) = planned(presets, "a dog barks through a wall, then a wooden door slams")
    assert "Dog" in dog
    assert through_wall == presets.get("through-a-wall").chain
    assert nothing == Chain()


def test_the_request_s_chain_comes_behind_the_words_own(presets: Presets) -> None:
    ((_, chain),) = planned(presets, "a dog barks in a cave", chain="phone")
    assert chain.links == (*presets.get("cave").links, *presets.get("phone").links)


def test_a_treatment_named_as_the_preset_is_behind_every_sound(presets: Presets) -> None:
    told = planned(presets, "a dog barks, then a wooden door slams", preset="phone", chain="cave")
    assert [chain.links for _, chain in told] == [presets.get("phone").chain.then(presets.get("cave").chain).links] * 2
    with pytest.raises(PromptEmpty, match="effects alone"):
        planned(presets, "", preset="phone")


@pytest.mark.parametrize("field", ["chain", "mix_chain"])
def test_a_chain_that_is_none_is_told_with_its_field(field: str, presets: Presets) -> None:
    with pytest.raises(UnknownPreset, match="near it are phone") as unknown:
        planned(presets, "a dog barks", **{field: "phon"})
    assert unknown.value.field == field
    with pytest.raises(BadArgument, match="without effects") as bare:
        planned(presets, "a dog barks", **{field: "oak-door-slam"})
    assert bare.value.field == field


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("make it sound like it is on the phone", ["phone"]),
        ("as if heard through a wall", ["through-a-wall"]),
        ("put it in a cave, on an old telephone", ["cave", "old-phone"]),
    ],
)
def test_words_of_an_edit_name_treatments(text: str, names: list[str], sounds: Sounds) -> None:
    read = instructed(
        text, SETTINGS, planner="rules", length_seconds=3, selected=False, treatments=sounds.treatments_in
    )
    assert read.actions == tuple(Treat(chain=name) for name in names)


def test_an_edit_with_other_words_beside_the_treatment_is_not_half_done(sounds: Sounds) -> None:
    with pytest.raises(PromptNotMatched):
        instructed(
            "reverse polarity on the phone",
            SETTINGS,
            planner="rules",
            length_seconds=3,
            selected=False,
            treatments=sounds.treatments_in,
        )


def test_chains_join_and_the_stricter_one_decides() -> None:
    gain, gate = Link(plugin="gain"), Link(plugin="gate")
    stops, skips = Chain(links=(gain,), tail_seconds=2.0), Chain(links=(gate,), missing="skip", tail_seconds=5.0)
    assert stops.then(skips) == Chain(links=(gain, gate), missing="stop", tail_seconds=5.0)
    assert skips.then(skips).missing == "skip"
    assert stops.then(Chain()).tail_seconds is None
    with pytest.raises(BadArgument, match="links"):
        Chain(links=(gain,) * 20).then(Chain(links=(gate,) * 13))


def test_the_files_that_a_preset_names_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'title = "M"\ndescription = "M."\nwords = ["as mine"]\n[[links]]\nplugin = "A"\npreset = "a.vstpreset"\n'
        '[[links]]\nplugin = "convolution"\nparameters = { file = "rooms/hall.wav" }\n'
    )
    first, second = load_presets(Settings(presets=tmp_path)).get("mine").links
    assert first.preset == str(tmp_path / "a.vstpreset")
    assert second.parameters == {"file": str(tmp_path / "rooms" / "hall.wav")}
