"""Runs a job: the only place where the stages meet.

A :class:`Studio` holds what a worker needs (backends, presets, the take cache) and does one job at a time:
words -> plan -> takes -> levels and places -> stems -> mix, manifest, REAPER project. It knows nothing of processes,
journals or OSC.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import engine
from engine.backends.cache import TakeCache
from engine.backends.registry import Backends
from engine.config import Settings
from engine.dsp import loudness, true_peak
from engine.errors import BackendFailed, BadArgument, FileUnreadable, RebuildDiffers
from engine.handle import Handle
from engine.mixing.bus import mix
from engine.mixing.place import PlacedTake, place
from engine.model import Model
from engine.plan import Event, Plan, TakeSpec
from engine.planning.planner import make_plan
from engine.planning.presets import load_presets
from engine.request import Job
from engine.results import JobResult, Licence, StemFile, Take
from engine.stems import bwf
from engine.stems.export import write_rpp
from engine.stems.folder import clean_partials, make_folder, publish
from engine.stems.manifest import Manifest, Versions, differences, read_manifest, write_manifest
from engine.stems.naming import mix_name, stem_name

OnStem = Callable[[StemFile], None]
MIX_CATEGORY = "MIX"
MAX_MIXED_SAMPLES = 2**30
"""Of all takes that one mix holds at once, as 32-bit floats: 4 GB."""
_PLANNED = 0.05
_RENDERED = 0.85


def _ignore(stem: StemFile) -> None:
    pass


class RebuildReport(Model):
    """What a rebuild found."""

    total: int
    same: int
    written: int
    folder: str


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
        folder = Path(job.request.folder)
        make_folder(folder)
        clean_partials(folder, job.id)
        handle.progress(0.0, "planning")
        kept = self._plan_path(job)
        try:
            plan = self._kept_plan(kept) or self.plan(job)
            if not plan.outline.planner.startswith("rules"):
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(plan.model_dump_json(), encoding="utf-8")
            return self.render(job, plan, folder, handle, on_stem)
        finally:
            kept.unlink(missing_ok=True)

    def _plan_path(self, job: Job) -> Path:
        """Where a plan that would not come out the same again lies until its job ends.

        Only a process that is killed leaves it there; the retry then finishes what was begun, instead of adding the
        stems of another plan.
        """
        name = hashlib.sha256(job.model_dump_json().encode()).hexdigest()
        return self._settings.data_folder / "plans" / f"{name}.json"

    def _kept_plan(self, path: Path) -> Plan | None:
        try:
            return Plan.read(path.read_bytes())
        except (OSError, BadArgument):
            return None

    def plan(self, job: Job) -> Plan:
        """What would be done."""
        previous = read_manifest(Path(job.previous_manifest)).plan if job.previous_manifest else None
        return make_plan(job, self._settings, self._backends, self._presets, previous)

    def render(self, job: Job, plan: Plan, folder: Path, handle: Handle, on_stem: OnStem = _ignore) -> JobResult:
        """Do what a plan says."""
        _check_size(plan)
        make_folder(folder, need_bytes=_bytes_needed(plan))
        rendering = handle.part(_PLANNED, _RENDERED)
        rendering.progress(0.0, "rendering")
        total = sum(len(event.takes) for event in plan.events)
        stems: list[StemFile] = []
        first_takes: list[PlacedTake] = []
        licences: dict[str, Licence] = {}
        for done, (index, event, number, take) in enumerate(self._takes(plan, rendering), start=1):
            placed = place(plan, event, take)
            stem = _write_stem(job, plan, event, number, index, placed, take, self._settings.creator, folder)
            stems.append(stem)
            licences.setdefault(take.licence.name, take.licence)
            on_stem(stem)
            rendering.progress(done / total, "rendering")
            if number == 1 and plan.mix:
                first_takes.append(placed)
        stems.sort(key=lambda stem: stem.index)
        handle.progress(_RENDERED, "mixing")
        mixed = self._mix(job, plan, first_takes, licences, len(stems) + 1, folder) if plan.mix else None
        if mixed is not None:
            on_stem(mixed)
        handle.progress(0.95, "writing")
        project = write_rpp(stems, mixed, plan.session, {event.id: event.pan for event in plan.events}, folder, job.id)
        manifest = Manifest(
            job=job,
            plan=plan,
            versions=Versions.here(self._versions_of(plan)),
            stems=tuple(stem.model_copy(update={"path": Path(stem.path).name}) for stem in stems),
            mix=mixed and mixed.model_copy(update={"path": Path(mixed.path).name}),
            project=project.name,
            warnings=plan.warnings,
        )
        path = write_manifest(manifest, folder)
        self._cache.trim()
        return manifest.result(path)

    def _versions_of(self, plan: Plan) -> dict[str, str]:
        return {spec.backend: spec.backend_version for event in plan.events for spec in event.takes}

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
        quiet = Handle(is_cancelled=handle.is_cancelled)
        for name, entries in waiting.items():
            rendered = self._backends.get(name).render([spec for *_, spec in entries], quiet)
            for (place_in_plan, event, number, spec), take in zip(entries, rendered, strict=True):
                handle.check()
                _check(spec, take)
                self._cache.put(spec, take)
                yield place_in_plan, event, number, take

    def _mix(
        self,
        job: Job,
        plan: Plan,
        placed: list[PlacedTake],
        licences: dict[str, Licence],
        index: int,
        folder: Path,
    ) -> StemFile:
        audio = mix(placed, plan)
        session = plan.session
        label = job.request.prompt or job.request.preset
        name = mix_name(label=label, creator=self._settings.creator, source=session.project, job_id=job.id)
        licence = Licence(
            name=" AND ".join(sorted(licences)), commercial=all(each.commercial for each in licences.values())
        )
        whole = PlacedTake(audio=audio, onset_samples=0, position_samples=plan.position_samples, pan=0.0, gain_db=0.0)
        about = _About(kind="mix", index=index, track="Mix", label=label[:120], category=MIX_CATEGORY, licence=licence)
        return _write(job, plan, whole, about, name, folder)

    def rebuild(self, manifest_path: Path, out: Path | None, handle: Handle) -> RebuildReport:
        """Render a manifest's plan again, without the cache, and compare every file.

        Parameters
        ----------
        out
            Where the files go; None puts missing ones back beside the manifest. Files that exist are never changed.

        Raises
        ------
        RebuildDiffers
            Naming the files, and the versions that changed; nothing was written.
        """
        manifest = read_manifest(manifest_path)
        target = out or manifest_path.parent
        make_folder(target)
        wanted = [*manifest.stems, *((manifest.mix,) if manifest.mix else ())]
        there = {old.path for old in wanted if (target / old.path).exists()}
        fresh = Studio(self._settings.model_copy(update={"cache_bytes": 0, "cache_folder": target / ".no-cache"}))
        with tempfile.TemporaryDirectory(prefix=".cuewright-rebuild-", dir=target) as temporary:
            result = fresh.render(manifest.job, manifest.plan, Path(temporary), handle)
            made = [*result.stems, *((result.mix,) if result.mix else ())]
            if len(made) != len(wanted):
                raise FileUnreadable(
                    f"{manifest_path} lists {len(wanted)} files and its plan makes {len(made)}: it was edited.",
                    field="manifest",
                )
            differing = [old.path for old, new in zip(wanted, made, strict=True) if old.sha256 != new.sha256]
            if differing:
                changed = differences(manifest.versions, Versions.here(self._current_versions(manifest.plan)))
                why = "; ".join(changed) or "no version changed, so a source file or this machine's arithmetic did"
                raise RebuildDiffers(
                    f"{len(differing)} of {len(wanted)} files differ ({', '.join(differing[:3])}): {why}. "
                    "The files there are kept as they are."
                )
            for old in wanted:
                if old.path in there and _sha256(target / old.path) != old.sha256:
                    raise RebuildDiffers(
                        f"{target / old.path} was changed since it was made; it is kept. Name another folder: --out."
                    )
            for old, new in zip(wanted, made, strict=True):
                if old.path not in there:
                    with Path(new.path).open("rb") as source:
                        publish(target / old.path, manifest.job.id, partial(shutil.copyfileobj, source))
        written = sum(old.path not in there for old in wanted)
        return RebuildReport(total=len(wanted), same=len(wanted), written=written, folder=str(target))

    def _current_versions(self, plan: Plan) -> dict[str, str]:
        return {name: self._backends.get(name).version for name in self._versions_of(plan)}


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
    if max(largest, 2 * plan.length_samples) * bwf.BYTES_PER_SAMPLE > bwf.LARGEST_BYTES:
        raise BadArgument("A WAV file holds at most 4 GB: ask for shorter sounds, or a lower rate.", field="duration")
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


def _write_stem(
    job: Job,
    plan: Plan,
    event: Event,
    number: int,
    index: int,
    placed: PlacedTake,
    take: Take,
    creator: str,
    folder: Path,
) -> StemFile:
    name = stem_name(
        category=event.category,
        label=event.label,
        creator=creator,
        source=plan.session.project,
        job_id=job.id,
        event=event.id,
        take=number,
    )
    about = _About(
        text=event.text,
        event=event.id,
        take=number,
        index=index,
        track=event.track,
        label=event.label,
        category=event.category,
        licence=take.licence,
    )
    return _write(job, plan, placed, about, name, folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What is known of a file before its sound is measured and written."""

    kind: Literal["stem", "mix"] = "stem"
    text: str = ""
    event: str = ""
    take: int = 1
    index: int
    track: str
    label: str
    category: str
    licence: Licence


