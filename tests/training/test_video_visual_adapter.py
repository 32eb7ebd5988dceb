"""The second cross-attention, against computations of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_latent import WIDTH, write_tiny_latent

from engine.backends.neural.pipelines import quiet
from engine.backends.neural.video_tokens import visual_adapter
from engine.backends.neural.video_tokens.config import VideoTokensConfig
from engine.backends.neural.video_tokens.hear import Centres
from engine.backends.neural.video_tokens.visual_adapter import AdapterConfig
from engine.errors import FileUnreadable
from engine.handle import Handle
from engine.training.video_tokens.adapter import AdapterTask, Drawn

torch = pytest.importorskip("torch")

WIDTH_UNITS = 24
LAMBDA = 0.7
ROWS, COLUMNS = 8, 32


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with quiet():
        return write_tiny_latent(tmp_path_factory.mktemp("latent"))


@pytest.fixture
def pipeline(layout: Path) -> Any:
    from diffusers import StableDiffusionPipeline

    torch.manual_seed(1)
    with quiet():
        made = StableDiffusionPipeline.from_pretrained(str(layout), safety_checker=None)
        made.set_progress_bar_config(disable=True)
        visual_adapter.attach_new(made, AdapterConfig(queries=6, width=64), WIDTH_UNITS)
    return made


def centres(units: int = 10) -> Centres:
    chance = np.random.default_rng(0)
    return Centres(
        vectors=chance.standard_normal((units, WIDTH_UNITS)).astype(np.float32),
        level_db=np.zeros(units, np.float32),
        layer=1,
        rate_hz=50.0,
    )


def attention(query: Any, key: Any, value: Any, heads: int) -> Any:
    """softmax(Q Kᵀ / √d) V, a head at a time."""
    out = []
    for q, k, v in zip(query.chunk(heads, -1), key.chunk(heads, -1), value.chunk(heads, -1), strict=True):
        out.append(torch.softmax(q @ k.transpose(1, 2) / q.shape[-1] ** 0.5, -1) @ v)
    return torch.cat(out, -1)


@pytest.mark.parametrize("span", [None, (0, 16), (8, 24)])
def test_the_decoupled_attention_is_the_papers_formula(pipeline: Any, span: tuple[int, int] | None) -> None:
    """Z' = Attn(Q, K_txt, V_txt) + lambda Attn(Q, K_vis, V_vis), the second within the span alone."""
    pipeline.set_ip_adapter_scale(LAMBDA)
    name = next(name for name in pipeline.unet.attn_processors if name.endswith("attn2.processor"))
    layer = pipeline.unet.get_submodule(name.removesuffix(".processor"))
    processor = layer.processor
    width = layer.to_q.in_features
    torch.manual_seed(2)
    for linear in (*processor.to_k_ip, *processor.to_v_ip):
        torch.nn.init.normal_(linear.weight)
    hidden = torch.randn(1, ROWS * COLUMNS, width)
    text, seen = torch.randn(1, 5, WIDTH), torch.randn(1, 6, WIDTH)
    masks = None
    if span:
        masks = visual_adapter.time_mask((8 * span[0], 8 * span[1]), rows=8 * ROWS, columns=8 * COLUMNS)
    with torch.no_grad():
        made = layer(hidden, encoder_hidden_states=(text, [seen[:, None] if masks else seen]), ip_adapter_masks=masks)
        query = layer.to_q(hidden)
        worded = attention(query, layer.to_k(text), layer.to_v(text), layer.heads)
        watched = attention(query, processor.to_k_ip[0](seen), processor.to_v_ip[0](seen), layer.heads)
        inside = torch.ones(ROWS, COLUMNS)
        if span:
            inside[:] = 0
            inside[:, span[0] : span[1]] = 1
        expected = layer.to_out[0](worded + LAMBDA * inside.flatten()[None, :, None] * watched)
    torch.testing.assert_close(made, expected, rtol=1e-5, atol=1e-5)
    assert (watched.abs() * LAMBDA).max() > 0.1  # it takes part


