"""What a batch of alignments is told in: its pairs, a row for each that is done, the whole, and what it would take."""

from __future__ import annotations

from pydantic import Field

from engine.model import Model


class FoundPair(Model):
    """A video of the folder; without a sound beside it, its own is aligned."""

    name: str = Field(description="Of the video, from the folder; its ending only where two differ in that alone.")
    video: str
    audio: str = ""


class PairRow(Model):
    """What became of a pair."""

    name: str
    inputs: str = Field(description="Fingerprint of its files and of what was asked.")
    stopped: str = Field("", description="Why the search ended; empty where it failed.")
    best: int = Field(0, description="Number of the version that won; 0 is the original.")
    delay_seconds: float | None = Field(None, description="That was found; None: none was.")
    rate: float | None = Field(None, description="1.01: the sound took 1 % longer than the picture.")
    before: tuple[float, float] | None = Field(None, description="Alignment and synchronisation of the original.")
    after: tuple[float, float] | None = Field(None, description="Of the best version.")
    actions: str = ""
    take: str = Field("", description="File of the take, from the folder of the results; empty: the original stays.")
    video: str = Field("", description="The video with the sound that fits best, from there too; empty: none asked.")
    verdict: str = ""
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    problem: str = Field("", description="Why it could not be done.")
    code: str = Field("", description="Of that error, as over OSC.")
    field: str = Field("", description="What of the request it is about.")


class BatchReport(Model):
    """A whole folder."""

    rows: tuple[PairRow, ...]
    done: int = Field(description="Done in this run; the others were done before.")
    failed: int
    tokens: int = Field(description="Of models, in this run.")
    cost: float | None = Field(None, description="Of these, where the settings tell a price.")


class Estimate(Model):
    """What a folder would take."""

    pairs: int
    left: int = Field(description="Not done yet.")
    seconds: float = Field(description="Of picture, of those that can be read.")
    unreadable: tuple[str, ...] = ()
    calls: int = Field(description="Of models, at most.")
    tokens: int = Field(description="About.")
    cost: float | None = Field(None, description="About, where the settings tell a price.")
    wall_seconds: float = Field(description="About, without what models take.")
