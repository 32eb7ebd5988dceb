"""What lies beside the stems for people: the cue sheet, and the page that plays the picture with the sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.cue import Cue
from engine.handle import Handle
from engine.plan import Plan
from engine.planning.cuesheet import write_sheet
from engine.request import ComposeRequest
from engine.session import Session
from engine.stems.folder import publish
from engine.stems.manifest import Manifest
from engine.stems.naming import beside_name
from engine.stems.report import Report, write_report
from engine.video.filmstrip import filmstrip
from engine.video.spotting import MOTION_RATE_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What else a composed job writes.

    Parameters
    ----------
    motion
        How much moves, for the page; empty where it is not known.
    """

    motion: tuple[float, ...] = ()

    def write(self, manifest: Manifest, folder: Path, handle: Handle) -> dict[str, str]:
        """Write it; returns the manifest's fields that name the files."""
        plan, job = manifest.plan, manifest.job
        names = {}
        if plan.cues:
            sheet = write_cue_sheet(plan.cues, plan.session, plan.position_samples, folder, job.id)
            names["cue_sheet"] = sheet.name
        if isinstance(job.request, ComposeRequest) and job.request.report:
            report = Report(
                session=plan.session,
                position_samples=plan.position_samples,
                length_samples=plan.length_samples,
                title=plan.prompt or job.id,
                picture=plan.picture,
                shots_samples=plan.shots,
                cues=_with_their_sounds(plan),
                motion=self.motion,
                stems=tuple(s.model_copy(update={"path": str(folder / s.path)}) for s in manifest.stems),
                mix=manifest.mix and manifest.mix.model_copy(update={"path": str(folder / manifest.mix.path)}),
                pans={event.id: event.pan for event in plan.events},
                seed=plan.seed,
                versions=manifest.versions,
                warnings=manifest.warnings,
            )
            names["report"] = write_page(report, folder, job.id, handle).name
        return names


def _with_their_sounds(plan: Plan) -> tuple[Cue, ...]:
    """The cues, those without words named after what sounds on them."""
    sounds = {event.cue: event for event in plan.events if event.cue}
    return tuple(
        cue.model_copy(update={"label": cue.label or event.label[:200], "track": cue.track or event.track[:120]})
        if (event := sounds.get(cue.id))
        else cue
        for cue in plan.cues
    )


def write_cue_sheet(cues: Sequence[Cue], session: Session, position_samples: int, folder: Path, job_id: str) -> Path:
    """The cues as ``<job>.cues.csv``."""
    content = write_sheet(cues, "csv", session=session, position_samples=position_samples)
    return publish(folder / beside_name(job_id, ".cues.csv"), job_id, lambda file: file.write(content))


def write_page(report: Report, folder: Path, job_id: str, handle: Handle) -> Path:
    """The report, with a filmstrip of its picture."""
    if report.picture is not None:
        stills = filmstrip(report.picture, handle=handle.part(0.0, 0.5))
        report = replace(report, stills=stills, motion_rate_hz=MOTION_RATE_HZ)
    return write_report(report, folder, job_id, handle.part(0.5, 1.0))
