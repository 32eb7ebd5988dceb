"""Treatments from the words to the files: stems, the mix, whole regions and spots."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.config import Settings
from engine.errors import UnknownPreset
from engine.render import Studio
from engine.request import EditRequest, GenerateRequest, Job, Verb
from engine.results import JobResult
from engine.stems.manifest import EditManifest, Manifest, read_manifest

RATE = 48_000


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(Settings(backends=("procedural",), data_folder=tmp_path / "data", cache_folder=tmp_path / "cache"))


def done(studio: Studio, verb: Verb, request: GenerateRequest | EditRequest, name: str = "j") -> JobResult:
    return studio.run(Job(id=name, verb=verb, request=request, created="2026-01-01T00:00:00Z"))


def share_under(path: str | Path, hz: float) -> float:
    samples, rate = soundfile.read(path, always_2d=True)
    power = np.abs(np.fft.rfft(samples[:, 0])) ** 2
    return float(power[np.fft.rfftfreq(len(samples), 1 / rate) < hz].sum() / power.sum())


def test_words_put_a_sound_behind_a_wall_and_its_onset_stays(studio: Studio, tmp_path: Path) -> None:
    folder = str(tmp_path / "stems")
    plain, walled = (
        done(studio, "generate", GenerateRequest(prompt=prompt, folder=folder, seed=4, mix=False), name)
        for name, prompt in (("plain", "glass breaks"), ("walled", "glass breaks through a wall"))
    )
    assert share_under(plain.stems[0].path, 3_000) < 0.1
    assert share_under(walled.stems[0].path, 3_000) > 0.9
    assert walled.stems[0].onset_samples == plain.stems[0].onset_samples
    manifest = read_manifest(Path(walled.manifest))
    assert isinstance(manifest, Manifest)
    assert manifest.plan.events[0].chain.links


def test_the_mix_goes_through_its_chain_and_the_stems_do_not(studio: Studio, tmp_path: Path) -> None:
    request = GenerateRequest(prompt="glass breaks", folder=str(tmp_path), mix_chain="through-a-wall", seed=4)
    result = done(studio, "generate", request)
    assert result.mix
    assert share_under(result.mix.path, 3_000) > 0.9
    assert share_under(result.stems[0].path, 3_000) < 0.1


def test_a_treated_job_is_rebuilt_to_the_same_bytes(studio: Studio, tmp_path: Path) -> None:
    request = GenerateRequest(prompt="a dog barks on the phone", folder=str(tmp_path / "a"), seed=4)
    again = request.model_copy(update={"folder": str(tmp_path / "b")})
    first, second = (done(studio, "generate", each) for each in (request, again))
    assert [stem.sha256 for stem in first.stems] == [stem.sha256 for stem in second.stems]
    assert first.mix
    assert second.mix
    assert first.mix.sha256 == second.mix.sha256


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path / "room.wav"
    soundfile.write(path, 0.1 * rng.standard_normal((3 * RATE, 2)), RATE, subtype="PCM_24")
    return path


def test_a_region_goes_through_and_rings_out(studio: Studio, recording: Path) -> None:
    result = done(studio, "edit", EditRequest(audio=str(recording), do="treat chain=cathedral"))
    before, _ = soundfile.read(recording, always_2d=True)
    after, _ = soundfile.read(result.stems[0].path, always_2d=True)
    assert after.shape[1] == 2
    assert len(after) > len(before) + RATE
    assert np.square(after[len(before) : len(before) + RATE // 2]).mean() > 1e-5
    manifest = read_manifest(Path(result.manifest))
    assert isinstance(manifest, EditManifest)
    assert manifest.edit.chains["cathedral"].links


def test_a_spot_goes_through_and_nothing_else_changes(studio: Studio, recording: Path) -> None:
    request = EditRequest(audio=str(recording), do="make it underwater", selection_start=1.0, selection_length=0.5)
    result = done(studio, "edit", request)
    before, _ = soundfile.read(recording, always_2d=True)
    after, _ = soundfile.read(result.stems[0].path, always_2d=True)
    assert len(after) == len(before)
    changed = np.flatnonzero((after != before).any(axis=1))
    assert changed[0] >= RATE - 480
    assert changed[-1] <= round(1.5 * RATE) + 480
    inside = slice(RATE + 2_400, RATE + 21_600)
    high = [np.abs(np.fft.rfft(sound[inside, 0]))[4_000:].sum() for sound in (before, after)]
    assert high[1] < 0.05 * high[0]


def test_a_treatment_that_is_none_leaves_nothing(studio: Studio, recording: Path) -> None:
    with pytest.raises(UnknownPreset, match="near it are cave") as caught:
        done(studio, "edit", EditRequest(audio=str(recording), do="treat chain=caves"))
    assert caught.value.field == "do"
    assert list(recording.parent.glob("*.wav")) == [recording]
