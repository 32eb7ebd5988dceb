"""An edit job: a region in, a new take of it beside the original out. The original is opened for reading only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine.action import Action, Fill, Resample, Restyle, Speed
from engine.audio import Audio, Samples
from engine.backends.base import Changer, Reworder, WordEdit
from engine.backends.library.names import parse_name
from engine.backends.registry import Backends
from engine.config import Settings
from engine.dsp import loudness, true_peak
from engine.dsp.resample import resampled
from engine.dsp.warp import MOST_FACTOR
from engine.editing.apply import AROUND_SECONDS, Span, Watched, edited
from engine.editing.kit import ChangeSound, Kit, MakeSound
from engine.editing.spool import Spool
from engine.editing.spot import crossfaded
from engine.errors import BadArgument
from engine.handle import Handle
from engine.plan import EditPlan, TakeSpec
from engine.planning.action_text import parse_actions
from engine.planning.editing import Facts, plan_edit, region_of
from engine.planning.sounds import Sounds
from engine.region import Region
from engine.render.files import sha256_of
from engine.render.treated import treating
from engine.request import EditRequest, Job, RegionRequest
from engine.results import JobResult, Licence, StemFile
from engine.source import BLOCK_SAMPLES, Part, Source, blocks
from engine.stems import bwf
from engine.stems.folder import make_folder, publish
from engine.stems.layout import Encoding, Layout
from engine.stems.manifest import EditManifest, Versions, write_manifest
from engine.stems.metadata import Description, Inherited
from engine.stems.original import Original
from engine.trace import Trace

OnStem = Callable[[StemFile], None]
OWN = Licence(name="LicenseRef-original", commercial=True, note="As the file that it was made of.")
_WRITTEN = 0.9
_EDIT = re.compile(r" edit(-\d+)?$")
_NAME_BYTES = 200
"""Of the original's name; file systems hold 255."""
_FULL_SCALE = 1.0
_PRECISE: dict[Encoding, Encoding] = {"pcm16": "pcm24"}
"""What is computed needs more than 16 bits; every other encoding stays what it is."""


def plan_of(job: Job, request: EditRequest, settings: Settings, sounds: Sounds) -> EditPlan:
    """What would be done.

    Raises
    ------
    FileUnreadable, BadArgument, PromptNotMatched
        With what is wrong.
    """
    with opened(region_of(request)) as original:
        facts = facts_of(original)
        missing = original.missing_bytes()
    plan = plan_edit(job, request, facts, settings, sounds)
    if missing:
        told = f"{Path(request.audio).name} is {missing:,} bytes shorter than it says; what is there is edited."
        plan = plan.model_copy(update={"warnings": (told, *plan.warnings)})
    return plan


def facts_of(original: Original) -> Facts:
    """What a plan has to know of a file."""
    return Facts(
        sample_rate_hz=original.sample_rate_hz,
        length_samples=original.length_samples,
        channels=original.channels,
        time_reference=Inherited(original.metadata().bext, b"").time_reference,
    )


def render(
    job: Job,
    plan: EditPlan,
    backends: Backends,
    folder: Path,
    handle: Handle,
    on_stem: OnStem,
    *,
    settings: Settings,
    trace: Trace | None = None,
    report: str = "",
) -> JobResult:
    """Do what a plan says, a file a take.

    Parameters
    ----------
    trace, report
        How the plan was found, and the page that shows it, for the manifest.

    Raises
    ------
    CuewrightError
        Nothing partial is left; takes told before stay, they are complete.
    """
    with opened(plan.region) as original:
        make_folder(folder, need_bytes=_bytes_needed(plan, original.channels))
    told: dict[str, None] = dict.fromkeys(plan.warnings)
    editor = _Editor(job, plan, backends, folder, told.setdefault, settings)
    stems: list[StemFile] = []
    total = len(plan.seeds)
    for number, seed in enumerate(plan.seeds, start=1):
        stems.append(editor.take(number, seed, handle.part((number - 1) / total, number / total)))
        on_stem(stems[-1])
    manifest = EditManifest(
        job=job,
        edit=plan,
        trace=trace,
        report=report,
        versions=Versions.here({spec.backend: spec.backend_version for spec in plan.sounds}),
        stems=tuple(stem.model_copy(update={"path": Path(stem.path).name}) for stem in stems),
        warnings=tuple(told),
    )
    return manifest.result(write_manifest(manifest, folder))


def tell_faults(original: Original, warn: Callable[[str], object]) -> None:
    """What was wrong in the file that has been read."""
    name, faults = original.path.name, original.faults
    if faults.not_numbers:
        warn(
            f"{name} holds samples that are no numbers, or far over full scale; where they are edited they count as "
            "silence."
        )
    if faults.missing:
        warn(f"{name} ends before its header says; what is missing is silence.")


def opened(region: Region, field: str = "audio") -> Original:
    """The file of a region, with the channels that it wants; raises as :class:`~engine.stems.original.Original`."""
    return Original(Path(region.path), channels_wanted=region.channels, mixed=region.mixed, field=field)


