"""``bench planners`` with a language model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from llm_server import llm_server, refuses, says

from engine.cli import run

CAPTION = "A dog barks followed by a man laughing and then doors slam"
STEPS = [
    {"id": f"s{second}", "text": text, "start_seconds": second}
    for second, text in enumerate(("dog barking", "man laughs", "door slams"))
]


def test_a_language_model_is_scored_beside_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.json").write_text(json.dumps([CAPTION, "Rain falls"]))
    with llm_server(says({"steps": STEPS}), refuses(500, "busy")) as server:
        monkeypatch.setenv("CUEWRIGHT_LLM_BASE_URL", server.base_url)
        monkeypatch.setenv("CUEWRIGHT_LLM_MODEL", "scripted")
        assert run(["bench", "planners", "--captions", str(tmp_path / "mine.json"), "--json"]) == 0
    llm = json.loads(capsys.readouterr().out)["rows"][2]
    assert (llm["planner"], llm["captions"], llm["failed"], llm["in_order"]) == ("llm/scripted", 2, 1, 2)
