"""The conformance suite passes a right backend and catches each kind of wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import conformance_checks as checks
import numpy as np
import pytest

from engine.audio import Audio, Samples
from engine.backends.base import Backend, Capabilities, Match
from engine.errors import BackendFailed, BadArgument, Cancelled
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.results import Licence, Take

FREE = Licence(name="CC0-1.0", commercial=True)


class Right:
    """The smallest backend that keeps the contract: a decaying tone, and noise."""

    name = "right"
    version = "1"
    capabilities = Capabilities(max_length_seconds=60, licence=FREE, deterministic=True)

    def match(self, text: str) -> tuple[Match, ...]:
        known = {checks.HAPPENS: ("knock", "Knock", "DOORKnck", False), checks.LASTS: ("rain", "Rain", "RAIN", True)}
        source, label, category, sustained = known.get(text, ("knock", "Knock", "DOORKnck", False))
        return (
            Match(
                score=0.9 if text in known else 0.1,
                sources=(source,),
                label=label,
                category=category,
                params={"size": 1.0},
                length_seconds=0.5,
                interval_seconds=0.5,
                sustained=sustained,
            ),
        )

    def render(self, specs: Sequence[TakeSpec], handle: Handle) -> Iterator[Take]:
        for spec in specs:
            yield self.take(spec, handle)

    def take(self, spec: TakeSpec, handle: Handle) -> Take:
        if spec.channels > 2:
            raise BadArgument("One or two channels can be rendered.", field="channels")
        if set(spec.params) - {"size"}:
            raise BadArgument("The only parameter there is is 'size'.", field="params")
        if not 0 <= spec.params.get("size", 1.0) <= 10:
            raise BadArgument("A size is a number from 0 to 10.", field="params.size")
        if spec.source not in ("knock", "rain"):
            raise BackendFailed("The only sources are 'knock' and 'rain'.", field="source")
        for _ in range(1 + spec.length_samples // spec.sample_rate_hz):
            handle.check()
        samples = self.sound(spec, np.random.default_rng(spec.seed))
        audio = Audio(samples=np.repeat(samples, spec.channels, axis=0), sample_rate_hz=spec.sample_rate_hz)
        return Take(audio=audio, onset_samples=self.onset(spec), licence=FREE)

    def onset(self, spec: TakeSpec) -> int:
        return 0

    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        count = spec.length_samples
        t = np.arange(count) / spec.sample_rate_hz
        if spec.source == "knock":
            out = np.cos(2 * np.pi * rng.uniform(100, 300) * t) * np.exp(-t / 0.03)
        else:
            out = 0.3 * rng.standard_normal(count) * np.minimum(1, np.arange(count, 0, -1) / 480)
        if count > 2_400:
            out -= out.mean() * np.hanning(count) * 2
        return out.astype(np.float32)[None]


class Unversioned(Right):
    version = ""


class Unsure(Right):
    def match(self, text: str) -> tuple[Match, ...]:
        return tuple(m.model_copy(update={"score": 0.4}) for m in super().match(text))


class KnowsAll(Right):
    def match(self, text: str) -> tuple[Match, ...]:
        return tuple(m.model_copy(update={"score": 0.9}) for m in super().match(text))


class Backwards(Right):
    def render(self, specs: Sequence[TakeSpec], handle: Handle) -> Iterator[Take]:
        return super().render(specs[::-1], handle)


class AlwaysAt48(Right):
    def take(self, spec: TakeSpec, handle: Handle) -> Take:
        return super().take(spec.model_copy(update={"sample_rate_hz": 48_000}), handle)


class TooLong(Right):
    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        return super().sound(spec.model_copy(update={"length_samples": spec.length_samples + 1}), rng)


class StopsShort(Right):
    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        return super().sound(spec, rng)[:, : max(1, min(spec.length_samples, 2 * 48_000))]


class Silent(Right):
    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        return 0 * super().sound(spec, rng)


class Offset(Right):
    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        return super().sound(spec, rng) + np.float32(0.01)


class Clicks(Right):
    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        out = super().sound(spec, rng)
        out[:, -1] = 0.5
        return out


class Late(Right):
    def onset(self, spec: TakeSpec) -> int:
        return 96

    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        out = super().sound(spec.model_copy(update={"length_samples": spec.length_samples + 96}), rng)
        return out.astype(np.float32)


class Moody(Right):
    count = 0

    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        self.count += 1
        return super().sound(spec, np.random.default_rng(self.count))


class Stubborn(Right):
    def sound(self, spec: TakeSpec, rng: np.random.Generator) -> Samples:
        return super().sound(spec, np.random.default_rng(0))


class Deaf(Right):
    def take(self, spec: TakeSpec, handle: Handle) -> Take:
        return super().take(spec, Handle())


class ChecksOnce(Right):
    def take(self, spec: TakeSpec, handle: Handle) -> Take:
        handle.check()
        return super().take(spec, Handle())


class GoesOn(Right):
    def take(self, spec: TakeSpec, handle: Handle) -> Take:
        try:
            return super().take(spec, handle)
        except Cancelled:
            handle.check()
            raise AssertionError("unreachable: the handle stays cancelled") from None


class TakesAnything(Right):
    def take(self, spec: TakeSpec, handle: Handle) -> Take:
        return super().take(spec.model_copy(update={"params": {}, "channels": min(2, spec.channels)}), handle)


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_a_right_backend_passes(check: Callable[[Backend], None]) -> None:
    check(Right())


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (Unversioned, checks.says_what_it_can),
        (Unsure, checks.answers_known_words),
        (KnowsAll, checks.does_not_answer_nonsense),
        (Backwards, checks.renders_in_order),
        (AlwaysAt48, checks.keeps_rate_channels_and_length),
        (TooLong, checks.keeps_rate_channels_and_length),
        (StopsShort, checks.renders_any_length),
        (Silent, checks.is_sound),
        (Offset, checks.is_sound),
        (Clicks, checks.is_sound),
        (Late, checks.starts_on_its_onset),
        (Moody, checks.repeats_itself),
        (Stubborn, checks.varies_with_the_seed),
        (Deaf, checks.stops_when_cancelled),
        (ChecksOnce, checks.stops_when_cancelled),
        (GoesOn, checks.stops_when_cancelled),
        (TakesAnything, checks.refuses_what_it_cannot),
    ],
    ids=lambda value: value.__name__,
)
def test_a_wrong_backend_is_caught(wrong: type[Right], check: Callable[[Backend], None]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(wrong())


def test_every_check_has_a_wrong_backend() -> None:
    marks = next(m for m in test_a_wrong_backend_is_caught.pytestmark if m.name == "parametrize")  # type: ignore[attr-defined]
    caught = {check for _, check in marks.args[1]}
    assert set(checks.CHECKS) - caught == {checks.tells_its_licence}  # a Take without one cannot be made
