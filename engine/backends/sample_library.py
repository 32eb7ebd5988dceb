"""The user's own recordings as a backend: found by words, played from their onset, no two takes alike.

A *source* is one happening of one recording, ``<content id>/<number>``: five knocks in a file are five sources, and a
planner that rotates sources never repeats its neighbour. Knows nothing of how the index is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import numpy as np

from engine import ucs
from engine.audio import Audio
from engine.backends.base import Capabilities, Match
from engine.backends.library import Library, LibraryItem, Recording
from engine.backends.library.index import shown
from engine.backends.library.playing import Part, Survey, play, survey
from engine.backends.library.reader import content_id
from engine.config import Settings
from engine.errors import BackendFailed, BadArgument
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.results import Licence, Take

CLOSE = 0.05
"""Items whose scores differ by no more are interchangeable, when they are of one category and kind."""
MAX_ANSWERS = 3
MAX_ITEMS = 4
MAX_SOURCES = 16
MAX_PITCH_CENTS = 1_200.0
SILENT = 1e-5
_SOURCE = re.compile(r"^([0-9a-f]{32})/(\d{1,6})$")
_LICENCE = Licence(name="LicenseRef-user-library", commercial=True, note="your own files; check their terms")


class SampleLibraryBackend:
    """Plays what the user has indexed with ``cuewright library add``.

    Parameters
    ----------
    settings
        ``library_path`` names the index.
    """

    name = "sample_library"
    version = "1"
    capabilities = Capabilities(max_length_seconds=3_600.0, licence=_LICENCE, deterministic=True)

    def __init__(self, settings: Settings) -> None:
        self._library = Library(settings.library_path)
        self._surveys: dict[str, Survey] = {}

    def match(self, text: str) -> tuple[Match, ...]:
        """Bundles of interchangeable recordings, best first; none when the library has nothing near the words."""
        waiting = list(self._library.search(text, 4 * MAX_ANSWERS * MAX_ITEMS))
        answers: list[Match] = []
        while waiting and len(answers) < MAX_ANSWERS:
            lead = waiting.pop(0)
            shape = self._survey_of(lead)
            if shape is None:
                continue
            bundle = [(lead, shape)]
            for item in waiting:
                if len(bundle) == MAX_ITEMS or lead.score - item.score > CLOSE:
                    break
                if item.category == lead.category and (other := self._survey_of(item)) and _alike(shape, other):
                    bundle.append((item, other))
            taken = {item.id for item, _ in bundle}
            waiting = [item for item in waiting if item.id not in taken]
            answers.append(_answer(text, bundle))
        return tuple(answers)

    def render(self, specs: Sequence[TakeSpec], handle: Handle) -> Iterator[Take]:
        """One take a spec, in order; see :meth:`engine.backends.base.Backend.render`.

        Raises
        ------
        BadArgument
            For a parameter this backend does not have, or more than two channels.
        BackendFailed
            When the recording is not in the index, is gone, or has changed; the sentence names it.
        """
        for spec in specs:
            handle.check()
            yield self._take(spec, handle)

    def _take(self, spec: TakeSpec, handle: Handle) -> Take:
        pitch = _pitch(spec)
        content, number = _parse_source(spec)
        recording = self._recording(content, spec.text)
        try:
            shape = self._survey(content, recording, handle)
            if shape is None or number >= len(shape.happenings):
                raise BackendFailed(
                    f"There is no sound {number + 1} in {shown(recording.path)}; plan it again.", field="source"
                )
            part = Part(
                happening=number,
                length_samples=spec.length_samples,
                channels=spec.channels,
                sample_rate_hz=spec.sample_rate_hz,
                seed=spec.seed + spec.variation,
                pitch_cents=pitch,
            )
            samples, onset = play(recording.path, shape, part, handle)
        except (OSError, RuntimeError) as error:
            raise BackendFailed(
                f"{shown(recording.path)} cannot be read ({error}): check the file, then add its folder again.",
                field="source",
            ) from None
        if not np.abs(samples).max(initial=0.0) > SILENT:
            raise BackendFailed(
                f"Nothing is heard in the part of {shown(recording.path)} that was asked for; ask for a longer one.",
                field="length_samples",
            )
        audio = Audio(samples=samples, sample_rate_hz=spec.sample_rate_hz)
        return Take(audio=audio, onset_samples=onset, licence=_LICENCE)

    def _recording(self, content: str, text: str) -> Recording:
        """The file of a content id, as it was when it was indexed."""
        copies = self._library.locate(content)
        if not copies:
            raise BackendFailed(
                f"The recording for {text!r} is not in your library's index: add its folder again.", field="source"
            )
        for copy in copies:
            try:
                status = copy.path.stat()
                if (status.st_size, status.st_mtime_ns) == (copy.size, copy.changed_ns):
                    return copy
                if status.st_size == copy.size and content_id(copy.path) == content:
                    return copy
            except OSError:
                continue
        path = shown(copies[0].path)
        what = "has changed since it was indexed" if copies[0].path.exists() else "is gone"
        raise BackendFailed(
            f"{path} {what}: bring the index up to date with 'cuewright library add', then ask again.", field="source"
        )

    def _survey_of(self, item: LibraryItem) -> Survey | None:
        """Of an item that was found; None when its file cannot be played any more."""
        try:
            return self._survey(item.id, self._recording(item.id, item.label), Handle())
        except (BackendFailed, OSError, RuntimeError):
            return None

    def _survey(self, content: str, recording: Recording, handle: Handle) -> Survey | None:
        if content not in self._surveys:
            found = survey(recording.path, handle)
            if found is None:
                return None
            self._surveys[content] = found
        return self._surveys[content]


def _alike(one: Survey, other: Survey) -> bool:
    """Of one kind, and of like length: a planner gives all takes of an event the same length."""
    lengths = sorted((one.length_seconds, other.length_seconds))
    return one.sustained == other.sustained and (one.sustained or lengths[1] <= 2 * lengths[0])


def _answer(text: str, bundle: list[tuple[LibraryItem, Survey]]) -> Match:
    lead, shape = bundle[0]
    rounds = zip_longest(*([f"{item.id}/{k}" for k in range(len(s.happenings))] for item, s in bundle))
    sources = [source for one_each in rounds for source in one_each if source]
    nearest = ucs.search(f"{lead.label} {text}", 1)
    return Match(
        score=lead.score,
        sources=tuple(sources[:MAX_SOURCES]),
        label=lead.label,
        category=lead.category or (nearest[0].cat_id if nearest else ""),
        accepts={"pitch_cents": (-MAX_PITCH_CENTS, MAX_PITCH_CENTS)},
        length_seconds=max(s.length_seconds for _, s in bundle),
        interval_seconds=shape.interval_seconds,
        sustained=shape.sustained,
    )


def _parse_source(spec: TakeSpec) -> tuple[str, int]:
    match = _SOURCE.match(spec.source)
    if not match:
        raise BackendFailed(f"{spec.source!r} names no sound of your library; plan it again.", field="source")
    return match[1], int(match[2])


def _pitch(spec: TakeSpec) -> float:
    if spec.channels > 2:
        raise BadArgument(f"The sample library renders 1 or 2 channels, not {spec.channels}.", field="channels")
    if unknown := sorted(set(spec.params) - {"pitch_cents"}):
        raise BadArgument(
            f"The sample library has no parameter {unknown[0]!r}; it has 'pitch_cents'.", field=f"params.{unknown[0]}"
        )
    pitch = spec.params.get("pitch_cents", 0.0)
    if not abs(pitch) <= MAX_PITCH_CENTS:
        raise BadArgument(f"'pitch_cents' is -1200 to 1200; got {pitch}.", field="params.pitch_cents")
    return pitch
