"""``compose`` with Audio-Agent: from a video and words to stems on the timeline, by the whole engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tiny import audio_agent, write

from engine.backends.audio_agent import AudioAgentBackend
from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import BackendFailed
from engine.handle import Handle
from engine.render import Studio
from engine.request import ComposeRequest, Job
from engine.results import JobResult
from engine.stems.manifest import Manifest, read_manifest
from engine.training.video_tokens.synthetic import make_set

NAME = "audio_agent"
SECONDS = 1.6


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    torch.set_num_threads(1)
    weights, home = tmp_path_factory.mktemp("weights"), tmp_path_factory.mktemp("home")
    made = Settings(
        models_folder=home / "models", models_device="cpu", data_folder=home / "data", cache_folder=home / "cache"
    )
    Store(made).add(write("auffusion", weights / "auffusion"), handle=Handle())
    audio_agent.build(weights / "own")
    Store(made).add(weights / "own", handle=Handle())
    return made


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (made,) = make_set(tmp_path_factory.mktemp("video"), 1, seconds=SECONDS, workers=1)
    return made.path


@pytest.fixture(autouse=True)
def _quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = AudioAgentBackend.options["steps"].model_copy(update={"default": 2.0})  # quicker, and else the same
    monkeypatch.setattr(AudioAgentBackend, "options", AudioAgentBackend.options | {"steps": steps})


def composed(settings: Settings, video: Path, folder: Path, **keys: object) -> JobResult:
    request = ComposeRequest.read(
        {
            "prompt": "a wooden door slams",
            "video": str(video),
            "folder": str(folder),
            "backend": "audio-agent",
            "seed": 5,
        }
        | keys
    )
    return Studio(settings).run(Job(id="c-1", verb="compose", request=request, created="2026-01-01T00:00:00Z"))


def test_a_video_becomes_one_stem_as_long_as_it_is(settings: Settings, video: Path, tmp_path: Path) -> None:
    result = composed(settings, video, tmp_path)
    (stem,) = result.stems
    sound, rate = soundfile.read(stem.path, always_2d=True)
    assert len(sound) == pytest.approx(SECONDS * rate, abs=rate / 20)
    assert np.abs(sound).max() > 0.01
    assert not stem.licence.commercial
    assert "CC-BY-NC-SA-4.0" in stem.licence.name
    manifest = read_manifest(Path(result.manifest))
    assert isinstance(manifest, Manifest)
    (event,) = manifest.plan.events
    (spec,) = event.takes
    assert spec.backend == NAME
    assert spec.picture is not None
    assert spec.picture.path == str(video)


def test_the_same_again_is_the_same_and_another_picture_is_not(settings: Settings, video: Path, tmp_path: Path) -> None:
    other = settings.model_copy(update={"cache_folder": tmp_path / "another cache"})
    first, again = composed(settings, video, tmp_path / "a"), composed(other, video, tmp_path / "b")
    assert first.stems[0].sha256 == again.stems[0].sha256
    later = composed(settings, video, tmp_path / "c", video_offset=0.4)
    assert later.stems[0].length_samples < first.stems[0].length_samples


def test_without_tokens_the_job_fails_with_the_reason(
    settings: Settings, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.backends.neural.video_tokens import speak

    silent = speak.Spoken(units=np.zeros(80, np.int64), ended=False)
    monkeypatch.setattr(speak.Speaker, "speak", lambda *arguments, **keys: [silent])
    with pytest.raises(BackendFailed, match="Token generation failed"):
        composed(settings, video, tmp_path, seed=6)
    assert not list(tmp_path.glob("*.wav"))
