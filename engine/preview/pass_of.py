"""Once round the loop, or once through the sound, as it is set now: what is printed of a sound that goes round.

A loop is heard going round already, so the room of the pass before rings into it and its end runs into its beginning:
the file goes round as it was heard. A sound without a loop begins at its start and rings out.
"""

from __future__ import annotations

import numpy as np

from engine.audio import Audio, Samples
from engine.errors import BadArgument
from engine.preview.desk import BLOCK_SAMPLES, Desk
from plugin_bridge import Rack

_MOST_RINGING_SECONDS = 30.0


def pass_of(desk: Desk, rack: Rack | None) -> tuple[Audio, int]:
    """Print a desk that nobody hears, which is used up by it.

    Returns
    -------
    tuple
        The pass, late by nothing: a chain's latency is taken out; and its place in the sound.
    """
    late = rack.latency_samples if rack is not None else 0
    desk.put_chain(rack)
    state = desk.state
    pace = state.knobs["pace"]
    if state.loop is None:
        desk.locate(0)
        desk.play()
        longest = round(state.length_samples / pace + _MOST_RINGING_SECONDS * desk.sample_rate_hz) + late
        return Audio(samples=_blocks(desk, longest)[:, late:], sample_rate_hz=desk.sample_rate_hz), 0
    start, end = state.loop
    length = round((end - start) / pace)
    desk.locate(start)
    desk.play()
    made = _blocks(desk, late + 2 * length)
    return Audio(samples=made[:, late + length : late + 2 * length], sample_rate_hz=desk.sample_rate_hz), start


def _blocks(desk: Desk, length: int) -> Samples:
    """So many samples, or as many as it plays."""
    made: list[Samples] = []
    while BLOCK_SAMPLES * len(made) < length and desk.state.playing:
        made.append(desk.block())
    if not made:
        raise BadArgument("There is nothing to print: load a sound.", field="candidate")
    return np.concatenate(made, axis=1)[:, :length]
