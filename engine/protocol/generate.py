"""Writes what others read of the table: ``daw_scripts/OSC.md``, the Lua table, and the test vectors.

Run ``python -m engine.protocol.generate`` after a change; ``--check`` only says what is stale. A test runs the same
check, so that no copy drifts from the code.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.errors import BY_CODE, CuewrightError, RenderError, RequestError, ResourceError
from engine.protocol import codec, examples, framing, spool
from engine.protocol.arguments import Argument, arguments_of
from engine.protocol.codec import Message, Value
from engine.protocol.messages import PROTOCOL_VERSION, Envelope
from engine.protocol.schema import REPLIES, REQUESTS, parse, reply_message
from engine.protocol.server import DEFAULT_PORT
from engine.request import JOB_ID_PATTERN

ROOT = Path(__file__).resolve().parents[2]
_HINT = "python -m engine.protocol.generate"


def generated() -> dict[str, str]:
    """The text of every generated file, by its path from the project's root."""
    return {
        "daw_scripts/OSC.md": _markdown(),
        "daw_scripts/lua/protocol.lua": _lua(),
        "tests/vectors/accept.json": _json([_accepted(example) for example in examples.ACCEPTED]),
        "tests/vectors/reject.json": _json([_rejected(example) for example in examples.REJECTED]),
        "tests/vectors/replies.json": _json([_reply(reply_message(reply)) for reply in examples.REPLIES]),
    }


def stale(root: Path = ROOT) -> list[str]:
    """Paths whose file is missing or says something else than the code."""
    return [
        name
        for name, text in generated().items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog=_HINT, description="Write the files that are made from the protocol's table.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    check = parser.parse_args(arguments).check
    found = stale()
    for name in found:
        print(f"{'stale' if check else 'written'}: {name}")
        if not check:
            path = ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[name], encoding="utf-8", newline="\n")
    return 1 if check and found else 0


# Test vectors


