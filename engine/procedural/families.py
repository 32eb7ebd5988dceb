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
    bodies,
    creatures,
    desk,
    doors,
    electronics,
    engines,
    fire,
    footsteps,
    glass,
    handling,
    household,
    impacts,
    machines,
    people,
    signals,
    vehicles,
    voices,
    water,
    weapons,
    weather,
    whoosh,
    wildlife,
)

_SOURCES = (
    *(impacts, footsteps, doors, glass, water, weather, fire, bells, whoosh),
    *(engines, vehicles, machines, signals, electronics),
    *(animals, creatures, wildlife, people, voices, bodies),
    *(handling, household, desk, bangs, weapons, backgrounds),
)

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {family.name: family for source in _SOURCES for family in source.FAMILIES}
)
