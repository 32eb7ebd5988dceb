"""Sounds through the chains of a plan: takes, the mix, and regions of any length.

Knows plans and the plugin bridge; how effects work is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import plugin_bridge
from engine.audio import Audio
from engine.chain import Chain
from engine.config import Settings
from engine.editing.kit import TreatSound
from engine.handle import Handle
from engine.plan import Event
from engine.results import Take
from engine.source import Blocks, Source, blocks


def treated_take(event: Event, take: Take, settings: Settings, handle: Handle) -> Take:
    """A take through its event's chain; its onset stays where it was, and what rings on is added.

    Raises
    ------
    ChainFailed
        Naming the effect, where the chain stops for it.
    """
    audio, warnings = treated_sound(take.audio, event.chain, settings, handle)
    return replace(take, audio=audio, warnings=(*take.warnings, *warnings))


def treated_sound(
    audio: Audio,
    chain: Chain,
    settings: Settings,
    handle: Handle = Handle(),  # noqa: B008
) -> tuple[Audio, tuple[str, ...]]:
    """A sound through a chain, and what went wrong in it; through none it is the same."""
    if not chain.links:
        return audio, ()
    done = plugin_bridge.render(audio, chain, settings=settings, handle=handle)
    return done.audio, done.warnings


def treating(chains: Mapping[str, Chain], settings: Settings, warn: Callable[[str], object]) -> TreatSound:
    """What does an edit's treat."""

    def treat(name: str, source: Source, handle: Handle) -> Blocks:
        return plugin_bridge.stream(
            blocks(source),
            chains[name],
            sample_rate_hz=source.sample_rate_hz,
            channels=source.channels,
            settings=settings,
            handle=handle,
            warn=warn,
        )

    return treat
