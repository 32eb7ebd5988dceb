"""Stems, jobs and manifests for the tests of what stands beside the files."""

from __future__ import annotations

from typing import Any

from engine.plan import Event, Outline, Plan, Step, TakeSpec
from engine.request import GenerateRequest, Job
from engine.results import Licence, StemFile
from engine.session import Session
from engine.stems.manifest import Manifest, Versions

LICENCE = Licence(name="CC0-1.0", commercial=True)


def stem(**changes: Any) -> StemFile:
    values: dict[str, Any] = {
        "path": "DOORWood_Slam.wav",
        "sha256": "0" * 64,
        "event": "s1",
        "take": 1,
        "index": 1,
        "track": "FX_DOOR",
        "label": "Slam",
        "category": "DOORWood",
        "position_samples": 0,
        "onset_samples": 0,
        "length_samples": 48_000,
        "sample_rate_hz": 48_000,
        "channels": 1,
        "loudness_lufs": -31.2,
        "peak_dbtp": -3.0,
        "licence": LICENCE,
    }
    return StemFile(**{**values, **changes})


def manifest(**changes: Any) -> Manifest:
    spec = TakeSpec(
        backend="test",
        backend_version="1",
        source="x",
        text="slam",
        seed=1,
        length_samples=48_000,
        channels=1,
        sample_rate_hz=48_000,
    )
    event = Event(
        id="s1",
        text="slam",
        start_samples=0,
        length_samples=48_000,
        layer="foreground",
        category="DOORWood",
        label="Slam",
        track="FX_DOOR",
        takes=(spec,),
    )
    plan = Plan(
        prompt="slam",
        session=Session(),
        position_samples=0,
        length_samples=48_000,
        seed=1,
        outline=Outline(steps=(Step(id="s1", text="slam", start_seconds=0),)),
        events=(event,),
    )
    values: dict[str, Any] = {
        "job": Job(id="job-1", request=GenerateRequest(prompt="slam", folder="/stems"), created="2026-11-22T21:33:28Z"),
        "plan": plan,
        "versions": Versions.here({"test": "1"}),
        "stems": (stem(),),
        "mix": stem(kind="mix", path="MIX_Slam.wav", event="", index=2, track="Mix"),
        "project": "job-1.rpp",
        "warnings": ("a door instead of a gate",),
    }
    return Manifest(**{**values, **changes})
