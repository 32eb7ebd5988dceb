"""Words swapped and weighed: what must be exactly as before is, and attention has the shapes of a picture of sound."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from tiny import auffusion
from tiny.weights import loud

from engine.backends.base import WordEdit
from engine.backends.neural import prompt_to_prompt
from engine.backends.neural.pipelines import quiet
from engine.backends.neural.prompt_to_prompt import aligned, edited_by_words, edited_maps
from engine.errors import BadArgument, Cancelled

STEPS = 3
SAME = "a dog barks"
SWAP = WordEdit(source="a dog barks", target="a door barks")


@pytest.fixture(scope="module")
def pipe() -> StableDiffusionPipeline:
    """With attention at every level that Stable Diffusion 1.x has it at."""
    torch.set_num_threads(1)
    with quiet():
        pipeline = auffusion.pipeline()
        torch.manual_seed(1)
        unet = UNet2DConditionModel(
            sample_size=64,
            block_out_channels=(8, 8, 8, 8),
            down_block_types=(*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
            up_block_types=("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
            layers_per_block=1,
            cross_attention_dim=auffusion.WIDTH,
            attention_head_dim=2,
            norm_num_groups=4,
        )
        pipeline.register_modules(unet=loud(unet))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def drawn(pipe: Any, edit: WordEdit, *, width: int = 64, guidance: float = 7.5, seed: int = 5) -> torch.Tensor:
    with quiet():
        return edited_by_words(
            pipe,
            edit,
            seed=seed,
            steps=STEPS,
            on_step_end=lambda pipeline, step, timestep, tensors: tensors,
            num_inference_steps=STEPS,
            guidance_scale=guidance,
            height=256,
            width=width,
        )


def plain(pipe: Any, text: str, *, width: int = 64, guidance: float = 7.5, seed: int = 5) -> torch.Tensor:
    with quiet():
        made: torch.Tensor = pipe(
            prompt=[text],
            generator=[torch.Generator("cpu").manual_seed(seed)],
            num_inference_steps=STEPS,
            guidance_scale=guidance,
            height=256,
            width=width,
            output_type="pt",
        ).images
    return made[0]


def away(one: torch.Tensor, two: torch.Tensor) -> float:
    return float((one - two).abs().max())


@pytest.mark.parametrize("guidance", [1.0, 7.5])
def test_without_an_edit_both_are_what_the_pipeline_draws(pipe: Any, guidance: float) -> None:
    source, target = drawn(pipe, WordEdit(source=SAME, target=SAME), guidance=guidance)
    assert away(source, plain(pipe, SAME, guidance=guidance)) < 1e-4
    assert away(target, source) < 1e-4


def test_a_weight_of_one_changes_nothing_and_another_does(pipe: Any) -> None:
    weighed = WordEdit(source=SAME, target=SAME, weights={"dog": 1.0})
    assert torch.equal(drawn(pipe, weighed), drawn(pipe, WordEdit(source=SAME, target=SAME)))
    source, target = drawn(pipe, weighed.model_copy(update={"weights": {"dog": 4.0}}))
    assert away(source, plain(pipe, SAME)) < 1e-4
    assert away(target, source) > 1e-3


def test_the_source_is_never_touched_and_the_target_lies_between(pipe: Any) -> None:
    source, target = drawn(pipe, SWAP)
    assert away(source, plain(pipe, SWAP.source)) < 1e-4
    assert away(target, source) > 1e-3
    own = plain(pipe, SWAP.target)
    assert away(target, own) > 1e-3
    free = SWAP.model_copy(update={"cross_replace_share": 0.0, "self_replace_share": 0.0})
    assert away(drawn(pipe, free)[1], own) < 1e-4, "nothing kept is nothing controlled"


@pytest.mark.parametrize("name", ["cross_replace_share", "self_replace_share"])
def test_each_share_is_of_the_steps(pipe: Any, name: str) -> None:
    none = {"cross_replace_share": 0.0, "self_replace_share": 0.0}
    made = [drawn(pipe, SWAP.model_copy(update=none | {name: share}))[1] for share in (0.0, 0.1, 0.3, 0.4, 1.0)]
    assert away(made[0], made[1]) > 1e-4
    assert torch.equal(made[1], made[2]), "one step of three either way"
    assert away(made[2], made[3]) > 1e-4
    assert away(made[3], made[4]) > 1e-4


def test_the_arrangement_is_kept_and_detail_is_free(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attention over more places than a bound is the target's own, as if nothing of it were kept."""
    free = drawn(pipe, SWAP.model_copy(update={"self_replace_share": 0.0}))[1]
    assert away(drawn(pipe, SWAP)[1], free) > 0.0
    monkeypatch.setattr(prompt_to_prompt, "SELF_POSITIONS", 0)
    assert away(drawn(pipe, SWAP)[1], free) == 0.0


