"""Search: the right sound first among sixty, and a confidence that tells an answer from a near miss."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from wavbytes import bext, chunk, fmt, riff, tone

from engine.backends.base import MATCHED
from engine.backends.library import Library
from engine.backends.library.ranking import confidence, query_words, stem, weights
from engine.handle import Handle

NAMES = """
AMBForst_Night Forest Crickets|AMBUrbn_City Street Traffic|AMBPark_Children Playground|ANMLDog_Dog Bark Small
ANMLDog_Dog Growl|ANMLCat_Cat Meow|ANMLCat_Cat Purr|ANMLFarm_Cow Moo|ANMLHors_Horse Neigh|ANMLInsc_Bee Buzz
BIRDSong_Blackbird Song|BIRDPrey_Owl Hoot|BELLLrg_Church Bell|CLOCKTick_Clock Tick|CLOTHMvmt_Jacket Rustle
COMCell_Cellphone Vibrate|DOORWood_Oak Door Slam|DOORWood_Door Open Close|DOORCreak_Old Door Creak
DOORKnck_Three Knocks|DOORMetl_Vault Door Shut|DOORGlas_Shop Door Bell|ELECZap_Electric Zap|EXPLReal_Explosion Distant
FEETHmn_Leather On Marble Walk|FEETHmn_Boots On Gravel Run|FEETHmn_Sneakers On Wood|FEETHors_Gallop
FIREBurn_Campfire Crackle|FIREIgn_Match Strike|FOLYClth_Coat On|GLASBrk_Wine Glass Shatter|GLASImpt_Glass Clink
GUNPis_Pistol Shot|GUNAuto_Machine Gun Burst|ICEBrk_Ice Crack|MACHIndst_Factory Press|METLImpt_Metal Pipe Drop
METLFric_Sword Scrape|MOTRSrvo_Servo Whine|PAPRFric_Page Turn|RAIN_Heavy Rain|RAINMetl_Rain On Tin Roof
RAINInt_Rain Inside Tent|ROCKImpt_Boulder Fall|SNOWBrk_Snow Crunch|SWSH_Whoosh Fast|TOOLPowr_Drill|TRNTrain_Train Pass
THUN_Thunder Rumble|USERTst_Test|VEHCar_Car Pass By|VEHHorn_Car Horn|VEHBike_Motorcycle Rev|VOXFem_Woman Scream
WATRDrip_Tap Drip|WATRWave_Ocean Waves|WATRSplsh_Splash Small|WINDGust_Wind Gust|WOODImpt_Tree Bark Hit
"""
FILES = [name.strip() for line in NAMES.splitlines() for name in line.split("|") if name.strip()]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("sounds")
    for number, name in enumerate(FILES):
        content = riff(fmt(), chunk(b"data", tone(2_400 + number)))
        (folder / f"{name}_JDoe_TESTLIB.wav").write_bytes(content)
    (folder / "0815.wav").write_bytes(riff(bext("A rusty garden gate squeaks"), fmt(), chunk(b"data", tone())))
    index = Library(tmp_path_factory.mktemp("data") / "library.sqlite3")
    assert index.add(folder, Handle()).added == len(FILES) + 1 == 61
    return index


@pytest.mark.parametrize(
    ("prompt", "label"),
    [
        ("heavy oak door slam, dry", "Oak Door Slam"),
        ("an old door creaks", "Old Door Creak"),
        ("three knocks on the door", "Three Knocks"),
        ("a small dog barking", "Dog Bark Small"),
        ("a growling dog", "Dog Growl"),
        ("leather shoes walking on marble", "Leather On Marble Walk"),
        ("running in boots on gravel", "Boots On Gravel Run"),
        ("rain on a tin roof", "Rain On Tin Roof"),
        ("heavy rain", "Heavy Rain"),
        ("shattering wine glass", "Wine Glass Shatter"),
        ("the sound of thunder", "Thunder Rumble"),
        ("church bells", "Church Bell"),
        ("night forest with crickets", "Night Forest Crickets"),
        ("a car passing by", "Car Pass By"),
        ("car horn", "Car Horn"),
        ("ocean waves", "Ocean Waves"),
        ("campfire crackling", "Campfire Crackle"),
        ("rusty gate squeak", "0815"),
    ],
)
def test_the_right_sound_is_first_and_an_answer(library: Library, prompt: str, label: str) -> None:
    best = library.search(prompt, 3)[0]
    assert best.label == label
    assert best.score >= MATCHED


@pytest.mark.parametrize("prompt", ["hound", "automobile"])
def test_narrow_synonyms_of_a_category_find_its_files(library: Library, prompt: str) -> None:
    wanted = {"hound": "ANMLDog", "automobile": "VEHCar"}[prompt]
    assert library.search(prompt, 1)[0].category == wanted


@pytest.mark.parametrize(
    "prompt",
    [
        "door bell of a submarine airlock",
        "accordion waltz",
        "car crash",
        "dolphin clicking",
        "glass harmonica",
        "snow leopard growl in a cave",
    ],
)
def test_a_near_miss_is_not_an_answer(library: Library, prompt: str) -> None:
    assert all(item.score < MATCHED for item in library.search(prompt, 5))


@pytest.mark.parametrize("prompt", ["qwxzv flurb", "", "   ", "the of and", "!!! ???", "7 11", "\0"])
def test_nonsense_finds_nothing(library: Library, prompt: str) -> None:
    assert library.search(prompt, 5) == ()


def test_bark_of_a_dog_comes_before_bark_of_a_tree(library: Library) -> None:
    labels = [item.label for item in library.search("dog bark", 10)]
    assert labels[0] == "Dog Bark Small"
    assert library.search("tree bark", 1)[0].label == "Tree Bark Hit"


def test_limit_is_kept_and_scores_fall(library: Library) -> None:
    items = library.search("door", 3)
    assert len(items) == 3
    for prompt in ("door", "heavy rain on a metal door roof", "walking on wood and glass by the sea"):
        scores = [item.score for item in library.search(prompt, 50)]
        assert len(scores) > 5
        assert scores == sorted(scores, reverse=True)
    assert library.search("door", 0) == ()


@given(text=st.text(max_size=60))
@example('door" OR name:*')
@example("door NEAR(slam, 3) AND NOT {name} : ^x*")
@example("\ud800 lone half")
@example("door " * 400)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_character_has_a_meaning_of_its_own(library: Library, text: str) -> None:
    assert all(0 <= item.score <= 1 for item in library.search(text, 5))


def test_query_syntax_finds_what_its_words_find(library: Library) -> None:
    assert library.search('"door" AND (slam*)', 5) == library.search("door slam", 5)


def test_stems_are_those_of_the_index() -> None:
    assert stem("Knocking") == stem("knocks") == stem("knock")
    assert stem("slammed") != stem("slim")


def test_all_words_accounted_for_is_certain_and_none_is_nothing() -> None:
    texts = {"name": "oak door slam", "category": "", "description": "", "folders": ""}
    assert confidence(weights(query_words("slamming oak doors")), texts, "") == 1.0
    assert confidence(weights(query_words("thunder")), texts, "") == 0.0


def test_half_of_the_words_is_not_an_answer_and_two_thirds_are() -> None:
    texts = {"name": "car door", "category": "", "description": "", "folders": ""}
    assert confidence(weights(["door", "slam"]), texts, "") < MATCHED
    assert confidence(weights(["car", "door", "slam"]), texts, "") > MATCHED


def test_how_counts_less_than_what() -> None:
    texts = {"name": "door slam", "category": "", "description": "", "folders": ""}
    assert confidence(weights(["distant", "door", "slam"]), texts, "") > confidence(
        weights(["oak", "door", "slam"]), texts, ""
    )


def test_a_wide_list_of_synonyms_says_less_than_a_narrow_one() -> None:
    texts = {"name": "pass by", "category": "", "description": "", "folders": ""}
    wide = ", ".join(["whale", *(f"animal{k}" for k in range(20))])
    assert confidence(weights(["whale"]), texts, wide) < MATCHED <= confidence(weights(["whale"]), texts, "whale, orca")
