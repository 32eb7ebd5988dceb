"""What cannot be done is said, and the set stays as it is; an engine that is slow, gone or killed hangs nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import live_rig
import pytest
from live_rig import Rig, write_tone
from live_set import new_track

from engine.cli.process import EngineProcess, running_engine
from engine.protocol.client import Client

NewRig = Callable[..., Rig]
DOOR = "cw a heavy wooden door slams seed=3"


def select(live: Rig, **state: object) -> None:
    clip = live.clip_by_user(live.users, write_tone(live.folder / "tone.wav"), 8.0, **state)
    live.song.state["view"].state["detail_clip"] = clip


def offline(live: Rig) -> None:
    select(live)
    (live.folder / "tone.wav").unlink()


def offline_video(live: Rig) -> None:
    video = write_tone(live.folder / "tone.wav").rename(live.folder / "reel.mov")
    clip = live.clip_by_user(live.users, video, 8.0, is_audio_clip=True)
    live.song.state["view"].state["detail_clip"] = clip
    video.unlink()


def frozen(live: Rig) -> None:
    select(live)
    live.users.state["is_frozen"] = True


def automated(live: Rig) -> None:
    live.song.state["master_track"].state["mixer_device"].state["song_tempo"].state["automation_state"] = 1


def beside(live: Rig) -> None:
    select(live)
    live.brace(0.0, 4.0)


def nothing(live: Rig) -> None:
    pass


REFUSALS: list[tuple[Callable[[Rig], object], str, str]] = [
    (lambda live: live.song.state.update(file_path=""), DOOR, "This set is not saved yet"),
    (lambda live: live.document.missing.add("Song.file_path"), DOOR, "This Live does not tell where its set lies"),
    (automated, DOOR, "The tempo of this set is automated"),
    (lambda live: live.song.state.update(tempo_follower_enabled=True), DOOR, "The Tempo Follower moves the tempo"),
    (nothing, "cw generate", "Say what should be heard"),
    (nothing, "cw rain takes=many", "takes is a whole number"),
    (nothing, "cw rain view=mixer", "say view=arrangement or view=session"),
    (nothing, "cw rain delivery_safe=perhaps", "say delivery_safe=yes or delivery_safe=no"),
    (nothing, "cw more", "There is nothing yet to make more takes of"),
    (nothing, "cw again", "There is no command yet"),
    (nothing, "cw compose footsteps", "There is no video under the loop brace"),
    (select, "cw compose footsteps", "There is no video under the loop brace"),
    (nothing, "cw locators footsteps", "There are no locators under the loop brace"),
    (nothing, "cw edit remove the hum", "No clip is selected"),
    (select, "cw edit", "Say what to do with the clip"),
    (lambda live: select(live, is_audio_clip=False), "cw edit denoise", "is a MIDI clip"),
    (lambda live: select(live, is_recording=True), "cw edit denoise", "is being recorded"),
    (lambda live: select(live, looping=True), "cw edit denoise", "is looped"),
    (lambda live: select(live, warping=True, stretch=1.2), "cw edit denoise", "is warped or transposed"),
    (lambda live: select(live, warping=True, pitch_coarse=3), "cw edit denoise", "is warped or transposed"),
    (offline, "cw edit denoise", "is missing"),
    (offline_video, "cw compose footsteps", "is missing"),
    (frozen, "cw edit denoise", "is frozen and takes no clip"),
    (beside, "cw edit denoise", "The loop brace lies beside 'tone'"),
]


@pytest.mark.parametrize(("prepare", "command", "sentence"), REFUSALS, ids=[row[2] for row in REFUSALS])
def test_what_cannot_be_is_said_and_nothing_changes(
    live: Rig, prepare: Callable[[Rig], object], command: str, sentence: str
) -> None:
    prepare(live)
    before = live.shown()
    live.type(command)
    assert live.said(sentence)
    assert live.idle(), "nothing was sent"
    assert (live.shown(), live.document.opened) == (before, 0)
    live.document.missing.clear()
    live.song.state["file_path"] = str(live.media.parents[1] / "Rolle 2.als")
    live.finish("cw a dog barks view=session")  # and it goes on
    assert live.said("1 sound on")


def test_what_the_engine_refuses_is_said(live: Rig) -> None:
    live.finish("cw zorbleflax quux")
    assert live.said("zorbleflax")
    live.finish(f"{DOOR} takes=99")
    assert live.said("'takes': input should be less than or equal to 16; got 99.")
    assert live.document.opened == 0


def test_a_folder_that_cannot_be_written_is_said(live: Rig) -> None:
    live.media.parent.write_text("in the way")  # also root cannot write there
    live.finish(DOOR)
    assert live.said(str(live.media))
    assert live.document.opened == 0


def test_cancel_ends_the_job_and_places_nothing(live: Rig) -> None:
    before = live.shown()
    live.type("cw heavy rain, strong wind duration=900")
    live.until(lambda: live.said("%"))
    live.finish("cw cancel")
    assert live.said("Cancelled; nothing was placed.")
    assert (live.shown(), live.document.opened) == (before, 0)
    live.finish("cw cancel it")
    assert live.said("There is nothing to cancel.")


def test_status_tells_what_goes_on(live: Rig) -> None:
    live.finish("cw status")
    assert live.said("Nothing is being made.")
    live.type("cw heavy rain duration=600")
    live.until(lambda: live.said("%"))
    live.type("cw status ?")
    assert live.said("At work on 1: ")
    live.finish("cw cancel")


def test_no_engine_is_said_and_the_request_can_be_dropped(new_rig: NewRig, nobody: int) -> None:
    live = new_rig(engine_port=nobody).start()
    live.type(DOOR)
    live.until_said(f"No engine answers on port {nobody}: start one with 'cuewright serve'.")
    assert not live.idle(), "it is sent on"
    live.finish("cw cancel")
    assert live.said("Cancelled")
    assert live.document.opened == 0


@pytest.fixture
def engines(tmp_path: Path, engine_home: Path) -> Iterator[Callable[[str], EngineProcess]]:
    """Starts engines one after another, with the same journal and on the same port."""
    with ExitStack() as stack:

        def start(port: str) -> EngineProcess:
            made = running_engine(tmp_path / "data", engine_home, flags=("--port", port))
            return stack.enter_context(made)

        yield start


def test_an_engine_killed_in_the_middle_of_a_job(new_rig: NewRig, engines: Callable[[str], EngineProcess]) -> None:
    """Another one takes the same job up, and its sounds are placed once."""
    first = engines("0")
    live = new_rig(engine_port=first.port).start()
    live.type("cw heavy rain duration=300 seed=1")
    live.until(lambda: live.said("%"))
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    live.until_said("No engine answers")
    assert live.document.opened == 0
    engines(str(first.port))
    live.until(live.idle)
    assert live.said("1 sound on")
    assert live.document.opened == 1
    with Client(port=first.port) as client:
        assert [reply.state for reply in client.jobs()] == ["done"]


def test_a_request_waits_for_its_engine(new_rig: NewRig, engines: Callable[[str], EngineProcess]) -> None:
    port = live_rig.free_port()
    live = new_rig(engine_port=port).start()
    live.type(DOOR)
    live.until_said("No engine answers")
    engines(str(port))
    live.until(live.idle)
    assert live.said("1 sound on Door Slam")


def wait_until_made(live: Rig) -> None:
    """The engine is done, and the script has not heard of it."""
    deadline = time.monotonic() + 60
    while not list(live.media.glob("*.cuewright.json")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_file_that_is_gone_before_it_is_placed(live: Rig) -> None:
    before = live.shown()
    live.type(f"{DOOR} takes=2")
    wait_until_made(live)
    gone = sorted(live.media.glob("*.wav"))[-1]
    gone.unlink()
    live.until(live.idle)
    assert live.said(f"{gone} is gone, so nothing was placed")
    assert (live.shown(), live.document.opened) == (before, 0)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_what_live_refuses_half_way_is_taken_back(live: Rig, taken: int) -> None:
    """And what the user did before is not."""
    with live.document.step():
        live.song.state["tracks"].append(mine := new_track(live.song, "mine"))
        live.document.changed("by the user", lambda: live.song.state["tracks"].remove(mine))
    live.document.refuse_after = taken
    before = live.shown()
    live.finish(f"{DOOR} takes=2")
    assert live.said("Live did not take the sounds (the file cannot be read); the set is as it was.")
    assert live.said(str(live.media))
    assert live.shown() == before
    assert len(live.document.steps) == 1


@pytest.mark.parametrize("command", ["cw edit volume gain_db=-6", f"{DOOR} takes=3 view=session"])
def test_what_live_refuses_half_way_is_taken_back_also_in_lanes_and_slots(live: Rig, command: str) -> None:
    select(live)
    live.document.refuse_after = live.document.clips_made
    if "takes=3" in command:
        live.document.refuse_after += 2
    before = live.shown()
    live.finish(command)
    assert live.said("the set is as it was")
    assert live.shown() == before
    assert (live.document.opened, live.document.depth, live.document.steps) == (1, 0, [])


def test_a_take_that_is_gone_before_it_is_placed(live: Rig) -> None:
    select(live)
    before = live.shown()
    live.type("cw edit volume gain_db=-6")
    wait_until_made(live)
    for made in live.media.glob("*.wav"):
        made.unlink()
    live.until(live.idle)
    assert live.said("is gone, so nothing was placed")
    assert (live.shown(), live.document.opened) == (before, 0)


@pytest.mark.parametrize("session", [False, True])
def test_a_clip_whose_track_is_gone_in_the_meantime(live: Rig, session: bool) -> None:
    live.song.state["tracks"].append(dialog := new_track(live.song, "Dialog"))
    clip = live.clip_by_user(dialog, write_tone(live.folder / "tone.wav"), 8.0)
    if session:
        slot = dialog.get_clip_slots()[1]
        dialog.state["clips"].clear()
        clip.state.update(is_arrangement_clip=False, canonical_parent=slot)
        slot.state["clip"] = clip
    live.song.state["view"].state["detail_clip"] = clip
    live.type("cw edit volume gain_db=-6")
    wait_until_made(live)
    live.song.state["tracks"].remove(dialog)
    live.until(live.idle)
    assert live.said("The track of the clip is gone")
    made = live.track("Dialog")
    assert made is not dialog
    assert live.document.opened == 1


def test_nothing_is_undone_where_nothing_was_made(live: Rig) -> None:
    with live.document.step():
        live.song.state["tracks"].append(mine := new_track(live.song, "Door Slam"))
        live.document.changed("by the user", lambda: live.song.state["tracks"].remove(mine))
    live.document.refuse_after = 0
    live.finish(DOOR)
    assert live.said("Live did not take the sounds")
    assert mine in live.song.state["tracks"]


def test_an_older_live_is_told_where_its_sounds_are(new_rig: NewRig, running: EngineProcess) -> None:
    live = new_rig(engine_port=running.port, version="12.0.1")
    live.document.missing |= {"Track.create_audio_clip", "ClipSlot.create_audio_clip", "Track.create_take_lane"}
    live.start().finish(DOOR)
    (sound,) = live.media.glob("*t1.wav")
    assert live.said("Live 12.0.1 cannot take sounds from a script; Live 12.0.5 or later can.")
    assert live.said(str(sound))
    assert live.document.opened == 0


def test_a_tempo_automated_in_the_meantime(live: Rig) -> None:
    live.type(DOOR)
    wait_until_made(live)
    automated(live)
    live.until(live.idle)
    assert live.said(f"The sounds are made; they lie in {live.media}.")
    assert live.document.opened == 0


def test_a_tempo_changed_in_the_meantime(live: Rig) -> None:
    """The sound stays on the beat that the user pointed at."""
    live.song.state["current_song_time"] = 16.0
    live.type(DOOR)
    wait_until_made(live)
    live.song.state["tempo"] = 60.0
    live.until(live.idle)
    (clip,) = live.track("Door Slam").state["clips"]
    assert clip.state["start_time"] == pytest.approx(16.0, abs=0.01)


def test_a_closed_set_is_left_alone(live: Rig) -> None:
    live.type(DOOR)
    callbacks = list(live.host.scheduled)
    live.stop()
    for callback in callbacks:
        callback()
    assert live.host.scheduled == []
    live.start()  # its ports are free again
