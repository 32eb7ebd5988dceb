"""The script inside a fake Live: set up, driven tick by tick, and watched."""

from __future__ import annotations

import importlib
import json
import socket
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import live_set
import numpy as np
import soundfile

SCRIPTS = Path(__file__).resolve().parents[3] / "daw_scripts" / "ableton"
TICKS_A_SECOND = 100  # faster than Live's ten, so that a test is shorter than the work


class ControlSurface:
    """What the script may use of the class that Live gives it."""

    def __init__(self, c_instance: Host) -> None:
        self._c_instance = c_instance

    def schedule_message(self, delay_in_ticks: int, callback: Callable[[], None]) -> None:
        assert delay_in_ticks >= 1
        self._c_instance.scheduled.append(callback)

    def show_message(self, message: str) -> None:
        assert type(message) is str
        self._c_instance.messages.append(message)

    def disconnect(self) -> None:
        self._c_instance.scheduled.clear()


class Host:
    """Live's side of a control surface, and the application it runs in."""

    application: live_set.Application  # of the test that runs

    def __init__(self) -> None:
        self.scheduled: list[Callable[[], None]] = []
        self.messages: list[str] = []


def install() -> None:
    """Make the modules that only Live has, and the script, importable."""
    if "Live" in sys.modules:
        return
    live, application = types.ModuleType("Live"), types.ModuleType("Live.Application")
    application.get_application = lambda: Host.application  # type: ignore[attr-defined]
    live.Application = application  # type: ignore[attr-defined]
    surface = types.ModuleType("ableton.v2.control_surface")
    surface.ControlSurface = ControlSurface  # type: ignore[attr-defined]
    ableton, v2 = types.ModuleType("ableton"), types.ModuleType("ableton.v2")
    sys.modules |= {"Live": live, "ableton": ableton, "ableton.v2": v2, "ableton.v2.control_surface": surface}
    sys.path.insert(0, str(SCRIPTS))


class Rig:
    """One Live with one saved set and the script in it."""

    def __init__(self, folder: Path, *, engine_port: int, saved: bool = True, **made: Any) -> None:
        project = folder / "Rolle 2 – Über Project"
        project.mkdir(parents=True, exist_ok=True)
        self.media = project / "Samples" / "Cuewright"
        self.application = live_set.new_set(str(project / "Rolle 2.als") if saved else "", **made)
        self.song: live_set.Song = self.application.state["song"]
        self.document = self.song.document
        self.host = Host()
        self.engine_port = engine_port
        self.folder = folder
        self.settings_path = folder / "settings.json"
        self.command_port = free_port()

    def start(self, **more: Any) -> Rig:
        settings = {"engine_port": self.engine_port, "command_port": self.command_port, **more}
        self.settings_path.write_text(json.dumps(settings))
        return self.restart()

    def restart(self) -> Rig:
        """As Live does with another set, with the settings as they are."""
        Host.application = self.application
        importlib.import_module("Cuewright.settings").PATH = str(self.settings_path)  # type: ignore[attr-defined]
        self.surface = importlib.import_module("Cuewright").create_instance(self.host)
        self.tick()
        return self

    @property
    def desk(self) -> Any:
        return self.surface._desk

    @property
    def messages(self) -> list[str]:
        return self.host.messages

    def tick(self) -> None:
        due, self.host.scheduled = self.host.scheduled, []
        assert len(due) <= 1, "one tick is scheduled at a time"
        for callback in due:
            callback()

    def until(self, found: Callable[[], object], seconds: float = 60.0) -> None:
        """Tick until something is so."""
        deadline = time.monotonic() + seconds
        while not found():
            assert time.monotonic() < deadline, f"it never came to that; it said {self.messages}"
            self.tick()
            time.sleep(1 / TICKS_A_SECOND)

    def said(self, text: str) -> bool:
        return any(text in message for message in self.messages)

    def until_said(self, text: str) -> None:
        self.until(lambda: self.said(text))

    def idle(self) -> bool:
        return not self.desk._jobs.open

    def type(self, name: str) -> None:
        """What a user does: rename the selected track, and wait until the script has seen it."""
        self.messages.clear()
        self.song.state["view"].state["selected_track"].state["name"] = name
        self.tick()

    def finish(self, name: str) -> None:
        """Type a command and wait for its end."""
        self.type(name)
        self.until(self.idle)

    def locator(self, beat: float, name: str) -> live_set.Cue:
        """A locator as Live makes it, then named."""
        cue = live_set.Cue(self.document, time=beat, name=str(len(self.song.state["cue_points"]) + 1))
        self.song.state["cue_points"].append(cue)
        self.tick()
        cue.state["name"] = name
        return cue

    def brace(self, start: float, length: float) -> None:
        self.song.state.update(loop=True, loop_start=start, loop_length=length)

    def look_at(self, view: str) -> None:
        self.application.state["view"].state["focused_document_view"] = view

    def clip_by_user(self, track: live_set.Track, path: Path, beat: float, **state: Any) -> live_set.Clip:
        """A clip that the user has, unwarped, of which the history knows nothing."""
        clip = live_set.new_clip(track, str(path), start_time=beat, arranged=True, parent=track)
        seconds = clip.state["sample_length"] / clip.state["sample_rate"]
        clip.state.update({"warping": False, "loop_start": 0.0, "loop_end": seconds, **state})
        track.state["clips"].append(clip)
        return clip

    @property
    def users(self) -> live_set.Track:
        """The first track, which is the user's own."""
        first: live_set.Track = self.song.state["tracks"][0]
        return first

    def track(self, name: str) -> live_set.Track:
        (found,) = [track for track in self.song.state["tracks"] if track.state["name"] == name]
        return found

    def shown(self) -> list[Any]:
        """All that the set holds, but for the name that the user types commands into."""
        scenes, *tracks = live_set.shown(self.song)
        at = self.song.state["tracks"].index(self.song.state["view"].state["selected_track"])
        return [scenes, *tracks[:at], tracks[at][1:], *tracks[at + 1 :]]

    def stop(self) -> None:
        self.surface.disconnect()


def write_tone(path: Path, seconds: float = 2.0, rate: int = 48_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * rate)) / rate
    samples = (0.1 + 0.3 * times / seconds) * np.sin(2 * np.pi * 440 * times)  # louder and louder: every place differs
    soundfile.write(path, samples, rate, subtype="PCM_24")
    return path


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
