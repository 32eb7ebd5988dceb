"""Chains in files of their own, TOML or JSON, as a user keeps and passes them on.

What a file names beside itself (a plugin, a preset, an impulse response) is found from where the file lies. This module
knows no plugin: names and values are checked when the chain is opened.
"""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.chain import Chain
from engine.errors import FileUnreadable, FolderNotWritable
from plugin_bridge.find import SUFFIXES

MAX_BYTES = 64 * 2**20


def read_chain(path: Path) -> Chain:
    """The chain that a file holds.

    Raises
    ------
    FileUnreadable
        When it is not there, too long, or neither TOML nor JSON.
    BadArgument
        When it is no chain, naming the field: ``links.0.mix``.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise FileUnreadable(f"{path} is no chain: it is longer than {MAX_BYTES // 2**20} MB.", field="chain")
        text = raw.decode()
        values: Any = json.loads(text) if path.suffix.casefold() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.", field="chain") from None
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML, not JSON, too deep
        kind = "JSON" if path.suffix.casefold() == ".json" else "TOML"
        raise FileUnreadable(f"{path} cannot be read as {kind}: {error}.", field="chain") from None
    if not isinstance(values, Mapping):
        raise FileUnreadable(f"{path} holds no chain: it begins with 'links'.", field="chain")
    return _from_here(Chain.read(values), path.absolute().parent)


def _from_here(chain: Chain, folder: Path) -> Chain:
    """The same, with full paths."""

    def full(text: str) -> str:
        return str(folder / Path(text).expanduser())

    links = []
    for link in chain.links:
        changed: dict[str, Any] = {}
        if link.plugin.endswith(SUFFIXES):
            changed["plugin"] = full(link.plugin)
        if link.preset:
            changed["preset"] = full(link.preset)
        if isinstance(file := link.parameters.get("file"), str) and file and link.plugin == "convolution":
            changed["parameters"] = {**link.parameters, "file": full(file)}
        links.append(link.model_copy(update=changed))
    return chain.model_copy(update={"links": tuple(links)})


def write_chain(path: Path, chain: Chain) -> None:
    """Keep a chain as JSON, whole or not at all; what lies there is replaced.

    Raises
    ------
    FolderNotWritable
        And what lay there is as it was.
    """
    text = json.dumps(chain.model_dump(mode="json", exclude_defaults=True), indent=2, ensure_ascii=False)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise FolderNotWritable(f"{path} cannot be written: {error.strerror}.", field="chain") from None
