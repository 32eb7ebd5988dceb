"""What the engine and the player process say to each other, and how it is framed on a pipe.

A frame is four bytes of length, big-endian, and that many bytes of JSON. Places in a sound are samples of the player's
own rate, which its state tells. Times are seconds of the machine's monotonic clock, which both processes read.
"""

from __future__ import annotations

import struct
from typing import IO, Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from engine.chain import NO_CHAIN, Chain, Value
from engine.cue import Cue
from engine.errors import BadArgument
from engine.model import Model
from engine.plan import TakeSpec

_NAME = Field(min_length=1, max_length=256, description="Of the sound, among those to choose from.")
MAX_SAMPLES = 2**40
HEADER = struct.Struct(">I")


class _Command(Model):
    number: int = Field(0, ge=0, description="Comes back in the answer, to tell which command it answers.")


class Hello(_Command):
    """Once, first: who to be."""

    kind: Literal["hello"] = "hello"
    settings: str = Field(description="The engine's settings as JSON, without what is secret.")
    device: str = Field("", description="Name, part of one, or number of an output; empty: the system's; 'none': none.")


class Load(_Command):
    """A sound to choose from: a file, or one that the player makes and plays while it is being made."""

    kind: Literal["load"] = "load"
    candidate: str = _NAME
    path: str = Field("", description="A sound file; the sender has checked that it may be read.")
    take: TakeSpec | None = Field(None, description="A built-in sound, instead of a file.")
    is_whole: bool = Field(True, description="Else more of it comes by 'more'.")
    position_samples: int = Field(0, description="Of its first sample on the session's timeline.")
    tempo_bpm: float | None = Field(None, gt=0, le=1_000, description="What it was played at; it follows the DAW's.")
    key: int | None = Field(None, ge=0, le=127, description="MIDI key that strikes it; it is then not one to choose.")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if bool(self.path) == (self.take is not None):
            raise BadArgument("A sound is a file or a built-in sound: give one of both.", field="path")
        return self


class More(_Command):
    """The next piece of a sound that was not whole."""

    kind: Literal["more"] = "more"
    candidate: str = _NAME
    path: str
    is_last: bool = False


class Unload(_Command):
    """Take a sound away."""

    kind: Literal["unload"] = "unload"
    candidate: str = _NAME


class Select(_Command):
    """Hear another one, at the same place, as loud."""

    kind: Literal["select"] = "select"
    candidate: str = _NAME


class PutChain(_Command):
    """All that is heard goes through these effects."""

    kind: Literal["put_chain"] = "put_chain"
    chain: Chain = NO_CHAIN


class Play(_Command):
    """Go on from where it stands; from the start when it has ended."""

    kind: Literal["play"] = "play"


class Stop(_Command):
    """Stop where it stands."""

    kind: Literal["stop"] = "stop"


class Loop(_Command):
    """Go round between two places; twice the same place ends that."""

    kind: Literal["loop"] = "loop"
    start_samples: int = Field(ge=0, le=MAX_SAMPLES)
    end_samples: int = Field(ge=0, le=MAX_SAMPLES)


class Locate(_Command):
    """Go elsewhere in the sound."""

    kind: Literal["locate"] = "locate"
    position_samples: int = Field(ge=0, le=MAX_SAMPLES)


class Param(_Command):
    """Move a knob of ``engine.preview.knobs``, or ``chain.LINK.PARAMETER``, links counted from 1."""

    kind: Literal["param"] = "param"
    name: str = Field(min_length=1, max_length=512)
    value: Value
    at_seconds: float | None = Field(None, description="When it is heard, monotonic; left out or past: at once.")


class Commit(_Command):
    """Print what was heard."""

    kind: Literal["commit"] = "commit"
    path: str = Field(description="The file; the sender has checked that it may be written.")
    what: Literal["auto", "heard", "pass"] = Field(
        "auto",
        description="'heard': all since it was last started, every move in it. 'pass': once round the loop, or the "
        "sound from its start, as it is set now. 'auto': the pass while it goes round a loop, else what was heard.",
    )


class Device(_Command):
    """Play through another device from now on."""

    kind: Literal["device"] = "device"
    device: str = Field("", max_length=1_024, description="As in 'hello'.")


class Devices(_Command):
    """Which devices are there."""

    kind: Literal["devices"] = "devices"


class Follow(_Command):
    """Whether the player goes where the DAW's transport goes."""

    kind: Literal["follow"] = "follow"
    on: bool


class Transport(_Command):
    """Where the DAW's transport is, as often as the DAW tells."""

    kind: Literal["transport"] = "transport"
    playing: bool
    position_seconds: float = Field(description="On the session's timeline.")
    tempo_bpm: float | None = Field(None, gt=0, le=1_000)
    at_seconds: float = Field(description="When it was there, monotonic.")


class Ask(_Command):
    """Tell the state now."""

    kind: Literal["ask"] = "ask"


class MidiPorts(_Command):
    """Which MIDI inputs are there."""

    kind: Literal["midi_ports"] = "midi_ports"


class Midi(_Command):
    """Listen to a MIDI input from now on."""

    kind: Literal["midi"] = "midi"
    port: str = Field("", max_length=1_024, description="Name, part of one, or number; empty: to none.")


