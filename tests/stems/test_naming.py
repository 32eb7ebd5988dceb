"""Names that UCS tools can take apart and every file system can hold."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from engine.stems.naming import beside_name, fx_name, mix_name, stem_name

# CatID_FXName_CreatorID_SourceID_UserData.wav; underscores between the blocks only
GRAMMAR = re.compile(r"(?P<cat>[A-Za-z]+)_(?P<fx>[^_]{1,25})_(?P<creator>[^_]+)_(?P<source>[^_]+)_(?P<user>[^_]+)\.wav")
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
JOB_ID = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)


def name(**changes: object) -> str:
    values = {
        "category": "DOORWood",
        "label": "oak door slam",
        "creator": "CUEWRIGHT",
        "source": "Reel 3",
        "job_id": "job-1",
        "event": "s1",
        "take": 1,
    }
    return stem_name(**{**values, **changes})  # type: ignore[arg-type]


@given(
    label=st.text(max_size=80),
    source=st.text(max_size=120),
    creator=st.from_regex(r"[A-Za-z0-9-]{1,32}", fullmatch=True),
    job_id=JOB_ID,
    event=st.from_regex(r"[a-z0-9]{1,16}(\.[1-9][0-9]?)?", fullmatch=True),
    take=st.integers(1, 16),
)
def test_any_words_give_a_name_of_the_grammar(
    label: str, source: str, creator: str, job_id: str, event: str, take: int
) -> None:
    made = name(label=label, source=source, creator=creator, job_id=job_id, event=event, take=take)
    blocks = GRAMMAR.fullmatch(made)
    assert blocks
    assert (blocks["cat"], blocks["creator"]) == ("DOORWood", creator)
    assert not FORBIDDEN.search(made)
    assert made.isascii()
    assert len(made) <= 120
    assert all(block == block.strip() for block in blocks.groups())
    assert FORBIDDEN.search(mix_name(label=label, creator=creator, source=source, job_id=job_id)) is None


def test_a_name_is_the_same_every_time_and_no_two_meet() -> None:
    assert name() == name()
    names = {
        name(job_id=job, event=event, take=take)
        for job in ("a", "b", "A")
        for event in ("s1", "s1.2", "s12", "s2")
        for take in (1, 2, 12)
    }
    assert len(names) == 3 * 4 * 3
    assert len({n.lower() for n in names}) == len(names)  # also where case does not count


def test_fx_names_are_title_case_and_cut_between_words() -> None:
    assert fx_name("heavy oak door slams shut in the hall") == "Heavy Oak Door Slams Shut"
    assert fx_name("click of a switch") == "Click of a Switch"
    assert fx_name("BMW_M3 (idle)") == "BMW M3 Idle"
    assert fx_name("a" * 25) == "A" + 24 * "a"
    assert fx_name("a" * 60) == "A" + 24 * "a"
    assert fx_name("a" * 24 + "-b") == "A" + 23 * "a"
    assert fx_name("Crème brûlée") == "Creme Brulee"
    assert fx_name("犬") == "Sound"


def test_the_source_gives_way_in_a_long_name_and_has_a_default() -> None:
    assert name(source="").split("_")[3] == "Cuewright"
    assert name(source="Reel_3/b").split("_")[3] == "Reel 3 b"
    long = name(source="p" * 120, creator="C" * 32, label="l" * 80, event="e" * 16 + ".64", take=16)
    assert (len(long), len(GRAMMAR.fullmatch(long)["source"])) == (120, 17)  # type: ignore[index]


@given(job_id=JOB_ID)
def test_files_named_after_the_job_avoid_windows_devices(job_id: str) -> None:
    made = beside_name(job_id, ".rpp")
    assert made.endswith(f"{job_id}.rpp")
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])", made.partition(".")[0])


def test_windows_devices() -> None:
    assert beside_name("nul", ".rpp") == "job-nul.rpp"
    assert beside_name("COM1.x", ".cuewright.json") == "job-COM1.x.cuewright.json"
    assert beside_name("console", ".rpp") == "console.rpp"
