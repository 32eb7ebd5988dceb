"""Pictures of the scripts' windows, drawn from their own `gfx` calls; no screenshots, and nothing of REAPER is in them.

`python tests/daws/reaper/window_picture.py FOLDER` draws those that there are, at one and at two pixels to a point;
the one in REAPER's manual is the prompt at two. It needs Arial, or the letters of its size from `fonts-liberation`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from reaper_rig import Rig, lua
from window_cases import WINDOWS

FONTS = ("Arial.ttf", "arial.ttf", "LiberationSans-Regular.ttf")
EM_OF_HEIGHT = 0.87
"""REAPER's font size is the height of a line; a letter's own size is smaller, as Arial has it."""
LETTERS = [*range(32, 127), 0x25BC]


def font(pixels: float) -> ImageFont.FreeTypeFont:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, round(pixels * EM_OF_HEIGHT))
        except OSError:
            continue
    raise SystemExit(f"None of {', '.join(FONTS)} is installed: apt-get install fonts-liberation.")


def measure(rig: Rig) -> None:
    """Give the fake the widths of real letters."""
    large = font(1000)
    widths = {code: large.getlength(chr(code)) / 1000 for code in LETTERS}
    rig.run(f"screen.widths = {{ {', '.join(f'[{code}] = {width:.4f}' for code, width in widths.items())} }}")


def picture(rig: Rig) -> Image.Image:
    """What the window shows now."""
    drawn = Image.new("RGB", (round(rig.get("gfx.w")), round(rig.get("gfx.h"))))
    pen = ImageDraw.Draw(drawn)
    for one in rig.get("list(screen.shown)"):
        colour = tuple(round(255 * part) for part in one["colour"])
        at = (one["x"], one["y"])
        if "text" in one:
            pen.text(at, one["text"], fill=colour, font=font(one["size"]))
        elif one["width"] > 0 and one["height"] > 0:
            pen.rectangle((*at, one["x"] + one["width"] - 1, one["y"] + one["height"] - 1), fill=colour)
    return drawn


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("lua5.4") or "lua"
    for name, prepare in WINDOWS.items():
        for scale in (1, 2):
            with tempfile.TemporaryDirectory() as home:
                rig = Rig(program, Path(home), spool=Path(home) / "spool")
                try:
                    rig.set(os="macOS-arm64", no_sockets=True)
                    rig.run(f"screen.scale, screen.counts_points = {lua(scale)}, true")
                    measure(rig)
                    prepare(rig)
                    picture(rig).save(folder / f"{name}-{scale}x.png", optimize=True)
                finally:
                    rig.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
