"""A sound in the room that another one was recorded in ("worldizing").

The room is made, not copied: behind the sound itself comes noise that decays in every octave as the reference's room
does, different in each channel; :mod:`engine.dsp.room_estimate` says how well that can be heard from a recording. It
has no echoes of particular walls. The length stays: what rings on after the end is cut.

Source: Polack, "La transmission de l'énergie sonore dans les salles" (1988): a diffuse room is noise that decays.
"""

from __future__ import annotations

import numpy as np
from scipy import fft, signal

from engine.audio import Samples
from engine.dsp.room_estimate import Room, estimate_room, octave_filter
from engine.errors import BadArgument
from engine.source import Blocks, Source, blocks

_SEED = 0x526F6F6D
"""The same room every time."""
_FIRST_SECONDS = 0.002
"""Of nothing but the sound itself."""


def worldize(source: Source, *, reference: Source, amount: float = 1.0) -> Blocks:
    """The source in the reference's room.

    Parameters
    ----------
    reference
        A recording from that room; of any rate and channels. What can be heard in it best are steps, hits and speech.
    amount
        0 dry, as it was bit by bit, to 1 as in the reference.

    Raises
    ------
    BadArgument
        When no sound dies away in the reference, so that the room cannot be heard; or the amount is out of bounds.
    """
    if not 0.0 <= amount <= 1.0:
        raise BadArgument(f"An amount is 0 to 1; got {amount:g}.", field="amount")
    if not amount:
        return blocks(source)
    return in_room(source, estimate_room(reference), amount=amount)


def in_room(source: Source, room: Room, *, amount: float = 1.0) -> Blocks:
    """The source in a room that is known."""
    response = impulse_response(room, source.channels, source.sample_rate_hz)
    response[:, 1:] *= amount
    return _convolved(source, response)


def impulse_response(room: Room, channels: int, sample_rate_hz: int) -> Samples:
    """``(channels, samples)``: the sound itself, 1 at the first sample, and the room behind it."""
    rng = np.random.default_rng(_SEED)
    time = np.arange(round(max(room.decay_seconds) * sample_rate_hz)) / sample_rate_hz
    response = np.zeros((channels, time.size))
    for centre_hz, decay_seconds, late_db in zip(room.centre_hz, room.decay_seconds, room.late_db, strict=True):
        band = octave_filter(centre_hz, sample_rate_hz)
        if band is None:
            continue
        noise = signal.sosfilt(band, rng.standard_normal((channels, time.size)))
        noise *= 10.0 ** (-3.0 * time / decay_seconds) * (time >= _FIRST_SECONDS)
        direct = np.square(np.abs(signal.freqz_sos(band, 4096)[1])).mean()  # energy of an impulse in this octave
        energy = np.square(noise).sum(axis=1, keepdims=True)
        response += noise * np.sqrt(direct * 10.0 ** (late_db / 10.0) / np.maximum(energy, 1e-30))
    response[:, 0] = 1.0
    return response.astype(np.float32)


def _convolved(source: Source, response: Samples) -> Blocks:
    """By blocks as long as the response, overlap-add."""
    size = fft.next_fast_len(2 * response.shape[1], real=True)
    step = size - response.shape[1] + 1
    spectra = [fft.rfft(channel, size, workers=1) for channel in response]
    tail = np.zeros((source.channels, size), np.float32)
    for start in range(0, source.length_samples, step):
        end = min(start + step, source.length_samples)
        known = source.read(start, end)
        for channel, spectrum, ringing in zip(known, spectra, tail, strict=True):
            made = fft.irfft(fft.rfft(channel, size, workers=1) * spectrum, size, workers=1)
            ringing += made
        yield tail[:, : end - start].copy()
        tail = np.concatenate([tail[:, step:], np.zeros((source.channels, step), np.float32)], axis=1)
