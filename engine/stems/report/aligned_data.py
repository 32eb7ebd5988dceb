"""What the script of an align job's page is handed: its versions, and the moments they are held against.

All versions travel in the page, or none does: a copy beside a file would not be a fair comparison.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from engine.handle import Handle
from engine.stems.report.contents import AlignReport, Heard
from engine.stems.report.data import COLUMNS, STAGE, AxisData, Playable, axis_data, url_of
from engine.stems.report.listening import bytes_expected, listening_copy
from engine.stems.report.waveform import columns_that_fit, peaks
from engine.trace import Moment

VERSIONS_BYTES = 6_000_000
"""Of all versions inside the page: two minutes each of six."""


class VersionData(Playable):
    """One version."""

    number: int
    label: str
    won: bool
    onsets: tuple[Moment, ...]


class AlignData(AxisData):
    """All of an align job's."""

    moments: tuple[Moment, ...]
    versions: tuple[VersionData, ...]


def label_of(number: int) -> str:
    """What a version is called.

    >>> label_of(0), label_of(2)
    ('Original', 'Cycle 2')
    """
    return f"Cycle {number}" if number else "Original"


def align_data(report: AlignReport, folder: Path, job_id: str, handle: Handle) -> AlignData:
    """Read the files and put everything on one axis.

    Raises
    ------
    FileUnreadable
        When a version is not there.
    """
    lengths = [version.length_seconds for version in report.heard]
    inside = sum(map(bytes_expected, lengths)) <= VERSIONS_BYTES
    columns = columns_that_fit(lengths, COLUMNS)
    versions = []
    for done, (version, count) in enumerate(zip(report.heard, columns, strict=True)):
        handle.progress(done / len(lengths), STAGE)
        versions.append(_version(version, folder, count, inside, won=version.number == report.trace.best))
    axis = axis_data(report, folder, job_id, [(0.0, length) for length in lengths])
    return AlignData(**dict(axis), moments=report.trace.seen.moments, versions=tuple(versions))


def _version(version: Heard, folder: Path, columns: int, inside: bool, *, won: bool) -> VersionData:
    drawn = peaks(version.path, columns)
    return VersionData(
        name=version.path.name,
        url=url_of(version.path, folder),
        mp3=b64encode(listening_copy(version.path)).decode() if inside else "",
        peaks=b64encode(drawn.tobytes()).decode(),
        columns=len(drawn),
        length_seconds=version.length_seconds,
        channels=version.channels,
        loudness_lufs=version.loudness_lufs,
        peak_dbtp=version.peak_dbtp,
        number=version.number,
        label=label_of(version.number),
        won=won,
        onsets=version.onsets,
    )
