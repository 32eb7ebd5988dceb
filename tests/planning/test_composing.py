"""Words and cues as a plan: what a foley editor expects, one habit a test."""

from __future__ import annotations

from itertools import pairwise

import pytest
from fake_sounds import BED_SECONDS, FakeBackend
from scenes import RATE, SomeBackends, beds, compose, cue, on, scene

from engine.backends.procedural import ProceduralBackend
from engine.config import Settings
from engine.cue import Cue
from engine.errors import BadArgument, NothingMoves, PromptNotMatched
from engine.picture import Picture
from engine.plan import MAX_EVENTS, Plan
from engine.planning.planner import make_plan
from engine.planning.presets import Preset, Presets
from engine.planning.scene import Scene
from engine.request import Job
from engine.session import Session

BANK = ProceduralBackend(Settings())
WALK = [cue(f"s{i}", 0.5 * i, "step", strength=0.3 + 0.02 * i, x=0.1 * i) for i in range(1, 9)]
CUP = cue("cup", 9.3, "impact", strength=0.8, x=0.75)


def keys(plan: Plan) -> dict[str, str]:
    return {event.cue: event.takes[0].key for event in plan.events if event.cue}


def test_shoes_a_cup_and_a_room() -> None:
    made = compose("leather shoes on marble; a cup put down at the end; room tone", *WALK, CUP, backend=BANK)
    assert on(made) == {each.id: "leather shoes on marble" for each in WALK} | {"cup": "cup put down"}
    (room,) = beds(made)
    assert (room.text, room.start_samples, room.length_samples, room.takes[0].channels) == ("room tone", 0, 480_000, 2)
    assert made.length_samples == 480_000
    assert not made.warnings
    assert {e.category for e in made.events} == {"FOLYFeet", "GLASImpt", "AMBRoom"}
    assert [step.cues for step in made.outline.steps] == [tuple(each.id for each in WALK), ("cup",), ()]
    assert (made.picture, made.shots, made.cues) == (Picture(path="/a.mov"), (0,), (*WALK, CUP))


def test_footsteps_to_the_users_own_markers() -> None:
    """Story 2: 18 of 18 at 0 samples, no two neighbours alike, on one track, told apart by name."""
    markers = [cue(f"m{i}", 0.37 * i + 1e-4 * i * i, "mark", origin="marker") for i in range(1, 19)]
    made = compose("leather on marble", to=scene(*markers, seconds=20), backend=BANK, track="FOLEY_FEET")
    assert [event.start_samples for event in made.events] == [each.start_samples for each in markers]
    assert [event.cue for event in made.events] == [each.id for each in markers]
    assert {event.track for event in made.events} == {"FOLEY_FEET"}
    takes = [event.takes[0] for event in made.events]
    assert all(one.key != other.key and one.variation != other.variation for one, other in pairwise(takes))
    assert len({take.key for take in takes}) == 18
    assert len({take.seed for take in takes}) == 1, "one pair of shoes"
    assert len({event.label for event in made.events}) == 18
    assert {take.params["count"] for take in takes} == {1.0}
    assert not made.warnings


def test_neighbours_have_different_sources_and_takes_do_too() -> None:
    made = compose("knocks", *(cue(f"c{i}", i / 4) for i in range(36)), takes=3)
    for take in range(3):
        sources = [event.takes[take].source for event in made.events]
        assert all(one != other for one, other in pairwise(sources))
    assert len({event.takes[0].source for event in made.events}) == 3


def test_moving_or_adding_a_cue_changes_no_other_sound() -> None:
    before = compose("footsteps", *WALK, backend=BANK)
    moved = compose("footsteps", *WALK[:3], cue("s4", 9.9, "step", strength=0.38, x=0.4), *WALK[4:], backend=BANK)
    more = compose("footsteps", *WALK, cue("new", 0.1, "step", strength=0.4, x=0.1), backend=BANK)
    assert keys(moved) == keys(before)
    assert keys(more) == keys(before) | {"new": keys(more)["new"]}


