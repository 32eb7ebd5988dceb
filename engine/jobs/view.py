"""What others see of a job: its view, and the events that change it.

Plain values; where they come from (journal, worker) and where they go (OSC) is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from engine.errors import CuewrightError, from_wire
from engine.jobs.state import TERMINAL, State
from engine.model import Model
from engine.results import JobResult, StemFile


class JobError(Model):
    """Why a job failed, as it is stored and sent."""

    code: str
    sentence: str
    field: str = ""

    @classmethod
    def of(cls, error: CuewrightError) -> JobError:
        """The three parts of an error."""
        return cls(code=error.code, sentence=error.sentence, field=error.field)

    def error(self) -> CuewrightError:
        """The error itself, ready to be raised."""
        return from_wire(self.code, self.sentence, self.field)


class JobView(Model):
    """A job as it stands."""

    id: str
    state: State
    fraction: float = Field(0.0, ge=0, le=1, description="Done so far; starts again at 0 when a job is retried.")
    stage: str = Field(description="What is being done; the state's name when nothing is.")
    sequence: int = Field(ge=0, description="Grows with every event of the job, also across restarts.")
    stems: tuple[StemFile, ...] = Field((), description="Finished files, in order of their index.")
    result: JobResult | None = Field(None, description="Set when done.")
    error: JobError | None = Field(None, description="Set when failed.")
    attempts: int = Field(0, description="Times a worker began it, engine restarts not counted.")
    engine_restarts: int = Field(0, description="Times the engine ended under it.")
    created: str
    reply_to: str = Field("", description="Where its replies go; whoever asked last.")

    @property
    def ended(self) -> bool:
        """No further event will come."""
        return self.state in TERMINAL


EventKind = Literal["progress", "stem", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """Something happened to a job; what was written down before is in ``view``.

    Parameters
    ----------
    kind
        ``progress`` (fraction, stage or state changed), ``stem`` (a file is complete), or how the job ended.
    stem
        The new file, for ``stem``.
    """

    kind: EventKind
    view: JobView
    stem: StemFile | None = None

    @property
    def job_id(self) -> str:
        """Whose event it is."""
        return self.view.id

    @property
    def reply_to(self) -> str:
        """Where it should be sent."""
        return self.view.reply_to
