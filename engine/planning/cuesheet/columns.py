"""Which column of a table says what: by its header, or, without one, by its content.

Names are compared without case, spaces, marks and accents. It looks at the first rows only, and reads no time exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.planning.cuesheet.sheet import Column, Entry, Role, Row, Unit
from engine.planning.cuesheet.times import UNITS, recognise, tidy

_SAMPLED_ROWS = 100
_MAX_COLUMNS = 64
_NAMES: dict[Role, str] = {  # the first column of a role is it; later ones of the same name are left alone
    "start": "start|starts|startzeit|starttime|starttc|starttimecode|tcstart|in|tcin|timein|timecodein|intc|intime|"
    "inpoint|intimecode|markin|recordin|recin|timelinein|timeline|begin|begins|beginn|anfang|von|from|debut|inicio|"
    "inizio|entrada|entree|timecode|tc|smpte|smptein|time|zeit|temps|tiempo|tempo|position|pos|location|onset|"
    "timeseconds|startseconds|at|when|timestamp|cuein|cuetime|cuetc|spot",
    "end": "end|ends|endzeit|endtime|endtc|endtimecode|tcend|out|tcout|timeout|timecodeout|outtc|outtime|outpoint|"
    "outtimecode|markout|recordout|recout|smpteout|timelineout|stop|finish|ende|bis|to|until|fin|final|fine|salida|"
    "sortie|cueout|endseconds",
    "length": "length|len|duration|dur|lange|laenge|dauer|duree|duracion|durata|longueur|lengthseconds|"
    "durationseconds|lasts",
    "label": "description|desc|text|effect|effects|sfx|fx|sound|sounds|soundeffect|sounddescription|soundfx|foley|"
    "action|what|beschreibung|gerausch|geraeusch|ton|effekt|son|bruitage|sonido|efecto|efectos|suono|effetto|"
    "descripcion|descrizione|label|prompt|dialogue|dialog|spotting|asset|cuedescription|eventdescription|"
    "summary",
    "name": "name|title|titel|titre|titulo|titolo|clip|clipname|marker|markername|event|eventname|region|regionname|"
    "cuename|nom|nombre|nome|filename",
    "note": "note|notes|notiz|notizen|comment|comments|kommentar|kommentare|bemerkung|bemerkungen|remark|remarks|"
    "commentaire|commentaires|nota|notas|comentario|comentarios|commento|info|detail|details|instructions",
    "id": "#|id|no|nr|num|number|nummer|numero|cuenumber|cueno|cuenr|cueid|cue#|cuenum|eventnumber|eventno|event#|"
    "index|row|item|itemnumber|markernumber|marker#|n",
    "cue": "cue|cues",
    "track": "track|tracks|trackname|stem|stems|stemname|character|channel|chan|ch|dest|destination|bus|spur|piste|"
    "pista|canal|canale|rolle|group|folder|layer",
    "kind": "kind|type|typ|art|cuetype|cuekind|category|kategorie",
    "strength": "strength|level|velocity|vel|intensity|weight|loudness|force|dynamic|dynamics|starke|staerke|volume",
    "confidence": "confidence|sure|certainty|probability",
    "x": "x|pan|placex",
    "y": "y|placey",
    "size": "size",
    "shot": "shot|shotnumber|shotno|einstellung|plan",
    "samples": "samples|sample|samplessincemidnight|timereference|startsamples|samplestart|sampleposition",
    "length_samples": "lengthsamples|lengthinsamples|durationsamples",
}
_ROLES: dict[str, Role] = {name: role for role, names in _NAMES.items() for name in names.split("|")}
_STRONG: dict[str, Role] = {  # words that decide a longer name, in this order: "event start time", "sfx description"
    **dict.fromkeys(("duration", "length", "dauer", "duree"), "length"),
    **dict.fromkeys(("out", "end", "stop", "ende"), "end"),
    **dict.fromkeys(("in", "start", "begin", "timecode", "tc"), "start"),
    **dict.fromkeys(("description", "beschreibung", "effect", "sfx"), "label"),
    **dict.fromkeys(("notes", "comments", "comment", "note"), "note"),
    **dict.fromkeys(("number", "no", "id", "#"), "id"),
    **dict.fromkeys(("track", "stem", "channel"), "track"),
}
_WORTH = {"timecode": 4, "dotted": 4, "clock": 3, "triple": 3, "feet": 3, "measured": 3, "number": 1}
_CUE_NUMBER = re.compile(r"[A-Za-z]{0,4}[-_.]?[0-9]{1,6}[A-Za-z]?([-_.][0-9A-Za-z]{1,6})*")
_COMMENT = ("#", "//", "--")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a table's columns are."""

    roles: Mapping[Role, int]
    header: Row | None = None
    unit: Unit | None = None
    worth: int = 0
    """How surely the start column holds times; compares readings of one file."""

    def columns(self) -> tuple[Column, ...]:
        """For people: every column with a header or a role."""
        role_at = {index: role for role, index in self.roles.items()}
        headers = self.header.cells if self.header else ()
        return tuple(
            Column(number=i + 1, header=headers[i][:80] if i < len(headers) else "", role=role_at.get(i, ""))
            for i in range(max([len(headers), *(i + 1 for i in role_at)]))
            if i in role_at or (i < len(headers) and headers[i])
        )

    def entry(self, row: Row) -> Entry | None:
        """The row by its roles; None for a comment, or the header again."""
        values: dict[Role, str] = {
            role: row.cells[i].strip() for role, i in self.roles.items() if i < len(row.cells) and row.cells[i].strip()
        }
        if self.header and row.cells == self.header.cells:
            return None
        if "start" not in values and row.text.startswith(_COMMENT):
            return None
        return Entry(row=row.number, text=row.text, values=values)