def _reworded(backend: Changer, heard: Audio, vary: Restyle, spec: TakeSpec, handle: Handle) -> Audio:
    """Other words for some of those that a sound was made of."""
    if not isinstance(backend, Reworder):
        raise BadArgument(
            f"Backend {spec.backend!r} cannot change single words: leave out was, or name auffusion.", field="backend"
        )
    edit = WordEdit(source=vary.was, target=vary.text, weights=dict(vary.weights))
    return backend.change_words(heard, edit, spec, handle)


class _Editor:
    """Makes the takes of one plan."""

    def __init__(
        self,
        job: Job,
        plan: EditPlan,
        backends: Backends,
        folder: Path,
        warn: Callable[[str], object],
        settings: Settings,
    ) -> None:
        self._treat = treating(plan.chains, settings, warn)
        self._job, self._plan, self._backends, self._folder, self._warn = job, plan, backends, folder, warn
        self._licences: dict[str, Licence] = {}
        self._span = None if plan.selection is None else Span(*plan.selection)

    def take(self, number: int, seed: int, handle: Handle) -> StemFile:
        """One take, from the original to its file."""
        plan = self._plan
        with ExitStack() as stack:
            original = stack.enter_context(opened(plan.region))
            kit = Kit(
                folder=self._folder,
                noise=self._noise(original, stack),
                reference=self._reference(stack),
                seed=seed,
                make_sound=self._maker(seed),
                change_sound=self._changer(seed),
                treat=self._treat,
                warn=self._warn,
                handle=handle.part(0.0, _WRITTEN),
            )
            region = Part(original, plan.cutting.start_samples, plan.cutting.end_samples)
            result = edited(region, _actions(plan), kit, self._span)
            handle.progress(_WRITTEN, "writing")
            stem = self._written(original, Watched(result, handle), number, handle)
            tell_faults(original, self._warn)
            return stem

    def _reference(self, stack: ExitStack) -> Source | None:
        path = self._plan.reference
        return stack.enter_context(opened(Region(path=path), "reference")) if path else None

    def _noise(self, original: Original, stack: ExitStack) -> Source | None:
        """Noise alone, at the region's rate."""
        cutting = self._plan.noise
        if cutting is None:
            return None
        if cutting.path == self._plan.region.path:
            return Part(original, cutting.start_samples, cutting.end_samples)
        other = stack.enter_context(Original(Path(cutting.path), field="noise_audio"))
        rate = original.sample_rate_hz
        start, end = (round(at * other.sample_rate_hz / rate) for at in (cutting.start_samples, cutting.end_samples))
        if start >= other.length_samples:
            raise BadArgument("The noise begins after its file's end.", field="noise_start")
        noise = Part(other, start, min(max(end, start + 1), other.length_samples))
        if other.sample_rate_hz == rate:
            return noise
        return Spool(resampled(noise, rate), sample_rate_hz=rate, folder=self._folder)

    def _maker(self, seed: int) -> MakeSound:
        """New sounds as the plan decided them."""
        planned = {spec.text: spec for spec in self._plan.sounds}

        def make(text: str, handle: Handle) -> Audio:
            spec = planned[text].model_copy(update={"seed": seed})
            (take,) = self._backends.get(spec.backend).render([spec], handle)
            self._licences[take.licence.name] = take.licence
            for warning in take.warnings:
                self._warn(warning)
            sound = take.audio.samples[:, take.onset_samples :]
            return Audio(samples=sound, sample_rate_hz=take.audio.sample_rate_hz)

        return make

    def _changer(self, seed: int) -> ChangeSound:
        """The same for what works on a sound that is there, hearing as much around the span as it can."""
        planned = {spec.text: spec for spec in self._plan.sounds}

        def change(
            text: str, source: Source, start: int, end: int, handle: Handle, *, vary: Restyle | None = None
        ) -> Samples | None:
            spec = planned[text].model_copy(update={"seed": seed})
            backend = self._backends.get(spec.backend)
            if not isinstance(backend, Changer):
                return None
            reach = 0
            if vary is None:
                most = int(backend.longest_change_seconds * source.sample_rate_hz)
                reach = max(0, min(round(AROUND_SECONDS * source.sample_rate_hz), (most - (end - start)) // 2))
            else:
                spec = spec.model_copy(update={"params": spec.params | {"strength": vary.strength}})
            first, last = max(0, start - reach), min(source.length_samples, end + reach)
            heard = Audio(samples=source.read(first, last), sample_rate_hz=source.sample_rate_hz)
            spans = () if vary else ((start - first, end - first),)
            licence = backend.capabilities.licence
            self._licences[licence.name] = licence
            if vary and vary.was:
                made = _reworded(backend, heard, vary, spec, handle)
            else:
                made = backend.change(heard, spans, spec, handle)
            return made.samples[:, start - first : end - first]

        return change

    @property
    def _licence(self) -> Licence:
        """Of the original and of all that was made for it."""
        made = [self._licences[name] for name in sorted(self._licences)]
        return Licence(
            name=" AND ".join(each.name for each in (OWN, *made)),
            commercial=all(each.commercial for each in made),
            note=" ".join(each.note for each in (OWN, *made) if each.note),
        )

    def _written(self, original: Original, result: Source, number: int, handle: Handle) -> StemFile:
        """The take's file: bit for bit the original outside the span."""
        peak_dbtp = true_peak.measure_dbtp(result)
        encoding = _PRECISE.get(original.encoding, original.encoding)
        if peak_dbtp > 0.0 and not encoding.startswith("float") and _is_over_full_scale(result):
            # 32-bit floats hold 24-bit integers exactly; for 32-bit ones it takes 64.
            encoding = "float64" if encoding == "pcm32" else "float32"
            self._warn("It goes over full scale; it is written in floats, so that nothing clips: turn it down.")
        metadata = original.metadata()
        inherited = Inherited(metadata.bext, metadata.ixml)
        about = self._about(original, result, inherited, number, peak_dbtp)
        mask = metadata.channel_mask if result.channels == original.file_channels else 0
        layout = Layout.of(result, encoding, mask)
        frames = self._frames(original, result, handle)
        path = publish(
            self._folder / _take_name(Path(self._plan.region.path).stem),
            self._job.id,
            lambda file: bwf.write_frames(file, layout, frames, about, inherited),
        )
        return StemFile(
            path=str(path),
            sha256=sha256_of(path),
            event="edit",
            take=number,
            index=number,
            track=about.track,
            label=about.label,
            category=about.category,
            position_samples=about.position_samples,
            onset_samples=0,
            length_samples=result.length_samples,
            sample_rate_hz=result.sample_rate_hz,
            channels=result.channels,
            loudness_lufs=about.loudness_lufs,
            peak_dbtp=peak_dbtp,
            licence=self._licence,
        )

    def _about(
        self, original: Original, result: Source, inherited: Inherited, number: int, peak_dbtp: float
    ) -> Description:
        plan, rate = self._plan, result.sample_rate_hz
        name = parse_name(original.path.stem)
        measured = loudness.measure(result)
        request = self._job.request
        return Description(
            description=inherited.description or name.label,
            reference=f"CW{number:02d}{hashlib.sha256(self._job.id.encode()).hexdigest()[:28]}",
            created=self._job.created,
            position_samples=round(plan.position_samples * rate / original.sample_rate_hz),
            session=plan.session.model_copy(update={"sample_rate": rate}),
            track=(request.track if isinstance(request, RegionRequest) else "") or name.label,
            take=number,
            category=name.category,
            label=name.label,
            licence=self._licence.name,
            loudness_lufs=measured.integrated_lufs,
            momentary_lufs=measured.momentary_max_lufs,
            short_term_lufs=measured.short_term_max_lufs,
            peak_dbtp=peak_dbtp,
            version=engine.__version__,
            done="".join(f" {action.name}" for action in _actions(plan)),
            original=original.path.name,
        )

    def _frames(self, original: Original, result: Source, handle: Handle) -> Iterator[NDArray[Any]]:
        """The file's frames: of a selection only the span is new."""
        span = self._span
        if span is None:
            for block in blocks(result):
                handle.check()
                yield block.T
            return
        offset, whole = self._plan.cutting.start_samples, result.length_samples
        # What was filled meets its surroundings already; to fade the old one in would bring back what had to go.
        joined = all(isinstance(action, Fill) for action in _actions(self._plan))
        for start, end, is_new in ((0, span.start, False), (span.start, span.end, True), (span.end, whole, False)):
            for first in range(start, end, BLOCK_SAMPLES):
                handle.check()
                last = min(first + BLOCK_SAMPLES, end)
                if not is_new:
                    yield original.read_exact(offset + first, offset + last)
                    continue
                new = result.read(first, last)
                if not joined:
                    old = original.read(offset + first, offset + last)
                    new = crossfaded(old, new, first - span.start, span.length, original.sample_rate_hz)
                yield new.T


def _actions(plan: EditPlan) -> list[Action]:
    return [action for text in plan.actions for action in parse_actions(text)]


def _is_over_full_scale(sound: Source) -> bool:
    """Whether a sample is; a peak between samples, as most masters have, is held by any encoding."""
    return any(float(np.abs(block).max()) > _FULL_SCALE for block in blocks(sound))


def _take_name(original: str) -> str:
    """Of the file that a take goes to; a long name is shortened, for the manifest's is longer still."""
    own = _EDIT.sub("", original).encode()[:_NAME_BYTES].decode(errors="ignore")
    return f"{own} edit.wav"


def _bytes_needed(plan: EditPlan, channels: int) -> int:
    """Of the takes, and of what is put aside meanwhile, as 32-bit floats."""
    rate = plan.session.sample_rate
    seconds = longest = (plan.cutting.end_samples - plan.cutting.start_samples) / rate
    for action in _actions(plan):
        after = action.length_after(seconds)
        seconds = min(after, seconds * MOST_FACTOR) if isinstance(action, Speed) else after  # beyond, it is refused
        rate = max(rate, action.rate_hz) if isinstance(action, Resample) else rate
        longest = max(longest, seconds)
    return round(longest * rate) * channels * 4 * (len(plan.seeds) + 2)
