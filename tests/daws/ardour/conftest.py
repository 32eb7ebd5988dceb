"""One Ardour for each file of tests, with its session, its scripts and an engine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.cli.daws.ardour import ACTIONS, HOOK, bundle
from engine.cli.daws.scripts import SOURCE
from engine.cli.daws.starting import ENGINE, shell_line
from engine.cli.process import running_engine
from engine.evaluation.physics_clips import clips

sys.path.insert(0, str(Path(__file__).parent))

import real
from ardour_studio import OPENER, TOKEN, Studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, foreign: Callable[[str], str]) -> Iterator[Studio]:
    for program in ("ardour", "ardour7-lua", "Xvfb", "xdotool"):
        foreign(program)
    folder = tmp_path_factory.mktemp("a")
    home, data = folder / "home", folder / "data"
    opener = folder / "it's an opener"
    opener.write_text(OPENER.format(folder=folder), encoding="utf-8")
    opener.chmod(0o755)
    own = {
        "CUEWRIGHT_TOKEN": TOKEN,
        "CUEWRIGHT_CONFIG": str(data / "cuewright.toml"),
        "CUEWRIGHT_DATA_FOLDER": str(data),
        "CUEWRIGHT_CACHE_FOLDER": str(data / "cache"),
    }
    log = folder / "the engine's log"
    start = shell_line((*ENGINE, "--port", "0", "--root", str(folder)), log, own)
    told = {
        "spool": (data / "spool").as_posix(),
        "opener": opener.name,  # no path, as the installer writes it
        "token": TOKEN,
        "log": str(log),
        "start": f"test -e {folder / 'may-start'} && {start}",
    }
    lines = "".join(f"{name} = {json.dumps(value)}, " for name, value in told.items())
    texts = bundle(SOURCE, f'return {{ {lines} engine = {{ "cuewright", "serve" }} }}\n')
    with (
        running_engine(data, folder, environment={"CUEWRIGHT_TOKEN": TOKEN}) as engine,
        real.display() as shown,
    ):
        environment = real.environment_of(home, shown)
        environment["PATH"] = f"{folder}:{environment['PATH']}"
        actions = {f"Cuewright: {action.name}": texts[action.file] for action in ACTIONS}
        real.configure(home, actions, {"asked": real.asking_hook(folder), "Cuewright": texts[HOOK]})
        session = real.make_session(folder, "reel", environment)
        with real.running(session, folder, environment) as ardour:
            clip = next(iter(clips(1, folder, 3)))
            yield Studio(folder=folder, ardour=ardour, engine=engine, clip=clip)
