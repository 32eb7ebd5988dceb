"""Looks at every plugin of the user, each in a process of its own: one that crashes or hangs is put in quarantine.

What is found is kept after every file, so a scan that is broken off goes on where it was, and a file that has not
changed is not loaded again.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from pathlib import Path

from engine.config import Settings
from engine.errors import PluginFailed
from engine.handle import Handle
from plugin_bridge import wire
from plugin_bridge.find import plugin_files
from plugin_bridge.sandbox import Failed, Limits, Sandbox
from plugin_bridge.scanned import FoundPlugin, Scanned, ScannedFile, read_scanned, state_of, write_scanned

_RATE_HZ = 48_000
_SYSTEMS = {
    *("MacOS", "x86-win", "x86_64-win", "arm-win", "arm64-win", "arm64ec-win"),
    *("i386-linux", "i686-linux", "x86_64-linux", "armv7l-linux", "aarch64-linux"),
}
"""Folders of a bundle, as the VST3 format names them."""


def scan(
    settings: Settings,
    handle: Handle,
    *,
    retry: bool = False,
    everything: bool = False,
    on_file: Callable[[ScannedFile], object] = lambda file: None,
) -> Scanned:
    """Scan what is new or has changed.

    Parameters
    ----------
    retry
        Also what is in quarantine.
    everything
        Also what is known.
    on_file
        Told of each file that was looked at.

    Raises
    ------
    FolderNotWritable
        When what is found cannot be kept.
    Cancelled
        What was found stays.
    """
    known = {file.path: file for file in read_scanned(settings).files}
    paths = plugin_files(settings)
    there = {str(path) for path in paths}
    done = {path: file for path, file in known.items() if path in there}
    for number, path in enumerate(paths):
        handle.progress(number / len(paths), path.stem)
        before = done.get(str(path))
        if (
            before
            and before.state == state_of(path)
            and not everything
            and not (retry and (before.problem or before.problems))
        ):
            continue
        found = look_at(path, settings)
        done[str(path)] = found
        write_scanned(Scanned(files=tuple(done.values())), settings)
        on_file(found)
    result = Scanned(files=tuple(done[str(path)] for path in dict.fromkeys(paths)))
    write_scanned(result, settings)
    return result


def look_at(path: Path, settings: Settings) -> ScannedFile:
    """Load what a file holds; what goes wrong is its problem."""
    state = state_of(path)
    if path.suffix == ".vst3" and path.is_dir() and not (path / "Contents").is_dir():
        return ScannedFile(path=str(path), state=state, problem="It is no VST3 bundle: it has no folder Contents.")
    limits = Limits(load_seconds=settings.plugin_timeout_seconds)
    if elsewhere := _for_another_system(path):
        return ScannedFile(path=str(path), state=state, problem=elsewhere)
    try:
        names = _names(path, limits)
    except PluginFailed as failed:
        return ScannedFile(path=str(path), state=state, problem=failed.sentence)
    found: list[FoundPlugin] = []
    problems: dict[str, str] = {}
    for name in names:
        try:
            found.append(_plugin(path, name if len(names) > 1 else "", name, limits))
        except PluginFailed as failed:
            problems[name] = failed.sentence
    if not found:
        return ScannedFile(path=str(path), state=state, problem=" ".join(problems.values()))
    return ScannedFile(path=str(path), state=state, plugins=tuple(found), problems=problems)


def _for_another_system(path: Path) -> str:
    """What to say of a bundle that has nothing for this system; nothing where it has, or is one file."""
    contents = path / "Contents"
    if path.suffix != ".vst3" or not contents.is_dir():
        return ""
    kinds = {one.name for one in contents.iterdir() if one.is_dir()} - {"Resources"}
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    mine = {"win32": f"{machine}-win", "darwin": "MacOS"}.get(sys.platform, f"{machine}-linux")
    others = sorted(kinds & _SYSTEMS)
    if mine in kinds or (sys.platform == "win32" and "arm64ec-win" in kinds) or not others:
        return ""
    return f"It is made for {', '.join(others)}, and not for this system ({mine})."


def _names(path: Path, limits: Limits) -> tuple[str, ...]:
    with Sandbox(channels=2, limits=limits) as sandbox:
        answer = sandbox.ask(wire.Look(path=str(path)))
        if not isinstance(answer, wire.Names):
            raise PluginFailed(f"{path.stem} does not tell what it holds.")
        problem = sandbox.close()
    if problem:
        raise PluginFailed(problem)
    if not answer.names:
        raise PluginFailed(f"{path.stem} holds no plugin for this system.")
    return answer.names


def _plugin(path: Path, one_of_several: str, name: str, limits: Limits) -> FoundPlugin:
    """One plugin, loaded, heard for a moment where it is an effect, and given up again."""
    with Sandbox(channels=2, limits=limits) as sandbox:
        loaded = sandbox.load(wire.Load(link=0, path=str(path), plugin_name=one_of_several), name)
        late = 0
        if not loaded.instrument:
            try:
                late = sandbox.prepare(wire.Prepare(link=0, sample_rate_hz=_RATE_HZ, channels=2))
            except Failed as failed:
                if "audio input" not in failed.sentence:  # it makes sound of its own, and takes none
                    raise
        problem = sandbox.close()
    if problem:
        raise PluginFailed(problem)
    return FoundPlugin(
        path=str(path),
        one_of_several=one_of_several,
        name=loaded.name,
        maker=loaded.maker,
        version=loaded.version,
        category=loaded.category,
        instrument=loaded.instrument,
        latency_samples=late,
        parameters=loaded.parameters,
    )
