"""An edit from its words to the take beside the original: what changes, what must not, and what the file says."""

from __future__ import annotations

import hashlib
import struct
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from wavinfo import WavInfoReader

from engine.config import Settings
from engine.errors import CuewrightError, FileUnreadable, RebuildDiffers
from engine.handle import Handle
from engine.protocol.client import Client
from engine.protocol.messages import DoneReply, FailedReply, StemReply, WarningReply
from engine.render import Studio
from engine.render.rebuild import rebuild
from engine.request import EditRequest, Job
from engine.results import JobResult
from engine.session import Session

RATE = 48_000
SESSION = Session(start_timecode="01:00:00:00", frame_rate="25")


def forest(seconds: float, rate: int = RATE, channels: int = 2) -> np.ndarray[Any, Any]:
    """Wind, and a bird at 3.4 s."""
    chance = np.random.default_rng(0)
    wind = 0.02 * chance.normal(size=(round(seconds * rate), channels))
    t = np.arange(round(0.3 * rate)) / rate
    bird = 0.4 * np.sin(2 * np.pi * 2_800 * t + 3 * np.sin(2 * np.pi * 12 * t)) * np.hanning(t.size)
    at = round(3.4 * rate)
    if wind.shape[0] > at + t.size:
        wind[at : at + t.size] += bird[:, None]
    return np.clip(wind, -0.99, 0.99)


def written(path: Path, seconds: float = 8.0, subtype: str = "PCM_24", rate: int = RATE, channels: int = 2) -> Path:
    soundfile.write(path, forest(seconds, rate, channels), rate, subtype=subtype)
    return path


def edit(audio: Path, do: str, *, job_id: str = "e-1", session: Session = SESSION, **keys: Any) -> JobResult:
    request = EditRequest.read({"audio": str(audio), "do": do, "seed": 1, **keys})
    job = Job(id=job_id, verb="edit", request=request, session=session, created="2026-01-01T00:00:00Z")
    return Studio(Settings.load()).run(job)


def changed(audio: Path, take: str, kind: str = "int32") -> tuple[int, int]:
    """First sample that differs, and one past the last."""
    old, new = (soundfile.read(path, dtype=kind, always_2d=True)[0] for path in (audio, take))
    assert old.shape == new.shape
    differing = np.flatnonzero((old != new).any(axis=1))
    return int(differing[0]), int(differing[-1]) + 1