def test_what_is_saved_is_what_a_pipeline_loads(pipeline: Any, layout: Path, tmp_path: Path) -> None:
    from diffusers import StableDiffusionPipeline

    with torch.no_grad():
        for value in visual_adapter.trained_parts(pipeline.unet).values():
            value.add_(0.1 * torch.randn_like(value))
    visual_adapter.save(pipeline.unet, tmp_path)
    with quiet():
        again = StableDiffusionPipeline.from_pretrained(str(layout), safety_checker=None)
        visual_adapter.attach(again, tmp_path)
    before, after = (visual_adapter.trained_parts(each.unet) for each in (pipeline, again))
    assert set(before) == set(after)
    assert len(before) > 20
    for name in before:
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=0)


def sound(pipeline: Any, units: Any, scale: float, **keys: Any) -> Any:
    pipeline.set_ip_adapter_scale(scale)
    embeds = visual_adapter.image_embeds(visual_adapter.condition(units, centres())[None], guided=True)
    with quiet():
        return pipeline(
            prompt=["a door"],
            ip_adapter_image_embeds=embeds,
            height=8 * ROWS,
            width=8 * COLUMNS,
            num_inference_steps=2,
            guidance_scale=3.0,
            output_type="latent",
            generator=[torch.Generator().manual_seed(0)],
            **keys,
        ).images[0]


def test_the_tokens_and_their_order_are_heard_and_scale_0_is_without_them(pipeline: Any) -> None:
    tokens = np.arange(40) % 10
    one, same, other, turned = (
        sound(pipeline, units, 1.0) for units in (tokens, tokens, tokens % 3, tokens[::-1].copy())
    )
    assert torch.equal(one, same)
    assert not torch.allclose(one, other, atol=1e-3)
    assert not torch.allclose(one, turned, atol=1e-3)
    assert torch.equal(sound(pipeline, tokens, 0.0), sound(pipeline, tokens % 3, 0.0))


def test_a_condition_without_end_takes_any_number_of_tokens(pipeline: Any) -> None:
    assert sound(pipeline, np.arange(7) % 10, 1.0).shape == sound(pipeline, np.arange(300) % 10, 1.0).shape


def test_an_adapter_of_another_model_is_told(pipeline: Any, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="train adapter"):
        visual_adapter.attach(pipeline, tmp_path)
    (tmp_path / visual_adapter.FILE).write_bytes(b"nothing of the kind")
    with pytest.raises(FileUnreadable, match="does not fit"):
        visual_adapter.attach(pipeline, tmp_path)


def test_an_adapter_learns_to_listen(pipeline: Any) -> None:
    """Two sounds, told apart by their tokens alone: it comes to draw each better by its own tokens."""
    text = np.zeros((77, WIDTH), np.float32)
    latents = [np.full((4, 8, 8), sign, np.float32) for sign in (1.5, -1.5)]
    drawn = [
        Drawn(latent=latent, text=text, units=np.full(20, unit, np.int64))
        for latent, unit in zip(latents, (2, 7), strict=True)
    ]
    task = AdapterTask(pipeline, drawn, drawn, centres(), VideoTokensConfig(), "", text)
    frozen = {name: value.clone() for name, value in pipeline.unet.named_parameters() if name not in task.trained()}
    assert not any(value.requires_grad for name, value in pipeline.unet.named_parameters() if name in frozen)
    before = task.held_out(Handle())
    torch.manual_seed(3)
    descent = torch.optim.Adam(task.trained().values(), 3e-3)
    for _ in range(150):
        descent.zero_grad()
        task.module(drawn * 4).backward()
        descent.step()
    after = task.held_out(Handle())
    assert after.own < after.none < after.other
    assert after.other - after.own > 0.01  # the U-Net is random and frozen, so it cannot be much
    assert after.other - after.own > 3 * abs(before.other - before.own)
    assert all(torch.equal(value, dict(pipeline.unet.named_parameters())[name]) for name, value in frozen.items())
