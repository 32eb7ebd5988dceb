"""The page of an align job in a real Chromium: what it draws where, and that versions are compared honestly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from align_report_case import LATE_SECONDS, LOUDNESS_LUFS, make_report, make_trace
from page_case import Opened, opened
from playwright.sync_api import Browser, sync_playwright
from report_case import HITS_SECONDS, HOSTILE, RATE, SECONDS, write_picture

from engine.stems.report import AlignReport, aligned_data, write_align_report
from engine.trace import Description

pytestmark = pytest.mark.foreign
STRIP_PX = 16
ON, OFF = (138, 181, 88), (106, 196, 232)
"""Of onsets that lie on the picture and others, in the dark; blue first."""
WATCH = """() => {
    window.told = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when, offset = 0) {
        const samples = this.buffer.getChannelData(0);
        const first = samples.findIndex((one) => Math.abs(one) > 0.02) / this.buffer.sampleRate;
        told.push({ first, zero: when - offset });
        return start.apply(this, arguments);
    };
    window.held = 0;
    for (const what of ['pause', 'seeking', 'waiting', 'ratechange']) {
        document.querySelector('video').addEventListener(what, () => { held++; });
    }
}"""
"""Note what the browser's sound engine is told: the second at which each sound's first sample lies, and when in it the
first knock is; and whatever holds up the picture."""


@pytest.fixture(scope="module")
def browser(foreign: Callable[[str], str]) -> Iterator[Browser]:
    flags = ["--autoplay-policy=no-user-gesture-required", "--no-sandbox"]  # root, in a container, may not have one
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=foreign("chromium"), args=flags)
        yield started
        started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aligned")


@pytest.fixture(scope="module")
def report(folder: Path) -> AlignReport:
    return make_report(folder, picture=write_picture(folder / "picture.mp4"))


@pytest.fixture(scope="module")
def path(report: AlignReport, folder: Path) -> Path:
    return write_align_report(report, folder, "fit-1")


def names(one: Opened) -> list[str]:
    """What the buttons of the versions say, less their keys."""
    return [text.split("\n")[-1] for text in one.page.locator("[data-version]").all_inner_texts()]


def chosen(one: Opened) -> list[str]:
    return one.page.locator("[data-version][aria-pressed=true]").all_inner_texts()


def test_it_draws_what_there_is_and_stays_by_itself(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        page = one.page
        assert page.locator(".row").evaluate_all("rows => rows.map(row => row.className.split(' ')[1])") == [
            *("ruler", "film", "motion", "seen", "version", "version", "version")
        ]
        assert names(one) == ["Original", "Cycle 2", "Cycle 3"]
        assert one.state()["audible"] == ["foley 3.wav"]  # the winner, until people choose
        assert page.locator(".row.version small:nth-child(2)").all_inner_texts() == [
            *("0 of 5 in time", "0 of 5 in time", "5 of 5 in time")
        ]
        page.keyboard.press(" ")
        one.until("cuewright.state().time > 0.2")
        assert one.said == []
        assert set(one.asked_for) == {path.as_uri(), (path.parent / "picture.mp4").as_uri()}


def test_what_is_seen_lies_at_its_time(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        lane = one.page.locator(".row.seen .lane").bounding_box()
        assert lane
        marks = [mark.bounding_box() for mark in one.page.locator(".row.seen .cue").all()]
        middles = [mark["x"] + mark["width"] / 2 for mark in marks if mark]
        assert middles == pytest.approx([lane["x"] + lane["width"] * at / SECONDS for at in HITS_SECONDS], abs=1)


@pytest.mark.parametrize(("place", "number"), [(0, 0), (1, 2), (2, 3)])
def test_what_is_heard_lies_at_its_time_and_tells_whether_it_is_on(
    browser: Browser, path: Path, place: int, number: int
) -> None:
    late = LATE_SECONDS[number]
    with opened(browser, path) as one:
        one.page.keyboard.press(str(place + 1))
        row = one.page.locator(".row.version").nth(place)
        assert "heard" in (row.get_attribute("class") or "")
        lane = one.pixels(f".row.version[data-number='{number}'] .lane").astype(int)
        wedges = lane[2 : STRIP_PX // 2]
        found = {name: np.abs(wedges - colour).max(axis=2) < 12 for name, colour in (("on", ON), ("off", OFF))}
        assert not found["off" if late == 0 else "on"].any()
        columns = found["on" if late == 0 else "off"].any(axis=0).nonzero()[0]
        groups = np.split(columns, np.nonzero(np.diff(columns) > 1)[0] + 1)
        expected = [(at + late) / SECONDS * lane.shape[1] for at in HITS_SECONDS]
        assert [float(group.mean()) + 0.5 for group in groups] == pytest.approx(expected, abs=1.0)
        tethers = (np.abs(lane[STRIP_PX - 5 : STRIP_PX] - OFF).max(axis=2) < 12).any(axis=0)  # as long as it is late
        assert tethers.sum() == pytest.approx(5 * late / SECONDS * lane.shape[1], abs=24)


def test_a_key_switches_what_is_heard_on_the_sample_and_holds_up_nothing(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        one.page.evaluate(WATCH)
        one.page.keyboard.press(" ")
        one.until("cuewright.state().time > 0.3 && told.length === 1")
        one.page.evaluate("window.held = 0")  # it had to begin
        for key, name in (("1", "foley 0.wav"), ("2", "foley 2.wav"), ("3", "foley 3.wav")):
            one.page.keyboard.press(key)
            one.until(
                f"(({{ sounds, running }}) => running && sounds.length === 1 && sounds[0].name === '{name}')"
                "(cuewright.state())"
            )
        told = one.page.evaluate("told")
        zeros = [call["zero"] for call in told]
        assert [call["first"] for call in told] == pytest.approx([0.5, 0.7, 0.6, 0.5], abs=0.002)
        assert np.ptp(zeros) < 0.5 / RATE
        assert one.page.evaluate("held") == 0
        state = one.state()
        assert state["running"]
        assert state["failed"] == []


def test_picture_and_sound_stay_within_20_ms_after_seeking_and_switching(browser: Browser, path: Path) -> None:
    in_step = """limit => {
        const { running, waiting, time, picture, sounds } = cuewright.state();
        if (!running || time > 3.2) { cuewright.seek(0.6); window.good = 0; return false; }
        const good = !waiting && sounds.length === 1 && Math.abs(sounds[0].seconds - (picture ?? time)) < limit;
        window.good = good ? (window.good ?? 0) + 1 : 0;
        return window.good >= 10;
    }"""
    with opened(browser, path) as one:
        one.page.keyboard.press(" ")
        one.until(in_step, 0.02)
        one.page.evaluate("cuewright.seek(2)")
        one.page.keyboard.press("1")
        one.page.evaluate("window.good = 0")
        one.until(in_step, 0.02)


def test_versions_can_be_chosen_in_every_place(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        one.page.get_by_role("button", name="Hear Original").click()
        assert one.state()["audible"] == ["foley 0.wav"]
        one.page.locator(".row.version .name").nth(1).click()
        assert one.state()["audible"] == ["foley 2.wav"]
        assert one.page.locator("tbody.heard").get_attribute("data-number") == "2"
        one.page.locator("[data-version='2']").click()
        assert one.state()["audible"] == ["foley 3.wav"]
        one.page.keyboard.press("9")  # there is none
        assert one.state()["audible"] == ["foley 3.wav"]
        assert one.page.locator(".choose[data-number='1']").is_hidden()  # it was never made


def test_blind_hides_what_is_which(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        one.page.evaluate("Math.random = () => 0")  # 0, 2, 3 becomes 2, 3, 0
        one.page.keyboard.press("b")
        assert names(one) == ["A", "B", "C"]
        assert one.page.locator(".hush").is_visible()
        for hidden in (".row.version", ".cycles table", ".legend"):
            assert not one.page.locator(hidden).first.is_visible()
        assert "foley" not in one.page.locator("main").inner_text()
        heard = []
        for key in "123":
            one.page.keyboard.press(key)
            heard += one.state()["audible"]
            assert chosen(one)[0].endswith("ABC"[int(key) - 1])
            assert one.page.locator(".detail").inner_text().strip() == "ABC"[int(key) - 1]
        assert heard == ["foley 2.wav", "foley 3.wav", "foley 0.wav"]
        one.page.get_by_role("button", name="Blind").click()
        assert one.page.locator(".detail").inner_text() == "They were A Cycle 2 · B Cycle 3 · C Original"
        assert names(one) == ["Original", "Cycle 2", "Cycle 3"]
        assert chosen(one)[0].endswith("Original")
        assert one.page.locator(".row.version").first.is_visible()


def test_same_loudness_turns_down_to_the_softest(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        one.page.evaluate(
            """() => {
                window.gains = [];
                const to = AudioParam.prototype.setTargetAtTime;
                AudioParam.prototype.setTargetAtTime = function (value) {
                    gains.push(value);
                    return to.apply(this, arguments);
                };
            }"""
        )
        one.page.keyboard.press("1")
        one.page.keyboard.press(" ")
        one.until("cuewright.state().sounds.length === 1 && cuewright.state().time > 0.2")
        one.page.keyboard.press("l")
        assert one.page.evaluate("cuewright.data.versions.map(version => version.gain)") == pytest.approx(
            [10 ** ((-26 - loudness) / 20) for loudness in LOUDNESS_LUFS.values()]
        )
        assert one.page.evaluate("gains.at(-1)") == pytest.approx(10 ** (-6 / 20))  # while it plays
        one.page.keyboard.press("l")
        assert one.page.evaluate("gains.at(-1)") == 1


def test_the_keyboard_goes_from_moment_to_moment(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        for key, time in (("ArrowDown", 0.5), ("ArrowDown", 1.2), ("ArrowUp", 0.5), ("End", 4), ("ArrowUp", 3.4)):
            one.page.keyboard.press(key)
            assert one.state()["time"] == pytest.approx(time)


def test_hovering_an_onset_tells_how_late_it_is(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        lane = one.page.locator(".row.version .lane").first
        box = lane.bounding_box()
        assert box
        lane.hover(position={"x": 0.72 / SECONDS * box["width"], "y": 40})
        assert one.page.locator(".detail").inner_text().startswith("Original onset 01:00:00:17 · 200 ms late")


def test_versions_too_long_for_the_page_play_from_their_files(
    browser: Browser, report: AlignReport, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aligned_data, "VERSIONS_BYTES", 0)
    with opened(browser, write_align_report(report, folder, "files")) as one:
        one.page.keyboard.press(" ")
        for key, name in (("1", "foley 0.wav"), ("3", "foley 3.wav")):
            one.page.keyboard.press(key)
            one.until(f"cuewright.state().sounds.some(({{ name, seconds }}) => name === '{name}' && seconds > 0.05)")
        assert one.state()["failed"] == []


def test_what_models_wrote_is_text(browser: Browser, report: AlignReport, folder: Path) -> None:
    cycles = tuple(
        cycle.model_copy(update={"actions": (HOSTILE,), "reason": HOSTILE, "planner": HOSTILE})
        for cycle in make_trace().cycles
    )
    trace = make_trace(cycles=cycles, verdict=HOSTILE, description=Description(heard=HOSTILE, seen=HOSTILE))
    hostile = replace(report, title=HOSTILE, trace=trace, warnings=(HOSTILE,))
    with opened(browser, write_align_report(hostile, folder, "hostile")) as one:
        assert one.page.evaluate("window.hacked") is None
        assert "<script>window.hacked = 1</script>" in one.page.locator(".words p").first.inner_text()
        assert one.said == []


@pytest.mark.parametrize("width_px", [700, 1_280])
@pytest.mark.parametrize("light", [False, True])
def test_the_page_is_no_wider_than_its_window(
    browser: Browser, report: AlignReport, folder: Path, width_px: int, light: bool
) -> None:
    long = make_trace().cycles[1].model_copy(update={"actions": ("denoise text=" + "x" * 300,)})
    trace = make_trace(
        verdict="y" * 400,
        description=Description(heard="z" * 900, seen="z"),
        cycles=tuple(long.model_copy(update={"number": number}) for number in range(1, 17)),
    )
    heard = tuple(replace(report.heard[0], number=number) for number in range(17))
    wide = replace(report, trace=trace, heard=heard, title="t" * 300, sound="s" * 300)
    with opened(browser, write_align_report(wide, folder, f"wide-{width_px}"), width_px=width_px, light=light) as one:
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width_px
        assert (
            one.page.evaluate(
                "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.cycles'))"
            )
            <= 0
        )
        shown = one.pixels("header")
        assert (shown.mean() > 128) == light
