"""Entries to cues: times to samples of the request, labels and tracks within a cue's bounds, ids that are unique.

What cannot be a cue becomes a bad row with its reason. It does not know which format the entries came from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count

from engine.cue import MAX_CUES, Cue, CueKind, Origin
from engine.errors import BadArgument
from engine.planning.cuesheet.ruler import ruler_for
from engine.planning.cuesheet.sheet import MAX_ROWS, BadRow, Entry, Found, Role, Sheet, shown
from engine.planning.cuesheet.times import Ruler, recognise, tidy
from engine.session import Session
from engine.timebase import FrameRate, round_late

_MAX_LABEL = 400
_MAX_TRACK = 120
_FURTHEST_SAMPLES = 2**47
_LONGEST_SAMPLES = 2**40
_KINDS: dict[str, CueKind] = {
    **{kind: kind for kind in ("impact", "step", "swell", "movement", "cut", "onset", "mark")},
    **dict.fromkeys(("hit", "impacts", "hits", "bang", "slam"), "impact"),
    **dict.fromkeys(("steps", "footstep", "footsteps", "feet"), "step"),
    **dict.fromkeys(("whoosh", "move", "motion"), "movement"),
    **dict.fromkeys(("marker", "spot"), "mark"),
}
_BARE_KINDS = {"impact", "swell", "movement", "cut"}
_STRENGTHS = {"soft": 0.3, "light": 0.3, "low": 0.3, "quiet": 0.3, "medium": 0.6, "mid": 0.6, "normal": 0.6}
_STRENGTHS |= dict.fromkeys(("hard", "heavy", "high", "loud", "strong"), 1.0)
_LABELS: tuple[Role, ...] = ("label", "name", "note")
_ROWS_NAMED = 5
_SHARE = re.compile(r"[0-9]{0,9}[.,]?[0-9]{1,24} ?%?")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def sheet_of(
    found: Found,
    *,
    session: Session,
    position_samples: int,
    frame_rate: FrameRate | None,
    origin: Origin,
) -> Sheet:
    """Make the cues.

    Parameters
    ----------
    found
        The entries.
    session
        The timeline.
    position_samples
        Where on it the request begins; cues count from there.
    frame_rate
        Of the entries' timecode; None: the file's own, else the session's.
    origin
        Where the cues come from.

    Raises
    ------
    BadArgument
        When the session's start timecode does not exist at its frame rate.
    """
    decided = ruler_for(found, session, frame_rate)
    maker = _Maker(
        ruler=decided.ruler,
        sample_rate_hz=session.sample_rate,
        begin_samples=session.start_samples + position_samples,
        begin_timecode=_timecode(session, position_samples),
        origin=origin,
        moment_frames=found.moment_frames,
        shift_seconds=Fraction(position_samples if found.counted_from == "request" else 0, session.sample_rate),
    )
    good: list[tuple[Entry, Cue]] = []
    bad: list[BadRow] = []
    for entry in found.entries:
        try:
            if entry.problem:
                raise BadArgument(entry.problem)
            cue = maker.cue(entry)
            if len(good) == MAX_CUES:
                raise BadArgument(f"A request has at most {MAX_CUES:,} cues: this one is left out.")
            good.append((entry, cue))
        except BadArgument as error:
            bad.append(BadRow(row=entry.row, reason=error.sentence, text=shown(entry.text)))
    if found.cut_at_row:
        reason = f"The sheet is longer than is read, {MAX_ROWS:,} rows of cues: this row and all after it are left out."
        bad.append(BadRow(row=found.cut_at_row, reason=reason, text=""))
    return Sheet(
        cues=_with_ids(good),
        bad_rows=tuple(sorted(bad, key=lambda row: row.row)),
        columns=found.columns,
        warnings=(*found.warnings, *decided.warnings, *maker.warnings()),
    )


def _timecode(session: Session, position_samples: int) -> str:
    exact = Fraction(session.start_samples + position_samples, session.sample_rate) * session.frames.rate
    return session.frames.frames_to_timecode(round_late(exact))


@dataclass(kw_only=True)
class _Maker:
    """Turns entries into cues and remembers what it had to change."""

    ruler: Ruler
    sample_rate_hz: int
    begin_samples: int
    begin_timecode: str
    origin: Origin
    shift_seconds: Fraction
    moment_frames: int
    changed: dict[str, list[int]] = field(default_factory=dict)

    def warnings(self) -> list[str]:
        """One sentence for each thing that was changed, with the first rows."""
        return [
            f"{what} ({'row' if len(rows) == 1 else 'rows'} {', '.join(map(str, rows[:_ROWS_NAMED]))}"
            f"{f' and {len(rows) - _ROWS_NAMED:,} more' if len(rows) > _ROWS_NAMED else ''})."
            for what, rows in self.changed.items()
        ]

    def cue(self, entry: Entry) -> Cue:
        """The cue of an entry, its id not yet decided."""
        start, end = self._span(entry.values)
        samples = self._samples(start) - self.begin_samples
        if samples < 0:
            raise BadArgument(f"It lies before the request begins, at {self.begin_timecode}.")
        length = self._samples(end) - self._samples(start)
        if samples > _FURTHEST_SAMPLES or length > _LONGEST_SAMPLES:
            raise BadArgument("It is too long or too far away: is the time in another unit?")
        shot = entry.values.get("shot", "")[:6]
        kind, label = _KINDS.get(_printable(entry.values.get("kind", "")).casefold(), "mark"), self._label(entry)
        if kind == "mark" and label.casefold() in _BARE_KINDS:  # as we name the markers that have no words
            kind, label = _KINDS[label.casefold()], ""
        return Cue(
            id="r",
            start_samples=samples,
            length_samples=max(0, length),
            kind=kind,
            strength=self._share(entry, "strength", 1.0),
            confidence=self._share(entry, "confidence", 1.0),
            x=self._share(entry, "x", 0.5),
            y=self._share(entry, "y", 0.5),
            size=self._share(entry, "size", 0.5) if "size" in entry.values else None,
            shot=max(1, int(shot)) if shot.isascii() and shot.isdigit() else 1,
            label=label,
            track=self._cut(entry, "Track names", _printable(entry.values.get("track", "")), _MAX_TRACK),
            origin=self.origin,
            row=entry.row,
        )

    def _samples(self, seconds: Fraction) -> int:
        return round_late(seconds * self.sample_rate_hz)

    def _span(self, values: Mapping[Role, str]) -> tuple[Fraction, Fraction]:
        """Start and end since midnight: as written, and to the sample where the sheet counts samples too."""
        counted = _count(values.get("samples", ""))
        if (text := values.get("start", "")) == "":
            if counted is None:
                raise BadArgument("It has no time.")
            start = written = self.ruler.position_seconds(f"{counted} samples")
        else:
            written = start = self._position(text)
            if counted is not None:
                exact = Fraction(counted, self.ruler.sample_rate_hz)
                start = self._finer(written, exact, exact + self.ruler.zero_seconds)
        end = None
        if text := values.get("end", ""):
            if (end := self._position(text)) < written:
                raise BadArgument(f"It ends at {tidy(text)}, before it begins.")
        elif text := values.get("length", ""):
            end = written + self.ruler.length_seconds(text)
        if (counted := _count(values.get("length_samples", ""))) is not None:
            exact = start + Fraction(counted, self.ruler.sample_rate_hz)
            end = exact if end is None else self._finer(end, exact)
        if end is None or end - written == self.moment_frames * self.ruler.frame_seconds:
            return start, start
        return start, end

    def _finer(self, written: Fraction, *counted: Fraction) -> Fraction:
        """The counted time that lies within the written frame; the written one, as edited, where none does."""
        first, after = self._samples(written), self._samples(written + self.ruler.frame_seconds)
        return next((time for time in counted if first <= self._samples(time) < after), written)

    def _position(self, text: str) -> Fraction:
        written = recognise(text)
        absolute = written is not None and self.ruler.is_timecode(written)
        return self.ruler.position_seconds(text) + (0 if absolute else self.shift_seconds)

    def _share(self, entry: Entry, role: Role, default: float) -> float:
        if not (text := tidy(entry.values.get(role, "")).casefold()):
            return default
        value = _STRENGTHS.get(text)
        if value is None and _SHARE.fullmatch(text):
            value = float(text.rstrip("% ").replace(",", "."))
            value /= 100 if text.endswith("%") or value > 1 else 1
        if value is None or value > 1:
            self._note(f"A {role} that is not a share from 0 to 1 was passed over", entry)
            return default
        return value

    def _label(self, entry: Entry) -> str:
        words = next((_printable(entry.values[role]) for role in _LABELS if entry.values.get(role)), "")
        return self._cut(entry, "Labels", words, _MAX_LABEL)

    def _cut(self, entry: Entry, what: str, text: str, limit: int) -> str:
        if len(text) > limit:
            self._note(f"{what} were cut to {limit} characters", entry)
        return text[:limit].rstrip()

    def _note(self, what: str, entry: Entry) -> None:
        self.changed.setdefault(what, []).append(entry.row)


def _count(text: str) -> int | None:
    written = recognise(text)
    return int(written.text) if written and written.form == "number" and written.text.isdigit() else None


def _printable(text: str) -> str:
    """On one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _with_ids(good: Sequence[tuple[Entry, Cue]]) -> tuple[Cue, ...]:
    """The sheet's cue number where it is one and unique, else r and the row."""
    wanted = [_NOT_IN_ID.sub("-", tidy(entry.values.get("id", ""))).strip("-._") for entry, _ in good]
    counts = Counter(wanted)
    taken = {name for name in wanted if _ID.fullmatch(name) and counts[name] == 1}
    cues = []
    for (entry, cue), name in zip(good, wanted, strict=True):
        if name not in taken:
            name = next(n for n in _row_names(entry.row) if n not in taken)
            taken.add(name)
        cues.append(cue.model_copy(update={"id": name}))
    return tuple(cues)


def _row_names(row: int) -> Iterator[str]:
    yield f"r{row}"
    yield from (f"r{row}.{n}" for n in count(2))
