"""The index: what is taken in, what is left out and why, and that nothing is read twice or lost."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wavbytes import bext, chunk, fmt, ixml, rf64, riff, tone

from engine.backends.library import AddReport, Library
from engine.backends.library import index as index_module
from engine.backends.library.reader import PROBE_BYTES, PROBES, content_id, read_entry
from engine.errors import Cancelled, FileUnreadable, FolderNotWritable
from engine.handle import Handle

RATE = 48_000
DATA = chunk(b"data", tone())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "sounds"
    path.mkdir()
    return path


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "data" / "library.sqlite3")


def wav(path: Path, *extra: bytes, frames: int = 4_800) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(riff(fmt(), chunk(b"data", tone(frames)), *extra))
    return path


def names(library: Library, text: str) -> list[str]:
    return [Path(item.path).name for item in library.search(text, 20)]


def counts(report: AddReport) -> tuple[int, int, int, int, int]:
    return (report.added, report.updated, report.unchanged, report.removed, len(report.failed))


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "ogg"])
def test_formats_are_read(library: Library, folder: Path, suffix: str) -> None:
    sound = 0.1 * np.random.default_rng(0).standard_normal((44_100, 2))
    soundfile.write(folder / f"Dog Bark.{suffix}", sound, 44_100)
    assert counts(library.add(folder, Handle())) == (1, 0, 0, 0, 0)
    (item,) = library.search("dog barking", 5)
    assert (item.label, item.channels, item.sample_rate_hz) == ("Dog Bark", 2, 44_100)
    assert item.length_seconds == pytest.approx(1.0)


def test_bext_and_ixml_are_found_by(library: Library, folder: Path) -> None:
    wav(folder / "0001.wav", bext("Rusty gate squeaks", "Jane"))
    wav(folder / "0002.wav", ixml("<USER><CATID>GLASBrk</CATID><FXNAME>Bottle Smash</FXNAME></USER>"))
    (folder / "0003.wav").write_bytes(rf64(ixml("<NOTE>thunder rolls</NOTE>"), samples=tone()))
    assert library.add(folder, Handle()).added == 3
    assert names(library, "rusty gate") == ["0001.wav"]
    assert names(library, "thunder") == ["0003.wav"]
    (item,) = library.search("bottle smash", 5)
    assert (item.label, item.category) == ("Bottle Smash", "GLASBrk")


def test_a_category_that_does_not_exist_is_not_believed(library: Library, folder: Path) -> None:
    wav(folder / "gate.wav", ixml("<USER><CATID>NOPENope</CATID></USER>"))
    library.add(folder, Handle())
    assert library.search("gate", 1)[0].category == ""


def test_folders_describe_their_files(library: Library, folder: Path) -> None:
    wav(folder / "Helicopters" / "take_01.wav")
    library.add(folder, Handle())
    assert names(library, "helicopter") == ["take_01.wav"]


def test_the_zoo_is_left_out_with_reasons_and_the_rest_goes_on(library: Library, folder: Path) -> None:
    wav(folder / "good.wav")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("These are only words.")
    (folder / "cut.wav").write_bytes(riff(fmt())[:20])
    (folder / "nodata.wav").write_bytes(riff(fmt(), chunk(b"data", b"")))
    (folder / "silent.wav").write_bytes(riff(fmt(), chunk(b"data", bytes(9_600))))
    (folder / "offset.wav").write_bytes(riff(fmt(), chunk(b"data", b"\x00\x10" * 4_800)))
    (folder / "slow.wav").write_bytes(riff(fmt(rate=4_000), DATA))
    (folder / "broken.flac").write_bytes(b"fLaC" + b"\xff" * 200)
    soundfile.write(folder / "nan.wav", np.full(100, np.nan), RATE, subtype="FLOAT")
    (folder / "notes.txt").write_text("not even looked at")
    (folder / ".hidden.wav").write_text("nor this")
    (folder / "._good.wav").write_text("nor what macOS leaves behind")
    report = library.add(folder, Handle())
    assert report.added == 1
    reasons = {Path(path).name: reason for path, reason in report.failed}
    assert reasons["silent.wav"] == reasons["offset.wav"] == "it is silent"
    assert reasons["nodata.wav"] == "it holds no samples"
    assert reasons["nan.wav"] == "it holds NaN or infinite samples"
    assert reasons["slow.wav"] == "its sample rate of 4000 Hz is out of range"
    not_sound = {name for name, reason in reasons.items() if reason.startswith("it is not a sound file: ")}
    assert not_sound == {"empty.wav", "text.wav", "cut.wav", "broken.flac"}


@pytest.mark.parametrize("claim", [2**31, 2**32 - 2])
def test_samples_that_claim_gigabytes_are_what_is_there(library: Library, folder: Path, claim: int) -> None:
    (folder / "claim.wav").write_bytes(riff(fmt(), chunk(b"data", tone(4_800), claim=claim)))
    library.add(folder, Handle())
    assert library.search("claim", 1)[0].length_seconds == pytest.approx(0.1)


def test_adding_again_reads_only_what_is_new(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        wav(folder / f"step {number}.wav", frames=4_800 + number)
    library.add(folder, Handle())
    read: list[str] = []
    monkeypatch.setattr(
        index_module, "read_entry", lambda path, *rest: read.append(path.name) or read_entry(path, *rest)
    )
    wav(folder / "step 2.wav", frames=9_600)
    wav(folder / "step 9.wav")
    assert counts(library.add(folder, Handle())) == (1, 1, 4, 0, 0)
    assert read == ["step 2.wav", "step 9.wav"]


def test_what_vanished_is_not_offered_and_what_returned_is(library: Library, folder: Path) -> None:
    path = wav(folder / "gate.wav")
    content = path.read_bytes()
    library.add(folder, Handle())
    path.unlink()
    assert names(library, "gate") == []  # even before the index knows
    assert counts(library.add(folder, Handle())) == (0, 0, 0, 1, 0)
    assert counts(library.add(folder, Handle())) == (0, 0, 0, 0, 0)
    path.write_bytes(content)
    assert counts(library.add(folder, Handle())) == (1, 0, 0, 0, 0)
    assert names(library, "gate") == ["gate.wav"]


def test_another_file_at_a_vanished_ones_place_waits_until_it_is_read(library: Library, folder: Path) -> None:
    path = wav(folder / "gate.wav")
    library.add(folder, Handle())
    path.unlink()
    library.add(folder, Handle())
    wav(path, frames=9_600)
    assert names(library, "gate") == []


def test_a_folder_whose_name_begins_alike_is_another(library: Library, tmp_path: Path) -> None:
    wav(tmp_path / "a" / "gate.wav")
    wav(tmp_path / "ab" / "door.wav")
    library.add(tmp_path / "ab", Handle())
    assert counts(library.add(tmp_path / "a", Handle())) == (1, 0, 0, 0, 0)
    assert names(library, "door") == ["door.wav"]


def test_copies_are_found_once_and_either_serves(library: Library, folder: Path) -> None:
    first, second = wav(folder / "a" / "gate.wav"), wav(folder / "b" / "gate.wav")
    library.add(folder, Handle())
    (item,) = library.search("gate", 5)
    assert [r.path for r in library.locate(item.id)] == [first, second]
    first.unlink()
    assert [i.path for i in library.search("gate", 5)] == [str(second)]


def test_of_two_copies_the_better_named_is_offered(library: Library, folder: Path) -> None:
    filler = "one of the many long names that people give to what they record out there in the fields"
    for name in ("gate", "gate gate gate rusty rusty rusty", f"rusty gate squeak {filler}", "squeak squeak squeak"):
        wav(folder / f"{name}.wav")
    library.add(folder, Handle())
    assert names(library, "rusty gate squeak") == [f"rusty gate squeak {filler}.wav"]


@pytest.mark.skipif(sys.platform == "win32", reason="making symbolic links needs rights there")
def test_loops_of_links_end(library: Library, folder: Path) -> None:
    wav(folder / "deep" / "gate.wav")
    (folder / "deep" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "self").symlink_to(folder / "self")
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    report = library.add(folder, Handle())
    assert report.added == 1
    assert {Path(path).name for path, _ in report.failed} == {"gone.wav", "self"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_utf8_survives(library: Library, folder: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/t\xfcr knarrt.wav"))
    wav(path)
    assert library.add(folder, Handle()).added == 1
    (item,) = library.search("knarrt", 5)
    assert item.path.endswith("t\\xfcr knarrt.wav")
    assert library.locate(item.id)[0].path == path
    assert item.model_dump_json()  # can be told


def test_a_cancel_keeps_what_was_read(library: Library, folder: Path) -> None:
    for number in range(6):
        wav(folder / f"gate {number}.wav", frames=4_800 + number)
    stage: list[str] = []
    handle = Handle(
        on_progress=lambda fraction, name: stage.append(name), is_cancelled=lambda: stage.count("reading sounds") >= 3
    )
    with pytest.raises(Cancelled):
        library.add(folder, handle)
    kept = len(names(library, "gate"))
    assert 2 <= kept <= 3
    assert counts(library.add(folder, Handle())) == (6 - kept, 0, kept, 0, 0)


def test_a_cancel_marks_nothing_as_gone(library: Library, folder: Path) -> None:
    wav(folder / "gate.wav")
    wav(folder / "zebra.wav", frames=5_000)
    library.add(folder, Handle())
    with pytest.raises(Cancelled):
        library.add(folder, Handle(is_cancelled=lambda: True))
    assert names(library, "zebra") == ["zebra.wav"]


def test_progress_rises_to_its_end(library: Library, folder: Path) -> None:
    for number in range(3):
        wav(folder / f"gate {number}.wav", frames=4_800 + number)
    seen: list[float] = []
    library.add(folder, Handle(on_progress=lambda fraction, stage: seen.append(fraction)))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_readers_work_while_a_folder_is_added(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav(folder / "gate 0.wav")
    library.add(folder, Handle())
    for number in range(1, 5):
        wav(folder / f"gate {number}.wav", frames=4_800 + number)
    monkeypatch.setattr(index_module, "_BATCH", 1)
    found: list[int] = []
    library.add(folder, Handle(on_progress=lambda fraction, stage: found.append(len(names(library, "gate")))))
    assert found[0] == 1
    assert found[-1] == 5
    assert found == sorted(found)


def test_a_writer_does_not_keep_readers_waiting(library: Library, folder: Path, tmp_path: Path) -> None:
    wav(folder / "gate.wav")
    library.add(folder, Handle())
    writer = sqlite3.connect(tmp_path / "data" / "library.sqlite3", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    assert names(library, "gate") == ["gate.wav"]
    writer.close()


def test_where_there_is_no_index_nothing_is_found_and_nothing_made(library: Library, tmp_path: Path) -> None:
    assert library.search("gate", 5) == ()
    assert library.locate("0" * 32) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(library: Library, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="nowhere") as caught:
        library.add(tmp_path / "nowhere", Handle())
    assert caught.value.field == "folder"


def test_a_damaged_index_says_what_to_do(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "library.sqlite3"
    path.write_text("This is no database, however long one looks at it. " * 100)
    for act in (lambda: Library(path).search("gate", 1), lambda: Library(path).add(folder, Handle())):
        with pytest.raises(FileUnreadable, match="move it away and add your folders again"):
            act()


def test_an_index_of_another_version_is_not_touched(library: Library, folder: Path, tmp_path: Path) -> None:
    path = wav(folder / "gate.wav") and tmp_path / "data" / "library.sqlite3"
    library.add(folder, Handle())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(FileUnreadable, match="another version"):
        library.add(folder, Handle())
    with pytest.raises(FileUnreadable, match="another version"):
        library.search("gate", 1)


def test_an_index_that_cannot_be_made_says_where(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderNotWritable, match=r"library\.sqlite3"):
        Library(tmp_path / "file" / "library.sqlite3").add(folder, Handle())


def test_content_ids_stand_for_content(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    big = np.random.default_rng(0).bytes(3 * PROBES * PROBE_BYTES)
    one.write_bytes(big)
    two.write_bytes(big)
    assert content_id(one) == content_id(two)
    for at in (0, len(big) - 1):
        changed = bytearray(big)
        changed[at] ^= 1
        two.write_bytes(changed)
        assert content_id(one) != content_id(two)
    one.write_bytes(bytes(2 * PROBES * PROBE_BYTES))
    two.write_bytes(bytes(3 * PROBES * PROBE_BYTES))
    assert content_id(one) != content_id(two)
