#!/usr/bin/env python3
"""./dev bench queues: what a queue costs at a constant backlog, and how fast its events get into a table.

  backlog     clients that each receive a batch, delete it and send as many anew, durable: one line per backlog
  ingestion   examples/eventstore's pipe, from a filled queue through the schema into the table, by the release binary

--only NAME runs one of them; --seconds sets how long each line of the first takes (default 5), --events how many are
ingested (default 200,000). No time is a test.
"""
import argparse
import http.client
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "binary"), str(ROOT / "tools" / "bench")]

from engine import TOOLS, run_json  # noqa: E402
from process import Server  # noqa: E402

BACKLOGS = (10, 100_000, 1_000_000)
CLIENTS = (1, 16, 64)
EXAMPLE = ROOT / "examples" / "eventstore"
SENDERS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def measure(seconds, **settings):
    return run_json(TOOLS / "queues_bench", "--seconds", int(seconds), *(word for name, value in settings.items() for word in (f"--{name}", value)))


def run_backlog(arguments):
    print(f"{'kind':>8} {'backlog':>9} {'clients':>7} {'messages/s':>11} {'receive p50':>12} {'p99':>9} {'send p50':>10} {'p99':>9}")
    for fifo in (0, 1):
        for clients in CLIENTS:
            for backlog in BACKLOGS:
                # So many that each client finds a batch.
                of = measure(arguments.seconds, clients=clients, backlog=max(backlog, 10 * clients), fifo=fifo)
                print(f"{'fifo' if fifo else 'standard':>8} {of['backlog']:>9} {clients:>7} {of['messages_per_second']:>11} {of['receive_p50_us']:>9} us {of['receive_p99_us']:>6} us "
                      f"{of['send_p50_us']:>7} us {of['send_p99_us']:>6} us", flush=True)


def call(connection, operation, body):
    headers = {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20260101T000000Z",
               "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=b"}
    connection.request("POST", "/", json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise SystemExit(f"bench: {operation} answers {answer.status}: {text.decode()}")
    return json.loads(text)


def event(number, same_second):
    """One of an entity's events; `same_second` of them have the same time."""
    entity, second = number // same_second % 10_000, 1_700_000_000 + number // same_second
    return json.dumps({"Timestamp": second, "EventType": "EVENT_TEST", "ID": f"53877b2e-e496-11ea-b678-{entity:012}", "EmitterId": "6b04fd08-e496-11ea-8176-9f85e075569c",
                       "EmitterType": "USER", "Data": {"number": number, "foo": "bar", "text": "x" * 60}})


def fill(server, url, events, same_second):
    def send(first):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for begin in range(first * 10, events, SENDERS * 10):
            call(connection, "SendMessageBatch", {"QueueUrl": url, "Entries": [{"Id": str(i), "MessageBody": event(begin + i, same_second)} for i in range(10)]})

    senders = [threading.Thread(target=send, args=(first,)) for first in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def left(connection, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(int(count) for count in call(connection, "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": names})["Attributes"].values())


def cpu_seconds(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def ingest(directory, events, same_second):
    text = (EXAMPLE / "millrace.yaml").read_text(encoding="utf-8")
    for schema in EXAMPLE.glob("*.json"):
        (directory / schema.name).write_bytes(schema.read_bytes())
    config = directory / "millrace.yaml"
    config.write_text(text.replace("    from: queue/event-store-queue", "    from: queue/event-store-queue\n    state: stopped"), encoding="utf-8")
    server = Server(directory, config=config, arguments=["--quiet"]).start()
    url = f"{server.endpoint}/000000000000/event-store-queue"
    fill(server, url, events, same_second)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    filled = left(connection, url)
    server.stop()
    config.write_text(text, encoding="utf-8")
    server.start()
    url = f"{server.endpoint}/000000000000/event-store-queue"
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    first, began, used = left(connection, url), time.monotonic(), cpu_seconds(server)
    while left(connection, url) > 0:
        time.sleep(0.02)
    took, used = time.monotonic() - began, cpu_seconds(server) - used
    stored = server.client().scan(TableName="event-store", Select="COUNT", Limit=1000)["Count"]
    rejected = left(connection, f"{server.endpoint}/000000000000/rejected-queue")
    if filled != events or rejected or not stored:
        raise SystemExit(f"bench: of {events} events {filled} were sent and {rejected} rejected; the log is {server.log_path}")
    server.stop()
    rate = first / took
    print(f"  {same_second} of an entity in a second: {first:,} events in {took:.2f} s, {1e6 * used / first:.1f} us of processor each: {rate:,.0f}/s; "
          f"at least 20,000/s: {'holds' if rate >= 20_000 else 'MISSED'}", flush=True)


def run_ingestion(arguments):
    for same_second in (1, 10):
        with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory:
            ingest(Path(directory), arguments.events, same_second)


PARTS = {"backlog": run_backlog, "ingestion": run_ingestion}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--events", type=int, default=200_000)
    arguments = parser.parse_args()
    for name, part in PARTS.items():
        if arguments.only in (None, name):
            print(name, flush=True)
            part(arguments)


if __name__ == "__main__":
    main()
