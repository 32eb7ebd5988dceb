"""The page of a job that made or found something."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

from engine.handle import Handle
from engine.stems.folder import publish_text
from engine.stems.naming import beside_name
from engine.stems.report.contents import Report
from engine.stems.report.data import page_data
from engine.stems.report.frame import SUFFIX, facts, framed, made_with, notes


def write_report(report: Report, folder: Path, job_id: str, handle: Handle = Handle()) -> Path:  # noqa: B008 - frozen
    """Write ``<job>.report.html`` into ``folder``, whole or not at all.

    Raises
    ------
    FileUnreadable
        When a stem of it is not there.
    DiskFull, FolderNotWritable
        And nothing is visible.
    """
    return publish_text(folder / beside_name(job_id, SUFFIX), job_id, page(report, folder, job_id, handle))


def page(report: Report, folder: Path, job_id: str, handle: Handle = Handle()) -> str:  # noqa: B008 - frozen
    """The page's text, for a file in ``folder``."""
    return framed(
        "page.html",
        styles=("page.css",),
        script="main.js",
        data=page_data(report, folder, job_id, handle),
        title=html.escape(report.title or job_id),
        facts=_facts(report, job_id),
        notes=notes(report),
        terms=_terms(report),
        versions=made_with(report),
    )


def _facts(report: Report, job_id: str) -> str:
    session = report.session
    told = [
        ("Job", job_id),
        ("Project", " · ".join(filter(None, (session.project, session.scene)))),
        ("Picture", Path(report.picture.path).name if report.picture else ""),
        ("Timeline", f"{session.sample_rate / 1000:g} kHz · {session.frames} fps"),
        ("Cues", str(len(report.cues)) if report.cues else ""),
        ("Shots", str(len(report.shots_samples)) if report.shots_samples else ""),
        ("Stems", str(len(report.stems)) if report.stems else ""),
        ("Seed", "" if report.seed is None else str(report.seed)),
    ]
    return facts(told)


def _terms(report: Report) -> str:
    """Licences of what was used, those that forbid commercial use first."""
    found: dict[tuple[bool, str, str], list[str]] = {}
    for stem in report.stems:
        licence = stem.licence
        found.setdefault((licence.commercial, licence.name, licence.note), []).append(stem.label)
    rows = "".join(
        f"<tr{'' if commercial else ' class=restricted'}><td>{html.escape(name)}</td>"
        f"<td>{'commercial use allowed' if commercial else 'no commercial use'}</td>"
        f"<td>{html.escape(note)}</td><td>{html.escape(_listed(labels))}</td></tr>"
        for (commercial, name, note), labels in sorted(found.items())
    )
    return f"<h3>Licences</h3><table>{rows}</table>" if rows else ""


def _listed(labels: Iterable[str], most: int = 12) -> str:
    names = list(dict.fromkeys(labels))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
