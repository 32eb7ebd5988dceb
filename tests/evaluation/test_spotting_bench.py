"""The bench of spotting: what it reads, what it counts, and that its baselines are fair."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import FileUnreadable
from engine.evaluation.spotting_baselines import FRAME_DIFFERENCE, Curve, picture_curves
from engine.evaluation.spotting_bench import Guess, measure, measure_physics, read_clips

HITS = (0.5, 1.5, 2.5)
BEFORE = np.full((36, 64), 60, np.uint8)


def folder_of_clips(folder: Path) -> Path:
    rows = [
        ("hammer", "hit", "A", 4.0, HITS),
        ("dense", "drum", "A", 1.0, (0.2, 0.5, 0.8)),
        ("sea", "sea", "N", 5.0, ()),
    ]
    lines = ["clip,file,category,tier,source_repo", *(f"{n},{n}.mp4,{c},{t},someone/clips" for n, c, t, _, _ in rows)]
    (folder / "manifest.csv").write_text("\n".join(lines))
    truth = {n: {"file": f"{n}.mp4", "duration": d, "onsets": list(o)} for n, _, _, d, o in rows}
    (folder / "gt_dev.json").write_text(json.dumps(truth))
    return folder


def flashes(path: Path) -> Iterator[tuple[float, Any]]:
    """A picture that differs from the one before at each hit, and only there."""
    times = np.arange(0, 4, 0.04)
    level = sum((times >= hit).astype(int) for hit in HITS)
    for time, bright in zip(times, level, strict=True):
        yield float(time), BEFORE + np.uint8(40 * (bright % 2))


def nothing(path: Path) -> Guess:
    return Guess(onsets=(), confidence=())


def test_a_guide_track_out_of_sync_is_scored_as_it_is_and_put_right(tmp_path: Path) -> None:
    folder = folder_of_clips(tmp_path)
    truth = json.loads((folder / "gt_dev.json").read_text())
    truth["hammer"]["av_offset"] = -0.12  # the sound is late: the true onsets were moved to the picture
    (folder / "gt_dev.json").write_text(json.dumps(truth))
    late = Guess(onsets=tuple(t + 0.12 for t in HITS), confidence=(1.0,) * len(HITS))
    report = measure(
        read_clips(folder), nothing, flashes, lambda path: late if path.stem == "hammer" else nothing(path)
    )
    figures = {row.method: row.f100 for row in report.rows if row.clips_of == "sparse"}
    assert (figures["guide track"], figures["guide track, in sync"]) == (0.0, 1.0)


def test_a_perfect_spotter_scores_one_and_baselines_stand_beside_it(tmp_path: Path) -> None:
    clips = read_clips(folder_of_clips(tmp_path))
    truth = {clip.path: Guess(onsets=clip.onsets, confidence=(1.0,) * len(clip.onsets)) for clip in clips}
    report = measure(clips, truth.__getitem__, flashes, truth.__getitem__)
    rows = {(row.method, row.clips_of): row for row in report.rows}
    ours = rows["cuewright", "sparse"]
    assert (ours.clips, ours.f50, ours.hits, ours.count_error, ours.best_lag_ms) == (1, 1.0, 1.0, 0.0, 0.0)
    assert rows["cuewright", "all"].clips == 2  # the sea is not scored, it is counted
    assert ours.chance100 < 0.5
    assert {method for method, _ in rows} == {
        "cuewright",
        "random, true count",
        "even grid, true count",
        "frame difference",
        "VisBeat envelope",
        "guide track",
        "guide track, in sync",
    }
    assert rows["frame difference", "sparse"].hits == 1.0


def test_false_cues_are_counted_where_nothing_is_to_be_found(tmp_path: Path) -> None:
    clips = read_clips(folder_of_clips(tmp_path))
    report = measure(clips, lambda path: Guess(onsets=(1.0, 2.0), confidence=(1.0, 1.0)), flashes, nothing)
    assert report.false_per_second["cuewright"] == pytest.approx(2 / 5)
    assert report.false_per_second["random, true count"] == 0.0


def test_a_late_spotter_is_told_by_how_much(tmp_path: Path) -> None:
    clips = read_clips(folder_of_clips(tmp_path))
    late = {c.path: Guess(onsets=tuple(t + 0.08 for t in c.onsets), confidence=(1.0,) * len(c.onsets)) for c in clips}
    row = next(r for r in measure(clips, late.__getitem__, flashes, nothing).rows if r.clips_of == "sparse")
    assert (row.f50, row.f100) == (0.0, 1.0)
    assert 30 <= row.best_lag_ms <= 130


def test_rendered_clips_are_pooled() -> None:
    rendered = [(Path("a"), (1.0, 2.0, 3.0)), (Path("b"), (1.0,))]
    row = measure_physics(rendered, lambda path: Guess(onsets=(1.0, 2.08), confidence=(1.0, 1.0)), seed=3)
    assert (row.clips, row.onsets, row.found, row.seed) == (2, 4, 4, 3)
    assert (row.f50, row.f100) == (2 * 2 / 8, 2 * 3 / 8)


@pytest.mark.parametrize("spoil", ["manifest.csv", "gt_dev.json"])
def test_a_folder_without_clips_is_said_so(tmp_path: Path, spoil: str) -> None:
    (folder_of_clips(tmp_path) / spoil).unlink()
    with pytest.raises(FileUnreadable) as error:
        read_clips(tmp_path)
    assert error.value.field == "folder"


def test_a_still_picture_has_no_peaks() -> None:
    curves = picture_curves((k / 25, BEFORE) for k in range(60))
    for curve in curves.values():
        assert len(FRAME_DIFFERENCE.pick(curve)[0]) == 0


def test_darker_differs_as_much_as_brighter() -> None:
    curve = picture_curves((k / 25, BEFORE + np.uint8(40 * (k % 2))) for k in range(6))["frame difference"]
    assert curve.values.tolist() == [0.0, *[40.0] * 5]


def test_peaks_are_where_the_curve_has_them() -> None:
    times = np.arange(0, 5, 0.02)
    curve = Curve(times=times, values=sum(np.exp(-(((times - hit) / 0.05) ** 2)) for hit in HITS))
    at, height = FRAME_DIFFERENCE.pick(curve)
    assert at - FRAME_DIFFERENCE.late_seconds == pytest.approx(HITS, abs=0.02)
    assert height.min() > 0.5
