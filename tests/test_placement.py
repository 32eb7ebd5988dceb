"""Sound on its frame: at every rate, each onset in the written file lies on its cue, to the sample."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from fractions import Fraction
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wavinfo import WavInfoReader

from engine.audio import Audio
from engine.backends import registry
from engine.backends.base import Capabilities, Match
from engine.config import Settings
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.render import Studio
from engine.request import ComposeRequest, Job
from engine.results import JobResult, Licence, Take
from engine.session import Session

LEAD_IN = 137
RATES = {
    "23.976": Fraction(24_000, 1_001),
    "24": Fraction(24),
    "25": Fraction(25),
    "29.97": Fraction(30_000, 1_001),
    "29.97df": Fraction(30_000, 1_001),
    "30": Fraction(30),
    "50": Fraction(50),
    "59.94": Fraction(60_000, 1_001),
    "59.94df": Fraction(60_000, 1_001),
}
FRAMES = [3, 10, 29, 30, 31, 59, 61, 999, 1_799, 1_800, 1_801, 17_981, 17_982, 17_983, 35_964, 53_946]


class Clicks:
    """One sample that is not 0, after a lead-in: nobody can mistake where its onset is."""

    name, version = "clicks", "1"
    capabilities = Capabilities(
        max_length_seconds=60, licence=Licence(name="CC0-1.0", commercial=True), deterministic=True
    )

    def __init__(self, settings: Settings) -> None:
        pass

    def match(self, text: str) -> tuple[Match, ...]:
        return (
            Match(
                score=1.0,
                sources=("click",),
                label="Click",
                category="MUSCMisc",
                length_seconds=0.1,
                interval_seconds=0.5,
                sustained=False,
            ),
        )

    def render(self, specs: Sequence[TakeSpec], handle: Handle) -> Iterator[Take]:
        for spec in specs:
            samples = np.zeros((spec.channels, LEAD_IN + spec.length_samples), np.float32)
            samples[:, LEAD_IN] = 0.5
            audio = Audio(samples=samples, sample_rate_hz=spec.sample_rate_hz)
            yield Take(audio=audio, onset_samples=LEAD_IN, licence=self.capabilities.licence)


@pytest.fixture(autouse=True)
def _clicks(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint(name="clicks", value="test_placement:Clicks", group=registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])


def timecode(frame: int, rate: str) -> str:
    """Of a frame number, after SMPTE ST 12-1, written apart from the engine's own."""
    nominal = round(RATES[rate])
    if rate.endswith("df"):
        drop = nominal // 15
        number, left = 0, frame
        while True:  # minute by minute, as a counter does
            length = 60 * nominal - (drop if number % 10 else 0)
            if left < length:
                break
            left -= length
            number += 1
        left += drop if number % 10 else 0
        return f"{number // 60:02d}:{number % 60:02d}:{left // nominal:02d};{left % nominal:02d}"
    seconds, rest = divmod(frame, nominal)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}"


def sample_of(frame: int, rate: str, sample_rate: int) -> int:
    """Nearest sample, a tie late."""
    return int((2 * frame * sample_rate / RATES[rate] + 1) // 2)


def onsets(result: JobResult, session: Session) -> list[int]:
    """Of the first takes, on the session's timeline, measured from the files: TimeReference and the first sound."""
    found = []
    for stem in result.stems:
        samples, rate = soundfile.read(stem.path, always_2d=True)
        assert rate == session.sample_rate
        first = int(np.flatnonzero(samples[:, 0])[0])
        found.append(WavInfoReader(stem.path).bext.time_reference + first - session.start_samples)
    return found


def composed(folder: Path, session: Session, **keys: object) -> JobResult:
    values = {"prompt": "a click", "backend": "clicks", "folder": str(folder), "mix": False} | keys
    request = ComposeRequest.read(values)
    job = Job(id="j1", verb="compose", request=request, session=session, created="2026-01-01T00:00:00Z")
    return Studio(Settings.load()).run(job)


@pytest.mark.parametrize("sample_rate", [48_000, 44_100])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("given", ["sheet", "markers"])
def test_every_onset_is_on_its_cue_to_the_sample(tmp_path: Path, rate: str, sample_rate: int, given: str) -> None:
    start = timecode(0, rate)
    session = Session(sample_rate=sample_rate, frame_rate=rate, start_timecode=start)
    codes = [timecode(frame, rate) for frame in FRAMES]
    if given == "sheet":
        sheet = tmp_path / "cues.csv"
        with sheet.open("w", newline="") as file:
            csv.writer(file).writerows([("TC In", "Sound"), *((code, "a click") for code in codes)])
        result = composed(tmp_path / "out", session, cue_sheet=str(sheet), prompt="")
    else:
        result = composed(tmp_path / "out", session, markers="; ".join(codes))
    assert result.warnings == ()
    assert onsets(result, session) == [sample_of(frame, rate, sample_rate) for frame in FRAMES]
