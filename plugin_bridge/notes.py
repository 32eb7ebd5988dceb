"""What an instrument is to play: MIDI files and cues as MIDI messages, each on its sample.

Knows no plugins and no sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pydantic import Field

from engine.cue import Cue
from engine.errors import BadArgument, FileUnreadable
from engine.model import Model
from engine.timebase import round_late

MOST_BYTES = 20 * 2**20
MOST_EVENTS = 500_000
MOST_SECONDS = 3_600
SHORTEST_NOTE_SECONDS = 0.25
"""How long a key stays down for a cue that is a moment: one-shots ring out by themselves."""
_ON, _OFF, _CONTROL, _ALL_NOTES_OFF = 0x90, 0x80, 0xB0, 123
_DEFAULT_TEMPO_MICROSECONDS = 500_000


class Note(Model):
    """A key that is down for a while."""

    start_samples: int = Field(ge=0)
    length_samples: int = Field(ge=1)
    key: int = Field(ge=0, le=127, description="60 is middle C.")
    velocity: float = Field(gt=0, le=1, description="How hard: 1 is MIDI's 127.")
    channel: int = Field(0, ge=0, le=15)


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A MIDI message and the sample it is heard at.

    Parameters
    ----------
    rank
        Of messages at one sample, smaller comes first: keys go up before they go down again.
    data
        Its bytes, status first.
    """

    at_samples: int
    rank: int
    data: bytes


def events_of(notes: Iterable[Note]) -> tuple[Event, ...]:
    """The messages of notes, in time."""
    events = []
    for note in notes:
        velocity = max(1, round(127 * note.velocity))
        end = note.start_samples + note.length_samples
        events.append(Event(note.start_samples, 1, bytes((_ON | note.channel, note.key, velocity))))
        events.append(Event(end, 0, bytes((_OFF | note.channel, note.key, 0))))
    return tuple(sorted(events))


def notes_of_cues(
    cues: Sequence[Cue], sample_rate_hz: int, *, key: int = 60, keys: Mapping[str, int] | None = None
) -> tuple[Note, ...]:
    """A note for every cue: as hard as the cue is strong, held as long as it lasts.

    Parameters
    ----------
    sample_rate_hz
        Of the cues' samples.
    keys
        For cues of a kind ("step") or a label; all others play ``key``. A key is up before it is struck again.
    """
    keys = {name.casefold(): number for name, number in (keys or {}).items()}
    shortest = round(SHORTEST_NOTE_SECONDS * sample_rate_hz)
    ends: dict[int, int] = {}
    notes: list[Note] = []
    for cue in sorted(cues, key=lambda cue: cue.start_samples, reverse=True):  # each knows when its key is next struck
        number = keys.get(cue.label.casefold(), keys.get(cue.kind, key))
        length = cue.length_samples or shortest
        if number in ends:
            length = max(1, min(length, ends[number] - cue.start_samples))
        ends[number] = cue.start_samples
        notes.append(
            Note(
                start_samples=cue.start_samples,
                length_samples=length,
                key=number,
                velocity=max(1 / 127, cue.strength),
            )
        )
    return tuple(reversed(notes))


def read_midi(path: Path, sample_rate_hz: int) -> tuple[Event, ...]:
    """A MIDI file's messages, all tracks together, its tempo changes followed; what still sounds at its end is ended.

    Raises
    ------
    FileUnreadable
        When it is missing, no MIDI file, or of a kind without one time.
    BadArgument
        When it is too long or holds too much.
    """
    import mido  # type: ignore[import-untyped]  # it ships no types

    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadArgument(
                f"{path.name} is larger than a MIDI file may be ({MOST_BYTES // 2**20} MB).", field="midi"
            )
        file = mido.MidiFile(path)
    except OSError as error:
        told = error.strerror or "it is no MIDI file"
        raise FileUnreadable(f"{path} cannot be read: {told}.", field="midi") from None
    except (EOFError, ValueError, LookupError, mido.KeySignatureError) as error:
        raise FileUnreadable(f"{path} is no MIDI file that can be read: {error}.", field="midi") from None
    if file.type == 2:
        raise FileUnreadable(f"{path} holds songs side by side (type 2): save it as type 0 or 1.", field="midi")
    if not 0 < file.ticks_per_beat < 0x8000:
        raise FileUnreadable(f"{path} counts in frames of timecode: save it with ticks a beat.", field="midi")
    return _on_samples(mido.merge_tracks(file.tracks), file.ticks_per_beat, sample_rate_hz, path)


def _on_samples(messages: Iterable[object], ticks_per_beat: int, rate: int, path: Path) -> tuple[Event, ...]:
    tempo, seconds = _DEFAULT_TEMPO_MICROSECONDS, Fraction(0)
    events: list[Event] = []
    channels: set[int] = set()
    for message in messages:
        ticks, kind = int(getattr(message, "time", 0)), getattr(message, "type", "")
        seconds += Fraction(ticks * tempo, 1_000_000 * ticks_per_beat)
        if seconds > MOST_SECONDS or len(events) > MOST_EVENTS:
            raise BadArgument(
                f"{path.name} is longer than {MOST_SECONDS // 60} minutes, or holds over {MOST_EVENTS:,} messages.",
                field="midi",
            )
        if kind == "set_tempo":
            tempo = getattr(message, "tempo", tempo)
        if getattr(message, "is_meta", False) or kind == "sysex":
            continue
        data = bytes(message.bytes())  # type: ignore[attr-defined]  # every message of mido's has it
        if not _ON - 0x10 <= data[0] < 0xF0:
            continue
        channels.add(data[0] & 0x0F)
        is_down = data[0] & 0xF0 == _ON and data[2] > 0
        events.append(Event(round_late(seconds * rate), int(is_down), data))
    if not events:
        raise FileUnreadable(f"{path} holds no notes.", field="midi")
    end = round_late(seconds * rate)
    events += [Event(end, 2, bytes((_CONTROL | channel, _ALL_NOTES_OFF, 0))) for channel in sorted(channels)]
    return tuple(sorted(events, key=lambda event: (event.at_samples, event.rank)))
