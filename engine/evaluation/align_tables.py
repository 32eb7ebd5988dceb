"""What was measured of aligners, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.evaluation.align_bench import NEAR_MS, AlignBench, Outcome

DRIFTS = ("drift, pitch kept", "drift, varispeed")
STILL = ("clean", "delay", "level")
"""Kinds whose sound is as good as the clean one: whatever changes in it is damage."""
MENDED_DB, MENDED_CENTS = 6.0, 10.0
RISEN_DB = 0.1
"""A rise; less is what a fade at the edge of a cut does."""
Table = tuple[str, tuple[str, ...], list[tuple[object, ...]]]


def tables(report: AlignBench) -> Iterator[Table]:
    """Title, columns and rows of each."""
    for rendered, of in ((True, "Rendered pairs"), (False, "Recorded pairs, their own sync taken for true")):
        chosen = [outcome for outcome in report.outcomes if outcome.rendered == rendered]
        if chosen:
            for title, columns, rows in (_in_time(chosen), _noise(chosen), _harm(chosen), _mended(chosen)):
                if rows:
                    yield f"{of}: {title}", columns, rows
    if report.scaling:
        yield (
            "Batches, nothing kept from before",
            ("pairs", "seconds", "seconds a pair", "model calls a pair"),
            [(row.pairs, row.seconds, row.seconds_a_pair, row.calls_a_pair) for row in report.scaling],
        )


def _in_time(outcomes: Sequence[Outcome]) -> Table:
    rows: list[tuple[object, ...]] = []
    for kind, aligner, some in _grouped(outcomes):
        before, after = ([getattr(one, which) for one in some] for which in ("worst_before_ms", "worst_after_ms"))
        drift: object = float(np.median([one.drift_after_ms for one in some])) if kind in DRIFTS else "-"
        near = _share([one.is_in_time for one in some])
        rows.append((kind, aligner, len(some), near, *_spread(before)[:1], *_spread(after), drift))
    return (
        f"offset left at the worst of first, middle and last contact; goal {NEAR_MS:g} ms on 90 % of delays",
        (
            *("degraded by", "aligner", "pairs", f"% within {NEAR_MS:g} ms"),
            *("before, median ms", "after, median ms", "90 % under ms", "drift left, ms"),
        ),
        rows,
    )


def _noise(outcomes: Sequence[Outcome]) -> Table:
    rows: list[tuple[object, ...]] = []
    noisy = [one for one in outcomes if one.kind == "noise"]
    levels = [
        (noise, snr) for noise in sorted({one.noise for one in noisy}) for snr in sorted({o.amount for o in noisy})
    ]
    for aligner in dict.fromkeys(one.aligner for one in noisy):
        mine = [one for one in noisy if one.aligner == aligner]
        groups = [(noise, snr, [o for o in mine if (o.noise, o.amount) == (noise, snr)]) for noise, snr in levels]
        for noise, snr, some in (*groups, ("all", "all", mine)):
            if some:
                rows.append((aligner, noise, snr, len(some), _rose(some), _mean_gain(some)))
    return (
        "noise; SI-SDR once a constant lag of whole samples is taken away; goal: it rises on 95 %",
        ("aligner", "noise", "SNR, dB", "pairs", "% where it rose", "mean gain, dB"),
        rows,
    )


def _harm(outcomes: Sequence[Outcome]) -> Table:
    rows: list[tuple[object, ...]] = []
    for kind, aligner, some in _grouped([one for one in outcomes if one.kind in STILL]):
        gains = [one.gain_db for one in some if one.gain_db is not None]
        stretched = len(some) - len(gains)
        worst: object = max(0.0, -min(gains)) if gains else "-"
        rows.append((kind, aligner, len(some), worst, stretched, _share([one.untouched for one in some])))
    return (
        "damage to sounds that are clean, SI-SDR up to 60 dB; goal: no loss over 0.5 dB",
        ("degraded by", "aligner", "pairs", "worst loss, dB", "stretched", "% untouched"),
        rows,
    )


def _mended(outcomes: Sequence[Outcome]) -> Table:
    rows: list[tuple[object, ...]] = []
    for kind, aligner, some in _grouped([one for one in outcomes if one.kind in ("hum", "gaps", "level", "detune")]):
        gain = _mean_gain(some) if kind in ("hum", "gaps") else "-"
        rows.append((kind, aligner, len(some), _share([_is_mended(one) for one in some]), gain))
    return (
        f"other faults; mended: SI-SDR rose; the level within {MENDED_DB:g} dB or half as far off; the pitch within "
        f"{MENDED_CENTS:g} cents",
        ("degraded by", "aligner", "pairs", "% mended", "mean gain, dB"),
        rows,
    )


def _is_mended(one: Outcome) -> bool:
    if one.kind == "detune":
        return abs(one.fault_after) <= MENDED_CENTS
    if one.kind == "level":
        return abs(one.fault_after) <= max(MENDED_DB, abs(one.fault_before) / 2)
    return _has_risen(one)


def _grouped(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, list[Outcome]]]:
    for kind in dict.fromkeys(one.kind for one in outcomes):
        for aligner in dict.fromkeys(one.aligner for one in outcomes):
            if some := [one for one in outcomes if (one.kind, one.aligner) == (kind, aligner)]:
                yield kind, aligner, some


def _rose(outcomes: Sequence[Outcome]) -> float:
    """Per cent; what was stretched, and cannot be scored, did not rise."""
    return _share([_has_risen(one) for one in outcomes])


def _has_risen(one: Outcome) -> bool:
    return one.gain_db is not None and one.gain_db > RISEN_DB


def _mean_gain(outcomes: Sequence[Outcome]) -> object:
    gains = [one.gain_db for one in outcomes if one.gain_db is not None]
    return float(np.mean(gains)) if gains else "-"


def _share(said: Sequence[bool]) -> float:
    return 100 * sum(said) / len(said)


def _spread(values: Sequence[float]) -> tuple[float, float]:
    """Median and 90th percentile."""
    ordered = sorted(values)
    return float(np.median(ordered)), ordered[-(-9 * len(ordered) // 10) - 1]
