"""``bench align``: how well sounds that were spoiled on purpose are fitted to their pictures again."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.output import JsonFlag, print_json, progress, say, table

if TYPE_CHECKING:
    from engine.audio import Audio
    from engine.evaluation.align_bench import Aligner, Result
    from engine.evaluation.align_degrade import Tools
    from engine.evaluation.align_pairs import TruePair
    from engine.handle import Handle
    from engine.source import Blocks, Source

_RATE_HZ = 48_000
_SEED = 74_207
_QUICK_KINDS = ("clean", "delay", "noise")
_COUNTS = (1, 10, 100)
_DENOISE = "denoise always"


def bench_align(
    folder: Annotated[
        Path | None, typer.Argument(help="Also these clips: a folder with manifest.csv, gt_*.json and the clips.")
    ] = None,
    pairs: Annotated[int, typer.Option(min=0, help="Pairs to render; each is spoiled in a dozen ways.")] = 20,
    clips: Annotated[int, typer.Option(min=1, help="At most so many clips of the folder.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Of pictures, sounds and what is done to them.")] = _SEED,
    quick: Annotated[bool, typer.Option(help="One pair, few ways, no baselines.")] = False,
    kind: Annotated[list[str] | None, typer.Option(help="Only what was degraded like this; may be repeated.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw result against degradation: a PNG, SVG or PDF.")] = None,
    scaling: Annotated[bool, typer.Option(help="Also time 1, 10 and 100 pairs.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Spoil pairs that are in time, align them without any model, and say what was put right, beside baselines."""
    from engine.evaluation.align_bench import OURS, AlignBench, cases_of, measure
    from engine.evaluation.align_pairs import recorded_pairs, rendered_pairs
    from engine.evaluation.align_plot import plot as draw
    from engine.evaluation.align_tables import tables
    from engine.evaluation.spotting_bench import read_clips

    recorded = read_clips(folder) if folder else ()
    kinds = tuple(kind or (_QUICK_KINDS if quick else ()))
    with (
        tempfile.TemporaryDirectory(prefix="cuewright-bench-") as room,
        progress("aligning", quiet=as_json) as handle,
    ):
        work = Path(room)
        ours = _ours(work / "takes")
        found: list[TruePair] = list(rendered_pairs(1 if quick else pairs, work, seed))
        rendered = len(found)
        found += [pair for pair, _ in zip(recorded_pairs(recorded, _soundtrack), range(clips), strict=False)]
        aligners: dict[str, Aligner] = {OURS: ours} if quick else {OURS: ours, **_peers()}
        report = AlignBench(
            seed=seed,
            outcomes=measure(cases_of(found, seed, kinds), aligners, _tools(), work, handle),
        )
        if scaling and rendered:
            report = report.model_copy(update={"scaling": _scaling(found[:rendered], work, handle)})
    if plot:
        draw(report, plot)
    if as_json:
        print_json(report)
        return
    print(f"Seed: {seed}\n")
    for title, columns, rows in tables(report):
        table(title, columns, rows)
    apart = [abs(one.lag_apart_ms) for one in report.outcomes if one.kind == "delay" and one.lag_apart_ms is not None]
    if apart:
        print(f"Measured lags lie {max(apart):.2f} ms or less from those that follow from the actions (delays).")
    if plot:
        say(f"Drawn: {plot}")


