"""Rendered clips whose contacts are known: a physics engine moves the things, and says when they met.

Balls are dropped, thrown and swung, boxes fall and topple, under a camera that is held still or by hand. Contact times
come from the engine's collisions at 1 kHz, not from the frames. The module renders pictures; it does not know who looks
for the contacts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pymunk

Image = NDArray[np.uint8]
Scene = Literal["drop", "bounce", "boxes", "hammer"]
SCENES: tuple[Scene, ...] = ("drop", "bounce", "boxes", "hammer")
FRAME_RATES = (Fraction(24), Fraction(25), Fraction(30_000, 1_001), Fraction(30), Fraction(50))
STEP_SECONDS = 0.001
FLOOR = 0.88
"""Its height in the picture, from the top."""
LEAST_SPEED = 0.45
"""Picture heights a second at which a contact counts: slower ones are rolling and resting, which nobody would sound."""
MERGED_SECONDS = 0.09
"""Contacts nearer than this are one moment; the first counts."""
_GRAVITY = 1.6  # picture heights a second squared: things a metre or two away
_SETTLING_SECONDS = 0.3  # joints pull things into place before the first frame
_STROKE = 10.0  # torque of the arm on the hammer
_SUBFRAMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicsClip:
    """A rendered clip.

    Parameters
    ----------
    onsets_seconds
        When things met hard enough to sound, from the first frame.
    """

    path: Path
    scene: Scene
    onsets_seconds: tuple[float, ...]
    duration_seconds: float
    fps: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sprite:
    """What is seen of a body: a texture, its mask, and where on the body their top left, top right, bottom left lie."""

    body: pymunk.Body
    texture: Image
    mask: Image
    corners: tuple[tuple[float, float], ...]


@dataclass
class _World:
    """Bodies in picture heights, y down, and the contacts so far."""

    space: pymunk.Space
    chance: np.random.Generator
    contacts: list[tuple[float, float]] = field(default_factory=list)
    now: float = -_SETTLING_SECONDS
    sprites: list[_Sprite] = field(default_factory=list)
    before: Callable[[float], None] = lambda now: None


def clips(count: int, folder: Path, seed: int = 0) -> Iterator[PhysicsClip]:
    """Render ``count`` clips, the scenes in turn; a seed and a number make one and the same clip."""
    for number in range(count):
        yield render_clip(
            seed * 1_000_003 + number, folder / f"physics-{seed}-{number}.mp4", SCENES[number % len(SCENES)]
        )


def render_clip(seed: int, path: Path, scene: Scene, duration_seconds: float = 4.0) -> PhysicsClip:
    """Simulate and render one clip as H.264."""
    chance = np.random.default_rng(seed)
    fps = FRAME_RATES[int(chance.integers(len(FRAME_RATES)))]
    height = int(chance.choice([240, 288, 360]))
    width = height * 16 // 9 // 2 * 2
    world = _world(chance, width / height, scene)
    wall = _texture(chance, (height + 32, width + 32), 60, 150)
    shake = float(chance.choice([0.0, 0.0, 1.2]))
    frames = math.floor(duration_seconds * fps)
    shutter = float(chance.uniform(0.3, 0.9))
    _write(
        path,
        (_frame(world, wall, k, fps, shutter, shake, (width, height)) for k in range(frames)),
        fps,
        (width, height),
    )
    return PhysicsClip(
        path=path,
        scene=scene,
        onsets_seconds=_merged(world.contacts, (frames - 1) / fps),
        duration_seconds=float(frames / fps),
        fps=fps,
    )


def _merged(contacts: list[tuple[float, float]], end: Fraction) -> tuple[float, ...]:
    kept: list[float] = []
    last = -1.0
    for at, speed in contacts:
        if speed >= LEAST_SPEED and 0 <= at < end and at - last > MERGED_SECONDS:
            kept.append(at)
        last = at if speed >= LEAST_SPEED else last
    return tuple(kept)


def _world(chance: np.random.Generator, aspect: float, scene: Scene) -> _World:
    import pymunk

    space = pymunk.Space()
    space.gravity = (0.0, _GRAVITY)
    space.iterations = 30
    world = _World(space=space, chance=chance)
    floor = pymunk.Segment(space.static_body, (-5, FLOOR + 0.02), (aspect + 5, FLOOR + 0.02), 0.02)
    floor.elasticity, floor.friction = 0.75, 0.8
    space.add(floor)
    space.on_collision(None, None, begin=lambda arbiter, *_: _met(world, arbiter))
    _BUILDERS[scene](world, aspect)
    return world


def _met(world: _World, arbiter: Any) -> None:
    """Two things touch: how fast they come together there is how hard it is."""
    point = arbiter.contact_point_set.points[0].point_a
    first, second = (shape.body.velocity_at_world_point(point) for shape in arbiter.shapes)
    world.contacts.append((world.now, abs((first - second).dot(arbiter.contact_point_set.normal))))


def _add(
    world: _World,
    shape: pymunk.Shape,
    box: tuple[float, float, float, float],
    *,
    mass: float = 1.0,
    elasticity: float = 0.1,
    is_round: bool = False,
) -> None:
    """Add a shape and what is seen of it within ``box``: left, top, right and bottom, as its body counts."""
    import cv2

    body = shape.body
    assert body is not None
    shape.mass, shape.elasticity, shape.friction = mass, elasticity, 0.7
    world.space.add(shape, *(() if body in world.space.bodies else (body,)))
    left, top, right, bottom = box
    light = (130, 250) if world.chance.random() < 0.5 else (5, 90)
    texture = _texture(world.chance, (64, 64), *light)
    mask = np.full((64, 64), 0 if is_round else 255, np.uint8)
    if is_round:
        cv2.circle(mask, (32, 32), 31, 255, -1)
    corners = ((left, top), (right, top), (left, bottom))
    world.sprites.append(_Sprite(body=body, texture=texture, mask=mask, corners=corners))


def _ball(world: _World, x: float, y: float, radius: float, elasticity: float) -> pymunk.Body:
    import pymunk

    body = pymunk.Body()
    body.position = (x, y)
    box = (-radius, -radius, radius, radius)
    _add(world, pymunk.Circle(body, radius), box, elasticity=elasticity, is_round=True)
    return body


def _drop(world: _World, aspect: float) -> None:
    """Several balls let go one after another; they hardly bounce."""
    chance = world.chance
    for k in range(int(chance.integers(2, 5))):
        body = _ball(
            world, aspect * (0.15 + 0.2 * k), float(chance.uniform(0.05, 0.3)), float(chance.uniform(0.05, 0.09)), 0.15
        )
        _hold(world, body, 0.4 + 0.7 * k + float(chance.uniform(0, 0.3)))


def _hold(world: _World, body: pymunk.Body, until: float) -> None:
    """Keep a body where it is until then."""
    import pymunk

    body.velocity_func = lambda b, gravity, damping, dt: (
        pymunk.Body.update_velocity(b, gravity, damping, dt)
        if world.now >= until
        else setattr(b, "velocity", (0.0, 0.0))
    )


def _bounce(world: _World, aspect: float) -> None:
    """One ball thrown sideways, bouncing."""
    chance = world.chance
    body = _ball(world, 0.15 * aspect, float(chance.uniform(0.1, 0.3)), float(chance.uniform(0.05, 0.1)), 0.95)
    body.velocity = (float(chance.uniform(0.15, 0.3)) * aspect, 0.0)


def _boxes(world: _World, aspect: float) -> None:
    """Boxes let fall, turning."""
    import pymunk

    chance = world.chance
    for k in range(int(chance.integers(1, 4))):
        body = pymunk.Body()
        body.position = (aspect * (0.2 + 0.28 * k), float(chance.uniform(0.0, 0.2)))
        side = float(chance.uniform(0.1, 0.2))
        half = side / 2
        _add(world, pymunk.Poly.create_box(body, (side, side)), (-half, -half, half, half))
        body.angle = float(chance.uniform(-0.1, 0.1))
        _hold(world, body, 0.3 + 1.0 * k + float(chance.uniform(0, 0.3)))


def _hammer(world: _World, aspect: float) -> None:
    """A hammer lifted slowly and let fall on a block, again and again."""
    import pymunk

    chance = world.chance
    pivot = (0.35 * aspect, 0.62)
    block = pymunk.Segment(world.space.static_body, (0.5 * aspect, 0.8), (0.9 * aspect, 0.8), 0.03)
    block.elasticity = 0.2
    world.space.add(block)
    body = pymunk.Body()
    body.position = pivot
    length = float(chance.uniform(0.45, 0.6))
    handle = pymunk.Segment(body, (0, 0), (length, 0), 0.02)
    head = pymunk.Poly(
        body, [(length - 0.05, -0.09), (length + 0.05, -0.09), (length + 0.05, 0.09), (length - 0.05, 0.09)]
    )
    handle.filter = pymunk.ShapeFilter(group=1, mask=0)
    _add(world, handle, (0, -0.02, length, 0.02), mass=0.2)
    _add(world, head, (length - 0.05, -0.09, length + 0.05, 0.09), elasticity=0.15)
    world.space.add(pymunk.PivotJoint(world.space.static_body, body, pivot))
    period = float(chance.uniform(0.9, 1.4))

    def swing(now: float) -> None:
        """Slowly up to a stop, then down ever faster."""
        if now % period < 0.6 * period:
            body.angular_velocity = max(-2.2, min(2.2, 6.0 * (-1.1 - body.angle)))
        else:
            body.torque = _STROKE

    world.before = swing
    body.angle = -1.0


_BUILDERS: dict[Scene, Callable[[_World, float], None]] = {
    "drop": _drop,
    "bounce": _bounce,
    "boxes": _boxes,
    "hammer": _hammer,
}


def _advance(world: _World, until: float) -> None:
    while world.now < until - STEP_SECONDS / 2:
        world.before(world.now)
        world.now += STEP_SECONDS
        world.space.step(STEP_SECONDS)


def _texture(chance: np.random.Generator, size: tuple[int, int], low: int, high: int) -> Image:
    """Blotches of several sizes, as surfaces have: ``(rows, columns)`` from ``low`` to ``high``."""
    import cv2

    total = np.zeros(size, np.float32)
    for cells, weight in ((5, 1.0), (13, 0.8), (37, 0.6)):
        total += weight * cv2.resize(chance.standard_normal((cells, cells)).astype(np.float32), size[::-1])
    spread = float(np.ptp(total)) or 1.0
    return np.asarray(low + (high - low) * (total - total.min()) / spread, np.uint8)


def _frame(
    world: _World, wall: Image, index: int, fps: Fraction, shutter: float, shake: float, size: tuple[int, int]
) -> Image:
    """The light of one exposure, grain included."""
    width, height = size
    total = np.zeros((height, width), np.float32)
    for k in range(_SUBFRAMES):
        _advance(world, float((index + shutter * k / _SUBFRAMES) / fps))
        sway = shake * math.sin(2.1 * world.now), shake * math.cos(1.7 * world.now)
        total += _drawn(world, wall, sway, size)
    grain = world.chance.standard_normal((height, width), np.float32)
    gray = np.clip(total / _SUBFRAMES + 1.5 * grain, 0, 255).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)


def _drawn(world: _World, wall: Image, sway: tuple[float, float], size: tuple[int, int]) -> Image:
    import cv2

    height = size[1]
    moved = np.array([[1, 0, sway[0] - 16], [0, 1, sway[1] - 16]], np.float32)
    frame = np.asarray(cv2.warpAffine(wall, moved, size), np.uint8)
    floor = round(FLOOR * height + sway[1])
    frame[floor:] = frame[floor:] // 2
    for sprite in world.sprites:
        rows, columns = sprite.texture.shape
        placed = [sprite.body.local_to_world(corner) for corner in sprite.corners]
        target = np.array([(p.x * height + sway[0], p.y * height + sway[1]) for p in placed], np.float32)
        matrix = cv2.getAffineTransform(np.array([(0, 0), (columns, 0), (0, rows)], np.float32), target)
        cv2.copyTo(cv2.warpAffine(sprite.texture, matrix, size), cv2.warpAffine(sprite.mask, matrix, size), frame)
    return frame


def _write(path: Path, frames: Iterator[Image], fps: Fraction, size: tuple[int, int]) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "24", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
