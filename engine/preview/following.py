"""Keeps the desk where a DAW's transport is: starts, stops, goes and runs with it.

The DAW has the last word on every change of its own; between these, play and stop are the listener's. Where the
transport is, :mod:`engine.preview.transport` says.
"""

from __future__ import annotations

from engine.preview.desk import Desk
from engine.preview.messages import Load, Transport
from engine.preview.transport import Follower, Stamp


class Following:
    """One desk that follows, or does not."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._follower: Follower | None = None
        self._ran = False
        self._moves = 0
        self._stood_at: float | None = None
        self._loads: dict[str, Load] = {}

    @property
    def is_on(self) -> bool:
        """Whether it follows."""
        return self._follower is not None

    def turn_on(self, on: bool) -> None:
        """Follow from the next stamp on, or no longer: then it plays on by its own clock."""
        self._follower = Follower() if on else None
        self._ran, self._moves, self._stood_at = False, 0, None
        self._desk.keep_up(1.0, 1.0)

    def knows(self, load: Load) -> None:
        """Where on the timeline a sound lies, and in what tempo it was played."""
        self._loads[load.candidate] = load
        self._moves = 0  # what comes while the transport runs is heard at once

    def place_samples(self, candidate: str) -> int:
        """Of a sound's first sample, on the session's timeline."""
        return self._loads[candidate].position_samples if candidate in self._loads else 0

    def transport_seconds(self, at_seconds: float) -> float | None:
        """Where the transport was then, on the session's timeline; None where none is followed, or it stands."""
        follower = self._follower
        if follower is None or not follower.is_playing(at_seconds):
            return None
        return follower.position_seconds(at_seconds)

    def hear(self, told: Transport) -> None:
        """What the DAW told; nothing, where nobody wants to follow."""
        if self._follower is not None:
            self._follower.hear(
                Stamp(
                    at_seconds=told.at_seconds,
                    position_seconds=told.position_seconds,
                    playing=told.playing,
                    tempo_bpm=told.tempo_bpm,
                )
            )

    def turn(self, now_seconds: float, heard_at_seconds: float) -> None:
        """Steer, before a block that is heard at that time."""
        follower, desk = self._follower, self._desk
        if follower is None or not desk.state.candidate:
            return
        if not follower.is_playing(now_seconds):
            if self._ran:
                desk.stop()
                desk.keep_up(1.0, desk.tempo)
            self._ran = False
            stands_at = follower.position_seconds(now_seconds)
            if stands_at is not None and stands_at != self._stood_at:
                self._stood_at = stands_at
                desk.place(self._target(stands_at))
            return
        self._ran, self._stood_at = True, None
        moved, self._moves = follower.moves != self._moves, follower.moves
        if not desk.state.playing and not moved:
            return  # the listener stopped it, or it is over
        desk.keep_up(desk.nudge, self._tempo())
        position = follower.position_seconds(heard_at_seconds)
        assert position is not None
        target, state = self._target(position), desk.state
        if target >= state.length_samples and state.loop is None and not state.waiting:
            return  # what rings is heard out
        late = desk.late_samples * desk.pace
        ahead = self._unwrapped(target - (desk.at_samples - late))
        steer = follower.steer(position - ahead / desk.pace / desk.sample_rate_hz, heard_at_seconds)
        if steer.jump_seconds is not None:
            desk.place(round(target + late))
        desk.keep_up(steer.nudge, desk.tempo)
        if not state.playing:
            desk.play()

    def _tempo(self) -> float:
        """So many times as fast as the sound was played."""
        load = self._loads.get(self._desk.state.candidate)
        told = self._follower.tempo_bpm if self._follower is not None else None
        return told / load.tempo_bpm if load is not None and load.tempo_bpm and told else 1.0

    def _target(self, position_seconds: float) -> int:
        """Of the sound, at a place of the timeline."""
        desk = self._desk
        state = desk.state
        behind = position_seconds * desk.sample_rate_hz - self.place_samples(state.candidate)
        at = round(behind * desk.pace)
        if state.loop is not None and at >= state.loop[1]:
            begin, end = state.loop
            at = begin + (at - begin) % (end - begin)
        return at

    def _unwrapped(self, samples: float) -> float:
        """The shorter way round a loop."""
        loop = self._desk.state.loop
        if loop is None:
            return samples
        length = loop[1] - loop[0]
        return min((samples, samples - length, samples + length), key=abs)
