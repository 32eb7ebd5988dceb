"""A video with another sound: its picture as it is coded, the sound beside it as PCM, in a QuickTime file."""

from __future__ import annotations

from pathlib import Path

from engine.errors import PictureUnreadable
from engine.video.container import FIELD, Damage, file_name, opened, packets, picture_stream
from engine.video.probe import probe

_SAMPLES_A_FRAME = 4_800
_FULL_SCALE = 2**23


def with_sound(video: str, sound: Path, target: Path) -> None:
    """Write it; the sound begins with the first frame that the picture shows.

    Raises
    ------
    FileUnreadable, PictureUnreadable
        When the video cannot be read, or its picture cannot lie in a QuickTime file.
    OSError
        When the target cannot be written.
    """
    import av
    import numpy as np
    import soundfile

    begin = probe(video).start_seconds
    with soundfile.SoundFile(sound) as file, opened(video) as source, av.open(str(target), "w", format="mov") as made:
        rate, channels = file.samplerate, min(2, file.channels)
        seen = picture_stream(source, video)
        try:
            picture = made.add_stream_from_template(seen)
            heard = made.add_stream("pcm_s24le", rate=rate, layout="stereo" if channels == 2 else "mono")
            for packet in packets(source, seen, damage=Damage()):
                if packet.dts is not None:
                    packet.stream = picture
                    made.mux(packet)
            position = round(begin * rate)
            while len(block := file.read(_SAMPLES_A_FRAME, dtype="float64", always_2d=True)):
                whole = np.rint(block[:, :channels] * _FULL_SCALE).clip(-_FULL_SCALE, _FULL_SCALE - 1)
                packed = (whole.astype(np.int32) << 8).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(packed, format="s32", layout=heard.layout.name)
                frame.sample_rate, frame.pts = rate, position
                position += len(block)
                made.mux(heard.encode(frame))
            made.mux(heard.encode(None))
        except (av.FFmpegError, ValueError) as error:
            raise PictureUnreadable(
                f"The picture of {file_name(video)} cannot be written with another sound: {error}.", field=FIELD
            ) from None
