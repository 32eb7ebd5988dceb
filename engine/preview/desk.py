"""What is heard: one of several sounds, read, coloured, placed in a room, through a chain of effects, block by block.

The desk has no device and no clock: the same moves between the same blocks give the same samples. It keeps what it gave
since it was last started, so that what is printed is what was heard, sample for sample.
"""

from __future__ import annotations

import numpy as np

from engine.audio import Audio, Samples
from engine.chain import Value
from engine.dsp.decibels import amplitude
from engine.errors import BadArgument, ChainInvalid
from engine.preview.candidate import Candidate, DeskState, candidate_of
from engine.preview.colour import Colour, line
from engine.preview.grains import HOP_SAMPLES, Reader
from engine.preview.heard import Heard
from engine.preview.knobs import Gliding
from engine.preview.pads import Pads
from plugin_bridge import Rack

BLOCK_SAMPLES = 256
"""What moves takes hold at the next of these: 5 ms at 48 kHz."""
_RAMP_SECONDS = 0.005
_SILENT, _SILENT_SECONDS = 1e-4, 0.3
_CHAIN_RINGS_SECONDS = 5.0
"""Effects are heard out for so long; those that hiss of themselves would never end."""


class Desk:
    """Makes blocks of ``(2, BLOCK_SAMPLES)`` at one sample rate."""

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._candidates: dict[str, Candidate] = {}
        self._now: Candidate | None = None
        self._reader: Reader | None = None
        self._queue = np.zeros((2, 0), np.float32)
        self._playing = False
        self._loop: tuple[int, int] | None = None
        self._gliding = Gliding(BLOCK_SAMPLES / sample_rate_hz)
        self._colour = Colour(sample_rate_hz)
        self._rack: Rack | None = None
        self._ramp = 0.0
        self._match = 1.0
        self._heard = Heard(sample_rate_hz)
        self._quiet_blocks = self._ringing_blocks = 0
        self.nudge = self.tempo = 1.0
        self._pads = Pads()
        self._dry_ramp = 0.0
        self._pads_ring_blocks = 0

    # What there is to hear

    def load(self, name: str, audio: Audio, *, is_whole: bool = True) -> None:
        """Add a sound, or replace the one of that name; the first is chosen."""
        self.add(self.prepared(name, audio, is_whole=is_whole))

    def prepared(self, name: str, audio: Audio, *, is_whole: bool = True) -> Candidate:
        """A sound made ready, which takes a while: changes nothing, so it may be done beside the blocks."""
        return candidate_of(name, audio, self.sample_rate_hz, is_whole=is_whole)

    def add(self, one: Candidate) -> None:
        """Add what is ready, or replace the one of that name; the first is chosen."""
        self._candidates[one.name] = one
        if self._now is None or self._now.name == one.name:
            self._choose(one)

    def append(self, name: str, audio: Audio, *, is_last: bool) -> None:
        """More of a sound that is being made."""
        one = self._candidate(name)
        one.append(audio, self.sample_rate_hz, is_last=is_last)

    def put_pad(self, key: int, one: Candidate) -> None:
        """A sound that a key strikes, and that is not one to choose."""
        self._pads.put(key, one)

    def strike(self, key: int, velocity: float, offset: int = 0) -> str:
        """Strike a key; returns the sound's name, or nothing for a key that has none. See :meth:`Pads.strike`."""
        name = self._pads.strike(key, velocity, offset)
        if name:
            if not self.sounds:
                self._heard = Heard(self.sample_rate_hz, self.at_samples)
                self._gliding.arrive()
                self._ramp, self._dry_ramp, self._match = 1.0, 0.0, self._match_gain()
            most = self._gliding.now["tail_seconds"] + _CHAIN_RINGS_SECONDS * (self._rack is not None)
            self._pads_ring_blocks = round(most * self.sample_rate_hz / BLOCK_SAMPLES)
        return name

    def unload(self, name: str) -> None:
        """Take a sound away; another one goes on where it was."""
        if self._pads.remove(name):
            return
        one = self._candidate(name)
        del self._candidates[name]
        if self._now is one:
            self._now, self._reader = None, None
            if self._candidates:
                self._choose(next(iter(self._candidates.values())))
            else:
                self._playing = False

    def select(self, name: str) -> None:
        """Go on with another candidate, at the same place, as loud: louder sounds better, and is no better."""
        self._choose(self._candidate(name))

    # Transport

    def play(self) -> None:
        """Go on from where it stands; from the start, when it has ended."""
        if self._now is None:
            raise _nothing_loaded()
        if self._reader is None or self._reader.is_over:
            self._start_at(self._loop[0] if self._loop else 0)
        if not self._playing:
            at = self.at_samples
            self._start_at(at)
            self._heard = Heard(self.sample_rate_hz, at)
            self._gliding.arrive()
            self._ramp = 1.0 if at == 0 else 0.0  # the first sample of a sound may be its attack
            self._match = self._match_gain()
            self._quiet_blocks = self._ringing_blocks = 0
        self._playing = True

    def stop(self) -> None:
        """Stop where it stands, within a few milliseconds."""
        self._playing = False

    def locate(self, position_samples: int) -> None:
        """Go elsewhere in the sound; while it plays, the one fades into the other."""
        if self._now is None:
            raise _nothing_loaded()
        if position_samples < 0:
            raise BadArgument(f"A position is 0 or later; got {position_samples}.", field="position_samples")
        self._start_at(position_samples, fades=self._playing)

    def loop(self, start_samples: int, end_samples: int) -> None:
        """Go round between two places; the same place twice ends that."""
        if start_samples == end_samples:
            self._loop = None
        elif 0 <= start_samples < end_samples and end_samples - start_samples >= HOP_SAMPLES:
            self._loop = (start_samples, end_samples)
        else:
            raise BadArgument(
                f"A loop goes from 0 or later to at least {HOP_SAMPLES} samples behind; got {start_samples} to "
                f"{end_samples}.",
                field="loop",
            )
        if self._reader is not None:
            self._reader.loop = self._loop

    def place(self, position_samples: int) -> None:
        """Go where another clock is: before the beginning, too, from where silence leads up to it."""
        self._start_at(position_samples, fades=self._playing)

    def keep_up(self, nudge: float, tempo: float) -> None:
        """Run with another clock until told otherwise.

        Parameters
        ----------
        nudge
            So many times as fast, as a tape would: a hundredth is not heard as another pitch.
        tempo
            So many times as fast, at its own pitch.
        """
        self.nudge, self.tempo = nudge, tempo

    @property
    def pace(self) -> float:
        """Samples of the sound a sample, but for the nudge."""
        return self._gliding.now["pace"] * self.tempo

    @property
    def late_samples(self) -> int:
        """How much later than a block its sound leaves the effects."""
        return self._rack.latency_samples if self._rack is not None else 0

    # Sound

    def set(self, name: str, value: Value) -> None:
        """Move a knob, or a chain's parameter by ``chain.LINK.PARAMETER``, links counted from 1.

        Raises
        ------
        BadArgument, ChainInvalid
            When there is none of that name, or it does not go so far.
        """
        if not name.startswith("chain."):
            if isinstance(value, str):
                raise BadArgument(f"{name} takes a number; got {value!r}.", field="value")
            self._gliding.set(name, float(value))
            if not self._playing:
                self._gliding.arrive()
            return
        link, _, parameter = name.removeprefix("chain.").partition(".")
        if self._rack is None or not link.isdigit() or not 1 <= int(link) <= len(self._rack.chain.links):
            raise BadArgument(f"There is no link for {name!r}: chain.1.PARAMETER is the first one's.", field="name")
        try:
            self._rack.set(int(link) - 1, parameter, value)
        except ChainInvalid as error:
            raise ChainInvalid(error.sentence, field="name") from None

    def range_of(self, name: str) -> tuple[float, float]:
        """From where to where a parameter of the chain moves.

        Raises
        ------
        BadArgument
            When there is none of that name, or it is no number.
        """
        link, _, parameter = name.removeprefix("chain.").partition(".")
        for told in self._rack.describe() if self._rack is not None and name.startswith("chain.") else ():
            for one in told.parameters:
                if link == str(told.link + 1) and one.name == parameter and None not in (one.low, one.high):
                    return float(one.low or 0.0), float(one.high or 0.0)
        raise BadArgument(f"A controller cannot move {name!r}: name a knob, or a chain's number.", field="name")

    def put_chain(self, rack: Rack | None) -> None:
        """From now on through these effects; closing the rack that was there is the caller's."""
        self._rack = rack

    def twin(self) -> Desk:
        """Another desk with the same sounds, set alike, that nobody hears and that has no chain."""
        twin = Desk(self.sample_rate_hz)
        twin._candidates = dict(self._candidates)
        for name, value in self._gliding.targets.items():
            twin.set(name, value)
        twin._loop = self._loop
        if self._now is not None:
            twin._choose(self._now)
        return twin

    # Blocks

    @property
    def sounds(self) -> bool:
        """Whether anything is heard, or may be at any moment."""
        return self._playing or self._ramp > 0

    def block(self) -> Samples:
        """The next block; silence while it does not play."""
        dry = self._with_pads(self._dry())
        before = self._gliding.step()
        wet = self._colour.process(dry, before, self._gliding.now)
        if self._rack is not None:
            wet = self._rack.process(wet)
        sounds = self.sounds
        out = self._faded(wet)
        if sounds:
            self._heard.keep(out)
            self._end_when_silent(out)
            loud = self._pads.sounds or float(np.abs(out).max()) >= _SILENT
            self._pads_ring_blocks = max(0, self._pads_ring_blocks - (not self._pads.sounds)) * loud
        return out

    def _with_pads(self, dry: Samples) -> Samples:
        """What is struck beside what plays, which may stop meanwhile."""
        before, target = self._dry_ramp, float(self._playing)
        self._dry_ramp = target
        struck = self._pads.block(BLOCK_SAMPLES)
        if not self._pads_ring_blocks:
            return dry
        if before != target:
            dry = np.asarray(dry * line(before, target, BLOCK_SAMPLES), np.float32)
        return dry if struck is None else dry + struck

    def _end_when_silent(self, out: Samples) -> None:
        """What rings on behind a sound's end is heard out."""
        if self._reader is None or not self._reader.is_over or self._queue.shape[1]:
            self._quiet_blocks = self._ringing_blocks = 0
            return
        self._quiet_blocks = self._quiet_blocks + 1 if float(np.abs(out).max()) < _SILENT else 0
        self._ringing_blocks += 1
        block_seconds = BLOCK_SAMPLES / self.sample_rate_hz
        most = self._gliding.now["tail_seconds"] + _CHAIN_RINGS_SECONDS * (self._rack is not None)
        if self._quiet_blocks * block_seconds > _SILENT_SECONDS or self._ringing_blocks * block_seconds > most:
            self._playing = False
            self._ramp = 0.0 if self._quiet_blocks and not self._pads_ring_blocks else self._ramp

    @property
    def position_samples(self) -> int:
        """Of the sound, where the next block begins."""
        return max(0, self.at_samples)

    @property
    def at_samples(self) -> int:
        """The same; below 0 where it leads up to the beginning."""
        if self._reader is None:
            return 0
        at = round(self._reader.position - self._queue.shape[1] * self.pace * self.nudge)
        if self._loop and at < self._loop[0] <= self._reader.position:
            at += self._loop[1] - self._loop[0]
        return at

    @property
    def state(self) -> DeskState:
        """How it stands."""
        sound = self._now.sound if self._now else None
        return DeskState(
            playing=self._playing,
            waiting=bool(self._playing and self._reader and self._reader.is_waiting),
            candidate=self._now.name if self._now else "",
            position_samples=self.position_samples,
            length_samples=sound.length_samples if sound else 0,
            loop=self._loop,
            knobs=self._gliding.targets,
            candidates=(*self._candidates, *self._pads.names),
            heard_samples=self._heard.length_samples,
        )

    def heard(self) -> tuple[Audio, int]:
        """All that was given since the last start, and where in the sound that was.

        Raises
        ------
        BadArgument
            When nothing was.
        """
        return self._heard.audio()

    # Inside

    def _candidate(self, name: str) -> Candidate:
        if name not in self._candidates:
            there = ", ".join(self._candidates) or "none"
            raise BadArgument(f"No sound {name!r} is loaded; there are {there}.", field="candidate")
        return self._candidates[name]

    def _choose(self, one: Candidate) -> None:
        position = self.position_samples
        self._now = one
        self._start_at(position, fades=self._playing)

    def _start_at(self, position: int, *, fades: bool = False) -> None:
        assert self._now is not None
        overlap = self._reader.overlap if fades and self._reader is not None else None
        if fades and self._queue.shape[1]:  # what was read already and not yet heard fades out instead
            overlap = np.zeros((2, HOP_SAMPLES), np.float32)
            left = self._queue.shape[1]
            overlap[:, :left] = self._queue * np.linspace(1, 0, left, dtype=np.float32)
            self._queue = np.zeros((2, 0), np.float32)
        self._reader = Reader(self._now.sound, float(position), overlap)
        self._reader.loop = self._loop
        if not fades:
            self._queue = np.zeros((2, 0), np.float32)

    def _dry(self) -> Samples:
        """The next block of the sound as it is read."""
        silence = np.zeros((2, BLOCK_SAMPLES), np.float32)
        if self._reader is None or not (self._playing or (self._ramp > 0 and self._dry_ramp > 0)):
            return silence
        while self._queue.shape[1] < BLOCK_SAMPLES:
            if self._reader.is_waiting:
                return silence
            if self._reader.is_over and not self._queue.shape[1]:
                return silence
            ratio = 2 ** (self._gliding.now["pitch_semitones"] / 12)
            made = self._reader.hop(self.pace * self.nudge, ratio * self.nudge)
            self._queue = np.concatenate([self._queue, made], axis=1)
        block, self._queue = self._queue[:, :BLOCK_SAMPLES], self._queue[:, BLOCK_SAMPLES:]
        return np.ascontiguousarray(block)

    def _faded(self, block: Samples) -> Samples:
        """As loud as the softest candidate; in and out within a few milliseconds where it starts and stops inside."""
        match = self._match_gain()
        step = BLOCK_SAMPLES / (_RAMP_SECONDS * self.sample_rate_hz)
        target = 1.0 if self._playing or self._pads_ring_blocks else 0.0
        ramp = min(1.0, self._ramp + step) if target > self._ramp else max(target, self._ramp - step)
        gains = (self._ramp * self._match, ramp * match)
        self._ramp, self._match = ramp, match
        if gains == (1.0, 1.0):
            return block
        return np.asarray(block * line(*gains, BLOCK_SAMPLES), np.float32)

    def _match_gain(self) -> float:
        """How much softer the chosen candidate is made so that all are as loud as the softest."""
        known = [one.loudness_lufs for one in self._candidates.values() if one.loudness_lufs is not None]
        if self._now is None or self._now.loudness_lufs is None or len(known) < 2:
            return 1.0
        return amplitude(min(known) - self._now.loudness_lufs)


def _nothing_loaded() -> BadArgument:
    return BadArgument("There is nothing to play: load a sound.", field="candidate")
