"""Runs the examples of docs/reference/operations.md on a real server, in the page's order, and compares what they print; and the page's list of metrics
with those that are there. UPDATE_GOLDEN=1 writes both into the page."""
import os
import re
import shlex
import shutil
import subprocess
import time

import pytest

import wire
from conftest import ROOT
from process import binary
from receiver import Receiver, port_in, with_port

PAGE = ROOT / "docs" / "reference" / "operations.md"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
# What differs from run to run.
VARYING = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z?"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b"), "ID"),
    (re.compile(r"shardId-\d{20}-[0-9a-f]{8}"), "SHARD"),
    (re.compile(r"\b1\d{20}\b"), "SEQUENCE"),
    (re.compile(r"\d{10}(?=[,}])"), "SECONDS"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r" +"), " "),
]


def same(text):
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text.strip()


class Picky(Receiver):
    """Answers 400 to what is about the order o-2, until it is mended."""

    mended = False

    def _take(self, received):
        return super()._take(received) if self.mended or received.event["detail"]["Values"]["id"] != "o-2" else 400


def settle(server):
    """Until nothing moves: everything is delivered, parked behind a dead letter, or stands still because it is paused."""
    deadline = time.monotonic() + 60
    while True:
        flows = wire.send(server.port, "GET", "/_millrace/status").json["flows"]
        if all((flow["lag"]["records"] == 0 or flow["state"] == "paused") and flow["in_flight"] == 0 and flow["parked_keys"] == flow["held_keys"] for flow in flows):
            return
        assert time.monotonic() < deadline, flows
        time.sleep(0.01)


def config_in(page):
    return re.search(r"```yaml\n(.*?)```", page, re.DOTALL).group(1)


@pytest.fixture
def page_server(new_server, tmp_path):
    config = config_in(PAGE.read_text(encoding="utf-8"))
    with Picky() as receiver:
        path = tmp_path / "millrace.yaml"
        path.write_text(with_port(config, receiver.port), encoding="utf-8")
        yield receiver, new_server(config=path).start()


def run(command, server):
    words = shlex.split(command)
    program = {"millrace": binary(), "aws": shutil.which("aws")}[words[0]]
    done = subprocess.run([program, *words[1:]], env=server.environment(), cwd=server.directory, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
    assert done.returncode in (0, 1) and done.stderr == "", f"{command}: {done.returncode}\n{done.stderr}"
    return done.stdout


def test_the_examples_print_what_the_page_says(page_server):
    receiver, server = page_server
    page = PAGE.read_text(encoding="utf-8")
    written = page
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        lines = []
        for part in re.split(r"(?m)^(?=[$#] )", block)[1:]:
            command, _, expected = part.partition("\n")
            lines.append(command)
            if command == "# the endpoint is mended":
                receiver.mended = True
                continue
            settle(server)
            actual = run(command[2:], server)
            assert UPDATE or same(actual) == same(expected), f"{command}\n{actual}"
            lines += actual.replace(f":{receiver.port} ", f":{port_in(config_in(page))} ").splitlines()
        written = written.replace(block, "\n".join(lines) + "\n", 1)
    if UPDATE:
        PAGE.write_text(written, encoding="utf-8")
    assert [event["detail"]["Values"]["id"] for event in receiver.events()] == ["o-1", "o-2", "o-2"], "what was left out by the seek did not come"


def test_the_page_lists_every_metric(page_server):
    _, server = page_server
    # What there is of functions is said of each.
    server.client("lambda").create_function(
        FunctionName="any", Runtime="nodejs20.x", Role="arn:aws:iam::000000000000:role/any", Handler="index.handler",
        Code={"S3Bucket": "hot-reload", "S3Key": server.directory})
    server.client("sqs").create_queue(QueueName="any")
    text = wire.send(server.port, "GET", "/metrics").body.decode()
    rows, name, row_help = {}, None, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, row_help = line.split(" ", 3)
        elif line.startswith("# TYPE "):
            rows[name] = [line.split(" ")[3], set(), row_help]
        else:
            rows[name][1] |= set(re.findall(r'([a-z_]+)="', line)) - {"le"}
    table = "".join(f"| `{name}` | {kind} | {', '.join(sorted(labels))} | {row_help} |\n" for name, (kind, labels, row_help) in sorted(rows.items()))
    page = PAGE.read_text(encoding="utf-8")
    heading = "| name | type | labels | what it says |\n|---|---|---|---|\n"
    before, after = page.split(heading)
    listed, rest = after.split("\n\n", 1) if not after.startswith("\n") else ("", after[1:])
    if UPDATE:
        PAGE.write_text(before + heading + table + "\n" + rest, encoding="utf-8")
    else:
        assert listed + "\n" == table
