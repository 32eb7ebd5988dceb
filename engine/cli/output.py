"""What commands print: people's text on stderr and results on stdout, or with ``--json`` one object on stdout.

Rich is imported when something is drawn, so that ``--help`` and ``--json`` stay quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import CuewrightError
from engine.model import Model

if TYPE_CHECKING:
    from rich.console import Console

    from engine.handle import Handle

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def console(stderr: bool = False) -> Console:
    """A Rich console; wide enough not to fold paths when nobody watches."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream and stream.isatty() else 200, highlight=False, soft_wrap=True)


def plain(value: Any) -> Any:
    """Models and what holds them, as JSON's own types."""
    if isinstance(value, Model):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def print_json(value: Any) -> None:
    """One JSON object on one line of stdout."""
    print(json.dumps(plain(value), ensure_ascii=False), flush=True)


def print_error(error: CuewrightError, as_json: bool) -> None:
    """The error's code, field and sentence."""
    if as_json:
        print_json({"error": {"code": error.code, "field": error.field, "sentence": error.sentence}})
        return
    where = f" ({error.field})" if error.field else ""
    print(f"cuewright: {error.code}{where}: {error.sentence}", file=sys.stderr)


def say(text: str) -> None:
    """A line for people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout; numbers to the right."""
    from rich.table import Table
    from rich.text import Text

    rows = [tuple(row) for row in rows]
    drawn = Table(title=title, title_justify="left", header_style="bold")
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], (int, float)) for row in rows)
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        # As plain text: brackets in a path or a sentence are no markup.
        drawn.add_row(*(Text(f"{cell:,.2f}" if isinstance(cell, float) else str(cell)) for cell in row))
    console().print(drawn)


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Handle]:
    """A handle whose progress is drawn on stderr and which Ctrl-C cancels."""
    import signal

    from engine.handle import Handle

    pressed: list[bool] = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        if quiet or not (sys.stderr and sys.stderr.isatty()):
            yield Handle(is_cancelled=lambda: bool(pressed))
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeElapsedColumn(),
            console=console(stderr=True),
            transient=True,
        ) as bar:
            task = bar.add_task(title, total=1.0)
            yield Handle(
                on_progress=lambda fraction, stage: bar.update(task, completed=fraction, description=stage),
                is_cancelled=lambda: bool(pressed),
            )
    finally:
        signal.signal(signal.SIGINT, before)
