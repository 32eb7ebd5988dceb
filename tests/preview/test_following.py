"""The desk and a transport that tells where it is, late and unevenly, on a clock of the test's own."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio import Audio
from engine.preview.desk import BLOCK_SAMPLES, Desk
from engine.preview.following import Following
from engine.preview.messages import Load, Transport
from engine.preview.transport import Follower, Stamp

RATE = 48_000
OUTPUT_SECONDS = 0.07


class Daw:
    """A transport, told 30 times a second, each time late; and a desk whose sound is heard a little later."""

    def __init__(self, *, sound_at_seconds: float = 0.0, seconds: float = 30.0, tempo_bpm: float | None = None) -> None:
        self.desk = Desk(RATE)
        self.following = Following(self.desk)
        self._rng = np.random.default_rng(3)
        ramp = np.arange(round(seconds * RATE), dtype=np.float32) / (60 * RATE)
        place = round(sound_at_seconds * RATE)
        self.following.knows(Load(candidate="a", path="a.wav", position_samples=place, tempo_bpm=tempo_bpm))
        self.desk.load("a", Audio(samples=ramp[None], sample_rate_hz=RATE))
        self.following.turn_on(True)
        self.now = 100.0
        self.next_stamp = self.now
        self.playing, self.position, self.speed = False, 0.0, 1.0
        self.tempo: float | None = None
        self.waiting: list[tuple[float, Transport]] = []
        self.heard: list[tuple[float, float]] = []
        """The transport's place when a block is heard, and the place in the sound that is heard."""

    def run(self, seconds: float) -> None:
        """So much time."""
        step = BLOCK_SAMPLES / RATE
        for _ in range(round(seconds / step)):
            if self.now >= self.next_stamp:
                late = self.now + float(self._rng.exponential(0.004)) + 0.03 * (self._rng.random() < 0.1)
                told = Transport(
                    playing=self.playing, position_seconds=self.position, tempo_bpm=self.tempo, at_seconds=late
                )
                self.waiting.append((late, told))
                self.next_stamp += 1 / 30
            due = [one for one in self.waiting if one[0] <= self.now]
            self.waiting = [one for one in self.waiting if one[0] > self.now]
            for _, told in sorted(due, key=lambda one: one[0]):
                self.following.hear(told)
            self.following.turn(self.now, self.now + OUTPUT_SECONDS)
            block = self.desk.block()
            self.heard.append((self.position + self.speed * OUTPUT_SECONDS, float(block[0, 0]) * 60))
            self.now += step
            self.position += self.speed * step * self.playing

    def off_ms(self, since: int = 0) -> float:
        """The most that what was heard lay beside the transport."""
        return max(abs(heard - place) for place, heard in self.heard[since:]) * 1_000

    def locate(self, seconds: float) -> None:
        self.position = seconds


def test_it_runs_with_the_transport_within_20_ms_after_a_second() -> None:
    daw = Daw()
    daw.run(0.2)
    assert not daw.desk.state.playing
    daw.playing = True
    daw.run(1.0)
    start = len(daw.heard)
    daw.run(8.0)
    assert daw.desk.state.playing
    assert daw.off_ms(start) < 20
    daw.playing = False
    daw.run(0.3)
    assert not daw.desk.state.playing


def test_it_goes_where_the_transport_goes() -> None:
    daw = Daw()
    daw.playing = True
    daw.run(2.0)
    for place in (20.0, 3.0, 2.9):  # on, back, and back by little, as a short loop does
        daw.locate(place)
        daw.run(1.0)
        start = len(daw.heard)
        daw.run(1.0)
        assert daw.off_ms(start) < 20, place


def test_a_clock_that_runs_otherwise_is_kept_up_with() -> None:
    daw = Daw()
    daw.playing, daw.speed = True, 1.002
    daw.run(1.0)
    start = len(daw.heard)
    daw.run(10.0)
    assert daw.off_ms(start) < 20
    free = Daw()
    free.playing, free.speed = True, 1.002
    free.run(1.0)
    free.following.turn_on(False)
    free.run(10.0)
    assert free.off_ms() > 15  # by itself it would not


def test_a_sound_later_on_the_timeline_begins_at_its_place() -> None:
    daw = Daw(sound_at_seconds=1.5)
    daw.playing = True
    daw.run(4.0)
    silent = [place for place, heard in daw.heard if heard == 0.0]
    assert max(silent) == pytest.approx(1.5, abs=0.02)
    late = [(place, heard) for place, heard in daw.heard if place > 2.5]
    assert max(abs(heard + 1.5 - place) for place, heard in late) < 0.02


def test_it_is_over_once_and_starts_again_when_the_transport_goes_back() -> None:
    daw = Daw(seconds=1.0)
    daw.playing = True
    daw.run(2.5)
    assert not daw.desk.state.playing
    daw.locate(0.2)
    daw.run(0.3)
    assert daw.desk.state.playing


def test_the_daws_tempo_is_the_sounds() -> None:
    daw = Daw(tempo_bpm=120.0)
    daw.playing, daw.tempo = True, 90.0
    daw.run(1.0)
    start = len(daw.heard)
    daw.run(4.0)
    assert max(abs(heard - 0.75 * place) for place, heard in daw.heard[start:]) < 0.02


def test_a_loop_goes_round_under_a_transport_that_goes_on() -> None:
    daw = Daw()
    daw.desk.loop(RATE, 3 * RATE)
    daw.playing = True
    daw.run(1.0)
    start = len(daw.heard)
    daw.run(8.0)
    for place, heard in daw.heard[start:]:
        wanted = 1.0 + (place - 1.0) % 2.0
        if wanted < 2.97 and heard < 2.98:  # the seam fades
            assert abs(heard - wanted) < 0.02 or heard - wanted > 1.95


def test_a_transport_that_tells_nothing_more_has_stopped() -> None:
    daw = Daw()
    daw.playing = True
    daw.run(1.0)
    daw.next_stamp = float("inf")
    daw.run(1.5)
    assert daw.desk.state.playing
    daw.run(1.0)
    assert not daw.desk.state.playing


def test_between_the_transports_moves_the_listener_plays_and_stops() -> None:
    daw = Daw()
    daw.position = 5.0
    daw.run(0.2)
    daw.desk.play()
    start = len(daw.heard)
    daw.run(1.0)
    assert daw.desk.state.playing
    assert daw.heard[start + 2][1] == pytest.approx(5.0, abs=0.03)  # where the cursor stands
    daw.desk.stop()
    daw.playing = True
    daw.run(0.5)
    assert daw.desk.state.playing
    daw.desk.stop()
    daw.run(0.5)
    assert not daw.desk.state.playing


def test_one_late_stamp_is_no_move() -> None:
    follower = Follower()
    for count in range(20):
        follower.hear(Stamp(at_seconds=count / 20, position_seconds=count / 20, playing=True))
    follower.hear(Stamp(at_seconds=1.2, position_seconds=1.0, playing=True))
    assert follower.position_seconds(1.2) == pytest.approx(1.2)
    follower.hear(Stamp(at_seconds=1.25, position_seconds=1.05, playing=True))
    assert follower.position_seconds(1.25) == pytest.approx(1.05)
