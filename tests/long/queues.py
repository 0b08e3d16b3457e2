#!/usr/bin/env python3
"""A standard and a FIFO queue through the real API, under kill -9: nothing lost, nothing given to two at once, groups in
order. Receivers delete, give back, or keep what they get until its time is over.

Usage: queues.py [--seed N] [--count N] [--kill-every SECONDS]     MILLRACE_BIN names the binary
Prints the seed and one line for each queue; exit status 1 if there was a fault.
"""
import argparse
import http.client
import json
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "binary"), str(ROOT / "tests" / "delivery")]

from process import Server  # noqa: E402
from queue_checker import QueueChecker  # noqa: E402
from wire import HEADERS  # noqa: E402

GROUPS = 64
SENDERS = 8  # divides GROUPS
RECEIVERS = 8
VISIBILITY = 3
PATIENCE = 120  # seconds without any progress


class Client:
    """Calls SQS on one connection; None if the answer was lost."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def call(self, operation, body):
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.connection.request("POST", "/", json.dumps(body), {**HEADERS, "X-Amz-Target": f"AmazonSQS.{operation}"})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return None
        if answer.status >= 500:  # stopping
            return None
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {text[:500]!r}")
        return json.loads(text)

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Run:
    def __init__(self, server, fifo, count, seed):
        self.server, self.fifo, self.seed = server, fifo, seed
        self.each = max(1, count // GROUPS)
        self.groups = [f"g{i}" for i in range(GROUPS)]
        self.checker = QueueChecker(self.groups, self.each, fifo)
        self.url = f"http://x/000000000000/{'q.fifo' if fifo else 'q'}"
        self.failure = None
        self.kills = 0

    def send(self, index):
        client = Client(self.server.port)
        mine = self.groups[index::SENDERS]
        for number in range(1, self.each + 1):
            left = {str(i): f"{group}/{number}" for i, group in enumerate(mine)}
            while left and self.failure is None:
                entries = [{"Id": i, "MessageBody": body, **({"MessageGroupId": body.partition("/")[0], "MessageDeduplicationId": body} if self.fifo else {})}
                           for i, body in list(left.items())[:10]]
                answer = client.call("SendMessageBatch", {"QueueUrl": self.url, "Entries": entries})
                if answer is None:
                    time.sleep(0.02)
                for entry in (answer or {}).get("Successful", []):
                    del left[entry["Id"]]
        client.close()

    def receive(self, index):
        dice = random.Random(self.seed * 1000 + index)
        client = Client(self.server.port)
        progress = time.monotonic()
        while not self.checker.done() and self.failure is None:
            asked = time.monotonic()
            answer = client.call("ReceiveMessage", {"QueueUrl": self.url, "MaxNumberOfMessages": dice.randint(1, 10), "VisibilityTimeout": VISIBILITY, "WaitTimeSeconds": 1})
            answered = time.monotonic()
            messages = (answer or {}).get("Messages", [])
            if messages:
                progress = answered
            elif answered - progress > PATIENCE:
                return
            elif answer is None:
                time.sleep(0.02)
            self.checker.receive([(m["MessageId"], m["Body"]) for m in messages], asked, answered, VISIBILITY)
            # In a FIFO queue what comes behind a message that is not deleted is not either: that would be our disorder.
            fates = [dice.choices(("delete", "return", "keep"), (96, 3, 1))[0] for _ in messages]
            for i, fate in enumerate(fates):
                if self.fifo and i and fates[i - 1] != "delete":
                    fates[i] = "return"
            self.settle(client, [m for m, fate in zip(messages, fates) if fate == "delete"])
            returned = [m for m, fate in zip(messages, fates) if fate == "return"]
            for m in returned:
                self.checker.give_back(m["MessageId"])
            if returned:
                client.call("ChangeMessageVisibilityBatch", {"QueueUrl": self.url, "Entries": [
                    {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 0} for i, m in enumerate(returned)]})
        client.close()

    def settle(self, client, messages):
        if not messages:
            return
        for m in messages:
            self.checker.delete_asked(m["MessageId"], m["Body"])
        answer = client.call("DeleteMessageBatch", {"QueueUrl": self.url, "Entries": [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]})
        answered = time.monotonic()
        for entry in (answer or {}).get("Successful", []):
            m = messages[int(entry["Id"])]
            self.checker.delete_answered(m["MessageId"], answered)

    def guarded(self, work, index):
        try:
            work(index)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def run(self, kill_every):
        client = Client(self.server.port)
        attributes = {"FifoQueue": "true"} if self.fifo else {}
        client.call("CreateQueue", {"QueueName": self.url.rsplit("/", 1)[1], "Attributes": attributes})
        threads = [threading.Thread(target=self.guarded, args=(self.send, i)) for i in range(SENDERS)]
        threads += [threading.Thread(target=self.guarded, args=(self.receive, i)) for i in range(RECEIVERS)]
        for thread in threads:
            thread.start()
        last = time.monotonic()
        while any(thread.is_alive() for thread in threads):
            threads[-1].join(0.05)
            if time.monotonic() - last > kill_every and not self.checker.done():
                self.server.kill()
                self.server.start()
                self.kills += 1
                last = time.monotonic()
        if self.failure is not None:
            raise self.failure
        return self.checker.finish()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--count", type=int, default=1_000_000, help="messages, over both queues")
    parser.add_argument("--kill-every", type=float, default=2.0)
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    bad = False
    with tempfile.TemporaryDirectory(prefix="millrace-queues-") as directory:
        server = Server(directory).start()
        server.wanted_port = server.port
        try:
            for fifo in (False, True):
                began = time.monotonic()
                run = Run(server, fifo, given.count // 2, given.seed)
                faults = run.run(given.kill_every)
                bad |= bool(faults) or run.checker.received == 0
                print(f"{'FIFO' if fifo else 'standard'}: {run.each * GROUPS} messages, received {run.checker.received} times, {run.kills} kills, {time.monotonic() - began:.0f} s, "
                      f"{len(faults)} faults {faults[:5] if faults else ''}", flush=True)
            bad |= server.sanitizer_report() is not None
        finally:
            server.kill()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
