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
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from engine.config import Settings
from engine.errors import BadArgument, CuewrightError, FileUnreadable, ResourceError, WorkerDied
from engine.handle import Handle
from engine.jobs.align_rows import BatchReport, Estimate, FoundPair, PairRow
from engine.jobs.lock import EngineLock
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


def pairs_in(folder: Path, out: Path | None = None) -> tuple[FoundPair, ...]:
    """Every video under a folder with its sound, by name; hidden files are none, nor is what lies in ``out``.

    Raises
    ------
    FileUnreadable
        When it is no folder, or holds no video.
    BadArgument
        When the results would lie among the originals, which they could replace.
    """
    if not folder.is_dir():
        raise FileUnreadable(f"{folder} is no folder: name one with videos in it.", field="batch")
    if out is not None and folder.resolve().is_relative_to(out.resolve()):
        raise BadArgument(f"Results cannot lie in {out}, among the originals: name another folder.", field="out")
    videos = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in VIDEOS
        and not path.name.startswith(".")  # what some systems lay beside a file of that name is no video
        and path.is_file()
        and not (out is not None and path.is_relative_to(out))
    )
    many = Counter(video.with_suffix("") for video in videos)
    found = []
    for video in videos:
        beside = (video.with_suffix(ending) for ending in (*SOUNDS, *(ending.upper() for ending in SOUNDS)))
        sound = next((path for path in beside if path.is_file()), None)
        alone = many[video.with_suffix("")] == 1
        name = video.relative_to(folder).with_suffix("" if alone else video.suffix).as_posix()
        found.append(FoundPair(name=name, video=str(video), audio=str(sound) if sound else ""))
    if not found:
        raise FileUnreadable(f"There is no video in {folder}.", field="batch")
    return tuple(found)


def estimate(folder: Path, out: Path, asked: AlignRequest, settings: Settings, *, workers: int) -> Estimate:
    """What :func:`run_batch` would take; nothing is done, and no model is asked."""
    from engine.video.probe import probe

    pairs = pairs_in(folder, out)
    done = {row.inputs for row in _rows(out) if not row.problem}
    left = [pair for pair in pairs if _fingerprint(pair, asked, settings) not in done]
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
        cost=_cost(calls * TOKENS_A_CALL, settings),
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
    pairs = pairs_in(folder, out)
    make_folder(out)
    lock = EngineLock(out / ".align.lock")
    try:
        lock.acquire(wait_seconds=0.0)
    except ResourceError:
        raise ResourceError(f"Another run works in {out}: wait for it, or name another folder.", field="out") from None
    try:
        known = {row.inputs: row for row in _rows(out) if not row.problem and _is_there(row, out, videos)}
        states = {pair.name: _fingerprint(pair, asked, settings) for pair in pairs}  # once: a file may change meanwhile
        left = [pair for pair in pairs if states[pair.name] not in known]
        if videos:
            _see_that_nothing_is_replaced(left, out)
        made = {}
        cut_off = _is_cut_off(out / ROWS)
        with translating(out), (out / ROWS).open("a", encoding="utf-8") as file:
            if cut_off:
                file.write("\n")  # else the next row would be lost with it
            done = partial(align_pair, out=out, asked=asked, settings=settings, videos=videos)
            for row in _done(left, done, asked, settings, workers, handle):
                file.write(row.model_dump_json() + "\n")
                file.flush()
                os.fsync(file.fileno())
                made[row.name] = row
                on_row(row)
    finally:
        lock.release()
    rows = [made.get(pair.name) or known[states[pair.name]] for pair in pairs]
    failed, tokens = sum(bool(row.problem) for row in rows), sum(row.tokens for row in made.values())
    return BatchReport(rows=tuple(rows), done=len(made), failed=failed, tokens=tokens, cost=_cost(tokens, settings))


def _see_that_nothing_is_replaced(pairs: Sequence[FoundPair], out: Path) -> None:
    """A video or a caption that is there and was not written by an earlier run is somebody's."""
    ours = {Path(row.video).with_suffix("") for row in _rows(out) if row.video}
    names = (f"{pair.name}{ending}" for pair in pairs for ending in (".mov", ".txt"))
    if there := [name for name in names if (out / name).exists() and Path(name).with_suffix("") not in ours]:
        raise BadArgument(f"{out / there[0]} is there, and is of no earlier run: name another folder.", field="out")


