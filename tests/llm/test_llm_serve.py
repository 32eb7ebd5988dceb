"""The client against ``transformers serve``, a real server process with tiny models: transport, answers, failures."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chat_models import babbles, knows

from engine.config import Settings
from engine.errors import PlannerFailed
from engine.llm.client import LlmClient
from engine.model import Model


class Colour(Model):
    name: str
    red: int


@dataclass
class Served:
    process: subprocess.Popen[bytes]
    base_url: str
    models: Path

    def client(self, name: str, timeout_seconds: float = 60.0) -> LlmClient:
        return LlmClient(
            Settings(llm_base_url=self.base_url, llm_model=str(self.models / name), llm_timeout_seconds=timeout_seconds)
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not all(importlib.util.find_spec(name) for name in ("fastapi", "uvicorn")):
        message = "transformers serve needs more: pip install 'transformers[serving]'"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    models = tmp_path_factory.mktemp("models")
    knows(models / "knows", {"name": "teal", "red": 0})
    knows(models / "endless", {"name": "teal", "red": 0}, ends=False)
    babbles(models / "babbles")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--log-level", "error"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TRANSFORMERS_VERBOSITY": "error"}
    log = (models / "log").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(f"http://127.0.0.1:{port}/health", process, models / "log")
        yield Served(process, f"http://127.0.0.1:{port}/v1", models)
    finally:
        process.kill()
        process.wait(30)
        log.close()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2_000:]
        try:
            with urllib.request.urlopen(url, timeout=1) as reply:
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"it never answered: {log.read_text()[-2_000:]}")


def test_a_good_answer(served: Served) -> None:
    assert served.client("knows").ask(Colour, "You name colours.", "Like the sea.") == Colour(name="teal", red=0)


def test_a_model_that_babbles_gives_no_usable_answer(served: Served) -> None:
    with pytest.raises(PlannerFailed, match=r"no usable answer in 3 tries"):
        served.client("babbles").ask(Colour, "s", "u")


def test_a_model_that_never_ends_is_left_in_time(served: Served) -> None:
    with pytest.raises(PlannerFailed, match=r"no answer in time|did not end its answer"):
        served.client("endless", timeout_seconds=0.3).ask(Colour, "s", "u")


def test_a_model_that_is_not_there(served: Served) -> None:
    with pytest.raises(PlannerFailed, match=r"HTTP \d{3}"):
        served.client("nothing").ask(Colour, "s", "u")


def test_a_server_that_dies(served: Served) -> None:
    """Last of this file: nothing answers after it."""
    served.process.kill()
    served.process.wait(30)
    with pytest.raises(PlannerFailed, match="nothing answers there"):
        served.client("knows").ask(Colour, "s", "u")
