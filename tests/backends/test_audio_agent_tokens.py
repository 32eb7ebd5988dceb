"""Tokens of a picture: as long as it is, the same again, and what is wrong with them is noticed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import audio_agent

from engine.backends.neural.video_tokens.config import FILE, LookConfig, VideoTokensConfig
from engine.backends.neural.video_tokens.hear import RATE_HZ, Centres, Listener
from engine.backends.neural.video_tokens.look import Looker
from engine.backends.neural.video_tokens.speak import Clip, Speaker, Spoken, _reaching
from engine.backends.neural.video_tokens.tokens import VideoTokens, failure
from engine.errors import BackendFailed, Cancelled, CuewrightError, FileUnreadable, PictureUnreadable
from engine.handle import Handle
from engine.picture import Picture

SECONDS = 1.2
FRAMES = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    made = tmp_path_factory.mktemp("own")
    audio_agent.build(made)
    return made


@pytest.fixture(scope="module")
def model(folder: Path) -> VideoTokens:
    return VideoTokens(folder)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each frame as gray as its number says, at 25 a second, wider than high."""
    import av

    path = tmp_path_factory.mktemp("video") / "grays.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for k in range(FRAMES):
            image = np.full((64, 96, 3), 60 + 4 * k, np.uint8)
            image[:, :8] = 250 if k % 2 else 5
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def spoken(units: Sequence[int], *, ended: bool = True) -> Spoken:
    return Spoken(units=np.array(units, np.int64), ended=ended)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (spoken([1, 2] * 30), None),
        (spoken([1, 2] * 31), None),  # 40 ms
        (spoken([1, 2] * 30, ended=False), "no end"),
        (spoken([4] * 60), "one token"),
        (spoken([]), "one token"),
        (spoken([1, 2] * 20), "other length"),
        (spoken([1, 2] * 40), "other length"),
    ],
)
def test_what_is_wrong_is_noticed(said: Spoken, expected: str | None) -> None:
    assert failure(said, 60, 50.0) == expected


def test_tokens_are_as_long_as_the_picture_and_the_same_again(model: VideoTokens, video: Path) -> None:
    heard: list[float] = []
    picture = Picture(path=str(video))
    made = model.visual_tokens(picture, "a door", Handle(on_progress=lambda share, stage: heard.append(share)))
    assert len(made.units) == round(SECONDS * made.rate_hz)
    assert made.warnings == ()
    assert list(made.units[:18]) == list(audio_agent.PATTERN) * 3  # all that it has learnt to say
    assert np.array_equal(made.units, model.visual_tokens(picture, "a door").units)
    assert heard == sorted(heard)
    assert heard[-1] > 0.9
    half = model.visual_tokens(Picture(path=str(video), offset_seconds=0.4, length_seconds=0.6), "a door")
    assert len(half.units) == 30


class Saying:
    """In the speaker's place: says what it is given, one after the other."""

    def __init__(self, *said: Spoken) -> None:
        self._said = list(said)
        self.temperatures: list[float] = []

    def tokens_of(self, frames: int) -> int:
        return 2 * frames

    def speak(self, clips: Sequence[Clip], *, temperature: float, **keys: Any) -> list[Spoken]:
        del clips, keys
        self.temperatures.append(temperature)
        return [self._said.pop(0)]


