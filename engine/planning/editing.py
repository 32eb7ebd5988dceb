"""An edit request to a plan: which samples of which file, what is done to them, and with what seeds.

It is told the facts of the file; it opens none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.action import (
    Action,
    Denoise,
    Extend,
    Fill,
    Restyle,
    SpectralGate,
    SpectralSubtraction,
    Treat,
    Wavelet,
    Wiener,
    Worldize,
)
from engine.config import Settings
from engine.errors import BadArgument, PromptNotMatched
from engine.plan import Cutting, EditPlan, TakeSpec
from engine.planning.events import position_of, stable_hash
from engine.planning.instruct import instructed
from engine.planning.sounds import Choice, Sounds
from engine.region import Region
from engine.request import AlignRequest, EditRequest, Job, RegionRequest
from engine.timebase import seconds_to_samples

_ROUNDING_SECONDS = 0.05
"""A region that reaches so far beyond its file does so because a DAW rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of a file that is to be edited.

    Parameters
    ----------
    time_reference
        Samples since midnight of its first sample, where it tells.
    """

    sample_rate_hz: int
    length_samples: int
    channels: int
    time_reference: int | None = None


def region_of(request: RegionRequest) -> Region:
    """The region that a request names.

    Raises
    ------
    BadArgument
        When the channels are not written as they should be.
    """
    said = request.channels.strip().lower()
    if said and said != "mix" and not re.fullmatch(r"[1-8]([ ,]+[1-8]){0,7}", said):
        raise BadArgument('Channels are numbers from 1, like "1" or "1 2", or "mix".', field="channels")
    wanted = () if said == "mix" else tuple(int(number) for number in re.findall(r"\d", said))
    return Region(
        path=request.audio,
        offset_seconds=request.offset,
        length_seconds=request.duration,
        play_rate=request.play_rate,
        channels=wanted,
        mixed=said == "mix",
    )


def plan_edit(job: Job, request: EditRequest, facts: Facts, settings: Settings, sounds: Sounds) -> EditPlan:
    """Decide everything.

    Raises
    ------
    BadArgument, PromptNotMatched
        With what in the request cannot be done.
    """
    warnings: list[str] = []
    region = region_of(request)
    cutting = cutting_of(region, facts, warnings)
    length = cutting.end_samples - cutting.start_samples
    selection = _selection(request, facts, length, warnings)
    rate = facts.sample_rate_hz
    read = instructed(
        request.do,
        settings,
        planner=request.planner,
        length_seconds=(length if selection is None else selection[1] - selection[0]) / rate,
        selected=selection is not None,
        treatments=sounds.treatments_in,
    )
    seed = stable_hash(job.id) >> 11 if request.seed is None else request.seed
    return EditPlan(
        said=request.do,
        actions=tuple(str(action) for action in read.actions),
        planner=read.planner,
        session=job.session.model_copy(update={"sample_rate": rate}),
        region=region,
        cutting=cutting,
        selection=selection,
        position_samples=place_of(job, request, facts, cutting),
        noise=_noise(request, facts, cutting),
        reference=request.reference,
        sounds=_new_sounds(read.actions, selection, facts, sounds),
        chains={action.chain: sounds.chain(action.chain, "do") for action in read.actions if isinstance(action, Treat)},
        seeds=tuple(stable_hash(f"{seed}/edit/{take}") >> 11 for take in range(request.takes)),
        warnings=(*warnings, *read.warnings, *_told(request, read.actions)),
    )


def plan_alignment(
    job: Job, request: AlignRequest, facts: Facts, cutting: Cutting, done: Alignment, warnings: Sequence[str]
) -> EditPlan:
    """The edit that the best version is."""
    seed = stable_hash(job.id) >> 11 if request.seed is None else request.seed
    return EditPlan(
        said="align to picture",
        actions=done.actions,
        planner=done.planner,
        session=job.session.model_copy(update={"sample_rate": facts.sample_rate_hz}),
        region=region_of(request),
        cutting=cutting,
        position_samples=place_of(job, request, facts, cutting),
        seeds=(stable_hash(f"{seed}/edit/0") >> 11,),
        warnings=tuple(warnings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What the best version of a region took, and who planned it."""

    actions: tuple[str, ...]
    planner: str


def _told(request: EditRequest, actions: tuple[Action, ...]) -> Iterator[str]:
    """What somebody may take to be done and is not."""
    if request.play_rate != 1 and any(_tells_seconds(action) for action in actions):
        yield f"Seconds in actions are the file's, before it is played at {request.play_rate:g} times its speed."
    if request.reference and not any(isinstance(action, Worldize) for action in actions):
        yield "The reference is not used: only worldize takes its room."
    if request.noise_length is not None and not any(isinstance(action, _DENOISERS) for action in actions):
        yield "The noise is not used: none of the actions takes noise away."


