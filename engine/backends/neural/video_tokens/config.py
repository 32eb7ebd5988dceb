"""Every number that Audio-Agent leaves open, with our default and why; kept as JSON beside the weights it made.

The paper names CLIP features, temporal connectors, Gemma2-2B-it with LoRA, and HuBERT units; it tells no sizes. What is
decided here is decided once, on training, and read back with the weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from engine.errors import CuewrightError, FileUnreadable
from engine.model import Model

FILE = "audio-agent.json"
"""Name of the configuration in the folder of the weights."""


class LookConfig(Model):
    """How the picture is seen."""

    frame_rate_hz: float = Field(25.0, ge=1, le=100, description="(open) Frames a second; 25 tells 40 ms apart.")
    framing: Literal["pad", "crop"] = Field(
        "pad", description="(open) pad sees a wide picture whole; crop its middle, as CLIP was trained."
    )
    grid: int = Field(
        2, ge=0, le=16, description="(open) Patches are averaged in so many rows and columns; 0: the whole frame only."
    )
    batch: int = Field(32, ge=1, le=1024, description="Frames that go through CLIP together.")


class HearConfig(Model):
    """What the tokens are."""

    layer: int = Field(9, ge=0, le=48, description="(open) HuBERT layer; 9 of the base model tells sounds apart best.")
    units: int = Field(500, ge=2, le=16_384, description="(open) Clusters: how many different tokens there are.")


class ConnectorConfig(Model):
    """The temporal connectors: from features of frames to what the language model reads."""

    width: int = Field(512, ge=8, le=8192, description="(open) Of the mixing.")
    layers: int = Field(2, ge=0, le=24, description="(open) Transformer layers over time.")
    heads: int = Field(8, ge=1, le=64, description="(open) Of each layer.")
    kernel: int = Field(5, ge=1, le=31, description="(open) Frames that each convolution over time sees.")
    dropout: float = Field(0.1, ge=0, lt=1, description="While training.")
    aligned: bool = Field(
        True,
        description="(open) Each token also reads the frames of its own moment, so that timing need not be counted.",
    )


class LoraSettings(Model):
    """The low-rank adapters of the language model."""

    rank: int = Field(16, ge=1, le=512, description="(open) Of the adapters, in all linear layers.")
    alpha: float = Field(32.0, gt=0, description="(open) Their scale times the rank.")
    dropout: float = Field(0.05, ge=0, lt=1, description="While training.")


class VideoTokensConfig(Model):
    """All of it.

    ``clip``, ``hubert`` and ``language`` name the folders of what the weights were trained on: absolute, or within the
    folder of the configuration; what stands there before training is their name on the hub.
    """

    clip: str = Field("openai/clip-vit-large-patch14", description="(open) CLIP, its vision half.")
    hubert: str = Field("facebook/hubert-base-ls960", description="(open) HuBERT.")
    language: str = Field("google/gemma-2-2b-it", description="The language model of the paper.")
    longest_seconds: float = Field(10.24, gt=0, le=600, description="(open) Of a clip; as Auffusion's.")
    prompt: str = Field(
        "Sound for this video, second by second. {caption}", description="(open) What is said before the frames."
    )
    look: LookConfig = LookConfig()
    hear: HearConfig = HearConfig()
    connectors: ConnectorConfig = ConnectorConfig()
    lora: LoraSettings = LoraSettings()

    def write(self, folder: Path) -> None:
        """Keep it beside the weights."""
        (folder / FILE).write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def of(cls, folder: Path) -> VideoTokensConfig:
        """What lies beside the weights, the folders that it names absolute.

        Raises
        ------
        FileUnreadable
            When it is missing or not what it should be.
        """
        path = folder / FILE
        try:
            config = cls.read(path.read_bytes())
        except (OSError, CuewrightError) as error:
            raise FileUnreadable(
                f"{path} cannot be read ({error}); it is written by 'cuewright train units'.", field="models"
            ) from None
        within = {name: str(folder / getattr(config, name)) for name in ("clip", "hubert", "language")}
        return config.model_copy(update={name: place for name, place in within.items() if Path(place).is_dir()})
