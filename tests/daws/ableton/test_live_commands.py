"""How a user says it: names of tracks and locators, and OSC from any program of this machine."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import live_rig
import pytest
from Cuewright import commands
from Cuewright import settings as live_settings
from Cuewright.osc import Message, decode, encode
from Cuewright.refused import Refused
from live_rig import Rig
from live_set import Cue, new_track

from engine.cli.process import EngineProcess
from engine.protocol.schema import REQUESTS

NewRig = Callable[..., Rig]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("cw rain", "rain"),
        ("CW: rain  ", "rain"),
        ("cuewright edit remove the hum", "edit remove the hum"),
        ("  cw :rain", "rain"),
        ("cw", None),
        ("cw ", None),
        ("cwrain", None),
        ("Drums", None),
        ("my cw rain", None),
    ],
)
def test_a_name_that_is_a_command(name: str, line: str | None) -> None:
    assert commands.in_name(name) == line


@pytest.mark.parametrize(
    ("line", "verb", "words", "settings"),
    [
        ("rain on a roof", "generate", "rain on a roof", {}),
        ("generate edit room noise", "generate", "edit room noise", {}),
        ("Edit: remove the hum takes=2", "edit", "remove the hum", {"takes": 2}),
        ("edit speed factor=0.9; volume gain_db=3", "edit", "speed factor=0.9; volume gain_db=3", {}),
        ('rain track="FX RAIN" duration=2.5', "generate", "rain", {"track": "FX RAIN", "duration": 2.5}),
        (
            "rain delivery_safe=yes seed=9007199254740991",
            "generate",
            "rain",
            {"delivery_safe": True, "seed": 2**53 - 1},
        ),
        ("rain a=b x = y", "generate", "rain a=b x = y", {}),
        ("edit fill duration=2", "edit", "fill duration=2", {}),
        ("more takes=4", "more", "", {"takes": 4}),
        ("cancel", "cancel", "", {}),
    ],
)
def test_a_command_line(line: str, verb: str, words: str, settings: dict[str, object]) -> None:
    command = commands.parse(line)
    assert (command.verb, command.words, repr(dict(command.settings))) == (verb, words, repr(settings)), "and kinds"


def test_where_it_should_land() -> None:
    assert commands.parse("rain view=session").view == "session"
    assert commands.parse("rain view=Arrangement").view == "arrangement"
    with pytest.raises(Refused):
        commands.parse("rain view=mixer")


def test_every_setting_is_a_key_of_its_request() -> None:
    requests = {"locators": "compose", "more": "generate"}
    for verb, keys in commands.KEYS.items():
        known = REQUESTS[f"/cuewright/{requests.get(verb, verb)}"].keys.keys()
        assert set(keys) <= known, verb


def test_the_manual_names_every_verb_and_setting() -> None:
    manual = (live_rig.SCRIPTS / "README.md").read_text(encoding="utf-8")
    for verb, keys in commands.KEYS.items():
        assert f"`{verb}" in manual
        assert [key for key in keys if f"`{key}`" not in manual] == []


@pytest.fixture
def unheard(new_rig: NewRig, nobody: int) -> Rig:
    """A Live without an engine: what is asked for stays open."""
    return new_rig(engine_port=nobody).start()


def asked(live: Rig) -> list[str]:
    return [str(dict(job.about.asked.keys).get("prompt")) for job in live.desk._jobs.open]


def test_a_set_is_opened_with_old_commands_in_it(new_rig: NewRig, nobody: int) -> None:
    live = new_rig(engine_port=nobody)
    live.users.state["name"] = "cw rain"
    live.song.state["cue_points"].append(Cue(live.document, time=4.0, name="cw wind"))
    live.start()
    for _ in range(5):
        live.tick()
    assert asked(live) == []


def test_a_duplicate_or_what_comes_back_runs_nothing(unheard: Rig) -> None:
    unheard.type("cw rain")
    copy = new_track(unheard.song, "cw rain")
    unheard.song.state["tracks"].append(copy)
    unheard.tick()
    line = unheard.song.state["view"].state["selected_track"]
    for name in ("2-Audio", "cw rain"):  # undo, redo
        line.state["name"] = name
        unheard.tick()
    assert asked(unheard) == ["rain"]
    copy.state["name"] = "cw wind"
    unheard.tick()
    assert asked(unheard) == ["rain", "wind"]


def test_a_name_anywhere_in_a_large_set_is_seen_soon_and_cheaply(unheard: Rig) -> None:
    tracks = [new_track(unheard.song, f"t{number}") for number in range(1000)]
    unheard.song.state["tracks"] += tracks
    for _ in range(40):
        unheard.tick()
    unheard.type("cw wind")
    assert asked(unheard) == ["wind"], "where the user types, at once"
    reads = 0
    original = type(tracks[0]).__getattr__

    def counting(self: object, name: str) -> object:
        nonlocal reads
        reads += name == "name"
        return original(self, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(tracks[0]), "__getattr__", counting)
        tracks[700].state["name"] = "cw rain"
        for _ in range(20):
            before = reads
            unheard.tick()
            assert reads - before <= 65
    assert asked(unheard) == ["wind", "rain"]


def test_tracks_that_vanish_while_names_are_read(unheard: Rig) -> None:
    tracks = unheard.song.state["tracks"]
    tracks += [new_track(unheard.song, f"t{number}") for number in range(100)]
    unheard.tick()
    del tracks[2:]
    unheard.tick()
    unheard.users.state["name"] = "cw rain"
    unheard.tick()
    assert asked(unheard) == ["rain"]


@pytest.mark.parametrize(
    ("loop", "markers", "start"),
    [(True, "0.0000000 knock; 1.2500000; 1.5000000 door, old", 8.0), (False, "0.0000000 before; 2.0000000 knock", 4.0)],
)
def test_locators_become_markers(unheard: Rig, loop: bool, markers: str, start: float) -> None:
    """Under the brace, or all of them; a command is none."""
    for beat, name in [(16.0, "after"), (11.0, "door;  old"), (10.5, "7"), (8.0, "knock"), (4.0, "before")]:
        unheard.locator(beat, name)
    unheard.song.state["cue_points"].append(Cue(unheard.document, time=9.0, name="cw rain"))
    unheard.brace(8.0, 8.0)
    unheard.song.state["loop"] = loop
    unheard.type("cw locators a knock")
    (job,) = unheard.desk._jobs.open
    assert str(dict(job.about.asked.keys)["markers"]).startswith(markers)
    assert len(str(dict(job.about.asked.keys)["markers"]).split(";")) == (3 if loop else 5)
    assert job.about.asked.place.start_beats == start


class Peer:
    """A program of this machine that sends commands."""

    def __init__(self, live: Rig) -> None:
        self.live = live
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.heard: list[Message] = []

    def send(self, packet: bytes) -> None:
        self.socket.sendto(packet, ("127.0.0.1", self.live.command_port))

    def command(self, address: str, *arguments: object) -> None:
        self.send(encode(Message(address, arguments)))  # type: ignore[arg-type] # as a careless sender would

    def until(self, address: str) -> Message:
        def came() -> bool:
            with contextlib.suppress(BlockingIOError):
                self.heard += decode(self.socket.recv(65_536))
            return any(message.address == address for message in self.heard)

        self.live.until(came)
        return next(message for message in self.heard if message.address == address)


@pytest.fixture
def peer(live: Rig) -> Iterator[Peer]:
    made = Peer(live)
    yield made
    made.socket.close()


def test_osc_the_whole_way(peer: Peer) -> None:
    peer.command("/cuewright/live", "a heavy wooden door slams takes=2")
    (_, state) = peer.until("/cuewright/live/ended").arguments
    said = [str(m.arguments[0]) for m in peer.heard if m.address == "/cuewright/live/said"]
    assert state == "done"
    assert said[-1].startswith("2 sounds on Door Slam in the Arrangement;")


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/cuewright/live/generate", ("heavy", "rain", "duration=600")),  # a Max message box sends words apart
        ("/cuewright/live", ("generate", "heavy rain", "duration=600")),
    ],
)
def test_osc_takes_words_in_one_piece_or_many(peer: Peer, address: str, arguments: tuple[str, ...]) -> None:
    peer.command(address, *arguments)
    fraction, _stage = peer.until("/cuewright/live/progress").arguments
    assert asked(peer.live) == ["heavy rain"]
    assert isinstance(fraction, float)
    (job,) = peer.live.desk._jobs.open
    peer.command("/cuewright/live/cancel")
    assert peer.until("/cuewright/live/ended").arguments == ("", "done"), "the command that cancels"
    peer.heard.clear()
    assert peer.until("/cuewright/live/ended").arguments == (job.id, "cancelled"), "and the one that is cancelled"


@pytest.mark.parametrize(
    ("line", "state"), [("edit denoise", "refused"), ("status", "done"), ("help", "done"), ("cancel", "done")]
)
def test_osc_every_command_ends(peer: Peer, line: str, state: str) -> None:
    peer.command("/cuewright/live", line)
    assert peer.until("/cuewright/live/ended").arguments == ("", state)
    assert [message.address for message in peer.heard] == ["/cuewright/live/said", "/cuewright/live/ended"]


def test_osc_tells_of_sounds_that_could_not_be_placed(peer: Peer) -> None:
    peer.live.document.missing |= {"Track.create_audio_clip"}
    peer.command("/cuewright/live", "a dog barks")
    assert peer.until("/cuewright/live/ended").arguments[1] == "failed"


def test_a_request_too_long_for_a_datagram_is_refused(unheard: Rig) -> None:
    unheard.type("cw " + "rain " * 2_000)
    assert unheard.said("too much for one request")
    assert asked(unheard) == []


def test_osc_says_what_it_does_not_know(peer: Peer) -> None:
    peer.command("/cuewright/generate", "job-1", "prompt", "rain")
    assert peer.until("/cuewright/live/said").arguments == (
        "There is no address /cuewright/generate; commands go to /cuewright/live.",
    )


def test_osc_junk_is_passed_over_and_a_flood_is_taken_in_parts(peer: Peer) -> None:
    for packet in (b"", b"junk", b"/cuewright/live\0", b"#bundle\0"):
        peer.send(packet)
    for _ in range(200):
        peer.command("/cuewright/live/status")
    peer.live.messages.clear()
    peer.live.tick()
    assert 0 < len(peer.live.messages) <= 64
    peer.live.until(lambda: len(peer.live.messages) >= 200)


def test_only_this_machine_is_listened_to(live: Rig) -> None:
    for port in (live.desk._commands, live.desk._engine):
        assert port._socket.getsockname()[0] == "127.0.0.1"
        assert not port._socket.getblocking()


def test_a_second_live_works_by_names_alone(new_rig: NewRig, running: EngineProcess) -> None:
    first = new_rig(engine_port=running.port).start()
    second = new_rig(engine_port=running.port).start(command_port=first.command_port)
    assert second.said(f"Port {first.command_port} is taken")
    second.finish("cw a dog barks")
    assert second.said("1 sound on")


@pytest.mark.parametrize("written", ['{"takes": "two"}', '{"tempo": 3}', "not json", "[]", '{"takes": true}'])
def test_settings_that_cannot_be_are_said(new_rig: NewRig, nobody: int, written: str) -> None:
    live = new_rig(engine_port=nobody).start()
    live.stop()
    live.settings_path.write_text(written)
    live.restart()
    assert live.said(str(live.settings_path))


def test_settings_may_be_left_out(new_rig: NewRig, nobody: int) -> None:
    live = new_rig(engine_port=nobody).start()
    live.stop()
    live.settings_path.unlink()
    assert live_settings.load() == live_settings.Settings()


def test_settings_are_used(new_rig: NewRig, running: EngineProcess) -> None:
    live = new_rig(engine_port=running.port, saved=False)
    live.start(takes=2, sample_rate=96_000, folder=str(live.folder / "elsewhere"))
    live.finish("cw a dog barks")
    assert live.said("2 sounds on")
    (track,) = live.song.state["tracks"][2:]
    assert {clip.state["sample_rate"] for clip in track.state["clips"]} == {96_000.0}
    assert len(list((live.folder / "elsewhere").glob("*.wav"))) == 2


def test_a_defect_is_said_and_does_not_go_on_for_ever(new_rig: NewRig, nobody: int) -> None:
    live = new_rig(engine_port=nobody).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(live.desk), "work", lambda *_: 1 / 0)
        live.tick()
        assert live.messages[-1].startswith("Cuewright: something went wrong inside")
        for _ in range(30):
            live.tick()
    assert live.host.scheduled == []
    assert len(live.messages) < 30
    live.messages.clear()


def test_a_defect_now_and_then_is_got_over(unheard: Rig) -> None:
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(unheard.desk), "work", lambda *_: 1 / 0)
            for _ in range(15):
                unheard.tick()
        unheard.tick()
    unheard.messages.clear()
    unheard.type("cw rain")
    assert asked(unheard) == ["rain"]


def test_help(unheard: Rig) -> None:
    unheard.type("cw help")
    assert unheard.said("cw edit remove the hum")
