"""The sounds of an AAF: for each file a master mob, and what it leads to.

Linked, one file mob with the WAV's own header and its address. Embedded, a file mob and its samples for each channel.
Sound that AAF's PCM cannot hold as it is (floats) stays linked.
"""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import FileUnreadable
from engine.results import StemFile
from engine.riff import chunks
from engine.stems.interchange.timeline import Timeline, clip_name
from engine.stems.layout import BITS, encoded
from engine.stems.original import Original

_BLOCK_SAMPLES = 2**18
_MAX_FORMAT_BYTES = 1_024
EMBEDDABLE = ("pcm16", "pcm24")


class Media:
    """Makes the mobs of each file once."""

    def __init__(self, file: Any, timeline: Timeline, *, embed: bool) -> None:
        self._file, self._timeline, self._embed = file, timeline, embed
        self._masters: dict[str, Any] = {}

    def master_of(self, stem: StemFile) -> Any:
        """The file's master mob: slot 1 is its first channel."""
        if stem.path not in self._masters:
            self._masters[stem.path] = self._made(stem)
        return self._masters[stem.path]

    def _made(self, stem: StemFile) -> Any:
        file, rate = self._file, stem.sample_rate_hz
        embed = self._embed and self._timeline.encodings[stem.path] in EMBEDDABLE
        sources = self._embedded(stem) if embed else self._linked(stem)
        master = file.create.MasterMob(clip_name(stem))
        master.mob_id = mob_id(f"{stem.sha256} master {embed}")
        for channel, (source, slot_id) in enumerate(sources, start=1):
            slot = master.create_timeline_slot(rate)
            slot["PhysicalTrackNumber"].value = channel
            slot.segment = source.create_source_clip(slot_id, 0, stem.length_samples, "sound")
        master.comments["Description"] = f"{stem.category} {clip_name(stem)}"
        file.content.mobs.append(master)
        return master

    def _linked(self, stem: StemFile) -> list[tuple[Any, int]]:
        file, path = self._file, Path(stem.path)
        source = file.create.SourceMob(path.name)
        source.mob_id = mob_id(f"{stem.sha256} file")
        descriptor = file.create.WAVEDescriptor()
        descriptor["SampleRate"].value = stem.sample_rate_hz
        descriptor["Length"].value = stem.length_samples
        descriptor["Summary"].value = _format_of(path)
        descriptor["ContainerFormat"].value = file.dictionary.lookup_containerdef("AAF")
        locator = file.create.NetworkLocator()
        locator["URLString"].value = path.as_uri()
        descriptor["Locator"].append(locator)
        source.descriptor = descriptor
        for channel in range(1, stem.channels + 1):
            slot = source.create_empty_slot(stem.sample_rate_hz, "sound")
            slot["PhysicalTrackNumber"].value = channel
            slot.segment.length = stem.length_samples
        file.content.mobs.append(source)
        return [(source, channel) for channel in range(1, stem.channels + 1)]

    def _embedded(self, stem: StemFile) -> list[tuple[Any, int]]:
        file, path = self._file, Path(stem.path)
        encoding = self._timeline.encodings[stem.path]
        width = BITS[encoding] // 8
        sources, streams = [], []
        for channel in range(1, stem.channels + 1):
            source = file.create.SourceMob(path.name if stem.channels == 1 else f"{path.name} {channel}")
            source.mob_id = mob_id(f"{stem.sha256} essence {channel}")
            file.content.mobs.append(source)
            essence, slot = source.create_essence(stem.sample_rate_hz, "sound")
            slot.segment.length = stem.length_samples
            descriptor = file.create.PCMDescriptor()
            descriptor["SampleRate"].value = stem.sample_rate_hz
            descriptor["AudioSamplingRate"].value = stem.sample_rate_hz
            descriptor["Channels"].value = 1
            descriptor["BlockAlign"].value = width
            descriptor["AverageBPS"].value = stem.sample_rate_hz * width
            descriptor["QuantizationBits"].value = 8 * width
            descriptor["Length"].value = stem.length_samples
            descriptor["ContainerFormat"].value = file.dictionary.lookup_containerdef("AAF")
            source.descriptor = descriptor
            sources.append((source, 1))
            streams.append(essence.open("w"))
        with Original(path) as sound:
            for start in range(0, stem.length_samples, _BLOCK_SAMPLES):
                frames = sound.read_exact(start, min(start + _BLOCK_SAMPLES, stem.length_samples))
                for channel, stream in enumerate(streams):
                    stream.write(encoded(np.ascontiguousarray(frames[:, channel : channel + 1]), encoding))
        return sources


def _format_of(path: Path) -> bytearray:
    """The head of a WAV file up to the end of its format, which is what a descriptor's summary holds."""
    with path.open("rb") as file:
        for name, start, size in chunks(file):
            if name == b"fmt " and size <= _MAX_FORMAT_BYTES:
                file.seek(start)
                body = file.read(size)
                told = (4 + 8 + size).to_bytes(4, "little")
                return bytearray(b"RIFF" + told + b"WAVEfmt " + size.to_bytes(4, "little") + body)
    raise FileUnreadable(f"{path} is no WAV file: an AAF cannot link it.", field="manifest")


def mob_id(what: str) -> Any:
    """A material id that follows from ``what`` alone."""
    from aaf2.mobid import MobID

    made = MobID.new()
    made.material = uuid.UUID(bytes=hashlib.sha256(what.encode()).digest()[:16])
    return made
