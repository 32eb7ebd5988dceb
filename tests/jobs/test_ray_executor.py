"""Batches on Ray: the real thing, in a network namespace of its own because Ray listens on every interface."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fake_runners import content

from engine.config import Settings
from engine.errors import DependencyMissing
from engine.jobs.ray_executor import run_jobs

HERE = Path(__file__).parent
HAS_RAY = importlib.util.find_spec("ray") is not None


def may_unshare() -> bool:
    """Whether a process may have a network of its own."""
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "-n", "true"], capture_output=True).returncode == 0


def test_without_ray_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DependencyMissing, match=r"cuewright\[cluster\]"):
        next(run_jobs([], Settings.load(), num_actors=1))


@pytest.mark.slow
@pytest.mark.skipif(not HAS_RAY, reason="Ray (the cluster extra) is not installed")
@pytest.mark.skipif(not may_unshare(), reason="this user may not make a network namespace")
def test_a_batch_ends_every_job_once_with_the_rules_of_one_machine(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    script = f"ip link set lo up && exec {sys.executable} {HERE / 'ray_batch.py'} {tmp_path}"
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", script], env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert sorted((tmp_path / "outcomes.txt").read_text(encoding="utf-8").splitlines()) == [
        "failing backend_failed",
        "good1 2",
        "good2 1",
        "killer worker_died",
        "once 1",
        "stopped in order True",
        "unconnected engine_not_running",
    ]
    expected = {"good1_e1", "good1_e2", "good2_e1", "once_e1", "quick_e1"}
    written = {path.stem: path.read_bytes() for path in (tmp_path / "out").glob("*.wav")}
    assert written == {name: content(*name.split("_")) for name in expected}
