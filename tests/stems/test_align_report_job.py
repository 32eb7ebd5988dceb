"""An align job that keeps its versions: files, their names in the manifest, and the page, won or kept."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.config import Settings
from engine.errors import Cancelled, FolderNotWritable
from engine.evaluation.physics_clips import PhysicsClip, render_clip
from engine.handle import Handle
from engine.render import Studio
from engine.request import AlignRequest, Job
from engine.results import JobResult
from engine.stems.manifest import EditManifest, read_manifest

RATE = 48_000
LATE = round(0.21 * RATE)
AT = RATE // 2
"""Where in its file the region begins."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> PhysicsClip:
    return render_clip(7, tmp_path_factory.mktemp("clip") / "fall <b>.mp4", "hammer", 5.0)


def sound_of(clip: PhysicsClip, late: int) -> np.ndarray:
    """A knock at every contact, in two channels."""
    time = np.arange(RATE // 5) / RATE
    noise = np.random.default_rng(1).standard_normal(time.size)
    knock = 0.3 * (np.exp(-time / 0.03) * np.sin(2 * np.pi * 700 * time) + np.exp(-time / 0.004) * noise).clip(-1, 1)
    sound = np.zeros(AT + round(clip.duration_seconds * RATE) + RATE)
    for at in clip.onsets_seconds:
        begin = AT + round(at * RATE) + late
        sound[begin : begin + time.size] += knock
    return np.stack([sound, 0.5 * sound], axis=1)


def run(
    clip: PhysicsClip,
    folder: Path,
    *,
    late: int = LATE,
    report: bool = True,
    handle: Handle | None = None,
    **keys: object,
) -> JobResult:
    audio = folder.parent / "foley & <i>.wav"
    soundfile.write(audio, sound_of(clip, late), RATE, subtype="PCM_16")
    request = AlignRequest.read(
        {"audio": str(audio), "video": str(clip.path), "folder": str(folder), "report": report, **keys}
        | {"offset": AT / RATE, "duration": clip.duration_seconds}
    )
    job = Job(id="fit.1", verb="align", request=request, created="2026-01-01T00:00:00Z")
    return Studio(Settings.load()).run(job, handle or Handle())


def samples(path: Path | str) -> np.ndarray:
    return np.asarray(soundfile.read(path, dtype="float32")[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("late")


@pytest.fixture(scope="module")
def result(clip: PhysicsClip, folder: Path) -> JobResult:
    return run(clip, folder / "out")


def test_every_version_is_kept_and_named(folder: Path, result: JobResult) -> None:
    read = read_manifest(Path(result.manifest))
    assert isinstance(read, EditManifest)
    assert read.trace
    versions = folder / "out" / "fit.1.versions"
    names = [cycle.audio for cycle in read.trace.cycles]
    assert names == [f"fit.1.versions/foley & <i> cycle {k + 1}.wav" for k in range(len(names))]
    assert {path.name for path in versions.iterdir()} == {Path(name).name for name in names} | {
        "foley & <i> original.wav"
    }
    original = samples(versions / "foley & <i> original.wav")
    assert np.array_equal(original, samples(folder / "foley & <i>.wav")[AT : AT + len(original)])
    assert soundfile.info(versions / "foley & <i> original.wav").subtype == "PCM_16"
    won = samples(folder / "out" / names[read.trace.best - 1])
    assert np.abs(won - samples(result.stems[0].path)).max() <= 2**-15  # the take has 24 bits
    assert result.report == str(folder / "out" / "fit.1.report.html")
    assert read.report == "fit.1.report.html"
    page = Path(result.report).read_text()
    assert "<h1>foley &amp; &lt;i&gt;.wav to fall &lt;b&gt;.mp4</h1>" in page
    assert "<b>Cycle 1 won.</b>" in page
    assert re.search(r'"url":"fit\.1\.versions/foley%20%26%20%3Ci%3E%20cycle%201\.wav"', page.replace("\\u0026", "&"))


def test_the_same_job_again_writes_no_version_anew(clip: PhysicsClip, folder: Path, result: JobResult) -> None:
    def written() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (folder / "out" / "fit.1.versions").iterdir()}

    before = written()
    assert run(clip, folder / "out").stems == result.stems
    assert written() == before


def test_a_kept_original_has_a_page_and_no_manifest(clip: PhysicsClip, tmp_path: Path) -> None:
    result = run(clip, tmp_path / "out", late=0)
    assert (result.stems, result.manifest) == ((), "")
    assert result.report == str(tmp_path / "out" / "fit.1.report.html")
    assert "<b>The original is kept: it fits as it is.</b>" in Path(result.report).read_text()
    assert [path.name for path in (tmp_path / "out" / "fit.1.versions").iterdir()] == ["foley & <i> original.wav"]


def test_nothing_is_kept_that_was_not_asked_for(clip: PhysicsClip, tmp_path: Path) -> None:
    result = run(clip, tmp_path / "out", report=False)
    assert result.report == ""
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".json", ".wav"]


def test_a_folder_that_is_a_file_is_told(clip: PhysicsClip, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "fit.1.versions").write_text("the user's")
    with pytest.raises(FolderNotWritable, match=r"fit\.1\.versions"):
        run(clip, tmp_path / "out")
    assert (tmp_path / "out" / "fit.1.versions").read_text() == "the user's"


def test_a_play_rate_is_told(clip: PhysicsClip, tmp_path: Path) -> None:
    page = Path(run(clip, tmp_path / "out", play_rate=2.0, video_rate=2.0, late=0).report).read_text()
    assert "Played as in its file, not 2 times as fast as on the timeline." in page


def test_a_cancel_is_heard_while_versions_are_written(clip: PhysicsClip, tmp_path: Path) -> None:
    told: list[str] = []
    cancel = Handle(on_progress=lambda _, stage: told.append(stage), is_cancelled=lambda: "writing versions" in told)
    with pytest.raises(Cancelled):
        run(clip, tmp_path / "out", handle=cancel)
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []
