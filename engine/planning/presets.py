"""Presets: a sound with a name, as one TOML file each.

Built-in ones lie in ``presets/``, the user's own in the folder of the settings; a user's preset of the same name wins.
A file that is wrong is left out with a warning that names file and field: it never stops the engine.
"""

from __future__ import annotations

import difflib
import json
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field, field_validator

import engine
from engine import ucs
from engine.config import Settings
from engine.errors import BadArgument, CuewrightError, UnknownPreset
from engine.model import Model

BUILT_IN = Path(engine.__file__).resolve().parents[1] / "presets"


class Preset(Model):
    """One preset file; its name is the file's."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64, description="Set from the file's name.")
    title: str = Field(min_length=1, max_length=60, description="What people read: 'Oak Door Slam'.")
    description: str = Field(min_length=1, max_length=200, description="What it sounds like and is for.")
    prompt: str = Field(min_length=1, max_length=200, description="Words that the backend makes the sound from.")
    words: tuple[str, ...] = Field((), description="Phrases that call it up from within a prompt.")
    backend: str = Field("procedural", max_length=64, description="Backend whose sound and parameters it sets.")
    category: str = Field(description="UCS CatID.")
    params: dict[str, float] = Field(default_factory=dict, description="Parameters of the sound, in its own units.")
    length_seconds: float | None = Field(None, gt=0, le=3_600, description="Natural length; left out, the sound's own.")
    gain_db: float = Field(0.0, ge=-48, le=12, description="Louder or softer than its layer's level.")
    tags: tuple[str, ...] = ()

    @field_validator("category")
    @classmethod
    def _category_exists(cls, category: str) -> str:
        if not ucs.is_cat_id(category):
            near = difflib.get_close_matches(category, ucs.categories(), n=1)
            hint = f"did you mean {near[0]}?" if near else "see universalcategorysystem.com."
            raise BadArgument(f"{category!r} is no UCS CatID; {hint}", field="category")
        return category


class Presets:
    """All presets, by name.

    Parameters
    ----------
    warnings
        Files that were left out, and why.
    """

    def __init__(self, presets: Iterable[Preset], warnings: Iterable[str] = ()) -> None:
        self._by_name = {preset.name: preset for preset in presets}
        self.warnings = tuple(warnings)
        phrases = [(tuple(ucs.words(phrase)), preset) for preset in self.all for phrase in preset.words]
        self._phrases = sorted(phrases, key=lambda entry: -len(entry[0]))

    @property
    def all(self) -> tuple[Preset, ...]:
        """Sorted by name."""
        return tuple(sorted(self._by_name.values(), key=lambda preset: preset.name))

    def get(self, name: str) -> Preset:
        """The preset of that name.

        Raises
        ------
        UnknownPreset
            Naming close ones.
        """
        if name not in self._by_name:
            near = difflib.get_close_matches(name, self._by_name, n=3, cutoff=0.4)
            hint = f"near it are {', '.join(near)}." if near else "list them with: cuewright presets"
            raise UnknownPreset(f"There is no preset {name!r}; {hint}", field="preset")
        return self._by_name[name]

    def named_in(self, text: str) -> Preset | None:
        """The preset whose longest phrase stands in the text, word for word, or None."""
        asked = tuple(ucs.words(text))
        for phrase, preset in self._phrases:
            if any(asked[i : i + len(phrase)] == phrase for i in range(len(asked) - len(phrase) + 1)):
                return preset
        return None

    def search(self, text: str) -> tuple[Preset, ...]:
        """Presets that have all the words, in any of their fields."""
        asked = set(ucs.words(text))
        return tuple(preset for preset in self.all if asked <= _all_words(preset))


def _all_words(preset: Preset) -> set[str]:
    fields = (preset.name.replace("-", " "), preset.title, preset.description, preset.prompt, *preset.words)
    return {word for field in (*fields, *preset.tags) for word in ucs.words(field)}


def load_presets(settings: Settings) -> Presets:
    """Read the built-in presets and the user's."""
    found: dict[str, Preset] = {}
    warnings = []
    if settings.presets is not None and not settings.presets.is_dir():
        warnings.append(f"There is no folder {settings.presets} for your own presets: make it, or change the setting.")
    for folder in (BUILT_IN, settings.presets):
        for path in sorted(folder.rglob("*.toml")) if folder else ():
            try:
                preset = read_preset(path)
            except CuewrightError as error:
                warnings.append(f"Preset {path} is left out: {error.sentence}")
            else:
                found[preset.name] = preset
    return Presets(found.values(), warnings)


def read_preset(path: Path) -> Preset:
    """Read one file.

    Raises
    ------
    BadArgument
        With the field that is wrong.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, not TOML, a number too long
        raise BadArgument(f"it cannot be read as TOML: {error}.", field="preset") from None
    if values.get("name", path.stem) != path.stem:
        raise BadArgument(f"the file is called {path.stem!r} and says name = {values['name']!r}.", field="name")
    return Preset.read(values | {"name": path.stem})


def schema() -> str:
    """JSON schema of a preset file, for editors."""
    model = Preset.model_json_schema()
    del model["properties"]["name"]
    model["required"].remove("name")
    return json.dumps(model, indent=2) + "\n"


if __name__ == "__main__":
    target = BUILT_IN / "schema.json"
    if "--check" in sys.argv:
        sys.exit(target.read_text(encoding="utf-8") != schema())
    target.write_text(schema(), encoding="utf-8")
