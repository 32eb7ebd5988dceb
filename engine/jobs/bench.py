"""How long the journal takes, measured on this machine's own disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from engine.jobs.journal import Journal
from engine.request import GenerateRequest, Job


class JournalTimes(NamedTuple):
    """Seconds of every call, each committed to disk."""

    put_seconds: tuple[float, ...]
    claim_seconds: tuple[float, ...]


def benchmark_journal(path: Path, *, jobs: int = 500) -> JournalTimes:
    """Put and claim ``jobs`` jobs in a journal of its own at ``path``."""
    journal = Journal(path, queue_limit=jobs, history_limit=jobs)
    try:
        request = GenerateRequest(prompt="a heavy wooden door slams", folder="out")
        puts = [_timed(journal, Job(id=f"bench-{n}", request=request, created="")) for n in range(jobs)]
        claims = [_timed(journal, None) for _ in range(jobs)]
    finally:
        journal.close()
    return JournalTimes(tuple(puts), tuple(claims))


def _timed(journal: Journal, job: Job | None) -> float:
    began = time.perf_counter()
    if job is None:
        journal.claim()
    else:
        journal.put(job, "")
    return time.perf_counter() - began
