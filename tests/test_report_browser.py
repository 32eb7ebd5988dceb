"""The report page in a real Chromium: what it draws, what it plays, and that it stays by itself."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from page_case import opened
from playwright.sync_api import Browser, sync_playwright
from report_case import CC0, HITS_SECONDS, HOSTILE, RATE, SECONDS, hit, make_report, write_picture, write_stem

from engine.cue import Cue
from engine.picture import Picture
from engine.results import Licence
from engine.session import Session
from engine.stems.report import Report, data, write_report
from engine.timebase import FrameRate
from engine.video.filmstrip import filmstrip

pytestmark = pytest.mark.foreign
IN_STEP = """limit => {
    const { running, waiting, time, picture, sounds } = cuewright.state();
    if (!running || time > 3.2) { cuewright.seek(0.6); window.good = 0; return false; }
    const clock = picture ?? time;
    const good = !waiting && sounds.length && sounds.every(({ seconds }) => Math.abs(seconds - clock) < limit);
    window.good = good ? (window.good ?? 0) + 1 : 0;
    return window.good >= 10;
}"""
"""Picture and every sound within a limit, ten screens in a row; the play loops until they are."""


@pytest.fixture(scope="module")
def browser(foreign: Callable[[str], str]) -> Iterator[Browser]:
    flags = ["--autoplay-policy=no-user-gesture-required", "--no-sandbox"]  # root, in a container, may not have one
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=foreign("chromium"), args=flags)
        yield started
        started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    return make_report(folder, picture=write_picture(folder / "picture.mp4"))


@pytest.fixture(scope="module")
def path(report: Report, folder: Path) -> Path:
    return write_report(report, folder, "shot-1")


@pytest.fixture(scope="module")
def files_path(report: Report, folder: Path) -> Path:
    """The same page with no sound in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "LISTENING_BYTES", 0)
        return write_report(report, folder, "files")


