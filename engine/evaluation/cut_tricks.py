"""What happens within one shot and may be taken for a cut: flashes, whip pans, somebody close to the lens.

A trick takes the frames of one shot and gives as many back; it is still one shot. It knows nothing of edits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Frame = np.ndarray[Any, np.dtype[np.uint8]]  # (height, width, 3), blue green red
Trick = Callable[[list[Frame], float, np.random.Generator], list[Frame]]  # frames, frames a second, dice


def _lit(frame: Frame, gain: float, lift: Any = 0.0) -> Frame:
    return np.asarray(np.clip(frame.astype(np.float32) * gain + lift, 0, 255), np.uint8)


def _cropped(frame: Frame, x: float, y: float, scale: float) -> Frame:
    """The part of the frame around (x, y), both 0 to 1, ``scale`` times as large, at the frame's own size."""
    import cv2

    height, width = frame.shape[:2]
    left, top = x * width * (1 - 1 / scale), y * height * (1 - 1 / scale)
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32)
    return np.asarray(cv2.warpAffine(frame, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def pan(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """From one side to the other at an even speed, over half a second or more, blurred as a shutter blurs."""
    count, scale = len(frames), dice.uniform(1.6, 3.0)
    span = max(2, round(dice.uniform(0.4, 2.5) * rate_hz))
    begin = int(dice.integers(0, max(1, count - span)))
    ends = (0.0, 1.0) if dice.random() < 0.5 else (1.0, 0.0)

    def at(k: float) -> float:
        return float(np.interp(k, (begin, begin + span), ends))

    shown = []
    for k, frame in enumerate(frames):
        parts = [_cropped(frame, at(k + s), 0.5, scale).astype(np.uint16) for s in (0, 0.17, 0.33, 0.5)]
        shown.append((sum(parts[1:], parts[0]) // len(parts)).astype(np.uint8))
    return shown


def zoom(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """Into the picture or out of it, within a quarter to one and a half second."""
    span = max(2, round(dice.uniform(0.25, 1.5) * rate_hz))
    begin = int(dice.integers(0, max(1, len(frames) - span)))
    ends = (1.0, dice.uniform(1.7, 3.5))
    ends = ends if dice.random() < 0.5 else ends[::-1]
    x, y = dice.uniform(0.2, 0.8, 2)
    return [_cropped(f, x, y, float(np.interp(k, (begin, begin + span), ends))) for k, f in enumerate(frames)]


def shake(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """The camera is knocked about, every frame elsewhere, and calms down."""
    steps = dice.normal(0, 1, (len(frames), 2)) * np.exp(-np.arange(len(frames)) / rate_hz)[:, None]
    return [_cropped(f, 0.5 + 0.5 * dx, 0.5 + 0.5 * dy, 1.15) for f, (dx, dy) in zip(frames, steps, strict=True)]


def camera_flash(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """One to three flashes, each of one to three frames."""
    gains = np.zeros(len(frames))
    for begin in dice.integers(2, max(3, len(frames) - 4), int(dice.integers(1, 4))):
        gains[begin : begin + int(dice.integers(1, 4))] = dice.uniform(0.5, 1.0)
    return [_lit(f, 1 + g, 200 * g) if g else f for f, g in zip(frames, gains, strict=True)]


def explosion(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """White at once, then a flickering orange glow that dies away while the camera shakes."""
    begin = int(dice.integers(2, max(3, len(frames) // 2)))
    decay = dice.uniform(0.15, 0.6) * rate_hz
    shown = list(frames[:begin])
    for k, frame in enumerate(frames[begin:]):
        glow = np.exp(-k / decay) * (1 if k < 2 else dice.uniform(0.7, 1.0))
        dx, dy = dice.normal(0, 0.4 * glow, 2)
        warm = np.array([120, 200, 255], np.float32)
        shown.append(_lit(_cropped(frame, 0.5 + dx, 0.5 + dy, 1.1), 1 - 0.6 * glow, 1.1 * glow * warm))
    return shown


def lamp(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """The light goes on or off, within one to four frames."""
    begin, span = int(dice.integers(3, max(4, len(frames) - 5))), int(dice.integers(1, 5))
    ends = (dice.uniform(0.12, 0.4), 1.0)
    ends = ends if dice.random() < 0.6 else ends[::-1]
    return [_lit(f, float(np.interp(k, (begin - 1, begin - 1 + span), ends))) for k, f in enumerate(frames)]


def strobe(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """The light flips every two to five frames, as in a club."""
    every, low = int(dice.integers(2, 6)), dice.uniform(0.2, 0.6)
    return [_lit(f, low if k // every % 2 else 1.2) for k, f in enumerate(frames)]


def exposure(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """The camera's automatic exposure opens or closes over half a second to two."""
    span = dice.uniform(0.5, 2) * rate_hz
    begin = dice.uniform(0, max(1.0, len(frames) - span))
    ends = (dice.uniform(0.3, 0.7), dice.uniform(1.0, 1.8))
    ends = ends if dice.random() < 0.5 else ends[::-1]
    return [_lit(f, float(np.interp(k, (begin, begin + span), ends))) for k, f in enumerate(frames)]


def passer_by(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """Somebody out of focus crosses close to the lens and covers most or all of the picture."""
    import cv2

    height, width = frames[0].shape[:2]
    breadth = int(dice.uniform(0.5, 1.5) * width)
    span = dice.uniform(0.35, 1.2) * rate_hz
    begin = dice.uniform(0, max(1.0, len(frames) - span))
    cloth = dice.integers(10, 140, 3) + dice.normal(0, 25, (6, 8, 3))
    body = cv2.resize(np.clip(cloth, 0, 255).astype(np.float32), (breadth, height), interpolation=cv2.INTER_CUBIC)
    ramp = np.clip(np.minimum(np.arange(breadth), np.arange(breadth)[::-1]) / (0.06 * width), 0, 1)[None, :, None]
    flip = dice.random() < 0.5
    shown = []
    for k, frame in enumerate(frames):
        left = round(float(np.interp(k, (begin, begin + span), (-breadth, width))))
        a, b = max(0, left), min(width, left + breadth)
        picture = frame[:, ::-1].astype(np.float32) if flip else frame.astype(np.float32)
        if a < b:
            cover = ramp[:, a - left : b - left]
            picture[:, a:b] = picture[:, a:b] * (1 - cover) + body[:, a - left : b - left] * cover
        picture = picture[:, ::-1] if flip else picture
        shown.append(np.clip(picture, 0, 255).astype(np.uint8))
    return shown


def defocus(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """The focus is lost and found again."""
    import cv2

    middle, span = dice.uniform(0.3, 0.7) * len(frames), dice.uniform(0.3, 1.0) * rate_hz
    shown = []
    for k, frame in enumerate(frames):
        sigma = 12 * max(0.0, 1 - abs(k - middle) / span)
        shown.append(np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8) if sigma > 0.3 else frame)
    return shown


def caption(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """A lettered panel pops onto the lower third."""
    height, width = frames[0].shape[:2]
    begin = int(dice.integers(2, max(3, len(frames) - 3)))
    top, left, right = round(height * 0.62), round(width * 0.08), round(width * dice.uniform(0.5, 0.92))
    panel = np.empty((round(height * 0.26), right - left, 3), np.uint8)
    panel[:] = dice.integers(0, 256, 3)
    panel[8:-8:12, 10:-10] = 255
    shown = [f.copy() for f in frames]
    for frame in shown[begin:]:
        frame[top : top + panel.shape[0], left:right] = panel
    return shown


def dropped_frames(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """The picture freezes for up to half a second, several times, and jumps on."""
    shown, k = list(frames), 0
    while k < len(frames):
        hold = int(dice.uniform(0.05, 0.5) * rate_hz) + 1
        shown[k : k + hold] = [frames[k]] * len(frames[k : k + hold])
        k += hold
    return shown


def fast_forward(frames: list[Frame], rate_hz: float, dice: np.random.Generator) -> list[Frame]:
    """Everything moves four times as fast, there and back."""
    count = len(frames)
    folded = (np.arange(count) * 4) % (2 * count)
    return [frames[min(k, 2 * count - 1 - k)] for k in folded.tolist()]


TRICKS: Mapping[str, Trick] = {
    trick.__name__: trick
    for trick in (
        *(pan, zoom, shake, camera_flash, explosion, lamp, strobe, exposure),
        *(passer_by, defocus, caption, dropped_frames, fast_forward),
    )
}
