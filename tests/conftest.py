"""What every test has: settings of its own, and, where asked for, a running engine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from engine.cli.process import EngineProcess, running_engine
from engine.protocol.client import Client

settings.register_profile("no-deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no-deadline")


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings, journal or cache of the person who runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("CUEWRIGHT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CUEWRIGHT_CONFIG", str(home / "cuewright.toml"))
    monkeypatch.setenv("CUEWRIGHT_DATA_FOLDER", str(home / "data"))
    monkeypatch.setenv("CUEWRIGHT_CACHE_FOLDER", str(home / "cache"))


@pytest.fixture(scope="session")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one root that the shared engine may write under."""
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="session")
def running(engine_home: Path) -> Iterator[EngineProcess]:
    """One engine for the whole run, as a process of its own."""
    with running_engine(engine_home / "data", engine_home) as engine:
        yield engine


@pytest.fixture
def client(running: EngineProcess) -> Iterator[Client]:
    with Client(running.host, running.port) as connected:
        yield connected


@pytest.fixture
def root() -> Path:
    """The project's root."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def foreign() -> Callable[[str], str]:
    """The path of a real third-party program: missing is a skip for a person, a failure in continuous integration."""

    def find(program: str) -> str:
        if path := shutil.which(program):
            return path
        message = (
            f"{program} is not installed; on Debian: sudo apt-get install lua5.3 lua5.4 lua-check liblo-tools chromium"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)

    return find


@pytest.fixture(scope="session")
def tiny() -> Callable[[str, Path], Path]:
    """Writes the tiny checkpoint of a backend into a folder."""
    from backends.tiny import write

    return write
