"""Which way a sheet writes its times, decided from all of them together.

One cell is often ambiguous: ``00:01:02`` is h:m:s or m:s:f, ``12`` seconds or samples, ``1:00:12.5`` counted from
midnight or from the timeline's beginning. The other cells decide, and each decision is said in a warning. It knows
nothing of columns or files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.errors import BadArgument
from engine.planning.cuesheet.sheet import Found, Role, Unit
from engine.planning.cuesheet.times import Ruler, Written, recognise
from engine.session import Session
from engine.timebase import FrameRate

_DAY_SECONDS = 86_400
_BY_CHANCE = 0.01
"""How seldom seconds stay below the frame rate in a whole sheet before they are taken for frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A ruler, and what had to be decided for it."""

    ruler: Ruler
    warnings: tuple[str, ...]


def ruler_for(found: Found, session: Session, given_rate: FrameRate | None) -> Decided:
    """Weigh all times of a sheet.

    Raises
    ------
    BadArgument
        When the start timecode of the session, or of the file, does not exist at its frame rate.
    """
    times: tuple[Role, ...] = ("start", "end")
    positions = [w for entry in found.entries for role in times if (w := recognise(entry.values.get(role, "")))]
    lengths = [w for entry in found.entries if (w := recognise(entry.values.get("length", "")))]
    rate, warnings = _rate(found, session, given_rate, positions)
    unit, said = _number_unit(found, positions)
    ruler = Ruler(
        rate=rate,
        sample_rate_hz=found.own_sample_rate_hz or session.sample_rate,
        zero_seconds=_zero_seconds(found, session, rate),
        number_unit=unit,
        since_midnight=found.counted_from == "midnight",
    )
    warnings += said
    ruler, said = _with_dots(ruler, [*positions, *lengths])
    warnings += said
    ruler, said = _with_triples(ruler, [*positions, *lengths])
    warnings += said
    if not found.counted_from:
        ruler, said = _with_midnight(ruler, positions)
        warnings += said
    return Decided(ruler=ruler, warnings=tuple(warnings))


def _zero_seconds(found: Found, session: Session, rate: FrameRate) -> Fraction:
    """Where the timeline begins: on a sample, for what counts from there counts samples of the timeline."""
    start = session.start_samples
    if found.own_start_timecode:
        start = rate.timecode_to_samples(found.own_start_timecode, session.sample_rate)
    return Fraction(start, session.sample_rate)


def _rate(
    found: Found, session: Session, given: FrameRate | None, positions: Sequence[Written]
) -> tuple[FrameRate, list[str]]:
    """The sheet's frame rate: as asked, else as the file says, else the session's; drop-frame also by its notation."""
    rate = given or found.own_rate or session.frames
    if given and found.own_rate and given != found.own_rate:
        return rate, [f"The sheet says {found.own_rate} frames a second; it is read at {given}, as asked."]
    if given or found.own_rate:
        return rate, []
    timecodes = [w.parts[3] for w in positions if w.form == "timecode"]
    drop = found.own_drop_frame
    if drop is None and timecodes and 2 * timecodes.count(";") > len(timecodes):
        drop = True  # SMPTE's sign of it; a colon is no sign of the other, many sheets write only that
    if drop is None or drop == rate.drop_frame:
        return rate, []
    try:
        changed = replace(rate, drop_frame=drop)
    except BadArgument:
        return rate, []  # no drop-frame counting exists at this rate, so it can only be a way of writing
    return changed, [
        f"The sheet's timecode is written as {changed}, so it is read as that, not at the session's {rate}."
    ]


def _number_unit(found: Found, positions: Sequence[Written]) -> tuple[Unit, list[str]]:
    if found.number_unit:
        return found.number_unit, []
    numbers = [w.text for w in positions if w.form == "number"]
    if numbers and all(text.isdigit() for text in numbers) and any(int(text) >= _DAY_SECONDS for text in numbers):
        return "samples", ["The times are whole numbers longer than a day in seconds: they are read as samples."]
    return "seconds", []


def _with_dots(ruler: Ruler, times: Iterable[Written]) -> tuple[Ruler, list[str]]:
    dotted = [int(w.parts[3]) for w in times if w.form == "dotted"]
    if not dotted:
        return ruler, []
    if max(dotted) >= ruler.rate.nominal:
        return ruler, ["Times like 00:00:04.50 are read as hundredths of a second: some are no frame numbers."]
    ruler = replace(ruler, dot_is_frames=True)
    return ruler, ["Times like 00:00:04.12 are read as timecode: the last two digits are frames in every row."]


def _with_triples(ruler: Ruler, times: Sequence[Written]) -> tuple[Ruler, list[str]]:
    triples = [tuple(int(part) for part in w.parts) for w in times if w.form == "triple"]
    if not triples:
        return ruler, []
    nominal = ruler.rate.nominal
    if any(w.form in ("timecode", "dotted") or (w.form == "clock" and w.parts[0]) for w in times):
        frames, why = False, "other times of the sheet begin with hours"
    elif any(last >= nominal for _, _, last in triples):
        frames, why = False, f"their last number goes past {nominal - 1}"
    elif any(first > 23 for first, _, _ in triples):
        frames, why = True, "their first number goes past 23"
    elif ruler.zero_seconds >= 3600 and all(first >= int(ruler.zero_seconds) // 3600 for first, _, _ in triples):
        frames, why = False, "they begin with the hour of the session"
    elif (nominal / 60) ** len({last for _, _, last in triples}) < _BY_CHANCE:
        frames, why = True, f"their last number never goes past {nominal - 1}"
    else:
        frames, why = False, "nothing in the sheet says otherwise"
    meaning = "minutes:seconds:frames" if frames else "hours:minutes:seconds"
    return replace(ruler, triple_is_frames=frames), [f"Times like 00:01:02 are read as {meaning}: {why}."]


def _with_midnight(ruler: Ruler, positions: Iterable[Written]) -> tuple[Ruler, list[str]]:
    """Times that are no timecode: most of them at or past the session's start count from midnight."""
    if not ruler.zero_seconds:
        return ruler, []
    seconds = []
    for written in positions:
        try:
            if not ruler.is_timecode(written):
                seconds.append(ruler.value_seconds(written))
        except BadArgument:
            continue  # a bad row, and listed as one
    if not seconds:
        return ruler, []
    if 2 * sum(value >= ruler.zero_seconds for value in seconds) > len(seconds):
        return replace(ruler, since_midnight=True), [
            "The times that are not timecode are read as counted from midnight: most lie after the session's start."
        ]
    return ruler, ["The times that are not timecode are read as counted from the beginning of the timeline."]
