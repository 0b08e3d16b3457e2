"""Proves what an operator can see and do, on a real server with a target that refuses a poison record: status, dead letters listed,
shown, redriven and dropped, a flow paused, resumed and sent elsewhere, logs tailed with a pattern, metrics scraped."""
import json
import re
import subprocess
import threading
import time

import pytest

import wire
from process import binary
from receiver import Receiver
from tables import n, s

CONFIG = """
version: 1
tables:
  orders: {{key: id, stream: new-and-old}}
buses:
  shop: {{}}
pipes:
  order-changes: {{from: table/orders, to: bus/shop, format: crud}}
rules:
  new-orders:
    from: bus/shop
    match: {{source: [orders], detail-type: [INSERT, MODIFY]}}
    to: target/endpoint
    after-failure: hold
targets:
  endpoint:
    http: {{url: "http://127.0.0.1:{port}/orders"}}
"""
RULE = "rule/new-orders/endpoint"
PIPE = "pipe/order-changes"


class Picky(Receiver):
    """Answers 400 to events of orders that are `refused`."""

    def __init__(self, *arguments):
        self.refused = set()
        self.before = lambda: None  # called for each request before it is answered
        super().__init__(*arguments)

    def _take(self, received):
        self.before()
        if received.event["detail"]["Values"]["id"] in self.refused:
            return 400
        return super()._take(received)


class Millrace:
    """The command line, pointed at a server."""

    def __init__(self, server):
        self.server = server

    def __call__(self, *arguments, code=0):
        done = subprocess.run([binary(), *arguments], env=self.server.environment(), cwd=self.server.directory, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, check=False)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "\x1b" not in done.stdout + done.stderr, "no colours where there is no terminal"
        return done.stdout if code == 0 else done.stdout + done.stderr

    def flow(self, name, code=0):
        status = json.loads(self("status", "--json", code=code))
        assert status["version"] == 1
        return next(flow for flow in status["flows"] if flow["name"] == name)

    def until(self, name, holds, seconds=60):
        """The flow's status, once it holds."""
        deadline = time.monotonic() + seconds
        while True:
            answer = wire.send(self.server.port, "GET", "/_millrace/status")
            flow = next(flow for flow in answer.json["flows"] if flow["name"] == name)
            if holds(flow):
                return flow
            assert time.monotonic() < deadline, json.dumps(flow)
            time.sleep(0.01)


@pytest.fixture
def shop(new_server, tmp_path):
    """(receiver, server, command line, client) of a server that delivers orders."""
    with Picky() as receiver:
        config = tmp_path / "millrace.yaml"
        config.write_text(CONFIG.format(port=receiver.port), encoding="utf-8")
        server = new_server(config=config).start()
        yield receiver, server, Millrace(server), server.client()


def put(db, order, value):
    db.put_item(TableName="orders", Item={"id": s(order), "value": n(value)})


def values_of(receiver, order):
    return [event["detail"]["Values"]["value"] for event in receiver.events() if event["detail"]["Values"]["id"] == order]


