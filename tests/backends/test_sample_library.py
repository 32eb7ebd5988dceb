"""The user's own recordings as a backend: bundles, sources, and what is said when a file is not there any more."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.backends.base import MATCHED, Match
from engine.backends.library import Library
from engine.backends.sample_library import SampleLibraryBackend
from engine.config import Settings
from engine.errors import BackendFailed, BadArgument, Cancelled
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.results import Take

RATE = 48_000


def hit(hz: float, *, at: tuple[int, ...] = (2_000,), seconds: float = 1.0, tau: float = 0.03) -> np.ndarray:
    out = np.zeros(round(seconds * RATE))
    for start in at:
        t = np.arange(out.size - start) / RATE
        out[start:] += 0.5 * np.cos(2 * np.pi * hz * t) * np.exp(-t / tau)
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "sounds"
    path.mkdir()
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path / "data")


def write(folder: Path, **sounds: np.ndarray) -> None:
    for name, sound in sounds.items():
        soundfile.write(folder / f"{name.replace('__', ' ')}.wav", sound, RATE, subtype="PCM_24")


def made(settings: Settings, folder: Path) -> SampleLibraryBackend:
    Library(settings.library_path).add(folder, Handle())
    return SampleLibraryBackend(settings)


def spec(match: Match, source: int = 0, **change: object) -> TakeSpec:
    values: dict[str, object] = {
        "backend": "sample_library",
        "backend_version": "1",
        "source": match.sources[source],
        "text": "knock",
        "seed": 1,
        "length_samples": 9_600,
        "channels": 1,
        "sample_rate_hz": RATE,
    }
    return TakeSpec.read(values | change)


def one(backend: SampleLibraryBackend, asked: TakeSpec) -> Take:
    (take,) = backend.render([asked], Handle())
    return take


def test_an_empty_library_offers_nothing(settings: Settings) -> None:
    assert SampleLibraryBackend(settings).match("door knock") == ()
    assert not settings.data_folder.exists()


def test_a_folder_added_later_is_heard_at_once(settings: Settings, folder: Path) -> None:
    backend = SampleLibraryBackend(settings)
    assert backend.match("door knock") == ()
    write(folder, Door__Knock=hit(200))
    Library(settings.library_path).add(folder, Handle())
    assert backend.match("door knock")[0].score >= MATCHED


def test_every_knock_of_a_file_is_a_source_of_its_own(settings: Settings, folder: Path) -> None:
    write(folder, **{"DOORKnck_Wood Knocks x4_JD_LIB": hit(200, at=(2_000, 30_000, 60_000, 90_000), seconds=3)})
    (match,) = made(settings, folder).match("wood knocks")
    assert (match.label, match.category, len(match.sources)) == ("Wood Knocks", "DOORKnck", 4)
    assert match.length_seconds == pytest.approx(6.9 * 0.03, abs=0.01)
    assert match.interval_seconds == pytest.approx(30_000 / RATE, rel=0.1)


def test_equal_recordings_are_bundled_in_turn_and_others_are_not(settings: Settings, folder: Path) -> None:
    write(
        folder,
        **{
            "DOORKnck_Wood Knock 01_JD_LIB": hit(200, at=(2_000, 30_000)),
            "DOORKnck_Wood Knock 02_JD_LIB": hit(240, at=(2_000, 30_000)),
            "DOORKnck_Wood Knock Ringing_JD_LIB": hit(200, seconds=5, tau=0.8),  # another length
            "WOODImpt_Wood Knock_JD_LIB": hit(300),  # another category
        },
    )
    found = made(settings, folder).match("wood knock")
    assert len(found) == 3
    bundle = next(match for match in found if len(match.sources) == 4)
    ids = [source.split("/")[0] for source in bundle.sources]
    assert ids[0] != ids[1]
    assert ids[:2] == ids[2:]  # neighbours are never of one recording
    assert all(len(match.sources) == 1 for match in found if match is not bundle)


def test_a_name_without_ucs_still_gets_a_category(settings: Settings, folder: Path) -> None:
    write(folder, Thunder=hit(60, tau=0.3))
    assert made(settings, folder).match("thunder")[0].category.startswith("THUN")


def test_sources_sound_different(settings: Settings, folder: Path) -> None:
    low, high = hit(200, seconds=2), hit(800, at=(50_000,), seconds=2)
    write(folder, Knocks=low + high)
    backend = made(settings, folder)
    (match,) = backend.match("knocks")
    centres = []
    for source in (0, 1):
        samples = one(backend, spec(match, source)).audio.samples[0]
        centres.append(int(np.argmax(np.abs(np.fft.rfft(samples, RATE)))))
    assert centres == [pytest.approx(200, rel=0.05), pytest.approx(800, rel=0.05)]


def test_a_missing_file_is_named(settings: Settings, folder: Path) -> None:
    write(folder, Door__Knock=hit(200))
    backend = made(settings, folder)
    asked = spec(backend.match("door knock")[0])
    (folder / "Door Knock.wav").unlink()
    assert backend.match("door knock") == ()
    with pytest.raises(BackendFailed, match=r"Door Knock\.wav is gone.*library add"):
        one(backend, asked)


def test_a_changed_file_is_named_and_never_played_for_the_old_one(settings: Settings, folder: Path) -> None:
    write(folder, Door__Knock=hit(200))
    backend = made(settings, folder)
    asked = spec(backend.match("door knock")[0])
    write(folder, Door__Knock=hit(500))
    os.utime(folder / "Door Knock.wav", ns=(1, 1))
    with pytest.raises(BackendFailed, match=r"Door Knock\.wav has changed"):
        one(backend, asked)


def test_a_touched_file_is_the_same_file(settings: Settings, folder: Path) -> None:
    write(folder, Door__Knock=hit(200))
    backend = made(settings, folder)
    asked = spec(backend.match("door knock")[0])
    os.utime(folder / "Door Knock.wav", ns=(1, 1))
    assert one(backend, asked).audio.peak > 0.1


def test_a_copy_stands_in_for_a_missing_file(settings: Settings, folder: Path) -> None:
    (folder / "backup").mkdir()
    write(folder, Door__Knock=hit(200))
    write(folder / "backup", Door__Knock=hit(200))
    backend = made(settings, folder)
    asked = spec(backend.match("door knock")[0])
    before = one(backend, asked)
    (folder / "Door Knock.wav").unlink()
    assert np.array_equal(one(backend, asked).audio.samples, before.audio.samples)


def test_an_unknown_recording_says_what_to_do(settings: Settings, folder: Path) -> None:
    write(folder, Door__Knock=hit(200))
    backend = made(settings, folder)
    match = backend.match("door knock")[0]
    with pytest.raises(BackendFailed, match="add its folder again"):
        one(backend, spec(match).model_copy(update={"source": "0" * 32 + "/0"}))
    with pytest.raises(BackendFailed, match="no sound 8"):
        one(backend, spec(match).model_copy(update={"source": match.sources[0][:-1] + "7"}))


@pytest.mark.parametrize("pitch", [-1_201.0, 1e9])
def test_pitch_has_bounds(settings: Settings, folder: Path, pitch: float) -> None:
    write(folder, Door__Knock=hit(200))
    backend = made(settings, folder)
    with pytest.raises(BadArgument) as caught:
        one(backend, spec(backend.match("door knock")[0], params={"pitch_cents": pitch}))
    assert caught.value.field == "params.pitch_cents"


def test_a_take_before_the_cancel_is_kept(settings: Settings, folder: Path) -> None:
    write(folder, Door__Knock=hit(200))
    backend = made(settings, folder)
    asked = spec(backend.match("door knock")[0])
    done: list[Take] = []
    takes = backend.render([asked, asked], Handle(is_cancelled=lambda: bool(done)))
    done.append(next(takes))
    with pytest.raises(Cancelled):
        next(takes)
