"""The other actions in a fake REAPER beside the running engine: picture, markers, edits, more takes, and small ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from reaper_rig import Rig, lua

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "video"))
from footage import write_video
from strikes import Hammer

HITS = [1.0, 2.2, 3.6]
RATE = 48_000


@pytest.fixture(scope="module")
def hammer(engine_home: Path) -> Path:
    return write_video(engine_home / "reaper-hammer.mp4", Hammer(HITS).draw, seconds=5.0)


@pytest.fixture
def tone(reaper: Rig) -> Path:
    """8 s of a low tone with a beep of 0.6 s at 3 s."""
    time = np.arange(8 * RATE) / RATE
    beep = np.where((time >= 3.0) & (time < 3.6), 0.3 * np.sin(2 * np.pi * 3000 * time), 0.0)
    path = reaper.media / "atmo.wav"
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * 220 * time) + beep, RATE, subtype="PCM_24")
    return path


def put(reaper: Rig, track: str, path: Path, **given: Any) -> None:
    """A selected item of the user's."""
    given["item"] = {"B_UISEL": 1, **given.get("item", {})}
    reaper.run(f"put({lua(track)}, {lua(path)}, {lua(given)})")


def put_video(reaper: Rig, path: Path, position: float, **given: Any) -> None:
    reaper.run(f"fake.lengths[{lua(path)}] = 5.0")
    put(reaper, "Video", path, item={"D_POSITION": position, "B_UISEL": 0, "B_LOOPSRC": 0}, **given)


def items(reaper: Rig) -> list[Any]:
    """Those that Cuewright made."""
    made = [item for track in reaper.project["tracks"] for item in track["items"]]
    return sorted(
        (item for item in made if "P_EXT:cuewright_job" in (item["texts"] or {})),
        key=lambda item: item["values"]["D_POSITION"],
    )


def heard_at(item: Any, take: Any) -> float:
    values = take["values"]
    onset = float(take["texts"]["P_EXT:cuewright_onset_seconds"])
    return float(item["values"]["D_POSITION"] + (onset - values["D_STARTOFFS"]) / values.get("D_PLAYRATE", 1.0))


def onsets(reaper: Rig) -> list[float]:
    return [heard_at(item, take) for item in items(reaper) for take in item["takes"]]


def test_compose_to_the_video_under_the_time_selection(reaper: Rig, hammer: Path) -> None:
    put_video(reaper, hammer, 10.0)
    reaper.set(selection=[10.5, 13.5])
    reaper.option(takes=1)
    before = reaper.project
    reaper.do("Compose", "hammer hits on metal")
    assert onsets(reaper) == pytest.approx([11.0, 12.2], abs=0.045)
    assert len(reaper.undo_names) == 1
    reaper.undo()
    assert reaper.project == before
    reaper.set(os="macOS-arm64")
    reaper.act("Open report")
    (command,) = reaper.get("list(fake.ran)")
    assert command.startswith('/usr/bin/open "')
    assert Path(command.split('"')[1]).suffix == ".html"


@pytest.mark.parametrize(
    "given", [{"take": {"D_PLAYRATE": 2.0}}, {"section": [1.5, 3.5]}, {"take": {"D_STARTOFFS": 1.5}}]
)
def test_compose_follows_play_rate_sections_and_offsets(reaper: Rig, hammer: Path, given: dict[str, Any]) -> None:
    put_video(reaper, hammer, 20.0, **given)
    reaper.set(selection=[20.0, 22.5])
    reaper.option(takes=1)
    reaper.do("Compose", "hammer hits on metal")
    wanted = [20 + hit / 2 for hit in HITS] if "D_PLAYRATE" in str(given) else [20 + hit - 1.5 for hit in HITS[1:]]
    assert onsets(reaper) == pytest.approx(wanted, abs=0.045)


