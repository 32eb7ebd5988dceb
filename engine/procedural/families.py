"""The table of sound families, name to record."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.procedural.family import Family
from engine.procedural.sounds import (
    animals,
    backgrounds,
    bangs,
    bells,
    doors,
    engines,
    fire,
    footsteps,
    glass,
    handling,
    impacts,
    people,
    signals,
    water,
    weather,
    whoosh,
    wildlife,
)

_SOURCES = (
    *(impacts, footsteps, doors, glass, water, weather, fire, bells, whoosh, engines, signals),
    *(animals, wildlife, people, handling, bangs, backgrounds),
)

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {family.name: family for source in _SOURCES for family in source.FAMILIES}
)
