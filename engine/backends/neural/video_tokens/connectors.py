"""The temporal connectors: features of frames become what a language model reads, mixed over time.

The paper names them and tells no more (open). Here: each frame's features beside how they depart from the clip's mean,
for a still background says nothing about when; a projection with the time added as sines; convolutions over time, for
a contact is seen in a few neighbouring frames; transformer layers over the whole; and two ways out, one vector a frame
to stand before the tokens, and one vector a token that each token reads with the token before it.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.backends.neural.video_tokens.config import ConnectorConfig

if TYPE_CHECKING:
    import torch

FILE = "connectors.safetensors"
_SLOWEST_SECONDS = 40.0
_QUICKEST_SECONDS = 0.1


def connectors(config: ConnectorConfig, features: int, hidden: int, scale: float) -> Any:
    """A new module, weights at random.

    Parameters
    ----------
    config
        Its sizes.
    features
        Width of a frame's features.
    hidden
        Width of the language model.
    scale
        Standard deviation of the language model's own embeddings, which what comes out begins with.

    Returns
    -------
    torch.nn.Module
        Called with features ``(batch, frames, features)``, which frames are there ``(batch, frames)``, frames a second
        and the number of tokens; gives ``(batch, frames, hidden)`` and ``(batch, tokens + 1, hidden)``, the last of
        which stands for all that is after the picture. A clip's tokens are spread over all frames given, so clips of
        one batch are equally long or padded at the end.
    """
    return _connectors_class()(config, features, hidden, scale)


def times_as_sines(count: int, rate_hz: float, width: int) -> torch.Tensor:
    """``(count, width)``: the time of each, as sines and cosines of periods from 0.1 to 40 s.

    Source: Vaswani et al., Attention Is All You Need (2017), section 3.5, with periods in seconds.
    """
    import torch

    half = max(1, width // 2)
    periods = torch.logspace(math.log10(_QUICKEST_SECONDS), math.log10(_SLOWEST_SECONDS), half)
    angles = 2 * math.pi * torch.arange(count)[:, None] / rate_hz / periods
    sines = torch.cat([angles.sin(), angles.cos()], 1)
    return torch.nn.functional.pad(sines, (0, width - sines.shape[1])) if sines.shape[1] < width else sines[:, :width]


@cache
def _connectors_class() -> Any:
    import torch
    from torch import nn

    class Connectors(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self, config: ConnectorConfig, features: int, hidden: int, scale: float) -> None:
            super().__init__()
            width = config.width
            self.scale = scale
            self.look = nn.LayerNorm(features)
            self.project = nn.Linear(2 * features, width)
            self.near = nn.ModuleList(
                nn.Conv1d(width, width, config.kernel, padding=config.kernel // 2) for _ in range(2)
            )
            self.whole = nn.ModuleList(
                nn.TransformerEncoderLayer(
                    width, config.heads, 4 * width, config.dropout, "gelu", batch_first=True, norm_first=True
                )
                for _ in range(config.layers)
            )
            self.settle = nn.LayerNorm(width)
            self.before = nn.Linear(width, hidden)
            self.beside = nn.Linear(width, hidden) if config.aligned else None
            self.after = nn.Parameter(torch.randn(hidden)) if config.aligned else None

        def forward(
            self, features: torch.Tensor, there: torch.Tensor, rate_hz: float, tokens: int
        ) -> tuple[torch.Tensor, torch.Tensor | None]:
            mask = there[..., None].to(features.dtype)
            count = mask.sum(1, keepdim=True).clamp(min=1)
            mean = (features * mask).sum(1, keepdim=True) / count
            departs = (features - mean) * mask
            spread = (departs.square().sum(1, keepdim=True) / count).sqrt()
            x = self.project(torch.cat([self.look(features), departs / (spread + 1e-4)], 2))
            x = x + times_as_sines(x.shape[1], rate_hz, x.shape[2]).to(x)
            for near in self.near:
                x = x + nn.functional.gelu(near((x * mask).transpose(1, 2)).transpose(1, 2))
            for layer in self.whole:
                x = layer(x, src_key_padding_mask=~there)
            x = self.settle(x) * mask
            before = self.scale * self.before(x)
            if self.beside is None or self.after is None:
                return before, None
            moments = nn.functional.interpolate(x.transpose(1, 2), size=tokens, mode="linear", align_corners=False)
            beside = self.beside(moments.transpose(1, 2))
            return before, self.scale * torch.cat([beside, self.after.expand(len(beside), 1, -1)], 1)

    return Connectors
