"""The journal: what is written down stays, once, in order, and bad files do not stop the engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_runners import write_stem
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import (
    BadArgument,
    DiskFull,
    FolderNotWritable,
    InternalError,
    JobConflict,
    QueueFull,
    ResourceError,
    UnknownJob,
    WorkerDied,
)
from engine.jobs.bench import benchmark_journal
from engine.jobs.database import VERSION, Database
from engine.jobs.journal import SEQUENCE_GAP, Journal
from engine.jobs.state import Event, IllegalTransition, State, Waiting, first
from engine.request import PRIORITIES, GenerateRequest, Job
from engine.results import JobResult
from engine.session import Session

Open = Callable[..., Journal]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "journal.sqlite3"


@pytest.fixture
def open_journal(path: Path) -> Iterator[Open]:
    opened: list[Journal] = []

    def _open(queue_limit: int = 100, history_limit: int = 100) -> Journal:
        opened.append(Journal(path, queue_limit=queue_limit, history_limit=history_limit))
        return opened[-1]

    yield _open
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(open_journal: Open) -> Journal:
    return open_journal()


def job(job_id: str = "a", prompt: str = "rain", **changes: object) -> Job:
    request = GenerateRequest.read({"prompt": prompt, "folder": "out", **changes})
    return Job(id=job_id, request=request, created="2026-01-01T00:00:00Z")


def result(job_id: str, folder: Path, count: int) -> JobResult:
    stems = tuple(write_stem(folder, job_id, index) for index in range(1, count + 1))
    return JobResult(job_id=job_id, stems=stems, manifest="", project="")


def test_a_job_is_there_after_the_file_is_opened_again(open_journal: Open) -> None:
    first_journal = open_journal()
    put = first_journal.put(job(), "udp 1234")
    assert (put.view.state, put.view.stage, put.view.reply_to) == (State.QUEUED, "queued", "udp 1234")
    first_journal.close()
    assert open_journal().get("a") == put


@given(st.lists(st.sampled_from(sorted(PRIORITIES)), max_size=8))
@settings(max_examples=20, deadline=None)
def test_jobs_are_claimed_in_the_order_of_the_rules(
    tmp_path_factory: pytest.TempPathFactory, priorities: list[str]
) -> None:
    path = tmp_path_factory.mktemp("order") / "journal.sqlite3"
    journal = Journal(path, queue_limit=100, history_limit=100)
    waiting = []
    for arrival, priority in enumerate(priorities):
        entry = job(f"j{arrival}", priority=priority)
        journal.put(entry, "")
        waiting.append(Waiting(job_id=entry.id, priority=entry.priority, arrival=arrival))
    while (expected := first(waiting)) is not None:
        claimed = journal.claim()
        assert claimed is not None
        assert (claimed.job.id, claimed.standing.state) == (expected.job_id, State.PLANNING)
        waiting.remove(expected)
    assert journal.claim() is None
    journal.close()


def test_a_retried_job_keeps_its_place(journal: Journal) -> None:
    for job_id in ("a", "b"):
        journal.put(job(job_id), "")
    assert journal.claim().job.id == "a"  # type: ignore[union-attr]  # two were put
    journal.apply("a", Event.WORKER_DIED, error=WorkerDied("gone"))
    assert journal.claim().job.id == "a"  # type: ignore[union-attr]


def test_the_same_job_sent_again_is_the_same_job(journal: Journal) -> None:
    journal.put(job(), "udp 1")
    journal.claim()
    again = journal.put(job().model_copy(update={"created": "later"}), "udp 2")
    assert (again.standing.state, again.reply_to, again.job.created) == (
        State.PLANNING,
        "udp 2",
        "2026-01-01T00:00:00Z",
    )
    assert journal.put(job(), "").reply_to == "udp 2"
    assert len(journal.latest(10)) == 1


@pytest.mark.parametrize(
    "other", [job(prompt="snow"), job().model_copy(update={"session": Session(sample_rate=96_000)})]
)
def test_another_request_under_the_same_id_is_refused(journal: Journal, other: Job) -> None:
    kept = journal.put(job(), "udp 1")
    with pytest.raises(JobConflict) as caught:
        journal.put(other, "udp 2")
    assert caught.value.field == "job_id"
    assert journal.get("a") == kept


def test_a_full_queue_says_how_full_and_takes_known_jobs(open_journal: Open) -> None:
    journal = open_journal(queue_limit=2)
    for job_id in ("a", "b"):
        journal.put(job(job_id), "")
    with pytest.raises(QueueFull, match=r"2 jobs wait and at most 2 may"):
        journal.put(job("c"), "")
    journal.put(job("a"), "")
    journal.claim()
    journal.put(job("c"), "")
    with pytest.raises(UnknownJob):
        journal.get("d")


def test_stems_are_news_once_and_in_order(journal: Journal, tmp_path: Path) -> None:
    journal.put(job(), "")
    journal.claim()
    stems = [write_stem(tmp_path, "a", index) for index in (10, 2)]
    changes = [journal.add_stem("a", stem, sequence=10) for stem in (*stems, *stems)]
    assert [c and c.sequence for c in changes] == [11, 12, None, None]
    assert [s.index for s in journal.get("a").stems] == [2, 10]
    assert journal.get("a").standing.state is State.RENDERING
    changed = stems[0].model_copy(update={"path": "elsewhere"})
    assert journal.add_stem("a", changed) is not None
    assert [s.path for s in journal.get("a").stems] == [stems[1].path, "elsewhere"]


def test_the_result_decides_which_stems_a_done_job_has(journal: Journal, tmp_path: Path) -> None:
    journal.put(job(), "")
    journal.claim()
    journal.add_stem("a", write_stem(tmp_path, "a", 3))
    end = result("a", tmp_path, 2)
    mix = write_stem(tmp_path, "a", 9).model_copy(update={"kind": "mix", "event": ""})
    end = end.model_copy(update={"mix": mix})
    journal.finish("a", end)
    view = journal.get("a").view
    assert (view.state, view.fraction, view.result, view.stems) == (State.DONE, 1.0, end, (*end.stems, mix))


def test_an_error_is_stored_with_the_end_only(journal: Journal) -> None:
    journal.put(job(), "")
    for attempt in (1, 2):
        assert journal.get("a").error is None
        journal.claim()
        change = journal.apply("a", Event.WORKER_DIED, error=WorkerDied(f"death {attempt}", field="x"))
    assert change.standing.state is State.FAILED
    error = journal.get("a").view.error
    assert error is not None
    assert (error.code, error.sentence, error.field) == ("worker_died", "death 2", "x")
    assert isinstance(error.error(), WorkerDied)


def test_an_ended_job_stays_ended_by_the_rules_and_by_the_file(journal: Journal, path: Path, tmp_path: Path) -> None:
    journal.put(job(), "")
    journal.claim()
    journal.finish("a", result("a", tmp_path, 1))
    before = journal.get("a")
    for event in (Event.FAILED, Event.ENGINE_RESTARTED, Event.STEM):
        with pytest.raises(IllegalTransition):
            journal.apply("a", event)
    assert journal.request_cancel("a") == (before, False)
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="a job that ended was changed"):
        other.execute("update jobs set state = 'queued'")
    other.close()
    assert journal.get("a") == before


def test_cancelling_ends_what_waits_and_marks_what_runs(journal: Journal) -> None:
    for job_id in ("a", "b"):
        journal.put(job(job_id), "")
    journal.claim()
    running, ended = journal.request_cancel("a")
    assert (running.standing.state, ended) == (State.PLANNING, False)
    waiting, ended = journal.request_cancel("b")
    assert (waiting.standing.state, ended) == (State.CANCELLED, True)
    assert journal.request_cancel("b")[1] is False
    assert journal.apply("a", Event.WORKER_DIED).standing.state is State.CANCELLED


def test_a_new_engine_takes_up_what_the_dead_one_left(open_journal: Open) -> None:
    dead = open_journal()
    for job_id in ("a", "b", "c", "d"):
        dead.put(job(job_id), "")
    for _ in range(3):
        dead.claim()
    dead.apply("b", Event.PLANNED)
    dead.request_cancel("c")
    dead.close()
    journal = open_journal()
    taken = {record.job.id: record for record in journal.take_up()}
    assert {job_id: r.standing.state for job_id, r in taken.items()} == {
        "a": State.QUEUED,
        "b": State.QUEUED,
        "c": State.CANCELLED,
    }
    assert taken["b"].standing.engine_restarts == 1
    assert taken["b"].sequence > SEQUENCE_GAP
    assert journal.take_up() == ()
    assert [journal.claim().job.id for _ in range(3)] == ["a", "b", "d"]  # type: ignore[union-attr]


def test_history_is_trimmed_oldest_end_first_and_waiting_jobs_are_kept(
    open_journal: Open, path: Path, tmp_path: Path
) -> None:
    journal = open_journal(history_limit=2)
    for job_id in ("a", "b", "c", "d"):
        journal.put(job(job_id), "")
        if job_id != "d":
            journal.claim()
    for job_id in ("b", "c", "a"):
        journal.finish(job_id, result(job_id, tmp_path, 1))
    assert [record.job.id for record in journal.latest(10)] == ["d", "c", "a"]
    with pytest.raises(UnknownJob) as caught:
        journal.get("b")
    assert caught.value.field == "job_id"
    db = sqlite3.connect(path)
    assert db.execute("select job_id from stems order by job_id").fetchall() == [("a",), ("c",)]
    db.close()


def test_sessions_are_kept_told_again_and_bounded(open_journal: Open) -> None:
    journal = open_journal(history_limit=2)
    told = Session(sample_rate=96_000, project="Film")
    journal.put_session("s1", Session())
    journal.put_session("s2", Session())
    journal.put_session("s1", told)
    journal.put_session("s3", Session())
    assert journal.get_session("s1") == told
    with pytest.raises(BadArgument) as caught:
        journal.get_session("s2")
    assert caught.value.field == "session"


def test_a_file_of_a_newer_version_is_refused_untouched(journal: Journal, path: Path) -> None:
    journal.put(job(), "")
    journal.close()
    db = sqlite3.connect(path)
    db.execute(f"pragma user_version = {VERSION + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ResourceError, match="newer Cuewright"):
        Database(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("damage", ["garbage", "overwritten", "foreign"])
def test_a_damaged_file_is_kept_and_a_new_one_begun(
    open_journal: Open, path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal = open_journal()
    for n in range(80):
        journal.put(job(f"j{n}"), "")
    journal.close()
    if damage == "garbage":
        path.write_bytes(b"this was a journal once\n" * 100)
    elif damage == "overwritten":
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xa5" * 20_000)
    else:
        path.unlink()
        db = sqlite3.connect(path)
        db.execute("create table recipes (name)")
        db.close()
    damaged = path.read_bytes()
    fresh = open_journal()
    kept = path.with_name(path.name + ".damaged-1")
    assert kept.read_bytes() == damaged
    assert len(fresh.warnings) == 1
    assert str(kept) in fresh.warnings[0]
    assert fresh.warnings[0] in caplog.text
    assert fresh.latest(10) == ()
    fresh.put(job(), "")
    fresh.close()
    path.write_bytes(b"again" * 1000)
    open_journal()
    assert path.with_name(path.name + ".damaged-2").exists()


def test_a_healthy_file_warns_of_nothing(open_journal: Open) -> None:
    open_journal().close()
    assert open_journal().warnings == ()


def test_a_full_disk_refuses_the_job_and_keeps_the_rest(journal: Journal) -> None:
    journal.put(job("a"), "")
    with journal._file.reading() as db:
        pages = db.execute("pragma page_count").fetchone()[0]
        db.execute(f"pragma max_page_count = {pages}")
    refused: dict[str, DiskFull] = {}
    for n in range(90):
        try:
            journal.put(job(f"j{n}", prompt="rain " * 900), "")
        except DiskFull as error:
            refused[f"j{n}"] = error
    last = "j89"
    assert refused[last].field == "data_folder"
    with pytest.raises(UnknownJob):
        journal.get(last)
    with journal._file.reading() as db:
        db.execute("pragma max_page_count = 1000000")
    assert journal.put(job(last), "").standing.state is State.QUEUED
    assert journal.get("a").standing.state is State.QUEUED


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritable, match="cannot be made"):
        Database(tmp_path / "file" / "journal.sqlite3")


def test_a_path_that_is_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderNotWritable, match="cannot be written"):
        Database(tmp_path)


def test_a_failure_inside_a_transaction_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "journal.sqlite3")

    def write_and_fail() -> None:
        with database.writing() as db:
            db.execute("insert into sessions (id, session) values ('s', '{}')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with database.reading() as db:
        assert db.execute("select count(*) from sessions").fetchone()[0] == 0
    with pytest.raises(InternalError, match="no such table"), database.reading() as db:
        db.execute("select * from nowhere")
    database.close()


def test_commits_are_on_disk_before_they_are_acknowledged(tmp_path: Path) -> None:
    database = Database(tmp_path / "journal.sqlite3")
    with database.reading() as db:
        assert db.execute("pragma journal_mode").fetchone()[0] == "wal"
        assert db.execute("pragma synchronous").fetchone()[0] == 2  # full
    database.close()


def test_the_benchmark_times_every_call(tmp_path: Path) -> None:
    times = benchmark_journal(tmp_path / "bench.sqlite3", jobs=5)
    assert [len(t) for t in times] == [5, 5]
    assert min(times.put_seconds + times.claim_seconds) > 0
