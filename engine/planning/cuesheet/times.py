"""Every way in which a sheet writes a time, read exactly.

Timecode (``01:00:04:12``, ``;12``, ``.12``, with Pro Tools' subframes), clock time (``1:02.5``, ``00:01:02.500``),
bare numbers (seconds, samples or frames) and 35 mm feet+frames. A :class:`Ruler` holds what one cell cannot tell and
the sheet as a whole can; :mod:`ruler` makes it. This module rounds nothing: a time is a Fraction of seconds.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from engine.errors import BadArgument
from engine.planning.cuesheet.sheet import Unit
from engine.timebase import FrameRate

Form = Literal["timecode", "dotted", "triple", "clock", "number", "measured", "feet"]
"""dotted: 00:00:04.12, frames or hundredths. triple: 00:01:02, h:m:s or m:s:f. measured: a number with its unit."""

FRAMES_PER_FOOT = 16  # 35 mm, four perforations a frame (SMPTE ST 139)
_LONGEST = 48
_NUMBER = r"(?:[0-9]{1,15}(?:[.,][0-9]{0,24})?|[.,][0-9]{1,24})"
_FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("timecode", re.compile(r"([0-9]{1,2})[:;.]([0-9]{1,2})[:;.]([0-9]{1,2})([:;])([0-9]{1,3})(?:\.([0-9]{1,3}))?")),
    ("timecode", re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{2})(\.)([0-9]{2})()")),
    ("dotted", re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})\.([0-9]{2})")),
    ("triple", re.compile(r"([0-9]{1,3}):([0-9]{1,2}):([0-9]{1,2})")),
    ("clock", re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,4}):([0-9]{1,2})(?:[.,]([0-9]{0,15}))?")),
    ("feet", re.compile(r"([0-9]{1,7})\+([0-9]{1,2})(?:\.([0-9]{1,3}))?")),
    ("number", re.compile(_NUMBER)),
    ("measured", re.compile(rf"({_NUMBER})\s*([a-z]+)", re.IGNORECASE)),
)
_BEATS = re.compile(r"-?[0-9]+\.[0-9]+\.[0-9]+|[0-9]+\|[0-9 |]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([,.' ])[0-9]{3})(?:\1[0-9]{3})+")
UNITS: dict[str, Unit] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekunden", "secondes"), "seconds"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), "milliseconds"),
    **dict.fromkeys(("samples", "sample", "smp", "smpl", "spl", "spls"), "samples"),
    **dict.fromkeys(("frames", "frame", "fr", "frs", "f"), "frames"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A time as it was written, recognised and not yet weighed."""

    text: str
    form: Form
    parts: tuple[str, ...]


def recognise(text: str) -> Written | None:
    """The form of a time, else None.

    >>> [recognise(text).form for text in ("01:00:04;12", "0:04.5", "12,5", "123+08", "350 ms", "00:01:02")]
    ['timecode', 'clock', 'number', 'feet', 'measured', 'triple']
    >>> recognise("door slam") is None
    True
    """
    text = tidy(text)
    if not text or len(text) > _LONGEST:
        return None
    if _GROUPED.fullmatch(text):
        text = re.sub("[^0-9]", "", text)[:15]
    for form, pattern in _FORMS:
        if match := pattern.fullmatch(text):
            if form == "measured" and match[2].lower() not in UNITS:
                return None
            return Written(text, form, tuple(part or "" for part in match.groups()))
    return None


