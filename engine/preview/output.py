"""Where blocks go: a device through PortAudio, whose callback is C and never waits for Python, or a clock without one.

Between the two lies a ring of a few hundredths of a second: long enough for Python to be late, short enough for a move
to be heard at once. A device that goes away is noticed here, not in the callback. This module knows no desk.

Source: PortAudio's ring buffer and python-rtmixer's ``play_ringbuffer``, which ends where the ring runs dry.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, Protocol

import numpy as np

from engine.audio import Samples
from engine.errors import BadArgument, NoDevice
from engine.preview.messages import Output

NONE = "none"
CHANNELS = 2
RING_SECONDS = 0.06
"""A move waits behind so much that was made already."""
_DEVICE_SECONDS = 0.04
_STALLED_SECONDS = 2.5
"""A device that takes nothing for so long has gone; some begin to take after 1.5."""


class Sink(Protocol):
    """What takes blocks in real time."""

    name: str
    rate_hz: int
    """What the device runs at."""
    dropouts: int

    @property
    def wants(self) -> int:
        """Samples of the player's rate that it has room for."""

    @property
    def delay_seconds(self) -> float:
        """Until what is written next is heard."""

    def write(self, block: Samples) -> None:
        """Take ``(2, n)``."""

    def check(self) -> None:
        """Look after it; raises :class:`NoDevice` when it has gone."""

    def close(self) -> None:
        """Give it back."""


def outputs() -> tuple[Output, ...]:
    """The devices that can play."""
    import sounddevice

    default = sounddevice.default.device[1]
    apis = sounddevice.query_hostapis()
    return tuple(
        Output(
            number=number,
            name=told["name"],
            host_api=apis[told["hostapi"]]["name"],
            channels=told["max_output_channels"],
            default_rate_hz=round(told["default_samplerate"]),
            is_default=number == default,
        )
        for number, told in enumerate(sounddevice.query_devices())
        if told["max_output_channels"] > 0
    )


def refresh() -> None:
    """Look for devices again: PortAudio knows only those that were there when it began. No stream may be open."""
    import sounddevice

    with contextlib.suppress(sounddevice.PortAudioError):
        sounddevice._terminate()
    with contextlib.suppress(sounddevice.PortAudioError):
        sounddevice._initialize()


def chosen(device: str, there: tuple[Output, ...]) -> Output:
    """The output that is meant: by number, by its whole name, or by a part of one; the system's own for ``""``.

    Raises
    ------
    NoDevice, BadArgument
        When there is none at all; none of that name, or several.
    """
    if not there:
        raise NoDevice("No audio output is there: connect one, or choose the device 'none'.", field="device")
    if not device:
        return next((one for one in there if one.is_default), there[0])
    found = [one for one in there if device == str(one.number) or device == one.name]
    found = found or [one for one in there if device.lower() in one.name.lower()]
    names = ", ".join(f"{one.number} {one.name}" for one in there)
    if not found:
        raise NoDevice(f"The audio output {device!r} is not there; there are {names}.", field="device")
    if len(found) > 1:
        alike = ", ".join(f"{one.number} {one.name} ({one.host_api})" for one in found)
        raise BadArgument(f"{device!r} names several outputs: {alike}. Give the number.", field="device")
    return found[0]


def open_sink(device: str, sample_rate_hz: int) -> Sink:
    """The device, open and running.

    Raises
    ------
    NoDevice, BadArgument
        When it is not there, or does not open: in use, or at no rate that can be made.
    """
    if device.lower() == NONE:
        return Clock(sample_rate_hz)
    refresh()
    output = chosen(device, outputs())
    import sounddevice

    first: Exception | None = None
    for rate_hz in dict.fromkeys((sample_rate_hz, output.default_rate_hz, 44_100, 96_000)):
        try:
            return Device(output, sample_rate_hz, rate_hz)
        except (sounddevice.PortAudioError, ValueError) as error:
            first = first or error
    raise NoDevice(
        f"{output.name} cannot be opened ({_words(first)}): another program may hold it. Close that, or choose another "
        "device.",
        field="device",
    )