def test_strength_place_and_size_are_heard() -> None:
    cues = [
        cue("soft", 1, strength=0.1, x=0.0, size=0.5),
        cue("usual", 2, strength=0.5),
        cue("hard", 3, strength=1.0, x=1.0, size=0.1),
    ]
    soft, usual, hard = compose("knocks", *cues).events
    assert soft.pan == -hard.pan == -0.7
    assert usual.pan == 0.0
    assert soft.gain_db < usual.gain_db < hard.gain_db + 5
    intensities = [event.takes[0].params["intensity"] for event in (soft, usual, hard)]
    assert intensities == sorted(intensities)
    assert soft.takes[0].params["distance_m"] == pytest.approx(2.0, abs=0.01)
    assert hard.takes[0].params["distance_m"] > 8
    left = compose("knocks from the left", *cues).events
    assert {event.pan for event in left} == {-0.6}, "words win"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("footsteps; a knock at 9.1 seconds", {"cup": "knock"}),
        ("footsteps; a knock at the start", {"s1": "knock"}),
        ("footsteps; three knocks", {"cup": "knocks"}),
        ("footsteps; knock x2", {"cup": "knock"}),
        ("a knock when he sits at 2.05 s; footsteps", {"s4": "knock"}),
        ("a knock at 1 s; footsteps; a knock at 3 s", {"s2": "knock", "s6": "knock"}),
        ("footsteps; knocks", {"cup": "knocks"}),
    ],
)
def test_words_choose_their_cues(prompt: str, expected: dict[str, str]) -> None:
    made = compose(prompt, *WALK, CUP)
    assert {name: text for name, text in on(made).items() if text != "footsteps"} == expected
    assert set(on(made)) == {each.id for each in (*WALK, CUP)}
    assert not made.warnings


def test_a_knock_is_one_where_others_want_cues_too() -> None:
    made = compose("footsteps; a knock", *WALK, cue("i", 8), CUP)
    assert [event.cue for event in made.events if event.text == "knock"] == ["i"], "the stronger one"
    assert on(made)["cup"] == "footsteps"


def test_a_told_time_far_from_any_cue_is_that_time() -> None:
    made = compose("footsteps; a knock at 7 seconds", *WALK, CUP)
    (knock,) = (event for event in made.events if event.text == "knock")
    assert (knock.start_samples, knock.cue) == (7 * RATE, "")


def test_a_number_that_the_cues_cannot_hold_is_one_series_on_one_cue() -> None:
    (knocks,) = compose("three knocks", CUP, backend=BANK).events
    assert (knocks.cue, knocks.takes[0].params["count"]) == ("cup", 3.0)
    many = compose("three knocks", CUP).events
    assert [event.cue for event in many] == ["cup", "", ""]
    assert [event.start_samples - CUP.start_samples for event in many] == [0, 24_000, 48_000]


def test_cuts_are_taken_where_the_words_say_so_and_where_only_the_shots_are_known() -> None:
    made = compose("a whoosh at every cut", to=scene(CUP, shots=(0, 2, 5)), backend=BANK)
    assert [(event.start_samples, event.category) for event in made.events] == [(2 * RATE, "WHSH"), (5 * RATE, "WHSH")]
    given = scene(CUP, cue("c", 2, "cut"), shots=(0, 2))
    assert [event.cue for event in compose("a whoosh at every cut", to=given, backend=BANK).events] == ["c"]


def test_what_lasts_is_as_long_as_its_cue_and_ends_with_the_scene() -> None:
    moves = [cue("m1", 1, "movement", length_samples=2 * RATE + 7), cue("m2", 8, "swell", length_samples=5 * RATE)]
    made = compose("cloth rustle; footsteps", *WALK, *moves, backend=BANK)
    cloth = [event for event in made.events if event.text == "cloth rustle"]
    assert [(event.cue, event.length_samples) for event in cloth] == [("m1", 2 * RATE + 7), ("m2", 2 * RATE)]
    assert {event.category for event in cloth} == {"FOLYClth"}
    (whoosh,) = compose("a whoosh", moves[0], backend=BANK).events
    assert whoosh.takes[0].params["pace"] == pytest.approx(0.5, abs=0.01), "so that it takes as long as what is seen"


