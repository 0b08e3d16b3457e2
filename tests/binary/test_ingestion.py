"""Events through a queue, a schema and into a table: what ingestion.case says of each body, with examples/eventstore's own
configuration; redelivery; order; what a schema file that is wrong says."""
import json
import subprocess
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from process import binary

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples" / "eventstore"
WAIT_SECONDS = 60


def cases():
    blocks = (HERE / "ingestion.case").read_text(encoding="utf-8").split("\n\n")
    for block in blocks:
        lines = [line for line in block.strip("\n").splitlines() if not line.startswith("#")]
        if not lines:
            continue
        name, body, outcome = lines
        assert body.startswith("> ")
        kind, _, what = outcome.partition(" ")
        yield name, body[2:].replace("«2048»", "x" * 2048), kind, what


def wait_until(done):
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def url_of(sqs, queue):
    return sqs.get_queue_url(QueueName=queue)["QueueUrl"]


def drain(sqs, queue, wanted):
    """The messages of the queue, once there are so many."""
    url, found = url_of(sqs, queue), []

    def enough():
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        found.extend(json.loads(message["Body"]) for message in messages)
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= wanted and not messages

    wait_until(enough)
    return found


def items(db):
    return [item for page in db.get_paginator("scan").paginate(TableName="event-store") for item in page["Items"]]


def left(sqs, queue="event-store-queue"):
    """How many messages are there, by their states; nothing if there are none."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    of = sqs.get_queue_attributes(QueueUrl=url_of(sqs, queue), AttributeNames=names)["Attributes"]
    return {name: count for name, count in of.items() if count != "0"}


def wait_until_empty(sqs, queue="event-store-queue"):
    deadline = time.monotonic() + WAIT_SECONDS
    while counts := left(sqs, queue):
        assert time.monotonic() < deadline, f"{queue} still has {counts}"
        time.sleep(0.01)


def test_what_becomes_of_each_body(new_server):
    server = new_server(config=EXAMPLE / "millrace.yaml").start()
    sqs, db = server.client("sqs"), server.client()
    table = list(cases())
    assert len(table) >= 40
    sent = {}
    for name, body, kind, what in table:
        try:
            answer = sqs.send_message(QueueUrl=url_of(sqs, "event-store-queue"), MessageBody=body)
            assert kind != "refused", name
            sent[answer["MessageId"]] = name
        except ClientError as error:
            assert (kind, what) == ("refused", error.response["Error"]["Code"]), f"{name}: {error}"
    rejected = {}
    for message in drain(sqs, "rejected-queue", sum(kind == "rejected" for *_, kind, _ in table)):
        [record] = message["payload"]
        rejected[sent[record["messageId"]]] = (message["errorMessage"], record["body"])
    for name, body, kind, what in table:
        assert (name in rejected) == (kind == "rejected"), f"{name}: {rejected.get(name)}"
        if kind == "rejected":
            reason, returned = rejected[name]
            assert what in reason, name
            assert returned == body, name
    wait_until_empty(sqs)
    key = lambda item: item["ID"]["S"]  # noqa: E731
    wanted = sorted((json.loads(what) for *_, kind, what in table if kind == "stored"), key=key)
    assert sorted(items(db), key=key) == wanted
    assert not left(sqs, "deadletter-queue")


def event(entity, second, number):
    return json.dumps({"Timestamp": second, "EventType": "EVENT_TEST", "ID": entity, "EmitterId": "u", "EmitterType": "USER", "Data": {"number": number}})


def send(sqs, queue, begin, attempt):
    more = [{"MessageGroupId": f"e{i % 2}", "MessageDeduplicationId": f"{attempt}-{begin + i}"} if queue.endswith(".fifo") else {} for i in range(10)]
    sqs.send_message_batch(QueueUrl=url_of(sqs, queue), Entries=[
        {"Id": str(i), "MessageBody": event(f"e{i % 2}", 1700000000, begin + i), **more[i]} for i in range(10)])


def stored_of(db, entity):
    page = db.query(TableName="event-store", KeyConditionExpression="ID = :id", ExpressionAttributeValues={":id": {"S": entity}})
    places = [(item["Timestamp"]["N"], item.get("seq", {}).get("N")) for item in page["Items"]]
    assert places == [("1700000000", None), *((f"1700000000.{k:09}".rstrip("0"), str(k)) for k in range(1, len(places)))], "one beside the other"
    return [int(item["Data"]["M"]["number"]["N"]) for item in page["Items"]]


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
def test_events_of_one_second_come_once_over_kill_9_and_in_order(tmp_path, new_server, fifo):
    """What was leased when the process died comes again when its lease ends: a standard queue gives the messages behind it
    before, a FIFO queue does not."""
    config = EXAMPLE / "millrace.yaml"
    queue = "event-store-queue"
    if fifo:
        text = config.read_text(encoding="utf-8").replace("file: event", f"file: {EXAMPLE}/event")
        for name in ("event-store-queue", "deadletter-queue"):
            text = text.replace(name, name + ".fifo")
        config = tmp_path / "millrace.yaml"
        config.write_text(text, encoding="utf-8")
        queue += ".fifo"
    server = new_server(config=config).start()
    sqs = server.client("sqs")
    for begin in range(0, 60, 10):
        send(sqs, queue, begin, "first")
        if begin in (20, 40):
            server.kill()
            server.start()
            sqs = server.client("sqs")
    wait_until_empty(sqs, queue)
    for begin in range(50, -1, -10):  # all once more, from the last to the first
        send(sqs, queue, begin, "again")
    wait_until_empty(sqs, queue)
    db = server.client()
    for entity in range(2):
        numbers = stored_of(db, f"e{entity}")
        assert sorted(numbers) == list(range(entity, 60, 2)), "each once"
        assert not fifo or numbers == sorted(numbers)
    assert not left(sqs, "rejected-queue")


def test_events_of_one_second_keep_the_order_of_a_standard_queue(new_server):
    server = new_server(config=EXAMPLE / "millrace.yaml").start()
    sqs = server.client("sqs")
    for begin in range(0, 100, 10):
        send(sqs, "event-store-queue", begin, "first")
    wait_until_empty(sqs)
    db = server.client()
    for entity in range(2):
        assert stored_of(db, f"e{entity}") == list(range(entity, 100, 2))


VALIDATED = """version: 1
schemas:
  user: {json: {type: object, required: [id], properties: {id: {type: string, minLength: 2}}}}
  image: {json: {required: [S], properties: {S: {pattern: "^u"}}}}
