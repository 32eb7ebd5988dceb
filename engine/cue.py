"""Cues: the moments and spans where something should sound.

A cue is data that people edit, as a marker or a row of a sheet, before anything is rendered. It lies on samples,
counted from where the request begins, so that nothing is rounded twice. It does not know what will sound there.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model import Model

CueKind = Literal["impact", "step", "swell", "movement", "cut", "onset", "mark"]
"""impact: something is hit. step: one of a regular series of impacts. swell: movement that grows and stops. movement:
it goes on. cut: the picture changes. onset: a sound in the guide track. mark: somebody says so."""
Origin = Literal["picture", "guide", "marker", "sheet"]
MAX_CUES = 4_096


class Cue(Model):
    """A moment, or a span where ``length_samples`` is not 0."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", description="Unique among the cues of one request.")
    start_samples: int = Field(
        ge=0,
        le=2**47,
        description="From where the request begins, in samples of the session; a sound's onset goes here.",
    )
    length_samples: int = Field(0, ge=0, le=2**40, description="How long it lasts; 0 is a moment.")
    kind: CueKind = Field("mark", description="What is seen or heard there.")
    strength: float = Field(1.0, ge=0, le=1, description="How hard or how much: 1 is the strongest of its request.")
    confidence: float = Field(1.0, ge=0, le=1, description="How sure its finder is; people and sheets are sure.")
    x: float = Field(0.5, ge=0, le=1, description="Place in the picture: 0 its left edge, 1 its right.")
    y: float = Field(0.5, ge=0, le=1, description="Place in the picture: 0 its top, 1 its bottom.")
    size: float | None = Field(
        None, ge=0, le=1, description="Height of what moves, as a share of the picture's; small is far. None: unknown."
    )
    shot: int = Field(1, ge=1, description="Which shot of the picture it lies in, counted from 1.")
    label: str = Field("", max_length=400, description="What should sound, in words; empty: the prompt decides.")
    track: str = Field("", max_length=120, description="Track or stem that it is bound for; empty: the sound's own.")
    origin: Origin = Field("picture", description="Who found it.")
    row: int | None = Field(None, ge=1, description="Row of the sheet that it came from, counted as its editor shows.")
