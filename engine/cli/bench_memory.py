"""The memory part of ``bench editing``: every action done to a long file, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.errors import DependencyMissing, InternalError
from engine.handle import Handle
from engine.model import Model

RATE_HZ = 48_000
LONG_SECONDS, SHORT_SECONDS = 7_200, 300
"""A two-hour reel; the quick look."""
ACTIONS = (
    *("denoise", "spectral_subtraction", "wiener", "wavelet", "spectral_gate", "declick", "dehum", "remove_dc"),
    *("speed factor=0.9", "pitch semitones=2", "warp anchors=10:10.5,100:99.5", "shift seconds=2"),
    *("reverse", "resample rate_hz=44100"),
    *("volume gain_db=-3", "volume loudness_lufs=-23", "volume envelope=0:0,100:-6", "limit ceiling_dbtp=-20"),
    *(
        "fade in_seconds=5 out_seconds=5",
        "pan position=0.5",
        "width amount=1.5",
        "distance metres=10",
        "worldize",
        "treat chain=cave",
    ),
    *("trim start_seconds=60", "loop crossfade_seconds=5", "extend length_seconds={longer}", "fill_gaps"),
)


class Use(Model):
    """What one action took."""

    action: str
    peak_megabytes: float
    realtime_factor: float


class MemoryReport(Model):
    """Of all actions."""

    length_seconds: int
    uses: tuple[Use, ...]

    def tables(self) -> Iterable[tuple[str, Sequence[str], Sequence[Sequence[object]]]]:
        """See :class:`engine.cli.bench_editing.Report`."""
        rows = [(use.action, use.peak_megabytes, use.realtime_factor) for use in self.uses]
        yield f"{self.length_seconds / 60:g} minutes, stereo, 48 kHz", ("action", "peak MB", "x real time"), rows


def measure_memory(seed: int, quick: bool, handle: Handle) -> MemoryReport:
    """Peak resident memory of a whole process that edits a long file from disk to disk.

    Raises
    ------
    DependencyMissing
        Where the system does not tell a finished process's memory (Windows).
    """
    if sys.platform == "win32":
        raise DependencyMissing("Windows does not tell how much memory a process took: measure on another system.")
    seconds = SHORT_SECONDS if quick else LONG_SECONDS
    uses = []
    with tempfile.TemporaryDirectory(prefix="cuewright-memory-") as home:
        audio = _written(Path(home) / "long.wav", seconds, seed)
        room = _written(Path(home) / "room.wav", 10, seed)
        for number, action in enumerate(ACTIONS):
            handle.progress(number / len(ACTIONS), action.partition(" ")[0])
            do = action.format(longer=seconds + 60)
            uses.append(_use(do, audio, room, Path(home) / "out", seconds))
    return MemoryReport(length_seconds=seconds, uses=tuple(uses))


def _written(path: Path, seconds: int, seed: int) -> Path:
    """Steps in a noisy room: a block of ten seconds, again and again."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(seed)
    block = 0.01 * rng.standard_normal((10 * RATE_HZ, 2))
    decay = np.exp(-np.arange(RATE_HZ // 4) / (0.04 * RATE_HZ))[:, None]
    for at in range(RATE_HZ // 2, 10 * RATE_HZ - RATE_HZ // 4, RATE_HZ // 2):
        block[at : at + decay.size] += 0.3 * decay * rng.standard_normal((decay.size, 1))
    with soundfile.SoundFile(path, "w", RATE_HZ, 2, "PCM_24", format="RF64") as file:
        for _ in range(seconds // 10):
            file.write(block)
    return path


def _use(do: str, audio: Path, room: Path, out: Path, seconds: int) -> Use:
    command = [sys.executable, "-m", "engine", "edit", str(audio), "--do", do, "--out", str(out), "--json"]
    began = time.monotonic()
    peak_megabytes = peak_megabytes_of([*command, "--reference", str(room)])
    took = time.monotonic() - began
    for made in out.glob("*.wav"):
        made.unlink()
    return Use(action=do, peak_megabytes=peak_megabytes, realtime_factor=seconds / took)


def peak_megabytes_of(command: Sequence[str]) -> float:
    """Peak resident memory of a command that is run to its end.

    Raises
    ------
    InternalError
        When the command fails, with the end of what it said.
    """
    done = subprocess.run([sys.executable, "-c", _SMALL_PARENT, *command], capture_output=True, check=False)
    if done.returncode:
        raise InternalError(f"{' '.join(command)} failed: {done.stderr.decode(errors='replace')[-300:]}")
    return int(done.stdout) / (2**20 if sys.platform == "darwin" else 2**10)


_SMALL_PARENT = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
"""On Linux the peak of a process begins with that of the one that started it: this one is small, and the bench may hold
hundreds of megabytes from its other parts."""
