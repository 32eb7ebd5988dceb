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


def loud(module: torch.nn.Module) -> torch.nn.Module:
    """The module with weights that keep the level of what passes: a vocoder that is heard."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=parameter[0].numel() ** -0.5)
    return module
