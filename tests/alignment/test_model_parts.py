"""The parts that ask models, against a real server: what they are given, what they answer, and what goes wrong."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_pair import HEARD, JUDGED, PLAN, RATE, SEEN, a_pair, clicks, pictures, settings, sounds, words

# isort: split
from footage import number_in
from llm_server import LlmServer, Turn, costs, endless, hangs, llm_server, raw, refuses, says

from engine.action import ACTIONS
from engine.alignment.base import Brief, Pair, Parts
from engine.alignment.measured import MeasuredJudge
from engine.alignment.models.agent import ALLOWED, catalogue
from engine.alignment.models.choose import parts
from engine.alignment.models.senses import MOST_PIECES, PIECE_SECONDS, played
from engine.alignment.rules import RulePlanner
from engine.alignment.telling import MeasuredDescriber, heard_told, seen_told
from engine.audio import Audio
from engine.config import Settings
from engine.errors import Cancelled, PlannerFailed
from engine.handle import Handle
from engine.llm.message import Sound
from engine.picture import Picture
from engine.source import Held
from engine.trace import Cycle, Description, Fit, Score

DESCRIBED = Description(heard="It clicks.", seen="It ticks.")
SCORE = Score(alignment=0.5, synchronisation=0.25, rationale="Late.")
FIT = Fit(delay_seconds=0.1, matched=2, error_seconds=0.004, confidence=0.9)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return a_pair(tmp_path_factory.mktemp("pair"), fit=FIT)


def chosen(server: LlmServer, **keys: object) -> Parts:
    return parts(settings(server, **keys), warn=pytest.fail)


def brief(pair: Pair, *history: Cycle) -> Brief:
    return Brief(pair=pair, description=DESCRIBED, original=SCORE, history=history)


def test_sound_and_picture_are_described_apart(pair: Pair) -> None:
    with llm_server(ears=[says(HEARD)], eyes=[says(SEEN)]) as server:
        told = chosen(server).describer.describe(pair, Handle())
    (ears,), (eyes,) = server.of("ears"), server.of("eyes")
    assert (len(sounds(ears)), len(pictures(ears))) == (1, 0)
    assert (len(sounds(eyes)), len(pictures(eyes))) == (0, 16)
    assert told.heard == "A dog barks twice in a yard. Sources: a dog. Faults: hiss. Events at 0.30, 0.90 s."
    assert told.seen == "A black dog opens its mouth. Subjects: a dog that barks. Place: a yard."
    assert (told.heard_by, told.seen_by) == ("ears", "eyes")


def test_what_they_get_is_the_sound_and_the_picture_themselves(pair: Pair) -> None:
    with llm_server(ears=[says(HEARD)], eyes=[says(SEEN)]) as server:
        chosen(server).describer.describe(pair, Handle())
    (ears,), (eyes,) = server.of("ears"), server.of("eyes")
    (heard,) = sounds(ears)
    assert heard.size == round(1.2 * 16_000)
    assert np.abs(heard[1::2]).max() == pytest.approx(np.abs(clicks()).max(), rel=0.1)
    loud = np.flatnonzero(np.abs(heard) > 0.1) / 16_000
    assert (loud[0], loud[loud > 0.6][0]) == pytest.approx((0.3, 0.9), abs=2e-3)
    images = pictures(eyes)
    assert {image.shape[0] for image in images} == {288}
    content = eyes["messages"][1]["content"]
    times = [float(part["text"].split()[1]) for part in content if part["type"] == "text"]
    assert [number_in(image.mean(axis=2)) / 25 for image in images] == pytest.approx(times, abs=0.006)


def test_they_are_asked_at_the_same_time(pair: Pair) -> None:
    there = threading.Barrier(2)

    def waits(turn: Turn) -> Turn:
        def both(handler: BaseHTTPRequestHandler) -> None:
            there.wait(10)  # breaks, and the server with it, when the other is not asked meanwhile
            turn(handler)

        return both

    with llm_server(ears=[waits(says(HEARD))], eyes=[waits(says(SEEN))]) as server:
        assert chosen(server).describer.describe(pair, Handle()).seen_by == "eyes"


def test_keys_that_nobody_asked_for_are_let_be(pair: Pair) -> None:
    with llm_server(ears=[says({**HEARD, "mood": "sad"})], eyes=[says({"text": "A dog."})]) as server:
        assert chosen(server).describer.describe(pair, Handle()).seen == "A dog."
    assert len(server.asked) == 2


@pytest.mark.parametrize("bad", ["A dog.", {}, {"text": ""}, {"text": ["a", "b"]}, {**SEEN, "events_seconds": "soon"}])
def test_a_description_of_the_wrong_shape_is_asked_for_again(pair: Pair, bad: object) -> None:
    with llm_server(eyes=[says(bad), says(SEEN)]) as server:
        told = chosen(server, alm_model=None).describer.describe(pair, Handle())
    assert told.seen.startswith("A black dog")
    assert len(server.of("eyes")) == 2


def test_the_half_without_a_model_is_measured(pair: Pair) -> None:
    with llm_server(ears=[says(HEARD)], eyes=[says(SEEN)]) as server:
        told = chosen(server, alm_model=None).describer.describe(pair, Handle())
        assert (told.heard, told.heard_by, told.seen_by) == (" ".join(heard_told(pair.heard)), "measured", "eyes")
        told = chosen(server, vlm_model=None).describer.describe(pair, Handle())
        assert (told.seen, told.heard_by, told.seen_by) == (" ".join(seen_told(pair.seen)), "ears", "measured")


class Ticking:
    """Silence of any length, with its second as its level."""

    sample_rate_hz, channels = 16_000, 2

    def __init__(self, seconds: float) -> None:
        self.length_samples = round(seconds * self.sample_rate_hz)

    def read(self, start: int, end: int) -> np.ndarray[Any, Any]:
        level = np.arange(start, end) // self.sample_rate_hz / 10_000
        return np.tile(level.astype(np.float32), (2, 1))


def test_a_long_sound_is_cut_and_a_longer_one_sampled() -> None:
    *told, last = [part for part in played(Ticking(70)) if isinstance(part, str)]
    assert told == ["Sound from 0.00 to 30.00 s:", "Sound from 30.00 to 60.00 s:"]
    assert last == "Sound from 60.00 to 70.00 s:"
    about, *rest = played(Ticking(7_200))
    assert about == f"Of 7200 s, {MOST_PIECES} pieces:"
    assert (rest[0], rest[-2]) == ("Sound from 0.00 to 30.00 s:", "Sound from 7170.00 to 7200.00 s:")
    pieces = [part.wav for part in rest if isinstance(part, Sound)]
    assert [len(piece) for piece in pieces] == [44 + 32_000 * round(PIECE_SECONDS)] * MOST_PIECES
    assert np.frombuffer(pieces[-1][-2:], "<i2")[0] == round(7199 / 10_000 * 32_767)


def test_a_plan_is_made_of_all_that_is_known(pair: Pair) -> None:
    tried = Cycle(number=1, actions=("speed factor=1.1",), planner="x", score=SCORE.model_copy(update={"fit": FIT}))
    failed = Cycle(number=2, actions=("warp anchors=0.1:0.2",), planner="x", problem="It cannot be warped.")
    with llm_server(agent=[says(PLAN)]) as server:
        proposal = chosen(server).planner.plan(brief(pair, tried, failed))
    assert [str(action) for action in proposal.actions] == PLAN["actions"]
    assert (proposal.reason, proposal.planner) == (PLAN["reason"], "llm/agent")
    (asked,) = server.asked
    system, user = (message["content"] for message in asked["messages"])
    assert catalogue() in system
    assert "1.200 seconds" in system
    lines = dict(line.split(": ", 1) for line in user.splitlines())
    assert (lines["Heard"], lines["Seen"]) == ("It clicks.", "It ticks.")
    measured = json.loads(lines["Measured"])
    assert measured["fit"]["delay_seconds"] == 0.1
    assert measured["sound"]["onsets_seconds"] == measured["film"]["contacts_seconds"] == [0.2, 0.8]
    assert json.loads(lines["The original scored"]) == {
        "alignment": 0.5,
        "synchronisation": 0.25,
        "rationale": "Late.",
    }
    first, second = json.loads(lines["Tried 1"]), json.loads(lines["Tried 2"])
    assert (first["actions"], first["left"]["delay_seconds"]) == (["speed factor=1.1"], 0.1)
    assert second == {"actions": ["warp anchors=0.1:0.2"], "problem": "It cannot be warped."}


def test_the_catalogue_has_the_eight_and_no_new_sounds() -> None:
    names = {kind.name for kind in ALLOWED}
    assert {
        *("spectral_subtraction", "wiener", "wavelet", "spectral_gate"),
        "speed",
        "pitch",
        "volume",
        "fill_gaps",
    } <= names
    assert names <= set(ACTIONS)
    assert not names & {"restyle", "extend", "fill", "reverse", "trim", "loop", "worldize"}
    assert "semitones (from -24, to 24)" in catalogue()


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("I would shift it a little.", "no JSON"),
        ({"plan": []}, "'actions' is missing"),
        ({"actions": "shift"}, "actions"),
        ({"actions": ["teleport"]}, "no action 'teleport'"),
        ({"actions": ["reverse"]}, "reverse may not be used here"),
        ({"actions": ["restyle text=cat"]}, "restyle may not be used here"),
        ({"actions": ["shift hours=2"]}, "none of its parameters"),
        ({"actions": ["pitch semitones=99"]}, "semitones"),
        ({"actions": ["denoise"] * 13}, "actions"),
        ("", "no JSON"),
    ],
)
def test_a_plan_that_cannot_be_done_is_asked_for_again_with_the_reason(pair: Pair, bad: object, told: str) -> None:
    with llm_server(agent=[says(bad), says(PLAN)]) as server:
        proposal = chosen(server).planner.plan(brief(pair))
    assert [str(action) for action in proposal.actions] == PLAN["actions"]
    assert told in server.asked[1]["messages"][-1]["content"]


@pytest.mark.parametrize("nothing", [[], [""], ["  "]])
def test_no_actions_means_nothing_more(pair: Pair, nothing: list[str]) -> None:
    with llm_server(agent=[says({"actions": nothing, "reason": "It fits."})]) as server:
        proposal = chosen(server).planner.plan(brief(pair))
    assert (proposal.actions, proposal.reason) == ((), "It fits.")


def test_the_length_stays_whatever_is_planned(pair: Pair) -> None:
    with llm_server(agent=[says({"actions": ["speed factor=1.25; volume gain_db=1"]})]) as server:
        proposal = chosen(server).planner.plan(brief(pair))
    assert [str(a) for a in proposal.actions][-1] == "shift seconds=0 length_seconds=1.2"
    assert len(proposal.actions) == 3


def test_a_judge_looks_and_hears_and_scores(pair: Pair) -> None:
    with llm_server(eyes=[says(JUDGED)]) as server:
        judge = chosen(server, alm_model=None).judge
        score = judge.judge(pair.sound, pair, Handle())
    assert (score.alignment, score.synchronisation) == (0.6, 0.45)
    assert (score.rationale, score.by, judge.name) == ("Late by 100 ms.", "eyes", "eyes")
    (asked,) = server.asked
    assert (len(pictures(asked)), len(sounds(asked))) == (16, 1)


def test_a_judge_beside_which_another_listens_is_told_what_that_hears(pair: Pair) -> None:
    with llm_server(eyes=[says(JUDGED)], ears=[says(HEARD)]) as server:
        chosen(server).judge.judge(pair.sound, pair, Handle())
    (ears,), (eyes,) = server.of("ears"), server.of("eyes")
    assert (len(sounds(ears)), len(pictures(ears))) == (1, 0)
    assert (len(sounds(eyes)), len(pictures(eyes))) == (0, 16)
    assert "A dog barks twice" in words(eyes)


def test_a_judge_is_blind(pair: Pair) -> None:
    original = collected_twice(pair)
    with llm_server(eyes=[says(JUDGED)]) as server:
        judge = chosen(server, alm_model=None).judge
        for version in original:
            judge.judge(version, pair, Handle())
        louder = Held(Audio(samples=clicks() * np.float32(0.5), sample_rate_hz=RATE))
        judge.judge(louder, pair, Handle())
    first, second, third = server.asked
    assert first == second, "the original and a version that sounds the same cannot be told apart"
    assert first["messages"][0] == third["messages"][0], "the same prompt for all"
    assert parts_without_data(first) == parts_without_data(third)
    for asked in server.asked:
        assert not any(word in words(asked) for word in ("secret-name", "original", "version", "cycle", "shift"))


def collected_twice(pair: Pair) -> tuple[Any, Any]:
    return pair.sound, Held(Audio(samples=clicks(), sample_rate_hz=RATE))


def parts_without_data(asked: dict[str, Any]) -> list[str]:
    """Which parts there are, and the words that tell no measure."""
    told = [part.get("text", part["type"]) for part in asked["messages"][1]["content"]]
    return [each for each in told if not each.startswith("Measured")]


@pytest.mark.parametrize(
    "bad",
    [
        "It fits rather well.",
        {**JUDGED, "alignment": 11},
        {**JUDGED, "synchronisation": -1},
        {**JUDGED, "alignment": "high"},
        {**JUDGED, "alignment": True},
        {**JUDGED, "alignment": None},
        '{"alignment": NaN, "synchronisation": 1}',
        {"alignment": 5},
        [JUDGED["alignment"], 3],
        "",
    ],
)
def test_a_judgement_that_is_none_is_asked_for_again_and_then_told(pair: Pair, bad: object) -> None:
    with llm_server(eyes=[says(bad), says(JUDGED), says(bad)]) as server:
        judge = chosen(server, alm_model=None).judge
        assert judge.judge(pair.sound, pair, Handle()).alignment == 0.6
        assert len(server.asked) == 2
        with pytest.raises(PlannerFailed, match=r"eyes gave no usable answer in 3 tries"):
            judge.judge(pair.sound, pair, Handle())
    assert len(server.asked) == 5


Ask = Callable[[Parts, Pair], object]
ASKED: dict[str, Ask] = {
    "describer": lambda asked, pair: asked.describer.describe(pair, Handle()),
    "planner": lambda asked, pair: asked.planner.plan(brief(pair)),
    "judge": lambda asked, pair: asked.judge.judge(pair.sound, pair, Handle()),
}
OVER = threading.Event()
FAILING: dict[str, tuple[Turn, str]] = {
    "HTML 500": (raw(b"<html>sorry</html>", 500), "HTTP 500"),
    "HTML": (raw(b"<html>hello</html>"), "no chat completion"),
    "429": (refuses(429, "quota"), "HTTP 429"),
    "prose": (says("Let us talk."), "3 tries"),
    "hangs": (hangs(OVER), "no answer in time"),
    "drips": (endless(b" ", OVER, 0.02), "did not end its answer|no answer in time"),
}


@pytest.mark.parametrize("how", FAILING)
@pytest.mark.parametrize("who", ASKED)
def test_a_server_that_fails_is_a_planner_failed(pair: Pair, who: str, how: str) -> None:
    turn, reason = FAILING[how]
    with llm_server(turn) as server:
        asked = chosen(server, alm_model=None, llm_timeout_seconds=0.5 if how in ("hangs", "drips") else 20.0)
        with pytest.raises(PlannerFailed, match=reason):
            ASKED[who](asked, pair)


@pytest.mark.parametrize("who", ASKED)
def test_nothing_listens(pair: Pair, who: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gone = LlmServer([], base_url=f"http://127.0.0.1:{free.getsockname()[1]}/v1")
    with pytest.raises(PlannerFailed, match="nothing answers there"):
        ASKED[who](chosen(gone), pair)


def test_a_picture_that_is_gone_is_a_planner_failed(pair: Pair) -> None:
    with llm_server(eyes=[says(JUDGED)]) as server, pytest.raises(PlannerFailed, match="cannot be shown to a model"):
        chosen(server).judge.judge(pair.sound, replace(pair, picture=Picture(path="/gone.mp4")), Handle())


def test_a_cancel_is_a_cancel(pair: Pair) -> None:
    stop = Handle(is_cancelled=lambda: True)
    with llm_server(says(JUDGED)) as server:
        asked = chosen(server)
        for do in (lambda: asked.describer.describe(pair, stop), lambda: asked.judge.judge(pair.sound, pair, stop)):
            with pytest.raises(Cancelled):
                do()
        assert not server.asked


@pytest.mark.parametrize("who", ASKED)
def test_a_cancel_does_not_wait_for_an_answer_that_is_on_its_way(pair: Pair, who: str) -> None:
    over, asked_now = threading.Event(), threading.Event()

    def holds(handler: BaseHTTPRequestHandler) -> None:
        asked_now.set()
        hangs(over)(handler)

    with llm_server(holds) as server:
        named = settings(server, alm_model=None, llm_timeout_seconds=600)
        asked = parts(named, warn=pytest.fail, handle=Handle(is_cancelled=asked_now.is_set))
        try:
            with pytest.raises(Cancelled):
                ASKED[who](asked, pair)
        finally:
            over.set()


def test_what_it_cost_is_summed_over_all_three(pair: Pair) -> None:
    with llm_server(ears=[costs(HEARD, 100, 10)], eyes=[costs(SEEN, 1_000, 1)], agent=[costs(PLAN, 7, 3)]) as server:
        asked, other = chosen(server), chosen(server)
        asked.describer.describe(pair, Handle())
        asked.planner.plan(brief(pair))
        assert asked.usage() == (3, 1_121)
        assert other.usage() == (0, 0), "each loop has its own"


def kinds(asked: Parts) -> tuple[str, str, str]:
    return type(asked.describer).__name__, type(asked.planner).__name__, type(asked.judge).__name__


@pytest.mark.parametrize(
    ("named", "how", "expected"),
    [
        ({}, {}, "MeasuredDescriber RulePlanner MeasuredJudge"),
        ({"llm_model": "x"}, {}, "MeasuredDescriber ModelPlanner MeasuredJudge"),
        ({"vlm_model": "x"}, {}, "ModelDescriber RulePlanner ModelJudge"),
        ({"alm_model": "x"}, {}, "ModelDescriber RulePlanner MeasuredJudge"),
        ({"llm_model": "x", "vlm_model": "y"}, {"planner": "rules"}, "ModelDescriber RulePlanner ModelJudge"),
        ({"llm_model": "x", "vlm_model": "y"}, {"judge": "measured"}, "ModelDescriber ModelPlanner MeasuredJudge"),
        (
            {"llm_model": "x", "vlm_model": "y"},
            {"planner": "rules", "judge": "measured"},
            "MeasuredDescriber RulePlanner MeasuredJudge",
        ),
    ],
)
def test_who_does_what(named: dict[str, str], how: dict[str, Any], expected: str) -> None:
    assert " ".join(kinds(parts(Settings(**named), warn=pytest.fail, **how))) == expected


@pytest.mark.parametrize(
    ("named", "how", "told"),
    [
        ({}, {"planner": "llm"}, "No model that plans is configured: set llm_model"),
        ({}, {"judge": "model"}, "No model judges: vlm_model names none that is here, and there are no embeddings: "),
        ({"llm_model": "local:nobody"}, {}, "local:nobody is not used: "),
        ({"vlm_model": "local:nobody"}, {}, "local:nobody is not used: "),
    ],
)
def test_a_model_that_is_wanted_and_not_here_is_told(
    named: dict[str, str], how: dict[str, Any], told: str, tmp_path: Path
) -> None:
    warnings: list[str] = []
    asked = parts(Settings(models_folder=tmp_path, **named), warn=warnings.append, **how)
    assert isinstance(asked.describer, MeasuredDescriber)
    assert isinstance(asked.planner, RulePlanner)
    assert isinstance(asked.judge, MeasuredJudge)
    assert len(warnings) == 1
    assert warnings[0].startswith(told)