def _write(job: Job, plan: Plan, placed: PlacedTake, about: _About, name: str, folder: Path) -> StemFile:
    """Measure a sound and write its file."""
    audio = placed.audio
    measured = loudness.measure(audio)
    peak_dbtp = true_peak.measure_dbtp(audio)
    description = bwf.Description(
        description=about.text or plan.prompt,
        reference=f"CW{about.take:02d}{hashlib.sha256(f'{job.id} {about.event}'.encode()).hexdigest()[:28]}",
        created=job.created,
        position_samples=placed.position_samples,
        session=plan.session,
        track=about.track,
        take=about.take,
        category=about.category,
        label=about.label,
        licence=about.licence.name,
        loudness_lufs=measured.integrated_lufs,
        momentary_lufs=measured.momentary_max_lufs,
        short_term_lufs=measured.short_term_max_lufs,
        peak_dbtp=peak_dbtp,
        version=engine.__version__,
    )
    path = publish(folder / name, job.id, lambda file: bwf.write(file, audio, description))
    return StemFile(
        kind=about.kind,
        path=str(path),
        sha256=_sha256(path),
        event=about.event,
        take=about.take,
        index=about.index,
        track=about.track,
        label=about.label,
        category=about.category,
        position_samples=placed.position_samples,
        onset_samples=placed.onset_samples,
        length_samples=audio.length_samples,
        sample_rate_hz=audio.sample_rate_hz,
        channels=audio.channels,
        loudness_lufs=measured.integrated_lufs,
        peak_dbtp=peak_dbtp,
        licence=about.licence,
    )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read back: {error}.") from None
