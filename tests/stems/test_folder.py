"""Files are whole or invisible, and nothing of the user's is ever replaced."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import pytest

from engine.errors import CuewrightError, DiskFull, FolderNotWritable, PathNotAllowed
from engine.stems.folder import check_path, clean_partials, make_folder, publish, publish_text


def failing(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def test_a_folder_under_a_root_is_allowed_made_or_not(tmp_path: Path) -> None:
    assert check_path(tmp_path / "new" / "deep", [tmp_path]) == (tmp_path / "new" / "deep").resolve()
    assert check_path(str(tmp_path), [tmp_path]) == tmp_path.resolve()
    assert check_path(tmp_path / "a" / ".." / "b", [tmp_path]) == (tmp_path / "b").resolve()
    assert check_path(tmp_path, [Path("/")]) == tmp_path.resolve()


def test_nothing_leads_out_of_the_roots(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    (root / "chain").symlink_to(root / "link")
    (root / "loop").symlink_to(root / "loop")
    for folder in (
        outside,
        root / ".." / "outside",
        root / "link",
        root / "chain" / "deep",
        root / "link" / ".." / "outside",
        tmp_path / "rootless",  # begins like the root
        Path("/"),
    ):
        with pytest.raises(PathNotAllowed, match="outside the allowed folders") as caught:
            check_path(folder, [root])
        assert caught.value.field == "folder"


@pytest.mark.parametrize(
    "folder", ["stems", "", ".", "..", "C:\\stems", "\\\\server\\share", "~no-such-user-here/x", "/a\0b", "/\ud800"]
)
def test_what_is_no_full_path_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(PathNotAllowed):
        check_path(folder, [Path("/"), tmp_path])


def test_a_root_that_is_a_link_holds_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "media").symlink_to(tmp_path / "disk")
    assert check_path(tmp_path / "media" / "x", [tmp_path / "media"]) == (tmp_path / "disk" / "x").resolve()


def test_a_published_file_is_flushed_before_it_is_visible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.wav"
    seen_at_sync: list[bool] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        seen_at_sync.append(target.exists())
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    assert publish_text(target, "job", "sound") == target
    assert seen_at_sync == [False, True]  # the file, then its folder
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_the_same_bytes_are_kept_and_other_bytes_are_never_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.b.wav"
    assert publish_text(target, "job", "one") == target
    before = target.stat().st_mtime_ns, target.stat().st_ino
    assert publish_text(target, "job", "one") == target
    assert (target.stat().st_mtime_ns, target.stat().st_ino) == before
    assert publish_text(target, "job", "two") == tmp_path / "a.b-2.wav"
    assert publish_text(target, "job", "three") == tmp_path / "a.b-3.wav"
    assert publish_text(target, "job", "two") == tmp_path / "a.b-2.wav"
    assert target.read_text() == "one"
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_or_a_dead_link_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.wav").mkdir()
    (tmp_path / "b.wav").symlink_to(tmp_path / "nowhere")
    assert publish_text(tmp_path / "a.wav", "job", "x") == tmp_path / "a-2.wav"
    assert publish_text(tmp_path / "b.wav", "job", "x") == tmp_path / "b-2.wav"
    assert not (tmp_path / "nowhere").exists()


def test_a_numbered_manifest_keeps_its_suffix(tmp_path: Path) -> None:
    target = tmp_path / "reel.3.cuewright.json"
    publish_text(target, "reel.3", "one")
    assert publish_text(target, "reel.3", "two").name == "reel.3-2.cuewright.json"


def test_without_hard_links_nothing_is_replaced_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*args: object, **kwargs: object) -> None:
        raise failing(errno.EPERM)

    monkeypatch.setattr(os, "link", link)
    target = tmp_path / "a.wav"
    assert publish_text(target, "job", "one") == target
    assert publish_text(target, "job", "one") == target
    assert publish_text(target, "job", "two") == tmp_path / "a-2.wav"
    assert (target.read_text(), len(list(tmp_path.iterdir()))) == ("one", 2)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EFBIG, DiskFull),
        (errno.EACCES, FolderNotWritable),
        (errno.EROFS, FolderNotWritable),
        (errno.EIO, FolderNotWritable),
    ],
)
@pytest.mark.parametrize("stage", ["write", "fsync", "rename"])
def test_a_failure_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, error: type[CuewrightError], stage: str
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise failing(code)

    def write(file: BinaryIO) -> None:
        file.write(b"x" * 100_000)
        if stage == "write":
            fail()

    if stage == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    if stage == "rename":
        monkeypatch.setattr(os, "link", fail)
        monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(error) as caught:
        publish(tmp_path / "a.wav", "job", write)
    assert (caught.value.field, str(tmp_path) in caught.value.sentence) == ("folder", True)
    assert list(tmp_path.iterdir()) == []


def test_a_cancel_half_way_leaves_nothing(tmp_path: Path) -> None:
    def write(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path / "a.wav", "job", write)
    assert list(tmp_path.iterdir()) == []


def test_a_real_full_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")

    def write(file: BinaryIO) -> None:
        with Path("/dev/full").open("wb") as full:
            full.write(b"x")

    with pytest.raises(DiskFull, match="make room"):
        publish(tmp_path / "a.wav", "job", write)
    assert list(tmp_path.iterdir()) == []


def test_only_the_partials_of_that_very_job_are_removed(tmp_path: Path) -> None:
    ours = [".a.01234567.part", ".a.89abcdef.part"]
    others = [
        ".a.b.01234567.part",
        ".a.01234567.89abcdef.part",
        ".ab.01234567.part",
        ".abc.01234567.part",
        "a.01234567.part",
        "a.wav",
    ]
    others += [".a.part", ".a.0123456.part", ".a.01234567.part.wav", ".A.01234567.part"]
    for name in ours + others:
        (tmp_path / name).write_text("x")
    assert clean_partials(tmp_path, "a") == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(others)
    assert clean_partials(tmp_path, "a..") == 0  # a dot in a job id is a dot
    assert clean_partials(tmp_path / "nowhere", "a") == 0


def test_what_publish_leaves_when_killed_is_what_clean_partials_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)  # as when the process is gone
    with pytest.raises(FolderNotWritable):
        publish(tmp_path / "a.wav", "job.1-x", lambda file: (_ for _ in ()).throw(failing(errno.EIO)))
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 1
    assert clean_partials(tmp_path, "job.1-x") == 1


def test_make_folder_makes_it_and_sees_what_it_is(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    with pytest.raises(DiskFull, match="MB free and this job needs"):
        make_folder(tmp_path / "a", need_bytes=2**62)
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("n" * 300)):
        with pytest.raises(FolderNotWritable, match="choose another folder"):
            make_folder(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name")
def test_a_kill_while_a_folder_is_tried_leaves_nothing(tmp_path: Path) -> None:
    code = f"""
import os, signal, tempfile
from pathlib import Path
from engine.stems.folder import make_folder

class Killer:
    def __init__(self, file):
        self.file = file
    def __enter__(self):
        os.kill(os.getpid(), signal.SIGKILL)
    def __exit__(self, *_):
        pass

real = tempfile.TemporaryFile
tempfile.TemporaryFile = lambda **keys: Killer(real(**keys))
make_folder(Path({str(tmp_path)!r}))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise failing(errno.EACCES)

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)  # as root, a mode stops nobody
    with pytest.raises(FolderNotWritable, match="Permission denied"):
        make_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
