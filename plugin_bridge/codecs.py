"""Effects of pedalboard's that do not stream by themselves: put to work in pieces of one size.

Its codecs return sound in frames of their own; its GSM loses sound wherever it is interrupted. This module knows no
parameters' names but those it sets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.audio import Samples
from engine.chain import Value
from plugin_bridge.unit import Stepped

_STEP = 1_024
_GSM_FRAME_SECONDS = 0.02
_GSM_BEFORE, _GSM_STEP, _GSM_AFTER = 10, 3, 2
"""Frames of a window: to find into its stride; that are used; that the resampling behind it looks ahead."""
_GSM_FADE_SECONDS = 0.005


def framed(make: Callable[[], Any], sample_rate_hz: int, channels: int, step: int = _STEP) -> Stepped:
    """A plugin that returns what it has, when it has it, made steady by ``step`` samples at a time."""
    plugin = make()

    def advance(piece: Samples) -> Samples:
        out: Samples = plugin.process(piece, sample_rate_hz, buffer_size=step, reset=False)
        return out

    held = most = 0
    for _ in range(-(-sample_rate_hz // step)):  # within a second it has held back as much as it ever does
        held += step - advance(np.zeros((channels, step), np.float32)).shape[1]
        most = max(most, held)
    plugin.reset()
    return Stepped(
        channels,
        step=step,
        held_samples=most,
        advance=advance,
        restart=plugin.reset,
        assign=lambda name, value: setattr(plugin, name, value),
    )


class _Windows:
    """GSM over windows that overlap, each coded from a fresh start that is over before what is used of it."""

    def __init__(self, make: Callable[[], Any], sample_rate_hz: int, channels: int) -> None:
        self._plugin = make()
        self._rate = sample_rate_hz
        frame = round(_GSM_FRAME_SECONDS * sample_rate_hz)
        self._before, self.step, after = (frame * count for count in (_GSM_BEFORE, _GSM_STEP, _GSM_AFTER))
        self._fade = round(_GSM_FADE_SECONDS * sample_rate_hz)
        self.held = after + self._fade
        self._rise = np.linspace(0.0, 1.0, self._fade, dtype=np.float32)
        self._window = np.zeros((channels, self._before + self.step + self.held), np.float32)
        self._last = np.zeros((channels, self._fade), np.float32)
        self._owed = self.held

    def advance(self, step: Samples) -> Samples:
        self._window = np.concatenate([self._window[:, self.step :], step], axis=1)
        # Of silence the codec makes a hiss that never ends; a telephone sends nothing then.
        silent = not self._window.any()
        coded = self._window if silent else self._plugin.process(self._window, self._rate, reset=True)
        out: Samples = coded[:, self._before : self._before + self.step].copy()
        out[:, : self._fade] = out[:, : self._fade] * self._rise + self._last * (1.0 - self._rise)
        end = self._before + self.step
        self._last = coded[:, end : end + self._fade].copy()
        skipped, self._owed = self._owed, max(0, self._owed - self.step)
        return out[:, skipped:]

    def restart(self) -> None:
        self._window = np.zeros_like(self._window)
        self._last = np.zeros_like(self._last)
        self._owed = self.held


def windowed(make: Callable[[], Any], sample_rate_hz: int, channels: int) -> Stepped:
    """A codec that keeps nothing over an interruption, made to stream."""
    windows = _Windows(make, sample_rate_hz, channels)

    def assign(name: str, value: Value) -> None:
        raise AssertionError(f"GSM has no {name}")

    return Stepped(
        channels,
        step=windows.step,
        held_samples=windows.held,
        advance=windows.advance,
        restart=windows.restart,
        assign=assign,
    )
