"""Runs a job: the only place where the stages meet.

A :class:`Studio` holds what a worker needs (backends, presets, the take cache) and does one job at a time:
words -> plan -> takes -> levels and places -> stems -> mix, manifest, REAPER project. It knows nothing of processes,
journals or OSC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from engine.audio import Audio
from engine.backends.cache import TakeCache
from engine.backends.registry import Backends
from engine.config import Settings
from engine.errors import BackendFailed, BadArgument
from engine.handle import Handle
from engine.mixing.bus import mix
from engine.mixing.place import PlacedTake, place
from engine.plan import EditPlan, Event, Plan, TakeSpec
from engine.planning.planner import make_plan
from engine.planning.presets import load_presets
from engine.planning.scene import Scene
from engine.planning.sounds import Sounds
from engine.render import edited
from engine.render.aligned import aligned
from engine.render.beside import Beside
from engine.render.files import About, write, write_stem
from engine.render.scene import gather
from engine.render.spotted import spotted
from engine.render.treated import treated_sound, treated_take
from engine.request import AlignRequest, EditRequest, Job, SpotRequest
from engine.results import JobResult, Licence, StemFile, Take
from engine.stems import bwf
from engine.stems.export import write_rpp
from engine.stems.folder import clean_partials, make_folder
from engine.stems.manifest import Manifest, Versions, read_manifest, write_manifest
from engine.stems.naming import mix_name

OnStem = Callable[[StemFile], None]
P = TypeVar("P", Plan, EditPlan)
MIX_CATEGORY = "MIX"
MAX_MIXED_SAMPLES = 2**30
"""Of all takes that one mix holds at once, as 32-bit floats: 4 GB."""
_LOOKED = 0.4
"""Of a job with a picture: it takes about as long as the sounds."""
_PLANNED = 0.05
_RENDERED = 0.85


def _ignore(stem: StemFile) -> None:
    pass


class Studio:
    """Everything a worker holds between jobs.

    Parameters
    ----------
    settings
        Which backends, which planner, where the cache lies.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._backends = Backends(settings)
        self._presets = load_presets(settings)
        self._cache = TakeCache(settings.takes_folder, settings.cache_bytes)
        self._backends.preferred()  # imported before the first job, not in it

    def run(self, job: Job, handle: Handle = Handle(), on_stem: OnStem = _ignore) -> JobResult:  # noqa: B008
        """Do a job from its words to its files, telling every file that is complete.

        Raises
        ------
        CuewrightError
            Nothing partial is left; files told before stay, they are complete.
        """
        if isinstance(job.request, SpotRequest):
            return spotted(job, job.request, handle)
        if isinstance(job.request, EditRequest):
            return self._edit(job, job.request, handle, on_stem)
        if isinstance(job.request, AlignRequest):
            return aligned(job, job.request, self._settings, self._backends, handle, on_stem)
        folder = Path(job.request.folder)
        make_folder(folder)
        clean_partials(folder, job.id)
        handle.progress(0.0, "planning")
        kept = self._plan_path(job)
        try:
            motion: tuple[float, ...] = ()
            plan = _read_kept(Plan, kept)
            if plan is None:
                gathered = gather(job, handle.part(0.0, _LOOKED))
                if gathered.scene and gathered.scene.picture:
                    handle = handle.part(_LOOKED, 1.0)
                plan, motion = self._planned(job, gathered.scene), gathered.motion
            if plan.picture or not plan.outline.planner.startswith("rules"):
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(plan.model_dump_json(), encoding="utf-8")
            return self.render(job, plan, folder, handle, on_stem, beside=Beside(motion=motion))
        finally:
            kept.unlink(missing_ok=True)

    def _plan_path(self, job: Job) -> Path:
        """Where a plan that would not come out the same again, or takes long to make, lies until its job ends.

        Only a process that is killed leaves it there; the retry then finishes what was begun, instead of adding the
        stems of another plan.
        """
        name = hashlib.sha256(job.model_dump_json().encode()).hexdigest()
        return self._settings.data_folder / "plans" / f"{name}.json"

    def _edit(self, job: Job, request: EditRequest, handle: Handle, on_stem: OnStem) -> JobResult:
        folder = Path(request.folder or Path(request.audio).parent)
        clean_partials(folder, job.id)
        handle.progress(0.0, "planning")
        kept = self._plan_path(job)
        try:
            plan = _read_kept(EditPlan, kept) or self.plan_edit(job, request)
            if request.plan_only:
                return JobResult(job_id=job.id, actions="; ".join(plan.actions), warnings=plan.warnings)
            if plan.planner.startswith("llm"):
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(plan.model_dump_json(), encoding="utf-8")
            return self.render_edit(job, plan, folder, handle.part(_PLANNED, 1.0), on_stem)
        finally:
            kept.unlink(missing_ok=True)

    def plan_edit(self, job: Job, request: EditRequest) -> EditPlan:
        """What an edit would do."""
        sounds = Sounds(self._backends, self._presets, backend=request.backend)
        return edited.plan_of(job, request, self._settings, sounds)

    def render_edit(
        self, job: Job, plan: EditPlan, folder: Path, handle: Handle, on_stem: OnStem = _ignore
    ) -> JobResult:
        """Do what an edit's plan says."""
        return edited.render(job, plan, self._backends, folder, handle, on_stem, settings=self._settings)

    def plan(self, job: Job, handle: Handle = Handle()) -> Plan:  # noqa: B008
        """What would be done."""
        return self._planned(job, gather(job, handle).scene)

    def _planned(self, job: Job, scene: Scene | None) -> Plan:
        before = read_manifest(Path(job.previous_manifest)) if job.previous_manifest else None
        previous = before.plan if isinstance(before, Manifest) else None
        return make_plan(job, self._settings, self._backends, self._presets, previous, scene)

    def render(
        self,
        job: Job,
        plan: Plan,
        folder: Path,
        handle: Handle,
        on_stem: OnStem = _ignore,
        *,
        beside: Beside | None = None,
    ) -> JobResult:
        """Do what a plan says.

        Parameters
        ----------
        beside
            Also write what lies beside the stems for people; None writes the sounds, the project and the manifest.
        """
        _check_size(plan)
        make_folder(folder, need_bytes=_bytes_needed(plan))
        rendering = handle.part(_PLANNED, _RENDERED)
        rendering.progress(0.0, "rendering")
        stems: list[StemFile] = []
        first_takes: list[PlacedTake] = []
        licences: dict[str, Licence] = {}
        told: dict[str, None] = dict.fromkeys(plan.warnings)
        for index, event, number, take in self._takes(plan, rendering):
            take = treated_take(event, take, self._settings, Handle(is_cancelled=handle.is_cancelled))
            placed = place(plan, event, take)
            stem = write_stem(job, plan, event, number, index, placed, take, self._settings.creator, folder)
            stems.append(stem)
            licences.setdefault(take.licence.name, take.licence)
            told |= dict.fromkeys(take.warnings)
            on_stem(stem)
            rendering.check()
            if number == 1 and plan.mix:
                first_takes.append(placed)
        stems.sort(key=lambda stem: stem.index)
        handle.progress(_RENDERED, "mixing")
        mixed = self._mix(job, plan, first_takes, licences, len(stems) + 1, folder, told) if plan.mix else None
        if mixed is not None:
            on_stem(mixed)
        handle.progress(0.95, "writing")
        project = write_rpp(stems, mixed, plan, folder, job.id)
        manifest = Manifest(
            job=job,
            plan=plan,
            versions=Versions.here(versions_of(plan)),
            stems=tuple(stem.model_copy(update={"path": Path(stem.path).name}) for stem in stems),
            mix=mixed and mixed.model_copy(update={"path": Path(mixed.path).name}),
            project=project.name,
            warnings=tuple(told),
        )
        if beside:
            names = beside.write(manifest, folder, handle.part(0.95, 1.0))
            manifest = manifest.model_copy(update=names)
        path = write_manifest(manifest, folder)
        self._cache.trim()
        return manifest.result(path)

    def _takes(self, plan: Plan, handle: Handle) -> Iterator[tuple[int, Event, int, Take]]:
        """(index, event, number, take) of every take: from the cache first, then one batch a backend."""
        waiting: dict[str, list[tuple[int, Event, int, TakeSpec]]] = {}
        index = 0
        for event in plan.events:
            for number, spec in enumerate(event.takes, start=1):
                index += 1
                handle.check()
                if (take := self._cache.get(spec)) is not None:
                    yield index, event, number, take
                else:
                    waiting.setdefault(spec.backend, []).append((index, event, number, spec))
        done = index - sum(map(len, waiting.values()))
        for name, entries in waiting.items():
            rising = _Rising(handle.part(done / index, (done + len(entries)) / index))
            rendered = self._backends.get(name).render([spec for *_, spec in entries], rising.handle)
            for made, ((place_in_plan, event, number, spec), take) in enumerate(
                zip(entries, rendered, strict=True), start=1
            ):
                _check(spec, take)
                self._cache.put(spec, take)
                rising.progress(made / len(entries), "rendering")
                yield place_in_plan, event, number, take
            done += len(entries)

    def _mix(
        self,
        job: Job,
        plan: Plan,
        placed: list[PlacedTake],
        licences: dict[str, Licence],
        index: int,
        folder: Path,
        told: dict[str, None],
    ) -> StemFile:
        def through(audio: Audio) -> Audio:
            done, warnings = treated_sound(audio, plan.mix_chain, self._settings)
            told.update(dict.fromkeys(warnings))
            return done

        audio = mix(placed, plan, through)
        session = plan.session
        label = job.words.prompt or job.words.preset or job.id
        name = mix_name(label=label, creator=self._settings.creator, source=session.project, job_id=job.id)
        licence = Licence(
            name=" AND ".join(sorted(licences)), commercial=all(each.commercial for each in licences.values())
        )
        whole = PlacedTake(audio=audio, onset_samples=0, position_samples=plan.position_samples, pan=0.0, gain_db=0.0)
        about = About(kind="mix", index=index, track="Mix", label=label[:120], category=MIX_CATEGORY, licence=licence)
        return write(job, plan, whole, about, name, folder)


