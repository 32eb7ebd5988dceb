"""Presets: a sound, a treatment of sounds, or both, with a name; one TOML or JSON file each.

A treatment is a chain of effects; its words ("on the phone") call it up from within a prompt, beside any sound.

Built-in ones lie in ``presets/``, the user's own in the folder of the settings; a user's preset of the same name wins.
A file that is wrong is left out with a warning that names file and field: it never stops the engine.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

import engine
from engine import ucs
from engine.chain import MAX_LINKS, MAX_TAIL_SECONDS, Chain, Link
from engine.config import Settings
from engine.errors import BadArgument, CuewrightError, UnknownPreset
from engine.model import Model

_ARTICLES = frozenset({"a", "an", "the"})
SUFFIXES = (".toml", ".json")
FILE_PARAMETERS = {"convolution": ("file",)}
"""Of built-in effects."""
_SCHEMA = "schema.json"
BUILT_IN = Path(engine.__file__).resolve().parents[1] / "presets"


class Preset(Model):
    """One preset file; its name is the file's."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64, description="Set from the file's name.")
    title: str = Field(min_length=1, max_length=60, description="What people read: 'Oak Door Slam'.")
    description: str = Field(min_length=1, max_length=200, description="What it sounds like and is for.")
    prompt: str = Field(
        "", max_length=200, description="Words that the backend makes the sound from; left out, it is a treatment."
    )
    words: tuple[str, ...] = Field((), description="Phrases that call it up from within a prompt.")
    backend: str = Field("procedural", max_length=64, description="Backend whose sound and parameters it sets.")
    category: str = Field("", description="UCS CatID of the sound.")
    params: dict[str, float] = Field(default_factory=dict, description="Parameters of the sound, in its own units.")
    length_seconds: float | None = Field(None, gt=0, le=3_600, description="Natural length; left out, the sound's own.")
    gain_db: float = Field(0.0, ge=-48, le=12, description="Louder or softer than its layer's level.")
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = Field((), max_length=MAX_LINKS, description="Effects, in order.")
    missing: Literal["stop", "skip"] = Field(
        "stop", description="Where a plugin of yours is missing: stop, or without."
    )
    tail_seconds: float | None = Field(
        None, ge=0, le=MAX_TAIL_SECONDS, description="How long the effects ring on at most; left out, until silent."
    )

    @property
    def chain(self) -> Chain:
        """Its effects."""
        return Chain(links=self.links, missing=self.missing, tail_seconds=self.tail_seconds)

    @property
    def is_treatment(self) -> bool:
        """Whether it is effects alone."""
        return not self.prompt

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if not self.prompt and not self.links:
            raise BadArgument("A preset has a prompt, effects (links), or both.", field="prompt")
        if self.prompt and not self.category:
            raise BadArgument("A preset with a prompt has a category, a UCS CatID.", field="category")
        if not self.prompt and (self.params or self.length_seconds):
            raise BadArgument("Without a prompt there is no sound to set: leave params and length out.", field="params")
        return self

    @field_validator("category")
    @classmethod
    def _category_exists(cls, category: str) -> str:
        if category and not ucs.is_cat_id(category):
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
        spoken = [(phrase, preset) for preset in self.all for phrase in preset.words]
        phrases = [(tuple(ucs.words(phrase)), preset) for phrase, preset in spoken if not preset.is_treatment]
        self._phrases = sorted(phrases, key=lambda entry: -len(entry[0]))
        treatments = sorted((entry for entry in spoken if entry[1].is_treatment), key=lambda entry: -len(entry[0]))
        self._treatments = [(_pattern(phrase), preset) for phrase, preset in treatments]

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
            raise _unknown(name, list(self._by_name), "preset")
        return self._by_name[name]

    def named_in(self, text: str) -> Preset | None:
        """The preset of a sound whose longest phrase stands in the text, word for word, or None."""
        asked = tuple(ucs.words(text))
        for phrase, preset in self._phrases:
            if any(asked[i : i + len(phrase)] == phrase for i in range(len(asked) - len(phrase) + 1)):
                return preset
        return None

    def treatments_in(self, text: str, *, of_a_sound: bool = True) -> tuple[str, tuple[Preset, ...]]:
        """The text without the phrases that name treatments, and these in their order; longer phrases first.

        Parameters
        ----------
        of_a_sound
            Whether the text names the sound too, so that something has to be left of it.
        """
        left, found = text, []
        for pattern, preset in self._treatments:
            if match := pattern.search(left):
                rest = left[: match.start()] + " " * len(match[0]) + left[match.end() :]
                if not of_a_sound or any(c.isalnum() for c in rest):
                    left = rest
                    found.append((match.start(), preset))
        if not found:
            return text, ()
        return " ".join(left.split()), tuple(preset for _, preset in sorted(found, key=lambda entry: entry[0]))

    def chain(self, name: str, field: str) -> Chain:
        """The effects of the preset of that name.

        Raises
        ------
        UnknownPreset
            Naming close ones.
        BadArgument
            When it has none.
        """
        preset = self._by_name.get(name)
        if preset is None:
            raise _unknown(name, [each.name for each in self.all if each.links], field)
        if not preset.links:
            raise BadArgument(f"The preset {name!r} is a sound without effects.", field=field)
        return preset.chain

    def search(self, text: str) -> tuple[Preset, ...]:
        """Presets that have all the words, in any of their fields."""
        asked = set(ucs.words(text))
        return tuple(preset for preset in self.all if asked <= _all_words(preset))


