"""Server is one `millrace dev` process under test: started on a free port, stopped, killed, started again on its data.

Threads: confined to one thread.
Failure: raises RuntimeError with the process's own output when it does not get ready or does not end.
"""
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import boto3
from botocore.config import Config

READY_SECONDS = 60  # generous: sanitizers on a busy machine
STOP_SECONDS = 60
REGION = "us-east-1"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error: |CHECK failed")


def binary():
    path = os.environ.get("MILLRACE_BIN")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(f"MILLRACE_BIN must name the binary to test, it is {path!r}; run ./dev test")
    return path


class Server:
    def __init__(self, directory, config=None, arguments=(), data=None, port=0):
        self.directory = str(directory)
        self.data = str(data) if data else os.path.join(self.directory, "data")
        self.config = config
        self.arguments = list(arguments)
        self.endpoint = None
        self.routes_port = None  # where functions answer HTTP requests, if any does
        self.port = port  # 0: a free one, known once it is started
        self.wanted_port = port
        self.process = None
        self.log_path = os.path.join(self.directory, "server.log")

    def command(self, ready_file):
        command = [binary(), "dev", "--port", str(self.wanted_port), "--ready-file", ready_file, *self.arguments]
        if not {"--ephemeral", "memory"} & set(self.arguments):
            command += ["-d", self.data]
        return command + (["-c", str(self.config)] if self.config else [])

    def launch(self):
        """Starts the process without waiting until it is ready; for those that must not get ready."""
        os.makedirs(self.directory, exist_ok=True)
        self.ready_file = os.path.join(self.directory, "ready.json")
        if os.path.exists(self.ready_file):
            os.unlink(self.ready_file)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(self.ready_file), cwd=self.directory, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        return self

    def start(self):
        self.launch()
        return self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while not os.path.exists(self.ready_file):  # written whole and renamed, so once it is there it is complete
            if self.process.poll() is not None:
                raise RuntimeError(f"ended with {self.process.returncode} before it was ready:\n{self.log()}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"not ready after {READY_SECONDS} s:\n{self.log()}")
            time.sleep(0.005)
        with open(self.ready_file, encoding="utf-8") as file:
            ready = json.load(file)
        self.endpoint = ready["endpoint"]
        self.routes_port = ready.get("routes-port")
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        return self

    def stop(self):
        """Asks it to end, as Ctrl-C does; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"did not end within {STOP_SECONDS} s:\n{self.log()}") from None

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def restart(self):
        self.kill()
        return self.start()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kept(self):
        """The files of its data."""
        return [path for path in Path(self.data).rglob("*") if path.is_file()]

    def sanitizer_report(self):
        """What a sanitizer or a failed check said, or None."""
        found = SANITIZER_REPORT.search(self.log())
        return self.log()[found.start():] if found else None

    def client(self, service="dynamodb", **settings):
        """A boto3 client that neither retries nor validates on its own: what the server says is what the test sees."""
        options = {"retries": {"max_attempts": 0}, "parameter_validation": False, "max_pool_connections": 64, **settings}
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, config=Config(**options), **CREDENTIALS)

    def environment(self):
        """For other programs that speak to it: the AWS CLI, Node."""
        return {**os.environ, "AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
