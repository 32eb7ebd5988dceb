"""Whatever the project's rates and start are, the file says where on the clock its sound lies."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from reaper_rig import Rig
from wavinfo import WavInfoReader

from engine.stems.manifest import Manifest, read_manifest
from engine.timebase import FrameRate

NTSC = Fraction(1000, 1001)
CURSOR_SECONDS = 12.5


@pytest.mark.parametrize(
    ("fps", "drop", "start", "told"),
    [
        (24 * NTSC, False, "01:00:00:00", "23.976"),
        (Fraction(24), False, "09:59:50:12", "24"),
        (Fraction(25), False, "10:00:00:00", "25"),
        (30 * NTSC, True, "01:00:00;02", "29.97df"),
        (30 * NTSC, False, "1:00:00:00", "29.97"),
        (60 * NTSC, True, "00:10:00;04", "59.94df"),
        (Fraction(50), False, "00:00:00:00", "50"),
    ],
)
def test_frame_rates_and_starts(reaper: Rig, fps: Fraction, drop: bool, start: str, told: str) -> None:
    reaper.set(frame_rate=float(fps), drop=drop, offset_timecode=start, cursor=CURSOR_SECONDS)
    reaper.option(takes=1)
    reaper.do("Generate", "glass breaks")
    (path,) = reaper.media.glob("Cuewright/GLAS*.wav")
    (manifest,) = reaper.media.glob("Cuewright/*.cuewright.json")
    rate = FrameRate.parse(told)
    made = read_manifest(manifest)
    assert isinstance(made, Manifest)
    assert FrameRate.parse(made.plan.session.frame_rate) == rate
    (stem,) = [stem for stem in made.stems if stem.kind == "stem"]
    clock = rate.timecode_to_samples(start, 48_000) + CURSOR_SECONDS * 48_000
    assert WavInfoReader(str(path)).bext.time_reference + stem.onset_samples == clock


@pytest.mark.parametrize(
    ("used", "device", "told"), [(True, 48_000, 96_000), (False, 44_100, 44_100), (False, None, 48_000)]
)
def test_sample_rates(reaper: Rig, used: bool, device: int | None, told: int) -> None:
    """The project's where it has one, else the device's."""
    reaper.set(sample_rate=96_000, use_sample_rate=used, cursor=CURSOR_SECONDS)
    if device:
        reaper.set(device_rate=device)
    reaper.option(takes=1)
    reaper.do("Generate", "glass breaks")
    (item,) = reaper.project["tracks"][1]["items"]
    (take,) = item["takes"]
    assert WavInfoReader(take["path"]).fmt.sample_rate == told
    onset = float(take["texts"]["P_EXT:cuewright_onset_seconds"])
    assert item["values"]["D_POSITION"] + onset == pytest.approx(CURSOR_SECONDS, abs=0.51 / told)
    assert Path(take["path"]).is_relative_to(reaper.media)


def test_a_start_before_midnight_is_refused(reaper: Rig) -> None:
    reaper.set(offset_timecode="-00:00:10:00")
    reaper.ask("Generate", "glass breaks")
    assert "before midnight" in reaper.window.replace("\n", " ")
    assert reaper.project["tracks"] == []
