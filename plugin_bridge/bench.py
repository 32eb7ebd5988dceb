"""What the sandbox costs, measured beside pedalboard in this process, and what is left of a thousand crashes."""

from __future__ import annotations

import gc
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.audio import Audio, Samples
from engine.chain import Chain, Value
from engine.config import Settings
from engine.errors import DependencyMissing
from engine.handle import Handle
from engine.model import Model
from plugin_bridge import wire
from plugin_bridge.builtin import EFFECTS
from plugin_bridge.offline import render
from plugin_bridge.sandbox import Failed, Sandbox

RATE_HZ = 48_000
_REPEATS = 7
_FIRST_CYCLES = 20
"""What is made once is made by then."""

Effects = Sequence[tuple[str, dict[str, Value]]]
CHAINS: dict[str, Effects] = {
    "voice: highpass, compressor, 3 bands, reverb, limiter": (
        ("highpass", {"cutoff_hz": 60.0}),
        ("compressor", {"threshold_db": -18.0, "ratio": 3.0}),
        ("low_shelf", {"cutoff_hz": 120.0, "gain_db": 2.0}),
        ("peak", {"cutoff_hz": 2_500.0, "gain_db": -2.0}),
        ("high_shelf", {"cutoff_hz": 8_000.0, "gain_db": 1.5}),
        ("reverb", {"room_size": 0.4, "wet_level": 0.2}),
        ("limiter", {"threshold_db": -1.0}),
    ),
    "bus: highpass, compressor, limiter": (
        ("highpass", {"cutoff_hz": 60.0}),
        ("compressor", {"threshold_db": -18.0, "ratio": 3.0}),
        ("limiter", {"threshold_db": -1.0}),
    ),
}
BUILT_IN: dict[str, Effects] = {
    **CHAINS,
    "phone: highpass, lowpass, distortion, GSM": (
        ("highpass", {"cutoff_hz": 300.0}),
        ("lowpass", {"cutoff_hz": 3_400.0}),
        ("distortion", {"drive_db": 8.0}),
        ("gsm", {}),
    ),
    "pitch": (("pitch", {"semitones": -3.0}),),
    "mp3": (("mp3", {"vbr_quality": 5.0}),),
}


class Overhead(Model):
    """One chain in this process and in the sandbox."""

    chain: str
    here_seconds: float
    sandbox_seconds: float
    ratio: float


class Speed(Model):
    """A whole render of one chain."""

    chain: str
    realtime_factor: float


class Crashes(Model):
    """What many crashes left."""

    cycles: int
    cycle_seconds: float
    descriptors_more: int
    processes_more: int
    shared_files_more: int
    resident_kilobytes_more: int


class PluginsReport(Model):
    """Everything ``bench plugins`` measures."""

    seconds: float
    overheads: tuple[Overhead, ...]
    speeds: tuple[Speed, ...]
    crashes: Crashes


def measure_overheads(seconds: float, plugin: Path | None, handle: Handle) -> tuple[Overhead, ...]:
    """Chains of pedalboard's effects, and a plugin of the user's, here and in the sandbox, in turns.

    A round is what a render does: the whole sound, from a fresh start. The ratio is the median of those of the rounds.
    """
    sound = _noise(seconds)
    found = []
    for name, effects in CHAINS.items():
        handle.progress(0.0, name)
        board = _board(effects)
        loads = [wire.Load(link=link, path="", plugin_name=effect) for link, (effect, _) in enumerate(effects)]
        found.append(_overhead(name, board, loads, [_full(*effect) for effect in effects], sound))
    if plugin is not None:
        import pedalboard

        board = pedalboard.Pedalboard([pedalboard.load_plugin(str(plugin))])
        found.append(_overhead(plugin.stem, board, [wire.Load(link=0, path=str(plugin))], [{}], sound))
    return tuple(found)


def _overhead(
    name: str, board: Any, loads: list[wire.Load], values: list[dict[str, Value]], sound: Samples
) -> Overhead:
    with Sandbox(channels=2, sample_rate_hz=RATE_HZ) as sandbox:
        for load, given in zip(loads, values, strict=True):
            sandbox.load(load, load.plugin_name or name)
            sandbox.prepare(wire.Prepare(link=load.link, sample_rate_hz=RATE_HZ, channels=2, values=given))

        def guarded() -> None:
            sandbox.reset()
            sandbox.process(sound, np.empty_like(sound))

        rounds = [(_timed(lambda: board.process(sound, RATE_HZ)), _timed(guarded)) for _ in range(_REPEATS)][1:]
    return Overhead(
        chain=name,
        here_seconds=statistics.median(here for here, _ in rounds),
        sandbox_seconds=statistics.median(there for _, there in rounds),
        ratio=statistics.median(there / here for here, there in rounds),
    )


