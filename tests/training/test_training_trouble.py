"""Training where things go wrong: a disk that fills, memory that ends, wrong commands; what was done before is kept."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.cli import run
from engine.errors import Cancelled, DiskFull, FolderNotWritable, ResourceError
from engine.handle import Handle
from engine.model import Model
from engine.training.video_tokens.files import read_checkpoint, replacing, replacing_all, write_checkpoint
from engine.training.video_tokens.loop import train
from engine.training.video_tokens.settings import TrainConfig

CONFIG = TrainConfig(epochs=4, batch=2, checkpoint_steps=1, device="cpu", seed=3, learning_rate=0.1)


class Row(Model):
    error: float


class Line:
    """What is trained: a line through points, with a chance of leaving one out, as dropout does."""

    name = "line"

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.weights = torch.nn.Linear(1, 1)
        self.examples = list(range(6))
        self.raises: list[Exception] = []
        outer = self

        class Learner(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.line = outer.weights

            def forward(self, some: list[int]) -> torch.Tensor:
                if outer.raises:
                    raise outer.raises.pop()
                x = torch.tensor([[float(each)] for each in some])
                loss: torch.Tensor = ((self.line(x) - 2 * x - 1).square() * (torch.rand(x.shape) > 0.3)).mean()
                return loss

        self.module = Learner()

    def trained(self) -> dict[str, Any]:
        return dict(self.weights.named_parameters())

    def held_out(self, handle: Handle) -> Row:
        return Row(error=float((self.weights.weight.detach() - 2).abs()))

    def save(self, folder: Path) -> None:
        from safetensors.torch import save_file

        save_file({name: value.detach() for name, value in self.trained().items()}, folder / "line.safetensors")


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file of this process can grow beyond."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def weights(out: Path) -> bytes:
    return (out / "line.safetensors").read_bytes()


def stopping(steps: int) -> Handle:
    seen: list[float] = []
    return Handle(on_progress=lambda share, stage: seen.append(share), is_cancelled=lambda: len(seen) >= steps)


@pytest.mark.parametrize("steps", [1, 4, 7], ids=["in the first epoch", "at the second's start", "in the third"])
def test_however_it_stops_it_goes_on_as_if_it_had_not(steps: int, tmp_path: Path) -> None:
    whole = train(Line(), CONFIG, tmp_path / "whole", Handle())
    with pytest.raises(Cancelled):
        train(Line(), CONFIG, tmp_path / "own", stopping(steps))
    task = Line()
    task.raises.append(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."))
    with pytest.raises(ResourceError, match="smaller batch") as caught:
        train(task, CONFIG, tmp_path / "own", Handle())
    assert caught.value.field == "batch"
    assert train(Line(), CONFIG, tmp_path / "own", Handle()) == whole
    assert weights(tmp_path / "own") == weights(tmp_path / "whole")


def test_a_disk_that_fills_loses_nothing(tmp_path: Path) -> None:
    whole = train(Line(), CONFIG, tmp_path / "whole", Handle())
    out = tmp_path / "own"
    with pytest.raises(Cancelled):
        train(Line(), CONFIG, out, stopping(5))
    kept = {path.name: path.read_bytes() for path in out.iterdir()}
    with small_files(100), pytest.raises(FolderNotWritable, match="File too large"):
        train(Line(), CONFIG, out, Handle())
    assert {path.name: path.read_bytes() for path in out.iterdir()} == kept
    assert train(Line(), CONFIG, out, Handle()) == whole
    assert weights(out) == weights(tmp_path / "whole")


def test_safetensors_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    with (
        small_files(100),
        pytest.raises(FolderNotWritable, match="choose another folder"),
        replacing_all(tmp_path) as n,
    ):
        save_file({"a": torch.zeros(1_000)}, n / "a.safetensors")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DiskFull, match="No room"), replacing(tmp_path / "a"):
        raise OSError(28, "No space left on device")
    with pytest.raises(ValueError, match="a defect"), replacing(tmp_path / "a"):
        raise ValueError("a defect")


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    state = {"weights": {"a": torch.arange(3.0)}, "epoch": 2, "losses": [0.5]}
    write_checkpoint(tmp_path / "c.pt", state)
    held = read_checkpoint(tmp_path / "c.pt")
    assert held is not None
    assert torch.equal(held.pop("weights")["a"], state["weights"]["a"])  # type: ignore[index]
    assert held == {"epoch": 2, "losses": [0.5]}


@pytest.mark.parametrize("what", ["units", "tokens", "adapter"])
def test_what_is_wrong_in_a_command_is_told_before_models_are_asked_for(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*more: str) -> dict[str, str]:
        assert run(["train", what, *more, "--out", str(tmp_path / "out"), "--json"]) in (1, 2)
        error = json.loads(capsys.readouterr().out)["error"]
        assert isinstance(error, dict)
        return error

    assert told(str(tmp_path / "nowhere"))["field"] == "folder"
    assert told(str(tmp_path), "--device", "tpu")["field"] == "models_device"
    if what == "units":
        (tmp_path / "bad.json").write_text("{")
        error = told(str(tmp_path), "--settings", str(tmp_path / "bad.json"))
        assert error["field"] == "settings"
        assert "bad.json" in error["sentence"]
