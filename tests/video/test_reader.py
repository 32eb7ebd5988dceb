"""Every frame of a slice at its exact time, from any container; every bad file a clear error."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from footage import number_in, numbered, shade, write_video
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Cancelled, CuewrightError, FileUnreadable, PictureUnreadable
from engine.handle import Handle
from engine.picture import Picture
from engine.video.reader import Footage, Frame, frames, probe, slice_length

RATES = [Fraction(n, d) for n, d in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001))]
CONTAINERS: dict[str, dict[str, Any]] = {
    "h264.mp4": {},
    "open_gop.mp4": {"options": {"x264-params": "open-gop=1:bframes=3"}},
    "prores.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le"},
    "mjpeg.mov": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "h264.mkv": {},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "mpeg4.avi": {"codec": "mpeg4"},
    "b_frames.avi": {"codec": "mpeg4", "options": {"bf": "2"}},
    "h264.avi": {},
    "mpeg2.mxf": {"codec": "mpeg2video", "options": {"bf": "2"}},
    "mpeg2.ts": {"codec": "mpeg2video", "options": {"bf": "2"}},
    "h264.ts": {},
    "animated.gif": {"codec": "gif", "pix_fmt": "rgb8"},
    "animated.apng": {"codec": "apng", "pix_fmt": "rgb24"},
    "bare.h264": {},
}


def read(path: Path, **how: Any) -> list[Frame]:
    """All frames of a slice; what is no part of the slice is for :func:`frames`."""
    slice_of = {key: how.pop(key) for key in ("offset_seconds", "length_seconds", "play_rate") if key in how}
    return list(frames(Picture(path=str(path), **slice_of), **how))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 numbered frames at 25 a second, keyframes every 12."""
    return write_video(tmp_path_factory.mktemp("plain") / "plain.mp4", numbered(), seconds=4)


@pytest.fixture(scope="module")
def plain_footage(plain: Path) -> Footage:
    return probe(str(plain))


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_times_are_exact_at_every_rate(tmp_path: Path, rate: Fraction) -> None:
    path = write_video(tmp_path / "rate.mov", fps=rate, seconds=1)
    footage = probe(str(path))
    read_frames = read(path)
    assert footage.frame_rate == rate
    assert [frame.time for frame in read_frames] == [k / rate for k in range(round(rate))]
    assert footage.duration_seconds == round(rate) / rate


def test_a_clock_of_whole_milliseconds_does_not_hide_the_rate(tmp_path: Path) -> None:
    rate = Fraction(24000, 1001)
    path = write_video(tmp_path / "rounded.mkv", fps=rate, seconds=2)
    footage = probe(str(path))
    assert (footage.frame_rate, footage.duration_seconds) == (rate, 48 / rate)


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_tells_every_frame_at_its_time(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, numbered(), seconds=4, gop=25, **CONTAINERS[name])
    footage = probe(str(path))
    assert (footage.width_px, footage.height_px, footage.frame_rate, footage.duration_seconds) == (128, 96, 25, 4)
    assert not footage.warnings
    whole = read(path)
    assert [number_in(frame.gray) for frame in whole] == list(range(100))
    assert [frame.time for frame in whole] == [Fraction(k, 25) for k in range(100)]
    for first, last in ((1, 3), (24, 27), (25, 25), (60, 70), (98, 99)):
        part = read(path, offset_seconds=first / 25, length_seconds=(last + 1 - first) / 25)
        assert [number_in(frame.gray) for frame in part] == list(range(first, last + 1))
        assert [frame.time for frame in part] == [Fraction(k, 25) for k in range(last + 1 - first)]


