"""Words to clips, through the script in a fake Live and a real engine over UDP."""

from __future__ import annotations

from live_rig import Rig


def test_words_become_clips(live: Rig) -> None:
    live.song.state["current_song_time"] = 8.0
    before = live.shown()
    live.finish("cw a heavy wooden door slams, then three knocks seed=7")
    print(live.messages)
    assert live.document.opened == 1
    print(live.shown())
    live.document.undo()
    live.song.state["tracks"][0].state["name"] = "1-Audio"
    assert live.shown() == before
