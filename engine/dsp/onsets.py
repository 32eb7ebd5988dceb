"""All onsets of a busy recording: where something begins to sound, also over what still rings.

Where :mod:`engine.dsp.onset` finds isolated sounds to the sample, this finds onsets in dense or noisy sound to a few
milliseconds: spectral novelty proposes them, a rise in level confirms them, the foot of the attack in the waveform
times them. Pure functions of samples; this module knows nothing of files, of pictures, or of what it is that sounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float32]

PAGE_SECONDS = 15.0
"""A long recording is looked at in pages; loud and quiet are by the measure of their page."""
_MARGIN_SECONDS = 2.5
"""What two pages share on either side: an onset is judged with this much around it."""
_GAP_SECONDS = 0.07
"""Two onsets nearer than this are one to the ear."""

_HOP_SECONDS = 0.005
_WINDOW_SECONDS = 0.023
_BANDS_PER_OCTAVE = 12
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 10_000.0
_HIGH_PASS_HZ = 150.0
"""Below are handling noise and wind."""
_FRAMES_AT_ONCE = 512
_LAG = 3
"""Frames between the two spectra that are compared."""
_COMPRESSION = 200.0
"""A band weaker by more than this than the strongest takes little part."""

_PROMINENCE = 0.35
_RISE_DB = 10.0
_ABOVE_BACKGROUND_DB = 20.0
_UNDER_LOUDEST_DB = 10.0
"""What an onset needs at sensitivity 0.5: novelty above its surroundings, as a share of the page's strongest; a rise
in level; and to stand out of the background, or to be among the loudest."""
_CLEAN_DB = 15.0
"""An attack that rises this much is timed in the waveform."""
_FOOT = 0.15
"""Of the attack's peak: there it begins to be heard, unless the background is louder."""
_CREST = 4.0
"""Peak of a background over its level; of noise, 6 samples in 100,000 exceed it."""
_NEAR_SECONDS = 0.02
"""The foot is looked for so far around what the novelty says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """Where something begins to sound.

    Parameters
    ----------
    time_seconds
        Foot of the attack, from the recording's first sample.
    level_db
        Of the attack's loudest 12 ms, relative to full scale.
    margin
        How far it passes what is asked of an onset: 1 just so at a sensitivity of 0.5, 2 twice as clearly.
    """

    time_seconds: float
    level_db: float
    margin: float


def find_onsets(samples: Curve, sample_rate_hz: int, *, sensitivity: float = 0.5) -> tuple[Onset, ...]:
    """Onsets of one page of sound, in order; empty when nothing begins in it.

    Parameters
    ----------
    samples
        ``(samples,)``, ±1; a few seconds to :data:`PAGE_SECONDS`.
    sample_rate_hz
        Samples per second, 8,000 or more; above 24,000 nothing is gained.
    sensitivity
        0: what stands out twice as clearly as usual; 1: also what is half as clear.

    Notes
    -----
    Source: Böck and Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013 (the novelty);
    Bello et al., "A tutorial on onset detection in music signals", IEEE TSAP 13(5), 2005 (peak picking).
    """
    from scipy.ndimage import maximum_filter1d, uniform_filter1d
    from scipy.signal import butter, sosfiltfilt

    if samples.size < sample_rate_hz * _WINDOW_SECONDS or not samples.any():  # a hole in a recording may be long
        return ()
    high_pass = butter(2, _HIGH_PASS_HZ, "highpass", fs=sample_rate_hz, output="sos")
    sound = sosfiltfilt(high_pass, samples).astype(np.float32)
    hop = round(_HOP_SECONDS * sample_rate_hz)
    per_second = sample_rate_hz / hop
    novelty = _novelty(sound, sample_rate_hz, hop)
    power = uniform_filter1d(np.square(sound, dtype=np.float64), max(1, round(0.012 * sample_rate_hz)))[::hop]
    level = 10 * np.log10(power + 1e-10)
    background, loudest = float(np.percentile(level, 10)), float(level.max())
    prominence = novelty - uniform_filter1d(novelty, round(0.5 * per_second))
    is_peak = novelty == maximum_filter1d(novelty, 2 * round(0.04 * per_second) + 1)
    ask = 2.0 ** (1 - 2 * sensitivity)
    found = []
    for peak in np.flatnonzero(is_peak & (prominence > _PROMINENCE * ask)).tolist():
        before = level[max(0, peak - round(0.07 * per_second)) : max(1, peak - 1)]
        height = float(level[peak : peak + round(0.05 * per_second) + 1].max())
        rise = height - float(before.min())
        stands = max((height - background) / _ABOVE_BACKGROUND_DB, _UNDER_LOUDEST_DB / max(loudest - height, 0.1))
        margin = min(float(prominence[peak]) / _PROMINENCE, rise / _RISE_DB, stands)
        if margin > ask:
            at = _begin(novelty, peak) * hop
            if rise > _CLEAN_DB:
                at = _foot(sound, at, round(_NEAR_SECONDS * sample_rate_hz), _CREST * 10 ** (background / 20))
            found.append(Onset(time_seconds=at / sample_rate_hz, level_db=height, margin=margin))
    return _spaced(found)


def onsets_of_stream(
    blocks: Iterable[Curve], sample_rate_hz: int, *, sensitivity: float = 0.5
) -> Iterator[tuple[float, tuple[Onset, ...]]]:
    """Onsets of a recording of any length, page by page, in the memory of one page.

    Parameters
    ----------
    blocks
        The recording in pieces ``(samples,)`` of any length, one after the other.
    sample_rate_hz, sensitivity
        As of :func:`find_onsets`.

    Yields
    ------
    tuple
        How many seconds are done, and the onsets that were found since the last time.
    """
    page, margin = round(PAGE_SECONDS * sample_rate_hz), round(_MARGIN_SECONDS * sample_rate_hz)
    waiting: list[Curve] = []
    start, kept, last = 0, 0, -1.0  # in samples: of the page, up to where onsets are told; seconds of the last onset

    def told(sound: Curve, until: int) -> tuple[Onset, ...]:
        nonlocal last
        fresh = []
        for onset in find_onsets(sound, sample_rate_hz, sensitivity=sensitivity):
            time = onset.time_seconds + start / sample_rate_hz
            if kept <= time * sample_rate_hz < until and time - last >= _GAP_SECONDS:
                fresh.append(Onset(time_seconds=time, level_db=onset.level_db, margin=onset.margin))
                last = time
        return tuple(fresh)

    for block in blocks:
        waiting.append(block)
        while sum(map(len, waiting)) >= page + margin:  # a little more than a page is a page
            sound = np.concatenate(waiting)
            until = start + page - margin
            yield until / sample_rate_hz, told(sound[:page], until)
            waiting, start, kept = [sound[page - 2 * margin :]], start + page - 2 * margin, until
    if waiting:
        sound = np.concatenate(waiting)
        end = start + len(sound)
        yield end / sample_rate_hz, told(sound, end)


def _novelty(sound: Curve, sample_rate_hz: int, hop: int) -> Curve:
    """How much more of each band there is than a moment before, in the band or beside it; 1: the strongest few."""
    from scipy.ndimage import maximum_filter1d

    window = round(_WINDOW_SECONDS * sample_rate_hz)
    size = 1 << (window - 1).bit_length()
    before = (size - window) // 2
    shape = np.pad(np.hanning(window), (before, size - window - before)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, size // 2), size)[::hop]
    bank = _bands(sample_rate_hz, size)
    pieces = (frames[k : k + _FRAMES_AT_ONCE] for k in range(0, len(frames), _FRAMES_AT_ONCE))
    bands = np.concatenate([np.abs(np.fft.rfft(piece * shape)) @ bank for piece in pieces])
    loudness = np.log1p(bands * (_COMPRESSION / (np.percentile(bands, 99.9) + 1e-9)))
    beside = maximum_filter1d(loudness, 3, axis=1)
    novelty = np.zeros(len(loudness), np.float32)
    novelty[_LAG:] = np.maximum(loudness[_LAG:] - beside[:-_LAG], 0).mean(axis=1)
    strongest: Curve = novelty[: -(-len(sound) // hop)] / (np.percentile(novelty, 99.5) + 1e-9)
    return strongest


def _bands(sample_rate_hz: int, size: int) -> Curve:
    """Triangles of even width in octaves: ``(size // 2 + 1, bands)``, each of sum 1."""
    octaves = np.log2(min(_HIGHEST_HZ, 0.45 * sample_rate_hz) / _LOWEST_HZ)
    corners = _LOWEST_HZ * 2 ** (np.arange(-1, int(octaves * _BANDS_PER_OCTAVE) + 2) / _BANDS_PER_OCTAVE)
    bins = np.unique(np.round(corners * size / sample_rate_hz)).clip(1)
    k = np.arange(size // 2 + 1)
    bank = np.stack([np.interp(k, bins[b : b + 3], (0, 1, 0)) for b in range(len(bins) - 2)], axis=1)
    shares: Curve = (bank / bank.sum(axis=0)).astype(np.float32)
    return shares


def _begin(novelty: Curve, peak: int) -> int:
    """Frame at which the novelty under a peak has half its height."""
    first = peak
    while first > 0 and peak - first < 12 and novelty[first - 1] >= 0.5 * novelty[peak]:
        first -= 1
    return first


def _foot(sound: Curve, at: int, around: int, background: float) -> int:
    """Sample near ``at`` where the attack comes out of what was there before."""
    begin = max(0, at - around)
    attack = np.abs(sound[begin : at + 2 * around])
    height = float(attack.max())
    return begin + int(np.argmax(attack >= max(_FOOT * height, min(background, 0.5 * height))))


def _spaced(found: list[Onset]) -> tuple[Onset, ...]:
    """Of onsets too near to each other, the clearest, in order."""
    kept: list[Onset] = []
    for onset in sorted(found, key=lambda onset: -onset.level_db - 10 * onset.margin):
        if all(abs(onset.time_seconds - other.time_seconds) >= _GAP_SECONDS for other in kept):
            kept.append(onset)
    return tuple(sorted(kept, key=lambda onset: onset.time_seconds))
