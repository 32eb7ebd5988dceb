"""One argument of a message: its name, type, bounds and words, read from a pydantic field.

The fields of the engine's own models are the only source; what is here turns a field into what the wire needs: a
description that documentation and error replies share, and a check of the OSC type before pydantic looks at the value
(pydantic would take ``"2"`` for 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from engine.errors import BadArgument
from engine.model import Model
from engine.protocol.codec import Value, float32
from engine.request import JOB_ID_PATTERN

Kind = Literal["string", "integer", "number", "boolean"]
_ID = "1 to 64 letters, digits, '.', '_' or '-', the first a letter or a digit"
_TAGS: dict[Kind, str] = {"string": "s", "integer": "i", "number": "f", "boolean": "T"}


@dataclass(frozen=True, kw_only=True)
class Argument:
    """What may stand at one place of a message, or after one key.

    Parameters
    ----------
    path
        Attributes from the message's model to the value: ``("stem", "licence", "name")``.
    nullable
        ``N`` may be sent, and means that it is left out.
    """

    name: str
    path: tuple[str, ...]
    kind: Kind
    about: str
    required: bool
    nullable: bool
    default: Value
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    min_length: int = 0
    max_length: int | None = None
    pattern: str | None = None

    @cached_property
    def tag(self) -> str:
        """The OSC type tag to document; the others of its family are taken as well."""
        return _TAGS[self.kind]

    @cached_property
    def expected(self) -> str:
        """What is right here, in words: "a whole number from 1 to 16"."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind == "boolean":
            return "true or false (T, F, 1 or 0)"
        if self.kind == "string":
            if self.pattern:
                return _ID if self.pattern == JOB_ID_PATTERN else f"text like {self.pattern}"
            return "text" if self.max_length is None else f"text of at most {self.max_length} characters"
        what = "a whole number" if self.kind == "integer" else "a number"
        if self.minimum is not None and self.maximum is not None:
            return f"{what} from {self.minimum:.17g} to {self.maximum:.17g}"
        return what if self.minimum is None else f"{what}, at least {self.minimum:.17g}"

    def take(self, value: Value) -> Value:
        """The value as our models want it; bounds are left to them.

        Integral floats are whole numbers and 0 and 1 are booleans, because Max and TouchOSC send them so.

        Raises
        ------
        BadArgument
            When its OSC type is wrong.
        """
        match self.kind, value:
            case _, None if self.nullable:
                return None
            case "string", str():
                return value
            case "boolean", bool():
                return value
            case "boolean", int() | float() if value in (0, 1):
                return bool(value)
            case (("integer" | "number"), bool()):
                pass
            case "integer", int():
                return value
            case "integer", float() if value.is_integer():
                return int(value)
            case "number", int():
                return value
            case "number", float():
                return _as_typed(value)
        raise BadArgument(f"{self.name!r} is {self.expected}; got {_shown(value)}.", field=self.name)


def _as_typed(value: float) -> float:
    """The shortest decimal with the same 32-bit float: 0.1, where ``f`` carried 0.10000000149011612."""
    if float32(value) == value:
        for digits in (6, 7, 8):
            shorter = float(f"{value:.{digits}g}")
            if float32(shorter) == value:
                return shorter
    return value


def _shown(value: Value) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def arguments_of(model: type[Model], path: tuple[str, ...] = ()) -> tuple[Argument, ...]:
    """The arguments of a model's fields, in order; those of a nested model stand in its place.

    A field of a nested model goes by its own name, one nested deeper has its parent's before it (``licence_name``).
    """
    properties = model.model_json_schema()["properties"]
    found: list[Argument] = []
    for name, field in model.model_fields.items():
        here = (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, Model):
            found += arguments_of(field.annotation, here)
        else:
            found.append(_argument(here, properties[name], required=field.is_required()))
    return tuple(found)


def _argument(path: tuple[str, ...], schema: dict[str, Any], *, required: bool) -> Argument:
    options = schema.get("anyOf", [schema])
    (only,) = [option for option in options if option["type"] != "null"]
    return Argument(
        name="_".join(path[1:] or path),
        path=path,
        kind=only["type"],
        about=schema.get("description", ""),
        required=required,
        nullable=len(options) > 1,
        default=schema.get("default"),
        choices=tuple(only.get("enum", ())),
        minimum=only.get("minimum", only.get("exclusiveMinimum")),
        maximum=only.get("maximum", only.get("exclusiveMaximum")),
        min_length=only.get("minLength", 0),
        max_length=only.get("maxLength"),
        pattern=only.get("pattern"),
    )
