"""``bench overlap``: one to ten overlapping events, by our mixer and by what one would do without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.output import JsonFlag, print_json, progress, table

if TYPE_CHECKING:
    from engine.audio import Audio
    from engine.plan import Event, Plan
    from engine.results import Take

COUNTS = (1, 3, 5, 10)
RATE_HZ = 48_000
SECONDS = 3.0
WITHIN_SECONDS = 0.25
"""All of them begin within this: they overlap for nearly all of their length."""
PEAK = 0.9
"""Of every sound as a model hands it over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """An event and its one take."""

    event: Event
    take: Take


def bench_overlap(
    rounds: Annotated[int, typer.Option(min=1, help="Scenes for each number of events.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Of the scenes.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """What becomes of each sound among 1, 3, 5 and 10: our gain staging, a plain sum, volumes divided by the number."""
    from engine.dsp import loudness, true_peak
    from engine.evaluation.overlap import FLOOR_DB, measure_overlap

    def momentary(audio: Audio) -> float:
        level = loudness.measure(audio).momentary_max_lufs
        return FLOOR_DB if level is None else level

    with progress("overlap", quiet=as_json) as handle:
        report = measure_overlap(
            draw,
            METHODS,
            counts=COUNTS,
            rounds=rounds,
            seed=seed,
            loudness=momentary,
            peak_dbtp=true_peak.measure_dbtp,
            handle=handle,
        )
    if as_json:
        print_json(report)
        return
    table(
        f"Overlapping events, {report.rounds} scenes of each number",
        ("events", "method", "sunk dB", "worst", "spread dB", "distortion dB", "peak dBTP", "clipped %"),
        (
            (
                *(row.events, row.method, row.sunk_db, row.worst_sunk_db, row.spread_db, row.distortion_db),
                *(row.peak_dbtp, row.clipped_percent),
            )
            for row in report.rows
        ),
    )
    print(
        "sunk: how much softer an event is among the others than alone, and the worst one. spread: how unlike the\n"
        "events' levels are in the mix, which were asked for as equally loud. distortion: what is in the mix and in\n"
        "no event. The sounds are the built-in ones, each handed over at a peak of 0.9, as models hand them over."
    )


def draw(count: int, seed: int) -> tuple[Drawn, ...]:
    """Different sounds that begin nearly together, each at a place of its own in the room."""
    import numpy as np

    from engine.audio import Audio
    from engine.backends.procedural import ProceduralBackend
    from engine.config import Settings
    from engine.handle import Handle
    from engine.plan import Event, TakeSpec
    from engine.procedural.families import FAMILIES
    from engine.results import Take

    chance = np.random.default_rng(seed)
    names = [name for name, family in FAMILIES.items() if not family.sustained]
    drawn = []
    for number, name in enumerate(chance.choice(names, count, replace=False).tolist()):
        spec = TakeSpec(
            backend="procedural",
            backend_version="1",
            source=name,
            text=name,
            seed=int(chance.integers(2**31)),
            length_samples=round((SECONDS - WITHIN_SECONDS) * RATE_HZ),
            channels=1,
            sample_rate_hz=RATE_HZ,
        )
        (take,) = ProceduralBackend(Settings()).render([spec], Handle())
        level = np.float32(PEAK / max(take.audio.peak, 1e-9))
        handed = Audio(samples=take.audio.samples * level, sample_rate_hz=RATE_HZ)
        event = Event(
            id=f"s{number + 1}",
            text=name,
            start_samples=int(chance.integers(round(WITHIN_SECONDS * RATE_HZ))),
            length_samples=spec.length_samples,
            layer="foreground",
            category=FAMILIES[name].category,
            label=name,
            track=name,
            takes=(spec,),
        )
        drawn.append(
            Drawn(event=event, take=Take(audio=handed, onset_samples=take.onset_samples, licence=take.licence))
        )
    return tuple(drawn)


def _ours(drawn: Sequence[Drawn]) -> Audio:
    """As a job mixes."""
    from engine.audio import Audio
    from engine.mixing.bus import mix
    from engine.mixing.place import place

    plan = _plan(drawn)
    made = mix([place(plan, each.event, each.take) for each in drawn], plan)
    return Audio(samples=made.samples[:, : plan.length_samples], sample_rate_hz=RATE_HZ)


def _summed(drawn: Sequence[Drawn], gain: float) -> Audio:
    """Every sound at its place and the same gain, cut off where a file of 24 bits ends."""
    import numpy as np

    from engine.audio import Audio

    plan = _plan(drawn)
    total = np.zeros((2, plan.length_samples), np.float32)
    for each in drawn:
        start = each.event.start_samples
        sound = each.take.audio.samples[:, each.take.onset_samples :][:, : plan.length_samples - start]
        total[:, start : start + sound.shape[1]] += np.float32(gain) * sound
    return Audio(samples=np.clip(total, -1, 1), sample_rate_hz=RATE_HZ)


def _plan(drawn: Sequence[Drawn]) -> Plan:
    from engine.plan import Outline, Plan, Step
    from engine.session import Session

    return Plan(
        prompt="overlap",
        session=Session(sample_rate=RATE_HZ),
        position_samples=0,
        length_samples=round(SECONDS * RATE_HZ),
        seed=0,
        outline=Outline(steps=(Step(id="s1", text="overlap", start_seconds=0.0),)),
        events=tuple(each.event for each in drawn),
    )


METHODS: dict[str, Callable[[Sequence[Drawn]], Audio]] = {
    "our gain staging": _ours,
    "plain sum": lambda drawn: _summed(drawn, 1.0),
    "volume / number": lambda drawn: _summed(drawn, 1.0 / len(drawn)),
}
"""The second sums as the paper's baseline does; the third is the volume that its planner chose for many events."""
