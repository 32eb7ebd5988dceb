"""Which backend answers some words, with presets taken into account."""

from __future__ import annotations

from dataclasses import dataclass

from engine.backends.base import MATCHED, Backend, Match
from engine.backends.registry import Backends
from engine.planning.presets import Preset, Presets

CLOSE = 0.15
"""A backend later in the settings' order must be better by more than this to go first: the user's own order counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The answer to some words.

    Parameters
    ----------
    params
        What preset and words set, the words winning.
    """

    backend: Backend
    match: Match
    preset: Preset | None
    params: dict[str, float]

    @property
    def length_seconds(self) -> float:
        """Natural length."""
        return (self.preset and self.preset.length_seconds) or self.match.length_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """No answer; what comes nearest, as labels."""

    labels: tuple[str, ...]


class Sounds:
    """All there is to choose from, for one request.

    Parameters
    ----------
    backend
        Only this one, when named.
    """

    def __init__(self, backends: Backends, presets: Presets, *, backend: str = "") -> None:
        self._backends = backends
        self._presets = presets
        self._only = backend
        self._found: dict[tuple[str, str], Choice | Nearest] = {}

    def find(self, text: str, preset_name: str = "") -> Choice | Nearest:
        """The best answer to a step's words.

        Raises
        ------
        UnknownBackend, UnknownPreset
            When a name is wrong.
        """
        key = (text, preset_name)
        if key not in self._found:
            self._found[key] = self._find(text, preset_name)
        return self._found[key]

    def known(self, text: str) -> Choice | None:
        """The answer, or None where there is only a nearest."""
        found = self.find(text)
        return found if isinstance(found, Choice) else None

    def _find(self, text: str, preset_name: str) -> Choice | Nearest:
        preset = self._presets.get(preset_name) if preset_name else self._presets.named_in(text)
        asked = preset.prompt if preset else text
        best = self._best(asked, preset.backend if preset else "")
        if not isinstance(best, tuple):
            return best
        backend, match = best
        params = dict(match.params)
        if preset:
            params |= preset.params
            # The user's own words ("distant oak door slam") win over the preset they call up.
            own = backend.match(text)
            if own and own[0].score >= MATCHED and own[0].sources == match.sources:
                params |= own[0].params
        return Choice(backend=backend, match=match, preset=preset, params=params)

    def _best(self, text: str, wanted: str) -> tuple[Backend, Match] | Nearest:
        name = self._only or wanted
        asked = [self._backends.get(name)] if name else self._backends.preferred()
        best: tuple[Backend, Match] | None = None
        nearest: list[Match] = []
        for backend in asked:
            matches = backend.match(text)
            if matches and matches[0].score >= MATCHED:
                if best is None or matches[0].score > best[1].score + CLOSE:
                    best = backend, matches[0]
            else:
                nearest += matches[:3]
        if best:
            return best
        nearest.sort(key=lambda match: -match.score)
        return Nearest(labels=tuple(dict.fromkeys(match.label for match in nearest))[:3])
