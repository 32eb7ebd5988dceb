"""The rules of a job's life: a model check over random histories."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.jobs.state import (
    RUNNING,
    TERMINAL,
    Event,
    IllegalTransition,
    Standing,
    State,
    Waiting,
    advance,
    first,
)


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_nothing_leaves_a_terminal_state(state: str, event: Event) -> None:
    with pytest.raises(IllegalTransition, match=f"that is {state} cannot be {event}"):
        advance(Standing(state=State(state), attempts=1), event)


@pytest.mark.parametrize("event", set(Event) - {Event.CLAIMED, Event.CANCEL_REQUESTED})
def test_what_waits_can_only_be_begun_or_cancelled(event: Event) -> None:
    with pytest.raises(IllegalTransition):
        advance(Standing(), event)


def test_the_happy_path() -> None:
    seen = [Standing()]
    for event in (Event.CLAIMED, Event.PLANNED, Event.STEM, Event.STEM, Event.FINISHED):
        seen.append(advance(seen[-1], event))
    assert [s.state.value for s in seen] == ["queued", "planning", "rendering", "rendering", "rendering", "done"]
    assert seen[-1].attempts == 1


@pytest.mark.parametrize("max_attempts", [1, 2, 5])
def test_a_job_is_begun_as_often_as_allowed_and_then_fails(max_attempts: int) -> None:
    standing, begun = Standing(), 0
    while standing.state is State.QUEUED:
        standing = advance(advance(standing, Event.CLAIMED), Event.WORKER_DIED, max_attempts=max_attempts)
        begun += 1
    assert (standing.state, begun) == (State.FAILED, max_attempts)


def test_restarts_of_the_engine_never_use_up_the_retry() -> None:
    standing = Standing()
    for _ in range(50):
        standing = advance(advance(standing, Event.CLAIMED), Event.ENGINE_RESTARTED)
    standing = advance(advance(standing, Event.CLAIMED), Event.WORKER_DIED)
    assert (standing.state, standing.attempts, standing.engine_restarts) == (State.QUEUED, 1, 50)


@pytest.mark.parametrize("event", [Event.WORKER_DIED, Event.ENGINE_RESTARTED, Event.FAILED, Event.CANCELLED])
def test_a_cancel_that_was_asked_for_is_what_a_lost_job_ends_in(event: Event) -> None:
    asked = advance(advance(Standing(), Event.CLAIMED), Event.CANCEL_REQUESTED)
    assert asked.state is State.PLANNING
    assert advance(asked, event).state is State.CANCELLED


def test_what_finished_before_the_cancel_reached_it_is_done() -> None:
    asked = advance(advance(Standing(), Event.CLAIMED), Event.CANCEL_REQUESTED)
    assert advance(asked, Event.FINISHED).state is State.DONE


def test_first_of_none_is_none() -> None:
    assert first([]) is None


class Queue(RuleBasedStateMachine):
    """Jobs come, are claimed in order, and meet every event; plain dictionaries say where each must be."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, Standing] = {}
        self.places: dict[str, Waiting] = {}
        self.waiting: dict[str, Waiting] = {}
        self.endings: list[str] = []

    @rule(priority=st.integers(0, 2))
    def arrive(self, priority: int) -> None:
        job_id = f"j{len(self.jobs)}"
        self.jobs[job_id] = Standing()
        self.waiting[job_id] = self.places[job_id] = Waiting(job_id=job_id, priority=priority, arrival=len(self.jobs))

    @precondition(lambda self: self.waiting)
    @rule()
    def claim(self) -> None:
        chosen = first(self.waiting.values())
        assert chosen is not None
        for other in self.waiting.values():
            assert other.priority <= chosen.priority
            assert other.priority < chosen.priority or other.arrival >= chosen.arrival
        del self.waiting[chosen.job_id]
        self._apply(chosen.job_id, Event.CLAIMED)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), event=st.sampled_from([e for e in Event if e is not Event.CLAIMED]))
    def happen(self, data: st.DataObject, event: Event) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.jobs)))
        self.waiting.pop(job_id, None)
        self._apply(job_id, event)

    def _apply(self, job_id: str, event: Event) -> None:
        before = self.jobs[job_id]
        try:
            after = self.jobs[job_id] = advance(before, event)
        except IllegalTransition:
            after = before
        else:
            if after.state in TERMINAL:
                self.endings.append(job_id)
        if after.state is State.QUEUED:
            self.waiting[job_id] = self.places[job_id]

    @invariant()
    def every_job_ended_at_most_once_and_is_somewhere(self) -> None:
        assert len(self.endings) == len(set(self.endings))
        ended = {job_id for job_id, standing in self.jobs.items() if standing.state in TERMINAL}
        assert ended == set(self.endings)
        assert {j for j, s in self.jobs.items() if s.state is State.QUEUED} == set(self.waiting)

    @invariant()
    def attempts_are_bounded(self) -> None:
        for standing in self.jobs.values():
            assert standing.attempts <= 2
            assert standing.attempts >= (standing.state in RUNNING)
            assert not (standing.cancel_requested and standing.state is State.QUEUED)

    def teardown(self) -> None:
        """From wherever they are, all jobs can be brought to their one end."""
        while self.waiting:
            self.claim()
        for job_id in [j for j, standing in self.jobs.items() if standing.state not in TERMINAL]:
            self._apply(job_id, Event.FINISHED)
        assert sorted(self.endings) == sorted(self.jobs)


TestQueue = Queue.TestCase
