"""Many wishes, few calls: equal ones go through the model together, as many as its memory holds.

What a sound is like never depends on what else is in its batch, up to rounding: each has a noise of its own, and its
length is decided by its own wish. So batches may be cut anywhere. How much memory one more sound takes is measured on
the first batch of a kind; where memory runs out all the same, the batch is halved and tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.audio import Samples
from engine.backends.neural.device import Device, is_out_of_memory
from engine.backends.neural.model import OnStep, Wanted
from engine.errors import ResourceError
from engine.handle import Handle

FIRST_BATCH = 4
"""Before anything was measured."""
LARGEST_BATCH = 32
FILLED = 0.85
"""Of the free memory, by what was measured."""

Call = Callable[[Sequence[Wanted], OnStep], list[Samples]]
Key = tuple[object, ...]


def kind_of(wanted: Wanted) -> Key:
    """What must be equal for two wishes to go through a model together."""
    task = "text" if wanted.start is None else "parts" if wanted.spans else "vary"
    told = (bool(wanted.onsets_seconds), wanted.picture is None)
    return (task, wanted.length_samples, *told, *sorted(wanted.options.items()))


@dataclass(slots=True)
class Batches:
    """What is known of a model's appetite; kept as long as the model is.

    Parameters
    ----------
    device
        Where it runs.
    """

    device: Device
    _bytes_each: dict[Key, float] = field(default_factory=dict)
    _limits: dict[Key, int] = field(default_factory=dict)

    def run(self, call: Call, wanted: Sequence[Wanted], handle: Handle) -> Iterator[tuple[int, Samples]]:
        """Everything that is wanted, as ``(index, sound)``, those that wait longest first.

        Raises
        ------
        ResourceError
            When not even one sound alone finds memory.
        Cancelled
            Within one step of the model.
        """
        groups: dict[Key, list[int]] = {}
        for index, each in enumerate(wanted):
            groups.setdefault(kind_of(each), []).append(index)
        weights = {key: wanted[indices[0]].length_samples for key, indices in groups.items()}
        whole = sum(weights[key] * len(indices) for key, indices in groups.items())
        done = 0
        for key, indices in groups.items():
            while indices:
                chosen = indices[: self._limit(key)]
                part = handle.part(done / whole, (done + weights[key] * len(chosen)) / whole)
                sounds = self._called(call, key, [wanted[index] for index in chosen], part)
                if sounds is None:
                    continue
                yield from zip(chosen, sounds, strict=True)
                done += weights[key] * len(chosen)
                del indices[: len(chosen)]

    def _called(self, call: Call, key: Key, batch: Sequence[Wanted], handle: Handle) -> list[Samples] | None:
        """The sounds of one batch; None when memory ran out and a smaller one is to be tried."""
        before = self.device.reset_peak()
        try:
            sounds = call(batch, lambda share: handle.progress(share, "rendering"))
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if len(batch) == 1:
                raise ResourceError(
                    f"{len(batch)} sound of this length does not fit into the memory left: ask for shorter sounds, "
                    "close other programs, or set models_device to 'cpu'.",
                    field="duration",
                ) from None
        else:
            self._bytes_each[key] = max(1.0, (self.device.peak_bytes() - before) / len(batch))
            return sounds
        self._limits[key] = len(batch) // 2  # outside of the handler: its traceback holds the batch's memory
        self.device.release()
        return None

    def _limit(self, key: Key) -> int:
        """How many may go together now."""
        limit = self._limits.get(key, LARGEST_BATCH)
        free = self.device.free_bytes()
        if free is None or key not in self._bytes_each:
            return min(limit, FIRST_BATCH)
        return max(1, min(limit, int(FILLED * free / self._bytes_each[key])))
