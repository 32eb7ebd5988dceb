"""What a plugin can be told: parameters by name, with unit and bounds, and how a chain's values are read against them.

The same for built-in effects and for the user's own plugins. This module knows neither which plugins there are nor how
a value reaches them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from engine.chain import Value
from engine.errors import ChainInvalid
from engine.model import Model

_MEASURE = re.compile(r"\s*([-+−]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(\S*)\s*", re.IGNORECASE)
_UNITS: dict[str, tuple[str, float]] = {
    **{"s": ("time", 1.0), "sec": ("time", 1.0), "second": ("time", 1.0), "seconds": ("time", 1.0)},
    **{"ms": ("time", 1e-3), "msec": ("time", 1e-3), "us": ("time", 1e-6), "µs": ("time", 1e-6)},
    **{"hz": ("frequency", 1.0), "khz": ("frequency", 1e3)},
    **{"db": ("level", 1.0), "dbfs": ("level", 1.0), "dbtp": ("level", 1.0)},
    **{"%": ("share", 1e-2), "percent": ("share", 1e-2)},
    **{"st": ("pitch", 1.0), "semitone": ("pitch", 1.0), "semitones": ("pitch", 1.0), "ct": ("pitch", 1e-2)},
    **{"cent": ("pitch", 1e-2), "cents": ("pitch", 1e-2)},
    **{"bit": ("bits", 1.0), "bits": ("bits", 1.0), ":1": ("ratio", 1.0), "x": ("share", 1.0)},
}
"""Unit as people write it -> what it measures, and how much of that one is."""

_ON, _OFF = frozenset(["on", "true", "yes", "enabled"]), frozenset(["off", "false", "no", "disabled"])


class Parameter(Model):
    """One thing a plugin can be told."""

    name: str
    kind: Literal["number", "switch", "choice", "file"] = "number"
    unit: str = Field("", description="As people write it: Hz, dB, ms, s, %; empty for a bare number.")
    low: float | None = Field(None, description="Smallest number, in the unit.")
    high: float | None = Field(None, description="Largest number, in the unit.")
    default: Value = Field(0.0, description="What it is when a chain does not set it.")
    choices: tuple[str, ...] = Field((), description="The words it takes.")
    description: str = ""

    def parse(self, value: Value, field: str) -> Value:
        """``value`` as this parameter takes it: a number in its own unit, on or off, one of its choices, a path.

        >>> Parameter(name="attack_ms", unit="ms", low=0, high=500).parse("0.25 s", "")
        250.0

        Raises
        ------
        ChainInvalid
            When it is of another kind or unit, or out of bounds; ``field`` is whom the error is about.
        """
        if self.kind == "number":
            return self._number(value, field)
        if self.kind == "switch":
            return self._switch(value, field)
        if not isinstance(value, str):
            raise ChainInvalid(f"{self.name} takes {self._wanted()}; got {value}.", field=field)
        if self.kind == "file":
            return value
        for choice in self.choices:
            if choice.casefold() == value.casefold().strip():
                return choice
        near = nearest(value, self.choices)
        raise ChainInvalid(f"{self.name} has no choice {value[:80]!r}; {near}", field=field)

    def _number(self, value: Value, field: str) -> float:
        if isinstance(value, bool):
            raise ChainInvalid(f"{self.name} takes {self._wanted()}; got {str(value).lower()}.", field=field)
        number = self._measured(value, field) if isinstance(value, str) else float(value)
        low = -float("inf") if self.low is None else self.low
        high = float("inf") if self.high is None else self.high
        slack = 1e-6 * max(abs(number), 1.0)  # bounds that a plugin tells have been through float32
        if not low - slack <= number <= high + slack:
            raise ChainInvalid(f"{self.name} takes {self._wanted()}; got {value}.", field=field)
        return min(max(number, low), high)

    def _measured(self, text: str, field: str) -> float:
        match = _MEASURE.fullmatch(text)
        if match is None:
            raise ChainInvalid(f"{self.name} takes {self._wanted()}; got {text[:80]!r}.", field=field)
        number, unit = float(match[1].replace("−", "-")), match[2].casefold()
        own = self.unit.casefold()
        if unit in ("", own):
            return number
        measure, size = _UNITS.get(unit, ("", 1.0))
        if not own and measure in ("share", "ratio"):  # bare numbers: 50 % is 0.5, 4:1 is 4
            return number * size
        own_measure, own_size = _UNITS.get(own, ("", 1.0))
        if not measure or measure != own_measure:
            raise ChainInvalid(f"{self.name} takes {self._wanted()}; got {text[:80]!r}.", field=field)
        return number * size / own_size

    def _switch(self, value: Value, field: str) -> bool:
        if isinstance(value, str):
            word = value.casefold().strip()
            if word in _ON | _OFF:
                return word in _ON
        elif value in (0, 1):  # False and True are
            return bool(value)
        raise ChainInvalid(f"{self.name} is on or off; got {value!r}.", field=field)

    def _wanted(self) -> str:
        """What it takes, for people."""
        if self.kind == "file":
            return "the path of a file"
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices[:12])
        unit = f" {self.unit}" if self.unit else ""
        if self.low is None or self.high is None:
            return f"a number{' in' if unit else ''}{unit}"
        return f"{self.low:g} to {self.high:g}{unit}"


def nearest(word: str, names: Sequence[str]) -> str:
    """What to say of names that were not met: the nearest, or all when they are few.

    >>> nearest("cutof", ["cutoff_hz", "gain_db", "q"])
    'did you mean cutoff_hz?'
    """
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), folded, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(folded[name] for name in near)}?"
    if not names:
        return "it has none"
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"it has {', '.join(names[:12])}{more}"


def read_all(
    plugin: str, parameters: Mapping[str, Parameter], given: Mapping[str, Value], field: str
) -> dict[str, Value]:
    """Every value that a chain gives a plugin, read by its parameter.

    Raises
    ------
    ChainInvalid
        For a name that the plugin does not have, naming the nearest that it has, or a value that is wrong.
    """
    return {
        name: one_of(plugin, parameters, name, f"{field}.{name}").parse(value, f"{field}.{name}")
        for name, value in given.items()
    }


def one_of(plugin: str, parameters: Mapping[str, Parameter], name: str, field: str) -> Parameter:
    """A plugin's parameter by name.

    Raises
    ------
    ChainInvalid
        When it has none of that name.
    """
    if name not in parameters:
        near = nearest(name, list(parameters))
        raise ChainInvalid(f"{plugin} has no parameter {name[:80]!r}; {near}", field=field)
    return parameters[name]
