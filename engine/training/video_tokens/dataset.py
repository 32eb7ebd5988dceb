"""A folder of videos with sound as a training set: which are read, which are held out, and what is wrong with the rest.

A video's caption is the text file of its name beside it (``door.mp4``, ``door.txt``), or empty. Whether a video is held
out follows from its name alone, so that adding others changes nothing, and a resumed run holds out the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from engine.errors import CuewrightError, FileUnreadable
from engine.handle import Handle
from engine.model import Model

SUFFIXES = frozenset([".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".mxf", ".ts", ".mts"])
MAX_CAPTION = 400

T = TypeVar("T")


class Video(Model):
    """One of the set."""

    path: Path
    caption: str = ""
    held_out: bool = False


class Unread(Model):
    """One that is left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Generic[T]):
    """What became of a set's videos."""

    made: tuple[tuple[Video, T], ...]
    unread: tuple[Unread, ...]


def videos(folder: Path, *, held_out_share: float) -> tuple[Video, ...]:
    """The videos of a folder and of those in it, by name; at least one is held out and one is not.

    Raises
    ------
    FileUnreadable
        No such folder, or fewer than two videos in it.
    """
    if not folder.is_dir():
        raise FileUnreadable(f"{folder} is not a folder; give one with videos in it.", field="folder")
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
    if len(paths) < 2:
        raise FileUnreadable(
            f"{folder} holds {len(paths)} video{'' if len(paths) == 1 else 's'}; training takes at least two, for one "
            "is held out to be scored on.",
            field="folder",
        )
    lots = {path: _lot(path.relative_to(folder)) for path in paths}
    held = {path for path in paths if lots[path] < held_out_share} or {min(paths, key=lambda path: lots[path])}
    if len(held) == len(paths):
        held.remove(max(paths, key=lambda path: lots[path]))
    return tuple(Video(path=path, caption=_caption(path), held_out=path in held) for path in paths)


def _lot(name: Path) -> float:
    """0 to 1, by the name."""
    return int.from_bytes(hashlib.sha256(name.as_posix().encode()).digest()[:6]) / 2**48


def _caption(path: Path) -> str:
    try:
        return " ".join(path.with_suffix(".txt").read_text(encoding="utf-8").split())[:MAX_CAPTION]
    except (OSError, UnicodeDecodeError):
        return ""


def read_all(listed: Sequence[Video], read: Callable[[Video], T], handle: Handle, stage: str) -> Read[T]:
    """Read every video; one that cannot be read is left out with the reason, and the rest go on.

    Raises
    ------
    FileUnreadable
        When too few are left to train on one and score on another.
    Cancelled
        Between two videos.
    """
    made: list[tuple[Video, T]] = []
    unread: list[Unread] = []
    for number, video in enumerate(listed):
        handle.progress(number / len(listed), stage)
        try:
            made.append((video, read(video)))
        except CuewrightError as error:
            if error.code == "cancelled":
                raise
            unread.append(Unread(path=video.path, reason=error.sentence))
    if not any(video.held_out for video, _ in made) or all(video.held_out for video, _ in made):
        first = f" The first that could not: {unread[0].path.name}: {unread[0].reason}" if unread else ""
        raise FileUnreadable(
            f"{len(made)} of {len(listed)} videos can be read; too few to train on some and score on others.{first}",
            field="folder",
        )
    return Read(made=tuple(made), unread=tuple(unread))


def told(unread: Iterable[Unread]) -> list[str]:
    """A line for each, for people."""
    return [f"left out: {each.path.name}: {each.reason}" for each in unread]
