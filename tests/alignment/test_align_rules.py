"""The rule planner: an action for every fault that was measured, and another plan when the first did not do."""

from __future__ import annotations

from typing import Any

import pytest

from engine.alignment.base import Brief, Pair
from engine.alignment.rules import RulePlanner
from engine.audio import Audio
from engine.picture import Picture
from engine.source import Held
from engine.trace import Cycle, Description, Fit, Heard, Moment, Score, Seen

LATE = Fit(delay_seconds=0.21, matched=5, error_seconds=0.004, confidence=0.95)


def brief(fit: Fit | None = None, history: tuple[Cycle, ...] = (), **heard: Any) -> Brief:
    import numpy as np

    moment = Moment(time_seconds=0.5, strength=1, confidence=1)
    measures = {
        "length_seconds": 8.0,
        "loudness_lufs": -30.0,
        "peak_dbtp": -8.0,
        "onsets": (moment,),
        "noise_dbfs": -50.0,
    }
    pair = Pair(
        sound=Held(Audio(samples=np.zeros((1, 8_000), np.float32), sample_rate_hz=8_000)),
        picture=Picture(path="/reel.mov"),
        heard=Heard.model_validate({**measures, **heard}),
        seen=Seen(length_seconds=8.0, moments=(moment,)),
        fit=fit,
    )
    return Brief(
        pair=pair,
        description=Description(heard="", seen=""),
        original=Score(alignment=0.5, synchronisation=0.1),
        history=history,
    )


def planned(*given: Any, **heard: Any) -> str:
    return "; ".join(str(action) for action in RulePlanner().plan(brief(*given, **heard)).actions)


def tried(text: str, fit: Fit | None = None) -> Cycle:
    score = Score(alignment=0.5, synchronisation=0.5, fit=fit)
    return Cycle(number=1, actions=tuple(text.split("; ")), planner="rules", score=score)


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ({}, ""),
        ({"noise": "white", "snr_db": 10.0}, "denoise"),
        ({"noise": "pink", "snr_db": 10.0}, "denoise"),
        ({"noise": "white", "snr_db": 40.0}, ""),
        ({"noise": "white", "snr_db": 10.0, "onsets": ()}, ""),
        ({"noise": "white", "snr_db": 20.0, "noise_dbfs": -75.0}, ""),
        ({"noise": "voices", "snr_db": 10.0}, "denoise"),
        ({"noise": "voices", "snr_db": 1.0}, ""),
        ({"noise": "steep", "snr_db": 5.0}, ""),
        ({"hum_hz": 50.02}, "dehum frequency_hz=50.02"),
        ({"gaps": ((1.0, 0.02),)}, "fill_gaps"),
        ({"peak_dbtp": -33.0}, "volume peak_dbtp=-6"),
        ({"peak_dbtp": 4.0}, "volume peak_dbtp=-1"),
        ({"tuning_cents": 31.0}, "pitch semitones=-0.31"),
        ({"tuning_cents": 4.0}, ""),
        (
            {"gaps": ((1.0, 0.02),), "hum_hz": 60.0, "noise": "white", "snr_db": 3.0, "peak_dbtp": -40.0},
            "fill_gaps; dehum frequency_hz=60; denoise; volume peak_dbtp=-6",
        ),
    ],
)
def test_every_fault_has_its_action_and_what_is_none_has_none(heard: dict[str, Any], said: str) -> None:
    assert planned(**heard) == said


def test_a_delay_is_shifted_away_after_the_noise() -> None:
    assert planned(LATE) == "shift seconds=-0.21"
    assert planned(LATE, noise="voices", snr_db=10.0) == "denoise; shift seconds=-0.21"


def test_what_is_within_half_a_frame_stays() -> None:
    assert planned(LATE.model_copy(update={"delay_seconds": 0.015})) == ""


def test_a_fit_that_chance_does_as_well_is_not_acted_on() -> None:
    assert planned(LATE.model_copy(update={"confidence": 0.7})) == ""


def test_a_drift_is_stretched_away_and_the_length_stays() -> None:
    drift = LATE.model_copy(update={"rate": 1.01})
    assert planned(drift) == "speed factor=1.01; shift seconds=-0.2079 length_seconds=8"


def test_what_is_left_after_a_cycle_is_added() -> None:
    left = Fit(delay_seconds=0.03, matched=5, error_seconds=0.004, confidence=0.9)
    history = (tried("shift seconds=-0.21", left),)
    assert planned(LATE, history) == "shift seconds=-0.24"


def test_after_a_filter_that_did_not_do_comes_another() -> None:
    history: tuple[Cycle, ...] = ()
    said = []
    for _ in range(6):
        plan = planned(LATE, history, noise="white", snr_db=3.0)
        said.append(plan)
        if not plan:
            break
        history = (*history, tried(plan))
    assert said == [
        "denoise; shift seconds=-0.21",
        "wiener; shift seconds=-0.21",
        "spectral_subtraction; shift seconds=-0.21",
        "shift seconds=-0.21",
        "",
    ]


def test_a_drift_that_did_not_do_is_left_out_next() -> None:
    drift = LATE.model_copy(update={"rate": 1.01})
    history = (tried(planned(drift)),)
    assert planned(drift, history) == "shift seconds=-0.25"


def test_it_says_why() -> None:
    proposal = RulePlanner().plan(brief(LATE, noise="white", snr_db=3.0))
    assert proposal.reason == "The sound is 210 ms late. White noise is taken away."
    assert proposal.planner == "rules"
