"""``bench``: what we claim, measured by one command on the user's own machine."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.bench_align import bench_align
from engine.cli.bench_cuts import bench_cuts
from engine.cli.bench_editing import bench_editing
from engine.cli.bench_models import models
from engine.cli.bench_overlap import bench_overlap
from engine.cli.bench_planners import bench_planners
from engine.cli.bench_plugins import bench_plugins
from engine.cli.bench_preview import bench_preview
from engine.cli.bench_sounds import bench_sounds
from engine.cli.bench_spotting import bench_spotting
from engine.cli.bench_video_tokens import bench_video_tokens
from engine.cli.output import JsonFlag, print_json, say, table
from engine.model import Model

bench_app = typer.Typer(help="Measure this machine.", no_args_is_help=True)
bench_app.command("spotting")(bench_spotting)
bench_app.command("cuts")(bench_cuts)
bench_app.command("align")(bench_align)
bench_app.command("editing")(bench_editing)
bench_app.command("models")(models)
bench_app.command("overlap")(bench_overlap)
bench_app.command("planners")(bench_planners)
bench_app.command("sounds")(bench_sounds)
bench_app.command("plugins")(bench_plugins)
bench_app.command("preview")(bench_preview)
bench_app.command("video-tokens")(bench_video_tokens)


class Latency(Model):
    """Milliseconds of many tries."""

    count: int
    median_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latency:
        """Summarise; p99 by the nearest rank."""
        ordered = sorted(1000 * s for s in seconds)
        rank = max(0, -(-99 * len(ordered) // 100) - 1)
        return cls(count=len(ordered), median_ms=statistics.median(ordered), p99_ms=ordered[rank], max_ms=ordered[-1])


class Family(Model):
    """One procedural family's speed."""

    name: str
    realtime_factor: float


class EngineReport(Model):
    """Everything ``bench engine`` measures."""

    first_stem: Latency
    first_stem_cached: Latency
    ping_idle: Latency
    ping_rendering: Latency
    cancel: Latency
    decode_per_second: float
    journal_put: Latency
    journal_claim: Latency
    families: tuple[Family, ...]
    families_median: float
    families_least: float


@bench_app.callback()
def _bench() -> None:
    pass


@bench_app.command("engine")
def bench_engine(
    requests: Annotated[int, typer.Option(min=10, help="One-shots asked for.")] = 100,
    pings: Annotated[int, typer.Option(min=100, help="Pings sent while a render runs.")] = 1000,
    seconds: Annotated[float, typer.Option(min=1.0, help="Length rendered of each procedural family.")] = 10.0,
    as_json: JsonFlag = False,
) -> None:
    """Request to first stem, ping under load, cancel, decoding, the journal, and every procedural family."""
    from engine.cli.process import running_engine
    from engine.jobs.bench import benchmark_journal
    from engine.procedural.bench import benchmark
    from engine.protocol.bench import benchmark_decode

    with tempfile.TemporaryDirectory(prefix="cuewright-bench-") as folder:
        home = Path(folder)
        out = home / "out"
        with running_engine(home / "data", home) as engine:
            say("request to first stem ...")
            first = _first_stems(engine.host, engine.port, out, range(requests))
            cached = _first_stems(engine.host, engine.port, out, [0] * min(50, requests))
            say("ping, idle and under load ...")
            idle = _pings(engine.host, engine.port, pings)
            loaded, cancel = _under_load(engine.host, engine.port, out, pings)
        say("decoding and journal ...")
        put, claim = benchmark_journal(home / "bench.sqlite3")
    decode = benchmark_decode(20_000)
    say("procedural families ...")
    families = tuple(Family(name=row.family, realtime_factor=row.realtime_factor) for row in benchmark(seconds))
    factors = [family.realtime_factor for family in families]
    report = EngineReport(
        first_stem=Latency.of(first),
        first_stem_cached=Latency.of(cached),
        ping_idle=Latency.of(idle),
        ping_rendering=Latency.of(loaded),
        cancel=Latency.of(cancel),
        decode_per_second=decode,
        journal_put=Latency.of(put),
        journal_claim=Latency.of(claim),
        families=families,
        families_median=statistics.median(factors),
        families_least=min(factors),
    )
    if as_json:
        print_json(report)
        return
    rows: list[tuple[str, Latency]] = [
        ("request to first stem (3 s one-shot)", report.first_stem),
        ("the same, take in cache", report.first_stem_cached),
        ("ping, idle", report.ping_idle),
        ("ping, a render running", report.ping_rendering),
        ("cancel of a running job", report.cancel),
        ("journal put", report.journal_put),
        ("journal claim", report.journal_claim),
    ]
    table(
        "Latency, ms",
        ("what", "count", "median", "p99", "max"),
        ((name, row.count, row.median_ms, row.p99_ms, row.max_ms) for name, row in rows),
    )
    print(f"Requests decoded and validated: {decode:,.0f} a second\n")
    table(
        f"Procedural families, times real time on one core: median {report.families_median:.0f}, "
        f"least {report.families_least:.0f}",
        ("family", "x real time"),
        ((family.name, family.realtime_factor) for family in sorted(families, key=lambda f: f.realtime_factor)),
    )


def _first_stems(host: str, port: int, out: Path, seeds: Sequence[int]) -> list[float]:
    """Seconds from sending a request to its first ``/stem``; the first two, which warm up, are left out."""
    from engine.protocol.client import Client
    from engine.protocol.schema import StemReply

    times: list[float] = []
    with Client(host, port) as client:
        for index, seed in enumerate(seeds):
            began = time.perf_counter()
            for reply in client.generate(
                f"shot-{time.time_ns()}-{index}",
                prompt="a heavy wooden door slams",
                folder=str(out),
                duration=3.0,
                seed=seed,
                mix=False,
                priority="preview",
            ):
                if isinstance(reply, StemReply) and len(times) == index:
                    times.append(time.perf_counter() - began)
    return times[2:]


def _pings(host: str, port: int, count: int) -> list[float]:
    from engine.protocol.client import Client

    times = []
    with Client(host, port) as client:
        for _ in range(count):
            began = time.perf_counter()
            client.ping()
            times.append(time.perf_counter() - began)
            time.sleep(0.002)
    return times


def _under_load(host: str, port: int, out: Path, pings: int) -> tuple[list[float], list[float]]:
    """Ping times while long beds render, and the seconds from each cancel to its ``/cancelled``."""
    from engine.protocol.client import Client
    from engine.protocol.schema import CancelledReply, ProgressReply

    pinged: list[float] = []
    cancelled: list[float] = []
    with Client(host, port) as client:
        for index in range(10):
            job = f"load-{time.time_ns()}"
            replies = client.generate(
                job, prompt="heavy rain, strong wind and a stream", folder=str(out), duration=600.0, seed=index
            )
            next(reply for reply in replies if isinstance(reply, ProgressReply))
            pinged += _pings(host, port, pings // 10)
            began = time.perf_counter()
            client.cancel(job)
            if any(isinstance(reply, CancelledReply) for reply in replies):
                cancelled.append(time.perf_counter() - began)
    return pinged, cancelled
