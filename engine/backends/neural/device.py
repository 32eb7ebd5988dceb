"""The processor that models run on: which one, in which numbers, and how much memory is left there.

Half-precision floats on Apple's processors turn into noise, and processors without a GPU are not faster with them, so
both compute in 32 bits; a CUDA card computes in bfloat16, whose range is that of 32 bits.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.config import Settings
from engine.errors import ResourceError

if TYPE_CHECKING:
    import torch

OFFLOAD_SHARE = 0.8
"""A model that would fill more of the free memory waits in the computer's own, and each part comes when needed."""

_NO_ROOM = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where a model lies.

    Parameters
    ----------
    name
        ``cpu``, ``cuda`` or ``mps``, as torch says.
    """

    name: str

    @classmethod
    def chosen(cls, settings: Settings) -> Device:
        """The one that the settings name, or the best there is.

        Raises
        ------
        ResourceError
            When the one that is named is not there.
        """
        import torch

        there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        wanted = settings.models_device
        if wanted == "auto":
            return cls(name=next(name for name in ("cuda", "mps", "cpu") if there[name]))
        if not there[wanted]:
            raise ResourceError(
                f"The setting models_device is {wanted!r}, and there is none here: set it to 'auto'.",
                field="models_device",
            )
        return cls(name=wanted)

    @property
    def described(self) -> str:
        """The device by its maker's name."""
        import torch

        if self.name == "cuda":
            return torch.cuda.get_device_name()
        return f"{self.name}, {torch.get_num_threads()} threads"

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights; a card that only imitates bfloat16 is quicker in 32 bits."""
        import torch

        if self.name == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
            return torch.bfloat16
        return torch.float32

    def free_bytes(self) -> int | None:
        """Memory left for a model and its work; None where it is the computer's own."""
        import torch

        if self.name != "cuda":
            return None
        free, _ = torch.cuda.mem_get_info()
        return int(free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated())

    def reset_peak(self) -> int:
        """Begin to measure; returns the bytes in use now."""
        import torch

        if self.name != "cuda":
            return 0
        torch.cuda.reset_peak_memory_stats()
        return int(torch.cuda.memory_allocated())

    def peak_bytes(self) -> int:
        """Most bytes in use since :meth:`reset_peak`."""
        import torch

        return int(torch.cuda.max_memory_allocated()) if self.name == "cuda" else 0

    def release(self) -> None:
        """Give back what nothing holds any more."""
        import torch

        gc.collect()
        if self.name == "cuda":
            torch.cuda.empty_cache()
        elif self.name == "mps":
            torch.mps.empty_cache()

    def settle(self, pipeline: Any) -> Any:
        """A diffusers pipeline on this device; on a card too small for it, each part comes when it is needed."""
        import torch

        pipeline.set_progress_bar_config(disable=True)
        parts = [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]
        weights_bytes = sum(value.numel() * value.element_size() for part in parts for value in part.parameters())
        free = self.free_bytes()
        if free is not None and weights_bytes > OFFLOAD_SHARE * free:
            pipeline.enable_model_cpu_offload(device=self.name)
            return pipeline
        return pipeline.to(self.name)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on any device.

    Source: torch.OutOfMemoryError is that of CUDA; others raise RuntimeError with words: Apple's backend, the CPU's
    allocator (in other words on Windows), and CUDA's libraries (CUBLAS_STATUS_ALLOC_FAILED).
    """
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    told = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in told for words in _NO_ROOM)
