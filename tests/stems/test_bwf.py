"""Broadcast Wave, read back by two libraries that are not ours."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from wavinfo import WavInfoReader

from engine.audio import Audio
from engine.session import Session
from engine.stems import bwf
from engine.stems.metadata import Description


def about(**changes: Any) -> Description:
    values: dict[str, Any] = {
        "description": "heavy oak door slam",
        "reference": "0123456789abcdef",
        "created": "2026-11-22T21:33:28Z",
        "position_samples": 0,
        "session": Session(),
        "track": "FX_DOOR",
        "take": 2,
        "category": "DOORWood",
        "label": "Oak Door Slam",
        "licence": "CC0-1.0",
        "version": "0.1.0",
    }
    return Description(**{**values, **changes})


def sound(channels: int = 1, length: int = 1_001, rate: int = 48_000) -> Audio:
    samples = 0.5 * np.random.default_rng(1).standard_normal((channels, length)).clip(-1.9, 1.9)
    return Audio(samples=samples, sample_rate_hz=rate)


def written(audio: Audio, description: Description) -> bytes:
    file = io.BytesIO()
    bwf.write(file, audio, description)
    return file.getvalue()


def info(tmp_path: Path, audio: Audio, description: Description) -> WavInfoReader:
    path = tmp_path / "x.wav"
    path.write_bytes(written(audio, description))
    return WavInfoReader(str(path))


def strict(read: WavInfoReader) -> ElementTree.Element:
    """The iXML by a parser that, unlike wavinfo's, forgives nothing."""
    return ElementTree.fromstring(read.ixml.source)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 1_001, 300_000])
def test_samples_come_back_rounded_to_24_bits_and_no_worse(channels: int, length: int) -> None:
    audio = sound(channels, length)
    data = written(audio, about())
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float64", always_2d=True)
    assert soundfile.info(io.BytesIO(data)).subtype == "PCM_24"
    assert (rate, samples.shape) == (48_000, (length, channels))
    assert np.array_equal(samples.T * 2**23, np.rint(audio.samples.astype(np.float64) * 2**23))


def test_silence_stays_silence_and_a_file_read_and_written_again_keeps_its_bytes() -> None:
    first = written(sound(2), about())
    samples, _ = soundfile.read(io.BytesIO(first), dtype="float32", always_2d=True)
    assert written(Audio(samples=samples.T, sample_rate_hz=48_000), about()) == first
    silent = written(Audio(samples=np.zeros((1, 8)), sample_rate_hz=48_000), about())
    assert silent.endswith(b"data" + (24).to_bytes(4, "little") + bytes(24))


def test_beyond_full_scale_is_clipped_and_never_wraps() -> None:
    loud = Audio(samples=np.array([[2.0, -2.0, 1.0, -1.0]]), sample_rate_hz=48_000)
    samples, _ = soundfile.read(io.BytesIO(written(loud, about())), dtype="int32")
    assert (samples >> 8).tolist() == [2**23 - 1, -(2**23), 2**23 - 1, -(2**23)]


@pytest.mark.parametrize(
    ("frame_rate", "start", "position", "expected"),
    [
        ("24", "01:00:00:00", 0, 172_800_000),
        ("25", "01:00:00:00", 0, 172_800_000),
        ("30", "01:00:00:00", 0, 172_800_000),
        ("23.976", "01:00:00:00", 0, 172_972_800),
        ("29.97", "01:00:00:00", 0, 172_972_800),
        ("29.97df", "01:00:00;00", 0, 172_799_827),
        ("23.976", "01:02:10:12", 0, 179_243_064),
        ("23.976", "01:00:00:00", 179_243_064 - 172_972_800, 179_243_064),
        ("25", "23:59:59:24", 1_919, 86_400 * 48_000 - 1),
    ],
)
def test_time_reference(tmp_path: Path, frame_rate: str, start: str, position: int, expected: int) -> None:
    session = Session(frame_rate=frame_rate, start_timecode=start)
    read = info(tmp_path, sound(), about(session=session, position_samples=position))
    assert read.bext.time_reference == expected
    speed = strict(read).find("SPEED")
    high, low = (int(speed.findtext(f"TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_{part}")) for part in ("HI", "LO"))
    assert (high << 32) + low == expected


def test_a_time_reference_beyond_32_bits(tmp_path: Path) -> None:
    read = info(tmp_path, sound(rate=192_000), about(session=Session(sample_rate=192_000), position_samples=2**33 + 5))
    assert read.bext.time_reference == 2**33 + 5
    assert strict(read).find("SPEED").findtext("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI") == "2"
    assert strict(read).find("SPEED").findtext("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO") == "5"


