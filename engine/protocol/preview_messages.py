"""The messages of the live preview: sounds that are heard and not yet printed.

Classes as in :mod:`engine.protocol.messages`. Whoever asks anything here is told the state whenever it changes, and ten
times a second while it plays, for a minute after the last question.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from engine.model import Model
from engine.protocol.messages import Command, Reply

_CANDIDATE = Field(min_length=1, max_length=256, description="Name of the sound, chosen by the client.")
_PATH = 4_096
LEASE_SECONDS = 60.0


class PreviewCommand(Command):
    """Base of what is asked of the preview; answered by its state unless said otherwise."""


class LoadKeys(Model):
    """Where a sound comes from and where it belongs; one of path, prompt and job."""

    path: str = Field("", max_length=_PATH, description="A sound file under an allowed root.")
    prompt: str = Field("", max_length=2_000, description="Words for one sound of the library or the built-in ones.")
    job: str = Field("", max_length=64, description="Id of a job: every stem of it, as soon as it is there.")
    duration: float | None = Field(None, ge=0.02, le=1_800, description="Seconds, of a prompt; left out, its own.")
    seed: int = Field(1, ge=0, le=2**53, description="Another one, another happening; of a prompt.")
    position_samples: int = Field(0, ge=0, le=2**47, description="Of its first sample, on the session's timeline.")
    tempo: float | None = Field(
        None, gt=0, le=1_000, description="Beats a minute it was played at: it follows the DAW."
    )
    key: int | None = Field(
        None, ge=0, le=127, description="MIDI key that strikes it; it is then not one to choose, and takes take turns."
    )
    session: str = Field("", max_length=64, description="Id of a session told before, whose rate positions are in.")


class PreviewLoad(PreviewCommand):
    """A sound to choose from; of the same name, another one in its place. Answered by /cuewright/preview/loaded."""

    address: ClassVar[str] = "/cuewright/preview/load"
    candidate: str = _CANDIDATE
    keys: LoadKeys


class PreviewUnload(PreviewCommand):
    """Take a sound away."""

    address: ClassVar[str] = "/cuewright/preview/unload"
    candidate: str = _CANDIDATE


class PreviewSelect(PreviewCommand):
    """Hear another one at the same place, as loud: A and B."""

    address: ClassVar[str] = "/cuewright/preview/select"
    candidate: str = _CANDIDATE


class PreviewPlay(PreviewCommand):
    """Play on from where it stands; from the start, when it has ended."""

    address: ClassVar[str] = "/cuewright/preview/play"


class PreviewStop(PreviewCommand):
    """Stop where it stands."""

    address: ClassVar[str] = "/cuewright/preview/stop"


class PreviewLocate(PreviewCommand):
    """Go elsewhere in the sound."""

    address: ClassVar[str] = "/cuewright/preview/locate"
    seconds: float = Field(ge=0, le=1_800, description="From its start.")


class PreviewLoop(PreviewCommand):
    """Go round between two places; the same place twice ends that."""

    address: ClassVar[str] = "/cuewright/preview/loop"
    start_seconds: float = Field(ge=0, le=1_800, description="From the sound's start.")
    end_seconds: float = Field(ge=0, le=1_800, description="From the sound's start.")


class ParamKeys(Model):
    """For parameters that are not numbers."""

    choice: str = Field("", max_length=256, description="A parameter of effects that is a word, instead of a value.")


class PreviewParam(PreviewCommand):
    """Move what is heard; the names are in the state's knobs, and effects have theirs."""

    address: ClassVar[str] = "/cuewright/preview/param"
    name: str = Field(
        min_length=1,
        max_length=512,
        description="gain_db, distance_m, wetness, tail_seconds, brightness_db, pitch_semitones, pace; or "
        "chain.LINK.PARAMETER, the first link being 1.",
    )
    value: float | None = Field(None, description="Where it goes.")
    keys: ParamKeys


class PreviewChain(PreviewCommand):
    """Hear all through the effects of a preset."""

    address: ClassVar[str] = "/cuewright/preview/chain"
    preset: str = Field(max_length=64, description="Its name; empty: none.")


