"""``train``: Audio-Agent's own parts, from a folder of videos with sound."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table
from engine.cli.train_sounds import train_sounds
from engine.errors import BadArgument, FileUnreadable

if TYPE_CHECKING:
    from engine.training.video_tokens.dataset import Unread
    from engine.training.video_tokens.loop import EpochRow
    from engine.training.video_tokens.settings import TrainConfig

train_app = typer.Typer(
    help="Train the parts of Audio-Agent that are your own: units, then tokens and adapter. Each may be stopped and "
    "run again: it goes on where it was. Then: cuewright models add OUT. The models that they stand on are those that "
    "were pulled, or folders. Apart from these: sounds, which calibrates the built-in ones.",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(help="Folder of videos with sound; a caption is NAME.txt beside NAME.mp4.")]
Out = Annotated[Path, typer.Option(help="Folder for what is trained; the same one for all three.")]
Epochs = Annotated[int, typer.Option(min=1, help="How often each video is seen.")]
Batch = Annotated[int, typer.Option(min=1, help="Clips a step.")]
Accumulate = Annotated[int, typer.Option(min=1, help="Batches whose gradients make one step.")]
Rate = Annotated[float, typer.Option(min=1e-7, max=1.0, help="Highest learning rate.")]
HeldOut = Annotated[float, typer.Option(min=0.001, max=0.9, help="Share of the videos that is only scored on.")]
Seed = Annotated[int, typer.Option(min=0, help="Of all that chance decides.")]
Often = Annotated[int, typer.Option(min=1, help="Steps between two checkpoints.")]
Saving = Annotated[bool, typer.Option(help="Gradient checkpointing: less memory, more time.")]
On = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Aligned = Annotated[
    bool, typer.Option("--align", help="First fit every sound to its picture, as 'cuewright align --batch' does.")
]


train_app.command("sounds")(train_sounds)


@train_app.command("units")
def train_units(
    folder: Folder,
    out: Out,
    hubert: Annotated[Path | None, typer.Option(help="Folder of HuBERT; left out, hubert-base-ls960.")] = None,
    clip: Annotated[Path | None, typer.Option(help="Folder of CLIP; left out, clip-vit-large-patch14.")] = None,
    language: Annotated[Path | None, typer.Option(help="Folder of Gemma2; left out, gemma-2-2b-it.")] = None,
    settings: Annotated[
        Path | None, typer.Option(help="JSON with other numbers than the defaults, as in audio-agent.json.")
    ] = None,
    units: Annotated[int | None, typer.Option(min=2, help="How many different tokens.")] = None,
    layer: Annotated[int | None, typer.Option(min=0, help="HuBERT's layer.")] = None,
    held_out: HeldOut = 0.1,
    seed: Seed = 0,
    device: On = "auto",
    align: Aligned = False,
    as_json: JsonFlag = False,
) -> None:
    """Cluster what HuBERT hears in the videos into units, and write the configuration of all that follows."""
    from engine.backends.neural.video_tokens.config import VideoTokensConfig
    from engine.training.video_tokens import units as training

    place = _device(device)
    _check(folder)
    folder = _fitted(folder, out, quiet=as_json) if align else folder
    config = VideoTokensConfig()
    if settings:
        try:
            config = VideoTokensConfig.read(settings.read_bytes())
        except OSError as error:
            raise FileUnreadable(f"{settings} cannot be read: {error.strerror}.", field="settings") from None
        except BadArgument as error:
            raise BadArgument(f"{settings}: {error.sentence}", field=error.field or "settings") from None
    named = {
        "clip": _model(clip, "clip-vit-large-patch14", config.clip),
        "hubert": _model(hubert, "hubert-base-ls960", config.hubert),
        "language": _model(language, "gemma-2-2b-it", config.language),
    }
    hear = {name: value for name, value in (("units", units), ("layer", layer)) if value is not None}
    config = VideoTokensConfig.read(
        config.model_dump()
        | {name: str(path.resolve()) for name, path in named.items()}
        | {"hear": config.hear.model_dump() | hear}
    )
    with progress("units", quiet=as_json) as handle:
        done = training.train_units(
            folder, config, out, held_out_share=held_out, seed=seed, device=place, handle=handle
        )
    _tell(done.unread)
    if as_json:
        print_json({"row": done.row, "unread": list(done.unread)})
        return
    row = done.row
    table(
        f"{row.units} units of {row.states} states",
        ("videos", "held out", "explained", "held out", "used", "perplexity"),
        [(row.videos, row.held_out, row.explained_train, row.explained_held_out, row.used, row.perplexity)],
    )


@train_app.command("tokens")
def train_tokens(
    folder: Folder,
    out: Out,
    epochs: Epochs = 10,
    batch: Batch = 8,
    accumulate: Accumulate = 1,
    learning_rate: Rate = 2e-4,
    held_out: HeldOut = 0.1,
    seed: Seed = 0,
    checkpoint_steps: Often = 100,
    gradient_checkpointing: Saving = False,
    device: On = "auto",
    align: Aligned = False,
    as_json: JsonFlag = False,
) -> None:
    """Train the temporal connectors and the LoRA adapters of the language model: from frames to units."""
    from engine.training.video_tokens import tokens as training

    place = _device(device)
    _check(folder)
    folder = _fitted(folder, out, quiet=as_json) if align else folder
    config = _config(
        epochs, batch, accumulate, learning_rate, held_out, seed, checkpoint_steps, gradient_checkpointing, device
    )
    with progress("tokens", quiet=as_json) as handle:
        done = training.train_tokens(folder, config, out, device=place, handle=handle)
    _tell(done.unread)
    if as_json:
        beside = {"chance": done.chance, "units_of_the_sound": done.oracle}
        print_json({"epochs": list(done.epochs), **beside, "unread": list(done.unread)})
        return
    names = ("token_accuracy", "accuracy", "chance_accuracy", "average_precision", "f100", "chance_f100", "failed")
    rows = [*_rows(done.epochs, names)]
    for each in (done.chance, done.oracle):
        told = each.model_dump()
        rows.append((each.name, "", *(_cell(told[name]) for name in names)))
    titles = ("token acc", "onset Acc", "its chance", "AP", "F100", "its chance", "failed")
    table(f"{done.chance.clips} held-out clips, {done.chance.true} onsets", ("epoch", "loss", *titles), rows)


@train_app.command("adapter")
def train_adapter(
    folder: Folder,
    out: Out,
    diffusion: Annotated[Path | None, typer.Option(help="Folder of Auffusion; left out, auffusion.")] = None,
    queries: Annotated[int, typer.Option(min=1, help="Vectors that the tokens become.")] = 64,
    width: Annotated[int, typer.Option(min=64, help="Of the resampler; a multiple of 64.")] = 768,
    epochs: Epochs = 10,
    batch: Batch = 8,
    accumulate: Accumulate = 1,
    learning_rate: Rate = 1e-4,
    held_out: HeldOut = 0.1,
    seed: Seed = 0,
    checkpoint_steps: Often = 100,
    gradient_checkpointing: Saving = False,
    device: On = "auto",
    align: Aligned = False,
    as_json: JsonFlag = False,
) -> None:
    """Train the visual cross-attention of the diffusion model: from units to sound."""
    from engine.backends.neural.video_tokens.visual_adapter import AdapterConfig
    from engine.training.video_tokens import adapter as training

    place = _device(device)
    _check(folder)
    folder = _fitted(folder, out, quiet=as_json) if align else folder
    sizes = AdapterConfig.read({"queries": queries, "width": width})
    config = _config(
        epochs, batch, accumulate, learning_rate, held_out, seed, checkpoint_steps, gradient_checkpointing, device
    )
    with progress("adapter", quiet=as_json) as handle:
        done = training.train_adapter(
            folder, _model(diffusion, "auffusion"), config, out, sizes=sizes, device=place, handle=handle
        )
    _tell(done.unread)
    if as_json:
        print_json({"epochs": list(done.epochs), "unread": list(done.unread)})
        return
    names = ("own", "other", "none")
    titles = ("error, own tokens", "another's", "none")
    table("Held-out clips", ("epoch", "loss", *titles), _rows(done.epochs, names, ".4f"))
    if heard := [row for row in done.epochs if row.held_out["heard"]]:
        drawn = [row.model_copy(update={"held_out": row.held_out["heard"]}) for row in heard]
        columns = ("epoch", "loss", "onset Acc", "its chance", "AP", "F100", "its chance")
        figures = ("accuracy", "chance_accuracy", "average_precision", "f100", "chance_f100")
        table("What is heard of them", columns, _rows(drawn, figures))


def _config(
    epochs: int,
    batch: int,
    accumulate: int,
    learning_rate: float,
    held_out: float,
    seed: int,
    checkpoint_steps: int,
    gradient_checkpointing: bool,
    device: str,
) -> TrainConfig:
    from engine.training.video_tokens.settings import TrainConfig

    return TrainConfig.read(
        {
            "epochs": epochs,
            "batch": batch,
            "accumulate": accumulate,
            "learning_rate": learning_rate,
            "held_out_share": held_out,
            "seed": seed,
            "checkpoint_steps": checkpoint_steps,
            "gradient_checkpointing": gradient_checkpointing,
            "device": device,
        }
    )


def _model(given: Path | None, name: str, told: str = "") -> Path:
    """The folder of a model: that which is given, or told in the settings, or the pulled one of that name."""
    from engine.backends.weights import Store
    from engine.config import Settings

    if given is None and told and Path(told).is_dir():
        return Path(told)
    return given if given is not None else Store(Settings.load()).find(name).folder


def _device(name: str) -> str:
    from engine.backends.neural.device import Device
    from engine.config import Settings

    return Device.chosen(Settings.load(models_device=name)).name


def _fitted(folder: Path, out: Path, *, quiet: bool) -> Path:
    """The folder with every sound fitted to its picture, in ``aligned`` of the results; what cannot be is told."""
    from engine.config import Settings
    from engine.jobs.align_batch import run_batch
    from engine.request import AlignRequest

    target = out / "aligned"
    asked = AlignRequest(audio="sound", video="video", seed=0)
    with progress("aligning", quiet=quiet) as handle:
        done = run_batch(
            folder, target, asked, Settings.load(), workers=os.cpu_count() or 1, handle=handle, videos=True
        )
    for row in done.rows:
        if row.problem:
            say(f"note: {row.name} is left out: {row.problem}")
    return target


def _check(folder: Path) -> None:
    """Before any model is asked for: of two things that are missing, the videos are told first."""
    if not folder.is_dir():
        raise FileUnreadable(f"{folder} is not a folder; give one with videos in it.", field="folder")


def _tell(unread: Iterable[Unread]) -> None:
    for each in unread:
        say(f"left out: {each.path.name}: {each.reason}")


def _rows(epochs: Iterable[EpochRow], names: Iterable[str], form: str = ".2f") -> list[tuple[str, ...]]:
    return [
        (
            str(row.epoch) if row.epoch else "untrained",
            f"{row.loss:.3f}" if row.epoch else "",
            *(_cell(row.held_out[name], form) for name in names),
        )
        for row in epochs
    ]


def _cell(value: Any, form: str = ".2f") -> str:
    return "" if value is None else format(value, form) if isinstance(value, float) else str(value)
