"""The planner that reasons from what was measured: which delay, which filter for which noise, what else is at fault.

It asks nobody. Its first plan answers every fault at once; later ones answer the score: what is left of the delay is
added to it, and another filter is tried where the first cost too much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import action as do
from engine.action import Action
from engine.alignment.base import Brief, Pair, Proposal
from engine.alignment.measured import LOUD_DBTP, QUIET_DBTP, believed, is_noisy
from engine.alignment.telling import fit_told
from engine.trace import Cycle, Fit

NAME = "rules"
LEAST_MOVE_SECONDS = 0.025
"""Less is within what a picture can tell: half a frame and the error of a match."""
_PEAK_DBTP = -6.0
_CEILING_DBTP = -1.0
_LEAST_CENTS = 10.0
_OVER_VOICES_DB = 3.0
"""Events that stand so far out of the voices under them are what the sound is about, seen or not."""

_FILTERS: dict[str, tuple[Action, ...]] = {
    "white": (do.Denoise(), do.Wiener(), do.SpectralSubtraction()),
    "pink": (do.Denoise(), do.SpectralSubtraction(), do.Wiener()),
    "voices": (do.Denoise(), do.Wavelet(), do.SpectralGate(reduction_db=12.0)),
}
"""By the kind of noise, the best first; see ``cuewright bench denoise``."""


class RulePlanner:
    """Plans from the measures of the pair and the scores of what was tried."""

    def plan(self, brief: Brief) -> Proposal:
        """See :meth:`engine.alignment.base.Planner.plan`; no two proposals to one brief's history are the same."""
        tried = {cycle.actions for cycle in brief.history}
        for actions, reason in _candidates(brief):
            told = tuple(str(action) for action in actions)
            if actions and told not in tried:
                return Proposal(actions=tuple(actions), reason=reason, planner=NAME)
        return Proposal(actions=(), reason="There is nothing else to try.", planner=NAME)


def _candidates(brief: Brief) -> Iterator[tuple[Sequence[Action], str]]:
    """Plans and their reasons, the likeliest first."""
    pair = brief.pair
    fit = believed(pair.fit)
    filters = _FILTERS[pair.heard.noise] if is_noisy(pair.heard) and _is_noise_a_fault(fit, pair) else ()
    mends, told = _mended(pair)
    levels, level_told = _levelled(pair)
    first = filters[:1]

    def whole(moved: Sequence[Action], chosen: Sequence[Action]) -> list[Action]:
        return [*mends, *chosen, *moved, *levels]

    why = [*told, *([f"{pair.heard.noise.capitalize()} noise is taken away."] if first else []), *level_told]
    moved = _moved(fit, pair) if fit else []
    yield whole(moved, first), " ".join([*([fit_told(fit)] if fit and moved else []), *why])
    if fit and (nearer := _nearer(fit, brief.history)):
        yield whole(_moved(nearer, pair), first), f"What was left is added. {fit_told(nearer)}"
    for other in filters[1:]:
        yield whole(moved, (other,)), f"Another filter: {other.name.replace('_', ' ')}."
    if fit and fit.rate != 1.0:
        still = fit.model_copy(update={"rate": 1.0, "delay_seconds": fit.offset_seconds(pair.heard.length_seconds / 2)})
        yield whole(_moved(still, pair), first), "Only the delay is taken away, and no drift."
    if moved and len(whole(moved, first)) > len(moved):
        yield moved, "Only the timing is changed."


def _is_noise_a_fault(fit: Fit | None, pair: Pair) -> bool:
    """Voices may be what the scene is about, unless something else is seen or stands out; hiss never is."""
    out_of_it = pair.heard.snr_db is not None and pair.heard.snr_db >= _OVER_VOICES_DB
    return pair.heard.noise != "voices" or fit is not None or out_of_it


def _moved(fit: Fit, pair: Pair) -> list[Action]:
    """Delay and drift taken away; the length stays."""
    length = pair.heard.length_seconds
    made: list[Action] = []
    rate = fit.rate if abs(fit.rate - 1.0) * length > LEAST_MOVE_SECONDS else 1.0
    if rate != 1.0:
        made.append(do.Speed(factor=round(rate, 6)))
    late = fit.delay_seconds / rate
    if made or abs(late) > LEAST_MOVE_SECONDS:
        made.append(do.Shift(seconds=round(-late, 4), length_seconds=length if made else None))
    return made


def _nearer(fit: Fit, history: Sequence[Cycle]) -> Fit | None:
    """The fit with what the last version still was off."""
    last = next((cycle.score.fit for cycle in reversed(history) if cycle.score), None)
    if last is None or abs(last.delay_seconds) < LEAST_MOVE_SECONDS:
        return None
    return fit.model_copy(update={"delay_seconds": fit.delay_seconds + last.delay_seconds})


def _mended(pair: Pair) -> tuple[list[Action], list[str]]:
    """What is mended before anything else: the dropouts first, for only they are still to the sample."""
    made: list[Action] = []
    told = []
    if pair.heard.gaps:
        made.append(do.FillGaps())
        told.append(f"{len(pair.heard.gaps)} dropouts are filled.")
    if pair.heard.hum_hz is not None:
        made.append(do.Dehum(frequency_hz=round(pair.heard.hum_hz, 2)))
        told.append(f"Hum at {pair.heard.hum_hz:.0f} Hz is subtracted.")
    return made, told


def _levelled(pair: Pair) -> tuple[list[Action], list[str]]:
    """Pitch and level, last."""
    heard = pair.heard
    made: list[Action] = []
    told = []
    if heard.tuning_cents is not None and abs(heard.tuning_cents) >= _LEAST_CENTS:
        made.append(do.Pitch(semitones=round(-heard.tuning_cents / 100, 3)))
        told.append(f"It is tuned by {-heard.tuning_cents:+.0f} cents.")
    if heard.loudness_lufs is not None and heard.peak_dbtp < QUIET_DBTP:
        made.append(do.Volume(peak_dbtp=_PEAK_DBTP))
        told.append("It is too soft.")
    elif heard.peak_dbtp > LOUD_DBTP:
        made.append(do.Volume(peak_dbtp=_CEILING_DBTP))
        told.append("It is over full scale.")
    return made, told
