"""The live preview as it is asked for over the protocol: requests become the player's commands, its replies answers.

Runs on the server's loop; the player is a process that starts with the first request. Knows no sound.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.chain import NO_CHAIN, Chain
from engine.config import Settings
from engine.cue import Cue
from engine.errors import BadArgument, CuewrightError, from_wire
from engine.preview import messages
from engine.preview.service import PreviewService
from engine.protocol import preview_messages as asked
from engine.protocol.codec import Message
from engine.protocol.messages import Reply
from engine.protocol.reply_to import ReplyTo
from engine.protocol.schema import error_reply
from engine.results import StemFile
from engine.session import Session
from engine.stems.folder import check_path, make_folder, publish

_RATE_HZ = 48_000
"""Of the player."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command that waits for its answer."""

    address: str
    reply_to: ReplyTo


@dataclass(slots=True)
class _Watch:
    """A job whose stems are loaded as they come."""

    load: asked.PreviewLoad
    reply_to: ReplyTo
    seen: set[str] = field(default_factory=set)


class RemotePreview:
    """One preview for all who ask.

    Parameters
    ----------
    send
        Sends a reply; never raises.
    session_of
        A session by its id, the usual one for none; raises a CuewrightError for an unknown one.
    stems_of
        The stems that a job has so far; raises likewise.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        send: Callable[[ReplyTo, Reply], None],
        session_of: Callable[[str], Awaitable[Session]],
        stems_of: Callable[[str], Awaitable[tuple[StemFile, ...]]],
    ) -> None:
        self._settings = settings
        self._send = send
        self._session_of, self._stems_of = session_of, stems_of
        self._service: PreviewService | None = None
        self._numbers = 0
        self._asked: dict[int, _Asked] = {}
        self._leases: dict[str, float] = {}
        self._watches: dict[str, _Watch] = {}
        self._sheet = "", Session()

    async def handle(self, command: asked.PreviewCommand, reply_to: ReplyTo) -> None:
        """Do what is asked; raises a CuewrightError to refuse."""
        if isinstance(command, asked.PreviewTransport):
            await self._transport(command)
            return
        self._leases[str(reply_to)] = time.monotonic() + asked.LEASE_SECONDS
        if isinstance(command, asked.PreviewStrike):
            if command.velocity:
                self._player().send(
                    messages.Strike(key=command.key, velocity=command.velocity, at_seconds=time.monotonic())
                )
            return
        if isinstance(command, asked.PreviewLoad) and command.keys.job:
            await self._watch(command, reply_to)
            return
        if isinstance(command, asked.PreviewRecord) and not command.on:
            path = command.keys.path and str(self._allowed(command.keys.path))
            self._sheet = path, await self._session_of(command.keys.session)
        self._tell(await self._command(command), command.address, reply_to)

    def on_stem(self, job_id: str, stem: StemFile) -> None:
        """A job has another stem."""
        if job_id in self._watches:
            self._load_stem(self._watches[job_id], stem)

    async def close(self) -> None:
        """End the player."""
        if self._service is not None:
            await asyncio.to_thread(self._service.close)

    # To the player

    def _tell(self, command: messages.Command, address: str, reply_to: ReplyTo) -> None:
        self._numbers += 1
        self._asked[self._numbers] = _Asked(address, reply_to)
        try:
            self._player().send(command.model_copy(update={"number": self._numbers}))
        except CuewrightError:
            del self._asked[self._numbers]
            raise

    def _player(self) -> PreviewService:
        if self._service is None:
            loop = asyncio.get_running_loop()

            def on_reply(reply: messages.Reply) -> None:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(self._on_reply, reply)

            self._service = PreviewService(self._settings, on_reply, device=self._settings.preview_device)
        return self._service

    async def _command(self, command: asked.PreviewCommand) -> messages.Command:
        match command:
            case asked.PreviewLoad():
                return await self._load(command)
            case asked.PreviewUnload(candidate=candidate):
                return messages.Unload(candidate=candidate)
            case asked.PreviewSelect(candidate=candidate):
                return messages.Select(candidate=candidate)
            case asked.PreviewPlay():
                return messages.Play()
            case asked.PreviewStop():
                return messages.Stop()
            case asked.PreviewLocate(seconds=seconds):
                return messages.Locate(position_samples=round(seconds * _RATE_HZ))
            case asked.PreviewLoop(start_seconds=start, end_seconds=end):
                return messages.Loop(start_samples=round(start * _RATE_HZ), end_samples=round(end * _RATE_HZ))
            case asked.PreviewParam():
                return _param(command)
            case asked.PreviewChain(preset=preset):
                return messages.PutChain(chain=await asyncio.to_thread(_chain, preset, self._settings))
            case asked.PreviewCommit(path=path, keys=keys):
                return messages.Commit(path=str(self._allowed(path)), what=keys.what)
            case asked.PreviewDevice(name=name):
                return messages.Device(device=name)
            case asked.PreviewDevices():
                return messages.Devices()
            case asked.PreviewFollow(on=on):
                return messages.Follow(on=on)
            case asked.PreviewMidiInputs():
                return messages.MidiPorts()
            case asked.PreviewMidi(port=port):
                return messages.Midi(port=port)
            case asked.PreviewBind(control=control, name=name):
                return messages.Bind(control=control, name=name)
            case asked.PreviewUnbind(name=name):
                return messages.Unbind(name=name)
            case asked.PreviewLearn(name=name):
                return messages.Learn(name=name)
            case asked.PreviewRecord(on=on):
                return messages.Record(on=on)
            case _:
                return messages.Ask()

    async def _load(self, command: asked.PreviewLoad) -> messages.Command:
        from engine.preview.spoken import spoken

        keys = command.keys
        if bool(keys.path) == bool(keys.prompt):
            raise BadArgument("A sound is a file, words or a job: give one of path, prompt and job.", field="path")
        rate = (await self._session_of(keys.session)).sample_rate
        take = None
        if keys.prompt:
            _, take = await asyncio.to_thread(
                spoken, keys.prompt, self._settings, seed=keys.seed, length_seconds=keys.duration
            )
        return messages.Load(
            candidate=command.candidate,
            path=str(self._allowed(keys.path)) if keys.path else "",
            take=take,
            position_samples=round(keys.position_samples * _RATE_HZ / rate),
            tempo_bpm=keys.tempo,
            key=keys.key,
        )

    def _allowed(self, path: str) -> Path:
        return check_path(path, self._settings.roots, field="path")

    async def _transport(self, command: asked.PreviewTransport) -> None:
        came_at = time.monotonic()
        if self._service is None:
            return  # nobody listens yet
        rate = (await self._session_of(command.keys.session)).sample_rate
        self._service.send(
            messages.Transport(
                playing=command.playing,
                position_seconds=command.position_samples / rate,
                tempo_bpm=command.keys.tempo,
                at_seconds=came_at,
            )
        )

    # Jobs

    async def _watch(self, command: asked.PreviewLoad, reply_to: ReplyTo) -> None:
        keys = command.keys
        if keys.path or keys.prompt:
            raise BadArgument("A sound is a file, words or a job: give one of path, prompt and job.", field="job")
        watch = self._watches[keys.job] = _Watch(command, reply_to)
        try:
            stems = await self._stems_of(keys.job)
        except CuewrightError as error:
            del self._watches[keys.job]
            raise type(error)(error.sentence, field="job") from None
        for stem in stems:
            self._load_stem(watch, stem)

    def _load_stem(self, watch: _Watch, stem: StemFile) -> None:
        if stem.kind != "stem" or stem.path in watch.seen:
            return
        watch.seen.add(stem.path)
        number = len(watch.seen)
        name = watch.load.candidate
        load = messages.Load(
            candidate=name if number == 1 else f"{name} {number}",
            path=stem.path,
            position_samples=round(stem.position_samples * _RATE_HZ / stem.sample_rate_hz),
            tempo_bpm=watch.load.keys.tempo,
            key=watch.load.keys.key,
        )
        try:
            self._tell(load, watch.load.address, watch.reply_to)
        except CuewrightError as error:
            self._send(watch.reply_to, error_reply(error, Message(watch.load.address)))

    # From the player

    def _on_reply(self, reply: messages.Reply) -> None:
        who = self._asked.pop(reply.number, None) if reply.number else None
        match reply:
            case messages.State():
                told = _state(reply)
                for one in self._listeners(who):
                    self._send(one, told)
                if not reply.ready and reply.trouble:
                    self._fail_all(from_wire("worker_died", reply.trouble, ""))
            case messages.Failed():
                error = from_wire(reply.code, reply.sentence, reply.field)
                told_error = error_reply(error, Message(who.address if who else asked.PreviewChain.address))
                for one in [who.reply_to] if who else self._listeners(None):
                    self._send(one, told_error)
            case messages.Loaded():
                for one in self._listeners(who):
                    self._send(one, _loaded(reply))
            case messages.Committed() if who is not None:
                self._send(who.reply_to, _committed(reply))
            case messages.DeviceList() if who is not None:
                for output in reply.outputs:
                    self._send(who.reply_to, _output(output))
                self._send(who.reply_to, _state(self._player().state))
            case messages.MidiPortList() if who is not None:
                for number, name in enumerate(reply.ports):
                    self._send(who.reply_to, asked.PreviewMidiInputReply(number=number, name=name))
                self._send(who.reply_to, _state(self._player().state))
            case messages.Recorded() if who is not None:
                self._recorded(reply, who)
            case messages.Done() if who is not None:
                self._send(who.reply_to, _state(self._player().state))
            case _:
                pass

    def _recorded(self, reply: messages.Recorded, who: _Asked) -> None:
        path, session = self._sheet
        try:
            written = _written(reply.cues, path, session) if path else ""
        except CuewrightError as error:
            self._send(who.reply_to, error_reply(error, Message(who.address)))
        else:
            self._send(who.reply_to, asked.PreviewRecordedReply(path=written, cues_count=len(reply.cues)))

    def _fail_all(self, error: CuewrightError) -> None:
        """Nobody will answer these any more."""
        for who in self._asked.values():
            self._send(who.reply_to, error_reply(error, Message(who.address)))
        self._asked.clear()

    def _listeners(self, who: _Asked | None) -> list[ReplyTo]:
        """Whoever asked anything lately."""
        now = time.monotonic()
        self._leases = {one: until for one, until in self._leases.items() if until > now}
        names = dict.fromkeys([*self._leases, *([str(who.reply_to)] if who else [])])
        return [ReplyTo.parse(name) for name in names]


def _written(cues: Sequence[Cue], path: str, session: Session) -> str:
    """A performance as a cue sheet on the session's timeline; returns its path."""
    from engine.planning.cuesheet.write import write_sheet

    rate = session.sample_rate
    placed = [cue.model_copy(update={"start_samples": round(cue.start_samples * rate / _RATE_HZ)}) for cue in cues]
    content = write_sheet(placed, "csv", session=session, position_samples=0)
    make_folder(Path(path).parent)
    return str(publish(Path(path), "preview", lambda file: file.write(content)))