def tidy(text: str) -> str:
    """Without the spaces, full-width digits and leading apostrophe that spreadsheets leave."""
    return unicodedata.normalize("NFKC", text[: 4 * _LONGEST]).strip().removeprefix("'").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """How the times of one sheet are read.

    Parameters
    ----------
    rate
        Frame rate of the sheet's timecode.
    sample_rate_hz
        Of its counts of samples.
    zero_seconds
        Where the timeline begins, since midnight; what is no timecode counts from there.
    number_unit
        What a bare number counts.
    since_midnight
        What is no timecode counts from midnight all the same.
    triple_is_frames
        ``00:01:02`` is minutes, seconds and frames.
    dot_is_frames
        ``00:00:04.12`` ends in frames.
    """

    rate: FrameRate
    sample_rate_hz: int
    zero_seconds: Fraction
    number_unit: Unit = "seconds"
    since_midnight: bool = False
    triple_is_frames: bool = False
    dot_is_frames: bool = False

    @property
    def frame_seconds(self) -> Fraction:
        """Length of a frame."""
        return 1 / self.rate.rate

    def position_seconds(self, text: str) -> Fraction:
        """Seconds since midnight of a written position, exact.

        Raises
        ------
        BadArgument
            When it is not a time, or does not exist at the frame rate.
        """
        written = _time(text)
        seconds = self.value_seconds(written)
        if self.is_timecode(written):
            day_frames = self.rate.timecode_to_frames(f"23:59:59:{self.rate.nominal - 1}") + 1
            passed_midnight = 2 * (self.zero_seconds - seconds) * self.rate.rate > day_frames
            return seconds + passed_midnight * day_frames / self.rate.rate
        return seconds if self.since_midnight else seconds + self.zero_seconds

    def length_seconds(self, text: str) -> Fraction:
        """Seconds of a written length, exact.

        Raises
        ------
        BadArgument
            When it is not a time, or does not exist at the frame rate.
        """
        return self.value_seconds(_time(text))

    def is_timecode(self, written: Written) -> bool:
        """Whether it names a frame of the day, and not a distance."""
        return written.form == "timecode" or (written.form == "dotted" and self.dot_is_frames)

    def value_seconds(self, written: Written) -> Fraction:
        """The written value alone, from nought.

        Raises
        ------
        BadArgument
            When it does not exist: second 75, or a frame that the rate has not.
        """
        parts = written.parts
        match written.form:
            case "timecode":
                hours, minutes, seconds, _, frames, subframes = parts
                return (
                    self._timecode_seconds(hours, minutes, seconds, frames) + _decimal("", subframes) / self.rate.rate
                )
            case "dotted" if self.dot_is_frames:
                return self._timecode_seconds(*parts)
            case "dotted" | "clock":
                return _clock_seconds(written.text, *parts)
            case "triple" if self.triple_is_frames:
                return self._timecode_seconds("00", *parts)
            case "triple":
                return _clock_seconds(written.text, *(*parts, ""))
            case "feet":
                feet, frames, parts_of_frame = parts
                if int(frames) >= FRAMES_PER_FOOT:
                    raise BadArgument(f"{written.text} does not exist: a foot of 35 mm film has 16 frames.")
                return (FRAMES_PER_FOOT * int(feet) + _decimal(frames, parts_of_frame)) / self.rate.rate
            case "measured":
                return self._counted_seconds(parts[0], UNITS[parts[1].lower()])
            case _:
                return self._counted_seconds(written.text, self.number_unit)

    def _timecode_seconds(self, hours: str, minutes: str, seconds: str, frames: str) -> Fraction:
        separator = ";" if self.rate.drop_frame else ":"
        return self.rate.timecode_to_frames(f"{hours}:{minutes}:{seconds}{separator}{frames}") / self.rate.rate

    def _counted_seconds(self, number: str, unit: Unit) -> Fraction:
        whole, _, decimals = number.replace(",", ".").partition(".")
        value = _decimal(whole, decimals)
        match unit:
            case "seconds":
                return value
            case "milliseconds":
                return value / 1000
            case "samples":
                return value / self.sample_rate_hz
            case "frames":
                return value / self.rate.rate


def _time(text: str) -> Written:
    if written := recognise(text):
        return written
    short = tidy(text)[:_LONGEST]
    if _BEATS.fullmatch(short):
        raise BadArgument(f"{short} is in bars and beats: export the sheet in timecode, seconds or samples.")
    if short.startswith(("-", "−")) and recognise(short[1:]):
        raise BadArgument(f"{short} is before zero.")
    raise BadArgument(f"{short!r} is not a time: write it like 01:02:10:12, 1:02.5 or 62.5.")


def _clock_seconds(text: str, hours: str, minutes: str, seconds: str, decimals: str) -> Fraction:
    if int(seconds) > 59 or (hours and int(minutes) > 59):
        raise BadArgument(f"{text} does not exist: minutes and seconds end at 59.")
    return 3600 * int(hours or 0) + 60 * int(minutes) + _decimal(seconds, decimals)


def _decimal(whole: str, decimals: str) -> Fraction:
    return Fraction(int(whole or 0)) + (Fraction(int(decimals), 10 ** len(decimals)) if decimals else 0)
