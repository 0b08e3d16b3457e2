"""Proves that nothing a client sends makes the server answer 5xx, hang or die, and that each mistake gets AWS's own error.

The fuzz at the end mutates valid requests at random; it prints its seed, and MILLRACE_SEED repeats a run.
"""
import copy
import http.client
import json
import os
import random
import socket
import time
import zlib

import pytest

import wire
from tables import create_table, item, n, s

FUZZ_SECONDS = float(os.environ.get("MILLRACE_FUZZ_SECONDS", "20"))


@pytest.fixture(scope="module")
def target(db):
    """A table with a stream and an item in it."""
    create_table(db, "bad-input", "pk:S", view="NEW_AND_OLD_IMAGES")
    db.put_item(TableName="bad-input", Item=item("a", x=n(1)))
    yield "bad-input"
    db.delete_table(TableName="bad-input")


def healthy(server):
    answer = wire.call(server, "ListTables", {})
    return answer.status == 200 and "TableNames" in answer.json


class TestEnvelope:
    def test_a_good_answer_has_the_headers_that_clients_check(self, server, target):
        answer = wire.call(server, "GetItem", {"TableName": target, "Key": item("a")})
        assert answer.status == 200 and answer.json == {"Item": item("a", x=n(1))}
        assert answer.headers["content-type"] == "application/x-amz-json-1.0"
        assert len(answer.headers["x-amzn-requestid"]) == 52
        assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.body)

    @pytest.mark.parametrize("operation, body, kind", [
        ("GetItem", {"TableName": "absent", "Key": item("a")}, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"),
        ("GetItem", {"TableName": "bad-input", "Key": {}}, "com.amazon.coral.validate#ValidationException"),
        ("GetItem", {"TableName": 1}, "com.amazon.coral.service#SerializationException"),
        ("NoSuchThing", {}, "com.amazon.coral.service#UnknownOperationException"),
    ])
    def test_an_error_names_its_type_as_aws_does(self, server, target, operation, body, kind):
        answer = wire.call(server, operation, body)
        assert answer.status == 400 and answer.json["__type"] == kind
        assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.body)

    def test_both_content_types_are_understood(self, server):
        for kind in ("application/x-amz-json-1.0", "application/json"):
            assert wire.call(server, "ListTables", {}, headers={"Content-Type": kind}).status == 200

    @pytest.mark.parametrize("operation", ["CreateBackup", "ExecuteStatement", "UpdateGlobalTable", "getitem", ""])
    def test_an_operation_that_is_not_there_is_unknown(self, server, operation):
        answer = wire.call(server, operation, {})
        assert answer.status == 400 and answer.error == "UnknownOperationException"

    @pytest.mark.parametrize("target_", [None, "GetItem", "DynamoDB_20111205.GetItem", "DynamoDB_20120810", ".", "AmazonSQS.SendMessage\x7f"])
    def test_a_target_that_is_none_is_refused(self, server, target_):
        answer = wire.call(server, None, {}, headers={"X-Amz-Target": target_})
        assert 400 <= answer.status < 500 and healthy(server)

    @pytest.mark.parametrize("method, path", [("GET", "/absent"), ("PUT", "/"), ("DELETE", "/"), ("PATCH", "/x"), ("POST", "/absent"), ("GET", "/_millrace/absent")])
    def test_other_methods_and_paths_are_refused(self, server, method, path):
        assert 400 <= wire.send(server.port, method, path).status < 500 and healthy(server)

    def test_says_that_it_is_healthy(self, server):
        answer = wire.send(server.port, "GET", "/")
        assert answer.status == 200 and b"healthy: dynamodb." in answer.body


