"""Every built-in preset, rendered: within bounds of loudness and peak, and heard for what it is called."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

import plugin_bridge
from engine.audio import Audio
from engine.backends.procedural import ProceduralBackend
from engine.config import Settings
from engine.dsp import loudness, true_peak
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.planning.presets import Preset, load_presets
from engine.source import Held

RATE = 48_000
SETTINGS = Settings()
PRESETS = load_presets(SETTINGS)
DRY = ("door slam", "glass break", "rain")
CEILING_DBTP = -0.5
SOFTER_LU, LOUDER_LU = -15.0, 3.0
"""Than the sound that goes in, on average over three: one behind a wall may be soft, none is louder."""


@cache
def made(prompt: str, seed: int = 3, **params: float) -> Audio:
    backend = ProceduralBackend(SETTINGS)
    best = backend.match(prompt)[0]
    spec = TakeSpec(
        backend=backend.name,
        backend_version=backend.version,
        source=best.sources[0],
        text=prompt,
        params={**best.params, **params},
        seed=seed,
        length_samples=2 * RATE,
        channels=1,
        sample_rate_hz=RATE,
    )
    (take,) = backend.render([spec], Handle())
    return take.audio


@cache
def treated(name: str) -> tuple[Audio, ...]:
    chain = PRESETS.get(name).chain
    return tuple(plugin_bridge.render(made(prompt, wetness=0.0), chain, settings=SETTINGS).audio for prompt in DRY)


def lufs(audio: Audio) -> float:
    level = loudness.measure(Held(audio)).momentary_max_lufs
    assert level is not None
    return level


def treatments() -> list[str]:
    return [preset.name for preset in PRESETS.all if preset.is_treatment]


@pytest.mark.parametrize("name", treatments())
def test_a_treatment_keeps_loudness_and_peak_in_bounds(name: str) -> None:
    changes = [lufs(after) - lufs(made(prompt, wetness=0.0)) for prompt, after in zip(DRY, treated(name), strict=True)]
    assert SOFTER_LU <= float(np.median(changes)) <= LOUDER_LU, changes
    assert max(true_peak.measure_dbtp(Held(after)) for after in treated(name)) <= CEILING_DBTP


@pytest.mark.parametrize("name", treatments())
def test_a_treatment_ends_silent_within_its_room_and_without_a_constant(name: str) -> None:
    for prompt, after in zip(DRY, treated(name), strict=True):
        assert after.length_samples >= made(prompt, wetness=0.0).length_samples
        assert after.length_seconds < 12
        assert np.abs(after.samples[:, -240:]).max() < 0.02
        assert abs(float(after.samples.mean())) < 1e-3


def spectrum_db(audio: Audio) -> np.ndarray:
    """Levels in third-octave bands, their mean taken away."""
    power = np.abs(np.fft.rfft(audio.samples[0], 4 * RATE)) ** 2
    hz = np.fft.rfftfreq(4 * RATE, 1 / RATE)
    edges = 100 * 2 ** (np.arange(22) / 3)
    bands = [power[(hz >= low) & (hz < high)].mean() for low, high in pairwise(edges)]
    levels = 10 * np.log10(np.array(bands) + 1e-12)
    return np.asarray(levels - levels.mean())


@pytest.mark.parametrize("name", treatments())
def test_a_treatment_is_heard(name: str) -> None:
    dry = made("glass break", wetness=0.0)
    after = treated(name)[1]
    coloured = float(np.abs(spectrum_db(after) - spectrum_db(dry)).mean())
    longer = after.length_seconds - dry.length_seconds
    early, late = (np.square(audio.samples[0, RATE // 4 : RATE]).sum() for audio in (dry, after))
    assert coloured > 1.0 or longer > 0.2 or late > 2 * early, (coloured, longer)


@pytest.mark.parametrize(
    ("name", "low_hz", "high_hz"),
    [("phone", 250, 3_800), ("walkie-talkie", 400, 3_400), ("through-a-wall", 20, 1_000), ("underwater", 20, 1_200)],
)
def test_what_a_device_or_a_wall_lets_through_is_its_band(name: str, low_hz: float, high_hz: float) -> None:
    after = treated(name)[1]
    power = np.abs(np.fft.rfft(after.samples[0])) ** 2
    hz = np.fft.rfftfreq(after.length_samples, 1 / RATE)
    assert power[(hz > low_hz) & (hz < high_hz)].sum() > 0.9 * power.sum()


def sounds() -> list[Preset]:
    return [preset for preset in PRESETS.all if not preset.is_treatment]


@pytest.mark.parametrize("preset", sounds(), ids=lambda preset: preset.name)
def test_a_sound_is_heard_and_within_full_scale(preset: Preset) -> None:
    audio = made(preset.prompt, **preset.params)
    assert -45 < lufs(audio) < -3
    assert true_peak.measure_dbtp(Held(audio)) < 0
