"""What holds for any words on any cues."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from fake_sounds import name_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenes import RATE, compose

from engine.cue import Cue
from engine.errors import CuewrightError
from engine.picture import Picture
from engine.plan import Plan
from engine.planning.scene import Scene

WORDS = [
    *("footsteps", "knock", "knocks", "a", "an", "the", "three", "4", "door", "slams", "glass", "rain", "wind"),
    *("forest", "tone", "engine", "dog", "barks", "cat", "owl", "and", "then", "while", "with", "in", ";", ",", "at"),
    *("end", "start", "cut", "every", "second", "seconds", "2", "0.5", "when", "he", "sits", "on", "loudly", "from"),
    *("left", "right", "background", "no", "unicorn", "whoosh", "ringing", "for", "to", "once", "twice", "finally"),
    *("first", "last", "add", "make", "it", "remove", "softer", "move"),
]
PROMPTS = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)
KINDS = st.sampled_from(["impact", "step", "swell", "movement", "cut", "onset", "mark"])
ROWS = st.tuples(
    st.integers(0, 12 * RATE),
    st.sampled_from([0, 0, 1, RATE // 3, 9 * RATE]),
    KINDS,
    st.floats(0, 1),
    st.floats(0, 1),
    st.none() | st.floats(0, 1),
    st.one_of(st.just(""), st.just(""), st.sampled_from(["rain", "knock", "three knocks, loudly", "wug", "no", "?"])),
    st.sampled_from(["", "FX"]),
)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    rows = draw(st.lists(ROWS, max_size=25))
    cues = tuple(
        Cue(
            id=f"c{i}",
            start_samples=start,
            length_samples=length,
            kind=kind,
            strength=strength,
            x=x,
            size=size,
            label=label,
            track=track,
        )
        for i, (start, length, kind, strength, x, size, label, track) in enumerate(rows)
    )
    shots = draw(st.lists(st.integers(1, 12 * RATE), max_size=4, unique=True).map(sorted))
    return Scene(
        cues=cues,
        shots_samples=(0, *shots),
        length_samples=draw(st.none() | st.integers(1, 11 * RATE)),
        picture=draw(st.none() | st.just(Picture(path="/a.mov"))),
    )


def made(prompt: str, scene: Scene, previous: Plan | None = None, **keys: object) -> Plan | None:
    """The plan, or None where the words and cues are refused; anything but an error of ours is a defect."""
    refusal: CuewrightError | None = None
    try:
        return compose(prompt, to=scene, previous=previous, **keys)
    except CuewrightError as error:
        refusal = error
    assert refusal.code != "internal"
    assert refusal.sentence.endswith(".")
    return None


KEYS = st.fixed_dictionaries(
    {},
    optional={
        "ambience": st.sampled_from(["across", "per_shot"]),
        "evenly": st.integers(1, 9),
        "takes": st.integers(1, 3),
        "spot": st.sampled_from(["auto", "off"]),
        "duration": st.floats(0.02, 20),
        "track": st.just("ALL"),
    },
)


@given(prompt=PROMPTS, scene=scenes(), keys=KEYS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_words_on_any_cues(prompt: str, scene: Scene, keys: dict[str, object]) -> None:
    plan = made(prompt, scene, **keys)
    if plan is None:
        return
    assert Plan.read(plan.model_dump_json()) == plan, "a plan reads back as it was"
    by_id = {cue.id: cue for cue in plan.cues}
    assert {cue.id for cue in scene.cues} <= by_id.keys(), "no cue is lost"
    whole = scene.length_samples
    for event in plan.events:
        if event.cue:
            assert event.start_samples == by_id[event.cue].start_samples, "on the cue, to the sample"
        assert all(take.length_samples == event.length_samples for take in event.takes)
    sounding = Counter((event.cue, event.layer) for event in plan.events if event.cue)
    assert not sounding or max(sounding.values()) == 1, "one sound on a cue"
    assert len({event.id for event in plan.events}) == len(plan.events)
    if whole is not None:
        assert plan.length_samples == whole
    elif "duration" not in keys:
        ends = [event.start_samples + event.length_samples for event in plan.events]
        assert plan.length_samples == max(ends)
    for step in plan.outline.steps:
        own = [event for event in plan.events if event.id.partition(".")[0] == step.id]
        spans = sorted((event.start_samples, event.start_samples + event.length_samples) for event in own)
        goes_on = (name_of(step.text) or ("", False))[1]
        if (
            spans
            and goes_on
            and step.layer == "background"
            and not (step.cues or step.start_seconds or step.length_seconds)
        ):
            assert spans[0][0] == 0, "a bed lies under the whole, without a gap"
            assert spans[-1][1] == plan.length_samples
            assert all(one[1] == other[0] for one, other in pairwise(spans))
        heard = sorted((event for event in own if event.cue), key=lambda event: event.start_samples)
        for one, other in pairwise(heard):
            for left, right in zip(one.takes, other.takes, strict=True):
                assert (left.source, left.variation) != (right.source, right.variation), "no two neighbours are alike"


@given(prompt=PROMPTS, change=PROMPTS, scene=scenes(), other=scenes())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_change_of_any_composition(prompt: str, change: str, scene: Scene, other: Scene) -> None:
    first = made(prompt, scene)
    if first is None:
        return
    for cues in (scene, other):
        second = made(change, cues, previous=first, job_id="job-2")
        if second is not None:
            by_id = {cue.id: cue for cue in second.cues}
            assert all(e.start_samples == by_id[e.cue].start_samples for e in second.events if e.cue)
    same = made("", scene, previous=first, job_id="job-3")
    assert same is not None
    assert [(e.cue, e.start_samples, e.text) for e in same.events] == [
        (e.cue, e.start_samples, e.text) for e in first.events
    ], "no words, no change"
