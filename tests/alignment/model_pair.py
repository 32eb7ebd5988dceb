"""A short pair for models, and what they were given of it, read as a server would."""

from __future__ import annotations

import io
import sys
import wave
from base64 import b64decode
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import soundfile

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("llm", "video")]

from footage import numbered, write_video  # noqa: E402
from llm_server import LlmServer  # noqa: E402

from engine.alignment.base import Pair  # noqa: E402
from engine.audio import Audio  # noqa: E402
from engine.config import Settings  # noqa: E402
from engine.picture import Picture  # noqa: E402
from engine.source import Held  # noqa: E402
from engine.trace import Fit, Heard, Moment, Seen  # noqa: E402

RATE = 48_000
HEARD = {"text": "A dog barks twice in a yard.", "sources": ["a dog"], "faults": ["hiss"], "events_seconds": [0.3, 0.9]}
SEEN = {"text": "A black dog opens its mouth.", "subjects": ["a dog that barks"], "place": "a yard"}
PLAN = {"actions": ["shift seconds=-0.1", "volume gain_db=-3"], "reason": "It is late and loud."}
JUDGED = {"alignment": 6, "synchronisation": 4.5, "rationale": "Late by 100 ms."}


def clicks(seconds: float = 1.2, at: tuple[float, ...] = (0.3, 0.9)) -> np.ndarray[Any, Any]:
    """Mono, one strike at each time; float32 ``(1, samples)``."""
    sound = np.random.default_rng(0).normal(0, 1e-3, round(seconds * RATE))
    decay = np.exp(-np.arange(RATE // 10) / 400) * np.sin(np.arange(RATE // 10) * 0.15)
    for time in at:
        part = sound[round(time * RATE) :][: decay.size]
        part += 0.4 * decay[: part.size]
    return sound.astype(np.float32)[None]


def a_pair(folder: Path, *, fit: Fit | None = None) -> Pair:
    """With a film whose name must not be told, of numbered frames at 25 a second."""
    film = write_video(folder / "secret-name.mp4", numbered(25), seconds=1.2)
    moments = tuple(Moment(time_seconds=time, strength=1, confidence=0.9) for time in (0.2, 0.8))
    return Pair(
        sound=Held(Audio(samples=clicks(), sample_rate_hz=RATE)),
        picture=Picture(path=str(film)),
        heard=Heard(length_seconds=1.2, loudness_lufs=-20, peak_dbtp=-6, onsets=moments, loudness_curve=(-20.0,) * 5),
        seen=Seen(length_seconds=1.2, moments=moments, motion=(0.5,) * 5),
        fit=fit,
    )


def settings(server: LlmServer, **keys: object) -> Settings:
    """Three models at one server: they plan, look and judge, and listen."""
    named = {"llm_model": "agent", "vlm_model": "eyes", "alm_model": "ears", **keys}
    return Settings(llm_base_url=server.base_url, **named)


def words(asked: dict[str, Any]) -> str:
    """All that a model was told in words."""
    told = []
    for message in asked["messages"]:
        content = message["content"]
        told += [content] if isinstance(content, str) else [part["text"] for part in content if part["type"] == "text"]
    return "\n".join(told)


def parts(asked: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Pictures or sounds that a model was given."""
    content = asked["messages"][1]["content"]
    return [part[kind] for part in content if part["type"] == kind] if isinstance(content, list) else []


def pictures(asked: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    """Decoded."""
    data = [part["url"].removeprefix("data:image/jpeg;base64,") for part in parts(asked, "image_url")]
    images = [cv2.imdecode(np.frombuffer(b64decode(each, validate=True), np.uint8), cv2.IMREAD_COLOR) for each in data]
    assert all(image is not None for image in images)
    return images


def sounds(asked: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    """Decoded; each at 16 kHz, mono, 16 bits."""
    heard = []
    for part in parts(asked, "input_audio"):
        file = io.BytesIO(b64decode(part["data"], validate=True))
        with wave.open(file) as about:
            assert (about.getframerate(), about.getnchannels(), about.getsampwidth()) == (16_000, 1, 2)
        file.seek(0)
        heard.append(soundfile.read(file, dtype="float32")[0])
    return heard