class TestJson:
    @pytest.mark.parametrize("body", [
        "", "{", "}", "[]", "null", "1", '"text"', '{"TableName"', '{"TableName":}', '{"TableName":"a",}', "{'TableName':'a'}", '{"TableName":"a"}}', '{"a":1}{"b":2}',
        '{"TableName":"\\ud800"}', '{"TableName":"\\x"}', '{"TableName":"a\nb"}', '{"TableName":01}', '{"TableName":NaN}', '\ufeff{"TableName":"a"}',
        b'{"TableName":"\xff\xfe"}', b'{"TableName":"\xed\xa0\x80"}', b"\x00", b"\x00" * 1000, b'{"TableName":"a\x00"}',
    ])
    def test_what_is_no_json_object_is_refused(self, server, body):
        answer = wire.call(server, "DescribeTable", body)
        assert answer.status == 400 and answer.error in ("SerializationException", "ValidationException"), answer.body
        assert healthy(server)

    @pytest.mark.parametrize("operation, body", [
        ("GetItem", {"TableName": ["a"], "Key": item("a")}), ("GetItem", {"TableName": "bad-input", "Key": []}), ("GetItem", {"TableName": "bad-input", "Key": {"pk": "a"}}),
        ("GetItem", {"TableName": "bad-input", "Key": {"pk": {"S": 1}}}), ("GetItem", {"TableName": "bad-input", "Key": item("a"), "ConsistentRead": "maybe"}),
        ("PutItem", {"TableName": "bad-input", "Item": item("a", x={"N": 1})}), ("PutItem", {"TableName": "bad-input", "Item": item("a", x={"SS": "a"})}),
        ("PutItem", {"TableName": "bad-input", "Item": item("a", x={"L": {}})}), ("PutItem", {"TableName": "bad-input", "Item": item("a", x={"M": []})}),
        ("PutItem", {"TableName": "bad-input", "Item": item("a", x={"BOOL": "true"})}), ("Query", {"TableName": "bad-input", "Limit": "ten"}),
        ("Scan", {"TableName": "bad-input", "Limit": {}}), ("BatchGetItem", {"RequestItems": []}), ("BatchWriteItem", {"RequestItems": {"bad-input": {}}}),
        ("TransactWriteItems", {"TransactItems": {}}), ("CreateTable", {"TableName": "made", "KeySchema": {}}), ("ListTables", {"Limit": "all"}),
    ])
    def test_a_wrong_type_is_a_serialization_error(self, server, target, operation, body):
        answer = wire.call(server, operation, body)
        assert (answer.status, answer.error) == (400, "SerializationException"), answer.body
        assert "Message" in answer.json

    def test_bytes_that_are_not_base64_are_refused(self, server, target):
        for text in ("!", "YQ", "YQ=", "Y Q=="):
            answer = wire.call(server, "PutItem", {"TableName": target, "Item": item("a", x={"B": text})})
            assert answer.status == 400 and answer.error in ("SerializationException", "ValidationException")

    def test_unknown_members_are_ignored(self, server, target):
        answer = wire.call(server, "GetItem", {"TableName": target, "Key": item("a"), "Unheard": {"of": [1, None]}})
        assert answer.status == 200

    @pytest.mark.parametrize("open_, close", [('{"L":[', "]}"), ('{"M":{"k":', "}}"), ("[", "]"), ('{"a":', "}")])
    @pytest.mark.parametrize("depth", [33, 1_000, 100_000, 1_000_000])
    def test_deep_nesting_is_refused_before_it_costs_anything(self, server, target, open_, close, depth):
        for end in (close * depth, ""):
            body = '{"TableName":"bad-input","Item":{"pk":{"S":"deep"},"x":' + open_ * depth + '{"S":"x"}' + end + "}}"
            answer = wire.call(server, "PutItem", body)
            assert answer.status == 400 or (len(body) > 16 << 20 and answer.status == 413), answer.body[:200]
        assert healthy(server)

    def test_deep_expressions_are_refused(self, server, target):
        for condition in ("(" * 2000 + "x = :v" + ")" * 2000, "NOT " * 1000 + "x = :v", "x" + "[0]" * 1300 + " = :v", "x" + ".x" * 2000 + " = :v", "(" * 4096,
                          " AND ".join(["x = :v"] * 400), "x IN (" + ",".join([":v"] * 1300) + ")", "size(" * 800):
            answer = wire.call(server, "PutItem", {"TableName": target, "Item": item("a", x=n(1)), "ConditionExpression": condition, "ExpressionAttributeValues": {":v": n(1)}})
            assert answer.status == 400, condition[:40]
        assert healthy(server)


