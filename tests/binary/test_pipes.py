"""Pipes and rules end to end, with boto3: order by any path, templates, formats, tables and buses as targets, schedules' neighbours,
where a pipe starts, what becomes of a record that is refused, and of the records behind it, over kill -9."""
import json
import time
from pathlib import Path

from receiver import Receiver
from tables import n, s

ORDERS = """version: 1
tables:
  orders: {key: [customer, "number:N"], stream: new-and-old}
  newest: {key: customer, stream: new-and-old}
buses:
  shop: {}
  other: {}
pipes:
  paid:
    from: table/orders
    match: {dynamodb: {NewImage: {status: {S: [paid]}}}}
    order: {by: partition}
    to: bus/shop
    event: {source: shop, detail-type: $.new.status}
    input: '{"customer": <$.keys.customer>, "total": <$.new.total>, "from": "<aws.pipes.pipe-name>"}'
  newest:
    from: table/orders
    order: {by: $.keys.customer}
    to: table/newest
    input: '{"customer": <$.keys.customer>, "number": <$.keys.number>}'
  cloud: {from: table/newest, to: target/cloud, format: cloudevents}
  debezium: {from: table/newest, to: target/debezium, format: debezium}
  again: {from: bus/shop, match: {detail: {customer: [c1]}}, to: target/again, input: {path: $.detail}}
rules:
  invoice:
    from: bus/shop
    match: {detail-type: [paid]}
    to: [target/invoices, bus/other]
    input: {paths: {who: $.detail.customer}, template: '{"invoice-for": <who>}'}
  forwarded: {from: bus/other, match: {source: [shop]}, to: [target/other, bus/shop]}
targets:
  invoices: {file: invoices.ndjson}
  cloud: {file: cloud.ndjson}
  debezium: {file: debezium.ndjson}
  other: {file: other.ndjson}
  again: {file: again.ndjson}
"""


def lines(directory, name, count, seconds=60):
    """The lines of a file target, when there are as many as that."""
    path = Path(directory) / name
    deadline = time.monotonic() + seconds
    while True:
        found = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        if len(found) >= count:
            return [json.loads(line) for line in found]
        assert time.monotonic() < deadline, f"{name}: {len(found)} of {count} lines came:\n" + "\n".join(found)
        time.sleep(0.01)


def configured(new_server, tmp_path, text):
    config = tmp_path / "millrace.yaml"
    config.write_text(text, encoding="utf-8")
    return new_server(config=config)


def test_templates_formats_tables_and_buses(new_server, tmp_path):
    server = configured(new_server, tmp_path, ORDERS).start()
    db = server.client()
    for number in range(4):
        db.put_item(TableName="orders", Item={"customer": s('c1' if number < 3 else 'c"2'), "number": n(number), "status": s("paid" if number % 3 == 0 else "open"), "total": n("12.345678901234567890")})
    invoices = lines(tmp_path, "invoices.ndjson", 2)
    assert sorted(invoice["invoice-for"] for invoice in invoices) == ['c"2', "c1"], "values are escaped"
    other = lines(tmp_path, "other.ndjson", 2)
    assert {event["source"] for event in other} == {"shop"} and {event["detail-type"] for event in other} == {"paid"}
    details = {event["detail"]["customer"]: event["detail"] for event in other}
    assert details["c1"] == {"customer": "c1", "total": 12.34567890123456789, "from": "paid"}
    assert b'"total":12.34567890123456789,' in (tmp_path / "other.ndjson").read_bytes(), "numbers keep their digits"
    assert lines(tmp_path, "again.ndjson", 1) == [details["c1"]]
    cloud = lines(tmp_path, "cloud.ndjson", 4)
    assert [event["data"]["new"]["number"] for event in cloud if event["subject"] == "c1"] == [0, 1, 2]
    assert {event["specversion"] for event in cloud} == {"1.0"}
    debezium = lines(tmp_path, "debezium.ndjson", 4)
    assert [record["op"] for record in debezium if record["after"]["customer"] == "c1"] == ["c", "u", "u"]
    assert db.get_item(TableName="newest", Key={"customer": s("c1")})["Item"]["number"] == n(2)
    assert server.stop() == 0
    # An event that was forwarded is not forwarded back.
    assert len((tmp_path / "invoices.ndjson").read_text().splitlines()) == 2


