"""One request to the server as bytes: for what no SDK would send."""
import http.client
import json

TARGET = "DynamoDB_20120810."
STREAMS_TARGET = "DynamoDBStreams_20120810."
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=test/20261101/us-east-1/dynamodb/aws4_request, "
                 "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64)
# What every request of a client carries. Signatures are not verified, but their form is.
HEADERS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20261101T000000Z", "Authorization": AUTHORIZATION}


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # names in lower case
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error's name without its namespace, or None."""
        kind = self.json.get("__type")
        return kind.rsplit("#", 1)[-1] if kind else None

    @property
    def message(self):
        return self.json.get("message", self.json.get("Message"))


def send(port, method, path, body=b"", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def call(server, operation, body, headers=None, prefix=TARGET):
    """POSTs `body` (bytes, text, or what becomes JSON) as `operation`; `operation` None sends no target."""
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    every = dict(HEADERS)
    if operation is not None:
        every["X-Amz-Target"] = prefix + operation
    every.update(headers or {})
    return send(server.port, "POST", "/", body, {name: value for name, value in every.items() if value is not None})
