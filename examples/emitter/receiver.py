#!/usr/bin/env python3
"""The other side of the example's HTTP target: answers 200 and shows every event that it gets.

Usage: receiver.py [CONFIG]     listens where the first http: target of CONFIG (default: millrace.yaml beside it) points to

Receiver is also what the demo and the tests use: `with Receiver() as receiver: … receiver.wait_for(1)`.
"""
import contextlib
import http.server
import json
import re
import signal
import socket
import sys
import threading
import time
from pathlib import Path

URL = re.compile(r"http://127\.0\.0\.1:(\d+)")


class Received:
    """One request: when, its path, its headers (names in lower case), its body."""

    def __init__(self, path, headers, body):
        self.time = time.time()
        self.path = path
        self.headers = headers
        self.body = body

    @property
    def event(self):
        return json.loads(self.body)


class Receiver:
    """An HTTP endpoint that remembers what it got.

    Threads: one of its own per connection; all methods may be called from any thread.
    """

    def __init__(self, port=0, on_receive=None):
        self.received = []
        self.status = 200  # what it answers
        self.answer = None  # or a function that says so for each request: a status, or a status and a body
        self._changed = threading.Condition()
        self._on_receive = on_receive
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802: the base class's name
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = receiver._take(Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                status, answer = status if isinstance(status, tuple) else (status, "")
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer.encode())))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def process_request(self, request, client_address):
                self.connections.add(request)
                super().process_request(request, client_address)

            def shutdown_request(self, request):
                self.connections.discard(request)
                super().shutdown_request(request)

            def handle_error(self, request, client_address):
                pass  # a connection that was cut

        self._server = Server(("127.0.0.1", port), Handler)
        self._server.connections = set()  # kept alive by the other side: to be cut when this one closes
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def _take(self, received):
        with self._changed:
            answer = self.answer(received) if self.answer else self.status
            status = answer[0] if isinstance(answer, tuple) else answer
            if 200 <= status < 300:
                self.received.append(received)
            self._changed.notify_all()
        if self._on_receive and 200 <= status < 300:
            self._on_receive(received)
        return answer

    def wait_for(self, count, seconds=60):
        """The first `count` events, or all there are when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.received) >= count, seconds)
            return [received.event for received in self.received[:count]]

    def wait_until(self, holds, seconds=60):
        """Until `holds(events)`; false if it does not within that time."""
        with self._changed:
            return self._changed.wait_for(lambda: holds([received.event for received in self.received]), seconds)

    def events(self):
        with self._changed:
            return [received.event for received in self.received]

    def different(self):
        """Each event once, in the order of their first arrival: what comes again comes with the same id."""
        different = {}
        for event in self.events():
            different.setdefault(event["id"], event)
        return list(different.values())

    def close(self):
        """Stops listening and cuts every connection: from the other side it looks as if the machine was gone."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def port_in(config):
    """The port of the first http: target."""
    found = URL.search(config)
    if not found:
        raise SystemExit("receiver: the configuration has no target at http://127.0.0.1:PORT")
    return int(found.group(1))


def with_port(config, port):
    """The configuration with its http: target moved to another port of this machine."""
    return URL.sub(f"http://127.0.0.1:{port}", config)


def show(received):
    event = received.event
    fields = ", ".join(event.get("detail", {}).get("UpdatedFields", []))
    print(f"receiver <- {received.path}  {event.get('detail-type')} of {event.get('source')}  UpdatedFields: {fields}\n{received.body.decode()}", flush=True)


def main():
    config = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("millrace.yaml")
    port = port_in(config.read_text(encoding="utf-8"))
    try:
        receiver = Receiver(port, show)
    except OSError as error:
        raise SystemExit(f"receiver: cannot listen on port {port}: {error.strerror}") from None
    print(f"receiver: listening on http://127.0.0.1:{port}", flush=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    receiver.close()


if __name__ == "__main__":
    main()