def _unknown(name: str, names: Sequence[str], field: str) -> UnknownPreset:
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"near it are {', '.join(near)}." if near else "list them with: cuewright presets"
    return UnknownPreset(f"There is no preset {name!r}; {hint}", field=field)


def _pattern(phrase: str) -> re.Pattern[str]:
    """A phrase in running words, whatever its articles: small words are what tells "on the phone" from a phone."""
    words = [re.escape(word) for word in phrase.lower().split() if word not in _ARTICLES]
    return re.compile(r"\b" + r"\W+(?:(?:an?|the)\W+)?".join(words) + r"\b", re.IGNORECASE)


def _all_words(preset: Preset) -> set[str]:
    fields = (preset.name.replace("-", " "), preset.title, preset.description, preset.prompt, *preset.words)
    return {word for field in (*fields, *preset.tags) for word in ucs.words(field)}


def load_presets(settings: Settings) -> Presets:
    """Read the built-in presets and the user's."""
    found: dict[str, Preset] = {}
    warnings = []
    own = settings.presets_folder
    if settings.presets is not None and not own.is_dir():
        warnings.append(f"There is no folder {settings.presets} for your own presets: make it, or change the setting.")
    for folder in (BUILT_IN, own):
        for path in sorted(file for file in folder.rglob("*") if file.suffix in SUFFIXES and file.name != _SCHEMA):
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
    is_json = path.suffix == ".json"
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if is_json else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, not TOML, a number too long
        raise BadArgument(f"it cannot be read as {'JSON' if is_json else 'TOML'}: {error}.", field="preset") from None
    if not isinstance(values, dict):
        raise BadArgument("it is no preset: its fields stand between braces.", field="preset")
    if values.get("name", path.stem) != path.stem:
        raise BadArgument(f"the file is called {path.stem!r} and says name = {values['name']!r}.", field="name")
    preset = Preset.read(values | {"name": path.stem})
    return preset.model_copy(update={"links": tuple(_found(link, path.parent) for link in preset.links)})


def files_of(link: Link) -> dict[str, str]:
    """The files that a link names, by where it names them: a plugin's preset, an impulse response."""
    named = {"preset": link.preset} | {
        key: str(link.parameters.get(key, "")) for key in FILE_PARAMETERS.get(link.plugin, ())
    }
    return {key: path for key, path in named.items() if path}


def with_files(link: Link, files: Mapping[str, str]) -> Link:
    """The link with other files in their places."""
    parameters = link.parameters | {key: path for key, path in files.items() if key != "preset"}
    return link.model_copy(update={"preset": files.get("preset", link.preset), "parameters": parameters})


def _found(link: Link, folder: Path) -> Link:
    """Files lie beside the preset unless it says otherwise."""
    return with_files(link, {key: str(folder / path) for key, path in files_of(link).items()})


def schema() -> str:
    """JSON schema of a preset file, for editors."""
    model = Preset.model_json_schema()
    del model["properties"]["name"]
    model["required"].remove("name")
    return json.dumps(model, indent=2) + "\n"


if __name__ == "__main__":
    target = BUILT_IN / _SCHEMA
    if "--check" in sys.argv:
        sys.exit(target.read_text(encoding="utf-8") != schema())
    target.write_text(schema(), encoding="utf-8")