def find_layout(rows: Sequence[Row]) -> Layout | None:
    """The columns of a table, from its first rows; None when nothing in it is a time."""
    rows = [Row(number=row.number, cells=row.cells[:_MAX_COLUMNS]) for row in rows[:_SAMPLED_ROWS]]
    best: Layout | None = None
    for index, row in enumerate(rows):
        roles, unit = _named(row.cells)
        if "start" not in roles and len(roles) < 2:
            continue
        below = rows[index + 1 :]
        if not _worth(below, roles.get("start", _MAX_COLUMNS)):  # "Location" may name a place
            if (start := _time_column(below, set(roles.values()))) is not None:
                roles["start"] = start
            elif "samples" in roles and "start" not in roles:
                roles["start"], unit = roles.pop("samples"), "samples"
        if "start" in roles:
            worth = _worth(below, roles["start"]) + len(roles)
            layout = Layout(roles=_settled(roles, below), header=row, unit=unit, worth=worth)
            if best is None or layout.worth > best.worth + len(below) // 2:  # the first, unless one is far better
                best = layout
    return best or _guessed(rows)


def _named(cells: Sequence[str]) -> tuple[dict[Role, int], Unit | None]:
    roles: dict[Role, int] = {}
    unit: Unit | None = None
    for strong_only in (False, True):  # an exact name anywhere is better than a part of one
        for i, cell in enumerate(cells):
            if i in roles.values():
                continue
            role, measured = _role(cell, by_word=strong_only)
            if role and role not in roles:
                roles[role] = i
                unit = measured if role == "start" and measured else unit
    return roles, unit


def _role(header: str, *, by_word: bool) -> tuple[Role | None, Unit | None]:
    """Role of a header, and the unit it names: ``Start (s)``."""
    text = "".join(c for c in unicodedata.normalize("NFKD", header[:80]).casefold() if not unicodedata.combining(c))
    words = re.findall(r"[a-z0-9]+|#", text)
    if not words or len(words) > 6 or recognise(header):
        return None, None
    unit = UNITS.get(words[-1])
    if unit and len(words) == 1 and unit != "samples":  # a column called Seconds
        return (None, None) if by_word or len(words[0]) == 1 else ("start", unit)
    if by_word:
        return next((_STRONG[name] for name in _STRONG if name in words), None), unit
    plain = _ROLES.get("".join(words))
    if plain is None and unit and len(words) > 1:
        plain = _ROLES.get("".join(words[:-1]))
    if plain is None:  # "Start [hh:mm:ss:ff]"
        plain = _ROLES.get("".join(re.findall(r"[a-z0-9]+|#", re.split(r"[(\[]", text)[0])))
    return plain, unit


def _cells(rows: Sequence[Row], column: int) -> list[str]:
    return [row.cells[column] for row in rows if column < len(row.cells) and row.cells[column].strip()]


def _worth(rows: Sequence[Row], column: int) -> int:
    return sum(_WORTH[written.form] for cell in _cells(rows, column) if (written := recognise(cell)))


def _time_column(rows: Sequence[Row], taken: set[int]) -> int | None:
    """First of the columns that are times most surely."""
    width = max((len(row.cells) for row in rows), default=0)
    worth = {i: _worth(rows, i) / len(cells) for i in range(width) if i not in taken and (cells := _cells(rows, i))}
    likely = [i for i, value in worth.items() if value >= 0.5 and value > 0.6 * max(worth.values())]
    return min(likely, default=None)


def _settled(roles: dict[Role, int], rows: Sequence[Row]) -> dict[Role, int]:
    """A column called Cue is its number, or what should sound."""
    if "cue" in roles:
        column = roles.pop("cue")
        cells = _cells(rows, column)
        numbers = sum(bool(_CUE_NUMBER.fullmatch(tidy(cell))) for cell in cells)
        roles.setdefault("id" if 2 * numbers > len(cells) else "label", column)
    return roles


def _guessed(rows: Sequence[Row]) -> Layout | None:
    """A table without a header: the first column of times, a second one after it, numbers before it, words."""
    start = _time_column(rows, set())
    if start is None:
        return None
    roles: dict[Role, int] = {"start": start}
    form = next(w.form for cell in _cells(rows, start) if (w := recognise(cell)))
    after = start + 1
    if form != "number" and (cells := _cells(rows, after)):
        same = [w for cell in cells if (w := recognise(cell)) and w.form == form]
        if 2 * len(same) > len(cells):
            roles["end"] = after
    width = max(len(row.cells) for row in rows)
    free = [i for i in range(width) if i not in roles.values()]
    for i in (i for i in free if i < start):
        cells = [tidy(cell) for cell in _cells(rows, i)]
        if cells and len(set(cells)) == len(cells) and all(_CUE_NUMBER.fullmatch(cell) for cell in cells):
            roles["id"] = i
            break
    words = {i: sum(sum(c.isalpha() for c in cell) for cell in _cells(rows, i)) for i in free if i != roles.get("id")}
    if any(words.values()):
        roles["label"] = max(words, key=lambda i: words[i])
    return Layout(roles=roles, worth=_worth(rows, start))
