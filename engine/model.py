"""The base of every value that crosses a layer: frozen, strict, and with errors of ours instead of pydantic's."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import BadArgument


class Model(BaseModel):
    """A frozen, keyword-only value; unknown keys and NaN are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="strings")

    @classmethod
    def read(cls, values: Mapping[str, Any] | str | bytes) -> Self:
        """Validate a mapping, or JSON text.

        Raises
        ------
        BadArgument
            With the path of the first wrong field and what was expected there.
        """
        try:
            if isinstance(values, (str, bytes)):
                return cls.model_validate_json(values)
            return cls.model_validate(values)
        except ValidationError as error:
            raise _first_problem(error) from None


def _first_problem(error: ValidationError) -> BadArgument:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    what = first["msg"][0].lower() + first["msg"][1:]
    given = reprlib.repr(first.get("input"))  # bounded: the input may be deep or long
    given = given if len(given) <= 60 else given[:57] + "..."
    if first["type"] == "extra_forbidden":
        return BadArgument(f"Unknown key {field!r}.", field=field)
    if first["type"] == "missing":
        return BadArgument(f"{field!r} is missing.", field=field)
    return BadArgument(f"{field!r}: {what}; got {given}." if field else f"{what[0].upper()}{what[1:]}.", field=field)
