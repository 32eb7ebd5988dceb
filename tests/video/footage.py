"""Writes small synthetic videos: frames drawn by a function of time, at a rate or at given times; sound if wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

Draw = Callable[[float], np.ndarray[Any, Any]]
SOUND_CODECS = {".mp4": "aac", ".webm": "libopus", ".mpg": "mp2", ".ts": "mp2", ".m4v": "aac"}


def shade(seconds: float, *, size: tuple[int, int] = (64, 48), per_second: float = 20.0) -> np.ndarray[Any, Any]:
    """An even gray that tells its time: 40 at 0 s, ``per_second`` brighter every second."""
    level = min(235, round(40 + per_second * seconds))
    return np.full((size[1], size[0], 3), level, np.uint8)


def numbered(fps: Fraction | int = 25, *, size: tuple[int, int] = (128, 96)) -> Draw:
    """Frames of moving texture that carry their number, k of k / fps, as eight bars along the top."""
    texture = np.random.default_rng(0).integers(0, 100, (size[1], size[0], 3)).astype(np.uint8)

    def draw(seconds: float) -> np.ndarray[Any, Any]:
        number = round(seconds * fps)
        pixels = np.roll(texture, (number * 5, number * 3), (0, 1))
        for bit in range(8):
            pixels[: size[1] // 4, bit * size[0] // 8 : (bit + 1) * size[0] // 8] = 230 * (number >> bit & 1)
        return pixels

    return draw


def number_in(gray: np.ndarray[Any, Any]) -> int:
    """The number that :func:`numbered` drew, from the upright gray picture at any size."""
    height, width = gray.shape
    return sum(1 << bit for bit in range(8) if gray[height // 8, round((bit + 0.5) * width / 8)] > 128)


def clicks(*times: float, seconds: float, rate_hz: int = 48_000) -> np.ndarray[Any, Any]:
    """Sound with a short decaying tone at each time, silent elsewhere: ``(samples,)``."""
    out = np.zeros(round(seconds * rate_hz), np.float32)
    t = np.arange(round(0.2 * rate_hz)) / rate_hz
    hit = (0.6 * np.cos(2 * np.pi * 900 * t) * np.exp(-t / 0.03)).astype(np.float32)
    for time in times:
        at = round(time * rate_hz)
        out[at : at + len(hit)] += hit[: len(out) - at]
    return out


def write_video(
    path: Path,
    draw: Draw = shade,
    *,
    seconds: float = 1.0,
    fps: Fraction | int = 25,
    times: Sequence[Fraction | float] | None = None,
    last_seconds: Fraction | float | None = None,
    time_base: Fraction | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    gop: int = 12,
    rotation: int = 0,
    timecode: str = "",
    aspect: Fraction | None = None,
    sound: np.ndarray[Any, Any] | None = None,
    sound_rate_hz: int = 48_000,
    sound_codec: str = "",
    sound_start: Fraction | float = 0,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write a video and return its path; the suffix decides on the container.

    Parameters
    ----------
    draw
        Time in seconds to ``(height, width, 3)`` RGB; every picture of the same size, even numbers.
    seconds, fps
        How long, and how many frames a second, exact; frame k is drawn at k / fps.
    times
        When each frame begins, in seconds, instead of ``seconds`` and ``fps``; need not begin at 0.
    last_seconds
        How long the last of ``times`` shows; left out: 1 / fps.
    time_base
        Clock of the picture; left out: 1 / fps, or with ``times`` 1/1000.
    rotation
        Degrees that a player turns the stored picture by, counter-clockwise.
    sound
        ``(samples,)`` or ``(channels, samples)``, ±1, beginning at ``sound_start`` seconds.
    """
    clock = time_base or (Fraction(1, 1000) if times is not None else 1 / Fraction(fps))
    begins = [Fraction(k) / fps for k in range(round(seconds * fps))] if times is None else list(map(Fraction, times))
    ends = [*begins[1:], begins[-1] + (1 / Fraction(fps) if last_seconds is None else Fraction(last_seconds))]
    with av.open(str(path), "w", options=container_options or {}) as container:
        if timecode:
            container.metadata["timecode"] = timecode
        first = draw(float(begins[0]))
        picture: Any = container.add_stream(codec, rate=Fraction(fps), options=options or {})
        picture.width, picture.height, picture.pix_fmt = first.shape[1], first.shape[0], pix_fmt
        picture.codec_context.time_base = clock
        picture.gop_size = gop
        if aspect:
            picture.codec_context.sample_aspect_ratio = aspect
        if rotation:
            picture.set_display_rotation(rotation)
        speaker: Any = None
        if sound is not None:
            speaker = container.add_stream(
                sound_codec or SOUND_CODECS.get(path.suffix, "pcm_s16le"), rate=sound_rate_hz
            )
            speaker.layout = "mono" if np.ndim(sound) == 1 else "stereo"
        spans = {round(begin / clock): round((end - begin) / clock) for begin, end in zip(begins, ends, strict=True)}
        for begin in begins:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(draw(float(begin))), format="rgb24")
            frame.pts, frame.time_base = round(begin / clock), clock
            _mux(container, picture.encode(frame), spans)
        _mux(container, picture.encode(), spans)
        if sound is not None:
            _write_sound(container, speaker, np.atleast_2d(sound), sound_rate_hz, Fraction(sound_start))
    return path


def _mux(container: Any, packets: Any, spans: dict[int, int]) -> None:
    for packet in packets:
        packet.duration = spans[packet.pts]  # encoders forget it
        container.mux(packet)


def _write_sound(container: Any, speaker: Any, sound: np.ndarray[Any, Any], rate_hz: int, start: Fraction) -> None:
    block = 1024
    for k in range(0, sound.shape[1], block):
        piece = np.ascontiguousarray(sound[:, k : k + block], np.float32)
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=speaker.layout.name)
        frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
        frame.pts = k + round(start * rate_hz)
        container.mux(speaker.encode(frame))
    container.mux(speaker.encode())
