"""Proves what happens when the world around the process misbehaves: an endpoint that takes a request and says nothing, a file
that a crash left half a line in, a process that is killed while it starts for the first time, few descriptors."""
import contextlib
import json
import random
import resource
import socket
import subprocess
import threading
import time

import pytest

from receiver import Receiver
from tables import create_table, item, n

CONFIG = """\
version: 1
tables: {{ users: {{key: pk, stream: new-and-old}} }}
pipes: {{ changes: {{from: table/users, to: target/there}} }}
targets: {{ there: {target} }}
"""


def configured(directory, target):
    config = directory / "millrace.yaml"
    config.write_text(CONFIG.format(target=target), encoding="utf-8")
    return config


class SilentEndpoint:
    """Takes connections and requests and answers none of them.

    Threads: one to accept and one per connection; all methods may be called from any thread.
    """

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._requests = []  # (time, idempotency key)
        self._connections = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):  # of the listener that was closed
            while True:
                connection, _ = self._listener.accept()
                with self._changed:
                    self._connections.append(connection)
                threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection):
        received = b""
        with contextlib.suppress(OSError):
            while b"\r\n\r\n" not in received and (more := connection.recv(65536)):
                received += more
        for line in received.decode("latin-1").split("\r\n"):
            if line.lower().startswith("idempotency-key:"):
                with self._changed:
                    self._requests.append((time.monotonic(), line.split(":", 1)[1].strip()))
                    self._changed.notify_all()

    def wait_for(self, count, seconds=60):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._requests) >= count, seconds), f"{len(self._requests)} of {count} requests came"
            return list(self._requests)

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        self._thread.join()
        for connection in self._connections:
            connection.close()


@pytest.fixture
def silent():
    endpoint = SilentEndpoint()
    yield endpoint
    endpoint.close()


def test_an_endpoint_that_never_answers_times_out_and_loses_nothing(new_server, tmp_path, silent):
    """Its timeout is its own, what it did not confirm comes again under the same key, also after kill -9, and in order."""
    target = f'{{http: {{url: "http://127.0.0.1:{silent.port}/", timeout: 200ms}}}}'
    server = new_server(config=configured(tmp_path, target)).start()
    db = server.client()
    for x in range(3):
        db.put_item(TableName="users", Item=item("a", x=n(x)))
    tries = silent.wait_for(3)
    assert tries[1][0] - tries[0][0] < 4.5, "the second try comes long before the 5 seconds that are the default"
    assert len({key for _, key in tries}) == 1, "only the first change is under way, and each try has its key"
    assert server.client().get_item(TableName="users", Key=item("a"))["Item"]["x"] == n(2), "the table does not wait for the endpoint"

    server.restart()
    assert silent.wait_for(len(tries) + 1)[-1][1] == tries[0][1], "a try after kill -9 has the key of those before"
    silent.close()
    with Receiver(silent.port) as receiver:
        server.client().put_item(TableName="users", Item=item("a", x=n(3)))
        events = receiver.wait_for(4)
        assert [event["dynamodb"]["NewImage"]["x"] for event in events] == [n(x) for x in range(4)]
        assert receiver.received[0].headers["idempotency-key"] == tries[0][1]


def read_lines(path):
    """The whole lines of an NDJSON file, parsed: one that is no JSON fails the test."""
    text = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


def wait_for_lines(path, holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds(lines := read_lines(path)):
        assert time.monotonic() < deadline, f"{len(lines)} lines, the last: {lines[-1:]}"
        time.sleep(0.005)
    return lines


def test_half_a_line_that_a_crash_left_is_taken_away(new_server, tmp_path):
    path = tmp_path / "changes.ndjson"
    server = new_server(config=configured(tmp_path, f'{{file: "{path}"}}')).start()
    count = 0
    for torn in (b'{"eventID":"torn', b"{", b'{"dynamodb":{"Keys":{"pk":{"S":"\xc3'):
        db = server.client()
        for _ in range(20):
            db.put_item(TableName="users", Item=item("a", x=n(count)))
            count += 1
        server.kill()  # wherever the deliveries are
        whole = path.read_bytes() if path.exists() else b""
        path.write_bytes(whole[:whole.rfind(b"\n") + 1] + torn)
        server.start()
    server.client().put_item(TableName="users", Item=item("a", x=n("1e6")))
    lines = wait_for_lines(path, lambda lines: lines and lines[-1]["dynamodb"]["NewImage"]["x"] == n(1_000_000))
    different = list({line["eventID"]: line for line in lines}.values())  # by first arrival; some may have come again
    assert [line["dynamodb"]["NewImage"]["x"] for line in different] == [n(x) for x in [*range(count), 1_000_000]]
    assert server.stop() == 0
    assert path.read_bytes().endswith(b"}\n")


def test_killed_at_any_moment_of_its_very_first_start_it_starts_the_next_time(new_server):
    began = time.monotonic()
    new_server("measured").start().kill()
    whole_start = time.monotonic() - began
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    for i in range(10):
        server = new_server(f"server-{i}").launch()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(moments.uniform(0, whole_start))
        assert server.process.returncode is None, server.log()
        server.kill()
        server.start()
        db = server.client()
        create_table(db, "kept")
        db.put_item(TableName="kept", Item=item("a"))
        server.restart()
        assert server.client().get_item(TableName="kept", Key=item("a"))["Item"] == item("a")
        server.kill()


def test_it_takes_all_the_descriptors_that_it_may_have(new_server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    server = new_server()
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server.launch()  # inherits the limit
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    server.wait_until_ready()
    assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
