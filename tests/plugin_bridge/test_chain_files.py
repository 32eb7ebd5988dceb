"""Chains in files, and a sound file put through one from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.chain import Chain
from engine.cli import run
from engine.errors import BadArgument, FileUnreadable, FolderNotWritable
from plugin_bridge import chainfile
from plugin_bridge.chainfile import read_chain, write_chain

TOML = """
missing = "skip"
tail_seconds = 0.5
[[links]]
plugin = "highpass"
parameters = { cutoff_hz = "300 Hz" }
[[links]]
plugin = "fx/Wide.vst3"
preset = "wide.vstpreset"
mix = 0.5
[[links]]
plugin = "convolution"
parameters = { file = "room.wav" }
"""


def test_what_a_chain_names_is_found_from_where_its_file_lies(tmp_path: Path) -> None:
    path = tmp_path / "chain.toml"
    path.write_text(TOML)
    chain = read_chain(path)
    assert (chain.missing, chain.tail_seconds, chain.links[0].parameters) == ("skip", 0.5, {"cutoff_hz": "300 Hz"})
    assert chain.links[1].plugin == str(tmp_path / "fx/Wide.vst3")
    assert chain.links[1].preset == str(tmp_path / "wide.vstpreset")
    assert chain.links[2].parameters == {"file": str(tmp_path / "room.wav")}
    kept = tmp_path / "kept.json"
    write_chain(kept, chain)
    assert read_chain(kept) == chain
    write_chain(kept, Chain())
    assert read_chain(kept) == Chain()
    assert {each.name for each in tmp_path.iterdir()} == {"chain.toml", "kept.json"}


@pytest.mark.parametrize(
    ("name", "content", "error", "told"),
    [
        ("none.toml", None, FileUnreadable, "none.toml cannot be read: No such file"),
        ("a.toml", b"links = [", FileUnreadable, "cannot be read as TOML"),
        ("a.json", b"{", FileUnreadable, "cannot be read as JSON"),
        ("a.json", b"[]", FileUnreadable, "holds no chain"),
        pytest.param("a.json", b"[" * 100_000, FileUnreadable, "cannot be read as JSON", id="too deep"),
        ("a.toml", b"\xff\xfe", FileUnreadable, "cannot be read as TOML"),
        pytest.param("a.toml", b"#" * 2**20 + b"#", FileUnreadable, "longer than 1 MB", id="too long"),
        ("a.toml", b"links = [{plugin = 'gain', mix = 2}]", BadArgument, "'links.0.mix'"),
    ],
)
def test_what_is_no_chain_is_told(
    name: str,
    content: bytes | None,
    error: type[Exception],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chainfile, "MAX_BYTES", 2**20)
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=told.replace(".", r"\.")):
        read_chain(path)


def test_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FolderNotWritable, match="cannot be written"):
        write_chain(tmp_path / "none" / "chain.json", Chain())


def test_a_file_goes_through_a_chain_and_the_chain_is_kept(
    plugins: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = (0.2 * np.random.default_rng(0).standard_normal((2_205, 2))).astype(np.float32)
    audio, chain, out, kept = (tmp_path / name for name in ("in.wav", "chain.json", "out.wav", "kept.json"))
    soundfile.write(audio, sound, 44_100, subtype="FLOAT")
    links = [
        {"plugin": str(plugins / "TestGain.vst3"), "parameters": {"gain_x": 0.5}},
        {"plugin": str(plugins / "TestNone.vst3")},
    ]
    chain.write_text(json.dumps({"links": links, "missing": "skip"}))
    before = audio.read_bytes()
    arguments = ["plugins", "render", str(audio), "--chain", str(chain), "--json"]
    assert run([*arguments, "--out", str(out), "--keep", str(kept)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["path"], len(told["warnings"])) == (str(out), 1)
    assert "TestNone.vst3 is not there" in told["warnings"][0]
    first, rate = soundfile.read(out, dtype="float32")
    assert rate == 44_100
    np.testing.assert_allclose(first, 0.5 * sound, rtol=1e-3)
    assert json.loads(kept.read_text())["links"][0]["state"]
    assert run(["plugins", "render", str(audio), "-c", str(kept), "-o", str(tmp_path / "again.wav")]) == 0
    assert "again.wav (0.050 s, peak -" in capsys.readouterr().out
    again, _ = soundfile.read(tmp_path / "again.wav", dtype="float32")
    np.testing.assert_array_equal(again, first)
    assert audio.read_bytes() == before


def test_a_file_that_is_no_sound_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, chain = tmp_path / "in.wav", tmp_path / "chain.toml"
    text.write_text("no sound")
    chain.write_text("links = [{plugin = 'gain'}]")
    assert run(["plugins", "render", str(text), "-c", str(chain), "-o", str(tmp_path / "out.wav")]) == 2
    assert "cannot be read as sound" in capsys.readouterr().err
    assert not (tmp_path / "out.wav").exists()
