"""Edited footage whose cuts are known: single shots joined by hard cuts, dissolves, fades and wipes.

The shots come from a folder of clips (each taken to be one shot, but for what :func:`known_edits` says of it) or are
drawn. Within some of them happens what may be taken for a cut (:mod:`engine.evaluation.cut_tricks`). Everything follows
from the seed. It knows nothing of how cuts are found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from engine.evaluation.cut_tricks import TRICKS, Frame

SIZE = (480, 270)  # width, height
_RATES = (Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30))
_KINDS = {"hard": 0.5, "dissolve": 0.22, "fade": 0.12, "wipe": 0.16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A transition as it was made.

    Parameters
    ----------
    kind
        ``hard``, ``dissolve``, ``fade`` or ``wipe``.
    start_seconds, end_seconds
        Times of the first frame that is not the old shot alone, and of the first that is the new shot alone; the same
        for a hard cut.
    """

    kind: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A trick within a shot, and the span of that shot."""

    name: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reel:
    """Edited footage: its frames (drawn once, as they are asked for), and what is known of them."""

    frames: Iterator[Frame]
    rate: Fraction
    edits: tuple[Edit, ...]
    happenings: tuple[Happening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A span of a video file that is one shot."""

    path: Path
    start_seconds: float
    end_seconds: float

    def frames(self, start_seconds: float, count: int, rate: Fraction) -> list[Frame]:
        """``count`` frames at ``rate``, each the latest that had begun, filling :data:`SIZE` and cut to it."""
        import av
        import cv2

        wanted = [self.start_seconds + start_seconds + float(k / rate) for k in range(count)]
        shown: list[Frame] = []
        with av.open(str(self.path)) as container:
            stream = container.streams.video[0]
            last: Frame | None = None
            for frame in container.decode(stream):
                seconds = float(((frame.pts or 0) - (stream.start_time or 0)) * (stream.time_base or Fraction(1)))
                while last is not None and len(shown) < count and wanted[len(shown)] < seconds - 1e-6:
                    shown.append(last)
                if len(shown) == count:
                    break
                if seconds >= wanted[0] - 0.25:
                    picture = frame.to_ndarray(format="bgr24")
                    height, width = picture.shape[:2]
                    scale = max(SIZE[0] / width, SIZE[1] / height)
                    size = (max(SIZE[0], round(width * scale)), max(SIZE[1], round(height * scale)))
                    filling = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
                    left, top = (size[0] - SIZE[0]) // 2, (size[1] - SIZE[1]) // 2
                    last = np.ascontiguousarray(filling[top : top + SIZE[1], left : left + SIZE[0]], np.uint8)
        if last is None:
            raise ValueError(f"{self.path} shows nothing at {wanted[0]:.2f} s.")
        return shown + [last] * (count - len(shown))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A shot that is drawn: a textured ground that drifts, and discs that move over it."""

    seed: int
    start_seconds: float = 0.0
    end_seconds: float = 10.0

    def frames(self, start_seconds: float, count: int, rate: Fraction) -> list[Frame]:
        """``count`` frames at ``rate``."""
        import cv2

        dice = np.random.default_rng(self.seed)
        width, height = SIZE
        size = (2 * width, 2 * height)
        coarse = cv2.resize(dice.uniform(0, 255, (4, 6, 3)), size, interpolation=cv2.INTER_CUBIC)
        grain = cv2.resize(dice.normal(0, 12, (40, 70, 3)), size, interpolation=cv2.INTER_CUBIC)
        ground = np.asarray(np.clip(coarse, 0, 255), np.uint8)
        for _ in range(60):  # boxes of all sizes, for a picture of things has edges
            (x, y), (w, h) = dice.uniform(0, 1, 2) * size, np.exp(dice.uniform(2, 5, 2))
            cv2.rectangle(ground, (int(x), int(y)), (int(x + w), int(y + h)), dice.integers(0, 256, 3).tolist(), -1)
        ground = np.asarray(np.clip(ground + np.asarray(grain), 0, 255), np.uint8)
        drift = dice.normal(0, 0.03, 2) * width
        discs = [(dice.uniform(0, 1, 2), dice.normal(0, 0.3, 2), dice.uniform(0.03, 0.12)) for _ in range(3)]
        colours = dice.integers(0, 256, (3, 3)).tolist()
        shown = []
        for k in range(count):
            t = start_seconds + float(k / rate)
            left, top = np.clip(np.array([width, height]) / 2 + drift * t, 0, (width, height)).astype(int)
            picture = ground[top : top + height, left : left + width].copy()
            for (place, speed, radius), colour in zip(discs, colours, strict=True):
                x, y = np.abs((place + speed * t) % 2 - 1) * (width, height)
                cv2.circle(picture, (int(x), int(y)), int(radius * width), colour, -1)
            shown.append(picture)
        return shown


Shot = Clip | Drawing


def known_edits() -> dict[str, tuple[Edit, ...]]:
    """By clip name, the edits that clips used for measuring have themselves, found by eye."""
    text = files("engine.evaluation").joinpath("known_edits.json").read_text(encoding="utf-8")
    return {name: tuple(Edit(**edit) for edit in edits) for name, edits in json.loads(text).items()}


def clips_of(folder: Path) -> tuple[Path, ...]:
    """The video files in a folder and below."""
    return tuple(sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".mp4", ".mov", ".mkv", ".webm"}))


def shots_of(folder: Path) -> tuple[Clip, ...]:
    """The longest single shot of every clip in a folder, by :func:`known_edits`."""
    import av

    known, clips = known_edits(), []
    for path in clips_of(folder):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            length = float((stream.duration or 0) * (stream.time_base or 0)) or (container.duration or 0) / 1e6
        own = sorted(known.get(path.stem, ()), key=lambda e: e.start_seconds)
        bounds = [0.0, *(b for e in own for b in (e.start_seconds, e.end_seconds)), length]
        start, end = max(zip(bounds[::2], bounds[1::2], strict=True), key=lambda span: span[1] - span[0])
        clips.append(Clip(path=path, start_seconds=start, end_seconds=end))
    return tuple(clips)


def edited(shots: Sequence[Shot], seed: int, *, length_seconds: float = 60.0, tricks: bool = True) -> Reel:
    """A reel of parts of the shots, cut together as an editor might.

    Parameters
    ----------
    shots
        What to cut from; two neighbours are never parts of the same one.
    seed
        Decides everything: the same seed on the same shots is the same reel.
    length_seconds
        About how long it becomes.
    tricks
        Let something happen in four of ten shots.
    """
    dice = np.random.default_rng(seed)
    rate = _RATES[int(dice.integers(len(_RATES)))]
    parts: list[tuple[Shot, float, int, str]] = []  # shot, its offset, frames, trick
    joins: list[tuple[str, int]] = []  # kind, frames that are both
    total, last = 0, -1
    while total < length_seconds * rate or len(parts) < 2:
        choice = int(dice.integers(len(shots)))
        if choice == last:
            continue
        shot, last = shots[choice], choice
        trick = str(dice.choice(list(TRICKS))) if tricks and dice.random() < 0.4 else ""
        before = joins[-1][1] if joins else 0
        kind = str(dice.choice(list(_KINDS), p=list(_KINDS.values())))
        after = 0 if kind == "hard" else max(3, round(dice.uniform(0.3, 2.0) * float(rate)))
        alone = round(dice.uniform(0.6, 3.5) * float(rate))  # frames of this shot and no other
        span = float(shot.end_seconds - shot.start_seconds)
        count = before + alone + after
        offset = float(dice.uniform(0, max(0.0, span - float(count / rate) - 0.1)))
        parts.append((shot, offset, count, trick))
        joins.append((kind, after))
        total += before + alone
    joins[-1] = ("end", joins[-1][1])
    edits, happenings, at = [], [], 0
    for (_, _, count, trick), (kind, after), before in zip(parts, joins, [0, *(n for _, n in joins)], strict=False):
        start, end = at + before, at + count - after
        if trick:
            seconds = (float(start / rate), float(end / rate))
            happenings.append(Happening(name=trick, start_seconds=seconds[0], end_seconds=seconds[1]))
        if kind != "end":
            edits.append(Edit(kind=kind, start_seconds=float(end / rate), end_seconds=float((end + after) / rate)))
        at = end
    frames = _joined(parts, joins, rate, dice)
    return Reel(frames=frames, rate=rate, edits=tuple(edits), happenings=tuple(happenings))


def _joined(
    parts: Sequence[tuple[Shot, float, int, str]],
    joins: Sequence[tuple[str, int]],
    rate: Fraction,
    dice: np.random.Generator,
) -> Iterator[Frame]:
    tail: list[Frame] = []
    for (shot, offset, count, trick), (kind, after), (before_kind, before) in zip(
        parts, joins, [("hard", 0), *joins][: len(parts)], strict=True
    ):
        frames = shot.frames(offset, count, rate)
        if trick:
            frames = TRICKS[trick](frames, float(rate), dice)
        if before:
            yield from _mixed(before_kind, tail, frames[:before], dice)
        yield from frames[before : count - after]
        tail = frames[count - after :]
        if kind == "end":
            return


def _mixed(kind: str, old: Sequence[Frame], new: Sequence[Frame], dice: np.random.Generator) -> Iterator[Frame]:
    count = len(old)
    even = (np.arange(count) + 1) / (count + 1)
    share = even if dice.random() < 0.6 else even**2 * (3 - 2 * even)  # at an even pace, or eased in and out
    if kind == "dissolve":
        masks: Iterator[Any] = iter(share)
    elif kind == "wipe":
        masks = _wiping(share, dice)
    else:
        yield from _faded(old, new, dice)
        return
    for a, b, mask in zip(old, new, masks, strict=True):
        yield np.clip(a * (1 - mask) + b * mask, 0, 255).astype(np.uint8)


def _wiping(share: np.ndarray[Any, Any], dice: np.random.Generator) -> Iterator[Any]:
    """Per frame, how much of the new shot each pixel shows: a soft or hard edge across, down, or from the middle."""
    width, height = SIZE
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    shape = [x, 1 - x, y, 1 - y, (x + y) / 2, np.hypot(x - 0.5, y - 0.5) / np.sqrt(0.5)][int(dice.integers(6))]
    soft = float(dice.choice([0.005, 0.05, 0.2]))
    for s in share:
        yield np.clip((s * (1 + soft) - shape) / soft, 0, 1)[..., None]


def _faded(old: Sequence[Frame], new: Sequence[Frame], dice: np.random.Generator) -> Iterator[Frame]:
    """Out to black (or white), some frames of it, and in again."""
    count = len(old)
    colour = 255.0 if dice.random() < 0.2 else 0.0
    held = round(count * dice.uniform(0, 0.4))
    out = round((count - held) * dice.uniform(0.3, 0.7))
    shown_old = np.interp(np.arange(count), (-1, out), (1, 0))
    shown_new = np.interp(np.arange(count), (out + held - 1, count), (0, 1))
    for k in range(count):
        frame, share = (old[k], shown_old[k]) if k < out + held / 2 else (new[k], shown_new[k])
        yield np.clip(frame * share + colour * (1 - share), 0, 255).astype(np.uint8)


def write(reel: Reel, path: Path, *, quality: int = 23) -> None:
    """Render a reel to an H.264 file; ``quality`` is x264's rate factor, higher is coarser."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=reel.rate, options={"crf": str(quality), "preset": "veryfast"})
        stream.width, stream.height = SIZE[0], SIZE[1] // 2 * 2
        stream.pix_fmt = "yuv420p"
        for frame in reel.frames:
            picture = av.VideoFrame.from_ndarray(frame[: stream.height], format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
