"""Transitions are found to the frame, and nothing else is taken for one."""

from __future__ import annotations

import numpy as np

from engine.video.shots import ShotFinder, Transition


def test_a_hard_cut_is_found_on_the_first_frame_of_the_new_shot() -> None:
    finder = ShotFinder()
    pictures = np.random.default_rng(1).integers(0, 255, (2, 36, 64, 3), dtype=np.uint8)
    for k in range(60):
        finder.add(k / 24, pictures[int(k >= 31)])
    assert finder.finish() == (Transition(kind="hard", start_seconds=31 / 24, end_seconds=31 / 24),)
