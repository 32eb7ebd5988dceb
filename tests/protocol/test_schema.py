"""The table: what is taken, what is refused with which words, and that nothing in it is a second copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadArgument, CuewrightError, RequestError, UnknownAddress
from engine.protocol import codec, examples
from engine.protocol.bench import benchmark_decode
from engine.protocol.codec import Message, Value
from engine.protocol.messages import Command, FailedReply, Generate, ListJobs, ProgressReply, Reply
from engine.protocol.reply_to import ReplyTo
from engine.protocol.schema import (
    REPLIES,
    REQUESTS,
    error_reply,
    parse,
    parse_reply,
    peek,
    reply_message,
    request_message,
)
from engine.request import GenerateRequest
from engine.results import StemFile
from engine.session import Session

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def vectors(name: str) -> list[Any]:
    rows: list[Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    assert rows
    return rows


def subclasses(base: type) -> set[type]:
    return {leaf for sub in base.__subclasses__() for leaf in (subclasses(sub) or {sub})}


def generate(*pairs: Value) -> Message:
    return Message("/cuewright/generate", ("job-1", "prompt", "rain", "folder", "/stems", *pairs))


def request_of(*pairs: Value) -> GenerateRequest:
    command = parse(generate(*pairs)).command
    assert isinstance(command, Generate)
    return command.request


def refusal(message: Message) -> CuewrightError:
    with pytest.raises(RequestError) as caught:
        parse(message)
    return caught.value


@pytest.mark.parametrize("row", vectors("accept"), ids=lambda row: row["name"])
def test_accepted_vectors(row: Any) -> None:
    requests = [parse(message) for message in codec.decode(bytes.fromhex(row["packet"]))]
    assert [
        {
            "address": request.command.address,
            "command": request.command.model_dump(mode="json"),
            "envelope": request.envelope.model_dump(mode="json"),
        }
        for request in requests
    ] == row["requests"]


@pytest.mark.parametrize("row", vectors("reject"), ids=lambda row: row["name"])
def test_rejected_vectors(row: Any) -> None:
    def read() -> None:
        for message in codec.decode(bytes.fromhex(row["packet"])):
            parse(message)

    with pytest.raises(RequestError) as caught:
        read()
    assert (caught.value.code, caught.value.field) == (row["code"], row["field"])


def test_every_class_is_in_the_table_and_has_an_example() -> None:
    assert {row.command for row in REQUESTS.values()} == subclasses(Command)
    assert {row.reply for row in REPLIES.values()} == subclasses(Reply)
    assert [message.address for message in examples.REQUESTS] == list(REQUESTS)
    assert [reply.address for reply in examples.REPLIES] == list(REPLIES)


def test_every_argument_says_what_it_is() -> None:
    rows = [(*row.arguments, *row.keys.values()) for row in REQUESTS.values()]
    rows += [row.arguments for row in REPLIES.values()]
    assert not [argument.path for row in rows for argument in row if not argument.about]


def test_the_keys_are_the_fields_of_the_models() -> None:
    assert list(REQUESTS["/cuewright/generate"].keys) == list(GenerateRequest.model_fields)
    assert list(REQUESTS["/cuewright/session"].keys) == list(Session.model_fields)
    assert REQUESTS["/cuewright/generate"].keys["takes"].expected == "a whole number from 1 to 16"


def test_a_stem_reply_carries_every_field_of_the_file() -> None:
    names = {argument.path[1] for argument in REPLIES["/cuewright/stem"].arguments if argument.path[0] == "stem"}
    assert names == set(StemFile.model_fields)


@pytest.mark.parametrize("reply", examples.REPLIES, ids=lambda reply: reply.address)
def test_replies_survive_the_wire(reply: Reply) -> None:
    (message,) = codec.decode(codec.encode(reply_message(reply)))
    assert parse_reply(message) == reply


@given(st.floats(0, 1))
def test_a_fraction_travels_as_a_32_bit_float(fraction: float) -> None:
    message = reply_message(ProgressReply(job_id="j", sequence=1, fraction=fraction, stage="s"))
    assert codec.type_tags(message) == "sifs"
    back = parse_reply(codec.decode(codec.encode(message))[0])
    assert isinstance(back, ProgressReply)
    assert back.fraction == pytest.approx(fraction, abs=1e-7)


def test_a_reply_of_a_later_engine_is_understood_as_far_as_we_know_it() -> None:
    reply = FailedReply(job_id="j", code="disk_full", sentence="Full.")
    message = reply_message(reply)
    assert parse_reply(Message(message.address, (*message.arguments, "new", 5))) == reply
    assert reply.error.code == "disk_full"
    with pytest.raises(UnknownAddress):
        parse_reply(Message("/cuewright/new"))
    with pytest.raises(BadArgument):
        parse_reply(Message("/cuewright/progress", ("j", "one")))


@pytest.mark.parametrize("typed", [0.02, 0.1, 3.14159, 6.5, 2999.97])
def test_a_32_bit_float_means_the_decimal_that_was_typed(typed: float) -> None:
    assert request_of("duration", codec.float32(typed)).duration == typed


@given(st.floats(0.02, 3600))
def test_a_64_bit_float_keeps_its_value_to_32_bit_precision_at_least(typed: float) -> None:
    assert request_of("duration", typed).duration == pytest.approx(typed, rel=1e-7)


def test_unknown_keys_and_addresses_name_the_nearest() -> None:
    assert "'prompt'" in refusal(Message("/cuewright/generate", ("j", "promt", "x"))).sentence
    assert "/cuewright/generate" in refusal(Message("/cuewright/generat")).sentence
    far = refusal(Message("/cuewright/cancel", ("j", "zzz", 1)))
    assert (far.field, "reply_port" in far.sentence) == ("zzz", True)


def test_what_was_expected_is_said() -> None:
    message = generate("takes", 17)
    assert error_reply(refusal(message), message, "job-1").expected == "a whole number from 1 to 16"
    message = Message("/cuewright/job")
    assert error_reply(refusal(message), message).expected.startswith("1 to 64 letters")
    message = generate(7, 7)
    assert error_reply(refusal(message), message).expected == "/cuewright/generate <job_id> [key value ...]"
    message = Message("/nowhere")
    assert error_reply(refusal(message), message).expected == " ".join(REQUESTS)


def test_an_answer_is_short_whatever_was_sent() -> None:
    for wrong in (b"x" * 5_000, "x" * 5_000):
        for message in (generate(wrong, 1), generate("track", wrong), Message("/" + "x" * 5_000, (wrong,))):
            answer = error_reply(refusal(message), message, peek(message)[0])
            assert len(codec.encode(reply_message(answer))) < 1_400


def test_the_optional_argument_may_be_left_out() -> None:
    assert parse(request_message("/cuewright/jobs")).command == ListJobs(limit=20)
    assert parse(request_message("/cuewright/jobs", 7.0, token="t")).command == ListJobs(limit=7)
    assert refusal(request_message("/cuewright/jobs", 0)).field == "limit"


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        (generate("takes", "x", "reply_port", 9000), ("job-1", 9000)),
        (generate("reply_port", 9000.0, "takes"), ("job-1", 9000)),
        (generate("reply_port", 70_000), ("job-1", None)),
        (generate("reply_port", "9000"), ("job-1", None)),
        (Message("/cuewright/generate"), ("", None)),
        (Message("/cuewright/cancel", (3,)), ("", None)),
        (Message("/cuewright/session", ("reel",)), ("", None)),
        (Message("/cuewright/cancel", ("reply_port", 9000)), ("reply_port", 9000)),
        (Message("/elsewhere", ("reply_port", 9000)), ("", 9000)),
    ],
)
def test_peek_reads_what_can_be_read(message: Message, seen: tuple[str, int | None]) -> None:
    assert peek(message) == seen


WILD = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=2_000),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=2_000),
    st.booleans(),
    st.none(),
    st.sampled_from(["prompt", "folder", "takes", "duration", "reply_port", "token", "job-1", "frame_rate", "mix"]),
)


@given(st.sampled_from([*REQUESTS, "/cuewright/" + "x" * 5_000]), st.lists(WILD, max_size=9))
def test_whatever_the_arguments_a_request_or_a_short_answer(address: str, arguments: list[Value]) -> None:
    message = Message(address, tuple(arguments))
    try:
        parse(message)
    except RequestError as error:
        answer = codec.encode(reply_message(error_reply(error, message, peek(message)[0])))
        assert len(answer) < 4_000
        assert codec.decode(answer)


def test_where_replies_go_survives_a_journal() -> None:
    for place in (
        ReplyTo.udp("127.0.0.1", 9),
        ReplyTo.udp("::1", 9),
        ReplyTo("tcp", "a-1"),
        ReplyTo("spool", "C:/a b"),
    ):
        assert ReplyTo.parse(str(place)) == place
    assert ReplyTo.udp("::1", 9).host_and_port == ("::1", 9)
    assert ReplyTo.udp("::1", 9).at_port(8).host_and_port == ("::1", 8)
    assert ReplyTo("tcp", "a-1").at_port(8) == ReplyTo("tcp", "a-1")
    for wrong in ("", "udp", "udp:", "udp:host", "smoke:signal", "tcp:"):
        with pytest.raises(BadArgument):
            ReplyTo.parse(wrong)


def test_ten_thousand_requests_a_second_are_read() -> None:
    assert max(benchmark_decode(1_000) for _ in range(5)) > 10_000  # about 60,000 on a quiet core