def test_a_tail_rings_past_the_end_and_the_plan_is_as_long_as_the_scene() -> None:
    made = compose("a knock", to=scene(cue("c", 9.9), seconds=10 + 1 / RATE))
    assert made.events[0].length_samples == RATE
    assert made.length_samples == 480_001


def test_a_bed_for_every_shot_begins_and_ends_on_the_cut() -> None:
    made = compose("rain; knocks", to=scene(CUP, shots=(0, 2.5, 2.51, 6)), ambience="per_shot")
    rain = beds(made)
    assert [event.start_samples for event in rain] == [0, 120_000, 288_000]
    assert [event.start_samples + event.length_samples for event in rain] == [120_000, 288_000, 480_000]
    assert len({event.takes[0].seed for event in rain}) == 3
    (across,) = beds(compose("rain; knocks", to=scene(CUP, shots=(0, 2.5, 6))))
    assert (across.start_samples, across.length_samples) == (0, 480_000)


def test_a_bed_lies_where_the_words_put_it() -> None:
    (rain,) = beds(compose("rain from 2 s to 5 s; knocks", CUP))
    assert (rain.start_samples, rain.length_samples) == (2 * RATE, 3 * RATE)
    first = compose("a knock, then rain", CUP)
    second = compose("make the knock softer", CUP, previous=first, job_id="job-2")
    assert [beds(made)[0].start_samples for made in (first, second)] == [0, 0], "'then' is for what happens"
    assert not first.warnings


def test_a_bed_without_time_is_left_out_and_told() -> None:
    made = compose("rain at 20 s; knocks", CUP)
    assert not beds(made)
    assert made.warnings == ("'rain' is left out: no time is left for it before the end.",)
    with pytest.raises(BadArgument, match="ask for a longer one"):
        compose("rain", to=scene(seconds=0.001))


def test_what_the_words_pace_keeps_its_pace_now_and_in_a_follow_up() -> None:
    where = scene(*WALK, cue("i", 3.3), seconds=6)
    first = compose("dog barks every 2 seconds; footsteps", to=where)
    again = compose("make the footsteps softer", to=where, previous=first, job_id="job-2")
    for made in (first, again):
        assert not made.warnings
        barks = [event for event in made.events if event.text == "dog barks"]
        assert [(event.start_samples / RATE, event.cue) for event in barks] == [(0, ""), (2, ""), (4, "")]


def test_what_finds_no_cue_is_told_and_left_out_or_placed_as_the_words_say() -> None:
    made = compose("knocks at the end; an engine; footsteps", cue("m", 2, "movement", length_samples=RATE), *WALK)
    assert on(made)["m"] == "engine"
    alone = compose("an engine; footsteps", *WALK)
    (engine,) = beds(alone)
    assert engine.length_samples == 480_000
    assert any("'engine' finds no cue" in warning for warning in alone.warnings)
    taken = compose("footsteps; a knock", *WALK)
    assert set(on(taken).values()) == {"footsteps"}
    assert not [event for event in taken.events if event.text == "knock"]
    assert any("'knock' is left out" in warning for warning in taken.warnings)
    ending = compose("footsteps; a bell; a knock at the end", to=scene(cue("l", 1, label="owl"), seconds=10))
    (knock,) = (event for event in ending.events if event.text == "knock")
    assert knock.start_samples == 9 * RATE


def test_what_no_sound_answers_is_left_out_and_told() -> None:
    made = compose("footsteps; a unicorn neighs", *WALK)
    assert set(on(made).values()) == {"footsteps"}
    assert made.warnings == ("Left out, for no sound here answers it: 'unicorn neighs' (nearest: Door Slam, Dog).",)
    with pytest.raises(PromptNotMatched, match="unicorn neighs"):
        compose("a unicorn neighs", *WALK)


def test_silent_cues_are_kept_and_counted() -> None:
    made = compose("a knock at the end; footsteps at the start", *WALK, CUP)
    assert len(made.cues) == 9
    assert "7 of 9 cues have no sound: no words ask for one there." in made.warnings


def rows(*labels: str, **more: object) -> list[Cue]:
    return [
        cue(f"r{i}", i, "mark", label=label, origin="sheet", row=i + 1, **more)
        for i, label in enumerate(labels, start=1)
    ]