@given(begin=st.integers(0, 3_990), length=st.integers(1, 3_000), rate=st.sampled_from((0.5, 1.0, 1.25, 4.0)))
@settings(max_examples=40)
def test_a_slice_is_the_frames_whose_display_reaches_into_it(
    plain: Path, plain_footage: Footage, begin: int, length: int, rate: float
) -> None:
    told = read(plain, footage=plain_footage, offset_seconds=begin / 1000, length_seconds=length / 1000, play_rate=rate)
    start, end = Fraction(begin, 1000), Fraction(begin + length * Fraction(rate), 1000)
    expected = [k for k in range(100) if Fraction(k, 25) < end and Fraction(k + 1, 25) > start]
    assert [number_in(frame.gray) for frame in told] == expected
    assert [frame.source for frame in told] == [Fraction(k, 25) for k in expected]
    assert [frame.time for frame in told] == [max(Fraction(0), frame.source - start) / Fraction(rate) for frame in told]


def test_an_offset_that_a_daw_has_rounded_tells_no_frame_of_before(plain: Path) -> None:
    told = read(plain, offset_seconds=0.4799999, length_seconds=0.08)
    assert [(number_in(frame.gray), frame.time) for frame in told[:1]] == [(12, 0)]
    assert len(told) == 2


def test_a_screen_capture_with_frames_seconds_apart(tmp_path: Path) -> None:
    times = [Fraction(t) for t in ("0", "0.1", "0.15", "3", "7.5")]
    path = write_video(tmp_path / "screen.mp4", times=times, last_seconds=2, options={"bf": "0"})
    footage = probe(str(path))
    assert (footage.frame_rate, footage.duration_seconds) == (None, Fraction(19, 2))
    assert [frame.time for frame in read(path)] == times
    [still] = read(path, offset_seconds=4, length_seconds=2)
    assert (still.time, still.source) == (0, 3)
    [last] = read(path, offset_seconds=9)
    assert (last.time, last.source) == (0, Fraction(15, 2))


def test_frames_left_out_only_later_make_a_variable_rate(tmp_path: Path) -> None:
    times = [Fraction(k, 25) for k in range(280)] + [Fraction(k) for k in range(12, 40)]
    path = write_video(tmp_path / "later.mp4", times=times, options={"bf": "0"})
    assert probe(str(path)).frame_rate is None


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.mov"])
def test_offsets_count_from_the_first_frame_shown(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, times=[3 + Fraction(k, 25) for k in range(50)])
    footage = probe(str(path))
    assert (footage.start_seconds, footage.duration_seconds, footage.warnings) == (3, 2, ())
    told = read(path, offset_seconds=1)
    assert [frame.time for frame in told] == [Fraction(k, 25) for k in range(25)]
    assert told[0].gray.mean() == pytest.approx(40 + 20 * 4, abs=2)


def test_what_an_edit_list_leaves_out_is_not_shown(tmp_path: Path) -> None:
    path = write_video(tmp_path / "trimmed.mp4", times=[Fraction(k, 25) - 1 for k in range(50)])
    told = read(path)
    assert [frame.time for frame in told] == [Fraction(k, 25) for k in range(25)]
    assert told[0].gray.mean() == pytest.approx(40, abs=2)
    file = bytearray(path.read_bytes())
    entry = file.index(b"elst") + 12  # behind the name, the version and the count
    assert file[entry : entry + 4] == (1_000).to_bytes(4, "big")
    file[entry : entry + 4] = (400).to_bytes(4, "big")  # of a thousandth: shown for so long
    path.write_bytes(file)
    assert probe(str(path)).duration_seconds == Fraction(2, 5)
    assert [frame.time for frame in read(path)] == [Fraction(k, 25) for k in range(10)]


def test_a_hole_of_a_day_in_the_time_stamps_takes_no_time(tmp_path: Path) -> None:
    path = write_video(tmp_path / "hole.mp4", times=[0, Fraction(1, 25), 86_400, 86_400 + Fraction(1, 25)])
    assert [frame.time for frame in read(path)] == [0, Fraction(1, 25), 86_400, 86_400 + Fraction(1, 25)]
    [frame] = read(path, offset_seconds=40_000, length_seconds=1)
    assert frame.source == Fraction(1, 25)


