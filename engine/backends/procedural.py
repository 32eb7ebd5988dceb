"""Sounds from equations: always there, offline, fast, and the user's own.

The adapter between the bank in ``engine.procedural`` and the engine: words to families, any sample rate, exact lengths.
It knows no synthesis; the bank knows no takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import soxr

from engine.audio import Audio, Samples
from engine.backends.base import Capabilities, Match
from engine.config import Settings
from engine.errors import BadArgument
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.procedural.envelope import fade_edges
from engine.procedural.families import FAMILIES
from engine.procedural.family import SAMPLE_RATE_HZ, Family, Signal
from engine.procedural.words import Answer, answers
from engine.results import Licence, Take

MIN_LENGTH_SECONDS = 0.01
STEP = 2.0**-23
"""Takes lie on the grid of 24-bit files, which hides most of what processors round differently."""
BLOCK_SAMPLES = 2**19
"""What is settled between two looks at the cancel."""
_LICENCE = Licence(name="CC0-1.0", commercial=True, note="synthesised here; yours without conditions")


class ProceduralBackend:
    """The built-in sounds.

    Parameters
    ----------
    settings
        Not read; every backend is made with them.
    """

    name = "procedural"
    version = "1"
    capabilities = Capabilities(max_length_seconds=3_600.0, channels=(1, 2), licence=_LICENCE, deterministic=True)

    def __init__(self, settings: Settings) -> None:
        del settings

    def match(self, text: str) -> tuple[Match, ...]:
        """The families that answer the words, best first; below ``MATCHED`` they are only the nearest."""
        return tuple(_match(answer) for answer in answers(text))

    def render(self, specs: Sequence[TakeSpec], handle: Handle) -> Iterator[Take]:
        """One take a spec, in order; see :meth:`engine.backends.base.Backend.render`.

        Raises
        ------
        BadArgument
            For an unknown family or parameter, a value out of bounds, or a length or channel count it cannot make.
        """
        for spec in specs:
            family = _family(spec)
            handle.check()
            yield _take(family, spec, handle)


def _match(answer: Answer) -> Match:
    family = answer.family
    return Match(
        score=answer.score,
        sources=(family.name,),
        label=family.label,
        category=family.category,
        params=dict(answer.params),
        accepts={name: (param.low, param.high) for name, param in family.params.items()},
        length_seconds=answer.length_seconds,
        interval_seconds=answer.interval_seconds,
        sustained=answer.sustained,
    )


def _family(spec: TakeSpec) -> Family:
    """The family a spec names, once all of the spec is found to be within bounds."""
    if spec.source not in FAMILIES:
        raise BadArgument(f"No built-in sound {spec.source!r}; there are {', '.join(FAMILIES)}.", field="source")
    family = FAMILIES[spec.source]
    _check_params(family, spec.params)
    if spec.channels not in ProceduralBackend.capabilities.channels:
        raise BadArgument(f"Built-in sounds have 1 or 2 channels, not {spec.channels}.", field="channels")
    seconds = spec.length_samples / spec.sample_rate_hz
    longest = ProceduralBackend.capabilities.max_length_seconds
    if not MIN_LENGTH_SECONDS <= seconds <= longest:
        raise BadArgument(
            f"A built-in sound lasts {MIN_LENGTH_SECONDS} to {longest:,.0f} seconds; {seconds:.4f} were asked for.",
            field="length_samples",
        )
    return family


def _check_params(family: Family, params: Mapping[str, float]) -> None:
    for name, value in params.items():
        if name not in family.params:
            raise BadArgument(
                f"{family.label} has no parameter {name!r}; it has {', '.join(family.params)}.", field=f"params.{name}"
            )
        bounds = family.params[name]
        if not bounds.low <= value <= bounds.high:  # NaN too
            raise BadArgument(
                f"{name} of {family.label} is {bounds.low:g} to {bounds.high:g}; got {value}.", field=f"params.{name}"
            )
        if name == "count" and value != round(value):
            raise BadArgument(f"{name} of {family.label} is a whole number; got {value}.", field=f"params.{name}")


def _take(family: Family, spec: TakeSpec, handle: Handle) -> Take:
    rate = spec.sample_rate_hz
    wanted = -(-spec.length_samples * SAMPLE_RATE_HZ // rate)
    rng = np.random.default_rng(np.random.SeedSequence([spec.seed, *family.name.encode()]))
    knobs = replace(family.knobs(spec.params), variation=spec.variation)
    samples, onset = family.render(rng, knobs, wanted, spec.channels, handle.check)
    if rate != SAMPLE_RATE_HZ:
        samples, onset = _resampled(samples, rate, handle), round(onset * rate / SAMPLE_RATE_HZ)
    fills = family.sustained and not spec.params.get("count")
    settled = _settled(samples[:, : onset + spec.length_samples], onset, spec, fills, handle)
    return Take(audio=Audio(samples=settled, sample_rate_hz=rate), onset_samples=onset, licence=_LICENCE)


def _resampled(samples: Signal, rate: int, handle: Handle) -> Signal:
    """At another rate, a few seconds at a time."""
    stream = soxr.ResampleStream(SAMPLE_RATE_HZ, rate, samples.shape[0], dtype="float32", quality="VHQ")
    piece = 4 * SAMPLE_RATE_HZ
    parts = []
    for start in range(0, samples.shape[1], piece):
        handle.check()
        part = np.ascontiguousarray(samples[:, start : start + piece].T, dtype=np.float32)
        parts.append(stream.resample_chunk(part, last=start + piece >= samples.shape[1]))
    joined: Signal = np.concatenate(parts).T
    return joined


def _settled(samples: Signal, onset: int, spec: TakeSpec, fills: bool, handle: Handle) -> Samples:
    """Exactly as long as asked for where it fills; without DC; silent at both ends; on the grid of 24 bits."""
    length = onset + spec.length_samples
    out: Samples = np.asarray(samples, dtype=np.float32)
    if fills and out.shape[1] < length:
        padded = np.zeros((out.shape[0], length), dtype=np.float32)
        padded[:, : out.shape[1]] = out
        out = padded
    if spec.sample_rate_hz != SAMPLE_RATE_HZ:
        seconds = min(0.01, 0.2 * out.shape[1] / spec.sample_rate_hz) * spec.sample_rate_hz / SAMPLE_RATE_HZ
        fade_edges(out, 0.0, seconds)
    heard = out[:, onset:]
    count = heard.shape[1]
    starts = range(0, count, BLOCK_SAMPLES)
    total = np.zeros((out.shape[0], 1))
    for start in starts:
        handle.check()
        total += heard[:, start : start + BLOCK_SAMPLES].sum(axis=1, dtype=np.float64, keepdims=True)
    for start in starts:  # half a sine over the whole, whose sum is 1 / sin(pi / 2 count), holds as much DC
        handle.check()
        block = heard[:, start : start + BLOCK_SAMPLES]
        arch = np.sin(np.pi / count * (np.arange(start, start + block.shape[1]) + 0.5))
        block -= total * np.sin(np.pi / 2 / count) * arch
    for start in range(0, out.shape[1], BLOCK_SAMPLES):
        handle.check()
        block = out[:, start : start + BLOCK_SAMPLES]
        block[:] = np.rint(block / np.float32(STEP)) * np.float32(STEP)
    out.flags.writeable = False
    return out
