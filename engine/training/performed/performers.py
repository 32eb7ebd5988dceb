"""Others that are heard when they touch: feet, things let fall, guns, rackets; and what moves without a sound."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from engine.training.performed.rhythm import LAST_SECONDS, eased, rhythm, wander
from engine.training.performed.sprites import Picture, Point, Sprite, View, along

UPRIGHT = -math.pi / 2


class Performer(Protocol):
    """Draws itself as it is at a time, and knows when it is heard."""

    onsets: tuple[float, ...]

    def draw(self, canvas: Picture, now: float, view: View) -> None:
        """Draw it as it is then."""
        ...


class Wanderer:
    """Moves, stops and turns smoothly, and is never heard."""

    def __init__(self, chance: np.random.Generator, duration_seconds: float, size_px: float, frame: Point) -> None:
        self.onsets: tuple[float, ...] = ()
        self._parts = [
            Sprite.painted(
                chance,
                size_px * chance.uniform(0.5, 1.6),
                size_px * chance.uniform(0.2, 1.0),
                chance.choice(["disc", "capsule", "box"]),
            )
            for _ in range(int(chance.integers(1, 4)))
        ]
        end = duration_seconds + 2
        self._path = wander(chance, end, chance.uniform(0.35, 1.5), chance.uniform(0.03, 0.3) * frame[0])
        self._angles = wander(chance, end, chance.uniform(0.3, 1.0), chance.uniform(0.05, 0.8), len(self._parts))
        self._places = chance.uniform(0.1, 0.9, 2) * frame + chance.normal(0, 0.4 * size_px, (len(self._parts), 2))

    def draw(self, canvas: Picture, now: float, view: View) -> None:
        """Draw it as it is then."""
        for k, (part, angle) in enumerate(zip(self._parts, self._angles(now), strict=True)):
            part.draw(canvas, self._places[k] + self._path(now), float(angle) + k, view)


class Walker:
    """Two legs that walk, on the spot or across the picture; heard when a foot comes down."""

    def __init__(self, chance: np.random.Generator, duration_seconds: float, size_px: float, at: Point) -> None:
        uniform = chance.uniform
        self._stride_seconds = uniform(0.5, 1.3)
        self._first = uniform(0, self._stride_seconds)
        tones = [float(chance.choice([uniform(5, 70), uniform(130, 240)])) for _ in range(3)]
        self._thigh, self._shin, self._foot = (
            Sprite.painted(chance, size_px * length, size_px * thickness, tone=tone)
            for length, thickness, tone in zip((0.5, 0.5, 0.25), (0.16, 0.13, 0.1), tones, strict=True)
        )
        self._trunk = Sprite.painted(chance, 0.7 * size_px, 0.35 * size_px)
        self._size = size_px
        self._at, self._middle_seconds = at, duration_seconds / 2
        self._speed = float(chance.choice([0, 0, 1, -1])) * uniform(0.3, 0.6) * size_px / self._stride_seconds
        self._way = math.copysign(1.0, self._speed) if self._speed else float(chance.choice([-1, 1]))
        self._step = uniform(0.25, 0.5) * size_px
        self._height = uniform(0.08, 0.3) * size_px
        self._stands = uniform(0.5, 0.65)
        count = int(2 * duration_seconds / self._stride_seconds) + 2
        steps = self._first + self._stride_seconds / 2 * np.arange(-2, count)
        self.onsets = tuple(steps[(steps > LAST_SECONDS) & (steps < duration_seconds - LAST_SECONDS)].tolist())

    def draw(self, canvas: Picture, now: float, view: View) -> None:
        """Draw it as it is then."""
        strides = (now - self._first) / self._stride_seconds
        bob = 0.02 * self._size * math.sin(4 * math.pi * strides)
        hip = self._at + np.array([self._speed * (now - self._middle_seconds), bob - 0.93 * self._size])
        self._trunk.draw(canvas, hip, UPRIGHT, view)
        for leg in (0, 1):
            share = (strides - leg / 2) % 1  # 0: the foot comes down
            swing = max(0.0, (share - self._stands) / (1 - self._stands))
            ahead = 0.5 - share / self._stands if not swing else -0.5 + swing**0.9
            raised = self._height * math.sin(math.pi * swing) ** 0.8
            foot = np.array([hip[0] + self._way * ahead * self._step, self._at[1] - raised])
            straight = foot - hip
            length = float(np.hypot(*straight)) + 1e-6
            bend = math.sqrt(max(0.0, (0.5 * self._size) ** 2 - (length / 2) ** 2))
            knee = (hip + foot) / 2 + np.array([straight[1], -straight[0]]) / length * bend * self._way
            for sprite, start, end in ((self._thigh, hip, knee), (self._shin, knee, foot)):
                sprite.draw(canvas, start, math.atan2(end[1] - start[1], end[0] - start[0]), view)
            self._foot.draw(canvas, foot, 0.0 if self._way > 0 else math.pi, view)


class Falling:
    """Something let go, by a hand or by nobody, that falls and bounces; heard when it lands hard."""

    def __init__(self, chance: np.random.Generator, duration_seconds: float, size_px: float, frame: Point) -> None:
        uniform = chance.uniform
        self._floor = uniform(0.6, 0.95) * frame[1]
        self._gravity = uniform(0.8, 3) * frame[1]
        self._start_seconds = uniform(0, duration_seconds - 0.5)
        self._x, self._height = uniform(0.1, 0.9) * frame[0], uniform(0.2, 0.8) * frame[1]
        self._drift, self._spin = chance.normal(0, 0.15) * frame[0], chance.normal(0, 2)
        size = size_px * uniform(0.15, 0.6)
        self._thing = Sprite.painted(chance, size, size * uniform(0.6, 1), chance.choice(["disc", "box"]))
        self._hand = Sprite.painted(chance, 0.5 * size_px, 0.25 * size_px) if chance.random() < 0.5 else None
        springs = float(chance.choice([0, 0.15, 0.4, 0.75]))
        speed = math.sqrt(2 * self._gravity * self._height)
        landing = self._start_seconds + speed / self._gravity
        self._arcs = [(self._start_seconds, self._height, 0.0)]
        """Of each flight: seconds at its start, height and speed upwards there."""
        onsets = []
        while speed > 0.08 * frame[1]:
            if speed > 0.35 * frame[1] and landing < duration_seconds - LAST_SECONDS:
                onsets.append(landing)
            speed *= springs
            self._arcs.append((landing, 0.0, speed))
            landing += 2 * speed / self._gravity
        self.onsets = tuple(onsets)

    def draw(self, canvas: Picture, now: float, view: View) -> None:
        """Draw it as it is then."""
        flown = max(0.0, min(now, self._arcs[-1][0]) - self._start_seconds)
        start, height, speed = next((arc for arc in reversed(self._arcs) if arc[0] <= now), self._arcs[0])
        since = max(0.0, now - start)
        height = max(0.0, height + speed * since - self._gravity * since**2 / 2)
        at = np.array([self._x + self._drift * flown, self._floor - height - self._thing.thickness_px / 2])
        gone = max(0.0, now - self._start_seconds)
        if self._hand and gone < 0.8:
            held = np.array([self._x - 10 - 80 * gone, self._floor - self._height - 8 - 60 * gone])
            self._hand.draw(canvas, held, -1.2, view)
        self._thing.draw(canvas, at, self._spin * flown, view)


class Gun:
    """Held in two hands; it kicks at once and comes back slowly, with or without a flash."""

    def __init__(self, chance: np.random.Generator, duration_seconds: float, size_px: float, at: Point) -> None:
        uniform = chance.uniform
        self.onsets = tuple(rhythm(chance, duration_seconds, 0.7, 2.2))
        self._at, self._size = at, size_px
        self._barrel = Sprite.painted(chance, size_px * uniform(0.6, 1.2), size_px * uniform(0.1, 0.3), "box")
        self._arm = Sprite.painted(chance, 0.9 * size_px, 0.25 * size_px)
        self._trunk = Sprite.painted(chance, 0.7 * size_px, 0.6 * size_px, "disc")
        self._flame = Sprite.painted(chance, 0.6 * size_px, 0.3 * size_px, "disc", tone=250)
        self._flashes = chance.random() < 0.4
        self._sway = wander(chance, duration_seconds + 2, 0.5, size_px * float(chance.choice([0.01, 0.03])))
        self._way = float(chance.choice([-1, 1]))
        self._kick, self._turn = size_px * uniform(0.05, 0.3), uniform(0.05, 0.5)
        self._rise_seconds, self._back_seconds = uniform(0.02, 0.06), uniform(0.15, 0.5)

    def draw(self, canvas: Picture, now: float, view: View) -> None:
        """Draw it as it is then."""
        since = min((now - onset for onset in self.onsets if onset < now), default=99.0)
        kicked = min(1.0, since / self._rise_seconds) * (1 - eased((since - self._rise_seconds) / self._back_seconds))
        ahead = np.array([self._way, 1.0])
        at = self._at + self._sway(now) - ahead * [self._kick, 0.3 * self._kick] * kicked
        level = 0.0 if self._way > 0 else math.pi
        angle = level - self._way * self._turn * kicked
        self._trunk.draw(canvas, at + ahead * [-1.1 * self._size, 0.2 * self._size], 1.0, view)
        self._arm.draw(canvas, at + ahead * [-0.9 * self._size, 0.25 * self._size], level - 0.2 * self._way, view)
        self._barrel.draw(canvas, at, angle, view)
        if self._flashes and since < 0.03:
            self._flame.draw(canvas, at + along(angle) * self._barrel.length_px, angle, view)


class Player:
    """Runs about, swings a racket and meets a ball in the midst of the swing: nothing stops."""

    def __init__(self, chance: np.random.Generator, duration_seconds: float, size_px: float, at: Point) -> None:
        uniform = chance.uniform
        self.onsets = tuple(rhythm(chance, duration_seconds, 0.9, 2.5))
        self._at, self._size = at, size_px
        self._arm = Sprite.painted(chance, 0.5 * size_px, 0.12 * size_px)
        self._racket = Sprite.painted(chance, 0.55 * size_px, 0.2 * size_px, "disc")
        self._trunk = Sprite.painted(chance, size_px, 0.35 * size_px)
        ball = max(2.5, 0.07 * size_px)
        self._ball = Sprite.painted(chance, ball, ball, "disc", tone=240)
        self._run = wander(chance, duration_seconds + 2, 0.7, size_px * uniform(0.05, 0.6))
        self._swing_seconds, self._swing = uniform(0.15, 0.35), uniform(0.8, 2)
        self._way = float(chance.choice([-1, 1]))
        self._overhead = chance.random() < 0.4
        self._shots = [uniform(1.2, 4) * size_px * np.array([self._way, chance.normal(0, 0.3)]) for _ in self.onsets]

    def _feet(self, now: float) -> Point:
        return self._at + self._run(now) * [1.0, 0.2]

    def draw(self, canvas: Picture, now: float, view: View) -> None:
        """Draw it as it is then."""
        angle = 0.6
        shoulder = self._feet(now) - [0, 0.3 * self._size]
        for onset in self.onsets:
            phase = (now - onset) / self._swing_seconds
            if abs(phase) < 2.5:
                weight = math.exp(-1.5 * max(0.0, abs(phase) - 1.2))
                swung = self._swing * math.tanh(1.6 * phase)
                angle = 0.6 + weight * (swung - 1.2 if self._overhead else -swung - 0.6)
        ahead = along(angle) * [self._way, 1]
        turned = math.atan2(ahead[1], ahead[0])
        self._trunk.draw(canvas, self._feet(now) + np.array([0.0, 0.5 * self._size]), UPRIGHT, view)
        self._arm.draw(canvas, shoulder, turned, view)
        self._racket.draw(canvas, shoulder + 0.45 * self._size * ahead, turned, view)
        for onset, shot in zip(self.onsets, self._shots, strict=True):
            since = now - onset
            if abs(since) < 0.8:
                met = self._feet(onset) + np.array([0.9 * self._way * self._size, -0.3 * self._size])
                drop = np.array([0.0, 0.3 * self._size * abs(since) ** 1.5])
                self._ball.draw(canvas, met + shot * (since if since > 0 else -0.8 * since) + drop, 0.0, view)