def loudest_band(samples: np.ndarray[Any, Any], rate: int = RATE) -> float:
    """dB that the strongest 100 Hz stand above the median."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    width = max(1, samples.size * 100 // rate)
    bands = np.add.reduceat(spectrum, np.arange(0, spectrum.size, width))
    return float(10 * np.log10(bands.max() / np.median(bands)))


def test_story_4_fix_a_spot(client: Client, engine_home: Path) -> None:
    audio = written(engine_home / f"forest-{uuid.uuid4().hex[:6]}.wav")
    before = hashlib.sha256(audio.read_bytes()).hexdigest()
    client.set_session("fix", sample_rate=RATE, frame_rate="25", start_timecode="01:00:00:00")
    replies = list(
        client.edit(
            f"fix-{uuid.uuid4().hex[:8]}",
            audio=str(audio),
            do="remove the bird",
            selection_start=3.3,
            selection_length=0.6,
            session="fix",
            position_timecode="01:00:10:00",
        )
    )
    done = replies[-1]
    assert isinstance(done, DoneReply), done
    assert (done.actions, done.stems_count) == ("fill", 1)
    (stem,) = [reply.stem for reply in replies if isinstance(reply, StemReply)]
    assert Path(stem.path).name == f"{audio.stem} edit.wav"
    start, end = round(3.3 * RATE), round(3.9 * RATE)
    first, last = changed(audio, stem.path)
    assert start <= first
    assert last <= end
    assert hashlib.sha256(audio.read_bytes()).hexdigest() == before
    old, new = (soundfile.read(path)[0] for path in (audio, stem.path))
    assert loudest_band(old[start:end, 0]) > 25
    assert loudest_band(new[start:end, 0]) < 12  # the bird is gone
    inside, around = (np.sqrt(np.mean(part**2)) for part in (new[start:end], new[:start]))
    assert 20 * np.log10(inside / around) == pytest.approx(0.0, abs=1.5)  # and the wind is not
    assert WavInfoReader(stem.path).bext.time_reference == (3_600 + 10) * RATE


def test_a_plan_is_shown_changed_and_sent_again(client: Client, engine_home: Path) -> None:
    audio = written(engine_home / f"plan-{uuid.uuid4().hex[:6]}.wav", 1.0)
    words = "remove the rumble and 3 dB louder"
    done = list(client.edit(f"p-{uuid.uuid4().hex[:8]}", audio=str(audio), do=words, plan_only=True))[-1]
    assert isinstance(done, DoneReply)
    assert (done.actions, done.stems_count, done.manifest) == ("remove_dc cutoff_hz=80; volume gain_db=3", 0, "")
    again = done.actions.replace("gain_db=3", "gain_db=-6")
    done = list(client.edit(f"p-{uuid.uuid4().hex[:8]}", audio=str(audio), do=again))[-1]
    assert isinstance(done, DoneReply)
    assert (done.actions, done.stems_count) == (again, 1)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_outside_the_selection_no_bit_changes(tmp_path: Path, subtype: str) -> None:
    audio = written(tmp_path / "a.wav", 2.0, subtype)
    result = edit(audio, "volume gain_db=-3", selection_start=0.5, selection_length=0.25)
    kind = {"FLOAT": "float32", "DOUBLE": "float64"}.get(subtype, "int32")
    first, last = changed(audio, result.stems[0].path, kind)
    assert (first, last) == (RATE // 2, 3 * RATE // 4)
    info = soundfile.info(result.stems[0].path)
    assert info.subtype == {"PCM_16": "PCM_24"}.get(subtype, subtype)


def test_a_selection_that_begins_within_a_dropout_begins_without_a_step(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 445 * np.arange(3 * RATE) / RATE)
    tone[RATE : RATE + RATE // 10] = 0.0
    audio, edge = tmp_path / "tone.wav", round(1.05 * RATE)  # where the tone would be at its loudest
    soundfile.write(audio, tone, RATE, subtype="PCM_24")
    result = edit(audio, "fill_gaps", selection_start=1.05, selection_length=1.0)
    made, _ = soundfile.read(result.stems[0].path)
    assert np.abs(made[edge + 500 : edge + 1_000]).max() > 0.4  # it is filled
    assert np.abs(np.diff(made[edge - 2 : edge + 100])).max() < 0.05


def test_the_fade_into_the_selection_is_ten_milliseconds(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full((RATE, 1), 0.25), RATE, subtype="FLOAT")
    result = edit(tmp_path / "a.wav", "volume gain_db=6", selection_start=0.25, selection_length=0.5)
    gain = soundfile.read(result.stems[0].path)[0] / 0.25
    inside = gain[RATE // 4 : 3 * RATE // 4]
    assert np.allclose(inside[480:-480], 10**0.3, rtol=1e-5)
    assert 1.0 < inside[0] < 1.01
    assert np.all(np.diff(inside[:480]) > 0)


@pytest.mark.parametrize(("form", "rate", "channels"), [("FLAC", 44_100, 1), ("AIFF", 96_000, 6), ("RF64", 8_000, 8)])
def test_any_format_becomes_broadcast_wave(tmp_path: Path, form: str, rate: int, channels: int) -> None:
    audio = tmp_path / f"a.{form.lower()}"
    soundfile.write(audio, forest(1.0, rate, channels), rate, format=form, subtype="PCM_24")
    result = edit(audio, "reverse")
    old, new = (soundfile.read(path, dtype="int32", always_2d=True)[0] for path in (audio, result.stems[0].path))
    assert np.array_equal(new, old[::-1])
    assert soundfile.info(result.stems[0].path).format in ("WAV", "WAVEX")


def test_only_the_region_and_the_chosen_channels(tmp_path: Path) -> None:
    audio = written(tmp_path / "a.wav", 4.0, channels=4)
    result = edit(audio, "volume gain_db=0", offset=1.0, duration=0.5, play_rate=2.0, channels="3 1")
    new = soundfile.read(result.stems[0].path, dtype="int32")[0]
    assert np.array_equal(new, soundfile.read(audio, dtype="int32")[0][RATE : 2 * RATE, [2, 0]])


def test_takes_are_numbered_and_nothing_is_overwritten(tmp_path: Path) -> None:
    audio = written(tmp_path / "a.wav", 1.0)
    (tmp_path / "a edit.wav").write_bytes(b"the user's own")
    names = [Path(edit(audio, f"volume gain_db=-{k}", job_id=f"j{k}").stems[0].path).name for k in (1, 2)]
    again = edit(tmp_path / "a edit-2.wav", "volume gain_db=-3", job_id="j3").stems[0].path
    assert [*names, Path(again).name] == ["a edit-2.wav", "a edit-3.wav", "a edit-4.wav"]
    assert (tmp_path / "a edit.wav").read_bytes() == b"the user's own"
    assert edit(audio, "volume gain_db=-1", job_id="j1").stems[0].path == str(tmp_path / "a edit-2.wav")  # sent twice


def test_beyond_full_scale_nothing_clips(tmp_path: Path) -> None:
    audio = written(tmp_path / "a.wav", 4.0)
    result = edit(audio, "volume gain_db=20")
    old, new = (soundfile.read(path)[0] for path in (audio, result.stems[0].path))
    assert np.allclose(new, 10 * old, rtol=1e-5)
    assert np.abs(new).max() > 2
    assert any("full scale" in warning for warning in result.warnings)


def with_chunks(path: Path, **chunks: bytes) -> Path:
    data = path.read_bytes()
    for name, body in chunks.items():
        data += name.encode() + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    return path


def bext(description: str, reference: int, history: bytes) -> bytes:
    return description.encode().ljust(256, b"\0") + bytes(82) + struct.pack("<QH", reference, 1) + bytes(254) + history


IXML = b"<BWFXML><PROJECT>Reel 2</PROJECT><SCENE>12A</SCENE><TAPE>3</TAPE><FILE_UID>abc</FILE_UID></BWFXML>"


def test_metadata_are_carried_over_and_the_history_goes_on(tmp_path: Path) -> None:
    audio = with_chunks(
        written(tmp_path / "DOORWood_Oak Door_JD_Reel.wav", 2.0),
        bext=bext("Oak door, heavy", 4_000 * RATE, b"A=PCM,F=48000,W=24,M=stereo,T=Recorder\r\n\0\0"),
        iXML=IXML,
    )
    stem = edit(audio, "volume gain_db=-3; reverse", offset=0.5).stems[0]
    info = WavInfoReader(stem.path)
    assert info.bext.description == "Oak door, heavy"
    assert info.bext.time_reference == 4_000 * RATE + RATE // 2
    history = info.bext.coding_history.splitlines()
    assert history[0] == "A=PCM,F=48000,W=24,M=stereo,T=Recorder"
    assert history[1].startswith("A=PCM,F=48000,W=24,M=stereo,T=Cuewright")
    assert history[1].endswith("volume reverse")
    root = ElementTree.fromstring(ixml_of(stem.path))
    told = {name: root.findtext(name) for name in ("PROJECT", "SCENE", "TAPE")}
    assert told == {"PROJECT": "Reel 2", "SCENE": "12A", "TAPE": "3"}
    assert root.findtext("HISTORY/ORIGINAL_FILENAME") == audio.name
    assert root.findtext("HISTORY/PARENT_UID") == "abc"
    assert (stem.category, stem.label) == ("DOORWood", "Oak Door")


def ixml_of(path: str) -> str:
    data = Path(path).read_bytes()
    at = data.index(b"iXML")
    (size,) = struct.unpack_from("<I", data, at + 4)
    return data[at + 8 : at + 8 + size].rstrip(b"\0\n").decode()


@pytest.mark.parametrize(
    "chunks",
    [
        {"bext": b"short"},
        {"bext": b"\xff" * 700},
        {"iXML": b"<BWFXML><a>"},
        {"iXML": b'<!DOCTYPE x [<!ENTITY a "b">]><BWFXML>&a;</BWFXML>'},
        {"iXML": b"\xff\xfe<\0B\0"},
        {"iXML": b"<other/>"},
    ],
)
def test_metadata_that_are_none_do_no_harm(tmp_path: Path, chunks: dict[str, bytes]) -> None:
    stem = edit(with_chunks(written(tmp_path / "a.wav", 0.5), **chunks), "reverse").stems[0]
    assert ElementTree.fromstring(ixml_of(stem.path)).findtext("TRACK_LIST/TRACK_COUNT") == "2"
    assert WavInfoReader(stem.path).bext.originator == "Cuewright"


def test_the_same_manifest_gives_the_same_bytes(tmp_path: Path) -> None:
    audio = written(tmp_path / "a.wav")
    result = edit(audio, "fill", selection_start=3.3, selection_length=0.6, takes=2)
    hashes = [stem.sha256 for stem in result.stems]
    assert hashes[0] != hashes[1]
    report = rebuild(Settings.load(), Path(result.manifest), tmp_path / "again", Handle())
    assert (report.same, report.written) == (2, 2)
    samples, _ = soundfile.read(audio, dtype="int32")
    soundfile.write(audio, samples // 2, RATE, subtype="PCM_24")
    with pytest.raises(RebuildDiffers, match="source file"):
        rebuild(Settings.load(), Path(result.manifest), tmp_path / "third", Handle())


def test_a_new_sound_in_the_spot(tmp_path: Path) -> None:
    audio = written(tmp_path / "a.wav")
    result = edit(audio, "replace it with a dog bark", selection_start=5.0, selection_length=1.0)
    assert result.actions == "fill text='dog bark'"
    first, last = changed(audio, result.stems[0].path)
    assert (first >= 5 * RATE, last <= 6 * RATE) == (True, True)
    new = soundfile.read(result.stems[0].path)[0][5 * RATE : 6 * RATE]
    assert np.abs(new).max() > 3 * np.abs(soundfile.read(audio)[0][5 * RATE : 6 * RATE]).max()


def test_noise_from_another_file_at_another_rate(tmp_path: Path) -> None:
    audio = written(tmp_path / "a.wav", 3.0)
    room = written(tmp_path / "room.wav", 2.0, rate=44_100, channels=1)
    result = edit(audio, "denoise", noise_audio=str(room), noise_length=1.5)
    old, new = (soundfile.read(path)[0] for path in (audio, result.stems[0].path))
    assert 20 * np.log10(new.std() / old.std()) < -8  # all but what lies above 22 kHz


ONE_SAMPLE = 1 / RATE


@pytest.mark.parametrize(
    ("keys", "code", "field"),
    [
        ({"offset": 9.0}, "bad_argument", "offset"),
        ({"selection_start": 8.5, "selection_length": 1.0}, "bad_argument", "selection_start"),
        ({"selection_start": 1.0, "selection_length": 0.0}, "bad_argument", "selection_length"),
        ({"channels": "3"}, "file_unreadable", "channels"),
        ({"channels": "left"}, "bad_argument", "channels"),
        ({"do": "speed factor=0.5", "selection_length": 1.0}, "bad_argument", "selection_length"),
        ({"do": "fill"}, "bad_argument", "selection_length"),
        ({"do": "worldize"}, "bad_argument", "reference"),
        ({"do": "remove the bird"}, "bad_argument", "selection_length"),
        ({"do": "make it purple"}, "prompt_not_matched", "do"),
        ({"do": "louder and quieter"}, "bad_argument", "do"),
        ({"do": "replace it with zxqv", "selection_length": 1.0}, "prompt_not_matched", "do"),
        ({"noise_start": 9.0, "noise_length": 1.0, "do": "denoise"}, "bad_argument", "noise_start"),
        ({"audio": "missing.wav"}, "file_unreadable", "audio"),
        ({"noise_audio": "missing.wav", "noise_length": 1.0, "do": "denoise"}, "file_unreadable", "noise_audio"),
        ({"reference": "missing.wav", "do": "worldize"}, "file_unreadable", "reference"),
        ({"do": "trim start_seconds=9"}, "bad_argument", "do"),
        ({"do": "width amount=2", "channels": "1"}, "bad_argument", "channels"),
        ({"position_timecode": "00:59:59:00"}, "bad_argument", "position_timecode"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_left(
    client: Client, engine_home: Path, keys: dict[str, Any], code: str, field: str
) -> None:
    folder = engine_home / uuid.uuid4().hex
    folder.mkdir()
    audio = written(folder / "a.wav")
    client.set_session("bad", start_timecode="01:00:00:00")
    paths = {name: str(folder / keys[name]) for name in ("audio", "noise_audio", "reference") if name in keys}
    request = {"audio": str(audio), "do": "louder", "session": "bad"} | keys | paths
    try:
        ended: Any = list(client.edit(f"b-{uuid.uuid4().hex[:8]}", **request))[-1]
    except CuewrightError as error:
        ended = error
    assert isinstance(ended, (FailedReply, CuewrightError)), ended
    assert (ended.code, ended.field) == (code, field)
    assert ended.sentence.endswith((".", "?"))
    assert [path.name for path in folder.iterdir()] == ["a.wav"]
    assert client.ping()


@pytest.mark.parametrize(
    "do", ["fill", "volume gain_db=-3", "denoise", "declick", "dehum", "fade in_seconds=1", "pitch semitones=2"]
)
@pytest.mark.parametrize("length", [ONE_SAMPLE, 2 * ONE_SAMPLE, 0.001])
def test_a_selection_of_hardly_anything(tmp_path: Path, do: str, length: float) -> None:
    audio = written(tmp_path / "a.wav", 1.0)
    result = edit(audio, do, selection_start=0.5, selection_length=length)
    old, new = (soundfile.read(path, dtype="int32")[0] for path in (audio, result.stems[0].path))
    end = RATE // 2 + round(length * RATE)
    assert np.array_equal(np.delete(new, slice(RATE // 2, end), axis=0), np.delete(old, slice(RATE // 2, end), axis=0))


def test_a_region_and_a_selection_beyond_the_end_are_shortened_and_told(tmp_path: Path) -> None:
    audio = written(tmp_path / "a.wav", 2.0)
    result = edit(audio, "volume gain_db=-3", duration=5.0, selection_start=1.5, selection_length=3.0)
    assert result.stems[0].length_samples == 2 * RATE
    assert sum("beyond" in warning for warning in result.warnings) == 2
    assert changed(audio, result.stems[0].path)[1] == 2 * RATE


def test_what_a_file_lacks_is_told(tmp_path: Path) -> None:
    audio = written(tmp_path / "a.wav", 2.0)
    audio.write_bytes(audio.read_bytes()[:-60_000])
    assert any("shorter than it says" in warning for warning in edit(audio, "reverse").warnings)
    samples = forest(1.0).astype(np.float32)
    samples[100:110] = np.nan
    soundfile.write(tmp_path / "b.wav", samples, RATE, subtype="FLOAT")
    result = edit(tmp_path / "b.wav", "volume gain_db=-3")
    assert any("no numbers" in warning for warning in result.warnings)
    assert np.isfinite(soundfile.read(result.stems[0].path)[0]).all()


def test_an_edit_is_no_plan_to_follow(client: Client, engine_home: Path) -> None:
    audio = written(engine_home / f"f-{uuid.uuid4().hex[:6]}.wav", 0.5)
    job_id = f"f-{uuid.uuid4().hex[:8]}"
    assert isinstance(list(client.edit(job_id, audio=str(audio), do="reverse"))[-1], DoneReply)
    following = f"g-{uuid.uuid4().hex[:8]}"
    (refused,) = client.generate(following, prompt="rain", folder=str(engine_home), follows=job_id)
    assert isinstance(refused, FailedReply)
    assert (refused.code, refused.field) == ("bad_argument", "follows")
    assert "is an edit" in refused.sentence


def test_a_file_outside_the_roots_is_refused(client: Client, tmp_path: Path) -> None:
    with pytest.raises(CuewrightError, match="outside the allowed"):
        list(client.edit(f"o-{uuid.uuid4().hex[:8]}", audio=str(written(tmp_path / "a.wav", 0.5)), do="reverse"))


def test_a_cancel_in_a_long_edit(client: Client, engine_home: Path) -> None:
    folder = engine_home / uuid.uuid4().hex
    folder.mkdir()
    audio = written(folder / "a.wav", 240.0)
    job_id = f"c-{uuid.uuid4().hex[:8]}"
    replies = client.edit(job_id, audio=str(audio), do="; ".join(["pitch semitones=1", "pitch semitones=-1"] * 20))
    next(reply for reply in replies if not isinstance(reply, WarningReply))
    ended = client.cancel(job_id)
    assert type(ended).__name__ == "CancelledReply"
    assert [path.name for path in folder.iterdir()] == ["a.wav"]


def test_a_missing_file_is_said_in_process(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="missing"):
        edit(tmp_path / "none.wav", "reverse")
