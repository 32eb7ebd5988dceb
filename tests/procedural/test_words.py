"""Words find the family they name, set its knobs, and are refused where nothing makes what they ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backends.base import MATCHED
from engine.procedural.families import FAMILIES
from engine.procedural.family import VOCABULARY
from engine.procedural.words import Answer, answers, stem

NAMED = [
    ("knocking on a wooden door", "door_knock"),
    ("three knocks on the door", "door_knock"),
    ("a heavy wooden door slams", "door_slam"),
    ("old oak door slams shut", "door_slam"),
    ("metal door slam", "door_slam"),
    ("metal impact", "metal_impact"),
    ("a metallic clang", "metal_impact"),
    ("wooden crate hit", "wood_impact"),
    ("creaky door opens", "door_creak"),
    ("squeaking hinges", "door_creak"),
    ("breaking glass", "glass_break"),
    ("a window smashes", "glass_break"),
    ("clinking glasses", "glass_impact"),
    ("a punch", "body_impact"),
    ("footsteps", "footsteps_concrete"),
    ("a man running", "footsteps_concrete"),
    ("engine running", "engine_idle"),
    ("UI beep, short, positive", "beep"),
    ("room tone, small office", "room_tone"),
    ("footsteps in the snow", "footsteps_snow"),
    ("someone running on gravel", "footsteps_gravel"),
    ("walking through dry leaves", "footsteps_leaves"),
    ("he walks on a wooden floor", "footsteps_wood"),
    ("steps on a metal grating", "footsteps_metal"),
    ("footsteps on grass", "footsteps_grass"),
    ("heavy rain", "rain"),
    ("rain on a tin roof", "rain"),
    ("distant thunder rumbling", "thunder"),
    ("a lightning strike", "thunder"),
    ("howling wind", "wind"),
    ("gust of wind", "wind"),
    ("waves crashing on a beach", "waves"),
    ("running water", "stream"),
    ("a babbling brook", "stream"),
    ("a glass of water being poured", "water_pour"),
    ("dripping tap", "water_drip"),
    ("big splash", "splash"),
    ("crackling campfire", "fire"),
    ("church bells tolling", "church_bell"),
    ("a tiny bell", "small_bell"),
    ("a clock ticking slowly", "clock_tick"),
    ("whooshes", "whoosh"),
    ("car engine idling", "engine_idle"),
    ("revving engine", "engine_rev"),
    ("motorcycle passing by", "motorcycle"),
    ("a chainsaw", "chainsaw"),
    ("ducks quacking on a pond", "duck"),
    ("a bee buzzing", "bee"),
    ("wind chimes in the garden", "wind_chime"),
    ("the doorbell rings", "doorbell"),
    ("a camera clicks", "camera_shutter"),
    ("bacon frying", "frying"),
    ("a bouncing ball", "ball_bounce"),
    ("sawing wood", "sawing"),
    ("an old typewriter", "typewriter"),
    ("a bow and arrow", "arrow"),
    ("swords clashing", "sword"),
    ("the crack of a whip", "whip"),
    ("sword swing", "whoosh"),
    ("laser gun", "laser"),
    ("fireworks in the distance", "fireworks"),
    ("train horn", "train_horn"),
    ("a train on the tracks", "train"),
    ("a car drives by", "car_pass"),
    ("an airplane overhead", "airplane"),
    ("a jet flies overhead", "airplane"),
    ("a vacuum cleaner", "vacuum_cleaner"),
    ("drilling into a wall", "drill"),
    ("sewing machine", "sewing_machine"),
    ("a truck idling", "truck"),
    ("a cow mooing in a field", "cow"),
    ("horse galloping", "horse"),
    ("an owl hooting at night", "owl"),
    ("two coughs", "cough"),
    ("a woman screams", "scream"),
    ("heavy breathing", "breathing"),
    ("a helicopter overhead", "helicopter"),
    ("police siren", "siren"),
    ("fire alarm", "alarm"),
    ("old telephone ringing", "telephone"),
    ("car honking", "car_horn"),
    ("a dog barks twice", "dog_bark"),
    ("dog barking in the distance", "dog_bark"),
    ("a cat meows", "cat_meow"),
    ("rooster crowing", "rooster"),
    ("birds singing in a forest", "birds"),
    ("crickets at night", "crickets"),
    ("crowd murmuring in a restaurant", "crowd"),
    ("audience applause", "applause"),
    ("someone typing on a keyboard", "typing"),
    ("huge explosion", "explosion"),
    ("muffled gunshot", "gunshot"),
    ("heartbeat", "heartbeat"),
    ("rustling clothes", "cloth"),
    ("crumpling paper", "paper"),
    ("keys jangling", "keys"),
    ("ominous low drone", "drone"),
    ("room tone", "room_tone"),
    ("leather on marble", "footsteps_concrete"),
    ("leather shoes on marble", "footsteps_concrete"),
    ("a shoe", "footsteps_concrete"),
    ("sneakers on gravel", "footsteps_gravel"),
    ("leather jacket", "cloth"),
    ("footsteps up the stairs", "footsteps_concrete"),
    ("footsteps on wooden stairs", "footsteps_wood"),
    ("helicopter flyby", "helicopter"),
    ("a cup put down at the end", "glass_impact"),
    ("a mug is set down on a table", "glass_impact"),
    ("rain without thunder", "rain"),
    ("wind, no birds", "wind"),
]
MIXTURE = [
    "no",
    "without",
    "door",
    "knock",
    "rain",
    "huge",
    "and",
    ",",
    ".",
    "in",
    "far",
    "3",
    "twice",
    "zebra",
    "slow",
]
REFUSED = [
    "a theremin solo",
    "xylophonic zebra",
    "an elephant in the rain",
    "french horn",
    "a piano in a restaurant",
    "dog howling",
    "elephant trumpeting",
    "a lion roaring",
    "a singer at the church",
    "qwxzv flurbity grmpf",
    "without rain",
    "no thunder",
    "silence",
    "shower running",
    "leather sofa on a wooden floor",
    "a box put down",
]


def best(text: str) -> Answer:
    return answers(text)[0]


@pytest.mark.parametrize(("text", "name"), NAMED)
def test_a_phrase_names_its_family(text: str, name: str) -> None:
    answer = best(text)
    assert answer.family.name == name
    assert answer.score >= MATCHED


@pytest.mark.parametrize("text", REFUSED)
def test_what_nothing_makes_is_not_matched(text: str) -> None:
    assert all(answer.score < MATCHED for answer in answers(text))


@pytest.mark.parametrize("text", ["a theremin solo", "xylophonic zebra", "an elephant in the rain"])
def test_what_nothing_makes_has_nearest_families(text: str) -> None:
    assert len(answers(text)) == 3


@pytest.mark.parametrize("name", FAMILIES)
def test_every_phrase_of_a_family_is_matched_by_it_in_full(name: str) -> None:
    for phrase in FAMILIES[name].words:
        scores = {answer.family.name: answer.score for answer in answers(phrase)}
        assert scores.get(name) == 1.0, phrase


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("tiny bell", {"size": 0.35}),
        ("huge explosion far away", {"size": 2.6, "distance_m": 80.0}),
        ("gentle stream", {"intensity": 0.25}),
        ("violent wind", {"intensity": 1.0}),
        ("distant church bell", {"distance_m": 60.0}),
        ("dripping tap in a cave", {"wetness": 0.95}),
        ("dry gunshot", {"wetness": 0.0}),
        ("slow footsteps", {"pace": 0.6}),
        ("running on gravel", {"pace": 1.65}),
        ("typing fast", {"pace": 1.6}),
        ("muffled gunshot", {"brightness": 0.12}),
        ("light switch", {}),
        ("wind", {}),
    ],
)
def test_adjectives_turn_knobs(text: str, params: dict[str, float]) -> None:
    assert best(text).params == params


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("three knocks", 3),
        ("a dog barks twice", 2),
        ("7 gunshots", 7),
        ("a knock", 1),
        ("knocking", 0),
        ("a dog barks", 1),
        ("dog barking for 10 seconds", 0),
        ("a footstep", 1),
        ("footsteps", 0),
        ("a clock ticking", 0),
    ],
)
def test_how_many(text: str, count: int) -> None:
    assert best(text).count == count


def test_more_happenings_are_longer_and_a_counted_bed_is_no_bed() -> None:
    assert best("three knocks").length_seconds > best("a knock").length_seconds
    assert best("footsteps").sustained
    assert not best("four footsteps").sustained
    assert best("fast footsteps").interval_seconds < best("footsteps").interval_seconds


@pytest.mark.parametrize(
    "forms",
    [("slam", "slams", "slammed", "slamming"), ("wave", "waves"), ("creak", "creaky", "creaking"),
     ("splash", "splashes"), ("quiet", "quietly"), ("leaf", "leaves"), ("heavy", "heavily"), ("glass", "glasses")],
)  # fmt: skip
def test_forms_of_a_word_share_a_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


@given(st.text(max_size=200))
def test_any_text_is_answered_in_order_and_within_bounds(text: str) -> None:
    found = answers(text)
    assert len(found) <= 3
    assert [a.score for a in found] == sorted((a.score for a in found), reverse=True)
    for answer in found:
        assert 0 <= answer.score <= 1
        assert answer.length_seconds > 0
        assert answer.interval_seconds > 0
        for name, value in answer.params.items():
            assert VOCABULARY[name].low <= value <= VOCABULARY[name].high
            assert name in answer.family.params


@given(
    st.lists(
        st.sampled_from(MIXTURE),
        max_size=12,
    )
)
def test_any_mixture_of_words_is_answered(words: list[str]) -> None:
    for answer in answers(" ".join(words)):
        assert 0 <= answer.score <= 1
