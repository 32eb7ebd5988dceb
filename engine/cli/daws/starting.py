"""How a DAW's script starts the engine: a line for a shell, after which the engine belongs to nobody.

A DAW may end what it started, or hand it its own open files and sockets. So a small Python program stands between: it
starts the engine in a session of its own with nothing open but a log, and ends. The script decides when.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ENGINE = (sys.executable, "-m", "engine", "serve")
PREFIX = "CUEWRIGHT_"
_START = (
    "import os, subprocess, sys; log = open(sys.argv[1], 'ab'); os.chdir(os.path.dirname(sys.argv[1])); "
    "subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)"
)


def shell_line(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> str:
    """Text for ``/bin/sh`` that starts a command and waits for nothing.

    Parameters
    ----------
    command
        Program and arguments, whatever characters they have.
    log
        Absolute path of the file for what it prints, added at its end. Its folder has to be there.
    environment
        Variables that the command is given on top; those of other programs than ours are left out.
    """
    given = [f"{name}={shlex.quote(value)} " for name, value in sorted(environment.items()) if name.startswith(PREFIX)]
    words = (sys.executable, "-I", "-c", _START, str(log), *command)
    return f"{''.join(given)}{shlex.join(words)} </dev/null >/dev/null 2>&1 &"
