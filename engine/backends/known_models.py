"""The published models that there is code for: what a folder of each must hold, where it is had, what its licence says.

Data only; which of them are on this machine is known by :mod:`engine.backends.weights`.

Source: the models' pages on huggingface.co, names, layouts and licences as of 2026. Sizes are about: of Stable Audio 3
and AudioLDM 2 reckoned from their numbers of weights, of FoleyCrafter that of its first upload.
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
_STABILITY_3 = _STABILITY.model_copy(
    update={
        "name": "Stability-AI-Community AND Gemma",
        "note": f"{_STABILITY.note}; its text encoder within Google's use policy, ai.google.dev/gemma/terms",
    }
)
_ON_AUFFUSION = Licence(
    name="LicenseRef-your-own-model",
    commercial=False,
    note="your own training upon Auffusion, which is not for paid work",
)
_NON_COMMERCIAL = Licence(name="CC-BY-NC-SA-4.0", commercial=False, note="name the source, share alike")
OWN = Licence(name="LicenseRef-your-own-model", commercial=True, note="added by you; check its terms and its data's")


class KnownModel(Model):
    """A published model that a backend loads."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    backend: str
    repository: str = Field("", description="On the Hugging Face hub; empty: only added from a folder.")
    files: tuple[str, ...] = Field((), description="Patterns of what is fetched.")
    needs: tuple[str, ...] = Field(description="Files without which it cannot be loaded, from its folder.")
    beside: tuple[str, ...] = Field((), description="Models that it needs as well.")
    converted: str = Field("", description="How the published files get the layout read here; empty: they have it.")
    kind: str = Field("", description="How its class begins, in model_index.json or in config.json; empty: by files.")
    width: int | None = Field(None, description="projection_dim of its configuration; tells two of one class apart.")
    licence: Licence
    gated: bool = Field(False, description="The hub gives it only to who accepted its terms there.")
    size_bytes: int = Field(0, ge=0, description="About; 0 is not known.")


_MIT = Licence(name="MIT", commercial=True)
_APACHE = Licence(name="Apache-2.0", commercial=True)


def _diffusers(*parts: str) -> tuple[str, ...]:
    return ("model_index.json", *(f"{part}/config.json" for part in parts))


_PIPELINE_FILES = ("*.json", "*.txt", "*/*.model", "*/*.safetensors", "*/*.bin", "LICENSE*")
_TRANSFORMERS_FILES = ("*.json", "*.txt", "*.model", "*.jinja", "*.safetensors", "*.bin", "LICENSE*")
_CONVERTED = (
    "convert it once with scripts/convert_stable_audio_3_to_diffusers.py of github.com/huggingface/diffusers: "
    "python convert_stable_audio_3_to_diffusers.py --checkpoint_path {} --output_dir FOLDER"
)


def _stable_audio_3(size: str, size_bytes: int) -> KnownModel:
    repository = f"stabilityai/stable-audio-3-{size}"
    return KnownModel(
        name=f"stable-audio-3-{size}",
        backend="stable_audio",
        kind="StableAudio3",
        repository=repository,
        files=_PIPELINE_FILES,
        needs=_diffusers("transformer", "vae", "text_encoder"),
        converted=_CONVERTED.format(repository),
        licence=_STABILITY_3,
        gated=True,
        size_bytes=size_bytes,
    )


