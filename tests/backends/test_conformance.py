"""One suite over every registered backend, the third parties' included."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conformance_checks import CHECKS, HAPPENS, LASTS, render, spec_of
from tiny import BACKENDS, OWN_SUITE

from engine.backends import registry
from engine.backends.base import Backend
from engine.backends.library import Library
from engine.config import Settings
from engine.handle import Handle

ROOT = Path(__file__).resolve().parents[2]
RATE = 48_000


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small sample library indexed in it."""
    sounds = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    t = np.arange(RATE // 4) / RATE
    knocks = 0.002 * rng.standard_normal(3 * RATE)
    for number, start in enumerate((2_000, 30_000, 60_000, 90_000)):
        knocks[start : start + t.size] += 0.5 * np.cos(2 * np.pi * (180 + 15 * number) * t) * np.exp(-t / 0.03)
    soundfile.write(sounds / "DOORKnck_Wooden Door Knocking x4_JDoe_TESTLIB.wav", knocks, RATE, subtype="PCM_24")
    rain = 0.1 * rng.standard_normal((6 * 44_100, 2)) + 0.01  # a recorder with an offset
    soundfile.write(sounds / "RAIN_Heavy Rain_JDoe_TESTLIB.flac", rain, 44_100)
    folder = tmp_path_factory.mktemp("data")
    assert not Library(Settings(data_folder=folder).library_path).add(sounds, Handle()).failed
    return folder


def weightless() -> list[str]:
    """Backends without weights; those with are in test_conformance_neural."""
    return [name for name in sorted(registry.table()) if name not in (*BACKENDS, *OWN_SUITE)]


@pytest.fixture(scope="module", params=weightless())
def backend(request: pytest.FixtureRequest, data_folder: Path) -> Backend:
    made = registry.load(request.param, Settings(data_folder=data_folder))
    assert made.name == request.param
    return made


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(backend: Backend, check: Callable[[Backend], None], capfd: pytest.CaptureFixture[str]) -> None:
    check(backend)
    assert capfd.readouterr() == ("", ""), "a backend prints nothing"


ELSEWHERE = """
import hashlib, sys
from pathlib import Path
from engine.backends import registry
from engine.config import Settings
from engine.handle import Handle
from engine.plan import TakeSpec
backend = registry.load(sys.argv[1], Settings(data_folder=Path(sys.argv[2])))
for line in sys.stdin:
    (take,) = backend.render([TakeSpec.read(line)], Handle())
    print(take.onset_samples, hashlib.sha256(take.audio.samples.tobytes()).hexdigest())
"""


def test_same_bytes_in_another_process(backend: Backend, data_folder: Path) -> None:
    specs = [spec_of(backend, words, channels=2, rate=44_100, seed=9) for words in (HAPPENS, LASTS)]
    here = [
        f"{take.onset_samples} {hashlib.sha256(take.audio.samples.tobytes()).hexdigest()}"
        for take in render(backend, *specs)
    ]
    for hash_seed in ("1", "2"):  # neither sets nor dictionaries may decide a sample
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, backend.name, str(data_folder)],
            input="\n".join(spec.model_dump_json() for spec in specs),
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            check=False,
        )
        assert (done.stdout.split("\n")[:-1], done.stderr) == (here, "")