class CommitKeys(Model):
    """What to print."""

    what: Literal["auto", "heard", "pass"] = Field(
        "auto", description="heard: all since the start. pass: once through. auto: the pass of a loop, else heard."
    )


class PreviewCommit(PreviewCommand):
    """Print exactly what was heard; answered by /cuewright/preview/committed."""

    address: ClassVar[str] = "/cuewright/preview/commit"
    path: str = Field(min_length=1, max_length=_PATH, description="File to write, under an allowed root; WAV.")
    keys: CommitKeys


class PreviewDevice(PreviewCommand):
    """Play through another device."""

    address: ClassVar[str] = "/cuewright/preview/device"
    name: str = Field(
        "", max_length=1_024, description="Name, part of one, or number; empty: the system's; none: none."
    )


class PreviewDevices(PreviewCommand):
    """What can play; answered by a /cuewright/preview/output each, then the state."""

    address: ClassVar[str] = "/cuewright/preview/devices"


class PreviewState(PreviewCommand):
    """How does it stand? Asked now and then, the state keeps coming."""

    address: ClassVar[str] = "/cuewright/preview/state"


class PreviewFollow(PreviewCommand):
    """Whether to go where the DAW's transport goes."""

    address: ClassVar[str] = "/cuewright/preview/follow"
    on: bool = Field(description="Follow, or play by its own clock.")


class TransportKeys(Model):
    """What else a transport tells."""

    tempo: float | None = Field(None, gt=0, le=1_000, description="Beats a minute.")
    session: str = Field("", max_length=64, description="Id of a session told before, whose rate the position is in.")


class PreviewTransport(PreviewCommand):
    """Where the DAW's transport is, 5 to 60 times a second while it runs and whenever it moves; not answered."""

    address: ClassVar[str] = "/cuewright/preview/transport"
    playing: bool = Field(description="Whether it runs.")
    position_samples: int = Field(ge=-(2**47), le=2**47, description="On the session's timeline, as it is heard now.")
    keys: TransportKeys


class PreviewStrike(PreviewCommand):
    """Strike a key, as a keyboard would; not answered."""

    address: ClassVar[str] = "/cuewright/preview/strike"
    key: int = Field(ge=0, le=127, description="As the sounds were loaded for.")
    velocity: float = Field(1.0, ge=0, le=1, description="How hard; 0, as a key that comes up sends it, does nothing.")


class PreviewMidiInputs(PreviewCommand):
    """Which MIDI inputs are there? Answered by a /cuewright/preview/midi_input each, then the state."""

    address: ClassVar[str] = "/cuewright/preview/midi_inputs"


class PreviewMidi(PreviewCommand):
    """Let a keyboard strike keys, and a controller move what it is bound to."""

    address: ClassVar[str] = "/cuewright/preview/midi"
    port: str = Field("", max_length=1_024, description="Name of the input, part of one, or number; empty: none.")


class PreviewBind(PreviewCommand):
    """A controller moves a parameter over all its way."""

    address: ClassVar[str] = "/cuewright/preview/bind"
    control: str = Field(max_length=16, description="cc0 to cc119, pitch or touch; of one channel, cc7:1.")
    name: str = Field(min_length=1, max_length=512, description="As of /cuewright/preview/param.")


class PreviewUnbind(PreviewCommand):
    """Nothing moves the parameter any more."""

    address: ClassVar[str] = "/cuewright/preview/unbind"
    name: str = Field(min_length=1, max_length=512, description="As of /cuewright/preview/param.")


class PreviewLearn(PreviewCommand):
    """The next controller that moves is bound to the parameter."""

    address: ClassVar[str] = "/cuewright/preview/learn"
    name: str = Field(max_length=512, description="As of /cuewright/preview/param; empty: no longer.")


class RecordKeys(Model):
    """Where a performance goes."""

    path: str = Field("", max_length=_PATH, description="Cue sheet to write as it ends, under an allowed root; CSV.")
    session: str = Field("", max_length=64, description="Id of a session told before, whose timeline it lies on.")


class PreviewRecord(PreviewCommand):
    """Keep every key that is struck; when that ends, answered by /cuewright/preview/recorded."""

    address: ClassVar[str] = "/cuewright/preview/record"
    on: bool = Field(description="Begin, or end.")
    keys: RecordKeys


