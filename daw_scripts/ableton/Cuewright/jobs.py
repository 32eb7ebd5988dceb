"""Jobs as the set sees them: sent, accepted, under way, ended; and what to do when the engine falls silent.

Time comes in as seconds and packets go out through a function, so nothing here waits, and nothing here knows Live.
The same packet is sent again whenever no answer comes, because the same id is the same job: an engine that has it
repeats all it said, and one that was started anew takes it up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from .osc import Message, encode
from .replies import ROOT, Accepted, Cancelled, Cue, Done, Failed, Progress, Refusal, Reply, Stem, Warned

RESEND_SECONDS = 1.0
"""Until what was not answered is sent again."""
ASK_SECONDS = 3.0
"""Silence about an accepted job after which it is asked for."""
LOST_SECONDS = 3.0
"""Silence about a new request after which the user is told that no engine answers."""
GONE_SECONDS = 6.0
"""The same for a job that was accepted: a question went unanswered."""
GIVE_UP_SECONDS = 600.0
"""A job whose engine stays away this long has failed."""
BUSY = "queue_full"
"""The one refusal that only means to ask again."""

State = Literal["pending", "accepted", "running", "lost", "done", "failed", "cancelled"]
About = TypeVar("About")


@dataclass(kw_only=True, slots=True)
class Job(Generic[About]):
    """One request and what came of it so far; ``about`` is whatever the script wants to find with it."""

    id: str
    packet: bytes
    about: About
    heard_at: float
    spoke_at: float
    state: State = "pending"
    fraction: float = 0.0
    stage: str = ""
    sequence: int = -1
    cancelling: bool = False
    incomplete: bool = False
    accepted: bool = False
    problem: str = ""
    result: Done | None = None
    stems: dict[str, Stem] = field(default_factory=dict)
    cues: set[int] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "cancelled")


class Jobs(Generic[About]):
    """Every job of this set that has not ended, by id."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._open: dict[str, Job[About]] = {}

    @property
    def open(self) -> tuple[Job[About], ...]:
        """Those that have not ended, oldest first."""
        return tuple(self._open.values())

    def submit(self, job_id: str, packet: bytes, about: About, now: float) -> Job[About]:
        """Send a request; from here on it is looked after."""
        job = Job(id=job_id, packet=packet, about=about, heard_at=now, spoke_at=now)
        self._open[job_id] = job
        self._send(packet)
        return job

    def cancel(self, job: Job[About], now: float) -> None:
        """Ask the engine to end a job; where no engine answers, :meth:`tick` ends it here."""
        job.cancelling = True
        self._speak(job, now)

    def receive(self, reply: Reply, now: float) -> Job[About] | None:
        """Take a reply; returns the job it is about, ended or not, and None where it is about none that is open."""
        job = self._open.get(reply.job_id)
        if job is None:
            return None
        job.heard_at = now
        if job.state == "lost":
            job.state = "accepted"
        self._take(job, reply)
        return self._closed(job)

    def tick(self, now: float) -> list[Job[About]]:
        """Send again what was not answered; returns the jobs that changed by silence alone: lost, ended."""
        changed = []
        for job in self.open:
            silent = now - job.heard_at
            urgent = job.state in ("pending", "lost") or job.incomplete or job.cancelling
            since = now - (job.spoke_at if job.incomplete else max(job.heard_at, job.spoke_at))
            if since >= (RESEND_SECONDS if urgent else ASK_SECONDS):
                self._speak(job, now)
            if job.state != "lost" and silent >= (GONE_SECONDS if job.accepted else LOST_SECONDS):
                job.state = "lost"
                changed.append(job)
            if job.state == "lost" and (job.cancelling or silent >= GIVE_UP_SECONDS):
                job.state = "cancelled" if job.cancelling else "failed"
                job.problem = "No engine answered for ten minutes; the request was given up."
                changed = [*(one for one in changed if one is not job), job]
                self._closed(job)
        return changed

    def _speak(self, job: Job[About], now: float) -> None:
        job.spoke_at = now
        self._send(encode(Message(ROOT + "cancel", (job.id,))) if job.cancelling else job.packet)

    def _closed(self, job: Job[About]) -> Job[About]:
        if job.ended:
            self._open.pop(job.id, None)
        return job

    def _take(self, job: Job[About], reply: Reply) -> None:
        match reply:
            case Accepted():
                job.accepted = True
                if job.state == "pending":
                    job.state = "accepted"
            case Progress() if reply.sequence > job.sequence:
                job.accepted, job.state = True, "running"
                job.sequence, job.fraction, job.stage = reply.sequence, reply.fraction, reply.stage
            case Stem():
                job.stems[reply.path] = reply  # it may come twice
            case Cue():
                job.cues.add(reply.index)
            case Warned() if reply.sentence not in job.warnings:
                job.warnings.append(reply.sentence)
            case Done():
                stems = sum(stem.kind == "stem" for stem in job.stems.values())
                job.incomplete = stems < reply.stems_count or len(job.cues) < reply.cues_count
                if job.cancelling:
                    job.state = "cancelled"  # it was done before the engine heard; the user wants none of it
                elif not job.incomplete:
                    job.state, job.fraction, job.result = "done", 1.0, reply
            case Cancelled():
                job.state = "cancelled"
            case Refusal(code=code) if code == BUSY:
                pass
            case Failed() | Refusal():
                # Also an engine that never had the job: there is nothing left to cancel.
                job.state, job.problem = ("cancelled" if job.cancelling else "failed"), reply.sentence
