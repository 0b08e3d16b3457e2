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
