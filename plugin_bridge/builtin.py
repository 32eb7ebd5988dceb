"""The effects that need no plugin of the user's: what they are called, and what they can be told.

Pedalboard makes them; it is imported when the first is opened. This module knows no chains and no files of plugins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from engine.chain import Value
from plugin_bridge.links import Glide
from plugin_bridge.parameters import Parameter
from plugin_bridge.unit import Native, Unit, spread

ANY, PAIR = 64, 2
_NYQUIST_SHARE = 0.49
"""Frequencies of filters stay below this share of the sample rate, above which some of them burst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A built-in effect.

    Parameters
    ----------
    parameters
        By name, in the order they are told in.
    fixed
        Names that are set when the chain is opened, and not after.
    open
        Makes one for a sample rate and a number of channels, from a value for each parameter.
    quiet_seconds
        How long it may be silent and yet sound again, as between echoes.
    """

    name: str
    description: str
    parameters: Mapping[str, Parameter]
    fixed: frozenset[str]
    open: Callable[[int, int, Mapping[str, Value]], Unit]
    quiet_seconds: Callable[[Mapping[str, Value]], float]


def _number(name: str, unit: str, low: float, high: float, default: float, description: str) -> Parameter:
    return Parameter(name=name, unit=unit, low=low, high=high, default=default, description=description)


_CUTOFF = partial(_number, "cutoff_hz", "Hz", 10.0, 20_000.0)
_Q = _number("q", "", 0.05, 40.0, 0.7071, "How narrow; 0.7 is broad.")
_BAND_GAIN = _number("gain_db", "dB", -60.0, 60.0, 0.0, "How much louder there.")
_ATTACK = partial(_number, "attack_ms", "ms", 0.0, 2_000.0, 1.0)
_RELEASE = _number("release_ms", "ms", 0.1, 10_000.0, 100.0, "How fast it lets go.")
_RATIO = partial(_number, "ratio", "", 1.0, 100.0)
_FEEDBACK = _number("feedback", "", 0.0, 1.0, 0.0, "Share that goes round again.")
_MIX = _number("mix", "", 0.0, 1.0, 0.5, "0 is the sound as it came, 1 the effect alone.")
_DEPTH = partial(_number, "depth", "", 0.0, 1.0)

_ATTRIBUTES = {"cutoff_hz": "cutoff_frequency_hz", "ceiling_dbtp": "ceiling_db", "sample_rate_hz": "target_sample_rate"}
"""Our names, where pedalboard's are others."""


def _attribute(kind: type[Any], name: str) -> str:
    other = _ATTRIBUTES.get(name, name)
    return other if hasattr(kind, other) else name


def _assign(plugin: Any, name: str, value: Value, *, rate: int) -> None:
    """Set a parameter of one of pedalboard's own plugins."""
    if name.endswith("frequency_hz") or name == "cutoff_hz":
        value = min(float(value), _NYQUIST_SHARE * rate)
    setattr(plugin, _attribute(type(plugin), name), value)


def _native(kind: str, channels_at_once: int) -> Callable[[int, int, Mapping[str, Value]], Unit]:
    """An effect that is one of pedalboard's, of the class ``kind``."""

    def open_unit(rate: int, channels: int, values: Mapping[str, Value]) -> Unit:
        import pedalboard

        def make(count: int) -> Unit:
            plugin = getattr(pedalboard, kind)()
            assign = partial(_assign, rate=rate)
            for name, value in values.items():
                assign(plugin, name, value)
            return Native(plugin, rate, count, assign)

        return Glide(spread(make, channels, channels_at_once), rate, values)

    return open_unit


def _effect(
    name: str,
    description: str,
    kind: str | Callable[[int, int, Mapping[str, Value]], Unit],
    *parameters: Parameter,
    fixed: tuple[str, ...] = (),
    channels_at_once: int = ANY,
    quiet_seconds: Callable[[Mapping[str, Value]], float] = lambda values: 0.0,
) -> Effect:
    return Effect(
        name=name,
        description=description,
        parameters={parameter.name: parameter for parameter in parameters},
        fixed=frozenset(fixed),
        open=_native(kind, channels_at_once) if isinstance(kind, str) else kind,
        quiet_seconds=quiet_seconds,
    )


def _gain(rate: int, channels: int, values: Mapping[str, Value]) -> Unit:
    from plugin_bridge.gain import Gain

    return Gain(rate, float(values["gain_db"]))


