"""A list of actions done in order, to all of a sound or within a span of it.

A span is changed in place: what an action hears around it comes along, and only the span of its result is taken. How
an action works is for :mod:`engine.editing.doers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.action import Action, Fill, Resample
from engine.audio import Samples
from engine.editing.doers import done
from engine.editing.filling import filled
from engine.editing.kit import Kit
from engine.editing.spool import Spool
from engine.editing.spot import Spliced
from engine.errors import BadArgument
from engine.handle import Handle
from engine.request import EditRequest
from engine.source import Blocks, Part, Source

AROUND_SECONDS = 5.0
"""What an action hears before and after a span that it changes."""


@dataclass(frozen=True, slots=True)
class Span:
    """Samples ``start`` to ``end`` of a sound."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Samples."""
        return self.end - self.start


def edited(source: Source, actions: Sequence[Action], kit: Kit, span: Span | None = None) -> Source:
    """The result of the actions, one after the other.

    Parameters
    ----------
    span
        Only this is changed, and the length stays; None: all of it.

    Raises
    ------
    BadArgument
        What an action cannot be done to, naming the action.
    """
    whole = source
    for number, action in enumerate(actions):
        kit.handle.progress(number / len(actions), action.name.replace("_", " "))
        own = replace(kit, handle=kit.handle.part(number / len(actions), (number + 1) / len(actions)))
        watched = Watched(source, kit.handle)
        rate = action.rate_hz if isinstance(action, Resample) else source.sample_rate_hz
        try:
            made = done(action, watched, own) if span is None else _within(action, watched, span, own)
            result = Spool(made, sample_rate_hz=rate, folder=kit.folder)
        except BadArgument as error:
            raise BadArgument(f"{action.name}: {error.sentence}", field=_asked(error.field)) from None
        source = result if span is None else Spliced(whole, result, span.start)
    return source


def _asked(field: str) -> str:
    """The key of the request that something is about: what an action calls its own stands in ``do``."""
    return "noise_length" if field == "noise" else field if field in EditRequest.model_fields else "do"


def _within(action: Action, source: Source, span: Span, kit: Kit) -> Blocks:
    """What comes into the span."""
    if action.reach == "whole":
        raise BadArgument("It works on a whole region: leave the selection out.", field="selection_length")
    if isinstance(action, Fill):
        return filled(action, source, span.start, span.end, kit)
    if action.reach == "span":
        return done(action, Part(source, span.start, span.end), kit)
    around = round(AROUND_SECONDS * source.sample_rate_hz)
    start, end = max(0, span.start - around), min(source.length_samples, span.end + around)
    return _cut_out(done(action, Part(source, start, end), kit), span.start - start, span.length)


def _cut_out(made: Blocks, start: int, length_samples: int) -> Blocks:
    """Samples ``start`` to ``start + length_samples`` of some blocks."""
    at = 0
    for block in made:
        inside = block[:, max(0, start - at) : max(0, start + length_samples - at)]
        at += block.shape[1]
        if inside.shape[1]:
            yield inside


class Watched:
    """A source whose every read is where a cancel takes hold."""

    def __init__(self, source: Source, handle: Handle) -> None:
        self._source, self._handle = source, handle
        self.sample_rate_hz = source.sample_rate_hz
        self.channels = source.channels
        self.length_samples = source.length_samples

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`engine.source.Source.read`."""
        self._handle.check()
        return self._source.read(start, end)
