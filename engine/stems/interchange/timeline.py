"""A finished job as a timeline, which every format of interchange is written from.

Built from the manifest alone, so a job can be handed on any time later and from wherever its folder lies now. Samples
throughout, counted from the session's start. It knows no format.

Other formats have no takes as REAPER has, and no two clips of a track may overlap there. So each track becomes lanes:
the first takes are heard; other takes and the mix lie on lanes that are to be muted, or left out where a format has no
mute, because two takes heard at once are a fault and a missing take is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.cue import Cue
from engine.errors import BadArgument, FileUnreadable, RequestError
from engine.picture import Picture
from engine.plan import Plan
from engine.results import StemFile
from engine.session import Session
from engine.stems.layout import Encoding
from engine.stems.manifest import EditManifest, Manifest
from engine.stems.original import Original

LONGEST_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A moment, or a span where its length is not 0."""

    name: str
    start_samples: int
    length_samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPicture:
    """The picture that sounds were made for."""

    picture: Picture
    start_samples: int
    length_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Clips of one width that follow each other without overlap."""

    name: str
    channels: int
    clips: tuple[StemFile, ...]
    audible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Where everything of a job lies.

    Parameters
    ----------
    created
        When the job was, ISO 8601.
    sample_rate_hz
        Of every number of samples here: the files' rate.
    stems
        With absolute paths, in the job's order.
    """

    job_id: str
    title: str
    created: str
    session: Session
    sample_rate_hz: int
    stems: tuple[StemFile, ...]
    mix: StemFile | None = None
    markers: tuple[Marker, ...] = ()
    picture: PlacedPicture | None = None
    encodings: dict[str, Encoding] = field(default_factory=dict)
    """How the samples of each file lie, by its path; see :func:`checked`."""

    @property
    def start_frames(self) -> int:
        """Timecode at sample 0, as a frame number."""
        return self.session.frames.timecode_to_frames(self.session.start_timecode)

    @property
    def start_samples(self) -> int:
        """Samples from midnight to sample 0."""
        return self.session.frames.frames_to_samples(self.start_frames, self.sample_rate_hz)

    @property
    def end_samples(self) -> int:
        """One past the last sample of any sound."""
        return max(end_of(stem) for stem in (*self.stems, *((self.mix,) if self.mix else ())))

    def lanes(self, span: Callable[[StemFile], tuple[int, int]] | None = None) -> tuple[Lane, ...]:
        """The lanes of each track in the stems' order, those that are heard first; the mix comes last.

        Parameters
        ----------
        span
            Where a stem begins and ends, for formats that count in something else than samples.
        """
        tracks: dict[str, dict[tuple[int, int], list[StemFile]]] = {}
        for stem in self.stems:
            tracks.setdefault(stem.track, {}).setdefault((stem.take, stem.channels), []).append(stem)
        found: list[Lane] = []
        for track, groups in tracks.items():
            name = plain_name(track) or "Cuewright"
            heard = 0
            for (take, channels), stems in sorted(groups.items(), key=lambda group: group[0][0]):
                for row in _rows(stems, span or samples_of):
                    heard += take == 1
                    shown = name if heard <= 1 else f"{name} {heard}"
                    found.append(
                        Lane(
                            name=shown if take == 1 else f"{name} take {take}",
                            channels=channels,
                            clips=row,
                            audible=take == 1,
                        )
                    )
        if self.mix:
            found.append(Lane(name="Mix", channels=self.mix.channels, clips=(self.mix,), audible=False))
        return tuple(found)


def end_of(stem: StemFile) -> int:
    """One past the stem's last sample."""
    return stem.position_samples + stem.length_samples


def samples_of(stem: StemFile) -> tuple[int, int]:
    """Its first sample, and one past its last."""
    return stem.position_samples, end_of(stem)


def _rows(stems: Iterable[StemFile], span: Callable[[StemFile], tuple[int, int]]) -> list[tuple[StemFile, ...]]:
    """As few rows as hold them without overlap: each goes to the first row that is free."""
    rows: list[list[StemFile]] = []
    for stem in sorted(stems, key=lambda s: (span(s)[0], s.index)):
        free = next((row for row in rows if span(row[-1])[1] <= span(stem)[0]), None)
        if free is None:
            rows.append([stem])
        else:
            free.append(stem)
    return [tuple(row) for row in rows]