def test_it_draws_what_there_is_and_stays_by_itself(browser: Browser, path: Path, report: Report) -> None:
    with opened(browser, path) as one:
        page = one.page
        assert page.locator(".cue").count() == page.locator(".cuelist tbody tr").count() == len(report.cues)
        assert page.locator(".row").evaluate_all("rows => rows.map(row => row.className.split(' ')[1])") == [
            *("ruler", "film", "motion", "cues", "track", "track", "mix")
        ]
        drawn = page.locator(".lane[data-columns]").evaluate_all("lanes => lanes.map(lane => +lane.dataset.columns)")
        handed = page.evaluate("cuewright.data")
        columns = [
            sum(len(base64.b64decode(take["peaks"])) // 2 for event in track["events"] for take in event["takes"])
            for track in handed["tracks"]
        ]
        assert drawn == [*columns, handed["mix"]["columns"]]
        assert all(columns)
        assert one.state()["drawn"] == 7
        page.keyboard.press(" ")
        one.until("cuewright.state().time > 0.2")
        assert one.said == []
        assert set(one.asked_for) == {path.as_uri(), (path.parent / "picture.mp4").as_uri()}


@pytest.mark.parametrize("light", [False, True])
def test_the_waveform_lies_where_its_sound_does(browser: Browser, tmp_path: Path, light: bool) -> None:
    samples = np.zeros(2 * RATE)
    samples[RATE:] = 0.5 * (-1.0) ** np.arange(RATE)
    stem = write_stem(tmp_path, "s1.wav", samples, start=2 * RATE)
    shown = Report(session=Session(), length_samples=4 * RATE, stems=(stem,))
    with opened(browser, write_report(shown, tmp_path, "j"), plays=False, light=light) as one:
        lane = one.pixels(".track .lane").astype(int)
        height, width, _ = lane.shape
        ground = lane[height // 3, width // 4]
        differs = np.abs(lane - ground).sum(axis=2) > 150
        full = differs[6:-6].all(axis=0)  # the loudest sound of a page is as high as its lane
        assert not full[3 : int(0.75 * width) - 2].any()  # the playhead stands at the very left
        assert full[int(0.75 * width) + 2 : -2].all()
        page = one.pixels("body")
        assert (page.mean() > 128) == light
        assert page.std() > 5


def test_space_plays_and_pauses_picture_and_sound(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        before = one.state()
        assert (before["running"], before["picture"], before["sounds"]) == (False, 0, [])
        one.page.keyboard.press(" ")
        one.until("cuewright.state().picture > 0.4 && cuewright.state().sounds.some(({ seconds }) => seconds > 0.4)")
        assert one.page.get_by_role("button", name="Pause").get_attribute("aria-pressed") == "true"
        one.page.keyboard.press(" ")
        stopped = one.state()
        one.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        after = one.state()
        assert (after["running"], after["sounds"]) == (False, [])
        assert after["time"] == stopped["time"] > 0.4


def test_it_stops_at_the_end_and_begins_anew(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        one.page.keyboard.press("End")
        one.page.evaluate("cuewright.seek(3.7)")
        one.page.keyboard.press(" ")
        one.until("!cuewright.state().running")
        assert one.state()["time"] == SECONDS
        one.page.keyboard.press(" ")
        one.until("cuewright.state().running && cuewright.state().time > 0.1 && cuewright.state().time < 3")


@pytest.mark.parametrize("listen", ["mix", "stems"])
def test_picture_and_sound_stay_within_20_ms_after_seeking(browser: Browser, path: Path, listen: str) -> None:
    with opened(browser, path) as one:
        one.page.click(f"[data-listen={listen}]")
        one.page.keyboard.press(" ")
        one.until(IN_STEP, 0.02)
        for time in (2.1, 0.55):
            one.page.evaluate("time => { cuewright.seek(time); window.good = 0; }", time)
            one.until(IN_STEP, 0.02)


@pytest.mark.parametrize("listen", ["mix", "stems"])
def test_files_beside_the_page_come_into_step_too(browser: Browser, files_path: Path, listen: str) -> None:
    with opened(browser, files_path) as one:
        one.page.click(f"[data-listen={listen}]")
        one.page.keyboard.press(" ")
        one.until(IN_STEP, 0.02)
        assert one.state()["failed"] == []
        assert one.said == []


def test_sounds_are_scheduled_on_the_sample(browser: Browser, path: Path) -> None:
    """What the browser's sound engine is told, not what the page believes."""
    with opened(browser, path) as one:
        one.page.evaluate(
            """() => {
                window.told = [];
                const start = AudioBufferSourceNode.prototype.start;
                AudioBufferSourceNode.prototype.start = function (when, offset) {
                    window.told.push({ when, offset, length: this.buffer.duration });
                    return start.apply(this, arguments);
                };
            }"""
        )
        one.page.click("[data-listen=stems]")
        one.page.keyboard.press(" ")
        one.until("cuewright.state().time > 0.1 && told.length >= 6")
        told = one.page.evaluate("told")[:6]
        begins = sorted(call["when"] - (call.get("offset") or 0) for call in told)  # the rain's middle lies right too
        assert np.diff(begins) == pytest.approx(np.diff([0, *HITS_SECONDS]), abs=0.5 / RATE)


def test_the_copies_in_the_page_lie_on_the_sample_once_decoded(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        decoded = one.page.evaluate(
            """async rate => {
                const { mp3 } = cuewright.data.tracks[0].events[0].takes[0];
                const bytes = Uint8Array.from(atob(mp3), letter => letter.charCodeAt(0));
                const buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.buffer);
                return [...buffer.getChannelData(0)];
            }""",
            RATE,
        )
    sound = 0.8 * hit(11)
    assert len(decoded) == len(sound)
    lags = np.correlate(np.pad(decoded, 2_000), sound, "valid")
    assert np.argmax(lags) == 2_000


def test_seeking_shows_the_frame_of_that_moment(browser: Browser, tmp_path: Path) -> None:
    """Seen on the screen: every frame has a brightness of its own, the slice an offset and a play rate."""
    film = write_picture(tmp_path / "picture.mp4", ramp=True)
    slice_ = Picture(path=str(film), offset_seconds=0.4, length_seconds=1.6, play_rate=2)
    shown = Report(session=Session(), length_samples=round(1.6 * RATE), picture=slice_, stills=filmstrip(slice_, 4))
    with opened(browser, write_report(shown, tmp_path, "j")) as one:
        for frame in (0, 1, 7, 39):
            one.page.evaluate("time => cuewright.seek(time)", frame / 25)
            one.until("!document.querySelector('video').seeking")
            for _ in range(200):  # what is decoded comes to the screen a little later
                seen = one.pixels(".monitor")
                level = float(np.median(seen[seen.shape[0] // 4 : seen.shape[0] // 2]))
                if level == pytest.approx(expected := 40 + 2 * (10 + 2 * frame), abs=1.6):
                    break
            assert level == pytest.approx(expected, abs=1.6)


def test_mute_solo_and_takes_decide_what_is_heard(browser: Browser, path: Path) -> None:
    ball = [f"s1.{k}-t1.wav" for k in range(1, 6)]
    with opened(browser, path) as one:

        def heard() -> list[str]:
            return list(one.state()["audible"])

        def press(name: str) -> None:
            one.page.get_by_role("button", name=name, exact=True).click()

        assert heard() == ["MIX.wav"]
        press("Mute BG")
        assert heard() == ball
        press("Solo BG")
        assert heard() == ["s2.wav"]
        press("Solo BG")
        press("Mute BG")
        assert heard() == [*ball, "s2.wav"]
        one.page.get_by_label("Take of FX_BALL").select_option("2")
        assert heard() == [name.replace("t1", "t2") for name in ball] + ["s2.wav"]
        press("Mix")
        assert heard() == ["MIX.wav"]
        press("Mute FX_BALL")
        one.page.evaluate("document.activeElement.blur()")
        one.page.keyboard.press(" ")
        one.until("cuewright.state().sounds.length > 0 && cuewright.state().time > 0.6")
        assert {sound["name"] for sound in one.state()["sounds"]} == {"s2.wav"}  # the first ball is at 0.5 s
        press("Mute BG")
        one.until("cuewright.state().sounds.length === 0")


def test_click_and_drag_seek(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        lane = one.page.locator(".row.film .lane").bounding_box()
        assert lane
        y = lane["y"] + lane["height"] / 2
        one.page.mouse.move(lane["x"] + lane["width"] / 4, y)
        one.page.mouse.down()
        assert one.state()["time"] == pytest.approx(1, abs=0.01)
        one.page.mouse.move(lane["x"] + lane["width"] / 2, y + 100)
        assert one.state()["time"] == pytest.approx(2, abs=0.01)
        one.page.mouse.up()
        one.page.mouse.move(lane["x"], y)
        state = one.state()
        assert state["time"] == state["picture"] == pytest.approx(2, abs=0.01)
        playhead = one.page.locator(".playhead").bounding_box()
        assert playhead
        assert playhead["x"] == pytest.approx(lane["x"] + lane["width"] / 2, abs=1)


def test_the_keyboard_reaches_everything(browser: Browser, path: Path) -> None:
    with opened(browser, path, fragment="#t=1") as one:
        press = one.page.keyboard.press
        time = lambda: one.state()["time"]  # noqa: E731
        assert time() == 1
        press("ArrowRight")
        assert time() == pytest.approx(1.04)
        press("Shift+ArrowLeft")
        assert time() == pytest.approx(0.04)
        press("ArrowDown")
        assert time() == pytest.approx(0.5)
        assert "Impact 01:00:00:12" in one.page.locator(".detail").inner_text()
        one.page.locator(".cue[tabindex='0']").focus()
        press("ArrowDown")
        focused = one.page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused.startswith("Step 01:00:01:05 · ball on a wooden floor · strength 0.70 · confidence 0.76")
        press("Home")
        press("Enter")
        assert time() == pytest.approx(1.2)
        width = one.page.evaluate("document.querySelector('.rows').offsetWidth")
        press("+")
        assert one.page.evaluate("document.querySelector('.rows').offsetWidth") > 1.7 * width
        press("0")
        assert one.page.evaluate("document.querySelector('.rows').offsetWidth") == width


def test_hovering_a_cue_tells_about_it(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        one.page.locator(".cue[data-kind=swell]").hover()
        told = one.page.locator(".detail").inner_text()
        assert told.startswith("Swell 01:00:00:00 · rain outside · 4.00 s long · strength 0.30 · confidence 1.00")
        lane = one.page.locator(".row.track .lane").nth(1)
        lane.hover()
        assert one.page.locator(".detail").inner_text().endswith("s2.wav")


def test_hostile_words_are_shown_as_they_are(browser: Browser, tmp_path: Path) -> None:
    words = {"label": HOSTILE, "track": HOSTILE, "licence": Licence(name=HOSTILE, commercial=False, note=HOSTILE)}
    stem = write_stem(tmp_path, "s1.wav", hit(1), start=0, **words)
    cue = Cue(id="c1", start_samples=0, label=HOSTILE, track=HOSTILE[:120])
    session = Session(project=HOSTILE[:120])
    shown = Report(session=session, length_samples=RATE, title=HOSTILE, cues=(cue,), stems=(stem,), warnings=(HOSTILE,))
    with opened(browser, write_report(shown, tmp_path, "j"), plays=False) as one:
        page = one.page
        for selector in ("h1", ".notes li", ".track .name span", ".cuelist td:nth-child(6)", ".restricted td"):
            assert page.locator(selector).first.text_content() == HOSTILE
        page.locator(".track .lane").hover(position={"x": 5, "y": 20})
        assert HOSTILE in (page.locator(".detail").text_content() or "")
        assert page.title().split() == HOSTILE.split()
        assert page.evaluate("window.hacked === undefined && !document.querySelector('img[src=x]')")
        assert one.said == []


def test_without_a_picture_it_plays_the_sound(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, write_report(make_report(tmp_path), tmp_path, "j"), plays=False) as one:
        assert one.page.locator(".monitor").get_attribute("hidden") is not None
        assert one.page.locator(".row.film").count() == 0
        one.page.keyboard.press(" ")
        one.until(IN_STEP, 0.02)
        assert one.state()["picture"] is None
        assert one.said == []


def test_with_nothing_but_a_picture_it_plays_that(browser: Browser, report: Report, folder: Path) -> None:
    alone = replace(report, cues=(), stems=(), mix=None, shots_samples=(0,), motion=())
    with opened(browser, write_report(alone, folder, "alone")) as one:
        assert one.page.locator(".cuelist tbody").inner_text().strip() == "No cues."
        one.page.keyboard.press(" ")
        one.until("cuewright.state().picture > 0.2")
        assert one.said == []


@pytest.mark.parametrize("kind", ["missing", "prores"])
def test_where_the_picture_does_not_play_the_filmstrip_moves(
    browser: Browser, report: Report, folder: Path, kind: str
) -> None:
    film = folder / f"{kind}.mov"
    if kind == "prores":
        write_picture(film, codec="prores_ks", seconds=1)
    shown = replace(report, picture=Picture(path=str(film)))
    with opened(browser, write_report(shown, folder, kind), plays=False) as one:
        one.until("!document.querySelector('.unplayable').hidden")
        assert f"{kind}.mov does not play here" in one.page.locator(".unplayable").inner_text()
        assert "filmstrip moves" in one.page.locator(".unplayable").inner_text()
        dark = one.pixels(".monitor")
        one.page.keyboard.press(" ")
        one.until("cuewright.state().sounds.length > 0")
        one.page.keyboard.press(" ")
        one.page.evaluate("cuewright.seek(3)")
        assert one.pixels(".monitor").mean() > dark.mean() + 20  # the second half is brighter


def test_mailed_alone_it_still_plays_every_sound(browser: Browser, path: Path, tmp_path: Path) -> None:
    alone = shutil.copy(path, tmp_path)
    with opened(browser, Path(alone), plays=False) as one:
        one.page.click("[data-listen=stems]")
        one.page.keyboard.press(" ")
        one.until(IN_STEP, 0.02)
        assert one.state()["failed"] == []
        assert not one.page.locator(".missing").is_visible()


def test_sounds_that_are_nowhere_are_named_as_missing(browser: Browser, files_path: Path, tmp_path: Path) -> None:
    alone = shutil.copy(files_path, tmp_path)
    with opened(browser, Path(alone), plays=False) as one:
        one.page.keyboard.press(" ")
        one.until("cuewright.state().failed.length > 0")
        assert one.page.locator(".missing").is_visible()
        assert "1 of 12 sounds cannot be played" in one.page.locator(".missing").inner_text()
        assert one.state()["running"]


def test_500_cues_and_60_tracks_over_an_hour(browser: Browser, tmp_path: Path) -> None:
    hour = 3_600 * RATE
    stems = tuple(
        write_stem(tmp_path, f"s{k}.wav", hit(k), start=k * 60 * RATE, index=k + 1, track=f"T{k:02d}", licence=CC0)
        for k in range(60)
    )
    cues = tuple(Cue(id=f"c{k}", start_samples=k * hour // 500) for k in range(500))
    shown = Report(session=Session(frame_rate="29.97df"), length_samples=hour, stems=stems, cues=cues)
    with opened(browser, write_report(shown, tmp_path, "hour"), plays=False) as one:
        assert one.page.locator(".cue").count() == one.page.locator(".cuelist tbody tr").count() == 500
        assert one.page.locator(".row.track").count() == 60
        one.page.evaluate("cuewright.seek(3599)")
        assert one.page.locator(".timecode").inner_text() == FrameRate.parse("29.97df").frames_to_timecode(107_862)
        one.page.keyboard.press(" ")
        one.until("cuewright.state().time > 3599.2")
        assert one.said == []


def test_timecode_is_counted_as_the_engine_counts_it(browser: Browser, path: Path) -> None:
    with opened(browser, path) as one:
        for name in ("23.976", "24", "25", "29.97", "29.97df", "30", "50", "59.94", "59.94df", "120"):
            frames = FrameRate.parse(name)
            day = frames.timecode_to_frames(f"23:59:59:{frames.nominal - 1:02d}") + 1
            minute = 60 * frames.nominal
            numbers = [k * minute + near - k * 4 * frames.drop_frame for k in range(1, 12) for near in range(-50, 10)]
            numbers += np.random.default_rng(0).integers(1, day, 100).tolist()
            samples = [frames.frames_to_samples(number, RATE) for number in numbers]
            count = {"numerator": frames.rate.numerator, "denominator": frames.rate.denominator}
            found = one.page.evaluate(
                """([frames, sample_rate_hz, numbers, samples]) => {
                    const Timecode = cuewright.timecode.constructor;
                    const timecode = new Timecode({ frames, sample_rate_hz, midnight_samples: 0 });
                    return numbers.map((number, k) => [
                        timecode.ofFrame(number),
                        timecode.frameOf(timecode.numberOf(number)),
                        timecode.frameAt(samples[k] / sample_rate_hz),
                        timecode.frameAt((samples[k] - 1) / sample_rate_hz),
                    ]);
                }""",
                [{**count, "drop": frames.drop_frame}, RATE, numbers, samples],
            )
            assert found == [[frames.frames_to_timecode(n), n, n, n - 1] for n in numbers], name
