"""Opening a video file: which of its streams is the picture, and what is wrong when none is.

The one place that calls the demuxer. A file is only ever a local file (no address, no playlist that names others), a
damaged packet is skipped and counted, and the decoder's memory is bounded whatever size the file claims. This module
knows nothing of slices or of timelines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, overload

from engine.errors import FileUnreadable, PictureUnreadable

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

FIELD = "video"
MAX_PIXELS = 2**27
"""16K (15360 x 8640); a damaged header that claims more must not take the memory for it."""
DECODER_BYTES = 2**29
"""About what the frames in flight may take; each decoding thread holds one more of them."""
MAX_THREADS = 8
_FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "mpegvideo", "mxf", "gxf"),
    *("m4v", "h264", "hevc", "av1", "obu", "ivf", "vvc", "mjpeg", "mpjpeg", "vc1", "cavsvideo", "dirac", "dnxhd", "dv"),
    *("flv", "live_flv", "asf", "asf_o", "ogg", "nut", "rm", "wtv", "nsv", "yuv4mpegpipe", "gif", "apng", "swf", "amv"),
    *("image2", "png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "gif_pipe", "webp", "avif"),
    *("mp3", "wav", "w64", "flac", "aac", "ac3", "eac3", "aiff", "caf", "au", "dts", "ape", "wv", "tta", "amr"),
)
"""What is opened at all: containers and bare streams. Playlists and what else names other files would open those before
anybody could look; sound files are here to be told apart."""
_MAX_READ_ERRORS = 64


@dataclass(slots=True)
class Damage:
    """How much of the file could not be used so far."""

    packets: int = 0


@contextmanager
def opened(path: str) -> Iterator[InputContainer]:
    """Open a local media file.

    Raises
    ------
    FileUnreadable
        No such file, a folder, empty, or not to be read by us.
    PictureUnreadable
        Not a media file, or too damaged to begin with.
    """
    import av

    _check_file(path)
    try:
        only = {"protocol_whitelist": "file", "format_whitelist": ",".join(_FORMATS)}
        container = av.open(f"file:{path}", "r", options=only, metadata_errors="replace")
    except (av.FFmpegError, ValueError):
        _check_file(path)  # it may have gone meanwhile
        raise _not_media(path) from None
    with container:
        yield container


def file_name(path: str) -> str:
    """The file's name, as short as a sentence bears."""
    name = Path(path).name or path
    return name if len(name) <= 80 else f"{name[:60]}...{name[-17:]}"


def _not_media(path: str) -> PictureUnreadable:
    return PictureUnreadable(
        f"{file_name(path)} is not a video, or its beginning or its index is missing; export it again as MP4 or MOV.",
        field=FIELD,
    )


def _check_file(path: str) -> None:
    name = file_name(path)
    try:
        if not Path(path).is_file():
            what = "is not a file" if Path(path).exists() else "does not exist"
            raise FileUnreadable(f"{name} {what}; give the path of a video file.", field=FIELD)
        with Path(path).open("rb") as file:
            if not file.read(1):
                raise FileUnreadable(f"{name} is empty; give a video file.", field=FIELD)
    except ValueError:
        raise FileUnreadable(f"{name!r} is not a path; give that of a video file.", field=FIELD) from None
    except OSError as error:
        raise FileUnreadable(f"{name} cannot be read: {error.strerror}.", field=FIELD) from None


def picture_stream(container: InputContainer, path: str) -> VideoStream:
    """The stream that is the picture: not cover art, and the largest where there are several.

    Raises
    ------
    PictureUnreadable
        When there is none, or none that can be decoded.
    """
    from av.codec.context import ThreadType
    from av.stream import Disposition

    name = file_name(path)
    unseen = Disposition.attached_pic | Disposition.timed_thumbnails
    shown = [stream for stream in container.streams.video if not stream.disposition & unseen]
    if not shown:
        what = "only sound" if container.streams.audio else "no picture"
        raise PictureUnreadable(f"{name} holds {what}; give a video file.", field=FIELD)
    known = [stream for stream in shown if stream.codec_context is not None]
    if not known:
        raise PictureUnreadable(f"{name} is coded in a way that is not known here; export it as H.264.", field=FIELD)
    best = max(known, key=lambda stream: (bool(stream.disposition & Disposition.default), stream.width * stream.height))
    if best.width * best.height > MAX_PIXELS:
        raise PictureUnreadable(f"{name} is {best.width} x {best.height}, larger than can be read.", field=FIELD)
    frame_bytes = max(1, 3 * best.width * best.height)
    best.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # it may change on the way
    best.thread_type = ThreadType.AUTO
    best.thread_count = max(1, min(MAX_THREADS, os.cpu_count() or 1, DECODER_BYTES // frame_bytes))
    return best


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The sound that goes with the picture; None when there is none that can be decoded."""
    from av.stream import Disposition

    known = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return max(known, key=lambda stream: bool(stream.disposition & Disposition.default), default=None)


def packets(container: InputContainer, *streams: Stream, damage: Damage) -> Iterator[Packet[Stream]]:
    """The packets of some streams from here on, over unreadable places."""
    import av

    for _ in range(_MAX_READ_ERRORS):
        try:
            yield from (packet for packet in container.demux(*streams) if packet.size)
        except av.FFmpegError:
            damage.packets += 1  # the demuxer goes on behind the bad place, or meets the end
        except IndexError:
            return  # PyAV's way to end a broadcast in which a new stream has begun
        else:
            return


@overload
def decoded(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[VideoFrame]: ...
@overload
def decoded(container: InputContainer, stream: AudioStream, damage: Damage) -> Iterator[AudioFrame]: ...
def decoded(
    container: InputContainer, stream: VideoStream | AudioStream, damage: Damage
) -> Iterator[VideoFrame | AudioFrame]:
    """The frames of a stream from here on, in the order of display; what cannot be decoded is left out and counted."""
    import av

    for packet in chain(packets(container, stream, damage=damage), [None]):  # None: give out what is held back
        try:
            frames = stream.decode(packet)
        except av.FFmpegError:
            damage.packets += 1
            continue
        yield from frames
