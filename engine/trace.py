"""How a sound was aligned to its picture: what was heard and seen, what was tried, how it was judged, why it ended.

Plain data, kept in the manifest and shown on the report. It knows neither how anything is measured nor who judges.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model import Model

NoiseKind = Literal["none", "white", "pink", "voices", "steep", "coloured"]
"""none: no steady noise that matters. white: even at every frequency. pink: 3 dB an octave less. voices: many people at
once. steep: it falls more, as the air of most places does. coloured: of another colour."""
Stop = Literal["good_enough", "threshold", "cycles", "plateau", "repeated", "nothing_left", "no_common_events"]
"""good_enough: the original was, and nothing was done. threshold: a version reached it. cycles: as many as were
allowed. plateau: the scores no longer rise. repeated: the same actions were planned again. nothing_left: the planner
knows no more. no_common_events: sound and picture have nothing in common that could be matched."""


class Moment(Model):
    """When something begins to sound, or is seen to happen."""

    time_seconds: float = Field(ge=0, description="From where sound and picture begin.")
    strength: float = Field(ge=0, le=1, description="1 is the strongest.")
    confidence: float = Field(ge=0, le=1, description="How sure its finder is.")


class Heard(Model):
    """What was measured in a sound."""

    length_seconds: float = Field(gt=0, description="Of the region.")
    loudness_lufs: float | None = Field(None, description="Integrated, or momentary for what is short; None: silence.")
    peak_dbtp: float = Field(description="True peak.")
    noise: NoiseKind = Field("none", description="What kind of noise lies under it.")
    noise_dbfs: float | None = Field(None, description="RMS of the noise; None where there is none.")
    snr_db: float | None = Field(None, description="Sound above noise, by their mean powers; None where none is.")
    hum_hz: float | None = Field(None, description="Frequency of mains hum; None where there is none.")
    gaps: tuple[tuple[float, float], ...] = Field((), description="Dropouts: start and length in seconds.")
    onsets: tuple[Moment, ...] = Field((), description="Where something begins to sound.")
    tempo_bpm: float | None = Field(None, description="Of what returns evenly; None where nothing does.")
    tuning_cents: float | None = Field(None, description="Its notes against equal temperament at 440 Hz; None: none.")
    loudness_curve: tuple[float, ...] = Field((), description="dB relative to full scale, four a second.")


class Seen(Model):
    """What was measured in a picture."""

    length_seconds: float = Field(gt=0, description="Of the slice.")
    shots_seconds: tuple[float, ...] = Field((0.0,), description="Where each shot begins.")
    moments: tuple[Moment, ...] = Field((), description="When something is seen to happen that may sound.")
    period_seconds: float | None = Field(None, description="Of what returns evenly; None where nothing does.")
    motion: tuple[float, ...] = Field((), description="How much moves, 0 to 1, four a second.")


class Fit(Model):
    """How the onsets of a sound lie on the moments of a picture: sound seconds = ``rate`` x picture seconds + delay."""

    delay_seconds: float = Field(description="How late the sound is at the picture's beginning; negative is early.")
    rate: float = Field(1.0, description="1.01: the sound takes 1 % longer than the picture.")
    matched: int = Field(ge=0, description="Onsets that lie on moments, once delay and rate are taken away.")
    error_seconds: float = Field(ge=0, description="Median distance of those.")
    confidence: float = Field(ge=0, le=1, description="How seldom chance does as well; under 0.8 it is not acted on.")

    def offset_seconds(self, picture_seconds: float) -> float:
        """How late the sound is at some moment of the picture."""
        return self.delay_seconds + (self.rate - 1.0) * picture_seconds


class Description(Model):
    """What is heard and what is seen, in words, each described without knowing the other."""

    heard: str = Field(max_length=20_000)
    seen: str = Field(max_length=20_000)
    heard_by: str = Field("measured", description="Who listened: measured, or a model's name.")
    seen_by: str = Field("measured", description="Who looked.")


class Score(Model):
    """How a version fits."""

    alignment: float = Field(ge=0, le=1, description="Whether the sound belongs to the picture, and is good to hear.")
    synchronisation: float = Field(ge=0, le=1, description="Whether it is in time.")
    rationale: str = Field("", max_length=4_000, description="Why, in words.")
    by: str = Field("measured", description="Who judged: measured, or a model's name.")
    fit: Fit | None = Field(None, description="What is left of delay and drift, where it was measured.")

    @property
    def overall(self) -> float:
        """What versions are ordered by."""
        return (self.alignment + self.synchronisation) / 2

    def reaches(self, threshold: float) -> bool:
        """Whether both are good enough."""
        return min(self.alignment, self.synchronisation) >= threshold


class Cycle(Model):
    """One time round: planned, done to the original, judged."""

    number: int = Field(ge=1)
    actions: tuple[str, ...] = Field(description="As engine.action writes them.")
    reason: str = Field("", max_length=4_000, description="The planner's.")
    planner: str = Field(description="Who planned: rules, or a model's name.")
    score: Score | None = Field(None, description="None where the actions could not be done.")
    problem: str = Field("", description="Why they could not.")
    audio: str = Field("", description="File of this version, from the manifest's folder; empty: none was kept.")


class Trace(Model):
    """All of it."""

    heard: Heard
    seen: Seen
    fit: Fit | None = Field(None, description="Of the original; None: nothing in common was found.")
    description: Description
    original: Score
    cycles: tuple[Cycle, ...] = ()
    best: int = Field(0, ge=0, description="Number of the cycle whose version won; 0: the original.")
    stopped: Stop
    verdict: str = Field(description="What came of it and why, for people.")
    calls: int = Field(0, ge=0, description="Of models, for descriptions, plans and judgements.")
    tokens: int = Field(0, ge=0, description="Taken and given by those models, where they tell.")
    seconds: float = Field(0.0, ge=0, description="Wall time.")

    @property
    def winner(self) -> Score:
        """The best version's score."""
        found = next((cycle.score for cycle in self.cycles if cycle.number == self.best), None)
        return found or self.original
