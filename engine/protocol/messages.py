"""Every message there is, one class each: commands come to the engine, replies leave it.

A class names its address; its plain fields are the fixed arguments, in order. A command's one field that is itself a
model holds its keys, which follow as pairs; in a reply the fields of an inner model stand in its place. How a message
is written as OSC is not known here.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.cue import Cue
from engine.errors import CuewrightError, from_wire
from engine.model import Model
from engine.request import (
    JOB_ID_PATTERN,
    AlignRequest,
    ComposeRequest,
    EditRequest,
    GenerateRequest,
    JobRequest,
    SpotRequest,
    Verb,
)
from engine.results import StemFile
from engine.session import Session

PROTOCOL_VERSION = 1
"""Grows when a message changes so that an old client would misread it."""

_JOB = Field(pattern=JOB_ID_PATTERN, description="Chosen by the client; the same id is the same job.")


class Envelope(Model):
    """Keys that any request may carry beside its own."""

    reply_port: int | None = Field(
        None, ge=1, le=65_535, description="Replies go to this UDP port of the sender's host, not to its own port."
    )
    token: str = Field("", max_length=256, description="Needed when the engine was started with a token.")


class Counters(Model):
    """What the server has seen since it started."""

    packets: int = Field(0, description="Received by all transports: well-formed and malformed ones.")
    malformed: int = Field(0, description="Packets that are not OSC, or beyond its bounds; oversized ones too.")
    oversized: int = Field(0, description="Frames and files longer than a packet may be.")
    messages: int = Field(
        0, description="In the well-formed packets: commands, and those refused, ignored or met by a defect."
    )
    commands: int = Field(0, description="Requests that were understood.")
    unknown_address: int = Field(0, description="Messages to an address that does not exist.")
    bad_argument: int = Field(0, description="Requests with a wrong key or value.")
    not_authorised: int = Field(0, description="Requests without the right token.")
    busy: int = Field(0, description="Requests refused because too many waited to be taken.")
    ignored: int = Field(0, description="Replies sent to the engine, which are never answered.")
    internal_errors: int = Field(0, description="Requests that met a defect of the engine.")
    replies_sent: int = Field(0, description="Replies given to a transport.")
    replies_dropped: int = Field(0, description="Replies whose receiver was gone or did not read.")
    errors_withheld: int = Field(0, description="Malformed packets not answered, to bound the answers a second.")
    connections: int = Field(0, description="TCP connections taken.")
    connections_refused: int = Field(0, description="TCP connections beyond the limit.")
    connections_closed: int = Field(0, description="TCP connections that the engine closed: not OSC, silent or stuck.")


class Command(Model):
    """Base of what may be asked of the engine."""

    address: ClassVar[str]


class Ping(Command):
    """Is an engine there? Answered at once, also while it is busy."""

    address: ClassVar[str] = "/cuewright/ping"


class Status(Command):
    """What is the engine doing, and what has it counted?"""

    address: ClassVar[str] = "/cuewright/status"


class SetSession(Command):
    """Tell a session: the rates, timecode and names of the DAW's project. Jobs name it by its id."""

    address: ClassVar[str] = "/cuewright/session"
    session_id: str = Field(pattern=JOB_ID_PATTERN, description="Chosen by the client; telling it again replaces it.")
    session: Session


class JobCommand(Command):
    """Base of what asks for a job. It may be sent again: the same id and the same keys are the same job."""

    verb: ClassVar[Verb]
    job_id: str = _JOB
    request: JobRequest


class Generate(JobCommand):
    """Make sounds from words. It may be sent again: the same id and the same keys are the same job."""

    address: ClassVar[str] = "/cuewright/generate"
    verb: ClassVar[Verb] = "generate"
    request: GenerateRequest


class Spot(JobCommand):
    """Find the moments of a picture where something should sound; answered by a cue each, for markers to be made of."""

    address: ClassVar[str] = "/cuewright/spot"
    verb: ClassVar[Verb] = "spot"
    request: SpotRequest


class Compose(JobCommand):
    """Put sounds on the moments of a picture, of a cue sheet or of markers, each onset on its cue to the sample."""

    address: ClassVar[str] = "/cuewright/compose"
    verb: ClassVar[Verb] = "compose"
    request: ComposeRequest


class Edit(JobCommand):
    """Change a region of the timeline, or a spot in it; answered by a new take, the original stays as it is."""

    address: ClassVar[str] = "/cuewright/edit"
    verb: ClassVar[Verb] = "edit"
    request: EditRequest


class Align(JobCommand):
    """Fit a region to the picture above it; answered by a new take and its scores, or by why the original stays."""

    address: ClassVar[str] = "/cuewright/align"
    verb: ClassVar[Verb] = "align"
    request: AlignRequest


class Cancel(Command):
    """End a job; answered by its terminal reply, whichever that is."""

    address: ClassVar[str] = "/cuewright/cancel"
    job_id: str = _JOB


class AskJob(Command):
    """Where is the job? Answered by its state, its stems so far and its terminal reply; replies now come here."""

    address: ClassVar[str] = "/cuewright/job"
    job_id: str = _JOB


class ListJobs(Command):
    """Which jobs are there? Answered by the state of each, newest first, and the count."""

    address: ClassVar[str] = "/cuewright/jobs"
    limit: int = Field(20, ge=1, le=200, description="At most this many.")