def test_a_poison_record_from_status_to_redrive(shop):
    receiver, server, millrace, db = shop
    assert "no dead letters" in millrace("dlq", "ls")
    receiver.refused = {"bad"}
    for i in range(3):
        put(db, "bad", i)
        put(db, "good", i)
    receiver.wait_for(3)
    flow = millrace.until(RULE, lambda flow: flow["parked_records"] == 2 and flow["lag"]["records"] == 0)
    assert (flow["dead_letters"], flow["parked_keys"], flow["held_keys"], flow["state"]) == (1, 1, 1, "running")
    assert flow["delivered"] == 3 and (flow["from"], flow["to"]) == ("bus/shop", "target/endpoint")

    table = millrace("status", code=1)  # something waits for the operator
    assert all(len(line) <= 100 for line in table.splitlines() if not line.startswith("    ! ")), table
    row = next(line for line in table.splitlines() if line.startswith(RULE))
    assert re.search(r"running +0 +- +0 +2/1 +1$", row), table

    listing = millrace("dlq", "ls")
    assert f"{RULE}  1\n" in listing and "Rejected" in listing and "400" in listing
    assert json.loads(millrace("dlq", "ls", "rule/new-orders", "--json"))["flows"][0]["letters"][0]["number"] == 1
    shown = millrace("dlq", "show", RULE, "1")
    assert '"id": "bad"' in shown and '"detail-type": "INSERT"' in shown and "held" in shown
    letter = json.loads(millrace("dlq", "show", RULE, "1", "--json"))
    assert letter["record"]["detail"]["Values"] == {"id": "bad", "value": 0} and letter["attempts"] == 1
    assert "has no dead letter 2" in millrace("dlq", "show", RULE, "2", code=1)

    # Still refused: it comes back under another number, and nothing overtakes it.
    assert millrace("dlq", "redrive", RULE, "1") == f"1 redriven of {RULE}\n"
    millrace.until(RULE, lambda flow: flow["dead_letters"] == 1)
    assert json.loads(millrace("dlq", "ls", RULE, "--json"))["flows"][0]["letters"][0]["number"] == 2
    server.restart()  # all of this survives kill -9
    assert millrace.flow(RULE, code=1)["parked_records"] == 2
    receiver.refused = set()
    assert millrace("dlq", "redrive", RULE, "--all") == f"1 redriven of {RULE}\n"
    receiver.wait_for(6)
    assert values_of(receiver, "bad") == [0, 1, 2]
    flow = millrace.until(RULE, lambda flow: flow["parked_keys"] == 0)
    assert flow["dead_letters"] == 0 and "error" not in flow
    millrace("status")


def test_a_dropped_record_lets_its_key_go_on(shop):
    receiver, _, millrace, db = shop
    receiver.refused = {"bad", "worse"}
    for order in ("bad", "worse"):
        for i in range(2):
            put(db, order, i)
    millrace.until(RULE, lambda flow: flow["dead_letters"] == 2 and flow["parked_records"] == 2)
    receiver.refused = set()
    assert "there is no dead letter 9" in millrace("dlq", "redrive", RULE, "9", code=1)
    assert millrace("dlq", "drop", RULE, "1", "7", code=8) == f"1 dropped of {RULE}\nerror: there is no dead letter 7\n"
    assert millrace("dlq", "drop", RULE, "1-5") == f"1 dropped of {RULE}\n"
    receiver.wait_for(2)
    assert values_of(receiver, "bad") == [1] and values_of(receiver, "worse") == [1]


def test_pause_resume_and_seek(shop):
    receiver, server, millrace, db = shop
    put(db, "a", 1)
    receiver.wait_for(1)
    millrace.until(PIPE, lambda flow: flow["delivered"] == 1)
    assert millrace("pipe", "pause", "order-changes").startswith(f"{PIPE} paused")
    for i in range(2, 5):
        put(db, "a", i)
    flow = millrace.flow(PIPE)
    assert flow["state"] == "paused" and flow["lag"]["records"] == 3 and not flow["lag"]["more"]
    assert flow["lag"]["seconds"] > 0
    server.restart()
    assert millrace.flow(PIPE)["state"] == "paused", "a pause survives kill -9"
    assert len(receiver.events()) == 1
    assert "paused, 3 records behind" in millrace("pipe", "pause", PIPE)
    assert millrace("pipe", "seek", PIPE, "latest") == f"{PIPE} paused, 0 records behind\n"
    millrace("pipe", "resume", PIPE)
    put(db := server.client(), "a", 5)
    receiver.wait_for(2)
    assert values_of(receiver, "a") == [1, 5], "what a seek to the end leaves out is not delivered"
    millrace("pipe", "seek", PIPE, "trim-horizon")
    receiver.wait_for(7)
    assert values_of(receiver, "a") == [1, 5, 1, 2, 3, 4, 5]
    millrace("pipe", "seek", PIPE, "1h")
    receiver.wait_for(12)
    assert values_of(receiver, "a")[7:] == [1, 2, 3, 4, 5]
    (third,) = [record for record in tail(millrace, "table/orders", "--from", "trim-horizon") if record["record"]["dynamodb"]["NewImage"]["value"] == {"N": "3"}]
    millrace("pipe", "seek", PIPE, third["offset"])
    receiver.wait_for(15)
    assert values_of(receiver, "a")[12:] == [3, 4, 5]
    assert "is no place in a log" in millrace("pipe", "seek", PIPE, "soon", code=1)
    assert "did you mean pipe/order-changes?" in millrace("pipe", "pause", "pipe/order-change", code=1)
    assert db