def plain_name(text: str) -> str:
    """On one line, without what cannot be shown, at most 255 characters.

    >>> plain_name('door\\n"slam"')
    'door "slam"'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_NAME]


def clip_name(stem: StemFile) -> str:
    """What a clip is called: by its label, or its file where that is empty."""
    return plain_name(stem.label) or Path(stem.path).stem


def of_plan(plan: Plan, stems: Iterable[StemFile], mix: StemFile | None, *, job_id: str, created: str = "") -> Timeline:
    """The timeline of stems with absolute paths."""
    pans = {event.id: event.pan for event in plan.events}
    placed = [stem.model_copy(update={"pan": pans.get(stem.event, stem.pan)}) for stem in stems]
    return Timeline(
        job_id=job_id,
        title=plain_name(plan.session.project or plan.prompt) or job_id,
        created=created,
        session=plan.session,
        sample_rate_hz=plan.session.sample_rate,
        stems=tuple(sorted(placed, key=lambda s: (s.index, s.take))),
        mix=mix,
        markers=tuple(_marker(cue, plan.position_samples) for cue in plan.cues),
        picture=_placed(plan.picture, plan) if plan.picture else None,
    )


def _placed(picture: Picture, plan: Plan) -> PlacedPicture:
    return PlacedPicture(picture=picture, start_samples=plan.position_samples, length_samples=plan.length_samples)


def _marker(cue: Cue, position_samples: int) -> Marker:
    return Marker(
        name=plain_name(cue.label or cue.kind),
        start_samples=position_samples + cue.start_samples,
        length_samples=cue.length_samples,
    )


def of_manifest(manifest: Manifest | EditManifest, path: Path) -> Timeline:
    """The timeline of a finished job, its files beside the manifest at ``path``.

    Raises
    ------
    FileUnreadable
        When it has no stem.
    """
    result = manifest.result(path)
    if not result.stems:
        raise FileUnreadable(f"{path} tells of no stem: there is nothing to hand on.", field="manifest")
    if isinstance(manifest, Manifest):
        job = manifest.job
        return of_plan(manifest.plan, result.stems, result.mix, job_id=job.id, created=job.created)
    session = manifest.edit.session
    return Timeline(
        job_id=Path(manifest.stems[0].path).stem,
        title=plain_name(session.project or manifest.edit.said) or manifest.job.id,
        created=manifest.job.created,
        session=session,
        sample_rate_hz=result.stems[0].sample_rate_hz,
        stems=result.stems,
    )


def in_session(timeline: Timeline, session: Session) -> Timeline:
    """The same for a session that starts elsewhere: the time of day of every sound stays, its sample changes."""
    moved = replace(timeline, session=session)
    by = timeline.start_samples - moved.start_samples
    picture = timeline.picture
    return replace(
        moved,
        stems=tuple(_moved(stem, by) for stem in timeline.stems),
        mix=timeline.mix and _moved(timeline.mix, by),
        markers=tuple(replace(m, start_samples=m.start_samples + by) for m in timeline.markers),
        picture=picture and replace(picture, start_samples=picture.start_samples + by),
    )


def starting_at(timeline: Timeline, start_timecode: str) -> Timeline:
    """:func:`in_session` for the job's own session with another start.

    Raises
    ------
    BadArgument
        When it is no timecode of the session's frame rate.
    """
    try:
        session = Session.read({**timeline.session.model_dump(), "start_timecode": start_timecode})
    except RequestError as error:
        raise BadArgument(error.sentence, field="session_start") from None
    return in_session(timeline, session)


def _moved(stem: StemFile, by: int) -> StemFile:
    return stem.model_copy(update={"position_samples": stem.position_samples + by})


def checked(timeline: Timeline) -> Timeline:
    """See that every sound lies in the session and every file is what the manifest tells.

    Raises
    ------
    BadArgument
        When a sound lies before the session's start.
    FileUnreadable
        When a file is missing, or is another than was written.
    """
    encodings: dict[str, Encoding] = {}
    for number, stem in enumerate((*timeline.stems, *((timeline.mix,) if timeline.mix else ()))):
        if stem.position_samples < 0:
            before = -stem.position_samples / timeline.sample_rate_hz
            raise BadArgument(
                f"{clip_name(stem)!r} begins {before:.3f} s before {timeline.session.start_timecode}, where the "
                "session starts: give an earlier --session-start.",
                field="session_start",
            )
        encodings[stem.path] = _encoding(stem, f"stems[{number}]" if stem.kind == "stem" else "mix")
    return replace(timeline, encodings=encodings)


def _encoding(stem: StemFile, where: str) -> Encoding:
    path = Path(stem.path)
    if not stem.path.isprintable():
        raise FileUnreadable(f"{stem.path!r} cannot be written into a list: rename the folder.", field=where)
    if not path.exists():
        raise FileUnreadable(f"{path} is missing: bring it back with 'cuewright rebuild'.", field=where)
    with Original(path, field=where) as file:
        told = (stem.length_samples, stem.sample_rate_hz, stem.channels)
        if (file.length_samples, file.sample_rate_hz, file.file_channels) != told:
            raise FileUnreadable(
                f"{path} is not the file that was written: {file.length_samples:,} samples at {file.sample_rate_hz:,} "
                f"Hz in {file.file_channels} channels; the manifest tells of {told[0]:,}, {told[1]:,} and {told[2]}.",
                field=where,
            )
        return file.encoding
