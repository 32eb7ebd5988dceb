"""Moments of a sound moved to where they belong, the pitch kept: time is bent between strikes and never through one.

The sound is cut just before each strike. A piece begins with a copy of the strike and its first decay, sample for
sample at the place the map of time gives it; from there to the next strike the vocoder bends time. A piece hears
nothing of its neighbours, so no strike is smeared and none echoes ahead. Two passes over the source: one finds the
strikes, one makes the sound.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio import Samples
from engine.dsp.stft import scaled
from engine.dsp.transients import transients
from engine.dsp.vocoder import Piece, vocoded
from engine.errors import BadArgument
from engine.source import Blocks, Source

LEAST_FACTOR, MOST_FACTOR = 0.25, 4.0
"""Between any two anchors time gets shorter or longer by no more."""
FRAME_SAMPLES = 4096
"""At 48 kHz: 85 ms tells partials 25 Hz apart."""
_LEAD_SECONDS = 0.002
"""A piece begins so long before its strike, and is faded in meanwhile."""
_COPY_SECONDS = 0.04
"""So much from a piece's beginning is copied; the ear times and names a strike by it."""
_COPY_SHARE = 0.6
"""At most so much of a piece is copied: the rest must take up all of the change."""


def warp(source: Source, *, anchors: Sequence[tuple[int, int]], length_samples: int) -> Blocks:
    """The sound with each anchor's first sample moved to its second.

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
    return _made(source, _TimeMap(source.length_samples, anchors, length_samples))


class _TimeMap:
    """Straight from anchor to anchor."""

    def __init__(self, source_samples: int, anchors: Sequence[tuple[int, int]], length_samples: int) -> None:
        inner = [pair for pair in anchors if pair not in ((0, 0), (source_samples, length_samples))]
        knots = [(0, 0), *inner, (source_samples, length_samples)]
        for (heard, made), (next_heard, next_made) in zip(knots, knots[1:], strict=False):
            span, wanted = next_heard - heard, next_made - made
            if span < 1 or wanted < 1:
                raise BadArgument(
                    "Anchors rise, in the sound and in the result, and lie between its first sample and its last.",
                    field="anchors",
                )
            if not LEAST_FACTOR * span - 1 <= wanted <= MOST_FACTOR * span + 1:
                raise BadArgument(
                    f"Samples {heard} to {next_heard} would become {wanted / span:.3g} times as long; "
                    f"{LEAST_FACTOR:g} to {MOST_FACTOR:g} can be done.",
                    field="anchors",
                )
        self.heard, self.made = np.array(knots, np.float64).T.copy()

    def made_at(self, heard: NDArray[np.int64]) -> NDArray[np.int64]:
        """Samples of the result for samples of the source."""
        return np.asarray(np.round(np.interp(heard, self.heard, self.made)), np.int64)


def _made(source: Source, bent: _TimeMap) -> Blocks:
    """Piece after piece, each faded into the next."""
    rate = source.sample_rate_hz
    lead = max(1, round(_LEAD_SECONDS * rate))
    frame = scaled(FRAME_SAMPLES, rate)
    rise = np.linspace(0.0, 1.0, lead, dtype=np.float32)
    tail: Samples | None = None
    for piece in _pieces(source, bent, lead):
        last = piece.end == source.length_samples
        kept = piece.length_samples if last else piece.length_samples - lead
        place = 0
        following: list[Samples] = []
        for block in vocoded(source, piece, frame):
            if tail is not None and place < lead:
                inside = min(lead - place, block.shape[1])
                block[:, :inside] *= rise[place : place + inside]
                block[:, :inside] += tail[:, place : place + inside]
            body = block[:, : max(0, kept - place)]
            if body.shape[1] < block.shape[1]:
                following.append(block[:, body.shape[1] :])
            place += block.shape[1]
            if body.shape[1]:
                yield body
        tail = None if last else np.concatenate(following, axis=1) * rise[::-1]


def _pieces(source: Source, bent: _TimeMap, lead: int) -> list[Piece]:
    """From each strike's lead to the next one's; the first from the beginning."""
    copied = round(_COPY_SECONDS * source.sample_rate_hz)
    strikes = transients(source)
    heard = strikes - lead
    made = bent.made_at(strikes) - lead
    good = (heard > 0) & (made > 0)
    heard, made = [0, *heard[good].tolist()], [0, *made[good].tolist()]
    kept_heard, kept_made = [0], [0]
    for there, here in zip(heard[1:], made[1:], strict=True):
        if here - kept_made[-1] > 2 * lead:
            kept_heard.append(there)
            kept_made.append(here)
    kept_heard.append(source.length_samples)
    kept_made.append(int(bent.made[-1]))
    pieces = []
    for number in range(len(kept_heard) - 1):
        (start, end), (begin, until) = kept_heard[number : number + 2], kept_made[number : number + 2]
        last = number == len(kept_heard) - 2
        copy = int(min(copied, _COPY_SHARE * (end - start), _COPY_SHARE * (until - begin))) if number else 0
        inner = (bent.heard > start + copy) & (bent.heard < end) & (bent.made > begin + copy) & (bent.made < until)
        knots_heard = np.concatenate([[start, start + copy], bent.heard[inner], [end]])
        knots_made = np.concatenate([[0, copy], bent.made[inner] - begin, [until - begin]])
        pieces.append(
            Piece(
                start=start,
                end=end if last else end + lead,
                length_samples=until - begin + (0 if last else lead),
                made=knots_made,
                heard=knots_heard,
            )
        )
    return pieces
