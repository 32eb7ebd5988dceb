"""A decoded frame as people see it, small: upright, with square pixels, gray for motion and in colour for cuts.

Phones store portrait pictures lying on their side with a note to turn them; old formats store pixels that are not
square. This module knows nothing of files or of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Pixels = NDArray[np.uint8]

_TALLEST = 4
"""Height over width of the tallest picture that is not squeezed."""
_LEAST_PX = 8


class Orientation:
    """The display matrix of ISO 14496-12 (8.2.2), reduced to the eight ways of right angles and mirrors."""

    def __init__(self, frame: VideoFrame) -> None:
        from av.sidedata.sidedata import Type

        note: Any = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]
        a, b, _, c, d = np.frombuffer(note, np.int32)[:5].tolist() if note is not None else (1, 0, 0, 0, 1)
        self.lies = abs(b) + abs(c) > abs(a) + abs(d)
        self._right_to_left = (c if self.lies else a) < 0
        self._upside_down = (b if self.lies else d) < 0

    def upright(self, pixels: Pixels) -> Pixels:
        """Turn ``(height, width, ...)`` pixels as they are stored to how they are seen."""
        if self.lies:
            pixels = pixels.swapaxes(0, 1)
        pixels = pixels[:: -1 if self._upside_down else 1, :: -1 if self._right_to_left else 1]
        return np.array(pixels, order="C")  # its own memory: the decoder reuses what it gave


def seen_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Width and height of a frame as people see it: upright, with square pixels."""
    aspect = stream.sample_aspect_ratio or 1
    width = round(frame.width * aspect) if 0.25 <= aspect <= 4 else frame.width
    return (frame.height, width) if Orientation(frame).lies else (width, frame.height)


class Scaler:
    """Makes every frame of a picture the same small size.

    The decoder library's own scaler averages the area under each small pixel, straight from the planes that the
    decoder wrote: no full-size copy in any other form is made, and the thumbnail is made of the small picture.

    Parameters
    ----------
    frame
        The first frame, which tells how it lies.
    width_px, height_px
        The picture's size as people see it.
    widths_px
        Of the gray picture and of the thumbnail; the heights follow.
    """

    def __init__(self, frame: VideoFrame, width_px: int, height_px: int, widths_px: tuple[int, int]) -> None:
        from av.video.reformatter import VideoReformatter

        self._orientation = Orientation(frame)
        self._sizes = [
            (width, min(_TALLEST * width, max(_LEAST_PX, round(width * height_px / width_px)))) for width in widths_px
        ]
        self._scalers = VideoReformatter(), VideoReformatter()

    def scaled(self, frame: VideoFrame) -> tuple[Pixels, Pixels]:
        """``(height, width)`` gray, 0 black to 255 white, and the thumbnail, ``(height, width, 3)``, blue first."""
        small = self._small(frame, 0, "yuvj420p")  # j: from 0 to 255; its first plane is the gray picture
        luma = small.planes[0]
        gray = np.frombuffer(memoryview(luma), np.uint8).reshape(small.height, luma.line_size)[:, : small.width]
        thumbnail = self._small(small, 1, "bgr24").to_ndarray().astype(np.uint8, copy=False)
        return self._orientation.upright(gray), self._orientation.upright(thumbnail)

    def _small(self, frame: VideoFrame, which: int, pixel_format: str) -> VideoFrame:
        size = self._sizes[which]
        width, height = size[::-1] if self._orientation.lies else size
        return self._scalers[which].reformat(frame, width, height, pixel_format, interpolation="AREA", threads=1)