class Clock:
    """No device: takes blocks as fast as one would."""

    name = NONE

    def __init__(self, sample_rate_hz: int) -> None:
        self.rate_hz = sample_rate_hz
        self.dropouts = 0
        self._ring = round(RING_SECONDS * sample_rate_hz)
        self._start_seconds = time.monotonic()
        self._written = 0

    @property
    def _queued(self) -> int:
        return self._written - int((time.monotonic() - self._start_seconds) * self.rate_hz)

    @property
    def wants(self) -> int:
        """See :class:`Sink`."""
        return max(0, self._ring - max(0, self._queued))

    @property
    def delay_seconds(self) -> float:
        """See :class:`Sink`."""
        return max(0, self._queued) / self.rate_hz

    def write(self, block: Samples) -> None:
        """See :class:`Sink`."""
        if self._queued < 0:  # it was not asked in time: nobody heard that, and the clock goes on from here
            self._start_seconds, self._written = time.monotonic(), 0
        self._written += block.shape[1]

    def check(self) -> None:
        """See :class:`Sink`."""

    def close(self) -> None:
        """See :class:`Sink`."""


class Device:
    """An output of PortAudio; made by :func:`open_sink`.

    Parameters
    ----------
    rate_hz
        What it is opened at; where that is not the player's, the sound is resampled.
    """

    def __init__(self, output: Output, sample_rate_hz: int, rate_hz: int) -> None:
        import rtmixer  # type: ignore[import-untyped]  # it ships no types
        import soxr

        self.name, self.rate_hz, self.dropouts = output.name, rate_hz, 0
        self._ratio = rate_hz / sample_rate_hz
        self._resampler = (
            None if rate_hz == sample_rate_hz else soxr.ResampleStream(sample_rate_hz, rate_hz, CHANNELS, "float32")
        )
        self._mixer: Any = rtmixer.Mixer(
            device=output.number, channels=CHANNELS, samplerate=rate_hz, blocksize=0, latency=_DEVICE_SECONDS
        )
        size = 1 << (2 * round(RING_SECONDS * rate_hz) - 1).bit_length()  # PortAudio's rings are powers of two
        self._ring: Any = rtmixer.RingBuffer(4 * CHANNELS, size)
        self._room = round(RING_SECONDS * rate_hz)
        self._action: Any = None
        self._moved_seconds = time.monotonic()
        self._last_queued = 0
        try:
            self._mixer.start()
        except BaseException:
            self.close()
            raise

    @property
    def wants(self) -> int:
        """See :class:`Sink`."""
        return max(0, int((self._room - self._ring.read_available) / self._ratio))

    @property
    def delay_seconds(self) -> float:
        """See :class:`Sink`."""
        return float(self._ring.read_available / self.rate_hz + self._mixer.latency)

    def write(self, block: Samples) -> None:
        """See :class:`Sink`."""
        if self._action is not None and self._action not in self._mixer.actions:  # the ring ran dry meanwhile
            self.dropouts += 1
            self._action = None
        frames = np.ascontiguousarray(block.T)
        if self._resampler is not None:
            frames = self._resampler.resample_chunk(frames)
        self._ring.write(np.ascontiguousarray(frames))
        if self._action is None and self._ring.read_available >= self._room // 2:
            self._action = self._mixer.play_ringbuffer(self._ring)

    def check(self) -> None:
        """See :class:`Sink`."""
        queued, now = self._ring.read_available, time.monotonic()
        if queued != self._last_queued or self._action is None:
            self._last_queued, self._moved_seconds = queued, now
        if not self._mixer.active or now - self._moved_seconds > _STALLED_SECONDS:
            raise NoDevice(
                f"{self.name} has gone: connect it again, or choose another device. It goes on by itself.",
                field="device",
            )

    def close(self) -> None:
        """See :class:`Sink`."""
        import sounddevice

        with contextlib.suppress(sounddevice.PortAudioError):
            self._mixer.abort()
        with contextlib.suppress(sounddevice.PortAudioError):
            self._mixer.close()


def _words(error: Exception | None) -> str:
    text = " ".join(str(error).split())
    return text.removeprefix("Error opening Mixer: ").rstrip(".")