class _Rising:
    """Two reports of one thing, the backend's own and the number of takes that came, as one that never falls."""

    def __init__(self, handle: Handle) -> None:
        self._handle, self._most = handle, 0.0
        self.handle = Handle(on_progress=self._told, is_cancelled=handle.is_cancelled)

    def progress(self, fraction: float, stage: str) -> None:
        """Report, and stop here when cancelled."""
        self._handle.check()
        self._told(fraction, stage)

    def _told(self, fraction: float, stage: str) -> None:
        self._most = max(self._most, fraction)
        self._handle.on_progress(self._most, stage)


def _read_kept(kind: type[P], path: Path) -> P | None:
    try:
        return kind.read(path.read_bytes())
    except (OSError, BadArgument):
        return None


def versions_of(plan: Plan) -> dict[str, str]:
    """The backends of a plan, and the version that each was planned with."""
    return {spec.backend: spec.backend_version for event in plan.events for spec in event.takes}


def _check(spec: TakeSpec, take: Take) -> None:
    """What a backend, perhaps a third party's, must have kept to."""
    audio = take.audio
    if (audio.sample_rate_hz, audio.channels) != (spec.sample_rate_hz, spec.channels):
        raise BackendFailed(
            f"Backend {spec.backend!r} gave {audio.channels} channels at {audio.sample_rate_hz} Hz "
            f"for {spec.channels} at {spec.sample_rate_hz}.",
            field="backend",
        )
    if audio.length_samples - take.onset_samples > spec.length_samples:
        raise BackendFailed(f"Backend {spec.backend!r} gave a longer sound than was asked for.", field="backend")
    if audio.peak == 0.0:
        raise BackendFailed(f"Backend {spec.backend!r} gave silence for {spec.text!r}.", field="backend")


def _check_size(plan: Plan) -> None:
    """Refuse, before anything is rendered, what no file or this machine's memory would hold."""
    largest = max(spec.length_samples * spec.channels for event in plan.events for spec in event.takes)
    if max(largest, 2 * plan.length_samples) * bwf.BYTES_PER_SAMPLE > bwf.LARGEST_RIFF_BYTES:
        raise BadArgument("A sound is at most 4 GB: ask for shorter sounds, or a lower rate.", field="duration")
    mixed = sum(event.takes[0].length_samples * event.takes[0].channels for event in plan.events)
    if plan.mix and mixed > MAX_MIXED_SAMPLES:
        raise BadArgument(
            f"The mix would need {mixed * 4 / 2**30:.0f} GB of memory: split the prompt, or leave the mix out.",
            field="mix",
        )


def _bytes_needed(plan: Plan) -> int:
    """Of all stems and the mix; what is read from the cache is written again all the same."""
    samples = sum(spec.length_samples * spec.channels for event in plan.events for spec in event.takes)
    samples += 2 * plan.length_samples * plan.mix
    return samples * bwf.BYTES_PER_SAMPLE
