"""What is given to a model that works on sounds, and what is taken of what it gives back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.action import Extend, Fill, Restyle
from engine.audio import Audio, Samples
from engine.editing.apply import Span, edited
from engine.editing.kit import Kit
from engine.errors import BadArgument
from engine.handle import Handle
from engine.source import Held, Source

RATE = 48_000


class Model:
    """Gives back ones, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, int, float | None]] = []

    def __call__(
        self, text: str, source: Source, start: int, end: int, handle: Handle, *, vary: Restyle | None = None
    ) -> Samples | None:
        handle.progress(0.5, "rendering")
        self.asked.append((text, start, end, vary and vary.strength))
        self.heard = source.read(0, source.length_samples)
        return np.ones((source.channels, end - start), np.float32)


def noise(seconds: float = 2.0) -> Held:
    samples = 0.1 * np.random.default_rng(0).standard_normal((2, round(seconds * RATE)))
    return Held(Audio(samples=samples.astype(np.float32), sample_rate_hz=RATE))


def all_of(source: Source) -> Samples:
    return source.read(0, source.length_samples)


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def kit(tmp_path: Path, model: Model) -> Kit:
    return Kit(folder=tmp_path, change_sound=model)


def test_a_spot_with_words_goes_to_a_model_that_hears(kit: Kit, model: Model) -> None:
    sound = noise()
    made = all_of(edited(sound, [Fill(text="glass")], kit, Span(20_000, 30_000)))
    assert model.asked == [("glass", 20_000, 30_000, None)]
    assert np.array_equal(model.heard, all_of(sound)), "with what lies around"
    assert np.array_equal(made[:, :20_000], all_of(sound)[:, :20_000])
    assert np.array_equal(made[:, 30_000:], all_of(sound)[:, 30_000:])
    assert (made[:, 20_000:30_000] == 1.0).all()


def test_restyle_varies_the_span_and_nothing_else(kit: Kit, model: Model) -> None:
    sound = noise()
    made = all_of(edited(sound, [Restyle(text="wooden", strength=0.3)], kit, Span(20_000, 30_000)))
    assert model.asked == [("wooden", 0, 10_000, 0.3)]
    assert np.array_equal(model.heard, all_of(sound)[:, 20_000:30_000])
    assert np.array_equal(made[:, :20_000], all_of(sound)[:, :20_000])
    assert (made[:, 20_000:30_000] == 1.0).all()


def test_extend_with_words_goes_on_from_the_end(kit: Kit, model: Model) -> None:
    sound = noise()
    made = all_of(edited(sound, [Extend(length_seconds=3.0, text="rain")], kit))
    fade = RATE // 100
    assert made.shape == (2, 3 * RATE)
    assert model.asked == [("rain", 2 * RATE - fade, 3 * RATE, None)]
    assert np.array_equal(made[:, : 2 * RATE - fade], all_of(sound)[:, :-fade])
    assert (made[:, 2 * RATE :] == 1.0).all()
    assert not model.heard[:, 2 * RATE :].any(), "nothing is there yet"
    share = np.arange(1, fade + 1) / (fade + 1)
    old = all_of(sound)[:, -fade:]
    assert np.allclose(made[:, 2 * RATE - fade : 2 * RATE], old * (1 - share) + share, atol=1e-6), (
        "no click at the join"
    )


@pytest.mark.parametrize("action", [Restyle(text="wooden"), Extend(length_seconds=3.0, text="rain")])
def test_without_such_a_model_it_says_so(tmp_path: Path, action: Restyle | Extend) -> None:
    with pytest.raises(BadArgument, match="name one with backend") as caught:
        edited(noise(), [action], Kit(folder=tmp_path))
    assert caught.value.field in ("do", "backend")


def test_extend_does_not_shorten(kit: Kit) -> None:
    with pytest.raises(BadArgument, match="makes it longer"):
        edited(noise(), [Extend(length_seconds=1.0, text="rain")], kit)


def test_the_shortest_sound_is_gone_on_with(kit: Kit, model: Model) -> None:
    sound = Held(Audio(samples=np.full((1, 10), 0.5, np.float32), sample_rate_hz=RATE))
    made = all_of(edited(sound, [Extend(length_seconds=0.01, text="rain")], kit))
    assert made.shape == (1, 480)
    assert model.asked == [("rain", 0, 480, None)]


def test_how_far_the_model_is_counts_in_its_own_action(tmp_path: Path, model: Model) -> None:
    told: list[float] = []
    kit = Kit(folder=tmp_path, change_sound=model, handle=Handle(on_progress=lambda share, _: told.append(share)))
    all_of(edited(noise(), [Restyle(text="rain"), Restyle(text="more rain")], kit))
    assert told == [0.0, 0.25, 0.5, 0.75]
