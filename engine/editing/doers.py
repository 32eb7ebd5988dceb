"""Which action is done by what: the one table between :mod:`engine.action` and the DSP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import action as do
from engine.action import Action
from engine.dsp import (
    declick,
    dehum,
    denoise,
    distance,
    dropouts,
    extend,
    gaps,
    pitch,
    resample,
    reverb_match,
    stretch,
    warp,
)
from engine.editing import length, level, modelled
from engine.editing.kit import Kit
from engine.errors import BadArgument
from engine.source import Blocks, Source, blocks


def done(action: Action, source: Source, kit: Kit) -> Blocks:
    """An action on all of a source.

    Raises
    ------
    BadArgument
        When it cannot be done to this sound.
    """
    return _DOERS[type(action)](action, source, kit)


def _volume(action: do.Volume, source: Source, kit: Kit) -> Blocks:
    if action.envelope:
        return level.enveloped(source, action.envelope)
    if action.peak_dbtp is not None:
        return blocks(level.Gained(source, level.gain_to_peak(source, action.peak_dbtp)))
    if action.loudness_lufs is None:
        return blocks(level.Gained(source, action.gain_db or 0.0))
    gain_db, peaks = level.to_loudness(source, action.loudness_lufs)
    gained = level.Gained(source, gain_db)
    if not peaks:
        return blocks(gained)
    kit.warn(f"At {action.loudness_lufs:g} LUFS its peaks are limited to {level.CEILING_DBTP:g} dBTP.")
    return level.held_under(gained, level.CEILING_DBTP)


def _speed(action: do.Speed, source: Source, kit: Kit) -> Blocks:
    now, rate = source.length_samples, source.sample_rate_hz
    if action.factor is not None:
        return stretch.stretch(source, length_samples=max(1, round(now / action.factor)))
    wanted = max(1, round((action.length_seconds or 0.0) * rate))
    if not warp.LEAST_FACTOR <= wanted / now <= warp.MOST_FACTOR:
        told = f"{now / rate:.3g} s to {wanted / rate:.3g} s is beyond {warp.MOST_FACTOR:g} times"
        raise BadArgument(f"{told}: use trim or extend for that.", field="do")
    return stretch.stretch(source, length_samples=wanted)


def _warp(action: do.Warp, source: Source, kit: Kit) -> Blocks:
    rate = source.sample_rate_hz
    anchors = [(round(there * rate), round(here * rate)) for there, here in action.anchors]
    return warp.warp(source, anchors=anchors, length_samples=source.length_samples)


def _worldize(action: do.Worldize, source: Source, kit: Kit) -> Blocks:
    if kit.reference is None:
        raise BadArgument("Name a file that was recorded in the room: reference.", field="reference")
    return reverb_match.worldize(source, reference=kit.reference, amount=action.amount)


def _extend(action: do.Extend, source: Source, kit: Kit) -> Blocks:
    if action.text:
        return modelled.gone_on_with(action, source, kit)
    wanted = max(1, round(action.length_seconds * source.sample_rate_hz))
    return extend.extended(source, wanted, np.random.default_rng(kit.seed))


def _fill_gaps(action: do.FillGaps, source: Source, kit: Kit) -> Blocks:
    found = dropouts.find_gaps(source)
    if not found:
        kit.warn("No dropouts were found.")
    return gaps.fill_gaps(source, found, np.random.default_rng(kit.seed))


def _treat(action: do.Treat, source: Source, kit: Kit) -> Blocks:
    return kit.treat(action.chain, source, kit.handle)


def _unselected(action: do.Fill, source: Source, kit: Kit) -> Blocks:
    raise BadArgument("Select the spot that is to be replaced.", field="selection_length")


_DOERS: dict[type[Action], Callable[[Any, Source, Kit], Blocks]] = {
    do.Denoise: lambda action, source, kit: denoise.denoise(source, noise=kit.noise, reduction_db=action.reduction_db),
    do.SpectralSubtraction: lambda action, source, kit: denoise.spectral_subtraction(
        source, noise=kit.noise, over_subtraction=action.over_subtraction, floor_db=action.floor_db
    ),
    do.Wiener: lambda action, source, kit: denoise.wiener(source, noise=kit.noise, floor_db=action.floor_db),
    do.Wavelet: lambda action, source, kit: denoise.wavelet(source, noise=kit.noise, strength=action.strength),
    do.SpectralGate: lambda action, source, kit: denoise.spectral_gate(
        source, noise=kit.noise, threshold_db=action.threshold_db, reduction_db=action.reduction_db
    ),
    do.Declick: lambda action, source, kit: declick.declick(source, sensitivity=action.sensitivity),
    do.Dehum: lambda action, source, kit: dehum.dehum(
        source, frequency_hz=action.frequency_hz, harmonics=action.harmonics
    ),
    do.RemoveDc: lambda action, source, kit: level.without_dc(source, action.cutoff_hz),
    do.Speed: _speed,
    do.Pitch: lambda action, source, kit: pitch.shift_pitch(source, semitones=action.semitones),
    do.Warp: _warp,
    do.Shift: lambda action, source, kit: length.shifted(source, action.seconds, action.length_seconds),
    do.Reverse: lambda action, source, kit: length.backwards(source),
    do.Resample: lambda action, source, kit: resample.resampled(source, action.rate_hz),
    do.Volume: _volume,
    do.Limit: lambda action, source, kit: level.held_under(source, action.ceiling_dbtp),
    do.Fade: lambda action, source, kit: level.faded(source, action.in_seconds, action.out_seconds, action.shape),
    do.Pan: lambda action, source, kit: level.placed(source, action.position),
    do.Width: lambda action, source, kit: level.widened(source, action.amount),
    do.Distance: lambda action, source, kit: distance.distant(source, action.metres),
    do.Worldize: _worldize,
    do.Treat: _treat,
    do.Trim: lambda action, source, kit: length.trimmed(source, action.start_seconds, action.length_seconds),
    do.Loop: lambda action, source, kit: length.seamless(source, action.crossfade_seconds),
    do.Extend: _extend,
    do.Fill: _unselected,
    do.Restyle: modelled.restyled,
    do.FillGaps: _fill_gaps,
}
