"""The JSON beside the stems: what was asked, what was decided, what made it, and the hash of every file.

Paths in it are relative to its own folder, so a project can move. It holds all that a rebuild needs.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, ValidationError, model_validator

import engine
from engine.errors import FileUnreadable, RequestError
from engine.model import Model
from engine.plan import EditPlan, Plan
from engine.request import Job
from engine.results import JobResult, StemFile
from engine.stems.folder import publish_text
from engine.stems.naming import beside_name
from engine.trace import Trace

SCHEMA = 1
LARGEST_BYTES = 64 * 2**20
SUFFIX = ".cuewright.json"
_PACKAGES = ("numpy", "pedalboard", "scipy", "soxr", "soundfile")
"""Those whose arithmetic reaches the samples; soundfile brings libsndfile in its own wheel."""


class Versions(Model):
    """What could make other bytes of the same plan."""

    cuewright: str
    python: str
    platform: str
    packages: dict[str, str]
    backends: dict[str, str]

    @classmethod
    def here(cls, backends: dict[str, str]) -> Versions:
        """Those of this process."""
        packages = {}
        for name in _PACKAGES:
            try:
                packages[name] = version(name)
            except PackageNotFoundError:
                packages[name] = "missing"
        return cls(
            cuewright=engine.__version__,
            python=platform.python_version(),
            platform=f"{platform.system()} {platform.machine()}",
            packages=packages,
            backends=dict(sorted(backends.items())),
        )


class _Finished(Model):
    """What every manifest holds."""

    schema_version: int = SCHEMA
    job: Job
    versions: Versions
    stems: tuple[StemFile, ...]
    warnings: tuple[str, ...] = ()

    def _names(self) -> tuple[str, ...]:
        return tuple(stem.path for stem in self.stems)

    @model_validator(mode="after")
    def _files_lie_beside_it(self) -> Self:
        """A manifest may come from anywhere: no name in it may lead to another folder."""
        for name in self._names():
            if name in {"", ".", ".."} or any(c in name for c in "/\\:\0"):
                raise ValueError(f"{name!r} is not the name of a file beside the manifest")
        return self


class Manifest(_Finished):
    """One finished job that made sounds."""

    plan: Plan
    mix: StemFile | None = None
    project: str = Field(description="REAPER project.")
    cue_sheet: str = Field("", description="The cues as a CSV file.")
    report: str = Field("", description="Page that plays the picture with the stems.")

    def _names(self) -> tuple[str, ...]:
        optional = (name for name in (self.cue_sheet, self.report) if name)
        return (*super()._names(), *((self.mix.path,) if self.mix else ()), self.project, *optional)

    def result(self, path: Path) -> JobResult:
        """The job's result, with the paths of where the manifest lies now."""
        folder = path.parent
        return JobResult(
            job_id=self.job.id,
            stems=_with_folder(self.stems, folder),
            mix=self.mix and self.mix.model_copy(update={"path": str(folder / self.mix.path)}),
            cues=self.plan.cues,
            sample_rate_hz=self.plan.session.sample_rate,
            manifest=str(path),
            project=str(folder / self.project),
            cue_sheet=str(folder / self.cue_sheet) if self.cue_sheet else "",
            report=str(folder / self.report) if self.report else "",
            warnings=self.warnings,
        )


class EditManifest(_Finished):
    """One finished edit. The original is named by its path; it was there before and stays where it is."""

    edit: EditPlan
    trace: Trace | None = Field(None, description="How it was found, when it was fitted to a picture.")
    report: str = Field("", description="Page that shows how, beside the manifest.")

    def _names(self) -> tuple[str, ...]:
        """Of a version, that of its folder and its own: no deeper."""
        versions = (cycle.audio for cycle in self.trace.cycles if cycle.audio) if self.trace else ()
        parts = (part for version in versions for part in version.split("/", 1))
        return (*super()._names(), *((self.report,) if self.report else ()), *parts)

    def result(self, path: Path) -> JobResult:
        """The job's result, with the paths of where the manifest lies now."""
        return JobResult(
            job_id=self.job.id,
            stems=_with_folder(self.stems, path.parent),
            manifest=str(path),
            report=str(path.parent / self.report) if self.report else "",
            actions="; ".join(self.edit.actions),
            verdict=self.trace.verdict if self.trace else "",
            trace=self.trace,
            warnings=self.warnings,
        )


def _with_folder(stems: tuple[StemFile, ...], folder: Path) -> tuple[StemFile, ...]:
    return tuple(stem.model_copy(update={"path": str(folder / stem.path)}) for stem in stems)


def write_manifest(manifest: Manifest | EditManifest, folder: Path) -> Path:
    """Write it beside the stems: an edit's has the name of its first take."""
    own = isinstance(manifest, EditManifest)
    name = Path(manifest.stems[0].path).stem + SUFFIX if own else beside_name(manifest.job.id, SUFFIX)
    return publish_text(folder / name, manifest.job.id, manifest.model_dump_json(indent=1))


def read_manifest(path: Path) -> Manifest | EditManifest:
    """Read one.

    Raises
    ------
    FileUnreadable
        When it is missing, no manifest, or of a newer version.
    """
    try:
        if path.exists() and not (path.is_file() and path.stat().st_size <= LARGEST_BYTES):
            raise FileUnreadable(f"{path} cannot be read: it is no file, or too large a one.", field="manifest")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"{path} cannot be read: {error}.", field="manifest") from None
    try:
        head = _Schema.model_validate_json(text)
        if head.schema_version > SCHEMA:
            raise FileUnreadable(f"{path} was written by a newer Cuewright; update this one.", field="manifest")
        return Manifest.read(text) if head.edit is None else EditManifest.read(text)
    except FileUnreadable:
        raise
    except (ValidationError, RequestError) as error:
        raise FileUnreadable(f"{path} is not a Cuewright manifest: {error}", field="manifest") from None


class _Schema(BaseModel):
    """Read first: a newer manifest may hold fields that this version does not know."""

    schema_version: int
    edit: dict[str, object] | None = None


def differences(then: Versions, now: Versions) -> list[str]:
    """What changed between two sets of versions, in words.

    >>> a = Versions(cuewright="1", python="3.11", platform="x", packages={"numpy": "2.0"}, backends={"b": "1"})
    >>> differences(a, a.model_copy(update={"packages": {"numpy": "2.1"}}))
    ['numpy was 2.0, is 2.1']
    """
    old, new = then.model_dump(), now.model_dump()
    flat = [("cuewright", old["cuewright"], new["cuewright"]), ("python", old["python"], new["python"])]
    flat.append(("platform", old["platform"], new["platform"]))
    for group, prefix in (("packages", ""), ("backends", "backend ")):
        for name in sorted(old[group] | new[group]):
            flat.append((prefix + name, old[group].get(name, "absent"), new[group].get(name, "absent")))
    return [f"{name} was {before}, is {after}" for name, before, after in flat if before != after]
