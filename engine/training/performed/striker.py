"""An arm with a tool that is lifted and brought down on something, again and again."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal

import numpy as np

from engine.training.performed.rhythm import eased, wander
from engine.training.performed.sprites import Picture, Point, Sprite, View, along

Manner = Literal["stay", "rebound", "quick"]
"""After the contact: it rests there; it springs back; it is lifted at once."""
_NO_MORE_SECONDS = 99.0


class Striker:
    """A forearm, a hand and a tool, seen from the side; how it strikes is drawn by chance.

    Parameters
    ----------
    onsets
        Seconds at which the tool's end is at ``at``.
    size_px
        About the length of the forearm, and of the tool.
    gently
        It is put down, not struck.
    """

    def __init__(
        self,
        chance: np.random.Generator,
        duration_seconds: float,
        onsets: Sequence[float],
        size_px: float,
        at: Point,
        *,
        manner: Manner | None = None,
        gently: bool = False,
    ) -> None:
        uniform = chance.uniform
        self.onsets = tuple(onsets)
        self._at = at
        self._forearm = Sprite.painted(chance, size_px * uniform(0.5, 1.1), size_px * uniform(0.12, 0.35))
        self._shows_forearm = chance.random() < 0.85
        self._tool = Sprite.painted(
            chance, size_px * uniform(0.5, 1.2), size_px * uniform(0.025, 0.09), chance.choice(["capsule", "box"])
        )
        self._head: Sprite | None = None
        if chance.random() < 0.5:
            shape = chance.choice(["box", "disc", "capsule"])
            self._head = Sprite.painted(chance, size_px * uniform(0.1, 0.35), size_px * uniform(0.15, 0.4), shape)
        self._hand = Sprite.painted(chance, 0.22 * size_px, 0.2 * size_px, "disc")
        self._trunk: Sprite | None = None
        if chance.random() < 0.35:
            self._trunk = Sprite.painted(chance, size_px * uniform(0.8, 1.6), size_px * uniform(0.6, 1.2), "disc")
        self._leans = uniform(0, 0.25)
        tilt = chance.normal(0, 0.25) if chance.random() < 0.75 else uniform(-math.pi, math.pi)
        turn = np.column_stack([along(tilt), along(tilt + math.pi / 2)])
        self._turn = turn @ np.diag([chance.choice([-1.0, 1.0]), 1.0])
        self._forearm_down = uniform(-0.3, 0.7)
        self._tool_down = self._forearm_down + uniform(-0.3, 0.5)
        self._forearm_lift = uniform(0.1, 1.0)
        self._tool_lift = self._forearm_lift + uniform(0.1, 1.2)
        self._elbow_lift = size_px * np.array([chance.normal(0, 0.12), -abs(chance.normal(0, 0.3))])
        self._manner: Manner = manner or chance.choice(["stay", "rebound", "quick", "quick"])
        self._power = uniform(1.05, 1.6) if gently else uniform(1.5, 3.2)
        self._strike_seconds = uniform(0.3, 0.8) if gently else uniform(0.09, 0.4)
        self._lift_seconds = uniform(0.2, 0.8)
        self._stay_seconds = uniform(0.03, 0.6) if self._manner == "stay" else 0.0
        self._springs = uniform(0.08, 0.5)
        self._rests_low = chance.random() < 0.35
        self._wait_seconds = uniform(0, 0.35)
        self._trembles = uniform(0, 0.06)
        end = duration_seconds + 2
        self._sway = wander(chance, end, 0.35, size_px * float(chance.choice([0.004, 0.012, 0.03])))
        self._sway_angles = wander(chance, end, 0.5, float(chance.choice([0.01, 0.04, 0.1])))
        spread = 0.05 * size_px if chance.random() < 0.5 else 0.0
        self._places = chance.normal(0, 1, (len(self.onsets), 2)) * spread

    def lowered(self, now: float) -> float:
        """0: raised; 1: in contact."""
        following = bisect_left(self.onsets, now)
        after = self.onsets[following] if following < len(self.onsets) else None
        before = self.onsets[following - 1] if following else None
        apart = after - before if before is not None and after is not None else _NO_MORE_SECONDS
        strike, lift = min(self._strike_seconds, 0.45 * apart), min(self._lift_seconds, 0.5 * apart)
        if after is not None and now > after - strike:
            return float(((now - after) / strike + 1) ** self._power)
        if before is None:
            first = after if after is not None else _NO_MORE_SECONDS
            return 1 - eased((now - first + strike) / lift + 1) if self._rests_low else 0.0
        since = now - before
        stays = self._stay_seconds
        if self._rests_low:
            stays = max(stays, apart - strike - lift - self._wait_seconds)
        return max(0.0, 1 - max(eased((since - stays) / lift), self._sprung(since)))

    def _sprung(self, since: float) -> float:
        """How far it is thrown back by the blow itself."""
        if self._manner == "stay":
            return abs(self._trembles * math.sin(60 * since) * math.exp(-since / 0.05))
        share = 1.0 if self._manner == "rebound" else 0.5
        return share * self._springs * self._power / self._strike_seconds * since * math.exp(-since / 0.12)

    def draw(self, canvas: Picture, now: float, view: View) -> None:
        """Draw it as it is then."""
        down = self.lowered(now)
        free = 1 - 0.8 * down**4  # what rests on something does not sway
        sway, turns = self._sway(now) * free, self._sway_angles(now) * free
        forearm = self._forearm_down - (1 - down) * self._forearm_lift + turns[0]
        tool = self._tool_down - (1 - down) * self._tool_lift + turns[1]
        reach, length = self._forearm.length_px, self._tool.length_px
        elbow = self._elbow_lift * (1 - down) - along(self._forearm_down) * reach - along(self._tool_down) * length
        wrist = elbow + along(forearm) * reach
        end = wrist + along(tool) * length
        origin = self._at + sway
        if self.onsets:  # no two blows fall on the very same place
            origin = origin + [np.interp(now, self.onsets, places) for places in self._places.T]

        def put(sprite: Sprite, at: Point, angle: float) -> None:
            ahead = self._turn @ along(angle)
            sprite.draw(canvas, self._turn @ at + origin, math.atan2(ahead[1], ahead[0]), view)

        if self._trunk:
            hip = elbow - self._trunk.length_px * np.array([0.6, 0.3])
            put(self._trunk, hip + self._elbow_lift * (1 - down) * self._leans, 1.2)
        put(self._tool, wrist - 0.1 * length * along(tool), tool)
        if self._head:
            put(self._head, end - 0.7 * self._head.length_px * along(tool), tool)
        if self._shows_forearm:
            put(self._forearm, elbow, forearm)
        put(self._hand, wrist - 0.5 * self._hand.length_px * along(forearm), forearm)


class Struck:
    """What is struck: it may shake, and chips may fly from it."""

    def __init__(self, chance: np.random.Generator, onsets: Sequence[float], size_px: float, at: Point) -> None:
        self.onsets: tuple[float, ...] = ()  # the striker tells them
        self._blows = tuple(onsets)
        self._at = at
        shape = chance.choice(["box", "disc"])
        self._thing = Sprite.painted(
            chance, size_px * chance.uniform(0.4, 2.5), size_px * chance.uniform(0.2, 1.2), shape
        )
        self._shows = chance.random() < 0.8
        self._shakes = size_px * float(chance.choice([0, 0, 0.01, 0.04]))
        self._radians_a_second = chance.uniform(15, 80)
        self._dies_seconds = chance.uniform(0.04, 0.2)
        self._way = along(chance.uniform(0, 2 * math.pi))
        self._gravity = 5 * size_px
        self._chips: list[tuple[float, Point, Sprite]] = []
        if chance.random() < 0.3:
            for blow in onsets:
                for _ in range(int(chance.integers(1, 8))):
                    speed = chance.uniform(0.2, 1.5) * size_px * chance.normal(0, 1.5, 2) - [0, size_px]
                    grain = max(2.0, 0.05 * size_px)
                    self._chips.append((blow, speed, Sprite.painted(chance, grain, grain, "disc")))

    def draw(self, canvas: Picture, now: float, view: View) -> None:
        """Draw it as it is then."""
        since = [now - blow for blow in self._blows if 0 < now - blow < 0.6]
        away = self._shakes * sum(
            math.sin(self._radians_a_second * s) * math.exp(-s / self._dies_seconds) for s in since
        )
        if self._shows:
            middle = self._at + np.array([-self._thing.length_px / 2, self._thing.thickness_px / 2])
            self._thing.draw(canvas, middle + self._way * away, 0.0, view)
        for blow, speed, chip in self._chips:
            flies = now - blow
            if 0 < flies < 0.7:
                chip.draw(canvas, self._at + speed * flies + [0, self._gravity * flies**2 / 2], 0.0, view)
