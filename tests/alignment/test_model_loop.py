"""The whole loop with models at a scripted server: plans are used, scores come back, and whatever fails is replaced."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import soundfile
from model_pair import HEARD, RATE, SEEN, a_pair, clicks, pictures, settings, sounds, words

# isort: split
from footage import numbered, write_video
from llm_server import LlmServer, Turn, costs, llm_server, raw, refuses, says

from engine.alignment.base import Pair
from engine.alignment.loop import Aligned, align
from engine.alignment.models.choose import parts
from engine.cli import run
from engine.config import Settings
from engine.editing.kit import Kit
from engine.handle import Handle
from engine.source import collected
from engine.trace import Fit, Stop

LOUD = np.abs(clicks()).max()
FIT = Fit(delay_seconds=0.1, matched=2, error_seconds=0.004, confidence=0.9)
PROSE = says("Well, that depends on what you like.")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return a_pair(tmp_path_factory.mktemp("pair"), fit=FIT)


def plans(*actions: str) -> Turn:
    return says({"actions": list(actions), "reason": f"I thought of {len(actions)}."})


def scores(*overall: float) -> list[Turn]:
    """What a judge says of the original, of each version, and of the original again, out of 10."""
    return [says({"alignment": each, "synchronisation": each, "rationale": f"It is a {each:g}."}) for each in overall]


class Run:
    """A loop that ran, and what was said."""

    def __init__(self, pair: Pair, server: LlmServer, folder: Path, **limits: Any) -> None:
        self.told: list[str] = []
        using = settings(server, alm_model=limits.pop("alm_model", None))
        chosen = parts(using, warn=pytest.fail)
        kit = Kit(folder=folder, warn=self.told.append)
        self.aligned: Aligned = align(pair, chosen, kit, handle=Handle(), **limits)
        self.trace = self.aligned.trace


def gain_db(version: Any) -> float:
    """Of a version over the original, if it is nothing else."""
    samples = collected(version).samples
    by = float(np.abs(samples).max() / LOUD)
    assert np.allclose(samples, clicks() * by, atol=1e-6)
    return 20 * np.log10(by)


def test_plans_are_used_scores_come_back_and_every_version_is_of_the_original(pair: Pair, tmp_path: Path) -> None:
    agent = [plans("volume gain_db=-6"), plans("volume gain_db=-2"), plans("volume gain_db=-1")]
    eyes = [says(SEEN), *scores(3, 5, 6, 9.5, 3)]
    with llm_server(agent=agent, eyes=eyes, ears=[says(HEARD)]) as server:
        run = Run(pair, server, tmp_path, threshold=0.9)
    trace = run.trace
    assert (trace.stopped, trace.best, run.told) == ("threshold", 3, [])
    assert [cycle.actions for cycle in trace.cycles] == [
        ("volume gain_db=-6",),
        ("volume gain_db=-2",),
        ("volume gain_db=-1",),
    ]
    assert {cycle.planner for cycle in trace.cycles} == {"llm/agent"}
    assert [cycle.score.overall for cycle in trace.cycles if cycle.score] == [0.5, 0.6, 0.95]
    assert [gain_db(version) for version in run.aligned.versions] == pytest.approx([-6, -2, -1], abs=1e-3)

    asked = [words(each) for each in server.of("agent")]
    assert "Tried" not in asked[0]
    assert "A black dog opens its mouth" in asked[0]
    for number, gain, score in ((1, "-6", 0.5), (2, "-2", 0.6)):
        line = next(line for line in asked[2].splitlines() if line.startswith(f"Tried {number}: "))
        tried = json.loads(line.partition(": ")[2])
        assert tried["actions"] == [f"volume gain_db={gain}"]
        assert (tried["alignment"], tried["synchronisation"]) == (score, score)
        assert tried["rationale"] == f"It is a {10 * score:g}."
    assert "Tried 2" not in asked[1]

    judged = server.of("eyes")[1:]  # the first was asked to describe
    heard = [np.abs(sounds(each)[0]).max() for each in judged]
    assert np.allclose(20 * np.log10(np.array(heard) / heard[0]), [0, -6, -2, -1, 0], atol=0.05)
    assert {len(pictures(each)) for each in judged} == {16}
    assert judged[0] == judged[-1], "the original is judged again as if it were any other"


STOPS: dict[Stop, tuple[Sequence[Turn], Sequence[Turn], bool]] = {
    "good_enough": ([plans("denoise")], scores(9.5), True),
    "threshold": ([plans("volume gain_db=-6")], scores(3, 9.5, 3), True),
    "cycles": ([plans("volume gain_db=-6"), plans("volume gain_db=-3"), plans("declick")], scores(3, 4, 5, 6, 3), True),
    "plateau": ([plans("volume gain_db=-6"), plans("volume gain_db=-3"), plans("declick")], scores(3, 3, 2, 3), True),
    "repeated": ([plans("volume gain_db=-6"), plans("volume gain_db=-6.0")], scores(3, 4, 3), True),
    "nothing_left": ([plans("volume gain_db=-6"), plans()], scores(3, 4, 3), True),
    "no_common_events": ([plans()], scores(3), False),
}
"""Of each reason: what the agent says, what the judge says, and whether sound and picture have something in common."""


def test_every_reason_is_here() -> None:
    assert set(STOPS) == set(get_args(Stop))


@pytest.mark.parametrize("reason", STOPS)
def test_every_reason_to_stop_is_reached(pair: Pair, tmp_path: Path, reason: Stop) -> None:
    agent, judged, fits = STOPS[reason]
    of = pair if fits else a_pair(tmp_path)
    with llm_server(agent=list(agent), eyes=[says(SEEN), *judged]) as server:
        run = Run(of, server, tmp_path, threshold=0.9, cycles=3)
    assert (run.trace.stopped, run.told) == (reason, [])
    best = {"threshold": 1, "cycles": 3, "repeated": 1, "nothing_left": 1}
    assert run.trace.best == best.get(reason, 0)
    assert run.trace.verdict


def test_actions_that_cannot_be_done_are_told_to_the_agent(pair: Pair, tmp_path: Path) -> None:
    agent = [plans("warp anchors=5:6"), plans("volume gain_db=-3")]
    with llm_server(agent=agent, eyes=[says(SEEN), *scores(3, 9.5, 3)]) as server:
        run = Run(pair, server, tmp_path, threshold=0.9)
    first, second = run.trace.cycles
    assert (first.score, run.trace.best) == (None, 2)
    assert first.problem
    assert second.score is not None
    told = next(line for line in words(server.of("agent")[1]).splitlines() if line.startswith("Tried 1"))
    assert json.loads(told.partition(": ")[2]) == {"actions": ["warp anchors=5:6"], "problem": first.problem}


@pytest.mark.parametrize(
    "bad",
    [PROSE, says({"actions": "all"}), says(""), raw(b"<html>no</html>", 500), refuses(429, "quota")],
    ids=["prose", "wrong shape", "empty", "HTML 500", "429"],
)
def test_rules_plan_where_the_agent_fails(pair: Pair, tmp_path: Path, bad: Turn) -> None:
    with llm_server(agent=[bad], eyes=[says(SEEN), *scores(3, 9.5, 3)]) as server:
        run = Run(pair, server, tmp_path, threshold=0.9)
    (cycle,) = run.trace.cycles
    assert (cycle.planner, run.trace.best) == ("rules", 1)
    assert "shift seconds=-0.1" in cycle.actions
    (warning,) = run.told
    assert warning.startswith("The model that was to plan failed, so it is measured: ")


@pytest.mark.parametrize(
    "bad",
    [PROSE, says({"alignment": 11, "synchronisation": 5}), says({"alignment": 5}), raw(b"<html>no</html>", 500)],
    ids=["prose", "out of range", "half", "HTML 500"],
)
def test_a_judge_that_fails_halfway_is_replaced_for_all_versions(pair: Pair, tmp_path: Path, bad: Turn) -> None:
    agent = [plans("volume gain_db=-6"), plans("volume gain_db=-3"), plans()]
    with llm_server(agent=agent, eyes=[says(SEEN), *scores(3, 9), bad]) as server:
        run = Run(pair, server, tmp_path, threshold=0.99)
    trace = run.trace
    assert {trace.original.by, *(cycle.score.by for cycle in trace.cycles if cycle.score)} == {"measured"}
    assert len(trace.cycles) == 2
    (warning,) = run.told
    assert warning.startswith("The judge failed, so versions are measured: ")


def test_a_judge_that_contradicts_itself_is_replaced(pair: Pair, tmp_path: Path) -> None:
    with llm_server(agent=[plans("volume gain_db=-6")], eyes=[says(SEEN), *scores(3, 9.5, 8)]) as server:
        run = Run(pair, server, tmp_path, threshold=0.9)
    assert run.trace.original.by == "measured"
    (warning,) = run.told
    assert "eyes contradicts itself: the original scored 0.30, then 0.80" in warning
    # Softer is no better when it is measured, so that what the judge was so fond of does not win.
    assert run.trace.best == 0


def test_descriptions_that_fail_are_measured(pair: Pair, tmp_path: Path) -> None:
    with llm_server(agent=[plans()], eyes=[PROSE, PROSE, PROSE, *scores(5, 5)]) as server:
        run = Run(pair, server, tmp_path, threshold=0.9)
    assert (run.trace.description.heard_by, run.trace.description.seen_by) == ("measured", "measured")
    (warning,) = run.told
    assert warning.startswith("The model that was to describe failed, so it is measured: ")


def test_with_nobody_at_the_server_it_is_as_if_no_model_were_named(pair: Pair, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gone = LlmServer([], base_url=f"http://127.0.0.1:{free.getsockname()[1]}/v1")
    run = Run(pair, gone, tmp_path)
    alone = align(pair, parts(Settings(), warn=pytest.fail), Kit(folder=tmp_path), handle=Handle()).trace
    same = {"exclude": {"seconds", "calls"}}
    assert run.trace.model_dump(**same) == alone.model_dump(**same)
    assert {warning.partition(",")[0] for warning in run.told} == {
        "The model that was to describe failed",
        "The model that was to plan failed",
        "The judge failed",
    }


def test_calls_and_tokens_are_in_the_trace(pair: Pair, tmp_path: Path) -> None:
    judged = [costs({"alignment": each, "synchronisation": each, "rationale": ""}, 1_000, 10) for each in (3, 9.5, 3)]
    agent = [costs({"actions": ["volume gain_db=-6"]}, 500, 5)]
    with llm_server(agent=agent, eyes=[costs(SEEN, 200, 2), *judged]) as server:
        run = Run(pair, server, tmp_path, threshold=0.9)
    assert (run.trace.calls, run.trace.tokens) == (5, 505 + 202 + 3 * 1_010)
    assert len(server.asked) == 5


def test_the_command_asks_the_models_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film = write_video(tmp_path / "film.mp4", numbered(25), seconds=1.2)
    soundfile.write(tmp_path / "sound.wav", clicks().T, RATE)
    agent, eyes = [plans("shift seconds=-0.1", "volume gain_db=-6")], [says(SEEN), *scores(3, 9.5, 3)]
    with llm_server(agent=agent, eyes=eyes, ears=[says(HEARD)]) as server:
        for name, value in (("base_url", server.base_url), ("model", "agent")):
            monkeypatch.setenv(f"CUEWRIGHT_LLM_{name.upper()}", value)
        monkeypatch.setenv("CUEWRIGHT_VLM_MODEL", "eyes")
        monkeypatch.setenv("CUEWRIGHT_ALM_MODEL", "ears")
        assert run(["align", str(tmp_path / "sound.wav"), str(film), "--out", str(tmp_path / "out"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    trace = json.loads(Path(result["manifest"]).read_text())["trace"]
    assert (trace["description"]["heard_by"], trace["description"]["seen_by"]) == ("ears", "eyes")
    (cycle,) = trace["cycles"]
    assert (cycle["planner"], cycle["score"]["by"], trace["stopped"]) == ("llm/agent", "eyes", "threshold")
    assert trace["calls"] == len(server.asked) == 2 + 1 + 3 + 3, "the judge has another listen to every version"
    (take,) = result["stems"]
    made, rate = soundfile.read(take["path"], dtype="float32")
    moved = np.pad(clicks()[0, round(0.1 * rate) :], (0, round(0.1 * rate))) * 10 ** (-6 / 20)
    assert np.allclose(made, moved, atol=1e-3)
