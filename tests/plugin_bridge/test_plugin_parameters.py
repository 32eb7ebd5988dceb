"""Values of a chain against the parameters they are for: units, bounds, near names."""

from __future__ import annotations

import pytest

from engine.chain import Value
from engine.errors import ChainInvalid
from plugin_bridge.parameters import Parameter, nearest, one_of, read_all

TIME = Parameter(name="release_ms", unit="ms", low=1.0, high=5_000.0)
LEVEL = Parameter(name="gain_db", unit="dB", low=-60.0, high=24.0)
PITCH = Parameter(name="semitones", unit="semitones", low=-24.0, high=24.0)
SHARE = Parameter(name="mix", low=0.0, high=1.0)
RATIO = Parameter(name="ratio", low=1.0, high=100.0)
CUTOFF = Parameter(name="cutoff_hz", unit="Hz", low=10.0, high=20_000.0)
SWITCH = Parameter(name="true_peak", kind="switch")
CHOICE = Parameter(name="mode", kind="choice", choices=("LPF12", "HPF12"))


@pytest.mark.parametrize(
    ("parameter", "given", "read"),
    [
        (TIME, 250.0, 250.0),
        (TIME, "250 ms", 250.0),
        (TIME, "0.25s", 250.0),
        (TIME, "1.5 seconds", 1_500.0),
        (LEVEL, "-3 dB", -3.0),
        (LEVEL, "−3", -3.0),
        (CUTOFF, "2 kHz", 2_000.0),
        (CUTOFF, "1.2e3", 1_200.0),
        (PITCH, "50 cents", 0.5),
        (SHARE, "50 %", 0.5),
        (RATIO, "4:1", 4.0),
        (SWITCH, "On", True),
        (SWITCH, False, False),
        (SWITCH, 1.0, True),
        (CHOICE, "hpf12", "HPF12"),
        (LEVEL, 24.000001, 24.0),  # a plugin's bounds have been through float32
    ],
)
def test_a_value_is_read_in_the_parameters_own_unit(parameter: Parameter, given: Value, read: Value) -> None:
    value = parameter.parse(given, "")
    assert value == pytest.approx(read)
    assert type(value) is type(read)


@pytest.mark.parametrize(
    ("parameter", "given", "told"),
    [
        (TIME, "3 dB", "release_ms takes 1 to 5000 ms; got '3 dB'."),
        (TIME, 0.5, "release_ms takes 1 to 5000 ms; got 0.5."),
        (TIME, "6 s", "release_ms takes 1 to 5000 ms; got 6 s."),
        (TIME, "quick", "release_ms takes 1 to 5000 ms; got 'quick'."),
        (TIME, True, "release_ms takes 1 to 5000 ms; got true."),
        (SHARE, "120 %", "mix takes 0 to 1; got 120 %."),
        (SHARE, "0.5 s", "mix takes 0 to 1; got '0.5 s'."),
        (SWITCH, "maybe", "true_peak is on or off; got 'maybe'."),
        (SWITCH, 0.5, "true_peak is on or off; got 0.5."),
        (CHOICE, "HPF21", "mode has no choice 'HPF21'; did you mean HPF12"),
        (CHOICE, 1.0, "mode takes one of LPF12, HPF12; got 1.0."),
    ],
)
def test_a_wrong_value_is_told_with_what_is_wanted(parameter: Parameter, given: Value, told: str) -> None:
    with pytest.raises(ChainInvalid) as caught:
        parameter.parse(given, "links.0.parameters.x")
    assert told in caught.value.sentence
    assert caught.value.field == "links.0.parameters.x"


def test_a_name_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(ChainInvalid, match=r"shaper has no parameter 'cutof'; did you mean cutoff_hz\?") as caught:
        read_all(
            "shaper", {"cutoff_hz": CUTOFF, "gain_db": LEVEL}, {"gain_db": 1.0, "cutof": 2.0}, "links.3.parameters"
        )
    assert caught.value.field == "links.3.parameters.cutof"


def test_where_nothing_is_near_all_are_told() -> None:
    with pytest.raises(ChainInvalid, match="it has cutoff_hz, mix"):
        one_of("shaper", {"cutoff_hz": CUTOFF, "mix": SHARE}, "zzz", "")
    assert nearest("x", []) == "it has none"
