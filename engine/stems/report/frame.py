"""What all pages share: one HTML file that holds all it needs except the picture.

The picture is named, never copied: it may be under a non-disclosure agreement, and it is large. Everything that people
or models wrote is escaped as HTML or handed over as JSON that no ``</script>`` can end, and the page's own policy
allows no script but its own and no network at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable
from importlib.resources import files
from string import Template

import engine
from engine.model import Model
from engine.stems.report.contents import Shown

SUFFIX = ".report.html"
_SCRIPTS = ("timecode.js", "sounds.js", "transport.js", "timeline.js", "deck.js")
_JSON_AS_SCRIPT = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def framed(
    template: str,
    *,
    styles: tuple[str, ...],
    script: str,
    data: Model,
    before: tuple[str, ...] = _SCRIPTS,
    **pieces: str,
) -> str:
    """A page's text.

    Parameters
    ----------
    styles, script, before
        Files beside this one; those before the script are what it stands on: a timeline's, unless told otherwise.
    pieces
        What the template names, as HTML: escaped already.
    """
    style = "\n".join(_source(name) for name in styles)
    code = "(() => {\n'use strict';\n" + "\n".join(_source(name) for name in (*before, script)) + "\n})();"
    return Template(_source(template)).substitute(
        policy=html.escape(_policy(style, code)),
        style=style,
        script=code,
        data=data.model_dump_json().translate(_JSON_AS_SCRIPT),
        **pieces,
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


def facts(told: Iterable[tuple[str, str]]) -> str:
    """Names and what they are; empty ones are left out."""
    return "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(fact)}</dd></div>" for name, fact in told if fact
    )


def notes(shown: Shown) -> str:
    """The warnings."""
    if not shown.warnings:
        return ""
    rows = "".join(f"<li>{html.escape(warning)}</li>" for warning in shown.warnings)
    return f'<section class="notes" aria-label="Warnings"><ul>{rows}</ul></section>'


def made_with(shown: Shown) -> str:
    """Versions of what made it."""
    if shown.versions is None:
        return facts([("Cuewright", engine.__version__)])
    versions = shown.versions
    own = [("Cuewright", versions.cuewright), ("Python", versions.python), ("System", versions.platform)]
    return facts([*own, *versions.packages.items(), *versions.backends.items()])
