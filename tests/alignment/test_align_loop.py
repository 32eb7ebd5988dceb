"""The loop: every reason to stop, always from the original, the best version wins, and what fails is replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from engine.action import Action
from engine.alignment.base import Brief, Pair, Parts, Proposal
from engine.alignment.loop import Aligned, align
from engine.alignment.measured import MeasuredJudge
from engine.alignment.rules import RulePlanner
from engine.alignment.telling import MeasuredDescriber
from engine.audio import Audio
from engine.editing.kit import Kit
from engine.errors import Cancelled, PlannerFailed
from engine.handle import Handle
from engine.picture import Picture
from engine.planning.action_text import parse_actions
from engine.source import Held, Source, collected
from engine.trace import Description, Fit, Heard, Moment, Score, Seen

RATE = 8_000
SOUND = np.linspace(-0.5, 0.5, RATE, dtype=np.float32)[None]
"""No two samples are the same, so a version tells what was done to it."""


def a_pair(*, loudness_lufs: float | None = -20.0, fit: Fit | None = None) -> Pair:
    moment = Moment(time_seconds=0.2, strength=1, confidence=1)
    return Pair(
        sound=Held(Audio(samples=SOUND, sample_rate_hz=RATE)),
        picture=Picture(path="/reel.mov"),
        heard=Heard(length_seconds=1, loudness_lufs=loudness_lufs, peak_dbtp=-6, onsets=(moment,)),
        seen=Seen(length_seconds=1, moments=(moment,)),
        fit=fit,
    )


class Says:
    """A describer of few words."""

    def describe(self, pair: Pair, handle: Handle) -> Description:
        return Description(heard="a thump", seen="a ball", heard_by="ear", seen_by="eye")


class Plans:
    """A planner with its proposals in its pocket."""

    def __init__(self, proposals: Sequence[str]) -> None:
        self._left = list(proposals)
        self.briefs: list[Brief] = []

    def plan(self, brief: Brief) -> Proposal:
        self.briefs.append(brief)
        told = self._left.pop(0) if self._left else ""
        actions: tuple[Action, ...] = parse_actions(told) if told else ()
        return Proposal(actions=actions, reason=f"because of {told}", planner="pocket")


class Scores:
    """A judge that gives the scores it was given, one after the other, and keeps what it heard."""

    name = "pocket"

    def __init__(self, *overall: float) -> None:
        self._left = list(overall)
        self.heard: list[np.ndarray] = []

    def judge(self, version: Source, pair: Pair, handle: Handle) -> Score:
        handle.check()
        self.heard.append(collected(version).samples)
        score = self._left.pop(0)
        return Score(alignment=score, synchronisation=score, by=self.name, rationale=f"{score:g}")


class Fails:
    """Whatever it is asked."""

    name = "down"

    def describe(self, pair: Pair, handle: Handle) -> Description:
        raise PlannerFailed("nothing answers there")

    def plan(self, brief: Brief) -> Proposal:
        raise PlannerFailed("nothing answers there")

    def judge(self, version: Source, pair: Pair, handle: Handle) -> Score:
        raise PlannerFailed("it answers in prose")


Run = Callable[..., Aligned]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    told: list[str] = []

    def aligned(planner: object, judge: object, *, pair: Pair | None = None, **limits: object) -> Aligned:
        parts = Parts(describer=Says(), planner=planner, judge=judge)  # type: ignore[arg-type]  # fakes of the three
        result = align(pair or a_pair(), parts, Kit(folder=tmp_path, warn=told.append), handle=Handle(), **limits)  # type: ignore[arg-type]
        aligned.told = told  # type: ignore[attr-defined]
        return result

    return aligned


def test_an_original_that_fits_is_left_alone(run: Run) -> None:
    planner = Plans(["denoise"])
    trace = run(planner, Scores(0.9), threshold=0.88).trace
    assert (trace.stopped, trace.best, trace.cycles, planner.briefs) == ("good_enough", 0, (), [])


def test_a_version_that_reaches_the_threshold_ends_it(run: Run) -> None:
    aligned = run(Plans(["volume gain_db=3", "volume gain_db=6"]), Scores(0.1, 0.95, 0.1), threshold=0.9)
    assert (aligned.trace.stopped, aligned.trace.best, len(aligned.trace.cycles)) == ("threshold", 1, 1)
    assert "fits now" in aligned.trace.verdict
    assert "volume gain_db=3" in aligned.trace.verdict


def test_both_scores_have_to_reach_it(run: Run) -> None:
    class Halves(Scores):
        def judge(self, version: Source, pair: Pair, handle: Handle) -> Score:
            return super().judge(version, pair, handle).model_copy(update={"synchronisation": 0.88})

    trace = run(Plans(["volume gain_db=3"]), Halves(0.1, 0.95, 0.1), threshold=0.9).trace
    assert trace.stopped == "nothing_left"


def test_so_many_cycles_and_no_more(run: Run) -> None:
    proposals = [f"volume gain_db={n}" for n in range(1, 9)]
    trace = run(Plans(proposals), Scores(0.1, 0.2, 0.3, 0.4, 0.1), cycles=3, threshold=0.9).trace
    assert (trace.stopped, len(trace.cycles), trace.best) == ("cycles", 3, 3)


def test_scores_that_no_longer_rise_end_it_and_the_best_wins(run: Run) -> None:
    proposals = [f"volume gain_db={n}" for n in range(1, 9)]
    trace = run(Plans(proposals), Scores(0.1, 0.6, 0.605, 0.3, 0.1), cycles=8, threshold=0.9).trace
    assert (trace.stopped, len(trace.cycles), trace.best) == ("plateau", 3, 2)


def test_the_same_plan_twice_ends_it(run: Run) -> None:
    trace = run(Plans(["volume gain_db=1", "volume gain_db=1"]), Scores(0.1, 0.3, 0.1), threshold=0.9).trace
    assert (trace.stopped, len(trace.cycles), trace.best) == ("repeated", 1, 1)


def test_a_planner_that_knows_no_more_ends_it(run: Run) -> None:
    trace = run(Plans(["volume gain_db=1"]), Scores(0.1, 0.3, 0.1), threshold=0.9).trace
    assert (trace.stopped, trace.best) == ("nothing_left", 1)


def test_nothing_in_common_keeps_the_original_and_says_so(run: Run) -> None:
    trace = run(Plans([]), Scores(0.1)).trace
    assert (trace.stopped, trace.best) == ("no_common_events", 0)
    assert "nothing that is heard could be found in the picture" in trace.verdict


def test_silence_is_kept_and_nobody_is_asked_to_plan(run: Run) -> None:
    planner = Plans(["denoise"])
    trace = run(planner, Scores(0.0), pair=a_pair(loudness_lufs=None)).trace
    assert (trace.stopped, trace.best, planner.briefs) == ("no_common_events", 0, [])
    assert "silent" in trace.verdict


def test_the_original_wins_where_nothing_beats_it(run: Run) -> None:
    trace = run(Plans(["volume gain_db=1", "volume gain_db=2"]), Scores(0.5, 0.4, 0.5, 0.5), threshold=0.9).trace
    assert trace.best == 0
    assert trace.winner == trace.original
    assert trace.verdict.startswith("The original is kept")


def test_every_cycle_begins_with_the_original(run: Run) -> None:
    judge = Scores(0.1, 0.2, 0.3, 0.1)
    aligned = run(Plans(["volume gain_db=6", "volume gain_db=-6"]), judge, threshold=0.9)
    np.testing.assert_array_equal(judge.heard[0], SOUND)
    np.testing.assert_allclose(judge.heard[1], SOUND * 10 ** (6 / 20), rtol=1e-5)
    np.testing.assert_allclose(judge.heard[2], SOUND * 10 ** (-6 / 20), rtol=1e-5)
    assert aligned.versions[1] is not None
    np.testing.assert_array_equal(collected(aligned.versions[1]).samples, judge.heard[2])


def test_the_planner_hears_of_scores_and_problems(run: Run) -> None:
    planner = Plans(["volume gain_db=1", "trim start_seconds=5", "volume gain_db=2"])
    trace = run(planner, Scores(0.1, 0.2, 0.3, 0.1), threshold=0.9).trace
    assert [len(brief.history) for brief in planner.briefs] == [0, 1, 2, 3]
    assert planner.briefs[1].history[0].score is not None
    assert planner.briefs[1].history[0].score.rationale == "0.2"
    assert planner.briefs[2].history[1].score is None
    assert "trim" in planner.briefs[2].history[1].problem
    assert (trace.best, trace.cycles[1].problem) == (3, planner.briefs[2].history[1].problem)


def test_models_that_are_down_are_replaced_by_what_measures(run: Run, tmp_path: Path) -> None:
    told: list[str] = []
    parts = Parts(describer=Fails(), planner=Fails(), judge=Fails())
    fit = Fit(delay_seconds=0.3, matched=4, error_seconds=0, confidence=0.9)
    trace = align(a_pair(fit=fit), parts, Kit(folder=tmp_path, warn=told.append), handle=Handle()).trace
    assert trace.description.heard_by == "measured"
    assert trace.cycles[0].planner == "rules"
    assert {trace.original.by, *(cycle.score.by for cycle in trace.cycles if cycle.score)} == {"measured"}
    assert sum("describe" in line for line in told) == 1
    assert sum("plan" in line for line in told) == 1
    assert sum("The judge failed" in line for line in told) == 1


def test_a_judge_that_fails_on_the_way_is_replaced_for_all_versions(run: Run) -> None:
    class Tires(Scores):
        def judge(self, version: Source, pair: Pair, handle: Handle) -> Score:
            if not self._left:
                raise PlannerFailed("it answers in prose")
            return super().judge(version, pair, handle)

    trace = run(Plans(["volume gain_db=1", "volume gain_db=2"]), Tires(0.1, 0.2), threshold=1.0).trace
    assert {trace.original.by, *(cycle.score.by for cycle in trace.cycles if cycle.score)} == {"measured"}


def test_a_judge_that_contradicts_itself_is_not_believed(run: Run) -> None:
    trace = run(Plans(["volume gain_db=1"]), Scores(0.1, 0.95, 0.6), threshold=0.9).trace
    assert trace.original.by == "measured"
    assert trace.cycles[0].score is not None
    assert trace.cycles[0].score.by == "measured"
    assert any("contradicts itself" in line for line in run.told)  # type: ignore[attr-defined]


def test_a_cancel_ends_it_at_once(tmp_path: Path) -> None:
    parts = Parts(describer=MeasuredDescriber(), planner=RulePlanner(), judge=MeasuredJudge())
    with pytest.raises(Cancelled):
        align(a_pair(), parts, Kit(folder=tmp_path), handle=Handle(is_cancelled=lambda: True))


def test_progress_never_falls(run: Run, tmp_path: Path) -> None:
    told: list[float] = []
    parts = Parts(describer=Says(), planner=Plans(["volume gain_db=1", "volume gain_db=2"]), judge=Scores(*[0.1] * 4))
    handle = Handle(on_progress=lambda fraction, stage: told.append(fraction))
    align(a_pair(), parts, Kit(folder=tmp_path), handle=handle)
    assert told == sorted(told)
    assert len(told) > 2
