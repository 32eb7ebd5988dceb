"""What can be set: a small JSON file in the user's home, read once when the script starts."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields

from .refused import Refused

PATH = "~/.cuewright-live.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Ports are of this machine only; a folder is used for sets that were never saved."""

    engine_port: int = 57190
    command_port: int = 57195
    sample_rate: int = 48_000
    frame_rate: str = "25"
    takes: int = 1
    folder: str = ""
    token: str = ""


def load() -> Settings:
    """The settings; defaults for all that the file does not name.

    Raises
    ------
    Refused
        When the file cannot be used; the sentence says why.
    """
    path = os.path.expanduser(PATH)  # noqa: PTH111
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            read = json.load(file)
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read ({error}); the defaults are used.") from None
    known = {field.name: type(field.default) for field in fields(Settings)}
    for name, value in read.items() if isinstance(read, dict) else [("{...}", None)]:
        if name not in known or not isinstance(value, known[name]) or isinstance(value, bool):
            raise Refused(f"{path}: {name} is not one of {', '.join(known)}, or not of their kind; defaults are used.")
    return Settings(**read)
