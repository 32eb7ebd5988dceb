"""The published models that there is code for: what a folder of each must hold, where it is had, what its licence says.

Data only; which of them are on this machine is known by :mod:`engine.backends.weights`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from engine.model import Model
from engine.results import Licence

_STABILITY = Licence(
    name="Stability-AI-Community",
    commercial=True,
    note="free commercially below one million US dollars of yearly revenue; stability.ai/license",
)
_NON_COMMERCIAL = Licence(
    name="CC-BY-NC-SA-4.0", commercial=False, note="not in work that earns money; name the source"
)
_OWN = Licence(name="LicenseRef-your-own-model", commercial=True, note="added by you; check its terms and its data's")


class KnownModel(Model):
    """A published model that a backend loads."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    backend: str
    repository: str = Field("", description="On the Hugging Face hub; empty: only added from a folder.")
    files: tuple[str, ...] = Field((), description="Patterns of what is fetched.")
    needs: tuple[str, ...] = Field(description="Files without which it cannot be loaded, from its folder.")
    licence: Licence
    gated: bool = Field(False, description="The hub gives it only to who accepted its terms there.")
    size_bytes: int = Field(0, ge=0, description="About; 0 is not known.")


def _diffusers(*parts: str) -> tuple[str, ...]:
    return ("model_index.json", *(f"{part}/config.json" for part in parts))


_PIPELINE_FILES = ("*.json", "*.txt", "*/*.json", "*/*.txt", "*/*.model", "*/*.safetensors")
KNOWN: Mapping[str, KnownModel] = {
    model.name: model
    for model in (
        KnownModel(
            name="stable-audio-3-small-sfx",
            backend="stable_audio",
            repository="stabilityai/stable-audio-3-small-sfx",
            files=_PIPELINE_FILES,
            needs=_diffusers("transformer", "vae", "text_encoder"),
            licence=_STABILITY,
            gated=True,
            size_bytes=2 * 10**9,
        ),
        KnownModel(
            name="stable-audio-3-medium",
            backend="stable_audio",
            repository="stabilityai/stable-audio-3-medium",
            files=_PIPELINE_FILES,
            needs=_diffusers("transformer", "vae", "text_encoder"),
            licence=_STABILITY,
            gated=True,
            size_bytes=6 * 10**9,
        ),
        KnownModel(
            name="auffusion",
            backend="auffusion",
            repository="auffusion/auffusion-full-no-adapter",
            files=(*_PIPELINE_FILES, "*/*.bin", "vocoder/*"),
            needs=(*_diffusers("unet", "vae", "text_encoder"), "vocoder/config.json", "vocoder/vocoder.pt"),
            licence=_NON_COMMERCIAL,
            size_bytes=5 * 10**9,
        ),
        KnownModel(
            name="foleycrafter",
            backend="foleycrafter",
            repository="ymzhang319/FoleyCrafter",
            files=("semantic/*", "temporal_adapter.ckpt"),
            needs=("temporal_adapter.ckpt",),
            licence=Licence(
                name="LicenseRef-FoleyCrafter", commercial=False, note="on Auffusion, which is non-commercial"
            ),
            size_bytes=2 * 10**9,
        ),
        KnownModel(
            name="audioldm2",
            backend="audioldm2",
            repository="cvssp/audioldm2",
            files=_PIPELINE_FILES,
            needs=_diffusers("unet", "vae", "text_encoder", "language_model"),
            licence=_NON_COMMERCIAL,
            size_bytes=5 * 10**9,
        ),
        KnownModel(
            name="stable-audio-open",
            backend="stable_audio_open",
            repository="stabilityai/stable-audio-open-1.0",
            files=_PIPELINE_FILES,
            needs=_diffusers("transformer", "vae", "text_encoder", "projection_model"),
            licence=_STABILITY,
            gated=True,
            size_bytes=5 * 10**9,
        ),
        KnownModel(
            name="audio-agent",
            backend="audio_agent",
            needs=("audio-agent.json",),
            licence=_OWN,
        ),
    )
}
"""Every model that there is code for, by name."""
PIPELINES: Mapping[str, str] = {
    "stable_audio": "StableAudio3",
    "stable_audio_open": "StableAudioPipeline",
    "auffusion": "StableDiffusion",
    "audioldm2": "AudioLDM2",
}
"""How the class in a backend's model_index.json begins."""
