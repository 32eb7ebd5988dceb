"""A folder of videos through every stage of training: a kill loses nothing, and what cannot be read stops nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.backends.auffusion import UNUSED
from engine.backends.neural.pipelines import quiet
from engine.backends.neural.video_tokens import visual_adapter
from engine.backends.neural.video_tokens.config import HearConfig, LookConfig, VideoTokensConfig
from engine.backends.neural.video_tokens.hear import Centres
from engine.backends.neural.video_tokens.visual_adapter import AdapterConfig
from engine.cli import run
from engine.errors import BadArgument, Cancelled, CuewrightError, FileUnreadable
from engine.handle import Handle
from engine.training.video_tokens import adapter
from engine.training.video_tokens.adapter import AdapterRow, train_adapter
from engine.training.video_tokens.dataset import videos
from engine.training.video_tokens.settings import TrainConfig
from engine.training.video_tokens.synthetic import make_set, tiny_models
from engine.training.video_tokens.tokens import train_tokens
from engine.training.video_tokens.units import train_units

sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))
from tiny import write

CLIPS, SHARE = 8, 0.25
CONFIG = TrainConfig(
    epochs=3, batch=2, learning_rate=1e-3, held_out_share=SHARE, checkpoint_steps=1, seed=3, device="cpu"
)
DEADLINE_SECONDS = 240.0


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """So that two processes round alike."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    make_set(folder, CLIPS, seconds=1.0, scenes=("bounce",), workers=1)
    (folder / "broken.mp4").write_bytes(b"no video at all")
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> VideoTokensConfig:
    with quiet():
        config = tiny_models(tmp_path_factory.mktemp("models"))
    small = {"look": LookConfig(grid=1), "hear": HearConfig(layer=1, units=6), "longest_seconds": 1.28}
    return config.model_copy(update=small)


