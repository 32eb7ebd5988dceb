"""What can be heard of a room in a recording made in it: how long it rings, and how much of it there is, by octaves.

Where a sound stops, the room goes on, and dies away in a straight line in dB. No sound can stop faster than the room
lets it, so of all that dies away the steeper lines are the room's. What a blind estimate cannot do: tell a sound that
rings by itself from a room, hear decays longer than the pauses, or hear more than the recording's noise lets through.
From hits, the decay is found to a few per cent; from steps and speech mostly to a fifth in rooms of up to a second, and
too short in longer ones; of music it is the notes that are heard, not the room. The amount of room is found to some
4 dB, and drawn to the middle: a dry recording seems less dry, a wet one less wet.

Source: Ratnam et al., "Blind estimation of reverberation time", JASA 114 (2003); Polack (1988) for the energy model.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage, signal

from engine.errors import BadArgument
from engine.model import Model
from engine.source import BLOCK_SAMPLES, Source

Real = NDArray[np.float64]

OCTAVES_HZ = (125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0)
LISTENED_SECONDS = 180.0
"""Of the reference, from its beginning."""
MIN_DECAY_SECONDS, MAX_DECAY_SECONDS = 0.08, 10.0

_FRAME_SECONDS = 0.01
_SPANS_SECONDS = (0.08, 0.12, 0.18, 0.27, 0.4, 0.6, 0.9, 1.35, 2.0)
_DROPS_DB = (12.0, 40.0)
_ABOVE_NOISE_DB = 8.0
_SCATTER_DB = 2.5
_BENT = 1.5
"""Times that one half of a line may be steeper than the other."""
_STEEPER_SHARE = 0.4
"""Of all lines, to where the room's are."""
_LONGER_COUNTS = 2.0
"""Power of a line's length by which it counts: only a room goes on in a straight line for long."""
_LATE_DB = np.arange(-30.0, 15.5, 0.5)
_FALLEN_DB = 10.0
_OWN_SHARE = 0.2
"""Of the energy after a sound has fallen by that much: what may be its own, with as much room as there is."""


class Room(Model):
    """A diffuse room, by octaves."""

    centre_hz: tuple[float, ...] = Field(min_length=1, description="Of the octaves, rising.")
    decay_seconds: tuple[float, ...] = Field(min_length=1, description="Until it has fallen by 60 dB (RT60).")
    late_db: tuple[float, ...] = Field(min_length=1, description="Energy of the room over that of the sound itself.")


def octave_filter(centre_hz: float, sample_rate_hz: int) -> Real | None:
    """Sections for an octave; the lowest and the highest are open to their side; None for one above the rate."""
    low_hz, high_hz = centre_hz / math.sqrt(2), centre_hz * math.sqrt(2)
    limit_hz = 0.45 * sample_rate_hz
    if low_hz >= limit_hz:
        return None
    if centre_hz == OCTAVES_HZ[-1] or high_hz >= limit_hz:
        return np.asarray(signal.butter(3, low_hz, "highpass", fs=sample_rate_hz, output="sos"))
    if centre_hz == OCTAVES_HZ[0]:
        return np.asarray(signal.butter(3, high_hz, "lowpass", fs=sample_rate_hz, output="sos"))
    return np.asarray(signal.butter(3, [low_hz, high_hz], "bandpass", fs=sample_rate_hz, output="sos"))


def estimate_room(reference: Source) -> Room:
    """The room that a recording was made in.

    Raises
    ------
    BadArgument
        When nothing dies away in it.
    """
    rate = reference.sample_rate_hz
    filters = {centre: octave_filter(centre, rate) for centre in OCTAVES_HZ}
    bands = {centre: sections for centre, sections in filters.items() if sections is not None}
    energies = _energies(reference, list(bands.values()))
    decays = [_decay(energy) for energy in energies]
    heard = [index for index, decay in enumerate(decays) if decay is not None]
    if not heard:
        raise BadArgument(
            "In the reference nothing dies away, so its room cannot be heard: take a recording with steps, hits or "
            "speech and pauses between them.",
            field="reference",
        )
    places = np.arange(len(bands))
    seconds = np.exp(np.interp(places, heard, [math.log(decays[index] or 1.0) for index in heard]))
    late = [_late_db(energies[index], float(seconds[index])) for index in heard]
    return Room(
        centre_hz=tuple(bands),
        decay_seconds=tuple(float(second) for second in seconds),
        late_db=tuple(float(level) for level in np.interp(places, heard, late)),
    )


