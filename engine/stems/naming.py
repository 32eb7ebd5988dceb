"""File names as the Universal Category System writes them: ``CatID_FXName_CreatorID_SourceID_UserData.wav``.

Source: UCS v8.2, universalcategorysystem.com. ``_`` stands between blocks only; the CatID is verbatim; the FX name is
at most 25 characters. The user data ends with job, event and take, so names never meet and a retried job repeats them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

FX_NAME_CHARACTERS = 25
NAME_CHARACTERS = 120
"""Of a whole file name, so that a path stays under Windows' 260."""
_EVENT = re.compile(r"[^A-Za-z0-9.-]+")
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
_SMALL = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}


def stem_name(*, category: str, label: str, creator: str, source: str, job_id: str, event: str, take: int) -> str:
    """Name of a stem's file.

    >>> stem_name(category="DOORWood", label="heavy oak door slam", creator="CUEWRIGHT", source="Reel 3",
    ...           job_id="shot-1", event="s1", take=2)
    'DOORWood_Heavy Oak Door Slam_CUEWRIGHT_Reel 3_6003a3-s1-t2.wav'
    """
    return _joined(category, fx_name(label), creator, source, f"{tag(job_id)}-{_EVENT.sub('-', event)}-t{take}")


def mix_name(*, label: str, creator: str, source: str, job_id: str) -> str:
    """Name of a job's mix; UCS has no category for one, and a mix is no library sound."""
    return _joined("MIX", fx_name(label), creator, source, tag(job_id))


def _joined(category: str, name: str, creator: str, source: str, user_data: str) -> str:
    """The blocks as a file name; a long source is what gives way."""
    without = len(f"{category}_{name}_{creator}__{user_data}.wav")
    shown = block(source, max(0, NAME_CHARACTERS - without)) or "Cuewright"
    return f"{category}_{name}_{creator}_{shown}_{user_data}.wav"


def beside_name(job_id: str, suffix: str) -> str:
    """Name of a job's own file beside its stems: the job id, kept off the names Windows reserves for devices.

    >>> beside_name("shot-1", ".rpp"), beside_name("con.2", ".rpp")
    ('shot-1.rpp', 'job-con.2.rpp')
    """
    reserved = job_id.partition(".")[0].upper() in _DEVICES
    return f"{'job-' if reserved else ''}{job_id}{suffix}"


def tag(job_id: str) -> str:
    """Six characters that stand for a job id, which may be long."""
    return hashlib.sha256(job_id.encode()).hexdigest()[:6]


def fx_name(text: str) -> str:
    """Title case, at most 25 characters, cut between words."""
    words = [w if w.lower() in _SMALL and i else w[:1].upper() + w[1:] for i, w in enumerate(block(text, 200).split())]
    name = ""
    for word in words:
        if len(f"{name} {word}".strip()) > FX_NAME_CHARACTERS:
            break
        name = f"{name} {word}".strip()
    return name or "".join(words)[:FX_NAME_CHARACTERS].strip(" -") or "Sound"


def block(text: str, characters: int = 32) -> str:
    """Text that may stand between underscores, on every file system."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9 -]+", " ", plain)).strip(" -")[:characters].strip(" -")
