"""The Hugging Face hub on loopback, in the endpoints that fetching asks: a listing with hashes, and files by range."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

REVISION = "0123456789abcdef0123456789abcdef01234567"
LARGE_BYTES = 1_000
"""From here on a file is listed with a SHA-256, as the hub does with what lies in its large-file storage."""


@dataclass
class Hub:
    """What it holds, how it behaves, and what it was asked."""

    repository: str
    files: dict[str, bytes]
    refuse: int = 0
    refuse_header: str = ""
    page: bytes | None = None
    """What it answers to everything, as networks do that want a login."""
    stall_after: int | None = None
    """Bytes of a file after which it sends nothing more until :attr:`stalled` was seen and the test goes on."""
    drop_after: int | None = None
    """Bytes of a file after which the line breaks, once."""
    knows_ranges: bool = True
    damaged: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and range of every file that was asked for."""
    stalled: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    endpoint: str = ""

    def listing(self) -> bytes:
        siblings = []
        for name, content in self.files.items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            entry: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": blob}
            if len(content) >= LARGE_BYTES:
                entry["lfs"] = {
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size": len(content),
                    "pointerSize": 130,
                }
            siblings.append(entry)
        return json.dumps(
            {"_id": "1", "id": self.repository, "modelId": self.repository, "sha": REVISION, "siblings": siblings}
        ).encode()


@contextmanager
def hub_server(repository: str, files: dict[str, bytes]) -> Iterator[Hub]:
    hub = Hub(repository, files)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            prefix = f"/{hub.repository}/resolve/{REVISION}/"
            if hub.page is not None:
                self._answer(200, hub.page, {"Content-Type": "text/html"})
            elif hub.refuse:
                self._answer(hub.refuse, b"{}", {"X-Error-Code": hub.refuse_header} if hub.refuse_header else {})
            elif path == f"/api/models/{hub.repository}":
                self._answer(200, hub.listing(), {"Content-Type": "application/json"})
            elif path.startswith(prefix) and path.removeprefix(prefix) in hub.files:
                self._file(path.removeprefix(prefix))
            else:
                self._answer(404, b"{}", {"X-Error-Code": "EntryNotFound"})

        def _file(self, name: str) -> None:
            content = hub.files[name]
            if name in hub.damaged:
                content = bytes([content[0] ^ 1]) + content[1:]
            span = self.headers.get("Range", "")
            hub.asked.append((name, span))
            span = span if hub.knows_ranges else ""
            start = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
            self.send_response(206 if span else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if span:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            if hub.drop_after is not None and len(content) > hub.drop_after:
                self.wfile.write(content[start : hub.drop_after])
                hub.drop_after, self.close_connection = None, True
                return
            stop = len(content) if hub.stall_after is None else max(start, hub.stall_after)
            self.wfile.write(content[start:stop])
            if stop < len(content):
                self.wfile.flush()
                hub.stalled.set()
                hub.done.wait(60)
                self.close_connection = True

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that was killed

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        hub.done.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
