"""Which backend answers some words, with presets taken into account.

The rule: backends are asked in the settings' order; the first whose best answer reaches ``MATCHED`` is taken, unless a
later one's is better by more than :data:`CLOSE`. A preset stands in for words that call it up, except where the words
themselves name another sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.backends.base import MATCHED, Backend, Changer, Match
from engine.backends.registry import Backends
from engine.chain import NO_CHAIN, Chain
from engine.errors import BadArgument, CuewrightError
from engine.planning.presets import Preset, Presets
from engine.request import GenerateRequest

CLOSE = 0.15
"""A backend later in the settings' order must be better by more than this to go first: the user's own order counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The answer to some words.

    Parameters
    ----------
    match
        The backend's answer; its params already have the preset's under what the words set.
    chain
        The preset's effects, and those that the words name.
    said
        The words without those: what the backend is told, where they name effects.
    """

    backend: Backend
    match: Match
    preset: Preset | None
    chain: Chain = NO_CHAIN
    said: str = ""

    @property
    def length_seconds(self) -> float:
        """Natural length."""
        return (self.preset and self.preset.length_seconds) or self.match.length_seconds

    @property
    def name(self) -> str:
        """What tells this sound from another."""
        return self.preset.name if self.preset else self.match.label

    @property
    def fills(self) -> bool:
        """Whether it goes on for any length: a bed, or happenings without a number ('barking')."""
        return self.match.sustained or self.match.params.get("count") == 0.0


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
    commercial
        Leave out backends whose licence forbids work that earns money.
    """

    def __init__(self, backends: Backends, presets: Presets, *, backend: str = "", commercial: bool = False) -> None:
        self._backends = backends
        self._presets = presets
        self._only = backend
        self._commercial = commercial
        self._found: dict[tuple[str, str, int | None], Choice | Nearest] = {}

    def find(self, text: str, preset_name: str = "", count: int | None = None) -> Choice | Nearest:
        """The best answer to a step's words.

        Parameters
        ----------
        count
            Ask for so many happenings; None leaves it to the words.

        Raises
        ------
        UnknownBackend, UnknownPreset
            When a name is wrong.
        BadArgument
            When only backends are left whose licence forbids commercial use; the sentence names them.
        """
        key = (text, preset_name, count)
        if key not in self._found:
            left, treatments = self._presets.treatments_in(text)
            found = self._counted(left, preset_name, count) if count else self._find(left, preset_name)
            self._found[key] = found if isinstance(found, Nearest) else _treated(found, treatments, left)
        return self._found[key]

    def treatments_in(self, text: str) -> tuple[str, tuple[str, ...]]:
        """What an edit says without the words that name treatments, and the names of these."""
        left, found = self._presets.treatments_in(text, of_a_sound=False)
        return left, tuple(preset.name for preset in found)

    def chain_of(self, request: GenerateRequest) -> Chain:
        """What every sound of a request goes through: its preset, where that is a treatment, then its chain.

        Raises
        ------
        UnknownPreset, BadArgument
            As :meth:`chain`.
        """
        preset = self._presets.get(request.preset) if request.preset else None
        first = preset.chain if preset and preset.is_treatment else NO_CHAIN
        return first.then(self.chain(request.chain, "chain"))

    def chain(self, name: str, field: str) -> Chain:
        """See :meth:`engine.planning.presets.Presets.chain`; of no name, none."""
        return self._presets.chain(name, field) if name else NO_CHAIN

    def changing(self, text: str) -> Choice | None:
        """The first backend that answers the words and works on sounds that are there; None when there is none.

        Raises
        ------
        UnknownBackend, BadArgument
            As :meth:`find`.
        """
        asked = self._allowed([self._backends.get(self._only)] if self._only else self._backends.preferred())
        for backend in asked:
            if isinstance(backend, Changer) and (matches := backend.match(text)) and matches[0].score >= MATCHED:
                return Choice(backend=backend, match=matches[0], preset=None)
        return None

    def known(self, text: str, count: int | None = None) -> Choice | None:
        """The answer, or None where there is only a nearest."""
        found = self.find(text, count=count)
        return found if isinstance(found, Choice) else None

    def _counted(self, text: str, preset_name: str, count: int) -> Choice | Nearest:
        """The same sound, asked for by number."""
        found = self._find(text, preset_name)
        if isinstance(found, Nearest):
            return found
        words = found.preset.prompt if found.preset else text
        answers = found.backend.match(f"{count} {words}")
        if not answers or answers[0].score < MATCHED or answers[0].sources != found.match.sources:
            return found
        params = {name: value for name, value in found.match.params.items() if name != "count"}
        match = answers[0].model_copy(update={"params": params | _count_of(answers[0])})
        return Choice(backend=found.backend, match=match, preset=found.preset)

    def _find(self, text: str, preset_name: str) -> Choice | Nearest:
        own = None if preset_name else self._best(text, "")
        preset = self._presets.get(preset_name) if preset_name else self._presets.named_in(text)
        if preset is None:
            return own if own is not None else Nearest(labels=())
        try:
            found = self._best(preset.prompt, preset.backend)
        except CuewrightError:
            if preset_name or own is None:
                raise
            return own  # nobody asked for the preset by name: the words stand for themselves
        if isinstance(found, Nearest):
            return found if own is None else own
        if isinstance(own, Choice) and own.match.sources != found.match.sources:
            return own
        # A request may name another backend, which does not have the preset's parameters.
        own_kind = found.match.accepts if found.backend.name == preset.backend else {}
        params = {name: value for name, value in preset.params.items() if name in own_kind}
        params = found.match.params | params | self._told(text, preset, found, named=bool(preset_name))
        return Choice(backend=found.backend, match=found.match.model_copy(update={"params": params}), preset=preset)

    def _told(self, text: str, preset: Preset, found: Choice, *, named: bool) -> dict[str, float]:
        """What the user's own words set: in "distant oak door slam" the distance wins over the preset's."""
        if text == preset.prompt:
            return {}
        words = f"{text} {preset.prompt}" if named else text
        answers = found.backend.match(words)
        if not answers or answers[0].sources != found.match.sources:
            return {}
        own = answers[0].params
        if named:
            own = {name: value for name, value in own.items() if found.match.params.get(name) != value}
        return own

    def _best(self, text: str, wanted: str) -> Choice | Nearest:
        name = self._only or wanted
        asked = self._allowed([self._backends.get(name)] if name else self._backends.preferred())
        best: Choice | None = None
        nearest: list[Match] = []
        for backend in asked:
            matches = backend.match(text)
            if matches and matches[0].score >= MATCHED:
                if best is None or matches[0].score > best.match.score + CLOSE:
                    best = Choice(backend=backend, match=matches[0], preset=None)
            else:
                nearest += matches[:3]
        if best:
            return best
        nearest.sort(key=lambda match: -match.score)
        return Nearest(labels=tuple(dict.fromkeys(match.label for match in nearest))[:3])

    def _allowed(self, backends: list[Backend]) -> list[Backend]:
        allowed = [each for each in backends if each.capabilities.licence.commercial or not self._commercial]
        if not allowed:
            terms = ", ".join(f"{each.name} ({each.capabilities.licence.name})" for each in backends)
            raise BadArgument(
                f"Delivery must be safe, and the licence of {terms} forbids commercial use: name another backend, or "
                "leave out delivery_safe.",
                field="delivery_safe",
            )
        return allowed


def _treated(found: Choice, treatments: Sequence[Preset], said: str) -> Choice:
    chain = found.preset.chain if found.preset else NO_CHAIN
    for treatment in treatments:
        chain = chain.then(treatment.chain)
    return replace(found, chain=chain, said=said if treatments else "")


def _count_of(match: Match) -> dict[str, float]:
    return {name: value for name, value in match.params.items() if name == "count"}
