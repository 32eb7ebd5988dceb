"""What is open and selected in Pro Tools, read over real gRPC from a strict fake."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from fake_protools import FakeProTools, Refusal, Session, serving
from protools_rig import ATMO_AT, ATMO_FROM, RATE, Studio

from engine.errors import BadArgument, CuewrightError, DawNotReady, DawRefused, DependencyMissing
from engine.protools import link as linking
from engine.protools.link import Link
from engine.protools.session import (
    SelectedAudio,
    Selection,
    markers,
    open_session,
    selected_audio,
    selection,
    track_names,
)


@pytest.mark.parametrize(
    ("rate", "start", "frames", "samples"),
    [
        ("STCRate_Fps23976", "01:00:00:00", "23.976", 172_972_800),
        ("STCRate_Fps25", "00:00:00:00", "25", 0),
        ("SSTCRate_Fps2997Drop", "01:00:00;00", "29.97df", 172_799_827),
        ("STCRate_Fps2997", "10:00:00:00", "29.97", 1_729_728_000),
    ],
)
def test_the_session_is_told_exactly(
    studio: Studio, link: Link, rate: str, start: str, frames: str, samples: int
) -> None:
    studio.fake.open.rate, studio.fake.open.start = rate, start
    opened = open_session(link)
    assert (opened.session.frame_rate, opened.session.start_samples) == (frames, samples)
    assert (opened.session.sample_rate, opened.session.project) == (48_000, "Reel 2")
    assert opened.file == studio.folder / "Reel 2.ptx"


def test_a_cursor_and_a_selection(studio: Studio, link: Link) -> None:
    studio.fake.open.selection = (4_801, 4_801)
    assert selection(link, needed=False) == Selection(start_samples=4_801, length_samples=0)
    with pytest.raises(BadArgument) as raised:
        selection(link, needed=True)
    assert raised.value.field == "selection"
    studio.fake.open.selection = (4_801, 9_602)
    assert selection(link, needed=True) == Selection(start_samples=4_801, length_samples=4_801)


@pytest.mark.parametrize("counter", ["TLType_Samples", "TLType_MinSecs"])
def test_markers_are_told_from_the_selections_start_whatever_the_counter_shows(
    studio: Studio, link: Link, counter: str
) -> None:
    studio.fake.open.counter = counter
    start, end = 100 * RATE, 110 * RATE
    studio.fake.open.markers = [
        ("before", start - 1),
        ("second; with a semicolon", start + 2 * RATE + 12),
        ("first\nline", start),
        ("at the end", end),
        ("last", end - 24),
    ]
    told = markers(link, Selection(start_samples=start, length_samples=end - start), RATE)
    assert told == "0.000000000 first line; 2.000250000 second, with a semicolon; 9.999500000 last"


@pytest.mark.parametrize("misnamed", [{}, {"GetClipList": {"clip_list": "clips"}}])
def test_the_clip_under_the_selection_is_found_with_its_place_in_the_file(
    studio: Studio, link: Link, misnamed: dict[str, dict[str, str]]
) -> None:
    studio.fake.misnamed = misnamed
    studio.fake.open.tracks[2].selected = True
    found = selected_audio(link, Selection(start_samples=ATMO_AT + 700, length_samples=RATE))
    assert found == SelectedAudio(
        file=studio.folder / "Audio Files" / "atmo.wav", offset_samples=ATMO_FROM + 700, track="Atmo"
    )


def test_lists_are_read_to_their_end(studio: Studio, link: Link) -> None:
    assert track_names(link) == {"Boom", "Door Slam", "Atmo", "Wild", "Foley"}
    assert studio.fake.log.count("GetTrackList") == 2  # three at a time


@pytest.mark.parametrize(
    ("at", "length", "selected", "says"),
    [
        (ATMO_AT, RATE, (), "0 tracks"),
        (ATMO_AT, RATE, (1, 2), "2 tracks"),
        (ATMO_AT - 1, RATE, (2,), "must fill the selection"),
        (ATMO_AT + 4 * RATE - 5, 6, (2,), "must fill the selection"),
        (0, RATE, (2,), "must fill the selection"),
        (ATMO_AT, RATE, (0,), "must fill the selection"),
    ],
)
def test_what_cannot_be_edited_is_told(
    studio: Studio, link: Link, at: int, length: int, selected: tuple[int, ...], says: str
) -> None:
    for number in selected:
        studio.fake.open.tracks[number].selected = True
    with pytest.raises(BadArgument, match=says) as raised:
        selected_audio(link, Selection(start_samples=at, length_samples=length))
    assert raised.value.field == "selection"


def test_an_offline_file_is_told(studio: Studio, link: Link) -> None:
    studio.fake.open.tracks[2].selected = True
    (studio.folder / "Audio Files" / "atmo.wav").unlink()
    with pytest.raises(BadArgument, match="offline") as raised:
        selected_audio(link, Selection(start_samples=ATMO_AT, length_samples=RATE))
    assert raised.value.field == "selection"


def refuse(kind: str) -> None:
    raise Refusal(kind, "so it is")


@pytest.mark.parametrize(
    ("kind", "code", "field", "says"),
    [
        ("PT_NoOpenedSession", "daw_not_ready", "session", "No session is open"),
        ("OS_NoSessionFound", "daw_not_ready", "session", "No session is open"),
        ("PT_NoSelection", "bad_argument", "selection", "Nothing is selected"),
        ("PT_UnsupportedCommand", "daw_not_ready", "version", "too old"),
        ("SDK_VersionMismatch", "daw_not_ready", "version", "too old"),
        ("PT_HostIsBusy", "daw_not_ready", "session", "busy"),
        ("PT_ReadOnlySession", "daw_refused", "session", "read-only"),
        ("PT_FileNotFound", "file_unreadable", "file", "so it is"),
        ("PT_UnknownError", "daw_refused", "GetTimelineSelection", "so it is"),
    ],
)
def test_each_of_its_errors_is_one_of_ours(
    studio: Studio, link: Link, kind: str, code: str, field: str, says: str
) -> None:
    studio.fake.before["GetTimelineSelection"] = lambda: refuse(kind)
    with pytest.raises(CuewrightError, match=says) as raised:
        selection(link, needed=False)
    assert (raised.value.code, raised.value.field) == (code, field)


def test_no_session_open() -> None:
    with (
        serving(FakeProTools(None)) as address,
        Link(address) as link,
        pytest.raises(DawNotReady, match="No session is open") as raised,
    ):
        open_session(link)
    assert raised.value.field == "session"


@pytest.mark.parametrize("rate", ["STCRate_Fps30Drop", "STCRate_Fps11988Drop", "STCRate_Unknown"])
def test_a_timecode_that_we_do_not_count_in_is_told(studio: Studio, link: Link, rate: str) -> None:
    studio.fake.open.rate = rate
    with pytest.raises(DawNotReady, match="timecode rate") as raised:
        open_session(link)
    assert raised.value.field == "session"


def test_a_start_that_is_no_timecode_is_told(studio: Studio, link: Link) -> None:
    studio.fake.open.start = "1|1|000"
    with pytest.raises(DawNotReady, match="setup cannot be used"):
        open_session(link)


def test_pro_tools_that_does_not_run_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(DawNotReady, match="No Pro Tools answers") as raised:
        Link(address)
    assert raised.value.field == "address"
    assert capfd.readouterr() == ("", "")


def test_pro_tools_that_never_answers_is_given_up(studio: Studio) -> None:
    with Link(studio.address, timeout_seconds=0.2) as link:
        dialog = threading.Event()
        studio.fake.before["GetSessionName"] = lambda: assert_ends(dialog)
        try:
            with pytest.raises(DawNotReady, match="close any dialog"):
                open_session(link)
        finally:
            dialog.set()


def assert_ends(event: threading.Event) -> None:
    assert event.wait(30)


@pytest.mark.parametrize("version", [(5, 0), (2024, 10), (2025, 6)])
def test_an_older_pro_tools_is_told(version: tuple[int, int], tmp_path: Path) -> None:
    fake = FakeProTools(Session(file=tmp_path / "a.ptx"))
    fake.version = version
    with serving(fake) as address, pytest.raises(DawNotReady, match="too old") as raised:
        Link(address)
    assert raised.value.field == "version"
    assert "export" in raised.value.sentence


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "find_spec", lambda name: None)
    with pytest.raises(DependencyMissing, match=r"cuewright\[protools\]"):
        Link()


def test_an_answer_that_is_no_number_is_told(studio: Studio, link: Link) -> None:
    studio.fake.open.selection = ("1|1|000", "2|1|000")  # type: ignore[assignment]
    with pytest.raises(DawRefused) as raised:
        selection(link, needed=True)
    assert raised.value.field == "selection"


def test_an_answer_that_cannot_be_read_is_told(studio: Studio, link: Link) -> None:
    studio.fake.garbled = "{no JSON"
    with pytest.raises(DawRefused, match="cannot be read") as raised:
        track_names(link)
    assert raised.value.field == "GetTrackList"


def test_the_fake_is_strict(studio: Studio) -> None:
    with Link(studio.address) as link:
        with pytest.raises(DawNotReady, match="too old"):
            link.ask("SaveSession")  # not one that is used
        with pytest.raises(DawRefused, match="needs location_type"):
            link.ask("GetTimelineSelection")
        with pytest.raises(DawRefused, match="outside of the batch"):
            link.ask("DeleteTracks", {"track_ids": ["user 0"]})
    with pytest.raises(Exception, match="no field named"):
        link.ask("GetTimelineSelection", {"location": 1})