def _pitch(rate: int, channels: int, values: Mapping[str, Value]) -> Unit:
    from plugin_bridge.pitch import pitch

    return pitch(rate, channels, float(values["semitones"]))


def _ladder(rate: int, channels: int, values: Mapping[str, Value]) -> Unit:
    import pedalboard

    plugin = pedalboard.LadderFilter()

    def assign(plugin: Any, name: str, value: Value) -> None:
        _assign(plugin, name, pedalboard.LadderFilter.Mode.__members__[value] if name == "mode" else value, rate=rate)

    for name, value in values.items():
        assign(plugin, name, value)
    return Glide(Native(plugin, rate, channels, assign), rate, values)


def _convolution(rate: int, channels: int, values: Mapping[str, Value]) -> Unit:
    import pedalboard

    from plugin_bridge.files import read_impulse

    impulse, impulse_rate = read_impulse(Path(str(values["file"])), field="file")

    def make(count: int) -> Unit:
        kept = impulse[:1] if count == 1 else impulse[:2]
        return Native(pedalboard.Convolution(kept, float(values["mix"]), impulse_rate), rate, count)

    return Glide(spread(make, channels, PAIR), rate, values)


def _gsm(rate: int, channels: int, values: Mapping[str, Value]) -> Unit:
    import pedalboard

    from plugin_bridge.codecs import windowed

    return windowed(pedalboard.GSMFullRateCompressor, rate, channels)


def _mp3(rate: int, channels: int, values: Mapping[str, Value]) -> Unit:
    import pedalboard

    from plugin_bridge.codecs import framed

    quality = float(values["vbr_quality"])
    return spread(lambda count: framed(lambda: pedalboard.MP3Compressor(quality), rate, count), channels, PAIR)


def _resample(rate: int, channels: int, values: Mapping[str, Value]) -> Unit:
    import pedalboard

    from plugin_bridge.codecs import framed

    quality = pedalboard.Resample.Quality.__members__[_QUALITIES[str(values["quality"])]]
    target = float(values["sample_rate_hz"])
    return framed(lambda: pedalboard.Resample(target, quality), rate, channels)


_QUALITIES = {
    **{"hold": "ZeroOrderHold", "linear": "Linear", "cubic": "CatmullRom"},
    **{"lagrange": "Lagrange", "sinc": "WindowedSinc32"},
}
_MODES = ("LPF12", "HPF12", "BPF12", "LPF24", "HPF24", "BPF24")

