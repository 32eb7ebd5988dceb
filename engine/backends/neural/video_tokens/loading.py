"""Opening a folder of a published model: never from the net, never a pickle, and an error that says what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import FileUnreadable


@contextmanager
def no_chatter() -> Iterator[None]:
    """Transformers' progress bars and advice are kept from the user's terminal."""
    from transformers.utils import logging as library

    logging: Any = library  # it says nothing of its types
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)


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
    if not Path(folder).is_dir():
        raise FileUnreadable(f"There is no folder {folder} with {what}: give the path of one.", field="models")
    if hasattr(kind, "save_pretrained") and hasattr(kind, "state_dict"):
        options = {"use_safetensors": True, **options}
    try:
        with no_chatter():
            return kind.from_pretrained(str(folder), local_files_only=True, **options)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileUnreadable(f"{folder} does not hold {what} as published: {first}", field="models") from None
