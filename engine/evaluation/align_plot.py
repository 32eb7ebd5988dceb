"""How results depend on how much was degraded, as a picture: delay, drift and noise, before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import BackendFailed
from engine.evaluation.align_bench import NEAR_MS, OURS, AlignBench, Outcome
from engine.evaluation.align_degrade import NOISES, SNRS_DB
from engine.evaluation.align_tables import DRIFTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BEFORE, _AFTER = "#9a9a9a", "#0b6fb8"
_COLOURS = {"white": "#0b6fb8", "pink": "#c2417c", "babble": "#c47f00"}
_LEAST_MS = 0.5
"""What is nearer is drawn here: the axis is logarithmic."""


def plot(report: AlignBench, path: Path) -> None:
    """Draw the curves of the rendered pairs, or of the recorded ones where there are no others.

    Raises
    ------
    BackendFailed
        Matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BackendFailed("The plot takes Matplotlib: pip install matplotlib.") from None
    rendered = any(one.rendered for one in report.outcomes)
    ours = [one for one in report.outcomes if one.aligner == OURS and one.rendered == rendered]
    panels: list[tuple[tuple[str, ...], Callable[[Axes, Sequence[Outcome]], None]]] = [
        (("delay",), lambda axes, some: _offsets(axes, some, "Delay put in, ms", "Delay")),
        (DRIFTS, lambda axes, some: _offsets(axes, some, "Drift put in, % of the length", "Drift")),
        (("noise",), _ratios),
    ]
    drawn = [(some, draw) for kinds, draw in panels if (some := [one for one in ours if one.kind in kinds])]
    if not drawn:
        raise BackendFailed("There is nothing to draw: delay, drift or noise has to be measured for a plot.")
    figure = Figure(figsize=(5 * len(drawn), 4.8), layout="constrained", dpi=120)
    for axes, (some, draw) in zip(figure.subplots(1, len(drawn), squeeze=False)[0], drawn, strict=True):
        draw(axes, some)
    which = "rendered" if rendered else "recorded"
    figure.suptitle(f"cuewright align without a model: {which} pairs degraded on purpose")
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise BackendFailed(f"The plot could not be written to {path}: {error}.") from None


def _offsets(axes: Axes, outcomes: Sequence[Outcome], unit: str, title: str) -> None:
    for which, colour, marker, label in (
        ("worst_before_ms", _BEFORE, "x", "before"),
        ("worst_after_ms", _AFTER, "o", "after"),
    ):
        amounts = [one.amount for one in outcomes]
        offsets = [max(_LEAST_MS, getattr(one, which)) for one in outcomes]
        axes.scatter(amounts, offsets, s=26, color=colour, marker=marker, label=label, alpha=0.85)
    axes.axhline(NEAR_MS, color="black", linewidth=0.8, linestyle="--", label=f"goal: {NEAR_MS:g} ms")
    axes.set(yscale="log", xlabel=unit, ylabel="Offset at the worst contact, ms", title=title)
    axes.yaxis.set_major_formatter("{x:g}")
    _finish(axes)


def _ratios(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    scored = [one for one in outcomes if one.gain_db is not None]

    def line(some: Sequence[Outcome], which: str, style: str, colour: str, label: str) -> None:
        levels = sorted({one.amount for one in some})
        means = [np.mean([getattr(one, which) for one in some if one.amount == level]) for level in levels]
        axes.plot(levels, means, style, marker="o", markersize=4, color=colour, label=label)

    for noise in NOISES:
        line([one for one in scored if one.noise == noise], "si_sdr_after_db", "-", _COLOURS[noise], f"{noise}, after")
    line(scored, "si_sdr_before_db", "--", _BEFORE, "before")
    axes.set_xticks(SNRS_DB)
    axes.set(xlabel="SNR of the degraded sound, dB", ylabel="SI-SDR, mean over pairs, dB", title="Noise")
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
