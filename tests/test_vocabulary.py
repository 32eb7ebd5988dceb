"""The values that cross layers refuse what is wrong, by name."""

from __future__ import annotations

import pickle
from collections import Counter

import numpy as np
import pytest

from engine import errors
from engine.audio import Audio
from engine.config import Settings
from engine.errors import BY_CODE, BackendFailed, BadArgument, Cancelled, CuewrightError, PromptEmpty, from_wire
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.request import GenerateRequest
from engine.results import Licence, Take
from engine.session import Session


def request(**keys: object) -> GenerateRequest:
    return GenerateRequest.read({"prompt": "a door slams", "folder": "/tmp/x"} | keys)


@pytest.mark.parametrize(
    ("keys", "code", "field"),
    [
        ({"prompt": ""}, "prompt_empty", "prompt"),
        ({"prompt": " ... !"}, "prompt_empty", "prompt"),
        ({"prompt": "\0\n\t"}, "prompt_empty", "prompt"),
        ({"prompt": "word " * 10_000}, "prompt_too_long", "prompt"),
        ({"prompt": "x" * 10_001}, "prompt_too_long", "prompt"),
        ({"duration": -1}, "bad_argument", "duration"),
        ({"duration": 0}, "bad_argument", "duration"),
        ({"duration": 36_000}, "bad_argument", "duration"),
        ({"duration": float("nan")}, "bad_argument", "duration"),
        ({"takes": 17}, "bad_argument", "takes"),
        ({"seed": -1}, "bad_argument", "seed"),
        ({"channels": 6}, "bad_argument", "channels"),
        ({"folder": ""}, "bad_argument", "folder"),
        ({"folder": "a\0b"}, "bad_argument", "folder"),
        ({"priority": "now"}, "bad_argument", "priority"),
        ({"colour": "blue"}, "bad_argument", "colour"),
    ],
)
def test_bad_requests_name_code_and_field(keys: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(CuewrightError) as caught:
        request(**keys)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.sentence.endswith(".")


def test_a_preset_stands_in_for_words() -> None:
    assert request(prompt="", preset="oak-door-slam").prompt == ""


def test_control_characters_become_spaces() -> None:
    assert request(prompt="a\x07 door\r\nslams  ").prompt == "a door slams"


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_error_survives_the_wire_and_the_process_boundary(code: str) -> None:
    error = from_wire(code, "It broke.", "takes")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, again.sentence, again.field) == (BY_CODE[code], code, "It broke.", "takes")


def test_codes_are_unique() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, CuewrightError)]
    codes = Counter(c.code for c in classes if c is not CuewrightError)
    assert set(codes.values()) == {1}
    assert set(codes) == set(BY_CODE)


def test_an_unknown_code_is_ours() -> None:
    assert from_wire("no_such_code", "x").code == "internal"


def test_sound_is_read_only_float32_and_apart_from_its_source() -> None:
    source = np.zeros((1, 4), dtype=np.float32)
    audio = Audio(samples=source, sample_rate_hz=48_000)
    source[0, 0] = 1
    assert audio.samples[0, 0] == 0
    assert audio.samples.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_sound_is_finite(bad: float) -> None:
    with pytest.raises(BackendFailed):
        Audio(samples=np.array([[0, bad]]), sample_rate_hz=48_000)


@pytest.mark.parametrize(("shape", "rate"), [((4,), 48_000), ((9, 4), 48_000), ((0, 4), 48_000), ((1, 4), 7_999)])
def test_sound_has_channels_and_a_rate(shape: tuple[int, ...], rate: int) -> None:
    with pytest.raises(BadArgument):
        Audio(samples=np.zeros(shape), sample_rate_hz=rate)


def test_an_onset_lies_inside_its_sound() -> None:
    audio = Audio(samples=np.ones((1, 4)), sample_rate_hz=48_000)
    with pytest.raises(BackendFailed):
        Take(audio=audio, onset_samples=4, licence=Licence(name="CC0-1.0", commercial=True))


def spec(**changes: object) -> TakeSpec:
    return TakeSpec(
        **{
            **{"backend": "b", "backend_version": "1", "source": "s", "text": "t", "params": {"a": 1.0, "b": 2.0}},
            **{"seed": 1, "length_samples": 10, "channels": 1, "sample_rate_hz": 48_000},
            **changes,
        }
    )


def test_a_take_is_addressed_by_all_that_decides_it() -> None:
    assert spec().key == spec(params={"b": 2.0, "a": 1.0}).key
    changed = [spec(seed=2), spec(params={"a": 1.0}), spec(source="z"), spec(backend_version="2"), spec(channels=2)]
    assert len({spec().key, *(s.key for s in changed)}) == 6


def test_session_refuses_a_timecode_that_does_not_exist() -> None:
    with pytest.raises(BadArgument) as refused:
        Session(frame_rate="29.97df", start_timecode="00:01:00;00")
    assert refused.value.field == "start_timecode"


def test_session_start_counts_from_midnight() -> None:
    assert Session(frame_rate="23.976", start_timecode="01:00:00:00").start_samples == 172_972_800


def test_handle_cancels_and_nests() -> None:
    seen: list[tuple[float, str]] = []
    cancelled = False
    handle = Handle(on_progress=lambda f, s: seen.append((f, s)), is_cancelled=lambda: cancelled)
    handle.part(0.5, 1.0).progress(0.5, "mixing")
    assert seen == [(0.75, "mixing")]
    cancelled = True
    with pytest.raises(Cancelled):
        handle.part(0, 0.5).progress(0.1, "rendering")
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("toml", "environment", "flags", "port"),
    [("", None, {}, 57_190), ("port = 1", None, {}, 1), ("port = 1", "2", {}, 2), ("port = 1", "2", {"port": 3}, 3)],
)
def test_flags_over_environment_over_file(
    toml: str, environment: str | None, flags: dict[str, int], port: int, tmp_path, monkeypatch
) -> None:
    config = tmp_path / "c.toml"
    config.write_text(toml)
    monkeypatch.setenv("CUEWRIGHT_CONFIG", str(config))
    if environment:
        monkeypatch.setenv("CUEWRIGHT_PORT", environment)
    assert Settings.load(**flags).port == port


@pytest.mark.parametrize(("toml", "field"), [("port = 'x'", "port"), ("colour = 1", "colour"), ("= =", "config")])
def test_a_bad_settings_file_is_named(toml: str, field: str, tmp_path, monkeypatch) -> None:
    config = tmp_path / "c.toml"
    config.write_text(toml)
    monkeypatch.setenv("CUEWRIGHT_CONFIG", str(config))
    with pytest.raises(BadArgument) as caught:
        Settings.load()
    assert caught.value.field == field


def test_empty_prompt_is_a_request_error() -> None:
    assert issubclass(PromptEmpty, CuewrightError)
