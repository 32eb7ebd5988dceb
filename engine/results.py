"""What comes out: takes in memory, stems on disk, and the result of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from engine.audio import Audio
from engine.cue import Cue
from engine.errors import BackendFailed
from engine.model import Model
from engine.trace import Trace


class Licence(Model):
    """Terms of what a backend makes."""

    name: str = Field(description="SPDX identifier, or the licence's own name.")
    commercial: bool = Field(description="May be used in work that earns money.")
    note: str = Field("", description="What else the terms ask for.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One rendering of an event.

    Parameters
    ----------
    audio
        The sound as asked for: the spec's rate, channels and length, after ``onset_samples`` of lead-in.
    onset_samples
        Where the sound's onset lies in ``audio``; the mixer puts this sample on the cue.
    licence
        Terms of this very take (a library's files differ from one another).
    warnings
        What the user should know of it, a sentence each.
    """

    audio: Audio
    onset_samples: int
    licence: Licence
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.onset_samples < max(1, self.audio.length_samples):
            raise BackendFailed(f"Onset {self.onset_samples} lies outside {self.audio.length_samples} samples.")


class StemFile(Model):
    """A finished file, complete on disk."""

    kind: Literal["stem", "mix"] = Field("stem", description="A sound by itself, or all of them.")
    path: str = Field(description="Where it lies, absolute.")
    sha256: str = Field(description="Of its bytes, in hexadecimal.")
    event: str = Field("", description="Id of the plan's event; empty for the mix.")
    take: int = Field(1, ge=1, description="Which version of the sound; takes lie at the same place.")
    index: int = Field(ge=1, description="1 for the first stem of the job.")
    track: str = Field(description="Name of the track that it is bound for.")
    label: str = Field(description="Short name: 'Oak Door Slam'.")
    category: str = Field(description="UCS CatID.")
    position_samples: int = Field(description="Of the file's first sample, on the session's timeline.")
    onset_samples: int = Field(ge=0, description="Of the sound's onset, from the file's first sample.")
    length_samples: int = Field(ge=1, description="Length of the file.")
    sample_rate_hz: int = Field(description="Of the file and of every number of samples here.")
    channels: int = Field(description="1 is mono, 2 is stereo.")
    loudness_lufs: float | None = Field(None, description="Integrated (BS.1770); None when too short or silent.")
    peak_dbtp: float = Field(description="True peak (BS.1770).")
    licence: Licence
    pan: float = Field(0.0, ge=-1, le=1, description="To be set on its track: -1 left, 0 centre, 1 right.")


class JobResult(Model):
    """All that a finished job found and wrote."""

    job_id: str
    stems: tuple[StemFile, ...] = ()
    mix: StemFile | None = None
    cues: tuple[Cue, ...] = Field((), description="Found in the picture or given, used or not.")
    sample_rate_hz: int = Field(48_000, description="Of every number of samples in the cues.")
    manifest: str = Field("", description="JSON file that rebuilds everything; empty where nothing was rendered.")
    project: str = Field("", description="REAPER project with every stem at its place.")
    cue_sheet: str = Field("", description="The cues as a file, for a spreadsheet or a DAW.")
    report: str = Field("", description="Page that plays the picture with the stems.")
    actions: str = Field("", description="What an edit did, or would do, as actions.")
    verdict: str = Field("", description="What came of fitting a region to its picture, and why.")
    trace: Trace | None = Field(None, description="How that was found.")
    warnings: tuple[str, ...] = ()
