"""A registered connection to Pro Tools: one command, one answer.

The messages and the stub are py-ptsl's. Its client is not used, because it waits without end and prints. Requests are
checked against the messages before they are sent, so a misspelt field fails here and not in somebody's session.

Commands and versions: Avid's PTSL as of Pro Tools 2025.10.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from types import TracebackType
from typing import Any

from engine.errors import BadArgument, CuewrightError, DawNotReady, DawRefused, DependencyMissing, FileUnreadable

DEFAULT_ADDRESS = "127.0.0.1:31416"
OLDEST = (2025, 10)
"""Version of Pro Tools that has every command used here: clips by id, what lies on a track, tracks deleted by id."""
_COMPANY, _APPLICATION = "Cuewright", "Cuewright"
_PAGE = 1_000
_MISNAMED = {"GetClipList": (("clip_list", "clips"),)}
"""Fields that Pro Tools calls otherwise than its own messages do."""
_NO_SESSION = {"PT_NoOpenedSession", "OS_NoSessionFound"}
_TOO_OLD = {"PT_UnsupportedCommand", "SDK_NotImplemented", "SDK_VersionMismatch"}
_BUSY = {"PT_HostNotReady", "PT_HostIsBusy", "PT_CommandTimeout", "OS_ProToolsIsNotAvailable"}
_NO_FILE = {"PT_FileNotFound", "OS_NoFilePathFound", "OS_FilePathLocation", "OS_ReadError"}


class Link:
    """Talks to one Pro Tools; a context manager.

    Parameters
    ----------
    timeout_seconds
        Until a command counts as failed: Pro Tools answers nothing while one of its dialogs is open.

    Raises
    ------
    DawNotReady
        When nothing answers at the address, or Pro Tools is older than :data:`OLDEST`.
    DependencyMissing
        When py-ptsl is not installed.
    """

    def __init__(self, address: str = DEFAULT_ADDRESS, *, timeout_seconds: float = 60.0) -> None:
        if find_spec("ptsl") is None or find_spec("grpc") is None:
            raise DependencyMissing(
                "Pro Tools needs the package py-ptsl: pip install 'cuewright[protools]'.", field="protools"
            )
        import grpc
        from ptsl.PTSL_pb2_grpc import PTSLStub

        self._address = address
        self._timeout = timeout_seconds
        self._session_id = self._batch_id = ""
        self._version: tuple[int, int] = OLDEST
        self._channel = grpc.insecure_channel(address)
        self._send: Callable[..., Any] = PTSLStub(self._channel).SendGrpcRequest
        try:
            self.ask("HostReadyCheck")
            registered = self.ask("RegisterConnection", {"company_name": _COMPANY, "application_name": _APPLICATION})
            self._session_id = registered.session_id
            told = self.ask("GetPTSLVersion")
            if (told.version, told.version_minor) < OLDEST:
                raise self._too_old(f"{told.version}.{told.version_minor}")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the session in Pro Tools stays as it is."""
        self._channel.close()

    def ask(self, command: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a command and wait for its answer.

        Parameters
        ----------
        command
            Name as in PTSL's ``CommandId``, without ``CId_``.
        body
            Fields of its request; enumerations by name.

        Returns
        -------
        The message of its response, empty where it has none.

        Raises
        ------
        CuewrightError
            What Pro Tools answers instead, as :class:`DawNotReady`, :class:`DawRefused` or what fits better.
        """
        import grpc
        from google.protobuf import json_format
        from ptsl import PTSL_pb2 as messages

        request = messages.Request(
            header=messages.RequestHeader(
                command=messages.CommandId.Value(f"CId_{command}"),
                version=self._version[0],
                version_minor=self._version[1],
                session_id=self._session_id,
                versioned_request_header_json=_batch_header(self._batch_id),
            )
        )
        kind = getattr(messages, f"{command}RequestBody", None)
        if kind is not None:
            checked = json_format.ParseDict(dict(body or {}), kind())
            request.request_body_json = json_format.MessageToJson(checked, preserving_proto_field_name=True)
        try:
            response = self._send(request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise self._unreachable(error) from None
        if response.header.status != messages.TStatus_Completed:
            raise self._refused(command, response)
        answer = getattr(messages, f"{command}ResponseBody", messages.EmptyMessage)()
        text = response.response_body_json or "{}"
        for told, meant in _MISNAMED.get(command, ()):
            text = text.replace(f'"{told}"', f'"{meant}"', 1)
        try:
            return json_format.Parse(text, answer, ignore_unknown_fields=True)
        except json_format.ParseError as error:
            raise DawRefused(f"Pro Tools' answer to {command} cannot be read: {error}.", field=command) from None

    def pages(self, command: str, field: str, body: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Everything in a list that Pro Tools gives out in pages."""
        given = 0
        while True:
            page = {"pagination_request": {"limit": _PAGE, "offset": given}}
            answer = self.ask(command, {**(body or {}), **page})
            found = getattr(answer, field)
            yield from found
            given += len(found)
            if not found or given >= answer.pagination_response.total:
                return

    @contextmanager
    def batch(self, description: str) -> Iterator[None]:
        """Do steps as one job of Pro Tools, which shows it and lets nobody edit meanwhile."""
        told = {"name": "Cuewright", "description": description, "timeout": round(1_000 * self._timeout)}
        self._batch_id = self.ask("CreateBatchJob", {"job": {**told, "is_cancelable": False}}).id
        ending = "CancelBatchJob"
        try:
            yield
            ending = "CompleteBatchJob"
        finally:
            batch_id, self._batch_id = self._batch_id, ""
            with suppress(CuewrightError):  # its end changes nothing in the session, and Pro Tools times it out
                self.ask(ending, {"id": batch_id})

    def _unreachable(self, error: Any) -> DawNotReady:
        if error.code().name == "DEADLINE_EXCEEDED":
            return DawNotReady(
                f"Pro Tools has not answered for {self._timeout:.0f} s: close any dialog that is open there.",
                field="address",
            )
        return DawNotReady(
            f"No Pro Tools answers at {self._address}: start it, and open a session ({error.code().name}).",
            field="address",
        )

    def _too_old(self, told: str) -> DawNotReady:
        return DawNotReady(
            f"This Pro Tools is too old ({told}): {OLDEST[0]}.{OLDEST[1]} or later is needed. Any version takes the "
            "job as AAF, see 'cuewright export'.",
            field="version",
        )

    def _refused(self, command: str, response: Any) -> CuewrightError:
        """What Pro Tools says, as our errors say it."""
        names, said = _errors_of(response.response_error_json)
        why = said or ", ".join(sorted(names)) or "no reason given"
        if names & _NO_SESSION:
            return DawNotReady("No session is open in Pro Tools: open one.", field="session")
        if names & _TOO_OLD:
            return self._too_old(why)
        if names & _BUSY:
            return DawNotReady(f"Pro Tools is busy: close its dialogs and try again ({why}).", field="session")
        if "PT_NoSelection" in names:
            return BadArgument("Nothing is selected in Pro Tools: make a selection.", field="selection")
        if "PT_ReadOnlySession" in names:
            return DawRefused("The Pro Tools session is read-only: save a copy and work in that.", field="session")
        if names & _NO_FILE:
            return FileUnreadable(f"Pro Tools cannot read a file: {why}.", field="file")
        return DawRefused(f"Pro Tools would not do {command}: {why}.", field=command)


def _batch_header(batch_id: str) -> str:
    return json.dumps({"batch_job_header": {"id": batch_id, "progress": 0}}) if batch_id else ""


def _errors_of(text: str) -> tuple[set[str], str]:
    """(names of PTSL's error types, their messages); whatever comes, this does not fail."""
    from google.protobuf import json_format
    from ptsl import PTSL_pb2 as messages

    try:
        told = json_format.Parse(text or "{}", messages.ResponseError(), ignore_unknown_fields=True)
    except json_format.ParseError:
        return set(), text
    known = messages.CommandErrorType
    names = {
        known.Name(error.command_error_type).removeprefix("CEType_")
        for error in told.errors
        if error.command_error_type in known.values()
    }
    return names, "; ".join(error.command_error_message for error in told.errors if error.command_error_message)
