"""The user's own instruments, played from MIDI messages: each is heard at its sample, and rings out.

The instrument runs in the sandbox, as every plugin does. This module knows no MIDI files and no cues.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.audio import Audio, Samples
from engine.chain import MAX_TAIL_SECONDS, Chain, Link
from engine.config import Settings
from engine.errors import ChainInvalid
from engine.handle import Handle
from plugin_bridge import wire
from plugin_bridge.builtin import EFFECTS
from plugin_bridge.files import real_file
from plugin_bridge.find import find_plugin
from plugin_bridge.notes import Event
from plugin_bridge.offline import SILENCE, Processed, render
from plugin_bridge.parameters import read_all
from plugin_bridge.rack import ALONE
from plugin_bridge.sandbox import LIMITS, Limits, Sandbox

_QUIET_SECONDS = 2.0
"""So long silent behind its last message, an instrument has rung out."""
_FADE_SECONDS = 0.01
_CHANNELS = 2
_INSIDE_SAMPLE = 0.25
"""Behind a sample's edge, so that the plugin's host, which counts in seconds and cuts, comes to that sample."""


def play(
    chain: Chain,
    events: Sequence[Event],
    *,
    sample_rate_hz: int,
    settings: Settings,
    handle: Handle = ALONE,
    limits: Limits = LIMITS,
) -> Processed:
    """Let the chain's first link, an instrument, play, and put what it played through the others.

    Parameters
    ----------
    events
        In time, counted from the sound's first sample.

    Returns
    -------
    Processed
        Stereo, from sample 0 to where it has rung out, the instrument's latency taken out.

    Raises
    ------
    ChainInvalid
        When the first link is no instrument, or is set to what it does not have.
    PluginMissing, PluginFailed, PathNotAllowed, FileUnreadable
        As :func:`plugin_bridge.rack.open_rack`; an instrument is never skipped.
    """
    links = [link for link in chain.links if link.on]
    if not links:
        raise ChainInvalid("There is no instrument to play: the chain's first link is one.", field="links.0.plugin")
    if links[0].plugin in EFFECTS:
        raise ChainInvalid(f"{links[0].plugin} is an effect, not an instrument.", field="links.0.plugin")
    tail_seconds = MAX_TAIL_SECONDS if chain.tail_seconds is None else chain.tail_seconds
    with Sandbox(channels=_CHANNELS, sample_rate_hz=sample_rate_hz, limits=limits) as sandbox:
        _load(sandbox, links[0], settings)
        played = _played(sandbox, events, sample_rate_hz, tail_seconds, handle.part(0.0, 0.7))
    audio = Audio(samples=played, sample_rate_hz=sample_rate_hz)
    behind = chain.model_copy(update={"links": tuple(links[1:])})
    return render(audio, behind, settings=settings, handle=handle.part(0.7, 1.0), limits=limits)


def _load(sandbox: Sandbox, link: Link, settings: Settings) -> None:
    path, plugin_name = find_plugin(link.plugin, settings, field="links.0.plugin")
    preset = link.preset and str(real_file(link.preset, settings.roots, field="links.0.preset"))
    name = plugin_name or Path(path).stem
    load = wire.Load(link=0, path=str(path), plugin_name=plugin_name, state=link.state, preset=preset)
    loaded = sandbox.load(load, name)
    if not loaded.instrument:
        raise ChainInvalid(f"{name} is an effect, not an instrument: it cannot play notes.", field="links.0.plugin")
    parameters = {parameter.name: parameter for parameter in loaded.parameters}
    values = read_all(name, parameters, link.parameters, "links.0.parameters")
    if values:
        sandbox.ask(wire.Tune(link=0, values=values))


def _played(sandbox: Sandbox, events: Sequence[Event], rate: int, tail_seconds: float, handle: Handle) -> Samples:
    """All of it, from sample 0 until it is silent."""
    last = events[-1].at_samples if events else 0
    quiet, most = round(_QUIET_SECONDS * rate), last + round(tail_seconds * rate)
    pieces: list[Samples] = []
    start = loud_until = next_event = late = 0
    while start < last + late + 1 or (start < most + late and start - loud_until < quiet):
        handle.check()
        handle.progress(min(1.0, start / (last + quiet)), "instrument")
        end = start + wire.SLOT_SAMPLES
        notes: list[tuple[str, float]] = []
        while next_event < len(events) and events[next_event].at_samples < end:
            event = events[next_event]
            notes.append((event.data.hex(), (event.at_samples - start + _INSIDE_SAMPLE) / rate))
            next_event += 1
        request = wire.Play(
            link=0,
            sample_rate_hz=rate,
            channels=_CHANNELS,
            samples=wire.SLOT_SAMPLES,
            notes=tuple(notes),
            first=not start,
        )
        piece, late = sandbox.play(request)
        loud = np.flatnonzero((np.abs(piece) > SILENCE).any(axis=0))
        loud_until = start + int(loud[-1]) + 1 if loud.size else loud_until
        pieces.append(piece)
        start = end
    whole = np.concatenate(pieces, axis=1)[:, late:]
    kept = whole[:, : min(max(loud_until - late, 1), most)].copy()
    if loud_until - late > most:  # cut while it rang
        fade = min(kept.shape[1], round(_FADE_SECONDS * rate))
        kept[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return kept