def _energies(reference: Source, filters: list[Real]) -> Real:
    """Of all channels together, ``(bands, frames)``."""
    rate = reference.sample_rate_hz
    frame = round(_FRAME_SECONDS * rate)
    step = frame * max(1, BLOCK_SAMPLES // frame)
    end = min(reference.length_samples, round(LISTENED_SECONDS * rate)) // frame * frame
    states = [np.zeros((len(sections), reference.channels, 2)) for sections in filters]
    found = [np.zeros((len(filters), 0))]
    for start in range(0, end, step):
        sound = reference.read(start, min(start + step, end)).astype(np.float64)
        rows = []
        for band, sections in enumerate(filters):
            heard, states[band] = signal.sosfilt(sections, sound, axis=1, zi=states[band])
            rows.append(np.square(heard).sum(axis=0).reshape(-1, frame).sum(axis=1))
        found.append(np.array(rows))
    return np.concatenate(found, axis=1)


def _decay(energy: Real) -> float | None:
    """Seconds to fall by 60 dB: of all straight lines downwards, the steeper ones."""
    level = 10 * np.log10(ndimage.uniform_filter1d(energy, 3) + 1e-14) if energy.size else energy
    found: list[Real] = []
    for span_seconds in _SPANS_SECONDS:
        span = round(span_seconds / _FRAME_SECONDS) // 2 * 2
        if span >= level.size // 2:
            break
        slope, scatter = _lines(level, span)
        first, _ = _lines(level, span // 2)
        second = first[span // 2 : span // 2 + slope.size]
        first = first[: slope.size]
        drop = -slope * span
        ends = level[span - 1 : span - 1 + slope.size]
        good = (drop >= _DROPS_DB[0]) & (drop <= _DROPS_DB[1]) & (scatter <= _SCATTER_DB)
        good &= (first < 0) & (second < 0) & (first / np.minimum(second, -1e-9) < _BENT)
        good &= second / np.minimum(first, -1e-9) < _BENT
        good &= ends > np.quantile(level, 0.02) + _ABOVE_NOISE_DB
        seconds = -60.0 * _FRAME_SECONDS / slope[good]
        found.append(np.array([seconds, np.full(seconds.size, span_seconds**_LONGER_COUNTS)]))
    seconds, weights = np.concatenate(found, axis=1) if found else np.zeros((2, 0))
    if not seconds.size:
        return None
    order = np.argsort(seconds)
    gone_by = np.cumsum(weights[order])
    place = int(np.searchsorted(gone_by, _STEEPER_SHARE * gone_by[-1]))
    return float(np.clip(seconds[order[place]], MIN_DECAY_SECONDS, MAX_DECAY_SECONDS))


def _lines(level: Real, span: int) -> tuple[Real, Real]:
    """Slope per frame and scatter around it, of every stretch of ``span`` frames."""
    along = np.arange(span) - (span - 1) / 2
    width = float(along @ along)
    slope = np.correlate(level, along, "valid") / width
    mean = np.correlate(level, np.ones(span), "valid") / span
    square = np.correlate(np.square(level), np.ones(span), "valid") / span
    return slope, np.sqrt(np.maximum(0.0, square - np.square(mean) - np.square(slope) * width / span))


def _late_db(energy: Real, decay_seconds: float) -> float:
    """Energy of the room over that of the sound: as an exponential decay behind every frame of the sound.

    With too little of it the sound itself seems to go on where it has stopped: the least with which it does not counts.
    """
    kept = 10.0 ** (-6.0 * _FRAME_SECONDS / decay_seconds)
    fed = (1.0 - kept) * 10.0 ** (_LATE_DB / 10.0)
    room, own = np.zeros(fed.size), np.empty((energy.size, fed.size))
    for number, heard in enumerate(energy):
        room *= kept
        own[number] = np.maximum(0.0, heard - room) / (1.0 + fed)
        room += fed * own[number]
    level = 10 * np.log10(energy + 1e-14)
    recent = ndimage.maximum_filter1d(level, round(0.5 / _FRAME_SECONDS), origin=round(0.25 / _FRAME_SECONDS) - 1)
    fallen = (level < recent - _FALLEN_DB) & (level > np.quantile(level, 0.02) + _ABOVE_NOISE_DB)
    if not fallen.any():
        return float(_LATE_DB[0])
    enough = own[fallen].sum(axis=0) <= _OWN_SHARE * energy[fallen].sum()
    return float(_LATE_DB[int(np.argmax(enough))] if enough.any() else _LATE_DB[-1])
