"""Wires everything: commands from the protocol to the jobs, and what happens to jobs back to whoever asked.

The only module that knows all of the server. It never renders: that is the workers' part.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import engine
from engine.config import Settings
from engine.errors import BadArgument, UnknownJob
from engine.jobs.service import JobService
from engine.jobs.state import State
from engine.jobs.view import JobEvent, JobView
from engine.protocol.messages import (
    AcceptedReply,
    AskJob,
    Cancel,
    CancelledReply,
    Command,
    CueReply,
    DoneReply,
    FailedReply,
    JobCommand,
    ListedReply,
    ListJobs,
    ProgressReply,
    Reply,
    SessionReply,
    SetSession,
    Status,
    StatusReply,
    StemReply,
    WarningReply,
)
from engine.protocol.preview_messages import PreviewCommand
from engine.protocol.reply_to import ReplyTo
from engine.protocol.server import Server
from engine.remote_preview import RemotePreview
from engine.request import AlignRequest, EditRequest, GenerateRequest, Job, JobRequest, RegionRequest, SpotRequest
from engine.results import StemFile
from engine.session import Session
from engine.stems.folder import check_path, clean_partials

_log = logging.getLogger(__name__)


class Engine:
    """A running engine: one journal, one server, one worker a device.

    Parameters
    ----------
    settings
        Where to listen, which roots, where the journal lies.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._jobs = JobService(settings, on_event=self._tell, clean=clean_partials)
        self._server = Server(
            self._handle,
            host=settings.host,
            port=settings.port,
            token=settings.token.get_secret_value() if settings.token else None,
            spool=settings.spool_folder,
        )
        self._preview = RemotePreview(
            settings, send=self._server.send, session_of=self._session_of, stems_of=self._stems_of
        )
        self._began = time.monotonic()

    async def run(self, on_ready: Callable[[int, tuple[str, ...]], None], stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set; ``on_ready`` gets the port and what a person should know.

        Raises
        ------
        PortInUse
            Naming the port.
        ResourceError
            When another engine has the data folder.
        """
        await self._jobs.start()
        try:
            await self._jobs.warm()
            await self._server.start()
            try:
                on_ready(self._server.port, self._jobs.warnings)
                await stop.wait()
            finally:
                await self._server.stop()
        finally:
            await self._preview.close()
            await self._jobs.stop()

    # Commands

    async def _handle(self, command: Command, reply_to: ReplyTo) -> None:
        match command:
            case JobCommand():
                await self._submit(command, reply_to)
            case PreviewCommand():
                await self._preview.handle(command, reply_to)
            case Cancel(job_id=job_id):
                await self._cancel(job_id, reply_to)
            case AskJob(job_id=job_id):
                view = await self._jobs.view(job_id, reply_to=str(reply_to))
                self._server.send(reply_to, AcceptedReply(job_id=job_id, state=view.state))
                self._send_all(view, reply_to)
            case ListJobs(limit=limit):
                views = await self._jobs.views(limit)
                for view in views:
                    self._server.send(reply_to, AcceptedReply(job_id=view.id, state=view.state))
                total = sum((await self._jobs.counts()).values())
                self._server.send(reply_to, ListedReply(count=len(views), total=total))
            case SetSession(session_id=session_id, session=session):
                await self._jobs.set_session(session_id, session)
                self._server.send(reply_to, SessionReply(session_id=session_id, session=session))
            case Status():
                self._server.send(reply_to, await self._status())

    async def _submit(self, command: JobCommand, reply_to: ReplyTo) -> None:
        request = command.request
        session = await self._session_of(request.session)
        follows = request.follows if isinstance(request, GenerateRequest) else ""
        job = Job(
            id=command.job_id,
            verb=command.verb,
            request=self._allowed(request),
            session=session,
            created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            previous_manifest=await self._manifest_of(follows) if follows else "",
        )
        view = await self._jobs.submit(job, str(reply_to))
        _log.info("job %s: %s: %s %r", job.id, view.state, job.verb, _subject(request)[:80])
        self._server.send(reply_to, AcceptedReply(job_id=job.id, state=view.state))
        if view.ended:
            self._send_all(view, reply_to)

    def _allowed(self, request: JobRequest) -> JobRequest:
        """The request with real paths, all of them under the allowed roots.

        Raises
        ------
        PathNotAllowed
            Naming the key.
        """
        paths = {
            name: str(check_path(path, self._settings.roots, field=name))
            for name in ("folder", "video", "cue_sheet", "audio", "noise_audio", "reference")
            if (path := getattr(request, name, ""))
        }
        if isinstance(request, RegionRequest) and not request.folder:
            paths["folder"] = str(Path(paths["audio"]).parent)
        return request.model_copy(update=paths)

    async def _cancel(self, job_id: str, reply_to: ReplyTo) -> None:
        """Whoever asked for the job hears its end as an event; whoever else cancels it is told here."""
        before = await self._jobs.view(job_id)
        view = await self._jobs.cancel(job_id)
        if view.ended and (before.ended or view.reply_to != str(reply_to)):
            self._send_end(view, reply_to)

    async def _manifest_of(self, job_id: str) -> str:
        try:
            view = await self._jobs.view(job_id)
        except UnknownJob as error:
            raise UnknownJob(error.sentence, field="follows") from None
        if view.result is None:
            raise BadArgument(
                f"Job {job_id} is {view.state}; a follow-up changes the plan of a job that is done.", field="follows"
            )
        if view.result.actions:
            raise BadArgument(f"Job {job_id} is an edit: edit its take instead of following it.", field="follows")
        if not view.result.manifest:
            raise BadArgument(
                f"Job {job_id} found cues and has no plan to change: name a job that made sounds.", field="follows"
            )
        return view.result.manifest

    async def _session_of(self, session_id: str) -> Session:
        return await self._jobs.get_session(session_id) if session_id else Session()

    async def _stems_of(self, job_id: str) -> tuple[StemFile, ...]:
        return (await self._jobs.view(job_id)).stems

    async def _status(self) -> StatusReply:
        counts = await self._jobs.counts()
        return StatusReply(
            version=engine.__version__,
            uptime_seconds=time.monotonic() - self._began,
            queued=counts[State.QUEUED],
            running=counts[State.PLANNING] + counts[State.RENDERING],
            done=counts[State.DONE],
            failed=counts[State.FAILED],
            cancelled=counts[State.CANCELLED],
            worker="ready" if self._jobs.worker_pids else "starting",
            counters=self._server.counters,
        )

    # Replies

    def _tell(self, event: JobEvent) -> None:
        if event.stem is not None:
            self._preview.on_stem(event.job_id, event.stem)
        if event.view.ended:
            error = event.view.error
            _log.info("job %s: %s%s", event.job_id, event.kind, f": {error.sentence}" if error else "")
        if not event.reply_to:
            return
        reply_to = ReplyTo.parse(event.reply_to)
        view = event.view
        if event.stem is not None:
            self._server.send(reply_to, StemReply(job_id=view.id, stem=event.stem))
        elif view.ended:
            self._send_end(view, reply_to)
        else:
            self._server.send(reply_to, _progress(view))

    def _send_all(self, view: JobView, reply_to: ReplyTo) -> None:
        """All that a client that missed everything needs."""
        for stem in view.stems:
            self._server.send(reply_to, StemReply(job_id=view.id, stem=stem))
        if view.ended:
            self._send_end(view, reply_to)
        else:
            self._server.send(reply_to, _progress(view))

    def _send_end(self, view: JobView, reply_to: ReplyTo) -> None:
        if view.result is not None:
            for index, cue in enumerate(view.result.cues, start=1):
                rate = view.result.sample_rate_hz
                self._server.send(reply_to, CueReply(job_id=view.id, index=index, sample_rate_hz=rate, cue=cue))
            for warning in view.result.warnings:
                self._server.send(reply_to, WarningReply(job_id=view.id, sentence=warning))
        self._server.send(reply_to, _terminal(view))


def _subject(request: JobRequest) -> str:
    """What a request is about, for the log."""
    match request:
        case SpotRequest():
            return request.video
        case AlignRequest():
            return request.audio
        case EditRequest():
            return request.do
    return request.prompt or request.preset


def _progress(view: JobView) -> ProgressReply:
    return ProgressReply(job_id=view.id, sequence=view.sequence, fraction=view.fraction, stage=view.stage)


def _terminal(view: JobView) -> Reply:
    """The one reply that ends a job."""
    if view.result is not None:
        result = view.result
        return DoneReply(
            job_id=view.id,
            manifest=result.manifest,
            project=result.project,
            mix_path=result.mix.path if result.mix else "",
            stems_count=len(result.stems),
            cues_count=len(result.cues),
            cue_sheet=result.cue_sheet,
            report=result.report,
            actions=result.actions,
            verdict=result.verdict,
        )
    if view.error is not None:
        return FailedReply.of(view.id, view.error.error())
    return CancelledReply(job_id=view.id)
