"""A whole sound through a chain: as it was in time, and rung out.

This module knows no plans and no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.audio import Audio, Samples
from engine.chain import MAX_TAIL_SECONDS, Chain
from engine.config import Settings
from engine.handle import Handle
from plugin_bridge.rack import ALONE, Rack, open_rack
from plugin_bridge.sandbox import LIMITS, Limits
from plugin_bridge.unit import MIN_BLOCK
from plugin_bridge.wire import SLOT_SAMPLES

SILENCE = np.float32(10.0 ** (-80.0 / 20.0))
SILENT_SECONDS = 0.2
_FADE_SECONDS = 0.01
_NEVER_PIECES = 3
"""A second or more each: what has not become softer over these does not ring out, but hums or hisses by itself."""
_PIECE = 8 * SLOT_SAMPLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What came of a sound.

    Parameters
    ----------
    audio
        As long as it was, and the tail.
    warnings
        Plugins that it went on without, by name.
    """

    audio: Audio
    warnings: tuple[str, ...] = ()


def render(
    audio: Audio, chain: Chain, *, settings: Settings, handle: Handle = ALONE, limits: Limits = LIMITS
) -> Processed:
    """Put a sound through a chain.

    Its latency is taken out: what was at a sample is at that sample. Behind its end the chain rings on until it is
    silent (below -80 dBFS for 0.2 s, and longer where it echoes), or ``chain.tail_seconds`` are over. The same sound
    through the same chain is the same bytes, where the plugins keep to that.

    Raises
    ------
    ChainInvalid, PluginMissing, PluginFailed, PathNotAllowed, FileUnreadable
        As :func:`plugin_bridge.rack.open_rack` and :meth:`~plugin_bridge.rack.Rack.process` do.
    """
    if not audio.length_samples or not any(link.on for link in chain.links):
        return Processed(audio=audio)
    told: list[str] = []
    pieces = stream(
        _pieces(audio, handle),
        chain,
        sample_rate_hz=audio.sample_rate_hz,
        channels=audio.channels,
        settings=settings,
        handle=handle,
        limits=limits,
        warn=told.append,
    )
    samples = np.concatenate(list(pieces), axis=1)
    return Processed(audio=Audio(samples=samples, sample_rate_hz=audio.sample_rate_hz), warnings=tuple(told))


def stream(
    blocks: Iterable[Samples],
    chain: Chain,
    *,
    sample_rate_hz: int,
    channels: int,
    settings: Settings,
    handle: Handle = ALONE,
    limits: Limits = LIMITS,
    warn: Callable[[str], object],
) -> Iterator[Samples]:
    """Put a sound of any length through a chain, piece by piece; in time and rung out as :func:`render` does.

    Parameters
    ----------
    warn
        Called, when all is done, with what the chain went on without.

    Raises
    ------
    ChainInvalid, PluginMissing, PluginFailed, PathNotAllowed, FileUnreadable
        As :func:`plugin_bridge.rack.open_rack` and :meth:`~plugin_bridge.rack.Rack.process` do.
    """
    rack = open_rack(
        chain, sample_rate_hz=sample_rate_hz, channels=channels, settings=settings, handle=handle, limits=limits
    )
    with rack:
        late = rack.latency_samples
        behind = np.zeros((channels, 0), np.float32)
        for block, is_last in _in_blocks(blocks, channels, late + MIN_BLOCK):
            handle.check()
            piece = rack.process(block)
            piece, late = piece[:, late:], max(0, late - piece.shape[1])
            if is_last:
                piece, behind = piece[:, :-MIN_BLOCK], piece[:, -MIN_BLOCK:]
            if piece.shape[1]:
                yield piece
        if (tail := _tail(rack, chain, behind, handle)).shape[1]:
            yield tail
    # Only here have the plugins been given up, which may tell more.
    for warning in rack.warnings:
        warn(warning)


def _in_blocks(blocks: Iterable[Samples], channels: int, behind: int) -> Iterator[tuple[Samples, bool]]:
    """All blocks, none too short for a rack, and the last with so much silence behind it, marked."""
    waiting = np.zeros((channels, 0), np.float32)
    for block in blocks:
        waiting = np.concatenate([waiting, block], axis=1) if waiting.shape[1] else block
        if waiting.shape[1] >= MIN_BLOCK:
            yield waiting, False
            waiting = waiting[:, :0]
    yield np.pad(waiting, ((0, 0), (0, behind))), True


def _pieces(audio: Audio, handle: Handle) -> Iterator[Samples]:
    for start in range(0, audio.length_samples, _PIECE):
        handle.progress(0.9 * start / audio.length_samples, "plugins")
        yield audio.samples[:, start : start + _PIECE]


def _tail(rack: Rack, chain: Chain, behind: Samples, handle: Handle) -> Samples:
    """What rings on behind the end, its first samples known already, up to where it is silent."""
    rate = rack.sample_rate_hz
    most = round((MAX_TAIL_SECONDS if chain.tail_seconds is None else chain.tail_seconds) * rate)
    enough = round((SILENT_SECONDS + rack.quiet_seconds) * rate)
    tail, last = behind, _end_of_sound(behind)
    levels: list[float] = []
    while tail.shape[1] < most and tail.shape[1] - last < enough:
        handle.check()
        count = max(MIN_BLOCK, min(max(enough, rate), most - tail.shape[1]))
        piece = rack.process(np.zeros((rack.channels, count), np.float32))
        if loud := _end_of_sound(piece):
            last = tail.shape[1] + loud
        tail = np.concatenate([tail, piece], axis=1)
        levels.append(float(np.sqrt(np.mean(piece.astype(np.float64) ** 2))))
        if chain.tail_seconds is None and len(levels) > _NEVER_PIECES and levels[-1] > 0.9 * levels[-1 - _NEVER_PIECES]:
            most = last
            rack.warn(
                "The chain does not fall silent, and was faded out; set tail_seconds to say how long it rings on."
            )
    kept = tail[:, : min(last, most)].copy()
    if kept.shape[1] and last > most - round(SILENT_SECONDS * rate):  # cut while it rang
        fade = min(kept.shape[1], round(_FADE_SECONDS * rate))
        kept[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return kept


def _end_of_sound(piece: Samples) -> int:
    """One behind the last sample that is to be heard; 0 where none is."""
    loud = np.flatnonzero((np.abs(piece) > SILENCE).any(axis=0))
    return int(loud[-1]) + 1 if len(loud) else 0
