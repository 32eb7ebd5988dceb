"""What nobody should send, and what people send all the same: files that lie, sound that is none, words that clash."""

from __future__ import annotations

import errno
import hashlib
import io
import shutil
import uuid
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from engine.action import Fill
from engine.audio import Audio, Samples
from engine.cli import app
from engine.config import Settings
from engine.dsp.extend import extended
from engine.editing import spool
from engine.editing.filling import filled
from engine.editing.kit import Kit
from engine.errors import BadArgument, Cancelled, CuewrightError, DiskFull, FileUnreadable, PromptNotMatched
from engine.handle import Handle
from engine.planning.instruct_rules import actions_by_rules
from engine.protocol.client import Client
from engine.protocol.messages import DoneReply, FailedReply
from engine.render import Studio
from engine.request import EditRequest, Job
from engine.results import JobResult
from engine.source import Held

RATE = 48_000
CHANCE = np.random.default_rng(4)


def sound(seconds: float = 0.5, channels: int = 2, level: float = 0.1) -> np.ndarray[Any, Any]:
    return np.clip(level * CHANCE.normal(size=(round(seconds * RATE), channels)), -0.9, 0.9)


def edit(audio: Path, do: str, *, job_id: str = "h-1", **keys: Any) -> JobResult:
    """The edit; whatever comes of it, the original is not touched."""
    before = hashlib.sha256(audio.read_bytes()).hexdigest()
    request = EditRequest.read({"audio": str(audio), "do": do, "seed": 1, **keys})
    try:
        return Studio(Settings.load()).run(Job(id=job_id, verb="edit", request=request, created="2026-01-01T00:00:00Z"))
    finally:
        assert hashlib.sha256(audio.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32"])
def test_a_spot_over_full_scale_leaves_the_rest_as_loud_as_it_was(tmp_path: Path, subtype: str) -> None:
    audio = tmp_path / "a.wav"
    soundfile.write(audio, sound(), RATE, subtype=subtype)
    stem = edit(audio, "volume gain_db=40", selection_start=0.25, selection_length=0.1).stems[0]
    old, new = (soundfile.read(path, always_2d=True)[0] for path in (audio, stem.path))
    assert soundfile.info(stem.path).subtype == ("DOUBLE" if subtype == "PCM_32" else "FLOAT")
    outside = np.r_[0 : RATE // 4, round(0.35 * RATE) : len(old)]
    assert np.array_equal(new[outside], old[outside])
    assert np.abs(new).max() > 5


@pytest.mark.parametrize("fault", [np.nan, np.inf, 3e38])
@pytest.mark.parametrize("do", ["wiener", "speed factor=1.2", "distance metres=20", "width amount=2", "dehum"])
def test_a_sample_that_is_no_sound_spoils_no_other(tmp_path: Path, fault: float, do: str) -> None:
    samples = sound(0.3).astype(np.float32)
    samples[1_000] = fault
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    result = edit(tmp_path / "a.wav", do)
    assert any("count as silence" in warning for warning in result.warnings)
    assert np.abs(soundfile.read(result.stems[0].path)[0]).max() < 2


@pytest.mark.parametrize("keys", [{}, {"selection_start": 0.1, "selection_length": 0.1}])
def test_louder_without_end_is_refused(tmp_path: Path, keys: dict[str, Any]) -> None:
    soundfile.write(tmp_path / "a.wav", sound(0.3), RATE, subtype="PCM_24")
    with pytest.raises(BadArgument, match="full scale") as raised:
        edit(tmp_path / "a.wav", ";".join(["volume gain_db=48"] * 20), **keys)
    assert raised.value.field == "do"
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(("form", "suffix"), [("WAV", "wav"), ("RF64", "wav"), ("AIFF", "aiff")])
def test_a_file_that_was_cut_off_is_told(tmp_path: Path, form: str, suffix: str) -> None:
    audio = tmp_path / f"a.{suffix}"
    soundfile.write(audio, sound(0.3), RATE, format=form, subtype="PCM_24")
    assert edit(audio, "reverse").warnings == ()
    audio.write_bytes(audio.read_bytes()[:-6_000])
    result = edit(audio, "reverse", job_id="h-2")
    assert any("6,000 bytes shorter" in warning for warning in result.warnings)
    assert result.stems[0].length_samples == round(0.3 * RATE) - 1_000


@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        ("mono and wider", BadArgument, "both ways"),
        ("pan left and pan right", BadArgument, "both ways"),
        ("make it louder or quieter", BadArgument, "both ways"),
        ("3 dB louder 5 dB quieter", BadArgument, "both ways"),
        ("faster slower", BadArgument, "both ways"),
        ("don't make it louder", PromptNotMatched, "don't"),
        ("do not remove the hum", PromptNotMatched, "do not"),
        ("remove the noise but not the hum", PromptNotMatched, "not the hum"),
        ("keep the hum", PromptNotMatched, "keep"),
        ("loop it 5 times", PromptNotMatched, "5 times"),
        ("no fade", BadArgument, "select the spot"),
        ("cut the last 10 seconds", BadArgument, "Nothing would be left"),
        ("10 seconds shorter", BadArgument, "Nothing would be left"),
        ("1e5 dB louder", BadArgument, "48"),
        ("0 metres away", BadArgument, "greater than or equal to 1"),
        ("normalize to +3 dB", BadArgument, "less than or equal to 0"),
    ],
)
def test_words_that_clash_deny_or_leave_nothing_are_not_done(
    words: str, error: type[CuewrightError], told: str
) -> None:
    with pytest.raises(error, match=told) as raised:
        actions_by_rules(words, length_seconds=2.0, selected=False)
    assert raised.value.field in ("do", "selection_length")