def test_rows_sound_as_they_say_and_bad_ones_are_listed() -> None:
    """Story 3."""
    made = compose("", to=scene(*rows("Door slam", "dog barks", "flurb", "Door slam", "wug"), seconds=None), takes=3)
    assert [(e.cue, e.label, len(e.takes)) for e in made.events] == [
        ("r1", "Door slam 1", 3),
        ("r4", "Door slam 2", 3),
        ("r2", "dog barks", 3),
    ]
    assert [event.start_samples for event in made.events] == [RATE, 4 * RATE, 2 * RATE]
    left_out = [warning for warning in made.warnings if "no sound here" in warning]
    assert len(left_out) == 2
    assert left_out[0] == "Row 4: no sound here answers 'flurb' (nearest: Door Slam, Dog)."
    assert left_out[1].startswith("Row 6: no sound here answers 'wug'")
    assert made.length_samples == 5 * RATE, "until the last one ends"
    with pytest.raises(PromptNotMatched, match=r"'flurb' \(nearest: Door Slam, Dog\) in row 2") as caught:
        compose("", to=scene(*rows("flurb", *(f"flurb {i}x" for i in range(100))), seconds=None))
    assert caught.value.field == "cue_sheet"
    assert "and 93 more" in caught.value.sentence


def test_rows_name_their_track_and_the_words_of_a_row_set_its_sound() -> None:
    cues = [*rows("distant heavy door slam", track="FX 1"), cue("x", 5, "mark", label="door slam", track="FX 2")]
    first, second = compose("", *cues, backend=BANK, track="ALL").events
    assert (first.track, second.track) == ("FX 1", "FX 2")
    assert first.takes[0].params == {"size": 1.5, "intensity": 0.85, "distance_m": 60.0}
    (untold,) = compose("", *rows("door slam"), track="ALL").events
    assert untold.track == "ALL"
    (own,) = compose("", *rows("door slam")).events
    assert own.track == "door slam"


def test_a_row_with_a_length_is_filled_by_what_fills() -> None:
    cues = [
        cue("w", 1, "mark", label="footsteps on gravel", length_samples=3 * RATE + 1),
        cue("s", 5, "mark", label="footsteps on gravel"),
        cue("d", 6, "mark", label="door slam", length_samples=99),
    ]
    events = {event.cue: event for event in compose("", *cues, backend=BANK).events}
    assert events["w"].length_samples == 3 * RATE + 1
    assert "count" not in events["w"].takes[0].params
    assert events["s"].takes[0].params["count"] == 1.0
    assert events["d"].length_samples == round(1.8 * RATE)


def test_a_bed_in_a_row_lasts_until_the_next_on_its_track() -> None:
    cues = [cue("a", 1, "mark", label="rain"), cue("b", 4, "mark", label="wind"), cue("c", 5, "mark", label="knock")]
    events = {event.cue: event for event in compose("", *cues).events}
    assert [(events[name].layer, events[name].length_samples) for name in "abc"] == [
        ("background", 3 * RATE),
        ("background", 6 * RATE),
        ("foreground", RATE),
    ]
    assert events["b"].start_samples == 4 * RATE
    endless = compose("", to=scene(cues[0], seconds=None)).events[0]
    assert endless.length_samples == round(BED_SECONDS * RATE)


def test_the_prompt_is_for_the_cues_without_words_of_their_own() -> None:
    made = compose("footsteps; rain", *WALK, *rows("dog barks"))
    assert on(made) == {each.id: "footsteps" for each in WALK} | {"r1": "dog barks"}
    assert len(beds(made)) == 1


def test_more_rows_than_a_prompt_may_have_sounds() -> None:
    labels = [f"{adjective} {sound}" for adjective in "abcdefghij" for sound in ("knock", "owl", "cat", "dog")] * 2
    cues = [cue(f"r{i}", i / 8, "mark", label=f"{label} {i}") for i, label in enumerate(labels)]
    made = compose("", to=scene(*cues, seconds=None))
    assert len(made.events) == len(made.outline.steps) == 80


