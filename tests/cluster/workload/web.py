"""Answers every GET with 200 and its pod's name; on SIGTERM it stops. What asks for /logged is logged."""

import http.server
import os
import signal
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/logged":
            line = f"GET {self.path} {self.headers.get('X-Request-Id')}\n"
            sys.stdout.write(line)  # at once: `print` writes in pieces, and threads would mix them
            sys.stdout.flush()
        self.send_response(200)
        self.send_header("X-Pod", os.environ["HOSTNAME"])
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def stop(number: int, frame: object) -> None:
    print("SIGTERM seen", flush=True)  # noqa: T201
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
