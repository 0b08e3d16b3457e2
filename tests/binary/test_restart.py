"""Proves what survives kill -9: everything that was acknowledged, in tables and in streams, whole transactions or none of
them; and that a data directory has one owner."""
import json
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

import wire
from reader import arn_of, describe, drain, read_all
from refused import refused
from tables import create_table, item, n, s

BOTH = "NEW_AND_OLD_IMAGES"


def test_what_was_acknowledged_is_there_after_kill_9(new_server):
    server = new_server().start()
    db = server.client()
    create_table(db, "kept", "pk:S", "sk:N", view=BOTH)
    for i in range(50):
        db.put_item(TableName="kept", Item={"pk": s("a"), "sk": n(i), "x": n("0.1"), "tags": {"SS": ["p", "q"]}})
    db.delete_item(TableName="kept", Key={"pk": s("a"), "sk": n(0)})
    before, arn = db.scan(TableName="kept")["Items"], arn_of(db, "kept")
    described, records = db.describe_table(TableName="kept")["Table"], read_all(server.client("dynamodbstreams"), arn)

    server.restart()
    db, streams = server.client(), server.client("dynamodbstreams")
    assert db.scan(TableName="kept")["Items"] == before and len(before) == 49
    assert db.describe_table(TableName="kept")["Table"] == described
    assert read_all(streams, arn) == records and len(records) == 51
    db.put_item(TableName="kept", Item={"pk": s("b"), "sk": n(1)})
    after = read_all(streams, arn)
    assert after[:51] == records or len(describe(streams, arn)["Shards"]) > 1
    assert len(after) == 52 and len({record["eventID"] for record in after}) == 52


