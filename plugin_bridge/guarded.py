"""Neighbouring plugins of a chain in one sandbox, and what becomes of the sound when one of them fails.

Where a chain says "skip", the sandbox is started anew without the plugin, is given the last second of sound so that the
others find into it, and goes on at the sample it had come to, as late as before. This module knows no built-in effects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.audio import Samples
from engine.chain import Value
from engine.errors import PluginFailed
from plugin_bridge import wire
from plugin_bridge.parameters import Parameter, read_all
from plugin_bridge.sandbox import Failed, Limits, Sandbox
from plugin_bridge.unit import MIN_BLOCK, Late

WENT_ON = "The sound went on without it."
_WARM_UP_SECONDS = 1.0
_STRAY_DEATHS = 3
"""How often the process may die outside any plugin's code before it is given up."""


@dataclass(slots=True, kw_only=True)
class Guest:
    """A plugin of the user's in a chain.

    Parameters
    ----------
    name
        What it is called where it fails.
    given
        The chain's values, as they were written.
    """

    load: wire.Load
    name: str
    given: Mapping[str, Value]
    mix: float
    values: dict[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    latency_samples: int = 0
    known: bool = False
    skipped: bool = False

    @property
    def link(self) -> int:
        """Its place in the chain."""
        return self.load.link


class Guarded:
    """Plugins at work in a sandbox; part of a rack.

    Parameters
    ----------
    guests
        In the order of the chain.
    skip
        Go on without a plugin that fails, and ``warn``; otherwise it is an error.

    Raises
    ------
    PluginFailed
        When one does not load and is not to be skipped.
    ChainInvalid
        When the chain sets what a plugin does not have, skipped or not.
    """

    def __init__(
        self,
        guests: list[Guest],
        *,
        sample_rate_hz: int,
        channels: int,
        skip: bool,
        limits: Limits,
        warn: Callable[[str], None],
    ) -> None:
        self.guests = {guest.link: guest for guest in guests}
        self._rate, self._channels = sample_rate_hz, channels
        self._skip, self._limits, self._warn = skip, limits, warn
        self._deaths = 0
        self._sandbox: Sandbox | None = None
        self._start()
        self.latency_samples = sum(guest.latency_samples for guest in guests)
        self._wait = Late(channels, 0)
        self._kept = self.latency_samples + round(_WARM_UP_SECONDS * sample_rate_hz) if skip else 0
        self._recent = np.zeros((channels, 0), np.float32)

    def process(self, block: Samples) -> Samples:
        """The next samples through all plugins that work."""
        out = np.empty_like(block)
        done = 0
        while done < block.shape[1]:
            try:
                self._put_through(block[:, done:], out[:, done:])
            except Failed as failure:
                done += failure.done_samples
                self._go_on_without(failure, self._remembered(block[:, :done]))
            else:
                break
        self._recent = self._remembered(block)
        return out

    def set(self, link: int, name: str, value: Value) -> None:
        """Change a parameter, its value parsed before."""
        guest = self.guests[link]
        guest.values[name] = value
        self._tell(guest, name, value, mix=False)

    def set_mix(self, link: int, mix: float) -> None:
        """Change how much of a plugin is heard."""
        guest = self.guests[link]
        guest.mix = mix
        self._tell(guest, "mix", mix, mix=True)

    def save(self, link: int) -> wire.Saved:
        """A plugin's state and parameters.

        Raises
        ------
        PluginFailed
            When it does not tell them, or was skipped.
        """
        if self._sandbox is None or self.guests[link].skipped:
            raise PluginFailed(f"{self.guests[link].name} is not at work.", field=f"links.{link}")
        return self._sandbox.save(link)

    def reset(self) -> None:
        """Forget all sound."""
        self._recent = self._recent[:, :0]
        self._wait.reset()
        try:
            if self._sandbox is not None:
                self._sandbox.reset()
        except Failed as failure:
            self._go_on_without(failure, self._recent)

    def close(self) -> None:
        """Give the plugins up; what they spoil by that is a warning."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None and (problem := sandbox.close()):
            self._warn(problem)

    def _put_through(self, block: Samples, out: Samples) -> None:
        block = self._wait.process(block)
        if self._sandbox is None:
            out[:] = block
        else:
            self._sandbox.process(block, out)

    def _remembered(self, block: Samples) -> Samples:
        if not self._kept:
            return self._recent
        return np.concatenate([self._recent, block[:, -self._kept :]], axis=1)[:, -self._kept :]

    def _tell(self, guest: Guest, name: str, value: Value, *, mix: bool) -> None:
        if self._sandbox is None or guest.skipped:
            return
        try:
            self._sandbox.set(guest.link, name, value, mix=mix)
        except Failed as failure:
            self._go_on_without(failure, self._recent)

    def _go_on_without(self, failure: Failed, before: Samples) -> None:
        """Start anew without a plugin that failed; ``before`` is the sound up to there."""
        while True:
            self._strike(failure)
            self._start()
            skipped = sum(guest.latency_samples for guest in self.guests.values() if guest.skipped)
            self._wait = Late(self._channels, skipped)
            warm_up = np.pad(before, ((0, 0), (max(0, MIN_BLOCK - before.shape[1]), 0)))
            try:
                self._put_through(warm_up, np.empty_like(warm_up))
            except Failed as another:
                failure = another
            else:
                return

    def _strike(self, failure: Failed) -> None:
        """Leave a plugin out from here on, or fail with it."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()
        guest = self.guests.get(failure.link)
        self._deaths += guest is None
        if not self._skip or self._deaths > _STRAY_DEATHS:
            field = f"links.{failure.link}" if guest is not None else "links"
            raise PluginFailed(failure.sentence, field=field) from None
        if guest is not None:
            guest.skipped = True
            self._warn(f"{failure.sentence} {WENT_ON}")

    def _start(self) -> None:
        """A sandbox with all plugins that are not skipped."""
        while any(not guest.skipped for guest in self.guests.values()):
            self._sandbox = Sandbox(channels=self._channels, sample_rate_hz=self._rate, limits=self._limits)
            try:
                for guest in self.guests.values():
                    if not guest.skipped:
                        self._let_in(guest, self._sandbox)
            except Failed as failure:
                self._strike(failure)
            except BaseException:
                self._sandbox.close()
                raise
            else:
                return

    def _let_in(self, guest: Guest, sandbox: Sandbox) -> None:
        loaded = sandbox.load(guest.load, guest.name)
        if not guest.known:
            guest.known = True
            guest.parameters = {parameter.name: parameter for parameter in loaded.parameters}
            field = f"links.{guest.link}.parameters"
            guest.values = read_all(guest.name, guest.parameters, guest.given, field)
        guest.latency_samples = sandbox.prepare(
            wire.Prepare(
                link=guest.link,
                sample_rate_hz=self._rate,
                channels=self._channels,
                values=guest.values,
                mix=guest.mix,
            )
        )
