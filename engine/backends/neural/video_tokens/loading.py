"""Opening a folder of a published model: never from the net, never a pickle, and an error that says what is missing."""

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
        A class of transformers.
    folder
        Where it lies.
    what
        What it is, for people.

    Raises
    ------
    FileUnreadable
        When the folder does not hold one.
    """
    from safetensors import SafetensorError

    if not Path(folder).is_dir():
        raise FileUnreadable(f"There is no folder {folder} with {what}: give the path of one.", field="models")
    if hasattr(kind, "save_pretrained") and hasattr(kind, "state_dict"):
        options = {"use_safetensors": True, **options}
    try:
        with quiet():
            return kind.from_pretrained(str(folder), local_files_only=True, **options)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileUnreadable(f"{folder} does not hold {what} as published: {first}", field="models") from None
