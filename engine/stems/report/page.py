"""Writes the page: one HTML file that holds all it needs except the picture.

The picture is named, never copied: it may be under a non-disclosure agreement, and it is large. Everything that people
wrote is escaped as HTML or handed over as JSON that no ``</script>`` can end, and the page's own policy allows no
script but its own and no network at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from string import Template

import engine
from engine.handle import Handle
from engine.stems.folder import publish_text
from engine.stems.naming import beside_name
from engine.stems.report.contents import Report
from engine.stems.report.data import page_data

SUFFIX = ".report.html"
_SCRIPTS = ("timecode.js", "sounds.js", "transport.js", "timeline.js", "main.js")
_JSON_AS_SCRIPT = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


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
    data = page_data(report, folder, job_id, handle).model_dump_json().translate(_JSON_AS_SCRIPT)
    style = _source("page.css")
    script = "(() => {\n'use strict';\n" + "\n".join(_source(name) for name in _SCRIPTS) + "\n})();"
    return Template(_source("page.html")).substitute(
        policy=html.escape(_policy(style, script)),
        title=html.escape(report.title or job_id),
        facts=_facts(report, job_id),
        notes=_notes(report),
        terms=_terms(report),
        versions=_versions(report),
        style=style,
        script=script,
        data=data,
    )


def _source(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """What the page may do: run its own script, play files beside it, nothing else."""

    def named(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {named(script)}; style-src {named(style)}; img-src data:; "
        "media-src 'self' file: data:; base-uri 'none'; form-action 'none'"
    )


def _facts(report: Report, job_id: str) -> str:
    session = report.session
    facts = [
        ("Job", job_id),
        ("Project", " · ".join(filter(None, (session.project, session.scene)))),
        ("Picture", Path(report.picture.path).name if report.picture else ""),
        ("Timeline", f"{session.sample_rate / 1000:g} kHz · {session.frames} fps"),
        ("Cues", str(len(report.cues)) if report.cues else ""),
        ("Shots", str(len(report.shots_samples)) if report.shots_samples else ""),
        ("Stems", str(len(report.stems)) if report.stems else ""),
        ("Seed", "" if report.seed is None else str(report.seed)),
    ]
    return "".join(f"<div><dt>{name}</dt><dd>{html.escape(fact)}</dd></div>" for name, fact in facts if fact)


def _notes(report: Report) -> str:
    if not report.warnings:
        return ""
    rows = "".join(f"<li>{html.escape(warning)}</li>" for warning in report.warnings)
    return f'<section class="notes" aria-label="Warnings"><ul>{rows}</ul></section>'


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


def _versions(report: Report) -> str:
    if report.versions is None:
        facts = [("Cuewright", engine.__version__)]
    else:
        versions = report.versions
        facts = [("Cuewright", versions.cuewright), ("Python", versions.python), ("System", versions.platform)]
        facts += [
            (name, version) for group in (versions.packages, versions.backends) for name, version in group.items()
        ]
    return "".join(f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(version)}</dd></div>" for name, version in facts)