class TestSizes:
    def test_a_body_above_16_mib_is_too_large(self, server):
        body = b'{"TableName":"' + b"x" * (16 << 20) + b'"}'
        try:
            assert wire.call(server, "PutItem", body).status == 413
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hung up on the rest of the body, which is its right
        assert healthy(server)

    def test_an_announced_size_is_refused_before_it_is_sent(self, server):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nContent-Length: 99999999999\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 413")
        assert healthy(server)

    def test_a_compressed_body_that_unpacks_to_too_much_is_refused(self, server):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(200)) + packer.flush()
        answer = wire.call(server, "ListTables", bomb, headers={"Content-Encoding": "gzip"})
        assert answer.status in (400, 413, 415) and healthy(server)

    @pytest.mark.parametrize("head", [
        b"\r\n\r\n\r\n", b"NONSENSE\r\n\r\n", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\xff" * 500 + b"\r\n\r\n",
    ])
    def test_broken_http_is_refused_or_cut_off(self, server, head):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            try:
                connection.sendall(head)
                connection.shutdown(socket.SHUT_WR)
                answer = b""
                while part := connection.recv(4096):
                    answer += part
            except (BrokenPipeError, ConnectionResetError):
                answer = b""
        assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505", b"HTTP/1.0 4")), answer[:100]
        assert healthy(server)

    def test_connections_that_hang_hold_up_nobody(self, server):
        idle = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(200)]
        try:
            for connection in idle[:100]:
                connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf a bo")
            assert healthy(server)
        finally:
            for connection in idle:
                connection.close()


KEY = item("a")
VALUES = {":v": n(1), ":s": s("a")}
VALID = [
    ("PutItem", {"TableName": "bad-input", "Item": item("a", x=n("1.5"), l={"L": [s("a"), {"M": {"k": {"NULL": True}}}]}, b={"B": "AAEC"}, t={"NS": ["1", "2"]}),
                 "ConditionExpression": "attribute_not_exists(#n) OR x < :v AND contains(l, :s)", "ExpressionAttributeNames": {"#n": "none"},
                 "ExpressionAttributeValues": VALUES, "ReturnValues": "ALL_OLD"}),
    ("GetItem", {"TableName": "bad-input", "Key": KEY, "ProjectionExpression": "x, l[1].k", "ConsistentRead": True}),
    ("UpdateItem", {"TableName": "bad-input", "Key": KEY, "UpdateExpression": "SET x = if_not_exists(x, :v) + :v, l = list_append(l, :l) REMOVE b ADD t :t",
                    "ExpressionAttributeValues": {":v": n(1), ":l": {"L": [s("z")]}, ":t": {"NS": ["7"]}}, "ReturnValues": "UPDATED_NEW"}),
    ("DeleteItem", {"TableName": "bad-input", "Key": KEY, "ReturnValues": "ALL_OLD"}),
    ("Query", {"TableName": "bad-input", "KeyConditionExpression": "pk = :s", "FilterExpression": "x BETWEEN :v AND :v OR size(l) IN (:v)", "ExpressionAttributeValues": VALUES,
               "Limit": 5, "ScanIndexForward": False}),
    ("Scan", {"TableName": "bad-input", "Segment": 0, "TotalSegments": 1, "Limit": 3, "ExclusiveStartKey": KEY}),
    ("BatchGetItem", {"RequestItems": {"bad-input": {"Keys": [KEY, item("b")]}}}),
    ("BatchWriteItem", {"RequestItems": {"bad-input": [{"PutRequest": {"Item": item("c")}}, {"DeleteRequest": {"Key": item("d")}}]}}),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "bad-input", "Item": item("e")}},
                                              {"ConditionCheck": {"TableName": "bad-input", "Key": KEY, "ConditionExpression": "attribute_not_exists(never)"}}],
                            "ClientRequestToken": "token"}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "bad-input", "Key": KEY}}]}),
    ("DescribeTable", {"TableName": "bad-input"}), ("ListTables", {"Limit": 3, "ExclusiveStartTableName": "aaa"}),
    ("CreateTable", {"TableName": "fuzz-made", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                     "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}),
    ("UpdateTable", {"TableName": "fuzz-made", "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}),
    ("DeleteTable", {"TableName": "fuzz-made"}),
    ("ListStreams", {"TableName": "bad-input", "Limit": 2}), ("DescribeStream", {"StreamArn": "ARN", "Limit": 10}),
    ("GetShardIterator", {"StreamArn": "ARN", "ShardId": "SHARD", "ShardIteratorType": "TRIM_HORIZON"}), ("GetRecords", {"ShardIterator": "ITERATOR", "Limit": 10}),
]
ODD = [None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -2**63, 1e308, 1.5, "", " ", "a", "\x00", "\ud7ff", "😀" * 10, "x" * 5000, [], {}, [[]], [None], {"": None}, {"S": "a"}, {"N": "1"},
       {"N": "1e999"}, {"SS": []}, {"M": {}}, {"L": []}, {"B": "="}, {"NULL": False}, "arn:aws:dynamodb:us-east-1:000000000000:table/x", "9" * 40, "0" * 21]
WORDS = ["SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN", "(", ")", "[", "]", "[0]", "[99999999999]", ".", ",", "=", "<>", "<", ":v", ":w", "#n", "#", ":", "size(",
         "attribute_exists(", "list_append(", "x", "pk", "+", "-", "\x00", "é", "0", " "]


def places(value, path=()):
    """The path of every value inside `value`."""
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, path + (key,))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, path + (index,))


def mutate_text(text, rng):
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(text))
        text = rng.choice([text[:at] + rng.choice(WORDS) + text[at:], text[:at] + text[at + rng.randint(1, 6):], text[:at], text + text[at:], text[at:]])
    return text


