"""File names as the Universal Category System writes them: ``CatID_FXName_CreatorID_SourceID_UserData.wav``.

Source: UCS v8.2, universalcategorysystem.com. ``_`` stands between blocks only; the CatID is verbatim; the FX name is
at most 25 characters. The user data ends with job, event and take, so names never meet and a retried job repeats them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

FX_NAME_CHARACTERS = 25
_SMALL = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}


def stem_name(*, category: str, label: str, creator: str, source: str, job_id: str, event: str, take: int) -> str:
    """Name of a stem's file.

    >>> stem_name(category="DOORWood", label="heavy oak door slam", creator="CUEWRIGHT", source="Reel 3",
    ...           job_id="shot-1", event="s1", take=2)
    'DOORWood_Heavy Oak Door Slam_CUEWRIGHT_Reel 3_b1b42e-s1-t2.wav'
    """
    return f"{category}_{fx_name(label)}_{creator}_{block(source) or 'Cuewright'}_{tag(job_id)}-{event}-t{take}.wav"


def mix_name(*, label: str, creator: str, source: str, job_id: str) -> str:
    """Name of a job's mix; UCS has no category for one, and a mix is no library sound."""
    return f"MIX_{fx_name(label)}_{creator}_{block(source) or 'Cuewright'}_{tag(job_id)}.wav"


def tag(job_id: str) -> str:
    """Six characters that stand for a job id, which may be long."""
    return hashlib.sha256(job_id.encode()).hexdigest()[:6]


def fx_name(text: str) -> str:
    """Title case, at most 25 characters, cut between words."""
    words = [w if w.lower() in _SMALL and i else w[:1].upper() + w[1:] for i, w in enumerate(block(text, 200).split())]
    name = ""
    for word in words:
        if len(name) + len(word) + 1 > FX_NAME_CHARACTERS:
            break
        name = f"{name} {word}".strip()
    return name or "".join(words)[:FX_NAME_CHARACTERS] or "Sound"


def block(text: str, characters: int = 32) -> str:
    """Text that may stand between underscores, on every file system."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9 -]+", " ", plain)).strip(" -")[:characters].strip(" -")
