"""The store of models: what it takes, what it refuses, and what it says."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.backends import layouts, weights
from engine.backends.known_models import KNOWN
from engine.backends.neural.loading import load_state_dict
from engine.backends.weights import LICENCE, RECORD, Store, revision_of, sha256_of
from engine.config import Settings
from engine.errors import BadArgument, Cancelled, FileUnreadable, FolderNotWritable, LicenceNotAccepted, WeightsMissing
from engine.handle import Handle
from engine.results import Licence

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2, dtype=torch.int64)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Settings(models_folder=tmp_path / "models"))


def pipeline(folder: Path, kind: str = "StableAudio3Pipeline") -> Path:
    """A pipeline's folder in its layout, with next to no weights."""
    parts = ("transformer", "vae", "text_encoder")
    folder.mkdir(parents=True)
    index: dict[str, object] = {"_class_name": kind, "safety_checker": [None, None]}
    index |= {part: ["diffusers", "Some"] for part in parts} | {"scheduler": ["diffusers", "Other"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "scheduler").mkdir()
    for part in parts:
        (folder / part).mkdir()
        (folder / part / "config.json").write_text(json.dumps({"_class_name": "Some"}))
        save_file(TENSORS, folder / part / "diffusion_pytorch_model.safetensors")
    return folder


def chat(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    save_file(TENSORS, folder / "model.safetensors")
    return folder


def test_a_folder_is_used_where_it_lies(store: Store, tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "mine")
    before = sorted(path for path in folder.rglob("*"))
    added = store.add(folder, handle=Handle())
    assert (added.name, added.backend, added.folder) == ("stable-audio-3-small-sfx", "stable_audio", folder)
    assert store.for_backend("stable_audio") == added
    assert store.installed() == (added,)
    assert sorted(path for path in folder.rglob("*")) == before
    assert not store.remove(added.name), "the user's files are not ours to delete"
    assert sorted(path for path in folder.rglob("*")) == before
    assert store.installed() == ()


def test_links_are_followed_and_those_that_lead_nowhere_are_told(store: Store, tmp_path: Path) -> None:
    real = pipeline(tmp_path / "blobs")
    (tmp_path / "mine").symlink_to(real)
    assert store.add(tmp_path / "mine", handle=Handle()).folder == real
    cached = pipeline(tmp_path / "cached")
    file = cached / "vae" / "diffusion_pytorch_model.safetensors"
    file.rename(tmp_path / "blob")
    file.symlink_to(tmp_path / "blob")  # as the hub's own cache
    (cached / "loop").symlink_to(cached)
    assert file.relative_to(cached).as_posix() in store.add(cached, handle=Handle()).files
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(FileUnreadable, match="There is no folder"):
        store.add(tmp_path / "round", handle=Handle())
    (cached / "vae" / "config.json").unlink()
    (cached / "vae" / "config.json").symlink_to(tmp_path / "round")
    with pytest.raises(FileUnreadable, match=r"lacks vae/config\.json"):
        store.add(cached, handle=Handle())


def test_a_fetched_model_is_not_added_where_it_would_be_removed(store: Store, tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "models" / "stable-audio-3-medium")
    for path in (folder, tmp_path / "models" / "stable-audio-3-medium" / ".." / "stable-audio-3-medium"):
        with pytest.raises(BadArgument, match="move it elsewhere first"):
            store.add(path, handle=Handle())
    assert folder.is_dir()


def test_removing_deletes_what_was_fetched_and_nothing_behind_a_link(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = store.add(pipeline(tmp_path / "mine"), handle=Handle())
    place = tmp_path / "models" / record.name
    told = json.loads((place / RECORD).read_text()) | {"folder": ""}
    elsewhere = pipeline(tmp_path / "elsewhere")
    for folder in (place, elsewhere):
        (folder / RECORD).write_text(json.dumps(told))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda *paths: (_ for _ in ()).throw(PermissionError(13, "in use")))
        with pytest.raises(FolderNotWritable, match="cannot be deleted: in use"):
            store.remove(record.name)
    assert store.remove(record.name)
    assert not place.exists()
    place.symlink_to(elsewhere)
    assert not store.remove(record.name)
    assert not place.is_symlink()
    assert (elsewhere / RECORD).exists()


def test_a_file_that_cannot_be_read_is_told(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pipeline(tmp_path / "mine")
    monkeypatch.setattr(weights, "sha256_of", lambda path, handle: (_ for _ in ()).throw(OSError(5, "I/O", str(path))))
    with pytest.raises(FileUnreadable, match=r"mine/\S+ cannot be read: I/O"):
        store.add(folder, handle=Handle())


def test_the_revision_is_of_every_byte(store: Store, tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "mine")
    first = store.add(folder, handle=Handle()).revision
    assert store.add(folder, handle=Handle()).revision == first
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")
    second = store.add(folder, handle=Handle())
    assert second.revision != first == revision_of({k: v for k, v in second.files.items() if "scheduler" not in k})


@pytest.mark.parametrize("name", ["house-sounds", "stable-audio-3-medium"])
def test_it_may_be_called_otherwise(store: Store, tmp_path: Path, name: str) -> None:
    added = store.add(pipeline(tmp_path / "mine"), name=name, handle=Handle())
    assert (added.name, added.backend) == (name, "stable_audio")
    assert store.for_backend("stable_audio").name == name


def test_a_language_model_is_called_as_its_folder(store: Store, tmp_path: Path) -> None:
    added = store.add(chat(tmp_path / "My Llama (3.2)"), handle=Handle())
    assert (added.name, added.backend) == ("my-llama-3.2", "llm")


@pytest.mark.parametrize("name", ["../up", "Big", "a/b", ".hidden", "a" * 65])
def test_a_name_that_is_none(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadArgument, match="small letters"):
        store.add(pipeline(tmp_path / "mine"), name=name, handle=Handle())
    outside = tmp_path / "models" / name / RECORD
    outside.parent.mkdir(parents=True, exist_ok=True)
    added = store.add(pipeline(tmp_path / "theirs"), handle=Handle())
    outside.write_bytes((tmp_path / "models" / added.name / RECORD).read_bytes())
    for asked in (store.find, store.remove, store.named):
        with pytest.raises(WeightsMissing):
            asked(name)
    assert outside.exists()


def spoil_nothing_there(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()


def spoil_class(folder: Path) -> None:
    (folder / "model_index.json").write_text('{"_class_name": "SomethingElse"}')


def spoil_part(folder: Path) -> None:
    (folder / "vae" / "config.json").unlink()


def spoil_weights(folder: Path) -> None:
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()


def spoil_words(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_text()) | {"tokenizer": ["transformers", "GemmaTokenizer"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "tokenizer_config.json").write_text("{}")


def spoil_end(folder: Path) -> None:
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def spoil_shard(folder: Path) -> None:
    held = {"weight_map": {"a": "m-1-of-2.safetensors", "b": "diffusion_pytorch_model.safetensors"}}
    (folder / "vae" / "m.safetensors.index.json").write_text(json.dumps(held))


@pytest.mark.parametrize(
    ("spoil", "lacks"),
    [
        (spoil_nothing_there, "no model that there is code for.* it lacks"),
        (spoil_class, "no model that there is code for"),
        (spoil_part, "stable-audio-3-small-sfx, it lacks vae/config.json"),
        (spoil_weights, "it lacks weights in vae"),
        (spoil_words, "it lacks tokenizer/tokenizer.json"),
        (spoil_end, "it lacks the rest of vae/diffusion_pytorch_model.safetensors"),
        (spoil_shard, "it lacks vae/m-1-of-2.safetensors"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_folder_lacks_is_said(store: Store, tmp_path: Path, spoil: object, lacks: str) -> None:
    folder = pipeline(tmp_path / "mine")
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(FileUnreadable, match=lacks):
        store.add(folder, handle=Handle())
    assert store.installed() == ()


def test_a_folder_under_a_wrong_name(store: Store, tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "mine")
    with pytest.raises(FileUnreadable, match="is no auffusion: it lacks a configuration of StableDiffusion"):
        store.add(folder, name="auffusion", handle=Handle())
    with pytest.raises(FileUnreadable, match="There is no folder"):
        store.add(tmp_path / "none", handle=Handle())


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_known_model_is_recognised_by_what_it_needs(name: str, tmp_path: Path) -> None:
    """A folder with what a model needs, and no more, is taken for it, or for another of the same backend."""
    known = KNOWN[name]
    for need in known.needs:
        (tmp_path / need).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / need).write_text("{}")
    config = tmp_path / ("model_index.json" if "model_index.json" in known.needs else "config.json")
    if known.kind:
        named = {"_class_name": known.kind} if config.name == "model_index.json" else {"architectures": [known.kind]}
        named |= {"projection_dim": known.width} if known.width else {}
        config.write_text(json.dumps(named))
        save_file(TENSORS, tmp_path / "model.safetensors")
    assert layouts.recognised(tmp_path).backend == known.backend


def test_a_model_that_was_damaged_since(store: Store, tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "mine")
    name = store.add(folder, handle=Handle()).name
    assert store.verify(name, Handle()) == ()
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert store.find(name).name == name, "a load looks at sizes only"
    assert store.verify(name, Handle()) == ("vae/diffusion_pytorch_model.safetensors is damaged, or another version.",)
    path.write_bytes(content[:-1])
    with pytest.raises(WeightsMissing, match=r"vae/\S+ of stable-audio-3-small-sfx has \d+ bytes instead of"):
        store.find(name)
    path.unlink()
    with pytest.raises(WeightsMissing, match="is missing"):
        store.for_backend("stable_audio")
    assert store.verify(name, Handle()) == ("vae/diffusion_pytorch_model.safetensors is missing.",)


def test_what_is_not_here_is_told_with_the_command(store: Store) -> None:
    with pytest.raises(WeightsMissing, match="cuewright models pull auffusion"):
        store.for_backend("auffusion")
    with pytest.raises(WeightsMissing, match="cuewright models add FOLDER"):
        store.for_backend("audio_agent")
    with pytest.raises(WeightsMissing, match="cuewright models list"):
        store.find("nothing-like-it")


def test_terms_that_nobody_accepted(store: Store, tmp_path: Path) -> None:
    name = store.add(pipeline(tmp_path / "mine"), handle=Handle()).name
    record = tmp_path / "models" / name / RECORD
    record.write_text(json.dumps(json.loads(record.read_text()) | {"accepted": ""}))
    with pytest.raises(LicenceNotAccepted, match="--accept-licence"):
        store.for_backend("stable_audio")


def test_a_damaged_record_is_no_model(store: Store, tmp_path: Path) -> None:
    name = store.add(pipeline(tmp_path / "mine"), handle=Handle()).name
    (tmp_path / "models" / name / RECORD).write_text("{")
    assert store.installed() == ()
    with pytest.raises(WeightsMissing):
        store.find(name)


def test_a_folder_of_models_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(FolderNotWritable, match="models"):
        Store(Settings(models_folder=tmp_path / "models")).add(pipeline(tmp_path / "mine"), handle=Handle())


def test_hashing_can_be_cancelled(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        store.add(pipeline(tmp_path / "mine"), handle=Handle(is_cancelled=lambda: True))
    assert store.installed() == ()
    with pytest.raises(Cancelled):
        sha256_of(tmp_path / "mine" / "model_index.json", Handle(is_cancelled=lambda: True))


def test_safetensors_are_known_by_their_content(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "weights.bin")
    torch.save(TENSORS, tmp_path / "weights.safetensors")
    for name in ("weights.bin", "weights.safetensors"):
        held = load_state_dict(tmp_path / name)
        assert all(torch.equal(held[key], TENSORS[key]) for key in TENSORS)
        assert len(held) == len(TENSORS)


class Program:
    """What a pickle can do to whoever opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_pickle_that_is_a_program_is_refused_and_not_run(how: str, tmp_path: Path) -> None:
    path, proof = tmp_path / "weights.bin", tmp_path / "it-ran"
    if how == "torch":
        torch.save({"a": Program(proof)}, path)
    else:
        path.write_bytes(pickle.dumps({"a": Program(proof)}))
    with pytest.raises(FileUnreadable, match="could run any program"):
        load_state_dict(path)
    assert not proof.exists()


@pytest.mark.parametrize("kind", ["empty", "cut safetensors", "cut pickle", "numbers", "missing", "no mapping"])
def test_what_is_no_weights(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    save_file(TENSORS, tmp_path / "a")
    torch.save(TENSORS, tmp_path / "b")
    contents = {
        "empty": b"",
        "cut safetensors": (tmp_path / "a").read_bytes()[:-3],
        "cut pickle": (tmp_path / "b").read_bytes()[:-300],
        "numbers": np.arange(100).tobytes(),
    }
    if kind in contents:
        path.write_bytes(contents[kind])
    elif kind == "no mapping":
        torch.save([1, 2], path)
    with pytest.raises(FileUnreadable, match=r"weights\.bin"):
        load_state_dict(path)


def test_the_settings_say_which_of_several_is_used(tmp_path: Path) -> None:
    settings = Settings(models_folder=tmp_path / "models")
    store = Store(settings)
    for name in ("stable-audio-3-medium", "stable-audio-3-small-sfx"):
        store.add(pipeline(tmp_path / name), name=name, handle=Handle())
    store.add(chat(tmp_path / "a-chat"), handle=Handle())
    names = [each.name for each in store.installed()]
    assert names == ["stable-audio-3-small-sfx", "stable-audio-3-medium", "a-chat"], "the catalogue's order, then names"
    assert store.for_backend("stable_audio").name == "stable-audio-3-small-sfx"
    other = Store(settings.model_copy(update={"models_first": ("stable-audio-3-medium",)}))
    assert other.for_backend("stable_audio").name == "stable-audio-3-medium"


def own(folder: Path, licence: str) -> Path:
    folder.mkdir()
    (folder / "audio-agent.json").write_text("{}")
    (folder / LICENCE).write_text(licence)
    return folder


def test_what_was_trained_here_brings_its_own_terms(store: Store, tmp_path: Path) -> None:
    terms = Licence(name="LicenseRef-our-house", commercial=True, note="our videos, our model")
    assert store.add(own(tmp_path / "own", terms.model_dump_json()), handle=Handle()).licence == terms
    (tmp_path / "own" / LICENCE).unlink()
    assert store.add(tmp_path / "own", handle=Handle()).licence == KNOWN["audio-agent"].licence
    published = pipeline(tmp_path / "published")
    (published / LICENCE).write_text(terms.model_dump_json())
    assert store.add(published, handle=Handle()).licence.name == "Stability-AI-Community AND Gemma", "as published"
    with pytest.raises(FileUnreadable, match="is no licence"):
        store.add(own(tmp_path / "other", "{}"), handle=Handle())
