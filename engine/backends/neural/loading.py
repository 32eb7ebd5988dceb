"""Opening a folder of a published model: never from the net, whole or not at all, and an error that says what is wrong.

Safetensors where they are; of a pickle, as HuBERT is still published, the plain tensors.
"""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.backends import layouts
from engine.backends.neural.device import Device, is_out_of_memory
from engine.backends.neural.pipelines import quiet
from engine.backends.weights import Installed
from engine.errors import FileUnreadable, ResourceError

if TYPE_CHECKING:
    import torch


def opened(kind: str, installed: Installed, device: Device, **keys: Any) -> Any:
    """A pipeline of that diffusers class, from its folder, on its device.

    Code that lies beside the weights is not run: diffusers refuses a folder that names some.

    Raises
    ------
    FileUnreadable
        When a part of it lacks a weight.
    OSError, ValueError, ...
        As diffusers does, when the folder does not hold it.
    """
    diffusers: Any = importlib.import_module("diffusers")
    with quiet():
        pipeline = getattr(diffusers, kind).from_pretrained(
            str(installed.folder),
            torch_dtype=device.dtype,
            local_files_only=True,
            **(whole_parts(installed.folder, device.dtype, keys) | keys),
        )
        return device.settle(pipeline)


def whole_parts(folder: Path, dtype: torch.dtype, given: Collection[str] = ()) -> dict[str, Any]:
    """The parts of a pipeline that are models of transformers; diffusers would let random numbers be what they lack.

    Parameters
    ----------
    given
        Those that are there already.

    Raises
    ------
    FileUnreadable
        When one lacks a weight, or nothing tells the parts.
    """
    transformers: Any = importlib.import_module("transformers")
    try:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
        kinds = {part: told[1] for part, told in index.items() if isinstance(told, list) and "transformers" in told[:1]}
    except (OSError, ValueError, AttributeError, IndexError) as error:
        raise FileUnreadable(f"{folder / 'model_index.json'} tells no parts: {error}.", field="models") from None
    return {
        part: pretrained(found, folder / part, f"a {kind}", dtype=dtype)
        for part, kind in kinds.items()
        if part not in given and hasattr(found := getattr(transformers, str(kind), None), "state_dict")
    }


def pretrained(kind: Any, folder: Path | str, what: str, **options: Any) -> Any:
    """A model, processor or tokenizer out of a folder.

    Parameters
    ----------
    kind
        A class of transformers, or a pipeline of diffusers.
    folder
        Where it lies.
    what
        What it is, for people.

    Raises
    ------
    FileUnreadable
        When the folder does not hold one.
    ResourceError
        When it finds no memory.
    """
    if not Path(folder).is_dir():
        raise FileUnreadable(f"There is no folder {folder} with {what}: give the path of one.", field="models")
    try:
        with quiet():
            if not hasattr(kind, "state_dict"):
                return kind.from_pretrained(str(folder), local_files_only=True, **options)
            model, about = kind.from_pretrained(
                str(folder), local_files_only=True, weights_only=True, output_loading_info=True, **options
            )
        if missing := sorted(about["missing_keys"]):  # they would be random numbers
            raise ValueError(f"it lacks {len(missing)} weights, {missing[0]} among them")
        return model
    except Exception as error:  # libraries raise what they like over files that are not what they should be
        if is_out_of_memory(error):
            raise ResourceError(
                f"{what} does not fit into the memory left: close other programs.", field="models"
            ) from None
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileUnreadable(f"{folder} does not hold {what} as published: {first}", field="models") from None


def load_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, whatever its name: safetensors by content, else a pickle of plain tensors only.

    Raises
    ------
    FileUnreadable
        When it is cut off, or a pickle that holds more than tensors: such a file could run any program.
    """
    import pickle

    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if layouts.is_safetensors(path):
            return dict(load_file(path))
        with path.open("rb") as file, warnings.catch_warnings():  # a path would be judged by its suffix
            warnings.simplefilter("ignore")  # of protocols that torch does not write itself
            return dict(torch.load(file, map_location="cpu", weights_only=True))
    except pickle.UnpicklingError:
        raise FileUnreadable(
            f"{path.name} holds no plain weights: it is damaged, or a pickle that could run any program when opened, "
            "and was not. Get it as safetensors.",
            field="backend",
        ) from None
    except (OSError, SafetensorError, RuntimeError, EOFError, ValueError, TypeError) as error:
        told = " ".join(str(error).split())[:200]
        raise FileUnreadable(f"{path.name} cannot be read as weights: {told}.", field="backend") from None
