"""A batch on a Ray cluster of this process alone; its outcomes go to a file. ``ray_batch.py FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import ray

from engine.config import Settings
from engine.errors import EngineNotRunning
from engine.jobs.ray_executor import Outcome, run_jobs
from engine.request import GenerateRequest, Job


def main(folder: Path) -> None:
    """Good jobs, one that dies once, one that always dies, one that fails."""
    settings = Settings.load(data_folder=folder / "data", cache_folder=folder / "cache", roots=(folder,))
    out = folder / "out"

    def batch(**orders: str) -> Iterator[Outcome]:
        jobs = [
            Job(id=name, request=GenerateRequest(prompt=prompt, folder=str(out)), created="now")
            for name, prompt in orders.items()
        ]
        return run_jobs(jobs, settings, num_actors=2, runner="fake_runners:Obedient")

    lines = []
    try:
        next(batch(good="stems=1"))
    except EngineNotRunning as error:
        lines.append(f"unconnected {error.code}")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    everything = {"good1": "stems=2", "once": "die-once", "killer": "die", "failing": "fail", "good2": "stems=1"}
    for outcome in batch(**everything):
        ending = outcome.error.code if outcome.error else outcome.result and len(outcome.result.stems)
        lines.append(f"{outcome.job_id} {ending}")
    unwanted = batch(quick="wait-for=slow.waiting", slow="wait-for=never")
    next(unwanted)
    unwanted.close()
    lines.append(f"stopped in order {(out / 'slow.stopped').exists()}")
    ray.shutdown()
    (folder / "outcomes.txt").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
