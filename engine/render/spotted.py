"""A spot job: picture to cues, and, where a folder is named, a sheet of them and a page."""

from __future__ import annotations

from pathlib import Path

from engine.handle import Handle
from engine.planning.events import position_of
from engine.render.beside import write_cue_sheet, write_page
from engine.render.scene import look, picture_of
from engine.request import Job, SpotRequest
from engine.results import JobResult
from engine.stems.folder import clean_partials, make_folder
from engine.stems.report import Report

_LOOKED = 0.9


def spotted(job: Job, request: SpotRequest, handle: Handle) -> JobResult:
    """Find the cues.

    Raises
    ------
    PictureUnreadable, FileUnreadable
        With what is wrong with the file.
    """
    position = position_of(request, job.session)
    folder = Path(request.folder) if request.folder else None
    if folder:
        make_folder(folder)
        clean_partials(folder, job.id)
    handle.progress(0.0, "planning")
    seen = look(job, request, handle.part(0.0, _LOOKED))
    handle.check()
    result = JobResult(job_id=job.id, cues=seen.cues, sample_rate_hz=job.session.sample_rate, warnings=seen.warnings)
    if folder is None:
        return result
    sheet = write_cue_sheet(seen.cues, job.session, position, folder, job.id)
    report = Report(
        session=job.session,
        position_samples=position,
        length_samples=seen.length_samples,
        title=Path(request.video).name,
        picture=picture_of(request),
        shots_samples=seen.shots_samples,
        cues=seen.cues,
        motion=seen.motion,
        warnings=seen.warnings,
    )
    page = write_page(report, folder, job.id, handle.part(_LOOKED, 1.0))
    return result.model_copy(update={"cue_sheet": str(sheet), "report": str(page)})