def test_iterators_and_idempotency_tokens_outlive_the_process(new_server):
    server = new_server().start()
    db, streams = server.client(), server.client("dynamodbstreams")
    create_table(db, "kept", view=BOTH)
    action = {"Update": {"TableName": "kept", "Key": item("a"), "UpdateExpression": "ADD x :one", "ExpressionAttributeValues": {":one": n(1)}}}
    db.transact_write_items(TransactItems=[action], ClientRequestToken="the-token")
    iterators = [streams.get_shard_iterator(StreamArn=arn_of(db, "kept"), ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
                 for shard in describe(streams, arn_of(db, "kept"))["Shards"]]
    server.restart()
    db, streams = server.client(), server.client("dynamodbstreams")
    db.transact_write_items(TransactItems=[action], ClientRequestToken="the-token")
    assert db.get_item(TableName="kept", Key=item("a"))["Item"] == item("a", x=n(1))
    assert [record["eventName"] for iterator in iterators for record in drain(streams, iterator)[0]] == ["INSERT"]


@pytest.mark.parametrize("round_", range(3))
def test_killed_under_load_it_keeps_every_acknowledged_write_and_no_half_of_any(new_server, round_):
    """Writers count up their own pair of items in transactions until the process is killed under them."""
    server = new_server().start()
    db = server.client()
    create_table(db, "pairs", "pk:S", "sk:S", view=BOTH)
    acknowledged, enough = {}, threading.Event()

    def write(name):
        client = server.client(connect_timeout=5, read_timeout=5)
        for i in range(1, 100_000):
            puts = [{"Put": {"TableName": "pairs", "Item": item(name, side, x=n(i))}} for side in ("left", "right")]
            try:
                client.transact_write_items(TransactItems=puts)
            except (BotoCoreError, ClientError, OSError):
                return
            acknowledged[name] = i
            if sum(acknowledged.values()) > 200 * (round_ + 1):
                enough.set()

    writers = [threading.Thread(target=write, args=(f"w{k}",)) for k in range(8)]
    for writer in writers:
        writer.start()
    assert enough.wait(120)
    server.kill()
    for writer in writers:
        writer.join()

    server.start()
    db, streams = server.client(), server.client("dynamodbstreams")
    items = {(each["pk"]["S"], each["sk"]["S"]): each for each in db.scan(TableName="pairs")["Items"]}
    for name, last in acknowledged.items():
        left, right = (int(items[name, side]["x"]["N"]) for side in ("left", "right"))
        assert left == right and left in (last, last + 1)  # the one in flight may have been written too
    copy = {}
    for record in read_all(streams, arn_of(db, "pairs")):
        keys, change = record["dynamodb"]["Keys"], record["dynamodb"]
        assert copy.get((keys["pk"]["S"], keys["sk"]["S"])) == change.get("OldImage")
        copy[keys["pk"]["S"], keys["sk"]["S"]] = change["NewImage"]
    assert copy == items


def test_a_second_process_on_the_same_data_is_refused_and_harms_nothing(new_server):
    first = new_server("first").start()
    db = first.client()
    create_table(db, "kept")
    db.put_item(TableName="kept", Item=item("a"))
    second = new_server("second", data=first.data).launch()
    assert second.wait() == 5, second.log()
    assert "data" in second.log() and first.data in second.log(), second.log()
    assert db.get_item(TableName="kept", Key=item("a"))["Item"] == item("a")
    first.kill()
    assert new_server("third", data=first.data).start().client().get_item(TableName="kept", Key=item("a"))["Item"] == item("a")


def test_a_port_that_is_taken_is_refused_with_its_number(new_server):
    first = new_server("first").start()
    second = new_server("second", port=first.port).launch()
    assert second.wait() == 5, second.log()
    assert str(first.port) in second.log()


@pytest.mark.parametrize("arguments", [["--ephemeral"], ["--durability", "memory"]])
def test_memory_keeps_nothing(new_server, arguments, tmp_path):
    server = new_server(arguments=arguments).start()
    create_table(server.client(), "gone")
    server.restart()
    with refused("ResourceNotFoundException"):
        server.client().describe_table(TableName="gone")


def test_relaxed_survives_kill_9_too(new_server):
    """What relaxed durability may lose is what the operating system loses; the death of the process alone loses nothing."""
    server = new_server(arguments=["--durability", "relaxed"]).start()
    db = server.client()
    create_table(db, "kept")
    for i in range(100):
        db.put_item(TableName="kept", Item=item(f"{i}"))
    server.restart()
    assert server.client().scan(TableName="kept", Select="COUNT")["Count"] == 100


def test_stops_cleanly_on_request_and_answers_what_was_asked(new_server):
    server = new_server().start()
    db = server.client()
    create_table(db, "kept")
    db.put_item(TableName="kept", Item=item("a"))
    assert server.stop() == 0, server.log()
    server.start()
    assert server.client().get_item(TableName="kept", Key=item("a"))["Item"] == item("a")


def test_the_ready_file_says_how_to_reach_it(new_server):
    server = new_server().start()
    with open(server.ready_file, encoding="utf-8") as file:
        ready = json.load(file)
    assert ready["pid"] == server.process.pid and ready["endpoint"] == f"http://127.0.0.1:{server.port}"
    assert wire.send(server.port, "GET", "/").status == 200


@pytest.mark.parametrize("text, words", [
    ("version: 1\ntables:\n  users: {key: id, strem: new}\n", ["millrace.yaml:3:", "strem", "stream"]),
    ("version: 1\npipes:\n  p: {from: table/absent, to: bus/b}\n", ["millrace.yaml:3:", "table/absent"]),
    ("version: 1\ntables: [\n", ["millrace.yaml:"]), ("version: 2\n", ["millrace.yaml:1:", "version"]), ("", ["millrace.yaml"]),
    ("version: 1\nbuses: {b: {}}\nrules:\n  r: {from: bus/b, match: {source: [{prefx: a}]}, to: bus/b}\n", ["millrace.yaml:4:", "prefx"]),
])
def test_a_bad_configuration_says_where_and_why(new_server, tmp_path, text, words):
    config = tmp_path / "millrace.yaml"
    config.write_text(text)
    server = new_server(config=config).launch()
    assert server.wait() == 3, server.log()
    for word in words:
        assert word in server.log(), server.log()
