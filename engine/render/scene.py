"""What a job is composed to: its cues from the picture, its sound, a sheet or markers, and the length of its slice.

Knows where cues come from; what sounds on them is the planner's part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from engine.cue import MAX_CUES, Cue
from engine.errors import BadArgument, PromptEmpty
from engine.handle import Handle
from engine.picture import Picture
from engine.planning.cuesheet import BadRow, Sheet, read_markers, read_sheet
from engine.planning.events import position_of
from engine.planning.scene import Scene
from engine.request import MAX_LENGTH_SECONDS, ComposeRequest, Job, SpotRequest
from engine.timebase import FrameRate, round_late
from engine.video.guide import guide_cues
from engine.video.spotting import Spotted, spot

SAME_MOMENT_SECONDS = 0.08
"""A cue of the picture this near to one of its sound is the same event; the sound knows better when."""
_LOOKED = 0.8
"""Of the time that a picture and its sound take together."""


def picture_of(request: ComposeRequest | SpotRequest) -> Picture | None:
    """The slice that a request names."""
    if not request.video:
        return None
    return Picture(
        path=request.video,
        offset_seconds=request.video_offset,
        length_seconds=request.duration,
        play_rate=request.video_rate,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a job is composed to.

    Parameters
    ----------
    scene
        None for a job of words alone.
    motion
        How much moves, for the report; empty without a picture.
    """

    scene: Scene | None = None
    motion: tuple[float, ...] = ()


def gather(job: Job, handle: Handle) -> Gathered:
    """The scene of a job.

    Raises
    ------
    PictureUnreadable, CueSheetUnreadable, FileUnreadable
        With what to do about it.
    """
    request = job.request
    if not isinstance(request, ComposeRequest):
        return Gathered()
    sheets = _sheets(job, request)
    cues = [cue for sheet in sheets for cue in sheet.cues]
    if not (request.prompt or request.preset or job.previous_manifest or any(cue.label for cue in cues)):
        raise PromptEmpty(
            "Nothing says what should sound: give a prompt, or words with the cues, as in '1.25 door slam'.",
            field="prompt",
        )
    warnings = [line for sheet in sheets for line in (*sheet.warnings, *map(_told, sheet.bad_rows))]
    picture = picture_of(request)
    if picture is None:
        _check_begin(job, request, cues, round((request.duration or MAX_LENGTH_SECONDS) * job.session.sample_rate))
        return Gathered(scene=Scene(cues=_unique(cues, warnings), warnings=tuple(warnings)))
    look = request.spot if request.spot != "auto" else ("off" if sheets else "picture")
    looking, listening = _parts(handle, listens=look in ("sound", "both"))
    seen = spot(
        picture,
        sample_rate_hz=job.session.sample_rate,
        sensitivity=request.sensitivity,
        handle=looking,
    )
    _check_begin(job, request, cues, seen.length_samples)
    if look in ("picture", "both"):
        cues += seen.cues
    if look in ("sound", "both"):
        cues = _with_sound(cues, picture, job, request.sensitivity, listening)
    scene = Scene(
        cues=_unique(cues, warnings),
        shots_samples=seen.shots_samples,
        length_samples=seen.length_samples,
        picture=picture,
        warnings=(*warnings, *seen.warnings),
    )
    return Gathered(scene=scene, motion=seen.motion)


def _check_begin(job: Job, request: ComposeRequest, cues: Sequence[Cue], length_samples: int) -> None:
    """A sheet that lies wholly after the end counts from another start than the timeline does."""
    if not request.cue_sheet or not cues:
        return
    session = job.session
    first = min(cue.start_samples for cue in cues)
    if first < length_samples:
        return
    begin = session.start_samples + position_of(request, session)
    rate = session.frames.rate / session.sample_rate
    at, start = (session.frames.frames_to_timecode(round_late(samples * rate)) for samples in (begin + first, begin))
    raise BadArgument(
        f"The sheet begins at {at} and the timeline at {start}, so none of it can sound: does the sheet count from "
        "another start? Tell the session's start_timecode.",
        field="cue_sheet",
    )


