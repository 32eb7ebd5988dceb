"""Sound to units: the hidden states of one layer of HuBERT, each replaced by the nearest of some centres.

The centres are what ``train units`` learns; they lie in ``units.safetensors`` with how loud each unit is.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.backends.neural.loading import pretrained
from engine.backends.neural.pipelines import quiet
from engine.errors import FileUnreadable

FILE = "units.safetensors"
RATE_HZ = 16_000

Sound = NDArray[np.float32]
"""``(samples,)`` at :data:`RATE_HZ`."""
Units = NDArray[np.int64]
"""``(tokens,)``, each 0 to the number of centres."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centres:
    """What the units are.

    Parameters
    ----------
    vectors
        ``(units, width)``: in the space of HuBERT's states.
    level_db
        ``(units,)``: mean level of the sound that became each, relative to full scale.
    layer
        Of HuBERT, 0 before the first.
    rate_hz
        Units a second.
    """

    vectors: NDArray[np.float32]
    level_db: NDArray[np.float32]
    layer: int
    rate_hz: float

    def nearest(self, states: NDArray[np.float32]) -> Units:
        """The unit of each state, ``(tokens, width)`` to ``(tokens,)``."""
        # |s - c|² without the |s|² that is the same for every centre
        distances = (self.vectors**2).sum(1) - 2 * states @ self.vectors.T
        units: Units = distances.argmin(1)
        return units

    def write(self, folder: Path) -> None:
        """Keep them."""
        from safetensors.numpy import save_file

        arrays = {"centres": np.ascontiguousarray(self.vectors), "level_db": np.ascontiguousarray(self.level_db)}
        # One entry: the format keeps several in no order, and equal units are to be equal files.
        told = json.dumps({"layer": self.layer, "rate_hz": self.rate_hz})
        save_file(arrays, folder / FILE, metadata={"units": told})

    @classmethod
    def of(cls, folder: Path) -> Centres:
        """Read them.

        Raises
        ------
        FileUnreadable
            When they are not there, or damaged.
        """
        from safetensors import SafetensorError, safe_open

        path = folder / FILE
        try:
            with safe_open(path, framework="numpy") as file:
                told = json.loads(file.metadata()["units"])
                return cls(
                    vectors=file.get_tensor("centres"),
                    level_db=file.get_tensor("level_db"),
                    layer=int(told["layer"]),
                    rate_hz=float(told["rate_hz"]),
                )
        except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
            raise FileUnreadable(
                f"{path} holds no units ({error}); 'cuewright train units' makes it.", field="models"
            ) from None


class Listener:
    """HuBERT on a device.

    Parameters
    ----------
    folder
        ``config.json`` and ``model.safetensors`` of a HuBERT model.
    layer
        Whose states are given out, 0 before the first.
    device
        As torch names it.

    Raises
    ------
    FileUnreadable
        When the folder holds no such model, or it has no such layer.
    """

    def __init__(self, folder: Path | str, layer: int, device: str = "cpu") -> None:
        import torch
        from transformers import HubertModel

        self._model = pretrained(HubertModel, folder, "HuBERT", dtype=torch.float32).to(device).eval()
        self._layer, self._device = layer, device
        layers = int(self._model.config.num_hidden_layers)
        if layer > layers:
            raise FileUnreadable(f"{folder} has {layers} layers, so layer {layer} is none of it.", field="layer")
        config = self._model.config
        self.stride = int(math.prod(config.conv_stride))
        """Samples a unit."""
        field, step = 1, 1
        for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
            field, step = field + (kernel - 1) * step, step * stride
        self._sides = max(0, field - self.stride)

    @property
    def rate_hz(self) -> float:
        """Units a second."""
        return RATE_HZ / float(self.stride)

    def states(self, sound: Sound) -> NDArray[np.float32]:
        """``(samples // stride, width)``: state *n* is centred on the *n*-th stride of the sound."""
        import torch

        sound = (sound - sound.mean()) / max(float(sound.std()), 1e-5)  # as HuBERT was trained
        padded = np.pad(sound, (self._sides // 2, self._sides - self._sides // 2)).astype(np.float32)
        with quiet(), torch.inference_mode():
            heard = self._model(torch.from_numpy(padded)[None].to(self._device), output_hidden_states=True)
            states: NDArray[np.float32] = heard.hidden_states[self._layer][0].float().cpu().numpy()
        whole: NDArray[np.float32] = states[: len(sound) // self.stride]
        return whole

    def levels_db(self, sound: Sound) -> NDArray[np.float32]:
        """``(samples // stride,)``: level of the sound under each state, relative to full scale."""
        end = len(sound) // self.stride * self.stride
        power = np.square(sound[:end], dtype=np.float64).reshape(-1, self.stride).mean(1)
        levels: NDArray[np.float32] = (10 * np.log10(power + 1e-10)).astype(np.float32)
        return levels
