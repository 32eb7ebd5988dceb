"""Real plugins in the sandbox: their sound, their state, and all that they must not do, survived and named."""

from __future__ import annotations

import base64
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine.audio import Audio, Samples
from engine.chain import Chain, Value
from engine.config import Settings
from engine.errors import ChainInvalid, CuewrightError, PathNotAllowed, PluginFailed, PluginMissing
from plugin_bridge import find, open_rack, render, wire
from plugin_bridge.sandbox import Failed, Limits, Sandbox

RATE = 48_000
LIMITS = Limits(load_seconds=1.5, process_seconds=1.0, times_real_time=1.0)
WITHOUT = "The sound went on without it."

Link = Callable[..., dict[str, object]]


@pytest.fixture(scope="session")
def of(plugins: Path) -> Link:
    """A link of a chain for a test plugin."""

    def link(name: str, mix: float = 1.0, **parameters: Value) -> dict[str, object]:
        return {"plugin": str(plugins / f"{name}.vst3"), "parameters": parameters, "mix": mix}

    return link


@pytest.fixture(scope="session")
def settings(plugins: Path) -> Settings:
    return Settings(roots=(plugins,))


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Any:
    """Whatever a test did: no process, no file descriptor and no shared memory is left of it."""
    before = leftovers()
    yield
    gc.collect()
    assert leftovers() == before


def leftovers() -> tuple[int, int, int]:
    shared = list(Path("/dev/shm").glob(f"cuewright-plugins-{os.getpid()}-*")) if Path("/dev/shm").is_dir() else []
    me = psutil.Process()
    return len(me.children(recursive=True)), me.num_fds(), len(shared)


def chain(*links: object, **rest: Any) -> Chain:
    return Chain.read({"links": links, **rest})


def noise(seconds: float = 0.5, channels: int = 2) -> Audio:
    rng = np.random.default_rng(0)
    samples = (0.2 * rng.standard_normal((channels, round(seconds * RATE)))).astype(np.float32)
    return Audio(samples=samples, sample_rate_hz=RATE)


def processed(what: Chain, settings: Settings, sound: Audio | None = None) -> tuple[Samples, tuple[str, ...]]:
    sound = sound or noise()
    done = render(sound, what, settings=settings, limits=LIMITS)
    return done.audio.samples[:, : sound.length_samples], done.warnings


def test_a_plugin_is_set_by_name_and_heard(of: Link, settings: Settings) -> None:
    out, warnings = processed(chain(of("TestGain", gain_x="0.5 x", reverse="on")), settings)
    np.testing.assert_allclose(out, -0.5 * noise().samples, rtol=1e-3)  # the plugin has 1,001 steps
    assert warnings == ()


def test_an_installed_plugin_is_found_by_its_files_name(
    plugins: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "plugin_folders", lambda settings: (plugins / "none", plugins))
    out, _ = processed(chain({"plugin": "testgain", "parameters": {"gain_x": 2.0}}), settings)
    np.testing.assert_allclose(out, 2 * noise().samples, rtol=1e-3)
    with pytest.raises(PluginMissing, match=r"called 'TestGan'; did you mean TestGain"):
        processed(chain({"plugin": "TestGan"}), settings)


def test_built_in_effects_and_plugins_are_one_chain(of: Link, settings: Settings) -> None:
    gain = {"plugin": "gain", "parameters": {"gain_db": 6.0}}
    links = (gain, of("TestGain", gain_x=0.5), {"plugin": "invert"}, of("TestLate"), of("TestMono", gain_x=0.5))
    sound = noise(3.0)  # more than one slot of shared memory
    out, warnings = processed(chain(*links), settings, sound)
    np.testing.assert_allclose(out, -0.25 * 10 ** (6 / 20) * sound.samples, rtol=2e-3, atol=1e-6)
    assert warnings == ()


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("name", ["TestGain", "TestMono", "TestLate"])
def test_a_plugin_of_other_channels_has_one_for_each(name: str, channels: int, of: Link, settings: Settings) -> None:
    out, _ = processed(chain(of(name, gain_x=0.5)), settings, noise(channels=channels))
    np.testing.assert_allclose(out, 0.5 * noise(channels=channels).samples, rtol=1e-3, atol=1e-7)


