"""The promise end to end: in the finished file, TimeReference plus the onset's sample is the cue."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from mixing_cases import LICENCE, event, plan
from wavinfo import WavInfoReader

from engine.audio import Audio
from engine.mixing.place import place
from engine.results import Take
from engine.session import Session
from engine.stems import bwf
from engine.stems.metadata import Description


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("position", "start"), [(0, 0), (0, 37), (6_270_264, 0), (6_270_264, 12_345)])
@pytest.mark.parametrize("lead_in", [0, 1, 480, 5_000])
def test_the_onset_is_where_the_cue_is(rate: int, channels: int, position: int, start: int, lead_in: int) -> None:
    samples = np.zeros((channels, lead_in + 2_000))
    samples[:, lead_in] = 0.5
    knock = event(start=start, rate=rate)
    session = Session(sample_rate=rate, frame_rate="23.976", start_timecode="01:00:00:00")
    whole = plan(knock, position=position, rate=rate).model_copy(update={"session": session})
    made = Take(audio=Audio(samples=samples, sample_rate_hz=rate), onset_samples=lead_in, licence=LICENCE)
    placed = place(whole, knock, made)
    file = io.BytesIO()
    about = Description(
        description="knock",
        reference="r",
        created="2026-11-22T21:33:28Z",
        position_samples=placed.position_samples,
        session=session,
        track="Knock",
        take=1,
        category="DOORWood",
        label="Knock",
        licence="CC0-1.0",
        version="0",
    )
    bwf.write(file, placed.audio, about)
    read, read_rate = soundfile.read(io.BytesIO(file.getvalue()), always_2d=True)
    onset = int(np.flatnonzero(read[:, 0])[0])
    begin = WavInfoReader(io.BytesIO(file.getvalue())).bext.time_reference
    assert (read_rate, read.shape[1]) == (rate, channels)
    assert begin + onset == session.start_samples + position + start
