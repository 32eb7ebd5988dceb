"""An outline decided: seconds to samples, repeats to events, words to backends."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from fake_sounds import FakeBackend

from engine.backends.base import Backend
from engine.backends.registry import Backends
from engine.config import Settings
from engine.errors import BadArgument, CuewrightError, PromptNotMatched, UnknownBackend, UnknownPreset
from engine.plan import Outline, Plan, Step
from engine.planning.events import HUMAN_TIMING
from engine.planning.planner import make_plan
from engine.planning.presets import Preset, Presets
from engine.planning.routing import decide
from engine.planning.sounds import Sounds
from engine.request import GenerateRequest, Job
from engine.session import Session

RATE = 48_000


class FakeBackends(Backends):
    """Those given, in their order."""

    def __init__(self, *backends: Backend) -> None:
        super().__init__(Settings())
        self._order: Sequence[Backend] = backends

    def get(self, name: str) -> Backend:
        for backend in self._order:
            if backend.name == name:
                return backend
        raise UnknownBackend(f"No backend {name!r}.", field="backend")

    def preferred(self) -> list[Backend]:
        return list(self._order)


OAK = Preset(
    name="oak-door",
    title="Oak Door",
    description="A door.",
    prompt="door slams",
    words=("oak portal",),
    category="DOORAntq",
    backend="fake",
    params={"size": 1.5, "intensity": 0.9, "nothing": 1.0},
    gain_db=-3.0,
)


def plan(
    prompt: str,
    *backends: Backend,
    session: Session = Session(),  # noqa: B008
    previous: Plan | None = None,
    job_id: str = "job-1",
    **keys: object,
) -> Plan:
    job = Job(
        id=job_id,
        request=GenerateRequest.read({"prompt": prompt, "folder": "/out", **keys}),
        session=session,
        created="2030-01-01T00:00:00Z",
    )
    return make_plan(job, Settings(), FakeBackends(*(backends or (FakeBackend(),))), Presets([OAK]), previous)


def routed(*steps: Step, length_seconds: float | None = None) -> Plan:
    job = Job(id="j", request=GenerateRequest.read({"prompt": "x", "folder": "/out"}), created="now")
    return decide(
        Outline(steps=steps, length_seconds=length_seconds), job, Sounds(FakeBackends(FakeBackend()), Presets([]))
    )


def starts(made: Plan) -> list[float]:
    return [event.start_samples / RATE for event in made.events]


def test_one_sound_is_one_event_on_a_track_of_its_own() -> None:
    made = plan("a door slams")
    (event,) = made.events
    assert (event.id, event.start_samples, event.length_samples) == ("s1", 0, RATE)
    assert (event.label, event.track, event.category) == ("Door Slam", "Door Slam", "DOORWood")
    (take,) = event.takes
    assert (take.backend, take.backend_version, take.channels, take.sample_rate_hz) == ("fake", "7", 1, RATE)
    assert made.length_samples == RATE


@pytest.mark.parametrize(
    ("session", "start", "length"),
    [(Session(sample_rate=44_100), 11_025, 44_100), (Session(sample_rate=96_000), 24_000, 96_000)],
)
def test_seconds_become_samples_of_the_session(session: Session, start: int, length: int) -> None:
    (event,) = plan("a door slams at 0.25 s", session=session).events
    assert (event.start_samples, event.length_samples) == (start, length)
    assert event.takes[0].sample_rate_hz == session.sample_rate


def test_backgrounds_are_stereo_and_span_the_plan() -> None:
    made = plan("a door slams in the rain", duration=5)
    assert [(e.layer, e.takes[0].channels, e.length_samples) for e in made.events] == [
        ("foreground", 1, RATE),
        ("background", 2, 5 * RATE),
    ]
    assert {event.takes[0].channels for event in plan("a door slams in the rain", channels=2).events} == {2}
    assert {event.takes[0].channels for event in plan("a door slams in the rain", channels=1).events} == {1}


def test_without_a_duration_a_bed_lasts_its_natural_length_or_as_long_as_what_happens() -> None:
    assert plan("a door slams in the rain").length_samples == 8 * RATE
    long = plan("rain while a dog barks, at 20 s a bell")
    assert long.length_samples == 21 * RATE
    assert [event.length_samples for event in long.events if event.layer == "background"] == [21 * RATE]


def test_repeats_are_events_with_human_timing() -> None:
    made = plan("four knocks", seed=3)
    assert [event.id for event in made.events] == ["s1", "s1.2", "s1.3", "s1.4"]
    assert starts(made)[0] == 0
    late = [start - 0.5 * i for i, start in enumerate(starts(made))]
    assert all(abs(each) <= HUMAN_TIMING * 0.5 for each in late)
    assert len(set(late)) == 4
    assert starts(plan("four knocks", seed=3)) == starts(made)
    assert starts(plan("four knocks", seed=4)) != starts(made)


def test_told_intervals_are_exact() -> None:
    assert starts(plan("four knocks every 2 seconds")) == [0, 2, 4, 6]


def test_each_repeat_of_a_countable_sound_is_one() -> None:
    made = plan("three knocks", FakeBackend(countable=True))
    assert [event.takes[0].params["count"] for event in made.events] == [1, 1, 1]
    assert "count" not in plan("three knocks").events[0].takes[0].params


def test_neighbours_play_different_sources_and_takes_have_different_seeds() -> None:
    made = plan("six knocks", takes=3)
    for take in range(3):
        sources = [event.takes[take].source for event in made.events]
        assert all(one != other for one, other in itertools.pairwise(sources))
    for event in made.events:
        assert len({spec.source for spec in event.takes}) == 3
    drawn = [(spec.seed, spec.variation) for event in made.events for spec in event.takes]
    assert len(set(drawn)) == len(drawn) == 18
    for take in range(3):  # six knocks on one door
        assert len({event.takes[take].seed for event in made.events}) == 1


def test_what_is_far_away_is_softer() -> None:
    def gain_db(distance_m: float) -> float:
        return (
            routed(Step(id="s1", text="knock", start_seconds=0.0, params={"distance_m": distance_m})).events[0].gain_db
        )

    assert gain_db(1.0) == gain_db(4.0) == 0.0
    assert gain_db(40.0) == pytest.approx(-10.0)


def test_the_seed_decides() -> None:
    keys = [spec.key for event in plan("two knocks", seed=1).events for spec in event.takes]
    assert keys == [spec.key for event in plan("two knocks", seed=1, job_id="b").events for spec in event.takes]
    assert plan("two knocks").seed == plan("two knocks").seed != plan("two knocks", job_id="job-2").seed


def test_a_follow_up_keeps_the_takes_of_what_stays() -> None:
    first = plan("a dog barks, then a cat meows, with rain in the background", duration=6)
    second = plan("make the cat meow twice", previous=first, job_id="job-2")
    third = plan("remove the dog", previous=second, job_id="job-3")

    def keys(made: Plan) -> dict[str, str]:
        return {event.id: event.takes[0].key for event in made.events}

    assert keys(second).items() >= keys(first).items()
    assert set(keys(second)) - set(keys(first)) == {"s2.2"}
    assert keys(third) == {name: key for name, key in keys(second).items() if name != "s1"}
    assert second.length_samples == 6 * RATE
    reseeded = plan("remove the dog", previous=second, job_id="job-3", seed=99)
    assert not set(keys(reseeded).values()) & set(keys(third).values())


def test_what_nothing_makes_is_left_out_and_told() -> None:
    made = plan("a spaceship warps, then a dog barks, then a unicorn neighs")
    assert [event.text for event in made.events] == ["dog barks"]
    (warning,) = made.warnings
    assert "'spaceship warps' (nearest: Door Slam, Dog)" in warning
    assert "'unicorn neighs'" in warning


def test_where_nothing_is_made_all_is_named() -> None:
    with pytest.raises(PromptNotMatched) as caught:
        plan("a spaceship warps, then a unicorn neighs")
    assert caught.value.field == "prompt"
    for part in ("'spaceship warps'", "'unicorn neighs'", "Door Slam"):
        assert part in caught.value.sentence


def test_the_first_backend_that_answers_is_taken_unless_a_later_one_is_clearly_better() -> None:
    def chosen(first: float, second: float) -> str:
        made = plan("a dog barks", FakeBackend("one", score=first), FakeBackend("two", score=second))
        return made.events[0].takes[0].backend

    assert chosen(0.8, 0.9) == "one"
    assert chosen(0.6, 0.9) == "two"
    assert chosen(0.4, 0.6) == "two"


def test_each_step_finds_its_own_backend() -> None:
    made = plan(
        "a dog barks then a bell rings",
        FakeBackend("dogs", words=frozenset({"dog"})),
        FakeBackend("bells", words=frozenset({"bell"})),
    )
    assert [event.takes[0].backend for event in made.events] == ["dogs", "bells"]


def test_a_named_backend_is_the_only_one() -> None:
    dogs, bells = FakeBackend("dogs", words=frozenset({"dog"})), FakeBackend("bells", words=frozenset({"bell"}))
    with pytest.raises(PromptNotMatched):
        plan("a dog barks", dogs, bells, backend="bells")
    with pytest.raises(UnknownBackend):
        plan("a dog barks", dogs, backend="cats")


def test_safe_delivery_passes_over_what_is_not_free_to_sell() -> None:
    risky, safe = FakeBackend("risky", score=1.0, commercial=False), FakeBackend("safe", score=0.6)
    assert plan("a dog barks", risky, safe).events[0].takes[0].backend == "risky"
    assert plan("a dog barks", risky, safe, delivery_safe=True).events[0].takes[0].backend == "safe"


@pytest.mark.parametrize("named", ["", "risky"])
def test_safe_delivery_names_what_it_refuses(named: str) -> None:
    with pytest.raises(BadArgument) as caught:
        plan("a dog barks", FakeBackend("risky", commercial=False), delivery_safe=True, backend=named)
    assert caught.value.field == "delivery_safe"
    assert "risky (CC-BY-NC-4.0)" in caught.value.sentence


def test_lengths_end_with_the_duration_and_what_comes_later_is_told() -> None:
    made = plan("a dog barks at 0.5 s, a bell at 3 s", duration=1)
    (event,) = made.events
    assert event.length_samples == event.takes[0].length_samples == RATE // 2
    assert made.length_samples == RATE
    assert any("bell" in warning for warning in made.warnings)
    with pytest.raises(BadArgument) as caught:
        plan("a bell at 3 s", duration=1)
    assert caught.value.field == "duration"


def test_nothing_is_longer_than_its_backend_can_make() -> None:
    assert plan("rain", duration=90).events[0].length_samples == 60 * RATE


def test_more_events_than_a_plan_holds_are_refused() -> None:
    with pytest.raises(BadArgument, match="at most 2048"):
        plan(", then ".join(["64 knocks"] * 33))


@pytest.mark.parametrize(
    ("timecode", "session", "position"),
    [
        ("", Session(), 777),
        ("01:02:10:12", Session(frame_rate="23.976", start_timecode="01:00:00:00"), 179_243_064 - 172_972_800),
        ("00:00:01:00", Session(), 48_000),
    ],
)
def test_position(timecode: str, session: Session, position: int) -> None:
    made = plan("a bell", session=session, position_samples=777, position_timecode=timecode)
    assert made.position_samples == position


@pytest.mark.parametrize("timecode", ["00:59:59:00", "01:00:00:99", "soon"])
def test_a_position_that_is_not_on_the_timeline_is_refused(timecode: str) -> None:
    with pytest.raises(BadArgument) as caught:
        plan("a bell", session=Session(start_timecode="01:00:00:00"), position_timecode=timecode)
    assert caught.value.field == "position_timecode"


def test_one_track_for_all() -> None:
    assert {event.track for event in plan("a dog barks then a bell", track="FX").events} == {"FX"}


def test_params_of_words_preset_and_step_in_that_order_within_bounds() -> None:
    step = Step(id="s1", text="door slams", start_seconds=0, params={"intensity": 7.0, "wetness": 0.5})
    (event,) = routed(step).events
    assert event.takes[0].params == {"size": 1.0, "intensity": 1.0}
    made = routed(step)
    assert any("wetness" in warning for warning in made.warnings)


def test_a_preset_alone_and_under_words() -> None:
    (event,) = plan("", preset="oak-door").events
    assert (event.label, event.category, event.gain_db) == ("Oak Door", "DOORAntq", -3.0)
    assert event.takes[0].params == {"size": 1.5, "intensity": 0.9}
    assert [e.label for e in plan("three times, from the left", preset="oak-door").events] == ["Oak Door"] * 3
    assert [e.label for e in plan("a door slams, then a bell", preset="oak-door").events] == ["Oak Door", "Bell"]
    assert [e.label for e in plan("an oak portal, then a bell").events] == ["Oak Door", "Bell"]


def test_words_that_name_another_sound_win_over_a_presets_phrase() -> None:
    assert [e.label for e in plan("an oak portal bell").events] == ["Bell"]


def test_a_presets_parameters_are_those_of_its_backend() -> None:
    (event,) = plan("", FakeBackend("other"), preset="oak-door", backend="other").events
    assert event.takes[0].params == {"size": 1.0}


def test_a_presets_phrase_does_not_fail_where_its_backend_is_missing() -> None:
    (event,) = plan("oak portal door slams", FakeBackend("other")).events
    assert event.takes[0].backend == "other"


def test_an_unknown_preset_is_refused_with_those_near() -> None:
    with pytest.raises(UnknownPreset, match="oak-door"):
        plan("", preset="oak-dor")


def test_every_refusal_is_of_ours() -> None:
    for prompt in ("no music", "xyzzy"):
        with pytest.raises(CuewrightError) as caught:
            plan(prompt)
        assert caught.value.sentence.endswith(".")


def test_a_follow_up_makes_as_many_takes_as_before() -> None:
    first = plan("a door slams", takes=3)
    assert {len(event.takes) for event in plan("add a dog", previous=first).events} == {3}
    assert {len(event.takes) for event in plan("add a dog", previous=first, takes=2).events} == {2}


def test_follow_ups_do_not_grow_a_plan_without_end() -> None:
    full = plan(", then ".join(["a dog barks"] * 64))
    assert len(full.outline.steps) == 64
    with pytest.raises(BadArgument, match="at most 64 sounds"):
        plan("add a bell", previous=full, job_id="job-2")
    assert len(plan("make the dogs louder", previous=full, job_id="job-2").outline.steps) == 64
