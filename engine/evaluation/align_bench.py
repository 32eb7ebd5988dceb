"""Measures aligners on pairs that were degraded on purpose, and beside what anybody could do.

An aligner is whatever takes a sound file and a video file and says what it did; this module does not know ours, and
shows an aligner nothing but those two files.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.action import Action
from engine.audio import Audio
from engine.errors import BadArgument
from engine.evaluation.align_degrade import Degradation, Detune, Mixed, Noisy, Tools, drawn
from engine.evaluation.align_pairs import TruePair
from engine.evaluation.align_scores import cents_of, kept_seconds, level_db, offsets_seconds, si_sdr_in_time_db
from engine.handle import Handle
from engine.model import Model

NEAR_MS = 20.0
OURS = "cuewright"
NOTHING = "do nothing"
_STILL_MS = 0.01
"""First and last contact moved by as much: nothing was stretched, and sample can be compared with sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an aligner did.

    Parameters
    ----------
    audio
        The version it gives back; the sound that it was given, where it changed nothing.
    stopped
        Why it ended, in a word.
    calls
        Of models.
    """

    actions: tuple[Action, ...]
    audio: Audio
    stopped: str = ""
    calls: int = 0


Aligner = Callable[[Path, Path], Result]
"""Sound file and video file to what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A pair and what is done to its sound."""

    pair: TruePair
    degradation: Degradation
    seed: int


class Outcome(Model):
    """One aligner on one case."""

    aligner: str
    pair: str
    rendered: bool
    kind: str
    noise: str = ""
    amount: float
    actions: tuple[str, ...]
    stopped: str
    before_ms: tuple[float, float, float]
    """How late the sound was at the first, the middle and the last contact."""
    after_ms: tuple[float, float, float] | None
    """The same of the result; None where its actions leave moments no one place."""
    si_sdr_before_db: float | None = None
    """None where time was stretched."""
    si_sdr_after_db: float | None = None
    lag_apart_ms: float | None = None
    """Measured lag of the result, less the one that follows from the actions."""
    fault_before: float = 0.0
    """Of detuned sounds cents, of others dB from the clean level."""
    fault_after: float = 0.0
    untouched: bool
    seconds: float
    calls: int

    @property
    def worst_before_ms(self) -> float:
        """At the worst of the three moments."""
        return max(abs(late) for late in self.before_ms)

    @property
    def worst_after_ms(self) -> float:
        """At the worst of the three moments."""
        return max(abs(late) for late in self.after_ms) if self.after_ms else math.inf

    @property
    def drift_after_ms(self) -> float:
        """How much later or earlier the last contact is than the first."""
        return abs(self.after_ms[2] - self.after_ms[0]) if self.after_ms else math.inf

    @property
    def is_in_time(self) -> bool:
        """Whether it lies where it should, from the first contact to the last."""
        return self.worst_after_ms <= NEAR_MS

    @property
    def gain_db(self) -> float | None:
        """By which SI-SDR rose."""
        if self.si_sdr_before_db is None or self.si_sdr_after_db is None:
            return None
        return self.si_sdr_after_db - self.si_sdr_before_db


class Scaling(Model):
    """A batch of so many pairs."""

    pairs: int
    seconds: float
    seconds_a_pair: float
    calls_a_pair: float


class AlignBench(Model):
    """Everything ``bench align`` measures."""

    seed: int
    outcomes: tuple[Outcome, ...]
    scaling: tuple[Scaling, ...] = ()


def cases_of(pairs: Iterable[TruePair], seed: int, kinds: Sequence[str] = ()) -> list[Case]:
    """Every pair with all that is drawn for it; only tuned pairs are detuned: a knock has no right pitch.

    Parameters
    ----------
    kinds
        Only these; empty: all.

    Raises
    ------
    BadArgument
        For a kind that there is not.
    """
    found = []
    known: set[str] = set()
    for number, pair in enumerate(pairs):
        rng = np.random.default_rng((seed, number, 1))
        for place, degradation in enumerate(drawn(number, pair.contacts_seconds, rng)):
            known.add(degradation.kind)
            fits = pair.is_tuned or not isinstance(degradation, Detune)
            if fits and (not kinds or degradation.kind in kinds):
                found.append(Case(pair=pair, degradation=degradation, seed=seed * 1_000 + place))
    if unknown := sorted(set(kinds) - known):
        raise BadArgument(f"Nothing is degraded by {unknown[0]!r}; there are {', '.join(sorted(known))}.", field="kind")
    return found


def measure(
    cases: Sequence[Case], aligners: Mapping[str, Aligner], tools: Tools, folder: Path, handle: Handle
) -> tuple[Outcome, ...]:
    """Every aligner on every case.

    Parameters
    ----------
    folder
        Where the degraded sounds are written, as 32-bit floats.
    """
    import soundfile

    found = []
    for number, case in enumerate(cases):
        handle.progress(number / len(cases), f"{case.pair.name}: {case.degradation.kind}")
        spoiled = case.degradation.done(case.pair.clean, np.random.default_rng((case.seed, number)), tools)
        path = folder / f"case-{number}.wav"
        soundfile.write(path, spoiled.samples.T, spoiled.sample_rate_hz, subtype="FLOAT")
        for name, aligner in aligners.items():
            began = time.perf_counter()
            result = aligner(path, case.pair.video)
            found.append(outcome(name, case, spoiled, result, time.perf_counter() - began))
        path.unlink()
    return tuple(found)


def outcome(name: str, case: Case, spoiled: Audio, result: Result, seconds: float) -> Outcome:
    """How a result scores."""
    clean, rate, degradation = case.pair.clean, case.pair.clean.sample_rate_hz, case.degradation
    contacts = case.pair.contacts_seconds
    at = (contacts[0], contacts[len(contacts) // 2], contacts[-1])
    length = clean.length_samples / rate
    before, after = (_ms(offsets_seconds(degradation, done, length, at)) for done in ((), result.actions))
    assert before, "A degradation moves every moment somewhere."
    quality: dict[str, float] = {}
    if after and abs(after[2] - after[0]) < _STILL_MS and abs(before[2] - before[0]) < _STILL_MS:
        kept = kept_seconds(degradation, length, later_seconds=after[0] / 1000)
        quality["before"], _ = si_sdr_in_time_db(clean.samples, spoiled.samples, rate, kept)
        quality["after"], lag = si_sdr_in_time_db(clean.samples, result.audio.samples, rate, kept)
        quality["lag apart"] = 1000 * lag - after[0]
    if isinstance(degradation, Detune):
        faults = degradation.amount, degradation.amount + cents_of(result.actions)
    else:
        faults = level_db(clean.samples, spoiled.samples), level_db(clean.samples, result.audio.samples)
    return Outcome(
        aligner=name,
        pair=case.pair.name,
        rendered=case.pair.is_rendered,
        kind=degradation.kind,
        noise=noise_of(degradation),
        amount=degradation.amount,
        actions=tuple(str(action) for action in result.actions),
        stopped=result.stopped,
        before_ms=before,
        after_ms=after,
        fault_before=faults[0],
        fault_after=faults[1],
        untouched=not result.actions,
        seconds=seconds,
        calls=result.calls,
        si_sdr_before_db=quality.get("before"),
        si_sdr_after_db=quality.get("after"),
        lag_apart_ms=quality.get("lag apart"),
    )


def noise_of(degradation: Degradation) -> str:
    """Which noise lies under it; empty: none."""
    if isinstance(degradation, Mixed):
        return next((noise for part in degradation.parts if (noise := noise_of(part))), "")
    return degradation.noise if isinstance(degradation, Noisy) else ""


def measure_scaling(run_batch: Callable[[int], int], counts: Sequence[int]) -> tuple[Scaling, ...]:
    """Wall time and calls of models of batches.

    Parameters
    ----------
    run_batch
        Aligns so many pairs, nothing kept from before, and says how many calls it took.
    """
    found = []
    for count in counts:
        began = time.perf_counter()
        calls = run_batch(count)
        seconds = time.perf_counter() - began
        found.append(Scaling(pairs=count, seconds=seconds, seconds_a_pair=seconds / count, calls_a_pair=calls / count))
    return tuple(found)


def _ms(seconds: Sequence[float] | None) -> tuple[float, float, float] | None:
    if seconds is None:
        return None
    first, middle, last = (1000 * value for value in seconds)
    return first, middle, last