def _tells_seconds(action: Action) -> bool:
    return any(key.endswith("seconds") or key in ("envelope", "anchors") for key in action.model_fields_set)


_DENOISERS = (Denoise, SpectralSubtraction, Wiener, Wavelet, SpectralGate)


def cutting_of(region: Region, facts: Facts, warnings: list[str]) -> Cutting:
    """The region in samples of its file; what is said of it is added to the warnings.

    Raises
    ------
    BadArgument
        When it begins after the file's end.
    """
    rate = facts.sample_rate_hz
    start = seconds_to_samples(region.offset_seconds, rate)
    if start >= facts.length_samples:
        raise BadArgument(
            f"The region begins at {region.offset_seconds:g} s and the file ends at {facts.length_samples / rate:g} s.",
            field="offset",
        )
    end = facts.length_samples
    if region.length_seconds is not None:
        wanted = start + max(1, seconds_to_samples(region.length_seconds * region.play_rate, rate))
        if wanted - end > _ROUNDING_SECONDS * rate:
            warnings.append(f"The region goes on {(wanted - end) / rate:.2f} s beyond its file; the take ends with it.")
        end = min(end, wanted)
    return Cutting(path=region.path, start_samples=start, end_samples=end)


def _selection(request: EditRequest, facts: Facts, length: int, warnings: list[str]) -> tuple[int, int] | None:
    if not request.selection_start and request.selection_length is None:
        return None
    rate = facts.sample_rate_hz
    start = seconds_to_samples(request.selection_start * request.play_rate, rate)
    if start >= length:
        raise BadArgument(
            f"The selection begins at {request.selection_start:g} s and the region is "
            f"{length / rate / request.play_rate:g} s long.",
            field="selection_start",
        )
    end = length
    if request.selection_length is not None:
        wanted = start + max(1, seconds_to_samples(request.selection_length * request.play_rate, rate))
        if wanted - end > _ROUNDING_SECONDS * rate:
            warnings.append(f"The selection goes on {(wanted - end) / rate:.2f} s beyond the region; it ends with it.")
        end = min(end, wanted)
    return start, end


def place_of(job: Job, request: RegionRequest, facts: Facts, cutting: Cutting) -> int:
    """On the session's timeline, at the file's rate: as told, else where the file says that it was recorded."""
    session = job.session
    if request.position_samples is not None or request.position_timecode:
        told = position_of(request, session)
        return round(told * facts.sample_rate_hz / session.sample_rate)
    if facts.time_reference is None:
        return 0
    start = session.model_copy(update={"sample_rate": facts.sample_rate_hz}).start_samples
    return facts.time_reference + cutting.start_samples - start


def _noise(request: EditRequest, facts: Facts, cutting: Cutting) -> Cutting | None:
    """In a file of its own in seconds of that file; else in the region, on the timeline."""
    if request.noise_length is None:
        return None
    if request.noise_audio:
        # Its rate is not known yet; the numbers are at this file's rate until the noise is read.
        speed, offset, most = 1.0, 0, None
    else:
        speed, offset, most = request.play_rate, cutting.start_samples, cutting.end_samples
    rate = facts.sample_rate_hz
    start = offset + seconds_to_samples(request.noise_start * speed, rate)
    end = start + max(1, seconds_to_samples(request.noise_length * speed, rate))
    if most is not None and start >= most:
        raise BadArgument("The noise begins after the region's end.", field="noise_start")
    return Cutting(path=request.noise_audio or request.audio, start_samples=start, end_samples=min(end, most or end))


def _new_sounds(
    actions: tuple[Action, ...], selection: tuple[int, int] | None, facts: Facts, sounds: Sounds
) -> tuple[TakeSpec, ...]:
    specs = []
    for action in actions:
        if not isinstance(action, Fill | Extend | Restyle) or not action.text:
            continue
        if selection is None and isinstance(action, Fill):
            continue  # which is told when it is done
        found = sounds.find(action.text) if isinstance(action, Fill) else sounds.changing(action.text)
        if found is None:
            raise BadArgument(
                f"{action.name} with words needs a model that works on sounds: name one with backend "
                "('cuewright models list' shows them).",
                field="backend",
            )
        if not isinstance(found, Choice):
            near = f" The nearest there is: {', '.join(found.labels)}." if found.labels else ""
            raise PromptNotMatched(f"Nothing here sounds like {action.text!r}.{near}", field="do")
        source = found.match.sources[0]
        specs.append(
            TakeSpec(
                backend=found.backend.name,
                backend_version=found.backend.version,
                source=source,
                text=action.text,
                params=found.match.params,
                seed=0,
                length_samples=selection[1] - selection[0] if selection else facts.length_samples,
                channels=min(2, facts.channels),
                sample_rate_hz=facts.sample_rate_hz,
            )
        )
    return tuple(specs)
