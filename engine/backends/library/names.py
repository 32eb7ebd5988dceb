"""Words in file names: UCS blocks where the name has them, else what separators and capitals tell apart.

Source: Universal Category System, ``CatID[-UserCategory]_[VendorCategory-]FXName_CreatorID_SourceID[_UserData]``.
This module sees text only; it opens nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from engine import ucs

MAX_LABEL = 60
_JUNCTIONS = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])",
)
_SEPARATORS = re.compile(r"[\W_]+")


def split_words(text: str) -> list[str]:
    """Words at separators, camel case and digits.

    >>> split_words("DoorSlam02_heavy-OAK")
    ['Door', 'Slam', '02', 'heavy', 'OAK']
    """
    spaced = _SEPARATORS.sub(" ", unicodedata.normalize("NFC", text))
    return _JUNCTIONS.sub(" ", spaced).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameParts:
    """What a file's name says.

    Parameters
    ----------
    category
        UCS CatID, or ``""`` when the name is not a UCS name.
    label
        Short name for people: ``Oak Door Slam``.
    words
        All words that describe the sound, for the index.
    """

    category: str
    label: str
    words: str


def parse_name(stem: str) -> NameParts:
    """Read a file name without its suffix.

    >>> parse_name("DOORWood_Oak Door Slam_JDoe_Mansion_Close").label
    'Oak Door Slam'
    >>> parse_name("heavy_doorSlam-03").label
    'Heavy Door Slam'
    """
    blocks = stem.split("_")
    category, _, user_category = blocks[0].partition("-")
    if len(blocks) < 2 or not ucs.is_cat_id(category):
        words = split_words(stem)
        return NameParts(category="", label=label_of(words), words=" ".join(words))
    told = split_words(" ".join((blocks[1], user_category, *blocks[4:])))
    return NameParts(category=category, label=label_of(split_words(blocks[1])), words=" ".join(told))


def label_of(words: list[str]) -> str:
    """A label of words: capitals at the start of each, no count or take number at the end.

    >>> label_of(["door", "knocks", "x", "5"])
    'Door Knocks'
    """
    kept = list(words)
    while len(kept) > 1 and (kept[-1].isdigit() or len(kept[-1]) == 1):
        kept.pop()
    label = " ".join(word[0].upper() + word[1:] for word in kept)
    return label[:MAX_LABEL].strip() or "Sound"