def test_spot_makes_markers_and_compose_puts_onsets_on_them(reaper: Rig, hammer: Path) -> None:
    put_video(reaper, hammer, 0.0)
    reaper.act("Spot")
    reaper.finish()
    found = reaper.project["markers"]
    assert [marker["position"] for marker in found] == pytest.approx(HITS, abs=0.045)
    assert all(marker["name"].startswith("CW ") for marker in found)
    assert "3 markers were made" in reaper.window
    assert len(reaper.undo_names) == 1
    reaper.press("escape")
    reaper.drain()
    moved = [0.517, 1.234_567, 4.001]
    for place, position in enumerate(moved, 1):
        reaper.run(f"fake.project.markers[{place}].position = {position}")
    reaper.run("fake.project.markers[2].name = 'CW impact glass breaks'")
    reaper.option(takes=1)
    reaper.set(selection=[0.25, 4.5])
    reaper.do("Compose", "a wooden knock")
    assert onsets(reaper) == pytest.approx(moved, abs=0.51 / RATE)
    assert "GLAS" in items(reaper)[1]["takes"][0]["path"]


def edited(reaper: Rig, track: str = "Dialog") -> Any:
    (item,) = reaper.track(track)["items"]
    return item


def read(take: Any) -> Any:
    return soundfile.read(take["path"], always_2d=True)[0][:, 0]


def test_an_edit_of_a_part_is_a_new_take_beside_the_original(reaper: Rig, tone: Path) -> None:
    put(reaper, "Dialog", tone, item={"D_POSITION": 10.0, "D_LENGTH": 6.0}, take={"D_STARTOFFS": 1.0, "D_PAN": 0.25})
    reaper.set(selection=[12.0, 12.6])
    before = reaper.project
    reaper.do("Edit", "volume gain_db=-12")
    item = edited(reaper)
    first, second = item["takes"]
    assert item["values"] == edited_before(before)["values"]
    assert {**first, "active": True} == edited_before(before)["takes"][0]
    assert second["active"]
    assert second["values"]["D_STARTOFFS"] == 0.0
    assert second["values"]["D_PAN"] == 0.25
    original, made = soundfile.read(tone)[0][RATE : 7 * RATE], read(second)
    assert len(made) == len(original) == 6 * RATE
    np.testing.assert_array_equal(made[: int(1.98 * RATE)], original[: int(1.98 * RATE)])
    quiet = slice(int(2.1 * RATE), int(2.5 * RATE))
    assert 20 * np.log10(np.std(made[quiet]) / np.std(original[quiet])) == pytest.approx(-12, abs=0.1)
    assert len(reaper.undo_names) == 1
    reaper.undo()
    assert reaper.project == before


def edited_before(project: Any) -> Any:
    return project["tracks"][0]["items"][0]


def test_an_edit_keeps_the_play_rate(reaper: Rig, tone: Path) -> None:
    put(reaper, "Dialog", tone, item={"D_LENGTH": 2.0}, take={"D_STARTOFFS": 1.0, "D_PLAYRATE": 2.0, "B_PPITCH": 0.0})
    reaper.do("Edit", "volume gain_db=-6")
    _, second = edited(reaper)["takes"]
    assert (second["values"]["D_PLAYRATE"], second["values"]["B_PPITCH"]) == (2.0, 0.0)
    np.testing.assert_allclose(read(second), soundfile.read(tone)[0][RATE : 5 * RATE] * 10 ** (-6 / 20), atol=1e-4)


@pytest.mark.parametrize(
    "given",
    [
        {"stretch": 2, "take": {"D_PLAYRATE": 2.0}},
        {"section": [0.0, 8.0, True]},
        {"take": {"D_STARTOFFS": 7.0}, "item": {"B_LOOPSRC": 1}},
    ],
    ids=["stretch markers", "reversed", "looped"],
)
def test_what_is_not_its_file_is_edited_as_it_is_heard(reaper: Rig, tone: Path, given: dict[str, Any]) -> None:
    given = {**given, "item": {"D_LENGTH": 2.0, **given.get("item", {})}}
    put(reaper, "Dialog", tone, **given)
    reaper.do("Edit", "volume gain_db=-6")
    _, second = edited(reaper)["takes"]
    (source,) = {str(path) for path in reaper.media.glob("Cuewright/heard *.wav")} - {second["path"]}
    heard, rate = soundfile.read(source)
    assert (len(heard), rate) == (2 * RATE, RATE)
    assert second["values"].get("D_PLAYRATE", 1.0) == 1.0
    np.testing.assert_allclose(read(second), heard * 10 ** (-6 / 20), atol=1e-4)
    assert reaper.get("fake.most_samples") <= 16_384, "a block a cycle"
    if "section" in given:
        np.testing.assert_allclose(heard, soundfile.read(tone)[0][::-1][: 2 * RATE], atol=1e-6)


