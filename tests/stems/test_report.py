"""The report page as a file: what it holds, what it never holds, how large it gets."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from report_case import FPS, HOSTILE, RATE, SECONDS, hit, make_report, write_picture, write_stem

from engine.cue import Cue
from engine.errors import Cancelled, FileUnreadable
from engine.handle import Handle
from engine.picture import Picture, Still
from engine.results import Licence
from engine.session import Session
from engine.stems.report import Report, data, write_report
from engine.stems.report.data import url_of
from engine.stems.report.listening import listening_copy, listening_rate
from engine.stems.report.page import page
from engine.stems.report.waveform import columns_that_fit, peaks


def handed(text: str) -> dict[str, Any]:
    """What a page's script is handed."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def bare(folder: Path, samples: np.ndarray | None = None, **changes: Any) -> Report:
    stems = () if samples is None else (write_stem(folder, "s1.wav", samples, start=0),)
    return Report(**{"session": Session(), "length_samples": RATE, "stems": stems, **changes})


# Waveforms


def written(folder: Path, samples: np.ndarray) -> Path:
    path = folder / "x.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path


def test_peaks_of_silence_a_step_and_the_faintest_sound(tmp_path: Path) -> None:
    samples = np.concatenate([np.zeros(100), np.full(100, 0.5), np.full(100, -1.0), np.full(100, 1e-6)])
    assert peaks(written(tmp_path, samples), 4).tolist() == [[0, 0], [63, 64], [-127, -127], [0, 1]]


def test_peaks_take_the_extremes_of_all_channels(tmp_path: Path) -> None:
    samples = np.stack([np.zeros(8), np.full(8, 1.0), np.full(8, -1.0)], axis=1)
    assert peaks(written(tmp_path, samples), 2).tolist() == [[-127, 127]] * 2


def test_a_long_file_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, np.random.default_rng(1).uniform(-1, 1, 10_000))
    whole = peaks(path, 100)
    monkeypatch.setattr("engine.stems.report.waveform._BLOCK_SAMPLES", 300)
    assert np.array_equal(peaks(path, 100), whole)