def test_the_unet_is_as_before(pipe: Any) -> None:
    before = pipe.unet.attn_processors
    drawn(pipe, SWAP)
    assert pipe.unet.attn_processors == before

    def stop(pipeline: Any, step: int, timestep: Any, tensors: Any) -> Any:
        raise Cancelled("stopped")

    with quiet(), pytest.raises(Cancelled):
        edited_by_words(pipe, SWAP, seed=1, steps=2, on_step_end=stop, num_inference_steps=2, height=256, width=64)
    assert pipe.unet.attn_processors == before


def test_attention_has_the_shapes_of_a_picture_of_sound(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every level of 256 x 1024, none of them square; unchanged words take the source's maps in each."""
    seen: dict[int, float] = {}

    def watched(source: torch.Tensor, own: torch.Tensor, alignment: Any) -> torch.Tensor:
        made = edited_maps(source, own, alignment)
        stay = [0, 1, 3, 4]  # begin, a, barks, end
        difference = away(made[..., stay], source[..., stay])
        seen[source.shape[1]] = max(seen.get(source.shape[1], 0.0), difference)
        return made

    monkeypatch.setattr(prompt_to_prompt, "edited_maps", watched)
    pair = drawn(pipe, SWAP.model_copy(update={"cross_replace_share": 0.1}), width=1024)
    assert pair.shape == (2, 3, 256, 1024)
    assert seen == dict.fromkeys((32 * 128, 16 * 64, 8 * 32, 4 * 16), 0.0)


def test_words_are_aligned_by_their_tokens(pipe: Any) -> None:
    """'zoo' has no token of its own here, and takes three."""
    whole = pipe.tokenizer("a zoo barks", padding="max_length")["input_ids"]
    assert len(whole) == 77
    assert whole.index(pipe.tokenizer.eos_token_id) == 1 + 1 + 3 + 1
    found = aligned(WordEdit(source="a dog barks", target="a zoo barks"), pipe.tokenizer)
    assert found.mapping[2, 2:5].tolist() == pytest.approx([1 / 3] * 3), "one map shared by three"
    assert found.mapping[3, 5] == 1.0
    assert found.mapping[4, 6] == 1.0, "the end"
    assert found.mapping[5, 7] == 1.0, "what fills"
    assert found.taken.tolist() == [1.0] * 77
    back = aligned(WordEdit(source="a zoo barks", target="a dog barks"), pipe.tokenizer)
    assert back.mapping[:, 2].tolist() == [0.0] * 2 + [1.0] * 3 + [0.0] * 72
    assert back.taken.tolist() == [1.0] * 75 + [0.0] * 2


def test_an_added_word_has_maps_of_its_own(pipe: Any) -> None:
    found = aligned(WordEdit(source="a dog barks", target="a heavy dog barks"), pipe.tokenizer)
    assert found.taken[2] == 0.0
    assert [int(found.mapping[:, token].argmax()) for token in (0, 1, 3, 4, 5)] == [0, 1, 2, 3, 4]


def test_maps_are_taken_shared_kept_and_weighed(pipe: Any) -> None:
    edit = WordEdit(source="a dog barks", target="a heavy zoo, barks", weights={"zoo": 2.0})
    added = aligned(edit, pipe.tokenizer)
    source, own = torch.rand(2, 6, 77).softmax(-1), torch.rand(2, 6, 77).softmax(-1)
    made = edited_maps(source, own, added)
    assert torch.equal(made[..., :2], source[..., :2])
    assert torch.equal(made[..., 2], own[..., 2])
    swapped = aligned(WordEdit(source="a dog barks", target="a zoo barks"), pipe.tokenizer)
    mass = edited_maps(source, own, swapped).sum(-1)
    assert torch.allclose(mass, source[..., :75].sum(-1), atol=1e-6), "as much attention as before"
    once = edited_maps(source, own, aligned(edit.model_copy(update={"weights": {}}), pipe.tokenizer))
    assert torch.equal(made[..., 3:7], 2 * once[..., 3:7]), "the comma belongs to the word"
    assert torch.equal(made[..., 7:], once[..., 7:])


@pytest.mark.parametrize(
    ("weights", "told"),
    [({"cat": 2.0}, "'cat' is no word"), ({"door": -1.0}, "0 or more"), ({"door": float("nan")}, "or more")],
)
def test_a_wrong_weight_is_told(pipe: Any, weights: dict[str, float], told: str) -> None:
    with pytest.raises(BadArgument, match=told):
        drawn(pipe, SWAP.model_copy(update={"weights": weights}))


@pytest.mark.parametrize("wrong", [{"source": ""}, {"cross_replace_share": 1.1}, {"self_replace_share": -0.1}])
def test_an_edit_has_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        WordEdit(**{"source": "a", "target": "b", **wrong})
