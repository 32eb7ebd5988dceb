"""Random weights that do something: layers that begin as zeros would pass nothing on."""

from __future__ import annotations

import torch


def stirred(module: torch.nn.Module) -> torch.nn.Module:
    """The module, with what was zero made random; the seed is torch's own."""
    with torch.no_grad():
        for parameter in module.parameters():
            if not parameter.any():
                parameter.normal_(std=0.2)
    return module
