"""The page of the built-in sounds in a real Chromium: what is drawn is what is heard, and words find it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from page_case import Opened, opened
from playwright.sync_api import Browser, sync_playwright

from engine.audio import Audio
from engine.cli import run
from engine.procedural.families import FAMILIES
from engine.stems.report import BankSound, BankTake, write_bank

pytestmark = pytest.mark.foreign
RATE = 48_000
HOSTILE = '</script><img src=x onerror=alert(1)>"'


@pytest.fixture(scope="module")
def browser(foreign: Callable[[str], str]) -> Iterator[Browser]:
    flags = ["--autoplay-policy=no-user-gesture-required", "--no-sandbox"]  # root, in a container, may not have one
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=foreign("chromium"), args=flags)
        yield started
        started.close()


def tone(hz: float, seconds: float = 1.0) -> Audio:
    t = np.arange(round(seconds * RATE)) / RATE
    return Audio(samples=(0.4 * np.sin(2 * np.pi * hz * t))[None], sample_rate_hz=RATE)


def sound(name: str, *hz: float, words: tuple[str, ...] = ()) -> BankSound:
    return BankSound(
        name=name,
        label=name.title(),
        category="BEEP",
        words=words or (name,),
        fills=False,
        length_seconds=1.0,
        parameters=[("size", 0.25, 1.0, 4.0, "×", HOSTILE)],
        takes=[BankTake(seed=k, audio=tone(one)) for k, one in enumerate(hz)],
    )


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    sounds = [
        sound("low", 100, 6_000, words=("low hum", HOSTILE)),
        sound("high", 8_000, words=("whistle",)),
        *(sound(f"other{k}", 440) for k in range(40)),
    ]
    path = write_bank(sounds, tmp_path_factory.mktemp("bank") / "sounds.html")
    with opened(browser, path) as one:
        yield one


def brightest_row(page: Opened, name: str) -> float:
    """Where the brightest line of a spectrogram lies, 0 at the top to 1 at the bottom."""
    picture = page.pixels(f'[data-name="{name}"] canvas').astype(float).sum(axis=2)
    rows = picture[3:-3].mean(axis=1)
    return float(np.argmax(rows)) / rows.size


def test_a_low_tone_is_drawn_low_and_a_high_one_high(page: Opened) -> None:
    assert brightest_row(page, "low") == pytest.approx(1 - np.log2(100 / 40) / np.log2(24_000 / 40), abs=0.08)
    assert brightest_row(page, "high") == pytest.approx(1 - np.log2(8_000 / 40) / np.log2(24_000 / 40), abs=0.08)


def test_only_what_is_in_view_is_drawn(page: Opened) -> None:
    assert page.state()["drawn"] < 42
    page.page.locator('[data-name="other39"]').scroll_into_view_if_needed()
    page.until("document.querySelector('[data-name=other39]').dataset.drawn")
    page.page.evaluate("scrollTo(0, 0)")


def test_a_click_plays_it_a_second_one_stops_it(page: Opened) -> None:
    view = page.page.locator('[data-name="low"] .view')
    view.click()
    page.until("cuewright.state().playing?.name === 'low'")
    view.click()
    page.until("cuewright.state().playing === null")


def test_it_ends_by_itself(page: Opened) -> None:
    page.page.locator('[data-name="high"] .view').click()
    page.until("cuewright.state().playing?.name === 'high'")
    page.until("cuewright.state().playing === null")


def test_another_take_is_drawn_and_played(page: Opened) -> None:
    page.page.locator('[data-name="low"] [data-take="1"]').click()
    page.until("cuewright.state().playing?.take === 1")
    page.until("cuewright.state().playing === null")
    assert brightest_row(page, "low") == pytest.approx(1 - np.log2(6_000 / 40) / np.log2(24_000 / 40), abs=0.08)
    page.page.locator('[data-name="low"] .view').focus()
    page.page.keyboard.press("1")
    page.until("cuewright.state().playing?.take === 0")
    page.until("cuewright.state().playing === null")
    assert brightest_row(page, "low") > 0.7


def test_words_find_sounds(page: Opened) -> None:
    page.page.keyboard.press("/")
    page.page.keyboard.type("low HUM")
    page.until("cuewright.state().shown === 1")
    assert page.page.locator('[data-name="low"]').is_visible()
    assert page.page.locator(".shown").inner_text() == "1 of 42"
    page.page.locator(".find").fill("")
    page.until("cuewright.state().shown === 42")


def test_nothing_is_said_asked_for_or_run_that_is_not_its_own(page: Opened) -> None:
    assert page.said == []
    assert [url for url in page.asked_for if not url.startswith(("file:", "data:"))] == []
    assert page.page.locator("img").count() == 0


def test_the_command_writes_the_real_bank(browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bank.html"
    assert run(["sounds", "dog", "--out", str(path), "--takes", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["sounds"]] == ["dog_bark"]
    assert told["page"] == str(path)
    with opened(browser, path) as one:
        assert one.page.locator(".take").count() == 2
        assert one.page.locator("details tr").count() == len(FAMILIES["dog_bark"].params)
        one.page.locator(".view").click()
        one.until("cuewright.state().playing?.name === 'dog_bark'")
        assert one.said == []


def test_the_command_lists_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sounds", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["sounds"]] == list(FAMILIES)
    assert run(["sounds", "unicorn", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["field"] == "words"
