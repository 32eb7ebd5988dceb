"""Left, centre, right: constant power, so that nothing gets louder or softer by where it is."""

from __future__ import annotations

import math

import numpy as np

from engine.audio import Samples
from engine.errors import BackendFailed

_CENTRE = math.sqrt(0.5)


def panned(samples: Samples, pan: float) -> Samples:
    """``(1 or 2, samples)`` to stereo.

    Mono goes by the constant-power law, so that its loudness (BS.1770 adds the channels' powers) is the same anywhere.
    Stereo is balanced by the same law: the side turned away from is lowered, the other stays, the centre is untouched.

    Raises
    ------
    BackendFailed
        For more than two channels: how surround folds down is not for this law to guess.
    """
    angle = (pan + 1.0) * math.pi / 4.0
    gains = np.array([[math.cos(angle)], [math.sin(angle)]])
    if samples.shape[0] == 2:
        gains = np.minimum(1.0, gains / _CENTRE) if pan else np.ones((2, 1))
    elif samples.shape[0] != 1:
        raise BackendFailed(f"The mix is stereo and cannot take a sound of {samples.shape[0]} channels.")
    return np.asarray(samples * gains.astype(np.float32), dtype=np.float32)
