"""Opening a folder of a published model: never from the net, whole or not at all, and an error that says what is wrong.

Safetensors where they are; of a pickle, as HuBERT is still published, the plain tensors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.backends.neural.pipelines import quiet
from engine.errors import FileUnreadable


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
    """
    from pickle import UnpicklingError

    from safetensors import SafetensorError

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
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError, UnpicklingError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileUnreadable(f"{folder} does not hold {what} as published: {first}", field="models") from None
