"""The take cache gives back exactly what was put in, or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from engine.audio import Audio
from engine.backends.cache import TakeCache
from engine.plan import TakeSpec
from engine.results import Licence, Take

LICENCE = Licence(name="CC0-1.0", commercial=True, note="é")


def spec(seed: int = 1) -> TakeSpec:
    return TakeSpec(
        backend="b",
        backend_version="1",
        source="s",
        text="t",
        seed=seed,
        length_samples=8,
        channels=2,
        sample_rate_hz=44_100,
    )


def take(seed: int = 1) -> Take:
    samples = np.random.default_rng(seed).standard_normal((2, 8)).astype(np.float32)
    return Take(audio=Audio(samples=samples, sample_rate_hz=44_100), onset_samples=3, licence=LICENCE)


@pytest.fixture
def cache(tmp_path: Path) -> TakeCache:
    return TakeCache(tmp_path / "takes", 10**6)


def test_what_was_put_comes_back(cache: TakeCache) -> None:
    cache.put(spec(), take())
    back = cache.get(spec())
    assert back is not None
    assert np.array_equal(back.audio.samples, take().audio.samples)
    assert (back.onset_samples, back.licence, back.audio.sample_rate_hz) == (3, LICENCE, 44_100)


def test_another_spec_is_a_miss(cache: TakeCache) -> None:
    cache.put(spec(), take())
    assert cache.get(spec(2)) is None


@pytest.mark.parametrize("damage", [0, 10, 200])
def test_a_damaged_entry_is_a_miss_and_goes_away(cache: TakeCache, tmp_path: Path, damage: int) -> None:
    cache.put(spec(), take())
    (entry,) = (tmp_path / "takes").glob("*/*.npz")
    entry.write_bytes(entry.read_bytes()[:damage])
    assert cache.get(spec()) is None
    assert not entry.exists()


def test_flipped_samples_are_noticed(cache: TakeCache, tmp_path: Path) -> None:
    cache.put(spec(), take())
    (entry,) = (tmp_path / "takes").glob("*/*.npz")
    content = bytearray(entry.read_bytes())
    at = content.index(take().audio.samples.tobytes())
    content[at] ^= 0xFF
    entry.write_bytes(content)
    assert cache.get(spec()) is None


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    big = TakeCache(folder, 10**6)
    for seed in (1, 2, 3):
        big.put(spec(seed), take(seed))
        os.utime(next(folder.glob(f"*/{spec(seed).key}.npz")), (seed, seed))
    assert big.get(spec(1)) is not None  # now the most recently used
    one = max(path.stat().st_size for path in folder.glob("*/*"))
    assert TakeCache(folder, 2 * one).trim() == 1
    assert [TakeCache(folder, 10**6).get(spec(seed)) is None for seed in (1, 2, 3)] == [False, True, False]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("a file is in the way")
    cache = TakeCache(tmp_path / "takes", 10**6)
    cache.put(spec(), take())
    assert cache.get(spec()) is None


def test_no_part_files_stay(cache: TakeCache, tmp_path: Path) -> None:
    cache.put(spec(), take())
    assert not list((tmp_path / "takes").glob("*/*.part"))