def _ours(folder: Path) -> Aligner:
    """What ``cuewright align`` runs, told to use no model, whatever is configured."""
    from engine.cli.generate import new_job_id
    from engine.config import Settings
    from engine.evaluation.align_bench import Result
    from engine.evaluation.align_peers import read
    from engine.planning.action_text import parse_actions
    from engine.render import Studio
    from engine.request import AlignRequest, Job
    from engine.stems.manifest import EditManifest, read_manifest

    studio = Studio(Settings.load())

    def align(audio: Path, video: Path) -> Result:
        request = AlignRequest(
            audio=str(audio), video=str(video), folder=str(folder), planner="rules", judge="measured", seed=0
        )
        job = Job(id=new_job_id(), verb="align", request=request, created="2026-01-01T00:00:00Z")
        try:
            done = studio.run(job)
            if not done.stems:
                return Result(actions=(), audio=read(audio), stopped=done.verdict)
            manifest = read_manifest(Path(done.manifest))
            assert isinstance(manifest, EditManifest)
            assert manifest.trace
            return Result(
                actions=parse_actions(done.actions),
                audio=read(Path(done.stems[0].path)),
                stopped=manifest.trace.stopped,
                calls=manifest.trace.calls,
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return align


def _peers() -> dict[str, Aligner]:
    from engine.evaluation.align_bench import NOTHING
    from engine.evaluation.align_peers import by_correlation, do_nothing

    return {NOTHING: do_nothing, "motion x loudness": by_correlation(_grays, _tools()), _DENOISE: _denoised}


def _denoised(audio: Path, video: Path) -> Result:
    from engine.action import Denoise
    from engine.dsp import denoise
    from engine.evaluation.align_bench import Result
    from engine.evaluation.align_peers import read
    from engine.source import Held, collected

    return Result(actions=(Denoise(),), audio=collected(Held(read(audio)), denoise.denoise), stopped="denoised")


def _tools() -> Tools:
    from engine.dsp.pitch import shift_pitch
    from engine.dsp.stretch import stretch
    from engine.evaluation.align_degrade import Tools
    from engine.source import Held, collected

    def stretched(sound: Audio, times: float) -> Audio:
        def longer(source: Source) -> Blocks:
            return stretch(source, length_samples=round(sound.length_samples * times))

        return collected(Held(sound), longer)

    def pitched(sound: Audio, semitones: float) -> Audio:
        return collected(Held(sound), lambda source: shift_pitch(source, semitones=semitones))

    return Tools(stretched=stretched, pitched=pitched)


def _scaling(pairs: list[TruePair], folder: Path, handle: Handle) -> Any:
    """Folders of delayed pairs through ``align --batch``: every file a copy of its own, nothing kept of it before."""
    import numpy as np
    import soundfile

    from engine.config import Settings
    from engine.evaluation.align_bench import measure_scaling
    from engine.evaluation.align_degrade import Delay
    from engine.jobs.align_batch import run_batch
    from engine.request import AlignRequest

    rng = np.random.default_rng(0)
    for count in _COUNTS:
        handle.progress(0.0, f"writing {count} pairs")
        here = folder / f"{count} pairs"
        here.mkdir()
        for number in range(count):
            pair = pairs[number % len(pairs)]
            late = Delay(amount=float(rng.uniform(-500, 500))).done(pair.clean, rng, _tools())
            soundfile.write(here / f"{number}.wav", late.samples.T, late.sample_rate_hz, subtype="FLOAT")
            shutil.copyfile(pair.video, here / f"{number}{pair.video.suffix}")

    def run(count: int) -> int:
        here, out = folder / f"{count} pairs", folder / f"{count} aligned"
        asked = AlignRequest(audio="sound", video="video", planner="rules", judge="measured", seed=0)
        done = run_batch(here, out, asked, Settings.load(), workers=os.cpu_count() or 1, handle=handle)
        return sum(row.calls for row in done.rows)

    return measure_scaling(run, _COUNTS)


def _grays(path: Path) -> Iterator[tuple[float, Any]]:
    from engine.picture import Picture
    from engine.video.reader import frames

    for frame in frames(Picture(path=str(path))):
        yield frame.time_seconds, frame.gray


def _soundtrack(path: Path) -> Audio | None:
    """The sound of a clip from its picture's first frame on, mono; None where there is none or it cannot be read."""
    import av

    try:
        return _decoded(path)
    except (av.FFmpegError, IndexError) as error:  # the second: it has no picture
        say(f"note: {path.name} is left out, it cannot be read ({error}).")
        return None


def _decoded(path: Path) -> Audio | None:
    import av
    import numpy as np

    from engine.audio import Audio

    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        picture, stream = container.streams.video[0], container.streams.audio[0]
        begins, heard = (float((one.start_time or 0) * (one.time_base or 0)) for one in (picture, stream))
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=_RATE_HZ)
        pieces = [
            piece.to_ndarray() for frame in [*container.decode(stream), None] for piece in resampler.resample(frame)
        ]
    if not pieces:
        return None
    sound = np.concatenate(pieces, axis=1).clip(-1, 1)
    shift = round((heard - begins) * _RATE_HZ)
    samples = np.pad(sound, ((0, 0), (shift, 0))) if shift > 0 else sound[:, -shift:]
    return Audio(samples=samples, sample_rate_hz=_RATE_HZ)
