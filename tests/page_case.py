"""A report page, opened in a real Chromium, and what it does there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Browser, Page

WAIT_MS = 30_000


@dataclass(kw_only=True)
class Opened:
    """A page, and what it did."""

    page: Page
    path: Path
    said: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        return dict(self.page.evaluate("cuewright.state()"))

    def until(self, condition: str, argument: object = None) -> None:
        function = condition if condition.startswith(("limit =>", "() =>")) else f"() => {condition}"
        self.page.wait_for_function(function, arg=argument, timeout=WAIT_MS)  # the policy forbids bare expressions

    def pixels(self, selector: str) -> np.ndarray[Any, Any]:
        """``(height, width, 3)``, blue first."""
        shot = self.page.locator(selector).first.screenshot()
        return np.asarray(cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR))


@contextmanager
def opened(
    browser: Browser,
    path: Path,
    *,
    plays: bool = True,
    fragment: str = "",
    light: bool = False,
    width_px: int = 1_200,
) -> Iterator[Opened]:
    page = browser.new_page(viewport={"width": width_px, "height": 820}, color_scheme="light" if light else "dark")
    one = Opened(page=page, path=path)
    page.on("console", lambda message: one.said.append(message.text))
    page.on("pageerror", lambda error: one.said.append(str(error)))
    page.on("request", lambda request: one.asked_for.append(request.url))
    page.goto(path.as_uri() + fragment)
    one.until("window.cuewright && cuewright.state().drawn > 0")
    if plays:
        one.until("cuewright.state().plays")
    yield one
    page.close()
