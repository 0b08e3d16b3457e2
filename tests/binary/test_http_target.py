"""Proves HTTP targets end to end: what they sign verifies by the endpoint's own arithmetic, they authorize with secrets from variables and files,
send batches and keep to a rate; and no secret stands in anything that the program says, answers or keeps."""
import base64
import hashlib
import hmac
import http.server
import json
import socket
import subprocess
import threading
import time
import urllib.request

import pytest
from process import binary
from receiver import Receiver
from tables import s

PASSWORD = "p4ssw0rd-of-the-crm"
API_KEY = "k3y-of-the-api"
WEBHOOK = "whsec_" + base64.b64encode(b"the key that signs hooks").decode()
BODY_KEY = "k3y-of-the-body"
BASIC = "Basic " + base64.b64encode(f"millrace:{PASSWORD}".encode()).decode()
# As they are, and in the forms in which they are used.
NOT_TO_BE_SEEN = [PASSWORD, API_KEY, WEBHOOK, WEBHOOK.removeprefix("whsec_"), "the key that signs hooks", BODY_KEY, BASIC.removeprefix("Basic ")]
TABLE = "contacts"

CONFIG = """version: 1
tables: {{contacts: {{key: id, stream: new}}}}
secrets:
  crm-password: {{env: TEST_CRM_PASSWORD}}
  api-key: {{env: TEST_API_KEY}}
  webhook: {{file: secrets/webhook}}
  body: {{file: secrets/body}}
pipes:
  signed: {{from: table/contacts, to: target/signed, start: trim-horizon}}
  rated: {{from: table/contacts, to: target/rated, start: trim-horizon}}
targets:
  signed:
    http:
      url: http://127.0.0.1:{port}/signed?of=contacts
      query: {{team: "c r m"}}
      auth: {{basic: {{user: millrace, password: secret/crm-password}}}}
      sign: {{standard-webhooks: secret/webhook}}
      batch: {{records: 10}}
  rated:
    http:
      url: http://127.0.0.1:{port}/rated
      method: POST
      headers: {{X-Team: crm}}
      auth: {{api-key: {{header: X-Api-Key, value: secret/api-key}}}}
      sign: {{body: {{header: X-Hub-Signature-256, secret: secret/body, prefix: "sha256="}}}}
      rate: 20/s
"""


@pytest.fixture
def configured(new_server, tmp_path, monkeypatch):
    """configured(port) is a server with this configuration and everything that its secrets need."""
    monkeypatch.setenv("TEST_CRM_PASSWORD", PASSWORD)
    monkeypatch.setenv("TEST_API_KEY", API_KEY)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "webhook").write_text(WEBHOOK + "\n", encoding="utf-8")
    (tmp_path / "secrets" / "body").write_text(BODY_KEY, encoding="utf-8")

    def make(port):
        config = tmp_path / "millrace.yaml"
        config.write_text(CONFIG.format(port=port), encoding="utf-8")
        return new_server(config=config)
    return make


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def health(server):
    with urllib.request.urlopen(server.endpoint + "/_millrace/health", timeout=60) as answer:
        return answer.read().decode()


def expect_nothing_seen(server, *more):
    """In what the program said, in what was answered, and in what stands on the disk."""
    said = [server.log().encode(), *(text.encode() for text in more)]
    kept = [path.read_bytes() for path in server.kept()]
    assert kept
    for secret in NOT_TO_BE_SEEN:
        assert not any(secret.encode() in each for each in [*said, *kept]), secret


def keys_in(records):
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in records]


