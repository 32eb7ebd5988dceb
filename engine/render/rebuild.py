"""A manifest rendered again: the same bytes, or what differs."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

from engine.backends.registry import Backends
from engine.config import Settings
from engine.errors import FileUnreadable, RebuildDiffers
from engine.handle import Handle
from engine.model import Model
from engine.render.files import sha256_of
from engine.render.studio import Studio
from engine.stems.folder import make_folder, publish
from engine.stems.manifest import EditManifest, Manifest, Versions, differences, read_manifest


class RebuildReport(Model):
    """What a rebuild found."""

    total: int
    same: int
    written: int
    folder: str


def rebuild(settings: Settings, manifest_path: Path, out: Path | None, handle: Handle) -> RebuildReport:
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
    mix = manifest.mix if isinstance(manifest, Manifest) else None
    wanted = [*manifest.stems, *((mix,) if mix else ())]
    there = {old.path for old in wanted if (target / old.path).exists()}
    fresh = Studio(settings.model_copy(update={"cache_bytes": 0, "cache_folder": target / ".no-cache"}))
    with tempfile.TemporaryDirectory(prefix=".cuewright-rebuild-", dir=target) as temporary:
        if isinstance(manifest, Manifest):
            result = fresh.render(manifest.job, manifest.plan, Path(temporary), handle)
        else:
            result = fresh.render_edit(manifest.job, manifest.edit, Path(temporary), handle)
        made = [*result.stems, *((result.mix,) if result.mix else ())]
        if len(made) != len(wanted):
            raise FileUnreadable(
                f"{manifest_path} lists {len(wanted)} files and its plan makes {len(made)}: it was edited.",
                field="manifest",
            )
        differing = [old.path for old, new in zip(wanted, made, strict=True) if old.sha256 != new.sha256]
        if differing:
            changed = differences(manifest.versions, Versions.here(_current_versions(settings, manifest)))
            why = "; ".join(changed) or "no version changed, so a source file or this machine's arithmetic did"
            raise RebuildDiffers(
                f"{len(differing)} of {len(wanted)} files differ ({', '.join(differing[:3])}): {why}. "
                "The files there are kept as they are."
            )
        for old in wanted:
            if old.path in there and sha256_of(target / old.path) != old.sha256:
                raise RebuildDiffers(
                    f"{target / old.path} was changed since it was made; it is kept. Name another folder: --out."
                )
        for old, new in zip(wanted, made, strict=True):
            if old.path not in there:
                with Path(new.path).open("rb") as source:
                    publish(target / old.path, manifest.job.id, partial(shutil.copyfileobj, source))
    written = sum(old.path not in there for old in wanted)
    return RebuildReport(total=len(wanted), same=len(wanted), written=written, folder=str(target))


def _current_versions(settings: Settings, manifest: Manifest | EditManifest) -> dict[str, str]:
    backends = Backends(settings)
    return {name: backends.get(name).version for name in manifest.versions.backends}