class PreviewStateReply(Reply):
    """How the preview stands."""

    address: ClassVar[str] = "/cuewright/preview/state"
    playing: bool = Field(description="Whether it plays.")
    candidate: str = Field(description="The sound that is chosen; empty: none is loaded.")
    seconds: float = Field(ge=0, description="Place in it that is heard.")
    length_seconds: float = Field(ge=0, description="Of it, as far as it is made.")
    waiting: bool = Field(description="It plays, and the rest of it is still being made.")
    following: bool = Field(description="Whether it goes where the DAW's transport goes.")
    device: str = Field(description="What plays; empty: nothing does.")
    latency_seconds: float = Field(ge=0, description="From a move to its being heard, by what the device tells.")
    dropouts: int = Field(ge=0, description="Times the device ran dry since it was opened.")
    trouble: str = Field("", description="What is wrong with the device, and what to do; empty: nothing.")
    candidates: str = Field("", description="All sounds that are loaded: a JSON list.")
    knobs: str = Field("", description="Where everything that moves stands: a JSON object.")
    midi: str = Field("", description="The MIDI input that is listened to; empty: none.")
    midi_trouble: str = Field("", description="What is wrong with it, and what to do; empty: nothing.")
    bindings: str = Field("{}", description="What each controller moves: a JSON object.")
    learning: str = Field("", description="What the next controller that moves is bound to; empty: nothing.")
    recording: bool = Field(False, description="Whether keys are kept.")


class PreviewLoadedReply(Reply):
    """A sound is there."""

    address: ClassVar[str] = "/cuewright/preview/loaded"
    candidate: str = Field(description="Its name.")
    length_seconds: float = Field(ge=0, description="Of what is there.")
    is_whole: bool = Field(description="False: it can be heard already, and the rest is being made.")
    loudness_lufs: float | None = Field(None, description="As it is; candidates are heard as loud as the softest.")


class PreviewCommittedReply(Reply):
    """What was heard is a file."""

    address: ClassVar[str] = "/cuewright/preview/committed"
    path: str = Field(description="The file; another number where one of that name was there.")
    sha256: str = Field(description="Of the file.")
    position_samples: int = Field(ge=0, description="Of its first sample, on the session's timeline.")
    length_samples: int = Field(ge=0, description="Of the file.")
    sample_rate_hz: int = Field(ge=1, description="Of the file and of every number of samples here.")


class PreviewOutputReply(Reply):
    """A device that can play."""

    address: ClassVar[str] = "/cuewright/preview/output"
    number: int = Field(ge=0, description="To choose it by.")
    name: str = Field(description="To choose it by, whole or in part.")
    host_api: str = Field(description="What of the system it belongs to.")
    is_default: bool = Field(description="Whether the system would choose it.")


class PreviewMidiInputReply(Reply):
    """A MIDI input."""

    address: ClassVar[str] = "/cuewright/preview/midi_input"
    number: int = Field(ge=0, description="To choose it by.")
    name: str = Field(description="To choose it by, whole or in part.")


class PreviewRecordedReply(Reply):
    """A performance is a cue sheet, to compose to or to play an instrument from."""

    address: ClassVar[str] = "/cuewright/preview/recorded"
    path: str = Field(description="The sheet; another number where one of that name was there; empty: none was asked.")
    cues_count: int = Field(ge=0, description="How many keys were struck.")


COMMANDS: tuple[type[PreviewCommand], ...] = (
    *(PreviewLoad, PreviewUnload, PreviewSelect, PreviewPlay, PreviewStop, PreviewLocate, PreviewLoop, PreviewParam),
    *(PreviewChain, PreviewCommit, PreviewDevice, PreviewDevices, PreviewState, PreviewFollow, PreviewTransport),
    *(PreviewStrike, PreviewMidiInputs, PreviewMidi, PreviewBind, PreviewUnbind, PreviewLearn, PreviewRecord),
)
REPLIES: tuple[type[Reply], ...] = (
    *(PreviewStateReply, PreviewLoadedReply, PreviewCommittedReply, PreviewOutputReply),
    *(PreviewMidiInputReply, PreviewRecordedReply),
)
