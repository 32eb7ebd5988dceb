"""How training goes: what is asked on the command line, kept beside the weights."""

from __future__ import annotations

from pydantic import Field

from engine.model import Model

SETTINGS = "{}.training.json"
"""Name of the file, by the stage."""


class TrainConfig(Model):
    """Of one run."""

    epochs: int = Field(10, ge=1, le=10_000, description="How often each clip is seen.")
    batch: int = Field(8, ge=1, le=4_096, description="Clips a step and process.")
    accumulate: int = Field(1, ge=1, le=1_024, description="Batches whose gradients make one step.")
    learning_rate: float = Field(2e-4, gt=0, le=1, description="(open) The highest; it rises, then falls to 0.")
    warmup_share: float = Field(0.05, ge=0, lt=1, description="Of all steps, until it is highest.")
    weight_decay: float = Field(0.01, ge=0, le=1, description="Of AdamW.")
    clip_norm: float = Field(1.0, gt=0, description="Longest gradient.")
    held_out_share: float = Field(0.1, gt=0, lt=1, description="Of the videos: never trained on, scored each epoch.")
    score_every: int = Field(1, ge=1, description="Epochs between two lines of the table; the last always has one.")
    seed: int = Field(0, ge=0, lt=2**63, description="Of everything that chance decides.")
    checkpoint_steps: int = Field(100, ge=1, description="A kill loses at most so many steps.")
    gradient_checkpointing: bool = Field(False, description="Less memory, a third more time.")
    device: str = Field("auto", pattern="^(auto|cpu|cuda|mps)$", description="What it runs on.")
