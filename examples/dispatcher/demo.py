#!/usr/bin/env python3
"""./dev demo dispatcher: the example's whole story against a real Kafka broker, on a temporary directory.

Four writers append the events of twenty aggregates at the same time and out of order; in between the server is killed, and
later the broker. A consumer of another make reads the topic: of every aggregate, each version comes, in order.
Exits with status 1 when anything differs from that.
"""
import collections
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "binary"), str(ROOT / "tests" / "kafka"), str(HERE.parent)]

from broker import Broker  # noqa: E402
from kafka import KafkaConsumer, TopicPartition  # noqa: E402
from process import Server  # noqa: E402
from story import expect, failures, say  # noqa: E402

WAIT_SECONDS = 120
AGGREGATES, VERSIONS, WRITERS, WINDOW = 20, 60, 4, 6
SEED = 20260114


def row(aggregate, version):
    return {"id": {"S": f"order:{aggregate}"}, "version": {"N": str(version)}, "streamType": {"S": "order"}, "streamId": {"S": str(aggregate)},
            "eventId": {"S": f"{aggregate}-{version}"}, "eventType": {"S": "OrderChanged"}, "timestamp": {"N": "1767225600000"},
            "data": {"B": f"version {version} of {aggregate}".encode()}, "headers": {"M": {"causationId": {"S": f"command-{version}"}}}}


def order_of_writes(rng):
    """All events, each aggregate's out of order, but never by more than WINDOW versions: later ones come before earlier ones."""
    writes = []
    for aggregate in range(AGGREGATES):
        versions = list(range(VERSIONS))
        for begin in range(0, VERSIONS, WINDOW):
            window = versions[begin:begin + WINDOW]
            rng.shuffle(window)
            versions[begin:begin + WINDOW] = window
        writes += [(place, aggregate, version) for place, version in enumerate(versions)]
    return [(aggregate, version) for _, aggregate, version in sorted(writes)]


def write(server, writes):
    failed = []

    def run(mine):
        db = server.client()
        try:
            for aggregate, version in mine:
                db.put_item(TableName="events", Item=row(aggregate, version))
        except Exception as error:  # noqa: BLE001: said below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(writes[number::WRITERS],)) for number in range(WRITERS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failed:
        raise failed[0]


def read(broker):
    consumer = KafkaConsumer(bootstrap_servers=broker.servers, enable_auto_commit=False)
    deadline = time.monotonic() + WAIT_SECONDS
    while not (partitions := consumer.partitions_for_topic("orders")) and time.monotonic() < deadline:
        time.sleep(0.1)
    places = [TopicPartition("orders", partition) for partition in sorted(partitions or [])]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    messages, seen = [], set()
    while len(seen) < AGGREGATES * VERSIONS and time.monotonic() < deadline:
        for some in consumer.poll(timeout_ms=200).values():
            for message in some:
                version = int(dict(message.headers)["version"])
                messages.append((int(message.key), version, message))
                seen.add((int(message.key), version))
    consumer.close()
    return messages


def offsets(db):
    return {int(item["id"]["S"].split(":")[1]): int(item["version"]["N"]) for item in db.scan(TableName="offsets", ConsistentRead=True)["Items"]}


def main():
    with tempfile.TemporaryDirectory(prefix="millrace-demo-") as directory:
        say("1. Apache Kafka, one broker")
        broker = Broker(Path(directory) / "kafka").start()
        config = Path(directory) / "millrace.yaml"
        config.write_text((HERE / "millrace.yaml").read_text().replace("localhost:9092", broker.servers))
        server = Server(Path(directory) / "node", config=config).start()
        try:
            say(f"2. millrace dev -c examples/dispatcher/millrace.yaml   at {server.endpoint}, Kafka at {broker.servers}")
            writes = order_of_writes(random.Random(SEED))
            third = len(writes) // 3
            say(f"3. {WRITERS} writers append {len(writes)} events of {AGGREGATES} aggregates, out of order (seed {SEED}); kill -9 of the server, then of the broker")
            write(server, writes[:third])
            server.kill()
            server.start()
            write(server, writes[third:2 * third])
            broker.kill()
            write(server, writes[2 * third:])
            broker.start()
            say("4. what a consumer reads")
            messages = read(broker)
            firsts, again = collections.defaultdict(list), 0
            for aggregate, version, _ in messages:
                if version in firsts[aggregate]:
                    again += 1
                else:
                    firsts[aggregate].append(version)
            for aggregate in range(3):
                print(f"  order {aggregate}: {' '.join(map(str, firsts[aggregate][:16]))} …")
            ordered = [aggregate for aggregate in range(AGGREGATES) if firsts[aggregate] == list(range(VERSIONS))]
            expect(f"all {AGGREGATES} aggregates come whole and in order", len(ordered), AGGREGATES)
            print(f"     {again} of {len(messages)} messages came twice, after the kills; `version` tells")
            _, _, message = messages[0]
            expect("a message carries the row's data and headers", (message.value.decode(), dict(message.headers)["causationId"].decode()),
                   (f"version 0 of {message.key.decode()}", "command-0"))
            db = server.client()
            wanted, deadline = {aggregate: VERSIONS - 1 for aggregate in range(AGGREGATES)}, time.monotonic() + WAIT_SECONDS
            while (kept := offsets(db)) != wanted and time.monotonic() < deadline:  # it follows the acknowledgement
                time.sleep(0.05)
            expect("the offsets table says so too", kept, wanted)
            expect("the server ends cleanly", server.stop(), 0)
        finally:
            server.kill()
            broker.stop()
    if failures:
        print(f"\n{len(failures)} expectations failed; the server's log:\n{server.log()[-3000:] if Path(server.log_path).exists() else ''}")
        return 1
    print("\nEverything is as it should be.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
