"""The real Ardour, on a display of its own and with no sound device, driven as a user drives it.

Scripts are put where the Script Manager would put them; dialogs are answered by keys. What Ardour holds is asked for
through a hook of the test's own, which runs a Lua file and writes down what it returns.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
from pythonosc.udp_client import SimpleUDPClient

DEADLINE_SECONDS = 40.0
OSC_PORTS = range(3819, 3840)
T = TypeVar("T")
_SIGNALS = """
    ConfigChanged EngineRunning EngineStopped EngineHalted EngineDeviceListChanged BufferSizeChanged
    SampleRateChanged FeedbackDetected SuccessfulGraphSort StartTimeChanged EndTimeChanged Exported Change
    SessionConfigChanged TransportStateChange DirtyChanged StateSaved Xrun TransportLooped SoloActive SoloChanged
    IsolatedChanged MonitorChanged RecordStateChanged RecordArmStateChanged AudioLoopLocationChanged
    AudioPunchLocationChanged LocationsModified AuditionActive BundleAddedOrRemoved PositionChanged Located
    RoutesReconnected RouteAdded RouteGroupPropertyChanged RouteAddedToRouteGroup RouteRemovedFromRouteGroup
    StepEditStatusChange RouteGroupAdded RouteGroupRemoved RouteGroupsReordered PluginListChanged
    PluginStatusChanged DiskOverrun DiskUnderrun RegionsPropertyChanged LuaTimerS LuaTimerDS SetSession
"""
_TIMER = "".join("1" if name == "LuaTimerDS" else "0" for name in reversed(_SIGNALS.split()))
_ASKED = """
function factory()
  return function()
    local file = io.open("{folder}/asked.lua", "r")
    if not file then return end
    local text = file:read("a")
    file:close()
    os.remove("{folder}/asked.lua")
    local done, answer = pcall(load(text, "=asked"))
    local out = io.open("{folder}/answer.part", "w")
    out:write(done and "ok" or "error", "\\n", tostring(answer))
    out:close()
    os.rename("{folder}/answer.part", "{folder}/answer")
  end
end
"""
_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config>
    <Option name="try-autostart-engine" value="1"/>
    <Option name="check-announcements" value="0"/>
    <Option name="hide-dummy-backend" value="0"/>
    <Option name="discover-plugins-on-start" value="0"/>
  </Config>
  <Metadata/>
  <ControlProtocols>
    <Protocol name="Open Sound Control (OSC)" active="1" debugmode="0" address-only="1" remote-port="8000" banksize="0"
      striptypes="31" feedback="0" gainmode="0" send-page-size="0" plug-page-size="0"/>
  </ControlProtocols>
  <Extra>
    <AudioMIDISetup><EngineStates>
      <State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device="" output-device=""
        sample-rate="48000" buffer-size="1024" n-periods="0" input-latency="0" output-latency="0" lm-input=""
        lm-output="" active="1" use-buffered-io="0" midi-option="1 in, 1 out, Silence" lru="1"><MIDIDevices/></State>
    </EngineStates></AudioMIDISetup>
  </Extra>
</Ardour>
"""


def wait_for(what: str, look: Callable[[], T | None], seconds: float = DEADLINE_SECONDS) -> T:
    """What ``look`` gives, once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds:.0f} s")


@dataclass(frozen=True, kw_only=True)
class Ardour:
    """A running one."""

    folder: Path
    environment: Mapping[str, str]
    osc: SimpleUDPClient
    process: subprocess.Popen[bytes]

    def ask(self, lua: str) -> str:
        """What a piece of Lua returns inside Ardour."""
        answer = self.folder / "answer"
        answer.unlink(missing_ok=True)
        (self.folder / "asked.part").write_text(lua, encoding="utf-8")
        (self.folder / "asked.part").rename(self.folder / "asked.lua")
        wait_for("Ardour's answer", answer.exists)
        state, _, text = answer.read_text(encoding="utf-8").partition("\n")
        assert state == "ok", text
        return text

    def act(self, action: str) -> None:
        """Fire an action of Ardour's, as a menu does."""
        self.osc.send_message("/access_action", [action])

    def keys(self, *words: str) -> str:
        """What xdotool prints."""
        return subprocess.run(
            ["xdotool", *words], env=dict(self.environment), capture_output=True, text=True, check=False
        ).stdout.strip()

    def window(self, title: str) -> str:
        """The id of a window, once it is there, with the keyboard given to it."""
        found = wait_for(f"the window {title!r}", lambda: self.keys("search", "--onlyvisible", "--name", title))
        window = found.splitlines()[-1]
        self.keys("windowfocus", "--sync", window)
        return window

    def gone(self, title: str) -> bool:
        """Whether no such window is there."""
        return not self.keys("search", "--onlyvisible", "--name", title)

    def write(self, text: str) -> None:
        """Into what has the keyboard, in place of what is there."""
        self.keys("key", "ctrl+a")
        self.keys("type", "--delay", "4", text)

    def confirm(self, title: str) -> None:
        """OK, and see the dialog gone."""
        self._answer(title, "alt+o")

    def _answer(self, title: str, key: str) -> None:
        """By its id, for another window may have the same name but for its capitals."""
        window = self.window(title)
        self.keys("key", key)
        wait_for(
            f"{title!r} to go",
            lambda: window not in self.keys("search", "--onlyvisible", "--name", title).split() or None,
        )

    def choose(self, path: Path) -> None:
        """A file, in the dialog that the focused button opens."""
        self.keys("key", "space")
        chooser = "Select a File"
        self.window(chooser)
        self.keys("key", "slash")  # opens the line for a path, which takes a moment

        def chosen() -> bool | None:
            if not self.gone(chooser):
                self.window(chooser)
                self.write(str(path))
                time.sleep(0.3)
                self.keys("key", "Return")
                time.sleep(0.3)
            return self.gone(chooser) or None

        wait_for("the file to be chosen", chosen)

    def close(self, title: str) -> None:
        """Close a message, and see it gone."""
        self._answer(title, "Escape")