def tail(millrace, *arguments):
    return [json.loads(line) for line in millrace("tail", *arguments, "--no-follow", "--json").splitlines()]


def test_tail_shows_what_matches(shop):
    receiver, _, millrace, db = shop
    for i in range(5):
        put(db, "a", i)
        put(db, "b", i)
    receiver.wait_for(10)
    events = tail(millrace, "bus/shop", "--from", "trim-horizon")
    assert len(events) == 10 and [event["record"]["detail"]["Values"]["value"] for event in events if event["record"]["detail"]["Values"]["id"] == "a"] == list(range(5))
    matching = tail(millrace, "bus/shop", "--from", "1h", "--match", '{"detail": {"Values": {"id": ["b"], "value": [{"numeric": [">", 2]}]}}}')
    assert [event["record"]["detail"]["Values"] for event in matching] == [{"id": "b", "value": 3}, {"id": "b", "value": 4}]
    changes = tail(millrace, "table/orders", "--from", "trim-horizon", "-n", "3")
    assert [change["record"]["eventName"] for change in changes] == ["INSERT", "INSERT", "MODIFY"]
    text = millrace("tail", "bus/shop", "--from", "trim-horizon", "--no-follow", "-n", "1")
    assert re.fullmatch(r'\S+Z  orders  INSERT  \{"Values":\{"id":"a","value":0\},.*\}\n', text), text
    assert "did you mean bus/shop?" in millrace("tail", "bus/shp", code=1)
    assert "the pattern is not valid" in millrace("tail", "bus/shop", "--match", '{"a": []}', code=3)