class Bind(_Command):
    """A controller moves a knob or a chain's parameter, over all its way."""

    kind: Literal["bind"] = "bind"
    control: str = Field(max_length=16, description="cc0 to cc119, pitch or touch; of one channel, cc7:1.")
    name: str = Field(min_length=1, max_length=512, description="As of 'param'.")


class Unbind(_Command):
    """Nothing moves it any more."""

    kind: Literal["unbind"] = "unbind"
    name: str = Field(max_length=512)


class Learn(_Command):
    """The next controller that moves is bound to it."""

    kind: Literal["learn"] = "learn"
    name: str = Field("", max_length=512, description="As of 'param'; empty: no longer.")


class Strike(_Command):
    """Strike a key, as a keyboard would."""

    kind: Literal["strike"] = "strike"
    key: int = Field(ge=0, le=127)
    velocity: float = Field(1.0, gt=0, le=1)
    at_seconds: float | None = Field(None, description="When it was struck, monotonic; left out: now.")


class Record(_Command):
    """Keep every key that is struck, until told otherwise."""

    kind: Literal["record"] = "record"
    on: bool


Performed = MidiPorts | Midi | Bind | Unbind | Learn | Strike | Record


class _Reply(Model):
    number: int = Field(0, ge=0, description="Of the command that it answers; 0: of none.")


class State(_Reply):
    """How it stands; told when it changes, and ten times a second while it plays."""

    kind: Literal["state"] = "state"
    playing: bool = False
    waiting: bool = Field(False, description="It plays, and more of the sound is still being made.")
    ready: bool = Field(False, description="The player is there and has answered.")
    candidate: str = ""
    candidates: tuple[str, ...] = ()
    position_samples: int = Field(0, description="What is heard at 'at_seconds'.")
    at_seconds: float = 0.0
    length_samples: int = 0
    loop: tuple[int, int] | None = None
    knobs: dict[str, float] = Field(default_factory=dict)
    following: bool = False
    device: str = Field("", description="Name of the one that plays; empty: none is open.")
    sample_rate_hz: int = Field(48_000, description="Of the player and of every place here.")
    device_rate_hz: int = Field(0, description="What the device runs at; 0: none is open.")
    latency_seconds: float = Field(0.0, description="From a move to its being heard, by what the device tells.")
    dropouts: int = Field(0, ge=0, description="Times that the device ran dry since it was opened.")
    trouble: str = Field("", description="What is wrong with the device, and what to do; empty: nothing.")
    midi_port: str = Field("", description="The MIDI input that is listened to; empty: none.")
    midi_trouble: str = Field("", description="What is wrong with it; empty: nothing.")
    bindings: dict[str, str] = Field(default_factory=dict, description="What each controller moves.")
    learning: str = Field("", description="What the next controller that moves is bound to.")
    recording: bool = False


class Loaded(_Reply):
    """A sound is there; or all of it is, when it was made meanwhile."""

    kind: Literal["loaded"] = "loaded"
    candidate: str
    length_samples: int
    is_whole: bool
    loudness_lufs: float | None = None


class Committed(_Reply):
    """It is printed."""

    kind: Literal["committed"] = "committed"
    path: str
    sha256: str
    length_samples: int
    sample_rate_hz: int
    position_samples: int = Field(description="Of its first sample, on the session's timeline.")


class Output(Model):
    """An output device."""

    number: int
    name: str
    host_api: str
    channels: int
    default_rate_hz: int
    is_default: bool


class DeviceList(_Reply):
    """The devices that can play."""

    kind: Literal["device_list"] = "device_list"
    outputs: tuple[Output, ...]


class MidiPortList(_Reply):
    """The MIDI inputs that can be opened."""

    kind: Literal["midi_port_list"] = "midi_port_list"
    ports: tuple[str, ...]


class Recorded(_Reply):
    """What was performed: a cue for every key, in samples of the player's rate."""

    kind: Literal["recorded"] = "recorded"
    cues: tuple[Cue, ...]


class Failed(_Reply):
    """A command was not done; nothing changed."""

    kind: Literal["failed"] = "failed"
    code: str
    sentence: str
    field: str = ""


class Done(_Reply):
    """A command was done that has no answer of its own."""

    kind: Literal["done"] = "done"


Command = (
    Hello | Load | More | Unload | Select | PutChain | Play | Stop | Loop | Locate | Param | Commit | Device | Devices
) | (Follow | Transport | Ask | Performed)
Reply = State | Loaded | Committed | DeviceList | MidiPortList | Recorded | Failed | Done
Message = Annotated[Command | Reply, Field(discriminator="kind")]
_MESSAGES: TypeAdapter[Command | Reply] = TypeAdapter(Message)


def encode(message: Command | Reply) -> bytes:
    """A frame.

    >>> encode(Stop(number=7))
    b'\\x00\\x00\\x00\\x1a{"number":7,"kind":"stop"}'
    """
    body = message.model_dump_json().encode()
    return HEADER.pack(len(body)) + body


def read_message(pipe: IO[bytes]) -> Command | Reply | None:
    """The next message; None at the pipe's end."""
    head = pipe.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    length = HEADER.unpack(head)[0]
    body = pipe.read(length)
    return _MESSAGES.validate_json(body) if len(body) == length else None
