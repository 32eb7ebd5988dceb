"""A finished align job for the tests of its page: hits late by a fifth of a second, and what was tried on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from report_case import HITS_SECONDS, RATE, SECONDS, SESSION, hit

from engine.picture import Picture
from engine.stems.manifest import Versions
from engine.stems.report import AlignReport, Heard
from engine.trace import Cycle, Description, Moment, Score, Seen, Trace
from engine.trace import Heard as Measured
from engine.video.filmstrip import filmstrip

LATE_SECONDS = {0: 0.2, 2: 0.1, 3: 0.0}
"""Of every version; what cycle 1 planned could not be done."""
LOUDNESS_LUFS = {0: -20.0, 2: -26.0, 3: -23.0}


def onsets_of(number: int) -> tuple[Moment, ...]:
    """Of a version, all strong."""
    late = LATE_SECONDS[number]
    return tuple(Moment(time_seconds=at + late, strength=1, confidence=1) for at in HITS_SECONDS)


def write_version(folder: Path, number: int) -> Heard:
    """A version, as a file."""
    samples = np.zeros(SECONDS * RATE)
    for k, onset in enumerate(onsets_of(number)):
        at = round(onset.time_seconds * RATE)
        knock = hit(k + 1)[: len(samples) - at]
        samples[at : at + len(knock)] += knock
    path = folder / f"foley {number}.wav"
    soundfile.write(path, samples, RATE, subtype="PCM_24")
    return Heard(
        number=number,
        path=path,
        length_seconds=SECONDS,
        channels=1,
        onsets=onsets_of(number),
        loudness_lufs=LOUDNESS_LUFS[number],
        peak_dbtp=-6.0,
    )


def make_trace(**changes: Any) -> Trace:
    """Three cycles: one that failed, one that helped, one that won."""
    values: dict[str, Any] = {
        "heard": Measured(length_seconds=SECONDS, loudness_lufs=-20, peak_dbtp=-6, onsets=onsets_of(0), hum_hz=50),
        "seen": Seen(
            length_seconds=SECONDS,
            shots_seconds=(0.0, 2.0),
            moments=tuple(Moment(time_seconds=at, strength=0.5, confidence=1) for at in HITS_SECONDS),
            motion=(0.1, 0.9) * 8,
        ),
        "description": Description(heard="Five knocks.", seen="A ball bounces.", seen_by="vlm-7b"),
        "original": Score(alignment=0.64, synchronisation=0.12, rationale="It is 200 ms late."),
        "cycles": (
            Cycle(number=1, actions=("fill text=x",), planner="llm-8b", problem="No backend can do that."),
            Cycle(
                number=2,
                actions=("shift seconds=-0.1",),
                reason="It lags.",
                planner="llm-8b",
                score=Score(alignment=0.7, synchronisation=0.55, rationale="Still 100 ms late.", by="vlm-7b"),
            ),
            Cycle(
                number=3,
                actions=("denoise", "shift seconds=-0.2"),
                reason="It still lags.",
                planner="rules",
                score=Score(alignment=0.9, synchronisation=1.0, rationale="In time.", by="vlm-7b"),
            ),
        ),
        "best": 3,
        "stopped": "threshold",
        "verdict": "Synchronisation 0.12 → 1.00.",
        "calls": 7,
        "tokens": 12_345,
        "seconds": 3.21,
    }
    return Trace(**{**values, **changes})


def make_report(folder: Path, *, picture: Path | None = None, **changes: Any) -> AlignReport:
    """All of it, with its files in ``folder``."""
    shown = Picture(path=str(picture)) if picture else None
    values: dict[str, Any] = {
        "session": SESSION,
        "length_samples": SECONDS * RATE,
        "title": "foley.wav to picture.mp4",
        "picture": shown,
        "stills": filmstrip(shown, 12) if shown else (),
        "shots_samples": (0, 2 * RATE),
        "motion": (0.1, 0.9) * 8,
        "motion_rate_hz": 4.0,
        "versions": Versions.here({}),
        "sound": "foley.wav",
        "trace": make_trace(),
        "heard": tuple(write_version(folder, number) for number in LATE_SECONDS),
        "threshold": 0.88,
        "most_cycles": 4,
    }
    return AlignReport(**{**values, **changes})
