"""A chain at work: sound streams through its effects, built-in ones here, the user's plugins in sandboxes.

``process`` keeps state from block to block and is late by ``latency_samples``; :mod:`plugin_bridge.offline` takes that
out. Any block size gives the same sound, where a plugin itself keeps to that. This module knows no files of
sound and no devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self

import numpy as np

from engine.audio import MAX_CHANNELS, MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ, Samples
from engine.chain import Chain, Link, Value
from engine.config import Settings
from engine.errors import BadArgument, ChainInvalid, PluginFailed, PluginMissing
from engine.handle import Handle
from engine.model import Model
from plugin_bridge import wire
from plugin_bridge.builtin import EFFECTS
from plugin_bridge.files import real_file
from plugin_bridge.find import find_plugin
from plugin_bridge.guarded import WENT_ON, Guarded, Guest
from plugin_bridge.links import Running
from plugin_bridge.parameters import Parameter, one_of, read_all
from plugin_bridge.sandbox import LIMITS, Limits
from plugin_bridge.unit import MIN_BLOCK, finite

_MIX = Parameter(name="mix", low=0.0, high=1.0, default=1.0)
_GUEST_QUIET_SECONDS = 2.0
"""How long a plugin of the user's may be silent before it sounds again: between echoes, which it does not tell."""


ALONE = Handle()
"""Nobody asks how far it is, and nobody cancels."""


class Described(Model):
    """A link of a chain as it is at work."""

    link: int
    plugin: str
    name: str
    skipped: bool = False
    latency_samples: int = 0
    parameters: tuple[Parameter, ...] = ()
    values: dict[str, Value]


class _Stage(Protocol):
    @property
    def latency_samples(self) -> int: ...
    def process(self, block: Samples) -> Samples: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


class _Here:
    """A built-in effect of a chain."""

    def __init__(self, name: str, values: dict[str, Value], running: Running) -> None:
        self.name = name
        self.values = values
        self.running = running

    @property
    def latency_samples(self) -> int:
        return self.running.latency_samples

    def process(self, block: Samples) -> Samples:
        out = self.running.process(block)
        if not finite(out):
            raise PluginFailed(f"{self.name} returned NaN or infinite samples.")
        return out

    def reset(self) -> None:
        self.running.reset()

    def close(self) -> None:
        pass


