"""The user's own files: every format and depth is read exactly, and what is damaged is told."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.errors import FileUnreadable
from engine.stems.layout import Encoding, encoded
from engine.stems.original import Original

FILES = [
    *(("WAV", subtype, encoding) for subtype, encoding in (("PCM_16", "pcm16"), ("PCM_24", "pcm24"))),
    *(("WAV", subtype, encoding) for subtype, encoding in (("PCM_32", "pcm32"), ("FLOAT", "float32"))),
    *(("RF64", subtype, encoding) for subtype, encoding in (("PCM_24", "pcm24"), ("FLOAT", "float32"))),
    *(("FLAC", subtype, encoding) for subtype, encoding in (("PCM_16", "pcm16"), ("PCM_24", "pcm24"))),
    *(("AIFF", subtype, encoding) for subtype, encoding in (("PCM_16", "pcm16"), ("PCM_32", "pcm32"))),
    ("WAV", "DOUBLE", "float64"),
    ("W64", "PCM_24", "pcm24"),
]


def made(path: Path, form: str = "WAV", subtype: str = "PCM_24", rate: int = 48_000, channels: int = 2) -> Path:
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, (5_000, channels))
    soundfile.write(path, samples, rate, format=form, subtype=subtype)
    return path


@pytest.mark.parametrize(("form", "subtype", "encoding"), FILES)
def test_every_format_is_exact(tmp_path: Path, form: str, subtype: str, encoding: Encoding) -> None:
    path = made(tmp_path / "a", form, subtype)
    with Original(path) as original:
        assert original.encoding == encoding
        whole = original.read_exact(0, original.length_samples)
        floats = original.read(0, original.length_samples)
    kind = whole.dtype
    direct = soundfile.read(path, dtype=str(kind), always_2d=True)[0]
    assert np.array_equal(whole, direct)
    assert np.allclose(floats.T, soundfile.read(path)[0], atol=1e-6)
    (tmp_path / "raw").write_bytes(encoded(whole, encoding))
    subtypes = {"pcm16": "PCM_16", "pcm24": "PCM_24", "pcm32": "PCM_32", "float32": "FLOAT", "float64": "DOUBLE"}
    back = soundfile.read(
        tmp_path / "raw",
        dtype=str(kind),
        format="RAW",
        samplerate=48_000,
        channels=2,
        subtype=subtypes[encoding],
        endian="LITTLE",
    )[0]
    assert np.array_equal(back, whole)


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 6, 8])
def test_every_rate_and_channel_count(tmp_path: Path, rate: int, channels: int) -> None:
    with Original(made(tmp_path / "a.wav", rate=rate, channels=channels)) as original:
        assert (original.sample_rate_hz, original.channels, original.length_samples) == (rate, channels, 5_000)


def test_chosen_and_mixed_channels(tmp_path: Path) -> None:
    path = made(tmp_path / "a.wav", channels=4)
    direct = soundfile.read(path, dtype="float32")[0]
    with Original(path, channels_wanted=(3, 1)) as original:
        assert np.array_equal(original.read(0, 100), direct[:100, [2, 0]].T)
    with Original(path, mixed=True) as original:
        assert np.allclose(original.read(0, 100)[0], direct[:100].mean(axis=1), atol=1e-7)
    with pytest.raises(FileUnreadable, match="no channel 5") as told:
        Original(path, channels_wanted=(5,))
    assert told.value.field == "channels"


def test_silence_lies_around_it(tmp_path: Path) -> None:
    with Original(made(tmp_path / "a.wav")) as original:
        assert not original.read(-100, 0).any()
        assert not original.read(5_000, 5_010).any()
        assert np.array_equal(original.read(-3, 5)[:, 3:], original.read(0, 5))
        assert original.faults.missing == 0


def test_what_is_no_number_is_silence_and_told(tmp_path: Path) -> None:
    samples = np.full((100, 1), 0.5, np.float32)
    samples[10], samples[20], samples[30] = np.nan, np.inf, -np.inf
    soundfile.write(tmp_path / "a.wav", samples, 48_000, subtype="FLOAT")
    with Original(tmp_path / "a.wav") as original:
        assert np.flatnonzero(original.read(0, 100)[0] == 0).tolist() == [10, 20, 30]
        assert original.faults.not_numbers == 3
        assert np.isnan(original.read_exact(10, 11)).all()  # a copy is a copy


def test_a_file_that_was_cut_off_says_how_much_is_missing(tmp_path: Path) -> None:
    path = made(tmp_path / "a.wav")
    whole = path.read_bytes()
    path.write_bytes(whole[:-6_000])
    with Original(path) as original:
        assert original.missing_bytes() == 6_000
        assert original.length_samples == 4_000


def text(path: Path) -> None:
    path.write_text("no sound at all " * 100)


def empty(path: Path) -> None:
    path.touch()


def no_samples(path: Path) -> None:
    soundfile.write(path, np.zeros((0, 2)), 48_000)


def too_slow(path: Path) -> None:
    soundfile.write(path, np.zeros((100, 2)), 4_000)


def too_many(path: Path) -> None:
    soundfile.write(path, np.zeros((100, 9)), 48_000)


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [text, empty, no_samples, too_slow, too_many, folder, lambda path: None])
def test_what_cannot_be_edited_is_said(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "a.wav")
    with pytest.raises(FileUnreadable, match="cannot be read") as told:
        Original(tmp_path / "a.wav", field="noise_audio")
    assert told.value.field == "noise_audio"


def test_metadata_come_as_they_lie_in_the_file(tmp_path: Path) -> None:
    path = made(tmp_path / "a.wav", channels=6)
    body = bytes(602) + b"A=PCM\r\n"
    data = path.read_bytes() + b"bext" + struct.pack("<I", len(body)) + body + b"\0"
    data += b"iXML" + struct.pack("<I", 9) + b"<BWFXML/>" + b"\0"
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    with Original(path) as original:
        found = original.metadata()
    assert (found.bext, found.ixml) == (body, b"<BWFXML/>")
    with Original(made(tmp_path / "a.flac", "FLAC")) as original:
        assert original.metadata().bext == b""
