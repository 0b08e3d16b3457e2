"""The Lambda runtime for Python functions: it loads the handler, asks the Runtime API for events and posts answers.

One connection, raw: the answer to one event and the question for the next are one write. What a handler sees (context,
logging, errors) is as in AWS's managed runtime.
https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""

import importlib
import json
import os
import socket
import sys
import time
import traceback

API = "/2018-06-01/runtime"
RESPONSE_BYTES_MAX = 6291556


class ApiConnection:
    def __init__(self, address):
        host, port = address.split(":")
        self.host = host
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb", 65536)
        self.next_request = f"GET {API}/invocation/next HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()

    def post(self, target, body, error_type=None):
        kind = ""
        if error_type is not None:
            kind = f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n"
        head = (
            f"POST {API}{target} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
            f"{kind}Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode("latin-1", "replace") + body

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """Status, headers and body of the next answer. Ends the process if there is no Runtime API any more."""
        line = self.reader.readline()
        if not line:
            sys.exit(1)
        status = int(line[9:12])
        headers = {}
        while True:
            line = self.reader.readline()
            if line in (b"\r\n", b""):
                break
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, self.reader.read(int(headers.get("content-length", 0)))


class Identity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


class Client:
    pass


class ClientContext:
    def __init__(self, document):
        self.custom = document.get("custom")
        self.env = document.get("env")
        self.client = None
        if "client" in document:
            self.client = Client()
            for name, value in (document["client"] or {}).items():
                setattr(self.client, name, value)


class LambdaContext:
    def __init__(self, headers):
        environ = os.environ
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.log_group_name = environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.identity = Identity()
        self.client_context = None
        if headers.get("lambda-runtime-client-context"):
            self.client_context = ClientContext(json.loads(headers["lambda-runtime-client-context"]))
        self._deadline_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


class InitError(Exception):
    """The handler cannot be loaded; the type is AWS's."""

    def __init__(self, kind, message, frames=()):
        super().__init__(message)
        self.kind = kind
        self.frames = list(frames)


def load_handler(name):
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError:
        raise InitError(
            "Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"
        ) from None
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise InitError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        frame = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise InitError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [frame]
        ) from None
    if not hasattr(module, function_name):
        raise InitError("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return getattr(module, function_name)


def own_frames(error):
    """The traceback without the frames of this file."""
    frames = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in frames if frame.filename != __file__ and not frame.filename.startswith("<frozen")]
    return traceback.format_list(frames)


def error_document(error, request_id):
    kind, frames = type(error).__name__, None
    if isinstance(error, InitError):
        kind, frames = error.kind, error.frames
    document = {
        "errorMessage": str(error),
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": own_frames(error) if frames is None else frames,
    }
    return document, kind


def log_error(document):
    frames = "".join(document["stackTrace"])
    tail = f"\nTraceback (most recent call last):\n{frames}" if frames else "\n"
    print(f"[ERROR] {document['errorType']}: {document['errorMessage']}{tail}", flush=True)


def install_logging():
    """A handler for the root logger that writes as AWS's does, made when a function imports logging."""
    import logging

    class Lines(logging.Handler):
        def emit(self, record):
            sys.stdout.write(self.format(record))

    class WithRequestId(logging.Filter):
        def filter(self, record):
            record.aws_request_id = current_request_id or ""
            return True

    lines = Lines()
    formatter = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    lines.setFormatter(formatter)
    lines.addFilter(WithRequestId())
    logging.getLogger().addHandler(lines)


class LoggingHook:
    """Sees the import of logging, which costs milliseconds that a function without it need not spend."""

    def find_spec(self, name, path, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            install_logging()

        spec.loader.exec_module = exec_module
        return spec


def serialize(value):
    # Text as it is, numbers of DynamoDB as numbers.
    def other(found):
        if type(found).__name__ == "Decimal":
            return float(found) if found % 1 else int(found)
        raise TypeError(f"Object of type {type(found).__name__} is not JSON serializable")

    return json.dumps(value, ensure_ascii=False, default=other).encode("utf-8", "surrogatepass")


class MarshalError(Exception):
    pass


def run_one(handler, headers, body):
    """The target and the content of the answer to one event, and the type of the error if it is one."""
    request_id = headers["lambda-runtime-aws-request-id"]
    try:
        result = handler(json.loads(body), LambdaContext(headers))
        try:
            content = serialize(result)
        except (TypeError, ValueError) as error:
            raise InitError("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
        if len(content) > RESPONSE_BYTES_MAX:
            raise InitError(
                "Function.ResponseSizeTooLarge",
                f"Response payload size ({len(content)} bytes) exceeded maximum allowed payload size "
                f"({RESPONSE_BYTES_MAX} bytes).",
            )
        return f"/invocation/{request_id}/response", content, None
    except Exception as error:  # whatever a handler raises is its answer
        document, kind = error_document(error, request_id)
        log_error(document)
        return f"/invocation/{request_id}/error", json.dumps(document).encode(), kind


current_request_id = None


def main():
    global current_request_id
    # A process that is killed has written what it printed.
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    api = ApiConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    if "logging" in sys.modules:
        install_logging()
    else:
        import importlib.util

        sys.meta_path.insert(0, LoggingHook())
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        document, kind = error_document(error, "")
        log_error(document)
        api.send(api.post("/init/error", json.dumps(document).encode(), kind))
        api.answer()
        sys.exit(1)
    api.send(api.next_request)
    while True:
        status, headers, body = api.answer()
        if status != 200:
            sys.exit(1)
        current_request_id = headers["lambda-runtime-aws-request-id"]
        if "lambda-runtime-trace-id" in headers:
            os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        target, content, kind = run_one(handler, headers, body)
        sys.stdout.flush()
        api.send(api.post(target, content, kind) + api.next_request)
        api.answer()


if __name__ == "__main__":
    main()
