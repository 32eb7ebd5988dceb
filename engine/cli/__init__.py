"""The command line: the same verbs as OSC. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import typer

from engine import __version__
from engine.cli import (
    align,
    bank,
    bench,
    doctor,
    edit,
    evaluate,
    export,
    generate,
    install,
    library,
    models,
    perform,
    picture,
    plugins,
    preview,
    protools,
    serve,
    sounds,
    train,
)
from engine.cli.output import print_error
from engine.errors import (
    BadArgument,
    Cancelled,
    CuewrightError,
    DependencyMissing,
    InternalError,
    RequestError,
    ResourceError,
)

OF_MODELS = frozenset(
    ["accelerate", "diffusers", "huggingface_hub", "peft", "safetensors", "tokenizers", "torch", "transformers"]
)
"""Packages that the extra ``models`` brings."""

_UsageError: type[BaseException] = typer.BadParameter.__mro__[1]
"""Whatever is wrong with a command line; the class above the only one that Typer names in public."""

app = typer.Typer(
    name="cuewright",
    help="Words in, stems on your timeline out. Start with: cuewright generate 'heavy oak door slam'",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"cuewright {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


app.command()(generate.generate)
app.command()(picture.spot)
app.command()(picture.compose)
app.command(cls=edit.WordsCommand)(edit.edit)
app.command()(edit.actions)
app.command()(align.align)
app.command()(generate.rebuild)
app.command()(export.export)
app.add_typer(protools.protools_app, name="protools")
app.command()(serve.serve)
app.command()(serve.demo)
app.add_typer(serve.jobs_app, name="jobs")
app.command()(sounds.backends)
app.command()(sounds.presets)
app.command()(bank.sounds)
app.command()(preview.preview)
app.command()(perform.perform)
app.add_typer(library.library_app, name="library")
app.add_typer(models.models_app, name="models")
app.add_typer(plugins.plugins_app, name="plugins")
app.command()(install.install)
app.command()(evaluate.evaluate)
app.command()(doctor.doctor)
app.add_typer(bench.bench_app, name="bench")
app.add_typer(train.train_app, name="train")


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 2 wrong request, 1 failed, 130 cancelled."""
    as_json = "--json" in arguments
    try:
        code = app(list(arguments), standalone_mode=not as_json)  # standing alone, it prints usage for people
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except _UsageError as error:
        print_error(_told(error), as_json)
        return 2
    except (typer.Abort, KeyboardInterrupt):
        print_error(Cancelled("The command was cancelled."), as_json)
        return 130
    except CuewrightError as error:
        print_error(error, as_json)
        return 130 if isinstance(error, Cancelled) else 2 if isinstance(error, RequestError) else 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except MemoryError:
        short = ResourceError("There is not enough memory for this: ask for shorter sounds or fewer takes.")
        print_error(short, as_json)
        return 1
    except Exception as defect:  # a person gets a sentence, whoever mends it gets the lines above it
        told = _missing(defect)
        if told is None:
            traceback.print_exc()
            told = InternalError(f"A defect of Cuewright ({type(defect).__name__}: {defect}); please report it.")
        print_error(told, as_json)
        return 1
    return code if isinstance(code, int) else 0


def _told(error: BaseException) -> CuewrightError:
    """A wrong command line as an error of ours."""
    told = getattr(error, "format_message", error.__str__)()
    field = getattr(getattr(error, "param", None), "name", None) or getattr(error, "option_name", None) or ""
    return BadArgument(told, field=field.lstrip("-").replace("-", "_"))


def _missing(defect: Exception) -> CuewrightError | None:
    """A package that an extra brings and that is not here; None for anything else."""
    package = (defect.name or "").partition(".")[0] if isinstance(defect, ModuleNotFoundError) else ""
    if package in ("", "engine"):
        return None
    extra = "training" if package == "sklearn" else "models" if package in OF_MODELS else "bench"
    return DependencyMissing(f"This needs the package {package}: pip install 'cuewright[{extra}]'.")
