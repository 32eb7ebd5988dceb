"""A folder of pairs, each sound fitted to its picture: many at once, one that fails stops no other, and it can go on.

A row for every pair that is done lies in ``align.jsonl``, with what its inputs were; a pair whose row still holds is
not done again. How a pair is aligned is not known here.

Source: AVAgent (arXiv 2410.23230) cleans data sets with its loop.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pydantic import Field

from engine.config import Settings
from engine.errors import BadArgument, CuewrightError, FileUnreadable, ResourceError
from engine.handle import Handle
from engine.jobs.lock import EngineLock
from engine.model import Model
from engine.request import AlignRequest, Job
from engine.stems.folder import make_folder, translating

ROWS = "align.jsonl"
VIDEOS = frozenset([".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".mxf", ".ts", ".mts"])
SOUNDS = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".mp3")
"""The first that lies beside a video of the same name is its sound."""
SECONDS_A_SECOND = 0.25
"""Of one core for a second of picture and sound, measured without models on one of 2024's; for estimates."""
CALLS_A_PAIR, CALLS_A_CYCLE = 4, 2
"""Of models, where all parts ask one: two descriptions and the original judged twice; a plan and a judgement."""
TOKENS_A_CALL = 2_000
"""About: sixteen stills, or half a minute of sound, and the answer; for estimates."""


class FoundPair(Model):
    """A video of the folder; without a sound beside it, its own is aligned."""

    name: str = Field(description="Of the video, from the folder, without its ending.")
    video: str
    audio: str = ""


class PairRow(Model):
    """What became of a pair."""

    name: str
    inputs: str = Field(description="Fingerprint of its files and of what was asked.")
    stopped: str = Field("", description="Why the search ended; empty where it failed.")
    best: int = Field(0, description="Number of the version that won; 0 is the original.")
    delay_seconds: float | None = Field(None, description="That was found; None: none was.")
    rate: float | None = Field(None, description="1.01: the sound took 1 % longer than the picture.")
    before: tuple[float, float] | None = Field(None, description="Alignment and synchronisation of the original.")
    after: tuple[float, float] | None = Field(None, description="Of the best version.")
    actions: str = ""
    take: str = Field("", description="File of the take, from the folder of the results; empty: the original stays.")
    video: str = Field("", description="The video with the sound that fits best, from there too; empty: none asked.")
    verdict: str = ""
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    problem: str = Field("", description="Why it could not be done.")


class BatchReport(Model):
    """A whole folder."""

    rows: tuple[PairRow, ...]
    done: int = Field(description="Done in this run; the others were done before.")
    failed: int


class Estimate(Model):
    """What a folder would take."""

    pairs: int
    left: int = Field(description="Not done yet.")
    seconds: float = Field(description="Of picture, of those that can be read.")
    unreadable: tuple[str, ...] = ()
    calls: int = Field(description="Of models, at most.")
    tokens: int = Field(description="About.")
    wall_seconds: float = Field(description="About, without what models take.")


def pairs_in(folder: Path) -> tuple[FoundPair, ...]:
    """Every video under a folder with its sound, by name.

    Raises
    ------
    FileUnreadable
        When it is no folder, or holds no video.
    """
    if not folder.is_dir():
        raise FileUnreadable(f"{folder} is no folder: name one with videos in it.", field="batch")
    videos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEOS and path.is_file())
    found = []
    for video in videos:
        beside = (video.with_suffix(ending) for ending in (*SOUNDS, *(ending.upper() for ending in SOUNDS)))
        sound = next((path for path in beside if path.is_file()), None)
        name = video.relative_to(folder).with_suffix("").as_posix()
        found.append(FoundPair(name=name, video=str(video), audio=str(sound) if sound else ""))
    if not found:
        raise FileUnreadable(f"There is no video in {folder}.", field="batch")
    return tuple(found)


