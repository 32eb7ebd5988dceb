"""Rooms that are known, heard and made."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from engine.audio import Audio, Samples
from engine.dsp.reverb_match import impulse_response, in_room, worldize
from engine.dsp.room_estimate import OCTAVES_HZ, Room, estimate_room, octave_filter
from engine.errors import BadArgument
from engine.source import Held, collected

RATE = 48_000


def held(sound: Samples, rate: int = RATE) -> Held:
    return Held(Audio(samples=np.asarray(sound, np.float32), sample_rate_hz=rate))


def hits(seconds: float = 12.0, rate: int = RATE) -> Samples:
    rng = np.random.default_rng(0)
    made = np.zeros((1, round(seconds * rate)))
    ring = np.arange(round(0.02 * rate))
    for start in (np.cumsum(rng.uniform(0.8, 1.4, int(seconds / 1.5))) * rate).astype(int):
        made[:, start : start + ring.size] += 0.3 * rng.standard_normal(ring.size) * np.exp(-ring / (0.004 * rate))
    return made


def ringing(sound: Samples, decay_seconds: float, late_db: float, rate: int = RATE) -> Samples:
    """In a room of white noise that decays: Polack's model, drawn here once more."""
    rng = np.random.default_rng(1)
    time = np.arange(round(1.2 * decay_seconds * rate)) / rate
    room = rng.standard_normal((1, time.size)) * 10 ** (-3 * time / decay_seconds)
    room *= np.sqrt(10 ** (late_db / 10) / np.square(room).sum())
    room[:, 0] = 1.0
    return signal.oaconvolve(sound, room, axes=1)[:, : sound.shape[1]] + 1e-5 * rng.standard_normal(sound.shape)


@pytest.mark.parametrize("decay_seconds", [0.2, 0.5, 1.5])
def test_the_decay_is_heard_in_hits(decay_seconds: float) -> None:
    heard = estimate_room(held(ringing(hits(), decay_seconds, -3.0)))
    assert heard.centre_hz == OCTAVES_HZ
    assert heard.decay_seconds == pytest.approx([decay_seconds] * 7, rel=0.15)
    assert heard.decay_seconds[3:] == pytest.approx([decay_seconds] * 4, rel=0.05)


def test_the_amount_of_room_is_heard_roughly() -> None:
    """To some 4 dB, and drawn to the middle; more room is heard as more."""
    found = [np.median(estimate_room(held(ringing(hits(), 0.6, late))).late_db) for late in (-12.0, -6.0, 0.0)]
    assert found == pytest.approx([-12.0, -6.0, 0.0], abs=4.0)
    assert found[0] < found[1] < found[2]


def test_at_a_low_rate_there_are_fewer_octaves() -> None:
    heard = estimate_room(held(ringing(hits(rate=8_000), 0.5, -3.0, 8_000), 8_000))
    assert heard.centre_hz == OCTAVES_HZ[: len(heard.centre_hz)]
    assert len(heard.centre_hz) == 6
    assert heard.decay_seconds == pytest.approx([0.5] * 6, rel=0.15)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros((1, RATE)),
        np.zeros((1, 1)),
        0.1 * np.random.default_rng(0).standard_normal((1, RATE)),
        np.ones((2, RATE)),
    ],
    ids=["silence", "one sample", "noise", "constant"],
)
def test_where_nothing_dies_away_that_is_said(sound: Samples) -> None:
    with pytest.raises(BadArgument, match="nothing dies away") as refused:
        worldize_all(hits(2.0), sound)
    assert refused.value.field == "reference"


def worldize_all(sound: Samples, reference: Samples, amount: float = 1.0, rate: int = RATE) -> Samples:
    room = held(reference)
    return collected(held(sound, rate), lambda source: worldize(source, reference=room, amount=amount)).samples


ROOM = Room(
    centre_hz=OCTAVES_HZ, decay_seconds=(1.2, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5), late_db=(-3, -3, -4, -5, -6, -8, -10)
)


def test_a_made_room_decays_as_it_was_asked_to_in_every_octave() -> None:
    response = impulse_response(ROOM, 2, RATE)
    response[:, 0] = 0.0
    for centre_hz, decay_seconds, late_db in zip(
        OCTAVES_HZ[1:-1], ROOM.decay_seconds[1:-1], ROOM.late_db[1:-1], strict=True
    ):
        band = octave_filter(centre_hz, RATE)
        assert band is not None
        heard = signal.sosfilt(band, response.astype(np.float64), axis=1)
        left = np.cumsum(np.square(heard).sum(axis=0)[::-1])[::-1]  # Schroeder's integral
        level = 10 * np.log10(left / left[0])
        first, last = np.argmax(level < -5), np.argmax(level < -25)
        assert 3 * (last - first) / RATE == pytest.approx(decay_seconds, rel=0.15)
        direct = np.square(signal.sosfilt(band, np.eye(1, 9_000)[0])).sum()
        assert 10 * np.log10(left[0] / 2 / direct) == pytest.approx(late_db, abs=2.0)


def test_its_channels_are_different_and_it_is_the_same_every_time() -> None:
    response = impulse_response(ROOM, 3, RATE)
    assert (response[:, 0] == 1.0).all()
    assert np.abs(np.corrcoef(response[:, 1:]) - np.eye(3)).max() < 0.1
    assert np.array_equal(response, impulse_response(ROOM, 3, RATE))


@pytest.mark.parametrize("length", [1, 1_000, 57_601, 120_000])
def test_blocks_make_the_convolution_of_the_whole(length: int) -> None:
    sound = np.asarray(np.random.default_rng(2).standard_normal((2, length)), np.float32)
    made = collected(held(sound), lambda source: in_room(source, ROOM)).samples
    whole = signal.oaconvolve(sound, impulse_response(ROOM, 2, RATE), axes=1)[:, :length]
    assert made == pytest.approx(whole, abs=2e-4)


def test_what_was_put_into_a_room_is_heard_in_that_room() -> None:
    """There and back: the reference's room is estimated, made, and estimated again."""
    reference = ringing(hits(), 0.7, -4.0)
    made = worldize_all(hits(), reference)
    assert estimate_room(held(made)).decay_seconds == pytest.approx([0.7] * 7, rel=0.2)


def test_less_amount_is_less_room_and_none_is_none() -> None:
    reference, sound = ringing(hits(), 0.7, -4.0), np.asarray(hits(4.0), np.float32)
    assert np.array_equal(worldize_all(sound, reference, 0.0), sound)
    wet = [np.square(worldize_all(sound, reference, amount) - sound).sum() for amount in (0.5, 1.0)]
    assert wet[0] == pytest.approx(wet[1] / 4, rel=1e-3)


def test_the_reference_may_have_another_rate() -> None:
    made = worldize_all(hits(6.0, 16_000), ringing(hits(), 0.7, -4.0), rate=16_000)
    assert estimate_room(held(made, 16_000)).decay_seconds == pytest.approx([0.7] * 7, rel=0.25)


def test_an_amount_out_of_bounds_is_refused() -> None:
    with pytest.raises(BadArgument, match="amount is 0 to 1"):
        worldize(held(hits(1.0)), reference=held(hits(1.0)), amount=1.5)
