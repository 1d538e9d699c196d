"""Answers every GET with 200; on SIGTERM it stops."""

import http.server
import signal
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def stop(number: int, frame: object) -> None:
    print("SIGTERM seen", flush=True)  # noqa: T201
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