def look(job: Job, request: SpotRequest, handle: Handle) -> Spotted:
    """What a spot job finds, in time; the picture's facts come along."""
    picture = picture_of(request)
    assert picture is not None  # a spot request names one
    looking, listening = _parts(handle, listens=request.source in ("sound", "both"))
    seen = spot(picture, sample_rate_hz=job.session.sample_rate, sensitivity=request.sensitivity, handle=looking)
    cues = list(seen.cues) if request.source in ("picture", "both") else []
    if request.source in ("sound", "both"):
        cues = _with_sound(cues, picture, job, request.sensitivity, listening)
    warnings = list(seen.warnings)
    return replace(seen, cues=_unique(cues, warnings), warnings=tuple(warnings))


def _parts(handle: Handle, *, listens: bool) -> tuple[Handle, Handle]:
    """Of the progress, what looking takes and what listening takes."""
    return (handle.part(0.0, _LOOKED), handle.part(_LOOKED, 1.0)) if listens else (handle, handle)


def _with_sound(cues: list[Cue], picture: Picture, job: Job, sensitivity: float, handle: Handle) -> list[Cue]:
    """The cues of the picture's own sound, each with what the picture shows at that moment; and the other cues."""
    rate = job.session.sample_rate
    near = round(SAME_MOMENT_SECONDS * rate)
    left = list(cues)
    heard = []
    for onset in guide_cues(picture, sample_rate_hz=rate, sensitivity=sensitivity, handle=handle):
        seen = min(left, key=lambda cue: abs(cue.start_samples - onset.start_samples), default=None)
        if seen is not None and seen.length_samples == 0 and abs(seen.start_samples - onset.start_samples) <= near:
            left.remove(seen)
            kept = {"start_samples": onset.start_samples, "strength": onset.strength, "origin": "guide"}
            onset = seen.model_copy(update=kept)
        heard.append(onset)
    return [*heard, *left]


def _sheets(job: Job, request: ComposeRequest) -> list[Sheet]:
    """The cue sheet and the markers."""
    session, position = job.session, position_of(request, job.session)
    rate = _frame_rate(request)
    found = []
    if request.cue_sheet:
        found.append(read_sheet(Path(request.cue_sheet), session=session, position_samples=position, frame_rate=rate))
    if request.markers:
        found.append(read_markers(request.markers, session=session, position_samples=position))
    return found


def _frame_rate(request: ComposeRequest) -> FrameRate | None:
    if not request.sheet_frame_rate:
        return None
    try:
        return FrameRate.parse(request.sheet_frame_rate)
    except BadArgument as error:
        raise BadArgument(error.sentence, field="sheet_frame_rate") from None


def _told(bad: BadRow) -> str:
    return f"Row {bad.row} was left out: {bad.reason}"


def _unique(cues: Iterable[Cue], warnings: list[str]) -> tuple[Cue, ...]:
    """In time, each with an id of its own, and no more than a plan holds: the surest stay, which is told."""
    ordered = sorted(cues, key=lambda cue: cue.start_samples)
    if len(ordered) > MAX_CUES:
        warnings.append(f"Of {len(ordered):,} cues the {MAX_CUES:,} surest are kept: split the job to have them all.")
        surest = sorted(ordered, key=lambda cue: cue.confidence, reverse=True)[:MAX_CUES]
        ordered = sorted(surest, key=lambda cue: cue.start_samples)
    names, numbers = {cue.id for cue in ordered}, count(2)
    taken: set[str] = set()
    unique = []
    for cue in ordered:
        name = cue.id
        if name in taken:
            name = next(free for n in numbers if (free := f"{cue.id[:24]}.{n}") not in names)
        taken.add(name)
        unique.append(cue if name == cue.id else cue.model_copy(update={"id": name}))
    return tuple(unique)
