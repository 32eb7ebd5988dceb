"""Models of transformers as they are published: safetensors or a plain pickle, whole or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.backends.neural.video_tokens.hear import Listener
from engine.errors import FileUnreadable, ResourceError
from engine.training.video_tokens.synthetic import tiny_models

SOUND = np.random.default_rng(0).standard_normal(3_200).astype(np.float32)


@pytest.fixture
def hubert(tmp_path: Path) -> Path:
    torch.set_num_threads(1)
    return Path(tiny_models(tmp_path).hubert)


def as_pickle(folder: Path, held: dict[str, Any]) -> None:
    (folder / "model.safetensors").unlink()
    torch.save(held, folder / "pytorch_model.bin")


def test_hubert_as_it_is_published(hubert: Path) -> None:
    """A pickle, with the weight norm under its old names; nothing else is on the hub."""
    expected = Listener(hubert, 1).states(SOUND)
    names = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    held = load_file(hubert / "model.safetensors")
    for new, old in names.items():
        held = {name.replace(new, old): tensor for name, tensor in held.items()}
    assert sum(name.endswith(("weight_g", "weight_v")) for name in held) == 2
    as_pickle(hubert, held)
    assert np.array_equal(Listener(hubert, 1).states(SOUND), expected)


def test_a_pickle_that_would_run_is_not_opened(hubert: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Runs:
        def __reduce__(self) -> tuple[Any, ...]:
            return print, ("it ran",)

    as_pickle(hubert, {"a": Runs()})
    with pytest.raises(FileUnreadable, match="HuBERT"):
        Listener(hubert, 1)
    assert "it ran" not in capsys.readouterr().out


def test_a_weight_that_lacks_is_no_chance(hubert: Path) -> None:
    held = load_file(hubert / "model.safetensors")
    lost = next(name for name in held if name.endswith("k_proj.weight"))
    del held[lost]
    save_file(held, hubert / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(FileUnreadable, match=lost):
        Listener(hubert, 1)


@pytest.mark.parametrize("value", [-3, 10**12, "many"], ids=["negative", "huge", "no number"])
def test_numbers_that_are_none_are_told(hubert: Path, value: object) -> None:
    told = json.loads((hubert / "config.json").read_text()) | {"hidden_size": value}
    (hubert / "config.json").write_text(json.dumps(told))
    with pytest.raises((FileUnreadable, ResourceError), match=r"does not hold HuBERT as published|does not fit"):
        Listener(hubert, 1)


def test_a_model_that_finds_no_memory_is_not_called_damaged(hubert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **keys: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr("transformers.HubertModel.from_pretrained", full)
    with pytest.raises(ResourceError, match="does not fit into the memory left"):
        Listener(hubert, 1)