@pytest.fixture
def out(tmp_path: Path, clips: Path, models: VideoTokensConfig) -> Path:
    """A folder in which the units are made."""
    folder = tmp_path / "out"
    train_units(clips, models, folder, held_out_share=SHARE)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, clips: Path, models: VideoTokensConfig) -> dict[str, bytes]:
    """The weights of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    train_units(clips, models, folder, held_out_share=SHARE)
    done = train_tokens(clips, CONFIG, folder)
    assert [row.epoch for row in done.epochs] == [0, 1, 2, 3]
    assert [(each.path.name, "not a video" in each.reason) for each in done.unread] == [("broken.mp4", True)]
    return weights(folder)


def weights(folder: Path) -> dict[str, bytes]:
    names = ("connectors.safetensors", "lora/adapter_model.safetensors", "units.safetensors", "tokens.held_out.json")
    return {name: (folder / name).read_bytes() for name in names}


def stopping(share: float) -> Handle:
    """A handle that cancels when so much is done."""
    seen = [0.0]
    return Handle(on_progress=lambda fraction, stage: seen.append(fraction), is_cancelled=lambda: seen[-1] > share)


def test_a_run_that_was_cancelled_goes_on_as_if_it_had_not_been(
    clips: Path, out: Path, whole: dict[str, bytes]
) -> None:
    for share in (0.5, 0.8):
        with pytest.raises(Cancelled):
            train_tokens(clips, CONFIG, out, handle=stopping(share))
    train_tokens(clips, CONFIG, out)
    assert weights(out) == whole


def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(clips: Path, out: Path, whole: dict[str, bytes]) -> None:
    command = [sys.executable, "-m", "engine", "train", "tokens", str(clips), "--out", str(out), "--json"]
    command += ["--epochs", "3", "--batch", "2", "--learning-rate", "1e-3", "--held-out", str(SHARE), "--seed", "3"]
    command += ["--checkpoint-steps", "1", "--device", "cpu"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    checkpoint = out / ".tokens.checkpoint.pt"
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + DEADLINE_SECONDS
        while not checkpoint.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was killed in the middle"
    assert checkpoint.exists()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "left out: broken.mp4" in done.stderr
    assert [row["epoch"] for row in json.loads(done.stdout)["epochs"]] == [0, 1, 2, 3]
    assert weights(out) == whole


def test_a_finished_run_is_told_again_and_changes_nothing(clips: Path, out: Path, whole: dict[str, bytes]) -> None:
    train_tokens(clips, CONFIG, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors") if ".work" not in path.parts}
    again = train_tokens(clips, CONFIG, out)
    assert [row.epoch for row in again.epochs] == [0, 1, 2, 3]
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert weights(out) == whole
    with pytest.raises(BadArgument, match="other settings"):
        train_tokens(clips, CONFIG.model_copy(update={"batch": 4}), out)
    (out / ".tokens.checkpoint.pt").write_bytes(b"rubbish")
    with pytest.raises(FileUnreadable, match="no checkpoint"):
        train_tokens(clips, CONFIG, out)


def test_gradient_checkpointing_and_accumulation_learn_the_same(clips: Path, out: Path) -> None:
    plain = train_tokens(clips, CONFIG.model_copy(update={"epochs": 1}), out).epochs[-1]
    (out / ".tokens.checkpoint.pt").unlink()
    saving = {"epochs": 1, "batch": 1, "accumulate": 2, "gradient_checkpointing": True}
    saved = train_tokens(clips, CONFIG.model_copy(update=saving), out).epochs[-1]
    assert saved.loss == pytest.approx(plain.loss, rel=5e-3)  # clips differ in length by a token or two


def test_units_are_the_same_again_and_told_of_what_was_left_out(
    clips: Path, out: Path, models: VideoTokensConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = train_units(clips, models, out, held_out_share=SHARE)
    assert [each.path.name for each in again.unread] == ["broken.mp4"]
    assert again.row.explained_train > 0.3
    centres = Centres.of(out)
    assert centres.vectors.shape == (6, 32)
    assert np.isfinite(centres.level_db).all()
    settings = tmp_path / "settings.json"
    settings.write_text(models.model_dump_json())
    other = tmp_path / "by-command"
    command = [
        "train",
        "units",
        str(clips),
        "--out",
        str(other),
        "--settings",
        str(settings),
    ]
    assert run([*command, "--held-out", str(SHARE), "--device", "cpu", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["unread"][0]["path"].endswith("broken.mp4")
    assert (other / "units.safetensors").read_bytes() == (out / "units.safetensors").read_bytes()
    assert VideoTokensConfig.of(other).clip == models.clip
    assert run(command[:-2]) == 1
    assert "cuewright models pull clip-vit-large-patch14" in capsys.readouterr().err


def test_more_units_than_moments_are_refused(clips: Path, models: VideoTokensConfig, tmp_path: Path) -> None:
    many = models.model_copy(update={"hear": HearConfig(layer=1, units=5_000)})
    with pytest.raises(BadArgument, match="5000 units"):
        train_units(clips, many, tmp_path / "out")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [("clip", "no folder"), ("language", "no folder"), ("nothing", "units"), ("empty", "0 videos"), ("none", "not a")],
)
def test_what_is_missing_is_told(wrong: str, told: str, clips: Path, out: Path, tmp_path: Path) -> None:
    folder = {"empty": tmp_path / "empty", "none": tmp_path / "nowhere"}.get(wrong, clips)
    (tmp_path / "empty").mkdir()
    if wrong in ("clip", "language"):
        VideoTokensConfig.of(out).model_copy(update={wrong: "/nowhere/at/all"}).write(out)
    with pytest.raises(CuewrightError, match=told):
        train_tokens(folder, CONFIG, tmp_path / "empty" if wrong == "nothing" else out)


def test_held_out_videos_stay_held_out_when_others_come(clips: Path, tmp_path: Path) -> None:
    for path in clips.glob("*.mov"):
        (tmp_path / path.name).symlink_to(path)
    before = {video.path.name for video in videos(tmp_path, held_out_share=0.5) if video.held_out}
    for number in range(5):
        (tmp_path / f"more-{number}.mov").symlink_to(next(clips.glob("*.mov")))
    after = {video.path.name for video in videos(tmp_path, held_out_share=0.5) if video.held_out}
    assert before == {name for name in after if not name.startswith("more")}
    assert 0 < len(before) < CLIPS
    assert {video.caption for video in videos(clips, held_out_share=0.5) if video.path.suffix == ".mov"} == {
        "a ball bounces"
    }


def test_the_adapter_learns_on_a_frozen_u_net_and_loads(
    clips: Path, out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers import StableDiffusionPipeline

    monkeypatch.setattr(adapter, "DRAWING_STEPS", 2)
    layout = write("auffusion", tmp_path / "auffusion")
    before = {path: path.read_bytes() for path in layout.rglob("*.safetensors")}
    config = CONFIG.model_copy(update={"epochs": 12, "learning_rate": 1e-2, "score_every": 6})
    sizes = AdapterConfig(queries=4, width=64)
    with pytest.raises(Cancelled):
        train_adapter(clips, layout, config, out, sizes=sizes, handle=stopping(0.6))
    done = train_adapter(clips, layout, config, out, sizes=sizes)
    rows = [AdapterRow.read(row.held_out) for row in done.epochs]
    assert [row.epoch for row in done.epochs] == [0, 6, 12]
    assert rows[-1].own < rows[0].own - 0.002  # at the same noise; a U-Net of 8 channels hears hardly more
    assert rows[-1].none != rows[-1].own
    for row in rows:
        assert row.heard is not None
        assert row.heard.true >= 2
        assert 0 <= row.heard.accuracy <= 1
    assert [each.path.name for each in done.unread] == ["broken.mp4"]
    assert before == {path: path.read_bytes() for path in before}
    with quiet():
        pipeline = StableDiffusionPipeline.from_pretrained(str(layout), **UNUSED)
        visual_adapter.attach(pipeline, out)
    assert json.loads((out / "licence.json").read_text())["commercial"] is False
    assert (out / "adapter.training.json").is_file()
    capfd.readouterr()
    command = ["train", "adapter", str(clips), "--out", str(tmp_path / "by-command"), "--diffusion", str(layout)]
    train_units(clips, VideoTokensConfig.of(out), tmp_path / "by-command", held_out_share=SHARE)
    command += ["--queries", "4", "--width", "64", "--held-out", str(SHARE), "--device", "cpu", "--epochs", "1"]
    assert run(command) == 0
    told = capfd.readouterr()
    assert told.err == "left out: broken.mp4: " + done.unread[0].reason + "\n", "nothing but what people need"
    assert "error, own tokens" in told.out
    assert "What is heard of them" in told.out
