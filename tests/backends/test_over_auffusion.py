"""Parts over another model: the terms and the version of both hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backends import registry
from engine.backends.base import Backend
from engine.backends.weights import Record, Store
from engine.config import Settings
from engine.results import Licence


def record(name: str, backend: str, revision: str, *, commercial: bool) -> Record:
    licence = Licence(name=f"LicenseRef-{name}", commercial=commercial, note=f"note of {name}")
    return Record(name=name, backend=backend, revision=revision * 40, files={}, licence=licence, accepted="2026")


def made(folder: Path, *, own: bool, drawing: bool, revisions: str = "ab") -> Backend:
    settings = Settings(models_folder=folder)
    store = Store(settings)
    store.put(record("audio-agent", "audio_agent", revisions[0], commercial=own))
    store.put(record("auffusion", "auffusion", revisions[1], commercial=drawing))
    return registry.load("audio_agent", settings)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("drawing", [False, True])
def test_money_is_earned_only_where_both_allow_it(tmp_path: Path, own: bool, drawing: bool) -> None:
    licence = made(tmp_path, own=own, drawing=drawing).capabilities.licence
    assert licence.commercial is (own and drawing)
    assert licence.name == "LicenseRef-auffusion AND LicenseRef-audio-agent"
    assert licence.note == "note of auffusion; note of audio-agent"


def test_another_version_of_either_is_another_version(tmp_path: Path) -> None:
    kinds = [made(tmp_path / kind, own=True, drawing=True, revisions=kind) for kind in ("ab", "ac", "bb")]
    assert len({backend.version for backend in kinds}) == 3
