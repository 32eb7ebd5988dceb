"""The one suite over every backend with weights, on tiny checkpoints that come through the production path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conformance_checks import CHECKS
from tiny import BACKENDS, OWN_SUITE, add

from engine.backends import registry
from engine.backends.base import Backend
from engine.backends.neural.backend import NeuralBackend
from engine.config import Settings


@pytest.fixture(scope="module")
def monkeypatch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module", params=BACKENDS)
def backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Backend:
    settings = Settings(models_folder=tmp_path_factory.mktemp("models"), models_device="cpu")
    add(request.param, tmp_path_factory.mktemp("weights"), settings)
    made = registry.load(request.param, settings)
    assert isinstance(made, NeuralBackend)
    assert made.name == request.param
    # What is checked here is so for any number of steps; three are quicker than the published 25 or 50.
    few = made.options["steps"].model_copy(update={"default": 3.0})
    monkeypatch.setattr(type(made), "options", {**made.options, "steps": few})
    return made


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(backend: Backend, check: Callable[[Backend], None], capfd: pytest.CaptureFixture[str]) -> None:
    check(backend)
    assert capfd.readouterr() == ("", ""), "a backend prints nothing"


def test_none_is_left_out(tmp_path: Path) -> None:
    """Every backend with weights is here, and the others are in test_conformance."""
    settings = Settings(models_folder=tmp_path, data_folder=tmp_path)
    with_weights = {name for name in registry.table() if isinstance(registry.load(name, settings), NeuralBackend)}
    assert with_weights == {*BACKENDS, *OWN_SUITE}