def _param(command: asked.PreviewParam) -> messages.Command:
    choice = command.keys.choice
    if (command.value is None) == (not choice):
        raise BadArgument("A parameter goes to a value, or to a choice: give one of both.", field="value")
    return messages.Param(name=command.name, value=choice if command.value is None else command.value)


def _chain(preset: str, settings: Settings) -> Chain:
    from engine.planning.presets import load_presets

    return load_presets(settings).chain(preset, "preset") if preset else NO_CHAIN


def _state(state: messages.State) -> Reply:
    rate = state.sample_rate_hz
    ahead = max(0.0, state.at_seconds - time.monotonic()) if state.playing else 0.0
    return asked.PreviewStateReply(
        playing=state.playing,
        candidate=state.candidate,
        seconds=max(0.0, state.position_samples / rate - ahead),
        length_seconds=state.length_samples / rate,
        waiting=state.waiting,
        following=state.following,
        device=state.device,
        latency_seconds=max(0.0, state.latency_seconds),
        dropouts=state.dropouts,
        trouble=state.trouble,
        candidates=json.dumps(state.candidates),
        knobs=json.dumps(state.knobs),
        midi=state.midi_port,
        midi_trouble=state.midi_trouble,
        bindings=json.dumps(state.bindings),
        learning=state.learning,
        recording=state.recording,
    )


def _loaded(reply: messages.Loaded) -> Reply:
    return asked.PreviewLoadedReply(
        candidate=reply.candidate,
        length_seconds=reply.length_samples / _RATE_HZ,
        is_whole=reply.is_whole,
        loudness_lufs=reply.loudness_lufs,
    )


def _committed(reply: messages.Committed) -> Reply:
    return asked.PreviewCommittedReply(
        path=reply.path,
        sha256=reply.sha256,
        position_samples=reply.position_samples,
        length_samples=reply.length_samples,
        sample_rate_hz=reply.sample_rate_hz,
    )


def _output(output: messages.Output) -> Reply:
    return asked.PreviewOutputReply(
        number=output.number, name=output.name, host_api=output.host_api, is_default=output.is_default
    )