EFFECTS: Mapping[str, Effect] = {
    effect.name: effect
    for effect in (
        _effect("gain", "Louder or softer.", _gain, _number("gain_db", "dB", -120.0, 60.0, 0.0, "How much louder.")),
        _effect("invert", "Turned over.", "Invert"),
        _effect("highpass", "Takes what is below away, 6 dB an octave.", "HighpassFilter", _CUTOFF(50.0, "Where.")),
        _effect("lowpass", "Takes what is above away, 6 dB an octave.", "LowpassFilter", _CUTOFF(8_000.0, "Where.")),
        _effect(
            *("low_shelf", "Louder or softer below.", "LowShelfFilter"),
            *(_CUTOFF(200.0, "Below here."), _BAND_GAIN, _Q),
        ),
        _effect(
            *("high_shelf", "Louder or softer above.", "HighShelfFilter"),
            *(_CUTOFF(4_000.0, "Above here."), _BAND_GAIN, _Q),
        ),
        _effect(
            *("peak", "Louder or softer around a frequency.", "PeakFilter"),
            *(_CUTOFF(1_000.0, "Around here."), _BAND_GAIN, _Q),
        ),
        _effect(
            *("ladder", "The filter of an analogue synthesiser.", _ladder),
            Parameter(name="mode", kind="choice", choices=_MODES, default="LPF24", description="What passes, dB/oct."),
            _CUTOFF(1_000.0, "Where."),
            _number("resonance", "", 0.0, 1.0, 0.0, "How much it rings there."),
            _number("drive", "", 1.0, 40.0, 1.0, "How hard it is driven."),
        ),
        _effect(
            *("compressor", "Loud parts softer.", "Compressor"),
            _number("threshold_db", "dB", -100.0, 24.0, 0.0, "From here."),
            *(_RATIO(1.0, "4 makes 4 dB more 1 dB more."), _ATTACK("How fast it takes hold."), _RELEASE),
        ),
        _effect(
            *("limiter", "Loud up to a level.", "Limiter"),
            *(_number("threshold_db", "dB", -60.0, 0.0, -1.0, "The level, passed by a little."), _RELEASE),
        ),
        _effect(
            *("brickwall", "Never over a level; looks ahead.", "BrickwallLimiter"),
            _number("ceiling_db", "dB", -60.0, 0.0, -1.0, "The level."),
            _RELEASE,
            _number("lookahead_ms", "ms", 0.1, 50.0, 5.0, "How far it looks ahead."),
            Parameter(name="true_peak", kind="switch", default=False, description="Also between samples."),
            fixed=("lookahead_ms", "true_peak"),
        ),
        _effect(
            *("gate", "Soft parts away.", "NoiseGate"),
            _number("threshold_db", "dB", -120.0, 0.0, -60.0, "Below here."),
            *(_RATIO(10.0, "How far below."), _ATTACK("How fast it opens."), _RELEASE),
        ),
        _effect(
            *("reverb", "A room.", "Reverb"),
            _number("room_size", "", 0.0, 1.0, 0.5, "How large."),
            _number("damping", "", 0.0, 1.0, 0.5, "How dull."),
            _number("wet_level", "", 0.0, 1.0, 0.33, "How much of the room."),
            _number("dry_level", "", 0.0, 1.0, 0.4, "How much of the sound as it came."),
            _number("width", "", 0.0, 1.0, 1.0, "How wide."),
            _number("freeze_mode", "", 0.0, 1.0, 0.0, "From 0.5 on the room rings for ever."),
            channels_at_once=PAIR,
        ),
        _effect(
            *("convolution", "A recorded room or device: its impulse response.", _convolution),
            Parameter(name="file", kind="file", default="", description="The impulse response, a sound file."),
            _MIX.model_copy(update={"default": 1.0}),
            fixed=("file",),
            quiet_seconds=lambda values: 1.0,
        ),
        _effect(
            *("delay", "Echoes.", "Delay"),
            _number("delay_seconds", "s", 0.0, 30.0, 0.5, "From one to the next."),
            *(_FEEDBACK, _MIX),
            quiet_seconds=lambda values: float(values["delay_seconds"]),
        ),
        _effect(
            *("chorus", "As if several played.", "Chorus"),
            _number("rate_hz", "Hz", 0.0, 99.0, 1.0, "How fast it wavers."),
            _DEPTH(0.25, "How far it wavers."),
            *(_number("centre_delay_ms", "ms", 1.0, 99.0, 7.0, "How far apart."), _FEEDBACK, _MIX),
        ),
        _effect(
            *("phaser", "Notches that move.", "Phaser"),
            _number("rate_hz", "Hz", 0.0, 99.0, 1.0, "How fast they move."),
            _DEPTH(0.5, "How far they move."),
            _number("centre_frequency_hz", "Hz", 20.0, 20_000.0, 1_300.0, "Around here."),
            *(_FEEDBACK, _MIX),
        ),
        _effect(
            *("distortion", "Driven.", "Distortion"),
            _number("drive_db", "dB", 0.0, 60.0, 25.0, "How hard."),
        ),
        _effect(
            *("clip", "Cut off at a level.", "Clipping"),
            _number("threshold_db", "dB", -60.0, 0.0, -6.0, "The level."),
        ),
        _effect(
            *("bitcrush", "Fewer bits.", "Bitcrush"),
            _number("bit_depth", "bits", 1.0, 32.0, 8.0, "How many."),
        ),
        _effect("gsm", "A mobile phone: 8 kHz, GSM full rate.", _gsm),
        _effect(
            *("mp3", "A coded file, at 48 kHz or less.", _mp3),
            _number("vbr_quality", "", 0.0, 9.5, 2.0, "0 is best, 9 worst."),
            fixed=("vbr_quality",),
        ),
        _effect(
            *("resample", "As sampled at a lower rate, without a filter.", _resample),
            _number("sample_rate_hz", "Hz", 1_000.0, 192_000.0, 8_000.0, "The rate."),
            Parameter(
                name="quality", kind="choice", choices=tuple(_QUALITIES), default="sinc", description="How it is drawn."
            ),
            fixed=("sample_rate_hz", "quality"),
        ),
        _effect(
            *("pitch", "Higher or lower, as long as before.", _pitch),
            _number("semitones", "semitones", -24.0, 24.0, 0.0, "How much higher."),
        ),
    )
}
