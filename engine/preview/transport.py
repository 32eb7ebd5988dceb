"""Where another clock is: a DAW's transport, told now and then, each time a little late.

What a DAW tells reaches us late by what it took on the way, never early. So of the last second's stamps the ones that
came soonest say where the transport is, and the rest only that it still runs (D. L. Mills, RFC 5905, the minimum-delay
filter of NTP). Knows no sound: it says where to be, and whoever plays asks how to get there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW_SECONDS = 1.0
"""Stamps older than this are forgotten: two clocks do not run alike for ever."""
LOST_SECONDS = 2.0
"""A transport that tells nothing for so long has gone, and nothing runs on without it."""
_JUMP_SECONDS = 0.08
"""A stamp that far from where the transport should be may be another place."""
_AGREE_SECONDS = 0.04
"""Two such stamps that agree are."""
_NEAR_SECONDS = 0.003
_FAR_SECONDS = 0.03
"""Behind or ahead by more, it goes there; by less, it runs a little faster or slower until it is there."""
_CATCH_UP_SECONDS = 0.5
_MOST_NUDGE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What was told, and when it was heard.

    Parameters
    ----------
    at_seconds
        Of the machine's monotonic clock, when it came.
    position_seconds
        On the session's timeline.
    """

    at_seconds: float
    position_seconds: float
    playing: bool
    tempo_bpm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steer:
    """How to get where the transport is.

    Parameters
    ----------
    jump_seconds
        Go there at once, on the session's timeline; None: nowhere.
    nudge
        Run so many times as fast.
    """

    jump_seconds: float | None = None
    nudge: float = 1.0


class Follower:
    """Follows one transport.

    >>> follower = Follower()
    >>> follower.hear(Stamp(at_seconds=10.0, position_seconds=2.0, playing=True))
    >>> follower.position_seconds(10.5)
    2.5
    """

    def __init__(self) -> None:
        self._ahead: deque[tuple[float, float]] = deque()
        self._doubt: float | None = None
        self._last: Stamp | None = None
        self._nudging = False
        self._jumped = False
        self.moves = 0
        """How often it started or went elsewhere."""

    @property
    def tempo_bpm(self) -> float | None:
        """What was told last; None: nothing was."""
        return self._last.tempo_bpm if self._last is not None else None

    def hear(self, stamp: Stamp) -> None:
        """The next stamp."""
        last, self._last = self._last, stamp
        if stamp.tempo_bpm is None and last is not None:
            self._last = Stamp(
                at_seconds=stamp.at_seconds,
                position_seconds=stamp.position_seconds,
                playing=stamp.playing,
                tempo_bpm=last.tempo_bpm,
            )
        ahead = stamp.position_seconds - stamp.at_seconds
        started = last is None or not last.playing or stamp.at_seconds - last.at_seconds > LOST_SECONDS
        if not stamp.playing or started:
            self._begin(stamp.at_seconds, ahead)
            return
        expected = max(one for _, one in self._ahead)
        if ahead > expected + _JUMP_SECONDS:  # nothing comes early: it went on
            self._begin(stamp.at_seconds, ahead)
        elif ahead < expected - _JUMP_SECONDS:  # late, or gone back: the next one tells
            if self._doubt is not None and abs(ahead - self._doubt) < _AGREE_SECONDS:
                self._begin(stamp.at_seconds, max(ahead, self._doubt))
            else:
                self._doubt = ahead
        else:
            self._doubt = None
            self._ahead.append((stamp.at_seconds, ahead))
            while self._ahead[0][0] < stamp.at_seconds - WINDOW_SECONDS:
                self._ahead.popleft()

    def is_playing(self, now_seconds: float) -> bool:
        """Whether the transport runs, and still tells."""
        last = self._last
        return last is not None and last.playing and now_seconds - last.at_seconds <= LOST_SECONDS

    def position_seconds(self, at_seconds: float) -> float | None:
        """Where it is then, on the session's timeline; None while it has told nothing."""
        if self._last is None:
            return None
        if not self._last.playing:
            return self._last.position_seconds
        return max(ahead for _, ahead in self._ahead) + at_seconds

    def steer(self, heard_seconds: float, at_seconds: float) -> Steer:
        """How to get there.

        Parameters
        ----------
        heard_seconds
            Place on the session's timeline that will be heard at ``at_seconds`` if nothing is done.
        """
        position = self.position_seconds(at_seconds)
        if position is None:
            return Steer()
        error = position - heard_seconds
        if self._jumped or abs(error) > _FAR_SECONDS:
            self._jumped = self._nudging = False
            return Steer(jump_seconds=position)
        self._nudging = abs(error) > (_NEAR_SECONDS / 3 if self._nudging else _NEAR_SECONDS)
        if not self._nudging:
            return Steer()
        return Steer(nudge=1.0 + max(-_MOST_NUDGE, min(_MOST_NUDGE, error / _CATCH_UP_SECONDS)))

    def _begin(self, at_seconds: float, ahead: float) -> None:
        """It starts, or is elsewhere."""
        self._ahead.clear()
        self._ahead.append((at_seconds, ahead))
        self._doubt = None
        self._jumped = True
        self.moves += 1
