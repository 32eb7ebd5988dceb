"""Tokens into a diffusion model of Stable Diffusion's kind: a second cross-attention beside the text's.

``Z' = Attn(Q, K_txt, V_txt) + scale * Attn(Q, K_vis, V_vis)``: diffusers' IP-Adapter processors compute it, and its
resampler ("plus") makes a set number of vectors of any number of tokens. A token goes in as its centre in HuBERT's
space with its time added as sines, for a resampler does not know in which order it is given things. The condition
may be confined to a span of time by a mask over the spectrogram's columns.

Source: Audio-Agent (arXiv 2410.03335); Ye et al., IP-Adapter (2023).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from engine.backends.neural.video_tokens.connectors import times_as_sines
from engine.backends.neural.video_tokens.hear import Centres, Units
from engine.errors import FileUnreadable
from engine.model import Model

if TYPE_CHECKING:
    import torch

FILE = "visual_adapter.safetensors"
_HEAD = 64
"""Width of a resampler's head; diffusers reads the number of heads from the weights by it."""
_DEPTH = 4
"""Layers of a resampler: as many as diffusers loads."""


class AdapterConfig(Model):
    """Sizes of a new adapter; read back from the weights."""

    queries: int = Field(64, ge=1, le=1024, description="(open) Vectors that the resampler makes of the tokens.")
    width: int = Field(768, ge=64, le=8192, multiple_of=_HEAD, description="(open) Of the resampler.")


def condition(units: Units, centres: Centres) -> torch.Tensor:
    """``(tokens, width)``: each unit's centre, to unit variance, with the sines of its time."""
    import torch

    vectors = torch.from_numpy(centres.vectors)
    vectors = (vectors - vectors.mean(0)) / vectors.std().clamp(min=1e-6)
    return vectors[torch.from_numpy(units)] + times_as_sines(len(units), centres.rate_hz, vectors.shape[1])


def image_embeds(conditions: torch.Tensor, *, guided: bool) -> list[torch.Tensor]:
    """What a pipeline takes as ``ip_adapter_image_embeds``, of conditions ``(batch, tokens, width)``.

    Parameters
    ----------
    guided
        Whether the pipeline guides by comparing with no condition, which are zeros.
    """
    import torch

    seen = conditions[:, None]
    return [torch.cat([torch.zeros_like(seen), seen]) if guided else seen]


def time_mask(span: tuple[int, int], *, rows: int, columns: int) -> list[torch.Tensor]:
    """What the processors take as ``ip_adapter_masks``: 1 in the columns of the span, 0 elsewhere."""
    import torch

    mask = torch.zeros(1, 1, rows, columns)
    mask[..., span[0] : span[1]] = 1.0
    return [mask]


def attach(pipeline: Any, folder: Path) -> None:
    """Load a trained adapter into a pipeline.

    Raises
    ------
    FileUnreadable
        When it is not there, damaged, or of another U-Net.
    """
    from safetensors import SafetensorError

    path = folder / FILE
    if not path.is_file():
        raise FileUnreadable(f"There is no {path}; 'cuewright train adapter' makes it.", field="models")
    try:
        pipeline.load_ip_adapter(str(folder), subfolder="", weight_name=FILE, image_encoder_folder=None)
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileUnreadable(f"{path} does not fit this diffusion model: {first}", field="models") from None


def attach_new(pipeline: Any, config: AdapterConfig, width: int) -> None:
    """Put a new adapter into a pipeline, to be trained: the keys and values of the text's attention to begin with.

    Parameters
    ----------
    width
        Of a condition's vector.
    """
    from diffusers.models.embeddings import IPAdapterPlusImageProjection

    unet = pipeline.unet
    resampler = IPAdapterPlusImageProjection(
        embed_dims=width,
        output_dims=unet.config.cross_attention_dim,
        hidden_dims=config.width,
        depth=_DEPTH,
        dim_head=_HEAD,
        heads=config.width // _HEAD,
        num_queries=config.queries,
    )
    weights = unet.state_dict()
    heads = {}
    for number, name in enumerate(_visual_layers(unet)):
        for part in ("k", "v"):
            heads[f"{2 * number + 1}.to_{part}_ip.weight"] = weights[f"{name}.to_{part}.weight"].clone()
    state = {"image_proj": _as_published(resampler.state_dict()), "ip_adapter": heads}
    pipeline.load_ip_adapter(state, subfolder="", weight_name="", image_encoder_folder=None)


def trained_parts(unet: Any) -> dict[str, Any]:
    """The adapter's own parameters within a U-Net, by name."""
    return {name: value for name, value in unet.named_parameters() if "encoder_hid_proj" in name or "_ip." in name}


def save(unet: Any, folder: Path) -> None:
    """Write the adapter of a U-Net so that ``load_ip_adapter`` reads it."""
    from safetensors.torch import save_file

    resampler = unet.encoder_hid_proj.image_projection_layers[0]
    state = {f"image_proj.{name}": value for name, value in _as_published(resampler.state_dict()).items()}
    for number, name in enumerate(_visual_layers(unet)):
        processor = unet.attn_processors[f"{name}.processor"]
        for part in ("k", "v"):
            (linear,) = getattr(processor, f"to_{part}_ip")
            state[f"ip_adapter.{2 * number + 1}.to_{part}_ip.weight"] = linear.weight
    save_file({name: value.detach().cpu().contiguous() for name, value in state.items()}, folder / FILE)


def _visual_layers(unet: Any) -> list[str]:
    """The cross-attentions, in the order in which adapters number them (1, 3, 5 ...)."""
    return [name.removesuffix(".processor") for name in unet.attn_processors if name.endswith("attn2.processor")]


def _as_published(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The names under which the loader takes a resampler: its own, but for the output of the attention."""
    return {name.replace(".to_out.0.", ".to_out."): value for name, value in state.items()}