def estimate(folder: Path, out: Path, asked: AlignRequest, settings: Settings, *, workers: int) -> Estimate:
    """What :func:`run_batch` would take; nothing is done, and no model is asked."""
    from engine.video.probe import probe

    pairs = pairs_in(folder)
    done = {row.inputs for row in _rows(out) if not row.problem}
    left = [pair for pair in pairs if _fingerprint(pair, asked) not in done]
    seconds, unreadable = 0.0, []
    for pair in left:
        try:
            seconds += float(probe(pair.video).duration_seconds)
        except CuewrightError as error:
            unreadable.append(f"{pair.name}: {error.sentence}")
    asks = any((settings.llm_model, settings.vlm_model, settings.alm_model))
    calls = (len(left) - len(unreadable)) * (CALLS_A_PAIR + CALLS_A_CYCLE * asked.cycles) if asks else 0
    return Estimate(
        pairs=len(pairs),
        left=len(left),
        seconds=seconds,
        unreadable=tuple(unreadable),
        calls=calls,
        tokens=calls * TOKENS_A_CALL,
        wall_seconds=seconds * SECONDS_A_SECOND / workers,
    )


def run_batch(
    folder: Path,
    out: Path,
    asked: AlignRequest,
    settings: Settings,
    *,
    workers: int,
    handle: Handle,
    videos: bool = False,
    on_row: Callable[[PairRow], object] = lambda row: None,
) -> BatchReport:
    """Align every pair that is not done yet.

    Parameters
    ----------
    out
        The takes go here, in the folders of their videos.
    asked
        What to ask for each; its files and folder are the pairs' own.
    workers
        Pairs at once: processes where everything is measured, threads where models are waited for.
    videos
        Also write every video with the sound that fits best, and its caption (``NAME.txt``) beside it.
    on_row
        Told of each pair as it ends.

    Raises
    ------
    FileUnreadable, FolderNotWritable, ResourceError
        No videos; nowhere to write; another run works in the same folder.
    Cancelled
        What is done stays done.
    """
    pairs = pairs_in(folder)
    make_folder(out)
    lock = EngineLock(out / ".align.lock")
    try:
        lock.acquire(wait_seconds=0.0)
    except ResourceError:
        raise ResourceError(f"Another run works in {out}: wait for it, or name another folder.", field="out") from None
    try:
        known = {row.inputs: row for row in _rows(out) if not row.problem and _is_there(row, out, videos)}
        left = [pair for pair in pairs if _fingerprint(pair, asked) not in known]
        made = {}
        with translating(out), (out / ROWS).open("a", encoding="utf-8") as file:
            done = partial(align_pair, out=out, asked=asked, settings=settings, videos=videos)
            for row in _done(left, done, asked, settings, workers, handle):
                file.write(row.model_dump_json() + "\n")
                file.flush()
                os.fsync(file.fileno())
                made[row.name] = row
                on_row(row)
    finally:
        lock.release()
    rows = [made.get(pair.name) or known[_fingerprint(pair, asked)] for pair in pairs]
    return BatchReport(rows=tuple(rows), done=len(made), failed=sum(bool(row.problem) for row in rows))


def _done(
    pairs: Sequence[FoundPair],
    done: Callable[[FoundPair], PairRow],
    asked: AlignRequest,
    settings: Settings,
    workers: int,
    handle: Handle,
) -> Iterator[PairRow]:
    """Rows as they end; no more pairs wait in the pool than it works on, so that a cancel comes soon."""
    asks = any((settings.llm_model, settings.vlm_model, settings.alm_model))
    pool: Executor
    if asks:
        pool = ThreadPoolExecutor(workers)
    else:
        pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    waiting, ended = list(reversed(pairs)), 0
    running: dict[Future[PairRow], FoundPair] = {}
    try:
        while waiting or running:
            handle.progress(ended / max(1, len(pairs)), "aligning")
            while waiting and len(running) < workers:
                pair = waiting.pop()
                running[pool.submit(done, pair)] = pair
            finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in finished:
                pair = running.pop(future)
                ended += 1
                yield _result(future, pair, asked)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _result(future: Future[PairRow], pair: FoundPair, asked: AlignRequest) -> PairRow:
    try:
        return future.result()
    except Exception as error:  # a worker that was killed takes its pair with it, and no other
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return PairRow(name=pair.name, inputs=_fingerprint(pair, asked), problem=told)