tables:
  accounts: {key: id, stream: new}
  users: {key: id}
  copies: {key: id}
queues:
  rejected: {}
buses:
  crm: {}
pipes:
  of-bus: {from: bus/crm, validate: {schema: schema/user, at: $.detail}, input: {path: $.detail}, to: table/users, on-failure: queue/rejected}
  of-table: {from: table/accounts, validate: {schema: schema/image, at: $.dynamodb.NewImage.id}, input: '{"id": <$.new.id>}', to: table/copies, on-failure: queue/rejected}
"""


def test_a_bus_and_a_table_are_validated_too(tmp_path, new_server):
    config = tmp_path / "millrace.yaml"
    config.write_text(VALIDATED, encoding="utf-8")
    server = new_server(config=config).start()
    events, db, sqs = server.client("events"), server.client(), server.client("sqs")
    for detail in ({"id": "good"}, {"id": "x"}, {"no": 1}, {"id": "fine"}):
        events.put_events(Entries=[{"EventBusName": "crm", "Source": "test", "DetailType": "t", "Detail": json.dumps(detail)}])
    for key in ("u1", "bad", "u2"):
        db.put_item(TableName="accounts", Item={"id": {"S": key}})
    reasons = sorted(message["errorMessage"] for message in drain(sqs, "rejected", 3))
    assert [reason.split(": ", 2)[1] for reason in reasons] == ["schema/image", "schema/user", "schema/user"], reasons
    assert "at $.S, which is \"bad\"" in reasons[0]
    ids = lambda table: sorted(item["id"]["S"] for item in db.scan(TableName=table)["Items"])  # noqa: E731
    wait_until(lambda: ids("users") == ["fine", "good"] and ids("copies") == ["u1", "u2"])


@pytest.mark.parametrize("schema, says", [
    (None, "the file cannot be read"),
    ("{", "it is not JSON"),
    ('{"type": "object", "propertes": {}}', "'propertes' is no keyword that is understood; did you mean 'properties'?"),
    ('{"properties": {"a": {"pattern": "(?=x)"}}}', "at #/properties/a: the pattern"),
])
def test_check_says_what_is_wrong_with_a_schema_file(tmp_path, schema, says):
    (tmp_path / "millrace.yaml").write_text((EXAMPLE / "millrace.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    if schema is not None:
        (tmp_path / "event-base.schema.json").write_text(schema, encoding="utf-8")
    done = subprocess.run([binary(), "check", "millrace.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "schema/event-base" in done.stdout and "millrace.yaml:14:3" in done.stdout and says in done.stdout, done.stdout