class Rack:
    """A chain at work; made by :func:`open_rack`, and closed by whoever opened it."""

    def __init__(self, chain: Chain, sample_rate_hz: int, channels: int) -> None:
        self._chain = chain
        self.sample_rate_hz = sample_rate_hz
        self.channels = channels
        self._warnings: list[str] = []
        self._spent = ""
        self._stages: list[_Stage] = []
        self._of_link: dict[int, _Here | Guarded] = {}

    @property
    def chain(self) -> Chain:
        """What it was opened with."""
        return self._chain

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went on without a plugin, and why."""
        return tuple(self._warnings)

    @property
    def latency_samples(self) -> int:
        """How late the sound comes out."""
        return sum(stage.latency_samples for stage in self._stages)

    @property
    def quiet_seconds(self) -> float:
        """How long the chain may be silent and yet sound again: the longest way between two echoes."""
        seconds = 0.0
        for link, stage in self._of_link.items():
            if isinstance(stage, Guarded):
                seconds += 0.0 if stage.guests[link].skipped else _GUEST_QUIET_SECONDS
            else:
                seconds += EFFECTS[stage.name].quiet_seconds(stage.values)
        return seconds

    def process(self, block: Samples) -> Samples:
        """The next samples, ``(channels, samples)``, 16 or more of them, through the chain: as many as came in.

        Raises
        ------
        BadArgument
            For another number of channels, or fewer samples.
        PluginFailed
            When a plugin fails and the chain stops for that; the rack is then of no more use.
        """
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise BadArgument(f"The chain was opened for {self.channels} channels; got sound of shape {block.shape}.")
        block = np.ascontiguousarray(block, np.float32)
        if not block.shape[1]:
            return block
        if block.shape[1] < MIN_BLOCK:
            raise BadArgument(f"A chain takes {MIN_BLOCK} samples or more at once; got {block.shape[1]}.")
        if self._spent:
            raise PluginFailed(self._spent)
        try:
            for stage in self._stages:
                block = stage.process(block)
        except PluginFailed as failure:
            self._spent = failure.sentence
            raise
        return block

    def set(self, link: int, name: str, value: Value) -> None:
        """Change a parameter while sound goes through, or a link's ``mix``; numbers of built-in effects glide there.

        Raises
        ------
        ChainInvalid
            When there is no such link or parameter, or the value is wrong.
        """
        stage = self._stage(link)
        field = f"links.{link}.parameters.{name}"
        parameters = self._parameters(link)
        if name == "mix" and name not in parameters:
            mix = float(_MIX.parse(value, f"links.{link}.mix"))
            if isinstance(stage, Guarded):
                stage.set_mix(link, mix)
            else:
                stage.running.set_mix(mix)
            return
        plugin = stage.guests[link].name if isinstance(stage, Guarded) else stage.name
        parsed = one_of(plugin, parameters, name, field).parse(value, field)
        if isinstance(stage, Guarded):
            stage.set(link, name, parsed)
        elif name in EFFECTS[stage.name].fixed:
            raise ChainInvalid(f"{name} of {plugin} is set when the chain is opened, and not after.", field=field)
        else:
            stage.values[name] = parsed
            stage.running.unit.set(name, parsed)

    def save_state(self, link: int) -> str:
        """A plugin's own state, base64, as a link of a chain takes it; a built-in effect has none.

        Raises
        ------
        ChainInvalid, PluginFailed
            When there is no such link; when the plugin does not tell it.
        """
        stage = self._stage(link)
        return stage.save(link).state if isinstance(stage, Guarded) else ""

    def describe(self) -> tuple[Described, ...]:
        """Every link that is on: what it is, what it can be told, and what it is set to."""
        return tuple(self._described(link) for link in self._of_link)

    def as_chain(self) -> Chain:
        """The chain as it is set now, the states of plugins in it."""
        links = list(self._chain.links)
        for told in self.describe():
            state = "" if told.skipped else self.save_state(told.link)
            stage = self._of_link[told.link]
            mix = stage.guests[told.link].mix if isinstance(stage, Guarded) else stage.running.mix
            changed = {"state": state, "preset": "", "mix": mix} if state else {"mix": mix}
            values = {} if state else told.values  # a state holds them all
            links[told.link] = links[told.link].model_copy(update={"parameters": values, **changed})
        return self._chain.model_copy(update={"links": tuple(links)})

    def reset(self) -> None:
        """Forget all sound; what was set stays."""
        for stage in self._stages:
            stage.reset()

    def close(self) -> None:
        """End what plugins run in. Closing twice is closing once."""
        self._spent = self._spent or "The chain was closed."
        for stage in self._stages:
            stage.close()

    def warn(self, sentence: str) -> None:
        """Keep a warning."""
        self._warnings.append(sentence)

    def add_effect(self, number: int, link: Link, given: dict[str, Value], settings: Settings) -> None:
        """Put a built-in effect behind the others."""
        effect = EFFECTS[link.plugin]
        values = {name: parameter.default for name, parameter in effect.parameters.items()} | given
        if link.state or link.preset:
            raise ChainInvalid(f"{link.plugin} has no state and no presets.", field=f"links.{number}")
        for name, parameter in effect.parameters.items():
            if parameter.kind == "file":
                field = f"links.{number}.parameters.{name}"
                values[name] = str(real_file(str(values[name]), settings.roots, field=field))
        try:
            unit = effect.open(self.sample_rate_hz, self.channels, values)
        except ValueError as error:  # pedalboard's, about rates and channels that an effect does not have
            raise ChainInvalid(f"{link.plugin} cannot be used here: {error}", field=f"links.{number}") from None
        self._add(_Here(link.plugin, values, Running(unit, self.channels, self.sample_rate_hz, link.mix)), [number])

    def add_guests(self, guests: list[Guest], skip: bool, limits: Limits) -> None:
        """Put plugins of the user's behind the others, in one sandbox."""
        stage = Guarded(
            guests,
            sample_rate_hz=self.sample_rate_hz,
            channels=self.channels,
            skip=skip,
            limits=limits,
            warn=self.warn,
        )
        self._add(stage, [guest.link for guest in guests])

    def _add(self, stage: _Here | Guarded, links: list[int]) -> None:
        self._stages.append(stage)
        self._of_link |= dict.fromkeys(links, stage)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stage(self, link: int) -> _Here | Guarded:
        if link not in self._of_link:
            raise ChainInvalid(f"The chain has no link {link} that is on.", field=f"links.{link}")
        return self._of_link[link]

    def _parameters(self, link: int) -> Mapping[str, Parameter]:
        stage = self._stage(link)
        return stage.guests[link].parameters if isinstance(stage, Guarded) else EFFECTS[stage.name].parameters

    def _described(self, link: int) -> Described:
        stage, plugin = self._of_link[link], self._chain.links[link].plugin
        parameters = tuple(self._parameters(link).values())
        if not isinstance(stage, Guarded):
            latency = stage.latency_samples
            return Described(
                link=link,
                plugin=plugin,
                name=stage.name,
                latency_samples=latency,
                parameters=parameters,
                values=stage.values,
            )
        guest = stage.guests[link]
        return Described(
            link=link,
            plugin=plugin,
            name=guest.name,
            skipped=guest.skipped,
            latency_samples=guest.latency_samples,
            parameters=parameters,
            values=guest.values if guest.skipped else stage.save(link).values,
        )