def test_latency_is_told_kept_and_taken_out(of: Link, settings: Settings) -> None:
    late = chain(of("TestLate"), of("TestLate", mix=0.5))
    sound = noise().samples
    with open_rack(late, sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        assert rack.latency_samples == 200
        parts = [rack.process(sound[:, start:end]) for start, end in ((0, 64), (64, 9_000), (9_000, sound.shape[1]))]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1)[:, 200:], sound[:, :-200])
    out, _ = processed(late, settings)
    np.testing.assert_array_equal(out, sound)


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        ("TestCrash", {"gain_x": 2.0}, "TestCrash crashed while it processed (SIGSEGV)."),
        ("TestHang", {"gain_x": 2.0}, "TestHang hung while it processed: no answer in "),
        ("TestNan", {"gain_x": 2.0}, "TestNan: returned NaN or infinite samples."),
        ("TestBadLoad", {}, "TestBadLoad crashed while it was loaded (SIGSEGV)."),
        ("TestHangLoad", {}, "TestHangLoad hung while it was loaded: no answer in 1.5 s."),
        ("TestBadUnload", {}, "TestBadUnload crashed while it was "),
    ],
)
def test_a_fault_stops_the_chain_or_is_gone_past_by_name(
    name: str, parameters: dict[str, Value], told: str, of: Link, settings: Settings
) -> None:
    links = (of("TestLate"), of(name, **parameters), of("TestGain", gain_x=0.5))
    with pytest.raises(PluginFailed) as caught:
        processed(chain(*links), settings)
    assert caught.value.sentence.startswith(told)
    assert caught.value.field == "links.1"
    out, warnings = processed(chain(*links, missing="skip"), settings)
    np.testing.assert_allclose(out, 0.5 * noise().samples, rtol=1e-3)
    assert len(warnings) == 1
    assert warnings[0].startswith(told)
    assert warnings[0].endswith(WITHOUT)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("TestCrash", "crashed while it processed"),
        ("TestLateCrash", "crashed while it processed"),
        ("TestNan", "returned NaN"),
    ],
)
def test_the_sound_goes_on_from_where_a_plugin_failed(name: str, told: str, of: Link, settings: Settings) -> None:
    sound = noise().samples
    late, faulty = of("TestLate"), of(name, gain_x=0.5)
    what = chain(late, faulty, of("TestLate", gain_x=0.5), missing="skip")
    with open_rack(what, sample_rate_hz=RATE, channels=2, settings=settings, limits=LIMITS) as rack:
        first = rack.process(sound[:, :1_000])
        rack.set(1, "gain_x", 2.0)
        rest = [rack.process(sound[:, at : at + 500]) for at in range(1_000, sound.shape[1], 500)]
        late_samples = 300 if name == "TestLateCrash" else 200  # and stays so
        assert (rack.latency_samples, len(rack.warnings)) == (late_samples, 1)
        assert told in rack.warnings[0]
        assert [each.skipped for each in rack.describe()] == [False, True, False]
        rack.set(1, "gain_x", 1.0)  # what is not there takes it, and stays away
        rack.reset()
    out = np.concatenate([first, *rest], axis=1)[:, late_samples:]
    came = 1_000 - late_samples
    np.testing.assert_allclose(out[:, :came], 0.25 * sound[:, :came], rtol=2e-3)
    np.testing.assert_allclose(out[:, came:], 0.5 * sound[:, came:-late_samples], rtol=1e-3)


