"""What a client may ask for.

The fields of a request are the keys of its OSC message and the options of its command: the protocol's table, its
documentation and the command line all read bounds and descriptions from here. A request says what is wanted; what will
be done is a :class:`~engine.plan.Plan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from engine.errors import BadArgument, PromptEmpty, PromptTooLong
from engine.model import Model
from engine.session import Session

MAX_PROMPT_WORDS = 1_000
MAX_LENGTH_SECONDS = 3_600.0
JOB_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

Priority = Literal["preview", "interactive", "batch"]
PRIORITIES: dict[Priority, int] = {"preview": 2, "interactive": 1, "batch": 0}
"""Larger goes first; jobs of one priority run in the order they came."""


class GenerateRequest(Model):
    """Words in, stems out."""

    prompt: str = Field("", description="What should be heard, in words; may be empty when a preset is named.")
    folder: str = Field(
        min_length=1,
        max_length=4_096,
        description="Folder the stems go to; made when missing; under an allowed root.",
    )
    duration: float | None = Field(
        None, ge=0.02, le=MAX_LENGTH_SECONDS, description="Length in seconds; left out, the words decide."
    )
    position_samples: int = Field(
        0,
        ge=0,
        le=2**47,
        description="Where on the timeline the first sound starts, in samples of the session.",
    )
    position_timecode: str = Field(
        "", max_length=16, description="The same as timecode; wins over position_samples when given."
    )
    takes: int | None = Field(
        None, ge=1, le=16, description="Different versions of every sound; left out, 1, or as many as before."
    )
    seed: int | None = Field(
        None,
        ge=0,
        le=2**53,
        description="Same seed and versions, same bytes; left out, it follows from the job id.",
    )
    backend: str = Field("", max_length=64, description="What makes the sounds; left out, the best match decides.")
    planner: Literal["auto", "rules", "llm"] = Field(
        "auto", description="What turns words into a plan; auto is llm where one is configured, else rules."
    )
    preset: str = Field("", max_length=64, description="Name of a preset to start from.")
    chain: str = Field(
        "", max_length=64, description="Name of a preset whose effects every sound goes through: phone, next-room."
    )
    mix_chain: str = Field("", max_length=64, description="The same, for the mix.")
    channels: int | None = Field(
        None, ge=1, le=2, description="1 or 2; left out, single sounds are mono and backgrounds stereo."
    )
    track: str = Field("", max_length=120, description="Track for all stems; left out, one track a sound.")
    session: str = Field("", max_length=64, description="Id of a session told before; left out, 48 kHz at 25 fps.")
    follows: str = Field("", max_length=64, description="Id of a finished job whose plan this prompt changes.")
    priority: Priority = Field("interactive", description="preview overtakes interactive, which overtakes batch.")
    mix: bool = Field(True, description="Also write a mix of all sounds.")
    delivery_safe: bool = Field(False, description="Refuse backends whose licence forbids commercial use.")

    @field_validator("prompt")
    @classmethod
    def _prompt_is_short_enough(cls, prompt: str) -> str:
        prompt = " ".join("".join(c if c.isprintable() else " " for c in prompt).split())
        words = prompt.count(" ") + 1
        if words > MAX_PROMPT_WORDS or len(prompt) > 10 * MAX_PROMPT_WORDS:
            raise PromptTooLong(
                f"The prompt has {words:,} words, {len(prompt):,} characters; at most {MAX_PROMPT_WORDS:,} words and "
                f"{10 * MAX_PROMPT_WORDS:,} characters are taken: split it into several jobs.",
                field="prompt",
            )
        return prompt

    @field_validator("folder")
    @classmethod
    def _folder_has_no_null(cls, folder: str) -> str:
        if "\0" in folder:
            raise BadArgument("A folder's name cannot hold a null byte.", field="folder")
        return folder

    @model_validator(mode="after")
    def _has_words_or_a_preset(self) -> GenerateRequest:
        if not self.preset and not any(c.isalnum() for c in self.prompt):
            raise PromptEmpty("The prompt is empty: say what should be heard, or name a preset.", field="prompt")
        return self


class SpotRequest(Model):
    """Picture in, cues out."""

    video: str = Field(min_length=1, max_length=4_096, description="Video file, read in place; under an allowed root.")
    video_offset: float = Field(
        0.0, ge=0, le=864_000, description="Seconds into the file at which the slice begins, from its first frame."
    )
    video_rate: float = Field(1.0, ge=0.01, le=100, description="Play rate: 2 plays it twice as fast.")
    duration: float | None = Field(
        None, gt=0, le=86_400, description="Seconds on the timeline; left out, to the end of the picture."
    )
    source: Literal["picture", "sound", "both"] = Field(
        "picture", description="Where to look for cues: the picture, its own sound (the guide track), or both."
    )
    position_samples: int = Field(
        0,
        ge=0,
        le=2**47,
        description="Where on the timeline the slice begins, in samples of the session.",
    )
    position_timecode: str = Field(
        "", max_length=16, description="The same as timecode; wins over position_samples when given."
    )
    sensitivity: float = Field(0.5, ge=0, le=1, description="More finds more, right and wrong.")
    folder: str = Field(
        "", max_length=4_096, description="Folder that a cue sheet and a report page go to; left out, none is written."
    )
    session: str = Field("", max_length=64, description="Id of a session told before; left out, 48 kHz at 25 fps.")
    priority: Priority = Field("interactive", description="preview overtakes interactive, which overtakes batch.")


class ComposeRequest(GenerateRequest):
    """Words and a picture, a cue sheet or markers in; stems with their onsets on the cues out."""

    prompt: str = Field(
        "", description="What should be heard, in words; may be empty when a preset is named or every cue has words."
    )
    video: str = Field("", max_length=4_096, description="Video file, read in place; under an allowed root.")
    video_offset: float = Field(
        0.0, ge=0, le=864_000, description="Seconds into the file at which the slice begins, from its first frame."
    )
    video_rate: float = Field(1.0, ge=0.01, le=100, description="Play rate: 2 plays it twice as fast.")
    cue_sheet: str = Field(
        "",
        max_length=4_096,
        description="Cue sheet, under an allowed root: CSV, TSV, XLSX, Pro Tools text, EDL, or REAPER's markers.",
    )
    sheet_frame_rate: str = Field(
        "", max_length=32, description="Frame rate of the sheet's timecode; left out, the session's."
    )
    markers: str = Field(
        "",
        max_length=32_768,
        description='Cues by hand, in seconds from the start of the request or in timecode: "1.25; 2.5 door slam".',
    )
    spot: Literal["auto", "picture", "sound", "both", "off"] = Field(
        "auto", description="Where else to look for cues; auto is the picture when there is no sheet and no marker."
    )
    sensitivity: float = Field(0.5, ge=0, le=1, description="More finds more cues, right and wrong.")
    evenly: int | None = Field(
        None, ge=1, le=512, description="This many cues evenly spread, where the picture shows none."
    )
    ambience: Literal["across", "per_shot"] = Field(
        "across", description="Backgrounds go on across the picture's cuts, or begin anew with every shot."
    )
    report: bool = Field(False, description="Also write a page that plays the picture with the stems.")

    @model_validator(mode="after")
    def _has_words_or_a_preset(self) -> ComposeRequest:
        if not (self.video or self.cue_sheet or self.markers):
            raise BadArgument("Compose needs a picture, a cue sheet or markers: give one of them.", field="video")
        if not (self.cue_sheet or self.markers or self.preset or any(c.isalnum() for c in self.prompt)):
            raise PromptEmpty("The prompt is empty: say what should be heard, or name a preset.", field="prompt")
        return self


class RegionRequest(Model):
    """Base of what changes a region of the timeline: which one, and where the take goes."""

    audio: str = Field(
        min_length=1, max_length=4_096, description="Sound file, under an allowed root; it is read and never written."
    )
    offset: float = Field(0.0, ge=0, le=864_000, description="Seconds into the file at which the region begins.")
    duration: float | None = Field(
        None, gt=0, le=864_000, description="Seconds on the timeline; left out, to the end of the file."
    )
    play_rate: float = Field(1.0, ge=0.01, le=100, description="2 plays the file twice as fast; the take keeps it.")
    channels: str = Field(
        "",
        max_length=64,
        description='Which channels of the file: "1", "1 2", or "mix" for all in one; left out, all.',
    )
    folder: str = Field("", max_length=4_096, description="Folder the take goes to; left out, beside the original.")
    position_samples: int | None = Field(
        None,
        ge=0,
        le=2**47,
        description="Where on the timeline the region begins, in samples of the session; left out, the file tells.",
    )
    position_timecode: str = Field(
        "", max_length=16, description="The same as timecode; wins over position_samples when given."
    )
    seed: int | None = Field(
        None, ge=0, le=2**53, description="Same seed and versions, same bytes; left out, it follows from the job id."
    )
    planner: Literal["auto", "rules", "llm"] = Field(
        "auto", description="What chooses the actions; auto is llm where one is configured, else rules."
    )
    track: str = Field("", max_length=120, description="Track for the take; left out, the file's name.")
    session: str = Field("", max_length=64, description="Id of a session told before; left out, 48 kHz at 25 fps.")
    priority: Priority = Field("interactive", description="preview overtakes interactive, which overtakes batch.")


class EditRequest(RegionRequest):
    """A region of the timeline and what to do with it in; a new take beside the original out."""

    do: str = Field(
        "",
        max_length=32_768,
        description='What to do, in words, or as actions: "denoise; speed factor=0.9; volume gain_db=3".',
    )
    selection_start: float = Field(
        0.0, ge=0, le=864_000, description="Seconds from the region's start; outside the selection no bit changes."
    )
    selection_length: float | None = Field(
        None, gt=0, le=864_000, description="Seconds; left out, the whole region is edited."
    )
    noise_audio: str = Field(
        "", max_length=4_096, description="File of which a part is noise alone; left out, it is this file's region."
    )
    noise_start: float = Field(0.0, ge=0, le=864_000, description="Seconds into it at which the noise begins.")
    noise_length: float | None = Field(
        None, gt=0, le=3_600, description="Seconds of noise alone; left out, noise is found in the sound itself."
    )
    reference: str = Field("", max_length=4_096, description="File whose room worldize takes; under an allowed root.")
    takes: int = Field(1, ge=1, le=16, description="Different versions, where chance has a part in it.")
    backend: str = Field(
        "", max_length=64, description="What makes new sound (fill, extend, restyle); left out, the best match."
    )
    plan_only: bool = Field(False, description="Only say which actions it would be, to be changed and sent as do.")

    @field_validator("do")
    @classmethod
    def _says_something(cls, do: str) -> str:
        if not any(c.isalnum() for c in do):
            raise PromptEmpty("There is nothing to do: say it in words, or name an action.", field="do")
        return do

    @model_validator(mode="after")
    def _noise_has_a_length(self) -> EditRequest:
        if (self.noise_audio or self.noise_start) and self.noise_length is None:
            raise BadArgument("How long is the noise? Give noise_length.", field="noise_length")
        return self


class AlignRequest(RegionRequest):
    """A region and the picture above it in; a new take that fits better out, or the reason why there is none."""

    video: str = Field(
        min_length=1, max_length=4_096, description="Video file that the region lies under; read in place."
    )
    video_offset: float = Field(
        0.0, ge=0, le=864_000, description="Seconds into the video at which the region begins, from its first frame."
    )
    video_rate: float = Field(1.0, ge=0.01, le=100, description="Play rate: 2 plays it twice as fast.")
    threshold: float = Field(0.88, ge=0, le=1, description="Both scores of a version that reaches it end the search.")
    cycles: int = Field(4, ge=1, le=16, description="At most so many versions are tried.")
    judge: Literal["auto", "measured", "model"] = Field(
        "auto", description="Who scores: auto is a model that sees and hears where one is configured, else measuring."
    )
    report: bool = Field(False, description="Also write a page with the picture, every version and its scores.")


Verb = Literal["generate", "compose", "spot", "edit", "align"]
JobRequest = ComposeRequest | GenerateRequest | SpotRequest | EditRequest | AlignRequest
_REQUESTS: dict[Verb, type[GenerateRequest] | type[SpotRequest] | type[RegionRequest]] = {
    "generate": GenerateRequest,
    "compose": ComposeRequest,
    "spot": SpotRequest,
    "edit": EditRequest,
    "align": AlignRequest,
}


class Job(Model):
    """One request on its way through the engine: all that a worker is told."""

    id: str = Field(pattern=JOB_ID_PATTERN, description="Chosen by the client; the same id is the same job.")
    verb: Verb = "generate"
    request: JobRequest = Field(description="As its verb takes it.")
    session: Session = Session()
    created: str = Field(
        description="When it was accepted, ISO 8601 in UTC; written into the files, so a retry repeats it."
    )
    previous_manifest: str = Field("", description="Manifest of the job that this one follows.")

    @field_validator("request", mode="before")
    @classmethod
    def _request_is_of_its_verb(cls, request: object, info: ValidationInfo) -> object:
        """The verb says which kind it is: some keys would do for more than one."""
        kind = _REQUESTS[info.data.get("verb", "generate")]
        return kind.read(request) if isinstance(request, Mapping) else request

    @property
    def priority(self) -> int:
        """Larger goes first."""
        return PRIORITIES[self.request.priority]

    @property
    def words(self) -> GenerateRequest:
        """The request of a job that makes sounds.

        Raises
        ------
        BadArgument
            When it spots or edits.
        """
        if not isinstance(self.request, GenerateRequest):
            raise BadArgument(f"A {self.verb} job makes no sound from words.", field="verb")
        return self.request
