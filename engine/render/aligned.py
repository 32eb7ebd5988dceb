"""An align job: a region and the picture above it in; the version that fits best out, as an edit of the original.

The search is :mod:`engine.alignment`'s; its winner is then rendered like any edit, so that its manifest rebuilds it.
"""

from __future__ import annotations

from pathlib import Path

from engine.alignment.loop import align, pair_of
from engine.alignment.models.choose import parts
from engine.backends.registry import Backends
from engine.config import Settings
from engine.editing.kit import Kit
from engine.errors import BadArgument
from engine.handle import Handle
from engine.picture import Picture
from engine.planning.editing import Alignment, cutting_of, place_of, plan_alignment, region_of
from engine.render.aligned_report import Showing, Shown
from engine.render.edited import OnStem, facts_of, opened, render, tell_faults
from engine.request import AlignRequest, Job
from engine.results import JobResult
from engine.source import Part
from engine.stems.folder import clean_partials, make_folder

LEAST_SECONDS = 0.1
"""Of a region that is looked at."""
_SEARCHED, _SHOWN = 0.8, 0.9


def aligned(
    job: Job, request: AlignRequest, settings: Settings, backends: Backends, handle: Handle, on_stem: OnStem
) -> JobResult:
    """Fit a region to its picture.

    Raises
    ------
    FileUnreadable, PictureUnreadable, BadArgument
        With what is wrong; where nothing better is found, that is no error but the result's verdict.
    """
    folder = Path(request.folder or Path(request.audio).parent)
    make_folder(folder)
    clean_partials(folder, job.id)
    warnings: dict[str, None] = {}
    with opened(region_of(request)) as original:
        facts = facts_of(original)
        told: list[str] = []
        cutting = cutting_of(region_of(request), facts, told)
        warnings.update(dict.fromkeys(told))
        if cutting.end_samples - cutting.start_samples < LEAST_SECONDS * facts.sample_rate_hz:
            raise BadArgument(
                f"The region is shorter than {LEAST_SECONDS:g} s: nothing in it can be fitted to a picture.",
                field="duration",
            )
        pair = pair_of(
            Part(original, cutting.start_samples, cutting.end_samples),
            _picture(request, (cutting.end_samples - cutting.start_samples) / facts.sample_rate_hz),
            handle.part(0.0, 0.4),
            warnings.setdefault,
        )
        found = align(
            pair,
            parts(settings, planner=request.planner, judge=request.judge, warn=warnings.setdefault, handle=handle),
            Kit(folder=folder, warn=warnings.setdefault),
            threshold=request.threshold,
            cycles=request.cycles,
            handle=handle.part(0.4, _SEARCHED),
        )
        tell_faults(original, warnings.setdefault)
        shown = Shown(trace=found.trace)
        if request.report:
            showing = Showing(
                job=job,
                request=request,
                session=job.session.model_copy(update={"sample_rate": facts.sample_rate_hz}),
                position_samples=place_of(job, request, facts, cutting),
                encoding=original.encoding,
                folder=folder,
            )
            shown = showing.write(pair, found, tuple(warnings), handle.part(_SEARCHED, _SHOWN))
    rest = handle.part(_SHOWN, 1.0)
    return _written(job, request, shown, settings, backends, folder, tuple(warnings), rest, on_stem)


def _picture(request: AlignRequest, length_seconds: float) -> Picture:
    """The slice beside the region, in seconds of the region's file: a file played faster meets a slower picture."""
    return Picture(
        path=request.video,
        offset_seconds=request.video_offset,
        length_seconds=length_seconds,
        play_rate=request.video_rate / request.play_rate,
    )


def _written(
    job: Job,
    request: AlignRequest,
    shown: Shown,
    settings: Settings,
    backends: Backends,
    folder: Path,
    warnings: tuple[str, ...],
    handle: Handle,
    on_stem: OnStem,
) -> JobResult:
    trace = shown.trace
    if trace.best == 0:
        return JobResult(job_id=job.id, verdict=trace.verdict, trace=trace, report=shown.path, warnings=warnings)
    winner = trace.cycles[trace.best - 1]
    with opened(region_of(request)) as original:
        facts = facts_of(original)
    cutting = cutting_of(region_of(request), facts, [])
    done = Alignment(actions=winner.actions, planner=winner.planner)
    plan = plan_alignment(job, request, facts, cutting, done, warnings)
    report = Path(shown.path).name
    return render(job, plan, backends, folder, handle, on_stem, settings=settings, trace=trace, report=report)
