"""``train --align``: the sounds of a training set are fitted to their pictures first, and those are learnt from."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from engine.cli import app
from engine.jobs.align_batch import ROWS
from engine.training.video_tokens.synthetic import make_set, tiny_models


def test_units_are_learnt_from_the_fitted_videos(tmp_path: Path) -> None:
    folder, out = tmp_path / "set", tmp_path / "out"
    folder.mkdir()
    made = make_set(folder, 3, seconds=2.0, workers=1)
    settings = tmp_path / "settings.json"
    settings.write_text(tiny_models(tmp_path / "models").model_dump_json())
    asked = ["train", "units", str(folder), "--out", str(out), "--settings", str(settings), "--units", "4"]
    ended = CliRunner().invoke(app, [*asked, "--align", "--device", "cpu", "--json"])
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout)["row"]["videos"] == 3
    aligned = out / "aligned"
    rows = [json.loads(line) for line in (aligned / ROWS).read_text().splitlines()]
    assert sorted(row["name"] for row in rows) == sorted(one.path.stem for one in made)
    for row in rows:
        assert (aligned / row["video"]).is_file()
        assert (aligned / f"{row['name']}.txt").read_text() == next(
            one.caption + "\n" for one in made if one.path.stem == row["name"]
        )