@pytest.mark.parametrize(
    ("words", "actions"),
    [
        (".5 dB louder", "volume gain_db=0.5"),
        ("denoise by 0 dB", "denoise reduction_db=0"),
        ("normalize to -3 dB", "volume peak_dbtp=-3"),
        ("1 second shorter", "trim length_seconds=1"),
        ("loop", "loop crossfade_seconds=0.5"),
    ],
)
def test_numbers_are_taken_as_they_are(words: str, actions: str) -> None:
    (action,) = actions_by_rules(words, length_seconds=2.0, selected=False)
    assert str(action) == actions


@pytest.mark.parametrize("words", ["x" * 30_000, "louder " * 4_000 + "from 8 to 9 seconds"])
def test_an_error_quotes_only_the_beginning_of_many_words(words: str) -> None:
    with pytest.raises(CuewrightError) as raised:
        actions_by_rules(words, length_seconds=2.0, selected=False)
    assert len(raised.value.sentence) < 300


@pytest.mark.parametrize(
    ("do", "keys", "field"),
    [
        ("fill", {"selection_length": 0.5}, "selection_length"),
        ("warp anchors=5:5", {}, "do"),
        ("fill text='dog bark'", {"selection_start": 0.1, "selection_length": 1e-5}, "do"),
        ("wiener", {"noise_length": 0.001}, "noise_length"),
        ("wiener", {"noise_length": 1e-5, "noise_audio": "other"}, "noise_length"),
    ],
)
def test_an_error_names_a_key_of_the_request(tmp_path: Path, do: str, keys: dict[str, Any], field: str) -> None:
    audio, other = tmp_path / "a.wav", tmp_path / "other.wav"
    soundfile.write(audio, sound(), RATE, subtype="PCM_24")
    soundfile.write(other, sound()[:4_000], 8_000, subtype="PCM_24")
    with pytest.raises(BadArgument) as raised:
        edit(audio, do, **(keys | ({"noise_audio": str(other)} if "noise_audio" in keys else {})))
    assert raised.value.field == field
    assert "selection is empty" not in raised.value.sentence
    assert {path.name for path in tmp_path.iterdir()} == {"a.wav", "other.wav"}


@pytest.mark.parametrize("stem", ["n" * 251, "n" * 236, "ä" * 125])
def test_a_name_as_long_as_names_can_be(tmp_path: Path, stem: str) -> None:
    audio = tmp_path / f"{stem}.wav"
    soundfile.write(audio, sound(0.01), RATE, subtype="PCM_24")
    takes = [Path(edit(audio, do, job_id=do).stems[0].path) for do in ("reverse", "limit")]
    assert takes[0].name.endswith(" edit.wav")
    assert takes[1].name.endswith(" edit-2.wav")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json"] * 2 + [".wav"] * 3


def test_a_full_disk_between_two_actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spool, "IN_MEMORY_BYTES", 1_000)
    monkeypatch.setattr("engine.editing.spool.tempfile.TemporaryFile", lambda **keys: Full())
    with pytest.raises(DiskFull, match="make room"):
        spool.Spool(iter([np.zeros((2, 1_000), np.float32)] * 2), sample_rate_hz=RATE, folder=tmp_path)


def test_many_actions_in_a_spot_hold_no_more_than_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: weakref.WeakSet[spool.Spool] = weakref.WeakSet()
    most = 0

    class Counted(spool.Spool):
        def __init__(self, *args: Any, **keys: Any) -> None:
            nonlocal most
            super().__init__(*args, **keys)
            held.add(self)
            most = max(most, len(held))

    monkeypatch.setattr("engine.editing.apply.Spool", Counted)
    soundfile.write(tmp_path / "a.wav", sound(), RATE, subtype="FLOAT")
    do = ";".join(["volume gain_db=-1"] * 20)
    stem = edit(tmp_path / "a.wav", do, selection_start=0.1, selection_length=0.2).stems[0]
    assert most <= 2
    old, new = (soundfile.read(path)[0][7_000:12_000] for path in (tmp_path / "a.wav", stem.path))
    assert np.allclose(new, old / 10, rtol=1e-4)


