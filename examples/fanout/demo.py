#!/usr/bin/env python3
"""./dev demo fanout: the example's whole story with the example's own writer, on a temporary directory.

Todos are written, each twice, and two writers race for one version: the table has each write once. Both consumers get
every change once, in the order of its todo, while a third, which always fails, delays neither; what it gave up waits in a
queue, with the whole record.
Exits with status 1 when anything differs from that.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tests" / "binary"), str(HERE.parent)]

from process import Server  # noqa: E402
from story import expect, failures, say  # noqa: E402

WAIT_SECONDS = 120
TABLE = "TodoTable-20200118"


def wait_until(found, done):
    deadline = time.monotonic() + WAIT_SECONDS
    value = found()
    while not done(value) and time.monotonic() < deadline:
        time.sleep(0.05)
        value = found()
    return value


def handled(log):
    """(todo, version) as handleTodos told of them, in order."""
    return [(todo, int(version)) for todo, version in re.findall(r"function/todo +\| .*todo (\S+) version (\d+)", log)]


def logged(log):
    """Sequence numbers that logInput was given, in order."""
    return re.findall(r'"SequenceNumber":"(\d+)"', "\n".join(line for line in log.splitlines() if "function/logInput" in line))


def main():
    with tempfile.TemporaryDirectory(prefix="millrace-demo-") as directory:
        shutil.copytree(HERE, directory, dirs_exist_ok=True)
        os.symlink(Path(os.environ["MILLRACE_NODE_MODULES"]) / "node_modules", Path(directory) / "node_modules")
        server = Server(directory, config=Path(directory) / "millrace.yaml").start()
        try:
            say(f"1. millrace dev -c examples/fanout/millrace.yaml   at {server.endpoint}")
            say("2. node src/load.js: each write twice, then two writers of one version")
            environment = {**os.environ, "AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": "us-east-1",
                           "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
            began = time.monotonic()
            loaded = subprocess.run(["node", "src/load.js"], cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=120)
            print("".join(f"  {line}\n" for line in (loaded.stdout + loaded.stderr).splitlines()), end="", flush=True)
            told = [json.loads(line) for line in loaded.stdout.splitlines()]
            expect("a write that is repeated is written once", [(one["first"], one["again"]) for one in told[:-1]], [("written", "repeated")] * 3)
            expect("of two writers one gets a conflict", told[-1]["writers"], ["conflict", "written"])

            say("3. two functions get every change once: a batch is full with 3 records, or after 10 s")
            wanted = [("todo-1", 1), ("todo-1", 2), ("todo-2", 1), ("todo-3", 1)]
            found = wait_until(lambda: handled(server.log()), lambda found: len(found) >= len(wanted))
            print(f"  handleTodos: {found}   after {time.monotonic() - began:.1f} s", flush=True)
            expect("handleTodos had each version once", sorted(found), wanted)
            expect("and those of one todo in order", [version for todo, version in found if todo == "todo-1"], [1, 2])
            numbers = wait_until(lambda: logged(server.log()), lambda numbers: len(numbers) >= len(wanted))
            expect("logInput had as many records", len(numbers), len(wanted))
            expect("each once", len(set(numbers)), len(wanted))

            say("4. the third always fails: after 3 retries what it gave up is in the queue todo-failed")
            sqs = server.client("sqs")
            url = sqs.get_queue_url(QueueName="todo-failed")["QueueUrl"]
            letters = []

            def receive():
                for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                    letters.append(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return letters

            wait_until(receive, lambda letters: len(letters) >= len(wanted))
            for letter in letters:
                keys = letter["payload"]["Records"][0]["dynamodb"]["Keys"]
                print(f"  {letter['requestContext']['condition']} after {letter['requestContext']['approximateInvokeCount']} calls: {keys}", flush=True)
            expect("every record is there", sorted(letter["payload"]["Records"][0]["dynamodb"]["SequenceNumber"] for letter in letters), sorted(numbers))
            expect("with AWS's reason", {letter["requestContext"]["condition"] for letter in letters}, {"RetryAttemptsExhausted"})
        finally:
            server.stop()
    print(f"\n{'all as promised' if not failures else f'{len(failures)} things differ: ' + '; '.join(failures)}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