def test_even_cues_where_there_are_no_others() -> None:
    made = compose("knocks", to=scene(seconds=8), evenly=4)
    assert [event.start_samples / RATE for event in made.events] == [1, 3, 5, 7]
    assert [each.origin for each in made.cues] == ["marker"] * 4
    assert len(compose("knocks", CUP, evenly=4).events) == 1
    cut_only = scene(cue("c", 2, "cut"), seconds=8)
    assert len([event for event in compose("knocks", to=cut_only, evenly=4).events if event.cue]) == 4


def test_nothing_moves() -> None:
    with pytest.raises(NothingMoves, match="evenly") as caught:
        compose("knocks; rain", to=scene(cue("c", 2, "cut")))
    assert "picture" in caught.value.sentence
    assert caught.value.field == "markers"
    assert len(compose("rain; wind", to=scene()).events) == 2, "beds need no cue"
    assert compose("an engine", to=scene()).events[0].length_samples == 480_000, "nor does what lasts"
    assert compose("a knock at 3 s", to=scene()).events[0].start_samples == 3 * RATE
    assert compose("knocks", to=scene(), spot="off").events[0].start_samples == 0


def test_cues_after_the_end_are_told_and_silent() -> None:
    made = compose("knocks", cue("in", 1), cue("out", 10), cue("way-out", 11))
    assert [event.cue for event in made.events] == ["in"]
    assert made.warnings == ("2 of 3 cues lie after the end and stay silent.",)
    assert len(made.cues) == 3


def test_too_much_is_refused() -> None:
    many = [Cue(id=f"c{i}", start_samples=i * 4_800) for i in range(MAX_EVENTS + 1)]
    with pytest.raises(BadArgument, match="2,049 sounds"):
        compose("knocks", to=Scene(cues=many, length_samples=10_000_000))
    with pytest.raises(BadArgument, match="61 minutes"):
        compose("knocks", to=scene(cue("c", 3_660), seconds=None))
    with pytest.raises(BadArgument, match="120 minutes"):
        compose("knocks", to=scene(cue("c", 1), seconds=7_200))


def test_the_plan_starts_where_the_request_says() -> None:
    session = Session(frame_rate="23.976", start_timecode="01:00:00:00")
    made = compose("knocks", CUP, session=session, position_timecode="01:02:10:12")
    assert made.position_samples == 179_243_064 - 172_972_800
    assert made.events[0].start_samples == CUP.start_samples


def test_what_was_found_where_somebody_set_a_marker_is_that_moment() -> None:
    found = [cue("seen", 1.05), cue("apart", 1.2), cue("seen-too", 2.08, origin="guide", kind="onset")]
    given = [cue("m1", 1, "mark", origin="marker"), cue("m2", 2, "mark", origin="sheet")]
    made = compose("knocks", *found, *given)
    assert [event.cue for event in made.events] == ["m1", "apart", "m2"]
    assert len(made.cues) == 5
    assert not made.warnings
    row = cue("r", 1, "mark", origin="sheet", label="dog barks")
    assert on(compose("knocks", found[0], row)) == {"seen": "knocks", "r": "dog barks"}, "two sounds at one moment"


def test_rows_as_sheets_write_them() -> None:
    labels = ("FX: Door slam", "BG - Room tone - office", "Knock on door x3", "Keyboard typing", "wind gust")
    made = {event.cue: event for event in compose("", *rows(*labels), backend=BANK).events}
    assert [made[f"r{i}"].takes[0].source for i in range(1, 6)] == [
        *("door_slam", "room_tone", "door_knock", "typing", "wind")
    ]
    assert made["r1"].label == "FX: Door slam"
    assert made["r2"].layer == "background"
    assert made["r3"].takes[0].params["count"] == 3.0
    assert made["r4"].length_samples == 5 * RATE
    assert (made["r5"].layer, made["r5"].length_samples) == ("foreground", 5 * RATE), (
        "a gust passes, and the scene ends"
    )


def test_a_row_that_names_two_sounds_gets_the_first_and_says_so() -> None:
    made = compose("", *rows("door slams, then a dog barks"))
    assert [event.text for event in made.events] == ["door slams"]
    assert made.warnings == ("Row 2: only 'door slams' is made; give 'dog barks' a cue of its own.",)


