"""A finished job for the tests of the report page: a small picture, stems with known samples, cues on them.

Run as a program, it writes the page of a made-up job: ``python tests/report_case.py FOLDER``.
"""

from __future__ import annotations

import hashlib
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from engine.cue import Cue
from engine.picture import Picture
from engine.results import Licence, StemFile
from engine.session import Session
from engine.stems.manifest import Versions
from engine.stems.report import Report, write_report
from engine.video.filmstrip import filmstrip

RATE = 48_000
SECONDS = 4
FPS = 25
SESSION = Session(frame_rate="25", start_timecode="01:00:00:00", project="Reel 3")
HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    " \"'&amp; \u2028\u2029 \\ <!-- $x ${y}"
)
CC0 = Licence(name="CC0-1.0", commercial=True)
HITS_SECONDS = (0.5, 1.2, 2.0, 2.8, 3.4)


def write_picture(
    path: Path,
    *,
    seconds: float = SECONDS,
    codec: str = "libx264",
    size: tuple[int, int] = (160, 90),
    ramp: bool = False,
) -> Path:
    """A ball that falls on every hit, brighter in the second half; or, as a ramp, gray that tells its frame."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=FPS)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
        stream.gop_size = 12
        for k in range(round(seconds * FPS)):
            time = k / FPS
            image = np.full((size[1], size[0], 3), 40 if time < seconds / 2 else 90, np.uint8)
            since = time - max((hit for hit in HITS_SECONDS if hit <= time), default=0)
            height = abs(np.sin(4 * since)) * np.exp(-since)
            y, x = int(size[1] * (0.82 - 0.6 * height)), int(size[0] * (0.2 + 0.6 * time / seconds))
            r = size[1] // 14
            image[max(0, y - r) : y + r, max(0, x - r) : x + r] = (235, 200, 120)
            image[int(size[1] * 0.9) :] = (70, 60, 55)
            if ramp:
                image[:] = 40 + 2 * k
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_stem(folder: Path, name: str, samples: np.ndarray, *, start: int, onset: int = 0, **changes: Any) -> StemFile:
    """Write samples as a 24-bit WAV file and describe it."""
    path = folder / name
    samples = np.atleast_2d(samples)
    soundfile.write(path, samples.T, RATE, subtype="PCM_24")
    values: dict[str, Any] = {
        "path": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "event": name.removesuffix(".wav"),
        "index": 1,
        "track": "FX_BALL",
        "label": "Ball Bounce",
        "category": "SPRTBall",
        "position_samples": start,
        "onset_samples": onset,
        "length_samples": samples.shape[1],
        "sample_rate_hz": RATE,
        "channels": samples.shape[0],
        "loudness_lufs": -24.0,
        "peak_dbtp": -6.0,
        "licence": CC0,
    }
    return StemFile(**{**values, **changes})


def hit(seed: int, level: float = 0.5, seconds: float = 0.4) -> np.ndarray:
    """A decaying knock that begins at its first sample."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return (
        level * np.exp(-12 * time) * (0.7 * np.sin(2 * np.pi * (160 + 20 * seed) * time + 1) + 0.3 * noise).clip(-1, 1)
    )


def make_report(folder: Path, *, picture: Path | None = None, **changes: Any) -> Report:
    """Five hits in two takes each on one track, rain on another, a mix of them; with their files in ``folder``."""
    cues, stems = [], []
    total = SECONDS * RATE
    mix = np.zeros((2, total))
    rain = 0.06 * np.random.default_rng(9).standard_normal((2, total))
    for k, seconds in enumerate(HITS_SECONDS, start=1):
        start = round(seconds * RATE)
        strength = (1.0, 0.7, 0.85, 0.5, 0.35)[k - 1]
        cues.append(
            Cue(
                id=f"c{k}",
                start_samples=start,
                kind="impact" if k % 2 else "step",
                strength=strength,
                confidence=1 - 0.12 * k,
                x=0.2 + 0.6 * seconds / SECONDS,
                y=0.82,
                shot=1 if seconds < 2 else 2,
                label="ball on a wooden floor",
            )
        )
        for take in (1, 2):
            sound = hit(10 * take + k, 0.8 * strength)
            stems.append(
                write_stem(folder, f"s1.{k}-t{take}.wav", sound, start=start, event=f"s1.{k}", take=take, index=k)
            )
            if take == 1:
                mix[:, start : start + len(sound)] += 0.7 * sound[: total - start]
    cues.append(Cue(id="c6", start_samples=0, length_samples=total, kind="swell", strength=0.3, label="rain outside"))
    cues.append(Cue(id="c7", start_samples=2 * RATE, kind="cut", strength=0.6, shot=2))
    stems.append(write_stem(folder, "s2.wav", rain, start=0, index=6, track="BG", label="Rain", category="RAINGnrl"))
    final = write_stem(folder, "MIX.wav", mix + rain, start=0, kind="mix", event="", index=12, track="Mix", label="Mix")
    shown = Picture(path=str(picture)) if picture else None
    values: dict[str, Any] = {
        "session": SESSION,
        "length_samples": total,
        "title": "a ball bounces on a wooden floor, rain outside",
        "picture": shown,
        "stills": filmstrip(shown, 24) if shown else (),
        "shots_samples": (0, 2 * RATE) if shown else (),
        "cues": tuple(cues),
        "motion": [abs(np.sin(4 * k / FPS)) for k in range(SECONDS * FPS)] if shown else (),
        "motion_rate_hz": FPS,
        "stems": tuple(stems),
        "mix": final,
        "seed": 7,
        "versions": Versions.here({"procedural": "3"}),
    }
    return Report(**{**values, **changes})


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(
        write_report(
            make_report(target, picture=write_picture(target / "picture.mp4", size=(640, 360))), target, "shot-1"
        )
    )
