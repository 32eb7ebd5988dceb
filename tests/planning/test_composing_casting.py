"""Which cue gets which sound: one rule a test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import RATE, cue

from engine.cue import Cue, CueKind
from engine.planning.casting import Role, cast

STEP, HIT, SWEEP, LASTING = (Role(sound=sound) for sound in ("step", "hit", "sweep", "lasting"))
WALK = [cue(f"s{i}", 0.5 * i, "step") for i in range(1, 9)]
HITS = [cue("a", 1.1, strength=0.5), cue("b", 4.3, strength=0.9), cue("c", 4.9, strength=0.5)]


def ids(roles: list[Role], *cues: Cue) -> list[str]:
    return ["".join(each.id for each in got) for got in cast(roles, cues, RATE)]


def test_each_kind_of_cue_goes_to_the_sound_that_fits_it() -> None:
    cues = [cue("s", 1, "step"), cue("i", 2, "impact"), cue("m", 3, "movement"), cue("w", 4, "swell")]
    assert ids([STEP, HIT, LASTING], *cues) == ["s", "i", "mw"]
    assert ids([STEP, HIT, SWEEP], *cues) == ["s", "i", "mw"]


def test_one_sound_gets_all_that_fits_and_no_cut_and_no_movement() -> None:
    cues = [cue("s", 1, "step"), cue("i", 2), cue("o", 3, "onset"), cue("k", 4, "mark"), cue("m", 5, "movement")]
    cut = cue("c", 6, "cut")
    assert ids([STEP], *cues, cut) == ["siok"]
    assert ids([HIT], *cues, cut) == ["siok"]
    assert ids([Role(sound="hit", single=True)], *cues, cut) == ["siok"], "alone, 'a knock' is a knock everywhere"


def test_impacts_are_steps_only_where_no_hit_wants_them() -> None:
    assert ids([STEP, HIT], *WALK[:2], *HITS) == ["s1s2", "abc"]
    assert ids([STEP, Role(sound="hit", single=True)], *WALK[:2], *HITS) == ["s1s2ac", "b"]


def test_a_told_time_is_the_nearest_cue_within_a_quarter_of_a_second_and_of_any_kind() -> None:
    def at(seconds: float) -> str:
        return ids([Role(sound="hit", at_samples=round(seconds * RATE))], cue("a", 2.0), cue("b", 2.3, "movement"))[0]

    assert at(2.1) == "a"
    assert at(2.2) == "b"
    assert at(1.75) == "a"
    assert at(1.74) == ""


def test_at_the_end_is_the_best_fitting_cue_of_the_last_third() -> None:
    end = Role(sound="hit", where="end")
    assert ids([STEP, end], *WALK, cue("cup", 3.8)) == ["s1s2s3s4s5s6s7s8", "cup"]
    assert ids([end], cue("early", 0.2), *WALK) == ["s8"], "an impact at the start is not the end"
    assert ids([end], cue("early", 0.2), cue("m", 4.0, "movement")) == ["early"], "the last that fits at all"
    assert ids([Role(sound="hit", where="end", count=2)], *HITS) == ["bc"]
    assert ids([Role(sound="hit", where="end", count=9)], *HITS) == ["c"], "too many: one cue to repeat on"


def test_at_the_start_is_its_mirror() -> None:
    start = Role(sound="hit", where="start")
    assert ids([STEP, start], *WALK, cue("knock", 0.7)) == ["s1s2s3s4s5s6s7s8", "knock"]
    assert ids([start], *WALK, cue("late", 4.2)) == ["s1"]


def test_at_the_cut_is_every_cut_and_nothing_else_is() -> None:
    cuts = [cue("c", 2, "cut"), cue("d", 3, "cut")]
    assert ids([Role(sound="sweep", where="cut"), HIT], *cuts, cue("i", 2.5)) == ["cd", "i"]
    assert ids([Role(sound="sweep", where="cut", count=1)], *cuts) == ["c"]


def test_a_number_is_the_strongest_run() -> None:
    strengths = {"a": 0.9, "b": 0.1, "c": 0.6, "d": 0.7, "e": 0.5, "f": 0.2}
    cues = [cue(name, i, strength=strength) for i, (name, strength) in enumerate(strengths.items(), start=1)]
    assert ids([Role(sound="hit", count=3)], *cues) == ["cde"]
    assert ids([Role(sound="hit", count=1)], *cues) == ["a"]
    assert ids([Role(sound="hit", count=7)], *cues) == ["a"], "too many: the strongest, to repeat on"
    assert ids([Role(sound="hit", count=2), HIT], *cues) == ["cd", "abef"]


def test_a_number_leaves_the_cues_that_another_sound_fits_better() -> None:
    assert ids([Role(sound="hit", count=3), STEP], *WALK, cue("i", 1.1)) == ["i", "s1s2s3s4s5s6s7s8"]


def test_single_sounds_get_the_strongest_cues_in_the_order_of_telling() -> None:
    one = Role(sound="hit", single=True)
    cues = [cue("a", 1, strength=0.8), cue("b", 2, strength=0.1), cue("c", 3, strength=0.9), cue("d", 4, strength=0.2)]
    assert ids([one, one], *cues) == ["a", "c"]
    assert ids([one, HIT], *cues) == ["c", "abd"]
    assert ids([one] * 5, *cues) == ["a", "b", "c", "d", ""]


def test_sounds_that_fit_alike_are_told_apart_by_place() -> None:
    left = [cue(f"l{i}", i, "step", x=0.2 + 0.01 * i, y=0.8) for i in (1, 3, 4)]
    right = [cue(f"r{i}", i, "step", x=0.8, y=0.8) for i in (2, 5)]
    assert ids([STEP, STEP], *left, *right) == ["l1l3l4", "r2r5"]
    far = [cue(f"f{i}", i, "step", x=0.2, y=0.8, size=0.1) for i in (2, 3)]
    near = [cue(f"n{i}", i, "step", x=0.2, y=0.8, size=0.6) for i in (1, 5)]
    assert ids([STEP, STEP], *far, *near) == ["n1n5", "f2f3"]


def test_where_all_lie_in_one_place_they_take_turns() -> None:
    assert ids([STEP, STEP], *WALK[:5]) == ["s1s3s5", "s2s4"]


def test_a_mark_with_a_length_is_for_what_lasts_and_one_without_for_what_happens() -> None:
    moment, span = cue("m", 1, "mark"), cue("s", 2, "mark", length_samples=RATE)
    assert ids([HIT, LASTING], moment, span) == ["m", "s"]
    assert ids([HIT], moment, span) == ["ms"]
    assert ids([LASTING], moment, span) == ["ms"]


@pytest.mark.parametrize(
    ("sound", "kind", "taken"),
    [("hit", "swell", "x"), ("step", "movement", "x"), ("sweep", "impact", "x"), ("lasting", "impact", "")],
)
def test_what_finds_nothing_better_takes_what_moves(sound: str, kind: CueKind, taken: str) -> None:
    assert ids([Role(sound=sound)], cue("x", 1, kind)) == [taken]  # type: ignore[arg-type]


KINDS = st.sampled_from(["impact", "step", "swell", "movement", "cut", "onset", "mark"])
CUES = st.lists(
    st.builds(
        lambda i, seconds, kind, strength, x, size: (seconds, kind, strength, x, size),
        st.none(),
        st.integers(0, 40),
        KINDS,
        st.floats(0, 1),
        st.floats(0, 1),
        st.none() | st.floats(0, 1),
    ),
    max_size=30,
).map(
    lambda rows: [
        cue(f"c{i}", seconds / 4, kind, strength=strength, x=x, size=size)
        for i, (seconds, kind, strength, x, size) in enumerate(rows)
    ]
)
ROLES = st.lists(
    st.builds(
        Role,
        sound=st.sampled_from(["step", "hit", "sweep", "lasting"]),
        at_samples=st.none() | st.integers(0, 11 * RATE),
        where=st.sampled_from([None, None, "start", "end", "cut"]),
        count=st.none() | st.integers(1, 5),
        single=st.booleans(),
    ),
    max_size=6,
)


@given(roles=ROLES, cues=CUES, reverse=st.booleans())
def test_a_cue_is_cast_once_in_time_order_and_whatever_order_they_come_in(
    roles: list[Role], cues: list[Cue], reverse: bool
) -> None:
    got = cast(roles, cues, RATE)
    assert len(got) == len(roles)
    given_away = [each.id for own in got for each in own]
    assert len(given_away) == len(set(given_away))
    for role, own in zip(roles, got, strict=True):
        assert list(own) == sorted(own, key=lambda each: (each.start_samples, each.id))
        if role.count is not None and role.where != "cut" and role.at_samples is None:
            assert len(own) in (0, 1, role.count) or len(roles) == 1
    assert cast(roles, sorted(cues, key=lambda each: each.id, reverse=reverse), RATE) == got
