"""What every test has: settings of its own, and, where asked for, a running engine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli.process import EngineProcess, running_engine
from engine.protocol.client import Client

ROOT = Path(__file__).resolve().parents[1]


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


def program(name: str) -> str:
    """Path of a real third-party program: missing is a skip for a person, a failure in continuous integration."""
    path = shutil.which(name)
    if path is None:
        message = f"{name} is not installed; on Debian: sudo apt-get install lua5.4 lua-check liblo-tools"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path
