"""What is done to a clean sound on purpose, so that it no longer fits its picture; each knows what it did to time.

All keep the length: what is moved out at one end is lost, and silence comes in at the other. This module knows neither
pictures nor aligners; how sound is stretched is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

import numpy as np

from engine.audio import Audio, Samples
from engine.evaluation.denoise_bench import signals

Noise = Literal["white", "pink", "babble"]
NOISES: tuple[Noise, ...] = ("white", "pink", "babble")
SNRS_DB = (0.0, 5.0, 10.0, 15.0, 20.0)
MOST_DELAY_SECONDS = 0.5
MOST_DRIFT = 0.02
_AFTER_CONTACT_SECONDS = (0.02, 0.12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """How sound is changed in time and in pitch.

    Parameters
    ----------
    stretched
        So many times as long, the pitch kept.
    pitched
        So many semitones higher, the length kept.
    """

    stretched: Callable[[Audio, float], Audio]
    pitched: Callable[[Audio, float], Audio]


class Degradation(Protocol):
    """Something done to a sound."""

    kind: ClassVar[str]

    @property
    def amount(self) -> float:
        """How much, in its kind's unit; what curves are drawn over."""

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """The sound, degraded."""

    def moved(self, seconds: float) -> float:
        """Where it puts what was at ``seconds``."""


class _Still:
    """Moves nothing."""

    def moved(self, seconds: float) -> float:
        """See :class:`Degradation`."""
        return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean(_Still):
    """Nothing at all."""

    kind: ClassVar[str] = "clean"
    amount: float = 0.0

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        return clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Late by ``amount`` ms; negative is early."""

    kind: ClassVar[str] = "delay"
    amount: float

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        by = round(self.amount / 1000 * clean.sample_rate_hz)
        padded = np.pad(clean.samples, ((0, 0), (max(0, by), max(0, -by))))
        start = max(0, -by)
        return _like(clean, padded[:, start : start + clean.length_samples])

    def moved(self, seconds: float) -> float:
        """See :class:`Degradation`."""
        return seconds + self.amount / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drift:
    amount: float
    """Per cent by which it takes longer."""

    @property
    def rate(self) -> float:
        """Times as long."""
        return 1 + self.amount / 100

    def moved(self, seconds: float) -> float:
        """See :class:`Degradation`."""
        return self.rate * seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(_Drift):
    """Slower by ``amount`` per cent, the pitch kept."""

    kind: ClassVar[str] = "drift, pitch kept"

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        return _as_long(tools.stretched(clean, self.rate), clean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Varispeed(_Drift):
    """Slower by ``amount`` per cent, and lower, as a tape is."""

    kind: ClassVar[str] = "drift, varispeed"

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        import soxr

        slowed = soxr.resample(clean.samples.T, clean.sample_rate_hz, clean.sample_rate_hz * self.rate, "VHQ")
        return _as_long(_like(clean, np.ascontiguousarray(slowed.T)), clean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detune(_Still):
    """Higher by ``amount`` cents."""

    kind: ClassVar[str] = "detune"
    amount: float

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        return _as_long(tools.pitched(clean, self.amount / 100), clean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(_Still):
    """Louder by ``amount`` dB; nothing is cut off, floats hold it."""

    kind: ClassVar[str] = "level"
    amount: float

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        return _like(clean, clean.samples * np.float32(10 ** (self.amount / 20)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hum(_Still):
    """Mains hum, ``amount`` dB under the sound's mean power."""

    kind: ClassVar[str] = "hum"
    amount: float

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        return _with(clean, signals.hum(clean.length_samples, clean.sample_rate_hz, rng), self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy(_Still):
    """Noise, ``amount`` dB under the sound's mean power."""

    kind: ClassVar[str] = "noise"
    noise: Noise
    amount: float

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        draw = signals.NOISES[self.noise]
        return _with(clean, draw(clean.length_samples, clean.sample_rate_hz, rng), self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps(_Still):
    """Dropouts to digital silence, while something sounds: elsewhere nothing would be lost.

    Parameters
    ----------
    after_seconds
        Contacts; each loses a stretch of its decay.
    amount
        Milliseconds that each lasts.
    """

    kind: ClassVar[str] = "gaps"
    amount: float
    after_seconds: tuple[float, ...]

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        samples = np.array(clean.samples)
        for contact in self.after_seconds:
            start = round((contact + rng.uniform(*_AFTER_CONTACT_SECONDS)) * clean.sample_rate_hz)
            samples[:, start : start + round(self.amount / 1000 * clean.sample_rate_hz)] = 0.0
        return _like(clean, samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Several, one after another."""

    kind: ClassVar[str] = "mixed"
    parts: tuple[Degradation, ...]
    amount: float = field(default=0.0)

    def done(self, clean: Audio, rng: np.random.Generator, tools: Tools) -> Audio:
        """See :class:`Degradation`."""
        for part in self.parts:
            clean = part.done(clean, rng, tools)
        return clean

    def moved(self, seconds: float) -> float:
        """See :class:`Degradation`."""
        for part in self.parts:
            seconds = part.moved(seconds)
        return seconds


def drawn(number: int, contacts_seconds: Sequence[float], rng: np.random.Generator) -> tuple[Degradation, ...]:
    """One of every kind, two delays, and each noise at one level; levels go round with the pair's ``number``."""

    def delay() -> Delay:
        return Delay(amount=round(1000 * rng.uniform(-MOST_DELAY_SECONDS, MOST_DELAY_SECONDS)))

    def drift() -> float:
        return round(100 * rng.uniform(-MOST_DRIFT, MOST_DRIFT), 2)

    def noisy(place: int) -> Noisy:
        return Noisy(noise=NOISES[place], amount=SNRS_DB[(number + 2 * place) % len(SNRS_DB)])

    holed = tuple(contacts_seconds[:: max(1, len(contacts_seconds) // 3)])
    return (
        *(Clean(), delay(), delay()),
        *(Drift(amount=drift()), Varispeed(amount=drift())),
        *(noisy(place) for place in range(len(NOISES))),
        Hum(amount=float(rng.uniform(0, 20))),
        Gaps(amount=round(rng.uniform(10, 200)), after_seconds=holed),
        Level(amount=round(rng.uniform(-30, 12), 1)),
        Detune(amount=float(round(rng.choice([-1, 1]) * rng.uniform(15, 45)))),
        Mixed(parts=(delay(), Level(amount=-6.0), noisy(number % len(NOISES)))),
    )


def _like(clean: Audio, samples: Samples) -> Audio:
    return Audio(samples=samples, sample_rate_hz=clean.sample_rate_hz)


def _as_long(made: Audio, clean: Audio) -> Audio:
    missing = max(0, clean.length_samples - made.length_samples)
    return _like(clean, np.pad(made.samples, ((0, 0), (0, missing)))[:, : clean.length_samples])


def _with(clean: Audio, noise: Samples, snr_db: float) -> Audio:
    """``noise``, stereo, so far under the sound's mean power over all channels."""
    fitting = noise if clean.channels == 2 else np.repeat(noise.mean(axis=0, keepdims=True), clean.channels, axis=0)
    powers = (float(np.square(sound, dtype=np.float64).mean()) for sound in (clean.samples, fitting))
    wanted, there = powers
    gain = np.sqrt(wanted / max(there, 1e-20)) * 10 ** (-snr_db / 20)
    return _like(clean, clean.samples + np.float32(gain) * fitting)