def _cost(tokens: int, settings: Settings) -> float | None:
    price = settings.llm_price_per_million_tokens
    return None if price is None else tokens * price / 1e6


def _done(
    pairs: Sequence[FoundPair],
    done: Callable[..., PairRow],
    asked: AlignRequest,
    settings: Settings,
    workers: int,
    handle: Handle,
) -> Iterator[PairRow]:
    """Rows as they end; no more pairs wait in the pool than it works on, so that a cancel comes soon."""
    asks = any((settings.llm_model, settings.vlm_model, settings.alm_model))
    stopped = threading.Event()
    if asks:
        done = partial(done, handle=Handle(is_cancelled=stopped.is_set))
    pool = _pool(workers, asks)
    waiting, ended = list(reversed(pairs)), 0
    running: dict[Future[PairRow], FoundPair] = {}
    again: set[str] = set()  # a process that dies breaks the whole pool: who was in it is done again, each alone
    try:
        while waiting or running:
            handle.progress(ended / max(1, len(pairs)), "aligning")
            while waiting and len(running) < (1 if waiting[-1].name in again else workers):
                try:
                    running[pool.submit(done, waiting[-1])] = waiting[-1]
                except BrokenExecutor:
                    if running:  # they end now, and are looked at below
                        break
                    pool = _pool(workers, asks)
                else:
                    waiting.pop()
            finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in finished:
                pair = running.pop(future)
                if isinstance(future.exception(), BrokenExecutor) and pair.name not in again:
                    again.add(pair.name)
                    waiting.insert(0, pair)
                    continue
                ended += 1
                yield _result(future, pair, _fingerprint(pair, asked, settings))
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(workers: int, asks: bool) -> Executor:
    if asks:
        return ThreadPoolExecutor(workers)
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _result(future: Future[PairRow], pair: FoundPair, inputs: str) -> PairRow:
    try:
        return future.result()
    except Exception as error:  # a worker that was killed takes its pair with it, and no other
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return PairRow(name=pair.name, inputs=inputs, problem=told, code=WorkerDied.code)


def align_pair(
    pair: FoundPair,
    out: Path,
    asked: AlignRequest,
    settings: Settings,
    *,
    videos: bool = False,
    handle: Handle | None = None,
) -> PairRow:
    """One pair, in whatever process this is; what is wrong with it is its row's problem."""
    from engine.render.studio import Studio
    from engine.video.soundtrack import write_soundtrack

    inputs = _fingerprint(pair, asked, settings)
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
        result = Studio(settings).run(job, handle or Handle())
        video = _with_sound(pair, Path(result.stems[0].path if result.stems else audio), out) if videos else ""
    except CuewrightError as error:
        return PairRow(name=pair.name, inputs=inputs, problem=error.sentence, code=error.code, field=error.field)
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


def _fingerprint(pair: FoundPair, asked: AlignRequest, settings: Settings) -> str:
    """Changes with the files of a pair, with what is asked of it, and with the models that are."""
    said = asked.model_dump(exclude={"audio", "video", "folder", "priority", "session"})
    models = (settings.llm_model, settings.vlm_model, settings.alm_model, settings.llm_base_url)
    told: list[object] = [pair.name, json.dumps(said, sort_keys=True), models]
    for path in (pair.video, pair.audio):
        with suppress(OSError):
            state = Path(path).stat() if path else None
            told.append((path, state.st_size, state.st_mtime_ns) if state else "")
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _rows(out: Path) -> list[PairRow]:
    """Rows of earlier runs; a line that was cut off as a process died is none."""
    with suppress(OSError):
        rows = []
        for line in (out / ROWS).read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(BadArgument):
                rows.append(PairRow.read(line))
        return rows
    return []


def _is_cut_off(path: Path) -> bool:
    """Whether its last line has no end."""
    with suppress(OSError), path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"
    return False


def _is_there(row: PairRow, out: Path, videos: bool) -> bool:
    names = [name for name in (row.take, row.video) if name]
    return all((out / name).is_file() for name in names) and (bool(row.video) or not videos)