@pytest.mark.parametrize(
    ("said", "told"),
    [(spoken([1, 2] * 40, ended=False), "go on after the picture's end"), (spoken([4] * 60), "nothing but one token")],
)
def test_tokens_of_no_use_are_tried_again_and_then_an_error(
    said: Spoken, told: str, model: VideoTokens, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Picture(path=str(video))
    better = Saying(said, spoken([1, 2] * 30))
    monkeypatch.setattr(model, "_speaker", better)
    assert len(model.visual_tokens(picture, "").units) == 60
    assert better.temperatures == [0.0, 1.0]  # the second time with chance let in
    monkeypatch.setattr(model, "_speaker", Saying(said, said))
    with pytest.raises(BackendFailed, match=told):
        model.visual_tokens(picture, "")


@pytest.mark.parametrize(("count", "told"), [(20, "0.40 s shorter"), (40, "0.40 s longer")])
def test_tokens_of_another_length_are_fitted_with_a_warning(
    count: int, told: str, model: VideoTokens, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "_speaker", Saying(spoken([1, 2] * count)))
    made = model.visual_tokens(Picture(path=str(video)), "")
    assert len(made.units) == 60
    assert list(made.units[:40]) == [1, 2] * 20
    if count == 20:
        assert set(made.units[40:]) == {0}  # the quietest
    assert told in made.warnings[0]


def test_a_cancel_is_heard_while_it_speaks(model: VideoTokens, video: Path) -> None:
    stages: list[str] = []

    def watch(share: float, stage: str) -> None:
        stages.append(stage)

    handle = Handle(on_progress=watch, is_cancelled=lambda: stages.count("listening to the picture") > 3)
    with pytest.raises(Cancelled):
        model.visual_tokens(Picture(path=str(video)), "", handle)
    assert stages.count("listening to the picture") == 4


def test_clips_of_unequal_length_speak_together_as_alone(folder: Path) -> None:
    config = VideoTokensConfig.of(folder)
    torch.manual_seed(0)
    speaker = Speaker(config, features=20, rate_hz=50.0)
    chance = np.random.default_rng(0)
    clips = [
        Clip(features=chance.standard_normal((n, 20)).astype(np.float32), caption=said, units=np.zeros(0, np.int64))
        for n, said in ((20, "a"), (30, "a longer caption"), (25, ""))
    ]
    together = speaker.speak(clips, temperature=1.0)
    for clip, one in zip(clips, together, strict=True):
        (alone,) = speaker.speak([clip], temperature=1.0)
        assert np.array_equal(one.units, alone.units)
        assert one.ended == alone.ended


def test_half_precision_speaks_and_learns_nearly_the_same(folder: Path) -> None:
    """Gemma2 is published in bfloat16."""
    config = VideoTokensConfig.of(folder)
    chance = np.random.default_rng(0)
    clip = Clip(features=chance.standard_normal((20, 9)).astype(np.float32), caption="a", units=np.arange(40) % 5)
    losses = []
    for half in (False, True):
        torch.manual_seed(0)
        speaker = Speaker(config, features=9, rate_hz=50.0, trains=True, half=half)
        assert len(speaker.speak([clip])) == 1
        loss, _ = speaker.loss([clip])
        loss.backward()
        losses.append(float(loss.detach()))
        weights = [value for value in speaker.connectors.parameters() if value.grad is not None]
        assert len(weights) > 5
        assert all(torch.isfinite(value.grad).all() for value in weights)
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert losses[0] != losses[1]


def test_the_frame_that_shows_is_taken_at_each_moment(folder: Path, video: Path) -> None:
    config = VideoTokensConfig.of(folder)
    seen = {}
    for rate in (25.0, 50.0, 12.5):
        look = Looker(config.clip, LookConfig(frame_rate_hz=rate, grid=0, batch=7))
        seen[rate] = look.features(Picture(path=str(video)))
    assert [len(each) for each in seen.values()] == [30, 60, 15]
    np.testing.assert_allclose(seen[50.0][::2], seen[25.0], atol=1e-5)
    np.testing.assert_allclose(seen[50.0][1::2], seen[25.0], atol=1e-5)
    np.testing.assert_allclose(seen[12.5], seen[25.0][::2], atol=1e-5)
    slower = Looker(config.clip, LookConfig(grid=0)).features(Picture(path=str(video), play_rate=0.5))
    assert len(slower) == 60


def test_a_wide_picture_is_seen_whole(folder: Path, video: Path) -> None:
    """What changes from frame to frame is at its left edge, which a square from the middle does not hold."""
    config = VideoTokensConfig.of(folder)

    def flicker(framing: Any) -> float:
        made = Looker(config.clip, LookConfig(framing=framing, grid=4)).features(Picture(path=str(video)))
        return float(np.abs(np.diff(made, 2, axis=0)).mean())

    assert flicker("pad") > 3 * flicker("crop")


def test_units_are_where_the_sound_is(folder: Path) -> None:
    config = VideoTokensConfig.of(folder)
    listen = Listener(config.hubert, 1)
    sound = np.zeros(RATE_HZ, np.float32)
    sound[8_000:8_320] = 0.5
    states, levels = listen.states(sound), listen.levels_db(sound)
    assert states.shape == (50, 32)
    assert levels.argmax() == 25
    assert np.abs(np.diff(states, axis=0)).sum(1).argmax() in (23, 24, 25, 26)
    with pytest.raises(FileUnreadable, match="2 layers"):
        Listener(config.hubert, 3)


def test_the_nearest_centre_is_the_nearest() -> None:
    chance = np.random.default_rng(0)
    vectors, states = chance.standard_normal((9, 5)).astype(np.float32), chance.standard_normal((40, 5))
    centres = Centres(vectors=vectors, level_db=np.zeros(9, np.float32), layer=1, rate_hz=50.0)
    expected = [min(range(9), key=lambda k, s=state: float(((vectors[k] - s) ** 2).sum())) for state in states]  # type: ignore[misc]
    assert list(centres.nearest(states.astype(np.float32))) == expected


def test_a_model_that_makes_no_numbers_is_told(
    model: VideoTokens, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(self: Looker, *arguments: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.full((30, self.width), np.nan, np.float32)

    monkeypatch.setattr(Looker, "features", nothing)
    with pytest.raises(BackendFailed, match="made no numbers of this picture"):
        model.visual_tokens(Picture(path=str(video)), "a ball")


def test_a_file_that_is_no_video_is_told(model: VideoTokens, tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(PictureUnreadable, match="not a video"):
        model.visual_tokens(Picture(path=str(path)), "")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (FILE, b"{}}", "cannot be read"),
        ("units.safetensors", b"rubbish", "holds no units"),
        ("connectors.safetensors", b"rubbish", "does not fit"),
        ("lora/adapter_model.safetensors", b"rubbish", "does not fit"),
        ("base/gemma/model.safetensors", b"rubbish", "does not hold Gemma2"),
        ("base/clip/config.json", b"rubbish", "does not hold CLIP"),
    ],
)
def test_damaged_weights_are_told(name: str, content: bytes, told: str, folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / name).write_bytes(content)
    with pytest.raises(CuewrightError, match=told):
        VideoTokens(copy)


@pytest.mark.parametrize(("places", "read"), [(2, [0, 1]), (3, [0, 1, 2]), (5, [0, 1, 2, 2, 2])])
def test_behind_the_picture_each_token_reads_what_stands_for_after_it(places: int, read: list[int]) -> None:
    assert _reaching(torch.arange(3.0)[:, None], places)[:, 0].tolist() == read
