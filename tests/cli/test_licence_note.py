"""What may not earn money is named when a job is done, not only in its manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.generate import show_result
from engine.results import JobResult, Licence, StemFile

FREE = Licence(name="CC0-1.0", commercial=True)
BOUND = Licence(name="CC-BY-NC-SA-4.0", commercial=False)


def stem(track: str, licence: Licence, take: int = 1) -> StemFile:
    return StemFile(
        path=f"/out/{track}{take}.wav",
        sha256="0" * 64,
        take=take,
        index=1,
        track=track,
        label=track,
        category="WIND",
        position_samples=0,
        onset_samples=0,
        length_samples=10,
        sample_rate_hz=48_000,
        channels=1,
        peak_dbtp=-6.0,
        licence=licence,
    )


def test_tracks_are_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stems = (stem("Wind", BOUND), stem("Wind", BOUND, 2), stem("Knock", FREE), stem("Dog", BOUND))
    show_result(JobResult(job_id="a", stems=stems, manifest=str(tmp_path / "m.json")), as_json=False)
    told = capsys.readouterr().err
    assert told.count("note:") == 1
    assert "note: not for work that earns money: Wind, Dog (CC-BY-NC-SA-4.0)" in told


def test_nothing_is_said_of_what_is_free(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_result(JobResult(job_id="a", stems=(stem("Knock", FREE),), manifest=str(tmp_path / "m.json")), as_json=False)
    assert "earns money" not in "".join(capsys.readouterr())