def _json(rows: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def _accepted(example: examples.Example) -> dict[str, Any]:
    requests = [parse(message) for message in codec.decode(example.packet)]
    return {
        "name": example.name,
        "packet": example.packet.hex(),
        "requests": [
            {
                "address": request.command.address,
                "command": request.command.model_dump(mode="json"),
                "envelope": request.envelope.model_dump(mode="json"),
            }
            for request in requests
        ],
    }


def _rejected(example: examples.Example) -> dict[str, Any]:
    try:
        for message in codec.decode(example.packet):
            parse(message)
    except RequestError as error:
        return {"name": example.name, "packet": example.packet.hex(), "code": error.code, "field": error.field}
    raise AssertionError(f"{example.name!r} is accepted")


def _reply(message: Message) -> dict[str, Any]:
    names = [argument.name for argument in REPLIES[message.address].arguments]
    return {
        "address": message.address,
        "packet": codec.encode(message).hex(),
        "types": codec.type_tags(message),
        "arguments": dict(zip(names, message.arguments, strict=True)),
    }


# OSC.md


def _first_paragraph(thing: type) -> str:
    return " ".join((thing.__doc__ or "").split("\n\n")[0].split())


def _shown(value: Value) -> str:
    return "" if value is None or value == "" else f"`{json.dumps(value)}`"


def _rows(arguments: Iterable[Argument], *, reply: bool = False) -> list[str]:
    if reply:
        head = ["| # | name | type | what |", "|---|---|---|---|"]
        body = [
            f"| {number} | `{a.name}` | {a.tag}{' or N' if a.nullable else ''} | {a.about} |"
            for number, a in enumerate(arguments, 1)
        ]
    else:
        head = ["| name | type | right is | left out | what |", "|---|---|---|---|---|"]
        body = [
            f"| `{a.name}` | {a.tag} | {a.expected} | {'*needed*' if a.required else _shown(a.default)} | {a.about} |"
            for a in arguments
        ]
    return [*head, *body, ""]


def oscsend(message: Message, host: str = "127.0.0.1", port: int = DEFAULT_PORT) -> str:
    """The shell line that sends a message with liblo's ``oscsend``."""
    values = [str(v) for v in message.arguments if v is not None and not isinstance(v, bool)]
    tags = codec.type_tags(message)
    return shlex.join(["oscsend", host, str(port), message.address, *([tags] if tags else []), *values])


def _written(message: Message) -> str:
    return " ".join([message.address, *(json.dumps(v, ensure_ascii=False) for v in message.arguments)])


def _markdown() -> str:
    lines = [
        "# OSC",
        "",
        f"<!-- Generated by `{_HINT}`; do not edit. -->",
        "",
        f"Every message between a DAW script and the engine, protocol version {PROTOCOL_VERSION}. Try it by hand with",
        "liblo's tools (Debian: `liblo-tools`): `oscdump 57191` shows replies in one terminal, and in another",
        "",
        "```sh",
        oscsend(Message("/cuewright/ping", ("reply_port", 57_191))),
        "```",
        "",
        "## How it works",
        "",
        "- A request is an address, its fixed arguments, then any number of `key value` pairs in any order.",
        "- The client chooses the job id, and **may send a request again** whenever no answer comes: the same id is",
        "  the same job. The same id with other words is refused (`job_conflict`).",
        "- A job is answered by `/cuewright/accepted` once it is safe on disk, then by progress and stems, and ends",
        "  with exactly one of `/cuewright/done`, `/cuewright/failed` and `/cuewright/cancelled`.",
        "- Datagrams get lost: after a second of silence ask `/cuewright/job`, which repeats everything so far.",
        "- A request that is not understood is answered by `/cuewright/error`, and nothing is done.",
        "- Replies go to the port that the request came from, or to `reply_port` of the same host.",
        "- Paths travel, audio does not. The engine reads and writes under its allowed folders only.",
        "- Replies may grow at their end; leave arguments that you do not know aside.",
        "",
        "## Types",
        "",
        "| tag | means | also taken in requests |",
        "|---|---|---|",
        "| s | text, UTF-8 | |",
        "| i | whole number, 32 bits; `h`, 64 bits, where it does not fit | `f` and `d` without a fraction |",
        "| f | number | `d`, `i`, `h` |",
        "| T | true; `F` is false | `i` and `f` of 1 and 0 |",
        "| N | nothing: left out, or not known | |",
        "",
        f"A packet is one message or a bundle (nested at most {codec.MAX_NESTING} deep, timetags ignored) of at most",
        f"{codec.MAX_MESSAGES} messages with at most {codec.MAX_ARGUMENTS} arguments each. Addresses are exact:",
        "there are no patterns.",
        "",
        "## Transports",
        "",
        f"- **UDP**, port {DEFAULT_PORT}. Keep a datagram below 9,216 bytes (macOS sends no larger ones).",
        "- **TCP**, the same port: SLIP frames (one END or two) or a four-byte length, at most",
        f"  {framing.MAX_FRAME_BYTES:,} bytes each. The first byte of the connection decides, and replies come in the",
        "  same framing.",
        "- **Spool folder**, `spool` in the engine's data folder unless `--spool` or `CUEWRIGHT_SPOOL` names another,",
        "  for scripts without sockets: write `name.osc` under another name and rename it. It holds one packet, or",
        "  SLIP frames when its first byte is END (192). Replies are appended to `name.reply` as SLIP frames. A file",
        f"  is at most {spool.MAX_FILE_BYTES:,} bytes; one that cannot be read moves to `bad/`, with the reason.",
        "",
        "## Requests",
        "",
        "Any request may also carry:",
        "",
        *_rows(arguments_of(Envelope)),
    ]
    for message in examples.REQUESTS:
        row = REQUESTS[message.address]
        lines += [f"### {message.address}", "", _first_paragraph(row.command), "", f"`{row.usage}`", ""]
        if row.arguments:
            lines += _rows(row.arguments)
        if row.keys:
            lines += ["Keys:", "", *_rows(row.keys.values())]
        lines += ["```sh", oscsend(message), "```", ""]
    lines += ["## Replies", ""]
    for reply in examples.REPLIES:
        message = reply_message(reply)
        rows = _rows(REPLIES[message.address].arguments, reply=True)
        lines += [f"### {message.address} (reply)", "", _first_paragraph(type(reply)), "", *rows]
        lines += ["```", _written(message), "```", ""]
    lines += ["## Error codes", "", "| code | means |", "|---|---|"]
    lines += [f"| `{code}` | {_first_paragraph(error)} |" for code, error in _codes()]
    return "\n".join(lines) + "\n"


def _codes() -> list[tuple[str, type[CuewrightError]]]:
    """Codes that are sent; those of the families are not."""
    return [(code, error) for code, error in BY_CODE.items() if error not in (RequestError, ResourceError, RenderError)]


# The Lua table

_WIDTH = 110


def _lua_string(text: str, indent: int) -> str:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if len(quoted) + indent < _WIDTH - 20 or " " not in text:
        return quoted
    middle = text.rfind(" ", 0, max(_WIDTH - 40, text.find(" ") + 1)) + 1
    return f"{_lua_string(text[:middle], 0)}\n{' ' * (indent + 2)}.. {_lua_string(text[middle:], indent + 2)}"


def _lua_value(value: Any, indent: int) -> str:
    """A literal; dicts and lists over several lines."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return f"{value:.17g}" if not value.is_integer() else str(int(value))
        case str():
            return _lua_string(value, indent)
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [
            f"{inner}{key if key.isidentifier() and key != 'end' else f'[{_lua_string(key, 0)}]'} = "
            f"{_lua_value(item, indent + 2)},"
            for key, item in value.items()
        ]
    else:
        parts = [f"{inner}{_lua_value(item, indent + 2)}," for item in value]
    return "{\n" + "\n".join(parts) + f"\n{' ' * indent}}}" if parts else "{}"


def _lua_argument(argument: Argument) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": argument.name,
        "type": argument.kind,
        "required": argument.required or None,
        "nullable": argument.nullable or None,
        "default": argument.default,
        "choices": list(argument.choices) or None,
        "id": argument.pattern == JOB_ID_PATTERN or None,
        "minimum": argument.minimum,
        "maximum": argument.maximum,
        "max_length": argument.max_length,
        "about": argument.about,
        "expected": argument.expected,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _lua() -> str:
    table = {
        "version": PROTOCOL_VERSION,
        "port": DEFAULT_PORT,
        "max_arguments": codec.MAX_ARGUMENTS,
        "max_frame_bytes": framing.MAX_FRAME_BYTES,
        "any_request": [_lua_argument(a) for a in arguments_of(Envelope)],
        "requests": {
            address: {
                "about": _first_paragraph(row.command),
                "arguments": [_lua_argument(a) for a in row.arguments],
                "keys": [_lua_argument(a) for a in row.keys.values()],
            }
            for address, row in REQUESTS.items()
        },
        "replies": {
            address: {
                "about": _first_paragraph(row.reply),
                "arguments": [_lua_argument(a) for a in row.arguments],
            }
            for address, row in REPLIES.items()
        },
        "errors": {code: _first_paragraph(error) for code, error in _codes()},
    }
    return (
        "-- The protocol's table: every address, its arguments in order, the keys that may follow; the error codes.\n"
        f"-- Generated by `{_HINT}`; do not edit.\n\nreturn {_lua_value(table, 0)}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
