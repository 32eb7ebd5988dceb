"""Plans, events and takes for the mixer's tests."""

from __future__ import annotations

import numpy as np

from engine.audio import Audio
from engine.plan import Event, Layer, Outline, Plan, Step, TakeSpec
from engine.results import Licence, Take
from engine.session import Session

LICENCE = Licence(name="CC0-1.0", commercial=True)


def event(
    *, start: int = 0, layer: Layer = "foreground", gain_db: float = 0.0, pan: float = 0.0, rate: int = 48_000
) -> Event:
    spec = TakeSpec(
        backend="test",
        backend_version="1",
        source="x",
        text="x",
        seed=1,
        length_samples=rate,
        channels=1,
        sample_rate_hz=rate,
    )
    return Event(
        id="s1",
        text="a knock",
        start_samples=start,
        length_samples=rate,
        layer=layer,
        category="DOORWood",
        label="Knock",
        track="Knock",
        gain_db=gain_db,
        pan=pan,
        takes=(spec,),
    )


def plan(*events: Event, position: int = 0, length: int = 48_000, rate: int = 48_000) -> Plan:
    return Plan(
        prompt="a knock",
        session=Session(sample_rate=rate),
        position_samples=position,
        length_samples=length,
        seed=1,
        outline=Outline(steps=(Step(id="s1", text="a knock", start_seconds=0),)),
        events=events or (event(rate=rate),),
    )


def take(samples: np.ndarray, *, onset: int = 0, rate: int = 48_000) -> Take:
    return Take(audio=Audio(samples=np.atleast_2d(samples), sample_rate_hz=rate), onset_samples=onset, licence=LICENCE)


def noise(seed: int, *, length: int = 48_000, channels: int = 1, decay: float | None = None) -> np.ndarray:
    """White noise at about -20 dBFS, dying away with a time constant of ``decay`` samples."""
    samples = 0.1 * np.random.default_rng(seed).standard_normal((channels, length))
    return samples if decay is None else samples * np.exp(-np.arange(length) / decay)
