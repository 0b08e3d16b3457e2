"""Kafka with a real broker: what pipes and rules write is read by another client, and what that client writes is read by pipes."""
import json
import subprocess
import time
from pathlib import Path

import pytest
from broker import PASSWORD, USER, unsigned_token
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.partitioner.default import murmur2

from process import binary
from tables import n, s
from test_pipes import lines

READ_SECONDS = 60


def config(directory, text, **places):
    path = Path(directory) / "millrace.yaml"
    for name, value in places.items():
        text = text.replace(f"«{name}»", str(value))
    path.write_text(text, encoding="utf-8")
    return path


def make_topic(broker, name, partitions=1, **settings):
    admin = KafkaAdminClient(bootstrap_servers=broker.servers)
    admin.create_topics([NewTopic(name, partitions, 1, topic_configs={key.replace("_", "."): str(value) for key, value in settings.items()})])
    admin.close()


def read(broker, topic, done):
    """The messages of a topic in the order of its partitions' offsets, once `done` says of them that they are all."""
    consumer = KafkaConsumer(bootstrap_servers=broker.servers, enable_auto_commit=False)
    deadline = time.monotonic() + READ_SECONDS
    while not (partitions := consumer.partitions_for_topic(topic)):
        assert time.monotonic() < deadline, f"there is no topic {topic}"
        time.sleep(0.05)
    places = [TopicPartition(topic, partition) for partition in sorted(partitions)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    messages = []
    while not done(messages):
        assert time.monotonic() < deadline, f"{len(messages)} messages came, the last of them {[(m.key, m.value[:60]) for m in messages[-3:]]}"
        for some in consumer.poll(timeout_ms=100).values():
            messages.extend(some)
    consumer.close()
    return messages


def headers(message):
    return {name: value.decode() for name, value in message.headers}


def status(server, pipe):
    told = subprocess.run([binary(), "status", "--json", "--endpoint", server.endpoint], capture_output=True, text=True, timeout=60, check=True)
    return told.stdout


ORDERS = """version: 1
tables:
  orders: {key: [id, "version:N"], stream: new}
pipes:
  orders: {from: table/orders, order: {by: partition}, to: target/orders, input: {path: $.new}}
targets:
  orders:
    kafka:
      servers: «servers»
      topic: orders
      headers: {kind: order, for: $.customer, nothing: $.nothing}
      compression: gzip
      timeout: 2s
      create: {partitions: 3}
"""


def test_changes_reach_a_topic_in_order_while_the_broker_is_killed(tmp_path, new_server, broker):
    server = new_server(config=config(tmp_path, ORDERS, servers=broker.servers)).start()
    db = server.client()
    keys = [f"o{key}" for key in range(8)]
    for version in range(60):
        for key in keys:
            db.put_item(TableName="orders", Item={"id": s(key), "version": n(version), "customer": s(f"c-{key}")})
        if version == 20:
            broker.kill()
        if version == 35:
            server.kill()  # what is not acknowledged is sent again
            server.start()
            db = server.client()
        if version == 40:
            broker.start()
    last = {(key, 59) for key in keys}
    messages = read(broker, "orders", lambda all: last <= {(m.key.decode(), json.loads(m.value)["version"]) for m in all[-200:]})
    for key in keys:
        of_key = [message for message in messages if message.key == key.encode()]
        firsts = []
        for message in of_key:
            version = json.loads(message.value)["version"]
            if version not in firsts:
                firsts.append(version)
        assert firsts == list(range(60)), "each version, first in order"
        assert {message.partition for message in of_key} == {(murmur2(key.encode()) & 0x7FFFFFFF) % 3}, "as Java's client does it"
        assert headers(of_key[0]) == {"kind": "order", "for": f"c-{key}"}
    assert server.stop() == 0


EVENT_STORE = """version: 1
tables:
  events: {key: [id, "version:N"], stream: new}
pipes:
  events: {from: table/events, format: event-store, to: target/events}
targets:
  events: {kafka: {servers: «servers», topic: «topic», create: {}}}
"""


def event(stream, version, data=b"\x00\xff binary", **more):
    return {"id": s(f"order:{stream}"), "version": n(version), "streamType": s("order"), "streamId": s(stream), "eventId": s(f"e-{stream}-{version}"),
            "eventType": s("Paid"), "timestamp": n(1700000000123), "data": {"B": data}, **more}


def test_the_format_event_store_is_that_of_the_original(tmp_path, new_server, broker, unique):
    topic = unique("events")
    server = new_server(config=config(tmp_path, EVENT_STORE, servers=broker.servers, topic=topic)).start()
    db = server.client()
    own = {"M": {"causationId": s("cause"), "conversationId": s("talk"), "version": s("hidden"), "list": {"L": [n(1), s("two")]}, "none": {"NULL": True}, "yes": {"BOOL": True}}}
    db.put_item(TableName="events", Item=event("7", 0, headers=own))
    db.put_item(TableName="events", Item={"id": s("order:7"), "version": n(-1001)})  # a marker of another dispatcher
    db.put_item(TableName="events", Item=event("7", 1))
    first, second = read(broker, topic, lambda all: len(all) == 2)
    assert (first.key, first.value) == (b"7", b"\x00\xff binary")
    assert headers(first) == {"messageId": "e-7-0", "messageType": "Paid", "streamType": "order", "streamId": "7", "version": "0", "timestamp": "1700000000123",
                              "causationId": "cause", "conversationId": "talk", "list": "1,two", "none": "", "yes": "true"}
    assert headers(second)["version"] == "1"
    assert server.stop() == 0


def test_what_is_too_large_is_a_dead_letter_and_holds_nobody_else_up(tmp_path, new_server, broker, unique):
    topic = unique("small")
    make_topic(broker, topic, max_message_bytes=20_000)
    server = new_server(config=config(tmp_path, EVENT_STORE, servers=broker.servers, topic=topic)).start()
    db = server.client()
    for stream in range(40):  # together far more than one batch may have
        db.put_item(TableName="events", Item=event(str(stream), 0, b"x" * 3000))
    db.put_item(TableName="events", Item=event("large", 0, b"x" * 30_000))
    db.put_item(TableName="events", Item=event("other", 0))
    messages = read(broker, topic, lambda all: len({m.key for m in all}) == 41)
    assert b"large" not in {message.key for message in messages}
    deadline = time.monotonic() + READ_SECONDS
    while True:
        if "more than topic" in server.log():
            break
        assert time.monotonic() < deadline, server.log()[-2000:]
        time.sleep(0.05)
    assert server.stop() == 0


SECURE = """version: 1
tables:
  orders: {key: id, stream: new}
pipes:
  orders: {from: table/orders, to: target/orders, input: {path: $.new}}
secrets:
  kafka: {file: secret.txt}
targets:
  orders: {kafka: {servers: "«servers»", topic: «topic», create: {}, timeout: 1s, tls: {ca: «ca»}, sasl: «sasl»}}
"""


@pytest.mark.parametrize("sasl, secret", [
    ("{mechanism: PLAIN, user: " + USER + ", secret: secret/kafka}", lambda: PASSWORD),
    ("{mechanism: PLAIN, secret: secret/kafka}", lambda: json.dumps({"username": USER, "password": PASSWORD})),
    ("{mechanism: OAUTHBEARER, secret: secret/kafka}", unsigned_token),
], ids=["plain", "plain-in-json", "oauthbearer"])
def test_who_says_who_it_is_may_write(tmp_path, new_server, broker, unique, sasl, secret):
    topic = unique("secure")
    (tmp_path / "secret.txt").write_text(secret() + "\n")
    server = new_server(config=config(tmp_path, SECURE, servers=broker.secure_servers, topic=topic, ca=broker.certificate, sasl=sasl)).start()
    server.client().put_item(TableName="orders", Item={"id": s("a")})
    (message,) = read(broker, topic, lambda all: len(all) == 1)
    assert (message.key, json.loads(message.value)) == (b"a", {"id": "a"})
    assert server.stop() == 0


@pytest.mark.parametrize("mechanism, words", [("PLAIN", "uthentication failed"), ("SCRAM-SHA-512", "SCRAM needs librdkafka 2.6.1")])
def test_who_may_not_is_told_so_and_secrets_stay_secret(tmp_path, new_server, broker, unique, mechanism, words):
    (tmp_path / "secret.txt").write_text("not-the-password-0815\n")
    sasl = "{mechanism: " + mechanism + ", user: " + USER + ", secret: secret/kafka}"
    server = new_server(config=config(tmp_path, SECURE, servers=broker.secure_servers, topic=unique("secure"), ca=broker.certificate, sasl=sasl)).start()
    server.client().put_item(TableName="orders", Item={"id": s("a")})
    deadline = time.monotonic() + READ_SECONDS
    while words not in status(server, "orders"):
        assert time.monotonic() < deadline, status(server, "orders") + server.log()[-2000:]
        time.sleep(0.05)
    assert "0815" not in status(server, "orders") + server.log()
    assert server.stop() == 0


SOURCE = """version: 1
tables:
  orders: {key: id}
queues:
  jobs.fifo: {}
pipes:
  rows: {from: target/topic, start: trim-horizon, match: {value: {id: [{exists: true}]}}, to: table/orders, input: {path: $.value}}
  lines: {from: target/topic, start: trim-horizon, order: {by: partition}, to: target/lines, input: '{"key": <$.key>, "value": <$.value>, "offset": <$.offset>}'}
  jobs: {from: target/topic, start: latest, to: queue/jobs.fifo, input: {path: $.value}}
targets:
  topic: {kafka: {servers: «servers», topic: «topic»}}
  lines: {file: lines.ndjson}
"""


def test_a_topic_is_read_by_several_pipes_and_over_kill_9(tmp_path, new_server, broker, unique):
    topic = unique("source")
    make_topic(broker, topic, partitions=3)
    producer = KafkaProducer(bootstrap_servers=broker.servers)
    keys = [f"k{key}" for key in range(5)]

    def send(versions):
        for version in versions:
            for key in keys:
                producer.send(topic, key=key.encode(), value=json.dumps({"id": key, "version": version}).encode())
        producer.flush()

    send(range(10))
    producer.send(topic, key=None, value=b"no JSON")
    producer.flush()
    server = new_server(config=config(tmp_path, SOURCE, servers=broker.servers, topic=topic)).start()
    db = server.client()
    lines(tmp_path, "lines.ndjson", 51)
    send(range(10, 15))
    server.kill()
    send(range(15, 20))
    server.start()
    db = server.client()
    deadline = time.monotonic() + READ_SECONDS
    while True:
        rows = {row["id"]["S"]: int(row["version"]["N"]) for row in db.scan(TableName="orders")["Items"]}
        if rows == {key: 19 for key in keys}:
            break
        assert time.monotonic() < deadline, f"{rows}\n{server.log()[-2000:]}"
        time.sleep(0.05)
    wanted = {(key, version) for key in keys for version in range(20)}
    while True:
        seen = [json.loads(line) for line in (tmp_path / "lines.ndjson").read_text().splitlines()]
        if wanted <= {(row["key"], row["value"]["version"]) for row in seen if isinstance(row["value"], dict)}:
            break
        assert time.monotonic() < deadline, f"{len(seen)}\n{server.log()[-2000:]}"
        time.sleep(0.05)
    for key in keys:
        firsts = list(dict.fromkeys(row["value"]["version"] for row in seen if row["key"] == key))
        assert firsts == list(range(20)), "in order"
    assert [row["value"] for row in seen if row["key"] is None][:1] == ["no JSON"]
    sqs = server.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs.fifo")["QueueUrl"]
    jobs = []
    while len(set(jobs)) < 50:
        assert time.monotonic() < deadline, f"{len(set(jobs))} jobs\n{server.log()[-2000:]}"
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            jobs.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert {json.loads(job)["version"] for job in jobs} == set(range(10, 20)), "from where it began"
    assert server.stop() == 0
    producer.close()


def test_a_topic_that_is_not_there_is_said_and_read_once_it_is(tmp_path, new_server, broker, unique):
    topic = unique("later")
    server = new_server(config=config(tmp_path, SOURCE.replace("start: latest", "start: trim-horizon"), servers=broker.servers, topic=topic)).start()
    make_topic(broker, topic)
    producer = KafkaProducer(bootstrap_servers=broker.servers)
    producer.send(topic, key=b"a", value=b'{"id": "a"}')
    producer.flush()
    assert lines(tmp_path, "lines.ndjson", 1) == [{"key": "a", "value": {"id": "a"}, "offset": 0}]
    assert server.stop() == 0
    producer.close()


ORDERED = """version: 1
tables:
  events: {key: [id, "version:N"], stream: new, shards: 4}
  offsets: {key: id}
pipes:
  events: {from: table/events, start: trim-horizon, format: event-store, order: {by: id, sequence: version, offsets: table/offsets}, to: target/events}
targets:
  events: {kafka: {servers: «servers», topic: «topic», create: {partitions: 2}}}
"""


def test_versions_reach_a_topic_in_order_whatever_the_order_of_the_writes(tmp_path, new_server, broker, unique):
    topic = unique("ordered")
    server = new_server(config=config(tmp_path, ORDERED, servers=broker.servers, topic=topic)).start()
    db = server.client()
    for version in (3, 1, 0, 2, 5, 4):
        for stream in ("x", "y"):
            db.put_item(TableName="events", Item=event(stream, version))
        if version == 0:
            server.kill()
            server.start()
            db = server.client()
    db.put_item(TableName="events", Item=event("x", 7))  # 6 is not there yet
    messages = read(broker, topic, lambda all: len({(m.key, headers(m)["version"]) for m in all}) == 12)
    for stream in (b"x", b"y"):
        firsts = list(dict.fromkeys(headers(m)["version"] for m in messages if m.key == stream))
        assert firsts == ["0", "1", "2", "3", "4", "5"]
    deadline = time.monotonic() + READ_SECONDS
    while "version 6 of 'order:x' is missing before 7" not in server.log() + status(server, "events"):
        assert time.monotonic() < deadline, server.log()[-2000:]
        time.sleep(0.05)
    db.put_item(TableName="events", Item=event("x", 6))
    messages = read(broker, topic, lambda all: len({(m.key, headers(m)["version"]) for m in all}) == 14)
    assert list(dict.fromkeys(headers(m)["version"] for m in messages if m.key == b"x")) == [str(version) for version in range(8)]
    while (kept := {row["id"]["S"]: row["version"]["N"] for row in db.scan(TableName="offsets")["Items"]}) != {"order:x": "7", "order:y": "5"}:
        assert time.monotonic() < deadline, kept  # it follows the acknowledgement
        time.sleep(0.05)
    assert server.stop() == 0
