"""How sounds are judged and calibrated: with judges whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from engine.audio import Audio
from engine.cli import run
from engine.errors import Cancelled
from engine.evaluation.calibration import LEAST_PART, Shares, calibrate
from engine.evaluation.recognition import Asked, Named, means, place_of, recognise
from engine.handle import Handle
from engine.procedural.draws import Draws, calibrated, draws_of, trying
from engine.procedural.families import FAMILIES

LOUDEST = """
import numpy as np

def names(samples, sample_rate_hz):
    spectrum = np.abs(np.fft.rfft(samples.mean(0)))
    hz = float(np.argmax(spectrum)) * sample_rate_hz / samples.shape[1]
    score = 1 / (1 + abs(np.log2(max(hz, 1.0) / 400)))
    return sorted([("Dog", score), ("Cat", 0.6)], key=lambda entry: -entry[1])

def accepted(name):
    return {name}
"""


def tone(level: float) -> Audio:
    return Audio(samples=np.full((1, 100), level, dtype=np.float32), sample_rate_hz=48_000)


def by_level(audio: Audio) -> Named:
    """Six names, turned by the level that the seed gave."""
    names = ["bell", "dog", "rain", "wind", "door", "cat"]
    turn = round(100 * audio.peak)
    return [(name, 1 - k / 10) for k, name in enumerate(names[turn:] + names[:turn])]


def test_places_are_counted_over_seeds() -> None:
    asked = Asked(name="dog_bark", make=lambda seed: tone(seed / 100), right={"dog", "puppy"})
    (row,) = recognise([asked], by_level, [0, 1, 2, 1], Handle())
    assert (row.seeds, row.first_percent, row.top_percent) == (4, 50.0, 75.0)  # second, first, sixth, first
    assert row.called[:2] == ("dog", "rain")
    assert means([row, row.model_copy(update={"top_percent": 25.0})]) == {"first": 50.0, "top": 50.0, "under half": 1}


def test_a_place_is_that_of_the_first_right_name() -> None:
    assert place_of(["a", "b", "c"], {"c", "b"}) == 2
    assert place_of(["a", "b"], {"z"}) is None


def test_judging_is_broken_off() -> None:
    asked = Asked(name="x", make=lambda seed: tone(0.1), right={"dog"})
    with pytest.raises(Cancelled):
        recognise([asked], by_level, [1], Handle(is_cancelled=lambda: True))


def test_a_parameter_is_drawn_once_within_its_part() -> None:
    low, high = [], []
    for seed in range(200):
        draws = Draws(np.random.default_rng(seed), {"a": (0.25, 0.5)})
        value = draws("a", 100, 1_600, logarithmic=True)
        assert draws("a", 0, 1) == value
        low.append(value)
        high.append(draws("b", 10, 20))
    assert 200 <= min(low) < 210
    assert 380 < max(low) <= 400
    assert (round(min(high)), round(max(high))) == (10, 20)


def test_a_search_replaces_the_calibrated_parts_and_sees_the_draws() -> None:
    kept = calibrated("dog_bark")
    assert kept
    with trying({"x": (1.0, 1.0)}) as made:
        value = draws_of(np.random.default_rng(0), "dog_bark")("x", 0, 3)
    assert value == 3.0
    assert made[0].drawn == {"x": 1.0}
    assert draws_of(np.random.default_rng(0), "dog_bark").shares == kept
    assert calibrated("no_such_family") == {}


def drawn(seed: int, shares: Shares) -> Mapping[str, float]:
    draws = Draws(np.random.default_rng(seed), shares)
    draws("matters", 0, 1)
    draws("does not", 0, 1)
    return draws.drawn


def test_the_search_narrows_to_what_is_best_and_leaves_room() -> None:
    def trial(seed: int, shares: Shares) -> tuple[Mapping[str, float], float]:
        at = drawn(seed, shares)
        return at, -abs(at["matters"] - 0.8)

    done = calibrate(trial, rounds=6, population=60, seed=1, handle=Handle())
    low, high = done[-1].shares["matters"]
    assert low <= 0.8 <= high
    assert high - low == pytest.approx(LEAST_PART, abs=1e-3)
    assert done[-1].mean_fitness > done[0].mean_fitness
    wide = done[-1].shares["does not"]
    assert wide[1] - wide[0] > 2 * LEAST_PART


@pytest.mark.parametrize("best", [0.0, 1.0])
def test_a_part_stays_within_the_bounds(best: float) -> None:
    def trial(seed: int, shares: Shares) -> tuple[Mapping[str, float], float]:
        at = drawn(seed, shares)
        return at, -abs(at["matters"] - best)

    low, high = calibrate(trial, rounds=8, population=40, seed=2, handle=Handle())[-1].shares["matters"]
    assert 0 <= low < high <= 1


@pytest.fixture
def judge(tmp_path: Path) -> Path:
    path = tmp_path / "loudest.py"
    path.write_text(LOUDEST)
    return path


def test_the_command_judges_families(judge: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "sounds", "dog_bark", "cat_meow", "--judge", str(judge), "--seeds", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["family"] for row in told["families"]] == ["dog_bark", "cat_meow"]
    assert all(row["top_percent"] == 100 for row in told["families"])
    assert told["judge"] == "loudest.py"


def test_what_was_found_is_kept_as_data(judge: Path, tmp_path: Path) -> None:
    out = tmp_path / "found"
    command = ["train", "sounds", "dog_bark", "--judge", str(judge), "--rounds", "2", "--population", "10"]
    assert run([*command, "--out", str(out)]) == 0
    told = json.loads((out / "dog_bark.json").read_text())
    assert set(told["shares"]) == set(calibrated("dog_bark"))
    assert (told["judge"], told["rounds"]) == ("loudest", 2)


@pytest.mark.parametrize(
    ("text", "word"), [("names = 1\n", "accepted"), ("import no_such_library_x\n", "no_such_library_x"), ("def", "run")]
)
def test_a_judge_that_is_none_is_told(text: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text)
    assert run(["bench", "sounds", "dog_bark", "--judge", str(path), "--json"]) in (1, 2)
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["field"] == "judge"
    assert word in error["sentence"]


def test_a_family_that_is_none_is_told(judge: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["bench", "sounds", "unicorn"], ["train", "sounds", "unicorn"]):
        assert run([*command, "--judge", str(judge)]) == 2
    assert "unicorn" in capsys.readouterr().err


def test_calibrated_parts_belong_to_families_and_lie_within_bounds() -> None:
    import engine.procedural

    for path in sorted((Path(engine.procedural.__file__).parent / "calibrated").glob("*.json")):
        shares = calibrated(path.stem)
        assert path.stem in FAMILIES
        assert shares
        assert all(0 <= low < high <= 1 and high - low >= LEAST_PART - 1e-3 for low, high in shares.values())