def test_a_pipe_starts_where_it_is_told_to(new_server, tmp_path):
    base = "version: 1\ntables:\n  things: {key: id, stream: new}\n"
    server = configured(new_server, tmp_path, base).start()
    db = server.client()
    for value in range(3):
        db.put_item(TableName="things", Item={"id": s("a"), "v": n(value)})
    arn = db.describe_table(TableName="things")["Table"]["LatestStreamArn"]
    streams = server.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    second = streams.get_records(ShardIterator=iterator)["Records"][1]["dynamodb"]["SequenceNumber"]
    server.stop()
    pipes = "pipes:\n" + "".join(f"  {name}: {{from: table/things, to: target/{name}, input: '<$.new.v>', start: {start}}}\n" for name, start in
                                 (("horizon", "trim-horizon"), ("latest", "latest"), ("sequence", f'"{second}"'), ("long-ago", "2020-01-01T00:00:00Z")))
    targets = "targets:\n" + "".join(f"  {name}: {{file: {name}.ndjson}}\n" for name in ("horizon", "latest", "sequence", "long-ago"))
    server.config.write_text(base + pipes + targets, encoding="utf-8")
    server.start().client().put_item(TableName="things", Item={"id": s("a"), "v": n(3)})
    assert lines(tmp_path, "horizon.ndjson", 4) == [0, 1, 2, 3]
    assert lines(tmp_path, "long-ago.ndjson", 4) == [0, 1, 2, 3]
    assert lines(tmp_path, "sequence.ndjson", 3) == [1, 2, 3]
    assert lines(tmp_path, "latest.ndjson", 1) == [3]
    server.stop()


REFUSING = """version: 1
tables:
  things: {{key: id, stream: new}}
pipes:
  out: {{from: table/things, to: target/hook{more}}}
targets:
  hook: {{http: {{url: "http://127.0.0.1:{port}/", timeout: 2s}}}}
"""


def seen(events, key):
    """The values of that item that were taken, in their order."""
    return [int(event["dynamodb"]["NewImage"]["v"]["N"]) for event in events if event["dynamodb"]["Keys"]["id"]["S"] == key]


def refusing(tried, key, value, status):
    """Refuses one value of one item, and notes each try of it."""
    def answer(request):
        record = request.event["dynamodb"]
        if (record["Keys"]["id"]["S"], record["NewImage"]["v"]["N"]) != (key, value):
            return 200
        tried.append(request.headers["idempotency-key"])
        return status
    return answer


def test_a_refused_record_holds_its_key_and_nothing_else_over_kill_9(new_server, tmp_path):
    with Receiver() as receiver:
        tried = []
        receiver.answer = refusing(tried, "bad", "1", 400)
        server = configured(new_server, tmp_path, REFUSING.format(port=receiver.port, more="")).start()
        db = server.client()
        for value in range(4):
            for key in ("bad", "good"):
                db.put_item(TableName="things", Item={"id": s(key), "v": n(value)})
        assert receiver.wait_until(lambda events: seen(events, "good") == [0, 1, 2, 3] and tried)
        assert seen(receiver.events(), "bad") == [0], "the rest waits behind the dead letter"
        server.kill()
        db = server.start().client()
        db.put_item(TableName="things", Item={"id": s("good"), "v": n(4)})
        assert receiver.wait_until(lambda events: 4 in seen(events, "good"))
        assert seen(receiver.events(), "bad") in ([0], [0, 0])
        assert len(tried) == 1, "a dead letter is not tried again by itself"
        assert "dead letter 1" in server.log() and "answered 400" in server.log()
        server.stop()


def test_with_continue_the_key_goes_on(new_server, tmp_path):
    with Receiver() as receiver:
        tried = []
        receiver.answer = refusing(tried, "a", "1", 500)
        server = configured(new_server, tmp_path, REFUSING.format(port=receiver.port, more=", retries: 1, after-failure: continue")).start()
        db = server.client()
        for value in range(4):
            db.put_item(TableName="things", Item={"id": s("a"), "v": n(value)})
        assert receiver.wait_until(lambda events: seen(events, "a") == [0, 2, 3])
        assert len(tried) == 2 and tried[0] == tried[1], "twice in all, with one idempotency key"
        server.stop()


def test_an_event_cannot_pass_itself_off_as_one_of_aws(new_server, tmp_path):
    server = configured(new_server, tmp_path, """version: 1
tables: {things: {key: id, stream: new}}
buses: {crm: {}}
pipes: {named: {from: table/things, to: bus/crm, input: '{"id": <$.keys.id>}', event: {source: $.new.source, detail-type: x}}}
rules: {all: {from: bus/crm, match: {detail-type: [x]}, to: target/out}}
targets: {out: {file: out.ndjson}}
""").start()
    db = server.client()
    for key, source in (("a", "aws.ec2"), ("b", "x" * 257), ("c", "mine")):
        db.put_item(TableName="things", Item={"id": s(key), "source": s(source)})
    assert [event["detail"]["id"] for event in lines(tmp_path, "out.ndjson", 1)] == ["c"]
    server.stop()
    assert "which is AWS's own" in server.log() and "the event's source has 257 bytes" in server.log()
