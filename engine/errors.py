"""Every error a user or a script can meet.

Each class has one stable wire code; an error carries that code, one sentence for people, and the field it is about.
This module knows the codes; it knows neither OSC nor the command line, which only print what is here.

    CuewrightError
    ├── RequestError             the request is wrong: fix it and send it again
    │   ├── MalformedPacket      malformed_packet      not OSC
    │   ├── UnknownAddress       unknown_address
    │   ├── BadArgument          bad_argument          wrong key, type, bound or value
    │   ├── PromptEmpty          prompt_empty
    │   ├── PromptTooLong        prompt_too_long
    │   ├── PromptNotMatched     prompt_not_matched    no backend can make this sound
    │   ├── UnknownBackend       unknown_backend
    │   ├── UnknownPreset        unknown_preset
    │   ├── UnknownJob           unknown_job
    │   ├── JobConflict          job_conflict          same job id, other request
    │   ├── PathNotAllowed       path_not_allowed      outside the allowed roots
    │   ├── FileUnreadable       file_unreadable
    │   ├── PictureUnreadable    picture_unreadable    no picture in it, or none in the slice
    │   ├── NothingMoves         nothing_moves         no cue is to be seen in the picture
    │   ├── CueSheetUnreadable   cue_sheet_unreadable  not one row of it is a cue
    │   ├── ChainInvalid         chain_invalid         a plugin has no such parameter, value or channels
    │   ├── PluginMissing        plugin_missing        no plugin of that name is here
    │   └── NotAuthorised        not_authorised        token missing or wrong
    ├── ResourceError            the machine cannot do it now
    │   ├── QueueFull            queue_full
    │   ├── DiskFull             disk_full
    │   ├── FolderNotWritable    folder_not_writable
    │   ├── PortInUse            port_in_use
    │   ├── EngineNotRunning     engine_not_running
    │   ├── DependencyMissing    dependency_missing
    │   ├── WeightsMissing       weights_missing       a model's files are not here, or not whole
    │   ├── LicenceNotAccepted   licence_not_accepted
    │   ├── NoDevice             no_device             no audio output or input, gone, or held by another
    │   ├── DawNotReady          daw_not_ready         not running, no session open, too old, busy
    │   └── DawRefused           daw_refused           a step in the DAW failed; the rest was taken back
    ├── RenderError              the work itself failed
    │   ├── PlannerFailed        planner_failed
    │   ├── BackendFailed        backend_failed
    │   ├── WorkerDied           worker_died
    │   ├── PluginFailed         plugin_failed         a plugin crashed, hung, or gave no sound
    │   └── RebuildDiffers       rebuild_differs
    ├── Cancelled                cancelled             not a failure: the user asked
    └── InternalError            internal              a defect of ours
"""

from __future__ import annotations


class CuewrightError(Exception):
    """Base of all errors that reach a user.

    Parameters
    ----------
    sentence
        What happened and what to do, for people; one or two sentences.
    field
        The key of the request, setting or file row it is about (``"prompt"``, ``"events[2].length"``), or ``""``.
    """

    code = "internal"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence, field)
        self.sentence = sentence
        self.field = field

    def __str__(self) -> str:
        return self.sentence

    def __reduce__(self) -> tuple[object, ...]:
        return (from_wire, (self.code, self.sentence, self.field))


class RequestError(CuewrightError):
    """The request is wrong; sending it again unchanged fails again."""

    code = "bad_request"


class MalformedPacket(RequestError):
    """The bytes are not an OSC packet within our bounds."""

    code = "malformed_packet"


class UnknownAddress(RequestError):
    """No such OSC address."""

    code = "unknown_address"


class BadArgument(RequestError):
    """A key is unknown, or its value has the wrong type or is out of bounds."""

    code = "bad_argument"


class PromptEmpty(RequestError):
    """There are no words to work from."""

    code = "prompt_empty"


class PromptTooLong(RequestError):
    """The prompt is longer than a request may be."""

    code = "prompt_too_long"


class PromptNotMatched(RequestError):
    """No backend can make what the words ask for; the sentence names the nearest it can make."""

    code = "prompt_not_matched"


class UnknownBackend(RequestError):
    """No backend of that name is registered."""

    code = "unknown_backend"


