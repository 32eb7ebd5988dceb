"""``models``: the neural models on this machine, their licences, and getting more of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.paths import full
from engine.config import Settings
from engine.model import Model
from engine.results import Licence

if TYPE_CHECKING:
    from engine.backends.known_models import KnownModel
    from engine.backends.weights import Installed

models_app = typer.Typer(help="See, fetch, check and remove the models that render.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="As 'cuewright models list' says it.")]


class Row(Model):
    """One model, here or not."""

    name: str
    backend: str
    installed: bool
    folder: str
    revision: str
    size_bytes: int
    licence: Licence
    gated: bool
    repository: str
    converted: str
    in_use: bool


def _row(known: KnownModel | None, own: Installed | None, *, in_use: bool) -> Row:
    told = own or known
    assert told is not None  # it comes from the one list or from the other
    return Row(
        name=told.name,
        backend=told.backend,
        installed=own is not None,
        folder=str(own.folder) if own else "",
        revision=own.revision if own else "",
        size_bytes=told.size_bytes,
        licence=told.licence,
        gated=bool(known and known.gated),
        repository=known.repository if known else "",
        converted=known.converted if known else "",
        in_use=in_use,
    )


@models_app.command("list")
def list_models(as_json: JsonFlag = False) -> None:
    """Every model that there is code for, and which of them are here."""
    from engine.backends.known_models import KNOWN
    from engine.backends.weights import Store

    installed = Store(Settings.load()).installed()
    here = {each.name: each for each in installed}
    # Language models are named one by one (llm_model); of the others a backend uses the first.
    used = {each.name if each.backend == "llm" else each.backend: each.name for each in reversed(installed)}
    rows = [
        _row(KNOWN.get(name), here.get(name), in_use=name in used.values())
        for name in (*KNOWN, *(name for name in here if name not in KNOWN))
    ]
    if as_json:
        print_json({"models": rows})
        return
    table(
        "Models",
        ("name", "backend", "here", "GB", "licence", "commercial", "from"),
        (
            (
                row.name,
                row.backend,
                "yes" if row.in_use else "not in use" if row.installed else "",
                f"{row.size_bytes / 1e9:.1f}" if row.size_bytes else "",
                row.licence.name,
                "yes" if row.licence.commercial else "no",
                row.folder or f"{row.repository}{', to be converted' * bool(row.converted)}" or "your own training",
            )
            for row in rows
        ),
    )
    for note in dict.fromkeys(row.licence.note for row in rows if row.licence.note):
        print(f"{', '.join(row.name for row in rows if row.licence.note == note)}: {note}")


@models_app.command()
def pull(
    name: Name,
    accept_licence: Annotated[bool, typer.Option("--accept-licence", help="You read its terms and keep them.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Fetch a model; a download that broke goes on where it stopped."""
    from engine.backends.known_models import KNOWN
    from engine.backends.pulling import pull, terms

    asks = not (accept_licence or as_json) and bool(sys.stdin) and sys.stdin.isatty()
    if name in KNOWN and KNOWN[name].repository and (accept_licence or asks):  # else the refusal says them
        say(terms(KNOWN[name]))
        accept_licence = accept_licence or typer.confirm("Do you accept these terms?", err=True)
    with progress("fetching", quiet=as_json) as handle:
        found = pull(Settings.load(), name, accepted=accept_licence, handle=handle)
    _print(found, "is here", as_json)


@models_app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="Weights in the published layout; used where they lie.")],
    name: Annotated[str, typer.Option(help="What to call it; left out, the published model's name.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Use weights that are on this machine already. You keep their terms."""
    from engine.backends.weights import Store

    with progress("hashing", quiet=as_json) as handle:
        found = Store(Settings.load()).add(full(folder), name=name, handle=handle)
    _print(found, "is used where it lies", as_json)


@models_app.command()
def verify(name: Name, as_json: JsonFlag = False) -> None:
    """Read every byte of a model and compare its hashes; exits with 1 when something is wrong."""
    from engine.backends.weights import Store

    with progress("checking", quiet=as_json) as handle:
        wrong = Store(Settings.load()).verify(name, handle)
    if as_json:
        print_json({"name": name, "ok": not wrong, "wrong": wrong})
    else:
        print("\n".join(wrong) or f"{name}: every file is as it was recorded.")
    if wrong:
        raise typer.Exit(1)


@models_app.command()
def remove(name: Name, as_json: JsonFlag = False) -> None:
    """Delete a model that was fetched; one that was added is only forgotten, its folder stays."""
    from engine.backends.weights import Store

    store = Store(Settings.load())
    folder = store.named(name).folder.resolve()
    own = store.remove(name)
    if as_json:
        print_json({"name": name, "deleted": own, "folder": str(folder)})
    else:
        print(f"{name} is deleted." if own else f"{name} is forgotten; its files stay in {folder}.")


def _print(found: Installed, what: str, as_json: bool) -> None:
    from engine.backends.known_models import KNOWN
    from engine.backends.weights import Store

    if as_json:
        print_json(
            {
                "name": found.name,
                "backend": found.backend,
                "folder": str(found.folder),
                "revision": found.revision,
                "size_bytes": found.size_bytes,
                "licence": found.licence,
            }
        )
        return
    print(f"{found.name} {what}: {found.folder} ({found.size_bytes / 1e9:.2f} GB, {found.licence.name}).")
    here = {each.backend for each in Store(Settings.load()).installed()}
    needed = dict.fromkeys(
        other for model in KNOWN.values() if model.backend == found.backend for other in model.beside
    )
    for other in needed:
        if KNOWN[other].backend not in here:
            say(f"It also needs {other}: cuewright models pull {other}")
