"""The engine and its worker are killed at random moments of a batch: nothing is lost, doubled or half-written."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import soundfile

from engine.errors import CuewrightError
from engine.protocol import codec
from engine.protocol.client import Client
from engine.protocol.messages import TERMINAL, AcceptedReply, DoneReply, Reply
from engine.protocol.schema import parse_reply, request_message
from engine.stems.manifest import read_manifest

KILLS = 50
JOBS = 8
EVENTS_A_JOB = 5  # 40 events in all
PROMPT = "three knocks, a door slam and a glass break"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.skipif(os.name != "posix", reason="SIGKILL")]


class Ears:
    """One UDP socket that outlives engines and hears every reply."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 2**20)
        self.socket.bind(("127.0.0.1", 0))
        self.replies: list[Reply] = []

    def listen(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                packet = self.socket.recv(65_536)
            except (TimeoutError, ConnectionRefusedError):
                continue
            self.replies += [parse_reply(message) for message in codec.decode(packet)]

    @property
    def accepted(self) -> set[str]:
        return {reply.job_id for reply in self.replies if isinstance(reply, AcceptedReply)}

    @property
    def endings(self) -> Counter[str]:
        return Counter(reply.job_id for reply in self.replies if isinstance(reply, TERMINAL))


def port_to_return_to() -> int:
    """A port free for UDP and TCP that no connection is given by itself, so that it is still free after each kill.

    What systems hand out starts at 32,768 (Linux) or 49,152; thousands of closed connections of other tests may linger
    there for a minute.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        ):
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


class Lab:
    """A data folder, an output folder, and engines that come and go on one port."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.out = home / "out"
        self.port = port_to_return_to()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        own = {"CUEWRIGHT_DATA_FOLDER": str(self.home / "data"), "CUEWRIGHT_CACHE_BYTES": "0"}
        command = [
            sys.executable,
            "-m",
            "engine",
            "serve",
            "--json",
            "--port",
            str(self.port),
            "--root",
            str(self.home),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **own})
        assert self.process.stdout is not None
        assert "ready" in self.process.stdout.readline()

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def workers(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def ears() -> Iterator[Ears]:
    made = Ears()
    yield made
    made.socket.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.kill()


def submit(lab: Lab, ears: Ears, batch: int = 0) -> list[str]:
    """Send a batch as a script would: each request again until it is accepted. What is accepted must not be lost."""
    ids = {f"batch-{batch}-{number}": 100 * batch + number for number in range(JOBS)}
    deadline = time.monotonic() + 30
    while missing := ids.keys() - ears.accepted:
        assert time.monotonic() < deadline, f"never accepted: {missing}"
        for job_id in missing:
            keys = {"prompt": PROMPT, "folder": str(lab.out), "seed": ids[job_id], "priority": "batch"}
            packet = codec.encode(request_message("/cuewright/generate", job_id, **keys))
            ears.socket.sendto(packet, ("127.0.0.1", lab.port))
        ears.listen(0.1)
    return list(ids)


def states(lab: Lab) -> dict[str, str]:
    with Client("127.0.0.1", lab.port) as client:
        return {reply.job_id: reply.state for reply in client.jobs(200)}


def wait_for_the_end(lab: Lab, ears: Ears, ids: list[str]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        ears.listen(0.2)
        if set(ids) <= {job_id for job_id, state in states(lab).items() if state in ("done", "failed", "cancelled")}:
            return
    pytest.fail(f"not ended: {states(lab)}")


def check_files(lab: Lab) -> set[str]:
    """Every visible file is whole and told of by one manifest; returns the jobs that are done."""
    told: Counter[str] = Counter()
    done = set()
    for path in lab.out.glob("*.cuewright.json"):
        manifest = read_manifest(path)
        done.add(manifest.job.id)
        told.update({path.name, manifest.project})
        for stem in (*manifest.stems, manifest.mix):
            assert stem is not None
            content = (lab.out / stem.path).read_bytes()
            assert hashlib.sha256(content).hexdigest() == stem.sha256
            assert soundfile.info(lab.out / stem.path).frames == stem.length_samples
            told[stem.path] += 1
    assert set(told.values()) <= {1}
    for path in lab.out.iterdir():
        assert not path.name.endswith(".part"), "a partial file stayed"
        if path.suffix == ".wav" and path.name not in told:  # of a job that failed after some stems: still whole
            assert soundfile.info(path).frames > 0
    return done


def check_journal(lab: Lab) -> None:
    with sqlite3.connect(lab.home / "data" / "journal.sqlite3") as journal:
        assert journal.execute("pragma integrity_check").fetchone() == ("ok",)
    journal.close()


def test_killing_the_server(lab: Lab, ears: Ears) -> None:
    chance = random.Random(1)
    ids = submit(lab, ears)
    kills = batch = 0
    while kills < KILLS:
        ears.listen(chance.uniform(0.0, 0.35))
        lab.kill()
        kills += 1
        lab.start()
        if all(state in ("done", "failed") for state in states(lab).values()):
            batch += 1
            ids += submit(lab, ears, batch)
    wait_for_the_end(lab, ears, ids)
    assert set(states(lab).values()) == {"done"}, "a kill of the engine is no fault of the job"
    lab.kill()
    lab.start()
    assert check_files(lab) == set(ids)
    check_journal(lab)
    # A reply that was on its way when the engine died may be lost; none may come twice.
    assert max(ears.endings.values(), default=1) == 1


def test_killing_the_worker(lab: Lab, ears: Ears) -> None:
    chance = random.Random(2)
    ids = submit(lab, ears)
    kills = batch = 0
    while kills < KILLS:
        ears.listen(chance.uniform(0.0, 0.25))
        for worker in lab.workers()[:1]:
            worker.send_signal(signal.SIGKILL)
            kills += 1
        if all(state in ("done", "failed") for state in states(lab).values()):
            batch += 1
            ids += submit(lab, ears, batch)
    wait_for_the_end(lab, ears, ids)
    ended = states(lab)
    assert set(ended) == set(ids)
    assert set(ended.values()) <= {"done", "failed"}
    assert check_files(lab) == {job_id for job_id, state in ended.items() if state == "done"}
    check_journal(lab)
    ears.listen(0.5)
    assert max(ears.endings.values()) == 1, "a job ended twice"
    assert set(ears.endings) == set(ids), "a job ended without a word"


def test_a_killed_job_gives_the_bytes_of_an_undisturbed_one(lab: Lab, ears: Ears) -> None:
    """The stems of a job that was interrupted are those of its plan, no others."""
    ids = submit(lab, ears)
    lab.kill()
    lab.start()
    wait_for_the_end(lab, ears, ids)
    manifest = read_manifest(lab.out / f"{ids[0]}.cuewright.json")
    other = lab.home / "again"
    with Client("127.0.0.1", lab.port) as client:
        replies = list(client.generate("calm-0", prompt=PROMPT, folder=str(other), seed=0))
    assert isinstance(replies[-1], DoneReply)
    calm = read_manifest(Path(replies[-1].manifest))
    sounds = [
        [soundfile.read(folder / stem.path)[0].tobytes() for stem in m.stems]
        for folder, m in ((lab.out, manifest), (other, calm))
    ]
    assert sounds[0] == sounds[1]


def test_a_request_survives_the_engine_being_away(lab: Lab) -> None:
    """A client that resends while the engine restarts gets its job."""
    lab.kill()
    lab.start()
    with Client("127.0.0.1", lab.port, timeout_seconds=20) as client:
        replies = list(client.generate("late-1", prompt="a bell", folder=str(lab.out)))
    assert isinstance(replies[-1], DoneReply)
    assert json.loads(Path(replies[-1].manifest).read_text())["job"]["id"] == "late-1"
    with pytest.raises(CuewrightError), Client("127.0.0.1", 1, timeout_seconds=0.5) as nobody:
        nobody.ping()
