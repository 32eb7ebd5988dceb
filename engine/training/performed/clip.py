"""A performance in front of a camera: who plays, where, how it is filmed, and what a codec leaves of it.

A clip is as large as the pictures that spotting measures. Its onsets are exact: the same formulas tell them and draw.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.training.performed.performers import Falling, Gun, Performer, Player, Walker, Wanderer
from engine.training.performed.rhythm import LAST_SECONDS, rhythm, wander
from engine.training.performed.sprites import Picture, Point, View, along, blotches
from engine.training.performed.striker import Striker, Struck
from engine.video.motion import Motion, MotionMeter

Gray = NDArray[np.uint8]
Act = Literal["strike", "drum", "put down", "walk", "gun", "racket", "fall", "nothing"]
ACTS: dict[Act, float] = {
    "strike": 0.5,
    "drum": 0.13,
    "put down": 0.06,
    "walk": 0.07,
    "gun": 0.06,
    "racket": 0.07,
    "fall": 0.06,
    "nothing": 0.05,
}
"""How often each is played."""
RATES = (Fraction(15), Fraction(24), Fraction(25), Fraction(30_000, 1_001), Fraction(30))
WIDTH, HEIGHT = 320, 180
_FRAME = np.array([WIDTH, HEIGHT], float)
_MARGIN = np.array([70, 40])
_SECONDS = (4.0, 9.0)
_EXPOSURES = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Performance:
    """Frames, ``(HEIGHT, WIDTH)`` gray each, their rate, and the seconds from the first at which it is heard."""

    act: Act
    fps: Fraction
    frames: tuple[Gray, ...]
    onsets_seconds: tuple[float, ...]

    def motion(self) -> Motion:
        """What spotting measures of it."""
        meter = MotionMeter()
        for number, frame in enumerate(self.frames):
            meter.add(float(number / self.fps), frame, fresh=number == 0)
        motion = meter.take()
        assert motion is not None, "it has frames"
        return motion


def perform(seed: int, act: Act | None = None) -> Performance:
    """Play and film one clip; a seed makes one and the same. Without an act, one is drawn as :data:`ACTS` says."""
    chance = np.random.default_rng(seed)
    seconds = float(chance.uniform(*_SECONDS))
    drawn = tuple(ACTS)[int(chance.choice(len(ACTS), p=list(ACTS.values())))]
    act = act or drawn
    players = _cast(chance, act, seconds)
    fps = RATES[int(chance.integers(len(RATES)))]
    camera = _Camera(chance, seconds)
    count = math.floor(seconds * fps)
    exposed = (camera.exposed(players, number / float(fps), 1 / float(fps)) for number in range(count))
    heard = sorted(onset for player in players for onset in player.onsets)
    return Performance(
        act=act,
        fps=fps,
        frames=tuple(_coded(exposed, fps, crf=int(chance.integers(20, 36)))),
        onsets_seconds=tuple(at for at in heard if LAST_SECONDS < at < count / fps - LAST_SECONDS),
    )


def _cast(chance: np.random.Generator, act: Act, seconds: float) -> list[Performer]:
    """Who plays, the farthest first."""
    far = act in ("racket", "walk")
    size = WIDTH * _between(chance, 0.08 if far else 0.1, 0.4 if far else 0.55)
    at = chance.uniform((0.2, 0.35), (0.8, 0.9)) * _FRAME
    players = _ACTS[act](chance, seconds, size, at)
    for _ in range(int(chance.choice([0, 1, 2], p=[0.55, 0.3, 0.15])) + (act == "nothing")):
        other = Wanderer(chance, seconds, WIDTH * _between(chance, 0.04, 0.35), _FRAME)
        players.insert(0 if chance.random() < 0.7 else len(players), other)
    return players


def _between(chance: np.random.Generator, least: float, most: float) -> float:
    return math.exp(chance.uniform(math.log(least), math.log(most)))


def _strike(chance: np.random.Generator, seconds: float, size: float, at: Point) -> list[Performer]:
    times = rhythm(chance, seconds)
    struck: list[Performer] = [Struck(chance, times, size, at)] if chance.random() < 0.75 else []
    return [*struck, Striker(chance, seconds, times, size, at)]


def _drum(chance: np.random.Generator, seconds: float, size: float, at: Point) -> list[Performer]:
    """Two sticks in turn, often on two drums."""
    first = rhythm(chance, seconds, 0.4, 1.5)
    later = (first[1] - first[0] if len(first) > 1 else 1.0) * chance.choice([0.5, 0.5, 0.25])
    second = [time + later for time in first if chance.random() < 0.8 and time + later < seconds - LAST_SECONDS]
    beside = np.clip(at + chance.normal(0, 0.25, 2) * _FRAME, [20, 40], _FRAME - [20, 10])
    hands = ((first, at), (second, beside))
    drums: list[Performer] = [Struck(chance, times, size, place) for times, place in hands]
    return drums + [
        Striker(chance, seconds, times, size, place, manner=chance.choice(["rebound", "quick"]))
        for times, place in hands
    ]


def _put_down(chance: np.random.Generator, seconds: float, size: float, at: Point) -> list[Performer]:
    return [Striker(chance, seconds, rhythm(chance, seconds, 1.0, 3.0), size, at, manner="stay", gently=True)]


_ACTS: dict[Act, Callable[[np.random.Generator, float, float, Point], list[Performer]]] = {
    "strike": _strike,
    "drum": _drum,
    "put down": _put_down,
    "walk": lambda chance, seconds, size, at: [Walker(chance, seconds, size, at + np.array([0.0, 0.1 * HEIGHT]))],
    "gun": lambda chance, seconds, size, at: [Gun(chance, seconds, size, at)],
    "racket": lambda chance, seconds, size, at: [Player(chance, seconds, size, at)],
    "fall": lambda chance, seconds, size, at: [
        Falling(chance, seconds, 1.3 * size, _FRAME) for _ in range(int(chance.integers(1, 5)))
    ],
    "nothing": lambda chance, seconds, size, at: [],
}


class _Camera:
    """A stage set, and a camera on a stand or in a hand."""

    def __init__(self, chance: np.random.Generator, seconds: float) -> None:
        self._chance = chance
        self._set = _stage(chance)
        shake = float(chance.choice([0, 0, 0, 0.6, 2, 5]))
        self._sway = wander(chance, seconds + 2, chance.uniform(0.25, 0.8), shake)
        self._roll = wander(chance, seconds + 2, 0.6, 0.0008 * shake, 1)
        self._zoom_a_second = float(chance.choice([0, 0, 0, 0, chance.normal(0, 0.03)]))
        self._pan_px_a_second = float(chance.choice([0, 0, 0, 0, 1])) * chance.normal(0, 4, 2)
        self._middle_seconds = seconds / 2
        self._shutter = chance.uniform(0.15, 0.95)
        self._exposure = chance.uniform(0.6, 1.1)
        self._flicker = float(chance.choice([0, 0, 0, 0.01, 0.02]))
        self._grain = float(chance.choice([0.5, 1.5, 3, 6]))
        self._focus_px = float(chance.choice([0, 0, 0.6, 1.2]))
        rows, columns = self._set.shape
        self._ripples = blotches(chance, rows, columns, -1, 1, (20, 50)) if chance.random() < 0.12 else None

    def exposed(self, players: list[Performer], time: float, frame_seconds: float) -> Gray:
        """The light of one frame, about its time, grain included."""
        import cv2

        light = np.zeros((HEIGHT, WIDTH), np.float32)
        for share in (np.arange(_EXPOSURES) + 0.5) / _EXPOSURES - 0.5:
            light += self._seen(players, max(0.0, time + float(share) * self._shutter * frame_seconds))
        light *= self._exposure / _EXPOSURES * (1 + self._flicker * self._chance.standard_normal())
        if self._focus_px:
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), self._focus_px))
        light += self._grain * self._chance.standard_normal(light.shape, np.float32)
        return np.asarray(np.clip(light, 0, 255), np.uint8)

    def _seen(self, players: list[Performer], now: float) -> Picture:
        import cv2

        view = self._view(now)
        behind = view.copy()
        behind[:, 2] -= view[:, :2] @ _MARGIN
        stage = self._set
        if self._ripples is not None:  # water, leaves: two patterns that pass through each other
            down, across = (np.roll(self._ripples, int(speed * now), axis) for axis, speed in ((0, 40), (1, 23)))
            stage = stage + 12 * down * across
        canvas = np.asarray(cv2.warpAffine(stage, behind, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.float32)
        for player in players:
            player.draw(canvas, now, view)
        return canvas

    def _view(self, now: float) -> View:
        since = now - self._middle_seconds
        roll, zoom = float(self._roll(now)[0]), 1 + self._zoom_a_second * since
        turn = zoom * np.column_stack([along(roll), along(roll + math.pi / 2)])
        shift = self._sway(now) + self._pan_px_a_second * since
        return np.column_stack([turn, shift + _FRAME / 2 - turn @ _FRAME / 2])


def _stage(chance: np.random.Generator) -> Picture:
    """A wall, a floor, gravel or leaves, with boards and edges on it; larger than the frame on all sides."""
    import cv2

    columns, rows = (_FRAME + 2 * _MARGIN).astype(int)
    darkest = chance.uniform(5, 110)
    stage = blotches(chance, rows, columns, darkest, darkest + chance.uniform(15, 140), (4, 13, 36, 100))
    if chance.random() < 0.3:
        stage = stage.mean() + blotches(chance, rows, columns, -6, 6, (4, 13, 36))
    for _ in range(int(chance.integers(0, 14))):
        tone, place = float(chance.uniform(5, 250)), chance.uniform(0, 1, 2) * [columns, rows]
        mask = np.zeros((rows, columns), np.uint8)
        if chance.random() < 0.6:
            angle, half = chance.uniform(-0.2, 0.2), chance.uniform(4, 60, 2)
            edges = np.column_stack([along(angle), along(angle + math.pi / 2)]) * half
            board = place + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ edges.T
            cv2.fillPoly(mask, [board.astype(np.int32)], 255)
            stage = np.where(mask > 0, 0.3 * stage + 0.7 * tone, stage)
        else:
            start, end = place.astype(int), (place + chance.uniform(-150, 150, 2)).astype(int)
            cv2.line(mask, start.tolist(), end.tolist(), 255, int(chance.integers(1, 6)))
            stage = np.where(mask > 0, tone, stage)
    if chance.random() < 0.3:
        speckles = cv2.GaussianBlur(chance.standard_normal((rows, columns)), (0, 0), chance.uniform(0.7, 2))
        stage = stage + chance.uniform(10, 60) * speckles
    return np.asarray(np.clip(cv2.GaussianBlur(stage, (0, 0), chance.uniform(0.4, 1.6)), 0, 255), np.float32)


def _coded(frames: Iterator[Gray], fps: Fraction, *, crf: int) -> Iterator[Gray]:
    """The frames after H.264 at a quality; in one thread, for the same bits everywhere."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt, stream.thread_count = WIDTH, HEIGHT, "yuv420p", 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray").reformat(format="yuv420p")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as coded:
        for decoded in coded.decode(video=0):
            yield np.asarray(decoded.to_ndarray(format="gray"), np.uint8)
