"""Moments of a sound moved to where they belong, the pitch kept: time is bent between strikes and never through one.

The sound is cut just before each strike. A piece begins with a copy of the strike and its first decay, sample for
sample at the place the map of time gives it; from there to the next strike the vocoder bends time. A piece hears
nothing of the next one, so no strike is smeared and none echoes ahead. Two passes over the source: one finds the
strikes, one makes the sound.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from engine.audio import Samples
from engine.dsp.transients import Places, transients
from engine.dsp.vocoder import Knots, Piece, vocoded
from engine.errors import BadArgument
from engine.source import Blocks, Source

LEAST_FACTOR, MOST_FACTOR = 0.25, 4.0
"""Between any two anchors time gets shorter or longer by no more."""
_LEAD_SECONDS = 0.004
"""A piece begins so long before its strike, and is faded in meanwhile."""
_COPY_SECONDS = 0.04
"""So much from a piece's beginning is copied; the ear times and names a strike by it."""
_COPY_SHARE = 0.6
"""At most so much of a piece is copied: the rest must take up all of the change."""


def warp(source: Source, *, anchors: Sequence[tuple[int, int]], length_samples: int) -> Blocks:
    """The sound with each anchor's first sample moved to its second.

    A strike just before an anchor moves with it; every other moment moves as if time ran evenly from anchor to anchor,
    except that what follows a strike within 40 ms stays as far from it as it was.

    Parameters
    ----------
    source
        Any sound.
    anchors
        ``(sample of the source, sample of the result)``, both strictly rising; the two beginnings and the two ends
        are anchors too.
    length_samples
        Of the result.

    Raises
    ------
    BadArgument
        When the anchors do not rise, lie outside the sound, or ask for more than :data:`LEAST_FACTOR` to
        :data:`MOST_FACTOR`.
    """
    heard, made = _knots(source, anchors, length_samples)
    return _joined(source, heard, made)


def _knots(source: Source, anchors: Sequence[tuple[int, int]], length_samples: int) -> tuple[Knots, Knots]:
    """The map of time: samples of the source, and what they become."""
    rate = source.sample_rate_hz
    ends = ((0, 0), (source.length_samples, length_samples))
    knots = [ends[0], *(pair for pair in anchors if tuple(pair) not in ends), ends[1]]
    for (heard, made), (next_heard, next_made) in itertools.pairwise(knots):
        span, wanted = next_heard - heard, next_made - made
        if span < 1 or wanted < 1:
            raise BadArgument(
                f"Anchors rise from the beginning to the end, before and after; {next_heard / rate:.6g}:"
                f"{next_made / rate:.6g} seconds cannot follow {heard / rate:.6g}:{made / rate:.6g}.",
                field="anchors",
            )
        if not LEAST_FACTOR * span - 1 <= wanted <= MOST_FACTOR * span + 1:
            raise BadArgument(
                f"From {heard / rate:.6g} to {next_heard / rate:.6g} s it would become {wanted / span:.3g} times as "
                f"long, and {LEAST_FACTOR:g} to {MOST_FACTOR:g} can be done: move these anchors less.",
                field="anchors",
            )
    pairs = np.array(knots, np.float64)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


class _Mirrored:
    """A source that goes on a little beyond its ends, backwards: where it is cut off is nothing to be heard."""

    def __init__(self, source: Source, beyond: int) -> None:
        self._source, self._beyond = source, beyond
        self.sample_rate_hz, self.channels = source.sample_rate_hz, source.channels
        self.length_samples = source.length_samples
        self._before = source.read(0, beyond)[:, ::-1]
        self._after = source.read(self.length_samples - beyond, self.length_samples)[:, ::-1]

    def read(self, start: int, end: int) -> Samples:
        """See :meth:`Source.read`."""
        sound = self._source.read(start, end)
        if start >= 0 and end <= self.length_samples:
            return sound
        sound = np.array(sound)
        for begin, mirrored in ((-self._beyond, self._before), (self.length_samples, self._after)):
            first, last = max(start, begin), min(end, begin + self._beyond)
            if first < last:
                sound[:, first - start : last - start] = mirrored[:, first - begin : last - begin]
        return sound


def _joined(source: Source, heard: Knots, made: Knots) -> Blocks:
    """Piece after piece, each faded into the next."""
    lead = max(1, round(_LEAD_SECONDS * source.sample_rate_hz))
    # Not quite from end to end: where a piece's hearing has all but faded there is nothing to go by.
    rise = np.clip((np.arange(lead) + 0.5) / lead * 1.6 - 0.3, 0.0, 1.0).astype(np.float32)
    mirrored = _Mirrored(source, lead)
    tail: Samples | None = None
    for piece in _pieces(source, heard, made, lead):
        kept = int(piece.made[-1])
        place = 0
        following = []
        for block in vocoded(mirrored, piece):
            if tail is not None and place < lead:
                inside = min(lead - place, block.shape[1])
                block[:, :inside] *= rise[place : place + inside]
                block[:, :inside] += tail[:, place : place + inside]
            body = block[:, : max(0, kept - place)]
            place += block.shape[1]
            if body.shape[1]:
                yield body
            if body.shape[1] < block.shape[1]:
                following.append(block[:, body.shape[1] :])
        if following:
            tail = np.concatenate(following, axis=1) * rise[::-1]


def _pieces(source: Source, heard: Knots, made: Knots, lead: int) -> Iterator[Piece]:
    """From each strike's lead to the next one's; the first from the beginning."""
    copied = round(_COPY_SECONDS * source.sample_rate_hz)
    strikes = transients(source)
    begins = np.stack([strikes, _moved(strikes, heard, made, copied)], axis=1) - lead
    cuts = [(0, 0)]
    for there, here in begins.tolist():
        if there > cuts[-1][0] and here >= cuts[-1][1] + 2 * lead and here + 2 * lead <= made[-1]:
            cuts.append((there, here))
    cuts.append((source.length_samples, int(made[-1])))
    for number, ((start, begin), (end, until)) in enumerate(itertools.pairwise(cuts)):
        last = number == len(cuts) - 2
        copy = int(min(copied, _COPY_SHARE * (end - start), _COPY_SHARE * (until - begin))) if number else 0
        inner = (heard > start + copy) & (heard < end) & (made > begin + copy) & (made < until)
        yield Piece(
            start=start if number else -lead,
            end=end + lead,
            fade_samples=lead,
            length_samples=until - begin + (0 if last else lead),
            steady_samples=copy,
            closes=not last,
            made=np.array([0, copy, *(made[inner] - begin), until - begin], np.float64),
            heard=np.array([start, start + copy, *heard[inner], end], np.float64),
        )


def _moved(strikes: Places, heard: Knots, made: Knots, copied: int) -> Places:
    """What strikes become: an anchor within the part that is copied takes the strike along."""
    places = np.interp(strikes, heard, made)
    following = np.clip(np.searchsorted(heard, strikes), 1, heard.size - 1)
    near = (following < heard.size - 1) & (heard[following] - strikes < copied)
    places[near] = strikes[near] + (made - heard)[following[near]]
    return np.asarray(np.round(places), np.int64)
