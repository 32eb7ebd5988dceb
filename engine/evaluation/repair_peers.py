"""What one would take for repair without this project: simple fillings, ffmpeg's declicker, a comb of notches.

Each takes and returns float32 ``(channels, samples)``; this module knows nothing of scores.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy import signal

from engine.audio import Samples
from engine.errors import DependencyMissing


def silence(before: Samples, after: Samples, length_samples: int) -> Samples:
    """Nothing in the gap."""
    return np.zeros((before.shape[0], length_samples), np.float32)


def linear(before: Samples, after: Samples, length_samples: int) -> Samples:
    """A straight line over the gap."""
    return np.linspace(before[:, -1], after[:, 0], length_samples + 2, axis=1, dtype=np.float32)[:, 1:-1]


def copied(before: Samples, after: Samples, length_samples: int) -> Samples:
    """What lies in the same file where it is most like the two sides of the gap; looped where there is too little."""
    beside = min(2_400, before.shape[1] // 4, after.shape[1] // 4)
    if before.shape[1] < length_samples + 2 * beside:
        again = np.concatenate([before, before[:, ::-1]], axis=1)
        return np.tile(again, -(-length_samples // again.shape[1]))[:, :length_samples]
    wanted = np.zeros(length_samples + 2 * beside)
    wanted[:beside], wanted[-beside:] = before[0, -beside:], after[0, :beside]
    template = signal.correlate(before[0].astype(np.float64), wanted, mode="valid", method="fft")
    mask = (wanted != 0).astype(np.float64)
    energy = signal.correlate(np.square(before[0].astype(np.float64)), mask, mode="valid", method="fft")
    place = int(np.argmax(template / np.sqrt(np.maximum(energy, 1e-9 + energy.max() * 1e-4)))) + beside
    return before[:, place : place + length_samples]


def ffmpeg_adeclick(samples: Samples, rate_hz: int) -> Samples:
    """The ``adeclick`` filter with its defaults; it spoils the ends, so it is given them mirrored and more.

    Raises
    ------
    DependencyMissing
        When PyAV is not installed, or its ffmpeg was built without the filter.
    """
    try:
        beyond = min(rate_hz // 5, samples.shape[1] - 1)
        longer = np.pad(samples, ((0, 0), (beyond, beyond)), mode="reflect")
        made = np.concatenate([_declicked(channel, rate_hz) for channel in longer])
        return made[:, beyond : beyond + samples.shape[1]]
    except (ImportError, ValueError) as error:
        raise DependencyMissing(f"ffmpeg's adeclick is not there: {error}.") from None


def _declicked(channel: Samples, rate_hz: int) -> Samples:
    from av import AudioFrame
    from av.error import BlockingIOError as NothingYet
    from av.error import EOFError as Finished
    from av.filter import Graph

    graph = Graph()
    given = graph.add_abuffer(sample_rate=rate_hz, format="dblp", layout="mono", time_base=Fraction(1, rate_hz))
    taken = graph.add("abuffersink")
    declicker = graph.add("adeclick")
    given.link_to(declicker)
    declicker.link_to(taken)
    graph.configure()
    frame = AudioFrame.from_ndarray(channel[None].astype(np.float64), format="dblp", layout="mono")
    frame.sample_rate, frame.pts = rate_hz, 0
    graph.push(frame)
    graph.push(None)
    made = []
    while True:
        try:
            made.append(graph.pull().to_ndarray())
        except (Finished, NothingYet):
            break
    return np.concatenate(made, axis=1)[:, : channel.size].astype(np.float32)


def notch_comb(samples: Samples, rate_hz: int, frequency_hz: float, harmonics: int = 24) -> Samples:
    """Notches a hertz or two wide at a frequency that is known and its harmonics, forwards and backwards."""
    made = samples.astype(np.float64)
    for harmonic in range(1, harmonics + 1):
        numerator, denominator = signal.iirnotch(harmonic * frequency_hz, 30.0 * harmonic**0.5, rate_hz)
        made = signal.filtfilt(numerator, denominator, made, axis=1)
    return made.astype(np.float32)
