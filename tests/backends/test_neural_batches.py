"""Batches, memory and residency, with models that are a few lines long."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.audio import Samples
from engine.backends.neural.batches import FIRST_BATCH, LARGEST_BATCH, Batches
from engine.backends.neural.bench import _Resident
from engine.backends.neural.device import Device, is_out_of_memory
from engine.backends.neural.model import OnStep, Wanted
from engine.backends.neural.residency import Residence
from engine.errors import Cancelled, ResourceError
from engine.handle import Handle

STEPS = 4


class Model:
    """Gives each sound its seed; remembers its batches; has memory for so many at once."""

    sample_rate_hz, channels = 16_000, 1

    def __init__(self, room: int = 1_000) -> None:
        self.room = room
        self.batches: list[list[int]] = []

    def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        if len(wanted) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        self.batches.append([each.seed for each in wanted])
        for step in range(STEPS):
            on_step((step + 1) / STEPS)
        return [np.full((1, each.length_samples), each.seed, np.float32) for each in wanted]


class Card(Device):
    """A device with so many bytes left, of which each sound takes a hundred."""

    def __new__(cls, free: int) -> Card:  # frozen and slotted: nothing is set after
        card = object.__new__(cls)
        object.__setattr__(card, "name", "cpu")
        return card

    def __init__(self, free: int) -> None:
        Card.free, Card.asked = free, 0

    def free_bytes(self) -> int:
        return Card.free

    def reset_peak(self) -> int:
        return 1_000

    def peak_bytes(self) -> int:
        return 1_000 + Card.asked


def wishes(number: int, length: int = 100, **keys: object) -> list[Wanted]:
    return [
        Wanted(text="rain", seed=seed, length_samples=length, options={"steps": 1.0}, **keys) for seed in range(number)
    ]


def run(model: Model, wanted: Sequence[Wanted], handle: Handle = Handle()) -> list[int]:  # noqa: B008
    found = dict(Batches(Device(name="cpu")).run(model, wanted, handle))
    assert sorted(found) == list(range(len(wanted)))
    assert all(found[index][0, 0] == each.seed for index, each in enumerate(wanted)), "each its own"
    return [len(batch) for batch in model.batches]


def test_equal_wishes_go_together_and_others_apart() -> None:
    model = Model()
    mixed = [*wishes(2), *wishes(2, length=200), *wishes(1, onsets_seconds=(0.1,))]
    assert run(model, mixed) == [2, 2, 1]
    few, more = ({"steps": float(steps)} for steps in (1, 2))
    asked = [Wanted(text="rain", seed=0, length_samples=9, options=options) for options in (few, more, few)]
    calls: list[list[float]] = []

    def call(wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        calls.append([each.options["steps"] for each in wanted])
        return [np.zeros((1, 9), np.float32) for _ in wanted]

    assert len(dict(Batches(Device(name="cpu")).run(call, asked, Handle()))) == 3
    assert calls == [[1.0, 1.0], [2.0]], "a call has one number of steps"


def test_where_nothing_is_measured_batches_are_small() -> None:
    assert run(Model(), wishes(2 * FIRST_BATCH + 1)) == [FIRST_BATCH, FIRST_BATCH, 1]


def test_memory_that_runs_out_halves_the_batch_and_loses_nothing() -> None:
    assert run(Model(room=1), wishes(5)) == [1, 1, 1, 1, 1]
    assert run(Model(room=2), wishes(5)) == [2, 2, 1]


def test_one_sound_that_finds_no_memory_is_told() -> None:
    with pytest.raises(ResourceError, match="shorter sounds") as caught:
        run(Model(room=0), wishes(3))
    assert caught.value.field == "duration"


def test_other_errors_are_not_taken_for_memory() -> None:
    class Broken(Model):
        def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
            raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        run(Broken(), wishes(3))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."))
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_what_was_measured_decides_how_many_go_together() -> None:
    card, model = Card(free=1_000), Model()

    def call(wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
        Card.asked = 100 * len(wanted)
        return model(wanted, on_step)

    assert len(dict(Batches(card).run(call, wishes(20), Handle()))) == 20
    assert [len(batch) for batch in model.batches] == [FIRST_BATCH, 8, 8], "85 % of 1,000 bytes, 100 each"
    model.batches.clear()
    Card.free = 10**9
    kept = Batches(card)
    list(kept.run(call, wishes(100), Handle()))
    assert max(len(batch) for batch in model.batches) == LARGEST_BATCH


def test_progress_rises_by_steps_over_all_batches() -> None:
    told: list[float] = []
    mixed = [*wishes(5), *wishes(1, length=700)]
    run(Model(), mixed, Handle(on_progress=lambda fraction, stage: told.append(fraction)))
    assert told == sorted(told)
    assert len(told) == 3 * STEPS
    assert told[-1] == pytest.approx(1.0)
    assert told[2 * STEPS - 1] == pytest.approx(500 / 1_200), "a batch counts with its samples"


def test_a_cancel_ends_within_a_step() -> None:
    steps = 0

    class Watched(Model):
        def __call__(self, wanted: Sequence[Wanted], on_step: OnStep) -> list[Samples]:
            nonlocal steps
            for _ in range(STEPS):
                steps += 1
                on_step(steps / STEPS)
            raise AssertionError("it went on to its end")

    with pytest.raises(Cancelled):
        run(Watched(), wishes(2), Handle(is_cancelled=lambda: steps >= 2))
    assert steps == 2


class Clock:
    """Timers that go off when told."""

    def __init__(self) -> None:
        self.waiting: list[Clock.Timer] = []

    class Timer:
        daemon = False

        def __init__(self, seconds: float, call: Callable[[], None]) -> None:
            self.seconds, self.call, self.cancelled = seconds, call, False

        def start(self) -> None:
            pass

        def cancel(self) -> None:
            self.cancelled = True

    def timer(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.waiting.append(Clock.Timer(seconds, call))
        return self.waiting[-1]


def test_a_model_stays_leaves_for_another_and_leaves_when_unused() -> None:
    clock, device, loaded = Clock(), Device(name="cpu"), []
    residence = Residence(clock.timer)  # type: ignore[arg-type]

    def load() -> Model:
        loaded.append(Model())
        return loaded[-1]

    with residence.keep("a", load, device, 300.0) as first:
        pass
    with residence.keep("a", load, device, 300.0) as again:
        assert again is first
        assert clock.waiting[0].cancelled
    assert len(loaded) == 1
    assert clock.waiting[-1].seconds == 300.0
    with residence.keep("b", load, device, 300.0) as other:
        assert other is not first
        assert residence.occupant == "b"
    clock.waiting[1].call()
    assert residence.occupant == "b", "the timer of a use that is not the last does nothing"
    clock.waiting[-1].call()
    assert residence.occupant is None
    with residence.keep("b", load, device, 300.0):
        assert len(loaded) == 3


def test_the_bench_sees_what_a_batch_takes_on_a_processor() -> None:
    megabyte = 2**20
    with _Resident() as resident:
        taken = np.ones(64 * megabyte, np.uint8)
        deadline = time.monotonic() + 10
        while resident.grown_bytes < 60 * megabyte and time.monotonic() < deadline:
            time.sleep(0.005)
        assert taken.all()
    expected = 60 * megabyte if Path("/proc/self/statm").exists() else 0
    assert resident.grown_bytes >= expected
