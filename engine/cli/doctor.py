"""``doctor``: is this machine ready, and how to mend what is not.

Each check is one function that returns a :class:`Finding`; none changes anything.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import typer

from engine.cli.daws.installation import Change, Installation
from engine.cli.daws.places import Daw, System
from engine.cli.daws.scripts import scripts
from engine.cli.output import JsonFlag, print_json, table
from engine.config import Settings, config_path
from engine.errors import CuewrightError, ResourceError
from engine.llm.local import PREFIX
from engine.model import Model

LEAST_FREE_BYTES = 2 * 2**30


class Finding(Model):
    """One line of the report."""

    check: str
    state: Literal["ok", "note", "wrong"]
    found: str
    mend: str = ""


def _python(settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    bits = 64 if sys.maxsize > 2**32 else 32
    if bits == 32:
        return Finding(check="Python", state="wrong", found=f"{version}, 32 bits", mend="Install a 64-bit Python.")
    return Finding(check="Python", state="ok", found=f"{version} at {sys.executable}")


def _settings(settings: Settings) -> Finding:
    path = config_path()
    return Finding(check="Settings", state="ok", found=f"{path}{'' if path.exists() else ' (none; defaults)'}")


def _folder(check: str, folder: Path) -> Finding:
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not os.access(existing, os.W_OK):
        mend = f"Make {existing} writable, or name another folder in {config_path()}."
        return Finding(check=check, state="wrong", found=f"{folder} cannot be written", mend=mend)
    free = shutil.disk_usage(existing).free
    found = f"{folder}, {free / 2**30:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return Finding(
            check=check, state="wrong", found=found, mend="Free some space: stems need 9 MB a stereo minute."
        )
    return Finding(check=check, state="ok", found=found)


def _data(settings: Settings) -> Finding:
    return _folder("Data folder", settings.data_folder)


def _cache(settings: Settings) -> Finding:
    return _folder("Cache folder", settings.cache_folder)


def _port(settings: Settings) -> Finding:
    if _engine_answers(settings):
        return Finding(check="Port", state="ok", found=f"an engine answers on {settings.host}:{settings.port}")
    for kind, name in ((socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((settings.host, settings.port))
            except OSError as error:
                mend = "Start with another: cuewright serve --port 57191, and set the same port in the DAW script."
                found = f"{name} {settings.host}:{settings.port}: {error.strerror}"
                return Finding(check="Port", state="wrong", found=found, mend=mend)
    return Finding(check="Port", state="ok", found=f"{settings.host}:{settings.port} is free (UDP and TCP)")


def _engine_answers(settings: Settings) -> bool:
    from engine.errors import EngineNotRunning
    from engine.protocol.client import Client

    token = settings.token.get_secret_value() if settings.token else ""
    try:
        with Client(settings.host, settings.port, token=token, timeout_seconds=0.3) as client:
            client.ping()
    except (EngineNotRunning, OSError):
        return False
    return True


def _audio(settings: Settings) -> Finding:
    try:
        import sounddevice

        name = sounddevice.query_devices(kind="output")["name"]
    except OSError:
        mend = "Install PortAudio (Debian: sudo apt-get install libportaudio2); only live preview needs it."
        return Finding(check="Audio device", state="note", found="PortAudio is missing", mend=mend)
    except Exception as error:  # sounddevice raises its own PortAudioError, or ValueError without devices
        mend = "Plug in or choose an output; only live preview needs one."
        return Finding(check="Audio device", state="note", found=f"no output: {error}", mend=mend)
    return Finding(check="Audio device", state="ok", found=str(name))


def _midi(settings: Settings) -> Finding:
    from engine.preview.midi import ports

    if there := ports():
        return Finding(check="MIDI inputs", state="ok", found=", ".join(there))
    mend = "Connect a keyboard or controller; only performing needs one."
    return Finding(check="MIDI inputs", state="note", found="none", mend=mend)


def _plugins(settings: Settings) -> Finding:
    from plugin_bridge.find import plugin_files
    from plugin_bridge.scanned import read_scanned

    scanned = read_scanned(settings).files
    well = sum(len(file.plugins) for file in scanned)
    bad = [name for file in scanned for name in file.quarantined]
    if not scanned:
        count = len(plugin_files(settings))
        mend = "Scan them: cuewright plugins scan." if count else "None is needed; put yours where your DAW finds them."
        return Finding(check="Plugins", state="note", found=f"{count} files, never scanned", mend=mend)
    if bad:
        mend = "Those in quarantine crashed or hung: update them, then cuewright plugins scan."
        found = f"{well} scanned; in quarantine: {', '.join(bad)}"
        return Finding(check="Plugins", state="note", found=found, mend=mend)
    return Finding(check="Plugins", state="ok", found=f"{well} scanned")


def _gpu(settings: Settings) -> Finding:
    if find_spec("torch") is None:
        mend = "For diffusion models: pip install 'cuewright[models]'. Procedural sounds and your library need none."
        return Finding(check="GPU", state="note", found="PyTorch is not installed", mend=mend)
    import torch  # type: ignore[import-not-found, unused-ignore]

    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        return Finding(check="GPU", state="ok", found=f"{torch.cuda.get_device_name(0)}, {memory:.0f} GB")
    if torch.backends.mps.is_available():
        return Finding(check="GPU", state="ok", found="Apple Metal")
    return Finding(check="GPU", state="note", found="none: models run on the CPU, slowly", mend="")


def _weights(settings: Settings) -> Finding:
    from engine.backends.weights import Store

    store = Store(settings)
    models, wrong = store.installed(), []
    for model in models:
        try:
            store.find(model.name)
        except ResourceError as error:
            wrong.append(error.sentence)
    if wrong:
        mend = "Pull or add them again; 'cuewright models verify NAME' reads every byte."
        return Finding(check="Weights", state="wrong", found=" ".join(wrong), mend=mend)
    if not models:
        found = f"none in {settings.models_path}; the procedural sounds need none"
        return Finding(check="Weights", state="note", found=found, mend="'cuewright models list' shows what there is.")
    return Finding(check="Weights", state="ok", found=", ".join(model.name for model in models))


def _language_model(settings: Settings) -> Finding:
    return _model(
        "Language model", settings, "llm_model", "none: words are planned by rules and never leave this machine"
    )


def _model_that_sees(settings: Settings) -> Finding:
    return _model("Model that sees", settings, "vlm_model", "none: pictures are measured and never leave this machine")


def _model_that_hears(settings: Settings) -> Finding:
    return _model("Model that hears", settings, "alm_model", "none: sounds are measured and never leave this machine")


def _model(check: str, settings: Settings, key: str, none: str) -> Finding:
    """Where the model that a setting names is; words, pictures and sounds go to a server only where one is named."""
    from engine.backends.weights import Store

    name = getattr(settings, key)
    if not name:
        return Finding(check=check, state="ok", found=none)
    if not name.startswith(PREFIX):
        where = settings.llm_base_url or "the OpenAI service"
        return Finding(check=check, state="ok", found=f"{name} at {where}")
    name = name.removeprefix(PREFIX)
    try:
        found = Store(settings).find(name)
    except ResourceError as error:
        return Finding(check=check, state="wrong", found=error.sentence, mend=f"Or leave {key} unset.")
    return Finding(check=check, state="ok", found=f"{name} on this machine, {found.size_bytes / 1e9:.1f} GB")


def _daws(settings: Settings) -> Finding:
    system = System.this()
    there = [place for daw in Daw for place in system.found(daw)]
    if not there:
        mend = "Start the DAW once so that it makes its folder; or drag the .rpp or the stems in by hand."
        return Finding(check="DAW scripts", state="note", found="no DAW's folder was found", mend=mend)
    lines, commands = [], []
    for place in there:
        changes = Installation(folder=place.scripts, files=scripts(place.daw, settings)).changes()
        fresh, same = set(changes.values()) == {Change.NEW}, set(changes.values()) == {Change.SAME}
        lines.append(f"{place.name}: {'installed' if same else 'not installed' if fresh else 'not up to date'}")
        commands += [] if same else [f"cuewright install {place.daw}"]
    mend = f"Run {' and '.join(dict.fromkeys(commands))}." if commands else ""
    return Finding(check="DAW scripts", state="note" if commands else "ok", found="; ".join(lines), mend=mend)


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    *(_python, _settings, _data, _cache, _port, _audio, _midi, _plugins, _gpu, _weights, _language_model),
    *(_model_that_sees, _model_that_hears, _daws),
)


def doctor(as_json: JsonFlag = False) -> None:
    """Check this machine and say how to mend it.

    Exits with 1 when something is wrong; notes are for what only some features need.
    """
    try:
        settings = Settings.load()
    except CuewrightError as error:
        findings = [Finding(check="Settings", state="wrong", found=error.sentence, mend=f"Correct {config_path()}.")]
    else:
        findings = [check(settings) for check in CHECKS]
    if as_json:
        print_json({"ok": all(f.state != "wrong" for f in findings), "findings": findings})
    else:
        table(
            "cuewright doctor", ("", "check", "found", "mend"), ((f.state, f.check, f.found, f.mend) for f in findings)
        )
    if any(f.state == "wrong" for f in findings):
        raise typer.Exit(1)
