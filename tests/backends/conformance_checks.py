"""What every backend must keep, as functions that raise AssertionError; ``test_conformance`` runs them over all.

They know the Protocol and nothing of any backend. ``test_conformance_teeth`` shows that each catches what it should.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from engine.backends.base import MATCHED, Backend, Match
from engine.errors import BackendFailed, BadArgument, Cancelled, CuewrightError
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.results import Take

HAPPENS = "knocking on a wooden door"
LASTS = "heavy rain"
NONSENSE = "qwxzv flurbity grmpf"
SECONDS_A_CHECK = 5.0
"""At 50 times real time, the slowest a backend without a GPU may be, five seconds are 100 ms of work."""


def best(backend: Backend, words: str) -> Match:
    found = backend.match(words)
    assert found, f"no answer to {words!r}"
    return found[0]


def spec_of(
    backend: Backend,
    words: str,
    *,
    length: int = 24_000,
    channels: int = 1,
    rate: int = 48_000,
    seed: int = 1,
    params: dict[str, float] | None = None,
) -> TakeSpec:
    match = best(backend, words)
    return TakeSpec(
        backend=backend.name,
        backend_version=backend.version,
        source=match.sources[0],
        text=words,
        params=match.params if params is None else params,
        seed=seed,
        length_samples=length,
        channels=channels,
        sample_rate_hz=rate,
    )


def render(backend: Backend, *specs: TakeSpec) -> list[Take]:
    return list(backend.render(specs, Handle()))


def samples_of(backend: Backend, *specs: TakeSpec) -> list[bytes]:
    return [take.audio.samples.tobytes() for take in render(backend, *specs)]


def says_what_it_can(backend: Backend) -> None:
    assert isinstance(backend, Backend)
    assert backend.name
    assert backend.version
    assert backend.capabilities.licence.name
    assert backend.capabilities.max_length_seconds > 0
    assert set(backend.capabilities.channels) >= {1}


def answers_known_words(backend: Backend) -> None:
    for words in (HAPPENS, LASTS):
        matches = backend.match(words)
        assert matches
        assert matches[0].score >= MATCHED, f"{words!r}: {matches[0].score}"
        scores = [match.score for match in matches]
        assert scores == sorted(scores, reverse=True), "best first"
        assert matches[0].label.strip() == matches[0].label != ""
        assert re.fullmatch(r"[A-Z]{2,}[A-Za-z]*", matches[0].category), "a UCS CatID"
        assert len(set(matches[0].sources)) == len(matches[0].sources), "a source is listed once"
    assert not best(backend, HAPPENS).sustained
    assert best(backend, LASTS).sustained
    assert backend.match(HAPPENS) == backend.match(HAPPENS)


def does_not_answer_nonsense(backend: Backend) -> None:
    for words in (NONSENSE, "", "\0 \ud800", "!" * 400):
        assert all(match.score < MATCHED for match in backend.match(words)), words


def renders_in_order(backend: Backend) -> None:
    specs = [spec_of(backend, LASTS, length=n, seed=n) for n in (9_600, 4_800, 19_200)]
    lengths = [take.audio.length_samples - take.onset_samples for take in backend.render(specs, Handle())]
    assert lengths == [9_600, 4_800, 19_200]
    assert render(backend) == []


def keeps_rate_channels_and_length(backend: Backend) -> None:
    for words in (HAPPENS, LASTS):
        for rate in backend.capabilities.sample_rates_hz or (44_100, 48_000, 96_000):
            for channels in backend.capabilities.channels:
                spec = spec_of(backend, words, length=rate // 2, channels=channels, rate=rate)
                (take,) = render(backend, spec)
                assert take.audio.sample_rate_hz == rate
                assert take.audio.channels == channels
                _fits(take, rate // 2, exact=best(backend, words).sustained)


def renders_any_length(backend: Backend) -> None:
    for words in (HAPPENS, LASTS):
        for length in (1, 2, 47, 480, 4_799, 3 * 48_000 + 1, 20 * 48_000):
            refused, take = None, None
            try:
                (take,) = render(backend, spec_of(backend, words, length=length))
            except (BadArgument, BackendFailed) as error:
                refused = error
            if take is None:
                assert length < 4_800, "only the shortest may be refused"
                assert refused is not None
                assert len(refused.sentence) > 20, "says why"
            else:
                _fits(take, length, exact=best(backend, words).sustained)
                assert take.audio.peak > 0


def _fits(take: Take, length: int, *, exact: bool) -> None:
    heard = take.audio.length_samples - take.onset_samples
    assert 0 < heard <= length
    if exact:
        assert heard == length, "what lasts fills its length"
    elif heard < length:
        tail = take.audio.samples[:, -min(heard, take.audio.sample_rate_hz // 200) :]
        assert np.abs(tail).max() < 0.01 * take.audio.peak, "shorter only when it has died away"


def is_sound(backend: Backend) -> None:
    for words in (HAPPENS, LASTS):
        for seed in range(4):
            (take,) = render(backend, spec_of(backend, words, seed=seed, channels=max(backend.capabilities.channels)))
            samples = take.audio.samples
            assert 1e-3 < take.audio.peak <= 4.0, "audible, and not absurdly loud"
            heard = samples[:, take.onset_samples :]
            assert np.abs(heard.mean(axis=1)).max() < 1e-3 * take.audio.peak, "free of DC"
            assert np.abs(samples[:, -1]).max() < 0.05 * take.audio.peak, "ends without a click"


def starts_on_its_onset(backend: Backend) -> None:
    """Measured by itself: the first sample within 30 dB of the loudest of the first 50 ms."""
    for seed in range(8):
        (take,) = render(backend, spec_of(backend, HAPPENS, seed=seed))
        rate = take.audio.sample_rate_hz
        level = np.abs(take.audio.samples).max(axis=0)
        start = level[take.onset_samples : take.onset_samples + rate // 20].max()
        measured = int(np.argmax(level >= start * 10 ** (-30 / 20)))
        assert abs(measured - take.onset_samples) <= rate // 1_000, (
            f"seed {seed}: {measured} is not {take.onset_samples}"
        )


def repeats_itself(backend: Backend) -> None:
    for words in (HAPPENS, LASTS):
        one, two = (spec_of(backend, words, seed=seed) for seed in (5, 6))
        alone = samples_of(backend, one)
        assert alone == samples_of(backend, one), "same spec, same bytes"
        beside = render(backend, two, one)[1]
        if not backend.capabilities.tolerance:
            assert alone == [beside.audio.samples.tobytes()], "whatever is rendered beside it"
        (take,) = render(backend, one)
        away = np.abs(take.audio.samples - beside.audio.samples).max()
        assert away <= backend.capabilities.tolerance * take.audio.peak, "whatever is rendered beside it"


def varies_with_the_seed(backend: Backend) -> None:
    for words in (HAPPENS, LASTS):
        takes = samples_of(backend, *(spec_of(backend, words, seed=seed) for seed in range(12)))
        assert len(set(takes)) == len(takes)


def stops_when_cancelled(backend: Backend) -> None:
    for words in (HAPPENS, LASTS):
        with pytest.raises(Cancelled):
            list(backend.render([spec_of(backend, words)], Handle(is_cancelled=lambda: True)))
    seconds = 20
    spec = spec_of(backend, LASTS, length=seconds * 48_000)
    checks = _checks(backend, spec, stop_at=None)
    assert checks >= seconds / SECONDS_A_CHECK, f"{checks} checks in {seconds} s of sound"
    for stop_at in {1, 2, checks // 2, checks}:
        assert _checks(backend, spec, stop_at=stop_at) == stop_at, "goes on after a cancel"


def _checks(backend: Backend, spec: TakeSpec, stop_at: int | None) -> int:
    count = 0

    def cancelled() -> bool:
        nonlocal count
        count += 1
        return stop_at is not None and count >= stop_at

    try:
        list(backend.render([spec], Handle(is_cancelled=cancelled)))
    except Cancelled:
        assert stop_at is not None
    return count


def refuses_what_it_cannot(backend: Backend) -> None:
    good = spec_of(backend, HAPPENS)
    bad: Iterable[tuple[dict[str, object], type[CuewrightError]]] = [
        ({"params": {**good.params, "no_such_parameter": 1.0}}, BadArgument),
        ({"channels": 7}, BadArgument),
        *(({"params": {**good.params, name: 1e12}}, BadArgument) for name in good.params),
        ({"source": "no such source"}, CuewrightError),
        ({"source": ""}, CuewrightError),
    ]
    for change, kind in bad:
        with pytest.raises(kind) as caught:
            render(backend, good.model_copy(update=change))
        assert len(caught.value.sentence) > 20, "says what to do"
        assert caught.value.field or kind is CuewrightError


def tells_its_licence(backend: Backend) -> None:
    (take,) = render(backend, spec_of(backend, HAPPENS))
    assert take.licence.name


CHECKS: tuple[Callable[[Backend], None], ...] = (
    says_what_it_can,
    answers_known_words,
    does_not_answer_nonsense,
    renders_in_order,
    keeps_rate_channels_and_length,
    renders_any_length,
    is_sound,
    starts_on_its_onset,
    repeats_itself,
    varies_with_the_seed,
    stops_when_cancelled,
    refuses_what_it_cannot,
    tells_its_licence,
)
