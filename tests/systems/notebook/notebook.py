"""Keeps notes in one file: acknowledged when they are on the disk, and kept once when they come twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FILE = Path(sys.argv[1])
PORT = 7000
writing = threading.Lock()
notes: dict[str, str] = {}


def read_notes() -> None:
    """Everything that was acknowledged; a last line that a crash cut short was not, and is cut off."""
    whole = 0
    for line in FILE.read_bytes().splitlines(keepends=True) if FILE.exists() else ():
        if not line.endswith(b"\n"):
            break
        note = json.loads(line)
        notes[note["id"]] = note["text"]
        whole += len(line)
    if FILE.exists():
        os.truncate(FILE, whole)


class Handler(BaseHTTPRequestHandler):
    """GET /notes/ID, POST /notes with an `Idempotency-Key`, GET /ready and /alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """A note, or how the server is."""
        _, _, note = self.path.partition("/notes/")
        if self.path in ("/ready", "/alive"):
            self.answer(200, {"notes": len(notes)})
        elif note in notes:
            self.answer(200, {"id": note, "text": notes[note]})
        else:
            self.answer(404, {"why": "no such note"})

    def do_POST(self) -> None:
        """Write a note down."""
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        key = sha256(self.headers["Idempotency-Key"].encode()).hexdigest()[:24]
        with writing:
            if key not in notes:
                with FILE.open("ab") as file:
                    file.write(json.dumps({"id": key, "text": text}).encode() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                notes[key] = text
        self.answer(201, {"id": key})

    def answer(self, status: int, content: object) -> None:
        """Send it, with this pod's name."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Via-Pod", socket.gethostname())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Not a line for each request."""


class Server(ThreadingHTTPServer):
    """Many clients may connect at once."""

    request_queue_size = 128
    daemon_threads = True


read_notes()
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # everything that was acknowledged is on the disk
Server(("", PORT), Handler).serve_forever()
