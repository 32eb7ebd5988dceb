"""``evaluate``: a folder of made sounds, by the figures that papers print."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.output import JsonFlag, print_json, progress, table
from engine.cli.paths import full
from engine.config import Settings
from engine.errors import BadArgument, CuewrightError, FileUnreadable, ResourceError

if TYPE_CHECKING:
    from engine.evaluation.judges import Image
    from engine.evaluation.scoring import Judges

SOUNDS = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3")
PICTURES = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v")
FRAMES = 16
"""Of a picture, evenly over it."""
SIDE_PX = 448
"""Twice what CLIP sees."""


def evaluate(
    sounds: Annotated[Path, typer.Argument(help="Folder of the sounds to score.")],
    reference: Annotated[
        Path | None, typer.Option(help="Folder of real sounds; those of the same name are compared one by one.")
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option(
            help='JSON file: {"name of the sound": "its words"}; left out, those of the manifests beside them.'
        ),
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder of videos of the same names.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """FAD, KL, CLAP score, CLIP similarity and onset figures of sounds.

    The judges are models: clap-htsat-fused, ast-audioset, clip-vit-large-patch14 ('cuewright models pull'). A figure
    whose judge is not here is left out, with the reason.
    """
    from engine.evaluation import scoring

    own = _files(sounds, SOUNDS, "sounds")
    real = _files(reference, SOUNDS, "reference") if reference else {}
    told = _told(words) if words else _asked_for(full(sounds))
    seen = _files(pictures, PICTURES, "pictures") if pictures else {}
    made = [
        scoring.Made(
            path=path,
            reference=real.get(name),
            words=told.get(name, ""),
            images=_images(seen[name]) if name in seen else None,
        )
        for name, path in own.items()
    ]
    with progress("evaluating", quiet=as_json) as handle:
        report = scoring.evaluate(made, list(real.values()), _judges(Settings.load()), handle)
    if as_json:
        print_json(report)
        return
    table(
        f"{report.sounds} sounds",
        ("figure", "value", "better", "sounds", "judged by"),
        (
            (f.metric, "" if f.value is None else f"{f.value:.3f}", f.better, f.count or "", f.by or f.why_not)
            for f in report.figures
        ),
    )
    print(
        "FAD: Frechet distance of CLAP embeddings; not to be compared with figures that are of VGGish.\n"
        "KL: reference to made, of AudioSet classes, softmax, nats. CLAP: cosine of sound and words.\n"
        "CLIP: cosine of frames and words. onset Acc, AP: CondFoleyGen's, within 0.1 s."
    )


def _files(folder: Path, endings: tuple[str, ...], field: str) -> dict[str, Path]:
    place = full(folder)
    if not place.is_dir():
        raise FileUnreadable(f"There is no folder {folder}.", field=field)
    found = {path.stem: path for path in sorted(place.iterdir()) if path.suffix.lower() in endings}
    if not found:
        raise FileUnreadable(f"{folder} holds none of {', '.join(endings)}.", field=field)
    return found


def _told(path: Path) -> dict[str, str]:
    try:
        held = json.loads(full(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileUnreadable(f"{path} cannot be read as JSON: {error}.", field="words") from None
    if not isinstance(held, dict) or not all(isinstance(text, str) for text in held.values()):
        raise BadArgument('--words is a JSON object: {"name of the sound": "its words"}.', field="words")
    return {Path(name).stem if Path(name).suffix.lower() in SOUNDS else name: text for name, text in held.items()}


def _asked_for(folder: Path) -> dict[str, str]:
    """The words of stems that a job of ours made, from its manifest."""
    from engine.stems.manifest import Manifest, read_manifest

    told = {}
    for path in sorted(folder.glob("*.json")):
        try:
            manifest = read_manifest(path)
        except CuewrightError:
            continue  # another file
        if isinstance(manifest, Manifest):
            texts = {event.id: event.text for event in manifest.plan.events}
            told.update({Path(stem.path).stem: texts[stem.event] for stem in manifest.stems if stem.event in texts})
    return told


def _images(path: Path) -> Callable[[], Sequence[Image]]:
    def images() -> Sequence[Image]:
        from engine.picture import Picture
        from engine.video import reader

        picture = Picture(path=str(path))
        footage = reader.probe(picture.path)
        rate_hz = 2 * FRAMES / float(reader.slice_length(picture, footage))
        read = reader.frames(picture, thumbnail_width_px=SIDE_PX, max_rate_hz=rate_hz, footage=footage)
        frames = list(read)
        chosen = {round(k * (len(frames) - 1) / max(1, FRAMES - 1)) for k in range(FRAMES)}
        return [frames[k].thumbnail_bgr[:, :, ::-1] for k in sorted(chosen)]

    return images


def _judges(settings: Settings) -> Judges:
    """Those whose weights are here; of the others, why not."""
    from engine.backends.weights import Store
    from engine.evaluation import judges
    from engine.evaluation.scoring import Judges

    store = Store(settings)
    here: dict[str, Any] = {}
    absent: dict[str, str] = {}
    for use, backend, kind in (
        ("sounds", "clap", judges.Clap),
        ("classes", "ast", judges.Ast),
        ("pictures", "clip", judges.Clip),
    ):
        try:
            installed = store.for_backend(backend)
            here[use] = kind(installed.folder, f"{installed.name} {installed.revision[:8]}")
        except ResourceError as error:
            absent[use] = error.sentence
        except ImportError as error:
            absent[use] = f"{error.name} is not installed: pip install 'cuewright[models]'."
    return Judges(absent=absent, **here)
