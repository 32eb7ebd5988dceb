"""An engine started for a while: by ``demo``, by ``bench``, and by the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EngineNotRunning, from_wire


@dataclass(frozen=True, slots=True)
class EngineProcess:
    """A running ``cuewright serve``."""

    process: subprocess.Popen[str]
    host: str
    port: int


@contextmanager
def running_engine(
    data_folder: Path, *roots: Path, environment: Mapping[str, str] | None = None, flags: tuple[str, ...] = ()
) -> Iterator[EngineProcess]:
    """Start an engine on a free port, with its journal and cache under ``data_folder``; end it afterwards.

    Raises
    ------
    EngineNotRunning
        When it does not say that it is ready.
    CuewrightError
        What it said instead.
    """
    command = [sys.executable, "-m", "engine", "serve", "--json", "--port", "0", *flags]
    for root in roots:
        command += ["--root", str(root)]
    # A user's own settings file must not reach into an engine that was started for a demo or a measurement.
    own = {
        "CUEWRIGHT_CONFIG": str(data_folder / "cuewright.toml"),
        "CUEWRIGHT_DATA_FOLDER": str(data_folder),
        "CUEWRIGHT_CACHE_FOLDER": str(data_folder / "cache"),
    }
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **own, **(environment or {})}
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise EngineNotRunning("The engine ended before it was ready.")
        said = json.loads(line)
        if "error" in said:
            raise from_wire(**said["error"])
        yield EngineProcess(process, said["host"], said["port"])
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
