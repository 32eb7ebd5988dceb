"""The page of an align job: the picture with one version at a time, what was done, and how it was judged."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

from engine.handle import Handle
from engine.stems.folder import publish_text
from engine.stems.naming import beside_name
from engine.stems.report.aligned_data import align_data, label_of
from engine.stems.report.contents import AlignReport
from engine.stems.report.frame import SUFFIX, facts, framed, made_with, notes
from engine.trace import Cycle, Heard, Score, Seen, Stop, Trace

_METER_PX = 44
_WHY: dict[Stop, str] = {
    "good_enough": "the original reached the threshold",
    "threshold": "a version reached the threshold",
    "cycles": "all cycles were used",
    "plateau": "the scores no longer rose",
    "repeated": "the same actions were planned again",
    "nothing_left": "the planner had nothing else to try",
    "no_common_events": "nothing in common was found",
}


def write_align_report(report: AlignReport, folder: Path, job_id: str, handle: Handle = Handle()) -> Path:  # noqa: B008 - frozen
    """Write ``<job>.report.html`` into ``folder``, whole or not at all.

    Raises
    ------
    FileUnreadable
        When a version is not there.
    DiskFull, FolderNotWritable
        And nothing is visible.
    """
    return publish_text(folder / beside_name(job_id, SUFFIX), job_id, align_page(report, folder, job_id, handle))


def align_page(report: AlignReport, folder: Path, job_id: str, handle: Handle = Handle()) -> str:  # noqa: B008 - frozen
    """The page's text, for a file in ``folder``."""
    trace = report.trace
    described = trace.description
    return framed(
        "aligned.html",
        styles=("page.css", "aligned.css"),
        script="aligned.js",
        data=align_data(report, folder, job_id, handle),
        title=html.escape(report.title or f"{report.sound} to picture"),
        facts=_facts(report, job_id),
        notes=notes(report),
        verdict=_verdict(trace),
        rows="".join(_rows(report)),
        heard=html.escape(described.heard),
        heard_by=_by(described.heard_by),
        heard_measured=facts(_of_sound(trace.heard)),
        seen=html.escape(described.seen),
        seen_by=_by(described.seen_by),
        seen_measured=facts(_of_picture(trace.seen)),
        versions=made_with(report),
    )


def _verdict(trace: Trace) -> str:
    """Of an original that is kept, the verdict begins by saying so."""
    said = html.escape(trace.verdict)
    return f"<b>{label_of(trace.best)} won.</b> <span>{said}</span>" if trace.best else f"<b>{said}</b>"


def _by(who: str) -> str:
    return html.escape(who if who == "measured" else f"by {who}")


def _facts(report: AlignReport, job_id: str) -> str:
    trace, session = report.trace, report.session
    return facts(
        [
            ("Job", job_id),
            ("Project", " · ".join(filter(None, (session.project, session.scene)))),
            ("Sound", report.sound),
            ("Picture", Path(report.picture.path).name if report.picture else ""),
            ("Timeline", f"{session.sample_rate / 1000:g} kHz · {session.frames} fps"),
            ("Threshold", f"{report.threshold:.2f}"),
            ("Cycles", f"{len(trace.cycles)} of at most {report.most_cycles}"),
            ("Stopped", _WHY[trace.stopped]),
            ("Model calls", f"{trace.calls:,}"),
            ("Tokens", f"{trace.tokens:,}" if trace.calls else ""),
            ("Time", f"{trace.seconds:,.1f} s"),
        ]
    )


def _rows(report: AlignReport) -> Iterator[str]:
    """The table's body: the original, and every cycle."""
    trace = report.trace
    audible = {version.number for version in report.heard}
    yield _row(
        0, "as it was", trace.original, [("Judge", trace.original.by, trace.original.rationale)], report, audible
    )
    for cycle in trace.cycles:
        done = "".join(f"<code>{html.escape(action)}</code>" for action in cycle.actions)
        yield _row(cycle.number, done, cycle.score, list(_why(cycle)), report, audible)


def _why(cycle: Cycle) -> Iterator[tuple[str, str, str]]:
    yield "Planner", cycle.planner, cycle.reason or "gave no reason."
    if cycle.score:
        yield "Judge", cycle.score.by, cycle.score.rationale
    if cycle.problem:
        yield "Problem", "", cycle.problem


def _row(
    number: int,
    done: str,
    score: Score | None,
    why: list[tuple[str, str, str]],
    report: AlignReport,
    audible: set[int],
) -> str:
    won = number == report.trace.best
    told = "".join(_told(*one) for one in why)
    button = f'<button class="choose" data-number="{number}"{"" if number in audible else " disabled"}></button>'
    mark = f' <span class="won">{"won" if number else "kept"}</span>' if won else ""
    return (
        f'<tbody data-number="{number}"{" class=winner" if won else ""}>'
        f'<tr class="scores"><th scope="row">{button}{label_of(number)}{mark}</th><td class="done">{done}</td>'
        f"{_cells(score, report.threshold)}</tr>"
        f'<tr class="why"><td colspan="5">{told}</td></tr></tbody>'
    )


def _told(name: str, who: str, words: str) -> str:
    by = f" <i>{html.escape(who)}</i>" if who else ""
    return f'<p class="{name.lower()}"><b>{name}</b>{by} {html.escape(words)}</p>'


def _cells(score: Score | None, threshold: float) -> str:
    """Alignment, synchronisation and both; the policy allows no style here, so the meters are drawings."""
    if score is None:
        return '<td class="num none" colspan="3">not done</td>'
    values = (score.alignment, score.synchronisation, score.overall)
    return "".join(
        f'<td class="num"><svg class="meter" viewBox="0 0 {_METER_PX} 4" aria-hidden="true">'
        f'<rect class="{"reached" if value >= threshold else "short"}" width="{_METER_PX * value:.1f}" height="4"/>'
        f"</svg>{value:.2f}</td>"
        for value in values
    )


def _of_sound(heard: Heard) -> list[tuple[str, str]]:
    """What was measured, which a model's words may leave out."""
    return [
        ("Length", f"{heard.length_seconds:.2f} s"),
        ("Loudness", "silence" if heard.loudness_lufs is None else f"{heard.loudness_lufs:.1f} LUFS"),
        ("Peak", f"{heard.peak_dbtp:.1f} dBTP"),
        ("Noise", "" if heard.noise_dbfs is None else f"{heard.noise}, {heard.noise_dbfs:.0f} dBFS"),
        ("Above noise", "" if heard.snr_db is None else f"{heard.snr_db:.1f} dB"),
        ("Hum", "" if heard.hum_hz is None else f"{heard.hum_hz:.1f} Hz"),
        ("Dropouts", str(len(heard.gaps)) if heard.gaps else ""),
        ("Onsets", str(len(heard.onsets))),
        ("Tempo", "" if heard.tempo_bpm is None else f"{heard.tempo_bpm:.1f} a minute"),
        ("Tuning", "" if heard.tuning_cents is None else f"{heard.tuning_cents:+.0f} cents"),
    ]


def _of_picture(seen: Seen) -> list[tuple[str, str]]:
    return [
        ("Length", f"{seen.length_seconds:.2f} s"),
        ("Shots", str(len(seen.shots_seconds))),
        ("Moments", str(len(seen.moments))),
        ("Returns every", "" if seen.period_seconds is None else f"{seen.period_seconds:.2f} s"),
    ]