def corner(seconds: float) -> np.ndarray[Any, Any]:
    pixels = np.full((48, 64, 3), 30, np.uint8)
    pixels[:8, :8] = (250, 60, 60)
    return pixels


@pytest.mark.parametrize(
    ("rotation", "lit", "size"),
    [(0, (0, 0), (64, 48)), (90, (-1, 0), (48, 64)), (180, (-1, -1), (64, 48)), (270, (0, -1), (48, 64))],
)
def test_a_picture_is_read_upright(tmp_path: Path, rotation: int, lit: tuple[int, int], size: tuple[int, int]) -> None:
    path = write_video(tmp_path / "turned.mp4", corner, seconds=0.2, rotation=rotation)
    footage = probe(str(path))
    assert (footage.width_px, footage.height_px) == size
    frame = read(path)[0]
    assert frame.gray.shape == (round(320 * size[1] / size[0]), 320)
    corners = {(y, x): int(frame.gray[y, x]) for y in (0, -1) for x in (0, -1)}
    assert max(corners, key=lambda at: corners[at]) == lit
    blue, green, red = frame.thumbnail_bgr[lit].tolist()
    assert red > 200 > 100 > max(blue, green)


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "anamorphic.mp4", seconds=0.2, aspect=Fraction(3, 2))
    assert (probe(str(path)).width_px, probe(str(path)).height_px) == (96, 48)
    assert read(path)[0].gray.shape == (160, 320)


def test_gray_is_the_area_average_over_the_full_range(tmp_path: Path) -> None:
    checks = np.indices((90, 160)).sum(axis=0) % 2 * 255

    def draw(seconds: float) -> np.ndarray[Any, Any]:
        pixels = np.repeat(checks[:, :, None], 3, axis=2).astype(np.uint8)
        pixels[:45, :80], pixels[:45, 80:] = 0, 255
        return pixels

    path = write_video(tmp_path / "checks.mkv", draw, seconds=0.1, codec="ffv1", pix_fmt="yuv444p")
    frame = read(path, width_px=40, thumbnail_width_px=16)[0]
    assert (frame.gray.shape, frame.thumbnail_bgr.shape) == ((22, 40), (9, 16, 3))
    assert (frame.gray[4, 10], frame.gray[4, 30]) == (0, 255)
    assert np.abs(frame.gray[14:, :].astype(float) - 127.5).max() < 4


@pytest.mark.parametrize(("name", "codec"), [("tc.mov", "libx264"), ("tc.mxf", "mpeg2video")])
def test_the_start_timecode_of_the_file(tmp_path: Path, name: str, codec: str) -> None:
    rate = Fraction(30000, 1001)
    path = write_video(tmp_path / name, seconds=0.4, fps=rate, codec=codec, timecode="01:00:10;02")
    assert probe(str(path)).start_timecode == "01:00:10;02"
    assert probe(str(write_video(tmp_path / "none.mov", seconds=0.2))).start_timecode is None


def test_one_frame_is_enough(tmp_path: Path, plain: Path) -> None:
    assert len(read(write_video(tmp_path / "one.mp4", seconds=0.04))) == 1
    assert [number_in(frame.gray) for frame in read(plain, offset_seconds=1.01, length_seconds=0.001)] == [25]


def test_a_high_speed_camera_is_thinned_on_the_timeline(tmp_path: Path) -> None:
    path = write_video(tmp_path / "fast.mp4", fps=1000, seconds=0.5)
    assert len(read(path)) == 500
    assert 25 <= len(read(path, max_rate_hz=50)) <= 29
    assert len(read(path, max_rate_hz=50, play_rate=0.05)) == 500
    rounded = write_video(tmp_path / "rounded.mkv", fps=60, seconds=1)
    assert len(read(rounded, max_rate_hz=60)) == 60