class UnknownPreset(RequestError):
    """No preset of that name exists."""

    code = "unknown_preset"


class UnknownJob(RequestError):
    """No job of that id is in the journal."""

    code = "unknown_job"


class JobConflict(RequestError):
    """The job id is taken by a different request."""

    code = "job_conflict"


class PathNotAllowed(RequestError):
    """The path, once resolved, lies outside the allowed roots."""

    code = "path_not_allowed"


class FileUnreadable(RequestError):
    """A file named by the request is missing, damaged or of another kind."""

    code = "file_unreadable"


class PictureUnreadable(RequestError):
    """The file holds no picture, is cut off, or has no frame in the slice."""

    code = "picture_unreadable"


class NothingMoves(RequestError):
    """The picture shows no moment to put a sound on."""

    code = "nothing_moves"


class CueSheetUnreadable(RequestError):
    """No row of the sheet is a cue."""

    code = "cue_sheet_unreadable"


class ChainInvalid(RequestError):
    """A chain sets what its plugin does not have, or cannot be used for this sound."""

    code = "chain_invalid"


class PluginMissing(RequestError):
    """No plugin of that name or path is on this machine."""

    code = "plugin_missing"


class NotAuthorised(RequestError):
    """The engine asks for a token and the request has none, or a wrong one."""

    code = "not_authorised"


class ResourceError(CuewrightError):
    """The machine cannot do it now; the request itself may be right."""

    code = "resource"


class QueueFull(ResourceError):
    """Too many jobs wait already."""

    code = "queue_full"


class DiskFull(ResourceError):
    """There is no room left where the files go."""

    code = "disk_full"


class FolderNotWritable(ResourceError):
    """Files cannot be written to the folder."""

    code = "folder_not_writable"


class PortInUse(ResourceError):
    """Another program listens on the port."""

    code = "port_in_use"


class EngineNotRunning(ResourceError):
    """No engine answers at the address."""

    code = "engine_not_running"


class DependencyMissing(ResourceError):
    """An optional package is needed and not installed."""

    code = "dependency_missing"


class WeightsMissing(ResourceError):
    """A model's files are not on this machine, or not all of them."""

    code = "weights_missing"


class LicenceNotAccepted(ResourceError):
    """Nobody accepted the terms of a model yet."""

    code = "licence_not_accepted"


class NoDevice(ResourceError):
    """No sound can be played or heard there now."""

    code = "no_device"


class DawNotReady(ResourceError):
    """The DAW is not running, has no session open, is too old, or is busy."""

    code = "daw_not_ready"


class DawRefused(ResourceError):
    """The DAW would not do a step; those before it were taken back."""

    code = "daw_refused"


class RenderError(CuewrightError):
    """The request was right and the work failed."""

    code = "render"


class PlannerFailed(RenderError):
    """No planner could make a plan of the words."""

    code = "planner_failed"


class BackendFailed(RenderError):
    """A backend raised, or returned something that is not sound."""

    code = "backend_failed"


class WorkerDied(RenderError):
    """The worker process ended in the middle of the job, twice."""

    code = "worker_died"


class PluginFailed(RenderError):
    """A plugin crashed, hung, or returned something that is not sound; the sentence names it and what it was doing."""

    code = "plugin_failed"


class RebuildDiffers(RenderError):
    """The rebuilt bytes are not those of the manifest; the sentence says what differs."""

    code = "rebuild_differs"


class Cancelled(CuewrightError):
    """The user cancelled the job."""

    code = "cancelled"


class InternalError(CuewrightError):
    """A defect of the engine itself; please report it."""

    code = "internal"


def _descendants(cls: type[CuewrightError]) -> list[type[CuewrightError]]:
    return [cls] + [d for sub in cls.__subclasses__() for d in _descendants(sub)]


BY_CODE: dict[str, type[CuewrightError]] = {cls.code: cls for cls in _descendants(CuewrightError)}
"""Wire code to error class; the way back is the class's ``code``."""


def from_wire(code: str, sentence: str, field: str = "") -> CuewrightError:
    """Rebuild the error that a reply carries.

    >>> from_wire("queue_full", "64 jobs wait already.").code
    'queue_full'
    """
    return BY_CODE.get(code, InternalError)(sentence, field=field)
