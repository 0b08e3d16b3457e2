#!/usr/bin/env python3
"""./dev demo eventstore: events through a queue into a table, by boto3: good ones, bad ones, duplicates, and several of one
entity in the same second; a kill -9 in the middle; then what is in the table and in the queue of the rejected.

Exits with status 1 when anything differs from what the example promises.
"""
import json
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from boto3.dynamodb.types import TypeDeserializer

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tests" / "binary"), str(HERE.parent)]

from process import Server  # noqa: E402
from story import expect, failures, say  # noqa: E402

WAIT_SECONDS = 120


def event(entity, second, number, **more):
    return {"Timestamp": second, "EventType": "EVENT_TEST", "ID": entity, "EmitterId": "u1", "EmitterType": "USER", "Data": {"number": number}, **more}


def send(sqs, bodies):
    """In batches of ten, as SQS takes them."""
    url = sqs.get_queue_url(QueueName="event-store-queue")["QueueUrl"]
    for begin in range(0, len(bodies), 10):
        entries = [{"Id": str(i), "MessageBody": body if isinstance(body, str) else json.dumps(body)} for i, body in enumerate(bodies[begin:begin + 10])]
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        assert not answer.get("Failed"), answer


def table(db):
    read = TypeDeserializer().deserialize
    items = [{name: read(value) for name, value in item.items()} for page in db.get_paginator("scan").paginate(TableName="event-store") for item in page["Items"]]
    return sorted(items, key=lambda item: (item["ID"], item["Timestamp"]))


def wait_for(look, wanted):
    deadline = time.monotonic() + WAIT_SECONDS
    while look() < wanted and time.monotonic() < deadline:
        time.sleep(0.05)


def count(sqs, name):
    of = sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"])
    return sum(int(value) for value in of["Attributes"].values())


def drain(sqs, name):
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
        sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])
    return found


BAD = [
    ("no JSON", "{not json", "it is not JSON"),
    ("a field missing", {k: v for k, v in event("e1", 1, 1).items() if k != "EmitterType"}, "Missing required property 'EmitterType'"),
    ("a time in text", event("e1", "2020-08-06", 1), "at $.Timestamp"),
    ("a time that is true", event("e1", True, 1), "at $.Timestamp"),
    ("Data that is a list", {**event("e1", 1, 1), "Data": []}, "at $.Data"),
    ("no entity: valid, and no key of the table", event("", 1, 1), "empty string"),
    ("41 digits: valid, and no number of the table", event("e1", 1, 1, Amount=int("1" * 41)), "38"),
]


def play(directory):
    server = Server(directory, config=HERE / "millrace.yaml").start()
    try:
        say("1. millrace dev -c examples/eventstore/millrace.yaml")
        sqs, db = server.client("sqs"), server.client()
        url = sqs.get_queue_url(QueueName="event-store-queue")["QueueUrl"]
        settings = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        expect("2,048 bytes, 24 h, 10 s of waiting", [settings[n] for n in ("MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds")], ["2048", "86400", "10"])
        expect("after 4 receives to the dead letters", json.loads(settings["RedrivePolicy"])["maxReceiveCount"], 4)

        say("2. good events, with bad ones between them")
        good = [event("e1", 1596719980 + number, number) for number in range(20)] + [
            {**event("e2", Decimal("1596719980.5"), 0), "Timestamp": 1596719980.5, "Data": None, "extra": {"kept": [1, "two", True]}}]
        bodies = [*good[:10], *(body for _, body, _ in BAD), *good[10:]]
        send(sqs, bodies)
        wait_for(lambda: len(table(db)), len(good))
        expect("all the good ones are stored", [item["Data"]["number"] for item in table(db) if item["ID"] == "e1"], list(range(20)))
        expect("as they came, other fields included", [item for item in table(db) if item["ID"] == "e2"],
               [{"ID": "e2", "Timestamp": Decimal("1596719980.5"), "EventType": "EVENT_TEST", "EmitterId": "u1", "EmitterType": "USER", "Data": None,
                 "extra": {"kept": [1, "two", True]}}])

        say("3. the same second, five times; then everything once more, and a kill -9")
        same = [event("e3", 1700000000, number) for number in range(5)]
        send(sqs, same)
        wait_for(lambda: len(table(db)), len(good) + len(same))
        send(sqs, [*same[::-1], *good])
        server.kill()
        server.start()
        sqs, db = server.client("sqs"), server.client()
        wait_for(lambda: -count(sqs, "event-store-queue"), 0)
        stored = [item for item in table(db) if item["ID"] == "e3"]
        for item in stored:
            print(f"    {item['ID']}  {item['Timestamp']!s:<22} seq {item.get('seq', '-')!s:<3} {item['Data']}", flush=True)
        expect("all five survive, in the order in which they came", [item["Data"]["number"] for item in stored], list(range(5)))
        expect("beside each other", [str(item["Timestamp"]) for item in stored], ["1700000000", *(f"1700000000.00000000{k}" for k in range(1, 5))])
        expect("marked", [item.get("seq") for item in stored], [None, 1, 2, 3, 4])
        expect("nothing is stored twice", len(table(db)), len(good) + len(same))

        say("4. the rejected, each alone, with reason and body")
        wait_for(lambda: count(sqs, "rejected-queue"), len(BAD))
        rejected = drain(sqs, "rejected-queue")
        for what, body, reason in BAD:
            text = body if isinstance(body, str) else json.dumps(body)
            found = [message["errorMessage"] for message in rejected if message["payload"][0]["body"] == text]
            expect(f"{what}: {found[0] if found else ''}", len(found) == 1 and reason in found[0], True)
        expect("and no others", len(rejected), len(BAD))
        expect("those of the schema say so", sum("schema is not valid" in message["errorMessage"] for message in rejected), 5)
        expect("the dead-letter queue is empty", count(sqs, "deadletter-queue"), 0)

        say("5. more than 2,048 bytes are not even taken")
        try:
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event("e1", 1, "x" * 2048)))
            expect("it is refused", "taken", "refused")
        except sqs.exceptions.ClientError as error:
            expect(f"it is refused: {error.response['Error']['Message']}", error.response["Error"]["Code"], "InvalidParameterValue")
        expect("millrace ends as it should", server.stop(), 0)
    finally:
        server.kill()


def main():
    with tempfile.TemporaryDirectory(prefix="millrace-demo-") as directory:
        play(directory)
    print(f"\n{'all as promised' if not failures else f'{len(failures)} things differ: ' + '; '.join(failures)}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
