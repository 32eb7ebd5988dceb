"""``bench preview``: how soon a move is heard, how near the DAW it runs, and whether it ever drops out.

Asked over OSC of an engine of its own, and heard back through an input that hears the output: a cable, or the monitor
of a virtual device.
"""

from __future__ import annotations

import contextlib
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
import typer

from engine.audio import Samples
from engine.cli.loopback import RATE_HZ, Loopback
from engine.cli.output import JsonFlag, print_json, say, table
from engine.cli.process import EngineProcess, running_engine
from engine.errors import NoDevice
from engine.model import Model
from engine.protocol import codec
from engine.protocol.codec import Value
from engine.protocol.messages import DoneReply, ErrorReply, FailedReply, Reply
from engine.protocol.preview_messages import PreviewCommittedReply, PreviewLoadedReply, PreviewStateReply
from engine.protocol.schema import parse_reply, request_message

R = TypeVar("R", bound=Reply)
_TONE_HZ, _LEVEL = 1_000.0, 0.25
_ANSWER_SECONDS = 20.0
_STAMPS_A_SECOND = 30
_ALIKE_SAMPLES = 256
_SCENE = "rain in the background, footsteps on gravel, a heavy wooden door slams, glass shatters, wind"


class PreviewReport(Model):
    """What was measured; times in milliseconds, the input's own latency in them."""

    device: str
    told_latency_ms: float
    start_ms: float
    start_most_ms: float
    move_ms: float
    move_most_ms: float
    follow_ms: float
    follow_spread_ms: float
    minutes: float
    renders: int
    dropouts: int
    overflows_of_the_input: int
    breaks_samples: tuple[int, ...] | None


class _Desk:
    """The preview of an engine, by UDP."""

    def __init__(self, engine: EngineProcess) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((engine.host, engine.port))

    def tell(self, address: str, *fixed: Value, **keys: Value) -> None:
        self._socket.send(codec.encode(request_message(f"/cuewright/{address}", *fixed, **keys)))

    def replies(self, until: float) -> Iterator[Reply]:
        """All that come until then."""
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                packet = self._socket.recv(65_536)
            except TimeoutError:
                return
            yield from map(parse_reply, codec.decode(packet))

    def hear(self, kind: type[R], holds: Callable[[R], bool] = lambda reply: True) -> R:
        """The next such reply; raises what the engine says is wrong."""
        for reply in self.replies(time.monotonic() + _ANSWER_SECONDS):
            if isinstance(reply, kind) and holds(reply):
                return reply
            if isinstance(reply, (ErrorReply, FailedReply)):
                raise reply.error
        raise NoDevice(f"The preview did not answer in {_ANSWER_SECONDS:g} s.", field="device")

    def do(self, address: str, *fixed: Value, **keys: Value) -> PreviewStateReply:
        self.tell(f"preview/{address}", *fixed, **keys)
        return self.hear(PreviewStateReply)

    def state(self, holds: Callable[[PreviewStateReply], bool] = lambda reply: True) -> PreviewStateReply:
        self.tell("preview/state")
        return self.hear(PreviewStateReply, holds)

    def load(self, candidate: str, path: Path) -> None:
        self.tell("preview/load", candidate, path=str(path))
        self.hear(PreviewLoadedReply)

    def dropouts(self) -> int:
        """Of the state that is told now, not of one that waited to be read."""
        for _ in self.replies(time.monotonic() + 0.2):
            pass
        return self.state().dropouts

    def close(self) -> None:
        self._socket.close()


