"""What only a model can do to a sound: vary it as words say, or go on with it.

Which model, and how much it hears at once, is not known here.
"""

from __future__ import annotations

import numpy as np

from engine.action import Extend, Restyle
from engine.editing.kit import Kit
from engine.editing.spot import CROSSFADE_SECONDS
from engine.errors import BadArgument
from engine.source import Blocks, Part, Source, blocks

_NONE = "Only a model that works on sounds can do this: name one with backend ('cuewright models list' shows them)."


def restyled(action: Restyle, source: Source, kit: Kit) -> Blocks:
    """All of a sound, varied.

    Raises
    ------
    BadArgument
        When there is no model that can.
    """
    made = kit.change_sound(action.text, source, 0, source.length_samples, kit.handle, vary=action)
    if made is None:
        raise BadArgument(_NONE, field="backend")
    yield made


def gone_on_with(action: Extend, source: Source, kit: Kit) -> Blocks:
    """A sound and what a model makes of its future; no sample changes before the last ten milliseconds of the old.

    Raises
    ------
    BadArgument
        When it would become shorter, there is no model that can, or more is asked for than it makes at once.
    """
    old, wanted = source.length_samples, round(action.length_seconds * source.sample_rate_hz)
    if wanted <= old:
        raise BadArgument(f"It is {old / source.sample_rate_hz:.3f} s long: extend makes it longer.", field="do")
    fade = min(round(CROSSFADE_SECONDS * source.sample_rate_hz), old)
    made = kit.change_sound(action.text, Part(source, 0, wanted), old - fade, wanted, kit.handle)
    if made is None:
        raise BadArgument(_NONE, field="backend")
    if old > fade:
        yield from blocks(Part(source, 0, old - fade))
    rise = np.linspace(0.0, 1.0, fade + 2, dtype=np.float32)[1:-1]
    joined = np.array(made)
    joined[:, :fade] = source.read(old - fade, old) * (1.0 - rise) + made[:, :fade] * rise
    yield joined