def align_pair(pair: FoundPair, out: Path, asked: AlignRequest, settings: Settings, *, videos: bool = False) -> PairRow:
    """One pair, in whatever process this is; what is wrong with it is its row's problem."""
    from engine.render.studio import Studio
    from engine.video.soundtrack import write_soundtrack

    inputs = _fingerprint(pair, asked)
    began = datetime.now(UTC)
    folder = (out / pair.name).parent
    try:
        make_folder(folder)
        audio = pair.audio
        if not audio:
            audio = str(out / f"{pair.name} sound.wav")
            partial = Path(f"{audio}.part")
            with translating(folder):
                write_soundtrack(pair.video, partial)
                partial.replace(audio)
        request = asked.model_copy(update={"audio": audio, "video": pair.video, "folder": str(folder)})
        job_id = f"align-{hashlib.sha256(f'{pair.name} {inputs}'.encode()).hexdigest()[:16]}"
        job = Job(id=job_id, verb="align", request=request, created=f"{began:%Y-%m-%dT%H:%M:%SZ}")
        result = Studio(settings).run(job)
        video = _with_sound(pair, Path(result.stems[0].path if result.stems else audio), out) if videos else ""
    except CuewrightError as error:
        return PairRow(name=pair.name, inputs=inputs, problem=error.sentence)
    seconds = (datetime.now(UTC) - began).total_seconds()
    trace = result.trace
    assert trace is not None  # an align job always has one
    before, after = trace.original, trace.winner
    return PairRow(
        name=pair.name,
        inputs=inputs,
        stopped=trace.stopped,
        best=trace.best,
        delay_seconds=trace.fit and round(trace.fit.delay_seconds, 4),
        rate=trace.fit and round(trace.fit.rate, 6),
        before=(before.alignment, before.synchronisation),
        after=(after.alignment, after.synchronisation),
        actions=result.actions,
        take=Path(result.stems[0].path).relative_to(out).as_posix() if result.stems else "",
        video=video,
        verdict=trace.verdict,
        calls=trace.calls,
        tokens=trace.tokens,
        seconds=round(seconds, 3),
    )


def _with_sound(pair: FoundPair, sound: Path, out: Path) -> str:
    """The video with that sound, and its caption, in the folder of the results."""
    from engine.video.remux import with_sound

    name = f"{pair.name}.mov"
    caption = Path(pair.video).with_suffix(".txt")
    with translating(out):
        partial_file = out / f"{pair.name}.part"
        with_sound(pair.video, sound, partial_file)
        if caption.is_file():
            shutil.copyfile(caption, out / f"{pair.name}.txt")
        partial_file.replace(out / name)
    return name


def _fingerprint(pair: FoundPair, asked: AlignRequest) -> str:
    """Changes with the files of a pair and with what is asked of it."""
    said = asked.model_dump(exclude={"audio", "video", "folder", "priority", "session"})
    told: list[object] = [pair.name, json.dumps(said, sort_keys=True)]
    for path in (pair.video, pair.audio):
        with suppress(OSError):
            state = Path(path).stat() if path else None
            told.append((path, state.st_size, state.st_mtime_ns) if state else "")
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _rows(out: Path) -> list[PairRow]:
    """Rows of earlier runs; a line that was cut off as a process died is none."""
    with suppress(OSError):
        rows = []
        for line in (out / ROWS).read_text(encoding="utf-8").splitlines():
            with suppress(BadArgument):
                rows.append(PairRow.read(line))
        return rows
    return []


def _is_there(row: PairRow, out: Path, videos: bool) -> bool:
    names = [name for name in (row.take, row.video) if name]
    return all((out / name).is_file() for name in names) and (bool(row.video) or not videos)
