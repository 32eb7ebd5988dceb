"""Cues from the picture's own sound: where the guide track begins to sound, there is something to cover.

Sound and picture are put side by side by their time stamps, whatever either begins with. The sound is decoded block by
block and looked at in pages, so a two-hour film takes no more memory than a clip. This module knows nothing of the
frames, and cannot know whether the guide track is in sync with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from engine.cue import MAX_CUES, Cue
from engine.dsp.onsets import Curve, Onset, onsets_of_stream
from engine.errors import PictureUnreadable
from engine.handle import Handle
from engine.picture import Picture
from engine.timebase import round_late
from engine.video.clock import exact
from engine.video.container import FIELD, Damage, decoded, file_name, opened, sound_stream
from engine.video.probe import Footage, probe
from engine.video.reader import Warn, ignore, slice_length

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

STAGE = "listening to the guide track"
RATE_HZ = 24_000
"""What the onsets are looked for at: they are told apart below 10 kHz."""
_BEFORE_SECONDS = Fraction(5, 2)
"""Heard before the slice, so that what sounds already as it begins does not begin there."""
_AFTER_SECONDS = Fraction(1, 2)
"""Heard after the slice, so that what begins there is not taken for something at its end."""
_JUST_BEFORE_SECONDS = Fraction(1, 100)
"""A slice that was cut on an attack may have cut its foot off."""
_QUIETEST_DB = 40.0
"""Under the loudest onset of the slice; what is quieter is no event of the scene."""
_JITTER_SAMPLES = round(0.03 * RATE_HZ)
"""Time stamps in whole milliseconds tremble; only more than this is a hole."""
_LOUDEST = 8.0
"""Damaged float samples may be of any size."""
_DOUBLING_DB = 10.0
"""So much more level sounds twice as loud (Stevens 1957; ISO 532)."""


def guide_cues(
    picture: Picture,
    *,
    sample_rate_hz: int,
    sensitivity: float = 0.5,
    footage: Footage | None = None,
    warn: Warn = ignore,
    handle: Handle = Handle(),  # noqa: B008 - frozen
) -> tuple[Cue, ...]:
    """Onsets of the sound that lies beside the picture in its file, as cues of the slice.

    Parameters
    ----------
    picture
        The slice.
    sample_rate_hz
        Of the session: what the cues are counted in.
    sensitivity
        0: only what stands out; 1: also what is faint.
    footage
        What :func:`~engine.video.probe.probe` said of the file, where it is known already.
    warn
        Told, in a sentence for people, when some of the sound is damaged.
    handle
        Progress over the slice, and cancel.

    Returns
    -------
    tuple of Cue
        In order, of kind ``onset`` and origin ``guide``; empty when nothing begins to sound. Strength is loudness
        against the loudest, confidence how clearly it is an onset.

    Raises
    ------
    FileUnreadable
        The file is missing, or not to be read.
    PictureUnreadable
        It holds no picture, or no sound, or the slice lies outside of it.
    """
    footage = footage or probe(picture.path)
    begin, rate = exact(picture.offset_seconds), exact(picture.play_rate)
    length = slice_length(picture, footage)
    from_seconds = max(Fraction(0), begin - _BEFORE_SECONDS)
    onsets: list[tuple[Fraction, Onset]] = []
    damage = Damage()
    to_seconds = begin + length * rate + _AFTER_SECONDS
    blocks = _blocks(picture.path, footage.start_seconds + from_seconds, footage.start_seconds + to_seconds, damage)
    for done_seconds, found in onsets_of_stream(blocks, RATE_HZ, sensitivity=sensitivity):
        handle.progress(done_seconds / float(to_seconds - from_seconds), STAGE)
        for onset in found:
            time = (from_seconds + exact(onset.time_seconds) - begin) / rate
            if -_JUST_BEFORE_SECONDS <= time < length:
                onsets.append((max(time, Fraction(0)), onset))
    if damage.packets:
        warn(f"The sound of {file_name(picture.path)} is damaged in {damage.packets} places; listen there yourself.")
    loudest = max((onset.level_db for _, onset in onsets), default=0.0)
    audible = [(time, onset) for time, onset in onsets if onset.level_db > loudest - _QUIETEST_DB]
    if len(audible) > MAX_CUES:
        warn(f"The guide track has {len(audible)} onsets; the {MAX_CUES} clearest are kept. Choose a shorter slice.")
    clearest = sorted(audible, key=lambda pair: -pair[1].margin)[:MAX_CUES]
    return tuple(
        Cue(
            id=f"guide-{number}",
            start_samples=round_late(time * sample_rate_hz),
            kind="onset",
            strength=2 ** ((onset.level_db - loudest) / _DOUBLING_DB),
            confidence=1 - 2**-onset.margin,
            origin="guide",
        )
        for number, (time, onset) in enumerate(sorted(clearest, key=lambda pair: pair[0]), start=1)
    )


def _blocks(path: str, begin: Fraction, end: Fraction, damage: Damage) -> Iterator[Curve]:
    """The sound from ``begin`` to ``end``, seconds of the file's clock, mono, without a gap: silence where none is."""
    position = round_late(begin * RATE_HZ)
    last = round_late(end * RATE_HZ)
    heard = False
    for begins, samples in _resampled(path, begin, damage):
        start = position if heard and abs(begins - position) < _JITTER_SAMPLES else begins
        if start >= last:
            return
        for at in range(position, start, RATE_HZ):  # a hole, or sound that begins later than the picture
            yield np.zeros(min(RATE_HZ, start - at), np.float32)
        if (fresh := samples[max(0, position - start) : last - start]).size:
            heard = True
            yield fresh
        position = max(position, start + len(samples))


def _resampled(path: str, begin: Fraction, damage: Damage) -> Iterator[tuple[int, Curve]]:
    """Pieces of the sound as mono at :data:`RATE_HZ`, each with its position in samples of the file's clock."""
    import av

    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE_HZ)
    for frame in chain(_decoded_from(path, begin, damage), [None]):
        try:
            pieces = resampler.resample(frame)
        except (av.FFmpegError, ValueError):  # damaged; or a broadcast that changes its form on the way
            resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE_HZ)
            damage.packets += 1
            continue
        for piece in pieces:
            if piece.pts is not None and piece.time_base is not None:
                samples = np.nan_to_num(piece.to_ndarray()[0].astype(np.float32), posinf=0.0, neginf=0.0)
                yield round_late(piece.pts * piece.time_base * RATE_HZ), samples.clip(-_LOUDEST, _LOUDEST)


def _decoded_from(path: str, begin: Fraction, damage: Damage) -> Iterator[AudioFrame]:
    """The sound from about ``begin`` on, or from earlier; from the file's beginning where there is no seeking."""
    import av

    for seeks in (True, False):
        with opened(path) as container:
            stream = sound_stream(container)
            if stream is None or stream.time_base is None:
                raise PictureUnreadable(
                    f"{file_name(path)} has no sound to listen to; look for cues in the picture instead.",
                    field=FIELD,
                )
            if seeks:
                with suppress(av.FFmpegError):  # cannot be sought in: it is at its beginning
                    container.seek(int((begin - 1) / stream.time_base), stream=stream)
            sound = decoded(container, stream, damage)
            first = next(sound, None)
            if seeks and (first is None or first.time is None or first.time > begin):
                continue
            if first is not None:
                yield first
                yield from sound
            return