@pytest.mark.parametrize(("width", "height"), [(7680, 4320), (2, 2), (1000, 2), (4, 1000)])
def test_any_size_becomes_a_small_picture(tmp_path: Path, width: int, height: int) -> None:
    path = write_video(
        tmp_path / "size.mov",
        lambda s: np.full((height, width, 3), 90, np.uint8),
        seconds=0.04,
        codec="png",
        pix_fmt="rgb24",
    )
    [frame] = read(path)
    assert frame.gray.shape == (min(1280, max(8, round(320 * height / width))), 320)
    assert frame.gray.mean() == pytest.approx(90, abs=2)


def test_the_slice_is_as_long_as_was_asked(plain: Path, plain_footage: Footage) -> None:
    def length(**slice_of: float) -> Fraction:
        return slice_length(Picture(path=str(plain), **slice_of), plain_footage)

    assert length() == 4
    assert length(offset_seconds=1.5, play_rate=0.5) == 5
    assert length(offset_seconds=3.9, length_seconds=2.1, play_rate=3) == Fraction(21, 10)
    with pytest.raises(PictureUnreadable) as raised:
        length(offset_seconds=4)
    assert raised.value.field == "video_offset"


def test_a_picture_that_ends_before_its_slice_is_told(plain: Path) -> None:
    told: list[str] = []
    assert len(read(plain, offset_seconds=3, length_seconds=2.5, warn=told.append)) == 25
    assert told == ["The picture ends 1.50 s before the slice does; the rest of the slice has none."]
    told.clear()
    read(plain, offset_seconds=3, length_seconds=1, warn=told.append)
    assert not told


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_of_a_file_cut_off_what_is_there_is_used_and_told(tmp_path: Path, suffix: str) -> None:
    options = {"movflags": "faststart"} if suffix == "mp4" else None
    whole = write_video(tmp_path / f"whole.{suffix}", numbered(), seconds=6, container_options=options).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    told: list[str] = []
    numbers = [number_in(frame.gray) for frame in read(path, warn=told.append)]
    assert 80 < len(numbers) < 120
    assert numbers[:80] == list(range(80))
    assert "is cut off" in told[0]
    with pytest.raises(PictureUnreadable, match="cut off"):
        read(path, offset_seconds=5.9)


def test_damage_in_the_middle_costs_only_what_is_damaged(tmp_path: Path) -> None:
    whole = bytearray(write_video(tmp_path / "whole.mkv", numbered(), seconds=4, gop=10).read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + len(whole) // 20] = bytes(len(whole) // 20)
    path = tmp_path / "hole.mkv"
    path.write_bytes(whole)
    told: list[str] = []
    numbers = {number_in(frame.gray) for frame in read(path, warn=told.append)}
    assert set(range(40)) | set(range(70, 100)) <= numbers
    assert told


@pytest.mark.parametrize("kind", ["mp4", "mkv", "mpg", "ts", "apng"])
def test_no_damage_whatever_is_more_than_an_error(tmp_path: Path, kind: str) -> None:
    how: dict[str, dict[str, Any]] = {
        "mp4": {"container_options": {"movflags": "faststart"}},
        "mpg": {"codec": "mpeg2video"},
        "apng": {"codec": "apng", "pix_fmt": "rgb24"},
    }
    whole = write_video(tmp_path / f"whole.{kind}", numbered(), **how.get(kind, {})).read_bytes()
    path, dice, ends = tmp_path / f"hurt.{kind}", random.Random(1), set()
    for k in range(30):
        hurt = bytearray(whole[: dice.randrange(len(whole))] if k % 3 == 0 else whole)
        for _ in range(dice.choice((1, 20)) if k % 3 and hurt else 0):
            hurt[dice.randrange(2_000 if k % 3 == 1 else len(hurt))] = dice.randrange(256)
        path.write_bytes(hurt)
        try:
            ends.add(read(path, offset_seconds=dice.choice((0, 0.5))) != [])
        except CuewrightError as error:
            ends.add(error.field)
    assert {True} < ends <= {True, "video", "video_offset"}


def write_cover(path: Path) -> Path:
    """A song with a picture of its cover."""
    with av.open(str(path), "w") as container:
        song: Any = container.add_stream("aac" if path.suffix == ".mp4" else "libmp3lame", rate=48_000, layout="mono")
        cover: Any = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4_800), np.float32), format="fltp", layout="mono")
        sound.sample_rate, sound.pts = 48_000, 0
        container.mux(song.encode(sound))
        container.mux(song.encode())
    return path