@given(length=st.integers(1, 3_000), columns=st.integers(1, 500), seed=st.integers(0, 99))
def test_peaks_enclose_every_sample(
    length: int, columns: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, length).astype(np.float32)
    found = peaks(written(tmp_path_factory.mktemp("peaks"), samples), columns) / 127
    hop = -(-length // columns)
    assert len(found) == -(-length // hop) <= columns
    low, high = np.repeat(found, hop, axis=0)[:length].T
    assert (low <= samples).all()
    assert (samples <= high).all()


@given(lengths=st.lists(st.floats(0.01, 3_600), min_size=1, max_size=60), total=st.integers(60, 100_000))
def test_columns_fit(lengths: list[float], total: int) -> None:
    columns = columns_that_fit(lengths, total)
    assert sum(columns) <= total
    assert min(columns) >= 1
    assert [c for _, c in sorted(zip(lengths, columns, strict=True))] == sorted(columns)  # the longer never gets fewer


# Listening copies


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 88_200, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_copy_is_as_long_and_its_onset_as_late(tmp_path: Path, rate: int, channels: int) -> None:
    samples = np.zeros((rate, channels), np.float32)
    samples[rate // 2 :] = 0.3 * np.random.default_rng(2).standard_normal((rate - rate // 2, 1))
    soundfile.write(tmp_path / "x.wav", samples, rate, subtype="PCM_24")
    copy, copy_rate = soundfile.read(io.BytesIO(listening_copy(tmp_path / "x.wav")), always_2d=True)
    assert (copy_rate, copy.shape) == (listening_rate(rate), (listening_rate(rate), channels))
    assert np.argmax(np.abs(copy[:, 0]) > 0.05) / copy_rate == pytest.approx(
        0.5, abs=1e-3
    )  # MP3 rings a little; its delay would be 23 ms


# The page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reel") / "stems"


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    folder.mkdir()
    return make_report(folder, picture=write_picture(folder.parent / "pic ture#1.mp4"))


@pytest.fixture(scope="module")
def text(report: Report, folder: Path) -> str:
    return page(report, folder, "shot-1")


def test_the_page_is_written_once_whole_and_beside_the_stems(report: Report, folder: Path) -> None:
    before = set(folder.iterdir())
    path = write_report(report, folder, "shot-1")
    assert write_report(report, folder, "shot-1") == path  # the same bytes again
    assert set(folder.iterdir()) - before == {path}
    assert path.name == "shot-1.report.html"


def test_everything_lies_on_one_axis(text: str) -> None:
    shown = handed(text)
    assert (shown["begin_seconds"], shown["end_seconds"]) == (0, SECONDS)
    assert shown["shots_seconds"] == [0, 2]
    assert shown["midnight_samples"] == 3_600 * RATE
    assert [track["name"] for track in shown["tracks"]] == ["FX_BALL", "BG"]
    ball = shown["tracks"][0]["events"]
    assert [[take["take"] for take in event["takes"]] for event in ball] == [[1, 2]] * 5
    assert [event["takes"][0]["start_seconds"] for event in ball] == [0.5, 1.2, 2.0, 2.8, 3.4]
    assert len(shown["cues"]) == 7
    motion = base64.b64decode(shown["motion"])
    assert (len(motion), max(motion), shown["motion_rate_hz"]) == (SECONDS * FPS, 255, FPS)


def test_the_axis_begins_where_the_first_file_does(tmp_path: Path) -> None:
    early = write_stem(tmp_path, "s1.wav", hit(1), start=RATE - 480, onset=480)
    shown = handed(page(bare(tmp_path, position_samples=RATE, stems=(early,)), tmp_path, "j"))
    (sound,) = shown["tracks"][0]["events"][0]["takes"]
    assert sound["start_seconds"] == shown["begin_seconds"] == -0.01
    assert sound["onset_seconds"] == 0.01


def test_the_picture_is_named_and_never_copied(report: Report, folder: Path, text: str) -> None:
    assert handed(text)["picture"]["url"] == "../pic%20ture%231.mp4"
    assert report.picture
    film = Path(report.picture.path).read_bytes()
    held = [base64.b64decode(piece) for piece in re.findall(r'"([A-Za-z0-9+/=]{400,})"', text)]
    assert len(held) > 20
    assert not any(film[k : k + 64] in one for one in held for k in range(2_000, len(film) - 64, 997))


def test_addresses_are_relative_and_quoted() -> None:
    assert url_of("/a/b/ü #?%.wav", Path("/a/b")) == "%C3%BC%20%23%3F%25.wav"
    assert url_of("/a/film.mov", Path("/a/b/c")) == "../../film.mov"


def test_the_sounds_are_in_the_page(text: str, report: Report) -> None:
    sounds = [take for track in handed(text)["tracks"] for event in track["events"] for take in event["takes"]]
    assert len(sounds) == len(report.stems)
    for sound in sounds:
        copy, rate = soundfile.read(io.BytesIO(base64.b64decode(sound["mp3"])))
        assert len(copy) / rate == sound["length_seconds"]
        assert len(base64.b64decode(sound["peaks"])) == 2 * sound["columns"] > 0


def test_what_does_not_fit_stays_in_its_file(
    report: Report, folder: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = handed(text)
    room = len(base64.b64decode(whole["mix"]["mp3"])) + 9_000
    monkeypatch.setattr(data, "LISTENING_BYTES", room)
    monkeypatch.setattr(data, "bytes_expected", lambda seconds: 0)  # nothing rests on the guess
    shown = handed(page(report, folder, "shot-1"))
    takes = [take for track in shown["tracks"] for event in track["events"] for take in event["takes"]]
    assert shown["mix"]["mp3"] == whole["mix"]["mp3"]  # the mix goes first
    assert sum(len(base64.b64decode(one["mp3"])) for one in (shown["mix"], *takes)) <= room
    assert any(take["mp3"] for take in takes)
    assert not all(take["mp3"] for take in takes)


def test_too_many_stills_are_thinned_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "STILLS_BYTES", 400)
    stills = tuple(Still(time_seconds=k, jpeg=b"x" * 100) for k in range(9))
    shown = handed(page(bare(tmp_path, stills=stills), tmp_path, "j"))
    assert [still["time_seconds"] for still in shown["stills"]] == [0, 4, 8]


@pytest.mark.parametrize(
    ("values", "steps"), [((), []), ((0.0, 0.0), [0, 0]), ((0.0, 2.0, 1.0, -1.0), [0, 255, 128, 0])]
)
def test_motion_is_drawn_to_its_largest_value(tmp_path: Path, values: Sequence[float], steps: list[int]) -> None:
    shown = handed(page(bare(tmp_path, motion=values), tmp_path, "j"))
    assert list(base64.b64decode(shown["motion"])) == steps


def test_a_long_motion_curve_keeps_its_peaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "MOTION_COLUMNS", 10)
    values = np.zeros(100)
    values[57] = 1
    shown = handed(page(bare(tmp_path, motion=values, motion_rate_hz=20.0), tmp_path, "j"))
    assert (base64.b64decode(shown["motion"])[5], shown["motion_rate_hz"]) == (255, 2.0)


def test_what_people_wrote_cannot_leave_its_place(tmp_path: Path) -> None:
    stem = write_stem(
        tmp_path,
        "s1.wav",
        hit(1),
        start=0,
        label=HOSTILE,
        track=HOSTILE,
        licence=Licence(name=HOSTILE, commercial=False, note=HOSTILE),
    )
    cue = Cue(id="c1", start_samples=0, label=HOSTILE, track=HOSTILE[:120])
    told = Session(project=HOSTILE[:120], scene=HOSTILE[:120])
    shown = bare(tmp_path, title=HOSTILE, session=told, cues=(cue,), stems=(stem,), warnings=(HOSTILE,))
    text = page(shown, tmp_path, "j")
    assert text.count("<script") == text.count("</script") == 2
    assert "<img src=x" not in text
    assert "<!-- " not in text  # it would swallow the end of a script
    assert not set(text.partition('id="data">')[2].partition("</script>")[0]) & set("<>&\u2028\u2029")
    assert handed(text)["cues"][0]["label"] == HOSTILE
    assert handed(text)["tracks"][0]["name"] == HOSTILE
    assert f"<title>{html.escape(HOSTILE)}</title>" in text
    assert "no commercial use" in text


def test_the_page_allows_itself_its_own_script_only(text: str) -> None:
    policy = html.unescape(re.search(r'Content-Security-Policy" content="(.*?)"', text)[1])  # type: ignore[index]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    script = re.search(r"<script>(.*)</script>", text, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    assert "http" not in policy


def test_a_stem_that_is_gone_is_an_error(report: Report, tmp_path: Path) -> None:
    gone = bare(tmp_path, hit(1))
    Path(gone.stems[0].path).unlink()
    with pytest.raises(FileUnreadable, match=r"s1\.wav"):
        write_report(gone, tmp_path, "j")
    assert list(tmp_path.iterdir()) == []


def test_drawing_can_be_cancelled(report: Report, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        write_report(report, folder, "other", Handle(is_cancelled=lambda: True))
    assert not list(folder.glob("*other*"))


def test_an_hour_with_500_cues_and_60_stems_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "listening_copy", lambda path: bytes(100_000))  # encoding it all takes long
    hour = 3_600 * RATE
    noise = 0.3 * np.random.default_rng(4).standard_normal(5 * RATE)
    stems = tuple(
        write_stem(tmp_path, f"s{k}.wav", noise, start=k * 60 * RATE, event=f"s{k}", index=k + 1, track=f"T{k}")
        for k in range(60)
    )
    cues = tuple(Cue(id=f"c{k}", start_samples=k * hour // 500, label="x" * 100) for k in range(500))
    stills = tuple(Still(time_seconds=75 * k, jpeg=bytes(np.random.default_rng(k).bytes(20_000))) for k in range(48))
    shown = bare(
        tmp_path,
        length_samples=hour,
        stems=stems,
        cues=cues,
        stills=stills,
        motion=np.random.default_rng(5).uniform(0, 1, 90_000),
        picture=Picture(path=str(tmp_path / "film.mov")),
    )
    assert write_report(shown, tmp_path, "hour").stat().st_size < 5_000_000
