"""What an align job writes for people: every version as a file, and the page that plays them with the picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import engine
from engine.alignment.base import Pair
from engine.alignment.hearing import hear
from engine.alignment.loop import Aligned
from engine.editing.apply import Watched
from engine.handle import Handle
from engine.request import AlignRequest, Job
from engine.session import Session
from engine.source import Source
from engine.stems import bwf
from engine.stems.folder import clean_partials, make_folder, publish
from engine.stems.layout import Encoding, Layout
from engine.stems.manifest import Versions
from engine.stems.metadata import Description
from engine.stems.naming import beside_name
from engine.stems.report import AlignReport, write_align_report
from engine.stems.report import Heard as Version
from engine.trace import Heard, Trace
from engine.video.filmstrip import filmstrip

_SUFFIX = ".versions"
_NAME_BYTES = 180
"""Of the original's name, in that of a version."""
_DRAWN = 0.6
_MOTION_RATE_HZ = 4.0
"""Of :attr:`engine.trace.Seen.motion`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was written.

    Parameters
    ----------
    trace
        With the name of every version's file.
    path
        Of the page; empty where none was asked for.
    """

    trace: Trace
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """Writes the versions of one job, and their page.

    Parameters
    ----------
    session, position_samples
        The timeline, at the sound's rate, and where on it the region begins.
    encoding
        Of the original.
    """

    job: Job
    request: AlignRequest
    session: Session
    position_samples: int
    encoding: Encoding
    folder: Path

    def write(self, pair: Pair, found: Aligned, warnings: tuple[str, ...], handle: Handle) -> Shown:
        """Write all of it.

        Raises
        ------
        CuewrightError
            Nothing partial is left; versions written before stay, they are complete.
        """
        inside = self.folder / beside_name(self.job.id, _SUFFIX)
        sound = pair.sound
        many = 1 + sum(version is not None for version in found.versions)
        make_folder(inside, need_bytes=many * 4 * sound.channels * sound.length_samples)
        clean_partials(inside, self.job.id)
        handle.progress(0.0, "writing versions")
        written = [self._version(0, Watched(sound, handle), pair.heard, inside)]
        for number, source in enumerate(found.versions, start=1):
            handle.progress(_DRAWN * len(written) / many, "writing versions")
            if source is not None:
                heard = hear(source, Handle(is_cancelled=handle.is_cancelled))
                written.append(self._version(number, Watched(source, handle), heard, inside))
        names = {version.number: f"{inside.name}/{version.path.name}" for version in written}
        trace = found.trace.model_copy(
            update={
                "cycles": tuple(
                    cycle.model_copy(update={"audio": names.get(cycle.number, "")}) for cycle in found.trace.cycles
                )
            }
        )
        page = self._page(pair, trace, tuple(written), warnings, handle.part(_DRAWN, 1.0))
        return Shown(trace=trace, path=str(page))

    def _version(self, number: int, source: Source, heard: Heard, folder: Path) -> Version:
        encoding = self.encoding
        if heard.peak_dbtp > 0.0 and not encoding.startswith("float"):
            encoding = "float32"  # a version that clips would be another one
        layout = Layout.of(source, encoding)
        name = f"cycle {number}" if number else "original"
        stem = Path(self.request.audio).stem.encode()[:_NAME_BYTES].decode(errors="ignore")
        about = self._about(number, name, heard)
        path = publish(
            folder / f"{stem} {name}.wav",
            self.job.id,
            lambda file: bwf.write_frames(file, layout, bwf.frames_of(source), about),
        )
        return Version(
            number=number,
            path=path,
            length_seconds=source.length_samples / source.sample_rate_hz,
            channels=source.channels,
            onsets=heard.onsets,
            loudness_lufs=heard.loudness_lufs,
            peak_dbtp=heard.peak_dbtp,
        )

    def _about(self, number: int, name: str, heard: Heard) -> Description:
        original = Path(self.request.audio)
        return Description(
            description=f"{original.stem}: {name}",
            reference=f"CW{number:02d}{hashlib.sha256(self.job.id.encode()).hexdigest()[:28]}",
            created=self.job.created,
            position_samples=self.position_samples,
            session=self.session,
            track=self.request.track or original.stem,
            take=number,
            category="",
            label=name,
            licence="LicenseRef-original",
            loudness_lufs=heard.loudness_lufs,
            peak_dbtp=heard.peak_dbtp,
            version=engine.__version__,
            original=original.name,
        )

    def _page(
        self, pair: Pair, trace: Trace, written: tuple[Version, ...], warnings: tuple[str, ...], handle: Handle
    ) -> Path:
        rate = self.session.sample_rate
        told = warnings
        if self.request.play_rate != 1.0:
            told = (*told, f"Played as in its file, not {self.request.play_rate:g} times as fast as on the timeline.")
        report = AlignReport(
            session=self.session,
            position_samples=self.position_samples,
            length_samples=pair.sound.length_samples,
            title=f"{Path(self.request.audio).name} to {Path(self.request.video).name}",
            picture=pair.picture,
            stills=filmstrip(pair.picture, handle=handle.part(0.0, 0.5)),
            shots_samples=tuple(round(start * rate) for start in trace.seen.shots_seconds),
            motion=trace.seen.motion,
            motion_rate_hz=_MOTION_RATE_HZ,
            versions=Versions.here({}),
            warnings=told,
            sound=Path(self.request.audio).name,
            trace=trace,
            heard=written,
            threshold=self.request.threshold,
            most_cycles=self.request.cycles,
        )
        return write_align_report(report, self.folder, self.job.id, handle.part(0.5, 1.0))
