"""Rendered physics: contacts are where mechanics puts them, and the picture shows them there."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation import physics_clips
from engine.evaluation.physics_clips import LEAST_SPEED, MERGED_SECONDS, SCENES, clips, render_clip
from engine.picture import Picture
from engine.video.reader import frames


def test_the_same_seed_is_the_same_clip_and_scenes_take_turns(tmp_path: Path) -> None:
    made = list(clips(5, tmp_path, seed=3))
    assert [clip.scene for clip in made] == [*SCENES, SCENES[0]]
    again = list(clips(5, tmp_path / "..", seed=3))
    assert [c.onsets_seconds for c in again] == [c.onsets_seconds for c in made]
    assert again[2].path.read_bytes() == made[2].path.read_bytes()
    assert len({clip.onsets_seconds for clip in made}) == 5
    for clip in made:
        assert clip.onsets_seconds, clip.scene
        assert all(0 < at < clip.duration_seconds for at in clip.onsets_seconds)
        assert np.diff((0.0, *clip.onsets_seconds)).min() > MERGED_SECONDS


def test_a_ball_is_seen_on_the_floor_when_it_is_told_to_land(tmp_path: Path) -> None:
    """Over the floor's line the picture changes until the first contact and hardly after the last."""
    clip = render_clip(11, tmp_path / "clip.mp4", "drop")
    grays = [f.gray.astype(np.int16) for f in frames(Picture(path=str(clip.path)))]
    assert len(grays) == round(clip.duration_seconds * clip.fps)
    moved = np.array([np.abs(b - a).max(axis=1).argmax() / len(a) for a, b in pairwise(grays)])
    last = round(clip.onsets_seconds[-1] * clip.fps)
    falling = np.array([np.percentile(np.abs(b - a), 99.9) for a, b in pairwise(grays)])
    assert falling[last - 4 : last].min() > 2 * falling[last + 8 :].max()
    assert moved[last - 2] > 0.6, "it is low in the picture just before it lands"


def test_a_ball_lands_when_mechanics_says() -> None:
    """Let go at rest, it meets the floor after sqrt(2 h / g), at the speed sqrt(2 g h)."""
    world = physics_clips._world(np.random.default_rng(5), 16 / 9, "drop")
    body = min(world.space.bodies, key=lambda b: b.position.x)  # the first is let go first
    (circle,) = body.shapes
    fall = physics_clips.FLOOR - (body.position.y + circle.radius)
    until = next(t for t in np.arange(0, 2, 0.001) if _moves_at(world, body, float(t)))
    physics_clips._advance(world, 3.9)
    at, speed = next((at, speed) for at, speed in world.contacts if at > until)
    assert at - until == pytest.approx(math.sqrt(2 * fall / 1.6), abs=0.005)
    assert speed == pytest.approx(math.sqrt(2 * 1.6 * fall), rel=0.02)
    assert speed > LEAST_SPEED


def _moves_at(world: physics_clips._World, body: object, until: float) -> bool:
    physics_clips._advance(world, until)
    return float(body.velocity.y) > 0.0  # type: ignore[attr-defined]


def test_soft_and_crowded_contacts_are_no_moments() -> None:
    contacts = [(0.5, 2.0), (0.55, 1.9), (0.62, 1.8), (1.0, 0.1), (1.5, 1.0), (3.99, 1.0), (-0.1, 2.0)]
    assert physics_clips._merged(sorted(contacts), Fraction(39, 10)) == (0.5, 1.5)
