"""What an action does unless told otherwise is what the bench measures: one default, said in two layers."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from engine import action as do
from engine.action import Action
from engine.dsp import declick, dehum, denoise, reverb_match
from engine.editing import doers
from engine.source import Blocks

PAIRS: tuple[tuple[type[Action], Callable[..., Blocks], set[str]], ...] = (
    (do.Denoise, denoise.denoise, {"reduction_db"}),
    (do.SpectralSubtraction, denoise.spectral_subtraction, {"over_subtraction", "floor_db"}),
    (do.Wiener, denoise.wiener, {"floor_db"}),
    (do.Wavelet, denoise.wavelet, {"strength"}),
    (do.SpectralGate, denoise.spectral_gate, {"threshold_db", "reduction_db"}),
    (do.Declick, declick.declick, {"sensitivity"}),
    (do.Dehum, dehum.dehum, {"frequency_hz", "harmonics"}),
    (do.Worldize, reverb_match.worldize, {"amount"}),
)


def test_every_action_is_done_by_something() -> None:
    assert set(doers._DOERS) == set(do.ACTIONS.values())


@pytest.mark.parametrize(("kind", "measured", "keys"), PAIRS, ids=[kind.name for kind, _, _ in PAIRS])
def test_the_defaults_are_those_that_are_measured(
    kind: type[Action], measured: Callable[..., Blocks], keys: set[str]
) -> None:
    assert set(kind.model_fields) == keys
    parameters = inspect.signature(measured).parameters
    assert {key: kind.model_fields[key].default for key in keys} == {key: parameters[key].default for key in keys}