class Reply(Model):
    """Base of what the engine says."""

    address: ClassVar[str]


class JobReply(Reply):
    """Base of what it says about one job."""

    job_id: str = Field(description="The id that the client chose.")


class PongReply(Reply):
    """An engine is there."""

    address: ClassVar[str] = "/cuewright/pong"
    version: str = Field(description="The engine's version.")
    protocol: int = Field(PROTOCOL_VERSION, description="Version of the protocol.")


class StatusReply(Reply):
    """What the engine does, and what its server has counted since it started."""

    address: ClassVar[str] = "/cuewright/status"
    version: str = Field(description="The engine's version.")
    uptime_seconds: float = Field(description="Since the engine started.")
    queued: int = Field(description="Jobs that wait.")
    running: int = Field(description="Jobs in planning or rendering.")
    done: int = Field(description="Jobs in the journal that are done.")
    failed: int = Field(description="Jobs in the journal that failed.")
    cancelled: int = Field(description="Jobs in the journal that were cancelled.")
    worker: str = Field("", description="State of the worker process.")
    counters: Counters = Counters()


class SessionReply(Reply):
    """The session as it is now known."""

    address: ClassVar[str] = "/cuewright/session"
    session_id: str = Field(description="The id that the client chose.")
    session: Session


class AcceptedReply(JobReply):
    """The job is in the journal and survives a crash; its state now."""

    address: ClassVar[str] = "/cuewright/accepted"
    state: str = Field(description="queued, planning, rendering, done, failed or cancelled.")


class ProgressReply(JobReply):
    """The job moves on; at most 20 a second."""

    address: ClassVar[str] = "/cuewright/progress"
    sequence: int = Field(ge=0, description="Grows with every event of the job; a smaller one came late.")
    fraction: float = Field(ge=0, le=1, description="Done so far.")
    stage: str = Field(description="What is being done.")


class StemReply(JobReply):
    """A file is complete on disk. It may come twice: the path tells."""

    address: ClassVar[str] = "/cuewright/stem"
    stem: StemFile


class CueReply(JobReply):
    """A moment that was found in a picture or given; all of them come before the job is done."""

    address: ClassVar[str] = "/cuewright/cue"
    index: int = Field(ge=1, description="1 for the first cue of the job, in time.")
    sample_rate_hz: int = Field(ge=1, description="Of every number of samples here.")
    cue: Cue


class DoneReply(JobReply):
    """The job is finished. Fewer stems or cues seen than it counts? Ask again with /cuewright/job."""

    address: ClassVar[str] = "/cuewright/done"
    manifest: str = Field(description="JSON file that rebuilds everything; empty where nothing was rendered.")
    project: str = Field(description="REAPER project with every stem at its place; empty likewise.")
    mix_path: str = Field("", description="The mix; empty when none was asked for.")
    stems_count: int = Field(ge=0, description="How many stems there are.")
    cues_count: int = Field(0, ge=0, description="How many cues there are.")
    cue_sheet: str = Field("", description="The cues as a CSV file; empty when no folder was named.")
    report: str = Field("", description="Page that plays the picture with the stems; empty when none was asked for.")
    actions: str = Field("", description="What an edit did, or would do: actions, to be changed and sent as do.")
    verdict: str = Field("", description="What came of fitting a region to its picture, and why.")


class FailedReply(JobReply):
    """The job failed, or the request about it did."""

    address: ClassVar[str] = "/cuewright/failed"
    code: str = Field(description="Stable name of the error.")
    sentence: str = Field(description="What happened and what to do.")
    field: str = Field("", description="The key it is about.")

    @classmethod
    def of(cls, job_id: str, error: CuewrightError) -> FailedReply:
        """The error of a job."""
        return cls(job_id=job_id, code=error.code, sentence=error.sentence[:1_000], field=error.field[:128])

    @property
    def error(self) -> CuewrightError:
        """The error itself, ready to be raised."""
        return from_wire(self.code, self.sentence, self.field)


class CancelledReply(JobReply):
    """The job was cancelled."""

    address: ClassVar[str] = "/cuewright/cancelled"


class WarningReply(JobReply):
    """The job goes on, but the user should know."""

    address: ClassVar[str] = "/cuewright/warning"
    sentence: str = Field(description="What it is.")


class ListedReply(Reply):
    """The end of a list of jobs."""

    address: ClassVar[str] = "/cuewright/listed"
    count: int = Field(ge=0, description="Jobs listed.")
    total: int = Field(ge=0, description="Jobs in the journal.")


class ErrorReply(Reply):
    """A request was not understood; nothing was done."""

    address: ClassVar[str] = "/cuewright/error"
    about: str = Field(description="Address of the request; empty when it could not be read.")
    code: str = Field(description="Stable name of the error.")
    sentence: str = Field(description="What happened and what to do.")
    field: str = Field("", description="The key it is about.")
    expected: str = Field("", description="What would have been right there.")
    job_id: str = Field("", description="Job of the request, where it had one that could be read.")

    @property
    def error(self) -> CuewrightError:
        """The error itself, ready to be raised."""
        return from_wire(self.code, self.sentence, self.field)


TERMINAL = (DoneReply, FailedReply, CancelledReply)
"""Exactly one of these ends a job."""
