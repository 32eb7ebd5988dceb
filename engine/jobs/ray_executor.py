"""Batches beyond one machine: the same runner, as actors of a Ray cluster.

Each actor keeps a runner (and the models it loaded) and does one job at a time; an actor that dies is restarted by Ray
and its job is tried again by us, so that the rule is the same as on one machine. Jobs and results travel as JSON. The
folders of the jobs must be the same files on every node. The cluster is the caller's: this module connects to none,
because a cluster that Ray starts by itself listens on every interface.

Source: https://docs.ray.io/en/latest/ray-core/fault_tolerance/actors.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.config import Settings
from engine.errors import DependencyMissing, EngineNotRunning, WorkerDied
from engine.handle import Handle
from engine.jobs import messages
from engine.jobs.process import settings_as_json
from engine.jobs.state import MAX_ATTEMPTS
from engine.jobs.view import JobError
from engine.jobs.worker import ending_of, load
from engine.request import Job
from engine.results import JobResult

_CANCEL_SECONDS = 2.0
"""What a cancelled job may take to stop in order, before its process is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one job of a batch ended: with a result, or with the error."""

    job_id: str
    result: JobResult | None = None
    error: JobError | None = None


class _Actor:
    """What runs on a node."""

    def __init__(self, runner: str, settings: str) -> None:
        self._runner = load(runner)(Settings.model_validate_json(settings))

    def run(self, job: str) -> bytes:
        """Do a job; a frame with its ending."""
        import ray

        handle = Handle(is_cancelled=ray.get_runtime_context().is_canceled)
        return messages.encode(ending_of(self._runner, Job.read(job), handle, lambda stem: None))


def run_jobs(
    jobs: Iterable[Job],
    settings: Settings,
    *,
    num_actors: int,
    gpus_per_actor: float = 0.0,
    runner: str = "engine.render:Studio",
    max_attempts: int = MAX_ATTEMPTS,
) -> Iterator[Outcome]:
    """Run jobs on the connected cluster; yields each as it ends, in the order of ending.

    Closing the iterator cancels what runs.

    Parameters
    ----------
    num_actors
        Jobs done at the same time.
    gpus_per_actor
        1 gives each a GPU of its own; a fraction shares one.

    Raises
    ------
    DependencyMissing
        When Ray is not installed.
    EngineNotRunning
        When no cluster is connected.
    """
    try:
        import ray
    except ModuleNotFoundError:
        raise DependencyMissing("Batches on a cluster need Ray: pip install 'cuewright[cluster]'.") from None
    if not ray.is_initialized():
        raise EngineNotRunning("No Ray cluster is connected: call ray.init(address=...) first.")
    # A dead actor is replaced by a new one: what is sent to one that Ray is restarting fails as if it had died again.
    actor_class = ray.remote(num_gpus=gpus_per_actor, max_restarts=0, max_task_retries=0)(_Actor)
    actors = {actor_class.remote(runner, settings_as_json(settings)) for _ in range(num_actors)}
    waiting = deque((job, 1) for job in jobs)
    running: dict[Any, tuple[Any, Job, int]] = {}
    idle = list(actors)
    try:
        while waiting or running:
            while idle and waiting:
                job, attempt = waiting.popleft()
                actor = idle.pop()
                running[actor.run.remote(job.model_dump_json())] = (actor, job, attempt)
            (ready,), _ = ray.wait(list(running))
            actor, job, attempt = running.pop(ready)
            try:
                ending = ray.get(ready)
            except ray.exceptions.RayActorError as error:
                actors.remove(actor)
                idle.append(actor_class.remote(runner, settings_as_json(settings)))
                actors.add(idle[-1])
                if attempt < max_attempts:
                    waiting.appendleft((job, attempt + 1))
                else:
                    died = WorkerDied(
                        f"The job's process on the cluster ended {attempt} times ({type(error).__name__})."
                    )
                    yield Outcome(job_id=job.id, error=JobError.of(died))
                continue
            idle.append(actor)
            yield _outcome(job, messages.decode(ending[messages.HEADER.size :]))
    finally:
        for ref in running:
            ray.cancel(ref)
        if running:
            ray.wait(list(running), num_returns=len(running), timeout=_CANCEL_SECONDS)
        for actor in actors:
            ray.kill(actor)


def _outcome(job: Job, ending: messages.Message) -> Outcome:
    match ending:
        case messages.Done(result=result):
            return Outcome(job_id=job.id, result=result)
        case messages.Failed(error=error):
            return Outcome(job_id=job.id, error=error)
        case _:
            return Outcome(job_id=job.id, error=JobError(code="cancelled", sentence="The job was cancelled."))