def measure_speeds(seconds: float, settings: Settings, handle: Handle) -> tuple[Speed, ...]:
    """Typical chains of built-in effects, rendered as the engine does."""
    sound = Audio(samples=_noise(seconds), sample_rate_hz=RATE_HZ)
    speeds = []
    for number, (name, effects) in enumerate(BUILT_IN.items()):
        handle.progress(number / len(BUILT_IN), name)
        links = [{"plugin": plugin, "parameters": parameters} for plugin, parameters in effects]
        chain = Chain.read({"links": links, "tail_seconds": 0.0})
        took = statistics.median(_timed(lambda: render(sound, chain, settings=settings)) for _ in range(3))  # noqa: B023
        speeds.append(Speed(chain=name, realtime_factor=seconds / took))
    return tuple(speeds)


def measure_crashes(cycles: int, crasher: Path | None, handle: Handle) -> Crashes:
    """Start, load, process, crash, notice, and again.

    Parameters
    ----------
    crasher
        A plugin that crashes in processing when its parameter ``gain_x`` is beyond 1.5. Left out, the process of a
        built-in effect is ended as a crash ends it.

    Raises
    ------
    DependencyMissing
        Without psutil.
    """
    try:
        import psutil
    except ModuleNotFoundError:
        raise DependencyMissing("What crashes leave is counted by psutil: pip install psutil.") from None
    me = psutil.Process()

    def left() -> tuple[int, int, int, int]:
        gc.collect()
        shared = (
            len(list(Path("/dev/shm").glob(f"cuewright-plugins-{os.getpid()}-*"))) if Path("/dev/shm").is_dir() else 0
        )
        if sys.platform == "win32":
            descriptors = me.num_handles()
        else:
            descriptors = me.num_fds()
        return descriptors, len(me.children(recursive=True)), shared, me.memory_info().rss // 1024

    sound = np.zeros((2, 4_096), np.float32)
    for _ in range(min(cycles, _FIRST_CYCLES)):
        _crash(crasher, sound)
    before, start = left(), time.perf_counter()
    for number in range(cycles):
        handle.progress(number / cycles, f"crash {number + 1} of {cycles}")
        _crash(crasher, sound)
    took = time.perf_counter() - start
    more = [now - then for now, then in zip(left(), before, strict=True)]
    return Crashes(
        cycles=cycles,
        cycle_seconds=took / max(1, cycles),
        descriptors_more=more[0],
        processes_more=more[1],
        shared_files_more=more[2],
        resident_kilobytes_more=more[3],
    )


def _crash(crasher: Path | None, sound: Samples) -> None:
    sandbox = Sandbox(channels=2, sample_rate_hz=RATE_HZ)
    if crasher is None:
        sandbox.load(wire.Load(link=0, path="", plugin_name="gain"), "gain")
    else:
        sandbox.load(wire.Load(link=0, path=str(crasher)), crasher.stem)
    values = _full("gain", {}) if crasher is None else {}
    sandbox.prepare(wire.Prepare(link=0, sample_rate_hz=RATE_HZ, channels=2, values=values))
    sandbox.process(sound, np.empty_like(sound))
    if crasher is None:
        os.kill(sandbox.pid, signal.SIGTERM if os.name == "nt" else signal.SIGSEGV)
    else:
        sandbox.set(0, "gain_x", 2.0)
    try:
        sandbox.process(sound, np.empty_like(sound))
    except Failed:
        return
    sandbox.close()
    raise AssertionError("What should have crashed did not.")


def _noise(seconds: float) -> Samples:
    rng = np.random.default_rng(0)
    return (0.1 * rng.standard_normal((2, round(seconds * RATE_HZ)))).astype(np.float32)


def _full(effect: str, given: dict[str, Value]) -> dict[str, Value]:
    return {name: parameter.default for name, parameter in EFFECTS[effect].parameters.items()} | given


def _board(effects: Effects) -> Any:
    """The same effects in pedalboard's own container."""
    import pedalboard

    kinds = {"highpass": "HighpassFilter", "compressor": "Compressor", "reverb": "Reverb", "limiter": "Limiter"} | {
        "low_shelf": "LowShelfFilter",
        "peak": "PeakFilter",
        "high_shelf": "HighShelfFilter",
    }
    board = pedalboard.Pedalboard([])
    for effect, given in effects:
        kind = getattr(pedalboard, kinds[effect])
        values = {
            ("cutoff_frequency_hz" if name == "cutoff_hz" else name): v for name, v in _full(effect, given).items()
        }
        board.append(kind(**values))
    return board


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