def test_tail_follows(shop):
    _, server, _, db = shop
    process = subprocess.Popen([binary(), "tail", "bus/shop", "--json", "-n", "3", "--match", '{"detail": {"Values": {"id": ["wanted"]}}}'],
                               env=server.environment(), stdout=subprocess.PIPE, text=True)
    try:
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout))
        reader.start()
        i = 0
        # What is put before it has begun is not shown: so until it has seen three.
        while process.poll() is None and i < 2000:
            put(db, "wanted", i)
            put(db, "other", i)
            i += 1
            time.sleep(0.01)
        reader.join(60)
        assert process.wait(60) == 0 and len(lines) == 3
        seen = [json.loads(line)["record"]["detail"]["Values"] for line in lines]
        first = seen[0]["value"]
        assert seen == [{"id": "wanted", "value": first + step} for step in range(3)]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_server_that_stops_does_not_wait_for_tails(shop):
    _, server, _, _ = shop
    process = subprocess.Popen([binary(), "tail", "bus/shop"], env=server.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5, "the drain of open requests takes five seconds"
        assert process.wait(60) == 4 and "millrace dev" in process.stderr.read()
    finally:
        process.kill()
        process.stderr.close()


def test_a_target_that_hangs_keeps_nobody_from_looking(shop):
    receiver, server, millrace, db = shop
    answering = threading.Event()
    receiver.before = answering.wait
    pause = None
    try:
        put(db, "a", 1)
        millrace.until(RULE, lambda flow: flow["in_flight"] == 1)
        pause = subprocess.Popen([binary(), "pipe", "pause", RULE], env=server.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        millrace.until(RULE, lambda flow: flow["state"] == "paused")
        assert scrape(server) and tail(millrace, "bus/shop", "--from", "trim-horizon")
        assert pause.poll() is None, "a pause waits for what is in flight"
        answering.set()
        assert pause.communicate(timeout=60)[0] == f"{RULE} paused, 0 records behind\n"
        assert len(receiver.events()) == 1
    finally:
        answering.set()
        if pause:
            pause.kill()
            pause.communicate()


SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')


def scrape(server):
    """{(name, labels): value} of a text that keeps the rules of the format: each family once, its type first, its samples together."""
    answer = wire.send(server.port, "GET", "/metrics")
    assert answer.status == 200 and answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = answer.body.decode()
    assert text.endswith("\n")
    samples, types, family = {}, {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            assert family not in types, "a family stands together"
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and kind in ("counter", "gauge", "histogram")
            assert (kind == "counter") == name.endswith("_total")
            types[name] = kind
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        name, labels, value = sample.groups()
        suffixes = ("_bucket", "_sum", "_count") if types[family] == "histogram" else ("",)
        assert name in [family + suffix for suffix in suffixes], line
        key = (name, tuple(sorted(LABEL.findall(labels or ""))))
        assert key not in samples, f"twice: {key}"
        samples[key] = float(value)
    return samples


def value(samples, name, **labels):
    return samples[(name, tuple(sorted(labels.items())))]


def test_metrics(shop):
    receiver, server, millrace, db = shop
    receiver.refused = {"bad"}
    for i in range(10):
        put(db, "good", i)
    put(db, "bad", 0)
    receiver.wait_for(10)
    millrace.until(RULE, lambda flow: flow["dead_letters"] == 1 and flow["delivered"] == 10 and flow["lag"]["records"] == 0)
    samples = scrape(server)
    assert value(samples, "millrace_flow_delivered_records_total", flow=RULE) == 10
    assert value(samples, "millrace_flow_dead_letters", flow=RULE) == 1
    assert value(samples, "millrace_flow_lag_records", flow=RULE) == 0
    assert value(samples, "millrace_flow_state", flow=RULE, state="running") == 1
    assert value(samples, "millrace_flow_info", flow=RULE, **{"from": "bus/shop", "to": "target/endpoint"}) == 1
    assert value(samples, "millrace_flow_delivery_seconds_count", flow=RULE) == 10
    buckets = [(float(dict(labels)["le"]), count) for (name, labels), count in samples.items()
               if name == "millrace_flow_delivery_seconds_bucket" and dict(labels)["flow"] == RULE]
    assert buckets == sorted(buckets) and buckets[-1] == (float("inf"), 10) and len(buckets) == 22
    assert value(samples, "millrace_table_items", table="orders", account="000000000000", region="us-east-1") == 2
    assert value(samples, "millrace_api_requests_total", service="dynamodb") == 11
    assert value(samples, "millrace_engine_healthy") == 1
    millrace("pipe", "pause", PIPE)
    again = scrape(server)
    assert value(again, "millrace_flow_state", flow=PIPE, state="paused") == 1
    assert value(again, "millrace_flow_state", flow=PIPE, state="running") == 0
    assert set(again) == set(samples), "series do not come and go"


def test_commands_without_a_server_say_so(new_server, tmp_path):
    server = new_server()
    server.directory = str(tmp_path)
    server.endpoint = "http://127.0.0.1:9"  # nobody listens there
    millrace = Millrace(server)
    for command in (["status"], ["tail", "bus/x"], ["dlq", "ls"], ["dlq", "show", "p", "1"], ["dlq", "redrive", "p", "--all"], ["pipe", "pause", "p"]):
        said = millrace(*command, code=4)
        assert "error: no server answers" in said and "is `millrace dev` running?" in said
    assert "--endpoint" in millrace("status", "--endpoint", "nonsense", code=2)


def test_what_answers_is_no_millrace(new_server, tmp_path):
    server = new_server()
    server.directory = str(tmp_path)
    with Receiver() as other:
        server.endpoint = f"http://127.0.0.1:{other.port}"
        assert "is no millrace" in Millrace(server)("status", code=4)


def test_pages_in_browsers_are_kept_away(shop):
    _, server, millrace, _ = shop
    body = json.dumps({"flow": PIPE}).encode()
    for headers in ({}, {"x-millrace": "1", "Origin": "http://evil.example"}, {"x-millrace": "1", "Host": "evil.example"},
                    {"x-millrace": "1", "Sec-Fetch-Site": "cross-site"}):
        assert wire.send(server.port, "POST", "/_millrace/flow/pause", body, headers).status == 403, headers
    assert wire.send(server.port, "GET", "/_millrace/status", headers={"Host": "evil.example"}).status == 403
    preflight = wire.send(server.port, "OPTIONS", "/_millrace/flow/pause", headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST",
                                                                                      "Access-Control-Request-Headers": "x-millrace"})
    assert preflight.status >= 400 and "access-control-allow-origin" not in preflight.headers
    assert millrace.flow(PIPE)["state"] == "running"
