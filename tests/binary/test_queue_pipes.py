"""Queues in flows end to end: into a queue and out of it, in order and once, over kill -9; messages that a function, or an HTTP
endpoint, does not take; what is given up; enrichment by HTTP and by a function."""
import http.client
import json
import subprocess
import time
from pathlib import Path

from process import binary
from receiver import Receiver
from tables import n, s

from test_pipes import lines

THROUGH = """version: 1
tables:
  orders: {key: id, stream: new}
  copies: {key: id, stream: new-and-old}
queues:
  jobs.fifo: {visibility: 2s}
pipes:
  in: {from: table/orders, to: queue/jobs.fifo, input: '{"id": <$.new.id>, "version": <$.new.version>}'}
  out: {from: queue/jobs.fifo, match: {body: {version: [{numeric: [">", 0]}]}}, to: table/copies, input: <$.body>}
  seen: {from: table/copies, to: target/seen, input: {path: $.new}}
targets:
  seen: {file: seen.ndjson}
"""


def config(directory, text, **places):
    path = Path(directory) / "millrace.yaml"
    for name, value in places.items():
        text = text.replace(f"«{name}»", str(value))
    path.write_text(text, encoding="utf-8")
    return path


def put(db, table, key, version, **more):
    db.put_item(TableName=table, Item={"id": s(key), "version": n(version), **more})


def test_through_a_queue_in_order_over_kill_9(tmp_path, new_server):
    server = new_server(config=config(tmp_path, THROUGH)).start()
    db = server.client()
    keys = [f"o{key}" for key in range(5)]
    for version in range(1, 31):
        for key in keys:
            put(db, "orders", key, version)
        if version in (10, 20):
            server.kill()
            server.start()
            db = server.client()
    put(db, "orders", "o0", 0)  # filtered
    put(db, "orders", "o0", 31)
    last = [{"id": key, "version": 31 if key == "o0" else 30} for key in keys]
    deadline = time.monotonic() + 60
    while True:
        path = tmp_path / "seen.ndjson"
        seen = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        if all(row in seen for row in last):
            break
        assert time.monotonic() < deadline, f"{len(seen)} came"
        time.sleep(0.01)
    for key in keys:
        versions = []
        for row in seen:
            if row["id"] == key and (not versions or row["version"] > versions[-1]):
                versions.append(row["version"])
        assert versions == list(range(1, 32 if key == "o0" else 31)), "each version, in order"


FUNCTIONS = """version: 1
tables:
  orders: {key: id, stream: new}
  shown: {key: id}
queues:
  failed: {}
buses:
  shop: {}
functions:
  show: {run: node, handler: app.show, timeout: 10s, triggers: [{from: table/orders, start: trim-horizon, batch: 10, retries: 2, partial: true, on-failure: queue/failed}]}
  price: {run: python, handler: app.price, timeout: 10s}
  event: {run: node, handler: app.event, timeout: 10s}
pipes:
  priced:
    from: table/orders
    start: trim-horizon
    enrich: {with: function/price, input: '{"id": <$.new.id>, "version": <$.new.version>}'}
    to: bus/shop
    event: {source: shop, detail-type: Priced}
  failures: {from: queue/failed, to: target/failures, input: <$.body>}
rules:
  priced: {from: bus/shop, match: {detail: {price: [{exists: true}]}}, to: [function/event, target/priced], input: {path: $.detail}}
targets:
  priced: {file: priced.ndjson}
  failures: {file: failures.ndjson}
"""
NODE = """
const fs = require("node:fs");
const path = require("node:path");
const tell = (name, value) => fs.appendFileSync(path.join(process.env.LAMBDA_TASK_ROOT, name), JSON.stringify(value) + "\\n");
exports.show = async (event) => {
  const failures = [];
  for (const record of event.Records) {
    const image = record.dynamodb.NewImage;
    if (image.id.S === "poison") failures.push({ itemIdentifier: record.dynamodb.SequenceNumber });
    else if (failures.length === 0) tell("shown.ndjson", { id: image.id.S, version: Number(image.version.N) });
  }
  return { batchItemFailures: failures };
};
exports.event = async (detail) => tell("event.ndjson", detail);
"""
PYTHON = """
def price(batch, context):
    return [None if order["id"] == "free" else {**order, "price": order["version"] * 2} for order in batch if order["id"] != "gone"]
"""


