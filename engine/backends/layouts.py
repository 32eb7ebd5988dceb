"""Which model's layout a folder has, and what it lacks; it reads configurations and headers, never the weights.

Files with the suffix of safetensors are measured against their own header, so that a download that was cut off is
known without a hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.backends.known_models import CHAT, CHAT_CLASSES, KNOWN, KnownModel
from engine.errors import FileUnreadable

_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
_VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "tokenizer.model", "spiece.model")
"""One of them is what a tokenizer knows; without it, transformers makes an empty one."""
_MAX_HEADER_BYTES = 100_000_000
"""As safetensors itself allows."""


def recognised(folder: Path) -> KnownModel:
    """The model whose layout a folder has: the first of which it holds all that it needs.

    Raises
    ------
    FileUnreadable
        When there is none; naming the nearest and what it lacks.
    """
    kind = _kind(folder)
    width = _json(folder / "config.json").get("projection_dim")
    by_class = [model for model in KNOWN.values() if model.kind and kind.startswith(model.kind)]
    by_class.sort(key=lambda model: model.width is not None and model.width != width)
    if kind.endswith("ForCausalLM") or kind.startswith(CHAT_CLASSES):
        by_class.append(CHAT)
    by_files = [model for model in KNOWN.values() if not model.kind]
    lacks = {model.name: lacking(folder, model) for model in (*by_class, *by_files)}
    for model in (*by_class, *by_files):
        if not lacks[model.name]:
            return model
    nearest = by_class[0] if by_class else min(KNOWN.values(), key=lambda known: len(_absent(folder, known)))
    missing = ", ".join(lacks.get(nearest.name) or _absent(folder, nearest))
    raise FileUnreadable(
        f"{folder} has the layout of no model that there is code for; for the nearest, {nearest.name}, it lacks "
        f"{missing}.",
        field="path",
    )


def lacking(folder: Path, model: KnownModel) -> list[str]:
    """What keeps a folder from being loaded as this model, a few words each; empty where it is whole."""
    kind = _kind(folder)
    wrong = [f"a configuration of {model.kind}"] if model.kind and not kind.startswith(model.kind) else []
    return [*dict.fromkeys([*wrong, *_absent(folder, model), *_empty_parts(folder), *_unfinished(folder)])]


def _absent(folder: Path, model: KnownModel) -> list[str]:
    return [need for need in model.needs if not (folder / need).is_file()]


def _kind(folder: Path) -> str:
    """The class that a folder's configuration names."""
    named = _json(folder / "model_index.json").get("_class_name")
    architectures = _json(folder / "config.json").get("architectures")
    if not named and isinstance(architectures, list) and architectures:
        named = architectures[0]
    return named if isinstance(named, str) else ""


def _empty_parts(folder: Path) -> Iterator[str]:
    """The parts of a pipeline, or the one model, with a configuration and no weights, or a tokenizer without words."""
    index = _json(folder / "model_index.json")
    parts = {name: str(value[-1]) for name, value in index.items() if isinstance(value, list) and any(value)}
    for part, kind in (parts or {"": ""}).items():
        place = folder / part
        if not place.is_dir():
            yield f"{part}/"
        elif ("Tokenizer" in kind or (place / "tokenizer_config.json").is_file()) and not any(
            (place / name).is_file() for name in _VOCABULARIES
        ):
            yield f"{part}/tokenizer.json".lstrip("/")
        elif {"_class_name", "architectures"} & _json(place / "config.json").keys() and not any(
            path.suffix in _WEIGHTS for path in place.iterdir()
        ):
            yield f"weights in {part or 'it'}"


def _unfinished(folder: Path) -> Iterator[str]:
    """Shards that an index names and that are not there, and files shorter than they say."""
    for index in folder.rglob("*.index.json"):
        shards = _json(index).get("weight_map")
        for name in sorted({str(name) for name in shards.values()} if isinstance(shards, dict) else ()):
            if not (index.parent / name).is_file():
                yield (index.parent / name).relative_to(folder).as_posix()
    for path in folder.rglob("*.safetensors"):
        if path.is_file() and not whole(path):
            yield f"the rest of {path.relative_to(folder).as_posix()}"


def whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > _MAX_HEADER_BYTES:
            return False
        try:
            header = json.loads(file.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        except (ValueError, RecursionError, KeyError, IndexError, TypeError, AttributeError):
            return False
    return path.stat().st_size == 8 + length + max(ends, default=0)


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: the length of a header, and a header of JSON."""
    with path.open("rb") as file:
        head = file.read(9)
    return head[8:] == b"{" and int.from_bytes(head[:8], "little") <= _MAX_HEADER_BYTES


def _json(path: Path) -> dict[str, Any]:
    """What a file holds; nothing where it is missing or damaged."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
