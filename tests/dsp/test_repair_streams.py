"""What every repair of a source has in common: exact length, all rates and channels, little read at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.audio import Audio, Samples
from engine.dsp import repair
from engine.dsp.reverb_match import in_room
from engine.dsp.room_estimate import OCTAVES_HZ, Room
from engine.errors import BadArgument
from engine.source import Blocks, Held, Source, collected

MOST_READ_SECONDS = 12.0
ROOM = Room(centre_hz=OCTAVES_HZ, decay_seconds=(0.4,) * 7, late_db=(-6.0,) * 7)

REPAIRS: dict[str, Callable[[Source], Blocks]] = {
    "declick": lambda source: repair.declick(source),
    "dehum": lambda source: repair.dehum(source),
    "dehum_given": lambda source: repair.dehum(source, frequency_hz=60.0),
    "worldize": lambda source: in_room(source, ROOM),
    "fill_gaps": lambda source: repair.fill_gaps(source, repair.find_gaps(source), np.random.default_rng(0)),
}


class Watched:
    """A source that remembers how much was read at once, and how far."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.sample_rate_hz, self.channels = source.sample_rate_hz, source.channels
        self.length_samples = source.length_samples
        self.most = 0

    def read(self, start: int, end: int) -> Samples:
        self.most = max(self.most, end - start)
        return self._source.read(start, end)


def broken(seconds: float, rate: int, channels: int) -> Held:
    """Noise with hum, clicks and a dropout."""
    rng = np.random.default_rng(0)
    length = round(seconds * rate)
    time = np.arange(length) / rate
    made = 0.03 * rng.standard_normal((channels, length))
    made += sum(0.05 / order * np.sin(2 * np.pi * 60 * order * time) for order in range(1, 9))
    made[:, length // 5 :: length // 5] += 0.9
    made[:, length // 2 : length // 2 + rate // 50] = 0.0
    return Held(Audio(samples=np.asarray(made, np.float32), sample_rate_hz=rate))


@pytest.mark.parametrize("name", REPAIRS)
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 2), (96_000, 4)])
def test_length_channels_and_repeatability(name: str, rate: int, channels: int) -> None:
    source = broken(1.3, rate, channels)
    before = source.read(0, source.length_samples).copy()
    blocks = list(REPAIRS[name](source))
    again = list(REPAIRS[name](source))
    assert all(block.dtype == np.float32 and block.shape[0] == channels and block.shape[1] > 0 for block in blocks)
    whole = np.concatenate(blocks, axis=1)
    assert whole.shape == before.shape
    assert np.isfinite(whole).all()
    assert not np.array_equal(whole, before)
    assert np.array_equal(whole, np.concatenate(again, axis=1))
    assert np.array_equal(before, source.read(0, source.length_samples))


@pytest.mark.parametrize("name", REPAIRS)
@pytest.mark.parametrize("length", [1, 2, 31, 1_000])
def test_the_shortest_sounds(name: str, length: int) -> None:
    source = Held(Audio(samples=np.full((1, length), 0.1, np.float32), sample_rate_hz=48_000))
    made = collected(source, REPAIRS[name])
    assert made.length_samples == length
    assert made.peak < 1.0


@pytest.mark.parametrize("name", REPAIRS)
def test_little_is_read_at_a_time(name: str) -> None:
    source = Watched(broken(60.0, 8_000, 1))
    assert sum(block.shape[1] for block in REPAIRS[name](source)) == source.length_samples
    assert source.most <= MOST_READ_SECONDS * 8_000


def test_the_room_of_a_long_reference_is_heard_from_little_at_a_time() -> None:
    source = Watched(broken(400.0, 8_000, 1))
    with pytest.raises(BadArgument, match="nothing dies away"):
        repair.estimate_room(source)
    assert source.most <= MOST_READ_SECONDS * 8_000
