"""What sound people say, as the actions that they mean; what is not understood is told, never left out."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Settings
from engine.errors import BadArgument, PromptNotMatched, RequestError
from engine.planning.action_text import parse_actions
from engine.planning.instruct import described, instructed
from engine.planning.instruct_rules import actions_by_rules

SAID = {
    "remove the hum and make it a bit slower, 3 dB louder at the end": (
        "dehum; speed factor=0.9091; volume envelope=6.5999:0,6.6499:3"
    ),
    "remove hum and noise": "dehum; denoise",
    "50 Hz hum": "dehum frequency_hz=50",
    "get rid of the hiss and the clicks": "denoise; declick",
    "denoise it heavily, normalize to -1 dB": "denoise reduction_db=36; volume peak_dbtp=-1",
    "remove the rumble": "remove_dc cutoff_hz=80",
    "fix the dropouts": "fill_gaps",
    "wiener filter": "wiener",
    "spectral subtraction": "spectral_subtraction",
    "make it twice as fast and an octave lower": "speed factor=2; pitch semitones=-12",
    "10% slower, two semitones up": "speed factor=0.9; pitch semitones=2",
    "play it at 80% speed": "speed factor=0.8",
    "half speed": "speed factor=0.5",
    "stretch to 5 seconds": "speed length_seconds=5",
    "too low": "pitch semitones=2",
    "50 cents up": "pitch semitones=0.5",
    "fade in over 2 seconds and fade out over half a second": "fade in_seconds=2; fade out_seconds=0.5",
    "fade in and out": "fade in_seconds=1 out_seconds=1",
    "fade out the last 3 seconds": "fade out_seconds=3",
    "quieter in the middle": "volume envelope=2.6667:0,2.7167:-4,5.2833:-4,5.3333:0",
    "gradually louder towards the end": "volume envelope=6:0,8:4",
    "between 1 and 2.5 s 6 dB quieter": "volume envelope=1:0,1.05:-6,2.45:-6,2.5:0",
    "6 dB louder from 2 to 4": "volume envelope=2:0,2.05:6,3.95:6,4:0",
    "mute the first second": "volume envelope=0:-120,0.95:-120,1:0",
    "much louder": "volume gain_db=8",
    "-6 dB": "volume gain_db=-6",
    "+3 dB": "volume gain_db=3",
    "it is too loud": "volume gain_db=-4",
    "-23 LUFS": "volume loudness_lufs=-23",
    "limit at -3dB": "limit ceiling_dbtp=-3",
    "slow it down a lot, then reverse": "speed factor=0.625; reverse",
    "make it loop seamlessly": "loop crossfade_seconds=0.5",
    "extend to 30 seconds": "extend length_seconds=30",
    "make it 2 seconds longer": "extend length_seconds=10",
    "keep only the first 3 seconds": "trim length_seconds=3",
    "cut the last second": "trim length_seconds=7",
    "remove the first second": "trim start_seconds=1",
    "pan hard left": "pan position=-1",
    "a bit to the right": "pan position=0.25",
    "20 metres away, wider": "distance metres=20; width amount=1.6",
    "make it mono": "width amount=0",
    "resample to 44.1 kHz": "resample rate_hz=44100",
    "match the room of the reference": "worldize",
    "could you please remove the background hum?": "dehum",
    "remove the 60 cycle hum": "dehum frequency_hz=60",
    "remove the 1 kHz whine": "dehum frequency_hz=1000 harmonics=1",
    "get rid of clicks and pops": "declick",
    "gentle noise reduction": "denoise reduction_db=9",
    "clean up the dialogue": "denoise",
    "roll off the lows below 80 Hz": "remove_dc cutoff_hz=80",
    "low cut at 60 Hz": "remove_dc cutoff_hz=60",
    "stretch to 120%": "speed factor=0.8333",
    "stretch by 25%": "speed factor=0.8",
    "slow it to 90%": "speed factor=0.9",
    "speed -10%": "speed factor=0.9",
    "speed it up to fit 4 seconds": "speed length_seconds=4",
    "slow down without changing the pitch": "speed factor=0.8",
    "-3 semitones": "pitch semitones=-3",
    "pitch it down a fifth": "pitch semitones=-7",
    "fade in 10 ms": "fade in_seconds=0.01",
    "short fades at both ends": "fade in_seconds=0.1 out_seconds=0.1",
    "fade in and out over 2 seconds": "fade in_seconds=2 out_seconds=2",
    "fade out at the end": "fade out_seconds=1",
    "fade out after 2 s": "fade out_seconds=6",
    "drop 3 dB": "volume gain_db=-3",
    "gain +3": "volume gain_db=3",
    "a couple of dB louder": "volume gain_db=2",
    "gradually louder": "volume envelope=0:0,8:4",
    "make the end louder": "volume envelope=6:0,6.05:4",
    "-6 dB from 0:05 until the end": "volume envelope=5:0,5.05:-6",
    "from 2-4s 3 dB louder": "volume envelope=2:0,2.05:3,3.95:3,4:0",
    "between 3 s and 5 s 6 dB down": "volume envelope=3:0,3.05:-6,4.95:-6,5:0",
    "reduce the volume in the last 2 seconds": "volume envelope=6:0,6.05:-4",
    "normalise to -3": "volume peak_dbtp=-3",
    "normalize to 0 dBFS": "volume peak_dbtp=0",
    "-1 dBTP": "volume peak_dbtp=-1",
    "EBU R128": "volume loudness_lufs=-23",
    "loudness to -16 LUFS with -2 dBTP": "volume loudness_lufs=-16; limit ceiling_dbtp=-2",
    "-16 LUFS integrated, true peak max -2": "volume loudness_lufs=-16; limit ceiling_dbtp=-2",
    "extend it by 5 seconds": "extend length_seconds=13",
    "extend the room tone to 2 minutes": "extend length_seconds=120",
    "trim the start by half a second": "trim start_seconds=0.5",
    "take 2 seconds off the end": "trim length_seconds=6",
    "cut everything after 5 s": "trim length_seconds=5",
    "keep 2 s to 4 s": "trim start_seconds=2 length_seconds=2",
    "crossfade the loop by 200 ms": "loop crossfade_seconds=0.2",
    "convert to 96k": "resample rate_hz=96000",
    "pan 30% right": "pan position=0.3",
    "put it in the centre": "pan position=0",
    "narrower by 30%": "width amount=0.7",
    "trim to the first 3 seconds": "trim length_seconds=3",
    "trim to the last 3 seconds": "trim start_seconds=5",
    "all the way left": "pan position=-1",
    "play it faster at 120%": "speed factor=1.2",
    "conform to 4 s": "speed length_seconds=4",
    "minus 3 dB": "volume gain_db=-3",
    "a smidge louder": "volume gain_db=2",
    "get rid of mouth noise": "declick",
    "lower the noise floor": "denoise",
    "lower it by a whole tone": "pitch semitones=-2",
    "20 feet away": "distance metres=6.1",
    "first reverse it, finally normalize it": "reverse; volume peak_dbtp=-1",
}


@pytest.mark.parametrize("text", SAID)
def test_words(text: str) -> None:
    assert "; ".join(map(str, actions_by_rules(text, length_seconds=8.0, selected=False))) == SAID[text]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("remove the bird", "fill"),
        ("fill the gap", "fill"),
        ("get rid of that cough please", "fill"),
        ("replace it with a dog bark", "fill text='dog bark'"),
        ("remove the hum", "dehum"),
        ("replace it with heavy rain", "fill text='heavy rain'"),
        ("remove the clicking clock", "fill"),
        ("remove the low thump", "fill"),
        ("fill it with rain", "fill text=rain"),
        ("fill it with what is around", "fill"),
    ],
)
def test_of_a_selection(text: str, meant: str) -> None:
    assert "; ".join(map(str, actions_by_rules(text, length_seconds=0.6, selected=True))) == meant


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("make it purple", PromptNotMatched, "purple"),
        ("remove noise but keep the voice", PromptNotMatched, "keep the voice"),
        ("add more noise", PromptNotMatched, "add more noise"),
        ("don't touch it", PromptNotMatched, "touch"),
        ("remove the bird", BadArgument, "select the spot"),
        ("louder and quieter", BadArgument, "both ways"),
        ("faster and slower", BadArgument, "both ways"),
        ("an octave up, an octave down", BadArgument, "both ways"),
        ("reverse it in the middle", BadArgument, "select that part"),
        ("louder from 20 to 30 s", BadArgument, "outside"),
        ("stretch to 0 seconds", BadArgument, "greater than 0"),
        ("900 dB louder", BadArgument, "48"),
        ("turn the left channel down", PromptNotMatched, "chosen with the region"),
        ("keep only the left channel", PromptNotMatched, "chosen with the region"),
        ("make the dialogue louder", PromptNotMatched, "'dialogue' is not understood.*'volume gain_db=4'"),
        ("louder by 2", PromptNotMatched, "what is counted"),
        ("quieter at 3 s", PromptNotMatched, "from where to where"),
        ("lower it", BadArgument, "semitones"),
        ("add a dog bark", PromptNotMatched, "replace it with"),
        ("cut it", PromptNotMatched, "how much"),
        ("turn the volume up to 11", PromptNotMatched, "what is counted"),
        ("loudness normalize", BadArgument, "LUFS"),
        ("set the level to -6 dB", BadArgument, "LUFS"),
        ("normalize to -23", BadArgument, "LUFS"),
        ("put it in a church", PromptNotMatched, "worldize"),
        ("less reverb", PromptNotMatched, "cannot be taken out"),
        ("put it through a phone", PromptNotMatched, "further away"),
        ("tame the esses", PromptNotMatched, "envelope"),
        ("more bass", PromptNotMatched, "high pass"),
        ("remove silence", PromptNotMatched, "trim to"),
        ("trim the silence at the end", PromptNotMatched, "trim to"),
        ("double its length", PromptNotMatched, "stretch to"),
        ("20% longer", PromptNotMatched, "stretch to"),
        ("loop it for 30 seconds", PromptNotMatched, "extend to"),
        ("make it start 1 second later", PromptNotMatched, "warp"),
        ("halve the volume", PromptNotMatched, "dB"),
        ("remove the whine", PromptNotMatched, "notch at"),
        ("remove the pop at 2.5 s", BadArgument, "select the spot"),
        ("remove the bird from 3.2 to 3.8 s", BadArgument, "0.6 s from 3.2 s on"),
        ("cut from 2 to 3 seconds", BadArgument, "out of the middle"),
        ("trim the start", BadArgument, "how much"),
        ("fade in from 2 to 4 seconds", BadArgument, "begins at the start"),
        ("gradually slower", BadArgument, "gradually"),
        ("pan from left to right", BadArgument, "does not move"),
        ("denoyse", PromptNotMatched, "nearest action is 'denoise'"),
    ],
)
def test_what_cannot_be_done_is_said(text: str, error: type[RequestError], told: str) -> None:
    with pytest.raises(error, match=told):
        actions_by_rules(text, length_seconds=8.0, selected=False)


@pytest.mark.parametrize("text", SAID)
def test_a_word_more_is_never_left_out(text: str) -> None:
    words = text.split()
    for place in range(len(words) + 1):
        with pytest.raises(RequestError):
            actions_by_rules(" ".join([*words[:place], "zebra", *words[place:]]), length_seconds=8.0, selected=False)


@pytest.mark.parametrize(
    "more", ["7 hz", "7 khz", "7 db", "7 seconds", "7 %", "7 semitones", "7 m", "7", "to 7", "7 x"]
)
def test_a_number_more_is_never_left_out(more: str) -> None:
    for text in SAID:
        before = actions_by_rules(text, length_seconds=8.0, selected=False)
        after = None
        with contextlib.suppress(RequestError):
            after = actions_by_rules(f"{text.rstrip('?')} {more}", length_seconds=8.0, selected=False)
        assert after != before, text


@given(st.text(max_size=120), st.floats(0.001, 3_600), st.booleans())
def test_any_words_are_actions_or_a_clear_error(text: str, seconds: float, selected: bool) -> None:
    told = ""
    try:
        actions = actions_by_rules(text, length_seconds=seconds, selected=selected)
    except RequestError as error:
        told = error.sentence
    assert told.endswith(".") if told else parse_actions("; ".join(map(str, actions))) == actions


WORDS = (
    *("remove", "hum", "noise", "clicks", "a bit", "much", "louder", "quieter", "slower", "faster", "3", "dB", "2"),
    *("seconds", "at the end", "first", "last", "half", "octave", "up", "down", "pitch", "speed", "and", "then", ","),
    *("fade in", "out", "from", "to", "middle", "loop", "extend", "pan", "left", "volume", "the", "make it", "%"),
)


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.floats(0.01, 100))
def test_any_jumble_of_its_own_words(words: list[str], seconds: float) -> None:
    told = ""
    try:
        actions = actions_by_rules(" ".join(words), length_seconds=seconds, selected=False)
    except RequestError as error:
        told = error.sentence
    assert told.endswith(".") if told else parse_actions("; ".join(map(str, actions))) == actions


def test_actions_by_name_are_taken_as_they_are() -> None:
    read = instructed("denoise; speed factor=0.9", Settings(), planner="auto", length_seconds=1.0, selected=False)
    assert ("; ".join(map(str, read.actions)), read.planner) == ("denoise; speed factor=0.9", "named")


def test_without_a_model_rules_plan_and_say_so() -> None:
    read = instructed("reverse it", Settings(), planner="llm", length_seconds=1.0, selected=False)
    assert ("; ".join(map(str, read.actions)), read.planner) == ("reverse", "rules/1")
    assert "language model" in read.warnings[0]


def test_the_model_is_told_every_action() -> None:
    lines = described().splitlines()
    assert any(line.startswith("- volume:") and "gain_db" in line for line in lines)
    assert len(lines) > 20