KNOWN: Mapping[str, KnownModel] = {
    model.name: model
    for model in (
        _stable_audio_3("small-sfx", 35 * 10**8),
        _stable_audio_3("medium", 91 * 10**8),
        KnownModel(
            name="auffusion",
            backend="auffusion",
            kind="StableDiffusion",
            repository="auffusion/auffusion-full-no-adapter",
            files=(*_PIPELINE_FILES, "vocoder/*"),
            needs=(*_diffusers("unet", "vae", "text_encoder"), "vocoder/config.json", "vocoder/vocoder.pt"),
            licence=_NON_COMMERCIAL,
            size_bytes=43 * 10**8,
        ),
        KnownModel(
            name="foleycrafter",
            backend="foleycrafter",
            repository="ymzhang319/FoleyCrafter",
            files=("semantic/*", "temporal_adapter.ckpt"),
            needs=("temporal_adapter.ckpt", "semantic/semantic_adapter.bin"),
            beside=("auffusion", "clip-vit-h-14"),
            licence=Licence(name="Apache-2.0", commercial=False, note="over Auffusion, which is not for paid work"),
            size_bytes=43 * 10**8,
        ),
        KnownModel(
            name="audioldm2",
            backend="audioldm2",
            kind="AudioLDM2",
            repository="cvssp/audioldm2",
            files=_PIPELINE_FILES,
            needs=_diffusers("unet", "vae", "text_encoder", "language_model"),
            licence=_NON_COMMERCIAL,
            size_bytes=5 * 10**9,
        ),
        KnownModel(
            name="stable-audio-open",
            backend="stable_audio_open",
            kind="StableAudioPipeline",
            repository="stabilityai/stable-audio-open-1.0",
            files=_PIPELINE_FILES,
            needs=_diffusers("transformer", "vae", "text_encoder", "projection_model"),
            licence=_STABILITY,
            gated=True,
            size_bytes=53 * 10**8,
        ),
        KnownModel(
            name="audio-agent",
            backend="audio_agent",
            needs=("audio-agent.json",),
            beside=("auffusion",),
            licence=_ON_AUFFUSION,
        ),
        KnownModel(
            name="clip-vit-large-patch14",
            backend="clip",
            kind="CLIPModel",
            width=768,
            repository="openai/clip-vit-large-patch14",
            files=_TRANSFORMERS_FILES,
            needs=("config.json", "preprocessor_config.json"),
            licence=_MIT,
            size_bytes=17 * 10**8,
        ),
        KnownModel(
            name="clip-vit-h-14",
            backend="clip_h",
            kind="CLIPModel",
            width=1024,
            repository="laion/CLIP-ViT-H-14-laion2B-s32B-b79K",
            files=("config.json", "preprocessor_config.json", "model*.safetensors*", "pytorch_model*.bin*"),
            needs=("config.json", "preprocessor_config.json"),
            licence=_MIT,
            size_bytes=4 * 10**9,
        ),
        KnownModel(
            name="hubert-base-ls960",
            backend="hubert",
            kind="Hubert",
            repository="facebook/hubert-base-ls960",
            files=_TRANSFORMERS_FILES,
            needs=("config.json", "preprocessor_config.json"),
            licence=_APACHE,
            size_bytes=4 * 10**8,
        ),
        KnownModel(
            name="clap-htsat-fused",
            backend="clap",
            kind="ClapModel",
            repository="laion/clap-htsat-fused",
            files=_TRANSFORMERS_FILES,
            needs=("config.json", "preprocessor_config.json"),
            licence=_APACHE,
            size_bytes=6 * 10**8,
        ),
        KnownModel(
            name="ast-audioset",
            backend="ast",
            kind="ASTFor",
            repository="MIT/ast-finetuned-audioset-10-10-0.4593",
            files=_TRANSFORMERS_FILES,
            needs=("config.json", "preprocessor_config.json"),
            licence=Licence(name="BSD-3-Clause", commercial=True),
            size_bytes=4 * 10**8,
        ),
        KnownModel(
            name="gemma-2-2b-it",
            backend="llm",
            kind="Gemma2For",
            repository="google/gemma-2-2b-it",
            files=_TRANSFORMERS_FILES,
            needs=("config.json", "tokenizer_config.json", "tokenizer.json"),
            licence=Licence(name="Gemma", commercial=True, note="within its use policy; ai.google.dev/gemma/terms"),
            gated=True,
            size_bytes=53 * 10**8,
        ),
        KnownModel(
            name="qwen2.5-1.5b-instruct",
            backend="llm",
            kind="Qwen2For",
            repository="Qwen/Qwen2.5-1.5B-Instruct",
            files=_TRANSFORMERS_FILES,
            needs=("config.json", "tokenizer_config.json", "tokenizer.json"),
            licence=_APACHE,
            size_bytes=31 * 10**8,
        ),
    )
}
"""Every published model that there is code for, by name."""
CHAT = KnownModel(name="chat", backend="llm", needs=("config.json", "tokenizer_config.json"), licence=OWN)
"""Any other folder with a language model that chats: it plans as ``llm_model = "local:NAME"``."""
CHAT_CLASSES = ("Qwen2_5_VLFor", "Qwen2AudioFor", "Qwen2_5Omni")
"""What classes of chat models that see or hear begin with; the name of one that only reads ends with ForCausalLM."""