def test_signs_authorizes_batches_and_keeps_to_its_rate(configured):
    port = free_port()
    server = configured(port).start()
    db = server.client()
    wanted = [f"c{number}" for number in range(30)]
    for key in wanted:  # nobody listens yet, so that there is something to batch
        db.put_item(TableName=TABLE, Item={"id": s(key)})
    with Receiver(port) as receiver:
        def complete(bodies):
            batched = [key for body in bodies if isinstance(body, list) for key in keys_in(body)]
            alone = keys_in(body for body in bodies if isinstance(body, dict))
            return set(batched) == set(alone) == set(wanted)
        assert receiver.wait_until(complete), server.log()
        assert server.stop() == 0
        signed = [each for each in receiver.received if each.path.startswith("/signed")]
        rated = [each for each in receiver.received if each.path == "/rated"]

    assert all(1 <= len(each.event) <= 10 for each in signed) and max(len(each.event) for each in signed) > 1
    for each in signed:
        assert each.path == "/signed?of=contacts&team=c%20r%20m"
        assert each.headers["authorization"] == BASIC
        assert each.headers["webhook-id"] == each.headers["idempotency-key"]
        assert abs(int(each.headers["webhook-timestamp"]) - each.time) < 300
        content = f"{each.headers['webhook-id']}.{each.headers['webhook-timestamp']}.".encode() + each.body
        digest = hmac.new(b"the key that signs hooks", content, hashlib.sha256).digest()
        assert each.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    for each in rated:
        assert each.headers["x-api-key"] == API_KEY and each.headers["x-team"] == "crm"
        assert each.headers["x-hub-signature-256"] == "sha256=" + hmac.new(BODY_KEY.encode(), each.body, hashlib.sha256).hexdigest()
    assert len(rated) >= len(wanted)
    # 20 in a second, two of them at once: 30 take 1.4 s. A machine that pauses can only make it longer.
    assert rated[-1].time - rated[0].time > 1.2
    expect_nothing_seen(server)


class Echo(http.server.BaseHTTPRequestHandler):
    """An endpoint that refuses, and repeats all that it was told in its answer."""

    def do_POST(self):  # noqa: N802: the base class's name
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = " ".join(self.headers.values()).encode()[:150]
        self.send_response(400)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


def test_an_endpoint_that_repeats_the_secrets_makes_no_error_show_them(configured):
    endpoint = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        server = configured(endpoint.server_port).start()
        server.client().put_item(TableName=TABLE, Item={"id": s("refused")})
        deadline = time.monotonic() + 60
        while server.log().count("dead letter") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        log = server.log()
        assert log.count("dead letter") == 2 and "400" in log, log
        assert log.count("***") >= 2, log  # that is where they would have been
        seen = health(server)
        assert "pipe/signed: dead letter" in log and "pipe/signed" in seen
        assert server.stop() == 0
        expect_nothing_seen(server, seen)
    finally:
        endpoint.shutdown()
        endpoint.server_close()
        thread.join()


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda path, monkeypatch: monkeypatch.delenv("TEST_CRM_PASSWORD"), "target/signed needs secret/crm-password, which is in the environment variable TEST_CRM_PASSWORD: it is not set"),
    (lambda path, monkeypatch: monkeypatch.setenv("TEST_CRM_PASSWORD", ""), "TEST_CRM_PASSWORD: it is empty"),
    (lambda path, monkeypatch: (path / "webhook").unlink(), "secrets/webhook: No such file or directory"),
    (lambda path, monkeypatch: (path / "body").write_text("\n", encoding="utf-8"), "secrets/body: it is empty"),
    (lambda path, monkeypatch: (path / "webhook").write_text("whsec_!k3y-of-the-body!", encoding="utf-8"), "target/signed: standard webhooks: what follows whsec_ in a secret is not base64"),
    (lambda path, monkeypatch: monkeypatch.setenv("TEST_CRM_PASSWORD", PASSWORD + "\r\nX: y"), "target/signed: the password of basic authorization has control characters"),
])
def test_a_secret_that_cannot_be_used_stops_the_start(configured, tmp_path, monkeypatch, spoil, says):
    server = configured(1)
    spoil(tmp_path / "secrets", monkeypatch)
    assert server.launch().wait() == 1
    assert "error: target/" in server.log() and says in server.log(), server.log()
    expect_nothing_seen(server)


def test_a_check_needs_no_secret(configured, tmp_path, monkeypatch):
    server = configured(1)
    for name in ("TEST_CRM_PASSWORD", "TEST_API_KEY"):
        monkeypatch.delenv(name)
    for name in ("webhook", "body"):
        (tmp_path / "secrets" / name).unlink()
    done = subprocess.run([binary(), "check", "--format", "json", str(server.config)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["files"][0]["valid"] is True