def test_a_bed_that_its_backend_cannot_hold_says_so() -> None:
    made = compose("rain", to=scene(seconds=90))
    assert beds(made)[0].length_samples == 60 * RATE
    assert made.warnings == ("'rain' ends after 60 s: fake makes no more.",)


def test_a_preset_on_cues() -> None:
    oak = Preset(
        name="oak-door",
        title="Oak Door",
        description="A door.",
        prompt="door slams",
        words=(),
        category="DOORAntq",
        backend="fake",
        params={"size": 1.5, "intensity": 0.9},
        gain_db=-3.0,
    )
    (event,) = compose("", CUP, presets=[oak], preset="oak-door", backend=FakeBackend()).events
    assert (event.cue, event.label, event.category, event.gain_db) == ("cup", "Oak Door", "DOORAntq", -3.0)


def test_a_follow_up_keeps_the_cues_and_what_it_does_not_name() -> None:
    first = compose("footsteps; knocks; rain", *WALK, CUP, backend=BANK)
    louder = compose("make the knocks louder", previous=first, to=scene(), backend=BANK, job_id="job-2")
    assert keys(louder) == keys(first)
    assert len(louder.cues) == 9
    gains = {event.text: event.gain_db for event in first.events}
    assert [e.gain_db - gains[e.text] for e in louder.events if e.text == "knocks"] == [pytest.approx(4.0)]
    without = compose("remove the knocks", *WALK, CUP, previous=louder, backend=BANK, job_id="job-3")
    assert keys(without) == {name: key for name, key in keys(first).items() if name != "cup"}
    added = compose("add a dog bark", *WALK, CUP, previous=without, backend=BANK, job_id="job-4")
    assert on(added)["cup"] == "dog bark"
    assert keys(without).items() <= keys(added).items()


def test_a_follow_up_in_words_alone_keeps_scene_and_shots() -> None:
    first = compose("footsteps; rain", to=scene(*WALK, shots=(0, 4)), ambience="per_shot")
    request = {"prompt": "make the rain softer", "folder": "/out"}
    job = Job.read({"id": "job-2", "verb": "generate", "request": request, "created": "now"})
    second = make_plan(job, Settings(), SomeBackends(FakeBackend(countable=True)), Presets([]), first)
    assert keys(second) == keys(first)
    assert [event.takes[0].key for event in beds(second)] == [event.takes[0].key for event in beds(first)]
    assert beds(second)[1].gain_db == beds(first)[1].gain_db - 4
    assert (second.picture, second.shots, second.length_samples) == (first.picture, first.shots, first.length_samples)


def test_a_follow_up_gives_new_markers_to_what_was_on_the_others() -> None:
    first = compose("footsteps; knocks", *WALK, CUP)
    second = compose("make the knocks softer", *WALK, CUP, cue("n", 6, "step"), previous=first, job_id="job-2")
    assert on(second)["n"] == "footsteps"


def test_a_follow_up_moves_a_sound() -> None:
    first = compose("footsteps; a knock at the end", *WALK, CUP)
    second = compose("move the knock to 7 s", *WALK, CUP, previous=first, job_id="job-2")
    (knock,) = (event for event in second.events if event.text == "knock")
    assert (knock.start_samples, knock.cue) == (7 * RATE, "")
    third = compose("make the knock louder", *WALK, CUP, previous=second, job_id="job-3")
    (knock,) = (event for event in third.events if event.text == "knock")
    assert (knock.start_samples, knock.cue) == (7 * RATE, "")


def test_a_follow_up_changes_a_row_and_takes_one_out() -> None:
    first = compose("", *rows("door slam", "dog barks"))
    louder = compose("make the dog louder", *rows("door slam", "dog barks"), previous=first, job_id="job-2")
    assert [event.gain_db for event in louder.events] == [0.0, 4.0]
    assert keys(louder) == keys(first)
    without = compose("remove the door", *rows("door slam", "dog barks"), previous=louder, job_id="job-3")
    assert on(without) == {"r2": "dog barks"}
