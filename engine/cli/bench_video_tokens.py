"""``bench video-tokens``: whether Audio-Agent's chain from picture to tokens learns, on a set made on the spot."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.output import JsonFlag, print_json, progress, table

if TYPE_CHECKING:
    from engine.training.video_tokens.bench import VideoTokensReport


def bench_video_tokens(
    clips: Annotated[int, typer.Option(min=16, help="Clips to render.")] = 256,
    epochs: Annotated[int, typer.Option(min=1, help="How often each is seen.")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Of the clips, the models and the training.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Render clips with contacts and sounds, train tiny models from picture to tokens, score what was held out."""
    from engine.training.video_tokens.bench import Size, measure

    with (
        tempfile.TemporaryDirectory(prefix="cuewright-bench-") as folder,
        progress("video tokens", quiet=as_json) as handle,
    ):
        report = measure(Path(folder) / "bench", Size(clips=clips, epochs=epochs), seed=seed, handle=handle)
    if as_json:
        print_json(report)
    else:
        _print(report)


def _print(report: VideoTokensReport) -> None:
    held = report.rows[0]
    table(
        f"From picture to tokens to onsets: {held.clips} held-out clips with {held.true} contacts, "
        f"trained on {report.train_clips}",
        ("tokens", "onset Acc", "its chance", "AP", "F100", "its chance", "onsets", "token acc", "failed"),
        (
            (
                row.name,
                row.accuracy,
                row.chance_accuracy,
                row.average_precision,
                row.f100,
                row.chance_f100,
                row.predicted,
                "" if row.token_accuracy is None else f"{row.token_accuracy:.2f}",
                row.failed,
            )
            for row in report.rows
        ),
    )
    print(
        "chance: as many onsets as there are contacts, anywhere. untrained, trained: what the model speaks by itself,\n"
        "seeing the pictures alone. units of the sound: the tokens of the clips' own sound, as good as it can get.\n"
        "onset Acc: contacts hit within 0.1 s by the surest onsets, no more of them than there are contacts; AP: the\n"
        "average precision of the same (CondFoleyGen). F100: F-measure of all onsets within 0.1 s. its chance: as\n"
        "many onsets at random. onsets: read from the tokens, by counts on the training set. token acc: units found\n"
        "likeliest, given the true ones before. failed: clips whose tokens had no end, were all one, or had another\n"
        "length than the picture."
    )
    fit = report.units
    print(
        f"Units: {fit.units} of {fit.states} states; variance explained {fit.explained_train:.2f} in training and "
        f"{fit.explained_held_out:.2f} held out. Making {report.seconds_making:.0f} s, training "
        f"{report.seconds_training:.0f} s, seed {report.seed}."
    )
