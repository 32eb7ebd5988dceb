"""Casting: which cue gets which sound.

It knows kinds, times, strengths and places in the picture; it knows no words, no backend and no samples of sound. The
rules, in their order; a cue is given away once:

1. *Told times.* "At 2 s" is the nearest fitting cue within a quarter of a second; without one it is nobody's.
2. *Told places.* "At the cut" is every cut. "At the end" is the best fitting of the cues in the last third of the
   time between the first cue and the last, and of those the last; "at the start" mirrors it.
3. *Told numbers.* "Three knocks" are the three strongest fitting cues in a row; where fewer are left, the strongest
   one, for the sound to repeat on. "A cup" is one cue, as soon as other sounds want cues too: of n such sounds the n
   strongest cues, in the order in which they are told. A cue that another sound fits better is left to that one.
4. *The rest.* Every cue left goes to the sound that its kind fits best (:data:`FITNESS`). Where it fits several alike,
   cues near one another in place and size are one source, and the sources go to the sounds in turn; where all lie in
   one place, the cues themselves do.
5. A sound that got nothing takes what fits it for want of better (:data:`MAKESHIFT`), if that is still free.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.cue import Cue, CueKind

Sound = Literal["step", "hit", "sweep", "lasting"]
"""step: a footfall. hit: it happens at once. sweep: it happens and moves, as a whoosh does. lasting: it goes on."""
Where = Literal["start", "end", "cut"]

FITNESS: Mapping[Sound, Mapping[CueKind, int]] = {
    "step": {"step": 0, "mark": 0, "impact": 1, "onset": 1},
    "hit": {"impact": 0, "onset": 0, "mark": 0, "step": 1},
    "sweep": {"movement": 0, "swell": 0, "mark": 0},
    "lasting": {"movement": 0, "swell": 0, "mark": 1},
}
"""How well a kind of cue fits a sound; 0 is best."""
MAKESHIFT: Mapping[Sound, Iterable[CueKind]] = {
    "step": ("swell", "movement"),
    "hit": ("swell", "movement"),
    "sweep": ("impact", "onset", "step"),
    "lasting": (),
}
SPAN_MARK: Mapping[Sound, int] = {"step": 1, "hit": 1, "sweep": 0, "lasting": 0}
"""Fitness of a mark that has a length: somebody wants what lasts."""
NEAR_SECONDS = 0.25
ONE_SOURCE = 0.2
"""Cues this near in place and size, in shares of the picture, are of one source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a sound asks of its cues.

    Parameters
    ----------
    at_samples
        A told time.
    where
        A told place.
    count
        A told number; None takes all that it can get.
    single
        "A cup": one, where others want cues as well.
    """

    sound: Sound
    at_samples: int | None = None
    where: Where | None = None
    count: int | None = None
    single: bool = False


def cast(roles: Sequence[Role], cues: Sequence[Cue], sample_rate_hz: int) -> list[tuple[Cue, ...]]:
    """The cues of every role, in time order; empty where none fits."""
    return _Casting(roles, cues, sample_rate_hz).done()


def in_time(cues: Iterable[Cue]) -> list[Cue]:
    """The cues by time, and by id where they meet."""
    return sorted(cues, key=lambda cue: (cue.start_samples, cue.id))


def fitness(sound: Sound, cue: Cue) -> int | None:
    """How well the cue fits the sound, 0 best; None where it does not."""
    if cue.kind == "mark" and cue.length_samples:
        return SPAN_MARK[sound]
    return FITNESS[sound].get(cue.kind)


class _Casting:
    def __init__(self, roles: Sequence[Role], cues: Sequence[Cue], sample_rate_hz: int) -> None:
        self._roles = roles
        self._free = {cue.id: cue for cue in in_time(cues)}
        self._near_samples = round(NEAR_SECONDS * sample_rate_hz)
        moments = [cue for cue in self._free.values() if cue.kind != "cut"]
        self._span = (moments[0].start_samples, moments[-1].start_samples) if moments else (0, 0)
        self._got: list[list[Cue]] = [[] for _ in roles]

    def done(self) -> list[tuple[Cue, ...]]:
        told = [i for i, role in enumerate(self._roles) if role.at_samples is not None]
        placed = [i for i, role in enumerate(self._roles) if role.where is not None and i not in told]
        rest = [i for i in range(len(self._roles)) if i not in told and i not in placed]
        alone = len(self._roles) == 1
        counted = [i for i in rest if self._roles[i].count is not None]
        single = [i for i in rest if self._roles[i].count is None and self._roles[i].single and not alone]
        for i in told:
            self._at(i)
        for i in placed:
            self._where(i)
        for i in counted:
            if (self._roles[i].count or 1) > 1:
                self._in_a_row(i)
        self._ones(sorted([*single, *(i for i in counted if self._roles[i].count == 1)]))
        self._share([i for i in rest if i not in counted and i not in single])
        for i in rest:
            if not self._got[i]:
                self._makeshift(i)
        return [tuple(in_time(got)) for got in self._got]

    def _take(self, role: int, cues: Iterable[Cue]) -> None:
        for cue in cues:
            del self._free[cue.id]
            self._got[role].append(cue)

    def _fitting(self, role: int) -> list[Cue]:
        return [cue for cue in self._free.values() if fitness(self._roles[role].sound, cue) is not None]

    def _own(self, role: int) -> list[Cue]:
        """Fitting cues that none of the other sounds fits better."""
        others = {self._roles[i].sound for i in range(len(self._roles)) if not self._got[i]}
        return [
            cue
            for cue in self._fitting(role)
            if all(_rank(self._roles[role].sound, cue) <= _rank(other, cue) for other in others)
        ]

    def _best(self, role: int, cues: Sequence[Cue], at_least: int = 1) -> list[Cue]:
        """Those of the cues that fit best; the less fitting too, where the number asks for them."""
        ranks = sorted({_rank(self._roles[role].sound, cue) for cue in cues})
        for rank in ranks:
            best = [cue for cue in cues if _rank(self._roles[role].sound, cue) <= rank]
            if len(best) >= at_least:
                return best
        return list(cues)

    def _at(self, role: int) -> None:
        at = self._roles[role].at_samples or 0
        near = [cue for cue in self._free.values() if cue.kind != "cut" or self._roles[role].where == "cut"]
        near = [cue for cue in near if abs(cue.start_samples - at) <= self._near_samples]
        if near:
            self._take(role, [min(near, key=lambda cue: (abs(cue.start_samples - at), cue.start_samples))])

    def _where(self, role: int) -> None:
        asked = self._roles[role]
        if asked.where == "cut":
            cuts = [cue for cue in self._free.values() if cue.kind == "cut"]
            self._take(role, cuts[: asked.count])
            return
        fitting = self._fitting(role)
        first, last = self._span
        third = (last - first) // 3
        if asked.where == "end":
            near = [cue for cue in fitting if cue.start_samples >= last - third] or fitting[-1:]
        else:
            near = [cue for cue in fitting if cue.start_samples <= first + third] or fitting[:1]
        number = asked.count or 1
        best = self._best(role, near, number)
        number = number if number <= len(best) else 1
        self._take(role, best[-number:] if asked.where == "end" else best[:number])

    def _in_a_row(self, role: int) -> None:
        number = self._roles[role].count or 1
        fitting = self._best(role, self._own(role), number)
        number = number if number <= len(fitting) else 1
        runs = [fitting[i : i + number] for i in range(len(fitting) - number + 1)]
        if runs:
            self._take(role, max(runs, key=lambda run: sum(cue.strength for cue in run)))

    def _ones(self, roles: Sequence[int]) -> None:
        """One cue each: the strongest of what fits best, in the order of telling."""
        for sound in dict.fromkeys(self._roles[i].sound for i in roles):
            alike = [i for i in roles if self._roles[i].sound == sound]
            fitting = self._best(alike[0], self._own(alike[0]), len(alike))
            strongest = sorted(fitting, key=lambda cue: (-cue.strength, cue.start_samples))[: len(alike)]
            for role, cue in zip(alike, in_time(strongest), strict=False):
                self._take(role, [cue])

    def _share(self, roles: Sequence[int]) -> None:
        """All that is left, each cue to what it fits best."""
        wanted: dict[tuple[int, ...], list[Cue]] = {}
        for cue in self._free.values():
            ranks = {i: rank for i in roles if (rank := fitness(self._roles[i].sound, cue)) is not None}
            if ranks:
                best = min(ranks.values())
                wanted.setdefault(tuple(i for i in roles if ranks.get(i) == best), []).append(cue)
        for takers, cues in wanted.items():
            groups = _sources(cues) if len(takers) > 1 else [cues]
            if len(groups) == 1:
                groups = [[cue] for cue in cues]
            for turn, group in enumerate(groups):
                self._take(takers[turn % len(takers)], group)

    def _makeshift(self, role: int) -> None:
        asked = self._roles[role]
        left = [cue for cue in self._free.values() if cue.kind in MAKESHIFT[asked.sound]]
        number = asked.count or (1 if asked.single and len(self._roles) > 1 else None)
        if number is not None:
            strongest = sorted(left, key=lambda cue: (-cue.strength, cue.start_samples))
            left = strongest[: number if number <= len(left) else 1]
        self._take(role, left)


def _rank(sound: Sound, cue: Cue) -> int:
    rank = fitness(sound, cue)
    return 9 if rank is None else rank


def _sources(cues: Sequence[Cue]) -> list[list[Cue]]:
    """Cues in time order, grouped by place and size, each joining the nearest group whose middle is near."""
    groups: list[list[Cue]] = []
    for cue in cues:
        near = [(distance, group) for group in groups if (distance := _apart(cue, group)) <= ONE_SOURCE]
        if near:
            min(near, key=lambda pair: pair[0])[1].append(cue)
        else:
            groups.append([cue])
    return groups


def _apart(cue: Cue, group: Sequence[Cue]) -> float:
    """From a cue to the middle of a group; sizes count where both are known."""
    x, y = (sum(values) / len(group) for values in zip(*((other.x, other.y) for other in group), strict=True))
    sizes = [other.size for other in group if other.size is not None]
    deeper = cue.size - sum(sizes) / len(sizes) if cue.size is not None and sizes else 0.0
    return math.hypot(cue.x - x, cue.y - y, deeper)
