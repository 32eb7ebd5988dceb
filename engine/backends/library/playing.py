"""Makes takes of a recording: chooses the part, reads only that, converts, varies, trims and fades.

A recording either *happens* (one or several isolated sounds) or is *sustained* (rain, a machine): the first is played
from an onset and fades where it ends, the second fills any length by crossfaded parts. Knows nothing of words or of the
index; every choice follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.audio import Samples
from engine.backends.finishing import BLOCK_FRAMES, FADE_SECONDS, finish, on_grid, resample, to_channels
from engine.backends.library.reader import open_sound
from engine.dsp.onset import Happening, happenings
from engine.handle import Handle

SURVEY_SECONDS = 30.0
SUSTAINED_SECONDS = 3.0
SUSTAINED_DB = -20.0
LEAD_SECONDS = 0.005
PITCH_CENTS = 30.0
GAIN_DB = 1.0
REACH_SAMPLES = 64
"""Read beyond the end, so that the resampler sees the sound go on and not a step."""
PART = 0.15
"""Of the recording: one part of a bed. Small enough that a part can always lie beside the two before it."""
CROSSFADE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a recording holds; positions in samples of the file, found in its first 30 s.

    Parameters
    ----------
    happenings
        Its isolated sounds; one for a sustained recording.
    sustained
        Its level stays: it can fill any length.
    offsets
        Constant offset of each channel, as a bad recorder leaves it.
    """

    frames: int
    sample_rate_hz: int
    happenings: tuple[Happening, ...]
    sustained: bool
    offsets: tuple[float, ...]

    @property
    def length_seconds(self) -> float:
        """Natural length: of the longest happening, or of the whole when it is sustained."""
        if self.sustained:
            return self.frames / self.sample_rate_hz
        return max(h.end - h.onset for h in self.happenings) / self.sample_rate_hz

    @property
    def interval_seconds(self) -> float:
        """Typical time between happenings; a fifth more than the length where there is but one."""
        onsets = [h.onset for h in self.happenings]
        if len(onsets) < 2:
            return 1.2 * self.length_seconds
        return float(np.median(np.diff(onsets))) / self.sample_rate_hz


