"""Players for tests, and a real sound server whose monitor tells what they played."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from preview.player_case import Capture, Pulse, Told


@pytest.fixture(scope="session")
def _pulse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulse]:
    if shutil.which("pulseaudio") is None or shutil.which("parec") is None:
        message = "no PulseAudio; on Debian: sudo apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("pulse")
    folder.chmod(0o700)
    pulse = Pulse(folder)
    yield pulse
    pulse.close()


@pytest.fixture
def pulse(_pulse: Pulse, monkeypatch: pytest.MonkeyPatch) -> Pulse:
    """The sound server that this test's players find."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", _pulse.env["XDG_RUNTIME_DIR"])
    monkeypatch.setenv("HOME", _pulse.env["HOME"])
    return _pulse


@pytest.fixture
def capture(pulse: Pulse) -> Iterator[Capture]:
    captured = Capture(pulse)
    yield captured
    captured.close()


@pytest.fixture
def preview() -> Iterator[Callable[[str], Told]]:
    """Starts players, and ends them."""
    made: list[Told] = []

    def start(device: str = "none") -> Told:
        made.append(Told(device))
        return made[-1]

    yield start
    for told in made:
        told.service.close()