def test_bext_says_what_where_when_and_how_loud(tmp_path: Path) -> None:
    loudness = {"loudness_lufs": -31.256, "momentary_lufs": -20.0, "short_term_lufs": -24.5, "peak_dbtp": -3.01}
    bext = info(tmp_path, sound(2), about(**loudness)).bext
    assert (bext.description, bext.originator, bext.originator_ref) == (
        "heavy oak door slam",
        "Cuewright",
        "0123456789abcdef",
    )
    assert (bext.originator_date, bext.originator_time, bext.version) == ("2026-11-22", "21:33:28", 2)
    assert bext.coding_history.startswith("A=PCM,F=48000,W=24,M=stereo,T=Cuewright 0.1.0\r\n")
    assert (bext.loudness_value, bext.max_momentary_loudness, bext.max_shortterm_loudness) == (-31.26, -20.0, -24.5)
    assert bext.max_true_peak == -3.01


def test_loudness_that_was_not_measured_is_marked_as_such(tmp_path: Path) -> None:
    bext = info(tmp_path, sound(), about(peak_dbtp=-150.0)).bext
    unset = 0x7FFF / 100
    assert (bext.loudness_value, bext.max_true_peak, bext.loudness_range) == (unset, unset, unset)
    assert (bext.max_momentary_loudness, bext.max_shortterm_loudness) == (unset, unset)


def test_ixml_carries_project_scene_take_tracks_speed_and_ucs(tmp_path: Path) -> None:
    session = Session(project="Ночь & <Day>", scene="12A", frame_rate="29.97df", start_timecode="01:00:00;00")
    read = info(tmp_path, sound(2), about(session=session))
    ixml = read.ixml
    assert (ixml.project, ixml.scene, ixml.take) == ("Ночь & <Day>", "12A", "2")
    assert [(t.channel_index, t.name) for t in ixml.track_list] == [("1", "FX_DOOR L"), ("2", "FX_DOOR R")]
    root = strict(read)
    speed = root.find("SPEED")
    assert (speed.findtext("TIMECODE_RATE"), speed.findtext("TIMECODE_FLAG")) == ("30000/1001", "DF")
    assert (speed.findtext("FILE_SAMPLE_RATE"), speed.findtext("AUDIO_BIT_DEPTH")) == ("48000", "24")
    assert root.findtext("NOTE") == "heavy oak door slam"
    assert (root.findtext("ASWG/catId"), root.findtext("ASWG/usageRights")) == ("DOORWood", "CC0-1.0")


@given(text=st.text(max_size=400))
@settings(max_examples=60)
def test_any_words_give_a_file_that_others_can_read(text: str) -> None:
    data = written(sound(), about(description=text, label=text[:40], track=text[:40]))
    assert soundfile.info(io.BytesIO(data)).frames == 1_001
    read = WavInfoReader(io.BytesIO(data))
    assert read.bext.time_reference == 0
    assert len(read.bext.description) <= 256
    assert strict(read).tag == "BWFXML"


def test_accents_are_dropped_where_only_ascii_goes(tmp_path: Path) -> None:
    assert info(tmp_path, sound(), about(description="Café door, ドア")).bext.description == "Cafe door, ??"


@pytest.mark.parametrize("length", [1, 2, 3])
def test_chunks_fill_the_file_exactly_and_are_word_aligned(length: int) -> None:
    data = written(sound(length=length), about(description="odd"))
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    position, names = 12, []
    while position < len(data):
        assert position % 2 == 0
        names.append(data[position : position + 4])
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + size + size % 2
    assert position == len(data)
    assert sorted(names) == [b"bext", b"data", b"fmt ", b"iXML"]
    assert names[-1] == b"data"


def test_beyond_four_gigabytes_it_is_rf64(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = written(sound(), about())
    monkeypatch.setattr(bwf, "LARGEST_RIFF_BYTES", 4_000)
    data = written(sound(), about())
    assert (small[:4], data[:4]) == (b"RIFF", b"RF64")
    assert int.from_bytes(data[20:28], "little") == len(data) - 8
    (tmp_path / "a.wav").write_bytes(data)
    assert soundfile.info(tmp_path / "a.wav").format == "RF64"
    assert np.array_equal(soundfile.read(tmp_path / "a.wav")[0], soundfile.read(io.BytesIO(small))[0])
    assert WavInfoReader(str(tmp_path / "a.wav")).bext.description == about().description