def make_session(folder: Path, name: str, environment: Mapping[str, str]) -> Path:
    """A session with one mono track, FX_DOOR, made by Ardour without its window."""
    script = folder / "make.lua"
    script.write_text(
        f'local made = create_session("{folder / name}", "{name}", 48000) assert(made)\n'
        'Session:new_audio_track(1, 2, nil, 1, "FX_DOOR", -1, ARDOUR.TrackMode.Normal, true)\n'
        'Session:save_state("") close_session()\n',
        encoding="utf-8",
    )
    subprocess.run(["ardour7-lua", script], env=dict(environment), check=True, capture_output=True, timeout=120)
    return folder / name / f"{name}.ardour"


def run_headless(script: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What a Lua script prints in Ardour without its window."""
    path = folder / "headless.lua"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run(
        ["ardour7-lua", path], env=dict(environment), capture_output=True, text=True, timeout=240, check=False
    )
    return done.stdout


@contextmanager
def display() -> Iterator[str]:
    """A display of its own, on the first number that is free."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as told:
        number = told.readline().strip()
    assert number, "Xvfb did not start"
    try:
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(20)


def environment_of(home: Path, shown: str) -> dict[str, str]:
    """Nothing of the user's own Ardour, and no plugins to look for."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "CUEWRIGHT_"))}
    return {**kept, "HOME": str(home), "DISPLAY": shown, "NO_AT_BRIDGE": "1", "LV2_PATH": "/nonexistent"}


def configure(home: Path, actions: Mapping[str, str], hooks: Mapping[str, str]) -> None:
    """Ardour's settings, with scripts as the Script Manager leaves them: names and texts."""
    folder = home / ".config" / "ardour7"
    folder.mkdir(parents=True)
    (folder / ".a7").touch()
    (folder / "config").write_text(_CONFIG, encoding="utf-8")
    listed = "scripts = {} " + "".join(
        f'scripts[{slot}] = {{}} scripts[{slot}]["n"] = "{name}" scripts[{slot}]["s"] = {_long(text)} '
        f'scripts[{slot}]["f"] = {_long(_chunk(text))} scripts[{slot}]["a"] = {{}} '
        for slot, (name, text) in enumerate(actions.items(), 1)
    )
    callbacks = "".join(
        f'<LuaCallback lua="Lua 5.3" id="{900_000 + number}" name="{name}" signals="{_TIMER}">'
        + _base64(f's = {{}} s["n"] = "{name}" s["s"] = {_long(text)} s["f"] = {_long(_chunk(text))} s["a"] = {{}} ')
        + "</LuaCallback>"
        for number, (name, text) in enumerate(hooks.items())
    )
    (folder / "ui_scripts").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<UIScripts><ActionScript lua="Lua 5.3">{_base64(listed)}</ActionScript>'
        f"<ActionHooks>{callbacks}</ActionHooks></UIScripts>\n",
        encoding="utf-8",
    )


def _chunk(text: str) -> str:
    return f"local a = ...\nfunction ardour() end\n{text}\nreturn factory(a)"


def _long(text: str) -> str:
    return f"[=====[\n{text}]=====]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@contextmanager
def running(session: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[Ardour]:
    """Ardour with a session open, its scripts at work."""
    with (folder / "ardour.log").open("wb") as log:
        process = subprocess.Popen(
            ["ardour", "--no-splash", "--no-announcements", str(session)],
            env=dict(environment),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        port = wait_for("Ardour's OSC", lambda: _osc_port(process.pid))
        osc = SimpleUDPClient("127.0.0.1", port)
        with osc:
            ardour = Ardour(folder=folder, environment=environment, osc=osc, process=process)
            assert ardour.ask("return Session:name()") == session.stem
            yield ardour
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def _osc_port(pid: int) -> int | None:
    """Where it listens: Ardour takes the next port when another program, or another Ardour, has its own."""
    bound = {connection.laddr.port for connection in psutil.Process(pid).net_connections("udp4")}
    return next((port for port in OSC_PORTS if port in bound), None)


def asking_hook(folder: Path) -> str:
    """The test's own hook."""
    return _ASKED.format(folder=folder)
