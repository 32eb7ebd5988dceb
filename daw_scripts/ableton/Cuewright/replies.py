"""What the engine answers, by name: the replies of OSC.md that a Live set has a use for.

Each class lists its reply's arguments in their order. A later engine may append more, which are left aside, and
addresses that are not here are none of ours.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import ClassVar

from .osc import Message, Value

ROOT = "/cuewright/"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job is safe on the engine's disk."""

    TYPES: ClassVar[str] = "ss"
    job_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Progress:
    """The job moves on; ``sequence`` grows."""

    TYPES: ClassVar[str] = "sifs"
    job_id: str
    sequence: int
    fraction: float
    stage: str


@dataclass(frozen=True, slots=True)
class Stem:
    """A file is complete on disk; every number of samples is at its own rate."""

    TYPES: ClassVar[str] = "sissiiiiisssissnfsTsf"
    job_id: str
    index: int
    path: str
    track: str
    position_samples: int
    onset_samples: int
    length_samples: int
    sample_rate_hz: int
    take: int
    kind: str
    category: str
    label: str
    channels: int
    sha256: str
    event: str
    loudness_lufs: float | None
    peak_dbtp: float
    licence_name: str
    licence_commercial: bool
    licence_note: str
    pan: float = 0.0


@dataclass(frozen=True, slots=True)
class Cue:
    """A moment was found; only counted here."""

    TYPES: ClassVar[str] = "si"
    job_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Done:
    """The job is finished, with so many stems and cues."""

    TYPES: ClassVar[str] = "ssssiissss"
    job_id: str
    manifest: str
    project: str
    mix_path: str
    stems_count: int
    cues_count: int
    cue_sheet: str
    report: str
    actions: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job failed, or the request about it did."""

    TYPES: ClassVar[str] = "ssss"
    job_id: str
    code: str
    sentence: str
    field: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The job was cancelled."""

    TYPES: ClassVar[str] = "s"
    job_id: str


@dataclass(frozen=True, slots=True)
class Warned:
    """The job goes on, but the user should know."""

    TYPES: ClassVar[str] = "ss"
    job_id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request was not understood, and nothing was done."""

    TYPES: ClassVar[str] = "ssssss"
    about: str
    code: str
    sentence: str
    field: str
    expected: str
    job_id: str


Reply = Accepted | Progress | Stem | Cue | Done | Failed | Cancelled | Warned | Refusal

KINDS: dict[str, type[Reply]] = {
    "accepted": Accepted,
    "progress": Progress,
    "stem": Stem,
    "cue": Cue,
    "done": Done,
    "failed": Failed,
    "cancelled": Cancelled,
    "warning": Warned,
    "error": Refusal,
}


def read(message: Message) -> Reply | None:
    """The reply that a message is; None where it is none of ours or has other arguments than it should."""
    kind = KINDS.get(message.address.removeprefix(ROOT)) if message.address.startswith(ROOT) else None
    if kind is None:
        return None
    needed = [field.name for field in fields(kind) if field.default is MISSING]
    values = message.arguments[: len(kind.TYPES)]
    if len(values) < len(needed) or not all(map(_fits, kind.TYPES, values)):
        return None
    return kind(*values)  # type: ignore[arg-type] # each was held against its tag


def _fits(tag: str, value: Value) -> bool:
    if tag == "s":
        return isinstance(value, str)
    if tag == "T":
        return isinstance(value, bool)
    if value is None:
        return tag == "n"
    return isinstance(value, int if tag == "i" else (int, float)) and not isinstance(value, bool)