@pytest.mark.parametrize("samples", [1, 3, 480])
def test_next_to_nothing_goes_on_for_long_in_few_steps(samples: int) -> None:
    reads = 0

    class Counting(Held):
        def read(self, start: int, end: int) -> Samples:
            nonlocal reads
            reads += 1
            return super().read(start, end)

    source = Counting(Audio(samples=sound(1.0)[:samples].T, sample_rate_hz=RATE))
    made = list(extended(source, 60 * RATE, np.random.default_rng(0)))
    assert sum(block.shape[1] for block in made) == 60 * RATE
    assert reads + len(made) < 2_000
    assert np.array_equal(
        np.concatenate(made[:9], axis=1)[:, : samples - samples // 4], source.read(0, samples - samples // 4)
    )


@pytest.mark.parametrize("do", ["extend length_seconds=86400", "resample rate_hz=192000; extend length_seconds=40000"])
def test_what_no_disk_holds_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: str) -> None:
    soundfile.write(tmp_path / "a.wav", sound(), RATE, subtype="PCM_24")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("engine.stems.folder.shutil.disk_usage", lambda folder: usage._replace(free=2 * 10**10))
    with pytest.raises(DiskFull, match="needs") as raised:
        edit(tmp_path / "a.wav", do)
    assert raised.value.field == "folder"


def test_a_length_that_speed_cannot_reach_is_not_put_down_to_the_disk(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sound(), RATE, subtype="PCM_24")
    with pytest.raises(BadArgument, match="beyond 4 times"):
        edit(tmp_path / "a.wav", "speed length_seconds=86400")


def test_an_encoding_that_cannot_be_entered_in_the_midst_is_said(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sound(channels=1)[:8_000], 8_000, subtype="GSM610")
    with pytest.raises(FileUnreadable, match="GSM610 can only be played through"):
        edit(tmp_path / "a.wav", "reverse")


def test_a_cancel_while_a_spot_is_filled() -> None:
    source = Held(Audio(samples=sound(30.0).T, sample_rate_hz=RATE))
    asked = iter([False, False])
    kit = Kit(folder=Path(), handle=Handle(is_cancelled=lambda: next(asked, True)))
    made = filled(Fill(), source, 5 * RATE, 25 * RATE, kit)
    with pytest.raises(Cancelled):
        list(made)


def test_peaks_between_samples_need_no_floats(tmp_path: Path) -> None:
    audio = tmp_path / "loud.wav"
    soundfile.write(audio, 0.99 * np.sign(sound(0.2)), RATE, subtype="PCM_24")
    result = edit(audio, "volume gain_db=-6", selection_start=0.1, selection_length=0.01)
    assert (result.stems[0].peak_dbtp > 1, result.warnings) == (True, ())
    assert soundfile.info(result.stems[0].path).subtype == "PCM_24"


def test_words_and_actions_at_once_are_refused(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["edit", str(tmp_path / "a.wav"), "louder", "--do", "reverse"])
    assert isinstance(ended.exception, BadArgument)
    assert "not both" in ended.exception.sentence


def test_over_osc_what_is_denied_is_not_done_and_the_rest_stays_as_loud(client: Client, engine_home: Path) -> None:
    folder = engine_home / uuid.uuid4().hex
    folder.mkdir()
    audio = folder / "a.wav"
    soundfile.write(audio, sound(), RATE, subtype="PCM_16")
    denied = list(client.edit(uuid.uuid4().hex, audio=str(audio), do="don't make it louder"))[-1]
    assert isinstance(denied, FailedReply)
    assert (denied.code, denied.field) == ("prompt_not_matched", "do")
    keys: dict[str, Any] = {"selection_start": 0.2, "selection_length": 0.1}
    done = list(client.edit(uuid.uuid4().hex, audio=str(audio), do="volume gain_db=40", **keys))[-1]
    assert isinstance(done, DoneReply)
    old, new = (soundfile.read(path)[0] for path in (audio, folder / "a edit.wav"))
    assert np.array_equal(old[: RATE // 5], new[: RATE // 5])


def test_a_cancel_while_a_take_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages: list[str] = []
    measured: list[object] = []
    monkeypatch.setattr("engine.render.edited.loudness.measure", measured.append)
    soundfile.write(tmp_path / "a.wav", sound(), RATE, subtype="PCM_24")
    request = EditRequest(audio=str(tmp_path / "a.wav"), do="reverse")
    handle = Handle(on_progress=lambda _, stage: stages.append(stage), is_cancelled=lambda: "writing" in stages)
    with pytest.raises(Cancelled):
        Studio(Settings.load()).run(Job(id="h-1", verb="edit", request=request, created=""), handle)
    assert not measured
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
