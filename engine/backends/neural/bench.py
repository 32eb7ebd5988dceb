"""How much is gained by rendering the events of a plan together, and how near the machine's limit that comes.

The models have their published shapes, or tiny ones where there is no accelerator, and random weights: what a sampler
costs does not depend on what it draws. The limit is counted: floating-point operations of one whole rendering over what
a large matrix product reaches on the same device, and the weights' bytes over what a copy reaches.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from engine.audio import Samples
from engine.backends.neural.device import Device
from engine.backends.neural.model import DiffusionModel, Wanted
from engine.handle import Handle
from engine.model import Model

EVENTS = (1, 2, 4, 8)
SECONDS = 10.24
REPEATS = 3
_STATM = Path("/proc/self/statm")
_LOOK_SECONDS = 0.002
_MATRIX = {"cuda": 8_192, "mps": 4_096, "cpu": 1_024}
_COPIED_BYTES = {"cuda": 2**31, "mps": 2**29, "cpu": 2**27}

Size = Literal["tiny", "published"]


class Row(Model):
    """One number of events."""

    events: int
    one_by_one_seconds: float
    batched_seconds: float
    step_seconds: float
    peak_bytes: int
    floor_seconds: float
    difference: float

    @property
    def gain(self) -> float:
        """How many times faster the batch is."""
        return self.one_by_one_seconds / self.batched_seconds

    @property
    def of_limit(self) -> float:
        """Share of what the device could reach."""
        return self.floor_seconds / self.batched_seconds


class Limit(Model):
    """What the device reaches at its best, measured here."""

    device: str
    operations_per_second: float
    bytes_per_second: float
    operations_each: float
    weights_bytes: int
    steps: int

    def floor_seconds(self, events: int) -> float:
        """No program renders so many events faster: the larger of arithmetic and reading the weights once a step."""
        arithmetic = events * self.operations_each / self.operations_per_second
        return max(arithmetic, self.steps * self.weights_bytes / self.bytes_per_second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the bench found."""

    limit: Limit
    rows: tuple[Row, ...]


def measure(
    model: DiffusionModel,
    modules: Sequence[Any],
    device: Device,
    *,
    steps: int,
    seconds: float = SECONDS,
    events: Sequence[int] = EVENTS,
    options: dict[str, float],
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> Measured:
    """Render so many events one by one and together.

    Parameters
    ----------
    modules
        Those whose weights are read in every step.
    """
    length = round(seconds * model.sample_rate_hz)
    asked = [
        Wanted(text="a heavy wooden door slams", seed=seed, length_samples=length, options={**options, "steps": steps})
        for seed in range(max(events))
    ]
    limit = _limit(model, modules, asked[0], device, steps)
    rows = []
    for done, number in enumerate(events):
        part = handle.part(sum(events[:done]) / sum(events), sum(events[: done + 1]) / sum(events))
        rows.append(_row(model, asked[:number], device, limit, part))
    return Measured(limit=limit, rows=tuple(rows))


def _row(model: DiffusionModel, some: Sequence[Wanted], device: Device, limit: Limit, handle: Handle) -> Row:
    """So many events, one by one and together, in turns: what slows the machine slows both."""

    def one_by_one() -> list[Samples]:
        return [model([each], _ignore)[0] for each in some]

    before = device.reset_peak()
    marks: list[float] = []
    with _Resident() as resident:
        together = model(some, lambda share: marks.append(_now(device)))
    peak_bytes = device.peak_bytes() - before if device.name == "cuda" else resident.grown_bytes
    pairs = list(zip(together, one_by_one(), strict=True))
    turns = []
    for turn in range(REPEATS):
        handle.progress((turn + 1) / (REPEATS + 1), f"{len(some)} events")
        turns.append((_timed(one_by_one, device), _timed(lambda: model(some, _ignore), device)))
    apart, batched = (float(np.median([turn[which] for turn in turns])) for which in (0, 1))
    return Row(
        events=len(some),
        one_by_one_seconds=apart,
        batched_seconds=batched,
        step_seconds=(marks[-1] - marks[0]) / max(1, len(marks) - 1),
        peak_bytes=peak_bytes,
        floor_seconds=limit.floor_seconds(len(some)),
        difference=max(float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-9)) for a, b in pairs),
    )


class _Resident:
    """By how much this process's memory grows at the most, looked at every few milliseconds; 0 where nobody tells."""

    def __init__(self) -> None:
        self.grown_bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._begin = self._now()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self.grown_bytes = max(self.grown_bytes, self._now() - self._begin)

    @staticmethod
    def _now() -> int:
        try:
            return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:  # no Linux
            return 0


def _ignore(share: float) -> None:
    pass


def _limit(model: DiffusionModel, modules: Sequence[Any], asked: Wanted, device: Device, steps: int) -> Limit:
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        model([asked], _ignore)
    return Limit(
        device=device.described,
        operations_per_second=_arithmetic(device),
        bytes_per_second=_copying(device),
        operations_each=float(counter.get_total_flops()),
        weights_bytes=sum(p.numel() * p.element_size() for module in modules for p in module.parameters()),
        steps=steps,
    )


def _arithmetic(device: Device) -> float:
    """Operations a second of a large matrix product, at its best."""
    import torch

    size = _MATRIX[device.name]
    one, other = (torch.randn(size, size, device=device.name, dtype=device.dtype) for _ in range(2))
    torch.matmul(one, other)
    best = min(_timed(lambda: torch.matmul(one, other), device) for _ in range(10))
    return 2.0 * size**3 / best


def _copying(device: Device) -> float:
    """Bytes read a second when memory is copied; a copy reads and writes."""
    import torch

    source = torch.empty(_COPIED_BYTES[device.name], dtype=torch.uint8, device=device.name)
    target = torch.empty_like(source)
    target.copy_(source)
    best = min(_timed(lambda: target.copy_(source), device) for _ in range(10))
    return 2.0 * source.numel() / best


def _timed(call: Callable[[], object], device: Device) -> float:
    started = _now(device)
    call()
    return _now(device) - started


def _now(device: Device) -> float:
    """When all that was asked of the device is done."""
    import torch

    if device.name == "cuda":
        torch.cuda.synchronize()
    elif device.name == "mps":
        torch.mps.synchronize()
    return time.perf_counter()
