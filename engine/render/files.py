"""One sound to one file: measured, named, described, written whole. Knows nothing of what comes before or after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import engine
from engine.dsp import loudness, true_peak
from engine.errors import FileUnreadable
from engine.mixing.place import PlacedTake
from engine.plan import Event, Plan
from engine.request import Job
from engine.results import Licence, StemFile, Take
from engine.stems import bwf
from engine.stems.folder import publish
from engine.stems.metadata import Description
from engine.stems.naming import stem_name


def write_stem(
    job: Job,
    plan: Plan,
    event: Event,
    number: int,
    index: int,
    placed: PlacedTake,
    take: Take,
    creator: str,
    folder: Path,
) -> StemFile:
    """Write one take of an event.

    Parameters
    ----------
    index
        Of the stem in its job, from 1.
    creator
        Third block of its UCS name.
    """
    name = stem_name(
        category=event.category,
        label=event.label,
        creator=creator,
        source=plan.session.project,
        job_id=job.id,
        event=event.id,
        take=number,
    )
    about = About(
        text=event.text,
        event=event.id,
        take=number,
        index=index,
        track=event.track,
        label=event.label,
        category=event.category,
        licence=take.licence,
        pan=event.pan,
    )
    return write(job, plan, placed, about, name, folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a file before its sound is measured and written."""

    kind: Literal["stem", "mix"] = "stem"
    text: str = ""
    event: str = ""
    take: int = 1
    index: int
    track: str
    label: str
    category: str
    licence: Licence
    pan: float = 0.0


def write(job: Job, plan: Plan, placed: PlacedTake, about: About, name: str, folder: Path) -> StemFile:
    """Measure a sound and write its file."""
    audio = placed.audio
    measured = loudness.measure(audio)
    peak_dbtp = true_peak.measure_dbtp(audio)
    description = Description(
        description=about.text or plan.prompt,
        reference=f"CW{about.take:02d}{hashlib.sha256(f'{job.id} {about.event}'.encode()).hexdigest()[:28]}",
        created=job.created,
        position_samples=placed.position_samples,
        session=plan.session,
        track=about.track,
        take=about.take,
        category=about.category,
        label=about.label,
        licence=about.licence.name,
        loudness_lufs=measured.integrated_lufs,
        momentary_lufs=measured.momentary_max_lufs,
        short_term_lufs=measured.short_term_max_lufs,
        peak_dbtp=peak_dbtp,
        version=engine.__version__,
    )
    path = publish(folder / name, job.id, lambda file: bwf.write(file, audio, description))
    return StemFile(
        kind=about.kind,
        path=str(path),
        sha256=sha256_of(path),
        event=about.event,
        take=about.take,
        index=about.index,
        track=about.track,
        label=about.label,
        category=about.category,
        position_samples=placed.position_samples,
        onset_samples=placed.onset_samples,
        length_samples=audio.length_samples,
        sample_rate_hz=audio.sample_rate_hz,
        channels=audio.channels,
        loudness_lufs=measured.integrated_lufs,
        peak_dbtp=peak_dbtp,
        licence=about.licence,
        pan=about.pan,
    )


def sha256_of(path: Path) -> str:
    """Of a file's bytes, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read back: {error}.") from None
