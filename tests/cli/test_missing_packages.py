"""A package that is not installed is told with the extra that brings it, and no defect."""

from __future__ import annotations

import sys

import pytest

from engine import cli


def test_told_before_anything(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert cli.run(["bench", "models"]) == 1
    told = capsys.readouterr().err
    assert "dependency_missing: This needs the package torch: pip install 'cuewright[models]'." in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("module", "extra"), [("transformers.models", "models"), ("sklearn.cluster", "training"), ("pymunk", "bench")]
)
def test_named_with_its_extra(
    module: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", _lacking(module))
    assert cli.run([]) == 1
    assert f"the package {module.partition('.')[0]}: pip install 'cuewright[{extra}]'" in capsys.readouterr().err


def test_one_of_our_own_is_a_defect(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "app", _lacking("engine.gone"))
    assert cli.run([]) == 1
    told = capsys.readouterr().err
    assert "A defect of Cuewright" in told
    assert "Traceback" in told


def _lacking(module: str) -> object:
    def app(arguments: list[str], standalone_mode: bool) -> None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    return app
