"""The fake is as strict as it says, and the window takes text as people type it."""

from __future__ import annotations

import pytest
from reaper_rig import Rig, lua


@pytest.fixture
def alone(new_reaper: object, tmp_path: object) -> Rig:
    """A REAPER without any engine."""
    return new_reaper(spool=tmp_path)  # type: ignore[operator,no-any-return]


def problem(rig: Rig, code: str) -> str:
    return str(rig.run(f"local done, why = pcall(function() {code} end) return done and 'nothing' or tostring(why)"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("reaper.AddMediaItemOnTrack(1)", "is no function of REAPER"),
        ("reaper.GetPlayPosition()", "is not in this fake"),
        ("reaper.CountTracks()", "takes 1 arguments, not 0"),
        ("reaper.CountTracks(0, 0)", "takes 1 arguments, not 2"),
        ("reaper.CountTracks('0')", "argument 1 is ReaProject"),
        ("reaper.PreventUIRefresh(0.5)", "argument 1 is integer"),
        ("reaper.GetMediaItemInfo_Value({}, 'D_LENGTH')", "argument 1 is MediaItem"),
        ("reaper.GetMediaItemInfo_Value(put('A', '/x.mov'), 'D_LENGHT')", "no parameter D_LENGHT"),
        ("reaper.CF_ShellExecute('x')", "call a nil value"),
        ("gfx.drawtext('x')", "there is no gfx.drawtext"),
        ("gfx.mouse_z = 1", "there is no gfx.mouse_z"),
        ("reaper.ExecProcess('x', 0)", "hold REAPER up"),
    ],
)
def test_what_reaper_does_not_have_is_an_error(alone: Rig, code: str, text: str) -> None:
    alone.run("fake.lengths['/x.mov'] = 1.0")
    assert text in problem(alone, code)


def test_a_change_outside_of_an_undo_block_is_counted(alone: Rig) -> None:
    alone.run("reaper.InsertTrackAtIndex(0, true)")
    assert alone.get("list(fake.loose)") == ["InsertTrackAtIndex"]
    alone.run("reaper.Undo_BeginBlock2(0) reaper.InsertTrackAtIndex(0, true) reaper.Undo_EndBlock2(0, 'one', -1)")
    assert (alone.get("#fake.loose"), alone.get("#fake.project.tracks")) == (1, 2)
    alone.undo()
    assert alone.get("#fake.project.tracks") == 1
    alone.run("fake.loose = {}")


def words(rig: Rig) -> str:
    return rig.window.split("\n")[1]


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (["home", "=a "], "a glass breaks"),
        (["left", "left", "backspace", "delete", "=X"], "glass breXs"),
        (["shift home", "=rain"], "rain"),
        (["control a", "control x", "=so ", "control v", "control v"], "so glass breaksglass breaks"),
        (["control a", "control c", "end", "control v"], "glass breaksglass breaks"),
        (["shift left", "shift left", "shift right", "delete"], "glass break"),
        (["=, Tür 扉"], "glass breaks, Tür 扉"),
        (["up", "up"], "first"),
        (["up", "up", "up", "down", "down", "=!"], "glass breaks!"),
        (["tab", "=9", "shift tab", "=?"], "glass breaks?"),
    ],
    ids=str,
)
def test_the_words_are_edited_as_in_any_field(alone: Rig, keys: list[str], wanted: str) -> None:
    for place, said in enumerate(["first", "second"], 1):
        alone.option(**{f"history_{place}": said})
    alone.act("Generate")
    alone.type("glass breaks")
    for key in keys:
        alone.type(key[1:]) if key[0] == "=" else alone.press(key)
    alone.drain()
    assert words(alone) == wanted


def test_pasting_takes_the_systems_clipboard_where_sws_gives_it(alone: Rig) -> None:
    alone.run("fake.extensions.CF_GetClipboard = 'string'")
    alone.set(clipboard="wind\nand rain")
    alone.act("Generate")
    alone.press("control v")
    alone.drain()
    assert words(alone) == "wind and rain"


def test_a_click_puts_the_cursor_where_it_falls(alone: Rig) -> None:
    alone.act("Generate")
    alone.type("glass breaks")
    alone.drain()
    alone.run("for _, one in ipairs(screen.shown) do if one.text == 'glass breaks' then at = one end end")
    alone.run("screen.mouse = { at.x + 6 * 7, at.y } step(2)")
    alone.type("door ")
    alone.drain()
    assert words(alone) == "glass door breaks"


def test_a_text_longer_than_its_field_shows_its_end(alone: Rig) -> None:
    alone.act("Generate")
    alone.type("x" * 200 + " end")
    alone.drain()
    assert words(alone).endswith(" end")
    assert len(words(alone)) < 100


def test_the_form_closes_without_a_trace(alone: Rig) -> None:
    for close in ("screen.press('escape')", "screen.open = false"):
        alone.act("Generate")
        alone.run(close)
        alone.run("step(2)")
        assert alone.get("#fake.deferred") == 0
    assert alone.get("list(fake.loose)") == []
    assert lua(["a", {"b": True}]) == '{"a", {["b"] = true}}'