def bench_preview(
    device: Annotated[str, typer.Option(help="Output: name, part of one, or number.")] = "",
    capture: Annotated[str, typer.Option(help="Input that hears the output: name, part of one, or number.")] = "",
    minutes: Annotated[float, typer.Option(min=0.05, max=10.5, help="To play while it renders.")] = 10.0,
    tries: Annotated[int, typer.Option(min=2, help="Starts and moves.")] = 12,
    as_json: JsonFlag = False,
) -> None:
    """How soon a start and a move are heard, how near the DAW it runs, and drop-outs while the engine renders."""
    with tempfile.TemporaryDirectory(prefix="cuewright-bench-") as home, contextlib.ExitStack() as stack:
        folder = Path(home)
        engine = stack.enter_context(
            running_engine(folder / "data", folder, environment={"CUEWRIGHT_PREVIEW_DEVICE": device})
        )
        desk = _Desk(engine)
        stack.callback(desk.close)
        heard = stack.enter_context(Loopback(capture))
        report = _measured(desk, heard, folder, minutes, tries)
    if as_json:
        print_json(report)
        return
    told = f"{report.told_latency_ms:.0f} ms by what it tells"
    table(
        f"Preview over OSC on {report.device} ({told}), the input's own latency counted in",
        ("what", "median ms", "most ms", "goal"),
        [
            ("play asked for to captured", report.start_ms, report.start_most_ms, "150"),
            ("knob moved to captured", report.move_ms, report.move_most_ms, "150"),
            ("behind the DAW's transport", report.follow_ms, None, ""),
            ("off its own median, after a second", None, report.follow_spread_ms, "20"),
        ],
    )
    same = "what was printed is sample for sample what was captured"
    if report.breaks_samples is None:
        same = "what was captured cannot be compared with the print"
    elif report.breaks_samples:
        longer = sum(shift for shift in report.breaks_samples if shift > 0) / RATE_HZ
        shorter = -sum(shift for shift in report.breaks_samples if shift < 0) / RATE_HZ
        same = (
            f"the capture leaves the print at {len(report.breaks_samples)} places, with {longer:.3f} s put in and "
            f"{shorter:.3f} s left out"
        )
    print(
        f"{report.minutes:g} minutes beside {report.renders} renders: {report.dropouts} drop-outs, "
        f"{report.overflows_of_the_input} overflows of the input; {same}."
    )


def _measured(desk: _Desk, heard: Loopback, folder: Path, minutes: float, tries: int) -> PreviewReport:
    say("starts and moves ...")
    desk.load("tone", _tone(folder / "tone.wav"))
    state = desk.state(lambda state: bool(state.device) or bool(state.trouble))
    if not state.device:
        raise NoDevice(state.trouble, field="device")
    desk.do("loop", 0.1, 4.9)
    starts, moves = _latencies(desk, heard, tries)
    say("following a transport ...")
    follow = _followed(desk, heard, folder)
    say(f"{minutes:g} minutes beside renders ...")
    desk.tell("preview/select", "tone")
    dropouts, renders, breaks = _endured(desk, heard, folder, minutes)
    return PreviewReport(
        device=state.device,
        told_latency_ms=1e3 * state.latency_seconds,
        start_ms=1e3 * statistics.median(starts),
        start_most_ms=1e3 * max(starts),
        move_ms=1e3 * statistics.median(moves),
        move_most_ms=1e3 * max(moves),
        follow_ms=1e3 * statistics.median(follow),
        follow_spread_ms=1e3 * max(abs(one - statistics.median(follow)) for one in follow),
        minutes=minutes,
        renders=renders,
        dropouts=dropouts,
        overflows_of_the_input=heard.overflows,
        breaks_samples=breaks,
    )


def _latencies(desk: _Desk, heard: Loopback, tries: int) -> tuple[list[float], list[float]]:
    """Seconds from the asking to the captured sample, of starts and of moves of a knob."""
    starts, moves = [], []
    for _ in range(tries):
        asked, start = time.monotonic(), heard.length_samples
        desk.tell("preview/play")
        starts.append(_when(heard, start, lambda level: level > 0.2 * _LEVEL) - asked)
        time.sleep(0.3)
        asked, start = time.monotonic(), heard.length_samples
        desk.tell("preview/param", "gain_db", -24.0)
        moves.append(_when(heard, start, lambda level: level < 0.5 * _LEVEL) - asked)
        desk.do("param", "gain_db", 0.0)
        desk.do("stop")
        time.sleep(0.4)
    return starts, moves


