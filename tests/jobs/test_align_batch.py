"""A folder of pairs: every pair has its row, one that fails stops no other, and a run that was killed goes on."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from engine.cli import app
from engine.config import Settings
from engine.errors import BadArgument, FileUnreadable, ResourceError
from engine.evaluation.physics_clips import render_clip
from engine.handle import Handle
from engine.jobs import align_batch
from engine.jobs.align_batch import ROWS, estimate, pairs_in, run_batch
from engine.jobs.align_rows import BatchReport, FoundPair, PairRow
from engine.jobs.lock import EngineLock
from engine.request import AlignRequest
from engine.video.probe import probe
from engine.video.soundtrack import write_soundtrack

RATE = 48_000
ASKED = AlignRequest(audio="sound", video="video")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs, 200 ms late: one in a folder of its own, one with blanks and umlauts; and what is no pair."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "day 2").mkdir()
    for number, name in enumerate(["one", "day 2/zwölf Hämmer", "three"]):
        path = folder / f"{name}.mp4"
        clip = render_clip(40 + number, path, "hammer", 5.0)
        sound = np.zeros(round(clip.duration_seconds * RATE))
        strike = np.exp(-np.arange(RATE // 4) / 1_500) * np.sin(2 * np.pi * 800 * np.arange(RATE // 4) / RATE)
        for at in clip.onsets_seconds:
            part = sound[round((at + 0.2) * RATE) :][: strike.size]
            part += 0.4 * strike[: part.size]
        if name == "three":
            add_sound(path, sound)
        else:
            soundfile.write(path.with_suffix(".wav"), sound, RATE, subtype="PCM_24")
    (folder / "broken.mp4").write_bytes(b"no video")
    (folder / "broken.wav").write_bytes(b"no sound")
    (folder / "notes.txt").write_text("no pair")
    return folder


def add_sound(path: Path, sound: np.ndarray) -> None:
    """The video with a sound of its own."""
    import av

    silent = path.with_suffix(".silent.mov")
    path.rename(silent)
    with av.open(str(silent)) as source, av.open(str(path), "w", format="mov") as target:
        picture = target.add_stream_from_template(source.streams.video[0])
        heard = target.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = picture
                target.mux(packet)
        frame = av.AudioFrame.from_ndarray((sound[None] * 32_767).astype(np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        target.mux(heard.encode(frame))
        target.mux(heard.encode(None))
    silent.unlink()


def run(clips: Path, out: Path, **limits: object) -> BatchReport:
    return run_batch(clips, out, ASKED, Settings.load(), **{"workers": 2, "handle": Handle(), **limits})  # type: ignore[arg-type]


def hashes(folder: Path) -> dict[str, str]:
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_pair_has_its_row_and_originals_stay(clips: Path, tmp_path: Path) -> None:
    before = hashes(clips)
    report = run(clips, tmp_path / "out")
    rows = {row.name: row for row in report.rows}
    assert set(rows) == {"one", "day 2/zwölf Hämmer", "three", "broken"}
    assert (report.done, report.failed) == (4, 1)
    assert "broken" in rows["broken"].problem
    assert (rows["broken"].code, rows["broken"].field) == ("file_unreadable", "audio")
    for name in ("one", "day 2/zwölf Hämmer", "three"):
        row = rows[name]
        assert row.stopped == "threshold", row
        assert row.delay_seconds == pytest.approx(0.2, abs=0.025)
        assert (tmp_path / "out" / row.take).is_file()
        assert row.before is not None
        assert row.after is not None
        assert row.after[1] > row.before[1]
    assert hashes(clips) == before


def test_what_is_done_is_not_done_again_and_what_changed_is(clips: Path, tmp_path: Path) -> None:
    own = tmp_path / "clips"
    shutil.copytree(clips, own)
    first = run(own, tmp_path / "out")
    again = run(own, tmp_path / "out")
    assert again.done == 1, "the broken one alone"
    assert [row.model_copy(update={"seconds": 0}) for row in again.rows] == [
        row.model_copy(update={"seconds": 0}) for row in first.rows
    ]
    os.utime(own / "one.wav", (1, 1))
    (tmp_path / "out" / next(row for row in first.rows if row.name == "three").take).unlink()
    assert run(own, tmp_path / "out").done == 3


def test_another_model_is_another_question(clips: Path, tmp_path: Path) -> None:
    run(clips, tmp_path / "out")
    same = estimate(clips, tmp_path / "out", ASKED, Settings.load(), workers=1)
    other = estimate(clips, tmp_path / "out", ASKED, Settings.load(vlm_model="another"), workers=1)
    assert (same.left, other.left) == (1, 4)


@pytest.mark.parametrize("theirs", ["one.mov", "one.txt"])
def test_what_lies_in_the_folder_of_the_results_is_not_replaced(clips: Path, tmp_path: Path, theirs: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / theirs).write_text("mine")
    with pytest.raises(BadArgument, match=theirs) as caught:
        run(clips, out, videos=True)
    assert caught.value.field == "out"
    assert (out / theirs).read_text() == "mine"


def test_a_run_that_is_killed_goes_on(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "engine", "align", "--batch", str(clips), "-o", str(out), "--workers", "1"]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not ((out / ROWS).exists() and (out / ROWS).read_text().count("\n") >= 1):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    with (out / ROWS).open("a") as file:
        file.write('{"name": "cut o')  # as a disk that was full leaves it
    kept = (out / ROWS).read_text().count("\n")
    report = run(clips, out)
    assert report.failed == 1
    assert report.done <= 5 - kept
    whole = run(clips, tmp_path / "whole")
    assert [(row.name, row.actions, row.after) for row in report.rows] == [
        (row.name, row.actions, row.after) for row in whole.rows
    ]


def test_videos_are_written_with_the_sound_that_fits(clips: Path, tmp_path: Path) -> None:
    own = tmp_path / "clips"
    shutil.copytree(clips, own)
    (own / "one.txt").write_text("a hammer")
    first = run(own, tmp_path / "out")
    assert {row.video for row in first.rows} == {""}
    rows = {row.name: row for row in run(own, tmp_path / "out", videos=True).rows}
    for name in ("one", "day 2/zwölf Hämmer", "three"):
        video, take = (tmp_path / "out" / path for path in (rows[name].video, rows[name].take))
        write_soundtrack(str(video), tmp_path / "heard.wav")
        heard, wanted = (soundfile.read(path, always_2d=True)[0] for path in (tmp_path / "heard.wav", take))
        np.testing.assert_allclose(heard[: len(wanted)], wanted, atol=2e-7)
        assert probe(str(video)).duration_seconds == pytest.approx(
            float(probe(str(own / f"{name}.mp4")).duration_seconds)
        )
    assert (tmp_path / "out" / "one.txt").read_text() == "a hammer"
    assert run(own, tmp_path / "out", videos=True).done == 1, "the broken one alone"


def test_two_runs_at_once_in_one_folder_are_refused(clips: Path, tmp_path: Path) -> None:
    lock = EngineLock(tmp_path / ".align.lock")
    lock.acquire(wait_seconds=0)
    try:
        with pytest.raises(ResourceError, match="Another run works in"):
            run(clips, tmp_path)
    finally:
        lock.release()


def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable) as error:
        pairs_in(tmp_path)
    assert error.value.field == "batch"
    with pytest.raises(FileUnreadable):
        pairs_in(tmp_path / "none")


def test_a_dry_run_does_nothing_and_tells_what_it_would_take(clips: Path, tmp_path: Path) -> None:
    settings = Settings.load(llm_model="m", vlm_model="m", llm_base_url="http://127.0.0.1:9")
    told = estimate(clips, tmp_path / "out", ASKED, settings, workers=2)
    assert (told.pairs, told.left, len(told.unreadable)) == (4, 4, 1)
    assert told.seconds == pytest.approx(15, abs=0.5)
    assert told.calls == 3 * (4 + 2 * ASKED.cycles)
    assert not (tmp_path / "out").exists()
    assert estimate(clips, tmp_path / "out", ASKED, Settings.load(), workers=2).calls == 0


def test_what_it_costs_is_told_where_a_price_is(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load(llm_model="m", llm_base_url="http://127.0.0.1:9", llm_price_per_million_tokens=2.5)
    told = estimate(clips, tmp_path / "out", ASKED, settings, workers=2)
    assert told.tokens > 0
    assert told.cost == pytest.approx(told.tokens * 2.5e-6)
    assert estimate(clips, tmp_path / "out", ASKED, Settings.load(llm_model="m"), workers=2).cost is None

    def spends(pairs: list[FoundPair], *_: object) -> Iterator[PairRow]:
        for pair in pairs:
            yield PairRow(name=pair.name, inputs="", tokens=100_000)

    monkeypatch.setattr(align_batch, "_done", spends)
    monkeypatch.setenv("CUEWRIGHT_LLM_PRICE_PER_MILLION_TOKENS", "2.5")
    ended = CliRunner().invoke(app, ["align", "--batch", str(clips), "-o", str(tmp_path / "out")])
    assert "This run took 400000 tokens, which cost 1." in ended.stdout


def test_the_command_prints_a_table_and_fails_where_a_pair_did(clips: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    ended = CliRunner().invoke(app, ["align", "--batch", str(clips), "-o", out, "--workers", "2"])
    assert ended.exit_code == 1
    assert "3 of 4 fit better now, 1 failed; 4 done in this run." in ended.stdout
    as_json = CliRunner().invoke(app, ["align", "--batch", str(clips), "-o", out, "--json"])
    assert json.loads(as_json.stdout)["done"] == 1
    dry = CliRunner().invoke(app, ["align", "--batch", str(clips), "-o", out, "--dry-run"])
    assert "1 of 4 pairs are not done yet" in dry.stdout
    assert CliRunner().invoke(app, ["align", "--batch", str(clips)]).exit_code != 0
    assert CliRunner().invoke(app, ["align", str(clips)]).exit_code != 0


def test_a_row_that_was_cut_off_within_a_letter_costs_no_other(clips: Path, tmp_path: Path) -> None:
    own, out = tmp_path / "clips", tmp_path / "out"
    own.mkdir()
    out.mkdir()
    for ending in (".mp4", ".wav"):
        shutil.copy(clips / f"one{ending}", own)
    (out / ROWS).write_bytes('{"name": "zwö'.encode()[:-1])
    assert run(own, out, workers=1).done == 1
    assert run(own, out, workers=1).done == 0


def test_videos_that_differ_in_their_ending_alone_are_two(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mov", "b.mp4", "._b.mp4"):
        (tmp_path / name).write_bytes(b"x")
    assert [pair.name for pair in pairs_in(tmp_path)] == ["a.mov", "a.mp4", "b"]


def test_results_never_lie_among_the_originals_nor_are_taken_for_them(tmp_path: Path) -> None:
    for name in ("clips/a.mp4", "clips/out/a.mov"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for out in (tmp_path / "clips", tmp_path):
        with pytest.raises(BadArgument) as error:
            run(tmp_path / "clips", out)
        assert error.value.field == "out"
    assert [pair.name for pair in pairs_in(tmp_path / "clips", tmp_path / "clips" / "out")] == ["a"]


def test_a_process_that_dies_takes_no_other_pair_with_it(clips: Path, tmp_path: Path) -> None:
    pairs = [FoundPair(name=name, video=f"{name}.mp4") for name in ("a", "dies", "b", "c")]
    rows = list(align_batch._done(pairs, dies, ASKED, Settings.load(), 2, Handle()))
    assert {row.name: bool(row.problem) for row in rows} == {"a": False, "b": False, "c": False, "dies": True}


def dies(pair: FoundPair) -> PairRow:
    if pair.name == "dies":
        os._exit(9)
    return PairRow(name=pair.name, inputs="")
