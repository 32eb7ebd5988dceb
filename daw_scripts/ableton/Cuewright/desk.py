"""The desk of one set: takes the user's commands, keeps their jobs going, and has what comes back placed.

It never waits: :meth:`Desk.work` is called often and does what there is to do. What it tells goes to Live's status bar,
to its log, and to whoever sent the command by OSC. What can be asked for is in ``commands``.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import placing, selection, settings
from .asking import Asked, ask
from .commands import HELP, Command, parse
from .jobs import Job, Jobs
from .naming import Names
from .osc import Message
from .ports import Address, Port
from .refused import Refused
from .replies import read

if TYPE_CHECKING:
    from Live.Application import Application

ADDRESS = "/cuewright/live"
PROGRESS_SECONDS = 0.5
READ_SECONDS = 1.0
"""So long at least a sentence stays before progress takes its place."""
MOST_BYTES = 9_216
"""Of a request: macOS sends no larger datagram."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """A request under way, and who asked for it by OSC."""

    asked: Asked
    to: Address | None


class Desk:
    """All that goes on in one set.

    Parameters
    ----------
    application
        Live.
    show
        Puts a sentence into the status bar.
    """

    def __init__(self, application: Application, show: Callable[[str], None]) -> None:
        self._application = application
        self._song = application.get_document()
        self._show = show
        self._names = Names(self._song)
        self._last: Command | None = None
        self._done: Asked | None = None
        self._moving: Job[Errand] | None = None
        self._shown_at = 0.0
        problem = ""
        try:
            self._settings = settings.load()
        except Refused as refused:
            self._settings, problem = settings.Settings(), str(refused)
        self._engine = Port(peer_port=self._settings.engine_port)
        self._jobs: Jobs[Errand] = Jobs(self._engine.send)
        self._commands: Port | None = None
        try:
            self._commands = Port(port=self._settings.command_port)
        except OSError:
            problem = problem or (
                f"Port {self._settings.command_port} is taken, perhaps by another Live: commands by OSC are off, "
                "commands by name work."
            )
        self._id = os.urandom(6).hex()
        self._count = 0
        self._say(problem or "ready. Name a track or a locator 'cw a heavy door slams', or 'cw help'.")

    def close(self) -> None:
        """Free the ports; jobs go on in the engine, and their files stay."""
        self._engine.close()
        if self._commands is not None:
            self._commands.close()

    def work(self, now: float) -> None:
        """Hear the user and the engine, a bounded amount; ``now`` is in seconds of a clock that never goes back."""
        for typed in self._names.changed():
            self._obey(typed.line, typed.at_beats, None, now)
        for message, sender in self._commands.receive() if self._commands else ():
            if (line := _line_of(message)) is not None:
                self._obey(line, None, sender, now)
            else:
                self._say(f"There is no address {message.address}; commands go to {ADDRESS}.", sender)
        ended = []
        for message, _ in self._engine.receive():
            reply = read(message)
            job = self._jobs.receive(reply, now) if reply else None
            if job is not None and job.ended:
                ended.append(job)
            elif job is not None and job.state == "running":
                self._moving = job
        for job in ended:
            self._end(job)
        for job in self._jobs.tick(now):
            if job.ended:
                self._end(job)
            else:
                self._say(self._lost(), job.about.to)
        self._progress(now)

    def _obey(self, line: str, at_beats: float | None, to: Address | None, now: float) -> None:
        try:
            command = parse(line)
            if command.verb == "again":
                if self._last is None:
                    raise Refused("There is no command yet that could be done again.")
                command = self._last
            self._do(command, at_beats, to, now)
        except Refused as refused:
            self._say(str(refused), to)
            self._answer("ended", ("", "refused"), to)

    def _do(self, command: Command, at_beats: float | None, to: Address | None, now: float) -> None:
        if command.verb == "more":
            if self._done is None:
                raise Refused("There is nothing yet to make more takes of: ask for a sound first.")
            self._submit(self._done.more(command), "more takes", to, now)
        elif command.verb in ("help", "status", "cancel"):
            self._say({"help": HELP, "status": self._status()}.get(command.verb) or self._cancel(now), to)
            self._answer("ended", ("", "done"), to)
        else:
            in_session = self._application.view.focused_document_view == "Session"
            asked = ask(self._song, in_session, command, at_beats, self._settings)
            self._last = command
            self._submit(asked, command.words or command.verb, to, now)

    def _submit(self, asked: Asked, what: str, to: Address | None, now: float) -> None:
        self._count += 1
        job_id = f"live-{self._id}-{self._count}"
        packet = asked.packet(job_id, f"live-{self._id}", self._song.name, self._settings)
        if len(packet) > MOST_BYTES:
            raise Refused("That is too much for one request: use fewer words, or put the brace over fewer locators.")
        self._jobs.submit(job_id, packet, Errand(asked=asked, to=to), now)
        self._say(f"Asked: {what} ...", to)

    def _status(self) -> str:
        jobs = [f"{job.stage or job.state} {job.fraction:.0%}" for job in self._jobs.open]
        return f"At work on {len(jobs)}: {'; '.join(jobs)}." if jobs else "Nothing is being made."

    def _cancel(self, now: float) -> str:
        jobs = self._jobs.open
        for job in jobs:
            self._jobs.cancel(job, now)
        return f"Cancelling {len(jobs)}." if jobs else "There is nothing to cancel."

    def _progress(self, now: float) -> None:
        """The latest there is, when it is time for it."""
        job, due = self._moving, now - self._shown_at >= PROGRESS_SECONDS
        if job is not None and not job.ended and due:
            self._moving, self._shown_at = None, now
            self._show(f"Cuewright: {job.fraction:.0%} {job.stage}")
            self._answer("progress", (job.fraction, job.stage), job.about.to)

    def _end(self, job: Job[Errand]) -> None:
        state, said = job.state, job.problem
        if state == "cancelled":
            said = "Cancelled; nothing was placed."
        elif state == "done":
            try:
                said = self._place(job)
            except Refused as refused:
                state, said = "failed", str(refused)
        self._say(said, job.about.to)
        self._answer("ended", (job.id, state), job.about.to)

    def _place(self, job: Job[Errand]) -> str:
        """Into the set; the place is where it was when it was asked for, at the tempo of now."""
        asked = job.about.asked
        events = asked.events(job.stems.values())
        verdict = job.result.verdict if job.result else ""
        if not events:
            return " ".join([verdict or "The engine made no sound of it.", *job.warnings])
        place, warnings = asked.place, list(job.warnings)
        if place.on is not None and place.on not in list(self._song.tracks):
            place = replace(place, on=None, beside=False)
            warnings.append("The track of the clip is gone, so they lie on another.")
        if place.start_beats is not None:
            try:
                place = replace(place, tempo_bpm=selection.tempo(self._song))
            except Refused as refused:
                folder = os.path.dirname(events[0].takes[0].path)  # noqa: PTH120
                raise Refused(f"{refused} The sounds are made; they lie in {folder}.") from None
        homes = placing.put(self._song, self._application.get_version_string(), events, place)
        self._done = asked.placed(events, homes)
        count = sum(len(event.takes) for event in events)
        names = ", ".join(dict.fromkeys(name for _, name in homes))
        view = "Session" if place.start_beats is None else "Arrangement"
        said = f"{count} sound{'s' if count > 1 else ''} on {names} in the {view}; one undo takes all of it back."
        actions = job.result.actions if job.result else ""
        done = verdict or (f"Done: {actions}." if actions else "")
        return " ".join([said, *([done] if done else []), *warnings])

    def _lost(self) -> str:
        return (
            f"No engine answers on port {self._settings.engine_port}: start one with 'cuewright serve'. "
            "The request goes on by itself then, or say 'cw cancel'."
        )

    def _say(self, text: str, to: Address | None = None) -> None:
        logger.info(text)
        self._shown_at = time.monotonic() + READ_SECONDS
        self._show(f"Cuewright: {text}")
        self._answer("said", (text,), to)

    def _answer(self, what: str, values: tuple[str | float, ...], to: Address | None) -> None:
        if to is not None and self._commands is not None:
            self._commands.answer(Message(f"{ADDRESS}/{what}", values), to)


def _line_of(message: Message) -> str | None:
    """The command line of a message: ``/cuewright/live "edit remove the hum"``, or the verb as part of the address."""
    if not (message.address + "/").startswith(ADDRESS + "/"):
        return None
    verb = message.address[len(ADDRESS) + 1 :]
    return " ".join([verb, *(str(value) for value in message.arguments)]).strip()