def test_a_late_plugin_that_fails_leaves_the_sound_as_late(of: Link, settings: Settings) -> None:
    sound = noise().samples
    what = chain(of("TestLate"), of("TestCrash"), missing="skip")
    others = set(psutil.Process().children())
    with open_rack(what, sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        out = [rack.process(sound[:, :4_000])]
        (child,) = set(psutil.Process().children()) - others
        os.kill(child.pid, signal.SIGSEGV)  # in nobody's code: all are started anew
        child.wait(10)
        out += [rack.process(sound[:, 4_000:])]
        assert rack.warnings == ()
    np.testing.assert_array_equal(np.concatenate(out, axis=1)[:, 100:], sound[:, :-100])


def test_a_rack_that_stopped_or_was_closed_gives_no_sound(of: Link, settings: Settings) -> None:
    sound = noise().samples
    with open_rack(chain(of("TestCrash")), sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        rack.set(0, "gain_x", 2.0)
        for _ in range(2):  # and no more the second time
            with pytest.raises(PluginFailed, match="TestCrash crashed while it processed"):
                rack.process(sound)
    with open_rack(chain(of("TestGain")), sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        rack.close()
        with pytest.raises(PluginFailed, match="was closed"):
            rack.process(sound)


def test_what_cannot_be_an_effect_is_told(of: Link, settings: Settings) -> None:
    for name, told in (
        ("TestSynth", "TestSynth: has no audio input: it is an instrument, not an effect."),
        ("TestNoInput", "TestNoInput: has no audio input"),
    ):
        with pytest.raises(PluginFailed) as caught:
            open_rack(chain(of(name)), sample_rate_hz=RATE, channels=2, settings=settings)
        assert caught.value.sentence.startswith(told)
        assert caught.value.field == "links.0"


@pytest.mark.parametrize(
    ("link", "error", "field", "told"),
    [
        ({"plugin": "TestGain", "parameters": {"gain": 1.0}}, ChainInvalid, "parameters.gain", "did you mean gain_x?"),
        ({"plugin": "TestGain", "parameters": {"gain_x": 3.0}}, ChainInvalid, "parameters.gain_x", "takes 0 to 2 x"),
        ({"plugin": "TestGain", "parameters": {"gain_x": "3 dB"}}, ChainInvalid, "parameters.gain_x", "got '3 dB'"),
        ({"plugin": "TestGain", "parameters": {"reverse": "so"}}, ChainInvalid, "parameters.reverse", "on or off"),
        ({"plugin": "TestNone"}, PluginMissing, "plugin", "TestNone.vst3 is not there"),
        ({"plugin": "TestGain", "preset": "/etc/passwd"}, PathNotAllowed, "preset", "outside the allowed folders"),
    ],
)
@pytest.mark.parametrize("missing", ["stop", "skip"])
def test_what_is_wrong_is_told_with_what_is_right(
    link: dict[str, str],
    error: type[CuewrightError],
    field: str,
    told: str,
    missing: str,
    plugins: Path,
    settings: Settings,
) -> None:
    link = link | {"plugin": str(plugins / f"{link['plugin']}.vst3")}
    what = chain({"plugin": "gain"}, link, missing=missing)
    if error is PluginMissing and missing == "skip":
        out, warnings = processed(what, settings)
        np.testing.assert_array_equal(out, noise().samples)
        assert told in warnings[0]
        return
    with pytest.raises(error) as caught:
        processed(what, settings)
    assert told in caught.value.sentence
    assert caught.value.field == f"links.1.{field}"


def test_state_and_preset_bring_a_plugin_back_as_it_was(of: Link, settings: Settings, plugins: Path) -> None:
    with open_rack(chain(of("TestGain")), sample_rate_hz=RATE, channels=2, settings=settings) as rack:
        rack.set(0, "gain_x", 0.25)
        rack.set(0, "mix", "100 %")
        assert rack.describe()[0].values["gain_x"] == pytest.approx(0.25, abs=1e-3)
        kept = rack.as_chain()
    assert base64.b64decode(kept.links[0].state)
    out, _ = processed(kept, settings)
    np.testing.assert_allclose(out, 0.25 * noise().samples, rtol=3e-3)
    preset = plugins / "quarter.vstpreset"
    preset.write_bytes(saved_preset(plugins / "TestGain.vst3", 0.25))
    out, _ = processed(chain({**of("TestGain"), "preset": str(preset)}), settings)
    np.testing.assert_allclose(out, 0.25 * noise().samples, rtol=3e-3)
    out, _ = processed(chain({**of("TestGain", gain_x=2.0), "preset": str(preset)}), settings)
    np.testing.assert_allclose(out, 2.0 * noise().samples, rtol=1e-3)


def saved_preset(path: Path, gain: float) -> bytes:
    """A preset as another host saves it; in a process of its own, as the plugin is."""
    script = (
        "import sys, numpy, pedalboard\n"
        "plugin = pedalboard.load_plugin(sys.argv[1]); plugin.gain_x = float(sys.argv[2])\n"
        "plugin(numpy.zeros((2, 64), 'f4'), 48000)\n"
        "sys.stdout.buffer.write(plugin.preset_data)"
    )
    return subprocess.run([sys.executable, "-c", script, str(path), str(gain)], capture_output=True, check=True).stdout


def test_a_state_that_is_rubbish_is_told(of: Link, settings: Settings) -> None:
    what = chain({**of("TestGain"), "state": base64.b64encode(b"rubbish" * 100).decode()}, missing="skip")
    out, warnings = processed(what, settings)
    np.testing.assert_array_equal(out, noise().samples)
    assert all("TestGain" in warning for warning in warnings)


def test_many_crashes_leave_nothing(plugins: Path) -> None:
    crash_often(plugins, 3)  # what is made once is made
    before, memory = leftovers(), psutil.Process().memory_info().rss
    crash_often(plugins, 15)
    gc.collect()
    assert leftovers() == before
    assert psutil.Process().memory_info().rss - memory < 4 * 2**20


def crash_often(plugins: Path, times: int) -> None:
    sound = np.zeros((2, 4_096), np.float32)
    for _ in range(times):
        sandbox = Sandbox(channels=2, limits=LIMITS)
        sandbox.load(wire.Load(link=0, path=str(plugins / "TestCrash.vst3")), "TestCrash")
        sandbox.prepare(wire.Prepare(link=0, sample_rate_hz=RATE, channels=2))
        sandbox.process(sound, np.empty_like(sound))
        sandbox.set(0, "gain_x", 2.0)
        with pytest.raises(Failed, match="TestCrash crashed while it processed"):
            sandbox.process(sound, np.empty_like(sound))


ENGINE = """
import sys, threading, numpy as np
from plugin_bridge import wire
from plugin_bridge.sandbox import Limits, Sandbox
sandbox = Sandbox(channels=2, limits=Limits(load_seconds=2, step_seconds=1, process_seconds=1, times_real_time=0.1))
sandbox.load(wire.Load(link=0, path=sys.argv[1]), "x")
sandbox.prepare(wire.Prepare(link=0, sample_rate_hz=48000, channels=2))
sandbox.limits = Limits(process_seconds=600)
if "Hang" in sys.argv[1]:
    sandbox.set(0, "gain_x", 2.0)
    sound = np.zeros((2, 4096), np.float32)
    threading.Thread(target=sandbox.process, args=(sound, sound.copy()), daemon=True).start()
    while sandbox._shared.at_work[1] != wire.Doing.PROCESS:
        pass
print(sandbox.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("name", ["TestGain", "TestHang"])
def test_the_process_ends_with_the_engine_whatever_it_is_at(name: str, plugins: Path) -> None:
    arguments = [sys.executable, "-c", ENGINE, str(plugins / f"{name}.vst3")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        child = psutil.Process(int(engine.stdout.readline()))
        engine.kill()
    gone_by = time.monotonic() + 20
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < gone_by
        time.sleep(0.02)
