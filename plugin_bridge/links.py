"""Effects in a row, each mixed with the sound as it came, which waits for it.

The same on both sides of the sandbox's wall. This module knows no names and no processes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.audio import Samples
from engine.chain import Value
from plugin_bridge.gain import GLIDE_SECONDS, Drawn
from plugin_bridge.unit import MIN_BLOCK, Late, Unit

_GLIDE_STEP = 32


class Glide:
    """An effect whose numbers go where they are set within a moment, in small steps, instead of at once.

    Parameters
    ----------
    values
        What its parameters are set to.
    """

    def __init__(self, unit: Unit, sample_rate_hz: int, values: Mapping[str, Value]) -> None:
        self._unit = unit
        self._values = dict(values)
        self._steps = max(1, round(GLIDE_SECONDS * sample_rate_hz / _GLIDE_STEP))
        self._going: dict[str, tuple[float, float, int]] = {}
        self._into_step = 0

    @property
    def latency_samples(self) -> int:
        """See :class:`~plugin_bridge.unit.Unit`."""
        return self._unit.latency_samples

    def process(self, block: Samples) -> Samples:
        """See :class:`~plugin_bridge.unit.Unit`."""
        pieces = []
        at = 0
        while self._going and at < block.shape[1]:
            if self._into_step < MIN_BLOCK:
                self._step()
            end = at + max(MIN_BLOCK, _GLIDE_STEP - self._into_step)
            if block.shape[1] - end < MIN_BLOCK:
                end = block.shape[1]
            pieces.append(self._unit.process(np.ascontiguousarray(block[:, at:end])))
            self._into_step += end - at
            self._into_step -= _GLIDE_STEP * (self._into_step >= _GLIDE_STEP)
            at = end
        if at < block.shape[1]:
            pieces.append(self._unit.process(np.ascontiguousarray(block[:, at:]) if at else block))
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)

    def _step(self) -> None:
        for name, (start, end, done) in list(self._going.items()):
            done += 1
            now = start + (end - start) * done / self._steps
            self._values[name] = now if done < self._steps else end
            self._unit.set(name, self._values[name])
            if done < self._steps:
                self._going[name] = (start, end, done)
            else:
                del self._going[name]

    def set(self, name: str, value: Value) -> None:
        """See :class:`~plugin_bridge.unit.Unit`."""
        start = self._values.get(name)
        if isinstance(value, float) and isinstance(start, float):
            self._going[name] = (start, value, 0)
            self._into_step = 0
        else:
            self._values[name] = value
            self._unit.set(name, value)

    def reset(self) -> None:
        """See :class:`~plugin_bridge.unit.Unit`; what was set is there at once."""
        for name, (_, end, _) in self._going.items():
            self._values[name] = end
            self._unit.set(name, end)
        self._going.clear()
        self._unit.reset()


class Running:
    """An effect of a chain at work.

    Parameters
    ----------
    mix
        0 is the sound as it came, 1 the effect alone; the one waits for the other.
    """

    def __init__(self, unit: Unit, channels: int, sample_rate_hz: int, mix: float = 1.0) -> None:
        self.unit = unit
        self._mix = Drawn(mix, round(GLIDE_SECONDS * sample_rate_hz))
        self._dry = Late(channels, unit.latency_samples)

    @property
    def latency_samples(self) -> int:
        """How late the sound comes out."""
        return self._dry.latency_samples

    @property
    def mix(self) -> float:
        """What it is mixed at, or on its way to."""
        return self._mix.target

    def set_mix(self, mix: float) -> None:
        """Go to another mix over the next moment."""
        self._mix.set(mix)

    def process(self, block: Samples) -> Samples:
        """The next samples through it."""
        dry = self._dry.process(block)
        wet = self.unit.process(block)
        if self.mix == 1.0 and not self._mix.moves:
            return wet
        share = self._mix.over(block.shape[1])
        out: Samples = wet * share + dry * (np.float32(1.0) - share)
        return out

    def reset(self) -> None:
        """Forget all sound; what was set is there at once."""
        self.unit.reset()
        self._dry.reset()
        self._mix.arrive()
