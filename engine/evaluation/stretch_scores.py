"""What stretching did to a sound: when its strikes come, how true its tones are, and whether it is the same texture.

None of these knows what made the result. Where a score asks for the original, it is the sound before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from engine.audio import Samples
from engine.evaluation.stretch_sounds import RATE_HZ

Real = NDArray[np.float64]
Score = Callable[[Samples, Samples], float]
"""Of the sound before and the sound after."""

_HOP = 12
_WINDOW_HOPS = 40
_REACH_SECONDS = 0.06
_QUIETEST_DB = -80.0
"""Below the loudest: what a resampler rings before a strike is not heard as one."""
_FRAME = 4_096
_BANDS_HZ = 50.0 * 2.0 ** (np.arange(26) / 3)
_ENVELOPES_HZ = ((125, 500), (500, 2_000), (2_000, 8_000))
_MODULATIONS_HZ = (4, 8, 16, 32, 64, 128)
_HEARD_DB = 60.0


def onset_errors_ms(sound: Samples, made: Samples, at: Real, ratio: float) -> Real:
    """How far each strike lies from where it belongs; NaN where nothing rises. The finder's own error cancels."""
    return moved_errors_ms(sound, made, at, at * ratio)


def moved_errors_ms(sound: Samples, made: Samples, there: Real, here: Real) -> Real:
    """The same for strikes that were to go from ``there`` to ``here``."""
    return np.asarray(1e3 * np.abs((_found(made, here) - here) - (_found(sound, there) - there)))


def pre_echo_db(sound: Samples, made: Samples, at: Real, ratio: float) -> float:
    """How much louder it is 25 to 3 ms before a strike, against the strike, than it was; median over the strikes."""

    def before(samples: Samples, times: Real) -> Real:
        places = np.round(times * RATE_HZ).astype(int)
        quiet = np.array([np.square(samples[:, at - 1_200 : at - 144]).mean() for at in places])
        loud = np.array([np.square(samples[:, at : at + 1_056]).mean() for at in places])
        return np.asarray(10 * np.log10(quiet / loud + 1e-8))

    return float(np.median(before(made, at * ratio) - before(sound, at)))


