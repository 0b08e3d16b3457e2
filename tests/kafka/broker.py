"""Broker is one real Apache Kafka broker, alone in KRaft mode, in a directory of its own and on free ports.

It listens in the clear for everybody, and with TLS for those who say who they are (USER, PASSWORD, or a token that is not signed).

Threads: confined to one thread.
Failure: raises RuntimeError with the broker's own output when it does not get ready.
"""
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

READY_SECONDS = 90  # generous: a virtual machine for Java that starts on a busy one
STOP_SECONDS = 60
USER, PASSWORD = "millrace", "correcthorse"
JAVA = ["java", "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"]
CLUSTER = base64.urlsafe_b64encode(b"millrace-kafka-1").decode().rstrip("=")
LOGIN = "org.apache.kafka.common.security"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def unsigned_token(user=USER, seconds=600):
    """A token as the broker's handler for tests takes it."""
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")  # noqa: E731
    now = int(time.time())
    return f"{part({'alg': 'none'})}.{part({'sub': user, 'iat': now, 'exp': now + seconds})}."


class Broker:
    def __init__(self, directory, jars=None):
        self.directory = Path(directory)
        self.jars = jars or os.environ.get("MILLRACE_KAFKA_JARS")
        if not self.jars or not shutil.which("java"):
            raise RuntimeError("MILLRACE_KAFKA_JARS must name the directory with the broker's jars, and java must be there; run ./dev test")
        self.process = None
        self.log_path = self.directory / "broker.log"
        self.certificate = self.directory / "certificate.pem"

    @property
    def servers(self):
        return f"127.0.0.1:{self.port}"

    @property
    def secure_servers(self):
        return f"localhost:{self.secure_port}"

    def start(self):
        """Makes the broker, or starts it again with what it has and on the same ports."""
        if not self.directory.joinpath("server.properties").exists():
            self._make()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self._java("kafka.Kafka", "server.properties"), cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._await_ready()
        return self

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def _java(self, program, *arguments):
        return [*JAVA, "-cp", f"{self.jars}/*", program, *arguments]

    def _make(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port, self.secure_port, controller = free_ports(3)
        self._make_certificate()
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},SASL_SSL://127.0.0.1:{self.secure_port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port},SASL_SSL://localhost:{self.secure_port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self.directory / "logs",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.directory / "keystore.pem",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{LOGIN}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
            "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": f"{LOGIN}.scram.ScramLoginModule required;",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{LOGIN}.scram.ScramLoginModule required;",
            "listener.name.sasl_ssl.oauthbearer.sasl.jaas.config": f'{LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="{USER}";',
            # One broker: nothing is replicated, and nobody waits for a second member of a group.
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "auto.create.topics.enable": "false",
            "num.network.threads": 2,
            "num.io.threads": 2,
            "log.cleaner.enable": "false",
        }
        self.directory.joinpath("server.properties").write_text("".join(f"{name}={str(value).replace(chr(92), chr(92) * 2)}\n" for name, value in settings.items()), encoding="utf-8")
        scram = [argument for bits in (256, 512) for argument in ("--add-scram", f'SCRAM-SHA-{bits}=[name={USER},password={PASSWORD}]')]
        self._run(self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", "server.properties", *scram))

    def _make_certificate(self):
        key = self.directory / "key.pem"
        self._run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                   "-keyout", str(key), "-out", str(self.certificate)])
        self.directory.joinpath("keystore.pem").write_text(key.read_text() + self.certificate.read_text())

    def _run(self, command):
        done = subprocess.run(command, cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=READY_SECONDS)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")

    def _await_ready(self):
        """Ready is who answers requests: KRaft opens its ports before, so an ApiVersions request is sent."""
        deadline = time.monotonic() + READY_SECONDS
        request = bytes.fromhex("0000000e" "0012" "0000" "00000001" "0004") + b"test"
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the broker does not get ready:\n{self.log()[-4000:]}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                    connection.sendall(request)
                    if len(connection.recv(8)) == 8:
                        return
            except OSError:
                pass
            time.sleep(0.05)