def test_functions_behind_a_stream_a_pipe_and_a_rule(tmp_path, new_server):
    (tmp_path / "app.js").write_text(NODE)
    (tmp_path / "app.py").write_text(PYTHON)
    server = new_server(config=config(tmp_path, FUNCTIONS)).start()
    db = server.client()
    for key, version in (("a", 1), ("poison", 1), ("b", 1), ("a", 2)):
        put(db, "orders", key, version)
    shown = lines(tmp_path, "shown.ndjson", 3)
    assert {(row["id"], row["version"]) for row in shown} >= {("a", 1), ("b", 1), ("a", 2)}
    versions = [row["version"] for row in shown if row["id"] == "a"]
    assert versions.index(1) < len(versions) - 1 - versions[::-1].index(2)
    priced = lines(tmp_path, "priced.ndjson", 4)
    assert sorted((row["id"], row["version"], row["price"]) for row in priced) == [("a", 1, 2), ("a", 2, 4), ("b", 1, 2), ("poison", 1, 2)]
    assert sorted(lines(tmp_path, "event.ndjson", 4), key=str) == sorted(priced, key=str)
    letter = lines(tmp_path, "failures.ndjson", 1)[0]
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert letter["requestContext"]["functionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:show"
    assert letter["requestContext"]["approximateInvokeCount"] == 3
    record = letter["payload"]["Records"][0]
    assert record["dynamodb"]["NewImage"]["id"] == {"S": "poison"}
    assert letter["DDBStreamBatchInfo"]["startSequenceNumber"] == record["dynamodb"]["SequenceNumber"]
    assert server.stop() == 0


ENRICHED = """version: 1
tables:
  orders: {key: id, stream: new}
pipes:
  asked:
    from: table/orders
    start: trim-horizon
    enrich: {with: target/prices, input: '{"id": <$.new.id>}'}
    to: target/out
    input: '{"order": <$.id>, "costs": <$.price>}'
targets:
  prices: {http: {url: "http://127.0.0.1:«port»/price"}}
  out: {file: out.ndjson}
"""


def test_enrichment_by_http(tmp_path, new_server):
    receiver = Receiver()
    asked = []

    def answer(request):
        asked.append(request.event["id"])
        if request.event["id"] == "later" and asked.count("later") < 3:
            return 500
        if request.event["id"] == "nothing":
            return 200, "[]"
        return 200, json.dumps([{"id": request.event["id"], "price": 7}, {"id": "gift", "price": 0}] if request.event["id"] == "two" else {"id": request.event["id"], "price": 7})

    receiver.answer = answer
    server = new_server(config=config(tmp_path, ENRICHED, port=receiver.port)).start()
    db = server.client()
    for key in ("one", "nothing", "two", "later"):
        put(db, "orders", key, 1)
    rows = lines(tmp_path, "out.ndjson", 4)
    assert sorted(map(str, rows)) == sorted(map(str, [{"order": "one", "costs": 7}, {"order": "two", "costs": 7}, {"order": "gift", "costs": 0}, {"order": "later", "costs": 7}]))
    assert asked.count("later") == 3 and asked.count("nothing") == 1
    receiver.close()


ROUTES = """version: 1
settings: {routes: 127.0.0.1:0, cors: "*"}
functions:
  get: {run: node, handler: app.get, http: "GET /things/{id}", timeout: 10s}
  crash: {run: node, handler: app.crash, http: POST /crash}
  slow: {run: node, handler: app.slow, http: POST /slow, timeout: 300ms}
"""
ROUTE_CODE = """
exports.get = async (event) => ({ statusCode: 200, headers: { "X-Id": event.pathParameters.id }, body: JSON.stringify(event.queryStringParameters ?? null) });
exports.crash = async () => process.exit(7);
exports.slow = () => new Promise(() => setInterval(() => {}, 1000));
"""


def test_routes(tmp_path, new_server):
    (tmp_path / "app.js").write_text(ROUTE_CODE)
    server = new_server(config=config(tmp_path, ROUTES)).start()

    def ask(method, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", server.routes_port, timeout=60)
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body, response

    status, body, response = ask("GET", "/things/a%20b?x=1&x=2")
    assert (status, body, response.headers["X-Id"]) == (200, '{"x":"1,2"}', "a b")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert ask("GET", "/nothing")[:2] == (404, '{"message":"Not Found"}')
    assert ask("POST", "/things/x")[:2] == (404, '{"message":"Not Found"}')
    assert ask("OPTIONS", "/things/x", {"Origin": "http://a", "Access-Control-Request-Method": "GET"})[0] == 204
    assert ask("POST", "/crash")[:2] == (500, '{"message":"Internal Server Error"}')
    assert ask("POST", "/slow")[:2] == (503, '{"message":"Service Unavailable"}')
    assert ask("GET", "/things/1")[0] == 200, "the others notice nothing"
    assert "Runtime.ExitError" in server.log() or "exit status 7" in server.log()
    assert server.stop() == 0


INBOX = """version: 1
tables:
  orders: {key: id, stream: new}
  inbox: {key: id}
functions:
  show: {run: node, handler: app.show, timeout: 10s}
pipes:
  shown: {from: table/orders, start: trim-horizon, to: function/show, inbox: {table: table/inbox}}
"""
INBOX_CODE = """
const fs = require("node:fs");
const path = require("node:path");
let failed = false;
exports.show = async (records) => {
  if (!failed) { failed = true; throw new Error("the first time it fails"); }
  for (const record of records) fs.appendFileSync(path.join(process.env.LAMBDA_TASK_ROOT, "shown.ndjson"), JSON.stringify(record.dynamodb.Keys) + "\\n");
};
"""


def test_an_inbox_lets_what_is_delivered_again_take_effect_once(tmp_path, new_server):
    (tmp_path / "app.js").write_text(INBOX_CODE)
    server = new_server(config=config(tmp_path, INBOX)).start()
    db = server.client()
    for key in ("a", "b", "c"):
        put(db, "orders", key, 1)
    lines(tmp_path, "shown.ndjson", 3)
    subprocess.run([binary(), "pipe", "seek", "shown", "trim-horizon", "--endpoint", server.endpoint], check=True, timeout=60, capture_output=True)
    server.stop()
    server.start()
    db = server.client()
    put(db, "orders", "d", 1)
    shown = lines(tmp_path, "shown.ndjson", 4)
    assert sorted(row["id"]["S"] for row in shown) == ["a", "b", "c", "d"]
    # The function has shown a record before its row says so.
    deadline = time.monotonic() + 60
    while True:
        rows = db.scan(TableName="inbox")["Items"]
        if [row["status"]["S"] for row in rows] == ["COMPLETED"] * 4:
            break
        assert time.monotonic() < deadline, rows


REQUESTS = """version: 1
tables: {orders: {key: id, stream: new}}
queues: {jobs.fifo: {}}
pipes:
  messages:
    {from: table/orders, to: queue/jobs.fifo, group: $.new.customer, deduplication-id: $.new.request, start: trim-horizon}
  requests:
    from: table/orders
    to: target/order
    start: trim-horizon
    request: {path: [$.keys.id, "$.new.customer"], query: {n: $.new.n}, headers: {X-Change: $.eventName}}
targets:
  order: {http: {url: "http://127.0.0.1:«port»/orders/*/of/*?x=*"}}
"""


def test_records_say_the_group_of_their_message_and_parts_of_their_request(tmp_path, new_server):
    with Receiver() as receiver:
        server = new_server(config=config(tmp_path, REQUESTS, port=receiver.port)).start()
        db, sqs = server.client(), server.client("sqs")
        db.put_item(TableName="orders", Item={"id": s("o1"), "customer": s("ä"), "request": s("r"), "n": n("1.50")})
        receiver.wait_for(1)
        call, = receiver.received
        assert (call.path, call.headers["x-change"]) == ("/orders/o1/of/%C3%A4?x=*&n=1.5", "INSERT")
        url = sqs.get_queue_url(QueueName="jobs.fifo")["QueueUrl"]
        message, = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"])["Messages"]
        assert message["Attributes"]["MessageDeduplicationId"] == "r"
        assert len(message["Attributes"]["MessageGroupId"]) == 64, "what SQS does not allow in a group is hashed"
        # Without a customer there is no group and no path: given up, with the reason.
        db.put_item(TableName="orders", Item={"id": s("o2"), "n": n("1")})
        deadline = time.monotonic() + 60
        while True:
            letters = subprocess.run([binary(), "dlq", "ls", "--endpoint", server.endpoint, "--json"], capture_output=True, text=True, timeout=60)
            if letters.stdout.count("$.new.customer") == 2:
                break
            assert time.monotonic() < deadline, letters


INGEST = """version: 1
settings: {routes: 127.0.0.1:0}
tables: {books: {key: id}}
queues: {orders.fifo: {}, plain: {}}
buses: {shop: }
routes:
  add: {http: POST /books, to: table/books, unless-exists: true}
  rename: {http: "PUT /books/{id}", to: table/books, input: '{"id": <$.pathParameters.id>, "title": <$.body.title>}', status: 200}
  order: {http: POST /orders, to: queue/orders.fifo, group: $.body.customer}
  text: {http: POST /texts, to: queue/plain}
  click: {http: POST /clicks, to: bus/shop, event: {source: web, detail-type: $.body.kind}}
rules: {clicks: {from: bus/shop, match: {source: [web]}, to: target/seen}}
targets: {seen: {file: seen.ndjson}}
"""


def test_routes_into_a_table_a_queue_and_a_bus(tmp_path, new_server):
    server = new_server(config=config(tmp_path, INGEST)).start()
    db, sqs = server.client(), server.client("sqs")

    def call(method, path, body, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.routes_port, timeout=60)
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    assert call("POST", "/books", {"id": "b1", "title": "Emma", "pages": 1.50})[0] == 201
    assert call("POST", "/books", {"id": "b1", "title": "Other"})[0] == 201  # it stays as it is
    assert call("POST", "/books", {"id": "b1"}, **{"Content-Type": "application/x-www-form-urlencoded"})[0] == 201, "as curl -d says"
    assert db.get_item(TableName="books", Key={"id": s("b1")})["Item"] == {"id": s("b1"), "title": s("Emma"), "pages": n("1.5")}
    assert call("PUT", "/books/b%201", {"title": "Persuasion \"2\""})[0] == 200
    assert db.get_item(TableName="books", Key={"id": s("b 1")})["Item"]["title"] == s('Persuasion "2"')
    for wrong, says in (({"title": "no id"}, "id"), ("[1]", "object"), ("{", ""), ("", ""), ({"id": 7}, "id"), ({"id": "x", "a": "b" * 500_000}, "409600")):
        status, answer = call("POST", "/books", wrong)
        assert status == 400 and says in answer["message"], answer
    assert len(db.scan(TableName="books")["Items"]) == 2
    # A queue: the same key again is the same message.
    first, again, other = (call("POST", "/orders", {"customer": "c1", "n": number}, **{"Idempotency-Key": key})
                           for number, key in ((1, "k1"), (1, "k1"), (2, "k2")))
    assert first[0] == 202 and first == again and first != other
    url = sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20, AttributeNames=["All"])["Messages"]
    assert [(json.loads(each["Body"])["n"], each["Attributes"]["MessageGroupId"]) for each in messages] == [(1, "c1"), (2, "c1")]
    assert call("POST", "/orders", {"n": 1})[0] == 400
    assert call("POST", "/texts", "any words", **{"Content-Type": "text/plain"})[0] == 202
    message, = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="plain")["QueueUrl"], WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "any words"
    # A bus: the answer is the event's id.
    status, answer = call("POST", "/clicks", {"kind": "buy", "where": "top"})
    assert status == 202
    assert call("POST", "/clicks", [1])[0] == 400
    event, = lines(tmp_path, "seen.ndjson", 1)
    assert event["id"] == answer["id"] and (event["source"], event["detail-type"]) == ("web", "buy") and event["detail"]["where"] == "top"
    assert call("GET", "/books", "")[0] == 404
    # A table that is deleted, and made again under its name.
    db.delete_table(TableName="books")
    assert call("POST", "/books", {"id": "b1"})[0] == 503
    db.create_table(TableName="books", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    assert call("POST", "/books", {"id": "b1"})[0] == 201