def _when(heard: Loopback, start: int, holds: Callable[[Samples], Any]) -> float:
    """When the level over a millisecond, from a sample on, first is as wanted."""
    deadline = time.monotonic() + 5
    step = RATE_HZ // 1_000
    while time.monotonic() < deadline:
        samples = np.abs(heard.samples(start)).max(axis=0)
        level = samples[: samples.size // step * step].reshape(-1, step).max(axis=1)
        if (found := np.flatnonzero(holds(level))).size:
            return heard.came_at(start + int(found[0] + 1) * step - 1)
        time.sleep(0.005)
    raise NoDevice(
        "What was played did not come back: name an input that hears the output with --capture (a cable, or the "
        "monitor of a virtual device).",
        field="capture",
    )


def _followed(desk: _Desk, heard: Loopback, folder: Path) -> list[float]:
    """Seconds by which each tick is heard after the transport was there, from its second second on."""
    ticks = np.zeros(20 * RATE_HZ, np.float32)
    ticks[:: RATE_HZ // 2] = 0.9
    desk.load("ticks", _written(folder / "ticks.wav", ticks))
    desk.do("loop", 0.0, 0.0)
    desk.tell("preview/select", "ticks")
    desk.do("follow", True)
    start, began = heard.length_samples, time.monotonic()
    rng = np.random.default_rng(0)
    while (position := time.monotonic() - began) < 12.0:
        desk.tell("preview/transport", True, round(position * RATE_HZ))
        time.sleep(float(rng.uniform(0.5, 1.5)) / _STAMPS_A_SECOND)
    desk.do("follow", False)
    desk.do("stop")
    time.sleep(0.3)
    found = start + np.flatnonzero(np.abs(heard.samples(start)).max(axis=0) > 0.4)
    if not found.size:
        raise NoDevice("What was played did not come back: name an input that hears the output.", field="capture")
    found = found[np.diff(found, prepend=-RATE_HZ) > RATE_HZ // 10]
    places = heard.runs_at() + found / RATE_HZ - began
    return [float(place - round(2 * place) / 2) for place in places if place > 1.25]


def _endured(desk: _Desk, heard: Loopback, folder: Path, minutes: float) -> tuple[int, int, tuple[int, ...] | None]:
    """Drop-outs in so long, beside renders, while knobs move; how many renders; whether the print was captured."""
    from engine.preview.knobs import KNOBS

    desk.do("loop", 0.1, 4.9)
    before, start = desk.dropouts(), heard.length_samples
    desk.do("play")
    rng, knobs = np.random.default_rng(1), [knob for name, knob in KNOBS.items() if name != "gain_db"]
    end, renders, running = time.monotonic() + 60 * minutes, 0, ""
    while time.monotonic() < end:
        if not running:
            renders += 1
            running = f"bench-{renders}"
            desk.tell("generate", running, prompt=_SCENE, folder=str(folder / running), duration=20.0, seed=renders)
        knob = knobs[int(rng.integers(len(knobs)))]
        desk.tell("preview/param", knob.name, float(rng.uniform(knob.low, knob.high)))
        for reply in desk.replies(time.monotonic() + 0.2):
            if isinstance(reply, DoneReply):
                running = ""
    desk.do("stop")
    time.sleep(0.3)
    dropouts = desk.dropouts() - before
    desk.tell("preview/commit", str(folder / "heard.wav"), what="heard")
    printed = desk.hear(PreviewCommittedReply)
    return dropouts, renders, _breaks(_read(Path(printed.path)), heard.samples(start))


def _breaks(printed: Samples, captured: Samples) -> tuple[int, ...] | None:
    """Where the capture is not the print: by how many samples it then lies later, or earlier. None: it is not in it."""
    first = int(np.argmax(np.abs(printed).max(axis=0) > 0))
    start = _found(captured, printed[:, first : first + _ALIKE_SAMPLES], 0)
    if start is None:
        return None
    shift, at, breaks = start - first, first, []
    while at < printed.shape[1]:
        part = captured[:, at + shift :]
        length = min(part.shape[1], printed.shape[1] - at)
        other = np.flatnonzero((part[:, :length] != printed[:, at : at + length]).any(axis=0))
        if not other.size:
            break
        at += int(other[0])
        again = _found(captured, printed[:, at : at + _ALIKE_SAMPLES], max(0, at + shift - RATE_HZ))
        breaks.append(0 if again is None else again - at - shift)
        if again is None:
            at += _ALIKE_SAMPLES  # what differs here was never captured
        else:
            shift = again - at
    return tuple(breaks)


def _found(captured: Samples, wanted: Samples, start: int) -> int | None:
    """Where some samples are, from a place on."""
    for at in start + np.flatnonzero(captured[0, start:] == wanted[0, 0]):
        if np.array_equal(captured[:, at : at + wanted.shape[1]], wanted):
            return int(at)
    return None


def _tone(path: Path) -> Path:
    tone = _LEVEL * np.sin(2 * np.pi * _TONE_HZ * np.arange(5 * RATE_HZ) / RATE_HZ)
    return _written(path, tone.astype(np.float32))


def _written(path: Path, samples: Samples) -> Path:
    import soundfile

    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    return path


def _read(path: Path) -> Samples:
    import soundfile

    return np.asarray(soundfile.read(path, dtype="float32", always_2d=True)[0].T)
