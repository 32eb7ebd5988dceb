"""Stills of a picture: which frames, at which times, how large, and how little is read for them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from footage import shade, write_video

from engine.errors import Cancelled, FileUnreadable, PictureUnreadable
from engine.handle import Handle
from engine.picture import Picture, Still
from engine.video import filmstrip as module
from engine.video.filmstrip import filmstrip


def image(still: Still) -> np.ndarray[Any, Any]:
    return np.asarray(cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR))


def source_seconds(still: Still) -> float:
    """What the picture of a still says of its time: see :func:`footage.shade`."""
    return (float(image(still).mean()) - 40) / 20


def test_stills_tell_the_time_of_the_frame_they_show(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.mp4", seconds=8)
    stills = filmstrip(Picture(path=str(path)), 16)
    assert [still.time_seconds for still in stills] == pytest.approx([k / 2 for k in range(16)], abs=0.021)
    for still in stills:
        assert source_seconds(still) == pytest.approx(still.time_seconds, abs=0.08)


def test_times_are_those_of_the_slice(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.mp4", seconds=8)
    stills = filmstrip(Picture(path=str(path), offset_seconds=2, length_seconds=2, play_rate=2), 4)
    assert [still.time_seconds for still in stills] == [0, 0.5, 1, 1.5]
    assert [source_seconds(still) for still in stills] == pytest.approx([2, 3, 4, 5], abs=0.08)


def test_far_apart_it_seeks_and_takes_keyframes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One frame a second, a keyframe every ten: of 600 frames it decodes few."""
    path = write_video(
        tmp_path / "x.mp4",
        lambda t: shade(t / 100),
        seconds=600,
        fps=1,
        gop=10,
        options={"bf": "0", "sc_threshold": "0"},
    )
    decoded = 0
    timed = module.Clock.timed

    def counted(*arguments: Any) -> Any:
        nonlocal decoded
        for frame in timed(*arguments):
            decoded += 1
            yield frame

    monkeypatch.setattr(module.Clock, "timed", counted)
    stills = filmstrip(Picture(path=str(path)), 10)
    times = [still.time_seconds for still in stills]
    assert len(times) == 10
    assert all(60 * k <= time < 60 * (k + 1) and time % 10 == 0 for k, time in enumerate(times))
    assert decoded <= 12  # the file is opened once more to look at its first frame
    for still in stills:
        assert source_seconds(still) * 100 == pytest.approx(still.time_seconds, abs=8)


def test_fewer_frames_than_stills_give_each_once(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.mp4", seconds=0.12)
    stills = filmstrip(Picture(path=str(path)), 20)
    assert [still.time_seconds for still in stills] == pytest.approx([0, 0.04, 0.08])


def test_one_frame_is_one_still(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.mp4", seconds=0.04)
    (still,) = filmstrip(Picture(path=str(path), length_seconds=10), 8)
    assert still.time_seconds == 0


@pytest.mark.parametrize(("rotation", "aspect", "size"), [(0, None, (72, 54)), (90, None, (40, 54)), (0, 2, (144, 54))])
def test_stills_are_as_people_see_the_picture(
    tmp_path: Path, rotation: int, aspect: int | None, size: tuple[int, int]
) -> None:
    path = write_video(tmp_path / "x.mp4", seconds=0.2, rotation=rotation, aspect=Fraction(aspect) if aspect else None)
    height, width, _ = image(filmstrip(Picture(path=str(path)), 1, 54)[0]).shape
    assert (width, height) == pytest.approx(size, abs=1)


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    picture = Picture(path=str(write_video(tmp_path / "x.mp4", seconds=1)))
    assert filmstrip(picture, 5) == filmstrip(picture, 5)


def test_a_frame_that_shows_for_long_is_one_still(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.mp4", times=[0, 60], last_seconds=60)
    assert [still.time_seconds for still in filmstrip(Picture(path=str(path)), 12)] == [0, 60]


def test_it_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[float] = []
    picture = Picture(path=str(write_video(tmp_path / "x.mp4", seconds=0.2)))
    filmstrip(picture, 5, handle=Handle(on_progress=lambda fraction, stage: told.append(fraction)))
    assert told == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    picture = Picture(path=str(write_video(tmp_path / "x.mp4", seconds=0.2)))
    with pytest.raises(Cancelled):
        filmstrip(picture, handle=Handle(is_cancelled=lambda: True))


def test_a_slice_behind_the_end_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.mp4", seconds=0.2)
    with pytest.raises(PictureUnreadable):
        filmstrip(Picture(path=str(path), offset_seconds=5))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        filmstrip(Picture(path=str(tmp_path / "none.mov")))