def open_rack(
    chain: Chain,
    *,
    sample_rate_hz: int,
    channels: int,
    settings: Settings,
    handle: Handle = ALONE,
    limits: Limits = LIMITS,
) -> Rack:
    """A chain, made ready for sound; close it, or use it as a context.

    Everything it names is checked first against the effects and plugins themselves.

    Raises
    ------
    ChainInvalid
        For a parameter that a plugin does not have, or a value that is wrong, at ``links.2.parameters.cutoff_hz``.
    PluginMissing, PluginFailed
        When a plugin is not here, or does not load, and the chain stops for that.
    PathNotAllowed, FileUnreadable
        For a file that a link names.
    """
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ or not 1 <= channels <= MAX_CHANNELS:
        raise BadArgument(
            f"A chain takes 1 to {MAX_CHANNELS} channels at {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz; "
            f"got {channels} at {sample_rate_hz} Hz."
        )
    rack = Rack(chain, sample_rate_hz, channels)
    try:
        _fill(rack, settings, handle, limits)
    except BaseException:
        rack.close()
        raise
    return rack


def _fill(rack: Rack, settings: Settings, handle: Handle, limits: Limits) -> None:
    chain = rack.chain
    skip = chain.missing == "skip"
    # What is wrong with built-in effects is told before any plugin is loaded.
    values = {
        number: read_all(link.plugin, EFFECTS[link.plugin].parameters, link.parameters, f"links.{number}.parameters")
        for number, link in enumerate(chain.links)
        if link.on and link.plugin in EFFECTS
    }
    neighbours: list[Guest] = []

    def let_in() -> None:
        if neighbours:
            rack.add_guests(neighbours, skip, limits)
            neighbours.clear()

    for number, link in enumerate(chain.links):
        handle.check()
        if not link.on:
            continue
        if number in values:
            let_in()
            rack.add_effect(number, link, values[number], settings)
            continue
        try:
            neighbours.append(_guest(number, link, settings))
        except PluginMissing as missing:
            if not skip:
                raise
            rack.warn(f"{missing.sentence} {WENT_ON}")
    let_in()


def _guest(number: int, link: Link, settings: Settings) -> Guest:
    path, plugin_name = find_plugin(link.plugin, settings, field=f"links.{number}.plugin")
    preset = link.preset and str(real_file(link.preset, settings.roots, field=f"links.{number}.preset"))
    load = wire.Load(link=number, path=str(path), plugin_name=plugin_name, state=link.state, preset=preset)
    return Guest(load=load, name=plugin_name or path.stem, given=link.parameters, mix=link.mix)
