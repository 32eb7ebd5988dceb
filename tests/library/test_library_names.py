"""Words and labels of file names."""

from __future__ import annotations

import pytest

from engine.backends.library.names import NameParts, label_of, parse_name, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DoorSlam02", "Door Slam 02"),
        ("heavy_oak-door.slam (dry) [v2]", "heavy oak door slam dry v 2"),
        ("TVStatic", "TV Static"),
        ("rainOnRoof48k", "rain On Roof 48 k"),
        ("Türe quietscht", "Türe quietscht"),
        ("Tu\u0308re", "Türe"),  # as macOS writes it
        ("雨の音_01", "雨の音 01"),
        ("bad\udcff name", "bad name"),  # a name that is not valid UTF-8
        ("___", ""),
    ],
)
def test_words_are_told_apart(text: str, words: str) -> None:
    assert split_words(text) == words.split()


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        (
            "DOORWood_Oak Door Slam 03_JDoe_Mansion_Close mic",
            NameParts(category="DOORWood", label="Oak Door Slam", words="Oak Door Slam 03 Close mic"),
        ),
        ("RAIN-Heavy_OnTinRoof_JD_LIB", NameParts(category="RAIN", label="On Tin Roof", words="On Tin Roof Heavy")),
        ("doorwood_slam", NameParts(category="", label="Doorwood Slam", words="doorwood slam")),  # CatIDs are verbatim
        ("DOORWood", NameParts(category="", label="DOOR Wood", words="DOOR Wood")),  # one block is no UCS name
        ("knocks x5", NameParts(category="", label="Knocks", words="knocks x 5")),
        ("---", NameParts(category="", label="Sound", words="")),
    ],
)
def test_names_are_read(stem: str, expected: NameParts) -> None:
    assert parse_name(stem) == expected


def test_a_label_is_short_and_keeps_a_lone_number() -> None:
    assert len(label_of(["word"] * 100)) <= 60
    assert label_of(["808"]) == "808"
