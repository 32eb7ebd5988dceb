"""The vocoder's published tensors under other names sound the same: against HiFi-GAN written out as published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import auffusion
from torch.nn import functional

from engine.backends.neural.vocoder import vocoder
from engine.errors import FileUnreadable

SLOPE = 0.1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(auffusion.VOCODER))
    torch.save({"generator": auffusion.published_vocoder()}, tmp_path / "vocoder.pt")
    return tmp_path


def weight(held: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    """Weight norm: each slice of the first axis has the length g and the direction of v."""
    direction = held[f"{name}.weight_v"]
    return torch.stack(
        [g.flatten() * v / v.square().sum().sqrt() for g, v in zip(held[f"{name}.weight_g"], direction, strict=True)]
    )


def hifi_gan(held: dict[str, torch.Tensor], mel: torch.Tensor) -> torch.Tensor:
    """The generator of HiFi-GAN (V1's kind of residual blocks), from its paper and the names of its checkpoint."""
    told: dict[str, Any] = auffusion.VOCODER

    def convolved(name: str, x: torch.Tensor, dilation: int = 1) -> torch.Tensor:
        kernel = weight(held, name)
        reach = dilation * (kernel.shape[-1] - 1) // 2
        return functional.conv1d(x, kernel, held[f"{name}.bias"], padding=reach, dilation=dilation)

    x = convolved("conv_pre", mel)
    block = 0
    for level, (rate, kernel) in enumerate(zip(told["upsample_rates"], told["upsample_kernel_sizes"], strict=True)):
        x = functional.conv_transpose1d(
            functional.leaky_relu(x, SLOPE),
            weight(held, f"ups.{level}"),
            held[f"ups.{level}.bias"],
            stride=rate,
            padding=(kernel - rate) // 2,
        )
        heard = torch.zeros_like(x)
        for dilations in told["resblock_dilation_sizes"]:
            y = x
            for part, dilation in enumerate(dilations):
                inner = convolved(f"resblocks.{block}.convs1.{part}", functional.leaky_relu(y, SLOPE), dilation)
                y = y + convolved(f"resblocks.{block}.convs2.{part}", functional.leaky_relu(inner, SLOPE))
            heard = heard + y
            block += 1
        x = heard / len(told["resblock_kernel_sizes"])
    return torch.tanh(convolved("conv_post", functional.leaky_relu(x)))[:, 0]


@torch.no_grad()
def test_it_sounds_as_published(folder: Path) -> None:
    torch.set_num_threads(1)
    mel = 2.0 * torch.randn(2, 256, 24, generator=torch.Generator().manual_seed(1))
    expected = hifi_gan(auffusion.published_vocoder(), mel)
    assert expected.shape == (2, 24 * 160)
    assert 0.1 < float(expected.std()) < 0.9, "neither silent nor all at the limit"
    assert float((vocoder(folder)(mel.transpose(1, 2)) - expected).abs().max()) < 1e-6


@torch.no_grad()
def test_tensors_without_the_key_are_read_as_well(folder: Path) -> None:
    mel = torch.randn(1, 8, 256)
    nested = vocoder(folder)(mel)
    torch.save(auffusion.published_vocoder(), folder / "vocoder.pt")
    assert torch.equal(vocoder(folder)(mel), nested)


def test_what_does_not_fit_is_told(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps(auffusion.VOCODER | {"upsample_initial_channel": 64}))
    with pytest.raises(FileUnreadable, match=r"vocoder\.pt does not fit its configuration"):
        vocoder(folder)
    (folder / "config.json").write_text(json.dumps({"num_mels": 256}))
    with pytest.raises(FileUnreadable, match=r"is no vocoder's configuration: 'sampling_rate'"):
        vocoder(folder)
    (folder / "config.json").write_text("[]")
    with pytest.raises(FileUnreadable, match="no vocoder's configuration"):
        vocoder(folder)
    (folder / "config.json").unlink()
    with pytest.raises(FileUnreadable, match="no vocoder's configuration"):
        vocoder(folder)


def test_half_a_pair_is_told(folder: Path) -> None:
    held = auffusion.published_vocoder()
    del held["conv_pre.weight_g"]
    torch.save({"generator": held}, folder / "vocoder.pt")
    with pytest.raises(FileUnreadable, match=r"does not fit.*conv_pre"):
        vocoder(folder)
