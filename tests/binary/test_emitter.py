"""Proves the emitter example end to end: a table changes, and the endpoint gets the one event that the rule wants, in order,
with boto3, the AWS CLI and the AWS SDK for JavaScript, also when the process is killed between the change and the delivery."""
import json
import os
import shutil
import socket
import subprocess
import uuid

import pytest

from conftest import ROOT
from receiver import Receiver, with_port
from reader import arn_of, read_all
from tables import n, s

EXAMPLE = ROOT / "examples" / "emitter" / "millrace.yaml"
TABLE = "user-table"


def user(name, phone, **more):
    return {"id": s("u1"), "name": s(name), **({"phone-number": s(phone)} if phone else {}), **more}


@pytest.fixture
def emitter(new_server, tmp_path):
    """emitter(port) is a server with the example's configuration, its HTTP target on that port."""
    def make(port):
        config = tmp_path / "millrace.yaml"
        config.write_text(with_port(EXAMPLE.read_text(encoding="utf-8"), port), encoding="utf-8")
        return new_server(config=config)
    return make


def free_port():
    """A port where nobody listens, until somebody does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_envelope(event):
    assert list(event) == ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]
    assert (event["version"], event["source"], event["account"], event["region"]) == ("0", TABLE, "000000000000", "us-east-1")
    uuid.UUID(event["id"])
    assert len(event["time"]) == len("2026-01-01T00:00:00Z") and event["time"].endswith("Z")
    assert isinstance(event["resources"], list) and set(event["detail"]) >= {"Values", "UpdatedFields"}


def test_the_one_event_that_the_rule_wants(emitter):
    with Receiver() as receiver:
        server = emitter(receiver.port).start()
        db = server.client()
        db.put_item(TableName=TABLE, Item=user("Ada", "1"))  # INSERT: not wanted
        db.put_item(TableName=TABLE, Item=user("Eve", "1"))  # another field: not wanted
        db.put_item(TableName=TABLE, Item=user("Eve", "1"))  # nothing changed
        db.put_item(TableName=TABLE, Item=user("Eve", "2", balance=n("12345678901234567890123456789012345678")))  # wanted
        db.delete_item(TableName=TABLE, Key={"id": s("u1")})  # REMOVE: not wanted
        db.put_item(TableName=TABLE, Item=user("Zoe", "3"))
        db.put_item(TableName=TABLE, Item=user("Zoe", "4"))  # wanted: the last, so all before it have been decided
        first, last = receiver.wait_for(2)
        check_envelope(first)
        assert first["detail-type"] == "MODIFY"
        assert first["detail"]["Values"] == {"id": "u1", "name": "Eve", "phone-number": "2", "balance": 12345678901234567890123456789012345678}
        assert sorted(first["detail"]["UpdatedFields"]) == ["balance", "phone-number"]
        assert b"12345678901234567890123456789012345678" in receiver.received[0].body
        assert last["detail"] == {"Values": {"id": "u1", "name": "Zoe", "phone-number": "4"}, "UpdatedFields": ["phone-number"]}
        assert first["id"] != last["id"] and server.stop() == 0
        assert len(receiver.events()) == 2
        keys = [received.headers.get("idempotency-key") for received in receiver.received]
        assert all(keys) and keys[0] != keys[1]


def test_a_number_that_is_written_differently_has_not_changed(emitter):
    with Receiver() as receiver:
        db = emitter(receiver.port).start().client()
        for value in ({"N": "1"}, {"N": "1.0"}, {"N": "2"}):
            db.put_item(TableName=TABLE, Item={"id": s("u1"), "phone-number": value})
        (event,) = receiver.wait_for(1)
        assert event["detail"] == {"Values": {"id": "u1", "phone-number": 2}, "UpdatedFields": ["phone-number"]}


def test_events_of_one_item_arrive_in_order(emitter):
    with Receiver() as receiver:
        db = emitter(receiver.port).start().client()
        for i in range(101):
            for key in ("a", "b", "c"):
                db.put_item(TableName=TABLE, Item={"id": s(key), "phone-number": n(i)})
        events = receiver.wait_for(300)
        for key in ("a", "b", "c"):
            assert [event["detail"]["Values"]["phone-number"] for event in events if event["detail"]["Values"]["id"] == key] == list(range(1, 101))


def test_killed_between_the_change_and_the_delivery_nothing_is_lost(emitter):
    """The endpoint is down while the change is made; the process is killed, started again, and the endpoint comes up."""
    port = free_port()
    server = emitter(port).start()
    db = server.client()
    db.put_item(TableName=TABLE, Item=user("Ada", "1"))
    for phone in ("2", "3", "4"):
        db.put_item(TableName=TABLE, Item=user("Ada", phone))
    server.restart()
    with Receiver(port) as receiver:
        events = receiver.wait_for(3)
        assert [event["detail"]["Values"]["phone-number"] for event in events] == ["2", "3", "4"]
        for event in events:
            check_envelope(event)
        db = server.client()
        db.put_item(TableName=TABLE, Item=user("Ada", "5"))
        assert receiver.wait_for(4)[3]["detail"]["Values"]["phone-number"] == "5"
        assert len(receiver.events()) == 4


def test_an_endpoint_that_refuses_gets_it_again_until_it_takes_it(emitter):
    with Receiver() as receiver:
        receiver.status = 503
        server = emitter(receiver.port).start()
        db = server.client()
        for phone in ("1", "2", "3"):
            db.put_item(TableName=TABLE, Item=user("Ada", phone))
        server.restart()
        receiver.status = 200
        assert [event["detail"]["Values"]["phone-number"] for event in receiver.wait_for(2)] == ["2", "3"]


def test_delivered_events_do_not_come_again_after_a_clean_stop(emitter):
    with Receiver() as receiver:
        server = emitter(receiver.port).start()
        for phone in ("1", "2"):
            server.client().put_item(TableName=TABLE, Item=user("Ada", phone))
        receiver.wait_for(1)
        assert server.stop() == 0
        server.start()
        server.client().put_item(TableName=TABLE, Item=user("Ada", "3"))
        assert [event["detail"]["Values"]["phone-number"] for event in receiver.wait_for(2)] == ["2", "3"]


def test_killed_at_any_time_every_event_arrives_and_in_order(emitter):
    """After kill -9 an event that was delivered but not yet noted may come again, with the same id and the same key."""
    with Receiver() as receiver:
        server = emitter(receiver.port).start()
        phone = 0
        for _ in range(4):
            db = server.client()
            for _ in range(25):
                phone += 1
                db.put_item(TableName=TABLE, Item=user("Ada", str(phone)))
            server.restart()
        server.client().put_item(TableName=TABLE, Item=user("Ada", "last"))
        assert receiver.wait_until(lambda events: any(event["detail"]["Values"]["phone-number"] == "last" for event in events))
        phones = [event["detail"]["Values"]["phone-number"] for event in receiver.different()]
        assert phones == [str(i) for i in range(2, 101)] + ["last"], "each once by its id, in the order of its first arrival"
        keys = {}
        for received in receiver.received:
            keys.setdefault(received.event["id"], set()).add(received.headers["idempotency-key"])
        assert all(len(each) == 1 for each in keys.values())


def test_with_the_aws_cli(emitter):
    aws = shutil.which("aws")
    assert aws, "the AWS CLI is in the tests' requirements"
    with Receiver() as receiver:
        server = emitter(receiver.port).start()

        def run(*arguments):
            done = subprocess.run([aws, *arguments, "--output", "json"], env=server.environment(), capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout) if done.stdout.strip() else None

        assert TABLE in run("dynamodb", "list-tables")["TableNames"]
        run("dynamodb", "put-item", "--table-name", TABLE, "--item", '{"id": {"S": "u1"}, "name": {"S": "Ada"}, "phone-number": {"S": "1"}}')
        run("dynamodb", "update-item", "--table-name", TABLE, "--key", '{"id": {"S": "u1"}}', "--update-expression", "SET #p = :p",
            "--expression-attribute-names", '{"#p": "phone-number"}', "--expression-attribute-values", '{":p": {"S": "2"}}')
        (event,) = receiver.wait_for(1)
        check_envelope(event)
        assert event["detail"] == {"Values": {"id": "u1", "name": "Ada", "phone-number": "2"}, "UpdatedFields": ["phone-number"]}
        assert run("dynamodb", "get-item", "--table-name", TABLE, "--key", '{"id": {"S": "u1"}}')["Item"]["phone-number"] == s("2")
        arn = run("dynamodbstreams", "list-streams", "--table-name", TABLE)["Streams"][0]["StreamArn"]
        shards = run("dynamodbstreams", "describe-stream", "--stream-arn", arn)["StreamDescription"]["Shards"]
        assert arn == arn_of(server.client(), TABLE) and shards
        failed = subprocess.run([aws, "dynamodb", "create-backup", "--table-name", TABLE, "--backup-name", "backup"], env=server.environment(), capture_output=True, text=True,
                                timeout=120, check=False)
        assert failed.returncode != 0 and "UnknownOperationException" in failed.stderr


def run_node(test, server, **environment):
    node = shutil.which("node")
    assert node, "Node is what the SDK for JavaScript runs on"
    done = subprocess.run([node, "--test", str(ROOT / "tests" / "binary" / test)], env={**server.environment(), **environment}, capture_output=True, text=True,
                          timeout=300, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_with_the_sdk_for_javascript(emitter):
    with Receiver() as receiver:
        server = emitter(receiver.port).start()
        run_node("emitter.test.mjs", server, TABLE=TABLE)
        events = receiver.wait_for(2)
        assert [event["detail"]["Values"]["phone-number"] for event in events] == ["2", "3"]
        records = read_all(server.client("dynamodbstreams"), arn_of(server.client(), TABLE))
        assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "MODIFY", "REMOVE"]


def test_the_operations_with_the_sdk_for_javascript(server):
    assert os.environ.get("MILLRACE_NODE_MODULES"), "./dev test says where the SDK is"
    run_node("sdk.test.mjs", server)
