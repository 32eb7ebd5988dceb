"""Preset files: those that are built in, those that are wrong, and the user's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.backends.base import MATCHED
from engine.backends.procedural import ProceduralBackend
from engine.config import Settings
from engine.errors import BadArgument, UnknownPreset
from engine.planning.presets import BUILT_IN, Preset, Presets, load_presets, read_preset, schema

ROOT = Path(__file__).resolve().parents[2]
GOOD = 'title = "Knock"\ndescription = "A knock."\nprompt = "door knock"\ncategory = "DOORKnck"\n'


@pytest.fixture(scope="module")
def built_in() -> Presets:
    return load_presets(Settings())


@pytest.fixture(scope="module")
def procedural() -> ProceduralBackend:
    return ProceduralBackend(Settings())


def names(*, treatments: bool = False) -> list[str]:
    return sorted(path.stem for path in BUILT_IN.rglob("*.toml") if (path.parent.name == "treatments") == treatments)


def all_names() -> list[str]:
    return sorted([*names(), *names(treatments=True)])


def test_there_are_enough_across_families(built_in: Presets) -> None:
    assert BUILT_IN == ROOT / "presets"
    assert [preset.name for preset in built_in.all] == all_names()
    assert len(names()) >= 36
    assert len(names(treatments=True)) >= 40
    assert built_in.warnings == ()
    assert {path.name for path in BUILT_IN.iterdir() if path.is_dir()} >= {
        *("impacts", "footsteps", "doors", "glass", "water", "weather", "fire", "bells", "whooshes", "engines"),
        *("alarms", "animals", "crowds", "typing", "ambiences"),
    }


@pytest.mark.parametrize("name", names())
def test_a_built_in_preset_can_be_made(name: str, built_in: Presets, procedural: ProceduralBackend) -> None:
    preset = built_in.get(name)
    best = procedural.match(preset.prompt)[0]
    assert best.score >= MATCHED, f"{preset.prompt!r}: {best.label} {best.score}"
    for param, value in preset.params.items():
        low, high = best.accepts[param]
        assert low <= value <= high


@pytest.mark.parametrize("name", names())
def test_a_built_in_preset_is_called_up_by_its_words(name: str, built_in: Presets) -> None:
    preset = built_in.get(name)
    assert preset.words
    for phrase in (*preset.words, f"a distant {preset.words[0]} in the rain"):
        assert built_in.named_in(phrase) == preset


def test_the_longest_phrase_wins_and_words_stand_together() -> None:
    short = Preset.read({**parsed(GOOD), "name": "short", "words": ["door"]})
    long = Preset.read({**parsed(GOOD), "name": "long", "words": ["oak door"]})
    presets = Presets([short, long])
    assert presets.named_in("An OAK door, slamming") == long
    assert presets.named_in("a door of oak") == short
    assert presets.named_in("doorstep") is None


def test_search_wants_every_word(built_in: Presets) -> None:
    assert "snow-walk" in {preset.name for preset in built_in.search("walking in snow")}
    assert built_in.search("snow helicopter") == ()


def test_an_unknown_name_tells_those_near(built_in: Presets) -> None:
    with pytest.raises(UnknownPreset, match="oak-door-slam") as caught:
        built_in.get("oak-door-slamm")
    assert caught.value.field == "preset"
    with pytest.raises(UnknownPreset):
        built_in.get("qqq")


def parsed(text: str) -> dict[str, object]:
    import tomllib

    return tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (GOOD.replace("DOORKnck", "DoorKnock"), "category"),
        (GOOD + "colour = 1\n", "colour"),
        (GOOD.replace('prompt = "door knock"\n', ""), "prompt"),
        (GOOD.replace('category = "DOORKnck"\n', ""), "category"),
        (GOOD + "length_seconds = -1\n", "length_seconds"),
        (GOOD + "gain_db = 40\n", "gain_db"),
        (GOOD + '[params]\nsize = "big"\n', "params.size"),
        ("title = ", "TOML"),
        ('title = "\xff"', "TOML"),
    ],
)
def test_a_wrong_file_is_a_warning_that_names_file_and_field(text: str, field: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_bytes(text.encode("latin-1"))
    (tmp_path / "right.toml").write_text(GOOD)
    found = load_presets(Settings(presets=tmp_path))
    (warning,) = found.warnings
    assert "wrong.toml" in warning
    assert field in warning
    assert found.get("right").title == "Knock"
    assert len(found.all) == len(all_names()) + 1


@pytest.mark.parametrize("stem", ["Two Words", "UPPER", "under_score"])
def test_a_file_is_named_as_its_preset_is_called(stem: str, tmp_path: Path) -> None:
    (tmp_path / f"{stem}.toml").write_text(GOOD)
    (warning,) = load_presets(Settings(presets=tmp_path)).warnings
    assert "name" in warning


def test_a_name_in_the_file_must_be_the_files(tmp_path: Path) -> None:
    (tmp_path / "knock.toml").write_text(GOOD + 'name = "other"\n')
    with pytest.raises(BadArgument) as caught:
        read_preset(tmp_path / "knock.toml")
    assert caught.value.field == "name"
    (tmp_path / "knock.toml").write_text(GOOD + 'name = "knock"\n')
    assert read_preset(tmp_path / "knock.toml").name == "knock"


def test_the_users_preset_takes_the_place_of_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "oak-door-slam.toml").write_text(GOOD)
    found = load_presets(Settings(presets=tmp_path))
    assert found.get("oak-door-slam").title == "Knock"
    assert found.warnings == ()


def test_a_folder_that_is_missing_is_a_warning(tmp_path: Path) -> None:
    found = load_presets(Settings(presets=tmp_path / "nowhere"))
    assert "nowhere" in found.warnings[0]
    assert len(found.all) == len(all_names())


def test_the_schema_is_current() -> None:
    assert (BUILT_IN / "schema.json").read_text(encoding="utf-8") == schema()


def test_check_says_whether_it_is() -> None:
    command = [sys.executable, "-W", "ignore", "-m", "engine.planning.presets", "--check"]
    assert subprocess.run(command, cwd=ROOT).returncode == 0
