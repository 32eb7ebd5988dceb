"""Real VST3 plugins, built from ``plugins/plugin.cpp`` with the framework of Debian's ``dpf-source``."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

DPF = Path("/usr/share/dpf/distrho")
SOURCE = Path(__file__).resolve().parent / "plugins"
KINDS = {
    "TestGain": {},
    "TestSynth": {"TEST_SYNTH": 1, "TEST_INPUTS": 0},
    "TestLateSynth": {"TEST_SYNTH": 1, "TEST_INPUTS": 0, "TEST_LATE": 1},
    "TestMonoSynth": {"TEST_SYNTH": 1, "TEST_INPUTS": 0, "TEST_CHANNELS": 1},
    "TestCrashSynth": {"TEST_SYNTH": 1, "TEST_INPUTS": 0, "TEST_KIND": "CRASH"},
    "TestNoInput": {"TEST_INPUTS": 0},
    "TestMono": {"TEST_CHANNELS": 1, "TEST_INPUTS": 1},
    "TestLate": {"TEST_LATE": 1},
    "TestCrash": {"TEST_KIND": "CRASH"},
    "TestLateCrash": {"TEST_LATE": 1, "TEST_KIND": "CRASH"},
    "TestHang": {"TEST_KIND": "HANG"},
    "TestNan": {"TEST_KIND": "NOT_A_NUMBER"},
    "TestBadLoad": {"TEST_KIND": "CRASH_ON_LOAD"},
    "TestHangLoad": {"TEST_KIND": "HANG_ON_LOAD"},
    "TestBadUnload": {"TEST_KIND": "CRASH_ON_UNLOAD"},
}
USUAL = {"TEST_SYNTH": 0, "TEST_INPUTS": 2, "TEST_CHANNELS": 2, "TEST_LATE": 0, "TEST_KIND": "PLAIN"}


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of plugins: ``TestGain.vst3`` and the others of :data:`KINDS`."""
    compiler = shutil.which("g++")
    if compiler is None or not DPF.is_dir() or platform.system() != "Linux":
        message = "The test plugins cannot be built; on Debian: sudo apt-get install dpf-source g++"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    content = b"".join(path.read_bytes() for path in sorted(SOURCE.iterdir())) + repr((USUAL, KINDS)).encode()
    name = f"cuewright-test-plugins-{os.getuid()}-{hashlib.sha256(content).hexdigest()[:16]}"
    kept = Path(tempfile.gettempdir()) / name
    if not kept.is_dir():  # seconds each, and the same until their source changes
        built = _build_all(Path(tempfile.mkdtemp(prefix="cuewright-built-")), compiler)
        with contextlib.suppress(OSError):  # another run was faster
            built.rename(kept)
    return Path(shutil.copytree(kept, tmp_path_factory.mktemp("vst3"), dirs_exist_ok=True))


def _build_all(folder: Path, compiler: str) -> Path:
    def build(name: str) -> None:
        binary = folder / f"{name}.vst3" / "Contents" / f"{platform.machine()}-linux" / f"{name}.so"
        binary.parent.mkdir(parents=True)
        settings = USUAL | KINDS[name] | {"TEST_NAME": name, "TEST_ID": 1_000 + list(KINDS).index(name)}
        subprocess.run(
            [
                *(compiler, "-std=gnu++17", "-shared", "-fPIC", "-fvisibility=hidden", "-w"),
                *("-DDISTRHO_PLUGIN_TARGET_VST3", *(f"-D{key}={value}" for key, value in settings.items())),
                *(f"-I{SOURCE}", f"-I{DPF}", SOURCE / "plugin.cpp", DPF / "DistrhoPluginMain.cpp", "-o", binary),
            ],
            check=True,
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(build, KINDS))
    return folder