def worst_cents(made: Samples, expected_hz: Iterable[float]) -> float:
    """Largest error of a steady tone, by the peak of the spectrum of the middle half."""
    middle = made[0, made.shape[1] // 4 : -(made.shape[1] // 4)].astype(np.float64)
    size = 8 << middle.size.bit_length()
    spectrum = np.log(np.abs(np.fft.rfft(middle * np.blackman(middle.size), size)) + 1e-12)
    worst = 0.0
    for hertz in expected_hz:
        place, reach = hertz * size / RATE_HZ, max(6.0, 0.01 * hertz) * size / RATE_HZ
        first = round(place - reach)
        peak = first + int(spectrum[first : round(place + reach) + 1].argmax())
        left, top, right = spectrum[peak - 1 : peak + 2]
        exact = (peak + 0.5 * (left - right) / (left - 2 * top + right)) * RATE_HZ / size
        worst = max(worst, abs(1_200 * float(np.log2(exact / hertz))))
    return worst


def level_db(sound: Samples, made: Samples) -> float:
    """How much louder it became."""
    return float(20 * np.log10(made.std() / sound.std()))


def spectrum_db(sound: Samples, made: Samples) -> float:
    """Distance of the long-term spectra by thirds of an octave, effective value over those within 60 dB."""
    before, after = (10 * np.log10(_thirds(_power(samples).sum(axis=0)) + 1e-14) for samples in (sound, made))
    heard = before > before.max() - _HEARD_DB
    return float(np.sqrt(np.square(before - after)[heard].mean()))


def modulation_db(sound: Samples, made: Samples) -> float:
    """Distance of the spectra of three bands' envelopes by octaves, 4 to 128 Hz: how rough or smooth a texture is."""
    return float(np.sqrt(np.square(_modulation_db(sound) - _modulation_db(made)).mean()))


def coherence_error(sound: Samples, made: Samples) -> float:
    """Mean difference of the magnitude coherence between the two channels, 0 to 1."""
    bands = []
    for left, right in (sound, made):
        hertz, squared = signal.coherence(left, right, RATE_HZ, nperseg=1_024)
        bands.append(np.sqrt(np.interp(_BANDS_HZ, hertz, squared)))
    return float(np.abs(bands[0] - bands[1]).mean())


def moment_db(sound: Samples, made: Samples) -> float:
    """Distance of spectra moment by moment, by thirds of an octave, each against where it came from.

    A partial that flutters and a phasy chord show here, and not in the long-term spectrum.
    """
    size = _FRAME // 2
    ratio = made.shape[1] / sound.shape[1]
    at = np.arange(size, sound.shape[1] - size, RATE_HZ // 100)
    before, after = _moments(sound, at, size), _moments(made, np.round(at * ratio).astype(int), size)
    silence = 1e-6 * before.max()
    return float(np.sqrt(np.square(10 * np.log10((before + silence) / (after + silence))).mean()))


def _moments(samples: Samples, at: NDArray[np.int_], size: int) -> Real:
    padded = np.pad(samples, ((0, 0), (size, size)))
    frames = padded[:, at[:, None] + size // 2 + np.arange(size)] * np.hanning(size)
    return _thirds(np.square(np.abs(np.fft.rfft(frames))).sum(axis=0))


def _power(samples: Samples) -> Real:
    return np.asarray(signal.welch(samples.astype(np.float64), RATE_HZ, nperseg=_FRAME)[1])


def _thirds(power: Real) -> Real:
    """Last axis: bins to bands."""
    hertz = np.linspace(0.0, RATE_HZ / 2, power.shape[-1])
    bands = []
    for middle in _BANDS_HZ:
        inside = np.abs(np.log2(np.maximum(hertz, 1.0) / middle)) < 1 / 6
        inside[np.abs(hertz - middle).argmin()] = True
        bands.append(power[..., inside].sum(axis=-1))
    return np.stack(bands, axis=-1)


def _modulation_db(samples: Samples) -> Real:
    """``(bands of both channels, octaves)``."""
    step = RATE_HZ // 500
    found = []
    for band in _ENVELOPES_HZ:
        inside = signal.sosfilt(signal.butter(3, band, "band", fs=RATE_HZ, output="sos"), samples)
        whole = inside.shape[1] // step * step
        envelope = np.sqrt(np.square(inside[:, :whole]).reshape(2, -1, step).mean(axis=2) + 1e-12)
        hertz, power = signal.welch(envelope / envelope.mean(axis=1, keepdims=True), 500, nperseg=500)
        octaves = [np.abs(np.log2(np.maximum(hertz, 1e-3) / middle)) < 0.5 for middle in _MODULATIONS_HZ]
        found.append(np.stack([power[:, octave].mean(axis=1) for octave in octaves], axis=1))
    return np.asarray(10 * np.log10(np.concatenate(found) + 1e-9))


def _rises(sound: Samples) -> Real:
    """How many dB the level rises at each hop, over 10 ms to both sides."""
    steps = np.diff(sound.mean(axis=0), prepend=0.0)
    hops = steps.size // _HOP
    power = np.square(steps[: hops * _HOP], dtype=np.float64).reshape(hops, _HOP).mean(axis=1)
    level = 10 * np.log10(power + 10 ** (_QUIETEST_DB / 10) * power.max() + 1e-20)
    total = np.concatenate([[0.0], np.cumsum(level)])
    rise = np.zeros(hops)
    inner = np.arange(_WINDOW_HOPS, hops - _WINDOW_HOPS)
    rise[inner] = total[inner + _WINDOW_HOPS] - 2 * total[inner] + total[inner - _WINDOW_HOPS]
    return rise / _WINDOW_HOPS


def _found(sound: Samples, at: Real) -> Real:
    """Seconds of the steepest rise near each time; NaN where nothing rises by 6 dB."""
    rise = _rises(sound)
    reach = round(_REACH_SECONDS * RATE_HZ / _HOP)
    found = []
    for middle in np.round(at * RATE_HZ / _HOP).astype(int):
        near = rise[max(0, middle - reach) : middle + reach]
        best = int(near.argmax()) if near.size else 0
        place = max(0, middle - reach) + best
        found.append(place * _HOP / RATE_HZ if near.size and near[best] > 6 else np.nan)
    return np.array(found)