def test_an_edit_of_another_length_lies_on_a_track_of_its_own(reaper: Rig, tone: Path) -> None:
    put(reaper, "Dialog", tone, item={"D_POSITION": 3.0})
    before = reaper.track("Dialog")
    reaper.do("Edit", "speed factor=2")
    assert reaper.track("Dialog") == before
    (item,) = items(reaper)
    assert item["values"]["D_POSITION"] == 3.0
    assert item["values"]["D_LENGTH"] == pytest.approx(4.0, abs=0.01)
    assert "another length" in reaper.window


def test_several_items_are_edited_in_one_step(reaper: Rig, tone: Path) -> None:
    put(reaper, "Dialog", tone)
    put(reaper, "Other", tone, item={"D_POSITION": 20.0})
    reaper.do("Edit", "volume gain_db=-6")
    assert [len(edited(reaper, name)["takes"]) for name in ("Dialog", "Other")] == [2, 2]
    assert len(reaper.undo_names) == 1


def test_more_takes_have_their_onset_where_the_active_take_has_it(reaper: Rig) -> None:
    reaper.set(cursor=5.0)
    reaper.option(takes=2)
    reaper.do("Generate", "heavy oak door slam, dry")
    before = reaper.project
    reaper.run("local item = fake.items()[1] item.v.B_UISEL, item.v.D_POSITION = 1, 9.0")
    # As if the active take led in for a tenth of a second more than others do.
    reaper.run("take = fake.items()[1].takes[1] take.v.D_STARTOFFS = take.v.D_STARTOFFS + 0.1")
    reaper.run("key = 'P_EXT:cuewright_onset_seconds' take.s[key] = tostring(tonumber(take.s[key]) + 0.1)")
    reaper.act("More takes")
    reaper.finish()
    (item,) = items(reaper)
    first = heard_at(item, item["takes"][0])
    assert first == pytest.approx(9.0, abs=0.01)
    assert [heard_at(item, take) for take in item["takes"]] == pytest.approx([first] * 4, abs=1e-6)
    assert len({take["path"] for take in item["takes"]}) == 4
    assert item["takes"][2]["active"]
    assert len(reaper.undo_names) == 2
    reaper.undo()
    assert [len(one["takes"]) for one in items(reaper)] == [2]
    assert len(before["tracks"]) == len(reaper.project["tracks"])


def test_the_item_says_what_it_was_made_from(reaper: Rig) -> None:
    reaper.act("Generate")
    reaper.type("glass breaks")
    reaper.press("tab", "control a")
    reaper.type("1")
    reaper.press("tab")
    reaper.type("77")
    reaper.press("enter")
    reaper.drain()
    reaper.finish()
    (item,) = items(reaper)
    texts = item["texts"]
    assert texts["P_EXT:cuewright_seed"] == "77"
    assert Path(texts["P_EXT:cuewright_manifest"]).is_file()
    assert texts["P_NOTES"].startswith("glass breaks\nseed 77\n")


def test_tracks_lie_in_a_folder_by_stem_and_are_used_again(reaper: Rig) -> None:
    reaper.option(takes=1)
    for words in ("heavy oak door slam", "glass breaks", "heavy oak door slam", "night forest ambience"):
        reaper.do("Generate", words)
    tracks = reaper.project["tracks"]
    assert [(track["name"].split()[0], track["values"].get("I_FOLDERDEPTH", 0)) for track in tracks[:3]] == [
        ("Cuewright", 1),
        (tracks[1]["name"].split()[0], 0),
        (tracks[2]["name"].split()[0], -1),
    ]
    assert [track["name"] for track in tracks if track["values"].get("I_FOLDERDEPTH") == 1] == [
        "Cuewright FX",
        "Cuewright BG",
    ]
    assert len(tracks) == 5
    assert len(tracks[1]["items"]) == 2
    assert all(track["values"]["I_CUSTOMCOLOR"] & 0x1000000 for track in tracks)
    assert sum(track["values"].get("I_FOLDERDEPTH", 0) for track in tracks) == 0


def test_a_new_track_ends_a_folder_that_has_another_inside(reaper: Rig) -> None:
    reaper.option(takes=1)
    for words in ("heavy oak door slam", "glass breaks"):
        reaper.do("Generate", words)
    reaper.run("local tracks = fake.project.tracks tracks[2].v.I_FOLDERDEPTH, tracks[3].v.I_FOLDERDEPTH = 1, -2")
    reaper.run("add_track('After')")
    reaper.do("Generate", "anvil strike")
    depths = [track["values"].get("I_FOLDERDEPTH", 0) if track["values"] else 0 for track in reaper.project["tracks"]]
    assert depths == [1, 1, -1, -1, 0]