def survey(path: Path, handle: Handle) -> Survey | None:
    """Listen to the start of a recording; None when nothing is heard there."""
    with open_sound(path) as file:
        frames, rate = file.frames, file.samplerate
    samples = _read(path, 0, min(frames, round(SURVEY_SECONDS * rate)), handle)
    found = happenings(samples, rate)
    if not found:
        return None
    offsets = np.median(samples, axis=1)  # a one-sided thump does not move it as it moves the mean
    return Survey(
        frames=frames,
        sample_rate_hz=rate,
        happenings=found,
        sustained=len(found) == 1 and _is_sustained(samples, rate),
        offsets=tuple(float(offset) for offset in offsets),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What to play and how, in the take's own rate."""

    happening: int
    length_samples: int
    channels: int
    sample_rate_hz: int
    seed: int
    pitch_cents: float = 0.0


def play(path: Path, survey: Survey, part: Part, handle: Handle) -> tuple[Samples, int]:
    """Make one take.

    Returns
    -------
    samples
        ``(channels, lead-in + at most length)``.
    onset
        Length of the lead-in.
    """
    rng = np.random.default_rng(part.seed)
    cents = part.pitch_cents + (0.0 if survey.sustained else float(rng.uniform(-PITCH_CENTS, PITCH_CENTS)))
    gain = 10 ** (float(rng.uniform(-GAIN_DB, GAIN_DB)) / 20)
    speed = 2 ** (cents / 1200)
    ratio = part.sample_rate_hz / (survey.sample_rate_hz * speed)  # samples out per sample in
    wanted = int(np.ceil(part.length_samples / ratio)) + REACH_SAMPLES
    if survey.sustained:
        samples, lead = _bed(path, survey, wanted, rng, handle), 0
    else:
        samples, lead = _one(path, survey, part.happening, wanted, handle)
    samples = to_channels(samples - np.array(survey.offsets, dtype=np.float32)[:, None], part.channels)
    samples = resample(samples, survey.sample_rate_hz * speed, part.sample_rate_hz, handle)
    onset = round(lead * ratio)
    samples = samples[:, : onset + part.length_samples]
    fade_in = min(round(FADE_SECONDS * part.sample_rate_hz), part.length_samples // 4) if survey.sustained else onset
    take = finish(samples, onset, fade_in, part.sample_rate_hz) * np.float32(gain)
    return on_grid(take), onset


def _read(path: Path, start: int, count: int, handle: Handle) -> Samples:
    """``(channels, count)``, shorter where the file ends."""
    blocks = []
    with open_sound(path) as file:
        file.seek(min(start, file.frames))
        for done in range(0, max(0, count), BLOCK_FRAMES):
            handle.check()
            blocks.append(file.read(min(BLOCK_FRAMES, count - done), dtype="float32", always_2d=True))
        channels = file.channels
    joined: Samples = np.concatenate([np.zeros((0, channels), np.float32), *blocks]).T
    return joined


def _is_sustained(samples: Samples, rate: int) -> bool:
    frame = round(0.1 * rate)
    count = samples.shape[1] // frame
    if samples.shape[1] < SUSTAINED_SECONDS * rate:
        return False
    power = np.square(samples[:, : count * frame]).reshape(samples.shape[0], count, frame).mean(axis=(0, 2))
    quiet, loud = np.percentile(power, [10.0, 90.0])
    return bool(quiet > loud * 10 ** (SUSTAINED_DB / 10))


def _one(path: Path, survey: Survey, index: int, wanted: int, handle: Handle) -> tuple[Samples, int]:
    """A happening, with a short lead-in; several in a row only where far more than one was asked for."""
    found = survey.happenings
    onset = found[index].onset
    longest = max(h.end - h.onset for h in found)
    stop = survey.frames
    if index + 1 < len(found) and wanted <= 2 * longest:
        stop = found[index + 1].onset - round(LEAD_SECONDS * survey.sample_rate_hz)
    lead = min(onset, round(LEAD_SECONDS * survey.sample_rate_hz))
    return _read(path, onset - lead, min(wanted, stop - onset) + lead, handle), lead


def _bed(path: Path, survey: Survey, wanted: int, rng: np.random.Generator, handle: Handle) -> Samples:
    """``wanted`` samples of a sustained recording: one stretch where it is long enough, else crossfaded parts."""
    rate = survey.sample_rate_hz
    guard = min(rate // 2, survey.frames // 20)  # its own fades at both ends
    first, last = guard, survey.frames - guard
    if wanted <= last - first:
        return _read(path, first + int(rng.integers(last - first - wanted + 1)), wanted, handle)
    size = int(PART * (last - first))
    fade = min(round(CROSSFADE_SECONDS * rate), size // 3)
    rise = np.sin(0.5 * np.pi * (np.arange(fade, dtype=np.float32) + 0.5) / fade)
    pieces: list[Samples] = []
    starts: list[int] = []
    total = 0
    while total < wanted:
        handle.check()
        start = _start(first, last - size, starts[-2:], size + fade // 4, rng)  # _quiet may move it so far
        start = _quiet(path, start, fade, (first, last - size), handle)
        piece = _read(path, start, size, handle)
        if pieces:
            piece[:, :fade] = piece[:, :fade] * rise + pieces[-1][:, -fade:] * rise[::-1]
            pieces[-1] = pieces[-1][:, :-fade]
            total -= fade
        pieces.append(piece)
        starts.append(start)
        total += size
    return np.concatenate(pieces, axis=1)[:, :wanted]


def _start(low: int, high: int, recent: list[int], size: int, rng: np.random.Generator) -> int:
    """A start in ``[low, high]`` at least ``size`` from the recent ones, any with equal chance."""
    free = [(low, high + 1)]
    for start in recent:
        free = [
            (begin, end)
            for a, b in free
            for begin, end in ((a, min(b, start - size + 1)), (max(a, start + size), b))
            if begin < end
        ]
    pick = int(rng.integers(sum(end - begin for begin, end in free)))
    for begin, end in free:
        if pick < end - begin:
            return begin + pick
        pick -= end - begin
    raise AssertionError("the pick lies within the sum")


def _quiet(path: Path, start: int, fade: int, bounds: tuple[int, int], handle: Handle) -> int:
    """The start within a quarter of a fade whose crossfade holds the least energy: events are not cut in two."""
    low, high = max(bounds[0], start - fade // 4), min(bounds[1], start + fade // 4)
    samples = _read(path, low, high - low + fade, handle)
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64).sum(axis=0))])
    return low + int(np.argmin(energy[fade:] - energy[:-fade]))