def mutate(body, rng):
    """A copy of `body` with one to three values replaced, removed, repeated or moved; or its text broken."""
    body = copy.deepcopy(body)
    for _ in range(rng.randint(1, 3)):
        path = rng.choice([each for each in places(body) if each] or [()])
        if not path:
            break
        parent = body
        for step in path[:-1]:
            parent = parent[step]
        old, action = copy.deepcopy(parent[path[-1]]), rng.randint(0, 5)
        if action == 0:
            del parent[path[-1]]
        elif action == 1 and isinstance(old, str):
            parent[path[-1]] = mutate_text(old, rng)
        elif action == 2 and isinstance(parent, dict):
            parent[rng.choice(["S", "N", "L", "pk", "", "Limit", str(path[-1]) + "x"])] = old
        elif action == 3 and isinstance(old, list):
            parent[path[-1]] = old * rng.choice([0, 2, 30])
        elif action == 4:
            parent[path[-1]] = {rng.choice(["S", "N", "M", "L", "SS"]): old}
        else:
            parent[path[-1]] = copy.deepcopy(rng.choice(ODD))
    data = json.dumps(body, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    if rng.random() < 0.1:
        at = rng.randint(0, len(data))
        data = rng.choice([data[:at], data[:at] + bytes([rng.randint(0, 255)]) + data[at + 1:], data + data])
    return data


def prefix_of(operation):
    return wire.STREAMS_TARGET if operation in ("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords") else wire.TARGET


def test_random_mutations_never_make_it_fail(server, target, db, streams):
    seed = int(os.environ.get("MILLRACE_SEED", random.randrange(1 << 32)))
    print(f"MILLRACE_SEED={seed}")
    rng = random.Random(seed)
    arn = db.describe_table(TableName=target)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    known = {"ARN": arn, "SHARD": shard, "ITERATOR": iterator}
    valid = [(operation, {name: known.get(value, value) if isinstance(value, str) else value for name, value in body.items()}) for operation, body in VALID]
    for operation, body in valid:  # or mutations of it would prove little
        answer = wire.call(server, operation, body, prefix=prefix_of(operation))
        assert answer.status == 200, (operation, answer.body)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    end, count, statuses = time.monotonic() + FUZZ_SECONDS, 0, set()
    while time.monotonic() < end:
        operation, body = rng.choice(valid)
        data = mutate(body, rng)
        where = f"seed {seed}, request {count}: {operation} {data[:2000]!r}"
        try:
            connection.request("POST", "/", data, {**wire.HEADERS, "X-Amz-Target": prefix_of(operation) + operation})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            pytest.fail(f"{error!r} at {where}")
        assert answer.status in (200, 400, 413), f"{answer.status} {text[:500]!r} at {where}"
        assert answer.status == 200 or json.loads(text)["__type"], where
        statuses.add(answer.status)
        count += 1
    connection.close()
    print(f"{count} requests")
    assert statuses >= {200, 400} and healthy(server)
    for name in db.list_tables()["TableNames"]:
        if name.startswith("fuzz-made"):
            db.delete_table(TableName=name)
