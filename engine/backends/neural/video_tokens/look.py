"""Frames to features, at a set rate: transformers' CLIP, and the engine's reader.

One feature vector a frame: the projected embedding that CLIP compares with words, and behind it, where the
configuration asks for a grid, the patches' own last states averaged in cells, for *where* a thing is tells more of a
contact than what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.backends.neural.loading import pretrained
from engine.backends.neural.pipelines import quiet
from engine.backends.neural.video_tokens.config import LookConfig
from engine.handle import Handle
from engine.picture import Picture
from engine.video import reader

if TYPE_CHECKING:
    import torch

Features = NDArray[np.float32]
"""``(frames, width)``."""
Warn = Callable[[str], None]
_SHARPER = 2
"""The frames are read so many times larger than CLIP sees them, and made smaller as CLIP was trained."""


class Looker:
    """CLIP's vision half on a device.

    Parameters
    ----------
    folder
        ``config.json``, ``model.safetensors`` and ``preprocessor_config.json`` of a CLIP model.
    config
        Rate, framing and grid.
    device
        As torch names it.

    Raises
    ------
    FileUnreadable
        When the folder holds no such model.
    """

    def __init__(self, folder: Path | str, config: LookConfig, device: str = "cpu") -> None:
        from transformers import CLIPVisionModelWithProjection
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

        self._config, self._device = config, device
        self._model = pretrained(CLIPVisionModelWithProjection, folder, "CLIP").to(device).eval()
        self._prepare = pretrained(CLIPImageProcessorPil, folder, "CLIP")
        self._size = int(self._model.config.image_size)

    @property
    def width(self) -> int:
        """Numbers of one frame's feature."""
        config = self._model.config
        return int(config.projection_dim + self._config.grid**2 * config.hidden_size)

    def features(
        self,
        picture: Picture,
        warn: Warn = lambda sentence: None,
        handle: Handle = Handle(),  # noqa: B008 - frozen
    ) -> Features:
        """One vector for each moment of the slice: ``(round(seconds * rate), width)``.

        Raises
        ------
        FileUnreadable, PictureUnreadable
            As the reader says.
        """
        sampled = self._sampled(picture, warn, handle)
        parts = []
        with quiet():
            while batch := list(islice(sampled, self._config.batch)):
                parts.append(self._embedded(batch))
        made: Features = np.concatenate(parts)
        return made

    def _sampled(self, picture: Picture, warn: Warn, handle: Handle) -> Iterator[NDArray[np.uint8]]:
        """The frame that shows at each moment, ``(height, width, 3)``, red first."""
        footage = reader.probe(picture.path)
        rate = Fraction(self._config.frame_rate_hz).limit_denominator(1000)
        count = max(1, round(reader.slice_length(picture, footage) * rate))
        size = _SHARPER * self._size
        read = reader.frames(picture, width_px=size, thumbnail_width_px=size, footage=footage, warn=warn, handle=handle)
        made, shown = 0, None
        for frame in read:
            while shown is not None and made < count and made / rate < frame.time:
                yield shown
                made += 1
            shown = self._framed(frame.thumbnail_bgr[:, :, ::-1])
        while shown is not None and made < count:
            yield shown
            made += 1

    def _framed(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._config.framing == "crop":
            return image
        height, width, _ = image.shape
        side = max(height, width)
        square = np.full((side, side, 3), image.mean((0, 1)).astype(np.uint8), np.uint8)
        top, left = (side - height) // 2, (side - width) // 2
        square[top : top + height, left : left + width] = image
        return square

    def _embedded(self, images: list[NDArray[np.uint8]]) -> Features:
        import torch

        pixels = self._prepare(images=images, return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            seen: Any = self._model(pixel_values=pixels.to(self._device, self._model.dtype))
            parts = [seen.image_embeds, *self._cells(seen.last_hidden_state)]
            made: Features = torch.cat(parts, 1).float().cpu().numpy()
        return made

    def _cells(self, states: torch.Tensor) -> list[torch.Tensor]:
        import torch

        if not self._config.grid:
            return []
        patches = states[:, 1:].transpose(1, 2)  # the first is that of the whole
        side = round(patches.shape[2] ** 0.5)
        square = patches.reshape(*patches.shape[:2], side, side)
        return [torch.nn.functional.adaptive_avg_pool2d(square, self._config.grid).flatten(1)]
