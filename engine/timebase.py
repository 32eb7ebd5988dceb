"""Exact time: seconds, samples, frames and SMPTE timecode, all rational.

Rates are :class:`fractions.Fraction` (24000/1001, never 23.976), positions are integer samples, and a conversion
rounds once, at its end, to the nearest sample; a tie goes late, because late sound is noticed less than early sound
(ITU-R BT.1359). Float seconds exist only at the protocol's edge. This module knows nothing of files or of a DAW.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from engine.errors import BadArgument

_NAMED_RATES = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "47.952": Fraction(48000, 1001),
    "59.94": Fraction(60000, 1001),
    "119.88": Fraction(120000, 1001),
}
_RATE = re.compile(r"\d{1,7}([./]\d{1,7})?", re.ASCII)  # Fraction itself would take 1e999999999, and compute for hours
_TIMECODE = re.compile(r"^(\d{1,2}):(\d{1,2}):(\d{1,2})([:;.])(\d{1,3})$")


def round_late(value: Fraction) -> int:
    """Nearest integer, a tie upwards.

    >>> round_late(Fraction(5, 2)), round_late(Fraction(-5, 2)), round_late(Fraction(7, 3))
    (3, -2, 2)
    """
    return math.floor(value + Fraction(1, 2))


def seconds_to_samples(seconds: float | Fraction, sample_rate_hz: int) -> int:
    """Samples nearest to ``seconds``; exact for a Fraction.

    A float stands for the decimal number a person would have typed: 0.1 is one tenth, not 0.1000000000000000055.

    >>> seconds_to_samples(0.1, 48000)
    4800
    """
    exact = seconds if isinstance(seconds, Fraction) else Fraction(repr(float(seconds)))
    return round_late(exact * sample_rate_hz)


@dataclass(frozen=True, slots=True)
class FrameRate:
    """A picture's frame rate and how its timecode counts.

    Parameters
    ----------
    rate
        Frames per second, exact.
    drop_frame
        Timecode skips numbers to stay near the clock (SMPTE ST 12-1); only at 29.97 and 59.94.
    """

    rate: Fraction
    drop_frame: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.rate <= 1000:
            raise BadArgument(f"A frame rate is 1 to 1000 frames a second; got {self.rate}.", field="frame_rate")
        if self.drop_frame and self.rate not in (Fraction(30000, 1001), Fraction(60000, 1001)):
            raise BadArgument(f"Drop-frame timecode exists at 29.97 and 59.94 only, not at {self}.", field="frame_rate")

    def __str__(self) -> str:
        name = next((n for n, r in _NAMED_RATES.items() if r == self.rate), None)
        return (name or str(self.rate)) + ("df" if self.drop_frame else "")

    @property
    def nominal(self) -> int:
        """Frame numbers in a second of timecode: 24 for 23.976."""
        return math.ceil(self.rate)

    @classmethod
    def parse(cls, text: str) -> FrameRate:
        """Read ``"25"``, ``"24000/1001"``, ``"23.976"``, ``"29.97df"``.

        >>> FrameRate.parse("29.97df")
        FrameRate(rate=Fraction(30000, 1001), drop_frame=True)
        """
        name = text.strip().lower().removesuffix("fps").strip()
        drop = name.endswith(("df", "drop"))
        name = name.removesuffix("drop").removesuffix("df").strip() if drop else name.removesuffix("ndf").strip()
        try:
            rate = _NAMED_RATES.get(name) or Fraction(name if _RATE.fullmatch(name) else "")
        except (ValueError, ZeroDivisionError):
            raise BadArgument(
                f"{text!r} is not a frame rate; write it like 25, 24000/1001, 23.976 or 29.97df.",
                field="frame_rate",
            ) from None
        return cls(rate, drop)

    @property
    def _drop(self) -> int:
        return self.nominal // 15 if self.drop_frame else 0

    def timecode_to_frames(self, timecode: str) -> int:
        """Frame number of ``HH:MM:SS:FF`` (``;`` or ``:`` before the frames) since 00:00:00:00.

        >>> FrameRate.parse("29.97df").timecode_to_frames("01:00:00;00")
        107892
        """
        match = _TIMECODE.match(timecode.strip())
        if not match:
            raise BadArgument(f"{timecode!r} is not a timecode; write it like 01:02:10:12.", field="timecode")
        hours, minutes, seconds, frames = (int(match[k]) for k in (1, 2, 3, 5))
        if minutes > 59 or seconds > 59 or frames >= self.nominal or hours > 23:
            raise BadArgument(f"Timecode {timecode} is out of range at {self}.", field="timecode")
        if self.drop_frame and frames < self._drop and seconds == 0 and minutes % 10:
            raise BadArgument(f"Timecode {timecode} does not exist at {self}: its number is dropped.", field="timecode")
        total_minutes = 60 * hours + minutes
        count = (total_minutes * 60 + seconds) * self.nominal + frames
        return count - self._drop * (total_minutes - total_minutes // 10)

    def frames_to_timecode(self, frames: int) -> str:
        """``HH:MM:SS:FF`` of a frame number; wraps at 24 hours.

        >>> FrameRate.parse("29.97df").frames_to_timecode(107892)
        '01:00:00;00'
        """
        per_ten_minutes = 600 * self.nominal - 9 * self._drop
        frames %= 144 * per_ten_minutes
        tens, rest = divmod(frames, per_ten_minutes)
        if self._drop and rest >= 60 * self.nominal:
            minute = 1 + (rest - 60 * self.nominal) // (60 * self.nominal - self._drop)
            rest += self._drop * minute
        frames = tens * 600 * self.nominal + rest
        seconds, frame = divmod(frames, self.nominal)
        separator = ";" if self.drop_frame else ":"
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{separator}{frame:02d}"

    def frames_to_samples(self, frames: int, sample_rate_hz: int) -> int:
        """Sample on which a frame begins, rounded once.

        >>> FrameRate.parse("23.976").frames_to_samples(1, 48000)
        2002
        """
        return round_late(Fraction(frames) * sample_rate_hz / self.rate)

    def timecode_to_samples(self, timecode: str, sample_rate_hz: int) -> int:
        """Samples since midnight of a timecode: BWF's TimeReference.

        >>> FrameRate.parse("23.976").timecode_to_samples("01:02:10:12", 48000)
        179243064
        """
        return self.frames_to_samples(self.timecode_to_frames(timecode), sample_rate_hz)