def test_words_with_any_marks_are_asked_for_again_as_they_were(reaper: Rig) -> None:
    words = 'glass breaks & 50%41 "sharp" = fine'
    reaper.option(takes=1)
    reaper.do("Generate", words)
    reaper.run("fake.items()[1].v.B_UISEL = 1")
    reaper.act("More takes")
    reaper.finish()
    manifests = [json.loads(path.read_text()) for path in reaper.media.glob("Cuewright/*.cuewright.json")]
    assert [manifest["job"]["request"]["prompt"] for manifest in manifests] == [words, words]


def test_a_time_selection_gives_the_length(reaper: Rig) -> None:
    reaper.set(selection=[4.0, 6.5])
    reaper.option(takes=1, stem_folders="no")
    reaper.do("Generate", "steady rain")
    (item,) = items(reaper)
    assert item["values"]["D_POSITION"] == 4.0
    assert item["values"]["D_LENGTH"] == pytest.approx(2.5, abs=1e-3)
    assert len(reaper.project["tracks"]) == 1


def test_a_preset_stands_for_words(reaper: Rig) -> None:
    reaper.act("Generate")
    reaper.run("screen.menu = 2")
    reaper.click("No preset")
    assert "Anvil Strike" in reaper.get("screen.offered")
    reaper.click("Go")
    reaper.finish()
    assert "Anvil" in items(reaper)[0]["takes"][0]["path"]


def test_audition_plays_the_item_and_puts_the_cursor_back(reaper: Rig, tone: Path) -> None:
    put(reaper, "Dialog", tone, item={"D_POSITION": 10.0, "D_LENGTH": 2.0})
    reaper.set(cursor=3.0)
    reaper.act("Audition")
    assert reaper.get("fake.playing") is True
    assert (reaper.get("fake.play_position"), reaper.get("fake.cursor")) == (10.0, 3.0)
    reaper.set(play_position=12.01)
    reaper.run("step(2)")
    assert reaper.get("fake.playing") is False
    reaper.run("for name, kinds in pairs(fake.api.sws) do fake.extensions[name] = kinds end")
    for end in ("act('Audition')", "fake.skew = 2.01 step(2)", "fake.project.tracks = {} step(2)"):
        reaper.set(skew=0)
        reaper.act("Audition")
        assert reaper.get("fake.previewed") == str(tone)
        reaper.run(end)
        assert reaper.get("fake.previewed") is None
        assert reaper.get("#fake.deferred") == 0


def test_settings_are_kept_and_wrong_ones_refused(reaper: Rig) -> None:
    reaper.set(inputs="udp||70000|||2|yes")
    reaper.act("Settings")
    assert "UDP port" in reaper.boxes[0]
    assert reaper.get("fake.ext['Cuewright/transport']") is None
    reaper.set(inputs="udp||57191||a secret|2|no")
    reaper.act("Settings")
    assert reaper.get("fake.ext['Cuewright/port']") == "57191"
    assert reaper.get("fake.ext['Cuewright/token']") == "a secret"
    assert reaper.get("fake.asked.count") == 7


def test_the_form_in_reaimgui(reaper: Rig) -> None:
    reaper.run("imgui.install()")
    reaper.act("Generate")
    assert reaper.window == "", "the native window stays away"
    reaper.run("imgui.pressed.Go = true step(1)")
    reaper.run("step(1)")
    assert "no words yet" in reaper.get("list(imgui.shown)")[-1]
    reaper.run("imgui.pressed.Preset = 1 imgui.typed.Takes = '2' step(1)")
    reaper.run("imgui.typed['What should be heard'], imgui.enter = '', true step(1)")
    reaper.finish()
    (item,) = items(reaper)
    assert len(item["takes"]) == 2
    assert "Anvil" in item["takes"][0]["path"]
    for close in ("imgui.pressed.Cancel = true", "imgui.pressed.Escape = true", "imgui.open = false"):
        reaper.act("Generate")
        reaper.run(f"{close} step(2)")
        assert reaper.get("#fake.deferred") == 0