def test_what_is_larger_than_any_camera_makes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "large.mp4", seconds=0.2)
    monkeypatch.setattr("engine.video.container.MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(PictureUnreadable, match="64 x 48"):
        probe(str(path))
    monkeypatch.setattr("engine.video.container.MAX_PIXELS", 64 * 48)
    assert probe(str(path)).width_px == 64


@pytest.mark.parametrize("name", ["song.mp3", "song.mp4"])
def test_cover_art_is_no_picture(tmp_path: Path, name: str) -> None:
    with pytest.raises(PictureUnreadable, match="holds only sound") as raised:
        probe(str(write_cover(tmp_path / name)))
    assert raised.value.field == "video"


def test_what_is_not_a_file_to_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    for path, sentence in (
        (tmp_path / "none.mp4", "does not exist"),
        (tmp_path, "is not a file"),
        (tmp_path / "empty.mp4", "is empty"),
        (tmp_path / "loop.mp4", "give the path|cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read"),
        (Path("/dev/zero"), "is not a file"),
    ):
        with pytest.raises(FileUnreadable, match=sentence) as raised:
            probe(str(path))
        assert raised.value.field == "video"
        assert len(raised.value.sentence) < 200


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/a.mp4", "concat:a.mp4|b.mp4", "pipe:0", ""])
def test_an_address_is_not_followed(address: str) -> None:
    with pytest.raises(FileUnreadable):
        probe(address)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", "hello world\n" * 100),
        ("art.ans", "hello world\n" * 100),
        ("notes.mp4", "hello world\n" * 100),
        ("noise.mp4", "\x00\xff" * 9_000),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\npart.ts\n#EXT-X-ENDLIST\n"),
        ("list.mp4", "ffconcat version 1.0\nfile 'part.ts'\n"),
    ],
)
def test_what_is_no_video_is_said_also_when_it_names_one(tmp_path: Path, name: str, content: str) -> None:
    write_video(tmp_path / "part.ts", seconds=0.2)
    (tmp_path / name).write_text(content)
    with pytest.raises(PictureUnreadable, match="is not a video") as raised:
        probe(str(tmp_path / name))
    assert raised.value.field == "video"


def test_a_name_that_a_library_would_take_for_a_pattern(tmp_path: Path) -> None:
    path = write_video(tmp_path / "plain.mp4", seconds=0.2)
    odd = path.rename(tmp_path / "take:1 %03d ü?.mp4")
    assert len(read(odd)) == 5


def test_a_cancel_stops_at_the_next_frame_and_progress_never_falls(plain: Path) -> None:
    fractions: list[float] = []
    stop = Handle(on_progress=lambda fraction, _: fractions.append(fraction), is_cancelled=lambda: len(fractions) == 10)
    with pytest.raises(Cancelled):
        read(plain, handle=stop)
    assert len(fractions) == 10
    fractions.clear()
    read(plain, handle=Handle(on_progress=lambda fraction, _: fractions.append(fraction)))
    assert all(a <= b for a, b in pairwise(fractions))
    assert 0.9 < fractions[-1] <= 1


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "long.mp4", lambda s: shade(s, size=(640, 360), per_second=1), seconds=60, codec="mpeg4"
    )
    assert len(read(path, length_seconds=4)) == 100
    before = psutil.Process().memory_info().rss
    assert sum(1 for _ in frames(Picture(path=str(path)))) == 1_500
    assert psutil.Process().memory_info().rss - before < 50 * 2**20  # the frames alone are 500 MiB
